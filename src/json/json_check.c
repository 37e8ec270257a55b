/* The gate before json-c, which takes far more than RFC 8259 allows. One pass, no
 * allocation; recursion goes no deeper than JSON_DEPTH_MAX. */
#include <stdint.h>

#include "json_priv.h"
#include "ts/parse.h"
#include "ts/utf8.h"

/* A member name as it stands between its quotes, and a hash of the characters it means. */
struct name {
    struct str raw;
    uint32_t hash;
};

struct gate {
    struct str rest; /* what has not been read */
    const char *why;
    size_t values;
    size_t names_open; /* names of the objects that are open, outermost first */
    struct name names[JSON_DEPTH_MAX * JSON_MEMBERS_MAX];
};

static bool value(struct gate *g, int depth);

static bool fail(struct gate *g, const char *why)
{
    g->why = why;
    return false;
}

/* The next byte, or NUL at the end (a NUL in the text fits no place where this is asked). */
static char peek(const struct gate *g)
{
    return g->rest.len == 0 ? '\0' : g->rest.data[0];
}

static void advance(struct gate *g, size_t n)
{
    g->rest.data += n;
    g->rest.len -= n;
}

static bool take(struct gate *g, char c)
{
    if (g->rest.len == 0 || g->rest.data[0] != c)
        return false;
    advance(g, 1);
    return true;
}

static void skip_space(struct gate *g)
{
    while (g->rest.len > 0) {
        char c = g->rest.data[0];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            break;
        advance(g, 1);
    }
}

