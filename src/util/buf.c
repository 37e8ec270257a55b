#include "ts/buf.h"

#include <stdarg.h>
#include <stdio.h>

enum { BUF_FIRST = 1024 };

void buf_init(struct buf *b, TALLOC_CTX *mem, size_t limit)
{
    *b = (struct buf){.mem = mem, .limit = limit, .status = STATUS_OK};
}

static bool grow(struct buf *b, size_t need)
{
    if (need > b->limit) {
        b->status = STATUS_TOO_LARGE;
        return false;
    }
    size_t size = b->size == 0 ? BUF_FIRST : b->size;
    while (size < need)
        size = size > b->limit / 2 ? b->limit : size * 2;
    char *data = talloc_realloc_size(b->mem, b->data, size);
    if (data == NULL) {
        b->status = STATUS_NO_MEMORY;
        return false;
    }
    b->data = data;
    b->size = size;
    return true;
}

char *buf_reserve(struct buf *b, size_t n)
{
    if (b->status != STATUS_OK)
        return NULL;
    if (n > b->limit - b->len) {
        b->status = STATUS_TOO_LARGE;
        return NULL;
    }
    if (b->len + n > b->size && !grow(b, b->len + n))
        return NULL;
    char *at = b->data + b->len;
    b->len += n;
    return at;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    char *at = len == 0 ? NULL : buf_reserve(b, len);
    if (at != NULL)
        memcpy(at, data, len);
}

void buf_add_char(struct buf *b, char c)
{
    char *at = buf_reserve(b, 1);
    if (at != NULL)
        *at = c;
}

size_t format_i64(char out[20], int64_t value)
{
    char digits[20];
    size_t n = 0, len = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        out[len++] = '-';
    while (n > 0)
        out[len++] = digits[--n];
    return len;
}

void buf_add_i64(struct buf *b, int64_t value)
{
    char text[20];
    buf_add(b, text, format_i64(text, value));
}

void buf_add_hex(struct buf *b, const uint8_t *bytes, size_t len)
{
    static const char digit[] = "0123456789abcdef";
    char *at = len == 0 ? NULL : buf_reserve(b, 2 * len);
    for (size_t i = 0; at != NULL && i < len; i++) {
        at[2 * i] = digit[bytes[i] >> 4];
        at[2 * i + 1] = digit[bytes[i] & 15];
    }
}

void buf_printf(struct buf *b, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof text)
        b->status = b->status == STATUS_OK ? STATUS_TOO_LARGE : b->status;
    else
        buf_add(b, text, (size_t)len);
}
