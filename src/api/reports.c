/* Reports: hours added up or line by line, and weeks that were not handed in, as JSON or CSV. */
#include <stdio.h>

#include "api_priv.h"
#include "ts/clock.h"
#include "ts/csv_out.h"

enum { ALL_STATUSES = (1 << ENTRY_STATUS_COUNT) - 1, STREAM_MS = 120000 };

/* --- which form -------------------------------------------------------------------------------- */
enum form { FORM_JSON, FORM_CSV, FORM_COUNT };

/* With the parameters that a client may name: the charset is the only one of either form. */
static const char *const forms[FORM_COUNT] = {
    [FORM_JSON] = "application/json;charset=utf-8",
    [FORM_CSV] = "text/csv;charset=utf-8;header=present",
};

static enum status choose_form(struct call *call, enum form *out)
{
    size_t place = FORM_JSON;
    enum status st = accept_choose(call->request->accept, forms, FORM_COUNT, &place);

    if (st == STATUS_NOT_ACCEPTABLE)
        faults_detail(&call->faults, "A report is given as application/json or as text/csv.");
    *out = (enum form)place;
    return st;
}

/* `name_from_to.csv`; both are plain ASCII. */
static enum status reply_form(struct call *call, enum form form, const char *name, struct str from,
                              struct str to)
{
    reply_json(call, 200, "no-store");
    http_reply_header(call->reply, "Vary", STR("Accept"));
    if (form == FORM_JSON)
        return STATUS_OK;
    char *file = talloc_asprintf(call->mem, "attachment; filename=\"%s_%.*s_%.*s.csv\"", name,
                                 (int)from.len, from.data, (int)to.len, to.data);
    if (file == NULL)
        return STATUS_NO_MEMORY;
    call->reply->content_type = "text/csv; charset=utf-8; header=present";
    http_reply_header(call->reply, "Content-Disposition", str_of(file));
    return STATUS_OK;
}

/* --- whose ------------------------------------------------------------------------------------- */

/* Somebody's, or, when nobody is named, everybody's (0) for who sees others and one's own for who
 * does not. */
static enum status report_whose(struct call *call, const struct principal *who, struct str user,
                                int64_t *person_id)
{
    struct str user_id;

    if (user.len == 0 && who->sees_others) {
        *person_id = 0;
        return STATUS_OK;
    }
    return access_whose(call, who, user, person_id, &user_id);
}

/* --- GET /reports/hours ------------------------------------------------------------------------ */
struct hours_report {
    struct call *call;
    enum form form;
    struct report_grouping grouping;
    struct report_filter filter;
    struct report_hours head;
    struct str group_by[REPORT_DIMENSION_COUNT];
    struct csv_columns columns;
    struct hours_split split;
    int64_t rows;
};

static bool is_report_date(struct call *call, struct date date, const char *pointer)
{
    struct date first, last;

    (void)!date_from_civil(ENTRY_YEAR_MIN, 1, 1, &first);
    (void)!date_from_civil(ENTRY_YEAR_MAX, 12, 31, &last);
    if (date.days >= first.days && date.days <= last.days)
        return true;
    faults_add(&call->faults, pointer, "range", "must be from %d-01-01 to %d-12-31", ENTRY_YEAR_MIN,
               ENTRY_YEAR_MAX);
    return false;
}

static enum status read_dates(struct hours_report *report, const struct report_query *query)
{
    struct call *call = report->call;
    struct report_filter *filter = &report->filter;

    report_dates(query, clock_today(), &filter->from, &filter->to);
    bool from = is_report_date(call, filter->from, "?from");
    bool to = is_report_date(call, filter->to, "?to");
    if (from && to && filter->from.days > filter->to.days) {
        faults_add(&call->faults, "?to", "range", "must not be before from");
        to = false;
    }
    return from && to ? STATUS_OK : STATUS_INVALID;
}

static enum status read_grouping(struct hours_report *report, const struct report_query *query)
{
    struct str text = query->group_by;
    const char *why = NULL;

    if (text.len == 0)
        text = str_of(report_dimension_names[REPORT_PROJECT]);
    if (report_grouping_parse(text, &report->grouping, &why))
        return STATUS_OK;
    faults_add(&report->call->faults, "?group_by", "value", "%s", why);
    return STATUS_INVALID;
}

static enum status read_project(struct hours_report *report, const struct report_query *query)
{
    struct project project;

    if (query->project.len == 0)
        return STATUS_OK;
    enum status st = booking_find(report->call, query->project, "?project", &project);
    if (st == STATUS_OK)
        report->filter.project_id = project.id;
    return st;
}

