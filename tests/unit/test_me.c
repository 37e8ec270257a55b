/* src/api/me.c: what a person and a machine are told of themselves. */
#include "api_fixture.h"

START_TEST(a_person_is_told_who_they_are)
{
    struct site *s = site_open();
    struct answer a = ASK(s, .method = "GET", .path = "/api/me",
                          .token = LOGIN(s, .sub = "auth0|ann", .email = "Ann@abc.example",
                                         .name = "Ann", .kind = "contractor",
                                         .scope = "openid admin:timesheets read:timesheets"));

    ck_status(a, 200);
    ck_assert_view(api_header(&a, "Cache-Control"), "no-store");
    ck_assert_str_eq(a.body,
                     "{\"type\":\"person\",\"person_id\":1,\"user_id\":\"ann@abc.example\","
                     "\"name\":\"Ann\",\"email\":\"ann@abc.example\",\"kind\":\"contractor\","
                     "\"client_id\":\"app\",\"scopes\":[\"read:timesheets\",\"admin:timesheets\"],"
                     "\"today\":\"2040-11-28\",\"current_week\":\"2040-W48\"}\n");
    site_close(s);
}
END_TEST

START_TEST(a_machine_is_told_its_client)
{
    struct site *s = site_open();
    struct answer a =
        ASK(s, .method = "GET", .path = "/api/me",
            .token = LOGIN(s, .sub = "robot@clients", .scope = SCOPES_ALL, .machine = true));

    ck_status(a, 200);
    ck_assert_str_eq(a.body,
                     "{\"type\":\"machine\",\"client_id\":\"app\",\"scopes\":[\"read:timesheets\","
                     "\"create:timesheets\",\"delete:timesheets\",\"approve:timesheets\","
                     "\"batch:upload\",\"admin:timesheets\"],"
                     "\"today\":\"2040-11-28\",\"current_week\":\"2040-W48\"}\n");
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM person"), 0);
    site_close(s);
}
END_TEST

/* A worker that remembers the login answers for the person, not that there is nobody. */
START_TEST(an_unbound_login_is_answered_while_it_is_remembered)
{
    struct site *s = site_open();
    const char *token =
        LOGIN(s, .sub = "auth0|ann", .email = "ann@abc.example", .scope = "read:timesheets");
    struct answer a = ASK(s, .method = "GET", .path = "/api/me", .token = token);

    sql_do(s->w, "UPDATE person SET sub = NULL");
    ck_assert_str_eq(ASK(s, .method = "GET", .path = "/api/me", .token = token).body, a.body);
    site_close(s);
}
END_TEST

UNIT_MAIN("me", a_person_is_told_who_they_are, a_machine_is_told_its_client,
          an_unbound_login_is_answered_while_it_is_remembered)
