/* src/api/audit_list.c and the pages of src/store/store_audit.c: who sees which events, in which order. */
#include "api_fixture.h"

#define PATH "/api/audit"

struct people {
    const char *eva, *max, *manager, *admin; /* persons 1 to 4 */
};

static int64_t written(struct site *s, const char *token, const char *date)
{
    return entry_made(
        s, token,
        talloc_asprintf(s, "{\"date\":\"%s\",\"project\":\"StoreZero\",\"minutes\":60}", date));
}

/* A quarter of an hour later, so that events have an order of time. */
static void later(void)
{
    clock_fake(clock_wall_us() + INT64_C(900000000));
}

static struct people people_of(struct site *s)
{
    return (struct people){
        .eva = LOGIN(s, .sub = "auth0|eva", .email = "eva@abc.example", .scope = SCOPES_EMPLOYEE),
        .max = LOGIN(s, .sub = "auth0|max", .email = "max@abc.example", .scope = SCOPES_EMPLOYEE),
        .manager =
            LOGIN(s, .sub = "auth0|mia", .email = "mia@abc.example", .scope = SCOPES_MANAGER),
        .admin =
            LOGIN(s, .sub = "auth0|ada", .email = "ada@abc.example", .scope = "admin:timesheets"),
    };
}

/* Eva (1) writes in W48 and W47, Max (2) in W48, the manager (3) and the admin (4) nothing. */
static struct people open_people(struct site *s)
{
    struct people p = people_of(s);

    (void)written(s, p.eva, "2040-11-26");
    later();
    (void)written(s, p.max, "2040-11-27");
    later();
    (void)written(s, p.eva, "2040-11-20");
    later();
    (void)written(s, p.eva, "2040-11-28");
    later();
    ck_status(ASK(s, .method = "GET", .path = "/api/me", .token = p.manager), 200);
    later();
    ck_status(ASK(s, .method = "GET", .path = "/api/me", .token = p.admin), 200);
    ck_assert_int_eq(sql_number(s->w, "SELECT id FROM person WHERE user_id = 'ada@abc.example'"),
                     4);
    return p;
}

static struct answer trail(struct site *s, const char *token, const char *query)
{
    return ASK(s, .method = "GET", .path = PATH, .token = token, .query = query);
}

/* The text of a member of a line, as it stands in the JSON (no commas within). */
static char *member(struct site *s, struct str line, const char *name)
{
    char *start = talloc_asprintf(s, "\"%s\":", name);
    const char *at = memmem(line.data, line.len, start, strlen(start));

    ck_assert_msg(at != NULL, "no %s in %.*s", name, (int)line.len, line.data);
    at += strlen(start);
    return talloc_strndup(s, at, strcspn(at, ",}"));
}

/* A word an event: person/week#seq, or stream:… for those that are no week. */
static char *words(struct site *s, const struct answer *a)
{
    struct str rest = str_of(a->body);
    char *out = talloc_strdup(s, "");

    ck_status(*a, 200);
    ck_assert_str_eq(a->reply.content_type, "application/x-ndjson");
    while (rest.len > 0) {
        struct str line = str_cut(rest, '\n', &rest);
        const char *week = member(s, line, "week"), *person = member(s, line, "person_id");
        const char *seq = member(s, line, "seq"), *stream = member(s, line, "stream");
        bool of_week = strcmp(week, "null") != 0;
        out = talloc_asprintf_append(out, "%s%s/%.*s#%s", *out == '\0' ? "" : " ", person,
                                     of_week ? 3 : (int)strlen(stream) - 2,
                                     of_week ? week + 6 : stream + 1, seq);
    }
    return out;
}

/* What a test has changed in events would be found when the site is closed. */
static void forget_events(struct site *s)
{
    sql_do(s->w, "DELETE FROM event");
    sql_do(s->w, "UPDATE week SET seq = 0");
}

#define ck_trail(s, token, query, expected)                                                        \
    do {                                                                                           \
        struct answer trail_a = trail((s), (token), (query));                                      \
        ck_assert_str_eq(words((s), &trail_a), (expected));                                        \
    } while (0)

#define EVA "1/person#1 1/W47#1 1/W48#1 1/W48#2"
#define MAX "2/person#1 2/W48#1"

/* --- what an event says --------------------------------------------------------------------------- */

