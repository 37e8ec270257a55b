#include "store_priv.h"
#include "ts/log.h"
#include "ts/sheet.h"

enum { LINES_A_PAGE = 500 };

/* --- what columns are bound to --------------------------------------------------------------- */

static const struct field row_columns[] = {
    FIELD_INT(struct report_row, week_number, .column = "week_number"),
    FIELD_INT(struct report_row, month_number, .column = "month_number"),
    FIELD_INT(struct report_row, status_number, .column = "status_number"),
    FIELD_INT(struct report_row, kind_number, .column = "kind_number"),
};
static const struct schema row_numbers = SCHEMA("report_row", struct report_row, row_columns);
const struct rows report_rows = {&report_row_schema, &row_numbers};

struct total_row {
    int64_t entries, minutes, twos, ones;
};
static const struct field total_columns[] = {
    FIELD_INT(struct total_row, entries, .column = "entries"),
    FIELD_INT(struct total_row, minutes, .column = "minutes"),
    FIELD_INT(struct total_row, twos, .column = "twos"),
    FIELD_INT(struct total_row, ones, .column = "ones"),
};
static const struct schema total_schema = SCHEMA("report_total", struct total_row, total_columns);
const struct rows report_total_rows = {&total_schema, NULL};

static const struct field missing_columns_stored[] = {
    FIELD_INT(struct missing_row, drafts, .column = "drafts"),
    FIELD_INT(struct missing_row, submitted, .column = "submitted"),
    FIELD_INT(struct missing_row, approved, .column = "approved"),
    FIELD_INT(struct missing_row, rejected, .column = "rejected"),
    FIELD_INT(struct missing_row, empty_status, .column = "empty_status"),
};
static const struct schema missing_numbers =
    SCHEMA("missing_row", struct missing_row, missing_columns_stored);
const struct rows missing_rows = {&missing_row_schema, &missing_numbers};

/* --- values ---------------------------------------------------------------------------------- */

/* A statement's values in the order of its text. */
enum { VALUES_MAX = 24 };
struct list {
    struct value values[VALUES_MAX];
    size_t count;
};

static void add(struct list *list, struct value value)
{
    list->values[list->count++] = value;
}

static void add_flags(struct list *list, const struct report_grouping *grouping)
{
    for (int d = 0; d < REPORT_DIMENSION_COUNT; d++)
        add(list, V_INT(report_grouping_place(grouping, (enum report_dimension)d) != 0));
}

/* A dimension's number as ELT counts, for each place; 0 is no column. */
static void add_order(struct list *list, const struct report_grouping *grouping)
{
    for (size_t i = 0; i < REPORT_DIMENSION_COUNT; i++)
        add(list, V_INT(i < grouping->count ? grouping->order[i] + 1 : 0));
}

static void add_owner(struct list *list, const struct principal *who, int64_t person_id)
{
    add(list, V_INT(person_id));
    add(list, V_INT(who->person_id));
    add(list, V_INT(who->sees_others));
}

static void add_dates(struct list *list, const struct report_filter *filter)
{
    add(list, V_DATE(filter->from));
    add(list, V_DATE(filter->to));
    for (int i = 0; i < ENTRY_STATUS_COUNT; i++)
        add(list, V_INT((filter->statuses >> i & 1) != 0 ? i : -1));
}

static void add_project(struct list *list, const struct report_filter *filter)
{
    add(list, V_INT(filter->project_id));
    add(list, V_INT(filter->project_id == 0 ? UINT32_MAX : filter->project_id));
}

/* REPORT_EVERYBODY or REPORT_ONE_PERSON. */
static void add_filter(struct list *list, const struct principal *who,
                       const struct report_filter *filter)
{
    if (filter->person_id != 0)
        add_owner(list, who, filter->person_id);
    add_dates(list, filter);
    if (filter->person_id == 0)
        add(list, V_INT(who->sees_others));
    add_project(list, filter);
}

/* A statement that the server ended would not fare better when it is asked again. */
static enum status run_sums(struct store *store, enum stmt_id id, const struct list *list)
{
    store->reader.slow = false;
    enum status st = read_run(store, id, list->values, list->count);

    return st == STATUS_UNAVAILABLE && store->reader.slow ? STATUS_TOO_LARGE : st;
}

/* --- sums ------------------------------------------------------------------------------------ */

static bool is_by_project_alone(const struct report_filter *filter,
                                const struct report_grouping *grouping)
{
    return filter->person_id == 0 && grouping->count == 1 && grouping->order[0] == REPORT_PROJECT;
}

