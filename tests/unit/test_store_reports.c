/* src/store/store_reports.c: sums, lines and missing weeks against a real database. */
#include "relay.h"

/* --- data ----------------------------------------------------------------------------------------- */

static const char *const codes[] = {"ALPHA", "BETA", "gamma"};

/* Three projects, whose ids are 1..3, and a hundred entries of each of two persons. */
struct data {
    struct world *w;
    struct principal ann, bob, boss;
};

static void put(struct world *w, const struct principal *who, int64_t id, const char *date,
                int project, int minutes, enum entry_status status)
{
    sql_do(w,
           "INSERT INTO entry (person_id, work_date, id, project_id, project_code, minutes, status,"
           " note, reason, edited_by, created_at, updated_at) VALUES (%d, '%s', %lld, %d, '%s', %d,"
           " %d, 'n%lld', 'why', %d, NOW(6), NOW(6))",
           (int)who->person_id, date, (long long)id, project, codes[project - 1], minutes,
           (int)status, (long long)id, (int)who->person_id);
}

static struct data data_open(void)
{
    struct data d = {.w = world_open()};

    sql_do(d.w, "INSERT INTO project (id, code, name, customer) VALUES (1, 'ALPHA', 'First', 'C1'),"
                " (2, 'BETA', 'Second', ''), (3, 'gamma', 'Third', 'C3')");
    d.bob = person(d.w, "bob"); /* made before ann: order is by user_id, not by number */
    d.ann = person(d.w, "ann");
    d.boss = manager(d.w, "boss");
    return d;
}

static void data_close(struct data *d)
{
    world_close(d->w);
}

/* Entries on all days of 2026 with every status, project and remainder. */
static void put_year(struct data *d)
{
    sql_do(d->w,
           "INSERT INTO entry (person_id, work_date, id, project_id, project_code, minutes, status,"
           " note, reason, edited_by, created_at, updated_at)"
           " SELECT p.id, DATE_ADD('2025-12-30', INTERVAL s.seq DAY), p.id * 1000 + s.seq,"
           " 1 + s.seq %% 3, ELT(1 + s.seq %% 3, 'ALPHA', 'BETA', 'gamma'), 1 + s.seq * 7 %% 480,"
           " s.seq DIV 2 %% 4, CONCAT('n', s.seq), 'why', p.id, NOW(6), NOW(6)"
           " FROM person p, seq_0_to_370 s");
}

/* --- what a report gives ---------------------------------------------------------------------------- */

struct seen {
    struct data *d;
    struct report_total total;
    int begun;
    int64_t rows, entries, minutes, limit; /* limit: rows after which it is refused, 0 = none */
    char *text;                            /* a line a row */
    const char *at_begin;                  /* a statement that somebody else runs meanwhile */
};

static enum status on_begin(const struct report_total *total, void *arg)
{
    struct seen *seen = arg;

    seen->total = *total;
    seen->begun++;
    if (seen->at_begin != NULL)
        sql_do(seen->d->w, "%s", seen->at_begin);
    return STATUS_OK;
}

static void say(struct seen *seen, struct str text)
{
    if (text.len > 0)
        seen->text = talloc_asprintf_append(seen->text, "%.*s ", (int)text.len, text.data);
}

static enum status on_row(const struct report_row *row, void *arg)
{
    struct seen *seen = arg;
    char date[DATE_TEXT_LEN];

    ck_assert_int_eq(seen->begun, 1);
    if (seen->limit > 0 && seen->rows == seen->limit)
        return STATUS_UNAVAILABLE;
    seen->rows++;
    seen->entries += row->entries;
    seen->minutes += row->minutes;
    if (seen->rows > 400)
        return STATUS_OK;
    if (row->date.days != DATE_NONE_DAYS) {
        date_format(row->date, date);
        say(seen, str_n(date, sizeof date));
    }
    say(seen, row->user_id);
    say(seen, row->project);
    say(seen, row->customer);
    say(seen, row->week);
    say(seen, row->month);
    say(seen, row->status);
    say(seen, row->note);
    seen->text = talloc_asprintf_append(seen->text, "%lld/%lld\n", (long long)row->entries,
                                        (long long)row->minutes);
    return STATUS_OK;
}

