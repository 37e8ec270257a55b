#include "store_priv.h"

const struct rows period_rows = {&period_lock_schema, NULL};

enum status store_period_get(struct store *store, struct period_lock *out)
{
    struct period_lock row;
    enum status st = read_one(NULL, store, STMT_PERIOD_GET, NULL, 0, &row);

    if (st == STATUS_OK)
        *out = row;
    return st == STATUS_NOT_FOUND ? STATUS_INTERNAL : st; /* a migration made the row */
}

enum status tx_period_get(struct tx *tx, struct period_lock *out)
{
    struct period_lock row;
    enum status st = tx_one(NULL, tx, STMT_TX_PERIOD_GET, NULL, 0, &row);

    if (st == STATUS_OK)
        *out = row;
    return st == STATUS_NOT_FOUND ? STATUS_INTERNAL : st;
}

/* The number of the week that a lock ends in; the lowest that a week can have when there is none. */
static int64_t last_week(struct date locked_through)
{
    enum { LOWEST = 100 + 1 };

    return locked_through.days == DATE_NONE_DAYS ? LOWEST : week_of(locked_through).number;
}

enum status tx_period_set(struct tx *tx, const struct principal *who, const struct period_lock *was,
                          const struct period_lock *now)
{
    int64_t from = last_week(was->locked_through), to = last_week(now->locked_through), week = to;
    int64_t days = period_locked_days((struct iso_week){(int32_t)week}, now->locked_through);

    if (!who->administers)
        return tx_end(tx, DB_BROKEN);
    enum status st = tx_run(
        tx, STMT_PERIOD_SET,
        VALUES(V_DATE_OR_NULL(now->locked_through), V_INT(now->version), V_INT(was->version)));
    if (st == STATUS_OK && stmt_affected(tx->db, STMT_PERIOD_SET) != 1)
        return STATUS_STALE;
    if (from > to) {
        to = from;
        from = week;
    }
    /* Rows outside these weeks have 7 or 0 locked days before and after. */
    return st == STATUS_OK ? tx_run(tx, STMT_PERIOD_WEEKS,
                                    VALUES(V_INT(week), V_INT(week), V_INT(days), V_INT(from),
                                           V_INT(to), V_INT(week), V_INT(week), V_INT(days)))
                           : st;
}
