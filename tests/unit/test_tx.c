#include "relay.h"

static struct post a_post(struct principal who, const char *date, int64_t minutes)
{
    return (struct post){
        .who = who, .date = day(date), .minutes = minutes, .status = ENTRY_SUBMITTED, .note = "n"};
}

static int64_t entries(struct world *w)
{
    return sql_number(w, "SELECT COUNT(*) FROM entry");
}

/* --- round trips ------------------------------------------------------------------------------ */

START_TEST(test_post_takes_four_round_trips)
{
    struct world *w = world_open();
    struct relay r;
    struct principal ann = person(w, "ann");
    struct post p = a_post(ann, "2026-11-23", 60);

    relay_open(w, &r);
    ck_assert_int_eq(post(w, &p), STATUS_OK); /* connects */
    for (int i = 0; i < 4; i++) {
        p.date = day(i < 2    ? "2026-11-24"
                     : i == 2 ? "2026-12-01"
                              : "2019-05-06"); /* old week, new weeks */
        int before = relay_commands(&r), executes = r.control->commands[COM_STMT_EXECUTE];
        p.key = talloc_asprintf(w, "0123456789abcdef-%d", i);
        ck_assert_int_eq(post(w, &p), STATUS_OK);
        ck_assert_int_eq(relay_commands(&r) - before, 4);
        ck_assert_int_eq(r.control->commands[COM_STMT_EXECUTE] - executes, 4);
    }
    int before = relay_commands(&r);
    struct entry e;
    ck_assert_int_eq(store_entry_get(w, w->store, &ann, p.id, &e), STATUS_OK);
    ck_assert_int_eq(relay_commands(&r) - before, 1);
    relay_close(&r);
    world_close(w);
}
END_TEST

/* --- keys
 * -------------------------------------------------------------------------------------- */

START_TEST(test_same_key_and_request_replays)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);

    p.key = "0123456789abcdef";
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert(!p.replay.found);
    int64_t id = p.id;
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert(p.replay.found);
    ck_assert_int_eq(p.replay.entry_id, id);
    ck_assert_int_eq(p.replay.action, EVENT_ENTRY_CREATED);
    ck_assert_view(p.replay.after, "{\"id\":1}");
    ck_assert_int_eq(entries(w), 1);
    check_truth(w);
    world_close(w);
}
END_TEST

/* The reply of a whole week is longer than what a column has room for at first. */
START_TEST(test_a_long_reply_replays_whole)
{
    static const int64_t lengths[] = {16384, 16385, 300000, 8, 2000000};
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);

    p.key = "0123456789abcdef";
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        sql_do(w, "UPDATE event SET after_json = CONCAT('{', REPEAT('x', %d), '}')",
               (int)lengths[i] - 2);
        ck_assert_int_eq(post(w, &p), STATUS_OK);
        ck_assert(p.replay.found);
        ck_assert_uint_eq(p.replay.after.len, (size_t)lengths[i]);
        ck_assert_uint_eq(strspn(p.replay.after.data + 1, "x"), (size_t)lengths[i] - 2);
        ck_assert_int_eq(p.replay.after.data[lengths[i] - 1], '}');
    }
    world_close(w);
}
END_TEST

START_TEST(test_same_key_and_another_request_is_refused)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);

    p.key = "0123456789abcdef";
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    p.request = 9;
    ck_assert_int_eq(post(w, &p), STATUS_KEY_REUSED);
    ck_assert(!p.replay.found);
    ck_assert_int_eq(entries(w), 1);
    world_close(w);
}
END_TEST

START_TEST(test_keys_are_the_callers_own_and_bytes)
{
    struct world *w = world_open();
    struct post ann = a_post(person(w, "ann"), "2026-11-23", 60),
                bob = a_post(person(w, "bob"), "2026-11-23", 60);

    ann.key = bob.key = "0123456789abcdef";
    ck_assert_int_eq(post(w, &ann), STATUS_OK);
    ck_assert_int_eq(post(w, &bob), STATUS_OK);
    ck_assert(!bob.replay.found);
    ann.key = "0123456789ABCDEF";
    ck_assert_int_eq(post(w, &ann), STATUS_OK);
    ck_assert(!ann.replay.found);
    ck_assert_int_eq(entries(w), 3);
    world_close(w);
}
END_TEST

