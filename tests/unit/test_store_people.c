#include <sys/wait.h>

#include "store_test.h"

/* The body of a first login: claim the row an admin made, or make one. */
struct login {
    TALLOC_CTX *mem;
    struct identity identity;
    int64_t id;
    enum event_action action;
    int runs;
};

static enum status login_body(struct tx *tx, void *arg)
{
    struct login *l = arg;
    struct person unclaimed;
    struct str user_id = l->identity.email;
    bool taken = false;
    enum status st = STATUS_NOT_FOUND;

    l->runs++;
    if (l->identity.email.len > 0)
        st = tx_person_unclaimed(l->mem, tx, l->identity.email, &unclaimed);
    if (st == STATUS_OK) {
        l->id = unclaimed.id;
        l->action = EVENT_PERSON_CLAIMED;
        st = tx_person_claim(tx, unclaimed.id, &l->identity);
    } else if (st == STATUS_NOT_FOUND) {
        l->action = EVENT_PERSON_MADE;
        st = user_id.len == 0 ? STATUS_OK : tx_user_id_taken(tx, user_id, &taken);
        if (st == STATUS_OK)
            st = tx_person_insert(tx, &l->identity,
                                  taken || user_id.len == 0 ? l->identity.sub : user_id, &l->id);
    }
    if (st != STATUS_OK)
        return st;
    const struct week_change nothing = {.first_day = -1};
    struct post p = {.who = {.person_id = l->id}};
    struct event event = event_of(&p, l->action, 0, day("2026-11-23"));
    int64_t seq, there[WEEK_DAYS];
    event.week.number = 0;
    st = tx_week_change(tx, &p.who, &nothing, &event, &seq, there);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

static enum status login_with(struct world *w, struct store *store, struct login *l,
                              const char *sub, const char *email, const char *name,
                              enum person_kind kind)
{
    const struct write_key key = {.actor_id = 0};
    struct replay replay;

