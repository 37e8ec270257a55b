#include "relay.h"

struct codes {
    char text[400];
};

static enum status add_code(const struct project *row, void *arg)
{
    struct codes *codes = arg;
    (void)snprintf(codes->text + strlen(codes->text), sizeof codes->text - strlen(codes->text),
                   "%.*s ", (int)row->code.len, row->code.data);
    return STATUS_OK;
}

static const struct {
    const char *name;
    int64_t state;
    const char *q, *after;
    int64_t limit;
    const char *expected;
} lists[] = {
    {"all, by code", -1, "", "", 100,
     "BAKERY CLINIC INTERNAL MUSEUM-24 NORTH-01 NORTH-02 RAIL-7 StoreZero "},
    {"open ones", PROJECT_OPEN, "", "", 100,
     "CLINIC INTERNAL MUSEUM-24 NORTH-01 NORTH-02 RAIL-7 StoreZero "},
    {"closed ones", PROJECT_CLOSED, "", "", 100, "BAKERY "},
    {"a page", -1, "", "", 2, "BAKERY CLINIC "},
    {"the next page", -1, "", "CLINIC", 2, "INTERNAL MUSEUM-24 "},
    {"after the last", -1, "", "StoreZero", 2, ""},
    {"in the code, any case", -1, "north", "", 100, "NORTH-01 NORTH-02 "},
    {"in the name", -1, "timetable", "", 100, "RAIL-7 "},
    {"in the customer", -1, "müller", "", 100, "BAKERY "},
    {"no wildcards", -1, "%", "", 100, ""},
    {"in nothing", -1, "nowhere", "", 100, ""},
    {"with state", PROJECT_OPEN, "bakeries", "", 100, ""},
};

START_TEST(test_lists)
{
    struct world *w = world_open();

    run_file(w, "schema/demo.sql");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct codes codes = {.text = ""};
        ck_assert_int_eq(store_projects_each(w->store, lists[i].state, str_of(lists[i].q),
                                             str_of(lists[i].after), lists[i].limit, add_code,
                                             &codes),
                         STATUS_OK);
        ck_assert_msg(strcmp(codes.text, lists[i].expected) == 0, "%s: %s", lists[i].name,
                      codes.text);
    }
    world_close(w);
}
END_TEST

START_TEST(test_one)
{
    struct world *w = world_open();
    struct project p;

    run_file(w, "schema/demo.sql");
    ck_assert_int_eq(store_project_get(w->store, STR("RAIL-7"), 0, &p), STATUS_OK);
    ck_assert_int_eq(p.id, sql_number(w, "SELECT id FROM project WHERE code = 'RAIL-7'"));
    ck_assert_view(p.code, "RAIL-7");
    ck_assert_view(p.name, "Timetable planning");
    ck_assert_view(p.customer, "Lakeside Railways");
    ck_assert_int_eq(p.state, PROJECT_OPEN);
    ck_assert_int_eq(p.starts.days, day("2026-01-01").days);
    ck_assert_int_eq(p.ends.days, day("2099-12-31").days);
    ck_assert_int_eq(p.version, 1);
    ck_assert_int_eq(store_project_get(w->store, STR("StoreZero"), 0, &p), STATUS_OK);
    ck_assert_int_eq(p.starts.days, DATE_NONE_DAYS);
    ck_assert_int_eq(p.ends.days, DATE_NONE_DAYS);
    static const char *const unknown[] = {"storezero", "StoreZero ",       " StoreZero", "",
                                          "Storezero", "StoreZer\xc3\xb6", "' OR 1=1"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        ck_assert_msg(store_project_get(w->store, str_of(unknown[i]), 1000, &p) == STATUS_NOT_FOUND,
                      "%s", unknown[i]);
    world_close(w);
}
END_TEST

START_TEST(test_remembered_for_as_long_as_asked)
{
    struct world *w = world_open();
    struct relay r;
    struct project p;

    run_file(w, "schema/demo.sql");
    relay_open(w, &r);
    ck_assert_int_eq(store_project_get(w->store, STR("RAIL-7"), 60000, &p), STATUS_OK);
    int before = relay_commands(&r);
    sql_do(w, "UPDATE project SET state = 1 WHERE code = 'RAIL-7'");
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(store_project_get(w->store, STR("RAIL-7"), 60000, &p), STATUS_OK);
    ck_assert_int_eq(relay_commands(&r) - before, 0);
    ck_assert_int_eq(p.state, PROJECT_OPEN);
    ck_assert_int_eq(store_project_get(w->store, STR("RAIL-7"), 0, &p), STATUS_OK);
    ck_assert_int_eq(p.state, PROJECT_CLOSED);
    sql_do(w, "UPDATE project SET state = 0 WHERE code = 'RAIL-7'");
    clock_fake(clock_wall_us() + 50000000);
    ck_assert_int_eq(store_project_get(w->store, STR("RAIL-7"), 60000, &p), STATUS_OK);
    ck_assert_int_eq(p.state, PROJECT_CLOSED);
    clock_fake(clock_wall_us() + 10000000);
    ck_assert_int_eq(store_project_get(w->store, STR("RAIL-7"), 60000, &p), STATUS_OK);
    ck_assert_int_eq(p.state, PROJECT_OPEN);
    clock_fake(0);
    relay_close(&r);
    world_close(w);
}
END_TEST

/* More projects than the cache has slots: each still answers for itself. */
START_TEST(test_many)
{
    struct world *w = world_open();
    struct project p;

    for (int i = 0; i < 600; i++)
        sql_do(w, "INSERT INTO project (code, name) VALUES ('P-%d', 'name %d')", i, i);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 600; i++) {
            ck_assert_int_eq(
                store_project_get(w->store, str_of(talloc_asprintf(w, "P-%d", i)), 60000, &p),
                STATUS_OK);
            ck_assert_view(p.name, talloc_asprintf(w, "name %d", i));
        }
    }
    world_close(w);
}
END_TEST

