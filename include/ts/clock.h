/* The only reader of clocks, so that tests can set the time. */
#ifndef TS_CLOCK_H
#define TS_CLOCK_H

#include <stdint.h>

#include "ts/date.h"
#include "ts/status.h"

/* Wall clock, microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall_us(void);
/* Wall clock in nanoseconds (ids are cut from it). */
int64_t clock_wall_ns(void);
/* Time since boot including suspend (CLOCK_BOOTTIME), milliseconds: for ages of caches. */
int64_t clock_boot_ms(void);
/* Monotonic time, milliseconds: for deadlines and durations. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* Sets the zone of clock_today, an IANA name such as "Europe/Berlin"; STATUS_BAD_CONFIG if unknown. */
enum status clock_set_zone(const char *zone) TS_MUST_CHECK;
/* Today's civil date in the zone set (UTC before). */
struct date clock_today(void);
/* Sleeps; for back-off only. */
void clock_sleep_ms(int64_t ms);
/* Tests: from now on the wall clock shows wall_us and boot/monotonic are moved by the same step; 0 = the real clock again. */
void clock_fake(int64_t wall_us);

/* `YYYY-MM-DDTHH:MM:SS.ffffffZ` (RFC 3339) of an instant in microseconds; 27 characters, no NUL. */
enum { INSTANT_TEXT_LEN = 27 };
void instant_format(int64_t wall_us, char out[INSTANT_TEXT_LEN]);

#endif
