/* src/api/people.c: people made before their first login, claimed, changed and unbound. */
#include "api_fixture.h"

#define ck_tells(answer, text)                                                                     \
    ck_assert_msg(strstr((answer).body, (text)) != NULL, "no %s in %s", (text), (answer).body)

#define CARL "{\"name\":\"Carl\",\"kind\":\"contractor\",\"email\":\"Carl@C.example\"}"

static const char *admin(struct site *s)
{
    return LOGIN(s, .sub = "auth0|root", .scope = "admin:timesheets");
}

static struct answer add(struct site *s, const char *body)
{
    return ASK(s, .method = "POST", .path = "/api/people", .token = admin(s), .body = body);
}

static char *path_of(struct site *s, int64_t id)
{
    return talloc_asprintf(s, "/api/people/%lld", (long long)id);
}

static struct answer change(struct site *s, int64_t id, const char *tag, const char *body)
{
    return ASK(s, .method = "PATCH", .path = path_of(s, id), .token = admin(s), .body = body,
               .if_match = tag);
}

static int64_t made(struct site *s, const char *body)
{
    struct answer a = add(s, body);

    ck_status(a, 201);
    return number_of(&a, "id");
}

static struct answer me(struct site *s, const char *sub, const char *email)
{
    return ASK(s, .method = "GET", .path = "/api/me",
               .token = LOGIN(s, .sub = sub, .email = email, .name = "From Token",
                              .kind = "employee", .scope = SCOPES_EMPLOYEE));
}

static const char *events_of(struct site *s, int64_t id)
{
    return sql_ask(s->w,
                   "SELECT COALESCE(GROUP_CONCAT(action ORDER BY seq), '') FROM event"
                   " WHERE person_id = %lld AND week = 0",
                   (long long)id);
}

START_TEST(a_person_is_made_before_the_first_login)
{
    struct site *s = site_open();
    struct answer a = add(s, CARL);
    int64_t id = number_of(&a, "id");

    ck_status(a, 201);
    ck_assert_view(api_header(&a, "Location"), path_of(s, id));
    ck_assert_view(api_header(&a, "ETag"), "\"u1\"");
    ck_tells(a, "\"user_id\":\"carl@c.example\",\"name\":\"Carl\",\"email\":\"carl@c.example\","
                "\"kind\":\"contractor\",\"employee_number\":null,\"active_from\":null,"
                "\"active_to\":null,\"claimed\":false,\"version\":1}");
    ck_assert_str_eq(ASK(s, .method = "GET", .path = path_of(s, id), .token = admin(s)).body,
                     a.body);
    a = add(s, "{\"name\":\"No Mail\",\"kind\":\"employee\",\"employee_number\":\"007\","
               "\"email\":null,\"active_from\":\"1994-04-01\",\"active_to\":\"2041-01-01\"}");
    ck_status(a, 201);
    ck_tells(a, "\"user_id\":\"007\",\"name\":\"No Mail\",\"email\":null");
    ck_tells(a, "\"active_from\":\"1994-04-01\",\"active_to\":\"2041-01-01\"");
    ck_assert_str_eq(events_of(s, id), "22");
    site_close(s);
}
END_TEST

