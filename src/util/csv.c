#include "ts/csv.h"

/* A record while it is read. The reader itself moves on only when the record is whole. */
struct record {
    TALLOC_CTX *mem;
    struct csv at;
    const char *why; /* NULL while nothing is wrong; the fault is at at.offset */
};

static void advance(struct record *r, size_t n)
{
    r->at.rest = str_skip(r->at.rest, n);
    r->at.offset += n;
}

/* The byte n places on, or NUL at the end (a NUL in the text is refused where it is met). */
static char peek(const struct record *r, size_t n)
{
    return n < r->at.rest.len ? r->at.rest.data[n] : '\0';
}

static bool at_end(const struct record *r)
{
    return r->at.rest.len == 0;
}

static enum csv_result fail(struct record *r, const char *why)
{
    r->why = why;
    return CSV_BROKEN;
}

static enum csv_result fail_nul(struct record *r)
{
    return fail(r, "the character NUL is not allowed");
}

/* LF or CRLF, or nothing. */
static size_t line_end(const struct record *r)
{
    if (peek(r, 0) == '\n')
        return 1;
    return peek(r, 0) == '\r' && peek(r, 1) == '\n' ? 2 : 0;
}

static void take_line_end(struct record *r)
{
    size_t n = line_end(r);

    if (n == 0)
        return;
    advance(r, n);
    r->at.line++;
}

static bool ends_plain_run(char c)
{
    return c == ',' || c == '\n' || c == '\r' || c == '"' || c == '\0';
}

static enum csv_result plain_field(struct record *r, struct str *out)
{
    const struct str rest = r->at.rest;
    size_t n = 0;

    while (n < rest.len && !ends_plain_run(rest.data[n]))
        n++;
    *out = str_n(rest.data, n);
    advance(r, n);
    if (peek(r, 0) == '"')
        return fail(r, "a quote stands in a field that does not begin with one");
    return CSV_ROW;
}

/* raw without the second quote of each pair. */
static enum csv_result unescape(TALLOC_CTX *mem, struct str raw, size_t pairs, struct str *out)
{
    char *text = talloc_size(mem, raw.len - pairs);
    size_t len = 0;

    if (text == NULL)
        return CSV_NO_MEMORY;
    while (raw.len > 0) {
        size_t n = str_find(raw, '"');
        n += n < raw.len ? 1 : 0;
        memcpy(text + len, raw.data, n);
        len += n;
        raw = str_skip(raw, n + 1);
    }
    *out = str_n(text, len);
    return CSV_ROW;
}

/* At the opening quote. */
static enum csv_result quoted_field(struct record *r, struct str *out)
{
    const struct csv opening = r->at;
    size_t pairs = 0;

    advance(r, 1);
    const char *start = r->at.rest.data;
    while (!at_end(r) && (peek(r, 0) != '"' || peek(r, 1) == '"')) {
        if (peek(r, 0) == '\0')
            return fail_nul(r);
        r->at.line += peek(r, 0) == '\n' ? 1 : 0;
        pairs += peek(r, 0) == '"' ? 1 : 0;
        advance(r, peek(r, 0) == '"' ? 2 : 1);
    }
    if (at_end(r)) {
        r->at = opening;
        return fail(r, "a quoted field is not closed");
    }
    *out = str_n(start, (size_t)(r->at.rest.data - start));
    advance(r, 1);
    if (!at_end(r) && !ends_plain_run(peek(r, 0)))
        return fail(r, "a closing quote is followed by text");
    return pairs == 0 ? CSV_ROW : unescape(r->mem, *out, pairs, out);
}

/* One field; behind it stands a comma, a line end or nothing. */
static enum csv_result field(struct record *r, struct str *out)
{
    enum csv_result result = peek(r, 0) == '"' ? quoted_field(r, out) : plain_field(r, out);

    if (result != CSV_ROW || at_end(r))
        return result;
    if (peek(r, 0) == '\0')
        return fail_nul(r);
    if (peek(r, 0) == '\r' && line_end(r) == 0)
        return fail(r, "a carriage return stands without a line feed");
    return CSV_ROW;
}

static enum csv_result record(struct record *r, struct str *fields, size_t max, size_t *count)
{
    for (size_t n = 0; n < max;) {
        enum csv_result result = field(r, &fields[n++]);
        if (result != CSV_ROW)
            return result;
        if (peek(r, 0) != ',') {
            take_line_end(r);
            *count = n;
            return CSV_ROW;
        }
        advance(r, 1);
    }
    return fail(r, "a row has too many fields");
}

void csv_init(struct csv *csv, struct str text)
{
    const struct str mark = STR("\xEF\xBB\xBF");
    size_t skipped = str_starts(text, mark) ? mark.len : 0;

    *csv = (struct csv){.rest = str_skip(text, skipped), .offset = skipped, .line = 1};
}

enum csv_result csv_next(TALLOC_CTX *mem, struct csv *csv, struct str *fields, size_t max,
                         size_t *count, const char **why, size_t *at)
{
    struct record r = {mem, *csv, NULL};

    while (line_end(&r) > 0)
        take_line_end(&r);
    if (at_end(&r)) {
        *csv = r.at;
        return CSV_END;
    }
    enum csv_result result = record(&r, fields, max, count);
    if (result == CSV_ROW) {
        *csv = r.at;
        csv->rows++;
    }
    if (result == CSV_BROKEN) {
        *why = r.why;
        *at = r.at.offset;
    }
    return result;
}
