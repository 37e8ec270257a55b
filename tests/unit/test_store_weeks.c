#include "store_test.h"

static struct post a_post(struct principal who, const char *date, int64_t minutes)
{
    return (struct post){
        .who = who, .date = day(date), .minutes = minutes, .status = ENTRY_SUBMITTED, .note = ""};
}

START_TEST(test_first_change_makes_the_week)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-29", 60); /* a Sunday */

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_str_eq(
        sql_ask(
            w, "SELECT CONCAT_WS('/', week, d1, d6, d7, n_draft, n_submitted, locked_days, version,"
               " seq) FROM week"),
        "202648/0/0/60/0/1/0/1/1");
    ck_assert_str_eq(
        sql_ask(
            w,
            "SELECT LOWER(HEX(head)) = SHA2(CONCAT(REPEAT(X'00', 32), mac), 256) FROM week, event"),
        "1");
    p.status = ENTRY_DRAFT;
    p.date = day("2026-11-23");
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(p.seq, 2);
    ck_assert_str_eq(
        sql_ask(w, "SELECT CONCAT_WS('/', d1, d7, n_draft, n_submitted, version, seq) FROM week"),
        "60/60/1/1/2/2");
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_24_hours_are_full_and_a_minute_more_is_not_stored)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-25", 1000);

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    p.minutes = 441;
    ck_assert_int_eq(post(w, &p), STATUS_DAY_OVER_24H);
    ck_assert_int_eq(p.there[2], 1000);
    ck_assert_int_eq(p.there[3], 0);
    p.minutes = 440;
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    p.minutes = 1;
    ck_assert_int_eq(post(w, &p), STATUS_DAY_OVER_24H);
    ck_assert_int_eq(p.there[2], 1440);
    p.minutes = 1440; /* the next day is free, and 32767 + 1440 would be out of range anyway */
    p.date = day("2026-11-26");
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(post(w, &p), STATUS_DAY_OVER_24H);
    p.date = day("2026-12-25"); /* a week that is not there: nothing is left of it */
    p.minutes = 1441;
    ck_assert_int_eq(post(w, &p), STATUS_DAY_OVER_24H);
    ck_assert_int_eq(p.there[4], 0);
    p.minutes = 32767;
    ck_assert_int_eq(post(w, &p), STATUS_DAY_OVER_24H);
    p.date = day("2026-11-25");
    ck_assert_int_eq(post(w, &p), STATUS_DAY_OVER_24H); /* out of the column's range */
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week"), 1);
    check_truth(w);
    world_close(w);
}
END_TEST

/* --- the period lock
 * ----------------------------------------------------------------------------- */

static const struct {
    const char *name, *locked_through, *date;
    enum status status;
    int64_t locked_days; /* of the week made, when it is */
} locks[] = {
    {"no lock", NULL, "2026-11-25", STATUS_OK, 0},
    {"lock long ago", "2020-01-01", "2026-11-25", STATUS_OK, 0},
    {"lock up to the day before the week", "2026-11-22", "2026-11-23", STATUS_OK, 0},
    {"lock up to Monday, Monday", "2026-11-23", "2026-11-23", STATUS_PERIOD_LOCKED, 0},
    {"lock up to Monday, Tuesday", "2026-11-23", "2026-11-24", STATUS_OK, 1},
    {"lock up to Saturday, Sunday", "2026-11-28", "2026-11-29", STATUS_OK, 6},
    {"lock up to Sunday, Sunday", "2026-11-29", "2026-11-29", STATUS_PERIOD_LOCKED, 0},
    {"lock far ahead", "2099-01-01", "2026-11-29", STATUS_PERIOD_LOCKED, 0},
};

START_TEST(test_a_lock_on_a_week_without_row)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");

    for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++) {
        struct post p = a_post(ann, locks[i].date, 1);
        if (locks[i].locked_through == NULL)
            sql_do(w, "UPDATE period_lock SET locked_through = NULL");
        else
            sql_do(w, "UPDATE period_lock SET locked_through = '%s'", locks[i].locked_through);
        sql_do(w, "DELETE FROM week");
        sql_do(w, "DELETE FROM event");
        enum status st = post(w, &p);
        ck_assert_msg(st == locks[i].status, "%s: %d", locks[i].name, st);
        ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week"), st == STATUS_OK);
        if (st == STATUS_OK)
            ck_assert_int_eq(sql_number(w, "SELECT locked_days FROM week"), locks[i].locked_days);
    }
    world_close(w);
}
END_TEST

START_TEST(test_a_lock_on_a_week_with_row)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-25", 1);

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    for (int days = 0; days <= WEEK_DAYS; days++) {
        sql_do(w, "UPDATE week SET locked_days = %d", days);
        ck_assert_int_eq(post(w, &p), days <= 2 ? STATUS_OK : STATUS_PERIOD_LOCKED);
    }
    check_truth(w);
    world_close(w);
}
END_TEST

/* --- week 0: the person's own events
 * --------------------------------------------------------------- */

struct own_event {
    struct principal who, for_whom;
    struct iso_week week;
    int64_t seq;
};

static enum status own_event_body(struct tx *tx, void *arg)
{
    struct own_event *o = arg;
    const struct week_change nothing = {.first_day = -1};
    int64_t there[WEEK_DAYS];
    struct post p = {.who = o->who};
    struct event event = event_of(&p, EVENT_PERSON_MADE, 0, day("2026-11-23"));

    event.week = o->week;
    event.person_id = o->for_whom.person_id;
    enum status st = tx_week_change(tx, &o->who, &nothing, &event, &o->seq, there);
    return st == STATUS_OK ? tx_event_insert(tx, &event, o->seq) : st;
}

