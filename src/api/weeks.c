/* Reading weeks: the list, with those that are missing, and one with its entries. */
#include "api_priv.h"
#include "ts/clock.h"

/* --- one week ------------------------------------------------------------------------------ */

enum status sheet_settle(TALLOC_CTX *mem, struct sheet *sheet)
{
    const size_t count = sheet->entries.count;
    const struct sheet_room room = {
        .days = talloc_zero_size(mem, WEEK_DAYS * sizeof(struct sheet_day)),
        .projects = talloc_zero_size(mem, count * sizeof(struct sheet_project) + 1),
        .warnings =
            talloc_zero_size(mem, sheet_warnings_max(count) * sizeof(struct sheet_warning))};

    if (room.days == NULL || room.projects == NULL || room.warnings == NULL)
        return STATUS_NO_MEMORY;
    sheet_sum_up(sheet, clock_today(), &room);
    return STATUS_OK;
}

enum status sheet_load(TALLOC_CTX *mem, struct call *call, struct tx *tx,
                       const struct principal *who, struct sheet_id id, struct sheet *out)
{
    struct sheet sheet;
    char *text = talloc_zero_size(mem, WEEK_TEXT_LEN);

    if (text == NULL)
        return STATUS_NO_MEMORY;
    enum status st = tx != NULL ? tx_sheet_get(mem, tx, who, id, &sheet)
                                : store_sheet_get(mem, call->api->store, who, id, &sheet);
    if (st != STATUS_OK)
        return st;
    week_format(id.week, text);
    sheet.week = str_n(text, WEEK_TEXT_LEN);
    st = sheet_settle(mem, &sheet);
    if (st == STATUS_OK)
        *out = sheet;
    return st;
}

enum status sheet_reply(struct call *call, const struct sheet *sheet)
{
    /* an untouched week becomes missing without a new version: what the client has may be old */
    if (sheet_depends_on_day(sheet))
        call->request->if_none_match = STR("");
    return reply_object(call, &sheet_schema, sheet, ETAG_WEEK, sheet->version);
}

enum status week_read(struct call *call, const struct principal *who)
{
    struct sheet_id id = {.person_id = who->person_id};
    struct sheet sheet;

    if (!week_parse(call->params[0], &id.week))
        return STATUS_NOT_FOUND;
    enum status st = sheet_load(call->mem, call, NULL, who, id, &sheet);
    return st == STATUS_OK ? sheet_reply(call, &sheet) : st;
}

/* --- the list -------------------------------------------------------------------------------- */

/* The weeks that are still to be given, newest first, by their Mondays. Weeks without a row are
 * those between the rows: they are given up to the current one, as long as the person was active. */
struct week_page {
    struct call *call;
    const struct weeks_query *query;
    struct date today, current; /* Monday of the current week */
    struct date next, last;     /* the next one's and the oldest one's Monday */
    struct active_range active; /* of the person */
    int64_t limit, count;
    char last_given[WEEK_TEXT_LEN];
};

static bool asked(const struct weeks_query *query, int field)
{
    return field_is_present(&weeks_query_schema, query, (size_t)field);
}

static enum status give(struct week_page *page, const struct week_total *total)
{
    struct buf *b = &page->call->reply->body;
    char text[WEEK_TEXT_LEN] = {0};
    struct week_summary summary = {.week = str_n(text, sizeof text),
                                   .from = week_monday(total->week),
                                   .minutes = total->minutes,
                                   .version = total->version};
    int64_t counts[ENTRY_STATUS_COUNT];

    for (int i = 0; i < ENTRY_STATUS_COUNT; i++) {
        counts[i] = summary.count[i] = total->count[i];
        summary.entries += total->count[i];
    }
    counts[ENTRY_DRAFT] += total->hidden_drafts;
    summary.to.days = summary.from.days + WEEK_DAYS - 1;
    summary.state =
        week_state_of(counts, (enum entry_status)total->empty_status,
                      week_is_due(total->week, page->today, page->active.from, page->active.to));
    if (summary.state == WEEK_REJECTED && counts[ENTRY_REJECTED] == 0)
        summary.reason = total->reason;
    bool wanted = !asked(page->query, WEEKS_QUERY_STATE) || page->query->state == summary.state;
    if (!wanted || page->count++ >= page->limit) /* one more than asked for: there is a next page */
        return STATUS_OK;
    week_format(total->week, text);
    memcpy(page->last_given, text, sizeof text);
    buf_add_char(b, page->count == 1 ? '[' : ',');
    json_write(b, &week_summary_schema, &summary);
    return b->status;
}

