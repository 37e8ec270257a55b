/* src/api/access.c: who becomes which person, and how long a worker remembers it. */
#include "api_fixture.h"

static struct answer me(struct site *s, const char *token)
{
    return ASK(s, .method = "GET", .path = "/api/me", .token = token);
}

/* Asks /me, which must work, and gives the number of the person. */
static int64_t person_of(struct site *s, const char *token)
{
    struct answer a = me(s, token);

    ck_status(a, 200);
    return number_of(&a, "person_id");
}

static int64_t count_people(struct site *s)
{
    return sql_number(s->w, "SELECT COUNT(*) FROM person");
}

#define ck_tells(answer, text)                                                                     \
    ck_assert_msg(strstr((answer).body, (text)) != NULL, "no %s in %s", (text), (answer).body)

START_TEST(the_first_call_makes_a_person_and_the_next_finds_it)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .email = "Ann@ABC.example",
                              .name = "Ann Smith", .kind = "contractor", .scope = SCOPES_EMPLOYEE);
    struct answer a = me(s, token);

    ck_status(a, 200);
    ck_tells(a, "\"type\":\"person\"");
    ck_tells(a,
             "\"user_id\":\"ann@abc.example\",\"name\":\"Ann Smith\",\"email\":\"ann@abc.example\","
             "\"kind\":\"contractor\",\"client_id\":\"app\"");
    ck_tells(a, "\"scopes\":[\"read:timesheets\",\"create:timesheets\",\"delete:timesheets\"]");
    ck_assert_str_eq(me(s, token).body, a.body);
    ck_assert_int_eq(count_people(s), 1);
    ck_assert_str_eq(
        sql_ask(s->w, "SELECT CONCAT(action, ' ', week, ' ', seq, ' ', actor_id = person_id, ' ',"
                      " CAST(after_json AS CHAR CHARACTER SET utf8mb4)) FROM event"),
        "20 0 1 1 {\"id\":1,\"user_id\":\"ann@abc.example\",\"name\":\"Ann Smith\",\"email\":"
        "\"ann@abc.example\",\"kind\":\"contractor\",\"employee_number\":null,\"active_from\":null,"
        "\"active_to\":null,\"claimed\":true,\"version\":1}");
    site_close(s);
}
END_TEST

START_TEST(without_a_verified_address_the_subject_is_the_user_id)
{
    struct site *s = site_open();
    struct answer a = me(s, LOGIN(s, .sub = "auth0|bob", .email = "bob@abc.example",
                                  .unverified = true, .kind = "chief", .scope = SCOPES_EMPLOYEE));

    ck_status(a, 200);
    ck_tells(a, "\"user_id\":\"auth0|bob\",\"name\":\"\",\"email\":\"\",\"kind\":\"employee\"");
    ck_assert_str_eq(sql_ask(s->w, "SELECT email IS NULL FROM person"), "1");
    site_close(s);
}
END_TEST

START_TEST(a_machine_is_told_its_client_and_is_nobody)
{
    struct site *s = site_open();
    struct answer a =
        me(s, LOGIN(s, .sub = "robot@clients", .scope = "batch:upload openid", .machine = true));

    ck_status(a, 200);
    ck_tells(a, "{\"type\":\"machine\",\"client_id\":\"app\",\"scopes\":[\"batch:upload\"],");
    ck_assert_int_eq(count_people(s), 0);
    site_close(s);
}
END_TEST

static void add_unclaimed(struct site *s, const char *user_id, const char *email)
{
    sql_do(s->w,
           "INSERT INTO person (email, user_id, kind, created_at) VALUES ('%s', '%s', 1, NOW(6))",
           email, user_id);
}

