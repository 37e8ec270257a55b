/* src/store/store_sheets.c: a whole week in one read, the list of weeks, and changes of all entries. */
#include "store_test.h"

#define WEEK_48 ((struct iso_week){202648}) /* 2026-11-23 to 29 */

static struct post a_post(struct principal who, const char *date, int64_t minutes,
                          enum entry_status status, const char *note)
{
    return (struct post){
        .who = who, .date = day(date), .minutes = minutes, .status = status, .note = note};
}

static int64_t posted(struct world *w, struct principal who, const char *date, int64_t minutes,
                      enum entry_status status, const char *note)
{
    struct post p = a_post(who, date, minutes, status, note);

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    return p.id;
}

static struct sheet_id week_of_person(const struct principal *who)
{
    return (struct sheet_id){who->person_id, WEEK_48};
}

/* --- one week ------------------------------------------------------------------------------------ */

START_TEST(a_week_without_a_row_is_version_0)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct sheet sheet = {.version = 9};

    ck_assert_int_eq(store_sheet_get(w, w->store, &ann, week_of_person(&ann), &sheet), STATUS_OK);
    ck_assert_int_eq(sheet.version, 0);
    ck_assert_int_eq(sheet.person_id, ann.person_id);
    ck_assert_view(sheet.user_id, "ann");
    ck_assert_int_eq(sheet.number.number, 202648);
    ck_assert_int_eq(sheet.empty_status, ENTRY_DRAFT);
    ck_assert_uint_eq(sheet.entries.count, 0);
    ck_assert_int_eq(sheet.locked_days, 0);
    ck_assert_int_eq(sheet.active_to.days, DATE_NONE_DAYS);
    ck_assert_int_eq(sheet.active_from.days, day(sql_ask(w, "SELECT UTC_DATE()")).days);
    world_close(w);
}
END_TEST

START_TEST(a_week_without_a_row_is_locked_as_far_as_the_lock_reaches)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    static const struct {
        const char *through;
        int days;
    } cases[] = {{"2026-11-22", 0}, {"2026-11-23", 1}, {"2026-11-28", 6},
                 {"2026-11-29", 7}, {"2027-05-01", 7}, {"1999-01-01", 0}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sheet sheet;
        sql_do(w, "UPDATE period_lock SET locked_through = '%s'", cases[i].through);
        ck_assert_int_eq(store_sheet_get(w, w->store, &ann, week_of_person(&ann), &sheet),
                         STATUS_OK);
        ck_assert_msg(sheet.locked_days == cases[i].days, "%s: %d", cases[i].through,
                      (int)sheet.locked_days);
    }
    world_close(w);
}
END_TEST

START_TEST(all_of_a_week_is_read_at_once)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct sheet sheet;
    char note[501];

    memset(note, 'n', sizeof note - 1);
    note[sizeof note - 1] = '\0';
    (void)posted(w, ann, "2026-11-29", 30, ENTRY_DRAFT, note);
    (void)posted(w, ann, "2026-11-22", 1, ENTRY_DRAFT, "before");
    (void)posted(w, ann, "2026-11-30", 1, ENTRY_DRAFT, "after");
    for (int i = 0; i < 40; i++) /* more than the first room holds */
        (void)posted(w, ann, "2026-11-23", 10 + i, ENTRY_SUBMITTED, "m");
    sql_do(w,
           "UPDATE week SET locked_days = 3, empty_status = 3, reason = 'why' WHERE week = 202648");
    sql_do(w, "UPDATE person SET active_from = '2020-01-02', active_to = '2030-03-04'");
    ck_assert_int_eq(store_sheet_get(w, w->store, &ann, week_of_person(&ann), &sheet), STATUS_OK);
    ck_assert_int_eq(sheet.version, 41);
    ck_assert_int_eq(sheet.locked_days, 3);
    ck_assert_int_eq(sheet.empty_status, ENTRY_REJECTED);
    ck_assert_view(sheet.reason, "why");
    ck_assert_int_eq(sheet.hidden_drafts, 0);
    ck_assert_int_eq(sheet.active_from.days, day("2020-01-02").days);
    ck_assert_int_eq(sheet.active_to.days, day("2030-03-04").days);
    const struct entry *entries = sheet.entries.items;
    ck_assert_uint_eq(sheet.entries.count, 41);
    for (int i = 0; i < 40; i++) {
        ck_assert_int_eq(entries[i].minutes, 10 + i);
        ck_assert_int_eq(entries[i].edited_by, ann.person_id);
        ck_assert_view(entries[i].user_id, "ann");
        ck_assert_view(entries[i].note, "m");
    }
    ck_assert_view(entries[40].note, note);
    world_close(w);
}
END_TEST

