/* src/api/period_lock.c: the date up to which nobody changes anything. */
#include "api_fixture.h"

#define ck_tells(answer, text)                                                                     \
    ck_assert_msg(strstr((answer).body, (text)) != NULL, "no %s in %s", (text), (answer).body)

static struct answer put(struct site *s, const char *tag, const char *body)
{
    return ASK(s, .method = "PUT", .path = "/api/periods/lock", .if_match = tag, .body = body,
               .token = LOGIN(s, .sub = "auth0|root", .scope = "admin:timesheets"));
}

static const char *stored(struct site *s)
{
    return sql_ask(s->w, "SELECT CONCAT(COALESCE(locked_through, '-'), ' ', version, ' ',"
                         " (SELECT COUNT(*) FROM event WHERE week = 2)) FROM period_lock");
}

START_TEST(the_lock_is_set_moved_and_lifted)
{
    struct site *s = site_open();
    const char *ann = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    struct answer a = ASK(s, .method = "GET", .path = "/api/periods/lock", .token = ann);

    ck_status(a, 200);
    ck_assert_str_eq(a.body, "{\"locked_through\":null,\"version\":1}\n");
    ck_assert_view(api_header(&a, "ETag"), "\"l1\"");
    int64_t id = entry_made(s, ann, ENTRY_BODY); /* Monday 2040-11-26 */
    a = put(s, "\"l1\"", "{\"locked_through\":\"2040-11-27\"}");
    ck_status(a, 200);
    ck_assert_str_eq(a.body, "{\"locked_through\":\"2040-11-27\",\"version\":2}\n");
    ck_assert_view(api_header(&a, "ETag"), "\"l2\"");
    ck_assert_str_eq(ASK(s, .method = "GET", .path = "/api/periods/lock", .token = ann).body,
                     a.body);
    ck_status(ASK(s, .method = "GET", .path = "/api/periods/lock", .token = ann,
                  .if_none_match = "\"l2\""),
              304);
    ck_problem(ASK(s, .method = "PATCH", .path = entry_path(s, id), .token = ann,
                   .body = "{\"minutes\":1}", .if_match = "\"e1\""),
               409, "period-locked");
    ck_problem(
        ASK(s, .method = "DELETE", .path = entry_path(s, id), .token = ann, .if_match = "\"e1\""),
        409, "period-locked");
    ck_problem(ASK(s, .method = "POST", .path = "/api/timesheets", .token = ann,
                   .body = "{\"date\":\"2040-11-27\",\"project\":\"OTHER\",\"minutes\":1}"),
               409, "period-locked");
    (void)entry_made(s, ann, "{\"date\":\"2040-11-28\",\"project\":\"OTHER\",\"minutes\":1}");
    a = put(s, "\"l2\"", "{\"locked_through\":null}");
    ck_status(a, 200);
    ck_assert_str_eq(a.body, "{\"locked_through\":null,\"version\":3}\n");
    ck_status(
        ASK(s, .method = "DELETE", .path = entry_path(s, id), .token = ann, .if_match = "\"e1\""),
        204);
    ck_assert_str_eq(stored(s), "- 3 2");
    ck_assert_int_eq(sql_number(s->w,
                                "SELECT LOCATE('2040-11-27', before_json) > 0 AND LOCATE('null',"
                                " after_json) > 0 AND action = 50 AND person_id = 1 FROM event"
                                " WHERE week = 2 AND seq = 2"),
                     1);
    site_close(s);
}
END_TEST

START_TEST(a_date_that_is_no_lock_is_refused)
{
    static const struct {
        const char *body, *code;
    } cases[] = {
        {"{}", "required"},
        {"{\"locked_through\":\"\"}", "format"},
        {"{\"locked_through\":20401127}", "type"},
        {"{\"locked_through\":\"2040-11-31\"}", "format"},
        {"{\"locked_through\":\"2040-11-27T00:00:00Z\"}", "format"},
        {"{\"locked_through\":\"1999-12-31\"}", "range"},
        {"{\"locked_through\":\"2040-11-29\"}", "range"}, /* tomorrow */
        {"{\"locked_through\":\"9999-12-31\"}", "range"},
    };
    struct site *s = site_open();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a = put(s, NULL, cases[i].body);
        ck_problem(a, 422, "validation");
        ck_tells(a, talloc_asprintf(s, "\"pointer\":\"/locked_through\",\"code\":\"%s\"",
                                    cases[i].code));
    }
    ck_problem(put(s, "\"l1\"", "{\"locked_through\":null,\"version\":1}"), 422, "validation");
    ck_assert_str_eq(stored(s), "- 1 0");
    ck_status(put(s, "\"l1\"", "{\"locked_through\":\"2040-11-28\"}"), 200); /* today */
    ck_status(put(s, "\"l2\"", "{\"locked_through\":\"2000-01-01\"}"), 200);
    site_close(s);
}
END_TEST

/* nginx repeats a PUT after a worker died. */
START_TEST(a_stale_put_whose_effect_holds_is_no_refusal)
{
    struct site *s = site_open();

    ck_problem(put(s, NULL, "{\"locked_through\":\"2040-11-27\"}"), 428, "precondition-required");
    ck_problem(put(s, NULL, "{\"locked_through\":null}"), 428, "precondition-required");
    ck_status(put(s, "\"l1\"", "{\"locked_through\":\"2040-11-27\"}"), 200);
    struct answer a = put(s, "\"l1\"", "{\"locked_through\":\"2040-11-27\"}");
    ck_status(a, 200);
    ck_assert_view(api_header(&a, "ETag"), "\"l2\"");
    ck_assert_str_eq(a.body, "{\"locked_through\":\"2040-11-27\",\"version\":2}\n");
    a = put(s, "\"l1\"", "{\"locked_through\":\"2040-11-26\"}");
    ck_problem(a, 412, "version-mismatch");
    ck_tells(a, "The period lock is at version 2 now.");
    ck_status(put(s, "*", "{\"locked_through\":\"2040-11-27\"}"), 200);
    ck_assert_str_eq(stored(s), "2040-11-27 2 1");
    site_close(s);
}
END_TEST

UNIT_MAIN("period_lock", the_lock_is_set_moved_and_lifted, a_date_that_is_no_lock_is_refused,
          a_stale_put_whose_effect_holds_is_no_refusal)
