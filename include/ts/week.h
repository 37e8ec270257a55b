/* ISO 8601 weeks and the dates an entry may have. Pure: today is an argument. */
#ifndef TS_WEEK_H
#define TS_WEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/date.h"

/* An ISO week as year * 100 + week, e.g. 202648: the number stored in the database. 0 = no week. */
struct iso_week {
    int32_t number;
};

enum {
    WEEK_TEXT_LEN = 8,
    WEEK_DAYS = 7,
    ENTRY_YEAR_MIN = 2000,
    ENTRY_YEAR_MAX = 2100,
    ENTRY_WEEKS_AHEAD = 5
};

/* What week_parse takes, for the OpenAPI document: a pattern cannot tell which years have a week 53. */
#define WEEK_PATTERN "^[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])$"

struct iso_week week_of(struct date date);
/* Monday of a week. */
struct date week_monday(struct iso_week week);
/* `YYYY-Www`, a week that exists (2025-W53 does not), of the years 1..9998. */
bool week_parse(struct str text, struct iso_week *out) TS_MUST_CHECK;
void week_format(struct iso_week week, char out[WEEK_TEXT_LEN]);

/* The last date that may be entered: the Sunday five weeks after the week of today. */
struct date entry_last_date(struct date today);
/* Is the date within ENTRY_YEAR_MIN-01-01 .. entry_last_date(today)? (design rule 3) */
bool entry_date_allowed(struct date date, struct date today);

/* Reads the spellings of a work date that POST and upload take (field_parse_fn):
 * `YYYY-MM-DD`; a date-time beginning `YYYY-MM-DDT` (RFC 3339; the date as written, no
 * conversion); java.util.Date text `Wed May 10 00:00:00 GMT 2017` of the older mobile client. */
bool work_date_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;
/* What it takes beside YYYY-MM-DD, for the OpenAPI document (ECMA-262). */
#define WORK_CLOCK_PATTERN "([01][0-9]|2[0-3]):[0-5][0-9]"
#define WORK_DATE_PATTERN                                                                          \
    "^([0-9]{4}-[0-9]{2}-[0-9]{2}T" WORK_CLOCK_PATTERN "(:([0-5][0-9]|60)([.][0-9]{1,9})?)?"       \
    "(Z|[+-]" WORK_CLOCK_PATTERN ")?|"                                                             \
    "(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "             \
    "[0-9]{2} " WORK_CLOCK_PATTERN ":([0-5][0-9]|60) "                                             \
    "([A-Za-z]{1,6}|GMT[+-]" WORK_CLOCK_PATTERN ") [0-9]{4})$"
/* `YYYY-MM-DD` only (PATCH, queries). */
bool civil_date_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;

#endif