/* The outcome of checks that were all made, so that all that is wrong is told at once: what is not
 * the query's fault comes first. */
static enum status outcome_of(const enum status *checks, size_t count)
{
    enum status st = STATUS_OK;

    for (size_t i = 0; i < count; i++) {
        if (checks[i] != STATUS_OK && (st == STATUS_OK || st == STATUS_INVALID))
            st = checks[i];
    }
    return st;
}

static enum status read_hours_query(struct hours_report *report, const struct principal *who)
{
    const struct report_query *query = report->call->query;
    bool one_status = field_is_present(&report_query_schema, query, REPORT_QUERY_STATUS);
    const enum status checks[] = {
        read_dates(report, query),
        read_grouping(report, query),
        read_project(report, query),
        report_whose(report->call, who, query->user, &report->filter.person_id),
    };

    report->filter.statuses = one_status ? UINT32_C(1) << query->status : ALL_STATUSES;
    return outcome_of(checks, sizeof checks / sizeof checks[0]);
}

static void name_groups(struct hours_report *report)
{
    const struct report_grouping *grouping = &report->grouping;
    size_t count = grouping->lines ? 1 : grouping->count;

    for (size_t i = 0; i < count; i++)
        report->group_by[i] = grouping->lines ? STR(REPORT_BY_ENTRY)
                                              : str_of(report_dimension_names[grouping->order[i]]);
    report->head.group_by = (struct field_list){report->group_by, count};
}

/* The answer's table writes its beginning, with no rows; they follow in their place. */
static void open_json(struct buf *b, const struct report_hours *head)
{
    static const struct str end = STR_INIT("]}");

    json_write(b, &report_hours_schema, head);
    if (b->status == STATUS_OK)
        b->len -= end.len;
}

static enum status hours_begin(const struct report_total *total, void *arg)
{
    struct hours_report *report = arg;
    struct call *call = report->call;
    char from[DATE_TEXT_LEN], to[DATE_TEXT_LEN];

    report->head.entries = total->entries;
    report->head.minutes = total->minutes;
    report->head.hundredths = hours_hundredths(total->minutes);
    report->split = total->split;
    hours_split_begin(&report->split);
    if (report->grouping.lines)
        store_request_allow(call->api->store, STREAM_MS);
    date_format(report->filter.from, from);
    date_format(report->filter.to, to);
    enum status st =
        reply_form(call, report->form, "hours", str_n(from, sizeof from), str_n(to, sizeof to));
    if (st != STATUS_OK)
        return st;
    if (report->form == FORM_CSV)
        csv_header(&call->reply->body, &report->columns);
    else
        open_json(&call->reply->body, &report->head);
    return call->reply->body.status;
}

static enum status hours_row(const struct report_row *stored, void *arg)
{
    struct hours_report *report = arg;
    struct buf *b = &report->call->reply->body;
    struct report_row row = *stored;

    row.hundredths = hours_split_take(&report->split, row.minutes);
    if (report->form == FORM_CSV) {
        csv_row(b, &report->columns, &row, STR(""));
    } else {
        if (report->rows > 0)
            buf_add_char(b, ',');
        json_write(b, &report_row_schema, &row);
    }
    report->rows++;
    return reply_part(report->call);
}

static enum status hours_end(struct hours_report *report)
{
    struct buf *b = &report->call->reply->body;
    const struct report_row total = {.date = {DATE_NONE_DAYS},
                                     .entries = report->head.entries,
                                     .minutes = report->head.minutes,
                                     .hundredths = report->head.hundredths};

    if (report->form == FORM_CSV)
        csv_row(b, &report->columns, &total, STR("total"));
    else
        buf_add_str(b, STR("]}\n"));
    return b->status;
}

static enum status run_hours(struct hours_report *report, const struct principal *who)
{
    struct store *store = report->call->api->store;
    const struct report_sink sink = {hours_begin, hours_row, report};
    enum status st = report->grouping.lines ? store_report_lines(store, who, &report->filter, &sink)
                                            : store_report_groups(store, who, &report->filter,
                                                                  &report->grouping, &sink);

    if (st != STATUS_TOO_LARGE)
        return st;
    faults_add(&report->call->faults, "?group_by", "too-much",
               "gives more than %d rows, or takes too long to add up: narrow the dates, or add up "
               "by less",
               REPORT_ROWS_MAX);
    return STATUS_INVALID;
}

enum status report_hours(struct call *call, const struct principal *who)
{
    struct hours_report report = {.call = call, .columns = {.schema = &report_row_schema}};
    enum status st = choose_form(call, &report.form);

