/* The period lock in the database: what a move does to the week rows, and writers that run beside it. */
#include <sys/wait.h>

#include "store_test.h"

struct move {
    struct principal who;
    struct date to;
    bool refuse_stale; /* claims a version that has passed */
    struct period_lock was;
};

static enum status move_body(struct tx *tx, void *arg)
{
    struct move *m = arg;
    struct period_lock now;
    int64_t seq;
    enum status st = tx_period_get(tx, &m->was);

    if (st != STATUS_OK)
        return st;
    now = (struct period_lock){m->to, m->was.version + 1};
    if (m->refuse_stale)
        m->was.version--;
    st = tx_period_set(tx, &m->who, &m->was, &now);
    struct post p = {.who = m->who};
    struct event event = event_of(&p, EVENT_PERIOD_LOCKED, 0, day("2026-11-23"));
    event.person_id = 1;
    event.week = STREAM(STREAM_PERIOD);
    if (st == STATUS_OK)
        st = tx_stream_advance(tx, &event, &seq);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

static enum status try_move(struct world *w, struct move *m)
{
    const struct write_key key = {.actor_id = m->who.person_id};
    struct replay replay;

    store_request_begin(w->store);
    return store_transact(w, w->store, &key, move_body, m, &replay);
}

/* `to` NULL: no lock. */
static void move_lock(struct world *w, struct principal admin, const char *to)
{
    struct move m = {.who = admin, .to = to == NULL ? (struct date){DATE_NONE_DAYS} : day(to)};

    ck_assert_int_eq(try_move(w, &m), STATUS_OK);
}

static struct principal admin_of(struct world *w)
{
    struct principal who = person(w, "admin");

    who.administers = true;
    return who;
}

static void book(struct world *w, struct principal who, const char *date)
{
    struct post p = {.who = who, .date = day(date), .minutes = 5, .status = ENTRY_SUBMITTED};

    ck_assert_int_eq(post(w, &p), STATUS_OK);
}

/* The locked days of ann's weeks, and their versions. */
static const char *locked(struct world *w)
{
    return sql_ask(w, "SELECT GROUP_CONCAT(week, ':', locked_days ORDER BY week SEPARATOR ' ')"
                      " FROM week WHERE week > 100");
}

static const struct {
    const char *to, *expected;
} moves[] = {
    {"2026-11-25", "202646:7 202647:7 202648:3 202649:0"},
    {"2026-11-25", "202646:7 202647:7 202648:3 202649:0"},
    {"2026-11-29", "202646:7 202647:7 202648:7 202649:0"},
    {"2026-11-30", "202646:7 202647:7 202648:7 202649:1"},
    {"2026-12-31", "202646:7 202647:7 202648:7 202649:7"},
    {"2026-11-16", "202646:7 202647:1 202648:0 202649:0"},
    {"2026-11-15", "202646:7 202647:0 202648:0 202649:0"},
    {"2000-01-01", "202646:0 202647:0 202648:0 202649:0"},
    {"2026-12-06", "202646:7 202647:7 202648:7 202649:7"},
    {NULL, "202646:0 202647:0 202648:0 202649:0"},
    {"2026-11-24", "202646:7 202647:7 202648:2 202649:0"},
    {NULL, "202646:0 202647:0 202648:0 202649:0"},
};

START_TEST(the_weeks_follow_the_lock_back_and_forth)
{
    static const char *const days[] = {"2026-11-09", "2026-11-16", "2026-11-23", "2026-11-30"};
    struct world *w = world_open();
    struct principal admin = admin_of(w), ann = person(w, "ann");
    struct period_lock lock;

    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        book(w, ann, days[i]);
    ck_assert_int_eq(store_period_get(w->store, &lock), STATUS_OK);
    ck_assert_int_eq(lock.version, 1);
    ck_assert_int_eq(lock.locked_through.days, DATE_NONE_DAYS);
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        move_lock(w, admin, moves[i].to);
        ck_assert_msg(strcmp(locked(w), moves[i].expected) == 0, "to %s: %s", moves[i].to,
                      locked(w));
        ck_assert_int_eq(store_period_get(w->store, &lock), STATUS_OK);
        ck_assert_int_eq(lock.version, (int64_t)i + 2);
        ck_assert_int_eq(lock.locked_through.days,
                         moves[i].to == NULL ? DATE_NONE_DAYS : day(moves[i].to).days);
    }
    check_truth(w);
    world_close(w);
}
END_TEST