static struct report_filter year(void)
{
    return (struct report_filter){
        .from = day("2026-01-01"), .to = day("2026-12-31"), .statuses = 15};
}

static struct report_grouping grouping_of(const char *text)
{
    struct report_grouping g;
    const char *why;

    ck_assert(report_grouping_parse(str_of(text), &g, &why));
    return g;
}

static enum status run(struct data *d, const struct principal *who,
                       const struct report_filter *filter, const char *group_by, struct seen *seen)
{
    const struct report_sink sink = {on_begin, on_row, seen};
    struct report_grouping g = grouping_of(group_by);

    seen->d = d;
    seen->text = talloc_strdup(d->w, "");
    store_request_begin(d->w->store);
    return g.lines ? store_report_lines(d->w->store, who, filter, &sink)
                   : store_report_groups(d->w->store, who, filter, &g, &sink);
}

static struct seen report(struct data *d, const struct principal *who,
                          const struct report_filter *filter, const char *group_by)
{
    struct seen seen = {.rows = 0};

    ck_assert_int_eq(run(d, who, filter, group_by, &seen), STATUS_OK);
    ck_assert_int_eq(seen.begun, 1);
    ck_assert_int_eq(seen.total.entries, seen.entries);
    ck_assert_int_eq(seen.total.minutes, seen.minutes);
    return seen;
}

/* --- sums ------------------------------------------------------------------------------------------- */

