/* PUT /weeks/{w}: a whole grid in one transaction. What is sent is compared with what is there, and
 * only differences are changes: a cell that is the same does no harm, whatever its state. */
#include <inttypes.h>
#include <stdio.h>

#include "api_priv.h"

enum { POINTER_MAX = 48 };

/* What an item does to the week. */
struct item_change {
    size_t item;             /* its place in the request */
    const struct entry *was; /* NULL: a new entry */
    struct entry now;        /* unless it is removed */
    bool removed, closed;    /* closed: the project takes no time for that */
    int64_t project_id;
};

struct week_save {
    struct sheet_write w; /* the first: it is the body's argument */
    const struct entry_item *items;
    size_t count;
    int64_t *minutes; /* of each item */
    struct item_change *changes;
    size_t changed;
};

/* --- faults of an item ------------------------------------------------------------------------ */

static const char *pointer_of(char out[POINTER_MAX], size_t item, const char *member)
{
    (void)snprintf(out, POINTER_MAX, "/entries/%zu/%s", item, member);
    return out;
}

static void fault(struct week_save *s, size_t item, const char *member, const char *code,
                  const char *detail)
{
    char pointer[POINTER_MAX];

    faults_add(&s->w.call->faults, pointer_of(pointer, item, member), code, "%s", detail);
}

static bool has(const struct entry_item *item, int member)
{
    return field_is_present(&entry_item_schema, item, (size_t)member);
}

static bool is_removal(const struct entry_item *item)
{
    return item->remove != 0;
}

static const char *minutes_member(const struct entry_item *item)
{
    return has(item, ENTRY_INPUT_HOURS) ? "hours" : "minutes";
}

/* --- what can be said without the week ---------------------------------------------------------- */

static void check_removal(struct week_save *s, size_t i)
{
    static const int others[] = {ENTRY_INPUT_DATE, ENTRY_INPUT_PROJECT, ENTRY_INPUT_HOURS,
                                 ENTRY_INPUT_MINUTES, ENTRY_INPUT_NOTE};

    if (!has(&s->items[i], ENTRY_ITEM_ID))
        fault(s, i, "id", "required", "is missing");
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
        if (has(&s->items[i], others[k]))
            fault(s, i, entry_item_schema.fields[others[k]].name, "unknown",
                  "does not go with delete");
    }
}

static void check_item_date(struct week_save *s, size_t i)
{
    const struct entry_input *in = &s->items[i].entry;
    const struct sheet *sheet = &s->w.sheet;
    char pointer[POINTER_MAX], from[DATE_TEXT_LEN], to[DATE_TEXT_LEN];

    if (!has(&s->items[i], ENTRY_INPUT_DATE)) {
        fault(s, i, "date", "required", "is missing");
        return;
    }
    (void)pointer_of(pointer, i, "date");
    if (week_of(in->date).number == sheet->number.number) {
        (void)booking_date(s->w.call, in->date, pointer); /* the fault is what counts */
        return;
    }
    date_format(sheet->from, from);
    date_format(sheet->to, to);
    faults_add(&s->w.call->faults, pointer, "range", "must be from %.*s to %.*s", DATE_TEXT_LEN,
               from, DATE_TEXT_LEN, to);
}

static enum status check_item_project(struct week_save *s, size_t i)
{
    struct project project;
    char pointer[POINTER_MAX];

    if (!has(&s->items[i], ENTRY_INPUT_PROJECT)) {
        fault(s, i, "project", "required", "is missing");
        return STATUS_OK;
    }
    if (s->w.call->faults.count >= FAULTS_MAX) /* no more would be told, so none is looked up */
        return STATUS_OK;
    enum status st = booking_find(s->w.call, s->items[i].entry.project,
                                  pointer_of(pointer, i, "project"), &project);
    return st == STATUS_INVALID ? STATUS_OK : st;
}

static void check_item_minutes(struct week_save *s, size_t i)
{
    const char *why = NULL;

    if (entry_input_minutes(&s->items[i].entry, true, &s->minutes[i], &why) != STATUS_OK)
        fault(s, i, minutes_member(&s->items[i]), "hours", why);
}

static void check_item_id(struct week_save *s, size_t i)
{
    for (size_t k = 0; k < i && has(&s->items[i], ENTRY_ITEM_ID); k++) {
        if (has(&s->items[k], ENTRY_ITEM_ID) && s->items[k].id == s->items[i].id) {
            fault(s, i, "id", "duplicate", "stands in an item before");
            return;
        }
    }
}

static enum status check_items(struct week_save *s)
{
    enum status st = booking_week(s->w.call, s->w.id.week) ? STATUS_OK : STATUS_INVALID;

