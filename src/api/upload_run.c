/* Storing an upload's rows (design rule 9). A transaction locks the weeks that its rows are about,
 * in order, and from then on decides each row here: minutes of a day, the period lock, the heads of
 * the chains are all in memory, and what is written goes many rows at a time. */
#include <inttypes.h>
#include <stdlib.h>

#include "ts/audit.h"
#include "ts/clock.h"
#include "ts/crypto.h"
#include "ts/upload.h"
#include "upload_priv.h"

enum {
    PEOPLE_SLOTS = 4096,
    PARTIAL_MS = 4000, /* of one transaction */
    ATOMIC_MS = 30000,
    EVENT_TEXT_MAX = 16000,
    ID_SLOTS = 1024
};

/* --- people ---------------------------------------------------------------------------------------
 * Rows of one person stand together or come again and again. Direct-mapped: a clash replaces. */
struct known_user {
    struct str user;
    struct person_match match;
    int64_t count;
};
struct upload_people {
    struct known_user *slots[PEOPLE_SLOTS];
};

enum status upload_people_open(TALLOC_CTX *mem, struct upload_people **out)
{
    struct upload_people *people = talloc_zero(mem, struct upload_people);

    if (people == NULL)
        return STATUS_NO_MEMORY;
    *out = people;
    return STATUS_OK;
}

/* *out lives until the next call. */
static enum status match_user(struct upload_job *job, struct str user,
                              const struct known_user **out)
{
    struct known_user **slot = &job->people->slots[str_hash(user) % PEOPLE_SLOTS];

    if (*slot != NULL && str_eq((*slot)->user, user)) {
        *out = *slot;
        return STATUS_OK;
    }
    TALLOC_FREE(*slot);
    struct known_user *known = talloc_zero(job->people, struct known_user);
    char *text = known == NULL ? NULL : talloc_strndup(known, user.data, user.len);
    if (text == NULL)
        return talloc_free(known), STATUS_NO_MEMORY;
    known->user = str_n(text, user.len);
    enum status st =
        store_person_match(known, job->call->api->store, user, &known->match, &known->count);
    if (st != STATUS_OK)
        return talloc_free(known), st;
    *slot = known;
    *out = known;
    return STATUS_OK;
}

/* --- a run of a transaction ------------------------------------------------------------------------- */

/* A row that has been read and checked by itself. */
struct prepared {
    struct upload_row row;
    struct faults faults;
    enum status st; /* not STATUS_OK: rejected, and why */
    struct person_match
        who; /* its text in the batch's memory: what is remembered may be replaced */
    int64_t minutes;
    uint8_t hash[SHA256_LEN];
    struct uploaded *known; /* NULL: nothing was uploaded under its external id */
};

struct batch {
    TALLOC_CTX *mem;
    struct prepared rows[UPLOAD_BATCH];
    size_t count;
    struct str ids[UPLOAD_BATCH]; /* external ids to look up */
    size_t id_count;
    int16_t slots[ID_SLOTS]; /* rows by external id; -1 = none */
    /* to be written */
    struct upload_entry entries[UPLOAD_BATCH];
    size_t entry_count;
    struct event events[2 * UPLOAD_BATCH]; /* an entry that changes its week has two */
    int64_t seqs[2 * UPLOAD_BATCH];
    size_t event_count;
    struct upload_result results[UPLOAD_BATCH];
};

struct run {
    struct upload_job *job;
    struct tx *tx;
    TALLOC_CTX *mem;
    int64_t last; /* rows to do, counted from the first of the body */
    struct date locked_through;
    struct held_week *weeks; /* ascending by (person, week) */
    size_t week_count;
    struct upload_reader reader;
    struct upload step; /* what this run has done */
};

/* --- weeks ------------------------------------------------------------------------------------------- */

static int compare_weeks(const void *a, const void *b)
{
    const struct held_week *one = a, *other = b;

    if (one->person_id != other->person_id)
        return one->person_id < other->person_id ? -1 : 1;
    return (one->week.number > other->week.number) - (one->week.number < other->week.number);
}

static struct held_week *find_week(const struct run *run, int64_t person_id, struct date date)
{
    const struct held_week wanted = {.person_id = person_id, .week = week_of(date)};

    return run->week_count == 0
               ? NULL
               : bsearch(&wanted, run->weeks, run->week_count, sizeof wanted, compare_weeks);
}

static enum status push_week(struct run *run, int64_t person_id, struct date date)
{
    const struct held_week week = {.person_id = person_id, .week = week_of(date)};
    unsigned room = (unsigned)talloc_array_length(run->weeks);