START_TEST(an_admins_row_is_claimed_once_by_verified_address)
{
    struct site *s = site_open();
    const struct login unverified = {.sub = "auth0|thief",
                                     .email = "carl@c.example",
                                     .unverified = true,
                                     .scope = SCOPES_EMPLOYEE};
    const struct login carl = {.sub = "auth0|carl",
                               .email = "carl@c.example",
                               .name = "Carl",
                               .kind = "employee",
                               .scope = SCOPES_EMPLOYEE};
    const struct login second = {
        .sub = "google|carl", .email = "CARL@c.example", .scope = SCOPES_EMPLOYEE};

    add_unclaimed(s, "carl@c.example", "carl@c.example");
    int64_t row = sql_number(s->w, "SELECT id FROM person");
    ck_assert_int_ne(person_of(s, site_login(s, &unverified)), row);
    struct answer a = me(s, site_login(s, &carl));
    ck_status(a, 200);
    ck_assert_int_eq(number_of(&a, "person_id"), row);
    ck_tells(a, "\"user_id\":\"carl@c.example\",\"name\":\"Carl\",");
    ck_tells(a, "\"kind\":\"contractor\""); /* is the admin's once set */
    ck_assert_int_eq(sql_number(s->w,
                                "SELECT COUNT(*) FROM event WHERE action = 21 AND person_id = %lld",
                                (long long)row),
                     1);
    a = me(s, site_login(s, &second));
    ck_status(a, 200);
    ck_assert_int_ne(number_of(&a, "person_id"), row);
    ck_tells(a, "\"user_id\":\"google|carl\"");
    ck_assert_int_eq(person_of(s, site_login(s, &carl)), row);
    site_close(s);
}
END_TEST

START_TEST(of_two_rows_with_one_address_neither_is_claimed)
{
    struct site *s = site_open();

    add_unclaimed(s, "d1", "dan@c.example");
    add_unclaimed(s, "d2", "dan@c.example");
    struct answer a =
        me(s, LOGIN(s, .sub = "auth0|dan", .email = "dan@c.example", .scope = SCOPES_EMPLOYEE));
    ck_status(a, 200);
    ck_tells(a, "\"user_id\":\"dan@c.example\"");
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM person WHERE sub IS NULL"), 2);
    site_close(s);
}
END_TEST

START_TEST(a_person_keeps_the_user_id_when_the_address_changes)
{
    struct site *s = site_open();
    const char *before =
        LOGIN(s, .sub = "auth0|eve", .email = "eve@abc.example", .scope = SCOPES_EMPLOYEE);
    const char *after =
        LOGIN(s, .sub = "auth0|eve", .email = "eve.new@abc.example", .scope = SCOPES_EMPLOYEE);
    int64_t id = entry_made(s, before, ENTRY_BODY);

    for (int i = 0; i < 2; i++) {
        struct answer a = ASK(s, .method = "GET", .path = entry_path(s, id), .token = after);
        ck_status(a, 200);
        ck_tells(a, "\"user_id\":\"eve@abc.example\"");
        clock_fake(SITE_NOW_US + 61 * INT64_C(1000000)); /* and once more with nothing remembered */
    }
    ck_assert_int_eq(count_people(s), 1);
    site_close(s);
}
END_TEST

START_TEST(a_person_is_remembered_for_a_minute)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|fay", .scope = SCOPES_EMPLOYEE);
    int64_t mine = entry_made(s, token, ENTRY_BODY);

    sql_do(s->w, "UPDATE person SET sub = NULL"); /* an admin unbinds the login */
    clock_fake(SITE_NOW_US + 59 * INT64_C(1000000));
    struct answer a = ASK(s, .method = "GET", .path = entry_path(s, mine), .token = token);
    ck_status(a, 200);
    clock_fake(SITE_NOW_US + 61 * INT64_C(1000000));
    sql_do(s->w, "UPDATE person SET user_id = 'was-fay'");
    a = ASK(s, .method = "GET", .path = entry_path(s, mine), .token = token);
    ck_problem(a, 404, "not-found");
    ck_assert_int_eq(count_people(s), 2);
    site_close(s);
}
END_TEST

/* The worker's table of people has 1024 places by FNV-1a: two subjects of one place take turns. */
static uint32_t place_of(const char *sub)
{
    uint32_t hash = 2166136261U;

    for (; *sub != '\0'; sub++)
        hash = (hash ^ (uint8_t)*sub) * 16777619U;
    return hash % 1024;
}

