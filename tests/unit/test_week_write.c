/* src/api/week_write.c: submitting and withdrawing, and what all writes of a week share. */
#include "api_fixture.h"

#define WEEK_48 "/api/weeks/2040-W48"
#define SUBMISSION WEEK_48 "/submission"

static struct answer submission(struct site *s, const char *method, const char *token,
                                const char *tag)
{
    return ASK(s, .method = method, .path = SUBMISSION, .token = token, .if_match = tag);
}

/* Entries of Monday to Thursday, one a status, as a decision would have left them. */
static void make_each_status(struct site *s, const char *token)
{
    for (int status = 0; status < ENTRY_STATUS_COUNT; status++) {
        int64_t id = entry_made(
            s, token,
            talloc_asprintf(s, "{\"date\":\"2040-11-%d\",\"project\":\"StoreZero\",\"minutes\":10}",
                            26 + status));
        sql_do(s->w, "UPDATE entry SET status = %d, reason = '%s' WHERE id = %lld", status,
               status == ENTRY_REJECTED ? "why" : "", (long long)id);
    }
    sql_do(s->w, "UPDATE week SET n_draft = 1, n_submitted = 1, n_approved = 1, n_rejected = 1"
                 " WHERE week = 204048");
}

static const char *stored(struct site *s)
{
    return sql_ask(s->w, "SELECT GROUP_CONCAT(status, ':', version, ':', reason ORDER BY id)"
                         " FROM entry");
}

static const char *week_row(struct site *s)
{
    return sql_ask(s->w, "SELECT CONCAT_WS(' ', n_draft, n_submitted, n_approved, n_rejected,"
                         " empty_status, version, seq) FROM week WHERE week = 204048");
}

/* The state table of design section 4, rows "submit week" and "withdraw week". */
START_TEST(the_state_table)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    make_each_status(s, token);
    struct answer a = submission(s, "PUT", token, "\"w4\"");
    ck_status(a, 200);
    ck_assert_view(api_header(&a, "ETag"), "\"w5\"");
    ck_assert_str_eq(stored(s), "1:2:,1:1:,2:1:,1:2:");
    ck_assert_str_eq(week_row(s), "0 3 1 0 0 5 5");
    struct answer read = ASK(s, .method = "GET", .path = WEEK_48, .token = token);
    ck_assert_str_eq(a.body, read.body);
    a = submission(s, "DELETE", token, "\"w5\"");
    ck_status(a, 200);
    ck_assert_str_eq(stored(s), "0:3:,0:2:,2:1:,0:3:");
    ck_assert_str_eq(week_row(s), "3 0 1 0 0 6 6");
    read = ASK(s, .method = "GET", .path = WEEK_48, .token = token);
    ck_assert_str_eq(a.body, read.body);
    ck_assert_str_eq(sql_ask(s->w, "SELECT GROUP_CONCAT(action ORDER BY seq) FROM event"
                                   " WHERE week = 204048"),
                     "1,1,1,1,11,12");
    site_close(s);
}
END_TEST

START_TEST(a_rejected_entry_is_left_by_withdraw)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    make_each_status(s, token);
    struct answer a = submission(s, "DELETE", token, "\"w4\"");
    ck_status(a, 200);
    ck_assert_str_eq(stored(s), "0:1:,0:2:,2:1:,3:1:why");
    ck_assert_str_eq(week_row(s), "2 0 1 1 0 5 5");
    site_close(s);
}
END_TEST

/* The same rows of the table, for what is said of a week without entries. */
START_TEST(an_empty_week_follows_the_state_table_too)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    static const struct {
        const char *method;
        int from, to;
    } cases[] = {{"PUT", 0, 1},    {"PUT", 1, 1},    {"PUT", 2, 2},    {"PUT", 3, 1},
                 {"DELETE", 0, 0}, {"DELETE", 1, 0}, {"DELETE", 2, 2}, {"DELETE", 3, 3}};

    struct answer a = submission(s, "DELETE", token, "\"w0\"");
    ck_status(a, 200);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM week WHERE week > 9"), 0);
    a = submission(s, "PUT", token, "\"w0\"");
    ck_status(a, 200);
    ck_assert_str_eq(week_row(s), "0 0 0 0 1 1 1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sql_do(s->w, "UPDATE week SET empty_status = %d, reason = '%s' WHERE week = 204048",
               cases[i].from, cases[i].from == ENTRY_REJECTED ? "why" : "");
        int64_t version = sql_number(s->w, "SELECT version FROM week WHERE week = 204048");
        a = submission(s, cases[i].method, token,
                       talloc_asprintf(s, "\"w%lld\"", (long long)version));
        ck_status(a, 200);
        bool changes = cases[i].from != cases[i].to;
        ck_assert_int_eq(number_of(&a, "version"), version + changes);
        ck_assert_str_eq(
            sql_ask(s->w, "SELECT CONCAT(empty_status, reason) FROM week WHERE week = 204048"),
            talloc_asprintf(s, "%d%s", cases[i].to, cases[i].to == ENTRY_REJECTED ? "why" : ""));
    }
    site_close(s);
}
END_TEST