START_TEST(an_event_is_a_line_with_all_that_is_known)
{
    struct site *s = site_open();
    struct people p = people_of(s);
    int64_t id = written(s, p.eva, "2040-11-26");
    struct answer a = trail(s, p.eva, "week=2040-W48");
    char *start = talloc_asprintf(
        s,
        "\"stream\":\"week\",\"person_id\":1,"
        "\"user_id\":\"eva@abc.example\",\"project\":null,\"source\":null,\"week\":\"2040-W48\","
        "\"seq\":1,\"action\":\"entry_created\",\"actor\":\"eva@abc.example\",\"actor_id\":1,"
        "\"entry_id\":%lld,\"before\":null,\"after\":{\"id\":%lld,",
        (long long)id, (long long)id);

    ck_status(a, 200);
    ck_assert_msg(strncmp(a.body, "{\"at\":\"2040-11-28T10:00:0", 25) == 0, "%s", a.body);
    ck_assert_msg(strncmp(a.body + 36, start, strlen(start)) == 0, "%s", a.body);
    ck_assert_str_eq(a.body + strlen(a.body) - 3, "}}\n");
    ck_assert_view(api_header(&a, "Cache-Control"), "no-store");
    a = trail(s, p.eva, "limit=1");
    ck_assert_msg(strstr(a.body, "\"stream\":\"person\"") != NULL, "%s", a.body);
    ck_assert_msg(strstr(a.body, "\"action\":\"person_made\"") != NULL, "%s", a.body);
    ck_assert_msg(strstr(a.body, "\"entry_id\":null") != NULL, "%s", a.body);
    site_close(s);
}
END_TEST

START_TEST(an_erased_event_shows_null)
{
    struct site *s = site_open();
    struct people p = people_of(s);

    (void)written(s, p.eva, "2040-11-26");
    sql_do(s->w, "UPDATE event SET salt = NULL, before_json = NULL, after_json = NULL");
    struct answer a = trail(s, p.eva, "week=2040-W48");
    ck_assert_msg(strstr(a.body, "\"before\":null,\"after\":null}\n") != NULL, "%s", a.body);
    site_close(s);
}
END_TEST

/* Streams that other tasks' routes write, as rows: a project's, a source's, the lock's, uploads. */
static void add_streams(struct site *s)
{
    sql_do(s->w, "INSERT INTO client (client_id, created_at) VALUES ('uploader@clients', NOW(6))");
    sql_do(s->w, "INSERT INTO source (id, name, client, created_at) VALUES"
                 " (1, 'agency', 2147483648, NOW(6))");
    sql_do(s->w,
           "INSERT INTO event (person_id, week, seq, actor_id, action, at, digest, mac, after_json)"
           " VALUES (1, 1, 1, 4, 30, '2041-01-01', REPEAT('d', 32), REPEAT('m', 32), '{}'),"
           " (1, 2, 1, 4, 50, '2041-01-02', REPEAT('d', 32), REPEAT('m', 32), '{}'),"
           " (1, 3, 1, 4, 40, '2041-01-03', REPEAT('d', 32), REPEAT('m', 32), '{}'),"
           " (1, 4, 1, 1, 60, '2041-01-04', REPEAT('d', 32), REPEAT('m', 32), '{}'),"
           " (2147483648, 4, 1, 2147483648, 60, '2041-01-05', REPEAT('d', 32), REPEAT('m', 32),"
           " '{}'), (4, 1, 1, 4, 99, '2041-01-06', REPEAT('d', 32), REPEAT('m', 32), '{}')");
}

static void remove_streams(struct site *s)
{
    sql_do(s->w, "DELETE FROM event WHERE week BETWEEN 1 AND 4");
}