START_TEST(sums_are_sorted_by_each_dimension_in_the_order_asked_for)
{
    struct data d = data_open();
    struct report_filter f = year();

    put(d.w, &d.ann, 1, "2026-01-01", 1, 10, ENTRY_APPROVED); /* 2026-W01 */
    put(d.w, &d.ann, 2, "2026-01-04", 3, 20, ENTRY_SUBMITTED);
    put(d.w, &d.ann, 3, "2026-01-05", 1, 40, ENTRY_APPROVED); /* 2026-W02 */
    put(d.w, &d.bob, 4, "2026-12-31", 2, 80, ENTRY_REJECTED); /* 2026-W53 */
    put(d.w, &d.bob, 5, "2026-01-01", 1, 160, ENTRY_APPROVED);
    static const struct {
        const char *group_by, *text;
    } cases[] = {
        {"project", "ALPHA C1 3/210\nBETA 1/80\ngamma C3 1/20\n"},
        {"person", "ann 3/70\nbob 2/240\n"},
        {"week", "2026-W01 3/190\n2026-W02 1/40\n2026-W53 1/80\n"},
        {"month", "2026-01 4/230\n2026-12 1/80\n"},
        {"status", "submitted 1/20\napproved 3/210\nrejected 1/80\n"},
        {"person,status", "ann submitted 1/20\nann approved 2/50\n"
                          "bob approved 1/160\nbob rejected 1/80\n"},
        {"status,person", "ann submitted 1/20\nann approved 2/50\n"
                          "bob approved 1/160\nbob rejected 1/80\n"},
        {"project,week", "ALPHA C1 2026-W01 2/170\nALPHA C1 2026-W02 1/40\nBETA 2026-W53 1/80\n"
                         "gamma C3 2026-W01 1/20\n"},
        {"week,project", "ALPHA C1 2026-W01 2/170\ngamma C3 2026-W01 1/20\n"
                         "ALPHA C1 2026-W02 1/40\nBETA 2026-W53 1/80\n"},
        {"month,person,project", "ann ALPHA C1 2026-01 2/50\nann gamma C3 2026-01 1/20\n"
                                 "bob ALPHA C1 2026-01 1/160\nbob BETA 2026-12 1/80\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_str_eq(report(&d, &d.boss, &f, cases[i].group_by).text, cases[i].text);
    /* a statement that ran with few dimensions still has places for more, and the other way round */
    for (size_t i = sizeof cases / sizeof cases[0]; i > 0; i--)
        ck_assert_str_eq(report(&d, &d.boss, &f, cases[i - 1].group_by).text, cases[i - 1].text);
    data_close(&d);
}
END_TEST

/* --- every order ------------------------------------------------------------------------------------- */

struct sorted {
    const struct report_grouping *grouping;
    char last[5][48];
    int64_t rows, minutes;
};

static struct str sort_key(const struct report_row *row, enum report_dimension dimension)
{
    const struct str keys[] = {[REPORT_PROJECT] = row->project,
                               [REPORT_PERSON] = row->user_id,
                               [REPORT_WEEK] = row->week,
                               [REPORT_MONTH] = row->month,
                               [REPORT_STATUS] = row->status};

    /* statuses are in the order of their numbers */
    if (dimension == REPORT_STATUS && row->status_number > 0)
        return str_n(&"1234"[row->status_number - 1], 1);
    return keys[dimension];
}

static enum status begin_sorted(const struct report_total *total, void *arg)
{
    struct sorted *sorted = arg;

    sorted->minutes = total->minutes;
    return STATUS_OK;
}

static enum status check_sorted(const struct report_row *row, void *arg)
{
    struct sorted *sorted = arg;
    int order = 0;

    for (size_t i = 0; i < sorted->grouping->count; i++) {
        char key[48];
        struct str text = sort_key(row, sorted->grouping->order[i]);
        (void)snprintf(key, sizeof key, "%.*s", (int)text.len, text.data);
        ck_assert_msg(key[0] != '\0', "no %s", report_dimension_names[sorted->grouping->order[i]]);
        if (order == 0 && sorted->rows > 0)
            order = strcmp(sorted->last[i], key);
        (void)strcpy(sorted->last[i], key);
    }
    ck_assert_msg(sorted->rows == 0 || order < 0, "row %d", (int)sorted->rows);
    sorted->rows++;
    return STATUS_OK;
}

static void check_orders(struct data *d, const struct report_filter *f, struct report_grouping *g)
{
    struct sorted sorted = {.grouping = g};
    const struct report_sink sink = {begin_sorted, check_sorted, &sorted};

    if (g->count > 0) {
        store_request_begin(d->w->store);
        ck_assert_int_eq(store_report_groups(d->w->store, &d->boss, f, g, &sink), STATUS_OK);
        ck_assert_int_gt(sorted.rows, 0);
    }
    for (int next = 0; next < REPORT_DIMENSION_COUNT; next++) {
        if (report_grouping_place(g, (enum report_dimension)next) != 0)
            continue;
        g->order[g->count++] = (enum report_dimension)next;
        check_orders(d, f, g);
        g->count--;
    }
}

/* All 325 of them through the same prepared statements. */
START_TEST(every_order_is_kept_whatever_was_asked_before)
{
    struct data d = data_open();
    struct report_filter f = year();
    struct report_grouping g = {.count = 0};

    put_year(&d);
    f.to = day("2026-02-28");
    check_orders(&d, &f, &g);
    f.person_id = d.ann.person_id;
    check_orders(&d, &f, &g);
    data_close(&d);
}
END_TEST

static const char *const groupings[] = {
    "project",       "person",       "week",         "month",
    "status",        "project,week", "person,month", "status,month,week,person,project",
    "person,project"};
enum { GROUPINGS = sizeof groupings / sizeof groupings[0] };

/* Each grouping and the lines give what SQL adds up. */
static void check_sum(struct data *d, const struct principal *who, const struct report_filter *f,
                      const char *where)
{
    int64_t entries = sql_number(d->w,
                                 "SELECT COUNT(*) FROM entry WHERE work_date BETWEEN '2026-01-01'"
                                 " AND '2026-12-31' AND %s",
                                 where);
    int64_t minutes = sql_number(d->w,
                                 "SELECT COALESCE(SUM(minutes), 0) FROM entry WHERE work_date"
                                 " BETWEEN '2026-01-01' AND '2026-12-31' AND %s",
                                 where);

    for (size_t i = 0; i <= GROUPINGS; i++) {
        const char *group_by = i == GROUPINGS ? "entry" : groupings[i];
        struct seen seen = report(d, who, f, group_by);
        ck_assert_msg(seen.entries == entries && seen.minutes == minutes,
                      "%s of %s: %d entries and %d minutes, not %d and %d", group_by, where,
                      (int)seen.entries, (int)seen.minutes, (int)entries, (int)minutes);
    }
}

START_TEST(rule_12_drafts_are_in_the_report_of_their_owner_alone)
{
    struct data d = data_open();
    struct report_filter f = year();

    put_year(&d);
    check_sum(&d, &d.boss, &f, "status <> 0"); /* not even the manager's own */
    f.person_id = d.ann.person_id;
    check_sum(&d, &d.boss, &f,
              talloc_asprintf(d.w, "status <> 0 AND person_id = %d", (int)d.ann.person_id));
    check_sum(&d, &d.ann, &f, talloc_asprintf(d.w, "person_id = %d", (int)d.ann.person_id));
    f.person_id = d.boss.person_id;
    check_sum(&d, &d.boss, &f, talloc_asprintf(d.w, "person_id = %d", (int)d.boss.person_id));
    data_close(&d);
}
END_TEST

START_TEST(who_does_not_see_others_gets_nothing_of_them)
{
    struct data d = data_open();
    struct report_filter f = year();

    put_year(&d);
    check_sum(&d, &d.ann, &f, "FALSE");
    f.person_id = d.bob.person_id;
    check_sum(&d, &d.ann, &f, "FALSE");
    data_close(&d);
}
END_TEST

START_TEST(filters_narrow_every_report_alike)
{
    struct data d = data_open();
    struct report_filter f = year();

    put_year(&d);
    f.project_id = 2;
    check_sum(&d, &d.boss, &f, "status <> 0 AND project_id = 2");
    f.person_id = d.ann.person_id;
    check_sum(&d, &d.ann, &f,
              talloc_asprintf(d.w, "project_id = 2 AND person_id = %d", (int)d.ann.person_id));
    f = year();
    for (int status = 0; status < ENTRY_STATUS_COUNT; status++) {
        f.statuses = UINT32_C(1) << status;
        check_sum(&d, &d.boss, &f, talloc_asprintf(d.w, "status <> 0 AND status = %d", status));
    }
    f.statuses = 1 << ENTRY_DRAFT | 1 << ENTRY_APPROVED;
    f.person_id = d.ann.person_id;
    check_sum(&d, &d.ann, &f,
              talloc_asprintf(d.w, "status IN (0, 2) AND person_id = %d", (int)d.ann.person_id));
    f = year();
    f.from = f.to = day("2026-03-09");
    check_sum(&d, &d.boss, &f, "status <> 0 AND work_date = '2026-03-09'");
    data_close(&d);
}
END_TEST

/* The remainders that the database counts for the lines are those that the rows have. */
START_TEST(the_split_of_a_total_counts_its_rows)
{
    struct data d = data_open();
    struct report_filter f = year();

    put_year(&d);
    for (int one = 0; one < 2; one++) {
        f.person_id = one == 1 ? d.ann.person_id : 0;
        struct seen seen = report(&d, &d.boss, &f, "entry");
        ck_assert_int_eq(
            seen.total.split.twos,
            sql_number(d.w,
                       "SELECT COUNT(*) FROM entry WHERE minutes * 5 %% 3 = 2 AND"
                       " status <> 0 AND YEAR(work_date) = 2026 AND %d IN (0, person_id)",
                       (int)f.person_id));
        ck_assert_int_eq(
            seen.total.split.ones,
            sql_number(d.w,
                       "SELECT COUNT(*) FROM entry WHERE minutes * 5 %% 3 = 1 AND"
                       " status <> 0 AND YEAR(work_date) = 2026 AND %d IN (0, person_id)",
                       (int)f.person_id));
    }
    data_close(&d);
}
END_TEST

START_TEST(too_many_rows_are_refused_before_the_first)
{
    struct data d = data_open();
    struct report_filter f = year();
    struct seen seen = {.rows = 0};

    f.from = day("2000-01-01");
    sql_do(d.w,
           "INSERT INTO person (id, sub, user_id, kind, created_at)"
           " SELECT 1000 + seq, CONCAT('s', seq), CONCAT('s', seq), 0, NOW(6) FROM seq_1_to_100");
    sql_do(d.w, "INSERT INTO entry (person_id, work_date, id, project_id, project_code, minutes,"
                " status, note, edited_by, created_at, updated_at) SELECT 1001 + seq DIV 1001,"
                " DATE_ADD('2001-01-01', INTERVAL seq %% 1001 WEEK), 1 + seq, 1, 'ALPHA', 60, 2,"
                " 'x', 1, NOW(6), NOW(6) FROM seq_0_to_100000");
    ck_assert_int_eq(run(&d, &d.boss, &f, "person,week", &seen), STATUS_TOO_LARGE);
    ck_assert_int_eq(seen.begun, 0);
    sql_do(d.w, "DELETE FROM entry WHERE id = 1");
    ck_assert_int_eq(report(&d, &d.boss, &f, "person,week").rows, REPORT_ROWS_MAX);
    data_close(&d);
}
END_TEST

/* The server ends it, the connection stays, and it is not asked again. */
START_TEST(sums_that_take_too_long_are_refused_in_time)
{
    struct data d = data_open();
    struct report_filter f = year();
    static const char *const forms[] = {"project", "person,month", "entry"};
    const char *sessions = "SELECT GROUP_CONCAT(id ORDER BY id) FROM information_schema.processlist"
                           " WHERE user = 'ts_app'";

    put_year(&d);
    const char *before = sql_ask(d.w, "%s", sessions);
    sql_do(d.w, "RENAME TABLE project TO project_stored");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct seen seen = {.rows = 0};
        sql_do(d.w, "CREATE OR REPLACE VIEW project AS SELECT id + SLEEP(1) AS id, code, name,"
                    " customer, state, starts_on, ends_on, version FROM project_stored");
        int64_t began = clock_mono_ms();
        ck_assert_int_eq(run(&d, &d.boss, &f, forms[i], &seen), STATUS_TOO_LARGE);
        ck_assert_int_lt(clock_mono_ms() - began, 2000);
        ck_assert_int_eq(seen.begun, 0);
        sql_do(d.w, "CREATE OR REPLACE VIEW project AS SELECT id, code, name, customer,"
                    " state, starts_on, ends_on, version FROM project_stored");
        ck_assert_int_gt(report(&d, &d.boss, &f, forms[i]).entries, 0);
    }
    ck_assert_str_eq(sql_ask(d.w, "%s", sessions), before);
    data_close(&d);
}
END_TEST

/* --- lines ------------------------------------------------------------------------------------------ */

START_TEST(lines_are_by_person_date_and_id)
{
    struct data d = data_open();
    struct report_filter f = year();

    put(d.w, &d.bob, 9, "2026-01-01", 1, 10, ENTRY_APPROVED);
    put(d.w, &d.bob, 3, "2026-01-01", 2, 20, ENTRY_SUBMITTED);
    put(d.w, &d.ann, 4, "2026-12-31", 3, 40, ENTRY_REJECTED);
    put(d.w, &d.ann, 7, "2026-05-05", 1, 80, ENTRY_APPROVED);
    put(d.w, &d.ann, 8, "2026-05-06", 1, 99, ENTRY_DRAFT);
    ck_assert_str_eq(report(&d, &d.boss, &f, "entry").text,
                     "2026-05-05 ann ALPHA C1 2026-W19 approved n7 1/80\n"
                     "2026-12-31 ann gamma C3 2026-W53 rejected n4 1/40\n"
                     "2026-01-01 bob BETA 2026-W01 submitted n3 1/20\n"
                     "2026-01-01 bob ALPHA C1 2026-W01 approved n9 1/10\n");
    data_close(&d);
}
END_TEST

/* Pages begin where the one before ended, also within one date. */
START_TEST(every_line_comes_once_however_many_a_date_has)
{
    static const int counts[] = {0, 1, 499, 500, 501, 999, 1000, 1001, 1300};
    struct data d = data_open();
    struct report_filter f = year();

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        sql_do(d.w, "DELETE FROM entry");
        if (counts[i] > 0)
            sql_do(d.w,
                   "INSERT INTO entry (person_id, work_date, id, project_id, project_code, minutes,"
                   " status, note, edited_by, created_at, updated_at) SELECT %d,"
                   " IF(seq < 700, '2026-06-01', DATE_ADD('2026-06-01', INTERVAL seq %% 50 DAY)),"
                   " seq, 1, 'ALPHA', 1 + seq %% 9, 2, 'x', 1, NOW(6), NOW(6) FROM seq_1_to_%d",
                   (int)d.ann.person_id, counts[i]);
        ck_assert_int_eq(report(&d, &d.boss, &f, "entry").rows, counts[i]);
        f.person_id = d.ann.person_id;
        ck_assert_int_eq(report(&d, &d.ann, &f, "entry").rows, counts[i]);
        f.person_id = 0;
    }
    data_close(&d);
}
END_TEST

