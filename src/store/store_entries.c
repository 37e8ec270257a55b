#include "store_priv.h"
#include "ts/clock.h"

/* What is stored with an entry but no part of a reply. */
static const struct field stored_columns[] = {
    FIELD_INT(struct entry, person_id, .column = "person_id"),
    FIELD_INT(struct entry, edited_by, .column = "edited_by"),
};
static const struct schema stored_schema = SCHEMA("entry_row", struct entry, stored_columns);
const struct rows entry_rows = {&entry_schema, &stored_schema};

/* --- reading --------------------------------------------------------------------------------- */

/* The bounds of a filter as the statement takes them: both dates always, a cursor always, the
 * statuses as four numbers of which unwanted ones match nothing. */
struct bounds {
    struct date from, to, before_date;
    int64_t before_id;
    int64_t statuses[ENTRY_STATUS_COUNT];
};

static struct bounds bounds_of(const struct entry_filter *f)
{
    struct date first, last;
    struct bounds b = {.before_id = INT64_MAX};

    (void)!date_from_civil(1000, 1, 1, &first);
    (void)!date_from_civil(9999, 12, 31, &last);
    b.from = f->from.days == DATE_NONE_DAYS ? first : f->from;
    b.to = f->to.days == DATE_NONE_DAYS ? last : f->to;
    b.before_date = last;
    if (f->before_date.days != DATE_NONE_DAYS) {
        b.before_date = f->before_date;
        b.before_id = f->before_id;
        if (b.before_date.days < b.to.days)
            b.to = b.before_date;
    }
    for (int i = 0; i < ENTRY_STATUS_COUNT; i++)
        b.statuses[i] = (f->statuses >> i & 1) != 0 ? i : -1;
    return b;
}

enum status read_entries(struct store *store, enum stmt_id id, store_entry_fn *each, void *arg)
{
    enum status st = STATUS_OK;
    struct entry row = {.user_id = STR("")};
    bool found = false;

    while (st == STATUS_OK) {
        st = read_next(store, id, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        st = each(&row, arg);
    }
    stmt_done(&store->reader, id);
    return st;
}

enum status store_entries_each(struct store *store, const struct principal *who,
                               const struct entry_filter *f, store_entry_fn *each, void *arg)
{
    struct bounds b = bounds_of(f);
    const int64_t *s = b.statuses;
    bool matching = f->project.len > 0 || f->q.len > 0;
    enum stmt_id id = matching ? STMT_ENTRIES_MATCHING : STMT_ENTRIES;
    const struct value values[] = {
        V_INT(f->person_id), V_INT(who->person_id), V_INT(who->sees_others), V_DATE(b.from),
        V_DATE(b.to), V_INT(s[0]), V_INT(s[1]), V_INT(s[2]), V_INT(s[3]), V_DATE(b.before_date),
        V_INT(b.before_id),
        /* the plain statement ends here, with the limit */
        V_TEXT(f->project), V_TEXT(f->project), V_TEXT(f->q), V_INT(f->limit)};
    enum { ALL = sizeof values / sizeof values[0], SHARED = 11, PLAIN = SHARED + 1 };
    struct value plain[PLAIN];
    enum status st;

    if (matching) {
        st = read_run(store, id, values, ALL);
    } else {
        memcpy(plain, values, SHARED * sizeof values[0]);
        plain[SHARED] = values[ALL - 1];
        st = read_run(store, id, plain, PLAIN);
    }
    return st == STATUS_OK ? read_entries(store, id, each, arg) : st;
}

enum status store_entry_get(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                            int64_t id, struct entry *out)
{
    struct entry row;
    enum status st =
        read_one(mem, store, STMT_ENTRY_GET,
                 VALUES(V_INT(id), V_INT(who->person_id), V_INT(who->sees_others)), &row);

    if (st == STATUS_OK)
        *out = row;
    return st;
}

/* --- writing --------------------------------------------------------------------------------- */

enum status tx_entry_get(TALLOC_CTX *mem, struct tx *tx, const struct principal *who, int64_t id,
                         struct entry *out)
{
    struct entry row;
    enum status st =
        tx_one(mem, tx, STMT_TX_ENTRY_GET,
               VALUES(V_INT(id), V_INT(who->person_id), V_INT(who->sees_others)), &row);

    if (st == STATUS_OK)
        *out = row;
    return st;
}

enum status tx_entry_insert(struct tx *tx, const struct principal *who, const struct entry *entry,
                            int64_t project_id)
{
    enum db_fault fault = tx_try(
        tx, STMT_ENTRY_INSERT,
        VALUES(V_INT(who->person_id), V_DATE(entry->date), V_INT(entry->id), V_INT(project_id),
               V_TEXT(entry->project), V_INT(entry->minutes), V_INT(entry->status),
               V_INT(entry->version), V_TEXT(entry->note), V_TEXT(entry->reason),
               V_INT(entry->edited_by), V_TIME(entry->created_at), V_TIME(entry->updated_at)));

    /* two workers made the same id: the next run makes another */
    return fault == DB_FINE ? STATUS_OK : tx_end(tx, fault == DB_DUPLICATE ? DB_REPEAT : fault);
}

static enum status one_or_stale(struct tx *tx, enum stmt_id id, enum status st)
{
    return st == STATUS_OK && stmt_affected(tx->db, id) != 1 ? STATUS_STALE : st;
}

enum status tx_entry_update(struct tx *tx, const struct principal *who, const struct entry *entry,
                            int64_t project_id, struct date old_date, int64_t old_version)
{
    enum status st =
        tx_run(tx, STMT_ENTRY_UPDATE,
               VALUES(V_DATE(entry->date), V_INT(project_id), V_TEXT(entry->project),
                      V_INT(entry->minutes), V_INT(entry->status), V_TEXT(entry->note),
                      V_TEXT(entry->reason), V_INT(entry->edited_by), V_INT(entry->version),
                      V_TIME(entry->updated_at), V_INT(who->person_id), V_DATE(old_date),
                      V_INT(entry->id), V_INT(old_version)));

    return one_or_stale(tx, STMT_ENTRY_UPDATE, st);
}

enum status tx_entry_delete(struct tx *tx, const struct principal *who, int64_t id,
                            struct date date, int64_t version)
{
    enum status st = tx_run(tx, STMT_ENTRY_DELETE,
                            VALUES(V_INT(who->person_id), V_DATE(date), V_INT(id), V_INT(version)));

    st = one_or_stale(tx, STMT_ENTRY_DELETE, st);
    if (st != STATUS_OK)
        return st;
    return tx_run(
        tx, STMT_TOMBSTONE_INSERT,
        VALUES(V_INT(id), V_INT(who->person_id), V_INT(version), V_TIME(clock_wall_us())));
}

enum status tx_entry_was_deleted(struct tx *tx, const struct principal *who, int64_t id,
                                 int64_t version, bool *out)
{
    struct number_row row;
    enum status st = tx_one(NULL, tx, STMT_TOMBSTONE_GET,
                            VALUES(V_INT(id), V_INT(who->person_id), V_INT(version)), &row);

    if (st != STATUS_OK && st != STATUS_NOT_FOUND)
        return st;
    *out = st == STATUS_OK;
    return STATUS_OK;
}
