#include "ts/hours.h"

#include <assert.h>
#include <string.h>

#include "ts/parse.h"

enum {
    DECIMALS_MAX = 4,
    UNITS_PER_HOUR = 10000, /* a unit is the last of the four decimals */
    MINUTES_PER_HOUR = 60,
    WHOLE_DIGITS_MAX = 9 /* more is past 24 hours whatever follows */
};

static const char OUT_OF_RANGE[] = "must be more than 0 and at most 24 hours";
static const char NOT_A_NUMBER[] = "must be a decimal number of hours such as 7.5";
static const char DECIMALS[] = "must have at most 4 decimals";

static bool fail(const char *sentence, const char **why)
{
    *why = sentence;
    return false;
}

static size_t count_digits(struct str s)
{
    size_t n = 0;
    while (n < s.len && s.data[n] >= '0' && s.data[n] <= '9')
        n++;
    return n;
}

/* Digits read as the first of `places` decimals: "5" of four is 5000. */
static int64_t scaled(struct str digits, size_t places)
{
    int64_t value = 0;
    for (size_t i = 0; i < places; i++)
        value = value * 10 + (i < digits.len ? digits.data[i] - '0' : 0);
    return value;
}

bool hours_parse(struct str text, int64_t *out, const char **why)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    struct str rest = str_skip(text, negative ? 1 : 0);
    struct str whole = str_n(rest.data, count_digits(rest));
    struct str decimals = {NULL, 0};

    rest = str_skip(rest, whole.len);
    if (rest.len > 0 && rest.data[0] == '.') {
        decimals = str_n(rest.data + 1, count_digits(str_skip(rest, 1)));
        if (decimals.len == 0)
            return fail(NOT_A_NUMBER, why);
        rest = str_skip(rest, 1 + decimals.len);
    }
    if (whole.len == 0 || rest.len != 0 || (whole.len > 1 && whole.data[0] == '0'))
        return fail(NOT_A_NUMBER, why);
    if (decimals.len > DECIMALS_MAX)
        return fail(DECIMALS, why);
    if (negative || whole.len > WHOLE_DIGITS_MAX)
        return fail(OUT_OF_RANGE, why);

    int64_t units = scaled(whole, whole.len) * UNITS_PER_HOUR + scaled(decimals, DECIMALS_MAX);
    int64_t minutes = (units * MINUTES_PER_HOUR + UNITS_PER_HOUR / 2) / UNITS_PER_HOUR;
    if (minutes < 1 || minutes > MINUTES_PER_DAY)
        return fail(OUT_OF_RANGE, why);
    *out = minutes;
    return true;
}

size_t hours_format(int64_t minutes, char out[HOURS_TEXT_MAX])
{
    const int64_t limit = INT64_C(60000000000); /* 10 digits before the point */
    char digits[20];
    size_t len, decimals = DECIMALS_MAX;

    assert(minutes >= 0 && minutes < limit);
    (void)limit; /* where assert is off */
    int64_t units = (minutes * UNITS_PER_HOUR + MINUTES_PER_HOUR / 2) / MINUTES_PER_HOUR;
    int64_t whole = units / UNITS_PER_HOUR, part = units % UNITS_PER_HOUR;
    for (len = 0; len == 0 || whole > 0; whole /= 10)
        digits[len++] = (char)('0' + whole % 10);
    for (size_t i = 0; i < len; i++)
        out[i] = digits[len - 1 - i];
    if (part == 0)
        return len;
    for (; part % 10 == 0; part /= 10)
        decimals--;
    out[len] = '.';
    for (size_t i = decimals; i > 0; i--, part /= 10)
        out[len + i] = (char)('0' + part % 10);
    return len + 1 + decimals;
}