    for (size_t i = 0; st == STATUS_OK && i < s->count; i++) {
        check_item_id(s, i);
        if (is_removal(&s->items[i])) {
            check_removal(s, i);
            continue;
        }
        check_item_date(s, i);
        check_item_minutes(s, i);
        st = check_item_project(s, i);
    }
    return st == STATUS_OK && s->w.call->faults.count > 0 ? STATUS_INVALID : st;
}

/* --- comparing with the week ----------------------------------------------------------------------- */

/* The place among the entries, or their number. */
static size_t find_entry(const struct sheet *sheet, int64_t id)
{
    const struct entry *entries = sheet->entries.items;
    size_t at = 0;

    while (at < sheet->entries.count && entries[at].id != id)
        at++;
    return at;
}

/* A note that is left out is no note of a new entry, and stays what it was of one that is there. */
static bool is_same(const struct week_save *s, size_t i, const struct entry *entry)
{
    const struct entry_item *item = &s->items[i];
    bool any_note = has(item, ENTRY_ITEM_ID) && !has(item, ENTRY_INPUT_NOTE);

    return entry->date.days == item->entry.date.days && entry->minutes == s->minutes[i] &&
           str_eq(entry->project, item->entry.project) &&
           (any_note || str_eq(entry->note, item->entry.note));
}

/* Is there an entry like a new one, that no other item stands for? */
static bool is_made(const struct week_save *s, size_t i, bool *taken)
{
    const struct entry *entries = s->w.sheet.entries.items;

    for (size_t at = 0; at < s->w.sheet.entries.count; at++) {
        if (!taken[at] && is_same(s, i, &entries[at])) {
            taken[at] = true;
            return true;
        }
    }
    return false;
}

/* Is everything that the request asks for there already? Then it is a repetition. */
static enum status holds_already(struct week_save *s, bool *out)
{
    const struct entry *entries = s->w.sheet.entries.items;
    const size_t count = s->w.sheet.entries.count;
    bool *taken = talloc_zero_size(s->w.run, count * sizeof *taken + 1), holds = true;

    if (taken == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; holds && i < s->count; i++) {
        if (!has(&s->items[i], ENTRY_ITEM_ID))
            continue;
        size_t at = find_entry(&s->w.sheet, s->items[i].id);
        if (is_removal(&s->items[i])) {
            holds = at == count;
            continue;
        }
        holds = at < count && is_same(s, i, &entries[at]);
        if (holds)
            taken[at] = true;
    }
    for (size_t i = 0; holds && i < s->count; i++)
        holds = has(&s->items[i], ENTRY_ITEM_ID) || is_made(s, i, taken);
    *out = holds;
    return STATUS_OK;
}

/* --- the plan ----------------------------------------------------------------------------------------- */

static struct entry new_entry(const struct week_save *s, size_t i)
{
    const struct entry_input *in = &s->items[i].entry;

    return (struct entry){.id = store_entry_id(s->w.call->api->store),
                          .person_id = s->w.who->person_id,
                          .user_id = s->w.sheet.user_id,
                          .date = in->date,
                          .project = in->project,
                          .minutes = s->minutes[i],
                          .note = in->note,
                          .status = ENTRY_DRAFT,
                          .version = 1,
                          .edited_by = s->w.who->person_id,
                          .created_at = s->w.at,
                          .updated_at = s->w.at};
}

/* Its status is the state table's; an approved one keeps its own and is refused later. */
static struct entry edited_entry(const struct week_save *s, size_t i, const struct entry *was)
{
    const struct entry_item *item = &s->items[i];
    struct entry now = *was;
    enum entry_status next = (enum entry_status)was->status;

    now.date = item->entry.date;
    now.project = item->entry.project;
    now.minutes = s->minutes[i];
    if (has(item, ENTRY_INPUT_NOTE))
        now.note = item->entry.note;
    (void)!entry_transition(ENTRY_EDIT, (enum entry_status)was->status, &next);
    now.status = next;
    now.reason = STR("");
    now.version++;
    now.edited_by = s->w.who->person_id;
    now.updated_at = s->w.at;
    return now;
}

/* The changes of all items. An id that is none of the week's entries is a fault. */
static enum status plan(struct week_save *s)
{
    const struct entry *entries = s->w.sheet.entries.items;

    s->changed = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct item_change change = {.item = i, .removed = is_removal(&s->items[i])};
        if (has(&s->items[i], ENTRY_ITEM_ID)) {
            size_t at = find_entry(&s->w.sheet, s->items[i].id);
            if (at == s->w.sheet.entries.count) {
                fault(s, i, "id", "unknown-entry", "is no entry of yours in this week");
                continue;
            }
            change.was = &entries[at];
            if (!change.removed && is_same(s, i, change.was))
                continue;
        }
        if (!change.removed)
            change.now = change.was == NULL ? new_entry(s, i) : edited_entry(s, i, change.was);
        s->changes[s->changed++] = change;
    }
    return s->w.call->faults.count > 0 ? STATUS_INVALID : STATUS_OK;
}

