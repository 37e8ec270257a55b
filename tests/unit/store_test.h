/* What the tests of the store share: a database of their own with the real schema on the server of
 * TS_TEST_DB_SOCKET (scripts/testdb run -- ...), people, and the body of a typical write. */
#ifndef TS_TESTS_STORE_TEST_H
#define TS_TESTS_STORE_TEST_H

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "../../src/store/sql.h"
#include "../../src/store/sql_split.h"
#include "ts/clock.h"
#include "ts/log.h"
#include "ts/migrate.h"
#include "unit.h"

struct world {
    TALLOC_CTX *mem;
    char name[48];
    struct store_config root_config, config;
    struct sql *root;
    struct store *store;
    void (*check_chains)(struct world *w); /* for events with seals; NULL: their links are stored */
};

static inline struct date day(const char *text)
{
    struct date date;
    ck_assert(date_parse_iso(str_of(text), &date));
    return date;
}

/* Runs a statement as root, which must succeed. */
__attribute__((format(printf, 2, 3))) static inline void sql_do(struct world *w, const char *format,
                                                                ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_assert_msg(sql_run(w->root, str_of(text)), "%s: %s", text, sql_message(w->root));
}

/* The text of the first column of its first row ("" for none or NULL). */
__attribute__((format(printf, 2, 3))) static inline const char *sql_ask(struct world *w,
                                                                        const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_assert_msg(sql_run(w->root, str_of(text)), "%s: %s", text, sql_message(w->root));
    const char *result = sql_result(w->root);
    return talloc_strdup(w->mem, result == NULL ? "" : result);
}

#define sql_number(w, ...) strtoll(sql_ask((w), __VA_ARGS__), NULL, 10)

static inline struct store_config config_of(const char *user, const char *name)
{
    const char *socket = getenv("TS_TEST_DB_SOCKET");

    ck_assert_msg(socket != NULL,
                  "TS_TEST_DB_SOCKET is not set: use scripts/testdb run -- COMMAND");
    return (struct store_config){.socket = socket,
                                 .name = name,
                                 .user = user,
                                 .connect_s = 1,
                                 .io_s = 2,
                                 .lock_wait_s = 1,
                                 .request_ms = 4000};
}

static inline void run_file(struct world *w, const char *file)
{
    char text[65536];
    FILE *in = fopen(file, "re");
    ck_assert_msg(in != NULL, "%s", file);
    struct str rest = str_n(text, fread(text, 1, sizeof text, in)), statement;
    (void)fclose(in);
    while (sql_next(&rest, &statement) == SQL_STATEMENT)
        ck_assert_msg(sql_run(w->root, statement), "%s: %s", file, sql_message(w->root));
}

/* A new, empty database. */
static inline struct world *world_empty(void)
{
    struct world *w = talloc_zero(NULL, struct world);
    struct store_config server = config_of("root", "information_schema");

    w->mem = w;
    (void)snprintf(w->name, sizeof w->name, "t_%d_%llx", (int)getpid(),
                   (unsigned long long)clock_wall_ns());
    ck_assert_int_eq(sql_open(w, &server, &w->root, NULL), STATUS_OK);
    sql_do(w, "CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci", w->name);
    sql_do(w, "USE %s", w->name);
    sql_do(w, "CREATE USER IF NOT EXISTS 'ts_app'@'localhost'");
    w->root_config = config_of("root", w->name);
    w->config = config_of("ts_app", w->name);
    return w;
}

static inline enum status migrate_to(struct world *w, const char *dir, char *said, size_t size)
{
    FILE *out = said == NULL ? fopen("/dev/null", "we") : fmemopen(said, size, "w");
    struct migrate_options options = {.dir = dir, .out = out, .err = said == NULL ? stderr : out};
    enum status st = migrate_run(w->mem, &w->root_config, &options);

    (void)fclose(out);
    return st;
}

/* One with the schema, the grants of the service, and a store that is connected with them. */
static inline struct world *world_open(void)
{
    struct world *w = world_empty();

    ck_assert_int_eq(migrate_to(w, "schema", NULL, 0), STATUS_OK);
    run_file(w, "schema/grants.sql");
    ck_assert_int_eq(store_open(w, &w->config, &w->store), STATUS_OK);
    ck_assert_int_eq(store_connect(w->store), STATUS_OK);
    return w;
}

static inline void world_close(struct world *w)
{
    TALLOC_FREE(w->store);
    sql_do(w, "DROP DATABASE %s", w->name);
    talloc_free(w);
}

/* A person made by SQL, and the principal that acts as it. */
static inline struct principal person(struct world *w, const char *user_id)
{
    sql_do(
        w,
        "INSERT INTO person (sub, user_id, kind, created_at) VALUES ('auth0|%s', '%s', 0, NOW(6))",
        user_id, user_id);
    int64_t id = sql_number(w, "SELECT LAST_INSERT_ID()");
    return (struct principal){.person_id = id, .actor_id = id, .user_id = str_of(user_id)};
}

static inline struct principal manager(struct world *w, const char *user_id)
{
    struct principal who = person(w, user_id);
    who.sees_others = true;
    return who;
}

/* --- the body of a write: POST --------------------------------------------------------------- */
struct post {
    struct principal who;
    struct date date;
    int64_t minutes;
    enum entry_status status;
    const char *key, *note;
    uint8_t request;    /* fills the request hash */
    int64_t fixed_id;   /* an id to use in the first run, 0 = none */
    enum status refuse; /* what the body says in the end, STATUS_OK = go on */
    /* out */
    int runs;
    int64_t id, seq;
    int64_t there[WEEK_DAYS];
    struct replay replay;
};

