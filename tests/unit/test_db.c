#include <fcntl.h>
#include <sys/stat.h>

#include "relay.h"

static struct post a_post(struct principal who)
{
    return (struct post){
        .who = who, .date = day("2026-11-23"), .minutes = 1, .status = ENTRY_DRAFT, .note = ""};
}

/* --- configuration
 * ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct store_config config;
    enum status status;
} configs[] = {
    {"socket", {.socket = "/s", .name = "d", .user = "u"}, STATUS_OK},
    {"loopback without TLS", {.host = "127.0.0.1", .name = "d", .user = "u"}, STATUS_OK},
    {"localhost without TLS",
     {.host = "localhost", .port = 3306, .name = "d", .user = "u"},
     STATUS_OK},
    {"another machine with TLS",
     {.host = "db.example", .name = "d", .user = "u", .ca_file = "/ca"},
     STATUS_OK},
    {"another machine without TLS",
     {.host = "db.example", .name = "d", .user = "u"},
     STATUS_BAD_CONFIG},
    {"an empty CA file is none",
     {.host = "db.example", .name = "d", .user = "u", .ca_file = ""},
     STATUS_BAD_CONFIG},
    {"neither socket nor host", {.name = "d", .user = "u"}, STATUS_BAD_CONFIG},
    {"empty socket and host",
     {.socket = "", .host = "", .name = "d", .user = "u"},
     STATUS_BAD_CONFIG},
    {"no name", {.socket = "/s", .user = "u"}, STATUS_BAD_CONFIG},
    {"no user", {.socket = "/s", .name = "d"}, STATUS_BAD_CONFIG},
    {"port out of range",
     {.host = "127.0.0.1", .port = 65536, .name = "d", .user = "u"},
     STATUS_BAD_CONFIG},
    {"no password file",
     {.socket = "/s", .name = "d", .user = "u", .password_file = "/nowhere"},
     STATUS_BAD_CONFIG},
};

START_TEST(test_configuration)
{
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        struct store *store = NULL;
        enum status st = store_open(NULL, &configs[i].config, &store);
        ck_assert_msg(st == configs[i].status, "%s: %d", configs[i].name, st);
        talloc_free(store);
    }
}
END_TEST

START_TEST(test_password_is_the_first_line_of_a_file)
{
    static const struct {
        const char *name, *text;
        enum status status;
    } files[] = {
        {"with a newline", "geh:eim \n", STATUS_OK},
        {"without one", "geh:eim ", STATUS_OK},
        {"more lines", "geh:eim \r\nother\n", STATUS_OK},
        {"another password", "wrong\n", STATUS_UNAVAILABLE},
        {"an empty line", "\n", STATUS_UNAVAILABLE},
    };
    struct world *w = world_open();
    char path[200];

    log_set_level(LOG_ERROR);
    (void)snprintf(path, sizeof path, "%s/password.%d",
                   getenv("TMPDIR") == NULL ? P_tmpdir : getenv("TMPDIR"), (int)getpid());
    sql_do(w, "CREATE USER '%s'@'localhost' IDENTIFIED BY 'geh:eim '", w->name + 2);
    sql_do(w, "GRANT SELECT, INSERT, UPDATE, DELETE ON %s.* TO '%s'@'localhost'", w->name,
           w->name + 2);
    w->config.user = w->name + 2;
    w->config.password_file = path;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct store *store;
        FILE *out = fopen(path, "we");
        ck_assert(fputs(files[i].text, out) >= 0);
        ck_assert_int_eq(fclose(out), 0);
        ck_assert_int_eq(store_open(w, &w->config, &store), STATUS_OK);
        enum status st = store_connect(store);
        ck_assert_msg(st == files[i].status, "%s: %d", files[i].name, st);
        talloc_free(store);
    }
    ck_assert_int_eq(truncate(path, 0), 0);
    struct store *store;
    ck_assert_int_eq(store_open(w, &w->config, &store), STATUS_BAD_CONFIG);
    (void)unlink(path);
    sql_do(w, "DROP USER '%s'@'localhost'", w->name + 2);
    world_close(w);
}
END_TEST

/* --- sessions
 * ------------------------------------------------------------------------------------ */

/* The server of the tests has other defaults (latin1, REPEATABLE READ, autocommit). What matters is
 * seen from outside, by what the sessions do. */
