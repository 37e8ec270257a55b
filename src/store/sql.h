/* A plain connection that runs SQL as text, for the migration runner (and for tests that look
 * behind the store). The service itself never uses it: its statements are in statements.def. */
#ifndef TS_STORE_SQL_H
#define TS_STORE_SQL_H

#include <talloc.h>

#include "ts/store.h"

struct sql;

/* Connects; without time-outs for statements, since a migration may take long.
 * STATUS_UNAVAILABLE or STATUS_BAD_CONFIG, with the reason in *why (on mem) unless why is NULL. */
enum status sql_open(TALLOC_CTX *mem, const struct store_config *config, struct sql **out,
                     const char **why) TS_MUST_CHECK;
/* Runs one statement. False when the server refused it (sql_error, sql_message). */
bool sql_run(struct sql *sql, struct str statement) TS_MUST_CHECK;
/* One of our own statements with texts for its question marks. */
bool sql_run_with(struct sql *sql, const char *statement, const struct str *values,
                  size_t count) TS_MUST_CHECK;
/* The first column of the first row of the last statement; NULL when there is none. Lives until
 * the next one. */
const char *sql_result(const struct sql *sql);
/* The rows of the last statement, one after the other: NULL after the last. Columns may be NULL. */
const char *const *sql_row(struct sql *sql);
int64_t sql_affected(const struct sql *sql);
unsigned int sql_error(const struct sql *sql);
const char *sql_message(const struct sql *sql);

#endif