    *l = (struct login){.mem = w, .identity = {str_of(sub), str_of(name), str_of(email), kind}};
    store_request_begin(store);
    return store_transact(w, store, &key, login_body, l, &replay);
}

static enum status login(struct world *w, struct login *l, const char *sub, const char *email,
                         const char *name)
{
    return login_with(w, w->store, l, sub, email, name, PERSON_EMPLOYEE);
}

START_TEST(test_a_new_person)
{
    struct world *w = world_open();
    struct login l;
    struct person p;

    ck_assert_int_eq(store_person_by_sub(w, w->store, STR("auth0|1"), &p), STATUS_NOT_FOUND);
    ck_assert_int_eq(login(w, &l, "auth0|1", "ann@abc.example", "Ann Müller"), STATUS_OK);
    ck_assert_int_eq(store_person_by_sub(w, w->store, STR("auth0|1"), &p), STATUS_OK);
    ck_assert_int_eq(p.id, l.id);
    ck_assert_view(p.user_id, "ann@abc.example");
    ck_assert_view(p.email, "ann@abc.example");
    ck_assert_view(p.name, "Ann Müller");
    ck_assert_int_eq(p.kind, PERSON_EMPLOYEE);
    ck_assert_int_eq(
        sql_number(w, "SELECT COUNT(*) FROM person WHERE claimed_at = created_at AND version = 1"),
        1);
    ck_assert_int_eq(login(w, &l, "auth0|1", "ann@abc.example", "x"), STATUS_STALE);
    ck_assert_int_eq(login(w, &l, "auth0|2", "", ""), STATUS_OK); /* no verified address */
    ck_assert_int_eq(store_person_by_sub(w, w->store, STR("auth0|2"), &p), STATUS_OK);
    ck_assert_view(p.user_id, "auth0|2");
    ck_assert_view(p.email, "");
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM person WHERE email IS NULL"), 1);
    check_truth(w);
    world_close(w);
}
END_TEST

/* Collations would take these for one and the same. */
START_TEST(test_subjects_are_bytes)
{
    static const char *const subs[] = {"auth0|a",
                                       "auth0|A",
                                       "auth0|\xc3\xa4",
                                       "auth0|a ",
                                       "AUTH0|a",
                                       "auth0|\xf0\x9f\x99\x82",
                                       "auth0|\xf0\x9f\x99\x83",
                                       "auth0|\xff\xfe"};
    struct world *w = world_open();
    struct login l;
    struct person p;
    int64_t ids[8];

    for (size_t i = 0; i < 8; i++) {
        ck_assert_int_eq(login(w, &l, subs[i], "", ""), STATUS_OK);
        ids[i] = l.id;
    }
    for (size_t i = 0; i < 8; i++) {
        ck_assert_int_eq(store_person_by_sub(w, w->store, str_of(subs[i]), &p), STATUS_OK);
        ck_assert_int_eq(p.id, ids[i]);
        ck_assert_view(p.user_id, subs[i]);
    }
    world_close(w);
}
END_TEST

START_TEST(test_a_claim_happens_once)
{
    struct world *w = world_open();
    struct login l;
    struct person p;

    run_file(w, "schema/demo.sql");
    int64_t carl = sql_number(w, "SELECT id FROM person");
    ck_assert_int_eq(login(w, &l, "auth0|carl", "CARL@contractors.example", ""),
                     STATUS_OK); /* other bytes, another person */
    ck_assert_int_ne(l.id, carl);
    ck_assert_int_eq(login(w, &l, "auth0|c", "carl@contractors.example", "Carl C."), STATUS_OK);
    ck_assert_int_eq(l.id, carl);
    ck_assert_int_eq(l.action, EVENT_PERSON_CLAIMED);
    ck_assert_int_eq(store_person_by_sub(w, w->store, STR("auth0|c"), &p), STATUS_OK);
    ck_assert_int_eq(p.id, carl);
    ck_assert_view(p.name, "Carl Contractor"); /* as the admin wrote it */
    ck_assert_int_eq(p.kind, PERSON_CONTRACTOR);
    ck_assert_str_eq(
        sql_ask(w,
                "SELECT CONCAT_WS('/', employee_number, version, claimed_at IS NULL) FROM person"
                " WHERE id = %d",
                (int)carl),
        "007/2/0");
    ck_assert_int_eq(login(w, &l, "auth0|d", "carl@contractors.example", "Dan"),
                     STATUS_OK); /* a second login of the address */
    ck_assert_int_ne(l.id, carl);
    ck_assert_int_eq(l.action, EVENT_PERSON_MADE);
    ck_assert_int_eq(store_person_by_sub(w, w->store, STR("auth0|d"), &p), STATUS_OK);
    ck_assert_view(p.user_id, "auth0|d");
    run_file(w, "schema/demo.sql"); /* again: changes nothing */
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM person"), 3);
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_a_claimed_row_is_not_claimed_again)
{
    struct world *w = world_open();
    struct login l;

    run_file(w, "schema/demo.sql");
    ck_assert_int_eq(login(w, &l, "auth0|1", "x@abc.example", ""), STATUS_OK);
    sql_do(
        w,
        "UPDATE person SET email = 'two@abc.example' WHERE user_id = 'carl@contractors.example'");
    sql_do(w, "INSERT INTO person (email, user_id, kind, created_at) VALUES ('two@abc.example',"
              " 'other', 0, NOW())");
    log_set_level(LOG_ERROR);
    ck_assert_int_eq(login(w, &l, "auth0|2", "two@abc.example", ""), STATUS_OK);
    ck_assert_int_eq(l.action, EVENT_PERSON_MADE); /* two rows wait for it: neither is given away */
    world_close(w);
}
END_TEST

START_TEST(test_first_logins_at_the_same_time)
{
    enum { PROCESSES = 8 };
    struct world *w = world_open();
    pid_t pids[PROCESSES];
    int made = 0, claimed = 0;

    log_set_level(LOG_ERROR);
    run_file(w, "schema/demo.sql");
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        struct store *store;
        struct login l;
        ck_assert_int_eq(store_open(w, &w->config, &store), STATUS_OK);
        /* four subjects twice; all have the contractor's address */
        enum status st = login_with(w, store, &l, talloc_asprintf(w, "auth0|%d", i / 2),
                                    "carl@contractors.example", "", PERSON_CONTRACTOR);
        _exit(st == STATUS_STALE                 ? 10
              : st != STATUS_OK                  ? 100 + (int)st
              : l.action == EVENT_PERSON_CLAIMED ? 1
                                                 : 0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) < 100, "%d", WEXITSTATUS(status));
        claimed += WEXITSTATUS(status) == 1;
        made += WEXITSTATUS(status) == 0;
    }
    ck_assert_int_eq(claimed, 1);
    ck_assert_int_eq(made, sql_number(w, "SELECT COUNT(*) FROM person") - 1);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM person WHERE sub IS NULL"), 0);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM person"),
                     sql_number(w, "SELECT COUNT(DISTINCT sub) FROM person"));
    check_truth(w);
    world_close(w);
}
END_TEST