/* Rule 12. */
START_TEST(others_see_no_drafts_and_only_managers_see_anything)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), bob = person(w, "bob"), mona = manager(w, "mona");
    struct sheet sheet;

    (void)posted(w, ann, "2026-11-23", 30, ENTRY_DRAFT, "secret");
    (void)posted(w, ann, "2026-11-24", 40, ENTRY_SUBMITTED, "shown");
    ck_assert_int_eq(store_sheet_get(w, w->store, &bob, week_of_person(&ann), &sheet),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(store_sheet_get(w, w->store, &mona, (struct sheet_id){4711, WEEK_48}, &sheet),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(store_sheet_get(w, w->store, &mona, week_of_person(&ann), &sheet), STATUS_OK);
    ck_assert_int_eq(sheet.version, 2);
    ck_assert_int_eq(sheet.hidden_drafts, 1);
    ck_assert_uint_eq(sheet.entries.count, 1);
    ck_assert_view(((const struct entry *)sheet.entries.items)->note, "shown");
    ck_assert_view(sheet.user_id, "ann");
    world_close(w);
}
END_TEST

/* --- all entries of a week ------------------------------------------------------------------------ */

struct bulk {
    TALLOC_CTX *mem;
    struct principal who;
    struct sheet_id id;
    bool withdraws, without_lock;
    int64_t changed;
    int16_t drafts, submitted, rejected; /* what becomes of the counts */
    int runs;
    int64_t version; /* what the transaction sees after it */
    struct replay replay;
};

static enum status bulk_body(struct tx *tx, void *arg)
{
    struct bulk *b = arg;
    struct week_change change = {.first_day = 0};
    struct post p = {.who = b->who, .key = NULL};
    struct event event = event_of(&p, EVENT_WEEK_SUBMITTED, 0, week_monday(b->id.week));
    struct sheet sheet;
    int64_t seq, there[WEEK_DAYS], at = clock_wall_us();

    b->runs++;
    event.person_id = b->id.person_id;
    change.count[ENTRY_DRAFT] = b->drafts;
    change.count[ENTRY_SUBMITTED] = b->submitted;
    change.count[ENTRY_REJECTED] = b->rejected;
    enum status st = tx_week_change(tx, &b->who, &change, &event, &seq, there);
    if (st == STATUS_OK)
        st = b->withdraws ? tx_entries_withdraw(tx, &b->who, b->id, b->changed, at)
                          : tx_entries_submit(tx, &b->who, b->id, b->changed, at);
    if (st == STATUS_OK)
        st = tx_sheet_get(b->mem, tx, &b->who, b->id, &sheet);
    if (st == STATUS_OK)
        b->version = sheet.version;
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

static enum status run_bulk(struct world *w, struct bulk *b)
{
    const struct write_key no_key = {.actor_id = b->who.person_id};

    b->runs = 0;
    b->mem = w;
    store_request_begin(w->store);
    return store_transact(w->mem, w->store, &no_key, bulk_body, b, &b->replay);
}

static const char *statuses(struct world *w)
{
    return sql_ask(w,
                   "SELECT GROUP_CONCAT(status, ':', version, ':', reason ORDER BY id) FROM entry"
                   " WHERE work_date BETWEEN '2026-11-23' AND '2026-11-29'");
}

START_TEST(submit_and_withdraw_move_what_the_state_table_says)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), bob = person(w, "bob");
    struct bulk b = {.who = ann,
                     .id = week_of_person(&ann),
                     .changed = 2,
                     .drafts = -1,
                     .submitted = 2,
                     .rejected = -1};

    for (int status = 0; status < ENTRY_STATUS_COUNT; status++)
        (void)posted(w, ann, "2026-11-25", 10, (enum entry_status)status, "");
    sql_do(w, "UPDATE entry SET decided_by = %lld, decided_at = NOW(6) WHERE status >= 2",
           (long long)bob.person_id);
    (void)posted(w, ann, "2026-11-30", 10, ENTRY_DRAFT, "");
    ck_assert_int_eq(run_bulk(w, &b), STATUS_OK);
    ck_assert_str_eq(statuses(w), "1:2:,1:1:,2:1:,1:2:");
    ck_assert_int_eq(b.version, 5);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM entry WHERE decided_by IS NOT NULL"), 1);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM entry WHERE edited_by <> person_id"), 0);
    b = (struct bulk){.who = ann,
                      .id = week_of_person(&ann),
                      .withdraws = true,
                      .changed = 3,
                      .drafts = 3,
                      .submitted = -3};
    ck_assert_int_eq(run_bulk(w, &b), STATUS_OK);
    ck_assert_str_eq(statuses(w), "0:3:,0:2:,2:1:,0:3:");
    ck_assert_int_eq(
        sql_number(w, "SELECT COUNT(*) FROM entry WHERE work_date = '2026-11-30' AND status = 0"),
        1);
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(another_number_of_entries_than_was_read_runs_it_again)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann");
    struct bulk b = {.who = ann, .id = week_of_person(&ann), .changed = 2};

    log_set_level(LOG_ERROR);
    (void)posted(w, ann, "2026-11-25", 10, ENTRY_DRAFT, "");
    ck_assert_int_eq(run_bulk(w, &b), STATUS_CONTENDED);
    ck_assert_int_gt(b.runs, 1);
    ck_assert_str_eq(statuses(w), "0:1:");
    b.withdraws = true;
    ck_assert_int_eq(run_bulk(w, &b), STATUS_CONTENDED);
    ck_assert_str_eq(statuses(w), "0:1:");
    check_truth(w);
    world_close(w);
}
END_TEST

