/* GET /approvals and PUT /approvals/{id}: what waits for whom, every cell of the state table, rules 6
 * and 12, versions, repeats. */
#include "decision_fixture.h"

/* --- GET /approvals ------------------------------------------------------------------------------ */

static struct answer inbox(struct office *o, const char *who, const char *query)
{
    return ASK(o->s, .method = "GET", .path = "/api/approvals", .query = query, .token = who);
}

/* The ids of a list, in its order, each followed by a blank. */
static const char *ids_of(struct office *o, const struct answer *a)
{
    char *ids = talloc_strdup(o->s, "");

    for (const char *at = a->body; (at = strstr(at, "{\"id\":")) != NULL; at++)
        ids = talloc_asprintf_append(ids, "%lld ", strtoll(at + 6, NULL, 10));
    return ids;
}

#define ck_inbox(o, who, query, ...)                                                               \
    do {                                                                                           \
        struct answer inbox_answer = inbox((o), (who), (query));                                   \
        const int64_t inbox_ids[] = {__VA_ARGS__ __VA_OPT__(, ) 0};                                \
        char *inbox_expected = talloc_strdup((o)->s, "");                                          \
        ck_status(inbox_answer, 200);                                                              \
        for (int inbox_i = 0; inbox_ids[inbox_i] != 0; inbox_i++)                                  \
            inbox_expected =                                                                       \
                talloc_asprintf_append(inbox_expected, "%lld ", (long long)inbox_ids[inbox_i]);    \
        ck_assert_str_eq(ids_of((o), &inbox_answer), inbox_expected);                              \
    } while (0)

START_TEST(the_inbox_holds_submitted_entries_of_others_oldest_first)
{
    struct office o = office_open();
    int64_t later = made(&o, o.ann, "2040-11-28", "submitted");
    int64_t first = made(&o, o.ann, "2040-11-26", "submitted");
    int64_t second = made(&o, o.max, "2040-11-26", "submitted");
    int64_t own = made(&o, o.mia, "2040-11-27", "submitted");

    (void)entry_in(&o, ENTRY_DRAFT);
    (void)entry_in(&o, ENTRY_APPROVED);
    (void)entry_in(&o, ENTRY_REJECTED);
    ck_inbox(&o, o.mia, NULL, first, second, later);
    ck_inbox(&o, o.max, NULL, first, own, later);
    struct answer a = inbox(&o, o.mia, "limit=1"), one;
    one = ASK(o.s, .method = "GET", .path = entry_path(o.s, first), .token = o.mia);
    ck_assert_str_eq(a.body, talloc_asprintf(o.s, "[%.*s]\n", (int)strlen(one.body) - 1, one.body));
    ck_has(a, "\"user_id\":\"ann@abc.example\"");
    ck_assert_view(api_header(&a, "Cache-Control"), "no-store");
    a = inbox(&o, o.ann, NULL);
    ck_problem(a, 403, "insufficient-scope");
    office_close(&o);
}
END_TEST

