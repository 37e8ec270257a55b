/* src/api/sources.c: which client uploads for which outside system. */
#include "api_fixture.h"

#define ck_tells(answer, text)                                                                     \
    ck_assert_msg(strstr((answer).body, (text)) != NULL, "no %s in %s", (text), (answer).body)

static struct answer ask(struct site *s, const char *method, const char *path, const char *tag,
                         const char *body)
{
    return ASK(s, .method = method, .path = path, .if_match = tag, .body = body,
               .token = LOGIN(s, .sub = "auth0|root", .scope = "admin:timesheets"));
}

static int64_t events(struct site *s)
{
    return sql_number(s->w, "SELECT COUNT(*) FROM event WHERE week = 3");
}

START_TEST(a_source_is_added_listed_and_given_to_another_client)
{
    struct site *s = site_open();
    struct answer a = ask(s, "POST", "/api/sources", NULL,
                          "{\"name\":\"tool-1.A\",\"client_id\":\"client one|1\"}");

    ck_problem(a, 422, "validation");
    a = ask(s, "POST", "/api/sources", NULL, "{\"name\":\"tool-1.A\",\"client_id\":\"one\"}");
    ck_status(a, 201);
    ck_assert_view(api_header(&a, "Location"), "/api/sources/tool-1.A");
    ck_assert_view(api_header(&a, "ETag"), "\"s1\"");
    ck_assert_str_eq(a.body, "{\"name\":\"tool-1.A\",\"client_id\":\"one\",\"version\":1}\n");
    ck_status(ask(s, "POST", "/api/sources", NULL, "{\"name\":\"b\",\"client_id\":\"one\"}"), 201);
    a = ask(s, "GET", "/api/sources", NULL, NULL);
    ck_assert_str_eq(a.body, "[{\"name\":\"b\",\"client_id\":\"one\",\"version\":1},"
                             "{\"name\":\"tool-1.A\",\"client_id\":\"one\",\"version\":1}]\n");
    a = ask(s, "PATCH", "/api/sources/b", "\"s1\"", "{\"client_id\":\"two\"}");
    ck_status(a, 200);
    ck_assert_view(api_header(&a, "ETag"), "\"s2\"");
    ck_assert_str_eq(a.body, "{\"name\":\"b\",\"client_id\":\"two\",\"version\":2}\n");
    ck_assert_str_eq(ask(s, "GET", "/api/sources/b", NULL, NULL).body, a.body);
    ck_assert_str_eq(sql_ask(s->w, "SELECT GROUP_CONCAT(client_id ORDER BY id) FROM client"),
                     "one,two");
    ck_assert_int_eq(events(s), 3);
    a = ASK(s, .method = "GET", .path = "/api/sources", .query = "limit=1",
            .token = LOGIN(s, .sub = "auth0|root", .scope = "admin:timesheets"));
    ck_assert_view(api_header(&a, "Link"), "</api/sources?limit=1&cursor=b>; rel=\"next\"");
    a = ASK(s, .method = "GET", .path = "/api/sources", .query = "limit=1&cursor=b",
            .token = LOGIN(s, .sub = "auth0|root", .scope = "admin:timesheets"));
    ck_tells(a, "tool-1.A");
    ck_assert_view(api_header(&a, "Link"), "");
    site_close(s);
}
END_TEST

START_TEST(what_is_refused_leaves_no_trace)
{
    static const struct {
        const char *body, *pointer, *code;
    } cases[] = {
        {"{\"name\":\"a\"}", "/client_id", "required"},
        {"{\"client_id\":\"a\"}", "/name", "required"},
        {"{\"name\":\"\",\"client_id\":\"a\"}", "/name", "length"},
        {"{\"name\":\"a b\",\"client_id\":\"a\"}", "/name", "format"},
        {"{\"name\":\"..\",\"client_id\":\"a\"}", "/name", "format"},
        {"{\"name\":\"a/b\",\"client_id\":\"a\"}", "/name", "format"},
        {"{\"name\":\"a\",\"client_id\":\"\"}", "/client_id", "length"},
        {"{\"name\":\"a\",\"client_id\":\"ü\"}", "/client_id", "format"},
        {"{\"name\":\"a\",\"client_id\":\"b\",\"version\":1}", "/version", "unknown"},
    };
    struct site *s = site_open();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a = ask(s, "POST", "/api/sources", NULL, cases[i].body);
        ck_problem(a, 422, "validation");
        ck_tells(a, talloc_asprintf(s, "\"pointer\":\"%s\",\"code\":\"%s\"", cases[i].pointer,
                                    cases[i].code));
    }
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM source"), 0);
    ck_status(ask(s, "POST", "/api/sources", NULL, "{\"name\":\"a\",\"client_id\":\"one\"}"), 201);
    struct answer a =
        ask(s, "POST", "/api/sources", NULL, "{\"name\":\"a\",\"client_id\":\"unseen\"}");
    ck_problem(a, 409, "taken");
    ck_tells(a, "\"pointer\":\"/name\",\"code\":\"taken\"");
    ck_problem(ask(s, "PATCH", "/api/sources/a", NULL, "{\"client_id\":\"unseen\"}"), 428,
               "precondition-required");
    ck_problem(ask(s, "PATCH", "/api/sources/a", "\"s2\"", "{\"client_id\":\"unseen\"}"), 412,
               "version-mismatch");
    ck_problem(ask(s, "PATCH", "/api/sources/none", "\"s1\"", "{\"client_id\":\"unseen\"}"), 404,
               "not-found");
    ck_problem(ask(s, "PATCH", "/api/sources/\xff", "\"s1\"", "{\"client_id\":\"unseen\"}"), 404,
               "not-found");
    ck_problem(ask(s, "PATCH", "/api/sources/a", "\"s1\"", "{\"name\":\"b\"}"), 422, "validation");
    ck_problem(ask(s, "GET", "/api/sources/none", NULL, NULL), 404, "not-found");
    ck_problem(ask(s, "GET", "/api/sources/\xff", NULL, NULL), 404, "not-found");
    a = ask(s, "PATCH", "/api/sources/a", "\"s1\"", "{\"client_id\":\"one\"}");
    ck_status(a, 200);
    ck_assert_view(api_header(&a, "ETag"), "\"s1\"");
    ck_status(ask(s, "PATCH", "/api/sources/a", "\"s1\"", "{}"), 200);
    ck_assert_str_eq(sql_ask(s->w, "SELECT GROUP_CONCAT(client_id) FROM client"), "one");
    ck_assert_int_eq(events(s), 1);
    site_close(s);
}
END_TEST

START_TEST(an_unchanged_source_is_304)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|root", .scope = "admin:timesheets");

    ck_status(ask(s, "POST", "/api/sources", NULL, "{\"name\":\"a\",\"client_id\":\"one\"}"), 201);
    ck_status(ASK(s, .method = "GET", .path = "/api/sources/a", .token = token,
                  .if_none_match = "\"s1\""),
              304);
    ck_status(ASK(s, .method = "GET", .path = "/api/sources/a", .token = token,
                  .if_none_match = "\"s2\""),
              200);
    site_close(s);
}
END_TEST

UNIT_MAIN("sources", a_source_is_added_listed_and_given_to_another_client,
          what_is_refused_leaves_no_trace, an_unchanged_source_is_304)
