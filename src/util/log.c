#include "ts/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "ts/buf.h"
#include "ts/clock.h"
#include "ts/utf8.h"

enum { LINE_MAX_BYTES = 4000, TEXT_MAX_BYTES = 512, REQUEST_ID_MAX = 64 };

static struct {
    enum log_level level;
    int fd;
    char request_id[REQUEST_ID_MAX];
    size_t request_id_len;
} sink = {.level = LOG_INFO, .fd = 2};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* A line on the stack: logging must work when memory is what ran out. */
struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
    bool full; /* something did not fit */
};

static void put(struct line *l, const char *data, size_t len)
{
    if (len <= sizeof l->text - 2 - l->len) { /* room for "}\n" stays */
        memcpy(l->text + l->len, data, len);
        l->len += len;
    } else {
        l->full = true;
    }
}

static void put_str(struct line *l, const char *text)
{
    put(l, text, strlen(text));
}

static void put_quoted(struct line *l, struct str s)
{
    char out[6 * TEXT_MAX_BYTES + 1]; /* snprintf ends in NUL */
    size_t n = 0;

    if (s.len > TEXT_MAX_BYTES)
        s.len = TEXT_MAX_BYTES;
    while (s.len > 0) {
        size_t seq = utf8_sequence(s);
        unsigned char c = (unsigned char)s.data[0];
        if (seq == 0) {
            out[n++] = '?';
            seq = 1;
        } else if (seq > 1) {
            memcpy(out + n, s.data, seq);
            n += seq;
        } else if (c < 0x20 || c == 0x7F || c == '"' || c == '\\') {
            n += (size_t)snprintf(out + n, 7, "\\u%04x", c);
        } else {
            out[n++] = (char)c;
        }
        s = str_skip(s, seq);
    }
    put(l, "\"", 1);
    put(l, out, n);
    put(l, "\"", 1);
}

static void put_value(struct line *l, const struct log_value *value)
{
    const size_t before = l->len;
    char digits[20];

    if (l->full)
        return;
    put_str(l, ",\"");
    put_str(l, value->name);
    put_str(l, "\":");
    if (value->type == LOG_TYPE_INT)
        put(l, digits, format_i64(digits, value->number));
    else
        put_quoted(l, value->text);
    if (l->full) /* a value is written whole or left out */
        l->len = before;
}

void log_write(enum log_level level, const struct log_value *values)
{
    const struct log_value id = LOG_STR("request_id", str_n(sink.request_id, sink.request_id_len));
    struct line l = {.len = 0};
    char now[INSTANT_TEXT_LEN];

    if (level < sink.level)
        return;
    instant_format(clock_wall_us(), now);
    put_str(&l, "{\"ts\":\"");
    put(&l, now, sizeof now);
    put_str(&l, "\",\"level\":\"");
    put_str(&l, level_names[level]);
    put_str(&l, "\"");
    put_value(&l, values);
    if (sink.request_id_len > 0)
        put_value(&l, &id);
    for (values++; values->type != LOG_END; values++)
        put_value(&l, values);
    memcpy(l.text + l.len, "}\n", 2);
    /* a log that cannot be written must not stop the service */
    (void)!write(sink.fd, l.text, l.len + 2);
}

void log_set_level(enum log_level level)
{
    sink.level = level;
}

void log_set_request(struct str request_id)
{
    sink.request_id_len = request_id.len < REQUEST_ID_MAX ? request_id.len : REQUEST_ID_MAX;
    if (sink.request_id_len > 0)
        memcpy(sink.request_id, request_id.data, sink.request_id_len);
}

void log_set_fd(int fd)
{
    sink.fd = fd;
}