/* The rule that refuses may be a consequence of the first, stored try. */
START_TEST(test_a_refusal_looks_the_key_up_first)
{
    static const enum status refusals[] = {
        STATUS_DAY_OVER_24H, STATUS_PERIOD_LOCKED,  STATUS_NOT_FOUND, STATUS_STALE,
        STATUS_APPROVED,     STATUS_PROJECT_CLOSED, STATUS_INVALID};
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-23", 1000);

    p.key = "0123456789abcdef";
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(post(w, &p),
                     STATUS_OK); /* 2000 minutes: refused before the event could clash */
    ck_assert(p.replay.found);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        p.refuse = refusals[i];
        p.minutes = 1;
        p.key = "0123456789abcdef";
        ck_assert_int_eq(post(w, &p), STATUS_OK);
        ck_assert(p.replay.found);
        p.key = "another-key-of-it";
        ck_assert_int_eq(post(w, &p), refusals[i]);
        ck_assert(!p.replay.found);
    }
    p.refuse = STATUS_INTERNAL; /* no refusal: an error stays one */
    ck_assert_int_eq(post(w, &p), STATUS_INTERNAL);
    ck_assert_int_eq(entries(w), 1);
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_a_refused_body_stores_nothing)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);

    p.refuse = STATUS_NOT_FOUND;
    ck_assert_int_eq(post(w, &p), STATUS_NOT_FOUND);
    ck_assert_int_eq(entries(w) + sql_number(w, "SELECT COUNT(*) FROM week") +
                         sql_number(w, "SELECT COUNT(*) FROM event"),
                     0);
    p.refuse = STATUS_OK;
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(p.seq, 1);
    world_close(w);
}
END_TEST

/* --- clashes
 * ------------------------------------------------------------------------------------ */

START_TEST(test_a_clash_of_entry_ids_runs_again)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    p.fixed_id = p.id;
    ck_assert_int_eq(post(w, &p), STATUS_OK); /* same date: the primary key */
    ck_assert_int_eq(p.runs, 2);
    p.date = day("2026-11-24");
    p.fixed_id = p.id;
    ck_assert_int_eq(post(w, &p), STATUS_OK); /* another date: entry_id */
    ck_assert_int_eq(p.runs, 2);
    ck_assert_int_eq(entries(w), 3);
    check_truth(w);
    world_close(w);
}
END_TEST

/* Two bodies that take two weeks in opposite order, in step: one of them must be a deadlock's
 * victim. */
struct crossing {
    struct post first, second;
    int pipe_in, pipe_out;
    int runs;
};

static enum status crossing_body(struct tx *tx, void *arg)
{
    struct crossing *c = arg;
    char byte = 1;

    enum status st = post_body(tx, &c->first);
    if (st == STATUS_OK && c->runs++ == 0) { /* meet once: both hold their first week */
        ck_assert_int_eq(write(c->pipe_out, &byte, 1), 1);
        ck_assert_int_eq(read(c->pipe_in, &byte, 1), 1);
    }
    return st == STATUS_OK ? post_body(tx, &c->second) : st;
}

static int crossing_run(struct world *w, struct principal who, const char *one, const char *two,
                        int in, int out)
{
    struct crossing c = {.first = a_post(who, one, 10),
                         .second = a_post(who, two, 10),
                         .pipe_in = in,
                         .pipe_out = out};
    struct write_key key = {.actor_id = who.person_id};
    struct replay replay;
    struct store *store;

    ck_assert_int_eq(store_open(w, &w->config, &store), STATUS_OK);
    store_request_begin(store);
    enum status st = store_transact(w, store, &key, crossing_body, &c, &replay);
    ck_assert_int_eq(st, STATUS_OK);
    return c.runs;
}