START_TEST(a_body_that_is_no_person_is_refused_and_leaves_no_trace)
{
    static const struct {
        const char *members, *pointer, *code;
    } cases[] = {
        {"\"kind\":\"employee\",\"email\":\"a@b\"", "/name", "required"},
        {"\"name\":\"x\",\"email\":\"a@b\"", "/kind", "required"},
        {"\"name\":\"x\",\"kind\":\"chief\",\"email\":\"a@b\"", "/kind", "value"},
        {"\"name\":\"x\",\"kind\":\"employee\"", "/email", "required"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"email\":null", "/email", "required"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"email\":\"ab\"", "/email", "length"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"email\":\"abc\"", "/email", "format"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"email\":\"a b@c\"", "/email", "format"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"email\":\"a@b@c\"", "/email", "format"},
        {"\"name\":\" x\",\"kind\":\"employee\",\"email\":\"a@b\"", "/name", "format"},
        {"\"name\":\"\",\"kind\":\"employee\",\"email\":\"a@b\"", "/name", "length"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"employee_number\":\"a@b\"", "/employee_number",
         "format"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"employee_number\":\"a|b\"", "/employee_number",
         "format"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"employee_number\":\"\"", "/employee_number",
         "length"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"email\":\"a@b\",\"active_from\":\"2026-02-02\","
         "\"active_to\":\"2026-02-01\"",
         "/active_to", "range"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"email\":\"a@b\",\"claimed\":false", "/claimed",
         "unknown"},
        {"\"name\":\"x\",\"kind\":\"employee\",\"email\":\"a@b\",\"user_id\":\"a\"", "/user_id",
         "unknown"},
    };
    struct site *s = site_open();

    (void)made(s, CARL);
    int64_t events = sql_number(s->w, "SELECT COUNT(*) FROM event");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a = add(s, talloc_asprintf(s, "{%s}", cases[i].members));
        ck_problem(a, 422, "validation");
        ck_tells(a, talloc_asprintf(s, "\"pointer\":\"%s\",\"code\":\"%s\"", cases[i].pointer,
                                    cases[i].code));
    }
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM person"), 2);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM event"), events);
    site_close(s);
}
END_TEST

/* Two people may not be found by one address or number, whichever column it stands in. */
START_TEST(an_address_or_number_of_somebody_else_is_taken)
{
    static const struct {
        const char *members, *pointer;
    } cases[] = {
        {"\"email\":\"carl@c.example\"", "/email"},
        {"\"email\":\"CARL@C.EXAMPLE\"", "/email"},
        {"\"email\":\"new@c.example\"", "/email"},
        {"\"email\":\"ann@abc.example\"", "/email"},
        {"\"employee_number\":\"C1\"", "/employee_number"},
        {"\"employee_number\":\"B7\"", "/employee_number"},
        {"\"email\":\"free@c.example\",\"employee_number\":\"B8\"", "/employee_number"},
    };
    struct site *s = site_open();
    int64_t carl = made(s, CARL);

    ck_status(change(s, carl, "\"u1\"", "{\"email\":\"new@c.example\",\"employee_number\":\"C1\"}"),
              200);
    int64_t bob = made(s, "{\"name\":\"Bob\",\"kind\":\"employee\",\"employee_number\":\"B7\"}");
    ck_status(change(s, bob, "\"u1\"", "{\"employee_number\":\"B8\"}"), 200);
    ck_status(me(s, "auth0|ann", "ann@abc.example"), 200);
    int64_t zoe = made(s, "{\"name\":\"Zoe\",\"kind\":\"employee\",\"email\":\"zoe@c.example\"}");
    const char *before = sql_ask(s->w, "SELECT CONCAT(COUNT(*), SUM(version)) FROM person");
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const char *members = cases[i / 2].members;
        struct answer a =
            i % 2 == 0
                ? add(s, talloc_asprintf(s, "{\"name\":\"x\",\"kind\":\"employee\",%s}", members))
                : change(s, zoe, "\"u1\"", talloc_asprintf(s, "{%s}", members));
        ck_problem(a, 409, "taken");
        ck_tells(a,
                 talloc_asprintf(s, "\"pointer\":\"%s\",\"code\":\"taken\"", cases[i / 2].pointer));
    }
    ck_assert_str_eq(sql_ask(s->w, "SELECT CONCAT(COUNT(*), SUM(version)) FROM person"), before);
    /* one's own is one's own, also what it was when the person was made */
    ck_status(change(s, carl, "\"u2\"", "{\"email\":\"carl@c.example\"}"), 200);
    ck_status(change(s, bob, "\"u2\"", "{\"employee_number\":\"B7\"}"), 200);
    site_close(s);
}
END_TEST

