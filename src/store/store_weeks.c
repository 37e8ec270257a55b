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

/* --- weeks that have a row ---------------------------------------------------------------------
 * A row once made stays, so that what a worker has seen it need not make sure of again: an UPDATE
 * is cheaper than an upsert. Direct-mapped; what is forgotten or wrong costs a statement more. */
enum { KNOWN_WEEKS = 1024 };

struct known_weeks {
    uint64_t keys[KNOWN_WEEKS];
};

struct known_weeks *known_weeks_new(TALLOC_CTX *mem)
{
    return talloc_zero(mem, struct known_weeks);
}

static uint64_t key_of(const struct event *event)
{
    return (uint64_t)event->person_id << 32 | (uint32_t)event->week.number;
}

static uint64_t *slot_of(struct tx *tx, const struct event *event)
{
    const uint64_t spread = UINT64_C(0x9E3779B97F4A7C15); /* Fibonacci hashing */
    return &tx->store->weeks->keys[(key_of(event) * spread) >> 54];
}

/* --- the two ways to change a week --------------------------------------------------------------- */

/* The earliest weekday touched; past the week where no day is. */
static int64_t first_day(const struct week_change *c, const struct event *event)
{
    return c->first_day < 0 || is_stream(event->week) ? WEEK_DAYS : c->first_day;
}

static enum db_fault update_week(struct tx *tx, const struct week_change *c,
                                 const struct event *event)
{
    const int16_t *m = c->minutes, *n = c->count;

    return tx_try(tx, STMT_WEEK_CHANGE,
                  VALUES(V_INT(m[0]), V_INT(m[1]), V_INT(m[2]), V_INT(m[3]), V_INT(m[4]),
                         V_INT(m[5]), V_INT(m[6]), V_INT(n[ENTRY_DRAFT]), V_INT(n[ENTRY_SUBMITTED]),
                         V_INT(n[ENTRY_APPROVED]), V_INT(n[ENTRY_REJECTED]),
                         V_BYTES_N(event->link, sizeof event->link), V_INT(event->person_id),
                         V_INT(event->week.number), V_INT(first_day(c, event))));
}

/* Monday of the week; a day that no lock reaches for a stream that is no week. */
static struct date monday_of(struct iso_week week)
{
    struct date far = {0};

    if (!is_stream(week))
        return week_monday(week);
    (void)!date_from_civil(9999, 1, 1, &far); /* a real date */
    return far;
}

static enum db_fault add_to_week(struct tx *tx, const struct week_change *c,
                                 const struct event *event)
{
    static const char first_head[EVENT_MAC_LEN] = {0};
    const int16_t *m = c->minutes, *n = c->count;
    const struct value day = V_INT(first_day(c, event));
    const struct value link = V_BYTES_N(event->link, sizeof event->link);

    return tx_try(tx, STMT_WEEK_ADD,
                  VALUES(V_INT(event->person_id), V_INT(event->week.number),
                         V_DATE(monday_of(event->week)), day, V_INT(m[0]), V_INT(m[1]), V_INT(m[2]),
                         V_INT(m[3]), V_INT(m[4]), V_INT(m[5]), V_INT(m[6]), V_INT(n[ENTRY_DRAFT]),
                         V_INT(n[ENTRY_SUBMITTED]), V_INT(n[ENTRY_APPROVED]),
                         V_INT(n[ENTRY_REJECTED]), V_BYTES_N(first_head, sizeof first_head), link,
                         day, V_INT(m[0]), link));
}

/* An upsert makes a row of what is added: nothing may be taken away by it. */
static bool only_adds(const struct week_change *c)
{
    for (int i = 0; i < WEEK_DAYS; i++) {
        if (c->minutes[i] < 0)
            return false;
    }
    for (int i = 0; i < ENTRY_STATUS_COUNT; i++) {
        if (c->count[i] < 0)
            return false;
    }
    return true;
}

/* --- refusals --------------------------------------------------------------------------------------- */

