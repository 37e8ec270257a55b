/* src/api/projects.c: what admins may do with projects, and what everybody sees of it. */
#include "api_fixture.h"

#define ck_tells(answer, text)                                                                     \
    ck_assert_msg(strstr((answer).body, (text)) != NULL, "no %s in %s", (text), (answer).body)

static const char *admin(struct site *s)
{
    return LOGIN(s, .sub = "auth0|root", .scope = "read:timesheets admin:timesheets");
}

static struct answer get(struct site *s, const char *path)
{
    return ASK(s, .method = "GET", .path = path, .token = admin(s));
}

static struct answer add(struct site *s, const char *body)
{
    return ASK(s, .method = "POST", .path = "/api/projects", .token = admin(s), .body = body);
}

static struct answer change(struct site *s, const char *path, const char *tag, const char *body)
{
    return ASK(s, .method = "PATCH", .path = path, .token = admin(s), .body = body,
               .if_match = tag);
}

static const char *stored(struct site *s, const char *code)
{
    return sql_ask(s->w,
                   "SELECT CONCAT_WS('/', name, customer, state, COALESCE(starts_on, '-'),"
                   " COALESCE(ends_on, '-'), version) FROM project WHERE code = '%s'",
                   code);
}

static int64_t events(struct site *s)
{
    return sql_number(s->w, "SELECT COUNT(*) FROM event WHERE week = 1");
}

START_TEST(a_project_is_added_with_what_was_said_of_it)
{
    struct site *s = site_open();
    struct answer a = add(s, "{\"code\":\"N 1%\",\"name\":\"New\"}");

    ck_status(a, 201);
    ck_assert_view(api_header(&a, "Location"), "/api/projects/N%201%25");
    ck_assert_view(api_header(&a, "ETag"), "\"p1\"");
    ck_assert_view(api_header(&a, "Cache-Control"), "private, no-cache");
    ck_assert_str_eq(a.body,
                     "{\"code\":\"N 1%\",\"name\":\"New\",\"customer\":\"\",\"state\":\"open\","
                     "\"starts_on\":null,\"ends_on\":null,\"version\":1}\n");
    ck_assert_str_eq(get(s, "/api/projects/N 1%").body, a.body);
    a = add(s, "{\"code\":\"A&B\",\"name\":\"Ä\",\"customer\":\"C\",\"state\":\"closed\","
               "\"starts_on\":\"1999-01-01\",\"ends_on\":\"2040-12-31\"}");
    ck_status(a, 201);
    ck_assert_str_eq(stored(s, "A&B"), "Ä/C/1/1999-01-01/2040-12-31/1");
    ck_status(add(s, "{\"code\":\"a&b\",\"name\":\"x\",\"starts_on\":null}"), 201); /* bytes */
    ck_assert_int_eq(events(s), 3);
    ck_assert_str_eq(
        sql_ask(s->w,
                "SELECT CONCAT_WS(' ', action, seq, person_id = (SELECT id FROM project WHERE"
                " code = 'A&B'), before_json IS NULL, LOCATE('\"name\":\"Ä\"', after_json) > 0)"
                " FROM event WHERE week = 1 ORDER BY at LIMIT 1, 1"),
        "30 1 1 1 1");
    site_close(s);
}
END_TEST

