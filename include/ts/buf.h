/* Output under construction: a growing byte buffer with a limit that remembers
 * its first failure, so that a run of appends is checked once, at the end.
 * The memory belongs to the talloc parent given at buf_init. */
#ifndef TS_BUF_H
#define TS_BUF_H

#include <stdint.h>
#include <talloc.h>

#include "ts/status.h"
#include "ts/str.h"

struct buf {
    TALLOC_CTX *mem;
    char *data;
    size_t len, size, limit;
    enum status status; /* STATUS_OK, STATUS_NO_MEMORY or STATUS_TOO_LARGE */
};

/* An empty buffer; nothing is allocated before the first append. limit is the most bytes it may hold. */
void buf_init(struct buf *b, TALLOC_CTX *mem, size_t limit);
/* Makes room for n more bytes and returns where they go, or NULL (the buffer then has failed). */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_char(struct buf *b, char c);
void buf_add_i64(struct buf *b, int64_t value);
void buf_add_hex(struct buf *b, const uint8_t *bytes, size_t len);
/* printf for our own fixed formats (never for client text as the format). */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.data, s.len);
}

/* What has been written; valid until the next append. */
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->data == NULL ? "" : b->data, b->len};
}

/* The decimal digits of value at out (room for 20), returning their number. */
size_t format_i64(char out[20], int64_t value);

#endif
