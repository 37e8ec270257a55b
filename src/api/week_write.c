/* Writes whose reply is a week: what they share, and submitting and withdrawing one. */
#include "api_priv.h"
#include "ts/clock.h"
#include "ts/parse.h"

void week_change_add(struct week_change *change, const struct entry *entry, int sign)
{
    int32_t day = date_weekday(entry->date);

    change->minutes[day] = (int16_t)(change->minutes[day] + sign * entry->minutes);
    change->count[entry->status] = (int16_t)(change->count[entry->status] + sign);
    if (change->first_day < 0 || day < change->first_day)
        change->first_day = (int8_t)day;
}

/* --- parts of a transaction ---------------------------------------------------------------- */

enum status sheet_write_begin(struct sheet_write *w, struct tx *tx)
{
    faults_init(&w->call->faults, w->call->mem);
    TALLOC_FREE(w->run);
    w->run = talloc_new(w->call->mem);
    if (w->run == NULL)
        return STATUS_NO_MEMORY;
    buf_init(&w->before, w->run, HTTP_REPLY_MAX);
    buf_init(&w->after, w->run, HTTP_REPLY_MAX);
    w->at = clock_wall_us();
    return sheet_load(w->run, w->call, tx, w->who, w->id, &w->sheet);
}

enum status sheet_write_version(struct sheet_write *w, bool holds)
{
    enum status st = require_version(w->call, ETAG_WEEK, w->sheet.version, "The week");

    if (st != STATUS_STALE || !holds)
        return st;
    faults_init(&w->call->faults, w->call->mem);
    return STATUS_OK;
}

enum status sheet_write_same(struct sheet_write *w)
{
    json_write(&w->after, &sheet_schema, &w->sheet);
    return w->after.status;
}

void sheet_write_before(struct sheet_write *w, const struct entry *entry)
{
    buf_add_char(&w->before, w->before.len == 0 ? '[' : ',');
    json_write(&w->before, &entry_schema, entry);
}

/* The week was read without a lock; that its version is the next one now shows that nothing came
 * between. A day that is full or locked now was not when it was read. */
enum status sheet_write_week(struct sheet_write *w, struct tx *tx, enum event_action action,
                             const struct week_change *change, struct event *event, int64_t *seq)
{
    int64_t there[WEEK_DAYS];

    w->sheet.version++;
    enum status st = sheet_settle(w->run, &w->sheet);
    if (st == STATUS_OK)
        st = sheet_write_same(w);
    buf_add_str(&w->before, w->before.len == 0 ? STR("[]") : STR("]"));
    if (st == STATUS_OK)
        st = w->before.status;
    *event = (struct event){.person_id = w->id.person_id,
                            .week = w->id.week,
                            .action = action,
                            .at = w->at,
                            .before = buf_str(&w->before),
                            .after = buf_str(&w->after)};
    if (st == STATUS_OK)
        st = event_seal(w->call->api, &w->key, event);
    if (st != STATUS_OK)
        return st;
    st = tx_week_change(tx, w->who, change, event, seq, there);
    if (st == STATUS_DAY_OVER_24H || st == STATUS_PERIOD_LOCKED)
        return tx_repeat(tx);
    return st == STATUS_OK ? tx_week_is(tx, w->who, w->id, w->sheet.version) : st;
}

/* --- replies ---------------------------------------------------------------------------------- */

/* A stored reply begins with the version it was given with. */
static enum status stored_version(struct str body, int64_t *out)
{
    const struct str member = STR("{\"version\":");
    struct str rest;

    if (!str_starts(body, member) ||
        !parse_i64(str_cut(str_skip(body, member.len), ',', &rest), 0, INT64_MAX, out))
        return STATUS_INTERNAL;
    return STATUS_OK;
}

static enum status reply_sheet(struct call *call, int64_t version, struct str body)
{
    reply_json(call, 200, "private, no-cache");
    enum status st = reply_etag(call, ETAG_WEEK, version);
    buf_add_str(&call->reply->body, body);
    buf_add_char(&call->reply->body, '\n');
    return st;
}

static enum status reply_again(struct sheet_write *w, struct str stored)
{
    struct call *call = w->call;
    struct sheet sheet;
    int64_t version;
    enum status st;

    reply_mark_replayed(call);
    if (stored.len == 0) { /* erased: the week as it is now is what is left to tell */
        st = sheet_load(call->mem, call, NULL, w->who, w->id, &sheet);
        return st == STATUS_OK ? sheet_reply(call, &sheet) : st;
    }
    st = stored_version(stored, &version);
    return st == STATUS_OK ? reply_sheet(call, version, stored) : st;
}

enum status sheet_write_run(struct sheet_write *w, store_tx_fn *body)
{
    struct call *call = w->call;
    struct replay replay = {.found = false};
    enum status st = write_key(call, w->who, &w->key);

