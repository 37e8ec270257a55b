/* A person's ISO week: its state, computed from its entries (design section 4). */
#ifndef TS_SHEET_H
#define TS_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/entry.h"

enum week_state { WEEK_OPEN, WEEK_SUBMITTED, WEEK_APPROVED, WEEK_REJECTED, WEEK_MISSING };
/* NULL-terminated, in the order of enum week_state. */
extern const char *const week_state_names[];

/* From the number of entries per status. empty_status is what was said of the week while it has
 * none: ENTRY_DRAFT = nothing. due: the week is over and the person was active in it. */
enum week_state week_state_of(const int64_t counts[ENTRY_STATUS_COUNT],
                              enum entry_status empty_status, bool due);

#endif
