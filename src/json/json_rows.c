/* The rows of an upload, found by strings, escapes and brackets alone. On valid JSON these end an
 * element where the grammar does; on anything else what is given as a row fails json_check, or the
 * splitter stops, because rows and separators together are the whole text. */
#include "json_priv.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t space_run(struct str s)
{
    size_t n = 0;
    while (n < s.len && is_space(s.data[n]))
        n++;
    return n;
}

static void advance(struct json_rows *rows, size_t n)
{
    rows->rest = str_skip(rows->rest, n);
    rows->offset += n;
}

static bool take(struct json_rows *rows, char c)
{
    if (rows->rest.len == 0 || rows->rest.data[0] != c)
        return false;
    advance(rows, 1);
    return true;
}

/* --- where an element ends: lengths, 0 when it does not ------------------------------ */

/* s begins with a quote. */
static size_t string_run(struct str s)
{
    size_t n = 1;

    for (;;) {
        n += json_plain_run(s.data + n, s.len - n);
        if (n >= s.len)
            return 0;
        if (s.data[n] == '"')
            return n + 1;
        n +=
            s.data[n] == '\\' && s.len - n > 1 ? 2 : 1; /* of an escape the second byte is passed */
    }
}

/* s begins with [ or {. Which bracket closes which is for json_check. */
static size_t nested_run(struct str s)
{
    size_t n = 0, depth = 0;

    while (n < s.len) {
        char c = s.data[n];
        size_t step = c == '"' ? string_run(str_skip(s, n)) : 1;
        if (step == 0)
            return 0;
        n += step;
        depth += c == '[' || c == '{' ? 1 : 0;
        depth -= c == ']' || c == '}' ? 1 : 0;
        if (depth == 0)
            return n;
    }
    return 0;
}

/* A number, a literal, or what is neither: up to a separator or the end. */
static size_t scalar_run(struct str s)
{
    size_t n = 0;
    while (n < s.len && !is_space(s.data[n]) && s.data[n] != ',' && s.data[n] != ']')
        n++;
    return n;
}

/* --- the three kinds ------------------------------------------------------------------ */

/* A fault at the place where rows stands. */
static enum json_rows_result broken(const struct json_rows *rows, const char *sentence,
                                    const char **why, size_t *at)
{
    *why = sentence;
    *at = rows->offset;
    return JSON_ROWS_BROKEN;
}

/* After the closing bracket. */
static enum json_rows_result array_end(struct json_rows *rows, const char **why, size_t *at)
{
    advance(rows, space_run(rows->rest));
    if (rows->rest.len > 0)
        return broken(rows, "something follows the array", why, at);
    rows->state = JSON_ROWS_AT_END;
    return JSON_ROWS_END;
}

static enum json_rows_result element(struct json_rows *rows, struct str *row, const char **why,
                                     size_t *at)
{
    const struct str rest = rows->rest;
    char c = rest.len == 0 ? '\0' : rest.data[0];
    bool nested = c == '[' || c == '{';
    size_t n = nested ? nested_run(rest) : c == '"' ? string_run(rest) : scalar_run(rest);

    if (n == 0 && nested)
        return broken(rows, "an array or object is not closed", why, at);
    if (n == 0)
        return broken(rows, c == '"' ? "a text is not closed by a quote" : "a value is expected",
                      why, at);
    advance(rows, n);
    rows->state = JSON_ROWS_INSIDE;
    rows->count++;
    *row = str_n(rest.data, n);
    return JSON_ROW;
}

static enum json_rows_result array_next(struct json_rows *rows, struct str *row, const char **why,
                                        size_t *at)
{
    advance(rows, space_run(rows->rest));
    if (rows->state == JSON_ROWS_AT_START) {
        advance(rows, 1); /* the bracket that made it an array */
        advance(rows, space_run(rows->rest));
        if (take(rows, ']'))
            return array_end(rows, why, at);
        return element(rows, row, why, at);
    }
    if (take(rows, ']'))
        return array_end(rows, why, at);
    if (!take(rows, ','))
        return broken(rows, "a comma or ] is expected", why, at);
    advance(rows, space_run(rows->rest));
    return element(rows, row, why, at);
}

static enum json_rows_result line_next(struct json_rows *rows, struct str *row)
{
    while (rows->rest.len > 0) {
        struct str line = str_n(rows->rest.data, str_find(rows->rest, '\n'));
        advance(rows, line.len + 1 <= rows->rest.len ? line.len + 1 : line.len);
        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        if (line.len > 0) {
            rows->count++;
            *row = line;
            return JSON_ROW;
        }
    }
    rows->state = JSON_ROWS_AT_END;
    return JSON_ROWS_END;
}

static enum json_rows_result one_next(struct json_rows *rows, struct str *row, const char **why,
                                      size_t *at)
{
    advance(rows, space_run(rows->rest));
    struct str value = rows->rest;
    if (value.len == 0)
        return broken(rows, "a value is expected", why, at);
    advance(rows, value.len);
    while (is_space(value.data[value.len - 1]))
        value.len--;
    rows->count++;
    rows->state = JSON_ROWS_AT_END;
    *row = value;
    return JSON_ROW;
}

void json_rows_init(struct json_rows *rows, struct str text)
{
    struct str value = str_skip(text, space_run(text));
    bool is_array = value.len > 0 && value.data[0] == '[';

    *rows = (struct json_rows){.rest = text, .kind = is_array ? JSON_ROWS_ARRAY : JSON_ROWS_ONE};
}

void json_rows_lines_init(struct json_rows *rows, struct str text)
{
    *rows = (struct json_rows){.rest = text, .kind = JSON_ROWS_LINES};
}

enum json_rows_result json_rows_next(struct json_rows *rows, struct str *row, const char **why,
                                     size_t *at)
{
    if (rows->state == JSON_ROWS_AT_END)
        return JSON_ROWS_END;
    struct json_rows next = *rows; /* a broken text leaves *rows where it was */
    enum json_rows_result result = JSON_ROWS_BROKEN;
    switch (rows->kind) {
    case JSON_ROWS_ARRAY:
        result = array_next(&next, row, why, at);
        break;
    case JSON_ROWS_LINES:
        result = line_next(&next, row);
        break;
    case JSON_ROWS_ONE:
        result = one_next(&next, row, why, at);
        break;
    }
    if (result != JSON_ROWS_BROKEN)
        *rows = next;
    return result;
}