START_TEST(streams_are_told_apart_though_their_numbers_are_the_same)
{
    static const char *const expected[] = {
        "\"stream\":\"project\",\"person_id\":null,\"user_id\":null,\"project\":\"StoreZero\","
        "\"source\":null,\"week\":null,\"seq\":1,\"action\":\"project_added\","
        "\"actor\":\"ada@abc.example\",\"actor_id\":4",
        "\"stream\":\"period\",\"person_id\":null,\"user_id\":null,\"project\":null,"
        "\"source\":null,\"week\":null,\"seq\":1,\"action\":\"period_locked\"",
        "\"stream\":\"source\",\"person_id\":null,\"user_id\":null,\"project\":null,"
        "\"source\":\"agency\",\"week\":null,\"seq\":1,\"action\":\"source_added\"",
        "\"stream\":\"upload\",\"person_id\":1,\"user_id\":\"eva@abc.example\",\"project\":null,"
        "\"source\":null,\"week\":null,\"seq\":1,\"action\":\"upload_begun\"",
        "\"stream\":\"upload\",\"person_id\":null,\"user_id\":null,\"project\":null,"
        "\"source\":null,\"week\":null,\"seq\":1,\"action\":\"upload_begun\","
        "\"actor\":\"uploader@clients\",\"actor_id\":2147483648",
        /* an action that only a newer program knows */
        "\"project\":\"OTHER\",\"source\":null,\"week\":null,\"seq\":1,\"action\":\"other\""};
    struct site *s = site_open();
    struct people p = open_people(s);

    add_streams(s);
    struct answer a = trail(s, p.admin, "from=2041-01-01");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_msg(strstr(a.body, expected[i]) != NULL, "%zu: %s", i, a.body);
    ck_trail(s, p.eva, NULL, EVA);
    ck_trail(s, p.admin, "user=1", "1/person#1 1/upload#1 1/W47#1 1/W48#1 1/W48#2");
    ck_trail(s, p.admin, "project=StoreZero", "null/project#1");
    ck_trail(s, p.admin, "project=SHUT", "");
    remove_streams(s);
    site_close(s);
}
END_TEST

/* --- who sees what ---------------------------------------------------------------------------------- */

START_TEST(people_and_managers_see_their_own_and_admins_everything)
{
    struct site *s = site_open();
    struct people p = open_people(s);

    ck_trail(s, p.eva, NULL, EVA);
    ck_trail(s, p.eva, "user=1", EVA);
    ck_trail(s, p.eva, "user=eva@abc.example", EVA);
    ck_trail(s, p.max, NULL, MAX);
    ck_trail(s, p.manager, NULL, "3/person#1");
    ck_trail(s, p.admin, NULL,
             "1/person#1 1/W48#1 2/person#1 2/W48#1 1/W47#1 1/W48#2 3/person#1 4/person#1");
    ck_trail(s, p.admin, "user=eva%40abc.example", EVA);
    ck_trail(s, p.admin, "user=2", MAX);
    ck_trail(s, p.admin, "user=4", "4/person#1");
    ck_trail(s, p.admin, "week=2040-W48", "1/W48#1 1/W48#2 2/W48#1");
    ck_trail(s, p.admin, "week=2040-W48&user=2", "2/W48#1");
    ck_trail(s, p.eva, "week=2040-W48", "1/W48#1 1/W48#2");
    ck_trail(s, p.eva, "week=2040-W01", "");
    site_close(s);
}
END_TEST

START_TEST(what_is_about_others_is_refused)
{
    struct site *s = site_open();
    struct people p = open_people(s);
    const char *tokens[] = {p.eva, p.manager};
    static const char *const queries[] = {"user=2", "user=max@abc.example", "user=nobody",
                                          "project=StoreZero", "project=nothing"};

    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
            struct answer a = trail(s, tokens[t], queries[i]);
            ck_problem(a, 403, "insufficient-scope");
            ck_assert_view(api_header(&a, "WWW-Authenticate"),
                           "Bearer error=\"insufficient_scope\", scope=\"admin:timesheets\"");
        }
    }
    ck_problem(trail(s, LOGIN(s, .sub = "auth0|x", .scope = "create:timesheets"), NULL), 403,
               "insufficient-scope");
    ck_problem(trail(s, LOGIN(s, .sub = "m@clients", .scope = SCOPES_ALL, .machine = true), NULL),
               403, "person-required");
    ck_problem(trail(s, NULL, NULL), 401, "invalid-token");
    site_close(s);
}
END_TEST

