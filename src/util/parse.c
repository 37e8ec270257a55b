#include "ts/parse.h"

enum { ID_DIGITS_MAX = 19 };
static const int64_t ID_LIMIT = INT64_C(1)
                                << 53; /* integers below are exact in JSON (RFC 8259 section 6) */

bool parse_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
    bool negative = s.len > 0 && s.data[0] == '-';
    struct str digits = str_skip(s, negative ? 1 : 0);
    uint64_t value = 0;
    const uint64_t bound = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;

    if (digits.len == 0 || digits.len > ID_DIGITS_MAX || (digits.data[0] == '0' && digits.len > 1))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.data[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (uint64_t)(c - '0'); /* 19 digits fit 64 bits unsigned */
    }
    if (value > bound || (negative && value == 0))
        return false;
    int64_t result = negative ? -(int64_t)(value - 1) - 1 : (int64_t)value;
    if (result < min || result > max)
        return false;
    *out = result;
    return true;
}

bool parse_id(struct str s, int64_t *out)
{
    return parse_i64(s, 1, ID_LIMIT - 1, out);
}

bool parse_digits(struct str s, size_t n, int32_t *out)
{
    int32_t value = 0;

    if (s.len < n || n == 0 || n > 9)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
        value = value * 10 + (s.data[i] - '0');
    }
    *out = value;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool parse_hex(struct str s, uint8_t *out, size_t len)
{
    if (s.len != 2 * len)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (hex_digit(s.data[i]) < 0)
            return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned high = (unsigned)hex_digit(s.data[2 * i]);
        out[i] = (uint8_t)(high << 4 | (unsigned)hex_digit(s.data[2 * i + 1]));
    }
    return true;
}