START_TEST(a_body_that_is_not_a_project_is_refused_and_leaves_no_trace)
{
    static const struct {
        const char *body, *pointer, *code;
    } cases[] = {
        {"{\"name\":\"x\"}", "/code", "required"},
        {"{\"code\":\"X\"}", "/name", "required"},
        {"{\"code\":\"\",\"name\":\"x\"}", "/code", "length"},
        {"{\"code\":\"12345678901234567890123456789012345678901\",\"name\":\"x\"}", "/code",
         "length"},
        {"{\"code\":\" X\",\"name\":\"x\"}", "/code", "format"},
        {"{\"code\":\"X \",\"name\":\"x\"}", "/code", "format"},
        {"{\"code\":\"X/Y\",\"name\":\"x\"}", "/code", "format"},
        {"{\"code\":\"..\",\"name\":\"x\"}", "/code", "format"},
        {"{\"code\":\"X\\nY\",\"name\":\"x\"}", "/code", "format"},
        {"{\"code\":\"X\\u0001\",\"name\":\"x\"}", "/code", "characters"},
        {"{\"code\":\"X\",\"name\":\"\"}", "/name", "length"},
        {"{\"code\":\"X\",\"name\":\" x\"}", "/name", "format"},
        {"{\"code\":\"X\",\"name\":7}", "/name", "type"},
        {"{\"code\":\"X\",\"name\":null}", "/name", "type"},
        {"{\"code\":\"X\",\"name\":\"x\",\"customer\":\"x \"}", "/customer", "format"},
        {"{\"code\":\"X\",\"name\":\"x\",\"state\":\"gone\"}", "/state", "value"},
        {"{\"code\":\"X\",\"name\":\"x\",\"starts_on\":\"2026-02-30\"}", "/starts_on", "format"},
        {"{\"code\":\"X\",\"name\":\"x\",\"starts_on\":\"1899-12-31\"}", "/starts_on", "format"},
        {"{\"code\":\"X\",\"name\":\"x\",\"starts_on\":\"2026-02-02\",\"ends_on\":\"2026-02-01\"}",
         "/ends_on", "range"},
        {"{\"code\":\"X\",\"name\":\"x\",\"version\":1}", "/version", "unknown"},
        {"{\"code\":\"X\",\"name\":\"x\",\"id\":1}", "/id", "unknown"},
    };
    struct site *s = site_open();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a = add(s, cases[i].body);
        ck_problem(a, 422, "validation");
        ck_tells(a, talloc_asprintf(s, "\"pointer\":\"%s\",\"code\":\"%s\"", cases[i].pointer,
                                    cases[i].code));
    }
    struct answer a = add(s, "{\"code\":\"StoreZero\",\"name\":\"x\"}");
    ck_problem(a, 409, "taken");
    ck_tells(a, "\"pointer\":\"/code\",\"code\":\"taken\"");
    a = add(s, "{\"code\":\"/\",\"name\":\" \",\"starts_on\":\"2026-02-30\"}");
    ck_tells(a, "\"/code\""); /* all at once */
    ck_tells(a, "\"/name\"");
    ck_tells(a, "\"/starts_on\"");
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM project"), 4);
    ck_assert_int_eq(events(s), 0);
    site_close(s);
}
END_TEST

START_TEST(a_change_needs_the_version_that_was_read)
{
    struct site *s = site_open();
    const char *path = "/api/projects/StoreZero";

    ck_problem(change(s, path, NULL, "{\"name\":\"x\"}"), 428, "precondition-required");
    struct answer a = change(s, path, "\"p7\"", "{\"name\":\"x\"}");
    ck_problem(a, 412, "version-mismatch");
    ck_tells(a, "The project is at version 1 now.");
    ck_problem(change(s, path, "\"e1\"", "{\"name\":\"x\"}"), 412, "version-mismatch");
    ck_problem(change(s, "/api/projects/NONE", NULL, "{\"name\":\"x\"}"), 404, "not-found");
    ck_problem(change(s, "/api/projects/StoreZero ", "\"p1\"", "{\"name\":\"x\"}"), 404,
               "not-found");
    ck_problem(change(s, "/api/projects/\xff", "\"p1\"", "{\"name\":\"x\"}"), 404, "not-found");
    ck_problem(change(s, "/api/projects/NONE", NULL, "{\"name\":\"\"}"), 422, "validation");
    ck_assert_str_eq(stored(s, "StoreZero"), "StoreZero//0/-/-/1");
    ck_assert_int_eq(events(s), 0);
    a = change(s, path, "\"p1\"", "{\"name\":\"Renamed\",\"customer\":\"C\"}");
    ck_status(a, 200);
    ck_assert_view(api_header(&a, "ETag"), "\"p2\"");
    ck_assert_view(api_header(&a, "Location"), "");
    ck_assert_str_eq(stored(s, "StoreZero"), "Renamed/C/0/-/-/2");
    ck_status(change(s, path, "W/\"p2\"", "{\"customer\":\"\"}"), 200);
    ck_assert_int_eq(events(s), 2);
    site_close(s);
}
END_TEST

START_TEST(dates_are_set_cleared_and_kept_in_order)
{
    struct site *s = site_open();
    const char *path = "/api/projects/OTHER";

    ck_status(change(s, path, "\"p1\"", "{\"starts_on\":\"2026-02-01\"}"), 200);
    struct answer a = change(s, path, "\"p2\"", "{\"ends_on\":\"2026-01-31\"}");
    ck_problem(a, 422, "validation");
    ck_tells(a, "\"pointer\":\"/ends_on\",\"code\":\"range\"");
    ck_problem(change(s, path, "\"p1\"", "{\"ends_on\":\"2026-01-31\"}"), 412, "version-mismatch");
    ck_status(change(s, path, "\"p2\"", "{\"ends_on\":\"2026-02-01\"}"), 200);
    a = change(s, path, "\"p3\"", "{\"starts_on\":\"2026-02-02\"}");
    ck_tells(a, "\"pointer\":\"/starts_on\",\"code\":\"range\"");
    ck_assert_str_eq(stored(s, "OTHER"), "Other//0/2026-02-01/2026-02-01/3");
    a = change(s, path, "\"p3\"", "{\"starts_on\":null,\"ends_on\":null}");
    ck_status(a, 200);
    ck_tells(a, "\"starts_on\":null,\"ends_on\":null");
    ck_assert_str_eq(stored(s, "OTHER"), "Other//0/-/-/4");
    site_close(s);
}
END_TEST