    /* rows of a week mostly stand together */
    if (run->week_count > 0 && compare_weeks(&run->weeks[run->week_count - 1], &week) == 0)
        return STATUS_OK;
    if (run->week_count == room) {
        struct held_week *grown =
            talloc_realloc(run->mem, run->weeks, struct held_week, room == 0 ? 64 : 2 * room);
        if (grown == NULL)
            return STATUS_NO_MEMORY;
        run->weeks = grown;
    }
    run->weeks[run->week_count++] = week;
    return STATUS_OK;
}

static void sort_weeks(struct run *run)
{
    size_t kept = 0;

    if (run->week_count == 0)
        return;
    qsort(run->weeks, run->week_count, sizeof run->weeks[0], compare_weeks);
    for (size_t i = 1; i < run->week_count; i++) {
        if (compare_weeks(&run->weeks[kept], &run->weeks[i]) != 0)
            run->weeks[++kept] = run->weeks[i];
    }
    run->week_count = kept + 1;
}

/* The weeks that the rows are about, as far as they can be told from the rows alone. */
static enum status collect_weeks(struct run *run)
{
    struct upload_reader reader = run->job->next;
    enum status st = STATUS_OK;
    bool found = true;

    while (st == STATUS_OK && reader.count < run->last) {
        TALLOC_CTX *mem = talloc_new(run->mem);
        const struct known_user *user;
        struct upload_row row;
        struct faults faults;
        if (mem == NULL)
            return STATUS_NO_MEMORY;
        st = upload_next(mem, run->job->call, &reader, &row, &faults, &found);
        bool usable = st == STATUS_OK && faults.count == 0 && row.removed == 0 &&
                      field_is_present(&upload_row_schema, &row, UPLOAD_ROW_USER) &&
                      field_is_present(&upload_row_schema, &row, ENTRY_INPUT_DATE) &&
                      entry_date_allowed(row.entry.date, clock_today());
        if (usable)
            st = match_user(run->job, row.user, &user);
        if (usable && st == STATUS_OK && user->count == 1)
            st = push_week(run, user->match.person_id, row.entry.date);
        talloc_free(mem);
    }
    sort_weeks(run);
    for (size_t i = 0; st == STATUS_OK && i < run->week_count; i++)
        st = tx_week_hold(run->tx, run->locked_through, &run->weeks[i]);
    return st;
}

/* The week of an entry that a row turns out to change. It is locked out of order; should that end in
 * a deadlock, the transaction runs again. */
static enum status hold_late(struct run *run, const struct entry *entry, bool *late)
{
    if (find_week(run, entry->person_id, entry->date) != NULL)
        return STATUS_OK;
    enum status st = push_week(run, entry->person_id, entry->date);
    if (st == STATUS_OK)
        st = tx_week_hold(run->tx, run->locked_through, &run->weeks[run->week_count - 1]);
    if (st == STATUS_OK)
        sort_weeks(run);
    *late = true;
    return st;
}

/* --- what a row needs before it is looked up ------------------------------------------------------------ */

static enum status fault(struct prepared *p, enum status st, const char *pointer, const char *code,
                         const char *detail)
{
    faults_add(&p->faults, pointer, code, "%s", detail);
    return st;
}

/* design section 4: what an entry is, by its source */
static enum status hash_content(int64_t person_id, const struct entry *e, uint8_t out[SHA256_LEN])
{
    const int64_t numbers[] = {person_id, e->date.days, e->minutes};
    uint8_t fixed[sizeof numbers];

    for (size_t i = 0; i < sizeof fixed; i++)
        fixed[i] = (uint8_t)((uint64_t)numbers[i / 8] >> (56 - 8 * (i % 8)));
    const struct str parts[] = {str_n((const char *)fixed, sizeof fixed), e->project, e->note};
    return crypto_sha256(parts, sizeof parts / sizeof parts[0], 1, out);
}

static struct entry content_of(const struct prepared *p)
{
    return (struct entry){.person_id = p->who.person_id,
                          .user_id = p->who.user_id,
                          .date = p->row.entry.date,
                          .project = p->row.entry.project,
                          .minutes = p->minutes,
                          .note = p->row.entry.note,
                          .reason = STR("")};
}

/* Bytes, not characters: a hash may hold a NUL. */
static bool keep_text(TALLOC_CTX *mem, struct str *text)
{
    text->data = talloc_memdup(mem, text->data, text->len);
    return text->data != NULL;
}

/* Exactly one person has what the row calls them. */
static enum status check_user(TALLOC_CTX *mem, struct run *run, struct prepared *p)
{
    const struct known_user *user;
    enum status st = match_user(run->job, p->row.user, &user);