/* --- what admins change -------------------------------------------------------------------------- */
struct change {
    struct principal who;
    struct project project; /* version 1: it is made; else the one before is changed */
    struct project found;
};

static enum status change_body(struct tx *tx, void *arg)
{
    struct change *c = arg;
    int64_t id;

    if (c->project.version == 1)
        return tx_project_insert(tx, &c->who, &c->project, &id);
    enum status st = tx_project_get(NULL, tx, c->project.code, &c->found);
    c->project.id = c->found.id;
    return st == STATUS_OK ? tx_project_update(tx, &c->who, &c->project) : st;
}

static enum status change(struct world *w, struct change c)
{
    const struct write_key key = {.actor_id = c.who.person_id};
    struct replay replay;

    store_request_begin(w->store);
    return store_transact(w, w->store, &key, change_body, &c, &replay);
}

static const char *stored(struct world *w)
{
    return sql_ask(w, "SELECT GROUP_CONCAT(CONCAT_WS('/', code, name, customer, state, starts_on,"
                      " ends_on, version) ORDER BY code SEPARATOR ' ') FROM project");
}

START_TEST(test_changes)
{
    struct world *w = world_open();
    struct principal admin = person(w, "admin"), mia = manager(w, "mia");
    struct project p = {.code = STR("P"),
                        .name = STR("Name"),
                        .customer = STR(""),
                        .starts = day("2026-01-01"),
                        .ends = {DATE_NONE_DAYS},
                        .version = 1};

    log_set_level(LOG_ERROR);
    admin.administers = true;
    ck_assert_int_eq(change(w, (struct change){.who = mia, .project = p}), STATUS_INTERNAL);
    ck_assert_int_eq(change(w, (struct change){.who = admin, .project = p}), STATUS_OK);
    ck_assert_int_eq(change(w, (struct change){.who = admin, .project = p}), STATUS_TAKEN);
    ck_assert_str_eq(stored(w), "P/Name//0/2026-01-01/1");
    p.version = 3; /* over version 2, which is not there */
    ck_assert_int_eq(change(w, (struct change){.who = admin, .project = p}), STATUS_STALE);
    p.version = 2;
    p.name = STR("Other");
    p.customer = STR("Müller");
    p.state = PROJECT_CLOSED;
    p.starts.days = DATE_NONE_DAYS;
    p.ends = day("2026-12-31");
    ck_assert_int_eq(change(w, (struct change){.who = mia, .project = p}), STATUS_INTERNAL);
    ck_assert_int_eq(change(w, (struct change){.who = admin, .project = p}), STATUS_OK);
    ck_assert_str_eq(stored(w), "P/Other/Müller/1/2026-12-31/2");
    p.code = STR("P ");
    ck_assert_int_eq(change(w, (struct change){.who = admin, .project = p}), STATUS_NOT_FOUND);
    world_close(w);
}
END_TEST

UNIT_MAIN("store_projects", test_lists, test_one, test_remembered_for_as_long_as_asked, test_many,
          test_changes)
