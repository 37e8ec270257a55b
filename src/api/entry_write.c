/* Writing entries: POST, PATCH and DELETE, each one transaction (design rule 10):
 * week rows, entry, event, COMMIT. A body may run several times; it starts anew each time. */
#include <inttypes.h>
#include <stdio.h>

#include "api_priv.h"
#include "ts/clock.h"
#include "ts/parse.h"

enum { EVENT_TEXT_MAX = 8000 };

struct entry_write {
    struct call *call;
    const struct principal *who;
    struct write_key key;
    int64_t id;         /* of the path */
    struct entry entry; /* as it will be */
    struct buf before, after;
    int64_t minutes; /* from hours and/or minutes, 0 = not given */
};

/* --- checks -------------------------------------------------------------------------- */
static const char *minutes_pointer(const struct entry_input *in)
{
    return field_is_present(&entry_input_schema, in, ENTRY_INPUT_HOURS) ? "/hours" : "/minutes";
}

static bool check_minutes(struct call *call, const struct entry_input *in, bool required,
                          int64_t *out)
{
    const char *why = NULL;

    if (entry_input_minutes(in, required, out, &why) == STATUS_OK)
        return true;
    faults_add(&call->faults, minutes_pointer(in), "hours", "%s", why);
    return false;
}

static void explain_day(struct call *call, struct date date, int64_t there, int64_t minutes,
                        const char *pointer)
{
    char day[DATE_TEXT_LEN];

    date_format(date, day);
    call->faults.detail = NULL; /* of a closed project: this comes first */
    faults_detail(&call->faults, "%.*s already has %" PRId64 ":%02" PRId64 " hours.", DATE_TEXT_LEN,
                  day, there / 60, there % 60);
    faults_add(&call->faults, pointer, "day-over-24h",
               "%" PRId64 " minutes more would make %" PRId64 " of at most %d on that day", minutes,
               there + minutes, MINUTES_PER_DAY);
}

/* --- parts of a transaction ------------------------------------------------------------ */
/* A run of a body begins without what an earlier run left. */
static void begin(struct entry_write *w)
{
    faults_init(&w->call->faults, w->call->mem);
    buf_init(&w->before, w->call->mem, EVENT_TEXT_MAX);
    buf_init(&w->after, w->call->mem, EVENT_TEXT_MAX);
}

static enum status describe(struct buf *b, const struct entry *entry)
{
    json_write(b, &entry_schema, entry);
    return b->status;
}

static struct event event_of(const struct entry_write *w, enum event_action action,
                             struct date date)
{
    return (struct event){.person_id = w->who->person_id,
                          .week = week_of(date),
                          .action = action,
                          .entry_id = w->entry.id,
                          .at = w->entry.updated_at,
                          .before = buf_str(&w->before),
                          .after = buf_str(&w->after)};
}

/* Seals an event and makes its week's change. */
static enum status change_week(struct entry_write *w, struct tx *tx, const struct write_key *key,
                               const struct week_change *change, struct event *event, int64_t *seq,
                               int64_t there[WEEK_DAYS])
{
    enum status st = event_seal(w->call->api, key, event);

    return st == STATUS_OK ? tx_week_change(tx, w->who, change, event, seq, there) : st;
}

/* --- replies ---------------------------------------------------------------------------- */
static const struct write_kind entry_kind = {ETAG_ENTRY, "/api/timesheets/", "id", entry_read};

static enum status reply_entry(struct entry_write *w, enum event_action action)
{
    struct written written = {
        .action = action, .version = w->entry.version, .body = buf_str(&w->after)};
    char id[20];

    written.name = str_n(id, format_i64(id, w->entry.id));
    return reply_written(w->call, &entry_kind, &written);
}

static enum status run(struct entry_write *w, store_tx_fn *body, enum event_action action)
{
    struct call *call = w->call;
    struct replay replay = {.found = false};
    enum status st = write_key(call, w->who, &w->key);

    if (st == STATUS_OK)
        st = store_transact(call->mem, call->api->store, &w->key, body, w, &replay);
    if (st != STATUS_OK)
        return st;
    return replay.found ? reply_replayed(call, w->who, &entry_kind, &replay)
                        : reply_entry(w, action);
}

/* --- POST -------------------------------------------------------------------------------- */
static enum status create(struct tx *tx, void *arg)
{
    struct entry_write *w = arg;
    struct call *call = w->call;
    const struct entry_input *in = call->body;
    struct week_change change = {.first_day = -1};
    int64_t project_id = 0, seq = 0, there[WEEK_DAYS] = {0};