/* The same, with an address that no row has: it becomes the user_id of one of them. */
START_TEST(test_first_logins_with_one_new_address)
{
    enum { PROCESSES = 6 };
    struct world *w = world_open();
    pid_t pids[PROCESSES];

    log_set_level(LOG_ERROR);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        struct store *store;
        struct login l;
        ck_assert_int_eq(store_open(w, &w->config, &store), STATUS_OK);
        enum status st = login_with(w, store, &l, talloc_asprintf(w, "auth0|%d", i / 2),
                                    "new@abc.example", "", PERSON_EMPLOYEE);
        _exit(st == STATUS_STALE || st == STATUS_OK ? 0 : 100 + (int)st);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));
    }
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM person"), PROCESSES / 2);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM person WHERE user_id = 'new@abc.example'"),
                     1);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM person WHERE user_id = sub"),
                     PROCESSES / 2 - 1);
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_who_finds_whom)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), mia = manager(w, "mia"), number = person(w, "4711");
    struct str ann_id = str_of(talloc_asprintf(w, "%d", (int)ann.person_id));
    struct str mia_id = str_of(talloc_asprintf(w, "%d", (int)mia.person_id));
    struct person p;
    const struct {
        const char *name;
        const struct principal *who;
        struct str user;
        int64_t id; /* 0 = not found */
    } cases[] = {
        {"a manager by id", &mia, ann_id, ann.person_id},
        {"a manager by user_id", &mia, STR("ann"), ann.person_id},
        {"oneself by id", &ann, ann_id, ann.person_id},
        {"oneself by user_id", &ann, STR("ann"), ann.person_id},
        {"others by id", &ann, mia_id, 0},
        {"others by user_id", &ann, STR("mia"), 0},
        {"other letters", &mia, STR("ANN"), 0},
        {"trailing space", &mia, STR("ann "), 0},
        {"nobody", &mia, STR("nobody"), 0},
        {"nobody by id", &mia, STR("999999"), 0},
        {"a user_id that looks like an id", &mia, STR("4711"), number.person_id},
        {"empty", &mia, STR(""), 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        p.id = 0;
        enum status st = store_person_find(w, w->store, cases[i].who, cases[i].user, &p);
        ck_assert_msg(st == (cases[i].id == 0 ? STATUS_NOT_FOUND : STATUS_OK) &&
                          p.id == cases[i].id,
                      "%s: %d", cases[i].name, st);
    }
    world_close(w);
}
END_TEST

/* --- what admins see and change ------------------------------------------------------------------ */
struct ids {
    char text[200];
};

static enum status add_user_id(const struct person *row, void *arg)
{
    struct ids *ids = arg;
    (void)snprintf(ids->text + strlen(ids->text), sizeof ids->text - strlen(ids->text), "%.*s ",
                   (int)row->user_id.len, row->user_id.data);
    return STATUS_OK;
}

static const struct {
    const char *name, *q, *active, *cursor;
    int64_t kind; /* -1 = any */
    int64_t limit;
    const char *expected;
} lists[] = {
    {"all, by user_id", "", NULL, "", -1, 10, "B7 ann@x mia zoe@y "},
    {"a page", "", NULL, "", -1, 2, "B7 ann@x "},
    {"the next page", "", NULL, "ann@x", -1, 10, "mia zoe@y "},
    {"contractors", "", NULL, "", PERSON_CONTRACTOR, 10, "B7 "},
    {"by name, any case", "müLLER", NULL, "", -1, 10, "ann@x "},
    {"by user_id, any case", "ANN@", NULL, "", -1, 10, "ann@x "},
    {"by address", "zoe.new", NULL, "", -1, 10, "zoe@y "},
    {"by number", "b7", NULL, "", -1, 10, "B7 "},
    {"no wildcards", "%", NULL, "", -1, 10, ""},
    {"before somebody came", "", "2025-12-31", "", -1, 10, "ann@x mia "},
    {"on the first day", "", "2026-01-01", "", -1, 10, "B7 ann@x mia "},
    {"on the last day", "", "2026-06-30", "", -1, 10, "B7 ann@x mia zoe@y "},
    {"after somebody left", "", "2026-07-01", "", -1, 10, "ann@x mia zoe@y "},
    {"all at once", "b", "2026-02-01", "A", PERSON_CONTRACTOR, 10, "B7 "},
};

