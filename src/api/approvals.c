/* The inbox of who approves, and the decision on one entry (design rules 6 and 12). */
#include "api_priv.h"
#include "ts/clock.h"
#include "ts/decision.h"
#include "ts/parse.h"

/* --- GET /approvals ------------------------------------------------------------------------------ */

static bool asked(const struct inbox_query *query, int field)
{
    return field_is_present(&inbox_query_schema, query, (size_t)field);
}

static enum status filter_dates(struct call *call, const struct inbox_query *query,
                                struct inbox_filter *filter)
{
    struct iso_week week;

    (void)!date_from_civil(ENTRY_YEAR_MIN, 1, 1, &filter->from); /* real dates */
    (void)!date_from_civil(ENTRY_YEAR_MAX, 12, 31, &filter->to);
    if (!asked(query, INBOX_QUERY_WEEK))
        return STATUS_OK;
    enum status st = query_week(call, "?week", query->week, &week);
    if (st != STATUS_OK)
        return st;
    filter->from = week_monday(week);
    filter->to.days = filter->from.days + WEEK_DAYS - 1;
    return STATUS_OK;
}

static enum status filter_cursor(struct call *call, const struct inbox_query *query,
                                 struct inbox_filter *filter)
{
    filter->after_date = (struct date){filter->from.days - 1};
    if (!asked(query, INBOX_QUERY_CURSOR) ||
        entry_cursor_read(query->cursor, &filter->after_date, &filter->after_id))
        return STATUS_OK;
    return query_bad_cursor(call);
}

/* STATUS_NOT_FOUND for the code of no project: nothing is booked on it. */
static enum status filter_project(struct call *call, const struct inbox_query *query,
                                  struct inbox_filter *filter)
{
    enum { AGE_MS = 60000 }; /* a code keeps its id */
    struct project project;

    if (!asked(query, INBOX_QUERY_PROJECT))
        return STATUS_OK;
    enum status st = store_project_get(call->api->store, query->project, AGE_MS, &project);
    if (st == STATUS_OK)
        filter->project_id = project.id;
    return st;
}

struct inbox_page {
    struct call *call;
    int64_t limit, count;
    struct date last_date;
    int64_t last_id;
};

static enum status add_entry(const struct entry *row, void *arg)
{
    struct inbox_page *page = arg;
    struct buf *b = &page->call->reply->body;

    if (page->count++ == page->limit) /* one more than asked for: there is a next page */
        return STATUS_OK;
    buf_add_char(b, page->count == 1 ? '[' : ',');
    json_write(b, &entry_schema, row);
    page->last_date = row->date;
    page->last_id = row->id;
    return b->status;
}

enum status approvals_list(struct call *call, const struct principal *who)
{
    const struct inbox_query *query = call->query;
    struct inbox_page page = {.call = call, .limit = LIST_LIMIT_DEFAULT};
    struct inbox_filter filter = {.person_id = 0};
    struct str user_id; /* each entry has its owner's */

    if (asked(query, INBOX_QUERY_LIMIT))
        page.limit = query->limit;
    filter.limit = page.limit + 1;
    enum status dates = filter_dates(call, query, &filter);
    enum status cursor = filter_cursor(call, query, &filter);
    enum status st = asked(query, INBOX_QUERY_USER)
                         ? access_whose(call, who, query->user, &filter.person_id, &user_id)
                         : STATUS_OK;
    if (st == STATUS_OK)
        st = dates != STATUS_OK ? dates : cursor;
    if (st == STATUS_OK)
        st = filter_project(call, query, &filter);
    if (st == STATUS_OK)
        st = store_inbox_each(call->api->store, who, &filter, add_entry, &page);
    if (st != STATUS_OK && st != STATUS_NOT_FOUND)
        return st;
    buf_add_str(&call->reply->body, page.count == 0 ? STR("[]\n") : STR("]\n"));
    reply_json(call, 200, "no-store");
    return page.count <= page.limit ? STATUS_OK
                                    : reply_next_entry(call, page.last_date, page.last_id);
}

/* --- PUT /approvals/{id} --------------------------------------------------------------------------- */

enum { ENTRY_TEXT_MAX = 16000 };

struct approval {
    struct call *call;
    const struct principal *who;
    struct write_key key;
    int64_t id; /* of the path */
    struct decision decision;
    struct entry entry; /* as it will be, or as it is when nothing changes */
    struct buf before, after;
};

static enum status describe(struct buf *b, const struct entry *entry)
{
    json_write(b, &entry_schema, entry);
    return b->status;
}

/* A request that nginx repeats after a worker died names the version before its own. */
static bool holds_already(const struct approval *a, const struct entry *was)
{
    int64_t seen;

    return etag_version(a->call->request->if_match, ETAG_ENTRY, &seen) &&
           was->version == seen + 1 && was->status == (int64_t)decision_makes(a->decision.kind) &&
           str_eq(was->reason, a->decision.reason);
}

