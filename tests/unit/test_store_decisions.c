/* What the database itself lets through: the conditions of the statements, the constraints behind
 * them, and how the inbox is read. */
#include "../../src/store/store_priv.h"
#include "store_test.h"
#include "ts/principal.h"

static struct post submitted(struct principal who, const char *date)
{
    return (struct post){
        .who = who, .date = day(date), .minutes = 60, .status = ENTRY_SUBMITTED, .note = ""};
}

static int64_t submit(struct world *w, struct principal who, const char *date)
{
    struct post p = submitted(who, date);

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    return p.id;
}

/* --- constraints -------------------------------------------------------------------------------- */

/* A statement as root that a constraint refuses. */
__attribute__((format(printf, 3, 4))) static void refused(struct world *w, const char *constraint,
                                                          const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_assert_msg(!sql_run(w->root, str_of(text)), "%s was accepted", text);
    ck_assert_msg(strstr(sql_message(w->root), constraint) != NULL, "%s: %s", text,
                  sql_message(w->root));
}

START_TEST(no_row_says_that_an_entry_was_decided_by_one_who_may_not)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), mia = manager(w, "mia"), max = manager(w, "max");
    long long id = submit(w, ann, "2026-11-24");

    sql_do(w, "UPDATE entry SET edited_by = %d WHERE id = %lld", (int)max.person_id, id);
    /* the owner, the last editor, a client */
    refused(w, "entry_decider", "UPDATE entry SET status = 2, decided_by = %d WHERE id = %lld",
            (int)ann.person_id, id);
    refused(w, "entry_decider", "UPDATE entry SET status = 2, decided_by = %d WHERE id = %lld",
            (int)max.person_id, id);
    refused(w, "entry_decider_person",
            "UPDATE entry SET status = 2, decided_by = 2147483648 WHERE id = %lld", id);
    refused(w, "entry_decider_person",
            "UPDATE entry SET status = 2, decided_by = 4294967295 WHERE id = %lld", id);
    refused(w, "entry_reason", "UPDATE entry SET status = 3, decided_by = %d WHERE id = %lld",
            (int)mia.person_id, id);
    sql_do(w, "UPDATE entry SET status = 2, decided_by = %d WHERE id = %lld", (int)mia.person_id,
           id);
    /* nor can the one who decided be made its editor afterwards */
    refused(w, "entry_decider", "UPDATE entry SET edited_by = %d WHERE id = %lld",
            (int)mia.person_id, id);
    sql_do(w, "UPDATE entry SET decided_by = 2147483647 WHERE id = %lld", id);
    sql_do(w, "UPDATE entry SET edited_by = 2147483648 WHERE id = %lld", id); /* a client uploads */
    world_close(w);
}
END_TEST

START_TEST(no_row_says_that_a_week_was_decided_by_one_who_may_not)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), mia = manager(w, "mia");

    (void)submit(w, ann, "2026-11-24");
    refused(w, "week_decider", "UPDATE week SET empty_status = 2, decided_by = %d",
            (int)ann.person_id);
    refused(w, "week_decider", "UPDATE week SET empty_status = 2, decided_by = 2147483648");
    sql_do(w, "UPDATE week SET empty_status = 2, decided_by = %d", (int)mia.person_id);
    world_close(w);
}
END_TEST

/* --- the conditions of the statements ------------------------------------------------------------- */

struct attempt {
    struct principal who;
    struct entry was, becomes;
    struct entries_decision all; /* when its person is set */
    int runs;
};

static enum status attempt_body(struct tx *tx, void *arg)
{
    struct attempt *a = arg;

    a->runs++;
    return a->all.id.person_id != 0 ? tx_entries_decide(tx, &a->who, &a->all)
                                    : tx_entry_decide(tx, &a->who, &a->was, &a->becomes);
}

static enum status attempt(struct world *w, struct attempt *a)
{
    const struct write_key no_key = {.actor_id = a->who.person_id};
    struct replay replay;

    a->runs = 0;
    store_request_begin(w->store);
    return store_transact(w->mem, w->store, &no_key, attempt_body, a, &replay);
}

static struct attempt on_entry(struct world *w, struct principal who, int64_t id)
{
    struct attempt a = {.who = who};
    struct principal all = who;

    all.sees_others = true;
    ck_assert_int_eq(store_entry_get(w->mem, w->store, &all, id, &a.was), STATUS_OK);
    a.becomes = a.was;
    a.becomes.status = ENTRY_APPROVED;
    a.becomes.updated_at = clock_wall_us();
    return a;
}

