/* A strict reader of comma-separated values over a view: RFC 4180 with CRLF or LF line ends.
 * It gives records of fields as they stand; what they mean, and whether they are valid UTF-8, is
 * for the field tables. */
#ifndef TS_CSV_H
#define TS_CSV_H

#include <stddef.h>
#include <talloc.h>

#include "ts/status.h"
#include "ts/str.h"

/* Where the reader stands: behind the last record that it gave. For reading only. */
struct csv {
    struct str rest; /* what has not been read */
    size_t offset;   /* of rest in the text given to csv_init, in bytes */
    size_t line;     /* of the text on which rest begins, from 1; quoted line ends count */
    size_t rows;     /* records given so far, the header among them */
};

enum csv_result {
    CSV_ROW,
    CSV_END,
    CSV_BROKEN,   /* the text is not CSV at that place */
    CSV_NO_MEMORY /* for a field that has to be unescaped */
};

/* text is borrowed for as long as the fields are used. One UTF-8 byte order mark at its front is
 * passed over. */
void csv_init(struct csv *csv, struct str text);

/* The next record: *count (1..max) fields from fields[0] on; max is at least 1.
 * - Fields are separated by commas, records by CRLF or LF; the last one may lack its line end. A
 *   line with nothing on it is no record (a record of one empty field is written "").
 * - A field in double quotes is given without them; commas, CR, LF and spaces in it are content,
 *   and "" is one quote. Spaces around a field belong to it.
 * - The fields are views into the text, but for those with doubled quotes: they are unescaped into
 *   memory of mem (which also keeps those of a record that then turns out to be broken).
 * - CSV_BROKEN: a quote in a field that does not begin with one, text after a closing quote, a
 *   quoted field that is not closed, CR without LF outside quotes, NUL anywhere, more than max
 *   fields. *why is a static sentence and *at the byte offset in the text (of the opening quote,
 *   and of the first field too many).
 * fields may have been written to whatever the result is. After CSV_BROKEN and CSV_NO_MEMORY the
 * reader stands where it stood before the record. */
enum csv_result csv_next(TALLOC_CTX *mem, struct csv *csv, struct str *fields, size_t max,
                         size_t *count, const char **why, size_t *at) TS_MUST_CHECK;

#endif