    if (st == STATUS_OK)
        st = read_hours_query(&report, who);
    if (st != STATUS_OK)
        return st;
    report.head.from = report.filter.from;
    report.head.to = report.filter.to;
    report.columns.count = report_columns(&report.grouping, report.columns.places);
    name_groups(&report);
    st = run_hours(&report, who);
    return st == STATUS_OK ? hours_end(&report) : st;
}

/* --- GET /reports/missing ---------------------------------------------------------------------- */
struct missing_report {
    struct call *call;
    enum form form;
    struct csv_columns columns;
    struct date from, to; /* Mondays of the first and the last week */
    int64_t person_id, rows;
};

static struct date last_monday_over(void)
{
    struct date today = clock_today();

    return (struct date){today.days - date_weekday(today) - WEEK_DAYS};
}

/* A week of the query, or that Monday when it is not there. */
static enum status read_week(struct call *call, struct str text, const char *pointer,
                             struct date absent, struct date *monday)
{
    struct iso_week week;

    *monday = absent;
    if (text.len == 0)
        return STATUS_OK;
    enum status st = query_week(call, pointer, text, &week);
    if (st != STATUS_OK)
        return st;
    *monday = week_monday(week);
    return STATUS_OK;
}

static enum status read_weeks(struct missing_report *report, const struct missing_query *query)
{
    struct call *call = report->call;
    struct date last = last_monday_over();
    enum status to = read_week(call, query->to, "?to", last, &report->to);
    struct date first = {report->to.days - (MISSING_WEEKS_DEFAULT - 1) * WEEK_DAYS};
    enum status from = read_week(call, query->from, "?from", first, &report->from);

    if (from != STATUS_OK || to != STATUS_OK)
        return STATUS_INVALID;
    int32_t weeks = (report->to.days - report->from.days) / WEEK_DAYS + 1;
    if (weeks < 1 && query->to.len > 0)
        faults_add(&call->faults, "?to", "range", "must not be before from");
    else if (weeks > MISSING_WEEKS_MAX)
        faults_add(&call->faults, "?from", "range", "at most %d weeks can be asked for at once",
                   MISSING_WEEKS_MAX);
    else
        return STATUS_OK;
    return STATUS_INVALID;
}

static enum status missing_row_add(const struct missing_row *row, void *arg)
{
    struct missing_report *report = arg;
    struct buf *b = &report->call->reply->body;

    if (report->form == FORM_CSV) {
        csv_row(b, &report->columns, row, STR(""));
    } else {
        if (report->rows > 0)
            buf_add_char(b, ',');
        json_write(b, &missing_row_schema, row);
    }
    report->rows++;
    return reply_part(report->call);
}

static enum status missing_begin(struct missing_report *report)
{
    struct buf *b = &report->call->reply->body;
    char from[WEEK_TEXT_LEN], to[WEEK_TEXT_LEN];

    week_format(week_of(report->from), from);
    week_format(week_of(report->to), to);
    enum status st = reply_form(report->call, report->form, "missing", str_n(from, sizeof from),
                                str_n(to, sizeof to));
    if (report->form == FORM_CSV)
        csv_header(b, &report->columns);
    else
        buf_add_char(b, '[');
    return st == STATUS_OK ? b->status : st;
}

/* Weeks that are not over have nobody who is late. */
static enum status missing_rows_add(struct missing_report *report, const struct principal *who)
{
    struct date last = last_monday_over();
    struct date to = report->to.days < last.days ? report->to : last;
    enum status st = STATUS_OK;

    for (struct date at = report->from; st == STATUS_OK && at.days <= to.days; at.days += WEEK_DAYS)
        st = store_missing_each(report->call->api->store, who, report->person_id, week_of(at),
                                missing_row_add, report);
    return st;
}

enum status report_missing(struct call *call, const struct principal *who)
{
    const struct missing_query *query = call->query;
    struct missing_report report = {.call = call, .columns = {.schema = &missing_row_schema}};
    enum status st = choose_form(call, &report.form);

    if (st != STATUS_OK)
        return st;
    const enum status checks[] = {
        read_weeks(&report, query),
        report_whose(call, who, query->user, &report.person_id),
    };
    st = outcome_of(checks, sizeof checks / sizeof checks[0]);
    report.columns.count = missing_columns(report.columns.places);
    if (st == STATUS_OK)
        st = missing_begin(&report);
    if (st == STATUS_OK)
        st = missing_rows_add(&report, who);
    if (st == STATUS_OK && report.form == FORM_JSON)
        buf_add_str(&call->reply->body, STR("]\n"));
    return st;
}