START_TEST(a_login_claims_the_person_and_keeps_kind_and_name)
{
    struct site *s = site_open();
    int64_t carl = made(s, CARL);
    struct answer a = me(s, "auth0|carl", "carl@c.example");

    ck_assert_int_eq(number_of(&a, "person_id"), carl);
    ck_tells(a, "\"name\":\"Carl\",\"email\":\"carl@c.example\",\"kind\":\"contractor\"");
    ck_assert_str_eq(events_of(s, carl), "22,21");
    ck_assert_int_eq(sql_number(s->w,
                                "SELECT LOCATE('\"claimed\":false,\"version\":1', before_json) > 0"
                                " AND LOCATE('\"claimed\":true,\"version\":2', after_json) > 0"
                                " AND LOCATE('\"kind\":\"contractor\"', after_json) > 0"
                                " FROM event WHERE action = 21"),
                     1);
    /* the version that was read before is stale now */
    ck_problem(change(s, carl, "\"u1\"", "{\"name\":\"x\"}"), 412, "version-mismatch");
    a = change(s, carl, "\"u2\"", "{\"kind\":\"employee\",\"active_to\":\"2040-06-30\"}");
    ck_status(a, 200);
    ck_tells(a, "\"kind\":\"employee\"");
    ck_tells(a, "\"claimed\":true,\"version\":3");
    ck_tells(me(s, "auth0|carl", "carl@c.example"), "\"kind\":\"employee\"");
    site_close(s);
}
END_TEST

START_TEST(an_address_is_the_admins_until_somebody_claims_it)
{
    struct site *s = site_open();
    int64_t carl = made(s, CARL);

    struct answer a = change(s, carl, "\"u1\"", "{\"email\":\"New@C.example\"}");
    ck_status(a, 200);
    ck_tells(a, "\"user_id\":\"carl@c.example\",\"name\":\"Carl\",\"email\":\"new@c.example\"");
    a = change(s, carl, "\"u2\"", "{\"email\":null}");
    ck_problem(a, 422, "validation");
    ck_tells(a, "\"pointer\":\"/email\",\"code\":\"required\"");
    ck_status(change(s, carl, "\"u2\"", "{\"email\":null,\"employee_number\":\"7\"}"), 200);
    ck_problem(change(s, carl, "\"u3\"", "{\"employee_number\":null}"), 422, "validation");
    ck_status(change(s, carl, "\"u3\"", "{\"email\":\"new@c.example\"}"), 200);
    ck_status(me(s, "auth0|carl", "new@c.example"), 200);
    a = change(s, carl, "\"u5\"", "{\"email\":\"other@c.example\"}");
    ck_problem(a, 422, "validation");
    ck_tells(a, "\"pointer\":\"/email\",\"code\":\"claimed\"");
    ck_problem(change(s, carl, "\"u5\"", "{\"email\":null}"), 422, "validation");
    ck_status(change(s, carl, "\"u5\"", "{\"email\":\"new@c.example\"}"), 200); /* the same */
    ck_problem(change(s, carl, "\"u4\"", "{\"email\":\"other@c.example\"}"), 412,
               "version-mismatch");
    ck_assert_int_eq(
        sql_number(s->w, "SELECT version FROM person WHERE id = %lld", (long long)carl), 5);
    site_close(s);
}
END_TEST

START_TEST(an_unbound_login_is_forgotten_within_a_minute_and_another_claims_the_person)
{
    struct site *s = site_open();
    int64_t carl = made(s, CARL);

    ck_status(me(s, "auth0|old", "carl@c.example"), 200);
    struct answer a = change(s, carl, "\"u2\"", "{\"claimed\":true}");
    ck_problem(a, 422, "validation");
    ck_tells(a, "\"pointer\":\"/claimed\",\"code\":\"value\"");
    a = change(s, carl, "\"u2\"", "{\"claimed\":false}");
    ck_status(a, 200);
    ck_tells(a, "\"claimed\":false,\"version\":3");
    ck_assert_int_eq(sql_number(s->w,
                                "SELECT sub IS NULL AND claimed_at IS NULL FROM person"
                                " WHERE id = %lld",
                                (long long)carl),
                     1);
    ck_status(change(s, carl, "\"u3\"", "{\"claimed\":false}"), 200); /* is so already */
    /* a worker that remembers the login still takes it for the person */
    a = me(s, "auth0|old", "carl@c.example");
    ck_status(a, 200);
    ck_assert_int_eq(number_of(&a, "person_id"), carl);
    a = me(s, "auth0|new", "carl@c.example");
    ck_status(a, 200);
    ck_assert_int_eq(number_of(&a, "person_id"), carl);
    clock_fake(clock_wall_us() + INT64_C(61000000));
    a = me(s, "auth0|old", "carl@c.example");
    ck_status(a, 200);
    ck_assert_int_ne(number_of(&a, "person_id"), carl);
    ck_tells(a, "\"user_id\":\"auth0|old\"");
    ck_assert_str_eq(events_of(s, carl), "22,21,23,21");
    site_close(s);
}
END_TEST

