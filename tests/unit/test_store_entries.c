#include "store_test.h"

/* A row by SQL, for what a test wants to read. */
static void put_entry(struct world *w, int64_t id, const struct principal *who, const char *date,
                      enum entry_status status, const char *project, const char *note)
{
    sql_do(
        w,
        "INSERT INTO entry (person_id, work_date, id, project_id, project_code, minutes, status,"
        " version, note, reason, edited_by,"
        " created_at, updated_at) VALUES (%d, '%s', %d, 1, '%s', 60, %d, 3, '%s', 'why', %d, '2026-01-02"
        " 03:04:05.678901',"
        " '1969-12-31 23:59:59.999999')",
        (int)who->person_id, date, (int)id, project, (int)status, note, (int)who->person_id);
}

static struct entry_filter all_of(const struct principal *who)
{
    const struct date none = {DATE_NONE_DAYS};
    return (struct entry_filter){.person_id = who->person_id,
                                 .from = none,
                                 .to = none,
                                 .before_date = none,
                                 .statuses = 15,
                                 .limit = 50};
}

struct ids {
    char text[400];
    struct entry last;
};

static enum status add_id(const struct entry *row, void *arg)
{
    struct ids *ids = arg;
    (void)snprintf(ids->text + strlen(ids->text), sizeof ids->text - strlen(ids->text), "%d ",
                   (int)row->id);
    ids->last = *row;
    return STATUS_OK;
}

#define ck_assert_list(w, who, filter, expected)                                                   \
    do {                                                                                           \
        struct ids list_ids = {.text = ""};                                                        \
        ck_assert_int_eq(store_entries_each((w)->store, (who), (filter), add_id, &list_ids),       \
                         STATUS_OK);                                                               \
        ck_assert_str_eq(list_ids.text, (expected));                                               \
    } while (0)

START_TEST(test_post_stores_everything)
{
    struct world *w = world_open();
    struct post p = {.who = person(w, "ann"),
                     .date = day("2026-11-25"),
                     .minutes = 450,
                     .status = ENTRY_SUBMITTED,
                     .note = "Grüße, 日本語 🙂",
                     .key = "key-0123456789abcdef"};
    struct entry e;

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(p.runs, 1);
    ck_assert_int_eq(p.seq, 1);
    ck_assert_int_eq(store_entry_get(w, w->store, &p.who, p.id, &e), STATUS_OK);
    ck_assert_int_eq(e.id, p.id);
    ck_assert_int_eq(e.person_id, p.who.person_id);
    ck_assert_int_eq(e.date.days, p.date.days);
    ck_assert_int_eq(e.minutes, 450);
    ck_assert_int_eq(e.version, 1);
    ck_assert_int_eq(e.status, ENTRY_SUBMITTED);
    ck_assert_view(e.note, "Grüße, 日本語 🙂");
    ck_assert_view(e.project, "StoreZero");
    ck_assert_view(e.user_id, "ann");
    ck_assert_view(e.reason, "");
    ck_assert_int_eq(e.edited_by, p.who.person_id);
    ck_assert(clock_wall_us() - e.created_at < 5000000 && e.created_at == e.updated_at);
    ck_assert_int_eq(sql_number(w, "SELECT project_id FROM entry"), 1);
    ck_assert_str_eq(
        sql_ask(
            w,
            "SELECT CONCAT_WS('/', person_id = actor_id, week, seq, action, entry_id = %lld, ikey,"
            " HEX(request_hash) = REPEAT('00', 32), HEX(salt) = REPEAT('07', 16), before_json IS"
            " NULL,"
            " after_json) FROM event",
            (long long)p.id),
        "1/202648/1/1/1/key-0123456789abcdef/1/1/1/{\"id\":1}");
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_extremes_are_kept)
{
    struct world *w = world_open();
    char note[4 * NOTE_MAX + 1] = "";
    struct post p = {.who = person(w, "ann"), .minutes = 1440, .status = ENTRY_DRAFT, .note = note};
    static const char *const dates[] = {"2000-01-01", "2000-02-29", "2100-12-31", "2026-12-31",
                                        "2027-01-01"};
    struct entry e;

    for (int i = 0; i < NOTE_MAX; i++)
        strcat(note, "🙂");
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        p.date = day(dates[i]);
        ck_assert_int_eq(post(w, &p), STATUS_OK);
        ck_assert_int_eq(store_entry_get(w, w->store, &p.who, p.id, &e), STATUS_OK);
        ck_assert_int_eq(e.date.days, day(dates[i]).days);
        ck_assert_view(e.note, note);
        p.note = ""; /* the buffers have grown: a shorter text must not drag the longer one along */
        p.date.days += 7;
        ck_assert_int_eq(post(w, &p), STATUS_OK);
        ck_assert_int_eq(store_entry_get(w, w->store, &p.who, p.id, &e), STATUS_OK);
        ck_assert_view(e.note, "");
        p.note = note;
    }
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM week WHERE week = 202653"), 1);
    put_entry(w, 9, &p.who, "2026-11-23", ENTRY_REJECTED, "x", "");
    ck_assert_int_eq(store_entry_get(w, w->store, &p.who, 9, &e), STATUS_OK);
    ck_assert_int_eq(e.created_at, INT64_C(1767323045678901));
    ck_assert_int_eq(e.updated_at, -1);
    check_truth(w);
    world_close(w);
}
END_TEST

