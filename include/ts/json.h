/* JSON in and out. Input passes json_check (RFC 8259 and the limits of security.md
 * section 4) before json-c sees it; output is appended to a struct buf. No json-c
 * type leaves this layer. */
#ifndef TS_JSON_H
#define TS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

#include "ts/buf.h"
#include "ts/faults.h"
#include "ts/field.h"
#include "ts/status.h"
#include "ts/str.h"

enum { JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 128, JSON_VALUES_MAX = 20000 };

/* Is text exactly one JSON value by RFC 8259 in valid UTF-8, without duplicate member names
 * (compared after unescaping), NUL, lone surrogates, numbers that are not finite as a double or
 * integers beyond int64_t, deeper than JSON_DEPTH_MAX, with more than JSON_MEMBERS_MAX members in
 * one object or JSON_VALUES_MAX values in all? On failure *why is a static sentence and *at the
 * byte offset. Allocates nothing. */
bool json_check(struct str text, const char **why, size_t *at) TS_MUST_CHECK;

/* A parsed document. Opaque; lives as long as its talloc parent. */
struct json;

/* json_check, then json-c. STATUS_BAD_JSON (faults->detail says what and where), STATUS_TOO_LARGE
 * (over 2 GB), STATUS_NO_MEMORY. */
enum status json_parse(TALLOC_CTX *mem, struct str text, struct faults *faults,
                       const struct json **out) TS_MUST_CHECK;

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,
    JSON_DECIMAL,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};
/* value is not NULL; the others take NULL for "absent". */
enum json_type json_type(const struct json *value);
/* Member of an object, NULL when absent (also when value is NULL or not an object). */
const struct json *json_get(const struct json *value, const char *name);
size_t json_count(const struct json *array);
const struct json *json_at(const struct json *array, size_t index);
/* The text of a string, or of a number as it was written (1.50 stays 1.50; -0 is 0); else the empty
 * view. A string's text is followed by a NUL. */
struct str json_text(const struct json *value);
bool json_bool(const struct json *value);
/* A number (integer or decimal) as a double: for JWT NumericDate only. False for other types. */
bool json_double(const struct json *value, double *out) TS_MUST_CHECK;

/* Reads an object into a struct by its field table: all faults at once (unknown members, missing
 * required ones, types, limits). JSON types: text, dates and enums take strings; FIELD_INT a number
 * without fraction; FIELD_HOURS a number or a string; FIELD_LIST an array of objects, whose structs
 * are made in mem and whose faults have pointers such as /entries/3/hours. null is a type fault
 * unless the row is .nullable. FIELD_IS and
 * FIELD_INSTANT rows (and FIELD_READ_ONLY) are refused with the code "read-only". Members that are
 * not there or faulty leave *out as it was, so that the caller clears it (and sets what is a default)
 * first. STATUS_INVALID with faults, STATUS_BAD_JSON when the top is no object. Text members point
 * into the document. */
enum status json_read(TALLOC_CTX *mem, const struct json *object, const struct schema *schema,
                      void *out, struct faults *faults) TS_MUST_CHECK;

/* Writers. A value is appended as it is; commas and braces are the caller's but for json_write. */

/* Quoted and escaped; what is not valid UTF-8 becomes U+FFFD. */
void json_write_text(struct buf *b, struct str text);
/* An object of the schema's rows (all types but FIELD_IGNORED) in table order. A date of
 * DATE_NONE_DAYS, and an empty text or a number 0 of a .nullable row, are null; FIELD_HOURS rows have a .format.
 * Near the buffer's limit it may fail up to 80 bytes early. */
void json_write(struct buf *b, const struct schema *schema, const void *object);

/* --- the rows of an upload ---------------------------------------------------------------------
 * Splits the top of a body into its rows without parsing them, so that each can be parsed on its
 * own: the limits of json_check then hold for a row, not for the body. Only what stands between the
 * rows is checked here. Every row has to pass json_parse: then the body is valid, and only then. */
enum json_rows_kind {
    JSON_ROWS_ARRAY, /* the text is one array, its elements are the rows */
    JSON_ROWS_LINES, /* NDJSON: a value on each line; LF or CRLF; empty lines are passed over */
    JSON_ROWS_ONE    /* the text is one value, the only row */
};
enum json_rows_state { JSON_ROWS_AT_START, JSON_ROWS_INSIDE, JSON_ROWS_AT_END };

/* Where the splitter stands: behind the last row that it gave. For reading only. */
struct json_rows {
    struct str rest; /* what has not been read */
    size_t offset;   /* of rest in the text given to init, in bytes */
    size_t count;    /* rows given so far */
    enum json_rows_kind kind;
    enum json_rows_state state;
};

enum json_rows_result { JSON_ROW, JSON_ROWS_END, JSON_ROWS_BROKEN };

/* application/json: JSON_ROWS_ARRAY when the first byte that is no white space is [, else
 * JSON_ROWS_ONE. text is borrowed for as long as the rows are used. */
void json_rows_init(struct json_rows *rows, struct str text);
/* application/x-ndjson: JSON_ROWS_LINES. */
void json_rows_lines_init(struct json_rows *rows, struct str text);
/* The next row: a view into the text (row->data - text.data is its place), never empty, without
 * white space around it (on a line: without the line end). JSON_ROWS_BROKEN: *why is a static
 * sentence and *at the byte offset in the text (of an element that is not closed: its first byte);
 * asked again it says the same. NDJSON is never broken: what is on a line is for json_parse.
 * Allocates nothing. */
enum json_rows_result json_rows_next(struct json_rows *rows, struct str *row, const char **why,
                                     size_t *at) TS_MUST_CHECK;
/* A document for people to read: a value a line, two spaces a level, the same bytes each time. Values
 * inside an object have a name, those inside an array (and the top) have NULL. */
struct json_out {
    struct buf *b;
    int depth;
    bool fresh; /* nothing has been written on this level yet */
};
void json_out_init(struct json_out *o, struct buf *b);
/* Begins and ends an object ('{', '}') or an array ('[', ']'). */
void json_out_open(struct json_out *o, const char *name, char bracket);
void json_out_close(struct json_out *o, char bracket);
void json_out_text(struct json_out *o, const char *name, struct str text);
void json_out_i64(struct json_out *o, const char *name, int64_t value);
/* A value that is JSON text already. */
void json_out_raw(struct json_out *o, const char *name, struct str json);

#endif