START_TEST(test_a_read_opens_no_transaction_and_a_write_leaves_none)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"));
    struct entry e;

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    int64_t id = p.id;
    ck_assert_int_eq(store_entry_get(w, w->store, &p.who, id, &e), STATUS_OK);
    p.refuse = STATUS_NOT_FOUND;
    ck_assert_int_eq(post(w, &p), STATUS_NOT_FOUND);
    p.minutes = 1441;
    ck_assert_int_eq(post(w, &p), STATUS_DAY_OVER_24H);
    /* an open transaction would make this wait for the metadata lock */
    sql_do(w, "SET SESSION lock_wait_timeout = 1");
    sql_do(w, "ALTER TABLE entry ADD COLUMN extra INT NULL");
    sql_do(w, "ALTER TABLE week ADD COLUMN extra INT NULL");
    ck_assert_int_eq(store_entry_get(w, w->store, &p.who, id, &e),
                     STATUS_OK); /* columns are named */
    p = a_post(p.who);
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    world_close(w);
}
END_TEST

START_TEST(test_text_survives_a_latin1_server)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"));
    struct entry e;

    p.note = "ß\xe2\x82\xac\xf0\x9f\x99\x82";
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(sql_number(w, "SELECT LENGTH(note) FROM entry"), 9);
    ck_assert_int_eq(sql_number(w, "SELECT CHAR_LENGTH(note) FROM entry"), 3);
    ck_assert_int_eq(store_entry_get(w, w->store, &p.who, p.id, &e), STATUS_OK);
    ck_assert_view(e.note, "ß\xe2\x82\xac\xf0\x9f\x99\x82");
    world_close(w);
}
END_TEST

/* What the service's account must not do, tried as that account. */
START_TEST(test_least_privilege)
{
    static const char *const denied[] = {
        "UPDATE event SET mac = ''",
        "DELETE FROM event",
        "TRUNCATE TABLE event",
        "DELETE FROM entry_deleted",
        "UPDATE entry_deleted SET version = 9",
        "DELETE FROM week",
        "DELETE FROM person",
        "DELETE FROM project",
        "INSERT INTO period_lock VALUES (2, NULL, 1)",
        "UPDATE client SET client_id = 'x'",
        "DELETE FROM client",
        "DELETE FROM source",
        "DELETE FROM entry_source",
        "DELETE FROM upload",
        "UPDATE upload_row SET outcome = 0",
        "DELETE FROM period_lock",
        "UPDATE schema_migration SET state = 'done'",
        "DELETE FROM schema_migration",
        "CREATE TABLE x (a INT)",
        "DROP TABLE event",
        "ALTER TABLE event ADD COLUMN x INT",
        "CREATE INDEX x ON event (at)",
        "CREATE TRIGGER x BEFORE INSERT ON event FOR EACH ROW SET NEW.mac = ''",
        "LOCK TABLES event WRITE",
        "SELECT * FROM mysql.user",
        "GRANT SELECT ON event TO 'ts_app'@'localhost'",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "CREATE DATABASE x",
        "SET GLOBAL sql_mode = ''",
    };
    static const char *const allowed[] = {
        ("INSERT INTO event (person_id, week, seq, actor_id, action, at, digest, mac)"
         " VALUES (1, 1, 1, 1, 1, NOW(), REPEAT('d', 32), REPEAT('m', 32))"),
        "SELECT locked_through FROM period_lock LOCK IN SHARE MODE",
        "SELECT version FROM schema_migration",
    };
    struct world *w = world_open();
    struct sql *app;

    ck_assert_int_eq(sql_open(w, &w->config, &app, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++) {
        bool done = sql_run(app, str_of(denied[i]));
        unsigned int error = sql_error(app);
        ck_assert_msg(!done && (error == 1142 || error == 1044 || error == 1227 || error == 1045 ||
                                error == 1410),
                      "%s: %u %s", denied[i], error, sql_message(app));
    }
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        ck_assert_msg(sql_run(app, str_of(allowed[i])), "%s: %s", allowed[i], sql_message(app));
    world_close(w);
}
END_TEST

/* --- the schema
 * ---------------------------------------------------------------------------------- */

static const struct {
    const char *name, *sql;
    enum status status;
} schemas[] = {
    {"as it is", "SELECT 1", STATUS_OK},
    {"older", "DELETE FROM schema_migration WHERE version > 1", STATUS_BAD_SCHEMA},
    {"newer, nothing taken away",
     "INSERT INTO schema_migration VALUES (99, '0099_x', '', 'done', NOW(), NOW())", STATUS_OK},
    {"a newer one is running",
     "INSERT INTO schema_migration VALUES (99, '0099_x', '', 'running', NOW(), NULL)", STATUS_OK},
    {"half-applied", "UPDATE schema_migration SET state = 'running' WHERE version = 3",
     STATUS_BAD_SCHEMA},
    {"no migration ran", "DELETE FROM schema_migration", STATUS_BAD_SCHEMA},
    {"no schema_migration", "DROP TABLE schema_migration", STATUS_BAD_SCHEMA},
    {"a table is missing", "DROP TABLE event", STATUS_BAD_SCHEMA},
    {"a column is missing", "ALTER TABLE entry DROP COLUMN created_at", STATUS_BAD_SCHEMA},
    {"a column was added", "ALTER TABLE entry ADD COLUMN more INT", STATUS_OK},
    {"a right is missing", "REVOKE INSERT ON event FROM 'ts_app'@'localhost'", STATUS_BAD_SCHEMA},
};

START_TEST(test_schema_is_checked_on_connect)
{
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        struct world *w = world_open();
        struct store *store;

        sql_do(w, "%s", schemas[i].sql);
        ck_assert_int_eq(store_open(w, &w->config, &store), STATUS_OK);
        enum status st = store_connect(store);
        ck_assert_msg(st == schemas[i].status, "%s: %d", schemas[i].name, st);
        st = store_ping(store);
        ck_assert_msg(st == schemas[i].status, "%s: ping %d", schemas[i].name, st);
        world_close(w);
    }
}
END_TEST