static enum status run_groups(struct store *store, const struct principal *who,
                              const struct report_filter *filter,
                              const struct report_grouping *grouping, enum stmt_id *id)
{
    struct list list = {.count = 0};
    bool plain = is_by_project_alone(filter, grouping);

    *id = plain                    ? STMT_REPORT_PROJECTS
          : filter->person_id == 0 ? STMT_REPORT_GROUPS
                                   : STMT_REPORT_GROUPS_OF;
    if (!plain)
        add_flags(&list, grouping);
    add_filter(&list, who, filter);
    if (!plain) {
        add(&list, V_INT(REPORT_ROWS_MAX + 1));
        add_order(&list, grouping);
    }
    return run_sums(store, *id, &list);
}

static struct report_row no_row(void)
{
    return (struct report_row){.date = {DATE_NONE_DAYS}, .entries = 1};
}

static enum status count_groups(struct store *store, enum stmt_id id, struct report_total *out)
{
    struct report_row row = no_row();
    struct report_total total = {.entries = 0};
    int64_t rows = 0;
    bool found = true;
    enum status st = STATUS_OK;

    while (st == STATUS_OK && found) {
        st = read_next(store, id, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        rows++;
        total.entries += row.entries;
        total.minutes += row.minutes;
        hours_split_count(&total.split, row.minutes);
    }
    if (st == STATUS_OK && rows > REPORT_ROWS_MAX)
        st = STATUS_TOO_LARGE;
    if (st == STATUS_OK)
        *out = total;
    return st;
}

enum status store_report_groups(struct store *store, const struct principal *who,
                                const struct report_filter *filter,
                                const struct report_grouping *grouping,
                                const struct report_sink *sink)
{
    enum stmt_id id;
    struct report_total total;
    struct report_row row = no_row();
    bool found = true;
    enum status st = run_groups(store, who, filter, grouping, &id);

    if (st != STATUS_OK)
        return st;
    st = count_groups(store, id, &total);
    if (st == STATUS_OK)
        st = sink->begin(&total, sink->arg);
    if (st == STATUS_OK)
        stmt_rewind(&store->reader, id);
    while (st == STATUS_OK) {
        st = read_next(store, id, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        report_row_show(&row);
        st = sink->row(&row, sink->arg);
    }
    stmt_done(&store->reader, id);
    return st;
}

/* --- line by line ---------------------------------------------------------------------------- */

struct lines {
    struct store *store;
    const struct principal *who;
    const struct report_filter *filter;
    const struct report_sink *sink;
    int64_t entries, minutes; /* seen so far */
};

static enum status read_total(struct lines *lines, struct report_total *out)
{
    struct db *db = &lines->store->reader;
    enum stmt_id id = lines->filter->person_id == 0 ? STMT_REPORT_TOTAL : STMT_REPORT_TOTAL_OF;
    struct list list = {.count = 0};
    struct total_row row = {0};
    bool found = false;

    add_filter(&list, lines->who, lines->filter);
    enum status st = run_sums(lines->store, id, &list);
    if (st != STATUS_OK)
        return st;
    st = read_next(lines->store, id, &row, &found);
    stmt_done(db, id);
    if (st == STATUS_OK)
        *out = (struct report_total){row.entries, row.minutes, {row.twos, row.ones}};
    return st;
}

/* The last line of a page is where the next one begins. */
struct place {
    struct date date;
    int64_t id;
};

static enum status run_page(struct lines *lines, int64_t person_id, const struct place *after)
{
    struct report_filter filter = *lines->filter;
    struct list list = {.count = 0};

    filter.from = after->date;
    if (filter.person_id == 0) /* as the total has it: without one's own drafts */
        filter.statuses &= ~(UINT32_C(1) << ENTRY_DRAFT);
    add_owner(&list, lines->who, person_id);
    add_dates(&list, &filter);
    add_project(&list, &filter);
    add(&list, V_DATE(after->date));
    add(&list, V_INT(after->id));
    add(&list, V_INT(LINES_A_PAGE));
    return read_run(lines->store, STMT_REPORT_LINES, list.values, list.count);
}

/* The row holds whose lines they are. */
static enum status give_page(struct lines *lines, struct report_row *row, struct place *after,
                             int64_t *count)
{
    bool found = true;
    enum status st = run_page(lines, row->person_id, after);

    for (*count = 0; st == STATUS_OK; ++*count) {
        st = read_next(lines->store, STMT_REPORT_LINES, row, &found);
        if (st != STATUS_OK || !found)
            break;
        report_row_show(row);
        lines->entries++;
        lines->minutes += row->minutes;
        *after = (struct place){row->date, row->entry_id};
        st = lines->sink->row(row, lines->sink->arg);
    }
    stmt_done(&lines->store->reader, STMT_REPORT_LINES);
    return st;
}

static enum status give_person(struct lines *lines, const struct report_row *person)
{
    struct report_row row = *person;
    struct place after = {lines->filter->from, 0};
    int64_t count = LINES_A_PAGE;
    enum status st = STATUS_OK;

    while (st == STATUS_OK && count == LINES_A_PAGE)
        st = give_page(lines, &row, &after, &count);
    return st;
}

static enum status give_people(struct lines *lines)
{
    struct report_row person = no_row();
    struct list list = {.count = 0};
    bool found = true, all = lines->filter->person_id == 0;
    enum stmt_id id = all ? STMT_REPORT_PEOPLE : STMT_REPORT_PERSON;

    if (all)
        add(&list, V_INT(lines->who->sees_others));
    else
        add_owner(&list, lines->who, lines->filter->person_id);
    enum status st = read_run(lines->store, id, list.values, list.count);
    if (st != STATUS_OK)
        return st;
    while (st == STATUS_OK) {
        st = read_next(lines->store, id, &person, &found);
        if (st != STATUS_OK || !found)
            break;
        st = give_person(lines, &person);
    }
    stmt_done(&lines->store->reader, id);
    return st;
}

/* The rows that were given are those that were added up, or the report is broken off. */
static enum status check_sum(const struct lines *lines, const struct report_total *total)
{
    if (lines->entries == total->entries && lines->minutes == total->minutes)
        return STATUS_OK;
    LOG(LOG_ERROR, "report_does_not_add_up", LOG_INT("entries", lines->entries),
        LOG_INT("expected", total->entries), LOG_INT("minutes", lines->minutes),
        LOG_INT("expected_minutes", total->minutes));
    return STATUS_INTERNAL;
}

static enum status give_lines(struct lines *lines)
{
    struct report_total total;
    enum status st = read_total(lines, &total);

    if (st == STATUS_OK)
        st = lines->sink->begin(&total, lines->sink->arg);
    if (st == STATUS_OK)
        st = give_people(lines);
    return st == STATUS_OK ? check_sum(lines, &total) : st;
}

enum status store_report_lines(struct store *store, const struct principal *who,
                               const struct report_filter *filter, const struct report_sink *sink)
{
    struct lines lines = {.store = store, .who = who, .filter = filter, .sink = sink};
    enum status st = read_snapshot_begin(store);

    if (st != STATUS_OK)
        return st;
    st = give_lines(&lines);
    read_snapshot_end(store);
    return st;
}

/* --- missing weeks --------------------------------------------------------------------------- */

static void show_missing(struct missing_row *row, char week_text[WEEK_TEXT_LEN], struct date monday)
{
    const int64_t counts[ENTRY_STATUS_COUNT] = {
        [ENTRY_DRAFT] = row->drafts,
        [ENTRY_SUBMITTED] = row->submitted,
        [ENTRY_APPROVED] = row->approved,
        [ENTRY_REJECTED] = row->rejected,
    };

    row->week = str_n(week_text, WEEK_TEXT_LEN);
    row->state = week_state_of(counts, (enum entry_status)row->empty_status, true);
    row->since = (struct date){monday.days + WEEK_DAYS};
}

enum status store_missing_each(struct store *store, const struct principal *who, int64_t person_id,
                               struct iso_week week, store_missing_fn *each, void *arg)
{
    struct date monday = week_monday(week), sunday = {monday.days + WEEK_DAYS - 1};
    enum stmt_id id = person_id == 0 ? STMT_MISSING : STMT_MISSING_OF;
    /* the row of everybody ends before the person; nobody is its own exception there */
    const struct value values[] = {
        V_INT(week.number),      V_INT(person_id == 0 ? 0 : who->person_id),
        V_INT(who->sees_others), V_DATE(sunday),
        V_DATE(monday),          V_INT(person_id)};
    struct missing_row row;
    char week_text[WEEK_TEXT_LEN];
    bool found = true;
    enum status st =
        read_run(store, id, values, sizeof values / sizeof values[0] - (person_id == 0));

    if (st != STATUS_OK)
        return st;
    week_format(week, week_text);
    while (st == STATUS_OK) {
        st = read_next(store, id, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        show_missing(&row, week_text, monday);
        st = each(&row, arg);
    }
    stmt_done(&store->reader, id);
    return st;
}
