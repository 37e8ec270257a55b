/* Durations: whole minutes. Decimal hours are a spelling of them, never a double. */
#ifndef TS_HOURS_H
#define TS_HOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/status.h"
#include "ts/str.h"

enum { MINUTES_PER_DAY = 1440, HOURS_TEXT_MAX = 16 };

/* Reads decimal hours with at most 4 decimals ("7.5", "0.3333", no sign, no exponent),
 * rounds half-up to the minute; 1..1440 after rounding. A field_parse_fn (design rule 1). */
bool hours_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;
/* minutes / 60 with at most 4 decimals, rounded half-up, no trailing zeros ("7.5", "0.3333", "8").
 * 0 <= minutes < 6*10^10. A field_format_fn. Returns the length; hours_parse of it gives the same
 * minutes back. */
size_t hours_format(int64_t minutes, char out[HOURS_TEXT_MAX]);

#endif