    begin(w);
    bool date_ok = booking_date(call, in->date, "/date");
    bool minutes_ok = check_minutes(call, in, true, &w->minutes);
    enum status st = booking_project(call, in->project, in->date, "/project", &project_id);
    bool closed = st == STATUS_PROJECT_CLOSED;
    if (closed ? !(date_ok && minutes_ok) : st == STATUS_OK && call->faults.count > 0)
        st = STATUS_INVALID;
    if (st != STATUS_OK && st != STATUS_PROJECT_CLOSED)
        return st;
    int64_t now = clock_wall_us();
    w->entry = (struct entry){.id = store_entry_id(call->api->store),
                              .person_id = w->who->person_id,
                              .user_id = w->who->user_id,
                              .date = in->date,
                              .project = in->project,
                              .minutes = w->minutes,
                              .note = in->note,
                              .status = ENTRY_SUBMITTED,
                              .version = 1,
                              .edited_by = w->who->person_id,
                              .created_at = now,
                              .updated_at = now};
    if (field_is_present(&entry_input_schema, in, ENTRY_INPUT_STATUS))
        w->entry.status = in->status;
    week_change_add(&change, &w->entry, 1);
    st = describe(&w->after, &w->entry);
    struct event event = event_of(w, EVENT_ENTRY_CREATED, in->date);
    if (st == STATUS_OK)
        st = change_week(w, tx, &w->key, &change, &event, &seq, there);
    if (st == STATUS_DAY_OVER_24H)
        explain_day(call, in->date, there[date_weekday(in->date)], w->minutes, minutes_pointer(in));
    if (st == STATUS_OK && closed) /* 409 only now: a day over 24 hours is a 422 */
        st = STATUS_PROJECT_CLOSED;
    if (st == STATUS_OK)
        st = tx_entry_insert(tx, w->who, &w->entry, project_id);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

enum status entry_create(struct call *call, const struct principal *who)
{
    struct entry_write w = {.call = call, .who = who};

    return run(&w, create, EVENT_ENTRY_CREATED);
}

/* --- what PATCH and DELETE share ----------------------------------------------------------- */
/* 404, 428, 412, 403, 409, in this order (design section 5). */
static enum status find_to_change(struct entry_write *w, struct tx *tx, enum entry_operation op,
                                  struct entry *was, enum entry_status *next)
{
    enum status st = tx_entry_get(w->call->mem, tx, w->who, w->id, was);

    if (st == STATUS_OK)
        st = require_version(w->call, ETAG_ENTRY, was->version, "The entry");
    if (st != STATUS_OK)
        return st;
    if (was->person_id != w->who->person_id) {
        faults_detail(&w->call->faults, "Only its owner may change an entry.");
        return STATUS_NOT_YOURS;
    }
    return entry_transition(op, (enum entry_status)was->status, next);
}

/* --- PATCH ----------------------------------------------------------------------------------- */
/* What can be said without the entry, and comes before what it says (422 before 404). */
static enum status check_patch(struct entry_write *w)
{
    const struct entry_input *in = w->call->body;
    struct project project;
    enum status st = STATUS_OK;

    if (field_is_present(&entry_patch_schema, in, ENTRY_INPUT_DATE))
        (void)booking_date(w->call, in->date, "/date"); /* the fault is what counts */
    (void)check_minutes(w->call, in, false, &w->minutes);
    if (field_is_present(&entry_patch_schema, in, ENTRY_INPUT_PROJECT))
        st = booking_find(w->call, in->project, "/project", &project);
    return st == STATUS_OK && w->call->faults.count > 0 ? STATUS_INVALID : st;
}

static enum status merge(struct entry_write *w, const struct entry *was, enum entry_status next,
                         int64_t *project_id)
{
    const struct entry_input *in = w->call->body;
    struct entry *now = &w->entry;

    *now = *was;
    if (field_is_present(&entry_patch_schema, in, ENTRY_INPUT_DATE))
        now->date = in->date;
    if (field_is_present(&entry_patch_schema, in, ENTRY_INPUT_PROJECT))
        now->project = in->project;
    if (field_is_present(&entry_patch_schema, in, ENTRY_INPUT_NOTE))
        now->note = in->note;
    if (w->minutes > 0)
        now->minutes = w->minutes;
    now->status = next;
    now->reason = STR("");
    now->version = was->version + 1;
    now->edited_by = w->who->person_id;
    now->updated_at = clock_wall_us();
    /* a closed project takes no new work; less or other words on old work may still be put right */
    bool more = now->date.days != was->date.days || !str_eq(now->project, was->project) ||
                now->minutes > was->minutes;
    enum status st = booking_project(w->call, now->project, now->date, "/project", project_id);
    if (st != STATUS_PROJECT_CLOSED || more)
        return st;
    w->call->faults.detail = NULL; /* nothing to tell: it is not refused */
    return STATUS_OK;
}

static bool is_same(const struct entry *a, const struct entry *b)
{
    return a->date.days == b->date.days && a->minutes == b->minutes &&
           str_eq(a->project, b->project) && str_eq(a->note, b->note);
}

/* The week rows of a change, ascending; when the entry moves to another week, both have an event. */
static enum status change_weeks(struct entry_write *w, struct tx *tx, const struct entry *was,
                                struct event events[2], int64_t seqs[2], size_t *count,
                                int64_t there[WEEK_DAYS])
{
    struct week_change changes[2] = {{.first_day = -1}, {.first_day = -1}};
    const struct write_key no_key = {.actor_id = w->key.actor_id};
    int64_t ignored[WEEK_DAYS];
    bool same_week = week_of(was->date).number == week_of(w->entry.date).number;
    enum status st;

    week_change_add(&changes[0], &w->entry, 1);
    week_change_add(&changes[same_week ? 0 : 1], was, -1);
    events[0] = event_of(w, EVENT_ENTRY_EDITED, w->entry.date);
    events[1] = event_of(w, EVENT_ENTRY_MOVED_OUT, was->date);
    *count = same_week ? 1 : 2;
    if (same_week)
        return change_week(w, tx, &w->key, &changes[0], &events[0], &seqs[0], there);
    if (was->date.days < w->entry.date.days) {
        st = change_week(w, tx, &no_key, &changes[1], &events[1], &seqs[1], ignored);
        return st == STATUS_OK
                   ? change_week(w, tx, &w->key, &changes[0], &events[0], &seqs[0], there)
                   : st;
    }
    st = change_week(w, tx, &w->key, &changes[0], &events[0], &seqs[0], there);
    return st == STATUS_OK ? change_week(w, tx, &no_key, &changes[1], &events[1], &seqs[1], ignored)
                           : st;
}

static enum status patch(struct tx *tx, void *arg)
{
    struct entry_write *w = arg;
    struct entry was = {.id = 0};
    enum entry_status next = ENTRY_DRAFT;
    struct event events[2];
    int64_t project_id = 0, seqs[2] = {0}, there[WEEK_DAYS] = {0};
    size_t count = 0;