START_TEST(test_a_deadlock_is_repeated)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct post p = a_post(ann, "2026-11-23", 1);
    int there[2], back[2], status;

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    p.date = day("2026-12-01");
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(pipe(there), 0);
    ck_assert_int_eq(pipe(back), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(crossing_run(w, ann, "2026-11-23", "2026-12-01", back[0], there[1]));
    int runs = crossing_run(w, ann, "2026-12-01", "2026-11-23", there[0], back[1]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(runs + WEXITSTATUS(status), 3); /* one of the two ran twice */
    ck_assert_int_eq(entries(w), 6);
    check_truth(w);
    world_close(w);
}
END_TEST

/* Somebody holds the week and does not let go. */
START_TEST(test_a_lock_that_stays_ends_as_contended_in_time)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);

    log_set_level(LOG_ERROR);
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    sql_do(w, "BEGIN");
    sql_do(w, "UPDATE week SET version = version");
    int64_t begin_ms = clock_mono_ms();
    enum status st = post(w, &p);
    int64_t took_ms = clock_mono_ms() - begin_ms;
    ck_assert_msg(st == STATUS_CONTENDED || st == STATUS_UNAVAILABLE, "%d", st);
    ck_assert_msg(took_ms > 900 && took_ms < 5500, "%d ms", (int)took_ms);
    ck_assert_int_ge(p.runs, 3);
    sql_do(w, "ROLLBACK");
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(entries(w), 2);
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_a_lock_that_is_freed_is_waited_for)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);
    struct sql *other;

    log_set_level(LOG_ERROR);
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    pid_t pid = fork();
    if (pid == 0) { /* holds it for 1.3 s: longer than one lock wait */
        ck_assert_int_eq(sql_open(NULL, &w->root_config, &other, NULL), STATUS_OK);
        ck_assert(sql_run(other, STR("BEGIN")) &&
                  sql_run(other, STR("UPDATE week SET version = version")));
        ck_assert(sql_run(other, STR("DO SLEEP(1.3)")));
        _exit(sql_run(other, STR("ROLLBACK")) ? 0 : 1);
    }
    while (sql_number(
               w,
               "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '%s' AND info LIKE"
               " 'DO SLEEP%%'",
               w->name) == 0)
        continue;
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_ge(p.runs, 2);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    check_truth(w);
    world_close(w);
}
END_TEST

/* --- lost connections
 * ---------------------------------------------------------------------------- */

START_TEST(test_lost_at_any_statement)
{
    struct world *w = world_open();
    struct relay r;
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);

    log_set_level(LOG_ERROR);
    relay_open(w, &r);
    /* a post has 4 statements, whether its week has a row or not */
    for (int before = 0; before <= 1; before++) {
        for (int n = 1; n <= 4; n++) {
            int64_t count = entries(w);
            p.key = talloc_asprintf(w, "0123456789abcdef-%d-%d", before, n);
            p.date = day(n % 2 == 0 ? "2026-11-23"
                                    : talloc_asprintf(w, "2026-%02d-%02d", 1 + n, 3 + before * 14));
            relay_at(&r, before ? RELAY_CUT_BEFORE : RELAY_CUT_AFTER, n);
            enum status st = post(w, &p);
            relay_at(&r, RELAY_PASS, 0);
            ck_assert_msg(st == STATUS_OK, "statement %d: status %d", n, st);
            ck_assert_int_eq(entries(w), count + 1);
            ck_assert_int_eq(post(w, &p), STATUS_OK);
            ck_assert(p.replay.found);
        }
    }
    check_truth(w);
    relay_close(&r);
    world_close(w);
}
END_TEST

static const struct {
    const char *name;
    enum relay_mode mode;
    bool keyed;
    int runs;
} commits[] = {
    {"COMMIT did not arrive, no key", RELAY_CUT_BEFORE, false, 2},
    {"COMMIT did not arrive, key", RELAY_CUT_BEFORE, true, 2},
    {"COMMIT took place, no key", RELAY_CUT_AFTER, false, 1},
    {"COMMIT took place, key", RELAY_CUT_AFTER, true, 1},
    {"COMMIT took place, no answer in time", RELAY_STALL_AFTER, false, 1},
};

START_TEST(test_lost_in_commit)
{
    struct world *w = world_open();
    struct relay r;
    struct principal ann = person(w, "ann");

    log_set_level(LOG_ERROR);
    relay_open(w, &r);
    for (size_t i = 0; i < sizeof commits / sizeof commits[0]; i++) {
        struct post p = a_post(ann, "2026-11-23", 60);
        if (commits[i].keyed)
            p.key = talloc_asprintf(w, "0123456789abcdef%d", (int)i);
        relay_at_commit(&r, commits[i].mode, 1);
        enum status st = post(w, &p);
        ck_assert_msg(st == STATUS_OK && p.runs == commits[i].runs, "%s: status %d, runs %d",
                      commits[i].name, st, p.runs);
        ck_assert_int_eq(entries(w), (int)i + 1);
        ck_assert_int_eq(sql_number(w, "SELECT id FROM entry ORDER BY id DESC LIMIT 1"), p.id);
        relay_at(&r, RELAY_PASS, 0);
    }
    check_truth(w);
    relay_close(&r);
    world_close(w);
}
END_TEST

/* Nobody can be asked what became of it: not "stored", not "not stored", and never again by
 * itself. */
