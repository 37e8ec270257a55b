/* Bringing the database's schema up to date: numbered SQL files, applied once each, in order, by
 * one process at a time. What was applied stands in the table schema_migration, with the SHA-256 of
 * each file, so that an edited file is noticed. */
#ifndef TS_MIGRATE_H
#define TS_MIGRATE_H

#include <stdbool.h>
#include <stdio.h>
#include <talloc.h>

#include "ts/status.h"
#include "ts/store.h"

struct migrate_options {
    const char
        *dir;     /* holds NNNN_name.sql; files that do not begin with a digit are not looked at */
    bool dry_run; /* say what would be done; change nothing */
    FILE *out, *err; /* for people: what was done; what is wrong and what to do about it */
};

/* Applies what is missing. A second process waits for the first and then finds nothing to do.
 * Refuses (STATUS_BAD_SCHEMA) files with a gap or the same number twice, an applied file that
 * was edited, renamed or removed, a database that is newer than the files, and a migration that
 * stopped half-way. STATUS_BAD_CONFIG (files cannot be read), STATUS_UNAVAILABLE (no database),
 * STATUS_INTERNAL (a statement failed). Everything is explained on err. */
enum status migrate_run(TALLOC_CTX *mem, const struct store_config *config,
                        const struct migrate_options *options) TS_MUST_CHECK;

/* Lists the files with their state. STATUS_OK when all are applied, STATUS_STALE when some are
 * missing, else as migrate_run. Changes nothing. */
enum status migrate_status(TALLOC_CTX *mem, const struct store_config *config,
                           const struct migrate_options *options) TS_MUST_CHECK;

#endif