START_TEST(nobody_submits_for_others)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), mona = manager(w, "mona");
    struct bulk b = {.who = mona, .id = week_of_person(&ann), .changed = 1};

    log_set_level(LOG_ERROR);
    (void)posted(w, ann, "2026-11-25", 10, ENTRY_DRAFT, "");
    ck_assert_int_eq(run_bulk(w, &b), STATUS_INTERNAL);
    b.withdraws = true;
    ck_assert_int_eq(run_bulk(w, &b), STATUS_INTERNAL);
    ck_assert_str_eq(statuses(w), "0:1:");
    world_close(w);
}
END_TEST

/* --- what is said of an empty week ------------------------------------------------------------------ */

struct say {
    struct principal who;
    struct sheet_id id;
    enum entry_status said;
    const char *reason;
    int64_t decided_by;
    struct replay replay;
};

static enum status say_body(struct tx *tx, void *arg)
{
    struct say *s = arg;

    return tx_week_say(tx, &s->who, s->id, s->said, str_of(s->reason), s->decided_by);
}

static enum status say(struct world *w, struct say *s)
{
    const struct write_key no_key = {.actor_id = s->who.person_id};

    store_request_begin(w->store);
    return store_transact(w->mem, w->store, &no_key, say_body, s, &s->replay);
}

START_TEST(what_is_said_of_an_empty_week_is_its_owners_or_a_managers)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), bob = person(w, "bob"), mona = manager(w, "mona");
    struct say s = {.who = ann, .id = week_of_person(&ann), .said = ENTRY_SUBMITTED, .reason = ""};
    const char *const ask =
        "SELECT CONCAT_WS('/', empty_status, reason, COALESCE(decided_by, '-')) FROM week";

    log_set_level(LOG_ERROR);
    ck_assert_int_eq(say(w, &s),
                     STATUS_INTERNAL); /* there is no row: tx_week_change was forgotten */
    (void)posted(w, ann, "2026-11-25", 10, ENTRY_DRAFT, "");
    ck_assert_int_eq(say(w, &s), STATUS_OK);
    ck_assert_str_eq(sql_ask(w, "%s", ask), "1//-");
    s = (struct say){mona, s.id, ENTRY_REJECTED, "You were here", mona.person_id, {0}};
    ck_assert_int_eq(say(w, &s), STATUS_OK);
    ck_assert_str_eq(sql_ask(w, "%s", ask),
                     talloc_asprintf(w, "3/You were here/%d", (int)mona.person_id));
    s.who = bob;
    ck_assert_int_eq(say(w, &s), STATUS_INTERNAL);
    /* nobody decides their own week: the constraint */
    s = (struct say){ann, s.id, ENTRY_APPROVED, "", ann.person_id, {0}};
    ck_assert_int_ne(say(w, &s), STATUS_OK);
    ck_assert_int_eq(sql_number(w, "SELECT empty_status FROM week"), ENTRY_REJECTED);
    world_close(w);
}
END_TEST

/* --- the list of weeks ------------------------------------------------------------------------------- */

struct listing {
    struct world *w;
    char *text; /* "week/minutes/draft+submitted+approved+rejected/hidden/version " */
    int64_t stop_after;
};

static enum status list_week(const struct week_total *row, void *arg)
{
    struct listing *l = arg;