START_TEST(test_ping_sees_the_schema_change)
{
    struct world *w = world_open();

    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    ck_assert_int_eq(store_ping(w->store), STATUS_OK);
    sql_do(w, "UPDATE schema_migration SET state = 'running' WHERE version = 8");
    ck_assert_int_eq(store_ping(w->store), STATUS_BAD_SCHEMA);
    sql_do(w, "UPDATE schema_migration SET state = 'done' WHERE version = 8");
    ck_assert_int_eq(store_ping(w->store), STATUS_OK);
    world_close(w);
}
END_TEST

/* --- a server that is not there
 * --------------------------------------------------------------------- */

START_TEST(test_no_server_fails_fast_and_comes_back)
{
    struct world *w = world_open();
    struct relay r;
    struct post p = a_post(person(w, "ann"));

    log_set_level(LOG_ERROR);
    relay_open(w, &r);
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    relay_close(&r); /* as if the server had died: connections are cut, the socket is gone */
    int64_t begin_ms = clock_mono_ms();
    ck_assert_int_eq(post(w, &p), STATUS_UNAVAILABLE);
    ck_assert_int_eq(store_ping(w->store), STATUS_UNAVAILABLE);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(post(w, &p), STATUS_UNAVAILABLE);
    ck_assert_int_lt(clock_mono_ms() - begin_ms, 900);
    ck_assert_int_eq(symlink(getenv("TS_TEST_DB_SOCKET"), r.path), 0); /* it is back */
    ck_assert_int_eq(post(w, &p), STATUS_UNAVAILABLE);                 /* we do not know yet */
    begin_ms = clock_mono_ms();
    while (post(w, &p) != STATUS_OK)
        ck_assert_int_lt(clock_mono_ms() - begin_ms, 3000);
    ck_assert_int_eq(store_ping(w->store), STATUS_OK);
    ck_assert_int_eq(unlink(r.path), 0);
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_connections_refused_are_tried_once_a_second)
{
    struct world *w = world_open();
    struct relay r;
    struct principal ann = person(w, "ann");
    struct entry e;

    log_set_level(LOG_ERROR);
    relay_open(w, &r);
    r.control->mode = RELAY_REFUSE;
    TALLOC_FREE(w->store);
    ck_assert_int_eq(store_open(w, &w->config, &w->store), STATUS_OK);
    int before = r.control->connections;
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(store_entry_get(w, w->store, &ann, 1, &e), STATUS_UNAVAILABLE);
    ck_assert_int_eq(r.control->connections - before, 1);
    relay_close(&r);
    world_close(w);
}
END_TEST