/* What a versioned body holds changes only with its version: that holds the other way too. */
START_TEST(only_weeks_that_change_rise_in_version)
{
    struct world *w = world_open();
    struct principal admin = admin_of(w), ann = person(w, "ann");

    book(w, ann, "2026-11-16");
    book(w, ann, "2026-11-23");
    book(w, ann, "2026-11-30");
    move_lock(w, admin, "2026-11-22");
    move_lock(w, admin, "2026-11-24");
    move_lock(w, admin, "2026-11-25");
    ck_assert_str_eq(sql_ask(w,
                             "SELECT GROUP_CONCAT(week, ':', version ORDER BY week SEPARATOR ' ')"
                             " FROM week WHERE week > 100"),
                     "202647:2 202648:3 202649:1");
    /* rows that are streams and no weeks are left alone */
    ck_assert_int_eq(
        sql_number(w, "SELECT COUNT(*) FROM week WHERE week < 100 AND locked_days > 0"), 0);
    world_close(w);
}
END_TEST

START_TEST(a_day_inside_the_lock_takes_nothing_whether_its_week_has_a_row_or_not)
{
    struct world *w = world_open();
    struct principal admin = admin_of(w), ann = person(w, "ann"), bob = person(w, "bob");

    book(w, ann, "2026-11-23");
    move_lock(w, admin, "2026-11-25");
    static const struct {
        const char *date;
        enum status expected;
    } cases[] = {{"2026-11-23", STATUS_PERIOD_LOCKED},
                 {"2026-11-25", STATUS_PERIOD_LOCKED},
                 {"2026-11-26", STATUS_OK},
                 {"2026-11-20", STATUS_PERIOD_LOCKED},
                 {"2026-12-01", STATUS_OK}};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct post p = {.who = i % 2 == 0 ? ann : bob,
                         .date = day(cases[i / 2].date),
                         .minutes = 1,
                         .status = ENTRY_SUBMITTED};
        ck_assert_msg(post(w, &p) == cases[i / 2].expected, "%s", cases[i / 2].date);
    }
    move_lock(w, admin, NULL);
    book(w, bob, "2026-11-20");
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(who_does_not_administer_and_a_version_that_passed_move_nothing)
{
    struct world *w = world_open();
    struct principal admin = admin_of(w), mia = manager(w, "mia");
    struct move m = {.who = mia, .to = day("2026-11-25")};

    log_set_level(LOG_ERROR);
    ck_assert_int_eq(try_move(w, &m), STATUS_INTERNAL);
    m = (struct move){.who = admin, .to = day("2026-11-25"), .refuse_stale = true};
    ck_assert_int_eq(try_move(w, &m), STATUS_STALE);
    ck_assert_str_eq(sql_ask(w, "SELECT CONCAT(version, locked_through IS NULL) FROM period_lock"),
                     "11");
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM event"), 0);
    world_close(w);
}
END_TEST

/* --- beside writers ---------------------------------------------------------------------------- */
/* So many people that weeks without a row do not run out. */
enum { WRITERS = 4, PEOPLE = 3000, MOVES = 60 };

/* Books on days of three weeks until the parent has moved the lock often enough. */
static void write_on(struct world *w, int64_t first, int seed)
{
    uint32_t random = (uint32_t)seed * 2654435761U + 1;
    struct store *store;
    struct store_config config = w->config;

    if (store_open(w, &config, &store) != STATUS_OK)
        _exit(1);
    for (;;) {
        random = random * 1664525 + 1013904223;
        int64_t id = first + (random >> 8) % (random >> 30 == 0 ? 3 : PEOPLE);
        struct post p = {.who = {.person_id = id, .actor_id = id},
                         .date = {day("2026-11-16").days + (int32_t)((random >> 16) % 21)},
                         .minutes = 1,
                         .status = ENTRY_SUBMITTED};
        enum status st = post_with(w, store, &p);
        if (st != STATUS_OK && st != STATUS_PERIOD_LOCKED && st != STATUS_DAY_OVER_24H)
            _exit(100 + (int)st);
    }
}