START_TEST(two_subjects_of_one_place_in_the_table_stay_two)
{
    struct site *s = site_open();
    const char *first = "auth0|0", *tokens[2];
    char second[32] = "";
    int64_t people[2];

    for (int i = 1; second[0] == '\0'; i++) {
        char sub[32];
        (void)snprintf(sub, sizeof sub, "auth0|%d", i);
        if (place_of(sub) == place_of(first))
            memcpy(second, sub, sizeof sub);
    }
    tokens[0] = LOGIN(s, .sub = first, .scope = SCOPES_EMPLOYEE);
    tokens[1] = LOGIN(s, .sub = second, .scope = SCOPES_EMPLOYEE);
    for (int i = 0; i < 2; i++)
        people[i] = person_of(s, tokens[i]);
    ck_assert_int_ne(people[0], people[1]);
    for (int i = 0; i < 6; i++) {
        struct answer a = ASK(s, .method = "POST", .path = "/api/timesheets",
                              .token = tokens[i % 2], .body = ENTRY_BODY);
        ck_status(a, 201);
        ck_tells(a, i % 2 == 0 ? first : second);
        ck_assert_int_eq(sql_number(s->w, "SELECT person_id FROM entry WHERE id = %lld",
                                    (long long)number_of(&a, "id")),
                         people[i % 2]);
    }
    site_close(s);
}
END_TEST

START_TEST(a_right_is_the_tokens_not_the_persons)
{
    struct site *s = site_open();
    const char *ann = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    const char *with = LOGIN(s, .sub = "auth0|gus", .scope = SCOPES_MANAGER);
    const char *without = LOGIN(s, .sub = "auth0|gus", .scope = SCOPES_EMPLOYEE);
    const char *path = entry_path(s, entry_made(s, ann, ENTRY_BODY));

    for (int i = 0; i < 3; i++) {
        struct answer a = ASK(s, .method = "GET", .path = path, .token = with);
        ck_status(a, 200);
        a = ASK(s, .method = "GET", .path = path, .token = without);
        ck_problem(a, 404, "not-found");
    }
    site_close(s);
}
END_TEST

START_TEST(two_workers_make_one_person)
{
    struct site *s = site_open();
    struct api *other = site_worker(s, s->verifier);
    const char *token = LOGIN(s, .sub = "auth0|hal", .scope = SCOPES_EMPLOYEE);

    for (int i = 0; i < 4; i++) {
        struct answer a = ASK(s, .method = "GET", .path = "/api/me", .token = token,
                              .api = i % 2 == 0 ? s->api : other);
        ck_status(a, 200);
    }
    ck_assert_int_eq(count_people(s), 1);
    site_close(s);
}
END_TEST

/* A tenant that gives addresses as subjects can come to this, and a login that was unbound. */
START_TEST(a_subject_that_is_anothers_user_id_is_a_person_of_its_own)
{
    struct site *s = site_open();
    int64_t ivy = person_of(
        s, LOGIN(s, .sub = "auth0|ivy", .email = "ivy@abc.example", .scope = SCOPES_EMPLOYEE));
    const char *other = LOGIN(s, .sub = "ivy@abc.example", .scope = SCOPES_EMPLOYEE);
    struct answer a = me(s, other);

    ck_status(a, 200);
    ck_assert_int_ne(number_of(&a, "person_id"), ivy);
    ck_tells(a, "\"user_id\":\"login-");
    ck_assert_str_eq(me(s, other).body, a.body);
    ck_assert_int_eq(count_people(s), 2);
    site_close(s);
}
END_TEST

START_TEST(anothers_address_as_subject_gives_no_access_to_them)
{
    struct site *s = site_open();
    const char *thief = LOGIN(s, .sub = "jon@abc.example", .scope = SCOPES_EMPLOYEE);
    int64_t person_id = person_of(s, thief);
    const char *jon =
        LOGIN(s, .sub = "auth0|jon", .email = "jon@abc.example", .scope = SCOPES_EMPLOYEE);
    struct answer a = me(s, jon);

    ck_status(a, 200);
    ck_assert_int_ne(number_of(&a, "person_id"), person_id);
    ck_tells(a, "\"user_id\":\"auth0|jon\"");
    site_close(s);
}
END_TEST

UNIT_MAIN("access", the_first_call_makes_a_person_and_the_next_finds_it,
          without_a_verified_address_the_subject_is_the_user_id,
          a_machine_is_told_its_client_and_is_nobody,
          an_admins_row_is_claimed_once_by_verified_address,
          of_two_rows_with_one_address_neither_is_claimed,
          a_person_keeps_the_user_id_when_the_address_changes, a_person_is_remembered_for_a_minute,
          two_subjects_of_one_place_in_the_table_stay_two, a_right_is_the_tokens_not_the_persons,
          two_workers_make_one_person, a_subject_that_is_anothers_user_id_is_a_person_of_its_own,
          anothers_address_as_subject_gives_no_access_to_them)