START_TEST(the_inbox_is_narrowed_by_person_project_and_week)
{
    struct office o = office_open();
    int64_t sunday = made(&o, o.ann, "2040-11-25", "submitted");
    int64_t monday = made(&o, o.ann, "2040-11-26", "submitted");
    int64_t other =
        entry_made(o.s, o.ann, "{\"date\":\"2040-12-02\",\"project\":\"OTHER\",\"minutes\":60}");
    int64_t of_max = made(&o, o.max, "2040-11-26", "submitted");

    ck_inbox(&o, o.mia, "week=2040-W48", monday, of_max, other);
    ck_inbox(&o, o.mia, "week=2040-W47", sunday);
    ck_inbox(&o, o.mia, "week=2040-W46");
    ck_inbox(&o, o.mia, "project=OTHER", other);
    ck_inbox(&o, o.mia, "project=other");
    ck_inbox(&o, o.mia, "project=%20");
    ck_inbox(&o, o.mia, "user=ann%40abc.example", sunday, monday, other);
    ck_inbox(&o, o.mia, talloc_asprintf(o.s, "user=%lld", (long long)o.max_id), of_max);
    ck_inbox(&o, o.mia, "user=ann%40abc.example&week=2040-W48&project=StoreZero", monday);
    ck_inbox(&o, o.max, "user=max%40abc.example");
    static const struct {
        const char *query, *pointer;
    } bad[] = {{"user=nobody", "?user"},    {"week=2040-W54", "?week"}, {"week=48", "?week"},
               {"limit=0", "?limit"},       {"limit=1001", "?limit"},   {"cursor=12", "?cursor"},
               {"status=draft", "?status"}, {"user=", "?user"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer a = inbox(&o, o.mia, bad[i].query);
        ck_problem(a, 422, "validation");
        ck_has(a, bad[i].pointer);
    }
    struct answer a = inbox(&o, o.mia, "user=nobody&week=1&cursor=2");
    for (size_t i = 0; i < 2; i++) /* all at once */
        ck_has(a, bad[i].pointer);
    ck_has(a, "?cursor");
    office_close(&o);
}
END_TEST

/* Goes through the pages of a query, so many entries a page. */
static int count_pages(struct office *o, const char *filter, char *out, size_t size)
{
    const char *query = filter;
    int pages = 0;

    out[0] = '\0';
    for (;;) {
        struct answer a = inbox(o, o->mia, query);
        ck_status(a, 200);
        (void)snprintf(out + strlen(out), size - strlen(out), "%s", ids_of(o, &a));
        pages++;
        struct str link = api_header(&a, "Link");
        if (link.len == 0)
            return pages;
        const char *text = talloc_strndup(o->s, link.data, link.len);
        ck_assert_ptr_nonnull(strstr(text, "</api/approvals?"));
        const char *from = strchr(text, '?') + 1;
        query = talloc_strndup(o->s, from, (size_t)(strchr(from, '>') - from));
    }
}

START_TEST(pages_of_the_inbox_hold_each_entry_once)
{
    struct office o = office_open();
    static const char *const filters[] = {"limit=2", "limit=2&user=ann%40abc.example",
                                          "limit=2&week=2040-W48"};
    char *expected = talloc_strdup(o.s, ""), pages[200];

    for (int i = 0; i < 5; i++) /* several on one date */
        expected = talloc_asprintf_append(
            expected, "%lld ",
            (long long)made(&o, o.ann, i < 3 ? "2040-11-26" : "2040-11-27", "submitted"));
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        ck_assert_int_eq(count_pages(&o, filters[i], pages, sizeof pages), 3);
        ck_assert_str_eq(pages, expected);
    }
    office_close(&o);
}
END_TEST

/* --- PUT /approvals/{id} --------------------------------------------------------------------------- */

START_TEST(every_spelling_of_an_approval_approves)
{
    struct office o = office_open();
    static const struct {
        const char *body, *type;
    } spellings[] = {
        {"", "application/json"}, /* the older Android client */
        {NULL, NULL},
        {"", "text/plain"},
        {"{}", NULL}, /* the older Angular client */
        {"{\"approved\":true}", NULL},
        {"{\"status\":\"approved\"}", NULL},
        {"{\"status\":\"approved\",\"approved\":true,\"reason\":null}", NULL},
    };

    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        int64_t id = entry_in(&o, ENTRY_SUBMITTED);
        struct answer a =
            DECIDE(&o, o.mia, id, .body = spellings[i].body, .type = spellings[i].type);
        ck_status(a, 200);
        ck_has(a, "\"status\":\"approved\",\"approved\":true,\"reason\":null,\"version\":2");
        ck_has(a, "\"user_id\":\"ann@abc.example\"");
        ck_assert_view(api_header(&a, "ETag"), "\"e2\"");
        struct answer read = ASK(o.s, .method = "GET", .path = entry_path(o.s, id), .token = o.ann);
        ck_assert_str_eq(read.body, a.body);
    }
    office_close(&o);
}
END_TEST

