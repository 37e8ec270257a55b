/* Query strings. Whatever comes in: what is accepted keeps the limits of its field table, what is
 * refused says why in printable words, and a query that is written again for a Link header is safe
 * in one and reads the same. */
#include <stdint.h>
#include <stdlib.h>

#include "ts/http.h"
#include "ts/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const colours[] = {"red", "green", "blue", NULL};

struct sample {
    uint32_t present;
    struct date from;
    struct str q;
    int64_t colour, limit;
    struct str cursor;
};

enum { Q_MAX = 20, LIMIT_MAX = 1000, CURSOR_MAX = 64, POINTER_MAX = 64, QUERY_MAX = 4096 };

static const struct field fields[] = {
    FIELD_DATE(struct sample, from),
    FIELD_TEXT(struct sample, q, .min = 1, .max = Q_MAX),
    FIELD_ENUM(struct sample, colour, .min = 0, .max = 2, .names = colours),
    FIELD_INT(struct sample, limit, .min = 1, .max = LIMIT_MAX),
    FIELD_TEXT(struct sample, cursor, .min = 1, .max = CURSOR_MAX),
};
static const struct schema schema = SCHEMA_INPUT("Sample", struct sample, fields);

static void require(bool held)
{
    if (!held)
        abort();
}

static void check_text(struct str text, bool present, size_t max)
{
    require(!present || (utf8_is_text(text) && utf8_length(text) >= 1 && utf8_length(text) <= max));
}

static void check_accepted(const struct sample *s)
{
    check_text(s->q, field_is_present(&schema, s, 1), Q_MAX);
    check_text(s->cursor, field_is_present(&schema, s, 4), CURSOR_MAX);
    require(s->colour >= 0 && s->colour <= 2);
    require(!field_is_present(&schema, s, 3) || (s->limit >= 1 && s->limit <= LIMIT_MAX));
}

static void check_faults(const struct faults *faults)
{
    for (size_t i = 0; i < faults->count && i < FAULTS_MAX; i++) {
        const struct fault *fault = &faults->list[i];
        require(fault->pointer[0] == '?' && strlen(fault->pointer) <= POINTER_MAX);
        for (const char *c = fault->pointer; *c != '\0'; c++)
            require(*c >= ' ' && *c <= '~');
        require(fault->code[0] != '\0' && fault->detail[0] != '\0');
    }
}

static enum status read_it(TALLOC_CTX *mem, const struct schema *by, struct str query,
                           struct sample *out)
{
    struct faults faults;

    *out = (struct sample){.present = 0};
    faults_init(&faults, mem);
    enum status st = query_read(mem, by, query, out, &faults);
    require(st == (faults.count == 0 ? STATUS_OK : STATUS_INVALID));
    check_faults(&faults);
    if (st == STATUS_OK && by != NULL)
        check_accepted(out);
    return st;
}

static struct str rewrite(TALLOC_CTX *mem, struct str query, struct str without)
{
    struct buf b;

    buf_init(&b, mem, 1 << 20);
    query_rewrite(&b, query, without);
    require(b.status == STATUS_OK);
    for (size_t i = 0; i < b.len; i++)
        require(b.data[i] > ' ' && b.data[i] <= '~' && strchr("<>\"\\,;", b.data[i]) == NULL);
    require(b.len == 0 || b.data[b.len - 1] == '&');
    return buf_str(&b);
}

static void check_rewritten(TALLOC_CTX *mem, struct str query, enum status st,
                            const struct sample *was)
{
    const struct str nowhere = STR("\x01nowhere"); /* no pair has this name but by ill will */
    struct str again = rewrite(mem, query, nowhere), rest = rewrite(mem, query, STR("cursor"));
    struct sample now;

    while (rest.len > 0) {
        struct str value, pair = str_cut(rest, '&', &rest);
        require(!str_eq(str_cut(pair, '=', &value), STR("cursor")));
    }
    if (query.len > QUERY_MAX || again.len > QUERY_MAX ||
        memmem(query.data, query.len, nowhere.data, nowhere.len) != NULL)
        return;
    require(read_it(mem, &schema, again, &now) == st);
    require(now.present == was->present && now.from.days == was->from.days &&
            str_eq(now.q, was->q) && now.colour == was->colour && now.limit == was->limit &&
            str_eq(now.cursor, was->cursor));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str query = size == 0 ? STR("") : str_n((const char *)data, size);
    struct sample first, none;

    enum status st = read_it(mem, &schema, query, &first);
    require(query.len <= QUERY_MAX || st == STATUS_INVALID);
    check_rewritten(mem, query, st, &first);
    /* a request without parameters takes none */
    if (read_it(mem, NULL, query, &none) == STATUS_OK) {
        for (size_t i = 0; i < query.len; i++)
            require(query.data[i] == '&');
    }
    talloc_free(mem);
    return 0;
}
