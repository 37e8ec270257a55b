/* Whole weeks: one with its entries, the list of them, and what changes all entries of one. */
#include "store_priv.h"

/* --- one week ------------------------------------------------------------------------------- */

/* The entry is the first member, so that the table of entries fits. */
struct sheet_row {
    struct entry entry; /* id 0: none */
    int64_t owner_id, week_version, locked_days, empty_status, n_draft;
    struct str week_reason;
    struct date active_from, active_to;
};
static const struct field sheet_columns[] = {
    FIELD_INT(struct sheet_row, entry.person_id, .column = "person_id"),
    FIELD_INT(struct sheet_row, entry.edited_by, .column = "edited_by"),
    FIELD_INT(struct sheet_row, owner_id, .column = "owner_id"),
    FIELD_INT(struct sheet_row, week_version, .column = "week_version"),
    FIELD_INT(struct sheet_row, locked_days, .column = "locked_days"),
    FIELD_INT(struct sheet_row, empty_status, .column = "empty_status"),
    FIELD_INT(struct sheet_row, n_draft, .column = "n_draft"),
    FIELD_TEXT(struct sheet_row, week_reason, .column = "week_reason"),
    FIELD_DATE(struct sheet_row, active_from, .column = "active_from"),
    FIELD_DATE(struct sheet_row, active_to, .column = "active_to"),
};
static const struct schema sheet_row_schema = SCHEMA("sheet_row", struct sheet_row, sheet_columns);
const struct rows sheet_rows = {&entry_schema, &sheet_row_schema};

struct entry_array {
    struct entry *items;
    size_t count, room;
};

static bool push(TALLOC_CTX *mem, struct entry_array *array, const struct entry *entry)
{
    enum { ROOM_FIRST = 16 };

    if (array->count == array->room) {
        size_t room = array->room == 0 ? ROOM_FIRST : 2 * array->room;
        struct entry *moved = talloc_realloc_size(mem, array->items, room * sizeof array->items[0]);
        if (moved == NULL)
            return false;
        array->items = moved;
        array->room = room;
    }
    array->items[array->count++] = *entry;
    return true;
}

/* Who asks for which week, and where its texts go. */
struct question {
    TALLOC_CTX *mem;
    const struct principal *who;
    struct sheet_id id;
};

static void take_week(const struct sheet_row *row, const struct question *q, struct sheet *sheet)
{
    *sheet = (struct sheet){.version = row->week_version,
                            .person_id = row->owner_id,
                            .user_id = row->entry.user_id,
                            .number = q->id.week,
                            .reason = row->week_reason,
                            .locked_days = row->locked_days,
                            .empty_status = row->empty_status,
                            .hidden_drafts = q->who->person_id == row->owner_id ? 0 : row->n_draft,
                            .active_from = row->active_from,
                            .active_to = row->active_to};
}

static enum status collect(struct db *db, enum stmt_id stmt, const struct question *q,
                           struct sheet *out, enum db_fault *fault)
{
    struct sheet_row row = {.owner_id = 0};
    struct entry_array entries = {NULL, 0, 0};
    struct sheet sheet = {.version = 0};
    bool found = false;

    for (;;) {
        *fault = stmt_next(db, stmt, &row, &found);
        if (*fault != DB_FINE || !found)
            break;
        if (stmt_keep(q->mem, db, stmt, &row) != STATUS_OK)
            return STATUS_NO_MEMORY;
        if (sheet.person_id == 0)
            take_week(&row, q, &sheet);
        row.entry.user_id = sheet.user_id;
        if (row.entry.id != 0 && !push(q->mem, &entries, &row.entry))
            return STATUS_NO_MEMORY;
    }
    if (*fault != DB_FINE)
        return STATUS_OK; /* the caller's to interpret */
    if (sheet.person_id == 0)
        return STATUS_NOT_FOUND;
    sheet_sort(entries.items, entries.count);
    sheet.entries = (struct field_list){entries.items, entries.count};
    *out = sheet;
    return STATUS_OK;
}

