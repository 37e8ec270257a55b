/* Small strict parsers over views. Each reads the whole view or fails; none
 * skips white space, accepts a sign it was not asked for, or saturates. */
#ifndef TS_PARSE_H
#define TS_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/status.h"
#include "ts/str.h"

/* `-?(0|[1-9][0-9]*)` within min..max. */
bool parse_i64(struct str s, int64_t min, int64_t max, int64_t *out) TS_MUST_CHECK;
/* An id of ours: `[1-9][0-9]{0,18}`, below 2^53. */
bool parse_id(struct str s, int64_t *out) TS_MUST_CHECK;
/* Exactly n decimal digits at the front of s; leading zeros allowed. */
bool parse_digits(struct str s, size_t n, int32_t *out) TS_MUST_CHECK;
/* Hexadecimal text of exactly 2*len characters into out. */
bool parse_hex(struct str s, uint8_t *out, size_t len) TS_MUST_CHECK;

#endif
