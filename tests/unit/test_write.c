/* src/api/write.c: a write under an Idempotency-Key is done once, and answered alike each time. */
#include "api_fixture.h"

static const struct {
    const char *method, *path, *body, *if_match;
    int status;
} writes[] = {
    {"POST", "/api/projects", "{\"code\":\"A/\",\"name\":\"x\"}", NULL, 422},
    {"POST", "/api/projects", "{\"code\":\"A ü%\",\"name\":\"x\"}", NULL, 201},
    {"PATCH", "/api/projects/A ü%", "{\"name\":\"y\"}", "\"p1\"", 200},
    {"PATCH", "/api/projects/OTHER", "{\"starts_on\":\"2040-01-01\"}", "*", 200},
    {"POST", "/api/people", "{\"name\":\"x\",\"kind\":\"employee\",\"email\":\"x@y\"}", NULL, 201},
    {"PATCH", "/api/people/2", "{\"name\":\"z\"}", "\"u1\"", 200},
    {"POST", "/api/sources", "{\"name\":\"tool\",\"client_id\":\"one\"}", NULL, 201},
    {"PATCH", "/api/sources/tool", "{\"client_id\":\"two\"}", "\"s1\"", 200},
    {"PUT", "/api/periods/lock", "{\"locked_through\":\"2040-11-01\"}", "\"l1\"", 200},
    {"PUT", "/api/periods/lock", "{\"locked_through\":null}", "\"l2\"", 200},
};
enum { WRITES = sizeof writes / sizeof writes[0] };

static struct answer write_it(struct site *s, size_t i, const char *key)
{
    return ASK(s, .method = writes[i].method, .path = writes[i].path, .body = writes[i].body,
               .if_match = writes[i].if_match, .key = key,
               .token = LOGIN(s, .sub = "auth0|root", .scope = SCOPES_ALL));
}

static int64_t events(struct site *s)
{
    return sql_number(s->w, "SELECT COUNT(*) FROM event");
}

static void check_same(const struct answer *a, const struct answer *b)
{
    static const char *const headers[] = {"Location", "ETag", "Cache-Control"};

    ck_assert_int_eq(a->status, b->status);
    ck_assert_str_eq(a->body, b->body);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct str one = api_header(a, headers[i]), two = api_header(b, headers[i]);
        ck_assert_msg(str_eq(one, two), "%s: %.*s and %.*s", headers[i], (int)one.len, one.data,
                      (int)two.len, two.data);
    }
}

START_TEST(a_repeat_is_answered_as_the_first_and_changes_nothing)
{
    struct site *s = site_open();
    struct answer first[WRITES];

    for (size_t i = 0; i < WRITES; i++) {
        char *key = talloc_asprintf(s, "key-%016zu", i);
        first[i] = write_it(s, i, key);
        ck_status(first[i], writes[i].status);
        int64_t before = events(s);
        struct answer again = write_it(s, i, key);
        check_same(&first[i], &again);
        bool done = writes[i].status < 300;
        ck_assert_view(api_header(&first[i], "Idempotency-Replayed"), "");
        ck_assert_view(api_header(&again, "Idempotency-Replayed"), done ? "true" : "");
        ck_assert_int_eq(again.trace.replayed, done);
        ck_assert_int_eq(events(s), before);
    }
    /* whatever has become of it since */
    for (size_t i = 0; i < WRITES; i++) {
        struct answer again = write_it(s, i, talloc_asprintf(s, "key-%016zu", i));
        check_same(&first[i], &again);
    }
    site_close(s);
}
END_TEST

START_TEST(a_key_belongs_to_one_request)
{
    struct site *s = site_open();
    const char *key = "key-0000000000000000";

    ck_status(write_it(s, 1, key), 201);
    for (size_t i = 2; i < WRITES; i++)
        ck_problem(write_it(s, i, key), 422, "idempotency-key-reused");
    ck_problem(write_it(s, 1, "short"), 400, "malformed-request");
    ck_problem(write_it(s, 1, NULL), 409, "taken");
    ck_assert_int_eq(events(s), 2); /* the admin's first call, and the project */
    site_close(s);
}
END_TEST

/* Each has a stream of its own, chained from its first event (site_close replays the chains). */
START_TEST(each_resource_has_its_own_stream)
{
    struct site *s = site_open();

    for (size_t i = 0; i < WRITES; i++)
        ck_status(write_it(s, i, NULL), writes[i].status);
    ck_assert_str_eq(
        sql_ask(s->w,
                "SELECT GROUP_CONCAT(week, ':', seq, ':', action ORDER BY week, person_id, seq"
                " SEPARATOR ' ') FROM event WHERE person_id <> (SELECT id FROM person WHERE"
                " sub = 'auth0|root') OR week > 0"),
        "0:1:22 0:2:23 1:1:31 1:1:30 1:2:31 2:1:50 2:2:50 3:1:40 3:2:41");
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM event WHERE actor_id <> (SELECT id FROM"
                                      " person WHERE sub = 'auth0|root')"),
                     0);
    site_close(s);
}
END_TEST

/* Personal data of events can be erased: then what is there now is what is left to tell. */
START_TEST(a_repeat_whose_answer_was_erased_is_told_what_is_there)
{
    struct site *s = site_open();
    const char *ann = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_ALL);
    struct ask add = {.method = "POST",
                      .path = "/api/timesheets",
                      .token = ann,
                      .body = ENTRY_BODY,
                      .key = "key-entry-0000000000"};
    struct answer entry = api_ask(s, add), again;
    struct ask remove = {.method = "DELETE",
                         .path = entry_path(s, number_of(&entry, "id")),
                         .token = ann,
                         .if_match = "\"e1\"",
                         .key = "key-delete-000000000"};

    for (size_t i = 0; i < WRITES; i++)
        (void)write_it(s, i, talloc_asprintf(s, "key-%016zu", i));
    sql_do(s->w, "UPDATE event SET salt = NULL, before_json = NULL, after_json = NULL");
    for (size_t i = 1; i < WRITES; i++) {
        bool made = writes[i].status == 201;
        again = write_it(s, i, talloc_asprintf(s, "key-%016zu", i));
        ck_status(again, made ? 404 : 200);
        if (made)
            continue;
        ck_assert_view(api_header(&again, "Idempotency-Replayed"), "true");
        ck_assert_str_eq(again.body,
                         ASK(s, .method = "GET", .path = writes[i].path,
                             .token = LOGIN(s, .sub = "auth0|root", .scope = SCOPES_ALL))
                             .body);
    }
    again = api_ask(s, add);
    ck_status(again, 200);
    ck_assert_str_eq(again.body, entry.body);
    ck_assert_view(api_header(&again, "ETag"), "\"e1\"");
    ck_status(api_ask(s, remove), 204);
    ck_status(api_ask(s, remove), 204);
    ck_problem(api_ask(s, add), 404, "not-found");
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry"), 0);
    site_close(s);
}
END_TEST

UNIT_MAIN("write", a_repeat_is_answered_as_the_first_and_changes_nothing,
          a_key_belongs_to_one_request, each_resource_has_its_own_stream,
          a_repeat_whose_answer_was_erased_is_told_what_is_there)
