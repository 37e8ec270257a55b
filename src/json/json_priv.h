/* What the files of the json layer share: the scan for plain text, the members of an object. */
#ifndef TS_JSON_PRIV_H
#define TS_JSON_PRIV_H

#include "ts/json.h"

/* Is this byte of a string written as itself, being ASCII? */
static inline bool json_is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* The number of bytes at the front that are plain ASCII: no control characters, quotes,
 * backslashes or bytes of longer sequences. Eight at a time: a byte of `odd` has its top bit
 * set when it is one of those (or follows one, which the loop below then settles). */
static inline size_t json_plain_run(const char *data, size_t len)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    size_t n = 0;

    while (len - n >= 8) {
        uint64_t word;
        memcpy(&word, data + n, 8);
        uint64_t odd = word | (word - ones * 0x20) | ((word ^ ones * '"') - ones) |
                       ((word ^ ones * '\\') - ones);
        if ((odd & tops) != 0)
            break;
        n += 8;
    }
    while (n < len && json_is_plain(data[n]))
        n++;
    return n;
}

/* json_check, and how many values there are in all (objects and arrays count too). */
bool json_check_count(struct str text, const char **why, size_t *at, size_t *values) TS_MUST_CHECK;

/* Goes through the members of an object: *cursor is NULL at the start; false at the end. */
bool json_next_member(const struct json *object, const void **cursor, struct str *name,
                      const struct json **value);

/* As json_text (and true or false for a boolean), but an integer is written to scratch, so that nothing is allocated. */
struct str json_scalar_text(const struct json *value, char scratch[20]);

#endif
