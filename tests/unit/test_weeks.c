/* src/api/weeks.c: what reading weeks shows, to whom and on which day. */
#include "api_fixture.h"

/* Today is Wednesday 2040-11-28 (2040-W48). */
#define WEEK_48 "/api/weeks/2040-W48"
enum { DAY_S = 86400 };

static void move_clock(int days)
{
    clock_fake(SITE_NOW_US + days * (int64_t)DAY_S * 1000000);
}

/* The list as "week state minutes, ..." */
static const char *list(struct site *s, const char *token, const char *query)
{
    struct answer a = ASK(s, .method = "GET", .path = "/api/weeks", .query = query, .token = token);
    char *text = talloc_strdup(s, "");

    ck_status(a, 200);
    for (const char *at = a.body; (at = strstr(at, "{\"week\":\"")) != NULL; at++) {
        const char *state = strstr(at, "\"state\":\""), *minutes = strstr(at, "\"minutes\":");
        text = talloc_asprintf_append(text, "%s%.8s %.*s %d", text[0] == '\0' ? "" : ", ", at + 9,
                                      (int)strcspn(state + 9, "\""), state + 9,
                                      (int)strtol(minutes + 10, NULL, 10));
    }
    return text;
}

START_TEST(an_untouched_week_becomes_missing_when_it_is_over)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    static const struct {
        int days;
        const char *state;
    } cases[] = {
        {0, "\"state\":\"open\""}, {4, "\"state\":\"open\""}, {5, "\"state\":\"missing\""}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        move_clock(cases[i].days); /* Wednesday, Sunday, Monday */
        struct answer a =
            ASK(s, .method = "GET", .path = WEEK_48, .token = token, .if_none_match = "\"w0\"");
        ck_status(a, 200); /* never 304: the version says nothing of the day */
        ck_assert_view(api_header(&a, "ETag"), "\"w0\"");
        ck_assert_msg(strstr(a.body, cases[i].state) != NULL, "%s", a.body);
    }
    ck_assert_str_eq(list(s, token, ""), "2040-W49 open 0, 2040-W48 missing 0");
    move_clock(0);
    (void)entry_made(s, token, ENTRY_BODY);
    struct answer a =
        ASK(s, .method = "GET", .path = WEEK_48, .token = token, .if_none_match = "\"w1\"");
    ck_status(a, 304);
    a = ASK(s, .method = "GET", .path = WEEK_48, .token = token, .if_none_match = "\"w0\"");
    ck_status(a, 200);
    site_close(s);
}
END_TEST

START_TEST(the_list_has_twelve_weeks_and_later_ones_with_entries)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    (void)entry_made(s, token, "{\"date\":\"2040-12-31\",\"project\":\"StoreZero\",\"minutes\":7}");
    (void)entry_made(s, token, "{\"date\":\"2040-09-10\",\"project\":\"StoreZero\",\"minutes\":5}");
    (void)entry_made(s, token, "{\"date\":\"2040-09-03\",\"project\":\"StoreZero\",\"minutes\":3}");
    /* 2040-12-31 is in 2041-W01; weeks before the person came are not missed */
    ck_assert_str_eq(list(s, token, ""),
                     "2041-W01 submitted 7, 2040-W48 open 0, 2040-W37 submitted 5");
    ck_assert_str_eq(list(s, token, "from=2040-W36&to=2040-W47"),
                     "2040-W37 submitted 5, 2040-W36 submitted 3");
    ck_assert_str_eq(list(s, token, "to=2040-W47"), "2040-W37 submitted 5, 2040-W36 submitted 3");
    sql_do(s->w, "UPDATE person SET active_from = '2040-11-05'");
    ck_assert_str_eq(list(s, token, "state=missing"),
                     "2040-W47 missing 0, 2040-W46 missing 0, 2040-W45 missing 0");
    ck_assert_str_eq(list(s, token, "state=open"), "2040-W48 open 0");
    ck_assert_str_eq(list(s, token, "from=2041-W02"), "");
    ck_assert_str_eq(list(s, token, "to=1999-W40"), "");
    ck_assert_str_eq(list(s, token, "from=0001-W01&limit=2"),
                     "2041-W01 submitted 7, 2040-W48 open 0");
    site_close(s);
}
END_TEST