START_TEST(a_decision_is_stored_with_who_when_and_an_event)
{
    struct office o = office_open();
    int64_t approved = entry_in(&o, ENTRY_SUBMITTED), rejected = entry_in(&o, ENTRY_SUBMITTED);
    struct answer was =
        ASK(o.s, .method = "GET", .path = entry_path(o.s, rejected), .token = o.ann);
    struct answer a = DECIDE(&o, o.mia, approved),
                  r = DECIDE(&o, o.max, rejected, .body = REJECT_BODY);

    ck_status(a, 200);
    ck_status(r, 200);
    ck_has(r,
           "\"status\":\"rejected\",\"approved\":false,\"reason\":\"Which part?\",\"version\":2");
    ck_assert_str_eq(
        sql_ask(o.s->w,
                "SELECT CONCAT_WS(' ', status, reason, decided_by = %d, decided_at = updated_at,"
                " edited_by = person_id) FROM entry WHERE id = %lld",
                (int)o.mia_id, (long long)approved),
        "2  1 1 1");
    ck_assert_str_eq(
        sql_ask(o.s->w,
                "SELECT CONCAT_WS(' ', status, reason, decided_by = %d) FROM entry WHERE id = %lld",
                (int)o.max_id, (long long)rejected),
        "3 Which part? 1");
    ck_assert_int_eq(sql_number(o.s->w,
                                "SELECT COUNT(*) FROM event WHERE action = %d AND actor_id = %d AND"
                                " person_id = %d AND week = 204048 AND entry_id = %lld",
                                EVENT_ENTRY_APPROVED, (int)o.mia_id, (int)o.ann_id,
                                (long long)approved),
                     1);
    const char *where = talloc_asprintf(o.s, "action = %d AND actor_id = %d AND entry_id = %lld",
                                        EVENT_ENTRY_REJECTED, (int)o.max_id, (long long)rejected);
    ck_assert_str_eq(
        talloc_asprintf(
            o.s, "%s\n",
            sql_ask(o.s->w, "SELECT CAST(before_json AS CHAR) FROM event WHERE %s", where)),
        was.body);
    ck_assert_str_eq(
        talloc_asprintf(
            o.s, "%s\n",
            sql_ask(o.s->w, "SELECT CAST(after_json AS CHAR) FROM event WHERE %s", where)),
        r.body);
    ck_assert_str_eq(sql_ask(o.s->w, "SELECT CONCAT_WS(' ', n_draft, n_submitted, n_approved,"
                                     " n_rejected, version) FROM week WHERE week = 204048"),
                     "0 0 1 1 4");
    office_close(&o);
}
END_TEST

START_TEST(what_is_no_decision_is_refused_field_by_field)
{
    struct office o = office_open();
    int64_t id = entry_in(&o, ENTRY_SUBMITTED);
    char *longest = talloc_zero_array(o.s, char, REASON_MAX + 1);
    static const struct {
        const char *body, *pointer, *code;
    } bad[] = {
        {"{\"status\":\"rejected\"}", "/reason", "required"},
        {"{\"status\":\"rejected\",\"reason\":null}", "/reason", "required"},
        {"{\"status\":\"rejected\",\"reason\":\"\"}", "/reason", "length"},
        {"{\"status\":\"rejected\",\"reason\":\" \\t\\n\"}", "/reason", "blank"},
        {"{\"status\":\"rejected\",\"reason\":\"\\u200b \\u00ad\"}", "/reason", "blank"},
        {"{\"status\":\"rejected\",\"reason\":7}", "/reason", "type"},
        {"{\"reason\":\"good work\"}", "/reason", "unexpected"},
        {"{\"status\":\"approved\",\"reason\":\"good work\"}", "/reason", "unexpected"},
        {"{\"approved\":false}", "/approved", "value"},
        {"{\"approved\":true,\"status\":\"rejected\",\"reason\":\"x\"}", "/approved", "value"},
        {"{\"approved\":1}", "/approved", "type"},
        {"{\"status\":\"submitted\"}", "/status", "value"},
        {"{\"status\":\"draft\"}", "/status", "value"},
        {"{\"status\":null}", "/status", "type"},
        {"{\"minutes\":60}", "/minutes", "unknown"},
        {"{\"decided_by\":1}", "/decided_by", "unknown"},
    };

    int64_t before = events(&o);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer a = DECIDE(&o, o.mia, id, .body = bad[i].body);
        ck_problem(a, 422, "validation");
        ck_has(a, talloc_asprintf(o.s, "\"pointer\":\"%s\",\"code\":\"%s\"", bad[i].pointer,
                                  bad[i].code));
    }
    memset(longest, 'x', REASON_MAX);
    struct answer a = DECIDE(
        &o, o.mia, id,
        .body = talloc_asprintf(o.s, "{\"status\":\"rejected\",\"reason\":\"%sx\"}", longest));
    ck_problem(a, 422, "validation");
    ck_assert_int_eq(events(&o), before);
    a = DECIDE(&o, o.mia, id,
               .body =
                   talloc_asprintf(o.s, "{\"status\":\"rejected\",\"reason\":\"%s\"}", longest));
    ck_status(a, 200);
    ck_has(a, longest);
    office_close(&o);
}
END_TEST