/* More than a column takes is an error of ours (the API checks first), never a shortened text. */
START_TEST(test_nothing_is_cut)
{
    struct world *w = world_open();
    char note[NOTE_MAX + 2] = "";
    struct post p = {
        .who = person(w, "ann"), .date = day("2026-11-23"), .minutes = 60, .note = note};

    log_set_level(LOG_ERROR + 1);
    memset(note, 'x', NOTE_MAX + 1);
    ck_assert_int_eq(post(w, &p), STATUS_INTERNAL);
    note[NOTE_MAX] = '\0';
    p.minutes = 0;
    ck_assert_int_eq(post(w, &p), STATUS_INTERNAL); /* entry_minutes */
    p.minutes = 60;
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_list_order_bounds_and_cursor)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), bob = person(w, "bob");
    struct entry_filter f = all_of(&ann);

    put_entry(w, 5, &ann, "2026-11-23", ENTRY_DRAFT, "A", "");
    put_entry(w, 7, &ann, "2026-11-23", ENTRY_SUBMITTED, "A", "");
    put_entry(w, 3, &ann, "2026-11-24", ENTRY_APPROVED, "A", "");
    put_entry(w, 9, &ann, "2026-11-22", ENTRY_REJECTED, "A", "");
    put_entry(w, 1, &bob, "2026-11-23", ENTRY_SUBMITTED, "A", "");
    ck_assert_list(w, &ann, &f, "3 7 5 9 ");
    f.limit = 2;
    ck_assert_list(w, &ann, &f, "3 7 ");
    f.before_date = day("2026-11-23"); /* after row 7 */
    f.before_id = 7;
    ck_assert_list(w, &ann, &f, "5 9 ");
    f.before_id = 5;
    ck_assert_list(w, &ann, &f, "9 ");
    f.before_date = day("2026-11-22");
    f.before_id = 9;
    ck_assert_list(w, &ann, &f, "");
    f = all_of(&ann);
    f.from = f.to = day("2026-11-23");
    ck_assert_list(w, &ann, &f, "7 5 ");
    f.to.days = DATE_NONE_DAYS;
    ck_assert_list(w, &ann, &f, "3 7 5 ");
    f.from.days = DATE_NONE_DAYS;
    f.to = day("2026-11-22");
    ck_assert_list(w, &ann, &f, "9 ");
    f.from = day("2026-11-24");
    ck_assert_list(w, &ann, &f, "");
    f = all_of(&ann);
    f.statuses = 1 << ENTRY_APPROVED | 1 << ENTRY_DRAFT;
    ck_assert_list(w, &ann, &f, "3 5 ");
    f.statuses = 0;
    ck_assert_list(w, &ann, &f, "");
    world_close(w);
}
END_TEST

START_TEST(test_list_matching)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct entry_filter f = all_of(&ann);

    put_entry(w, 1, &ann, "2026-11-21", ENTRY_DRAFT, "Store", "Kick-off BERLIN");
    put_entry(w, 2, &ann, "2026-11-22", ENTRY_SUBMITTED, "store", "100% done_x");
    put_entry(w, 3, &ann, "2026-11-23", ENTRY_SUBMITTED, "Store", "Große Runde");
    f.project = STR("Store");
    ck_assert_list(w, &ann, &f, "3 1 ");
    f.q = STR("berlin");
    ck_assert_list(w, &ann, &f, "1 ");
    f.project = STR("");
    f.q = STR("%");
    ck_assert_list(w, &ann, &f, "2 ");
    f.q = STR("_");
    ck_assert_list(w, &ann, &f, "2 ");
    f.q = STR("große");
    ck_assert_list(w, &ann, &f, "3 ");
    f.q = STR("' OR 1=1 -- ");
    ck_assert_list(w, &ann, &f, "");
    f.q = STR("n");
    f.limit = 1;
    ck_assert_list(w, &ann, &f, "3 ");
    f.before_date = day("2026-11-23");
    f.before_id = 3;
    ck_assert_list(w, &ann, &f, "2 ");
    world_close(w);
}
END_TEST