START_TEST(test_lost_in_commit_for_good)
{
    struct world *w = world_open();
    struct relay r;
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);

    log_set_level(LOG_ERROR);
    relay_open(w, &r);
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    r.control->then_refuse = true;
    relay_at_commit(&r, RELAY_CUT_AFTER, 1);
    ck_assert_int_eq(post(w, &p), STATUS_UNAVAILABLE);
    ck_assert_int_eq(p.runs, 1);
    ck_assert_int_eq(entries(w), 2); /* it had been stored: at most once is what counts */
    check_truth(w);
    relay_close(&r);
    world_close(w);
}
END_TEST

/* The COMMIT is still on its way when the outcome is asked for. The old session holds the week, so
 * "not there yet" is not taken for "not stored". */
START_TEST(test_a_late_commit_is_not_repeated)
{
    struct world *w = world_open();
    struct relay r;
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);

    log_set_level(LOG_ERROR);
    relay_open(w, &r);
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    relay_at_commit(&r, RELAY_HOLD, 1);
    ck_assert_int_eq(post(w, &p), STATUS_UNAVAILABLE);
    ck_assert_int_eq(p.runs, 1);
    ck_assert_int_eq(entries(w), 1);
    r.control->release = true;
    while (entries(w) < 2)
        continue;
    check_truth(w);
    relay_close(&r);
    world_close(w);
}
END_TEST

START_TEST(test_killed_between_requests)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-23", 60);
    struct entry e;

    log_set_level(LOG_ERROR);
    for (int i = 0; i < 5; i++) {
        const char *id;
        ck_assert_int_eq(post(w, &p), STATUS_OK);
        while (*(id = sql_ask(
                     w,
                     "SELECT id FROM information_schema.processlist WHERE db = '%s' AND user ="
                     " 'ts_app' LIMIT 1",
                     w->name)) != '\0')
            (void)!sql_run(w->root,
                           str_of(talloc_asprintf(w, "KILL %s", id))); /* it may have just ended */
        ck_assert_int_eq(post(w, &p), STATUS_OK);
        ck_assert_int_eq(store_entry_get(w, w->store, &p.who, p.id, &e), STATUS_OK);
    }
    ck_assert_int_eq(entries(w), 10);
    check_truth(w);
    world_close(w);
}
END_TEST

/* --- races
 * ----------------------------------------------------------------------------------------- */

enum { RACERS = 8, RACE_POSTS = 60 };

static int race(struct world *w, const struct principal *people, int racer, bool many)
{
    struct store *store;
    int stored = 0;

    if (store_open(w, &w->config, &store) != STATUS_OK)
        return 255;
    for (int i = 0; i < RACE_POSTS; i++) {
        struct post p = a_post(people[many ? (racer + i) % 3 : 0],
                               i % 2 == 0 ? "2026-11-23" : "2026-11-24", 100);
        if (i % 3 == 0) /* several racers share each key */
            p.key = talloc_asprintf(w, "race-key-0123456-%d-%d", racer / 2, i);
        enum status st = post_with(w, store, &p);
        if (st == STATUS_OK && !p.replay.found)
            stored++;
        else if (st != STATUS_OK && st != STATUS_DAY_OVER_24H)
            return 254;
    }
    return stored;
}

START_TEST(test_racing_writers_never_pass_24_hours)
{
    struct world *w = world_open();
    const struct principal people[] = {person(w, "ann"), person(w, "bob"), person(w, "eve")};
    pid_t pids[RACERS];
    int stored = 0;

    for (int i = 0; i < RACERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(race(w, people, i, true));
    }
    for (int i = 0; i < RACERS; i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) < 250, "racer %d: %d", i,
                      WEXITSTATUS(status));
        stored += WEXITSTATUS(status);
    }
    ck_assert_int_eq(stored, 6 * 14); /* 6 days of 14 times 100 minutes, exactly full */
    ck_assert_int_eq(entries(w), stored);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM event"), stored);
    check_truth(w);
    world_close(w);
}
END_TEST

UNIT_MAIN("tx", test_a_long_reply_replays_whole, test_post_takes_four_round_trips,
          test_same_key_and_request_replays, test_same_key_and_another_request_is_refused,
          test_keys_are_the_callers_own_and_bytes, test_a_refusal_looks_the_key_up_first,
          test_a_refused_body_stores_nothing, test_a_clash_of_entry_ids_runs_again,
          test_a_deadlock_is_repeated, test_a_lock_that_stays_ends_as_contended_in_time,
          test_a_lock_that_is_freed_is_waited_for, test_lost_at_any_statement, test_lost_in_commit,
          test_lost_in_commit_for_good, test_a_late_commit_is_not_repeated,
          test_killed_between_requests, test_racing_writers_never_pass_24_hours)