static const char *version_and_reason(struct office *o, int64_t id)
{
    return sql_ask(o->s->w, "SELECT CONCAT(version, reason) FROM entry WHERE id = %lld",
                   (long long)id);
}

/* The rows approve and reject of the state table, cell by cell. */
START_TEST(every_cell_of_the_state_table)
{
    struct office o = office_open();
    static const struct {
        enum entry_status from;
        const char *body;
        int status;
        const char *slug;
        enum entry_status after;
        bool changes;
    } cells[] = {
        /* a draft of somebody else is not to be seen (rule 12) */
        {ENTRY_DRAFT, "{}", 404, "not-found", ENTRY_DRAFT, false},
        {ENTRY_SUBMITTED, "{}", 200, NULL, ENTRY_APPROVED, true},
        {ENTRY_APPROVED, "{}", 200, NULL, ENTRY_APPROVED, false},
        {ENTRY_REJECTED, "{}", 409, "not-submitted", ENTRY_REJECTED, false},
        {ENTRY_DRAFT, REJECT_BODY, 404, "not-found", ENTRY_DRAFT, false},
        {ENTRY_SUBMITTED, REJECT_BODY, 200, NULL, ENTRY_REJECTED, true},
        {ENTRY_APPROVED, REJECT_BODY, 409, "approved", ENTRY_APPROVED, false},
        {ENTRY_REJECTED, REJECT_BODY, 200, NULL, ENTRY_REJECTED, false},
        {ENTRY_REJECTED, "{\"status\":\"rejected\",\"reason\":\"Another one\"}", 200, NULL,
         ENTRY_REJECTED, false},
    };

    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        int64_t id = entry_in(&o, cells[i].from), before = events(&o);
        const char *was = version_and_reason(&o, id);
        struct answer a = DECIDE(&o, o.mia, id, .body = cells[i].body);
        ck_assert_msg(a.status == cells[i].status, "cell %zu: %d %s", i, a.status, a.body);
        if (cells[i].slug != NULL)
            ck_has(a, talloc_asprintf(o.s, "#%s\"", cells[i].slug));
        ck_assert_int_eq(
            sql_number(o.s->w, "SELECT status FROM entry WHERE id = %lld", (long long)id),
            cells[i].after);
        ck_assert_int_eq(events(&o) - before, cells[i].changes);
        ck_assert_int_eq(strcmp(version_and_reason(&o, id), was) != 0, cells[i].changes);
    }
    office_close(&o);
}
END_TEST

START_TEST(a_rejected_entry_can_be_submitted_and_decided_again)
{
    struct office o = office_open();
    int64_t id = entry_in(&o, ENTRY_REJECTED);
    struct answer a = ASK(o.s, .method = "PATCH", .path = entry_path(o.s, id), .token = o.ann,
                          .body = "{\"note\":\"checkout\"}", .if_match = "\"e2\"");

    ck_status(a, 200);
    ck_has(a, "\"status\":\"draft\",\"approved\":false,\"reason\":null");
    ck_assert_str_eq(sql_ask(o.s->w,
                             "SELECT decided_by IS NULL AND decided_at IS NULL FROM entry"
                             " WHERE id = %lld",
                             (long long)id),
                     "1");
    a = DECIDE(&o, o.mia, id, .body = "{}");
    ck_problem(a, 404, "not-found");
    office_close(&o);
}
END_TEST

