/* CSV text (RFC 4180: commas, CRLF, quotes doubled) by field tables, for people who open it in a
 * spreadsheet: a text cell that begins with = + - @, a tab or a carriage return gets an apostrophe
 * before it, so that nothing a client wrote runs there as a formula. */
#ifndef TS_CSV_OUT_H
#define TS_CSV_OUT_H

#include "ts/buf.h"
#include "ts/field.h"

/* Which rows of a table are columns, and in which order. */
struct csv_columns {
    const struct schema *schema;
    size_t count;
    uint8_t places[FIELDS_MAX]; /* in schema->fields */
};

/* The line of names. */
void csv_header(struct buf *b, const struct csv_columns *columns);
/* A line of the object's members: texts and enum names guarded; numbers, dates, decimal hours (by
 * .format) and instants as in JSON but without quotes. What would be null in JSON is an empty cell.
 * A label that is not empty stands in the first column in place of what the object has there. Lists, JSON
 * and FIELD_IGNORED rows cannot be columns. */
void csv_row(struct buf *b, const struct csv_columns *columns, const void *object,
             struct str label);

#endif
