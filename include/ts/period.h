/* The period lock: no change for dates up to and including it (design section 4). Also dates between
 * which something is valid. */
#ifndef TS_PERIOD_H
#define TS_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/field.h"
#include "ts/week.h"

enum { BOUND_YEAR_MIN = 1900, BOUND_YEAR_MAX = 2199 };

struct period_lock {
    struct date locked_through; /* DATE_NONE_DAYS: nothing is locked */
    int64_t version;
};
/* locked_through, version. */
extern const struct schema period_lock_schema;

/* PUT /periods/lock: the date, or null to lock nothing. */
struct period_lock_input {
    uint32_t present;
    struct date locked_through;
};
extern const struct schema period_lock_input_schema;

/* May the lock reach to this date? 2000-01-01 to today: a lock in the future would stop everybody.
 * DATE_NONE_DAYS always may. */
bool period_lock_allowed(struct date locked_through, struct date today);

/* How many leading days of a week lie inside a lock: 0..7. */
int32_t period_locked_days(struct iso_week week, struct date locked_through);

/* `YYYY-MM-DD` of the years 1900..2199: the first or last date of a project or a person's employment
 * (field_parse_fn). */
bool bound_date_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;
/* Is the first date not after the last? DATE_NONE_DAYS is no bound. */
bool bounds_in_order(struct date first, struct date last);

#endif
