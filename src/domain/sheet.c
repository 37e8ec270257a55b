#include "ts/sheet.h"

#include <stddef.h>

const char *const week_state_names[] = {
    [WEEK_OPEN] = "open",         [WEEK_SUBMITTED] = "submitted", [WEEK_APPROVED] = "approved",
    [WEEK_REJECTED] = "rejected", [WEEK_MISSING] = "missing",     NULL};

enum week_state week_state_of(const int64_t counts[ENTRY_STATUS_COUNT],
                              enum entry_status empty_status, bool due)
{
    static const enum week_state said[] = {[ENTRY_SUBMITTED] = WEEK_SUBMITTED,
                                           [ENTRY_APPROVED] = WEEK_APPROVED,
                                           [ENTRY_REJECTED] = WEEK_REJECTED};

    if (counts[ENTRY_REJECTED] > 0)
        return WEEK_REJECTED;
    if (counts[ENTRY_DRAFT] > 0)
        return WEEK_OPEN;
    if (counts[ENTRY_SUBMITTED] > 0)
        return WEEK_SUBMITTED;
    if (counts[ENTRY_APPROVED] > 0)
        return WEEK_APPROVED;
    if (empty_status != ENTRY_DRAFT)
        return said[empty_status];
    return due ? WEEK_MISSING : WEEK_OPEN;
}