    if (st != STATUS_OK)
        return st;
    if (user->count != 1) {
        (void)fault(p, STATUS_INVALID, "/user_id",
                    user->count == 0 ? "unknown-person" : "ambiguous-person",
                    user->count == 0
                        ? "is nobody's e-mail address, employee number or subject"
                        : "is the e-mail address, employee number or subject of more than one");
        return STATUS_OK;
    }
    p->who = user->match;
    return keep_text(mem, &p->who.user_id) ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Who it is about, and the limits that concern the row alone; all faults at once. */
static enum status check_content(TALLOC_CTX *mem, struct run *run, struct prepared *p)
{
    struct call *call = run->job->call;
    const char *why = NULL;
    struct project project;

    enum status st = check_user(mem, run, p);
    if (st != STATUS_OK)
        return st;
    if (entry_input_minutes(&p->row.entry, true, &p->minutes, &why) != STATUS_OK)
        (void)fault(p, STATUS_INVALID,
                    field_is_present(&upload_row_schema, &p->row, ENTRY_INPUT_HOURS) ? "/hours"
                                                                                     : "/minutes",
                    "hours", why);
    /* these two report to the call: the row's faults stand in for its own meanwhile */
    struct faults kept = call->faults;
    call->faults = p->faults;
    (void)booking_date(call, p->row.entry.date, "/date"); /* the fault is what counts */
    st = booking_find(call, p->row.entry.project, "/project", &project);
    p->faults = call->faults;
    call->faults = kept;
    if (st != STATUS_OK && st != STATUS_INVALID)
        return st;
    if (p->faults.count > 0) {
        p->st = STATUS_INVALID;
        return STATUS_OK;
    }
    const struct entry content = content_of(p);
    return hash_content(content.person_id, &content, p->hash);
}

static enum status prepare(TALLOC_CTX *mem, struct run *run, struct prepared *p)
{
    const char *pointer = "", *why = "";

    p->st = p->faults.count > 0 ? STATUS_INVALID : STATUS_OK;
    if (p->st == STATUS_OK && upload_row_complete(&p->row, &pointer, &why) != STATUS_OK)
        p->st = fault(p, STATUS_INVALID, pointer, "required", why);
    if (p->st == STATUS_OK && p->row.external_id.len > 0 && run->job->source.id == 0)
        p->st = fault(p, STATUS_INVALID, "/external_id", "source-required",
                      "needs a source: external ids belong to one");
    return p->st == STATUS_OK && p->row.removed == 0 ? check_content(mem, run, p) : STATUS_OK;
}

/* --- reading a batch ------------------------------------------------------------------------------------- */

/* The row of the batch with that external id, or the free slot where it would be. */
static int16_t *slot_of(struct batch *b, struct str id)
{
    size_t at = str_hash(id) % ID_SLOTS;

    while (b->slots[at] >= 0 && !str_eq(b->rows[b->slots[at]].row.external_id, id))
        at = (at + 1) % ID_SLOTS;
    return &b->slots[at];
}

/* Up to UPLOAD_BATCH rows; an external id that comes again begins the next batch, so that it finds
 * what the row before has done. */
static enum status read_batch(struct run *run, struct batch *b)
{
    enum status st = STATUS_OK;
    bool found = true;

    memset(b->slots, -1, sizeof b->slots);
    while (st == STATUS_OK && b->count < UPLOAD_BATCH && run->reader.count < run->last) {
        const struct upload_reader before = run->reader;
        struct prepared *p = &b->rows[b->count];
        *p = (struct prepared){.st = STATUS_OK};
        st = upload_next(b->mem, run->job->call, &run->reader, &p->row, &p->faults, &found);
        if (st != STATUS_OK)
            return st;
        bool named = p->row.external_id.len > 0;
        int16_t *slot = named ? slot_of(b, p->row.external_id) : NULL;
        if (named && *slot >= 0) {
            run->reader = before;
            return STATUS_OK;
        }
        st = prepare(b->mem, run, p);
        if (named)
            *slot = (int16_t)b->count;
        if (named && p->st == STATUS_OK)
            b->ids[b->id_count++] = p->row.external_id;
        b->count++;
    }
    return st;
}

/* The row lives until the next is read; what is kept of it is copied. */
static enum status take_uploaded(const struct uploaded *row, void *arg)
{
    struct batch *b = arg;
    int16_t slot = *slot_of(b, row->external_id);
    struct uploaded *known = talloc(b->mem, struct uploaded);

