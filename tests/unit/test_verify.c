/* src/admin/verify.c: `timesheets-admin audit verify` over what the API has written, and over the same
 * after somebody with the database's rights has changed it. */
#include <fcntl.h>

#include "../../src/admin/admin_priv.h"
#include "api_fixture.h"

#define SITE_KEY "0123456789abcdef0123456789abcdef\n"
#define EMPLOYEE(s)                                                                                \
    LOGIN(s, .sub = "auth0|eva", .email = "eva@abc.example", .name = "Eva", .scope = SCOPES_ALL)
enum { SAID_MAX = 65536 };

struct verdict {
    int code;
    char *said; /* faults and summary */
};

static struct verdict verify_with(struct site *s, struct verify_options options, const char *key)
{
    char *folder = unit_folder(s);
    struct verdict v = {.said = talloc_zero_size(s, SAID_MAX)};

    options.out = fmemopen(v.said, SAID_MAX, "w");
    options.err = fopen("/dev/null", "we");
    options.key_file = unit_path(folder, "audit-key");
    unit_write_file((char *)(uintptr_t)options.key_file, str_of(key));
    v.code = audit_verify(&s->w->config, &options);
    (void)fclose(options.out);
    (void)fclose(options.err);
    return v;
}

static struct verdict verify(struct site *s)
{
    return verify_with(s, (struct verify_options){0}, SITE_KEY);
}

static void expect_fine(struct site *s)
{
    struct verdict v = verify(s);
    ck_assert_msg(v.code == EXIT_DONE && strstr(v.said, ": 0 faults") != NULL, "%d: %s", v.code,
                  v.said);
}

static void expect_fault(struct site *s, const char *name, const char *expected)
{
    struct verdict v = verify(s);
    ck_assert_msg(v.code == EXIT_REFUSED && strstr(v.said, expected) != NULL,
                  "%s: %d, expected \"%s\": %s", name, v.code, expected, v.said);
}

static int64_t written(struct site *s, const char *token, const char *date, const char *key)
{
    char *body = talloc_asprintf(
        s, "{\"date\":\"%s\",\"project\":\"StoreZero\",\"minutes\":60,\"note\":\"n\"}", date);
    struct answer a = ASK(s, .method = "POST", .path = "/api/timesheets", .token = token,
                          .body = body, .key = key);
    ck_status(a, 201);
    return number_of(&a, "id");
}

/* Two people (1 is Eva). Her week 2040-W48 has the events: made (with a key), edited, made, made;
 * W47 one; Max has one. What is stored is kept aside. */
static struct site *open_with_events(void)
{
    struct site *s = site_open();
    const char *eva = EMPLOYEE(s);
    const char *max =
        LOGIN(s, .sub = "auth0|max", .email = "max@abc.example", .scope = SCOPES_EMPLOYEE);

    int64_t id = written(s, eva, "2040-11-26", "0123456789abcdef");
    struct answer a =
        ASK(s, .method = "PATCH", .path = entry_path(s, id), .token = eva, .if_match = "\"e1\"",
            .key = "fedcba9876543210", .body = "{\"minutes\":90}");
    ck_status(a, 200);
    (void)written(s, eva, "2040-11-27", NULL);
    (void)written(s, eva, "2040-11-28", NULL);
    (void)written(s, eva, "2040-11-20", NULL);
    (void)written(s, max, "2040-11-26", NULL);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM event WHERE person_id = 1"
                                      " AND week = 204048"),
                     4);
    sql_do(s->w, "CREATE TABLE kept_event AS SELECT * FROM event");
    sql_do(s->w, "CREATE TABLE kept_week AS SELECT * FROM week");
    sql_do(s->w, "CREATE TABLE kept_entry AS SELECT * FROM entry");
    return s;
}

static void restore(struct site *s)
{
    static const char *const tables[] = {"event", "week", "entry"};

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        sql_do(s->w, "DELETE FROM %s", tables[i]);
        sql_do(s->w, "INSERT INTO %s SELECT * FROM kept_%s", tables[i], tables[i]);
    }
}

START_TEST(what_the_api_wrote_is_fine)
{
    struct site *s = open_with_events();
    struct verdict v = verify(s);

    ck_assert_int_eq(v.code, EXIT_DONE);
    /* W48, W47 and the person's own stream of Eva; W48 and his own of Max */
    ck_assert_msg(strncmp(v.said, "8 events in 5 streams, 0 of them erased: 0 faults (", 51) == 0,
                  "%s", v.said);
    site_close(s);
}
END_TEST