    l->text = talloc_asprintf_append(l->text, "%d/%d/%d+%d+%d+%d/%d/%d ", row->week.number,
                                     (int)row->minutes, (int)row->count[0], (int)row->count[1],
                                     (int)row->count[2], (int)row->count[3],
                                     (int)row->hidden_drafts, (int)row->version);
    return --l->stop_after == 0 ? STATUS_INTERNAL : STATUS_OK;
}

static const char *list(struct world *w, const struct principal *who, const struct week_filter *f)
{
    struct listing l = {.w = w, .text = talloc_strdup(w, "")};

    ck_assert_int_eq(store_weeks_each(w->store, who, f, list_week, &l), STATUS_OK);
    return l.text;
}

START_TEST(weeks_come_newest_first_within_their_range)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), bob = person(w, "bob"), mona = manager(w, "mona");
    struct week_filter all = {ann.person_id, {202601}, {202652}, 100};

    ck_assert_str_eq(list(w, &ann, &all), "");
    (void)posted(w, ann, "2026-11-22", 5, ENTRY_APPROVED, "");
    (void)posted(w, ann, "2026-11-23", 10, ENTRY_DRAFT, "");
    (void)posted(w, ann, "2026-11-29", 20, ENTRY_SUBMITTED, "");
    (void)posted(w, ann, "2026-11-29", 40, ENTRY_REJECTED, "");
    (void)posted(w, ann, "2026-11-30", 80, ENTRY_DRAFT, "");
    (void)posted(w, bob, "2026-11-30", 7, ENTRY_SUBMITTED, "");
    ck_assert_str_eq(list(w, &ann, &all), "202649/80/1+0+0+0/0/1 202648/70/1+1+0+1/0/3 "
                                          "202647/5/0+0+1+0/0/1 ");
    ck_assert_str_eq(list(w, &mona, &all), "202649/0/0+0+0+0/1/1 202648/60/0+1+0+1/1/3 "
                                           "202647/5/0+0+1+0/0/1 ");
    ck_assert_str_eq(list(w, &bob, &all), "");
    all.limit = 1;
    ck_assert_str_eq(list(w, &ann, &all), "202649/80/1+0+0+0/0/1 ");
    ck_assert_str_eq(list(w, &mona, &all), "202649/0/0+0+0+0/1/1 ");
    all = (struct week_filter){ann.person_id, {202647}, {202648}, 100};
    ck_assert_str_eq(list(w, &ann, &all), "202648/70/1+1+0+1/0/3 202647/5/0+0+1+0/0/1 ");
    struct listing stopped = {.w = w, .text = talloc_strdup(w, ""), .stop_after = 1};
    ck_assert_int_eq(store_weeks_each(w->store, &ann, &all, list_week, &stopped), STATUS_INTERNAL);
    ck_assert_str_eq(list(w, &ann, &all), "202648/70/1+1+0+1/0/3 202647/5/0+0+1+0/0/1 ");
    world_close(w);
}
END_TEST

START_TEST(a_person_is_active_since_the_row_was_made_unless_an_admin_said_otherwise)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), bob = person(w, "bob"), mona = manager(w, "mona");
    struct active_range range;

    sql_do(w, "UPDATE person SET created_at = '2026-03-04 23:59:59'");
    ck_assert_int_eq(store_person_active(w->store, &ann, ann.person_id, &range), STATUS_OK);
    ck_assert_int_eq(range.from.days, day("2026-03-04").days);
    ck_assert_int_eq(range.to.days, DATE_NONE_DAYS);
    sql_do(w, "UPDATE person SET active_from = '2025-01-01', active_to = '2026-12-31'");
    ck_assert_int_eq(store_person_active(w->store, &mona, ann.person_id, &range), STATUS_OK);
    ck_assert_int_eq(range.from.days, day("2025-01-01").days);
    ck_assert_int_eq(range.to.days, day("2026-12-31").days);
    ck_assert_int_eq(store_person_active(w->store, &bob, ann.person_id, &range), STATUS_NOT_FOUND);
    world_close(w);
}
END_TEST

UNIT_MAIN("store_sheets", a_week_without_a_row_is_version_0,
          a_week_without_a_row_is_locked_as_far_as_the_lock_reaches, all_of_a_week_is_read_at_once,
          others_see_no_drafts_and_only_managers_see_anything,
          submit_and_withdraw_move_what_the_state_table_says,
          another_number_of_entries_than_was_read_runs_it_again, nobody_submits_for_others,
          what_is_said_of_an_empty_week_is_its_owners_or_a_managers,
          weeks_come_newest_first_within_their_range,
          a_person_is_active_since_the_row_was_made_unless_an_admin_said_otherwise)