    if (known == NULL)
        return STATUS_NO_MEMORY;
    *known = *row;
    struct str *const texts[] = {&known->external_id,   &known->content_hash,
                                 &known->entry.project, &known->entry.note,
                                 &known->entry.reason,  &known->entry.user_id,
                                 &known->entry.source,  &known->entry.external_id};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!keep_text(b->mem, texts[i]))
            return STATUS_NO_MEMORY;
    }
    if (slot >= 0)
        b->rows[slot].known = known;
    return STATUS_OK;
}

/* What was uploaded before, read under the locks of the weeks it is about. */
static enum status look_up(struct run *run, struct batch *b)
{
    enum status st = STATUS_OK;
    bool late = true;

    while (st == STATUS_OK && late) {
        late = false;
        st = tx_uploaded_each(run->tx, run->job->source.id, b->ids, b->id_count, take_uploaded, b);
        for (size_t i = 0; st == STATUS_OK && i < b->count; i++) {
            const struct uploaded *known = b->rows[i].known;
            if (known != NULL && known->entry.id != 0)
                st = hold_late(run, &known->entry, &late);
        }
    }
    return st;
}

/* --- deciding a row ----------------------------------------------------------------------------------------- */

static bool is_locked(const struct run *run, struct date date)
{
    return run->locked_through.days != DATE_NONE_DAYS && date.days <= run->locked_through.days;
}

static enum status locked(const struct run *run, struct prepared *p)
{
    char text[DATE_TEXT_LEN];

    date_format(run->locked_through, text);
    faults_detail(&p->faults, "No change for dates up to %.*s.", DATE_TEXT_LEN, text);
    return STATUS_PERIOD_LOCKED;
}

/* May the entry that was uploaded before be touched? */
static enum status check_known(const struct run *run, struct prepared *p)
{
    const struct uploaded *known = p->known;
    uint8_t now[SHA256_LEN];
    enum entry_status next;

    enum status st = hash_content(known->entry.person_id, &known->entry, now);
    if (st != STATUS_OK)
        return st;
    if (!str_eq(known->content_hash, str_n((const char *)now, sizeof now))) {
        faults_detail(&p->faults, "Entry %" PRId64 " says something else than was uploaded last.",
                      known->entry.id);
        return STATUS_EDITED_BY_OWNER;
    }
    st = entry_transition(ENTRY_UPLOAD, (enum entry_status)known->entry.status, &next);
    if (st != STATUS_OK) {
        faults_detail(&p->faults, "Entry %" PRId64 " is approved.", known->entry.id);
        return st;
    }
    return is_locked(run, known->entry.date) ? locked(run, p) : STATUS_OK;
}

/* Appends an event to the batch and to the chain of the week that `about`, one of the two, is in. */
static enum status add_event(struct run *run, struct batch *b, enum event_action action,
                             const struct entry *was, const struct entry *now,
                             const struct entry *about)
{
    const struct write_key no_key = {.actor_id = run->job->who.actor_id};
    struct held_week *week = find_week(run, about->person_id, about->date);
    struct event *event = &b->events[b->event_count];
    struct buf before, after;

    buf_init(&before, b->mem, EVENT_TEXT_MAX);
    buf_init(&after, b->mem, EVENT_TEXT_MAX);
    if (was != NULL)
        json_write(&before, &entry_schema, was);
    if (now != NULL)
        json_write(&after, &entry_schema, now);
    if (before.status != STATUS_OK || after.status != STATUS_OK)
        return STATUS_NO_MEMORY;
    *event = (struct event){.person_id = about->person_id,
                            .week = week->week,
                            .action = action,
                            .entry_id = about->id,
                            .at = clock_wall_us(),
                            .before = buf_str(&before),
                            .after = buf_str(&after)};
    enum status st = event_seal(run->job->call->api, &no_key, event);
    if (st == STATUS_OK)
        st = audit_head_next(week->head, event->link);
    b->seqs[b->event_count++] = ++week->seq;
    week->touched = true;
    return st;
}

static void count_entry(struct run *run, const struct entry *e, int sign)
{
    struct held_week *week = find_week(run, e->person_id, e->date);

    week->minutes[date_weekday(e->date)] += sign * e->minutes;
    week->added[e->status] += sign;
    week->touched = true;
}