START_TEST(total_and_lines_are_from_one_moment)
{
    struct data d = data_open();
    struct report_filter f = year();
    struct seen seen = {.at_begin = "UPDATE entry SET minutes = minutes + 1"};

    put_year(&d);
    ck_assert_int_eq(run(&d, &d.boss, &f, "entry", &seen), STATUS_OK);
    ck_assert_int_eq(seen.minutes, seen.total.minutes);
    int64_t before = seen.minutes;
    seen = (struct seen){.at_begin = "DELETE FROM entry WHERE id % 2 = 0"};
    ck_assert_int_eq(run(&d, &d.boss, &f, "entry", &seen), STATUS_OK);
    ck_assert_int_eq(seen.minutes, before + seen.entries); /* what the update made of it */
    ck_assert_int_eq(seen.entries, seen.total.entries);
    /* and what is read next is of its own time: the moment is over */
    ck_assert_int_lt(report(&d, &d.boss, &f, "project").entries, seen.entries);
    sql_do(d.w, "DELETE FROM entry");
    ck_assert_int_eq(report(&d, &d.boss, &f, "project").entries, 0);
    data_close(&d);
}
END_TEST

START_TEST(a_reader_that_stops_leaves_no_moment_open)
{
    struct data d = data_open();
    struct report_filter f = year();
    struct seen seen = {.limit = 7};

    put_year(&d);
    ck_assert_int_eq(run(&d, &d.boss, &f, "entry", &seen), STATUS_UNAVAILABLE);
    ck_assert_int_eq(seen.rows, 7);
    seen = (struct seen){.limit = 2};
    ck_assert_int_eq(run(&d, &d.boss, &f, "month", &seen), STATUS_UNAVAILABLE);
    /* an open transaction would make this wait for the metadata lock */
    sql_do(d.w, "SET SESSION lock_wait_timeout = 1");
    sql_do(d.w, "ALTER TABLE entry ADD COLUMN extra INT NULL");
    sql_do(d.w, "DELETE FROM entry");
    ck_assert_int_eq(report(&d, &d.boss, &f, "month").entries, 0);
    data_close(&d);
}
END_TEST

