#include "store_priv.h"

/* --- the inbox ------------------------------------------------------------------------------- */

enum status store_inbox_each(struct store *store, const struct principal *who,
                             const struct inbox_filter *f, store_entry_fn *each, void *arg)
{
    const struct date from = f->after_date.days > f->from.days ? f->after_date : f->from;
    const struct value person = V_INT(f->person_id), project = V_INT(f->project_id);
    enum status st = read_run(store, STMT_INBOX,
                              VALUES(V_INT(who->sees_others), V_INT(who->person_id), V_DATE(from),
                                     V_DATE(f->to), V_DATE(f->after_date), V_INT(f->after_id),
                                     person, person, project, project, V_INT(f->limit)));

    return st == STATUS_OK ? read_entries(store, STMT_INBOX, each, arg) : st;
}

/* --- deciding -------------------------------------------------------------------------------- */

/* The rows are still what was read, or the transaction runs again. */
static enum status all_or_again(struct tx *tx, enum stmt_id id, enum status st, int64_t expected)
{
    return st == STATUS_OK && stmt_affected(tx->db, id) != expected ? tx_repeat(tx) : st;
}

enum status tx_entry_decide(struct tx *tx, const struct principal *who, const struct entry *was,
                            const struct entry *entry)
{
    const struct value now = V_TIME(entry->updated_at), self = V_INT(who->person_id);
    enum status st =
        tx_run(tx, STMT_ENTRY_DECIDE,
               VALUES(V_INT(entry->status), V_TEXT(entry->reason), self, now, now,
                      V_INT(was->person_id), V_DATE(was->date), V_INT(was->id), V_INT(was->version),
                      V_INT(was->status), self, self, V_INT(who->sees_others)));

    return all_or_again(tx, STMT_ENTRY_DECIDE, st, 1);
}

enum status tx_entries_decide(struct tx *tx, const struct principal *who,
                              const struct entries_decision *d)
{
    const struct value now = V_TIME(d->at), self = V_INT(who->person_id);
    const struct date monday = week_monday(d->id.week), sunday = {monday.days + WEEK_DAYS - 1};
    enum status st = tx_run(tx, STMT_ENTRIES_DECIDE,
                            VALUES(V_INT(d->to), V_TEXT(d->reason), self, now, now,
                                   V_INT(d->id.person_id), V_DATE(monday), V_DATE(sunday),
                                   V_INT(d->from), self, self, V_INT(who->sees_others)));

    return all_or_again(tx, STMT_ENTRIES_DECIDE, st, d->changed);
}