static struct week_change week_change_of(const struct week_save *s)
{
    struct week_change change = {.first_day = -1};

    for (size_t i = 0; i < s->changed; i++) {
        if (s->changes[i].was != NULL)
            week_change_add(&change, s->changes[i].was, -1);
        if (!s->changes[i].removed)
            week_change_add(&change, &s->changes[i].now, 1);
    }
    return change;
}

/* --- what the week refuses ------------------------------------------------------------------------------ */

/* How much more the change puts on that day. */
static int64_t added(const struct item_change *change, struct date day)
{
    int64_t minutes = 0;

    if (!change->removed && change->now.date.days == day.days)
        minutes += change->now.minutes;
    if (change->was != NULL && change->was->date.days == day.days)
        minutes -= change->was->minutes;
    return minutes;
}

/* All days at once; every item that adds to a full day is told. */
static enum status check_days(struct week_save *s)
{
    const struct sheet_day *days = s->w.sheet.days.items;
    enum status st = STATUS_OK;

    for (int d = 0; d < WEEK_DAYS; d++) {
        int64_t total = days[d].minutes;
        char pointer[POINTER_MAX], date[DATE_TEXT_LEN];
        for (size_t i = 0; i < s->changed; i++)
            total += added(&s->changes[i], days[d].date);
        if (total <= MINUTES_PER_DAY)
            continue;
        st = STATUS_DAY_OVER_24H;
        date_format(days[d].date, date);
        faults_detail(&s->w.call->faults, "%.*s would have %" PRId64 " of at most %d minutes.",
                      DATE_TEXT_LEN, date, total, MINUTES_PER_DAY);
        for (size_t i = 0; i < s->changed; i++) {
            const size_t item = s->changes[i].item;
            if (added(&s->changes[i], days[d].date) > 0)
                faults_add(&s->w.call->faults,
                           pointer_of(pointer, item, minutes_member(&s->items[item])),
                           "day-over-24h", "%.*s would have %" PRId64 " of at most %d minutes",
                           DATE_TEXT_LEN, date, total, MINUTES_PER_DAY);
        }
    }
    return st;
}

static bool is_locked(const struct week_save *s, const struct item_change *change)
{
    const int64_t locked = s->w.sheet.locked_days;

    return (change->was != NULL && date_weekday(change->was->date) < locked) ||
           (!change->removed && date_weekday(change->now.date) < locked);
}

/* Looks up the project of a change. A closed one takes no new work; less or other words on old work
 * may still be put right. */
static enum status find_project(struct week_save *s, struct item_change *change)
{
    const struct entry *was = change->was, *now = &change->now;
    struct faults *faults = &s->w.call->faults;
    char pointer[POINTER_MAX];

    if (change->removed)
        return STATUS_OK;
    enum status st =
        booking_project(s->w.call, now->project, now->date,
                        pointer_of(pointer, change->item, "project"), &change->project_id);
    faults->detail = NULL; /* each item is told about */
    bool more = was == NULL || now->date.days != was->date.days ||
                !str_eq(now->project, was->project) || now->minutes > was->minutes;
    change->closed = st == STATUS_PROJECT_CLOSED && more;
    return st == STATUS_PROJECT_CLOSED ? STATUS_OK : st;
}

/* Of what stands in the way, the first in the contract's order is what the refusal is called. */
static void refuse(enum status *st, enum status conflict)
{
    if (*st == STATUS_OK || conflict < *st)
        *st = conflict;
}

static enum status check_conflicts(struct week_save *s)
{
    enum status st = STATUS_OK, conflict = STATUS_OK;

    for (size_t i = 0; st == STATUS_OK && i < s->changed; i++) {
        struct item_change *change = &s->changes[i];
        enum entry_operation op = change->removed ? ENTRY_DELETE : ENTRY_EDIT;
        enum entry_status next;
        st = find_project(s, change);
        if (st == STATUS_OK && change->was != NULL &&
            entry_transition(op, (enum entry_status)change->was->status, &next) != STATUS_OK) {
            fault(s, change->item, "id", "approved", "is approved and does not change");
            refuse(&conflict, STATUS_APPROVED);
        }
        if (st == STATUS_OK && is_locked(s, change)) {
            fault(s, change->item, change->removed ? "id" : "date", "period-locked",
                  "lies in a locked period, or did");
            refuse(&conflict, STATUS_PERIOD_LOCKED);
        }
        if (st == STATUS_OK && change->closed) {
            fault(s, change->item, "project", "project-closed", "takes no time for that date");
            refuse(&conflict, STATUS_PROJECT_CLOSED);
        }
    }
    return st == STATUS_OK ? conflict : st;
}