START_TEST(pages_are_the_list_in_pieces)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    static const char *const links[] = {"</api/weeks?limit=2&cursor=2040-W48>; rel=\"next\"",
                                        "</api/weeks?limit=2&cursor=2040-W46>; rel=\"next\"", ""};
    static const char *const queries[] = {"limit=2", "limit=2&cursor=2040-W48",
                                          "limit=2&cursor=2040-W46"};
    static const char *const pages[] = {"2040-W50 submitted 9, 2040-W48 open 0",
                                        "2040-W47 missing 0, 2040-W46 missing 0",
                                        "2040-W45 submitted 8"};

    (void)entry_made(s, token, "{\"date\":\"2040-12-12\",\"project\":\"StoreZero\",\"minutes\":9}");
    (void)entry_made(s, token, "{\"date\":\"2040-11-07\",\"project\":\"StoreZero\",\"minutes\":8}");
    sql_do(s->w, "UPDATE person SET active_from = '2040-11-11'");
    for (size_t i = 0; i < 3; i++) {
        struct answer a =
            ASK(s, .method = "GET", .path = "/api/weeks", .query = queries[i], .token = token);
        ck_assert_view(api_header(&a, "Link"), links[i]);
        ck_assert_view(api_header(&a, "Cache-Control"), "no-store");
        ck_assert_str_eq(list(s, token, queries[i]), pages[i]);
    }
    site_close(s);
}
END_TEST

START_TEST(others_weeks_are_a_managers_to_see)
{
    struct site *s = site_open();
    const char *ann =
        LOGIN(s, .sub = "auth0|ann", .email = "ann@abc.example", .scope = SCOPES_EMPLOYEE);
    const char *bob = LOGIN(s, .sub = "auth0|bob", .scope = SCOPES_EMPLOYEE);
    const char *mona = LOGIN(s, .sub = "auth0|mona", .scope = SCOPES_MANAGER);

    (void)entry_made(s, ann,
                     "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":60,"
                     "\"status\":\"draft\"}");
    (void)entry_made(s, ann, "{\"date\":\"2040-11-27\",\"project\":\"OTHER\",\"minutes\":20}");
    ck_assert_str_eq(list(s, ann, "user=ann@abc.example"), "2040-W48 open 80");
    ck_assert_str_eq(list(s, mona, "user=ann@abc.example"), "2040-W48 open 20");
    struct answer a = ASK(s, .method = "GET", .path = "/api/weeks", .query = "user=ann@abc.example",
                          .token = bob);
    ck_problem(a, 403, "insufficient-scope");
    ck_assert_view(api_header(&a, "WWW-Authenticate"),
                   "Bearer error=\"insufficient_scope\", scope=\"approve:timesheets\"");
    a = ASK(s, .method = "GET", .path = "/api/weeks", .query = "user=nobody", .token = mona);
    ck_problem(a, 422, "validation");
    ck_assert_ptr_nonnull(strstr(a.body, "\"unknown-person\""));
    site_close(s);
}
END_TEST

START_TEST(a_week_holds_no_names_that_change_without_its_version)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .name = "Ann Old", .scope = SCOPES_EMPLOYEE);

    (void)entry_made(s, token, ENTRY_BODY);
    struct answer before = ASK(s, .method = "GET", .path = WEEK_48, .token = token);
    sql_do(s->w, "UPDATE person SET name = 'Ann New', email = 'new@abc.example', kind = 1");
    sql_do(s->w, "UPDATE project SET name = 'New', customer = 'New', state = 1");
    sql_do(s->w, "UPDATE week SET locked_days = 7");
    struct answer after = ASK(s, .method = "GET", .path = WEEK_48, .token = token);
    ck_assert_str_eq(before.body, after.body);
    ck_assert_ptr_null(strstr(after.body, "Ann"));
    site_close(s);
}
END_TEST

UNIT_MAIN("weeks", an_untouched_week_becomes_missing_when_it_is_over,
          the_list_has_twelve_weeks_and_later_ones_with_entries, pages_are_the_list_in_pieces,
          others_weeks_are_a_managers_to_see, a_week_holds_no_names_that_change_without_its_version)
