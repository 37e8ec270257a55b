/* GET /audit: the trail of one's own person and weeks, or with admin:timesheets of everything. */
#include <stdio.h>

#include "api_priv.h"
#include "ts/parse.h"

enum {
    CURSOR_LEN = 16 + 3 * 8,
    CURSOR_MAX = 64,
    USER_MAX = 255,
    WEEK_TEXT_MAX = 16,
    PAGE_BYTES = 1 << 20 /* a page ends with the event that reaches it: some hold a whole week */
};
/* A moment that every server takes as a DATETIME: 9999-12-31T00:00:00Z, in microseconds. */
static const int64_t last_us = INT64_C(253402214400) * 1000000;
static const int64_t day_us = INT64_C(86400) * 1000000;

struct audit_query {
    uint32_t present;
    struct date from, to;
    struct str user, week, project;
    int64_t entry, limit;
    struct str cursor;
};
enum {
    AUDIT_QUERY_FROM,
    AUDIT_QUERY_TO,
    AUDIT_QUERY_USER,
    AUDIT_QUERY_WEEK,
    AUDIT_QUERY_PROJECT,
    AUDIT_QUERY_ENTRY,
    AUDIT_QUERY_LIMIT,
    AUDIT_QUERY_CURSOR
};
static const struct field query_fields[] = {
    [AUDIT_QUERY_FROM] = FIELD_DATE(struct audit_query, from, .parse = civil_date_parse,
                                    .doc = "Only events of this date, in UTC, or later.",
                                    .example = "\"2026-11-01\""),
    [AUDIT_QUERY_TO] = FIELD_DATE(struct audit_query, to, .parse = civil_date_parse,
                                  .doc = "Only events of this date, in UTC, or earlier.",
                                  .example = "\"2026-11-30\""),
    [AUDIT_QUERY_USER] =
        FIELD_TEXT(struct audit_query, user, .min = 1, .max = USER_MAX,
                   .doc = "Only what is about this person, by id or user_id: their weeks, uploads "
                          "and what is known of them. Another's needs admin:timesheets.",
                   .example = "\"ann@abc.example\""),
    [AUDIT_QUERY_WEEK] =
        FIELD_TEXT(struct audit_query, week, .min = 1, .max = WEEK_TEXT_MAX,
                   .doc = "Only what is about this ISO week.", .example = "\"2026-W48\""),
    [AUDIT_QUERY_PROJECT] =
        FIELD_TEXT(struct audit_query, project, .min = 1, .max = PROJECT_CODE_MAX,
                   .doc = "Only changes of the project with this code; needs admin:timesheets, and "
                          "goes without user, week and entry.",
                   .example = "\"StoreZero\""),
    [AUDIT_QUERY_ENTRY] = FIELD_INT(
        struct audit_query, entry, .min = 1, .max = (INT64_C(1) << 53) - 1,
        .doc = "Only events in which the entry with this number occurs: its own, and those of its "
               "week as a whole. It may be deleted by now.",
        .example = "10737418240"),
    [AUDIT_QUERY_LIMIT] =
        FIELD_INT(struct audit_query, limit, .min = 1, .max = LIST_LIMIT_MAX,
                  .doc = "How many events to give at most; 50 when left out. Large ones may end a "
                         "page earlier.",
                  .example = "50"),
    [AUDIT_QUERY_CURSOR] =
        FIELD_TEXT(struct audit_query, cursor, .min = 1, .max = CURSOR_MAX,
                   .doc = "Where to go on, taken from the Link header of the page before.",
                   .example = "\"00064447b8ef2c98000000110003180000000003\""),
};
const struct schema audit_query_schema =
    SCHEMA_INPUT("AuditQuery", struct audit_query, query_fields);

static bool asked(const struct audit_query *query, int field)
{
    return field_is_present(&audit_query_schema, query, (size_t)field);
}

/* --- filters ----------------------------------------------------------------------------------- */