static struct date sunday_of(struct iso_week week)
{
    return (struct date){week_monday(week).days + WEEK_DAYS - 1};
}

#define SHEET_VALUES(who, id)                                                                      \
    VALUES(V_DATE(week_monday((id).week)), V_INT((id).week.number),                                \
           V_DATE(week_monday((id).week)), V_DATE(sunday_of((id).week)), V_INT((who)->person_id),  \
           V_INT((who)->sees_others), V_INT((id).person_id), V_INT((who)->person_id),              \
           V_INT((who)->sees_others))

enum status store_sheet_get(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                            struct sheet_id id, struct sheet *out)
{
    enum db_fault fault = DB_FINE;
    enum status st = read_run(store, STMT_SHEET, SHEET_VALUES(who, id));

    if (st != STATUS_OK)
        return st;
    st = collect(&store->reader, STMT_SHEET, &(struct question){mem, who, id}, out, &fault);
    stmt_done(&store->reader, STMT_SHEET);
    return fault == DB_FINE ? st : db_fault_status(fault);
}

enum status tx_sheet_get(TALLOC_CTX *mem, struct tx *tx, const struct principal *who,
                         struct sheet_id id, struct sheet *out)
{
    enum db_fault fault = DB_FINE;
    enum status st = tx_run(tx, STMT_TX_SHEET, SHEET_VALUES(who, id));

    if (st != STATUS_OK)
        return st;
    st = collect(tx->db, STMT_TX_SHEET, &(struct question){mem, who, id}, out, &fault);
    stmt_done(tx->db, STMT_TX_SHEET);
    return fault == DB_FINE ? st : tx_end(tx, fault);
}

enum status tx_repeat(struct tx *tx)
{
    return tx_end(tx, DB_REPEAT);
}

enum status tx_week_is(struct tx *tx, const struct principal *who, struct sheet_id id,
                       int64_t version)
{
    struct number_row row = {0};
    enum status st = tx_one(NULL, tx, STMT_WEEK_VERSION,
                            VALUES(V_INT(id.person_id), V_INT(id.week.number),
                                   V_INT(who->person_id), V_INT(who->sees_others)),
                            &row);

    if (st == STATUS_NOT_FOUND) /* the row is there and this transaction's */
        return tx_end(tx, DB_BROKEN);
    return st == STATUS_OK && row.number != version ? tx_repeat(tx) : st;
}

/* --- all entries of a week ------------------------------------------------------------------------ */

static enum status change_all(struct tx *tx, enum stmt_id stmt, const struct principal *who,
                              struct sheet_id id, int64_t changed, int64_t at)
{
    enum status st = id.person_id != who->person_id
                         ? tx_end(tx, DB_BROKEN)
                         : tx_run(tx, stmt,
                                  VALUES(V_TIME(at), V_INT(who->person_id),
                                         V_DATE(week_monday(id.week)), V_DATE(sunday_of(id.week))));

    return st == STATUS_OK && stmt_affected(tx->db, stmt) != changed ? tx_repeat(tx) : st;
}

enum status tx_entries_submit(struct tx *tx, const struct principal *who, struct sheet_id id,
                              int64_t changed, int64_t at)
{
    return change_all(tx, STMT_ENTRIES_SUBMIT, who, id, changed, at);
}

enum status tx_entries_withdraw(struct tx *tx, const struct principal *who, struct sheet_id id,
                                int64_t changed, int64_t at)
{
    return change_all(tx, STMT_ENTRIES_WITHDRAW, who, id, changed, at);
}

enum status tx_week_say(struct tx *tx, const struct principal *who, struct sheet_id id,
                        enum entry_status said, struct str reason, int64_t decided_by)
{
    enum status st =
        tx_run(tx, STMT_WEEK_SAY,
               VALUES(V_INT(said), V_TEXT(reason), V_INT_OR_NULL(decided_by), V_INT(id.person_id),
                      V_INT(id.week.number), V_INT(who->person_id), V_INT(who->sees_others)));