static inline void fill_mac(uint8_t mac[EVENT_MAC_LEN], int64_t number)
{
    for (uint64_t i = 0; i < EVENT_MAC_LEN; i++)
        mac[i] = (uint8_t)(((uint64_t)number * 0x9E3779B97F4A7C15 + i * 0x2545F4914F6CDD1D) >> 32);
}

static inline struct event event_of(const struct post *p, enum event_action action,
                                    int64_t entry_id, struct date date)
{
    struct event event = {.person_id = p->who.person_id,
                          .week = week_of(date),
                          .action = action,
                          .actor_id = p->who.person_id,
                          .entry_id = entry_id,
                          .at = clock_wall_us(),
                          .ikey = str_of(p->key),
                          .after = STR("{\"id\":1}")};
    memset(event.request_hash, p->request, sizeof event.request_hash);
    memset(event.salt, 7, sizeof event.salt);
    fill_mac(event.digest, clock_wall_ns());
    fill_mac(event.link, clock_wall_ns() + entry_id);
    return event;
}

static inline enum status post_body(struct tx *tx, void *arg)
{
    struct post *p = arg;
    int weekday = date_weekday(p->date);
    int64_t now = clock_wall_us();
    struct week_change change = {.first_day = (int8_t)weekday};
    struct entry entry = {.date = p->date,
                          .project = STR("StoreZero"),
                          .minutes = p->minutes,
                          .note = str_of(p->note),
                          .reason = p->status == ENTRY_REJECTED ? STR("why") : STR(""),
                          .status = p->status,
                          .version = 1,
                          .edited_by = p->who.person_id,
                          .created_at = now,
                          .updated_at = now};

    p->runs++;
    entry.id =
        p->runs == 1 && p->fixed_id != 0 ? p->fixed_id : clock_wall_ns() / 128 + getpid() % 64;
    p->id = entry.id;
    struct event event = event_of(p, EVENT_ENTRY_CREATED, entry.id, p->date);
    change.minutes[weekday] = (int16_t)p->minutes;
    change.count[p->status] = 1;
    enum status st = tx_week_change(tx, &p->who, &change, &event, &p->seq, p->there);
    if (st == STATUS_OK)
        st = tx_entry_insert(tx, &p->who, &entry, 1);
    if (st == STATUS_OK)
        st = tx_event_insert(tx, &event, p->seq);
    return st == STATUS_OK ? p->refuse : st;
}

static inline struct write_key key_of(const struct post *p)
{
    struct write_key key = {.actor_id = p->who.person_id, .key = str_of(p->key)};
    memset(key.request_hash, p->request, sizeof key.request_hash);
    return key;
}

static inline enum status post_with(struct world *w, struct store *store, struct post *p)
{
    struct write_key key = key_of(p);

    p->runs = 0;
    store_request_begin(store);
    return store_transact(w->mem, store, &key, post_body, p, &p->replay);
}

static inline enum status post(struct world *w, struct post *p)
{
    return post_with(w, w->store, p);
}

/* --- what must be true afterwards ------------------------------------------------------------- */

/* Week rows against the entries they sum up, events against seq, and the chain replayed. */
static inline void check_truth(struct world *w)
{
    ck_assert_int_eq(
        sql_number(
            w,
            "SELECT COUNT(*) FROM week WHERE d1+d2+d3+d4+d5+d6+d7 <>"
            " (SELECT COALESCE(SUM(minutes), 0) FROM entry WHERE entry.person_id = week.person_id"
            " AND YEARWEEK(work_date, 3) = week.week)"),
        0);
    ck_assert_int_eq(
        sql_number(
            w, "SELECT COUNT(*) FROM week WHERE n_draft + n_submitted + n_approved + n_rejected <>"
               " (SELECT COUNT(*) FROM entry WHERE entry.person_id = week.person_id"
               " AND YEARWEEK(work_date, 3) = week.week)"),
        0);
    ck_assert_int_eq(
        sql_number(w, "SELECT COALESCE(MAX(total), 0) FROM (SELECT SUM(minutes) AS total FROM entry"
                      " GROUP BY person_id, work_date) AS day") > 1440,
        0);
    ck_assert_int_eq(
        sql_number(w, "SELECT COUNT(*) FROM week WHERE seq <> (SELECT COUNT(*) FROM event WHERE"
                      " event.person_id = week.person_id AND event.week = week.week)"),
        0);
    if (w->check_chains != NULL) {
        w->check_chains(w);
        return;
    }
    int64_t weeks = sql_number(w, "SELECT COUNT(*) FROM week");
    for (int64_t i = 0; i < weeks; i++) {
        sql_do(w,
               "SELECT person_id, week, head, seq INTO @p, @w, @head, @seq FROM week"
               " ORDER BY person_id, week LIMIT %d, 1",
               (int)i);
        int64_t events = sql_number(w, "SELECT @seq");
        sql_do(w, "SET @h = REPEAT(X'00', 32)");
        for (int64_t n = 1; n <= events; n++)
            sql_do(w,
                   "SELECT UNHEX(SHA2(CONCAT(@h, mac), 256)) INTO @h FROM event"
                   " WHERE person_id = @p AND week = @w AND seq = %d",
                   (int)n);
        ck_assert_int_eq(sql_number(w, "SELECT @h = @head"), 1);
    }
}

#endif