START_TEST(test_lists_of_people)
{
    struct world *w = world_open();
    struct principal mia = manager(w, "mia"), admin = {.person_id = 999, .administers = true};
    struct principal nobody = {.person_id = mia.person_id};

    sql_do(w, "INSERT INTO person (user_id, email, name, kind, employee_number, active_from,"
              " active_to, created_at) VALUES"
              " ('ann@x', 'ann@x', 'Ann Müller', 0, NULL, NULL, NULL, NOW(6)),"
              " ('B7', NULL, 'Bob', 1, 'B7', '2026-01-01', '2026-06-30', NOW(6)),"
              " ('zoe@y', 'zoe.new@y', 'Zoe', 0, NULL, '2026-06-30', NULL, NOW(6))");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct person_query query = {.q = str_of(lists[i].q), .cursor = str_of(lists[i].cursor)};
        if (lists[i].kind >= 0) {
            query.kind = lists[i].kind;
            query.present |= 1U << PERSON_QUERY_KIND;
        }
        if (lists[i].active != NULL) {
            query.active = day(lists[i].active);
            query.present |= 1U << PERSON_QUERY_ACTIVE;
        }
        for (int as_admin = 0; as_admin < 2; as_admin++) {
            struct ids ids = {.text = ""};
            ck_assert_int_eq(store_people_each(w->store, as_admin ? &admin : &mia, &query,
                                               lists[i].limit, add_user_id, &ids),
                             STATUS_OK);
            ck_assert_msg(strcmp(ids.text, lists[i].expected) == 0, "%s: %s", lists[i].name,
                          ids.text);
        }
        struct ids ids = {.text = ""};
        ck_assert_int_eq(
            store_people_each(w->store, &nobody, &query, lists[i].limit, add_user_id, &ids),
            STATUS_OK);
        ck_assert_str_eq(ids.text, "");
    }
    world_close(w);
}
END_TEST

struct change {
    TALLOC_CTX *mem;
    struct principal who;
    struct person person;  /* id 0: it is added; else changed, as version `version` */
    struct str name_asked; /* is it somebody else's than the person's? */
    bool named;
};

static enum status change_body(struct tx *tx, void *arg)
{
    struct change *c = arg;
    struct person found;
    enum status st = STATUS_OK;

    if (c->name_asked.len > 0)
        return tx_person_named(tx, c->name_asked, c->person.id, &c->named);
    if (c->person.id == 0)
        return tx_person_add(tx, &c->who, &c->person, &c->person.id);
    st = tx_person_get(c->mem, tx, &c->who, c->person.id, &found);
    return st == STATUS_OK ? tx_person_update(tx, &c->who, &c->person) : st;
}

static enum status change(struct world *w, struct change *c)
{
    const struct write_key key = {.actor_id = c->who.person_id};
    struct replay replay;

    c->mem = w;
    store_request_begin(w->store);
    return store_transact(w, w->store, &key, change_body, c, &replay);
}

static const char *row_of(struct world *w, int64_t id)
{
    return sql_ask(w,
                   "SELECT CONCAT_WS('/', COALESCE(sub, '-'), COALESCE(email, '-'), user_id, name,"
                   " kind, COALESCE(employee_number, '-'), COALESCE(active_from, '-'),"
                   " COALESCE(active_to, '-'), claimed_at IS NULL, version)"
                   " FROM person WHERE id = %lld",
                   (long long)id);
}

