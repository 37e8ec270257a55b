/* Civil dates (proleptic Gregorian, no zone): a day number and its conversions.
 * What a date may be and how weeks are counted is the domain's (ts/week.h). */
#ifndef TS_DATE_H
#define TS_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/status.h"
#include "ts/str.h"

/* Days since 1970-01-01. */
struct date {
    int32_t days;
};

enum { DATE_TEXT_LEN = 10, DATE_NONE_DAYS = INT32_MIN /* no date: SQL NULL, JSON null */ };

/* False unless year-month-day is a real date of the years 1..9999. */
bool date_from_civil(int32_t year, int32_t month, int32_t day, struct date *out) TS_MUST_CHECK;
void date_to_civil(struct date date, int32_t *year, int32_t *month, int32_t *day);
/* 0 = Monday .. 6 = Sunday. */
int32_t date_weekday(struct date date);
/* `YYYY-MM-DD` (ISO 8601, RFC 3339 full-date) and nothing else. */
bool date_parse_iso(struct str text, struct date *out) TS_MUST_CHECK;
/* Writes the ten characters of YYYY-MM-DD; no NUL. */
void date_format(struct date date, char out[DATE_TEXT_LEN]);

#endif