/* --- strings ----------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits, or -1. */
static int32_t hex4(struct str s)
{
    int32_t unit = 0;

    if (s.len < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(s.data[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* The low half of a surrogate pair, `\uDC00` to `\uDFFF`, at the front of s. */
static bool low_half_follows(struct str s)
{
    return s.len >= 6 && s.data[0] == '\\' && s.data[1] == 'u' && is_low(hex4(str_skip(s, 2)));
}

/* At `\u`. RFC 8259 section 8.2 leaves lone surrogates open; they have no UTF-8, so they are refused. */
static bool unicode_escape(struct gate *g)
{
    int32_t unit = hex4(str_skip(g->rest, 2));

    if (unit < 0)
        return fail(g, "\\u needs four hexadecimal digits");
    if (unit == 0)
        return fail(g, "the character NUL is not allowed");
    if (is_low(unit) || (is_high(unit) && !low_half_follows(str_skip(g->rest, 6))))
        return fail(g, "half of a surrogate pair stands alone");
    advance(g, is_high(unit) ? 12 : 6);
    return true;
}

static bool escape(struct gate *g)
{
    char c = g->rest.len < 2 ? '\0' : g->rest.data[1];

    switch (c) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        advance(g, 2);
        return true;
    case 'u':
        return unicode_escape(g);
    default:
        return fail(g, "a backslash is followed by something it cannot escape");
    }
}

/* One step inside a string where the plain run has ended. */
static bool special(struct gate *g)
{
    unsigned char c = (unsigned char)g->rest.data[0];

    if (c == '\\')
        return escape(g);
    if (c < 0x20)
        return fail(g, "a control character in a text must be escaped");
    size_t n = utf8_sequence(g->rest);
    if (n == 0)
        return fail(g, "the text is not valid UTF-8");
    advance(g, n);
    return true;
}

/* At the opening quote; *raw is what stands between the quotes. */
static bool string(struct gate *g, struct str *raw)
{
    const char *start = g->rest.data + 1;

    advance(g, 1);
    for (;;) {
        advance(g, json_plain_run(g->rest.data, g->rest.len));
        if (g->rest.len == 0)
            return fail(g, "a text is not closed by a quote");
        if (g->rest.data[0] == '"')
            break;
        if (!special(g))
            return false;
    }
    *raw = str_n(start, (size_t)(g->rest.data - start));
    advance(g, 1);
    return true;
}

/* --- member names ------------------------------------------------------------- */

static uint32_t take_escape(struct str *s)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    char c = s->data[1];

    if (c != 'u') {
        const char *letter = strchr(letters, c);
        *s = str_skip(*s, 2);
        return letter == NULL ? (uint32_t)c : (uint32_t)meanings[letter - letters];
    }
    int32_t unit = hex4(str_skip(*s, 2));
    if (!is_high(unit)) {
        *s = str_skip(*s, 6);
        return (uint32_t)unit;
    }
    int32_t low = hex4(str_skip(*s, 8));
    *s = str_skip(*s, 12);
    return 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
}

/* Takes the next character off a name that has passed string(): its code point. */
static uint32_t take_char(struct str *s)
{
    static const uint8_t lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};

    if (s->data[0] == '\\')
        return take_escape(s);
    size_t n = utf8_sequence(*s);
    uint32_t point = (uint8_t)s->data[0] & lead_bits[n];
    for (size_t i = 1; i < n; i++)
        point = point << 6 | ((uint8_t)s->data[i] & 0x3F);
    *s = str_skip(*s, n);
    return point;
}

/* FNV-1a over code points: equal names have equal hashes however they are escaped. */
static uint32_t name_hash(struct str raw)
{
    uint32_t hash = 2166136261U;
    while (raw.len > 0)
        hash = (hash ^ take_char(&raw)) * 16777619U;
    return hash;
}

static bool names_equal(struct str a, struct str b)
{
    while (a.len > 0 && b.len > 0) {
        if (take_char(&a) != take_char(&b))
            return false;
    }
    return a.len == b.len;
}

/* At the opening quote of a name of the object whose names begin at `first`. */
static bool member_name(struct gate *g, size_t first)
{
    struct name name;

    if (peek(g) != '"')
        return fail(g, "a member name in double quotes is expected");
    if (g->names_open - first == JSON_MEMBERS_MAX)
        return fail(g, "an object has too many members");
    const struct str before = g->rest;
    if (!string(g, &name.raw))
        return false;
    name.hash = name_hash(name.raw);
    for (size_t i = first; i < g->names_open; i++) {
        if (g->names[i].hash == name.hash && names_equal(g->names[i].raw, name.raw)) {
            g->rest = before;
            return fail(g, "a member name appears twice in one object");
        }
    }
    g->names[g->names_open++] = name;
    return true;
}

/* --- numbers ------------------------------------------------------------------ */

static struct str digits(struct gate *g)
{
    size_t n = 0;
    while (n < g->rest.len && g->rest.data[n] >= '0' && g->rest.data[n] <= '9')
        n++;
    struct str run = str_n(g->rest.data, n);
    advance(g, n);
    return run;
}

/* The exponent's value; far beyond what matters it stays where it is. */
static int64_t exponent_value(struct str run, bool negative)
{
    enum { ENOUGH = 1000000000 };
    int64_t exponent = 0;

    for (size_t i = 0; i < run.len; i++) {
        if (exponent < ENOUGH)
            exponent = exponent * 10 + (run.data[i] - '0');
    }
    return negative ? -exponent : exponent;
}

/* Is whole.fraction * 10^exponent finite as a double? The largest one is 1.7976931348623157e308 and
 * what lies less than half a step above rounds down to it: 17 digits tell (between ...8158 and
 * ...81580793 finite numbers are refused, which costs nobody anything). */
static bool is_finite(struct str whole, struct str fraction, int64_t exponent)
{
    enum { DIGITS = 17, EXPONENT_MAX = 308 };
    const int64_t bound = INT64_C(17976931348623158);
    int64_t leading = 0, place = (int64_t)whole.len - 1;
    int taken = 0;

    for (size_t i = 0; i < whole.len + fraction.len && taken < DIGITS; i++) {
        char c = i < whole.len ? whole.data[i] : fraction.data[i - whole.len];
        if (taken == 0 && c == '0') {
            place--;
            continue;
        }
        leading = leading * 10 + (c - '0');
        taken++;
    }
    if (taken == 0) /* zero */
        return true;
    for (; taken < DIGITS; taken++)
        leading *= 10;
    place += exponent; /* of the first digit that is not 0 */
    return place < EXPONENT_MAX || (place == EXPONENT_MAX && leading < bound);
}

static bool number(struct gate *g)
{
    const struct str start = g->rest;
    struct str fraction = {NULL, 0};
    int64_t exponent = 0, integer;
    bool is_integer = true;

    bool negative = take(g, '-');
    struct str whole = digits(g);
    if (whole.len == 0)
        return fail(g, "a digit is expected");
    if (whole.len > 1 && whole.data[0] == '0') {
        g->rest = start;
        return fail(g, "a number must not begin with 0");
    }
    if (take(g, '.')) {
        is_integer = false;
        fraction = digits(g);
        if (fraction.len == 0)
            return fail(g, "a digit is expected after the decimal point");
    }
    if (take(g, 'e') || take(g, 'E')) {
        is_integer = false;
        bool down = take(g, '-');
        if (!down)
            (void)take(g, '+'); /* a sign need not be there */
        struct str power = digits(g);
        if (power.len == 0)
            return fail(g, "a digit is expected in the exponent");
        exponent = exponent_value(power, down);
    }
    struct str text = str_n(start.data, start.len - g->rest.len);
    bool zero = whole.data[0] == '0'; /* -0 is a number here, though none of ours */
    if (is_integer && !zero && !parse_i64(text, INT64_MIN, INT64_MAX, &integer)) {
        g->rest = start;
        return fail(g, negative ? "an integer is too small" : "an integer is too large");
    }
    if (!is_integer && !is_finite(whole, fraction, exponent)) {
        g->rest = start;
        return fail(g, "a number is too large");
    }
    return true;
}

/* --- values ------------------------------------------------------------------- */

static bool literal(struct gate *g, struct str word)
{
    if (!str_starts(g->rest, word))
        return fail(g, "a value is expected");
    advance(g, word.len);
    return true;
}

/* At `[`. */
static bool array(struct gate *g, int depth)
{
    advance(g, 1);
    skip_space(g);
    if (take(g, ']'))
        return true;
    do {
        skip_space(g);
        if (!value(g, depth))
            return false;
        skip_space(g);
    } while (take(g, ','));
    if (!take(g, ']'))
        return fail(g, "a comma or ] is expected");
    return true;
}

/* At `{`. */
static bool object(struct gate *g, int depth)
{
    const size_t first = g->names_open;

    advance(g, 1);
    skip_space(g);
    if (take(g, '}'))
        return true;
    do {
        skip_space(g);
        if (!member_name(g, first))
            return false;
        skip_space(g);
        if (!take(g, ':'))
            return fail(g, "a colon is expected after a member name");
        skip_space(g);
        if (!value(g, depth))
            return false;
        skip_space(g);
    } while (take(g, ','));
    g->names_open = first;
    if (!take(g, '}'))
        return fail(g, "a comma or } is expected");
    return true;
}

/* depth: how many arrays and objects are open around the value. */
static bool value(struct gate *g, int depth)
{
    struct str raw;
    char c = peek(g);

    if (g->values++ == JSON_VALUES_MAX)
        return fail(g, "there are too many values");
    if ((c == '{' || c == '[') && depth == JSON_DEPTH_MAX)
        return fail(g, "arrays and objects are nested too deeply");
    switch (c) {
    case '{':
        return object(g, depth + 1);
    case '[':
        return array(g, depth + 1);
    case '"':
        return string(g, &raw);
    case 't':
        return literal(g, STR("true"));
    case 'f':
        return literal(g, STR("false"));
    case 'n':
        return literal(g, STR("null"));
    default:
        if (c == '-' || (c >= '0' && c <= '9'))
            return number(g);
        return fail(g, "a value is expected");
    }
}

static bool one_value(struct gate *g)
{
    skip_space(g);
    if (!value(g, 0))
        return false;
    skip_space(g);
    if (g->rest.len != 0)
        return fail(g, "something follows the value");
    return true;
}

bool json_check(struct str text, const char **why, size_t *at)
{
    size_t values;

    return json_check_count(text, why, at, &values);
}

bool json_check_count(struct str text, const char **why, size_t *at, size_t *values)
{
    struct gate g;

    g.rest = text; /* the names are left as they are: only those that were written are read */
    g.why = NULL;
    g.values = 0;
    g.names_open = 0;
    *values = 0;
    if (one_value(&g)) {
        *values = g.values;
        return true;
    }
    *why = g.why;
    *at = text.len - g.rest.len;
    return false;
}
