#include "sql_split.h"

/* Text that begins at s and ends with `end`; the length with both, or 0 when it is not ended. A
 * doubled quote ends and begins again, which comes to the same. */
static size_t quoted(struct str s, char quote)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.data[i] == '\\' && quote != '`')
            i++;
        else if (s.data[i] == quote)
            return i + 1;
    }
    return 0;
}

static size_t line_comment(struct str s)
{
    size_t end = str_find(s, '\n');
    return end < s.len ? end + 1 : end;
}

static size_t block_comment(struct str s)
{
    for (size_t i = 2; i + 1 < s.len; i++) {
        if (s.data[i] == '*' && s.data[i + 1] == '/')
            return i + 2;
    }
    return 0;
}

enum token { TOKEN_SPACE, TOKEN_TEXT, TOKEN_END, TOKEN_BAD };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Two hyphens open a comment only before white space or at the end of the text. */
static bool opens_line_comment(struct str s)
{
    return s.data[0] == '#' || (str_starts(s, STR("--")) && (s.len == 2 || is_space(s.data[2])));
}

static enum token next_token(struct str s, size_t *len)
{
    char c = s.data[0];

    *len = 1;
    if (is_space(c))
        return TOKEN_SPACE;
    if (c == ';')
        return TOKEN_END;
    if (c == '\'' || c == '"' || c == '`') {
        *len = quoted(s, c);
        return *len == 0 ? TOKEN_BAD : TOKEN_TEXT;
    }
    if (opens_line_comment(s)) {
        *len = line_comment(s);
        return TOKEN_SPACE;
    }
    if (str_starts(s, STR("/*"))) {
        bool conditional = s.len > 2 && s.data[2] == '!'; /* the server runs what stands in it */
        *len = block_comment(s);
        return *len == 0 ? TOKEN_BAD : conditional ? TOKEN_TEXT : TOKEN_SPACE;
    }
    return TOKEN_TEXT;
}

enum sql_split sql_next(struct str *rest, struct str *statement)
{
    struct str s = *rest;
    const char *begin = NULL, *end = NULL;

    while (s.len > 0) {
        size_t len;
        enum token token = next_token(s, &len);
        if (token == TOKEN_BAD)
            return SQL_UNCLOSED;
        if (token == TOKEN_TEXT) {
            begin = begin == NULL ? s.data : begin;
            end = s.data + len;
        }
        s = str_skip(s, len);
        if (token == TOKEN_END && begin != NULL)
            break;
    }
    *rest = s;
    if (begin == NULL)
        return SQL_NO_MORE;
    *statement = str_n(begin, (size_t)(end - begin));
    return SQL_STATEMENT;
}

/* A marker is a line of its own, with nothing but white space around it. */
static bool is_marker(struct str line, struct str marker)
{
    while (line.len > 0 && is_space(line.data[line.len - 1]))
        line.len--;
    return str_eq(str_trim(line), marker);
}

bool sql_up_section(struct str file, struct str *out)
{
    struct str none;
    const char *begin = NULL;
    struct str rest = file;

    while (rest.len > 0) {
        size_t len = line_comment(rest);
        struct str line = str_n(rest.data, len);
        if (begin == NULL && is_marker(line, STR("-- migrate:up")))
            begin = rest.data + len;
        else if (begin != NULL && is_marker(line, STR("-- migrate:down")))
            break;
        rest = str_skip(rest, len);
    }
    if (begin == NULL)
        return false;
    struct str before = str_n(file.data, (size_t)(begin - file.data));
    *out = str_n(begin, (size_t)(rest.data - begin));
    return sql_next(&before, &none) == SQL_NO_MORE; /* a statement above the marker would be lost */
}