START_TEST(test_changes_of_a_person)
{
    struct world *w = world_open();
    struct principal mia = manager(w, "mia"), admin = {.person_id = 999, .administers = true};
    struct change c = {.who = mia,
                       .person = {.user_id = STR("carl@c"),
                                  .name = STR("Carl"),
                                  .email = STR("carl@c"),
                                  .kind = PERSON_CONTRACTOR,
                                  .active_from = day("2026-01-01"),
                                  .active_to = {DATE_NONE_DAYS}}};
    struct login l;
    struct person found;

    log_set_level(LOG_ERROR);
    ck_assert_int_eq(change(w, &c), STATUS_INTERNAL);
    c.who = admin;
    ck_assert_int_eq(change(w, &c), STATUS_OK);
    ck_assert_str_eq(row_of(w, c.person.id), "-/carl@c/carl@c/Carl/1/-/2026-01-01/-/1/1");
    /* what a login claims keeps its name and kind */
    ck_assert_int_eq(login(w, &l, "auth0|carl", "carl@c", "Another Name"), STATUS_OK);
    ck_assert_str_eq(row_of(w, c.person.id), "auth0|carl/carl@c/carl@c/Carl/1/-/2026-01-01/-/0/2");
    ck_assert_int_eq(change(w, &c), STATUS_STALE); /* still of version 0, over -1 */
    c.person.version = 3;
    c.person.claimed = 1;
    c.person.employee_number = STR("007");
    ck_assert_int_eq(change(w, &c), STATUS_OK);
    ck_assert_str_eq(row_of(w, c.person.id),
                     "auth0|carl/carl@c/carl@c/Carl/1/007/2026-01-01/-/0/3");
    c.person.version = 4;
    c.person.claimed = 0;
    c.person.email = STR("new@c");
    c.who = mia;
    ck_assert_int_eq(change(w, &c), STATUS_NOT_FOUND);
    c.who = admin;
    ck_assert_int_eq(change(w, &c), STATUS_OK);
    ck_assert_str_eq(row_of(w, c.person.id), "-/new@c/carl@c/Carl/1/007/2026-01-01/-/1/4");
    ck_assert_int_eq(store_person_get(w, w->store, &admin, c.person.id, &found), STATUS_OK);
    ck_assert_int_eq(found.claimed, 0);
    ck_assert_int_eq(found.version, 4);
    ck_assert_view(found.employee_number, "007");
    ck_assert_int_eq(found.active_from.days, day("2026-01-01").days);
    ck_assert_int_eq(found.active_to.days, DATE_NONE_DAYS);
    world_close(w);
}
END_TEST

START_TEST(test_names_that_are_taken)
{
    struct world *w = world_open();
    struct principal admin = {.person_id = 999, .administers = true};
    static const struct {
        const char *text;
        bool of_somebody, of_another_than_ann;
    } cases[] = {{"ann@x", true, false}, {"ann.new@x", true, false}, {"A1", true, false},
                 {"bob", true, true},    {"B7", true, true},         {"b7", false, false},
                 {"none", false, false}};

    log_set_level(LOG_ERROR);
    sql_do(w, "INSERT INTO person (user_id, email, kind, employee_number, created_at) VALUES"
              " ('ann@x', 'ann.new@x', 0, 'A1', NOW(6)), ('bob', NULL, 1, 'B7', NOW(6))");
    int64_t ann = sql_number(w, "SELECT id FROM person WHERE user_id = 'ann@x'");
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct change c = {.who = admin,
                           .name_asked = str_of(cases[i / 2].text),
                           .person = {.id = i % 2 == 0 ? 0 : ann}};
        ck_assert_int_eq(change(w, &c), STATUS_OK);
        ck_assert_msg(
            c.named == (i % 2 == 0 ? cases[i / 2].of_somebody : cases[i / 2].of_another_than_ann),
            "%s %zu", cases[i / 2].text, i % 2);
    }
    struct change c = {.who = admin,
                       .person = {.user_id = STR("cleo"),
                                  .employee_number = STR("B7"),
                                  .active_from = {DATE_NONE_DAYS},
                                  .active_to = {DATE_NONE_DAYS}}};
    ck_assert_int_eq(change(w, &c), STATUS_TAKEN);
    c.person.user_id = STR("bob");
    c.person.employee_number = STR("");
    ck_assert_int_eq(change(w, &c), STATUS_TAKEN);
    c.person.id = ann;
    c.person.version = 2;
    c.person.employee_number = STR("B7");
    ck_assert_int_eq(change(w, &c), STATUS_TAKEN);
    world_close(w);
}
END_TEST

UNIT_MAIN("store_people", test_a_new_person, test_subjects_are_bytes, test_a_claim_happens_once,
          test_a_claimed_row_is_not_claimed_again, test_first_logins_at_the_same_time,
          test_first_logins_with_one_new_address, test_who_finds_whom, test_lists_of_people,
          test_changes_of_a_person, test_names_that_are_taken)
