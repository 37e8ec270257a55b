/* Sources and their clients in the database. */
#include <sys/wait.h>

#include "store_test.h"

struct change {
    struct principal who;
    const char *name, *client_id;
    int64_t over; /* 0 = make it, else change that version of it */
    bool forgets; /* ends in a refusal, so that nothing of it stays */
};

static enum status change_body(struct tx *tx, void *arg)
{
    struct change *c = arg;
    struct source source = {.name = str_of(c->name), .version = c->over + 1};
    int64_t id;
    enum status st = STATUS_OK;

    if (c->over > 0) {
        st = tx_source_get(NULL, tx, source.name, &source);
        source.version = c->over + 1;
    }
    if (st == STATUS_OK)
        st = tx_client_make(tx, &c->who, str_of(c->client_id), &source.client);
    if (st == STATUS_OK)
        st = c->over == 0 ? tx_source_insert(tx, &c->who, &source, &id)
                          : tx_source_update(tx, &c->who, &source);
    return st == STATUS_OK && c->forgets ? STATUS_INVALID : st;
}

static enum status change_with(struct world *w, struct store *store, struct change c)
{
    const struct write_key key = {.actor_id = c.who.person_id};
    struct replay replay;

    store_request_begin(store);
    return store_transact(w, store, &key, change_body, &c, &replay);
}

#define CHANGE(w, admin, ...)                                                                      \
    change_with((w), (w)->store, (struct change){.who = (admin), __VA_ARGS__})

static struct principal admin_of(struct world *w)
{
    struct principal who = person(w, "admin");

    who.administers = true;
    return who;
}

static const char *all(struct world *w)
{
    return sql_ask(w, "SELECT COALESCE(GROUP_CONCAT(name, ' ', c.client_id, ' ', version"
                      " ORDER BY name), '') FROM source JOIN client c ON c.id = client");
}

START_TEST(a_source_is_made_and_moved_to_another_client)
{
    struct world *w = world_open();
    struct principal admin = admin_of(w);
    struct source s;

    ck_assert_int_eq(CHANGE(w, admin, .name = "tool", .client_id = "one"), STATUS_OK);
    ck_assert_int_eq(CHANGE(w, admin, .name = "Tool", .client_id = "one"), STATUS_OK);
    ck_assert_int_eq(CHANGE(w, admin, .name = "tool", .client_id = "two"), STATUS_TAKEN);
    ck_assert_str_eq(all(w), "Tool one 1,tool one 1");
    ck_assert_int_eq(CHANGE(w, admin, .name = "tool", .client_id = "two", .over = 1), STATUS_OK);
    ck_assert_int_eq(CHANGE(w, admin, .name = "tool", .client_id = "one", .over = 1), STATUS_STALE);
    ck_assert_int_eq(CHANGE(w, admin, .name = "none", .client_id = "one", .over = 1),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(CHANGE(w, admin, .name = "tool ", .client_id = "one", .over = 1),
                     STATUS_NOT_FOUND);
    ck_assert_str_eq(all(w), "Tool one 1,tool two 2");
    /* clients' numbers begin where those of persons end */
    ck_assert_int_eq(
        sql_number(w, "SELECT COUNT(*) FROM client WHERE id < %lld", (long long)ACTOR_CLIENT_MIN),
        0);
    ck_assert_int_eq(store_source_get(w, w->store, STR("tool"), &s), STATUS_OK);
    ck_assert_view(s.client_id, "two");
    ck_assert_int_eq(s.client, sql_number(w, "SELECT id FROM client WHERE client_id = 'two'"));
    ck_assert_int_eq(s.version, 2);
    ck_assert_int_eq(store_source_get(w, w->store, STR("TOOL"), &s), STATUS_NOT_FOUND);
    ck_assert_int_eq(store_source_get(w, w->store, STR("tool "), &s), STATUS_NOT_FOUND);
    world_close(w);
}
END_TEST

START_TEST(what_is_refused_leaves_no_client)
{
    struct world *w = world_open();
    struct principal admin = admin_of(w), mia = manager(w, "mia");

    log_set_level(LOG_ERROR);
    ck_assert_int_eq(CHANGE(w, admin, .name = "tool", .client_id = "one", .forgets = true),
                     STATUS_INVALID);
    ck_assert_int_eq(CHANGE(w, mia, .name = "tool", .client_id = "one"), STATUS_INTERNAL);
    ck_assert_str_eq(all(w), "");
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM client"), 0);
    world_close(w);
}
END_TEST

struct names {
    char text[200];
};

static enum status add_name(const struct source *row, void *arg)
{
    struct names *names = arg;
    (void)snprintf(names->text + strlen(names->text), sizeof names->text - strlen(names->text),
                   "%.*s ", (int)row->name.len, row->name.data);
    return STATUS_OK;
}

START_TEST(the_list_is_in_order_and_goes_on_after_a_name)
{
    static const struct {
        const char *after;
        int64_t limit;
        const char *expected;
    } lists[] = {{"", 10, "A b c "}, {"", 2, "A b "}, {"b", 10, "c "}, {"c", 10, ""}};
    struct world *w = world_open();
    struct principal admin = admin_of(w);

    ck_assert_int_eq(CHANGE(w, admin, .name = "c", .client_id = "one"), STATUS_OK);
    ck_assert_int_eq(CHANGE(w, admin, .name = "A", .client_id = "two"), STATUS_OK);
    ck_assert_int_eq(CHANGE(w, admin, .name = "b", .client_id = "one"), STATUS_OK);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct names names = {.text = ""};
        ck_assert_int_eq(
            store_sources_each(w->store, str_of(lists[i].after), lists[i].limit, add_name, &names),
            STATUS_OK);
        ck_assert_str_eq(names.text, lists[i].expected);
    }
    world_close(w);
}
END_TEST

/* Of those who make a client at the same time, all have the same one. */
START_TEST(a_client_is_made_once)
{
    enum { PROCESSES = 6 };
    struct world *w = world_open();
    struct principal admin = admin_of(w);
    pid_t pids[PROCESSES];

    log_set_level(LOG_ERROR);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        struct store *store;
        ck_assert_int_eq(store_open(w, &w->config, &store), STATUS_OK);
        enum status st = change_with(w, store,
                                     (struct change){.who = admin,
                                                     .name = talloc_asprintf(w, "tool-%d", i),
                                                     .client_id = "one"});
        _exit(st == STATUS_OK ? 0 : 100 + (int)st);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));
    }
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM client"), 1);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM source JOIN client c ON c.id = client"),
                     PROCESSES);
    world_close(w);
}
END_TEST

UNIT_MAIN("store_sources", a_source_is_made_and_moved_to_another_client,
          what_is_refused_leaves_no_client, the_list_is_in_order_and_goes_on_after_a_name,
          a_client_is_made_once)