/* Room on the day, when `was` (NULL: nothing) goes. */
static enum status check_day(const struct run *run, struct prepared *p, const struct entry *now,
                             const struct entry *was)
{
    const struct held_week *week = find_week(run, now->person_id, now->date);
    bool same_day =
        was != NULL && was->person_id == now->person_id && was->date.days == now->date.days;
    int64_t there = week->minutes[date_weekday(now->date)] - (same_day ? was->minutes : 0);

    if (there + now->minutes <= MINUTES_PER_DAY)
        return STATUS_OK;
    faults_add(&p->faults, "/date", "day-over-24h",
               "%" PRId64 " minutes more would make %" PRId64 " of at most %d on that day",
               now->minutes, there + now->minutes, MINUTES_PER_DAY);
    return STATUS_DAY_OVER_24H;
}

/* A closed project takes no new work; less or other words on old work may still be put right. */
static enum status check_project(const struct run *run, struct prepared *p, const struct entry *now,
                                 const struct entry *was, int64_t *id)
{
    struct call *call = run->job->call;
    struct faults kept = call->faults;
    bool more = was == NULL || now->date.days != was->date.days ||
                !str_eq(now->project, was->project) || now->minutes > was->minutes;

    call->faults = p->faults;
    enum status st = booking_project(call, now->project, now->date, "/project", id);
    p->faults = call->faults;
    call->faults = kept;
    return st == STATUS_PROJECT_CLOSED && !more ? STATUS_OK : st;
}

static enum status create(struct run *run, struct batch *b, struct prepared *p, int64_t *id)
{
    struct upload_job *job = run->job;
    struct upload_entry *made = &b->entries[b->entry_count];
    int64_t now = clock_wall_us();

    *made = (struct upload_entry){.entry = content_of(p), .known = p->known != NULL};
    struct entry *e = &made->entry;
    enum status st = check_project(run, p, e, NULL, &made->project_id);
    if (st == STATUS_OK)
        st = check_day(run, p, e, NULL);
    if (st == STATUS_OK && is_locked(run, e->date))
        st = locked(run, p);
    if (st != STATUS_OK)
        return st;
    e->id = store_entry_id(job->call->api->store);
    e->status = ENTRY_SUBMITTED;
    e->version = 1;
    e->edited_by = job->who.actor_id;
    e->created_at = e->updated_at = now;
    e->source = p->row.external_id.len > 0 ? job->source.name : STR("");
    e->external_id = p->row.external_id;
    memcpy(made->content_hash, p->hash, sizeof p->hash);
    *id = e->id;
    b->entry_count++;
    count_entry(run, e, 1);
    st = add_event(run, b, EVENT_ENTRY_UPLOADED, NULL, e, e);
    if (st == STATUS_OK && p->known != NULL)
        st = tx_external_id_set(run->tx, job->source.id, e->external_id, p->known->entry_id, e->id,
                                p->hash);
    return st;
}

static enum status take_away(struct run *run, struct batch *b, struct prepared *p)
{
    const struct entry *was = &p->known->entry;

    count_entry(run, was, -1);
    enum status st = add_event(run, b, EVENT_ENTRY_REMOVED, was, NULL, was);
    return st == STATUS_OK ? tx_upload_entry_remove(run->tx, was) : st;
}

/* The same person's entry gets the new content and keeps its id. */
static enum status renew(struct run *run, struct batch *b, struct prepared *p)
{
    struct upload_job *job = run->job;
    const struct entry *was = &p->known->entry;
    struct upload_entry now = {.entry = content_of(p)};
    struct entry *e = &now.entry;

    enum status st = check_project(run, p, e, was, &now.project_id);
    if (st == STATUS_OK)
        st = check_day(run, p, e, was);
    if (st == STATUS_OK && is_locked(run, e->date))
        st = locked(run, p);
    if (st != STATUS_OK)
        return st;
    e->id = was->id;
    e->status = ENTRY_SUBMITTED;
    e->version = was->version + 1;
    e->edited_by = job->who.actor_id;
    e->created_at = was->created_at;
    e->updated_at = clock_wall_us();
    e->source = was->source;
    e->external_id = was->external_id;
    count_entry(run, was, -1);
    count_entry(run, e, 1);
    if (week_of(was->date).number != week_of(e->date).number)
        st = add_event(run, b, EVENT_ENTRY_MOVED_OUT, was, e, was);
    if (st == STATUS_OK)
        st = add_event(run, b, EVENT_ENTRY_UPLOADED, was, e, e);
    if (st == STATUS_OK)
        st = tx_upload_entry_renew(run->tx, &now, was);
    return st == STATUS_OK
               ? tx_external_id_set(run->tx, job->source.id, e->external_id, e->id, e->id, p->hash)
               : st;
}

static enum status remove_row(struct run *run, struct batch *b, struct prepared *p,
                              enum upload_outcome *outcome, int64_t *id)
{
    const struct uploaded *known = p->known;