static const char *inside(struct world *w, struct date lock)
{
    char text[DATE_TEXT_LEN];

    date_format(lock, text);
    return sql_ask(w,
                   "SELECT CONCAT(COUNT(*), ' ', COALESCE(SUM(id), 0)) FROM entry"
                   " WHERE work_date <= '%.*s'",
                   DATE_TEXT_LEN, text);
}

/* A row made beside the move must have the new lock in it, or later changes of it pass. */
static void check_locked_days(struct world *w)
{
    ck_assert_int_eq(
        sql_number(w,
                   "SELECT COUNT(*) FROM week JOIN period_lock WHERE week > 100 AND locked_days <>"
                   " LEAST(7, GREATEST(0, DATEDIFF(locked_through,"
                   " STR_TO_DATE(CONCAT(week, ' Monday'), '%%x%%v %%W')) + 1))"),
        0);
}

START_TEST(nothing_slips_in_behind_the_lock)
{
    struct world *w = world_open();
    struct principal admin = admin_of(w);
    const int64_t first = 1000;
    pid_t pids[WRITERS];
    int refused = 0;

    log_set_level(LOG_ERROR);
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            write_on(w, first, i);
    }
    for (int i = 0; i < MOVES; i++) {
        struct move m = {.who = admin, .to = {day("2026-11-16").days + (i * 13) % 21}};
        enum status st = try_move(w, &m);
        refused += st != STATUS_OK;
        if (st != STATUS_OK)
            continue;
        const char *before = inside(w, m.to);
        int64_t outside = sql_number(w, "SELECT COUNT(*) FROM entry");
        for (int tries = 0; tries < 100; tries++) { /* until the others have written something */
            if (sql_number(w, "SELECT COUNT(*) FROM entry") > outside + 20)
                break;
        }
        ck_assert_str_eq(inside(w, m.to), before);
        check_locked_days(w);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        ck_assert_int_eq(kill(pids[i], SIGKILL), 0);
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_msg(WIFSIGNALED(status), "writer %d ended with %d", i, WEXITSTATUS(status));
    }
    ck_assert_int_eq(refused, 0);
    check_truth(w);
    world_close(w);
}
END_TEST

/* Three years of 130 people: a first lock reaches all of them, within the time of a request. */
START_TEST(a_lock_over_twenty_thousand_weeks_is_one_request)
{
    struct world *w = world_open();
    struct principal admin = admin_of(w);

    sql_do(w, "INSERT INTO week (person_id, week, version, head)"
              " WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 155)"
              " SELECT 1000 + p.i, YEARWEEK('2024-01-01' + INTERVAL s.i WEEK, 3), 1,"
              " REPEAT(X'00', 32) FROM n p JOIN n s WHERE p.i < 130");
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week"), 20280);
    move_lock(w, admin, "2026-10-31");
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week WHERE locked_days = 7"), 130 * 147);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week WHERE locked_days = 6"), 130);
    move_lock(w, admin, "2026-11-30");
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week WHERE locked_days = 1"), 130);
    move_lock(w, admin, NULL);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week WHERE locked_days > 0"), 0);
    world_close(w);
}
END_TEST

UNIT_MAIN("store_period", the_weeks_follow_the_lock_back_and_forth,
          only_weeks_that_change_rise_in_version,
          a_day_inside_the_lock_takes_nothing_whether_its_week_has_a_row_or_not,
          who_does_not_administer_and_a_version_that_passed_move_nothing,
          nothing_slips_in_behind_the_lock, a_lock_over_twenty_thousand_weeks_is_one_request)