/* A day that would be above 24 hours. Fills in what is there. */
static bool is_over(const struct week_change *c, const int64_t there[WEEK_DAYS],
                    int64_t minutes_there[WEEK_DAYS])
{
    bool over = false;

    for (int i = 0; i < WEEK_DAYS; i++)
        over = over || there[i] + c->minutes[i] > MINUTES_PER_DAY;
    if (over)
        memcpy(minutes_there, there, WEEK_DAYS * sizeof there[0]);
    return over;
}

/* The week has no row: is it the period lock that refused to make one? */
static enum status lock_reaches(struct tx *tx, const struct week_change *c,
                                const struct event *event, bool *out)
{
    struct period_lock_row lock = {{DATE_NONE_DAYS}};
    enum status st = tx_one(NULL, tx, STMT_PERIOD_LOCK, NULL, 0, &lock);

    *out = c->first_day >= 0 && !is_stream(event->week) &&
           lock.locked_through.days >= monday_of(event->week).days + c->first_day;
    return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* The row, or its constraints, did not take the change. A locked day or one above 24 hours is the
 * client's; anything else comes from an entry or a row that somebody else has just changed: run
 * again, it will be seen. */
static enum status refused(struct tx *tx, const struct week_change *c, const struct event *event,
                           int64_t minutes_there[WEEK_DAYS])
{
    struct week_row row = {0};
    bool locked = false;
    enum status st = tx_one(NULL, tx, STMT_WEEK_GET,
                            VALUES(V_INT(event->person_id), V_INT(event->week.number)), &row);

    if (st == STATUS_OK)
        locked = c->first_day >= 0 && row.locked_days > c->first_day;
    else if (st == STATUS_NOT_FOUND)
        st = lock_reaches(tx, c, event, &locked);
    if (st != STATUS_OK)
        return st;
    if (locked)
        return STATUS_PERIOD_LOCKED;
    const int64_t there[WEEK_DAYS] = {row.d1, row.d2, row.d3, row.d4, row.d5, row.d6, row.d7};
    return is_over(c, there, minutes_there) ? STATUS_DAY_OVER_24H : tx_end(tx, DB_REPEAT);
}

enum status tx_week_change(struct tx *tx, const struct principal *who, const struct week_change *c,
                           const struct event *event, int64_t *seq,
                           int64_t minutes_there[WEEK_DAYS])
{
    uint64_t *known = slot_of(tx, event);
    bool may_add = only_adds(c), update = *known == key_of(event) || !may_add;

    /* A week is changed by its owner, or by who sees and decides others' entries. */
    if (!is_stream(event->week) && who->person_id != event->person_id && !who->sees_others)
        return tx_end(tx, DB_BROKEN);
    for (;;) {
        enum stmt_id id = update ? STMT_WEEK_CHANGE : STMT_WEEK_ADD;
        enum db_fault fault = update ? update_week(tx, c, event) : add_to_week(tx, c, event);
        int64_t changed = fault == DB_FINE ? stmt_affected(tx->db, id) : 0;
        if (fault != DB_FINE && fault != DB_CHECK)
            return tx_end(tx, fault);
        if (changed > 0) {
            *known = key_of(event);
            /* an upsert that made the row counts 1, one that found it counts 2 */
            *seq = !update && changed == 1 ? 1 : stmt_insert_id(tx->db, id);
            return STATUS_OK;
        }
        *known = 0; /* a transaction that made the row may have been undone */
        if (fault == DB_CHECK || !update || !may_add)
            return refused(tx, c, event, minutes_there);
        update = false;
    }
}

enum status tx_stream_advance(struct tx *tx, const struct event *event, int64_t *seq)
{
    const struct principal nobody = {.person_id = 0};
    const struct week_change nothing = {.first_day = -1};
    int64_t there[WEEK_DAYS];

    return tx_week_change(tx, &nobody, &nothing, event, seq, there);
}