/* Their user_id is then another's for good: they must not be locked out by that. */
START_TEST(who_lost_a_person_named_by_their_subject_is_somebody_new)
{
    struct site *s = site_open();
    struct answer a = me(s, "auth0|dan", NULL);
    int64_t dan = number_of(&a, "person_id");

    ck_tells(a, "\"user_id\":\"auth0|dan\"");
    a = change(s, dan, "\"u1\"", "{\"claimed\":false}");
    ck_problem(a, 422, "validation"); /* nobody could ever claim it again */
    ck_tells(a, "\"pointer\":\"/email\",\"code\":\"required\"");
    ck_status(change(s, dan, "\"u1\"", "{\"claimed\":false,\"email\":\"dan@c.example\"}"), 200);
    clock_fake(clock_wall_us() + INT64_C(61000000));
    a = me(s, "auth0|dan", NULL);
    ck_status(a, 200);
    ck_assert_int_ne(number_of(&a, "person_id"), dan);
    ck_tells(a, "\"user_id\":\"login-");
    a = me(s, "auth0|dan2", "dan@c.example");
    ck_assert_int_eq(number_of(&a, "person_id"), dan);
    ck_tells(a, "\"user_id\":\"auth0|dan\"");
    site_close(s);
}
END_TEST

START_TEST(what_is_fixed_is_refused_and_what_is_the_same_is_no_change)
{
    struct site *s = site_open();
    int64_t carl = made(s, CARL);
    struct answer a = change(s, carl, "\"u1\"", "{\"id\":1,\"user_id\":\"x\",\"version\":9}");

    ck_problem(a, 422, "validation");
    ck_tells(a, "\"pointer\":\"/id\",\"code\":\"read-only\"");
    ck_tells(a, "\"pointer\":\"/user_id\",\"code\":\"read-only\"");
    ck_tells(a, "\"pointer\":\"/version\",\"code\":\"read-only\"");
    ck_problem(change(s, carl, NULL, "{}"), 428, "precondition-required");
    ck_status(change(s, carl, "\"u1\"", "{}"), 200);
    a = change(s, carl, "\"u1\"", CARL);
    ck_status(a, 200);
    ck_tells(a, "\"version\":1");
    ck_problem(change(s, 99999, "\"u1\"", "{}"), 404, "not-found");
    ck_problem(ASK(s, .method = "PATCH", .path = "/api/people/carl@c.example", .token = admin(s),
                   .body = "{}", .if_match = "\"u1\""),
               404, "not-found");
    ck_status(change(s, carl, "\"u1\"", "{\"active_from\":\"2026-01-01\"}"), 200);
    a = change(s, carl, "\"u2\"", "{\"active_to\":\"2025-12-31\"}");
    ck_tells(a, "\"pointer\":\"/active_to\",\"code\":\"range\"");
    a = change(s, carl, "\"u2\"", "{\"active_from\":null}");
    ck_tells(a, "\"active_from\":null");
    ck_assert_str_eq(events_of(s, carl), "22,23,23");
    site_close(s);
}
END_TEST