static struct attempt on_week(struct principal who, struct principal owner, int64_t changed)
{
    return (struct attempt){.who = who,
                            .all = {.id = {owner.person_id, week_of(day("2026-11-24"))},
                                    .from = ENTRY_SUBMITTED,
                                    .to = ENTRY_APPROVED,
                                    .reason = STR(""),
                                    .changed = changed,
                                    .at = clock_wall_us()}};
}

/* Every run finds another row than the one to be decided, until there are no more tries. */
#define ck_no_row(w, a)                                                                            \
    do {                                                                                           \
        struct attempt no_row = (a);                                                               \
        ck_assert_int_eq(attempt((w), &no_row), STATUS_CONTENDED);                                 \
        ck_assert_int_eq(no_row.runs, 4);                                                          \
        ck_assert_int_eq(sql_number((w), "SELECT COUNT(*) FROM entry WHERE status = 2"), 0);       \
    } while (0)

START_TEST(the_statements_decide_only_what_may_be_decided)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), mia = manager(w, "mia"), eve = person(w, "eve");
    int64_t id = submit(w, ann, "2026-11-24");
    struct attempt a;

    log_set_level(LOG_ERROR);
    ann.sees_others = true; /* even so: it is hers */
    ck_no_row(w, on_entry(w, ann, id));
    ck_no_row(w, on_week(ann, ann, 1));
    ck_no_row(w, on_entry(w, eve, id)); /* sees nobody's */
    ck_no_row(w, on_week(eve, ann, 1));
    a = on_entry(w, mia, id);
    a.was.version = 9;
    ck_no_row(w, a);
    a = on_entry(w, mia, id);
    a.was.status = ENTRY_REJECTED;
    ck_no_row(w, a);
    ck_no_row(w, on_week(mia, ann, 2)); /* another number than was read */
    sql_do(w, "UPDATE entry SET edited_by = %d", (int)mia.person_id);
    ck_no_row(w, on_entry(w, mia, id));
    ck_no_row(w, on_week(mia, ann, 1));
    sql_do(w, "UPDATE entry SET edited_by = person_id");
    a = on_entry(w, mia, id);
    ck_assert_int_eq(attempt(w, &a), STATUS_OK);
    ck_assert_int_eq(sql_number(w, "SELECT version FROM entry WHERE status = 2"), 2);
    world_close(w);
}
END_TEST

START_TEST(all_of_a_week_is_decided_and_nothing_beside_it)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), bob = person(w, "bob"), mia = manager(w, "mia");
    struct attempt a = on_week(mia, ann, 2);

    (void)submit(w, ann, "2026-11-22"); /* the Sunday before */
    (void)submit(w, ann, "2026-11-23");
    (void)submit(w, ann, "2026-11-29");
    (void)submit(w, ann, "2026-11-30"); /* the Monday after */
    (void)submit(w, bob, "2026-11-24");
    ck_assert_int_eq(attempt(w, &a), STATUS_OK);
    ck_assert_int_eq(a.runs, 1);
    ck_assert_str_eq(sql_ask(w, "SELECT GROUP_CONCAT(CONCAT_WS(' ', work_date, version, decided_by)"
                                " ORDER BY work_date) FROM entry WHERE status = 2"),
                     talloc_asprintf(w->mem, "2026-11-23 2 %lld,2026-11-29 2 %lld",
                                     (long long)mia.person_id, (long long)mia.person_id));
    world_close(w);
}
END_TEST

/* --- the inbox ------------------------------------------------------------------------------------- */

struct seen {
    int64_t ids[16], last;
    size_t count;
    size_t stop_at; /* 0 = never */
};

static enum status add_row(const struct entry *row, void *arg)
{
    struct seen *seen = arg;

    if (seen->stop_at > 0 && seen->count == seen->stop_at)
        return STATUS_TOO_LARGE;
    ck_assert_uint_lt(seen->count, 16);
    seen->ids[seen->count++] = row->id;
    ck_assert_uint_gt(row->user_id.len, 0);
    return STATUS_OK;
}

static struct inbox_filter whole_inbox(void)
{
    return (struct inbox_filter){.from = day("2000-01-01"),
                                 .to = day("2100-12-31"),
                                 .after_date = day("1999-12-31"),
                                 .limit = 10};
}