/* If-Match may be left out here: older clients know no versions. */
static enum status check_version(const struct approval *a, const struct entry *was)
{
    if (a->call->request->if_match.len == 0 || holds_already(a, was))
        return STATUS_OK;
    return require_version(a->call, ETAG_ENTRY, was->version, "The entry");
}

static enum status check_transition(const struct approval *a, const struct entry *was,
                                    enum entry_status *next)
{
    struct faults *faults = &a->call->faults;
    enum status st = entry_transition(decision_operation(a->decision.kind),
                                      (enum entry_status)was->status, next);

    if (st == STATUS_APPROVED)
        faults_detail(faults, "The entry is approved. Reopen its week to take that back.");
    else if (st == STATUS_NOT_SUBMITTED)
        faults_detail(faults, "The entry is %s. Its owner has to submit it first.",
                      entry_status_names[was->status]);
    return st;
}

static enum status change(struct approval *a, struct tx *tx, const struct entry *was)
{
    bool approves = a->decision.kind == DECISION_APPROVED;
    struct week_change change = {.first_day = (int8_t)date_weekday(was->date)};
    int64_t seq = 0, there[WEEK_DAYS];

    change.count[was->status]--;
    change.count[a->entry.status]++;
    enum status st = describe(&a->before, was);
    if (st == STATUS_OK)
        st = describe(&a->after, &a->entry);
    struct event event = {.person_id = was->person_id,
                          .week = week_of(was->date),
                          .action = approves ? EVENT_ENTRY_APPROVED : EVENT_ENTRY_REJECTED,
                          .entry_id = was->id,
                          .at = a->entry.updated_at,
                          .before = buf_str(&a->before),
                          .after = buf_str(&a->after)};
    if (st == STATUS_OK)
        st = event_seal(a->call->api, &a->key, &event);
    if (st == STATUS_OK)
        st = tx_week_change(tx, a->who, &change, &event, &seq, there);
    if (st == STATUS_PERIOD_LOCKED)
        faults_detail(&a->call->faults, "The date of the entry lies in the locked period.");
    if (st == STATUS_OK)
        st = tx_entry_decide(tx, a->who, was, &a->entry);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

/* 404, 412, 403, 409, in this order (design section 5). A body may run several times. */
static enum status decide(struct tx *tx, void *arg)
{
    struct approval *a = arg;
    struct call *call = a->call;
    struct entry was = {.id = 0};
    enum entry_status next = ENTRY_SUBMITTED;

    faults_init(&call->faults, call->mem);
    buf_init(&a->before, call->mem, ENTRY_TEXT_MAX);
    buf_init(&a->after, call->mem, ENTRY_TEXT_MAX);
    enum status st = tx_entry_get(call->mem, tx, a->who, a->id, &was);
    if (st == STATUS_OK)
        st = check_version(a, &was);
    if (st == STATUS_OK)
        st = decision_allowed_entry(a->who->actor_id, was.person_id, was.edited_by);
    if (st == STATUS_OK)
        st = check_transition(a, &was, &next);
    if (st != STATUS_OK)
        return st;
    a->entry = was;
    if ((int64_t)next == was.status)
        return describe(&a->after, &was);
    a->entry.status = next;
    a->entry.reason = a->decision.reason;
    a->entry.version = was.version + 1;
    a->entry.updated_at = clock_wall_us();
    return change(a, tx, &was);
}

static enum status reply_decided(struct call *call, int64_t version, struct str body)
{
    reply_json(call, 200, "private, no-cache");
    buf_add_str(&call->reply->body, body);
    buf_add_char(&call->reply->body, '\n');
    return reply_etag(call, ETAG_ENTRY, version);
}

static enum status reply_again(struct approval *a, struct str stored)
{
    struct call *call = a->call;
    int64_t version = 0;
    enum status st;

    reply_mark_replayed(call);
    if (stored.len == 0) { /* erased: the entry as it is now is what is left to tell */
        st = store_entry_get(call->mem, call->api->store, a->who, a->id, &a->entry);
        return st == STATUS_OK
                   ? reply_object(call, &entry_schema, &a->entry, ETAG_ENTRY, a->entry.version)
                   : st;
    }
    st = replayed_version(call, stored, &version);
    return st == STATUS_OK ? reply_decided(call, version, stored) : st;
}

enum status approval_write(struct call *call, const struct principal *who)
{
    struct approval a = {.call = call, .who = who};
    struct decision_fault fault;
    struct replay replay = {.found = false};

    enum status st = approval_read(call->body, &a.decision, &fault);
    if (st != STATUS_OK)
        faults_add(&call->faults, fault.pointer, fault.code, "%s", fault.detail);
    else if (!parse_id(call->params[0], &a.id))
        st = STATUS_NOT_FOUND;
    if (st == STATUS_OK)
        st = write_key(call, who, &a.key);
    if (st == STATUS_OK)
        st = store_transact(call->mem, call->api->store, &a.key, decide, &a, &replay);
    if (st != STATUS_OK)
        return st;
    return replay.found ? reply_again(&a, replay.after)
                        : reply_decided(call, a.entry.version, buf_str(&a.after));
}
