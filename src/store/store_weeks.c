#include "store_priv.h"

struct week_row {
    int64_t locked_days;
    int64_t d1, d2, d3, d4, d5, d6, d7;
};
static const struct field week_columns[] = {
    FIELD_INT(struct week_row, locked_days, .column = "locked_days"),
    FIELD_INT(struct week_row, d1, .column = "d1"),
    FIELD_INT(struct week_row, d2, .column = "d2"),
    FIELD_INT(struct week_row, d3, .column = "d3"),
    FIELD_INT(struct week_row, d4, .column = "d4"),
    FIELD_INT(struct week_row, d5, .column = "d5"),
    FIELD_INT(struct week_row, d6, .column = "d6"),
    FIELD_INT(struct week_row, d7, .column = "d7"),
};
static const struct schema week_schema = SCHEMA("week_row", struct week_row, week_columns);
const struct rows week_rows = {&week_schema, NULL};

struct period_lock_row {
    struct date locked_through;
};
static const struct field lock_columns[] = {
    FIELD_DATE(struct period_lock_row, locked_through, .column = "locked_through"),
};
static const struct schema lock_schema =
    SCHEMA("period_lock", struct period_lock_row, lock_columns);
const struct rows period_lock_rows = {&lock_schema, NULL};

/* How many leading days of a week lie inside the lock. */
static int32_t locked_days(struct iso_week week, struct date locked_through)
{
    if (week.number == 0 || locked_through.days == DATE_NONE_DAYS)
        return 0;
    int32_t days = locked_through.days - week_monday(week).days + 1;
    return days < 0 ? 0 : days > WEEK_DAYS ? WEEK_DAYS : days;
}

/* Makes the row of a week that has none. The shared lock keeps the period lock still until we
 * are done: who moves it waits, and then finds our row. */
static enum status make_week(struct tx *tx, const struct event *event)
{
    static const char first_head[EVENT_MAC_LEN] = {0};
    struct period_lock_row lock = {{DATE_NONE_DAYS}};
    enum status st = STATUS_OK;

    if (event->week.number != 0)
        st = tx_one(NULL, tx, STMT_PERIOD_LOCK_SHARED, NULL, 0, &lock);
    if (st != STATUS_OK) /* its one row is made by a migration */
        return st == STATUS_NOT_FOUND ? tx_end(tx, DB_BROKEN) : st;
    return tx_run(tx, STMT_WEEK_MAKE,
                  VALUES(V_INT(event->person_id), V_INT(event->week.number),
                         V_INT(locked_days(event->week, lock.locked_through)),
                         V_BYTES_N(first_head, sizeof first_head)));
}

static enum db_fault change(struct tx *tx, const struct week_change *c, const struct event *event)
{
    int64_t day = c->first_day < 0 || event->week.number == 0 ? WEEK_DAYS : c->first_day;
    const int16_t *m = c->minutes, *n = c->count;

    return tx_try(tx, STMT_WEEK_CHANGE,
                  VALUES(V_INT(m[0]), V_INT(m[1]), V_INT(m[2]), V_INT(m[3]), V_INT(m[4]),
                         V_INT(m[5]), V_INT(m[6]), V_INT(n[ENTRY_DRAFT]), V_INT(n[ENTRY_SUBMITTED]),
                         V_INT(n[ENTRY_APPROVED]), V_INT(n[ENTRY_REJECTED]),
                         V_BYTES_N(event->mac, sizeof event->mac), V_INT(event->person_id),
                         V_INT(event->week.number), V_INT(day)));
}

/* A constraint of the week row has refused. A day above 24 hours is the client's; anything else
 * comes from an entry that was read before somebody else changed it: run again, it will be seen. */
static enum status refused(struct tx *tx, const struct week_change *c, const struct event *event,
                           int64_t minutes_there[WEEK_DAYS])
{
    struct week_row row;
    enum status st = tx_one(NULL, tx, STMT_WEEK_GET,
                            VALUES(V_INT(event->person_id), V_INT(event->week.number)), &row);

    if (st != STATUS_OK)
        return st == STATUS_NOT_FOUND ? tx_end(tx, DB_REPEAT) : st;
    const int64_t there[WEEK_DAYS] = {row.d1, row.d2, row.d3, row.d4, row.d5, row.d6, row.d7};
    bool over = false;
    for (int i = 0; i < WEEK_DAYS; i++)
        over = over || there[i] + c->minutes[i] > MINUTES_PER_DAY;
    if (!over)
        return tx_end(tx, DB_REPEAT);
    memcpy(minutes_there, there, sizeof there);
    return STATUS_DAY_OVER_24H;
}

/* No row was changed: there is none, or the period is locked. */
static enum status not_matched(struct tx *tx, const struct week_change *c,
                               const struct event *event)
{
    struct week_row row;
    enum status st = tx_one(NULL, tx, STMT_WEEK_GET,
                            VALUES(V_INT(event->person_id), V_INT(event->week.number)), &row);

    if (st == STATUS_NOT_FOUND)
        return make_week(tx, event);
    if (st == STATUS_OK && c->first_day >= 0 && row.locked_days > c->first_day)
        return STATUS_PERIOD_LOCKED;
    return st; /* made or unlocked a moment ago: try again */
}

enum status tx_week_change(struct tx *tx, const struct principal *who, const struct week_change *c,
                           const struct event *event, int64_t *seq,
                           int64_t minutes_there[WEEK_DAYS])
{
    enum status st = STATUS_OK;

    /* A week is changed by its owner, or by who sees and decides others' entries. */
    if (event->week.number != 0 && who->person_id != event->person_id && !who->sees_others)
        return tx_end(tx, DB_BROKEN);
    for (int tries = 0; st == STATUS_OK && tries < 3; tries++) {
        enum db_fault fault = change(tx, c, event);
        if (fault == DB_CHECK)
            return refused(tx, c, event, minutes_there);
        if (fault != DB_FINE)
            return tx_end(tx, fault);
        if (stmt_affected(tx->db, STMT_WEEK_CHANGE) == 1) {
            *seq = stmt_insert_id(tx->db, STMT_WEEK_CHANGE);
            return STATUS_OK;
        }
        st = not_matched(tx, c, event);
    }
    return st == STATUS_OK ? tx_end(tx, DB_REPEAT) : st;
}