START_TEST(rule_6_nobody_decides_their_own_entries)
{
    struct office o = office_open();
    int64_t own[ENTRY_STATUS_COUNT];

    own[ENTRY_DRAFT] = made(&o, o.mia, "2040-11-26", "draft");
    for (int i = ENTRY_SUBMITTED; i < ENTRY_STATUS_COUNT; i++)
        own[i] = made(&o, o.mia, "2040-11-26", "submitted");
    struct answer a = DECIDE(&o, o.max, own[ENTRY_APPROVED], .body = "{}");
    ck_status(a, 200);
    a = DECIDE(&o, o.max, own[ENTRY_REJECTED], .body = REJECT_BODY);
    ck_status(a, 200);
    int64_t before = events(&o);
    for (int i = 0; i < ENTRY_STATUS_COUNT; i++) {
        a = DECIDE(&o, o.mia, own[i], .body = "{}");
        ck_problem(a, 403, "self-approval");
        a = DECIDE(&o, o.mia, own[i], .body = REJECT_BODY);
        ck_problem(a, 403, "self-approval");
    }
    ck_assert_int_eq(events(&o), before);
    office_close(&o);
}
END_TEST

START_TEST(rule_6_who_last_edited_an_entry_does_not_decide_it)
{
    struct office o = office_open();
    int64_t id = entry_in(&o, ENTRY_SUBMITTED);

    sql_do(o.s->w, "UPDATE entry SET edited_by = %d WHERE id = %lld", (int)o.mia_id, (long long)id);
    int64_t before = events(&o);
    struct answer a = DECIDE(&o, o.mia, id, .body = "{}");
    ck_problem(a, 403, "four-eyes");
    a = DECIDE(&o, o.mia, id, .body = REJECT_BODY);
    ck_problem(a, 403, "four-eyes");
    ck_assert_int_eq(events(&o), before);
    a = DECIDE(&o, o.max, id, .body = "{}"); /* another pair of eyes */
    ck_status(a, 200);
    a = DECIDE(&o, o.mia, id, .body = "{}");
    ck_problem(a, 403, "four-eyes");
    office_close(&o);
}
END_TEST

START_TEST(rule_12_entries_of_others_can_be_decided_from_submitted_on)
{
    struct office o = office_open();
    int64_t id = entry_in(&o, ENTRY_DRAFT);
    struct answer a;

    a = DECIDE(&o, o.mia, id, .body = "{}", .if_match = "\"e1\"");
    ck_problem(a, 404, "not-found");
    a = DECIDE(&o, o.mia, 12345, .body = "{}");
    ck_problem(a, 404, "not-found");
    static const char *const names[] = {"0", "01", "x", "-1", "9007199254740993", "1e3"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        a = ASK(o.s, .method = "PUT", .path = talloc_asprintf(o.s, "/api/approvals/%s", names[i]),
                .token = o.mia);
        ck_problem(a, 404, "not-found");
    }
    office_close(&o);
}
END_TEST

START_TEST(if_match_may_be_left_out_and_is_checked_when_given)
{
    struct office o = office_open();
    int64_t id = entry_in(&o, ENTRY_SUBMITTED);
    struct answer a = ASK(o.s, .method = "PATCH", .path = entry_path(o.s, id), .token = o.ann,
                          .body = "{\"minutes\":480}", .if_match = "\"e1\"");

    ck_status(a, 200);
    a = DECIDE(&o, o.mia, id, .body = "{}", .if_match = "\"e1\"");
    ck_problem(a, 412, "version-mismatch");
    a = DECIDE(&o, o.mia, id, .body = "{}", .if_match = "\"w2\"");
    ck_problem(a, 412, "version-mismatch");
    a = DECIDE(&o, o.mia, id, .body = "{}", .if_match = "nonsense");
    ck_problem(a, 412, "version-mismatch");
    a = DECIDE(&o, o.mia, id, .body = "{}", .if_match = "\"e1\", W/\"e2\"");
    ck_status(a, 200);
    ck_assert_view(api_header(&a, "ETag"), "\"e3\"");
    id = entry_in(&o, ENTRY_SUBMITTED);
    a = DECIDE(&o, o.mia, id, .body = REJECT_BODY, .if_match = "*");
    ck_status(a, 200);
    office_close(&o);
}
END_TEST