/* Wherever the connection is lost, the lines end with a failure, never as if they were whole; and a
 * connection that was lost while it lay idle is replaced before anything is given. */
START_TEST(a_connection_that_is_lost_ends_the_lines)
{
    struct data d = data_open();
    struct report_filter f = year();
    struct relay r;
    int failed = 0;

    log_set_level(LOG_ERROR);
    put_year(&d);
    relay_open(d.w, &r);
    struct seen whole = report(&d, &d.boss, &f, "entry");
    for (int n = 1; n <= 8; n++) {
        struct seen seen = {.rows = 0};
        enum relay_mode mode = n % 2 == 0 ? RELAY_CUT_BEFORE : RELAY_CUT_AFTER;
        relay_at(&r, mode, n);
        enum status st = run(&d, &d.boss, &f, "entry", &seen);
        ck_assert_msg(st == STATUS_UNAVAILABLE ? seen.entries < whole.entries || n > 6
                                               : st == STATUS_OK && seen.minutes == whole.minutes,
                      "cut at %d: %d", n, st);
        failed += st == STATUS_UNAVAILABLE;
        relay_at(&r, RELAY_PASS, 0);
        ck_assert_int_eq(report(&d, &d.boss, &f, "entry").minutes, whole.minutes);
    }
    ck_assert_int_ge(failed, 5); /* total, people, and a page of each of the three */
    relay_close(&r);
    data_close(&d);
}
END_TEST