    begin(w);
    enum status st = check_patch(w);
    if (st == STATUS_OK)
        st = find_to_change(w, tx, ENTRY_EDIT, &was, &next);
    if (st == STATUS_OK)
        st = merge(w, &was, next, &project_id);
    bool closed = st == STATUS_PROJECT_CLOSED;
    if (st != STATUS_OK && !closed)
        return st;
    if (is_same(&was, &w->entry)) { /* nothing to change: the version stays */
        w->entry = was;
        return describe(&w->after, &was);
    }
    st = describe(&w->before, &was);
    if (st == STATUS_OK)
        st = describe(&w->after, &w->entry);
    if (st == STATUS_OK)
        st = change_weeks(w, tx, &was, events, seqs, &count, there);
    if (st == STATUS_DAY_OVER_24H) {
        bool same_day = was.date.days == w->entry.date.days;
        int64_t others = there[date_weekday(w->entry.date)] - (same_day ? was.minutes : 0);
        explain_day(w->call, w->entry.date, others, w->entry.minutes,
                    minutes_pointer(w->call->body));
    }
    if (st == STATUS_OK && closed) /* 409 only now: a day over 24 hours is a 422 */
        st = STATUS_PROJECT_CLOSED;
    if (st == STATUS_OK)
        st = tx_entry_update(tx, w->who, &w->entry, project_id, was.date, was.version);
    for (size_t i = 0; st == STATUS_OK && i < count; i++)
        st = tx_event_insert(tx, &events[i], seqs[i]);
    return st;
}

enum status entry_patch(struct call *call, const struct principal *who)
{
    struct entry_write w = {.call = call, .who = who};

    return parse_id(call->params[0], &w.id) ? run(&w, patch, EVENT_ENTRY_EDITED) : STATUS_NOT_FOUND;
}

/* --- DELETE ----------------------------------------------------------------------------------- */
/* nginx repeats a DELETE after a worker died: if that version is gone already, the answer is the first one's. */
static enum status gone_already(struct entry_write *w, struct tx *tx)
{
    int64_t version;
    bool gone = false;

    if (!etag_version(w->call->request->if_match, ETAG_ENTRY, &version))
        return STATUS_NOT_FOUND;
    enum status st = tx_entry_was_deleted(tx, w->who, w->id, version, &gone);
    return st == STATUS_OK && !gone ? STATUS_NOT_FOUND : st;
}

static enum status delete (struct tx *tx, void *arg) {
    struct entry_write *w = arg; struct entry was; enum entry_status next;
    struct week_change change = {.first_day = -1};
    int64_t seq = 0, there[WEEK_DAYS];

    begin(w);
    enum status st = find_to_change(w, tx, ENTRY_DELETE, &was, &next);
    if (st == STATUS_NOT_FOUND) return gone_already(w, tx);
    if (st != STATUS_OK) return st;
    w->entry = was;
    w->entry.updated_at = clock_wall_us();
    week_change_add(&change, &was, -1);
    st = describe(&w->before, &was);
    struct event event = event_of(w, EVENT_ENTRY_DELETED, was.date);
    if (st == STATUS_OK) st = change_week(w, tx, &w->key, &change, &event, &seq, there);
    if (st == STATUS_OK) st = tx_entry_delete(tx, w->who, was.id, was.date, was.version);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

enum status entry_delete(struct call *call, const struct principal *who)
{
    struct entry_write w = {.call = call, .who = who};

    return parse_id(call->params[0], &w.id) ? run(&w, delete, EVENT_ENTRY_DELETED)
                                            : STATUS_NOT_FOUND;
}
