/* Rows for a table, sent as INSERTs of many rows. */
#ifndef TS_BENCH_ROWS_H
#define TS_BENCH_ROWS_H

#include "../../../src/store/sql.h"
#include "ts/buf.h"
#include "ts/date.h"

struct rows_out {
    struct sql *sql;
    const char *head; /* INSERT INTO t (columns) VALUES */
    struct buf text;  /* what has not been sent */
    int64_t count;    /* rows begun */
    bool failed;      /* once: nothing more is sent */
};

void rows_init(struct rows_out *rows, TALLOC_CTX *mem, struct sql *sql, const char *head);
/* A row is begun, its values are put in the order of the columns, and ended. */
void row_begin(struct rows_out *rows);
void row_end(struct rows_out *rows);
/* Sends what is left. False when anything has failed (why is printed). */
bool rows_flush(struct rows_out *rows);

void put_int(struct rows_out *rows, int64_t value);
void put_null(struct rows_out *rows);
/* Valid for text and for bytes that are text. */
void put_text(struct rows_out *rows, struct str text);
void put_text_or_null(struct rows_out *rows, struct str text);
void put_bytes(struct rows_out *rows, const uint8_t *bytes, size_t len);
void put_date(struct rows_out *rows, struct date date);
/* Microseconds UTC. */
void put_time(struct rows_out *rows, int64_t at_us);

#endif