/* --- missing weeks ------------------------------------------------------------------------------------ */

static enum status on_missing(const struct missing_row *row, void *arg)
{
    char **text = arg;
    char since[DATE_TEXT_LEN];

    date_format(row->since, since);
    *text = talloc_asprintf_append(*text, "%.*s %.*s %s %.10s\n", (int)row->week.len,
                                   row->week.data, (int)row->user_id.len, row->user_id.data,
                                   week_state_names[row->state], since);
    return STATUS_OK;
}

static const char *missing(struct data *d, const struct principal *who, int64_t person_id,
                           const char *week)
{
    struct iso_week w;
    char *text = talloc_strdup(d->w, "");

    ck_assert(week_parse(str_of(week), &w));
    store_request_begin(d->w->store);
    ck_assert_int_eq(store_missing_each(d->w->store, who, person_id, w, on_missing, &text),
                     STATUS_OK);
    return text;
}

static void put_person(struct data *d, const char *user_id, const char *active_from,
                       const char *active_to)
{
    sql_do(d->w,
           "INSERT INTO person (user_id, kind, created_at, active_from, active_to)"
           " VALUES ('%s', 1, '2026-03-04 12:00:00', NULLIF('%s', ''), NULLIF('%s', ''))",
           user_id, active_from, active_to);
}

