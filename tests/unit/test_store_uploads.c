/* src/store/store_uploads.c: who is meant, which source is whose, how rows come back, what a week's lock holds. */
#include "../../src/store/store_priv.h"
#include "store_test.h"

#define NUMBER "2147483648"

static void add_source(struct world *w, const char *name, const char *client)
{
    sql_do(w, "INSERT INTO source (name, client, created_at) VALUES ('%s', %s, NOW(6))", name,
           client);
}

/* --- who and for what ---------------------------------------------------------------------------- */

START_TEST(a_person_is_one_match_of_three_columns_byte_for_byte)
{
    static const struct {
        const char *user;
        int64_t count, person; /* count 2 = more than one */
    } cases[] = {
        {"ann@abc.example", 1, 1},
        {"001", 1, 1},
        {"auth0|ann", 1, 1},
        {"auth0|Ann", 0, 0},
        {"001 ", 0, 0},
        {"A@abc.example", 0, 0},
        {"both", 2, 0},
        {"same", 1, 3},
        {"", 0, 0},
        {"Ann@ABC.example", 1, 1},
        {"BOTH", 1, 4},
    };
    struct world *w = world_open();

    sql_do(w,
           "INSERT INTO person (id, sub, email, user_id, kind, employee_number, created_at) VALUES"
           " (1, 'auth0|ann', 'ann@abc.example', 'u1', 0, '001', NOW(6)),"
           " (2, 'both', NULL, 'u2', 0, '002', NOW(6)),"
           " (3, 'same', 'same', 'u3', 0, 'same', NOW(6)),"
           " (4, NULL, 'both', 'u4', 1, NULL, NOW(6))");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct person_match match = {.person_id = 0};
        int64_t count = -1;
        ck_assert_int_eq(store_person_match(w, w->store, str_of(cases[i].user), &match, &count),
                         STATUS_OK);
        ck_assert_msg(count == cases[i].count, "%s: %lld", cases[i].user, (long long)count);
        if (count == 1)
            ck_assert_int_eq(match.person_id, cases[i].person);
    }
    world_close(w);
}
END_TEST

START_TEST(a_source_is_its_clients_alone)
{
    struct world *w = world_open();
    struct upload_source source = {.id = 0};
    int64_t count = -1, client = -1;

    sql_do(w, "INSERT INTO client (client_id, created_at) VALUES ('app', NOW(6))");
    add_source(w, "one", NUMBER);
    add_source(w, "else", "2147483649");
    ck_assert_int_eq(store_client_id(w->store, STR("nobody"), &client), STATUS_OK);
    ck_assert_int_eq(client, 0);
    ck_assert_int_eq(store_client_id(w->store, STR("APP"), &client), STATUS_OK);
    ck_assert_int_eq(client, 0);
    ck_assert_int_eq(store_client_id(w->store, STR("app"), &client), STATUS_OK);
    ck_assert_int_eq(client, ACTOR_CLIENT_MIN);
    ck_assert_int_eq(store_upload_source(w, w->store, client, STR(""), &source, &count), STATUS_OK);
    ck_assert_int_eq(count, 1);
    ck_assert_view(source.name, "one");
    ck_assert_int_eq(store_upload_source(w, w->store, client, STR("else"), &source, &count),
                     STATUS_OK);
    ck_assert_int_eq(count, 0);
    add_source(w, "two", NUMBER);
    ck_assert_int_eq(store_upload_source(w, w->store, client, STR(""), &source, &count), STATUS_OK);
    ck_assert_int_eq(count, 2);
    ck_assert_int_eq(store_upload_source(w, w->store, client, STR("two"), &source, &count),
                     STATUS_OK);
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(store_upload_source(w, w->store, 0, STR("one"), &source, &count), STATUS_OK);
    ck_assert_int_eq(count, 0);
    world_close(w);
}
END_TEST

/* --- what is read again ----------------------------------------------------------------------------- */

struct seen {
    int64_t count, last, limit;
};

static enum status see(const struct upload_result *row, void *arg)
{
    struct seen *seen = arg;

    ck_assert_int_gt(row->row, seen->last);
    seen->last = row->row;
    return ++seen->count == seen->limit ? STATUS_TOO_LARGE : STATUS_OK;
}

/* More than come in one result, and a number of results that is whole. */
START_TEST(rows_come_back_all_in_order_whatever_their_number)
{
    static const int numbers[] = {
        0, 1, UPLOAD_BATCH - 1, UPLOAD_BATCH, UPLOAD_BATCH + 1, 3 * UPLOAD_BATCH};
    struct world *w = world_open();

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct seen seen = {.count = 0}, rejected = seen, broken = {.limit = 1};
        sql_do(w, "DELETE FROM upload_row");
        for (int n = 1; n <= numbers[i]; n += 100)
            for (int k = n; k < n + 100 && k <= numbers[i]; k++)
                sql_do(w,
                       "INSERT INTO upload_row (upload_id, row_no, outcome) VALUES (7, %d, %d),"
                       " (8, %d, 0)",
                       k, k % 2 == 0 ? UPLOAD_CREATED : UPLOAD_REJECTED, k);
        store_request_begin(w->store);
        ck_assert_int_eq(store_upload_rows_each(w->store, 7, -1, see, &seen), STATUS_OK);
        ck_assert_int_eq(seen.count, numbers[i]);
        ck_assert_int_eq(store_upload_rows_each(w->store, 7, UPLOAD_REJECTED, see, &rejected),
                         STATUS_OK);
        ck_assert_int_eq(rejected.count, (numbers[i] + 1) / 2);
        if (numbers[i] > 0)
            ck_assert_int_eq(store_upload_rows_each(w->store, 7, -1, see, &broken),
                             STATUS_TOO_LARGE);
    }
    world_close(w);
}
END_TEST