/* --- carrying it out -------------------------------------------------------------------------------------- */

static struct item_change *change_of(const struct week_save *s, const struct entry *was)
{
    for (size_t i = 0; i < s->changed; i++) {
        if (s->changes[i].was == was)
            return &s->changes[i];
    }
    return NULL;
}

/* The entries as they will be. Those that were stay where they are, for the changes point to them. */
static enum status build(struct week_save *s)
{
    struct sheet *sheet = &s->w.sheet;
    const struct entry *entries = sheet->entries.items;
    struct entry *next =
        talloc_zero_size(s->w.run, (sheet->entries.count + s->changed) * sizeof(struct entry));
    size_t count = 0;

    if (next == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < sheet->entries.count; i++) {
        const struct item_change *change = change_of(s, &entries[i]);
        if (change != NULL)
            sheet_write_before(&s->w, &entries[i]);
        if (change == NULL || !change->removed)
            next[count++] = change == NULL ? entries[i] : change->now;
    }
    for (size_t i = 0; i < s->changed; i++) {
        if (s->changes[i].was == NULL)
            next[count++] = s->changes[i].now;
    }
    sheet_sort(next, count);
    sheet->entries = (struct field_list){next, count};
    return STATUS_OK;
}

static enum status store_change(const struct week_save *s, struct tx *tx,
                                const struct item_change *c)
{
    const struct principal *who = s->w.who;

    if (c->was == NULL)
        return tx_entry_insert(tx, who, &c->now, c->project_id);
    if (c->removed)
        return tx_entry_delete(tx, who, c->was->id, c->was->date, c->was->version);
    return tx_entry_update(tx, who, &c->now, c->project_id, c->was->date, c->was->version);
}

static enum status store_changes(struct week_save *s, struct tx *tx)
{
    const struct week_change change = week_change_of(s);
    struct event event;
    int64_t seq = 0;
    enum status st = build(s);

    if (st == STATUS_OK)
        st = sheet_write_week(&s->w, tx, EVENT_WEEK_SAVED, &change, &event, &seq);
    for (size_t i = 0; st == STATUS_OK && i < s->changed; i++)
        st = store_change(s, tx, &s->changes[i]);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

/* --- the request -------------------------------------------------------------------------------------------- */

static bool names_all(struct str if_match)
{
    return str_eq(str_trim(if_match), STR("*"));
}

/* 428, 412; *done when there is nothing left to do. With "*" a repetition cannot be told by its
 * version, so that what holds already is none the less not done twice. */
static enum status check_version(struct week_save *s, bool *done)
{
    struct str if_match = s->w.call->request->if_match;
    bool holds = false;
    enum status st = STATUS_OK;

    if (names_all(if_match) || !etag_matches(if_match, ETAG_WEEK, s->w.sheet.version))
        st = holds_already(s, &holds);
    *done = holds;
    return st == STATUS_OK ? sheet_write_version(&s->w, holds) : st;
}

static enum status begin(struct week_save *s, struct tx *tx)
{
    enum status st = sheet_write_begin(&s->w, tx);

    if (st != STATUS_OK)
        return st;
    s->minutes = talloc_zero_size(s->w.run, s->count * sizeof s->minutes[0] + 1);
    s->changes = talloc_zero_size(s->w.run, s->count * sizeof s->changes[0] + 1);
    return s->minutes == NULL || s->changes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* 422 for what is wrong whatever the week holds, 428, 412, 422 for what it does not hold or has no
 * room for, 409. */
static enum status save(struct tx *tx, void *arg)
{
    struct week_save *s = arg;
    bool done = false;
    enum status st = begin(s, tx);

    if (st == STATUS_OK)
        st = check_items(s);
    if (st == STATUS_OK)
        st = check_version(s, &done);
    if (st == STATUS_OK && done)
        return sheet_write_same(&s->w);
    if (st == STATUS_OK)
        st = plan(s);
    if (st == STATUS_OK)
        st = check_days(s);
    if (st == STATUS_OK)
        st = check_conflicts(s);
    if (st != STATUS_OK)
        return st;
    return s->changed == 0 ? sheet_write_same(&s->w) : store_changes(s, tx);
}

enum status week_save(struct call *call, const struct principal *who)
{
    const struct week_input *in = call->body;
    struct week_save s = {.w = {.call = call, .who = who, .id = {who->person_id, {0}}},
                          .items = in->entries.items,
                          .count = in->entries.count};

    for (size_t i = 0; i < s.count; i++) {
        if (is_removal(&s.items[i]) && (call->claims->scopes & SCOPE_DELETE) == 0)
            return access_refuse(call, SCOPE_DELETE);
    }
    return week_parse(call->params[0], &s.w.id.week) ? sheet_write_run(&s.w, save)
                                                     : STATUS_NOT_FOUND;
}