static void put_week(struct data *d, const char *user_id, int drafts, int submitted, int approved,
                     int rejected, int empty_status)
{
    sql_do(d->w,
           "INSERT INTO week (person_id, week, n_draft, n_submitted, n_approved, n_rejected,"
           " empty_status, head) SELECT id, 202610, %d, %d, %d, %d, %d, '' FROM person"
           " WHERE user_id = '%s'",
           drafts, submitted, approved, rejected, empty_status, user_id);
}

START_TEST(a_week_is_missing_open_or_rejected_or_not_in_the_list)
{
    struct data d = data_open();

    sql_do(d.w, "DELETE FROM person WHERE user_id IN ('ann', 'bob')");
    sql_do(d.w, "UPDATE person SET active_from = '2027-01-01'"); /* the boss */
    for (int i = 0; i < 10; i++)
        put_person(&d, talloc_asprintf(d.w, "p%d", i), "", "");
    put_week(&d, "p1", 1, 1, 1, 0, 0); /* drafts beside others */
    put_week(&d, "p2", 0, 3, 0, 0, 0);
    put_week(&d, "p3", 0, 0, 3, 0, 0);
    put_week(&d, "p4", 2, 2, 2, 1, 0);
    put_week(&d, "p5", 0, 0, 0, 0, 0); /* a row without entries and nothing said */
    put_week(&d, "p6", 0, 0, 0, 0, 1); /* empty and submitted */
    put_week(&d, "p7", 0, 0, 0, 0, 2);
    put_week(&d, "p8", 0, 0, 0, 0, 3);
    put_week(&d, "p9", 0, 1, 0, 0, 3); /* entries count before what was said */
    ck_assert_str_eq(missing(&d, &d.boss, 0, "2026-W10"), "2026-W10 p0 missing 2026-03-09\n"
                                                          "2026-W10 p1 open 2026-03-09\n"
                                                          "2026-W10 p4 rejected 2026-03-09\n"
                                                          "2026-W10 p5 missing 2026-03-09\n"
                                                          "2026-W10 p8 rejected 2026-03-09\n");
    data_close(&d);
}
END_TEST

