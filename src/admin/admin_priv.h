/* What the commands of timesheets-admin share. */
#ifndef TS_ADMIN_PRIV_H
#define TS_ADMIN_PRIV_H

#include <stdbool.h>
#include <stdio.h>

#include "ts/store.h"

/* What the program ends with. */
enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NO_DATABASE = 3 };

struct verify_options {
    int64_t person_id;    /* 0 = everybody */
    bool quiet;           /* say only what is wrong */
    const char *key_file; /* of the audit key */
    FILE *out, *err;      /* faults and summary; a progress bar, when err is a terminal */
};

/* timesheets-admin audit verify: walks every stream of events in memory that does not grow with
 * them, and compares the rows of weeks with their entries. Every fault is a line on out. Returns
 * EXIT_DONE (no fault), EXIT_REFUSED (faults), EXIT_USAGE (the key cannot be read) or
 * EXIT_NO_DATABASE (could not be carried through, for whatever reason). */
int audit_verify(const struct store_config *config, const struct verify_options *options);

#endif