static int64_t number_at(const uint8_t *bytes, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

/* The place of the last event given: instant, owner, week, seq. */
static bool read_cursor(struct str text, struct audit_place *out)
{
    uint8_t bytes[CURSOR_LEN / 2];

    if (!parse_hex(text, bytes, sizeof bytes))
        return false;
    *out = (struct audit_place){number_at(bytes, 8), number_at(bytes + 8, 4),
                                number_at(bytes + 12, 4), number_at(bytes + 16, 4)};
    return out->at >= 0 && out->at < last_us && out->seq > 0;
}

static enum status invalid(struct call *call, const char *parameter, const char *code,
                           const char *detail)
{
    faults_add(&call->faults, parameter, code, "%s", detail);
    return STATUS_INVALID;
}

/* What can be said without asking anybody. */
static enum status read_filter(struct call *call, const struct audit_query *query,
                               struct audit_filter *filter)
{
    enum status st = STATUS_OK;

    *filter = (struct audit_filter){.to_us = last_us, .entry_id = query->entry};
    if (asked(query, AUDIT_QUERY_FROM) && query->from.days > 0)
        filter->from_us = query->from.days * day_us;
    if (asked(query, AUDIT_QUERY_TO) && (query->to.days + 1) * day_us < last_us)
        filter->to_us = query->to.days < 0 ? 0 : (query->to.days + 1) * day_us;
    if (asked(query, AUDIT_QUERY_WEEK) &&
        query_week(call, "?week", query->week, &filter->week) != STATUS_OK)
        st = STATUS_INVALID;
    if (asked(query, AUDIT_QUERY_CURSOR) && !read_cursor(query->cursor, &filter->after))
        st = query_bad_cursor(call);
    if (asked(query, AUDIT_QUERY_PROJECT) &&
        (asked(query, AUDIT_QUERY_USER) || asked(query, AUDIT_QUERY_WEEK) ||
         asked(query, AUDIT_QUERY_ENTRY)))
        st = invalid(call, "?project", "combination", "goes without user, week and entry");
    return st;
}

static enum status needs_admin(struct call *call, const char *what)
{
    http_reply_header(call->reply, "WWW-Authenticate",
                      STR("Bearer error=\"insufficient_scope\", scope=\"admin:timesheets\""));
    faults_detail(&call->faults, "%s needs the scope admin:timesheets.", what);
    return STATUS_NO_SCOPE;
}

static bool is_self(const struct principal *who, struct str user)
{
    int64_t id;

    return str_eq(user, who->user_id) || (parse_id(user, &id) && id == who->person_id);
}

static enum status filter_person(struct call *call, const struct principal *who, struct str user,
                                 struct audit_filter *filter)
{
    struct person person;

    if (is_self(who, user)) {
        filter->owner_id = who->person_id;
        return STATUS_OK;
    }
    if (!who->administers)
        return needs_admin(call, "What is about others");
    enum status st = store_person_find(call->mem, call->api->store, who, user, &person);
    if (st == STATUS_NOT_FOUND)
        return invalid(call, "?user", "unknown-person", "is nobody's user_id or id");
    if (st == STATUS_OK)
        filter->owner_id = person.id;
    return st;
}

static enum status filter_project(struct call *call, const struct principal *who, struct str code,
                                  struct audit_filter *filter)
{
    struct project project;

    if (!who->administers)
        return needs_admin(call, "What is about a project");
    enum status st = store_project_get(call->api->store, code, 0, &project);
    if (st == STATUS_NOT_FOUND)
        return invalid(call, "?project", "unknown-project",
                       "is no project's code; GET /api/projects lists them");
    if (st == STATUS_OK)
        filter->project_id = project.id;
    return st;
}

/* Whose streams. STATUS_NOT_FOUND: nobody ever had the entry, so that there is nothing to tell. */
static enum status filter_owner(struct call *call, const struct principal *who,
                                const struct audit_query *query, struct audit_filter *filter)
{
    if (asked(query, AUDIT_QUERY_PROJECT))
        return filter_project(call, who, query->project, filter);
    if (asked(query, AUDIT_QUERY_USER))
        return filter_person(call, who, query->user, filter);
    if (!who->administers)
        filter->owner_id = who->person_id;
    else if (asked(query, AUDIT_QUERY_ENTRY))
        return store_entry_owner(call->api->store, who, query->entry, &filter->owner_id);
    return STATUS_OK;
}

/* --- the page ------------------------------------------------------------------------------------ */

struct audit_page {
    struct call *call;
    int64_t limit, count;
    bool more;
    struct audit_place last;
};

static enum status add_event(const struct audit_event *row, const struct audit_place *place,
                             void *arg, bool *stop)
{
    struct audit_page *page = arg;
    struct buf *b = &page->call->reply->body;

    if (page->count == page->limit || b->len >= PAGE_BYTES) {
        page->more = *stop = true;
        return STATUS_OK;
    }
    json_write(b, &audit_event_schema, row);
    buf_add_char(b, '\n');
    page->last = *place;
    page->count++;
    return b->status;
}

static enum status link_next(struct call *call, const struct audit_place *last)
{
    char *cursor =
        talloc_asprintf(call->mem, "%016llx%08x%08x%08x", (unsigned long long)last->at,
                        (unsigned)last->owner_id, (unsigned)last->week, (unsigned)last->seq);

    return cursor == NULL ? STATUS_NO_MEMORY : reply_next(call, str_of(cursor));
}

enum status audit_list(struct call *call, const struct principal *who)
{
    const struct audit_query *query = call->query;
    struct audit_page page = {.call = call, .limit = LIST_LIMIT_DEFAULT};
    struct audit_filter filter;
    enum status st = read_filter(call, query, &filter);

    if (asked(query, AUDIT_QUERY_LIMIT))
        page.limit = query->limit;
    filter.limit = page.limit + 1;
    if (st == STATUS_OK)
        st = filter_owner(call, who, query, &filter);
    if (st == STATUS_OK)
        st = store_audit_each(call->api->store, who, &filter, add_event, &page);
    else if (st == STATUS_NOT_FOUND)
        st = STATUS_OK;
    if (st != STATUS_OK)
        return st;
    reply_json(call, 200, "no-store");
    call->reply->content_type = call->route->media;
    return page.more ? link_next(call, &page.last) : STATUS_OK;
}