static enum status own_event(struct world *w, struct own_event *o)
{
    const struct write_key key = {.actor_id = o->who.person_id};
    struct replay replay;

    store_request_begin(w->store);
    return store_transact(w, w->store, &key, own_event_body, o, &replay);
}

START_TEST(test_week_0_has_no_lock)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct own_event o = {.who = ann, .for_whom = ann};

    sql_do(w, "UPDATE period_lock SET locked_through = '2099-01-01'");
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(own_event(w, &o), STATUS_OK);
        ck_assert_int_eq(o.seq, i);
    }
    ck_assert_str_eq(sql_ask(w, "SELECT CONCAT_WS('/', week, locked_days, seq, version) FROM week"),
                     "0/0/3/3");
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_only_who_sees_others_changes_their_weeks)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), mia = manager(w, "mia");
    struct own_event o = {.who = ann, .for_whom = mia, .week = {202648}};

    ck_assert_int_eq(own_event(w, &o), STATUS_INTERNAL);
    o = (struct own_event){.who = mia, .for_whom = ann, .week = {202648}};
    ck_assert_int_eq(own_event(w, &o), STATUS_OK);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week"), 1);
    world_close(w);
}
END_TEST

/* --- constraints, tried as root: what no code of ours can get around
 * -------------------------------- */

static const struct {
    const char *name, *sql, *constraint;
} wrongs[] = {
    {"minutes above a day", "UPDATE week SET d1 = 1441", "week_day_minutes"},
    {"minutes below none", "UPDATE week SET d7 = -1", "week_day_minutes"},
    {"a count below none", "UPDATE week SET n_draft = -1", "week_counts"},
    {"eight locked days", "UPDATE week SET locked_days = 8", "week_locked_days"},
    {"an entry of nothing", "UPDATE entry SET minutes = 0", "entry_minutes"},
    {"an entry above a day", "UPDATE entry SET minutes = 1441", "entry_minutes"},
    {"an unknown status", "UPDATE entry SET status = 4", "entry_status"},
    {"deciding one's own entry", "UPDATE entry SET decided_by = person_id, edited_by = 77",
     "entry_decider"},
    {"deciding what one has edited", "UPDATE entry SET decided_by = 77, edited_by = 77",
     "entry_decider"},
    {"a second period lock", "INSERT INTO period_lock VALUES (2, NULL, 1)", "period_lock_one_row"},
    {"an unknown kind", "UPDATE person SET kind = 2", "person_kind"},
    {"active backwards", "UPDATE person SET active_from = '2026-02-01', active_to = '2026-01-01'",
     "person_active"},
    {"a project backwards",
     "INSERT INTO project (code, name, starts_on, ends_on) VALUES ('x', 'x', '2026-02-01',"
     " '2026-01-01')",
     "project_dates"},
    {"an unknown project state", "INSERT INTO project (code, name, state) VALUES ('x', 'x', 2)",
     "project_state"},
    {"a key without its request", "UPDATE event SET ikey = 'k', request_hash = NULL",
     "event_key_has_hash"},
    {"the same subject twice",
     "INSERT INTO person (sub, user_id, kind, created_at) VALUES ('auth0|ann', 'x', 0, NOW())",
     "person_sub"},
    {"the same user_id twice",
     "INSERT INTO person (user_id, kind, created_at) VALUES ('ann', 0, NOW())", "person_user_id"},
    {"the same employee number twice",
     "INSERT INTO person (user_id, kind, employee_number, created_at) VALUES ('a', 0, '1',"
     " NOW()), ('b', 0, '1', NOW())",
     "person_employee_number"},
    {"the same entry id twice",
     "INSERT INTO entry SELECT person_id, '2026-01-01', id, 1, 'x', 1, 0, 1, '', '', 1, NULL,"
     " NULL, NOW(), NOW(), NULL, NULL FROM entry",
     "entry_id"},
    {"the same key twice",
     "INSERT INTO event SELECT person_id, week, 99, actor_id, 1, NULL, NOW(), ikey, request_hash,"
     " NULL, digest, mac, NULL, NULL FROM event",
     "event_ikey"},
    {"the same place in a chain",
     "INSERT INTO event SELECT person_id, week, seq, actor_id, 1, NULL, NOW(), NULL, NULL, NULL,"
     " digest, mac, NULL, NULL FROM event",
     "PRIMARY"},
};

START_TEST(test_constraints)
{
    struct world *w = world_open();
    struct post p = a_post(person(w, "ann"), "2026-11-25", 1);

    p.key = "0123456789abcdef";
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        bool done = sql_run(w->root, str_of(wrongs[i].sql));
        ck_assert_msg(!done && strstr(sql_message(w->root), wrongs[i].constraint) != NULL, "%s: %s",
                      wrongs[i].name, sql_message(w->root));
    }
    /* bytes, not letters: these are others */
    sql_do(w, "INSERT INTO person (sub, user_id, kind, created_at) VALUES ('AUTH0|ann', 'Ann', 0,"
              " NOW()), ('auth0|ann ', 'ann ', 0, NOW())");
    world_close(w);
}
END_TEST

UNIT_MAIN("store_weeks", test_first_change_makes_the_week,
          test_24_hours_are_full_and_a_minute_more_is_not_stored, test_a_lock_on_a_week_without_row,
          test_a_lock_on_a_week_with_row, test_week_0_has_no_lock,
          test_only_who_sees_others_changes_their_weeks, test_constraints)