    *outcome = UPLOAD_UNCHANGED;
    if (known == NULL || known->content_hash.len == 0 || known->entry.id == 0)
        return STATUS_OK; /* it is not there, or no longer */
    enum status st = check_known(run, p);
    if (st == STATUS_OK)
        st = take_away(run, b, p);
    if (st == STATUS_OK)
        st = tx_external_id_set(run->tx, run->job->source.id, p->row.external_id, known->entry_id,
                                known->entry_id, NULL);
    *outcome = UPLOAD_REMOVED;
    *id = known->entry_id;
    return st;
}

static enum status decide(struct run *run, struct batch *b, struct prepared *p,
                          enum upload_outcome *outcome, int64_t *id)
{
    const struct uploaded *known = p->known;

    if (p->row.removed != 0)
        return remove_row(run, b, p, outcome, id);
    *outcome = UPLOAD_CREATED;
    if (known == NULL || known->content_hash.len == 0)
        return create(run, b, p, id);
    *id = known->entry.id;
    *outcome = UPLOAD_UNCHANGED;
    if (str_eq(known->content_hash, str_n((const char *)p->hash, sizeof p->hash)))
        return STATUS_OK;
    if (known->entry.id == 0) {
        faults_detail(&p->faults, "What was uploaded as this is deleted.");
        return STATUS_DELETED_BY_OWNER;
    }
    *outcome = UPLOAD_UPDATED;
    enum status st = check_known(run, p);
    if (st != STATUS_OK)
        return st;
    if (known->entry.person_id == p->who.person_id)
        return renew(run, b, p);
    st = create(run, b, p, id); /* it is somebody else's now: a new entry */
    return st == STATUS_OK ? take_away(run, b, p) : st;
}

/* --- outcomes --------------------------------------------------------------------------------------------------- */

/* Every rejected row has a code to go by: of a member, or of the row as a whole. */
static size_t list_errors(enum status st, const struct faults *faults,
                          struct upload_fault errors[FAULTS_MAX])
{
    size_t count = faults->count < FAULTS_MAX ? faults->count : FAULTS_MAX;

    for (size_t i = 0; i < count; i++)
        errors[i] =
            (struct upload_fault){str_of(faults->list[i].pointer), str_of(faults->list[i].code),
                                  str_of(faults->list[i].detail)};
    if (count > 0)
        return count;
    errors[0] =
        (struct upload_fault){STR(""), str_of(status_slug(st)),
                              str_of(faults->detail != NULL ? faults->detail : status_title(st))};
    return 1;
}

static enum status write_problem(TALLOC_CTX *mem, enum status st, const struct faults *faults,
                                 struct str *out)
{
    struct upload_fault errors[FAULTS_MAX];
    size_t count = list_errors(st, faults, errors);
    struct upload_problem problem = {.title = str_of(status_title(st)),
                                     .detail = str_of(faults->detail)};
    struct buf b;

    do { /* what is too long for its column is told in part */
        buf_init(&b, mem, UPLOAD_PROBLEM_MAX);
        problem.errors = (struct field_list){errors, count};
        json_write(&b, &upload_problem_schema, &problem);
    } while (b.status == STATUS_TOO_LARGE && count-- > 0);
    *out = buf_str(&b);
    return b.status;
}

/* Is it the row that is refused, or does the whole upload fail? */
static bool is_refusal(enum status st)
{
    int http = status_http(st);

    return http >= 400 && http < 500;
}

/* The faults of the only row become the reply's. */
static void keep_single(struct upload_job *job, const struct prepared *p, enum status st)
{
    job->single_status = st;
    faults_init(&job->single_faults, job);
    for (size_t i = 0; i < p->faults.count && i < FAULTS_MAX; i++)
        faults_add(&job->single_faults, p->faults.list[i].pointer, p->faults.list[i].code, "%s",
                   p->faults.list[i].detail);
    if (p->faults.detail != NULL)
        faults_detail(&job->single_faults, "%s", p->faults.detail);
}

/* The entry that the only row has become, or is. */
static enum status keep_entry(struct upload_job *job, const struct batch *b,
                              const struct prepared *p, int64_t id)
{
    const struct entry *entry =
        p->known != NULL && p->known->entry.id != 0 ? &p->known->entry : NULL;
    struct str text = STR("");
    struct buf out;

    job->single_id = id;
    job->single_version = entry == NULL ? 1 : entry->version + (b->event_count > 0 ? 1 : 0);
    if (b->entry_count > 0)
        job->single_version = 1;
    if (b->event_count > 0)
        text = b->events[b->event_count - 1].after;
    buf_init(&out, job, EVENT_TEXT_MAX);
    if (text.len > 0)
        buf_add_str(&out, text);
    else if (b->event_count == 0 && entry != NULL)
        json_write(&out, &entry_schema, entry);
    job->single_entry = buf_str(&out);
    return out.status;
}