START_TEST(managers_read_and_only_admins_write)
{
    struct site *s = site_open();
    int64_t carl = made(s, CARL);
    const char *mia = LOGIN(s, .sub = "auth0|mia", .email = "mia@abc.example", .name = "Mia",
                            .scope = SCOPES_MANAGER);
    struct answer a = ASK(s, .method = "GET", .path = "/api/people", .token = mia);

    ck_status(a, 200);
    ck_assert_view(api_header(&a, "Cache-Control"), "no-store");
    ck_tells(a, "\"user_id\":\"carl@c.example\"");
    a = ASK(s, .method = "GET", .path = path_of(s, carl), .token = mia);
    ck_status(a, 200);
    a = ASK(s, .method = "GET", .path = path_of(s, carl), .token = mia, .if_none_match = "\"u1\"");
    ck_status(a, 304);
    a = ASK(s, .method = "PATCH", .path = path_of(s, carl), .token = mia, .body = "{}",
            .if_match = "\"u1\"");
    ck_problem(a, 403, "insufficient-scope");
    a = ASK(s, .method = "POST", .path = "/api/people", .token = mia, .body = CARL);
    ck_problem(a, 403, "insufficient-scope");
    const char *ann = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    a = ASK(s, .method = "GET", .path = "/api/people", .token = ann);
    ck_problem(a, 403, "insufficient-scope");
    ck_assert_view(api_header(&a, "WWW-Authenticate"),
                   "Bearer error=\"insufficient_scope\", scope=\"approve:timesheets "
                   "admin:timesheets\"");
    ck_problem(ASK(s, .method = "GET", .path = "/api/people/x", .token = mia), 404, "not-found");
    ck_problem(ASK(s, .method = "GET", .path = "/api/people/99999", .token = mia), 404,
               "not-found");
    site_close(s);
}
END_TEST

START_TEST(pages_go_on_after_any_user_id)
{
    struct site *s = site_open();
    const char *token = admin(s);
    char *query = talloc_strdup(s, "limit=1&q=page");
    int pages = 0;

    (void)made(s, "{\"name\":\"page\",\"kind\":\"employee\",\"employee_number\":\"a&b=%41+ ü\"}");
    (void)made(s, "{\"name\":\"page\",\"kind\":\"employee\",\"email\":\"x+y@c.example\"}");
    (void)made(s, "{\"name\":\"page\",\"kind\":\"contractor\",\"email\":\"\xc3\xbc@c.example\"}");
    for (;;) {
        struct answer a =
            ASK(s, .method = "GET", .path = "/api/people", .query = query, .token = token);
        ck_status(a, 200);
        ck_assert_msg(strstr(a.body, "},{") == NULL, "%s", a.body);
        pages++;
        struct str link = api_header(&a, "Link");
        if (link.len == 0)
            break;
        const char *from = memchr(link.data, '?', link.len);
        query = talloc_strndup(s, from + 1, strcspn(from + 1, ">"));
    }
    ck_assert_int_eq(pages, 3);
    struct answer a = ASK(s, .method = "GET", .path = "/api/people", .token = token,
                          .query = "kind=contractor&active=2040-01-01");
    ck_tells(a, "\"kind\":\"contractor\"");
    ck_assert_msg(strstr(a.body, "\"kind\":\"employee\"") == NULL, "%s", a.body);
    a = ASK(s, .method = "GET", .path = "/api/people", .token = token, .query = "active=yes");
    ck_problem(a, 422, "validation");
    site_close(s);
}
END_TEST

UNIT_MAIN("people", a_person_is_made_before_the_first_login,
          a_body_that_is_no_person_is_refused_and_leaves_no_trace,
          an_address_or_number_of_somebody_else_is_taken,
          a_login_claims_the_person_and_keeps_kind_and_name,
          an_address_is_the_admins_until_somebody_claims_it,
          an_unbound_login_is_forgotten_within_a_minute_and_another_claims_the_person,
          who_lost_a_person_named_by_their_subject_is_somebody_new,
          what_is_fixed_is_refused_and_what_is_the_same_is_no_change,
          managers_read_and_only_admins_write, pages_go_on_after_any_user_id)
