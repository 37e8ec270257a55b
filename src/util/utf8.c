#include "ts/utf8.h"

#include <stdint.h>

/* RFC 3629 section 4: the second byte's range depends on the first. */
size_t utf8_sequence(struct str s)
{
    const uint8_t *p = (const uint8_t *)s.data;
    uint8_t low = 0x80, high = 0xBF;
    size_t len;

    if (s.len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (s.len < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    }
    return len;
}

bool utf8_valid(struct str s)
{
    while (s.len > 0) {
        size_t n = utf8_sequence(s);
        if (n == 0)
            return false;
        s = str_skip(s, n);
    }
    return true;
}

size_t utf8_length(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((uint8_t)s.data[i] & 0xC0) != 0x80;
    return count;
}

bool utf8_is_text(struct str s)
{
    while (s.len > 0) {
        size_t n = utf8_sequence(s);
        uint8_t first = (uint8_t)s.data[0];
        bool control =
            n == 1 && ((first < 0x20 && first != '\t' && first != '\n') || first == 0x7F);
        /* U+0080..U+009F are C2 80..C2 9F */
        bool c1 = n == 2 && first == 0xC2 && (uint8_t)s.data[1] < 0xA0;
        if (n == 0 || control || c1)
            return false;
        s = str_skip(s, n);
    }
    return true;
}