/* nginx sends a PUT again after the worker that had it died. */
START_TEST(a_repeated_decision_answers_as_the_first)
{
    struct office o = office_open();
    static const char *const bodies[] = {"{}", REJECT_BODY};

    for (size_t i = 0; i < 2; i++) {
        int64_t id = entry_in(&o, ENTRY_SUBMITTED);
        struct answer first = DECIDE(&o, o.mia, id, .body = bodies[i], .if_match = "\"e1\"");
        int64_t before = events(&o);
        struct answer again = DECIDE(&o, o.mia, id, .body = bodies[i], .if_match = "\"e1\"");
        ck_status(first, 200);
        ck_status(again, 200);
        ck_assert_str_eq(again.body, first.body);
        ck_assert_view(api_header(&again, "ETag"), "\"e2\"");
        ck_assert_int_eq(events(&o), before);
        again = DECIDE(&o, o.mia, id, .body = bodies[1 - i], .if_match = "\"e1\"");
        ck_problem(again, 412, "version-mismatch");
        again =
            DECIDE(&o, o.mia, id, .body = "{\"status\":\"rejected\",\"reason\":\"Another one\"}",
                   .if_match = "\"e1\"");
        ck_problem(again, 412, "version-mismatch");
    }
    /* the content that was approved is not the one that this manager saw */
    int64_t id = entry_in(&o, ENTRY_SUBMITTED);
    struct answer a = ASK(o.s, .method = "PATCH", .path = entry_path(o.s, id), .token = o.ann,
                          .body = "{\"minutes\":480}", .if_match = "\"e1\"");
    ck_status(a, 200);
    a = DECIDE(&o, o.max, id, .body = "{}", .if_match = "\"e2\"");
    ck_status(a, 200);
    a = DECIDE(&o, o.mia, id, .body = "{}", .if_match = "\"e1\"");
    ck_problem(a, 412, "version-mismatch");
    office_close(&o);
}
END_TEST

START_TEST(a_keyed_decision_replays)
{
    struct office o = office_open();
    int64_t id = entry_in(&o, ENTRY_SUBMITTED);
    const char *key = "key-0123456789abcdef";
    struct answer first = DECIDE(&o, o.mia, id, .body = REJECT_BODY, .key = key);

    ck_status(first, 200);
    struct answer a = ASK(o.s, .method = "PATCH", .path = entry_path(o.s, id), .token = o.ann,
                          .body = "{\"note\":\"x\"}", .if_match = "\"e2\"");
    ck_status(a, 200);
    int64_t before = events(&o);
    struct answer again = DECIDE(&o, o.mia, id, .body = REJECT_BODY, .key = key);
    ck_status(again, 200);
    ck_assert_str_eq(again.body, first.body);
    ck_assert_view(api_header(&again, "ETag"), "\"e2\"");
    ck_assert_view(api_header(&again, "Idempotency-Replayed"), "true");
    ck_assert(again.trace.replayed);
    a = DECIDE(&o, o.mia, id, .body = "{}", .key = key);
    ck_problem(a, 422, "idempotency-key-reused");
    a = DECIDE(&o, o.mia, id, .body = "{}", .key = "short");
    ck_problem(a, 400, "malformed-request");
    ck_assert_int_eq(events(&o), before);
    office_close(&o);
}
END_TEST

START_TEST(a_locked_day_is_not_decided)
{
    struct office o = office_open();
    int64_t tuesday = made(&o, o.ann, "2040-11-27", "submitted");
    int64_t wednesday = made(&o, o.ann, "2040-11-28", "submitted");
    int64_t approved = entry_in(&o, ENTRY_APPROVED), rejected = entry_in(&o, ENTRY_REJECTED);

    sql_do(o.s->w, "UPDATE week SET locked_days = 2 WHERE week = 204048");
    int64_t before = events(&o);
    struct answer a = DECIDE(&o, o.mia, tuesday, .body = "{}");
    ck_problem(a, 409, "period-locked");
    a = DECIDE(&o, o.mia, tuesday, .body = REJECT_BODY);
    ck_problem(a, 409, "period-locked");
    /* the state is told before the lock */
    a = DECIDE(&o, o.mia, approved, .body = REJECT_BODY);
    ck_problem(a, 409, "approved");
    a = DECIDE(&o, o.mia, rejected, .body = "{}");
    ck_problem(a, 409, "not-submitted");
    a = DECIDE(&o, o.mia, approved, .body = "{}"); /* nothing to change */
    ck_status(a, 200);
    ck_assert_int_eq(events(&o), before);
    a = DECIDE(&o, o.mia, wednesday, .body = "{}");
    ck_status(a, 200);
    office_close(&o);
}
END_TEST