START_TEST(faulty_filters_are_refused)
{
    static const struct {
        const char *query, *pointer;
    } rows[] = {{"week=2040-W54", "\"?week\""},
                {"week=204048", "\"?week\""},
                {"from=yesterday", "\"?from\""},
                {"to=2040-02-30", "\"?to\""},
                {"user=", "\"?user\""},
                {"user=77", "\"?user\""},
                {"project=NONE", "\"?project\""},
                {"project=StoreZero&user=1", "\"?project\""},
                {"project=StoreZero&week=2040-W48", "\"?project\""},
                {"project=StoreZero&entry=1", "\"?project\""},
                {"entry=0", "\"?entry\""},
                {"entry=x", "\"?entry\""},
                {"limit=0", "\"?limit\""},
                {"limit=1001", "\"?limit\""},
                {"cursor=0", "\"?cursor\""},
                {"cursor=ffffffffffffffff000000010003180000000001", "\"?cursor\""},
                {"cursor=7fffffffffffffff000000010003180000000001", "\"?cursor\""},
                {"cursor=0000000000000000000000000000000000000000", "\"?cursor\""},
                {"action=entry_created", "\"?action\""},
                {"limit=1&limit=2", "\"?limit\""}};
    struct site *s = site_open();
    struct people p = open_people(s);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = trail(s, p.admin, rows[i].query);
        ck_problem(a, 422, "validation");
        ck_assert_msg(strstr(a.body, rows[i].pointer) != NULL, "%s: %s", rows[i].query, a.body);
    }
    site_close(s);
}
END_TEST

/* --- filters ------------------------------------------------------------------------------------------ */

START_TEST(dates_are_those_of_the_event_in_utc)
{
    struct site *s = site_open();
    struct people p = open_people(s);

    sql_do(s->w,
           "UPDATE event SET at = '2040-11-27 00:00:00' WHERE person_id = 1 AND week = 204047");
    sql_do(s->w, "UPDATE event SET at = '2040-11-26 23:59:59.999999' WHERE person_id = 1 AND"
                 " week = 204048 AND seq = 1");
    const char *tokens[] = {p.eva, p.admin};
    for (size_t i = 0; i < 2; i++) {
        ck_trail(s, tokens[i], "to=2040-11-26", "1/W48#1");
        ck_trail(s, tokens[i], "from=2040-11-27&to=2040-11-27", "1/W47#1");
        ck_trail(s, tokens[i], "from=2040-11-28&to=2040-11-27", "");
        ck_trail(s, tokens[i], "from=9999-12-31", "");
        ck_trail(s, tokens[i], "from=0001-01-01&to=0001-01-01", "");
    }
    ck_trail(s, p.eva, "from=0001-01-01&to=9999-12-31", EVA);
    ck_trail(s, p.eva, "from=2040-11-28", "1/person#1 1/W48#2");
    ck_trail(s, p.admin, "week=2040-W48&to=2040-11-26", "1/W48#1");
    forget_events(s);
    site_close(s);
}
END_TEST

START_TEST(an_entry_is_followed_through_weeks_moves_and_deletion)
{
    struct site *s = site_open();
    struct people p = open_people(s);
    int64_t id = written(s, p.eva, "2040-11-26"), other = written(s, p.eva, "2040-11-26");
    char *query = talloc_asprintf(s, "entry=%lld", (long long)id);
    char *of_week = talloc_asprintf(s, "[{\"id\":%lld,\"x\":1}]", (long long)id);

    ck_trail(s, p.eva, query, "1/W48#3");
    struct answer a = ASK(s, .method = "PATCH", .path = entry_path(s, id), .token = p.eva,
                          .if_match = "\"e1\"", .body = "{\"date\":\"2040-11-19\"}");
    ck_status(a, 200);
    ck_trail(s, p.eva, query, "1/W47#2 1/W48#3 1/W48#5");
    a = ASK(s, .method = "DELETE", .path = entry_path(s, id), .token = p.eva, .if_match = "\"e2\"");
    ck_status(a, 204);
    ck_trail(s, p.eva, query, "1/W47#2 1/W47#3 1/W48#3 1/W48#5");
    ck_trail(s, p.admin, query, "1/W47#2 1/W47#3 1/W48#3 1/W48#5");
    ck_trail(s, p.admin, talloc_asprintf(s, "entry=%lld", (long long)other), "1/W48#4");
    /* another's entry, and one that never was, have no events that one may see */
    ck_trail(s, p.max, query, "");
    ck_trail(s, p.manager, query, "");
    ck_trail(s, p.admin, "entry=1", "");
    ck_trail(s, p.admin, talloc_asprintf(s, "%s&user=2", query), "");
    /* an event of the week as a whole, in which it occurs before or after */
    sql_do(s->w,
           "UPDATE event SET entry_id = NULL, before_json = '%s' WHERE person_id = 1 AND"
           " week = 204048 AND seq = 1",
           of_week);
    ck_trail(s, p.eva, query, "1/W47#2 1/W47#3 1/W48#1 1/W48#3 1/W48#5");
    sql_do(s->w,
           "UPDATE event SET before_json = NULL, after_json = '{\"entries\":%s}' WHERE"
           " person_id = 1 AND week = 204048 AND seq = 1",
           of_week);
    ck_trail(s, p.eva, query, "1/W47#2 1/W47#3 1/W48#1 1/W48#3 1/W48#5");
    forget_events(s);
    site_close(s);
}
END_TEST