START_TEST(test_who_sees_what)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), bob = person(w, "bob"), mia = manager(w, "mia"),
                     machine = {.user_id = STR("m")};
    struct entry_filter of_ann = all_of(&ann), of_mia = all_of(&mia);
    struct entry e;

    for (int s = ENTRY_DRAFT; s < ENTRY_STATUS_COUNT; s++)
        put_entry(w, 10 + s, &ann, "2026-11-23", (enum entry_status)s, "A", "x");
    put_entry(w, 20, &mia, "2026-11-23", ENTRY_DRAFT, "A", "x");
    for (int matching = 0; matching < 2; matching++) {
        ck_assert_list(w, &ann, &of_ann, "13 12 11 10 ");
        ck_assert_list(w, &mia, &of_ann, "13 12 11 ");
        ck_assert_list(w, &bob, &of_ann, "");
        ck_assert_list(w, &machine, &of_ann, "");
        ck_assert_list(w, &mia, &of_mia, "20 ");
        of_ann.q = of_mia.q = STR("x");
    }
    static const struct {
        const char *who;
        int64_t id;
        enum status status;
    } gets[] = {{"ann", 10, STATUS_OK},        {"ann", 13, STATUS_OK},
                {"mia", 10, STATUS_NOT_FOUND}, {"mia", 11, STATUS_OK},
                {"bob", 11, STATUS_NOT_FOUND}, {"ann", 20, STATUS_NOT_FOUND},
                {"mia", 20, STATUS_OK},        {"mia", 99, STATUS_NOT_FOUND}};
    for (size_t i = 0; i < sizeof gets / sizeof gets[0]; i++) {
        const struct principal *who = gets[i].who[0] == 'a'   ? &ann
                                      : gets[i].who[0] == 'b' ? &bob
                                                              : &mia;
        ck_assert_msg(store_entry_get(w, w->store, who, gets[i].id, &e) == gets[i].status, "%s %d",
                      gets[i].who, (int)gets[i].id);
    }
    world_close(w);
}
END_TEST

static enum status stop_at_two(const struct entry *row, void *arg)
{
    int *count = arg;
    (void)row;
    return ++*count == 2 ? STATUS_TOO_LARGE : STATUS_OK;
}

START_TEST(test_a_list_can_be_ended_and_the_next_one_is_whole)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct entry_filter f = all_of(&ann);
    int count = 0;

    for (int i = 1; i <= 4; i++)
        put_entry(w, i, &ann, "2026-11-23", ENTRY_DRAFT, "A", "");
    ck_assert_int_eq(store_entries_each(w->store, &ann, &f, stop_at_two, &count), STATUS_TOO_LARGE);
    ck_assert_int_eq(count, 2);
    ck_assert_list(w, &ann, &f, "4 3 2 1 ");
    world_close(w);
}
END_TEST

/* --- changing
 * ------------------------------------------------------------------------------------- */

struct edit {
    TALLOC_CTX *mem;
    struct principal who;
    int64_t id, version; /* that the caller has seen */
    struct date date;
    int64_t minutes;
    enum entry_status status;
    bool remove;
    bool was_deleted;
};

static void add(struct week_change *change, struct date date, int64_t minutes, int64_t status,
                int sign)
{
    change->minutes[date_weekday(date)] =
        (int16_t)(change->minutes[date_weekday(date)] + sign * minutes);
    change->count[status] = (int16_t)(change->count[status] + sign);
    if (change->first_day < 0 || date_weekday(date) < change->first_day)
        change->first_day = (int8_t)date_weekday(date);
}

static enum status edit_body(struct tx *tx, void *arg)
{
    struct edit *c = arg;
    struct entry was;
    struct week_change change = {.first_day = -1};
    int64_t seq, there[WEEK_DAYS];

    enum status st = tx_entry_get(c->mem, tx, &c->who, c->id, &was);
    if (st == STATUS_NOT_FOUND && c->remove) {
        st = tx_entry_was_deleted(tx, &c->who, c->id, c->version, &c->was_deleted);
        return st != STATUS_OK || c->was_deleted ? st : STATUS_NOT_FOUND;
    }
    if (st != STATUS_OK)
        return st;
    struct entry now = was;
    now.date = c->date;
    now.minutes = c->minutes;
    now.status = c->status;
    now.note = STR("changed");
    now.version = c->version + 1;
    now.updated_at = clock_wall_us();
    add(&change, was.date, was.minutes, was.status, -1);
    if (!c->remove)
        add(&change, now.date, now.minutes, now.status, 1);
    struct post p = {.who = c->who, .key = ""};
    struct event event =
        event_of(&p, c->remove ? EVENT_ENTRY_DELETED : EVENT_ENTRY_EDITED, c->id, was.date);
    st = tx_week_change(tx, &c->who, &change, &event, &seq, there);
    if (st == STATUS_OK)
        st = c->remove ? tx_entry_delete(tx, &c->who, c->id, was.date, c->version)
                       : tx_entry_update(tx, &c->who, &now, 2, was.date, c->version);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

static enum status edit(struct world *w, struct edit *c)
{
    struct write_key key = {.actor_id = c->who.person_id};
    struct replay replay;

