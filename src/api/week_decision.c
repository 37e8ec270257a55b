/* Somebody's week as who approves sees it, and the decision on all of it (design rules 6, 7, 12). */
#include "api_priv.h"
#include "ts/clock.h"
#include "ts/decision.h"
#include "ts/parse.h"

/* /people/{id}/weeks/{week}: the numeric id of a person, and a week that exists. */
static enum status read_path(const struct call *call, struct sheet_id *out)
{
    bool fine =
        parse_id(call->params[0], &out->person_id) && week_parse(call->params[1], &out->week);

    return fine ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status person_week_read(struct call *call, const struct principal *who)
{
    struct sheet_id id;
    struct sheet sheet;
    enum status st = read_path(call, &id);

    if (st == STATUS_OK)
        st = sheet_load(call->mem, call, NULL, who, id, &sheet);
    return st == STATUS_OK ? sheet_reply(call, &sheet) : st;
}

/* --- PUT /people/{id}/weeks/{week}/decision ---------------------------------------------------------- */

struct week_decision {
    struct call *call;
    const struct principal *who;
    struct write_key key;
    struct sheet_id id;
    struct decision decision;
    struct sheet sheet; /* as it was read, then as it will be */
    bool empty;         /* it has no entries at all */
    struct buf before, after;
};

static bool is_changed(const struct week_decision *d, const struct entry *entry)
{
    return entry->status == (int64_t)decision_changes(d->decision.kind);
}

static bool has_approved(const struct week_decision *d)
{
    return d->sheet.count[ENTRY_APPROVED] > 0 ||
           (d->empty && d->sheet.empty_status == ENTRY_APPROVED);
}

static bool gives_reason(const struct week_decision *d)
{
    const struct entry *entries = d->sheet.entries.items;

    if (d->decision.kind == DECISION_APPROVED || str_eq(d->sheet.reason, d->decision.reason))
        return true;
    for (size_t i = 0; i < d->sheet.entries.count; i++) {
        if (entries[i].status == ENTRY_REJECTED && str_eq(entries[i].reason, d->decision.reason))
            return true;
    }
    return false;
}

/* A request that nginx repeats after a worker died names the version before its own. */
static bool holds_already(const struct week_decision *d)
{
    bool changes = true;
    int64_t seen;

    if (!etag_version(d->call->request->if_match, ETAG_WEEK, &seen) ||
        d->sheet.version != seen + 1 || !gives_reason(d))
        return false;
    return decision_transition(d->decision.kind, (enum week_state)d->sheet.state, has_approved(d),
                               &changes) == STATUS_OK &&
           !changes;
}

/* A decision names the version that was seen, so "any version" is none (design rule 7). */
static enum status check_version(const struct week_decision *d)
{
    struct call *call = d->call;

    if (holds_already(d))
        return STATUS_OK;
    if (str_eq(str_trim(call->request->if_match), STR("*"))) {
        faults_detail(&call->faults,
                      "A decision names the version that was seen, which * does not.");
        return STATUS_VERSION_REQUIRED;
    }
    return require_version(call, ETAG_WEEK, d->sheet.version, "The week");
}

/* The week itself, and each entry that would be decided. */
static enum status check_allowed(const struct week_decision *d)
{
    const struct entry *entries = d->sheet.entries.items;
    const int64_t decider = d->who->actor_id;
    enum status st = decision_allowed(decider, d->id.person_id);

    for (size_t i = 0; st == STATUS_OK && i < d->sheet.entries.count; i++) {
        if (is_changed(d, &entries[i]))
            st = decision_allowed_entry(decider, entries[i].person_id, entries[i].edited_by);
        if (st == STATUS_FOUR_EYES)
            faults_detail(&d->call->faults,
                          "You have last changed the entry %lld. Somebody else has to decide it.",
                          (long long)entries[i].id);
    }
    return st;
}

static enum status check_transition(const struct week_decision *d, bool *changes)
{
    struct faults *faults = &d->call->faults;
    enum status st = decision_transition(d->decision.kind, (enum week_state)d->sheet.state,
                                         has_approved(d), changes);

    if (st == STATUS_APPROVED)
        faults_detail(faults, "The week is approved. Reopen it to take that back.");
    else if (st == STATUS_NOT_SUBMITTED)
        faults_detail(faults, "The week is %s. Only a submitted week can be decided.",
                      week_state_names[d->sheet.state]);
    return st;
}

/* Makes the sheet what it will be and says what that does to the week's row; the entries that change
 * are written to `before` as they were. */
static enum status apply(struct week_decision *d, int64_t now, struct week_change *change)
{
    struct sheet *sheet = &d->sheet;
    const enum entry_status from = decision_changes(d->decision.kind),
                            to = decision_makes(d->decision.kind);
    const size_t bytes = sheet->entries.count * sizeof(struct entry);
    struct entry *entries = talloc_zero_size(d->call->mem, bytes + 1);