static enum status settle(struct run *run, struct batch *b, struct prepared *p, int64_t row,
                          struct upload_result *result)
{
    struct upload_job *job = run->job;
    enum upload_outcome outcome = UPLOAD_REJECTED;
    int64_t id = 0;
    enum status st = p->st;

    if (st == STATUS_OK)
        st = decide(run, b, p, &outcome, &id);
    if (st != STATUS_OK && !is_refusal(st))
        return st;
    *result = (struct upload_result){
        .row = row, .external_id = p->row.external_id, .outcome = outcome, .entry_id = id};
    if (st != STATUS_OK) {
        result->outcome = UPLOAD_REJECTED;
        result->entry_id = 0;
    }
    run->step.count[result->outcome]++;
    if (job->single && st == STATUS_OK && keep_entry(job, b, p, id) != STATUS_OK)
        return STATUS_NO_MEMORY;
    if (job->single)
        keep_single(job, p, st);
    return st == STATUS_OK ? STATUS_OK : write_problem(b->mem, st, &p->faults, &result->problem);
}

/* Is it certain already that nothing of this will be stored? */
static bool is_undone(const struct run *run)
{
    const struct upload *upload = &run->job->upload;

    return upload->dry_run != 0 ||
           (upload->mode == UPLOAD_ATOMIC && run->step.count[UPLOAD_REJECTED] > 0);
}

/* Every row that may be stored has its week; midnight may have let in one that was too far ahead when
 * the weeks were collected. */
static enum status hold_rest(struct run *run, const struct batch *b)
{
    enum status st = STATUS_OK;
    bool late = false;

    for (size_t i = 0; st == STATUS_OK && i < b->count; i++) {
        const struct entry content = content_of(&b->rows[i]);
        if (b->rows[i].st == STATUS_OK && b->rows[i].row.removed == 0)
            st = hold_late(run, &content, &late);
    }
    return st;
}

static enum status process_batch(struct run *run)
{
    struct batch *b = talloc_zero(run->mem, struct batch);
    int64_t first = run->reader.count + 1;

    if (b == NULL || (b->mem = talloc_new(b)) == NULL)
        return STATUS_NO_MEMORY;
    enum status st = read_batch(run, b);
    if (st == STATUS_OK)
        st = hold_rest(run, b);
    if (st == STATUS_OK && b->id_count > 0)
        st = look_up(run, b);
    for (size_t i = 0; st == STATUS_OK && i < b->count; i++)
        st = settle(run, b, &b->rows[i], first + (int64_t)i, &b->results[i]);
    if (st == STATUS_OK)
        st = tx_upload_entries_add(run->tx, b->entries, b->entry_count);
    if (st == STATUS_OK)
        st = tx_external_ids_add(run->tx, run->job->source.id, b->entries, b->entry_count);
    if (st == STATUS_OK)
        st = tx_events_insert(run->tx, b->events, b->seqs, b->event_count);
    if (st == STATUS_OK && !is_undone(run))
        st = tx_upload_rows_add(run->tx, run->job->upload.id, b->results, b->count);
    if (st == STATUS_OK)
        st = upload_results_add(run->job, b->results, b->count);
    talloc_free(b);
    return st;
}

/* --- the transaction ----------------------------------------------------------------------------------------------- */

/* The upload's own event, which keeps its key; of a single row it holds the answer. */
static enum status write_begun(struct run *run)
{
    struct upload_job *job = run->job;
    struct event event = {.person_id = job->who.actor_id,
                          .week = STREAM(STREAM_UPLOAD),
                          .action = EVENT_UPLOAD_BEGUN,
                          .entry_id = job->upload.id,
                          .at = clock_wall_us(),
                          .after = job->single ? job->single_entry : STR("")};
    int64_t seq = 0;
    enum status st = event_seal(job->call->api, &job->key, &event);

    if (st == STATUS_OK)
        st = tx_stream_advance(run->tx, &event, &seq);
    return st == STATUS_OK ? tx_event_insert(run->tx, &event, seq) : st;
}

static enum status finish(struct run *run)
{
    struct upload_job *job = run->job;
    enum status st = STATUS_OK;