    c->mem = w;
    store_request_begin(w->store);
    return store_transact(w, w->store, &key, edit_body, c, &replay);
}

START_TEST(test_update)
{
    struct world *w = world_open();
    struct post p = {.who = person(w, "ann"),
                     .date = day("2026-11-25"),
                     .minutes = 450,
                     .status = ENTRY_REJECTED,
                     .note = "x"};
    struct principal bob = person(w, "bob"), mia = manager(w, "mia");
    struct entry e;

    log_set_level(LOG_ERROR + 1);
    ck_assert_int_eq(post(w, &p), STATUS_OK);
    sql_do(w, "UPDATE entry SET decided_by = %d, decided_at = NOW(6)", (int)bob.person_id);
    struct edit c = {.who = p.who,
                     .id = p.id,
                     .version = 1,
                     .date = day("2026-11-23"),
                     .minutes = 30,
                     .status = ENTRY_DRAFT};
    ck_assert_int_eq(edit(w, &c), STATUS_OK);
    ck_assert_int_eq(store_entry_get(w, w->store, &p.who, p.id, &e), STATUS_OK);
    ck_assert_int_eq(e.date.days, day("2026-11-23").days);
    ck_assert_int_eq(e.minutes, 30);
    ck_assert_int_eq(e.version, 2);
    ck_assert_int_eq(e.status, ENTRY_DRAFT);
    ck_assert_view(e.note, "changed");
    ck_assert_int_eq(
        sql_number(w,
                   "SELECT COUNT(*) FROM entry WHERE decided_by IS NULL AND decided_at IS NULL AND"
                   " project_id = 2"),
        1);
    check_truth(w);
    ck_assert_int_eq(edit(w, &c), STATUS_STALE); /* version 1 is gone */
    c.version = 2;
    c.who = bob;
    ck_assert_int_eq(edit(w, &c), STATUS_NOT_FOUND);
    c.who = mia; /* a draft of somebody else */
    ck_assert_int_eq(edit(w, &c), STATUS_NOT_FOUND);
    c.who = p.who;
    c.status = ENTRY_SUBMITTED;
    ck_assert_int_eq(edit(w, &c), STATUS_OK);
    c.who = mia; /* visible to her, but update names the owner; her own week is what would change */
    c.version = 3;
    ck_assert_int_ne(edit(w, &c), STATUS_OK);
    sql_do(w, "UPDATE entry SET status = 2");
    sql_do(w, "UPDATE week SET n_approved = n_submitted, n_submitted = 0");
    c.who = p.who;
    ck_assert_int_eq(edit(w, &c), STATUS_STALE); /* approved: not even with the right version */
    c.remove = true;
    ck_assert_int_eq(edit(w, &c), STATUS_STALE);
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(test_delete_leaves_a_mark)
{
    struct world *w = world_open();
    struct post p = {.who = person(w, "ann"),
                     .date = day("2026-11-25"),
                     .minutes = 450,
                     .status = ENTRY_DRAFT,
                     .note = "x"};
    struct principal bob = person(w, "bob");

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    struct edit c = {.who = p.who, .id = p.id, .version = 2, .remove = true};
    ck_assert_int_eq(edit(w, &c), STATUS_STALE);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM entry_deleted"), 0);
    c.version = 1;
    ck_assert_int_eq(edit(w, &c), STATUS_OK);
    ck_assert(!c.was_deleted);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM entry"), 0);
    check_truth(w);
    ck_assert_int_eq(edit(w, &c), STATUS_OK); /* again: the same answer, nothing happens */
    ck_assert(c.was_deleted);
    c.version = 2;
    ck_assert_int_eq(edit(w, &c), STATUS_NOT_FOUND);
    c.version = 1;
    c.who = bob;
    ck_assert_int_eq(edit(w, &c), STATUS_NOT_FOUND);
    ck_assert_int_eq(sql_number(w, "SELECT seq FROM week"), 2);
    check_truth(w);
    world_close(w);
}
END_TEST

UNIT_MAIN("store_entries", test_post_stores_everything, test_extremes_are_kept, test_nothing_is_cut,
          test_list_order_bounds_and_cursor, test_list_matching, test_who_sees_what,
          test_a_list_can_be_ended_and_the_next_one_is_whole, test_update,
          test_delete_leaves_a_mark)