/* --- pages ------------------------------------------------------------------------------------------------ */

/* Follows the links from a query with a limit of its own. */
static char *all_pages(struct site *s, const char *token, const char *query, int *pages)
{
    char *seen = talloc_strdup(s, "");

    for (*pages = 0; query != NULL && *pages < 100; (*pages)++) {
        struct answer a = trail(s, token, query);
        struct str link = api_header(&a, "Link");
        const char *line = words(s, &a);
        if (*line != '\0')
            seen = talloc_asprintf_append(seen, "%s%s", *seen == '\0' ? "" : " ", line);
        query = NULL;
        if (link.len == 0)
            continue;
        struct str rest, target = str_cut(link, '>', &rest);
        ck_assert_view(rest, "; rel=\"next\"");
        ck_assert_msg(str_starts(target, STR("</api/audit?")), "%.*s", (int)link.len, link.data);
        query = talloc_strndup(s, target.data + 12, target.len - 12);
    }
    return seen;
}

START_TEST(pages_follow_each_other_in_every_order)
{
    static const char *const queries[] = {"", "user=1", "week=2040-W48", "user=2&week=2040-W48",
                                          "from=2040-11-28&to=2040-11-28"};
    struct site *s = site_open();
    struct people p = open_people(s);

    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct answer whole = trail(s, p.admin, queries[i]);
        int64_t count = 0;
        for (const char *at = whole.body; *at != '\0'; at++)
            count += *at == '\n';
        ck_assert_int_gt(count, 0);
        ck_assert_uint_eq(api_header(&whole, "Link").len, 0);
        for (int limit = 1; limit <= count + 1; limit++) {
            int pages = 0;
            char *query = talloc_asprintf(s, "%s&limit=%d", queries[i], limit);
            ck_assert_str_eq(all_pages(s, p.admin, query, &pages), words(s, &whole));
            ck_assert_int_eq(pages, (count + limit - 1) / limit);
        }
    }
    site_close(s);
}
END_TEST

START_TEST(events_of_one_instant_are_neither_lost_nor_repeated)
{
    struct site *s = site_open();
    struct people p = open_people(s);
    int pages = 0;

    sql_do(s->w, "UPDATE event SET at = '2040-11-28'");
    ck_assert_str_eq(all_pages(s, p.admin, "limit=1", &pages),
                     "1/person#1 1/W47#1 1/W48#1 1/W48#2 2/person#1 2/W48#1 3/person#1 4/person#1");
    ck_assert_int_eq(pages, 8);
    forget_events(s);
    site_close(s);
}
END_TEST

START_TEST(a_page_of_large_events_ends_early)
{
    struct site *s = site_open();
    struct people p = open_people(s);
    int pages = 0;

    sql_do(s->w, "UPDATE event SET after_json = CONCAT('\"', REPEAT('x', 600000), '\"')");
    struct answer a = trail(s, p.admin, NULL);
    ck_assert_str_eq(words(s, &a), "1/person#1 1/W48#1");
    ck_assert_str_eq(all_pages(s, p.eva, "limit=1000", &pages), EVA);
    ck_assert_int_eq(pages, 2);
    /* the connection is as good as before, though rows were left behind */
    ck_status(ASK(s, .method = "GET", .path = "/api/timesheets", .token = p.eva), 200);
    site_close(s);
}
END_TEST

UNIT_MAIN("audit_list", an_event_is_a_line_with_all_that_is_known, an_erased_event_shows_null,
          streams_are_told_apart_though_their_numbers_are_the_same,
          people_and_managers_see_their_own_and_admins_everything, what_is_about_others_is_refused,
          faulty_filters_are_refused, dates_are_those_of_the_event_in_utc,
          an_entry_is_followed_through_weeks_moves_and_deletion,
          pages_follow_each_other_in_every_order,
          events_of_one_instant_are_neither_lost_nor_repeated, a_page_of_large_events_ends_early)