    /* the row is there and this transaction's */
    return st == STATUS_OK && stmt_affected(tx->db, STMT_WEEK_SAY) != 1 ? tx_end(tx, DB_BROKEN)
                                                                        : st;
}

/* --- the list of weeks ------------------------------------------------------------------------------ */

static const struct field active_columns[] = {
    FIELD_DATE(struct active_range, from, .column = "active_from"),
    FIELD_DATE(struct active_range, to, .column = "active_to"),
};
static const struct schema active_schema = SCHEMA("active", struct active_range, active_columns);
const struct rows active_rows = {&active_schema, NULL};

enum status store_person_active(struct store *store, const struct principal *who, int64_t person_id,
                                struct active_range *out)
{
    struct active_range row;
    enum status st =
        read_one(NULL, store, STMT_PERSON_ACTIVE,
                 VALUES(V_INT(person_id), V_INT(who->person_id), V_INT(who->sees_others)), &row);

    if (st == STATUS_OK)
        *out = row;
    return st;
}

struct week_total_row {
    int64_t week, minutes, n_draft, n_submitted, n_approved, n_rejected, empty_status, version;
    struct str reason;
};
static const struct field total_columns[] = {
    FIELD_INT(struct week_total_row, week, .column = "week"),
    FIELD_INT(struct week_total_row, minutes, .column = "minutes"),
    FIELD_INT(struct week_total_row, n_draft, .column = "n_draft"),
    FIELD_INT(struct week_total_row, n_submitted, .column = "n_submitted"),
    FIELD_INT(struct week_total_row, n_approved, .column = "n_approved"),
    FIELD_INT(struct week_total_row, n_rejected, .column = "n_rejected"),
    FIELD_INT(struct week_total_row, empty_status, .column = "empty_status"),
    FIELD_INT(struct week_total_row, version, .column = "version"),
    FIELD_TEXT(struct week_total_row, reason, .column = "reason"),
};
static const struct schema total_schema =
    SCHEMA("week_total", struct week_total_row, total_columns);
const struct rows week_total_rows = {&total_schema, NULL};

static struct week_total total_of(const struct week_total_row *row, bool own)
{
    return (struct week_total){
        .week = {(int32_t)row->week},
        .minutes = row->minutes,
        .count = {own ? row->n_draft : 0, row->n_submitted, row->n_approved, row->n_rejected},
        .empty_status = row->empty_status,
        .version = row->version,
        .reason = row->reason,
        .hidden_drafts = own ? 0 : row->n_draft};
}

static enum status run_weeks(struct store *store, const struct principal *who,
                             const struct week_filter *f, bool own)
{
    const struct value from = V_INT(f->from.number), to = V_INT(f->to.number),
                       person = V_INT(f->person_id), me = V_INT(who->person_id),
                       sees = V_INT(who->sees_others), limit = V_INT(f->limit);

    return own ? read_run(store, STMT_WEEKS, VALUES(person, me, sees, from, to, limit))
               : read_run(store, STMT_WEEKS_OF,
                          VALUES(person, V_DATE(week_monday(f->from)), V_DATE(sunday_of(f->to)),
                                 person, me, sees, from, to, limit));
}

enum status store_weeks_each(struct store *store, const struct principal *who,
                             const struct week_filter *f, store_week_fn *each, void *arg)
{
    bool own = f->person_id == who->person_id, found = false;
    enum stmt_id id = own ? STMT_WEEKS : STMT_WEEKS_OF;
    struct week_total_row row;
    enum status st = run_weeks(store, who, f, own);

    if (st != STATUS_OK)
        return st;
    while (st == STATUS_OK) {
        st = read_next(store, id, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        const struct week_total total = total_of(&row, own);
        st = each(&total, arg);
    }
    stmt_done(&store->reader, id);
    return st;
}