START_TEST(quiet_says_nothing_when_nothing_is_wrong)
{
    struct site *s = open_with_events();
    struct verdict v = verify_with(s, (struct verify_options){.quiet = true}, SITE_KEY);

    ck_assert_int_eq(v.code, EXIT_DONE);
    ck_assert_str_eq(v.said, "");
    sql_do(s->w, "UPDATE event SET action = 3 WHERE person_id = 2 AND week = 204048");
    v = verify_with(s, (struct verify_options){.quiet = true}, SITE_KEY);
    ck_assert_int_eq(v.code, EXIT_REFUSED);
    ck_assert_msg(strstr(v.said, "person 2, week 2040-W48, event 1: the mac does not fit") != NULL,
                  "%s", v.said);
    restore(s);
    site_close(s);
}
END_TEST

/* How a column's value is changed a little: `%1$s` is the column. */
static const char *change_of(const char *type)
{
    if (strcmp(type, "datetime") == 0)
        return "%1$s + INTERVAL 1 MICROSECOND";
    if (strstr(type, "int") != NULL)
        return "%1$s + 100"; /* a place that is free */
    return "CONCAT(SUBSTRING(%1$s, 1, %2$d), CHAR(ASCII(SUBSTRING(%1$s, %2$d + 1, 1)) ^ 1),"
           " SUBSTRING(%1$s, %2$d + 2))";
}