    if (entries == NULL)
        return STATUS_NO_MEMORY;
    if (bytes > 0)
        memcpy(entries, sheet->entries.items, bytes);
    buf_add_char(&d->before, '[');
    for (size_t i = 0; i < sheet->entries.count; i++) {
        struct entry *entry = &entries[i];
        if (!is_changed(d, entry))
            continue;
        buf_add_str(&d->before, d->before.len > 1 ? STR(",") : STR(""));
        json_write(&d->before, &entry_schema, entry);
        if (change->first_day < 0)
            change->first_day = (int8_t)date_weekday(entry->date); /* they are ordered by date */
        change->count[from]--;
        change->count[to]++;
        entry->status = to;
        entry->reason = d->decision.reason;
        entry->version++;
        entry->updated_at = now;
    }
    buf_add_char(&d->before, ']');
    if (d->empty) { /* locked when all of its days are */
        change->first_day = WEEK_DAYS - 1;
        sheet->empty_status = to;
        sheet->reason = d->decision.reason;
    }
    sheet->entries.items = entries;
    sheet->version++;
    return sheet_settle(d->call->mem, sheet);
}

static enum status describe(struct week_decision *d)
{
    json_write(&d->after, &sheet_schema, &d->sheet);
    return d->before.status == STATUS_OK ? d->after.status : d->before.status;
}

/* The rows of what was decided, in the week that is locked now. */
static enum status store_entries(struct week_decision *d, struct tx *tx, int64_t changed,
                                 int64_t now)
{
    const struct entries_decision all = {.id = d->id,
                                         .from = decision_changes(d->decision.kind),
                                         .to = decision_makes(d->decision.kind),
                                         .reason = d->decision.reason,
                                         .changed = changed,
                                         .at = now};

    return d->empty ? tx_week_say(tx, d->who, d->id, all.to, all.reason, d->who->person_id)
                    : tx_entries_decide(tx, d->who, &all);
}

static enum status change(struct week_decision *d, struct tx *tx)
{
    static const enum event_action actions[] = {[DECISION_APPROVED] = EVENT_WEEK_APPROVED,
                                                [DECISION_REJECTED] = EVENT_WEEK_REJECTED,
                                                [DECISION_REOPENED] = EVENT_WEEK_REOPENED};
    const int64_t now = clock_wall_us(), seen = d->sheet.seq;
    struct week_change change = {.first_day = -1};
    int64_t seq = 0, there[WEEK_DAYS];

    enum status st = apply(d, now, &change);
    if (st == STATUS_OK)
        st = describe(d);
    struct event event = {.person_id = d->id.person_id,
                          .week = d->id.week,
                          .action = actions[d->decision.kind],
                          .at = now,
                          .before = buf_str(&d->before),
                          .after = buf_str(&d->after)};
    if (st == STATUS_OK)
        st = event_seal(d->call->api, &d->key, &event);
    if (st == STATUS_OK)
        st = tx_week_change(tx, d->who, &change, &event, &seq, there);
    if (st == STATUS_PERIOD_LOCKED)
        faults_detail(&d->call->faults,
                      "An entry that this would decide lies in the locked period.");
    if (st == STATUS_OK && seq != seen + 1) /* changed between reading and locking */
        st = tx_repeat(tx);
    if (st == STATUS_OK)
        st = store_entries(d, tx, change.count[decision_makes(d->decision.kind)], now);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

/* 404, 428, 412, 403, 409, in this order (design section 5). A body may run several times. */
static enum status decide(struct tx *tx, void *arg)
{
    struct week_decision *d = arg;
    struct call *call = d->call;
    bool changes = false;

    faults_init(&call->faults, call->mem);
    buf_init(&d->before, call->mem, HTTP_REPLY_MAX);
    buf_init(&d->after, call->mem, HTTP_REPLY_MAX);
    enum status st = sheet_load(call->mem, call, tx, d->who, d->id, &d->sheet);
    if (st != STATUS_OK)
        return st;
    d->empty = d->sheet.entries.count == 0 && d->sheet.hidden_drafts == 0;
    st = check_version(d);
    if (st == STATUS_OK)
        st = check_allowed(d);
    if (st == STATUS_OK)
        st = check_transition(d, &changes);
    if (st != STATUS_OK)
        return st;
    return changes ? change(d, tx) : describe(d);
}

enum status week_decide(struct call *call, const struct principal *who)
{
    struct week_decision d = {.call = call, .who = who};
    struct decision_fault fault;
    struct replay replay = {.found = false};

    enum status st = decision_read(call->body, &d.decision, &fault);
    if (st != STATUS_OK)
        faults_add(&call->faults, fault.pointer, fault.code, "%s", fault.detail);
    else
        st = read_path(call, &d.id);
    if (st == STATUS_OK)
        st = write_key(call, who, &d.key);
    if (st == STATUS_OK)
        st = store_transact(call->mem, call->api->store, &d.key, decide, &d, &replay);
    return st == STATUS_OK
               ? reply_written(call, ETAG_WEEK, d.sheet.version, buf_str(&d.after), &replay)
               : st;
}