/* The weeks without a row from the next one to the one after `monday`. */
static enum status give_gap(struct week_page *page, struct date monday)
{
    enum status st = STATUS_OK;

    if (page->next.days > page->current.days)
        page->next = page->current;
    for (; st == STATUS_OK && page->next.days > monday.days && page->count <= page->limit;
         page->next.days -= WEEK_DAYS) {
        const struct week_total none = {.week = week_of(page->next)};
        if (page->next.days + WEEK_DAYS <= page->active.from.days)
            break; /* nor in any week before */
        if (week_is_active(none.week, page->active.from, page->active.to))
            st = give(page, &none);
    }
    return st;
}

static enum status add_week(const struct week_total *row, void *arg)
{
    struct week_page *page = arg;
    struct date monday = week_monday(row->week);
    enum status st = give_gap(page, monday);
    page->next.days = monday.days - WEEK_DAYS;
    return st == STATUS_OK ? give(page, row) : st;
}

static bool read_week(struct call *call, const char *pointer, struct str text, struct date *monday)
{
    struct iso_week week;

    if (query_week(call, pointer, text, &week) != STATUS_OK)
        return false;
    *monday = week_monday(week);
    return true;
}

/* From which Monday to which. */
static enum status read_range(struct call *call, struct week_page *page)
{
    const struct weeks_query *query = page->query;
    struct date first = {0}, cursor = {0};
    bool fine = true;

    (void)!date_from_civil(ENTRY_YEAR_MIN, 1, 1, &first);
    (void)!date_from_civil(ENTRY_YEAR_MAX, 12, 31, &page->next);
    first = week_monday(week_of(first));
    page->next = week_monday(week_of(page->next));
    if (asked(query, WEEKS_QUERY_TO))
        fine = read_week(call, "?to", query->to, &page->next) && fine;
    page->last = page->next.days < page->current.days ? page->next : page->current;
    page->last.days -= (WEEKS_LIST_DEFAULT - 1) * WEEK_DAYS;
    if (asked(query, WEEKS_QUERY_FROM))
        fine = read_week(call, "?from", query->from, &page->last) && fine;
    if (asked(query, WEEKS_QUERY_CURSOR))
        fine = read_week(call, "?cursor", query->cursor, &cursor) && fine;
    if (!fine)
        return STATUS_INVALID;
    if (page->last.days < first.days)
        page->last = first;
    if (asked(query, WEEKS_QUERY_CURSOR) && cursor.days - WEEK_DAYS < page->next.days)
        page->next.days = cursor.days - WEEK_DAYS;
    return STATUS_OK;
}

static enum status give_weeks(struct call *call, const struct principal *who,
                              struct week_page *page)
{
    /* a filter may pass over any number of rows */
    bool filtered = asked(page->query, WEEKS_QUERY_STATE);
    struct week_filter filter = {.from = week_of(page->last),
                                 .to = week_of(page->next),
                                 .limit = filtered ? INT32_MAX : page->limit + 1};
    struct str user_id;
    enum status st = access_whose(call, who, page->query->user, &filter.person_id, &user_id);

    if (st != STATUS_OK || page->next.days < page->last.days)
        return st;
    st = store_person_active(call->api->store, who, filter.person_id, &page->active);
    if (st == STATUS_OK)
        st = store_weeks_each(call->api->store, who, &filter, add_week, page);
    return st == STATUS_OK ? give_gap(page, (struct date){page->last.days - WEEK_DAYS}) : st;
}

enum status weeks_list(struct call *call, const struct principal *who)
{
    struct week_page page = {.call = call, .query = call->query, .today = clock_today()};

    page.current = week_monday(week_of(page.today));
    page.limit = asked(page.query, WEEKS_QUERY_LIMIT) ? page.query->limit : LIST_LIMIT_DEFAULT;
    enum status st = read_range(call, &page);
    if (st == STATUS_OK)
        st = give_weeks(call, who, &page);
    if (st != STATUS_OK)
        return st;
    buf_add_str(&call->reply->body, page.count == 0 ? STR("[]\n") : STR("]\n"));
    reply_json(call, 200, "no-store");
    if (page.count <= page.limit)
        return STATUS_OK;
    char *cursor = talloc_strndup(call->mem, page.last_given, sizeof page.last_given);
    return cursor == NULL ? STATUS_NO_MEMORY : reply_next(call, str_of(cursor));
}