START_TEST(what_is_fixed_is_refused_and_what_is_the_same_is_no_change)
{
    struct site *s = site_open();
    const char *path = "/api/projects/OTHER";
    struct answer a = change(s, path, "\"p1\"", "{\"code\":\"NEW\",\"version\":2,\"colour\":1}");

    ck_problem(a, 422, "validation");
    ck_tells(a, "\"pointer\":\"/code\",\"code\":\"read-only\"");
    ck_tells(a, "\"pointer\":\"/version\",\"code\":\"read-only\"");
    ck_tells(a, "\"pointer\":\"/colour\",\"code\":\"unknown\"");
    static const char *const same[] = {"{}", "{\"name\":\"Other\"}",
                                       "{\"state\":\"open\",\"customer\":\"\",\"starts_on\":null}"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        a = change(s, path, "\"p1\"", same[i]);
        ck_status(a, 200);
        ck_assert_view(api_header(&a, "ETag"), "\"p1\"");
    }
    ck_problem(change(s, path, "\"p9\"", "{}"), 412, "version-mismatch");
    ck_assert_int_eq(events(s), 0);
    site_close(s);
}
END_TEST

START_TEST(a_closed_project_keeps_its_entries_and_takes_no_new_ones)
{
    struct site *s = site_open();
    const char *ann = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    struct api *other = site_worker(s, s->verifier);
    int64_t id = entry_made(s, ann, ENTRY_BODY);
    const struct ask book = {
        .method = "POST", .path = "/api/timesheets", .token = ann, .body = ENTRY_BODY};
    struct ask elsewhere = book;

    elsewhere.api = other;
    ck_status(api_ask(s, elsewhere), 201);
    ck_status(change(s, "/api/projects/StoreZero", "\"p1\"", "{\"state\":\"closed\"}"), 200);
    clock_fake(clock_wall_us() + 2000000); /* workers remember a project for a second */
    ck_problem(api_ask(s, book), 409, "project-closed");
    ck_problem(api_ask(s, elsewhere), 409, "project-closed");
    ck_status(ASK(s, .method = "GET", .path = entry_path(s, id), .token = ann), 200);
    ck_tells(
        ASK(s, .method = "GET", .path = "/api/projects", .query = "state=closed", .token = ann),
        "\"code\":\"StoreZero\"");
    /* open again: what is remembered as closed is asked for before it is refused */
    ck_status(change(s, "/api/projects/StoreZero", "\"p2\"", "{\"state\":\"open\"}"), 200);
    ck_status(api_ask(s, book), 201);
    ck_status(api_ask(s, elsewhere), 201);
    site_close(s);
}
END_TEST

START_TEST(one_project_is_read_by_version)
{
    struct site *s = site_open();
    const char *ann = LOGIN(s, .sub = "auth0|ann", .scope = "read:timesheets");
    struct answer a = ASK(s, .method = "GET", .path = "/api/projects/LATER", .token = ann);

    ck_status(a, 200);
    ck_assert_view(api_header(&a, "ETag"), "\"p1\"");
    ck_tells(a, "\"starts_on\":\"2041-01-01\"");
    a = ASK(s, .method = "GET", .path = "/api/projects/LATER", .token = ann,
            .if_none_match = "\"p1\"");
    ck_status(a, 304);
    sql_do(s->w, "UPDATE project SET version = 2 WHERE code = 'LATER'");
    a = ASK(s, .method = "GET", .path = "/api/projects/LATER", .token = ann,
            .if_none_match = "\"p1\"");
    ck_status(a, 200); /* the database is asked, not what is remembered */
    ck_problem(get(s, "/api/projects/later"), 404, "not-found");
    ck_problem(get(s, "/api/projects/LATER "), 404, "not-found");
    ck_problem(get(s, "/api/projects/\xc3\x28"), 404, "not-found");
    site_close(s);
}
END_TEST

UNIT_MAIN("projects", a_project_is_added_with_what_was_said_of_it,
          a_body_that_is_not_a_project_is_refused_and_leaves_no_trace,
          a_change_needs_the_version_that_was_read, dates_are_set_cleared_and_kept_in_order,
          what_is_fixed_is_refused_and_what_is_the_same_is_no_change,
          a_closed_project_keeps_its_entries_and_takes_no_new_ones, one_project_is_read_by_version)