START_TEST(the_inbox_stops_when_its_reader_does)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), mia = manager(w, "mia");
    struct inbox_filter filter = whole_inbox();
    struct seen seen = {.stop_at = 1};

    for (int i = 0; i < 3; i++)
        (void)submit(w, ann, "2026-11-24");
    ck_assert_int_eq(store_inbox_each(w->store, &mia, &filter, add_row, &seen), STATUS_TOO_LARGE);
    seen = (struct seen){.stop_at = 0}; /* and can be asked again */
    ck_assert_int_eq(store_inbox_each(w->store, &mia, &filter, add_row, &seen), STATUS_OK);
    ck_assert_uint_eq(seen.count, 3);
    filter.person_id = ann.person_id;
    filter.after_date = day("2026-11-24");
    filter.after_id = seen.ids[0];
    seen = (struct seen){.stop_at = 0};
    ck_assert_int_eq(store_inbox_each(w->store, &mia, &filter, add_row, &seen), STATUS_OK);
    ck_assert_uint_eq(seen.count, 2);
    mia.sees_others = false; /* who does not see others has an empty one */
    ck_assert_int_eq(store_inbox_each(w->store, &mia, &filter, add_row, &seen), STATUS_OK);
    ck_assert_uint_eq(seen.count, 2);
    world_close(w);
}
END_TEST

/* Runs one of our statements with these texts for its question marks, on the root's connection. */
static void run_with(struct world *w, enum stmt_id id, const char *const *values)
{
    char *text = talloc_strdup(w->mem, "");

    for (const char *at = stmt_specs[id].text; *at != '\0'; at++)
        text = *at == '?' ? talloc_asprintf_append(text, "%s", *values++)
                          : talloc_asprintf_append(text, "%c", *at);
    ck_assert_ptr_null(*values);
    sql_do(w, "FLUSH STATUS");
    ck_assert_msg(sql_run(w->root, str_of(text)), "%s: %s", text, sql_message(w->root));
}

/* The sum of the session's counters whose names begin so. */
static int64_t counted(struct world *w, const char *names)
{
    const char *const *row;
    int64_t sum = 0;

    sql_do(w, "SHOW SESSION STATUS LIKE '%s%%'", names);
    while ((row = sql_row(w->root)) != NULL)
        sum += strtoll(row[1], NULL, 10);
    return sum;
}

START_TEST(the_inbox_reads_what_it_gives_and_sorts_nothing)
{
    struct world *w = world_open();
    struct principal ann = person(w, "ann"), bob = person(w, "bob");
    const char *first = "'2000-01-01'", *last = "'2100-12-31'", *before = "'1999-12-31'";
    const char *mia = "999", *ann_id = talloc_asprintf(w->mem, "%d", (int)ann.person_id);
    const char *const inbox[] = {"1", mia, first, last, before, "0", "0", "0", "0", "0", "5", NULL};
    const char *const next[] = {
        "1", mia, "'2026-11-24'", last, "'2026-11-24'", "0", "0", "0", "0", "0", "5", NULL};
    const char *const of[] = {"1",    mia,    first, last, before, "0",
                              ann_id, ann_id, "1",   "1",  "5",    NULL};

    for (int i = 0; i < 60; i++)
        (void)submit(w, i % 2 == 0 ? ann : bob, i < 20 ? "2026-11-23" : "2026-11-24");
    sql_do(w, "UPDATE entry SET status = 2 WHERE work_date = '2026-11-23'");
    run_with(w, STMT_INBOX, inbox);
    ck_assert_int_eq(counted(w, "Sort_rows"), 0);
    ck_assert_int_le(counted(w, "Handler_read"), 12); /* five entries and their owners */
    run_with(w, STMT_INBOX, next);
    ck_assert_int_eq(counted(w, "Sort_rows"), 0);
    ck_assert_int_le(counted(w, "Handler_read"), 12);
    run_with(w, STMT_INBOX, of); /* past Bob's, which the index tells apart */
    ck_assert_int_eq(counted(w, "Sort_rows"), 0);
    ck_assert_int_le(counted(w, "Handler_read"), 12);
    world_close(w);
}
END_TEST

UNIT_MAIN("store_decisions", no_row_says_that_an_entry_was_decided_by_one_who_may_not,
          no_row_says_that_a_week_was_decided_by_one_who_may_not,
          the_statements_decide_only_what_may_be_decided,
          all_of_a_week_is_decided_and_nothing_beside_it, the_inbox_stops_when_its_reader_does,
          the_inbox_reads_what_it_gives_and_sorts_nothing)
