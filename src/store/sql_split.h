/* Cutting a file of SQL into its statements. */
#ifndef TS_STORE_SQL_SPLIT_H
#define TS_STORE_SQL_SPLIT_H

#include "ts/status.h"
#include "ts/str.h"

enum sql_split { SQL_NO_MORE, SQL_STATEMENT, SQL_UNCLOSED };

/* The next statement of a text, without its semicolon and the comments around it; *rest moves
 * behind it. Knows quotes of all three kinds and all comments; the last semicolon may be
 * missing. SQL_UNCLOSED: a quote or comment has no end. Procedures (statements that contain
 * semicolons) are not supported. */
enum sql_split sql_next(struct str *rest, struct str *statement) TS_MUST_CHECK;

/* What stands between the line `-- migrate:up` and `-- migrate:down` or the end. False without the
 * first line, or when a statement stands above it. */
bool sql_up_section(struct str file, struct str *out) TS_MUST_CHECK;

#endif