    if (!job->begun)
        st =
            tx_upload_add(run->tx, job->upload.id, job->who.actor_id, job->source.id, &job->upload);
    run->step.id = job->upload.id;
    run->step.state = run->last == job->upload.received ? UPLOAD_FINISHED : UPLOAD_RUNNING;
    if (st == STATUS_OK)
        st = tx_upload_progress(run->tx, &run->step, run->last - job->upload.done);
    return st == STATUS_OK && !job->begun ? write_begun(run) : st;
}

static enum status store_rows(struct run *run)
{
    enum status st = tx_period_hold(run->tx, &run->locked_through);

    if (st == STATUS_OK)
        st = collect_weeks(run);
    while (st == STATUS_OK && run->reader.count < run->last)
        st = process_batch(run);
    if (st == STATUS_OK && is_undone(run))
        st = STATUS_UPLOAD_REFUSED;
    for (size_t i = 0; st == STATUS_OK && i < run->week_count; i++) {
        if (run->weeks[i].touched)
            st = tx_week_store(run->tx, &run->weeks[i]);
    }
    return st == STATUS_OK ? finish(run) : st;
}

static enum status run_body(struct tx *tx, void *arg)
{
    struct run *run = arg;
    struct upload_job *job = run->job;
    struct upload held = job->upload;
    enum status st = STATUS_OK;

    run->tx = tx;
    run->reader = job->next;
    run->step = (struct upload){.id = 0};
    run->weeks = NULL;
    run->week_count = 0;
    faults_init(&job->call->faults, job->call->mem);
    run->mem = talloc_new(job->call->mem);
    if (run->mem == NULL)
        return STATUS_NO_MEMORY;
    st = spool_cut(job->results, job->results_size); /* of an earlier run */
    if (!job->begun) {
        job->upload.id = store_entry_id(job->call->api->store);
        job->upload.created_at = clock_wall_us();
    } else if (st == STATUS_OK)
        st = tx_upload_hold(tx, job->upload.id, job->who.actor_id, &held);
    if (st == STATUS_OK && held.done != job->upload.done) {
        run->step = held; /* another request with the same key is at work on it too */
        st = STATUS_STALE;
    }
    if (st == STATUS_OK)
        st = store_rows(run);
    TALLOC_FREE(run->mem);
    return st;
}

/* Passes over rows that are done. */
static enum status skip_rows(struct upload_job *job, int64_t until)
{
    enum status st = STATUS_OK;
    bool found = true;

    while (st == STATUS_OK && found && job->next.count < until) {
        TALLOC_CTX *mem = talloc_new(job->call->mem);
        struct upload_row row;
        struct faults faults;
        if (mem == NULL)
            return STATUS_NO_MEMORY;
        st = upload_next(mem, job->call, &job->next, &row, &faults, &found);
        talloc_free(mem);
    }
    return st;
}

static void add_step(struct upload_job *job, const struct run *run)
{
    for (int i = 0; i < UPLOAD_OUTCOME_COUNT; i++)
        job->upload.count[i] += run->step.count[i];
    job->upload.done = run->last;
    job->upload.state = run->step.state;
    job->next = run->reader;
    job->results_size = spool_size(job->results);
    job->begun = true;
}

/* What somebody else has done meanwhile is taken over. */
static enum status catch_up(struct upload_job *job, const struct upload *held)
{
    job->upload.done = held->done;
    job->upload.state = held->state;
    memcpy(job->upload.count, held->count, sizeof held->count);
    job->first_result = held->done;
    return skip_rows(job, held->done);
}

enum status upload_run(struct upload_job *job, struct replay *replay)
{
    const struct write_key no_key = {.actor_id = job->who.actor_id};
    struct store *store = job->call->api->store;
    bool whole = job->upload.mode == UPLOAD_ATOMIC || job->upload.dry_run != 0;
    enum status st = skip_rows(job, job->upload.done);

    job->first_result = job->upload.done;
    while (st == STATUS_OK && job->upload.done < job->upload.received) {
        struct run run = {.job = job, .last = job->upload.received};
        if (!whole && run.last > job->upload.done + UPLOAD_BATCH)
            run.last = job->upload.done + UPLOAD_BATCH;
        bool keyed = !job->begun && job->upload.dry_run == 0;
        store_request_allow(store, whole ? ATOMIC_MS : PARTIAL_MS);
        st = store_transact(job->call->mem, store, keyed ? &job->key : &no_key, run_body, &run,
                            replay);
        if (replay->found)
            return st;
        if (st == STATUS_OK)
            add_step(job, &run);
        else if (st == STATUS_STALE)
            st = catch_up(job, &run.step);
        else if (st == STATUS_UPLOAD_REFUSED) {
            memcpy(job->upload.count, run.step.count, sizeof run.step.count);
            job->upload.id = 0;
        }
    }
    return st;
}