START_TEST(refusals_come_in_the_order_of_the_contract)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    (void)entry_made(s, token,
                     "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":1,"
                     "\"status\":\"draft\"}");
    sql_do(s->w, "UPDATE week SET locked_days = 1 WHERE week = 204048");
    struct answer a = ASK(s, .method = "PUT", .path = "/api/weeks/2041-W02/submission",
                          .token = token); /* the week after the last that may be filled in */
    ck_problem(a, 422, "validation");
    a = ASK(s, .method = "PUT", .path = "/api/weeks/2041-W01/submission", .token = token);
    ck_problem(a, 428, "precondition-required");
    a = ASK(s, .method = "PUT", .path = "/api/weeks/2040-W60/submission", .token = token);
    ck_problem(a, 404, "not-found");
    ck_problem(submission(s, "PUT", token, NULL), 428, "precondition-required");
    ck_problem(submission(s, "PUT", token, "\"w2\""), 412, "version-mismatch");
    a = submission(s, "PUT", token, "\"w1\"");
    ck_problem(a, 409, "period-locked");
    ck_assert_ptr_nonnull(strstr(a.body, "2040-11-26"));
    ck_assert_str_eq(stored(s), "0:1:");
    site_close(s);
}
END_TEST

START_TEST(a_repetition_finds_its_effect)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    (void)entry_made(s, token,
                     "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":1,"
                     "\"status\":\"draft\"}");
    struct answer first = submission(s, "PUT", token, "\"w1\""), second;
    for (int i = 0; i < 2; i++) {
        second = submission(s, "PUT", token, "\"w1\"");
        ck_status(second, 200);
        ck_assert_str_eq(second.body, first.body);
        ck_assert_view(api_header(&second, "Idempotency-Replayed"), "");
    }
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM event WHERE action = 11"), 1);
    site_close(s);
}
END_TEST

START_TEST(a_key_replays_the_stored_reply_and_what_is_left_when_it_was_erased)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    struct ask q = {.method = "PUT",
                    .path = SUBMISSION,
                    .token = token,
                    .if_match = "\"w0\"",
                    .key = "key-of-a-submission"};
    struct answer first = api_ask(s, q);

    ck_status(first, 200);
    (void)entry_made(s, token, ENTRY_BODY);
    struct answer again = api_ask(s, q);
    ck_status(again, 200);
    ck_assert(again.trace.replayed);
    ck_assert_view(api_header(&again, "Idempotency-Replayed"), "true");
    ck_assert_view(api_header(&again, "ETag"), "\"w1\"");
    ck_assert_str_eq(again.body, first.body);
    sql_do(s->w, "UPDATE event SET salt = NULL, before_json = NULL, after_json = NULL"
                 " WHERE ikey IS NOT NULL");
    again = api_ask(s, q);
    ck_status(again, 200);
    ck_assert(again.trace.replayed);
    ck_assert_view(api_header(&again, "ETag"), "\"w2\""); /* the week as it is */
    ck_assert_ptr_nonnull(strstr(again.body, "\"minutes\":60"));
    sql_do(s->w, "UPDATE event SET after_json = '{}' WHERE ikey IS NOT NULL");
    again = api_ask(s, q);
    ck_problem(again, 500, "internal");
    q.method = "DELETE";
    again = api_ask(s, q);
    ck_problem(again, 422, "idempotency-key-reused");
    site_close(s);
}
END_TEST

START_TEST(an_event_holds_what_was_and_what_is)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    int64_t id = entry_made(s, token, ENTRY_BODY);
    struct answer entry = ASK(s, .method = "GET", .path = entry_path(s, id), .token = token);

    struct answer a = submission(s, "DELETE", token, "\"w1\"");
    ck_status(a, 200);
    ck_assert_str_eq(sql_ask(s->w, "SELECT CAST(before_json AS CHAR) FROM event WHERE action = 12"),
                     talloc_asprintf(s, "[%.*s]", (int)strlen(entry.body) - 1, entry.body));
    ck_assert_str_eq(
        sql_ask(s->w, "SELECT CONCAT(CAST(after_json AS CHAR), '\n') FROM event WHERE action = 12"),
        a.body);
    ck_assert_int_eq(
        sql_number(s->w, "SELECT COUNT(*) FROM event WHERE action = 12 AND entry_id IS NULL"), 1);
    site_close(s);
}
END_TEST

/* The trigger stands for somebody who changes the week between its being read and its lock. */
START_TEST(a_week_that_moved_since_it_was_read_is_read_again)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    (void)entry_made(s, token, ENTRY_BODY);
    sql_do(s->w, "CREATE TRIGGER moved BEFORE UPDATE ON week FOR EACH ROW"
                 " SET NEW.version = NEW.version + 1");
    struct answer a = submission(s, "DELETE", token, "\"w1\"");
    ck_problem(a, 503, "conflict-retry"); /* it moves in every run */
    ck_assert_str_eq(stored(s), "1:1:");
    ck_assert_str_eq(week_row(s), "0 1 0 0 0 1 1");
    sql_do(s->w, "DROP TRIGGER moved");
    ck_status(submission(s, "DELETE", token, "\"w1\""), 200);
    site_close(s);
}
END_TEST

UNIT_MAIN("week_write", the_state_table, a_rejected_entry_is_left_by_withdraw,
          an_empty_week_follows_the_state_table_too, refusals_come_in_the_order_of_the_contract,
          a_repetition_finds_its_effect,
          a_key_replays_the_stored_reply_and_what_is_left_when_it_was_erased,
          an_event_holds_what_was_and_what_is, a_week_that_moved_since_it_was_read_is_read_again)