/* A server that takes connections and commands and never answers. */
START_TEST(test_a_frozen_server_costs_four_seconds_at_most)
{
    struct world *w = world_open();
    struct relay r;
    struct post p = a_post(person(w, "ann"));

    log_set_level(LOG_ERROR);
    relay_open(w, &r);
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(kill(r.pid, SIGSTOP), 0);
    int64_t begin_ms = clock_mono_ms();
    ck_assert_int_eq(post(w, &p), STATUS_UNAVAILABLE);
    int64_t took_ms = clock_mono_ms() - begin_ms;
    ck_assert_msg(took_ms >= 1900 && took_ms < 4200, "%d ms", (int)took_ms);
    ck_assert_int_eq(kill(r.pid, SIGCONT), 0);
    begin_ms = clock_mono_ms();
    while (post(w, &p) != STATUS_OK)
        ck_assert_int_lt(clock_mono_ms() - begin_ms, 3000);
    check_truth(w);
    relay_close(&r);
    world_close(w);
}
END_TEST

START_TEST(test_a_request_has_an_end)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct post p = a_post(ann);
    struct entry e;
    int64_t now_us = clock_wall_us();

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    int64_t id = p.id;
    store_request_begin(w->store);
    clock_fake(now_us + 5000000);
    struct write_key key = {.actor_id = ann.person_id};
    struct replay replay;
    ck_assert_int_eq(store_entry_get(w, w->store, &ann, id, &e), STATUS_UNAVAILABLE);
    ck_assert_int_eq(store_transact(w, w->store, &key, post_body, &p, &replay), STATUS_UNAVAILABLE);
    store_request_begin(w->store);
    ck_assert_int_eq(store_entry_get(w, w->store, &ann, id, &e), STATUS_OK);
    clock_fake(0);
    store_request_begin(w->store);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM entry"), 1);
    check_truth(w);
    world_close(w);
}
END_TEST

/* The time of a request ends between two statements of its transaction: nothing stays, nothing
 * is locked. */
static enum status late_body(struct tx *tx, void *arg)
{
    struct post *p = arg;
    enum status st = post_body(tx, p);
    clock_fake(clock_wall_us() + 5000000);
    return st;
}

START_TEST(test_time_that_runs_out_before_commit_stores_nothing)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"));
    struct write_key key = {.actor_id = p.who.person_id};
    struct replay replay;

    store_request_begin(w->store);
    ck_assert_int_eq(store_transact(w, w->store, &key, late_body, &p, &replay), STATUS_UNAVAILABLE);
    clock_fake(0);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM entry"), 0);
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_ids_rise)
{
    struct store *store;
    const struct store_config config = {.socket = "/s", .name = "d", .user = "u"};
    int64_t last = 0;

    ck_assert_int_eq(store_open(NULL, &config, &store), STATUS_OK);
    for (int i = 0; i < 100000; i++) {
        int64_t id = store_entry_id(store);
        ck_assert_int_gt(id, last);
        last = id;
    }
    clock_fake(INT64_C(1767225600) * 1000000 - 1000); /* a clock that is wrong: before 2026 */
    ck_assert_int_gt(store_entry_id(store), last);
    clock_fake(INT64_C(2871763199) * 1000000); /* the end of 2060 */
    ck_assert_int_gt(store_entry_id(store), last);
    ck_assert_int_lt(store_entry_id(store), INT64_C(1) << 53);
    clock_fake(0);
    talloc_free(store);
}
END_TEST

UNIT_MAIN("db", test_configuration, test_password_is_the_first_line_of_a_file,
          test_a_read_opens_no_transaction_and_a_write_leaves_none,
          test_text_survives_a_latin1_server, test_least_privilege,
          test_schema_is_checked_on_connect, test_ping_sees_the_schema_change,
          test_no_server_fails_fast_and_comes_back,
          test_connections_refused_are_tried_once_a_second,
          test_a_frozen_server_costs_four_seconds_at_most, test_a_request_has_an_end,
          test_time_that_runs_out_before_commit_stores_nothing, test_ids_rise)