START_TEST(of_two_mistakes_the_first_in_the_contract_is_told)
{
    struct office o = office_open();
    int64_t own = made(&o, o.mia, "2040-11-26", "submitted");
    int64_t edited = entry_in(&o, ENTRY_APPROVED), locked = entry_in(&o, ENTRY_SUBMITTED);

    sql_do(o.s->w, "UPDATE entry SET edited_by = %d WHERE id IN (%lld, %lld)", (int)o.mia_id,
           (long long)edited, (long long)locked);
    sql_do(o.s->w, "UPDATE week SET locked_days = 7 WHERE week = 204048");
    const struct {
        const char *name;
        int64_t id;
        const char *body, *length, *type, *if_match, *query;
        int status;
        const char *slug;
    } pairs[] = {
        {"413, 415", own, "x", "70000", "text/plain", NULL, NULL, 413, "body-too-large"},
        {"415, 400", own, "{", NULL, "text/plain", NULL, NULL, 415, "unsupported-media-type"},
        {"400, 422", own, "{", NULL, NULL, NULL, "x=1", 400, "malformed-json"},
        {"422, 404", 1, "{\"approved\":false}", NULL, NULL, NULL, NULL, 422, "validation"},
        {"422 query, 404", 1, "{}", NULL, NULL, NULL, "x=1", 422, "validation"},
        {"404, 412", 1, "{}", NULL, NULL, "\"e9\"", NULL, 404, "not-found"},
        {"412, 403", own, "{}", NULL, NULL, "\"e9\"", NULL, 412, "version-mismatch"},
        {"412, 403", edited, "{}", NULL, NULL, "\"e9\"", NULL, 412, "version-mismatch"},
        {"403, 409", own, "{}", NULL, NULL, NULL, NULL, 403, "self-approval"},
        {"403, 409", edited, REJECT_BODY, NULL, NULL, NULL, NULL, 403, "four-eyes"},
        {"403, 409 locked", locked, "{}", NULL, NULL, NULL, NULL, 403, "four-eyes"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct answer a =
            DECIDE(&o, o.mia, pairs[i].id, .body = pairs[i].body, .length = pairs[i].length,
                   .type = pairs[i].type, .if_match = pairs[i].if_match, .query = pairs[i].query);
        ck_assert_msg(a.status == pairs[i].status &&
                          strstr(a.body, talloc_asprintf(o.s, "#%s\"", pairs[i].slug)) != NULL,
                      "%s: %s", pairs[i].name, a.body);
    }
    office_close(&o);
}
END_TEST

START_TEST(a_machine_decides_nothing_and_leaves_nothing)
{
    struct office o = office_open();
    int64_t id = entry_in(&o, ENTRY_SUBMITTED), before = events(&o);
    const char *robot = LOGIN(o.s, .sub = "robot@clients", .scope = SCOPES_ALL, .machine = true);
    struct answer a = DECIDE(&o, robot, id, .body = "{}");

    ck_problem(a, 403, "person-required");
    a = inbox(&o, robot, NULL);
    ck_problem(a, 403, "person-required");
    ck_assert_int_eq(events(&o), before);
    office_close(&o);
}
END_TEST

UNIT_MAIN("approvals", the_inbox_holds_submitted_entries_of_others_oldest_first,
          the_inbox_is_narrowed_by_person_project_and_week, pages_of_the_inbox_hold_each_entry_once,
          every_spelling_of_an_approval_approves, a_decision_is_stored_with_who_when_and_an_event,
          what_is_no_decision_is_refused_field_by_field, every_cell_of_the_state_table,
          a_rejected_entry_can_be_submitted_and_decided_again,
          rule_6_nobody_decides_their_own_entries,
          rule_6_who_last_edited_an_entry_does_not_decide_it,
          rule_12_entries_of_others_can_be_decided_from_submitted_on,
          if_match_may_be_left_out_and_is_checked_when_given,
          a_repeated_decision_answers_as_the_first, a_keyed_decision_replays,
          a_locked_day_is_not_decided, of_two_mistakes_the_first_in_the_contract_is_told,
          a_machine_decides_nothing_and_leaves_nothing)
