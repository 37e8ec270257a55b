/* Somebody's week as who approves sees it, and the decision on all of it (design rules 6, 7, 12). */
#include "api_priv.h"
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
    struct sheet_write w; /* the first: it is the body's argument */
    struct decision decision;
    int64_t changed; /* number of entries */
    struct week_change change;
};

static bool is_empty(const struct sheet *sheet)
{
    return sheet->entries.count == 0 && sheet->hidden_drafts == 0;
}

static bool would_change(const struct week_decision *d, const struct entry *entry)
{
    return entry->status == (int64_t)decision_changes(d->decision.kind);
}

/* Does the week's state leave anything to do? */
static enum status transition(const struct week_decision *d, bool *changes)
{
    const struct sheet *sheet = &d->w.sheet;
    bool any_approved = sheet->count[ENTRY_APPROVED] > 0 ||
                        (is_empty(sheet) && sheet->empty_status == ENTRY_APPROVED);

    return decision_transition(d->decision.kind, (enum week_state)sheet->state, any_approved,
                               changes);
}

/* Is the reason of this decision the one that was given? */
static bool has_reason(const struct week_decision *d)
{
    const struct sheet *sheet = &d->w.sheet;
    const struct entry *entries = sheet->entries.items;
    bool found = d->decision.kind == DECISION_APPROVED ||
                 (is_empty(sheet) && str_eq(sheet->reason, d->decision.reason));

    for (size_t i = 0; !found && i < sheet->entries.count; i++)
        found =
            entries[i].status == ENTRY_REJECTED && str_eq(entries[i].reason, d->decision.reason);
    return found;
}

/* A request that nginx repeats after a worker died names the version before its own. */
static bool holds_already(const struct week_decision *d)
{
    bool changes = true;
    int64_t seen;

    return etag_version(d->w.call->request->if_match, ETAG_WEEK, &seen) &&
           d->w.sheet.version == seen + 1 && has_reason(d) &&
           transition(d, &changes) == STATUS_OK && !changes;
}

/* A decision names the version that was seen, so "any version" is none (design rule 7). */
static enum status check_version(struct week_decision *d)
{
    struct call *call = d->w.call;

    if (!str_eq(str_trim(call->request->if_match), STR("*")))
        return sheet_write_version(&d->w, holds_already(d));
    faults_detail(&call->faults, "A decision names the version that was seen, which * does not.");
    return STATUS_VERSION_REQUIRED;
}

/* The week itself, and each entry that would be decided. */
static enum status check_allowed(const struct week_decision *d)
{
    const struct field_list *list = &d->w.sheet.entries;
    const struct entry *entries = list->items;
    const int64_t decider = d->w.who->actor_id;
    enum status st = decision_allowed(decider, d->w.id.person_id);

    for (size_t i = 0; st == STATUS_OK && i < list->count; i++) {
        if (would_change(d, &entries[i]))
            st = decision_allowed_entry(decider, entries[i].person_id, entries[i].edited_by);
        if (st == STATUS_FOUR_EYES)
            faults_detail(&d->w.call->faults,
                          "You were the last to change the entry %lld; somebody else has to decide "
                          "it.",
                          (long long)entries[i].id);
    }
    return st;
}

static enum status check_transition(const struct week_decision *d, bool *changes)
{
    struct faults *faults = &d->w.call->faults;
    enum status st = transition(d, changes);

    if (st == STATUS_APPROVED)
        faults_detail(faults, "The week is approved. Reopen it to take that back.");
    else if (st == STATUS_NOT_SUBMITTED)
        faults_detail(faults, "The week is %s; only a submitted week can be approved or rejected.",
                      week_state_names[d->w.sheet.state]);
    return st;
}

/* In memory: what the decision makes of the entries, or of a week that has none. */
static void apply(struct week_decision *d)
{
    struct sheet *sheet = &d->w.sheet;
    struct entry *entries = (struct entry *)(uintptr_t)sheet->entries.items; /* ours: in `run` */
    const enum entry_status next = decision_makes(d->decision.kind);

    d->changed = 0;
    d->change = (struct week_change){.first_day = -1};
    for (size_t i = 0; i < sheet->entries.count; i++) {
        if (!would_change(d, &entries[i]))
            continue;
        sheet_write_before(&d->w, &entries[i]);
        week_change_add(&d->change, &entries[i], -1);
        entries[i].status = next;
        entries[i].reason = d->decision.reason;
        entries[i].version++;
        entries[i].updated_at = d->w.at;
        week_change_add(&d->change, &entries[i], 1);
        d->changed++;
    }
    if (is_empty(sheet)) {
        sheet->empty_status = next;
        sheet->reason = d->decision.reason;
        d->change.first_day = WEEK_DAYS - 1; /* closed with its last day */
    }
}

static enum status check_unlocked(const struct week_decision *d)
{
    char day[DATE_TEXT_LEN];
    const struct date first = {week_monday(d->w.id.week).days + d->change.first_day};

    if (d->change.first_day >= d->w.sheet.locked_days)
        return STATUS_OK;
    date_format(first, day);
    faults_detail(&d->w.call->faults, "%.*s lies in the locked period.", DATE_TEXT_LEN, day);
    return STATUS_PERIOD_LOCKED;
}

static enum status store_decision(struct week_decision *d, struct tx *tx)
{
    static const enum event_action actions[] = {[DECISION_APPROVED] = EVENT_WEEK_APPROVED,
                                                [DECISION_REJECTED] = EVENT_WEEK_REJECTED,
                                                [DECISION_REOPENED] = EVENT_WEEK_REOPENED};
    struct sheet_write *w = &d->w;
    const struct entries_decision all = {.id = w->id,
                                         .from = decision_changes(d->decision.kind),
                                         .to = decision_makes(d->decision.kind),
                                         .reason = d->decision.reason,
                                         .changed = d->changed,
                                         .at = w->at};
    struct event event;
    int64_t seq = 0;
    enum status st = sheet_write_week(w, tx, actions[d->decision.kind], &d->change, &event, &seq);

    if (st == STATUS_OK && d->changed > 0)
        st = tx_entries_decide(tx, w->who, &all);
    else if (st == STATUS_OK)
        st = tx_week_say(tx, w->who, w->id, all.to, all.reason, w->who->person_id);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

/* 404, 428, 412, 403, 409, in this order (design section 5). A body may run several times. */
static enum status decide(struct tx *tx, void *arg)
{
    struct week_decision *d = arg;
    bool changes = false;
    enum status st = sheet_write_begin(&d->w, tx);

    if (st == STATUS_OK)
        st = check_version(d);
    if (st == STATUS_OK)
        st = check_allowed(d);
    if (st == STATUS_OK)
        st = check_transition(d, &changes);
    if (st != STATUS_OK)
        return st;
    if (!changes)
        return sheet_write_same(&d->w);
    apply(d);
    st = check_unlocked(d);
    return st == STATUS_OK ? store_decision(d, tx) : st;
}

enum status week_decide(struct call *call, const struct principal *who)
{
    struct week_decision d = {.w = {.call = call, .who = who}};
    struct decision_fault fault;
    enum status st = decision_read(call->body, &d.decision, &fault);

    if (st != STATUS_OK)
        faults_add(&call->faults, fault.pointer, fault.code, "%s", fault.detail);
    else
        st = read_path(call, &d.w.id);
    return st == STATUS_OK ? sheet_write_run(&d.w, decide) : st;
}