/* 2026-W10 is Monday 2026-03-02 to Sunday 2026-03-08; rows were made on 2026-03-04. */
START_TEST(a_person_is_missed_only_while_active)
{
    static const struct {
        const char *user_id, *from, *to;
        const char *weeks[3]; /* W09, W10, W11 */
    } cases[] = {
        {"since-made", "", "", {NULL, "y", "y"}},
        {"since-sunday", "2026-03-08", "", {NULL, "y", "y"}},
        {"since-monday", "2026-03-09", "", {NULL, NULL, "y"}},
        {"since-before", "2020-01-01", "", {"y", "y", "y"}},
        {"to-monday", "2020-01-01", "2026-03-02", {"y", "y", NULL}},
        {"to-sunday", "2020-01-01", "2026-03-01", {"y", NULL, NULL}},
        {"made-and-gone", "", "2026-03-08", {NULL, "y", NULL}},
    };
    static const char *const weeks[] = {"2026-W09", "2026-W10", "2026-W11"};
    struct data d = data_open();

    sql_do(d.w, "DELETE FROM person");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_person(&d, cases[i].user_id, cases[i].from, cases[i].to);
        int64_t id = sql_number(d.w, "SELECT LAST_INSERT_ID()");
        struct principal self = {.person_id = id};
        for (int k = 0; k < 3; k++) {
            const char *name = talloc_asprintf(d.w, " %s missing ", cases[i].user_id);
            bool expected = cases[i].weeks[k] != NULL;
            ck_assert_msg((strstr(missing(&d, &d.boss, 0, weeks[k]), name) != NULL) == expected,
                          "%s in %s", cases[i].user_id, weeks[k]);
            ck_assert_msg((strstr(missing(&d, &self, id, weeks[k]), name) != NULL) == expected,
                          "%s in %s, own", cases[i].user_id, weeks[k]);
        }
    }
    data_close(&d);
}
END_TEST

START_TEST(missing_weeks_of_others_are_for_who_sees_others)
{
    struct data d = data_open();

    sql_do(d.w, "UPDATE person SET active_from = '2026-01-01'");
    ck_assert_str_eq(missing(&d, &d.ann, 0, "2026-W10"), "");
    ck_assert_str_eq(missing(&d, &d.ann, d.bob.person_id, "2026-W10"), "");
    ck_assert_str_eq(missing(&d, &d.ann, d.ann.person_id, "2026-W10"),
                     "2026-W10 ann missing 2026-03-09\n");
    ck_assert_str_eq(missing(&d, &d.boss, d.ann.person_id, "2026-W10"),
                     "2026-W10 ann missing 2026-03-09\n");
    ck_assert_str_eq(missing(&d, &d.boss, 0, "2026-W10"), "2026-W10 ann missing 2026-03-09\n"
                                                          "2026-W10 bob missing 2026-03-09\n"
                                                          "2026-W10 boss missing 2026-03-09\n");
    data_close(&d);
}
END_TEST

UNIT_MAIN("store_reports", sums_are_sorted_by_each_dimension_in_the_order_asked_for,
          every_order_is_kept_whatever_was_asked_before,
          rule_12_drafts_are_in_the_report_of_their_owner_alone,
          who_does_not_see_others_gets_nothing_of_them, filters_narrow_every_report_alike,
          the_split_of_a_total_counts_its_rows, too_many_rows_are_refused_before_the_first,
          sums_that_take_too_long_are_refused_in_time, lines_are_by_person_date_and_id,
          every_line_comes_once_however_many_a_date_has, total_and_lines_are_from_one_moment,
          a_reader_that_stops_leaves_no_moment_open, a_connection_that_is_lost_ends_the_lines,
          a_week_is_missing_open_or_rejected_or_not_in_the_list,
          a_person_is_missed_only_while_active, missing_weeks_of_others_are_for_who_sees_others)