static void change_column(struct site *s, const char *column, const char *type, int at)
{
    char value[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* one of the three above */
    (void)snprintf(value, sizeof value, change_of(type), column, at);
#pragma GCC diagnostic pop
    sql_do(s->w, "UPDATE event SET %s = %s WHERE person_id = 1 AND week = 204048 AND seq = 2",
           column, value);
    ck_assert_int_eq(sql_number(s->w, "SELECT ROW_COUNT()"), 1);
}

/* The columns are those of the table, so that one that is added later must be covered too. */
START_TEST(a_changed_byte_in_any_column_of_an_event_is_found)
{
    struct site *s = open_with_events();
    int64_t columns = sql_number(s->w, "SELECT COUNT(*) FROM information_schema.columns WHERE"
                                       " table_schema = DATABASE() AND table_name = 'event'");

    ck_assert_int_ge(columns, 14);
    for (int64_t i = 0; i < columns; i++) {
        const char *where = talloc_asprintf(
            s,
            "FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name ="
            " 'event' ORDER BY ordinal_position LIMIT %d, 1",
            (int)i);
        const char *column = sql_ask(s->w, "SELECT column_name %s", where);
        const char *type = sql_ask(s->w, "SELECT data_type %s", where);
        int length = (int)sql_number(
            s->w, "SELECT LENGTH(%s) FROM event WHERE person_id = 1 AND week = 204048 AND seq = 2",
            column);
        bool bytes = strstr(type, "binary") != NULL || strstr(type, "blob") != NULL;
        ck_assert_msg(length > 0, "%s is empty: the test says nothing of it", column);
        const int places[] = {0, length / 2, length - 1};
        for (int p = 0; p < (bytes ? 3 : 1); p++) {
            change_column(s, column, type, places[p]);
            struct verdict v = verify(s);
            ck_assert_msg(v.code == EXIT_REFUSED && strstr(v.said, "2040-W48") != NULL,
                          "byte %d of %s: %d, %s", places[p], column, v.code, v.said);
            restore(s);
        }
    }
    expect_fine(s);
    site_close(s);
}
END_TEST

/* What somebody does to the tables, and what is said of it. Eva is person 1. */
#define OF_W48 " WHERE person_id = 1 AND week = 204048"
#define MAC_OF(n) "(SELECT mac FROM event" OF_W48 " AND seq = " #n ")"
#define HASHED(head, mac) "UNHEX(SHA2(CONCAT(" head ", " mac "), 256))"
/* A head as who has the tables alone would compute it: over the macs that are there. */
#define HEAD_OF_3 HASHED(HASHED(HASHED("REPEAT(X'00', 32)", MAC_OF(1)), MAC_OF(2)), MAC_OF(3))
static const struct {
    const char *name, *change, *said; /* statements are separated by semicolons */
} tampered[] = {
    {"an event taken away in the middle", "DELETE FROM event" OF_W48 " AND seq = 2",
     "person 1, week 2040-W48: event 2 is missing\n"},
    {"two taken away", "DELETE FROM event" OF_W48 " AND seq IN (2, 3)",
     "person 1, week 2040-W48: events 2 to 3 are missing\n"},
    {"the first taken away", "DELETE FROM event" OF_W48 " AND seq = 1",
     "person 1, week 2040-W48: event 1 is missing\n"},
    {"the last taken away", "DELETE FROM event" OF_W48 " AND seq = 4",
     "person 1, week 2040-W48: ends with event 3, but its row tells of 4\n"},
    {"the last taken away, and the row's number set to match",
     "DELETE FROM event" OF_W48 " AND seq = 4; UPDATE week SET seq = 3" OF_W48,
     "person 1, week 2040-W48: the head in its row is not the one its events make\n"},
    {"all taken away", "DELETE FROM event" OF_W48,
     "person 1, week 2040-W48: its row tells of 4 events, but there are none\n"},
    {"the row of a stream taken away", "DELETE FROM week" OF_W48,
     "person 1, week 2040-W48: has events but no row in the table week\n"},
    {"the row of a person's stream taken away", "DELETE FROM week WHERE person_id = 1 AND week = 0",
     "person 1: has events but no row in the table week\n"},
    {"one taken away, the others numbered anew and the head computed again",
     "DELETE FROM event" OF_W48 " AND seq = 2; UPDATE event SET seq = seq - 1" OF_W48
     " AND seq > 2 ORDER BY seq; UPDATE week SET seq = 3, head = " HEAD_OF_3 OF_W48,
     "person 1, week 2040-W48, event 2: the mac does not fit"},
    {"the last taken away and the head computed again",
     "DELETE FROM event" OF_W48 " AND seq = 4; UPDATE week SET seq = 3, head = " HEAD_OF_3 OF_W48,
     "person 1, week 2040-W48: the head in its row is not the one its events make\n"},
    {"two events swapped and the head computed again",
     "UPDATE event SET seq = 9" OF_W48 " AND seq = 2; UPDATE event SET seq = 2" OF_W48
     " AND seq = 3; UPDATE event SET seq = 3" OF_W48
     " AND seq = 9; UPDATE week SET head = " HASHED(HEAD_OF_3, MAC_OF(4)) OF_W48,
     "person 1, week 2040-W48, event 2: the mac does not fit"},
    {"two events swapped",
     "UPDATE event SET seq = 9" OF_W48 " AND seq = 2; UPDATE event SET seq = 2" OF_W48
     " AND seq = 3; UPDATE event SET seq = 3" OF_W48 " AND seq = 9",
     "person 1, week 2040-W48, event 2: the mac does not fit"},
    {"an event moved to another person",
     "UPDATE event SET person_id = 2, seq = 2" OF_W48 " AND seq = 4",
     "person 2, week 2040-W48, event 2: the mac does not fit"},
    {"an event moved to another week",
     "UPDATE event SET week = 204047, seq = 2" OF_W48 " AND seq = 4",
     "person 1, week 2040-W47, event 2: the mac does not fit"},
    {"a stream moved to one of its own", "UPDATE event SET week = 204049" OF_W48,
     "person 1, week 2040-W49: has events but no row"},
    {"a head changed", "UPDATE week SET head = REPEAT('x', 32)" OF_W48,
     "person 1, week 2040-W48: the head in its row is not the one its events make\n"},
    {"a number of events changed", "UPDATE week SET seq = 3" OF_W48,
     "person 1, week 2040-W48: has an event 4, but its row tells of 3 only\n"},
    {"an event copied to the end",
     "INSERT INTO event SELECT person_id, week, 5, actor_id, action, entry_id, at, NULL, NULL, salt,"
     " digest, mac, before_json, after_json FROM kept_event" OF_W48 " AND seq = 4",
     "person 1, week 2040-W48: has an event 5, but its row tells of 4 only\n"},
    {"an answer without its salt", "UPDATE event SET salt = NULL" OF_W48 " AND seq = 3",
     "person 1, week 2040-W48, event 3: has a payload without the salt that its digest needs\n"},
    {"a key taken away", "UPDATE event SET ikey = NULL" OF_W48 " AND seq = 2",
     "person 1, week 2040-W48, event 2: has the hash of a request without its key\n"},
    {"a key and its hash taken away",
     "UPDATE event SET ikey = NULL, request_hash = NULL" OF_W48 " AND seq = 2",
     "person 1, week 2040-W48, event 2: the mac does not fit"},
    {"an entry's minutes changed behind the API",
     "UPDATE entry SET minutes = 61 WHERE person_id = 1 AND work_date = '2040-11-27'",
     "person 1, week 2040-W48: its row has 1 minutes less on Tuesday than its entries\n"},
    {"an entry approved behind the API",
     "UPDATE entry SET status = 2 WHERE person_id = 1 AND work_date = '2040-11-27'",
     "person 1, week 2040-W48: its row counts 1 approved entries less than there are\n"},
    {"an entry moved to another day",
     "UPDATE entry SET work_date = '2040-11-30' WHERE person_id = 1 AND work_date = '2040-11-28'",
     "person 1, week 2040-W48: its row has 60 minutes more on Wednesday than its entries\n"},
    {"an entry deleted", "DELETE FROM entry WHERE person_id = 2",
     "person 2, week 2040-W48: its row counts 1 submitted entries more than there are\n"},
    {"an entry put where there is no week",
     "UPDATE entry SET work_date = '2041-03-04' WHERE person_id = 2",
     "person 2, week 2041-W10: has entries but no row in the table week\n"},
    {"a row's minutes changed", "UPDATE week SET d7 = 5" OF_W48,
     "person 1, week 2040-W48: its row has 5 minutes more on Sunday than its entries\n"},
};

START_TEST(what_was_tampered_with_is_found)
{
    struct site *s = open_with_events();

    for (size_t i = 0; i < sizeof tampered / sizeof tampered[0]; i++) {
        struct str rest = str_of(tampered[i].change);
        while (rest.len > 0) {
            struct str statement = str_cut(rest, ';', &rest);
            sql_do(s->w, "%.*s", (int)statement.len, statement.data);
        }
        expect_fault(s, tampered[i].name, tampered[i].said);
        restore(s);
    }
    expect_fine(s);
    site_close(s);
}
END_TEST

START_TEST(each_fault_is_told_and_counted)
{
    struct site *s = open_with_events();

    sql_do(s->w, "UPDATE event SET action = 3 WHERE week = 204048");
    struct verdict v = verify(s);
    ck_assert_int_eq(v.code, EXIT_REFUSED);
    ck_assert_msg(strstr(v.said, ": 5 faults (") != NULL, "%s", v.said);
    restore(s);
    site_close(s);
}
END_TEST

START_TEST(an_erased_payload_is_fine)
{
    struct site *s = open_with_events();

    sql_do(s->w, "UPDATE event SET salt = NULL, before_json = NULL, after_json = NULL" OF_W48
                 " AND seq <> 3");
    struct verdict v = verify(s);
    ck_assert_int_eq(v.code, EXIT_DONE);
    ck_assert_msg(strstr(v.said, "8 events in 5 streams, 3 of them erased: 0 faults") != NULL, "%s",
                  v.said);
    restore(s);
    site_close(s);
}
END_TEST

START_TEST(with_another_key_no_event_is_right)
{
    struct site *s = open_with_events();
    struct verdict v =
        verify_with(s, (struct verify_options){0}, "another-key-of-32-bytes-length!!\n");

    ck_assert_int_eq(v.code, EXIT_REFUSED);
    ck_assert_msg(strstr(v.said, ": 8 faults") != NULL, "%s", v.said);
    v = verify_with(s, (struct verify_options){0}, "short\n");
    ck_assert_int_eq(v.code, EXIT_USAGE);
    site_close(s);
}
END_TEST

START_TEST(one_person_can_be_verified)
{
    struct site *s = open_with_events();
    struct verify_options eva = {.person_id = 1}, max = {.person_id = 2};

    sql_do(s->w, "UPDATE event SET action = 3 WHERE person_id = 1 AND week = 204047");
    sql_do(s->w, "UPDATE entry SET minutes = 61 WHERE person_id = 1");
    ck_assert_int_eq(verify_with(s, eva, SITE_KEY).code, EXIT_REFUSED);
    struct verdict v = verify_with(s, max, SITE_KEY);
    ck_assert_int_eq(v.code, EXIT_DONE);
    ck_assert_msg(strstr(v.said, "2 events in 2 streams") != NULL, "%s", v.said);
    restore(s);
    /* number 2 of another kind of stream is not theirs */
    sql_do(s->w, "INSERT INTO week (person_id, week, seq, head) VALUES (2, 1, 7, REPEAT('x', 32))");
    ck_assert_int_eq(verify_with(s, max, SITE_KEY).code, EXIT_DONE);
    expect_fault(s, "a project", "project 2: its row tells of 7 events, but there are none\n");
    restore(s);
    site_close(s);
}
END_TEST

START_TEST(no_database_is_said_and_has_its_code)
{
    struct site *s = open_with_events();
    struct store_config nowhere = s->w->config;
    struct verify_options options = {.err = fopen("/dev/null", "we"), .out = stdout};
    char *key = unit_path(unit_folder(s), "audit-key");

    unit_write_file(key, str_of(SITE_KEY));
    options.key_file = key;
    nowhere.name = "no_such_database";
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    ck_assert_int_eq(audit_verify(&nowhere, &options), EXIT_NO_DATABASE);
    log_set_fd(2);
    (void)fclose(options.err);
    site_close(s);
}
END_TEST

UNIT_MAIN("verify", what_the_api_wrote_is_fine, quiet_says_nothing_when_nothing_is_wrong,
          a_changed_byte_in_any_column_of_an_event_is_found, what_was_tampered_with_is_found,
          each_fault_is_told_and_counted, an_erased_payload_is_fine,
          with_another_key_no_event_is_right, one_person_can_be_verified,
          no_database_is_said_and_has_its_code)