static enum status count_upload(const struct upload *row, void *arg)
{
    struct seen *seen = arg;

    ck_assert_int_lt(row->id, seen->last);
    seen->last = row->id;
    seen->count++;
    return STATUS_OK;
}

START_TEST(uploads_are_seen_by_who_sent_them_and_by_admins)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), root = person(w, "root");
    const struct principal machine = {.actor_id = ACTOR_CLIENT_MIN};
    struct upload upload;

    root.administers = true;
    for (int i = 1; i <= 3; i++)
        sql_do(w,
               "INSERT INTO upload (id, actor_id, mode, state, received, created_at)"
               " VALUES (%d, %s, 0, 1, 1, NOW(6))",
               i, i == 3 ? "1" : NUMBER);
    struct seen own = {.last = 100}, hers = own, all = own, before = {.last = 3};
    ck_assert_int_eq(store_uploads_each(w->store, &machine, 100, 9, count_upload, &own), STATUS_OK);
    ck_assert_int_eq(store_uploads_each(w->store, &ann, 100, 9, count_upload, &hers), STATUS_OK);
    ck_assert_int_eq(store_uploads_each(w->store, &root, 100, 9, count_upload, &all), STATUS_OK);
    ck_assert_int_eq(store_uploads_each(w->store, &root, 3, 1, count_upload, &before), STATUS_OK);
    ck_assert_int_eq(own.count, 2);
    ck_assert_int_eq(hers.count, 1);
    ck_assert_int_eq(all.count, 3);
    ck_assert_int_eq(before.count, 1);
    ck_assert_int_eq(store_upload_get(w, w->store, &ann, 1, &upload), STATUS_NOT_FOUND);
    ck_assert_int_eq(store_upload_get(w, w->store, &machine, 3, &upload), STATUS_NOT_FOUND);
    ck_assert_int_eq(store_upload_get(w, w->store, &root, 3, &upload), STATUS_OK);
    ck_assert_int_eq(store_upload_get(w, w->store, &machine, 2, &upload), STATUS_OK);
    ck_assert_int_eq(upload.id, 2);
    world_close(w);
}
END_TEST

/* --- a week that is held ------------------------------------------------------------------------------- */

struct hold {
    struct held_week week;
    struct date locked_through;
    enum status refuse;
};

static enum status hold_body(struct tx *tx, void *arg)
{
    struct hold *h = arg;
    struct held_week week = {.person_id = h->week.person_id, .week = h->week.week};
    enum status st = tx_period_hold(tx, &h->locked_through);

    if (st == STATUS_OK)
        st = tx_week_hold(tx, h->locked_through, &week);
    h->week = week;
    return st == STATUS_OK ? h->refuse : st;
}

static enum status hold(struct world *w, struct hold *h)
{
    const struct write_key no_key = {.actor_id = 1};
    struct replay replay;

    store_request_begin(w->store);
    return store_transact(w, w->store, &no_key, hold_body, h, &replay);
}

/* A week that nobody has touched gets its row with the days that the lock covers. */
START_TEST(a_missing_week_is_made_as_the_period_lock_wants_it)
{
    static const struct {
        const char *locked_through;
        int days;
    } cases[] = {{"NULL", 0},         {"'2026-11-22'", 0}, {"'2026-11-23'", 1}, {"'2026-11-25'", 3},
                 {"'2026-11-29'", 7}, {"'2026-12-31'", 7}, {"'2000-01-01'", 0}};
    struct world *w = world_open();
    struct principal ann = person(w, "ann");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hold h = {.week = {.person_id = ann.person_id, .week = {202648}}};
        sql_do(w, "DELETE FROM week");
        sql_do(w, "UPDATE period_lock SET locked_through = %s", cases[i].locked_through);
        ck_assert_int_eq(hold(w, &h), STATUS_OK);
        ck_assert_int_eq(h.week.seq, 0);
        ck_assert_int_eq(sql_number(w, "SELECT locked_days FROM week"), cases[i].days);
        ck_assert_int_eq(sql_number(w, "SELECT version FROM week"), 0);
    }
    world_close(w);
}
END_TEST

START_TEST(what_is_undone_leaves_no_week)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct hold h = {.week = {.person_id = ann.person_id, .week = {202648}},
                     .refuse = STATUS_UPLOAD_REFUSED};

    ck_assert_int_eq(hold(w, &h), STATUS_UPLOAD_REFUSED);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week"), 0);
    world_close(w);
}
END_TEST

START_TEST(a_week_that_is_there_is_read_as_it_is)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct post p = {.who = ann,
                     .date = day("2026-11-24"),
                     .minutes = 90,
                     .status = ENTRY_SUBMITTED,
                     .note = ""};

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    struct hold h = {.week = {.person_id = ann.person_id, .week = {202648}}};
    ck_assert_int_eq(hold(w, &h), STATUS_OK);
    ck_assert_int_eq(h.week.seq, 1);
    ck_assert_int_eq(h.week.minutes[1], 90);
    char head[2 * EVENT_MAC_LEN + 1];
    for (size_t i = 0; i < EVENT_MAC_LEN; i++)
        (void)snprintf(head + 2 * i, 3, "%02X", h.week.head[i]);
    ck_assert_str_eq(sql_ask(w, "SELECT HEX(head) FROM week"), head);
    world_close(w);
}
END_TEST

UNIT_MAIN("store_uploads", a_person_is_one_match_of_three_columns_byte_for_byte,
          a_source_is_its_clients_alone, rows_come_back_all_in_order_whatever_their_number,
          uploads_are_seen_by_who_sent_them_and_by_admins,
          a_missing_week_is_made_as_the_period_lock_wants_it, what_is_undone_leaves_no_week,
          a_week_that_is_there_is_read_as_it_is)
