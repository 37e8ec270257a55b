/* src/http/problem.c: problem documents (RFC 9457). */
#include "ts/http.h"
#include "ts/json.h"
#include "unit.h"

START_TEST(a_problem_has_the_members_of_rfc_9457)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct http_reply reply;
    struct faults faults;

    http_reply_init(&reply, mem);
    buf_add_str(&reply.body, STR("half a reply"));
    faults_init(&faults, mem);
    faults_detail(&faults, "Say \"%s\".", "hours");
    faults_detail(&faults, "second");
    faults_add(&faults, "/hours", "range", "at most %d", 24);
    problem_write(&reply, STATUS_INVALID, &faults, STR("abc-123"));
    ck_assert_int_eq(reply.status, 422);
    ck_assert_str_eq(reply.content_type, "application/problem+json");
    ck_assert_view(
        buf_str(&reply.body),
        "{\"type\":\"/api/docs#validation\",\"title\":\"Some fields are not valid\",\"status\":422,"
        "\"detail\":\"Say \\\"hours\\\".\",\"instance\":\"urn:request:abc-123\","
        "\"errors\":[{\"pointer\":\"/hours\",\"code\":\"range\",\"detail\":\"at most 24\"}]}\n");
    talloc_free(mem);
}
END_TEST

START_TEST(every_status_gives_valid_json_with_its_own_number)
{
    TALLOC_CTX *mem = talloc_new(NULL);

    for (int st = STATUS_BAD_REQUEST; st < STATUS_COUNT; st++) {
        struct http_reply reply;
        struct faults faults;
        const char *why = NULL;
        size_t at = 0;

        http_reply_init(&reply, mem);
        faults_init(&faults, mem);
        problem_write(&reply, (enum status)st, &faults, STR("id"));
        ck_assert_msg(json_check(str_trim(str_n(reply.body.data, reply.body.len - 1)), &why, &at),
                      "%d: %s", st, why);
        ck_assert_int_ge(reply.status, 400);
        ck_assert_int_eq(reply.status, status_http((enum status)st));
    }
    talloc_free(mem);
}
END_TEST

START_TEST(faults_past_the_limit_are_counted_not_kept)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct http_reply reply;
    struct faults faults;

    http_reply_init(&reply, mem);
    faults_init(&faults, mem);
    for (int i = 0; i < FAULTS_MAX + 10; i++)
        faults_add(&faults, "/x", "type", "no");
    ck_assert_uint_eq(faults.count, FAULTS_MAX + 10);
    problem_write(&reply, STATUS_INVALID, &faults, STR("id"));
    int commas = 0;
    for (size_t i = 0; i < reply.body.len; i++)
        commas += reply.body.data[i] == '{';
    ck_assert_int_eq(commas, FAULTS_MAX + 1);
    talloc_free(mem);
}
END_TEST

START_TEST(without_memory_there_is_still_an_answer)
{
    struct http_reply reply;
    struct faults faults;

    http_reply_init(&reply, NULL);
    faults_init(&faults, NULL);
    reply.mem = talloc_new(NULL);
    /* an instance larger than a reply may be stands in for a failing allocation */
    problem_write(&reply, STATUS_INVALID, &faults, (struct str){"x", HTTP_REPLY_MAX});
    ck_assert_int_eq(reply.status, 503);
    ck_assert(buf_str(&reply.body).len > 0);
    talloc_free(reply.mem);
}
END_TEST

UNIT_MAIN("problem", a_problem_has_the_members_of_rfc_9457,
          every_status_gives_valid_json_with_its_own_number,
          faults_past_the_limit_are_counted_not_kept, without_memory_there_is_still_an_answer)
