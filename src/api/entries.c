/* Reading entries: the list with its filters and pages, and one entry. */
#include <stdio.h>

#include "api_priv.h"
#include "ts/clock.h"
#include "ts/parse.h"

enum { ALL_STATUSES = (1 << ENTRY_STATUS_COUNT) - 1 };

bool entry_cursor_read(struct str text, struct date *date, int64_t *id)
{
    uint8_t bytes[ENTRY_CURSOR_LEN / 2];
    uint64_t value = 0;
    struct date first, last, read;

    if (!parse_hex(text, bytes, sizeof bytes))
        return false;
    read.days = (int32_t)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                          (uint32_t)bytes[2] << 8 | bytes[3]);
    for (size_t i = 4; i < sizeof bytes; i++)
        value = value << 8 | bytes[i];
    if (value == 0 || !date_from_civil(ENTRY_YEAR_MIN, 1, 1, &first) ||
        !date_from_civil(ENTRY_YEAR_MAX, 12, 31, &last) || read.days < first.days ||
        read.days > last.days)
        return false;
    *date = read;
    *id = (int64_t)value;
    return true;
}

enum status reply_next_entry(struct call *call, struct date date, int64_t id)
{
    char cursor[ENTRY_CURSOR_LEN + 1];

    (void)snprintf(cursor, sizeof cursor, "%08x%014llx", (unsigned)date.days,
                   (unsigned long long)id);
    char *kept = talloc_strdup(call->mem, cursor);
    return kept == NULL ? STATUS_NO_MEMORY : reply_next(call, str_of(kept));
}

static bool asked(const struct entry_query *query, int field)
{
    return field_is_present(&entry_query_schema, query, (size_t)field);
}

/* from, to and week narrow the dates together. */
static enum status filter_dates(struct call *call, const struct entry_query *query,
                                struct entry_filter *filter)
{
    struct date monday;
    struct iso_week week;

    (void)!date_from_civil(ENTRY_YEAR_MIN, 1, 1, &filter->from);
    (void)!date_from_civil(ENTRY_YEAR_MAX, 12, 31, &filter->to);
    if (asked(query, ENTRY_QUERY_FROM))
        filter->from = query->from;
    if (asked(query, ENTRY_QUERY_TO))
        filter->to = query->to;
    if (!asked(query, ENTRY_QUERY_WEEK))
        return STATUS_OK;
    enum status st = query_week(call, "?week", query->week, &week);
    if (st != STATUS_OK)
        return st;
    monday = week_monday(week);
    if (monday.days > filter->from.days)
        filter->from = monday;
    if (monday.days + WEEK_DAYS - 1 < filter->to.days)
        filter->to.days = monday.days + WEEK_DAYS - 1;
    return STATUS_OK;
}

static enum status filter_cursor(struct call *call, const struct entry_query *query,
                                 struct entry_filter *filter)
{
    filter->before_date = (struct date){filter->to.days + 1};
    filter->before_id = 1;
    if (!asked(query, ENTRY_QUERY_CURSOR) ||
        entry_cursor_read(query->cursor, &filter->before_date, &filter->before_id))
        return STATUS_OK;
    return query_bad_cursor(call);
}

struct entry_page {
    struct call *call;
    struct str user_id;
    int64_t limit, count;
    struct date last_date;
    int64_t last_id;
};

static enum status add_entry(const struct entry *row, void *arg)
{
    struct entry_page *page = arg;
    struct buf *b = &page->call->reply->body;
    struct entry entry = *row;

    if (page->count++ == page->limit) /* one more than asked for: there is a next page */
        return STATUS_OK;
    entry.user_id = page->user_id;
    buf_add_char(b, page->count == 1 ? '[' : ',');
    json_write(b, &entry_schema, &entry);
    page->last_date = row->date;
    page->last_id = row->id;
    return b->status;
}

enum status entries_list(struct call *call, const struct principal *who)
{
    const struct entry_query *query = call->query;
    struct entry_page page = {.call = call};
    struct entry_filter filter = {
        .project = query->project, .q = query->q, .statuses = ALL_STATUSES};

    page.limit = asked(query, ENTRY_QUERY_LIMIT) ? query->limit : LIST_LIMIT_DEFAULT;
    filter.limit = page.limit + 1;
    if (asked(query, ENTRY_QUERY_STATUS))
        filter.statuses = UINT32_C(1) << query->status;
    enum status dates = filter_dates(call, query, &filter);
    enum status st = filter_cursor(call, query, &filter);
    if (st == STATUS_OK)
        st = dates;
    if (st == STATUS_OK)
        st = access_whose(call, who, query->user, &filter.person_id, &page.user_id);
    if (st == STATUS_OK)
        st = store_entries_each(call->api->store, who, &filter, add_entry, &page);
    if (st != STATUS_OK)
        return st;
    buf_add_str(&call->reply->body, page.count == 0 ? STR("[]\n") : STR("]\n"));
    reply_json(call, 200, "no-store");
    return page.count <= page.limit ? STATUS_OK
                                    : reply_next_entry(call, page.last_date, page.last_id);
}

enum status entry_read(struct call *call, const struct principal *who)
{
    struct entry entry;
    int64_t id;

    if (!parse_id(call->params[0], &id))
        return STATUS_NOT_FOUND;
    enum status st = store_entry_get(call->mem, call->api->store, who, id, &entry);
    return st == STATUS_OK ? reply_object(call, &entry_schema, &entry, ETAG_ENTRY, entry.version)
                           : st;
}