    if (st == STATUS_OK)
        st = store_transact(call->mem, call->api->store, &w->key, body, w, &replay);
    if (st != STATUS_OK)
        return st;
    return replay.found ? reply_again(w, replay.after)
                        : reply_sheet(call, w->sheet.version, buf_str(&w->after));
}

/* --- submitting and withdrawing ----------------------------------------------------------------- */

typedef enum status bulk_fn(struct tx *tx, const struct principal *who, struct sheet_id id,
                            int64_t changed, int64_t at);

static const struct submission {
    enum entry_operation op;
    enum event_action action;
    bulk_fn *bulk;
} submitting = {ENTRY_SUBMIT, EVENT_WEEK_SUBMITTED, tx_entries_submit},
  withdrawing = {ENTRY_WITHDRAW, EVENT_WEEK_WITHDRAWN, tx_entries_withdraw};

struct submission_write {
    struct sheet_write w; /* the first: it is the body's argument */
    const struct submission *how;
    int64_t changed; /* number of entries */
    struct week_change change;
};

/* The state table holds for the entries, and for what is said of a week that has none. Both are
 * changed in place. */
static enum status change_status(struct submission_write *s)
{
    struct sheet *sheet = &s->w.sheet;
    struct entry *entries = (struct entry *)(uintptr_t)sheet->entries.items; /* ours: in `run` */
    enum entry_status next = ENTRY_DRAFT;
    enum status st = STATUS_OK;

    s->changed = 0;
    s->change = (struct week_change){.first_day = -1};
    for (size_t i = 0; st == STATUS_OK && i < sheet->entries.count; i++) {
        st = entry_transition(s->how->op, (enum entry_status)entries[i].status, &next);
        if (st != STATUS_OK || (int64_t)next == entries[i].status)
            continue;
        sheet_write_before(&s->w, &entries[i]);
        week_change_add(&s->change, &entries[i], -1);
        entries[i].status = next;
        entries[i].reason = STR("");
        entries[i].version++;
        entries[i].updated_at = s->w.at;
        week_change_add(&s->change, &entries[i], 1);
        s->changed++;
    }
    if (st == STATUS_OK && sheet->entries.count == 0)
        st = entry_transition(s->how->op, (enum entry_status)sheet->empty_status, &next);
    if (st == STATUS_OK && sheet->entries.count == 0 && (int64_t)next != sheet->empty_status) {
        sheet->empty_status = next;
        s->change.first_day = WEEK_DAYS - 1; /* closed with its last day */
    }
    return st;
}

static enum status check_allowed(struct submission_write *s)
{
    if (s->how->op != ENTRY_SUBMIT || booking_week(s->w.call, s->w.id.week))
        return STATUS_OK;
    return STATUS_INVALID;
}

static enum status check_unlocked(struct submission_write *s)
{
    char day[DATE_TEXT_LEN];
    const struct date first = {week_monday(s->w.id.week).days + s->change.first_day};

    if (s->change.first_day >= s->w.sheet.locked_days)
        return STATUS_OK;
    date_format(first, day);
    faults_detail(&s->w.call->faults, "%.*s lies in a locked period.", DATE_TEXT_LEN, day);
    return STATUS_PERIOD_LOCKED;
}

static enum status store_submission(struct submission_write *s, struct tx *tx)
{
    struct sheet_write *w = &s->w;
    struct event event;
    int64_t seq = 0;
    enum status st = sheet_write_week(w, tx, s->how->action, &s->change, &event, &seq);

    if (st == STATUS_OK && s->changed > 0)
        st = s->how->bulk(tx, w->who, w->id, s->changed, w->at);
    else if (st == STATUS_OK)
        st = tx_week_say(tx, w->who, w->id, (enum entry_status)w->sheet.empty_status, STR(""), 0);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

static enum status change_submission(struct tx *tx, void *arg)
{
    struct submission_write *s = arg;
    enum status st = sheet_write_begin(&s->w, tx);

    if (st == STATUS_OK)
        st = check_allowed(s);
    if (st == STATUS_OK)
        st = change_status(s);
    bool nothing = s->change.first_day < 0;
    if (st == STATUS_OK)
        st = sheet_write_version(&s->w, nothing);
    if (st != STATUS_OK)
        return st;
    if (nothing)
        return sheet_write_same(&s->w);
    st = check_unlocked(s);
    return st == STATUS_OK ? store_submission(s, tx) : st;
}

static enum status run_submission(struct call *call, const struct principal *who,
                                  const struct submission *how)
{
    struct submission_write s = {.w = {.call = call, .who = who, .id = {who->person_id, {0}}},
                                 .how = how};

    return week_parse(call->params[0], &s.w.id.week) ? sheet_write_run(&s.w, change_submission)
                                                     : STATUS_NOT_FOUND;
}

enum status week_submit(struct call *call, const struct principal *who)
{
    return run_submission(call, who, &submitting);
}

enum status week_withdraw(struct call *call, const struct principal *who)
{
    return run_submission(call, who, &withdrawing);
}
