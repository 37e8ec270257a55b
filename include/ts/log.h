/* One JSON object a line on stderr, one write(2) each: `ts`, `level`, `event`,
 * `request_id`, then named values. `event` is a fixed word. Text is escaped and
 * cut at 512 bytes. Tokens, notes and other people's data are never logged. */
#ifndef TS_LOG_H
#define TS_LOG_H

#include <stdint.h>

#include "ts/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_type { LOG_END, LOG_TYPE_TEXT, LOG_TYPE_INT };

struct log_value {
    enum log_type type;
    const char *name;
    struct str text;
    int64_t number;
};

#define LOG_STR(name, value) ((struct log_value){LOG_TYPE_TEXT, (name), (value), 0})
#define LOG_TEXT(name, value) ((struct log_value){LOG_TYPE_TEXT, (name), str_of(value), 0})
#define LOG_INT(name, value) ((struct log_value){LOG_TYPE_INT, (name), {0}, (int64_t)(value)})

/* LOG(LOG_WARN, "db_connect_failed", LOG_INT("errno", n), LOG_TEXT("message", m)) */
#define LOG(level, event, ...)                                                                     \
    log_write((level), (const struct log_value[]){LOG_TEXT("event", event), ##__VA_ARGS__, {0}})

/* Writes a line of values, the event first, up to the one of type LOG_END. */
void log_write(enum log_level level, const struct log_value *values);
void log_set_level(enum log_level level);
/* The request that following lines belong to; copied (at most 64 bytes); empty = none. */
void log_set_request(struct str request_id);
/* Where lines go (default 2). */
void log_set_fd(int fd);

#endif
