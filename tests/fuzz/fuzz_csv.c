/* The CSV reader beside a plain automaton of the same grammar: both take the same texts and count
 * the same records and fields. What was read, written again and read again, is the same; what is
 * refused is refused twice, at a place in the text. */
#include <stdint.h>
#include <stdlib.h>

#include "ts/buf.h"
#include "ts/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 8 };

struct counts {
    size_t rows, fields;
    bool broken;
};

static void require(bool held)
{
    if (!held)
        abort();
}

/* --- the automaton ----------------------------------------------------------------- */

enum state { LINE, FIELD, PLAIN, QUOTED, CLOSED, RETURN, BLANK_RETURN, BROKEN };

/* What follows a comma, a line end or the bytes of a field, outside quotes. */
static enum state outside(enum state state, char c)
{
    bool fresh = state == LINE || state == FIELD;

    switch (c) {
    case '\0':
        return BROKEN;
    case ',':
        return FIELD;
    case '\n':
        return LINE;
    case '\r':
        return state == LINE ? BLANK_RETURN : RETURN;
    case '"':
        return fresh ? QUOTED : BROKEN;
    default:
        return state == CLOSED ? BROKEN : PLAIN;
    }
}

static enum state step(enum state state, char c)
{
    switch (state) {
    case LINE:
    case FIELD:
    case PLAIN:
        return outside(state, c);
    case CLOSED:
        return c == '"' ? QUOTED : outside(state, c);
    case QUOTED:
        return c == '"' ? CLOSED : c == '\0' ? BROKEN : QUOTED;
    case RETURN:
    case BLANK_RETURN:
        return c == '\n' ? LINE : BROKEN;
    case BROKEN:
        break;
    }
    return BROKEN;
}

static struct counts expected(struct str text, size_t max)
{
    struct counts counts = {0};
    enum state state = LINE;
    size_t fields = 1; /* of this record */

    if (str_starts(text, STR("\xEF\xBB\xBF")))
        text = str_skip(text, 3);
    for (size_t i = 0; i < text.len; i++) {
        enum state next = step(state, text.data[i]);
        fields += next == FIELD ? 1 : 0;
        if (next == BROKEN || fields > max)
            return counts.broken = true, counts;
        if (next == LINE && state != LINE && state != BLANK_RETURN) {
            counts.rows++;
            counts.fields += fields;
            fields = 1;
        }
        state = next;
    }
    if (state == QUOTED || state == RETURN || state == BLANK_RETURN)
        return counts.broken = true, counts;
    if (state != LINE) {
        counts.rows++;
        counts.fields += fields;
    }
    return counts;
}

/* --- the reader ---------------------------------------------------------------------- */

static void add_field(struct buf *b, struct str field)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < field.len; i++) {
        if (field.data[i] == '"')
            buf_add_char(b, '"');
        buf_add_char(b, field.data[i]);
    }
    buf_add_char(b, '"');
}

static void check_broken(TALLOC_CTX *mem, struct csv *csv, size_t max, struct str text,
                         const char *why, size_t at)
{
    struct csv before = *csv;
    struct str fields[MAX];
    const char *again = NULL;
    size_t at_again = SIZE_MAX, count;

    require(why != NULL && why[0] != '\0' && at <= text.len && at >= before.offset);
    require(csv_next(mem, csv, fields, max, &count, &again, &at_again) == CSV_BROKEN);
    require(again == why && at_again == at && csv->offset == before.offset);
}

/* Reads text to its end and writes all records to b, every field in quotes. */
static struct counts read_all(TALLOC_CTX *mem, struct str text, size_t max, struct buf *b)
{
    struct counts counts = {0};
    struct csv csv;
    struct str fields[MAX];
    const char *why = NULL;
    size_t at = SIZE_MAX, count = 0;
    enum csv_result result;

    csv_init(&csv, text);
    while ((result = csv_next(mem, &csv, fields, max, &count, &why, &at)) == CSV_ROW) {
        require(count >= 1 && count <= max && csv.rest.data == text.data + csv.offset);
        require(csv.rest.len == text.len - csv.offset && csv.rows == ++counts.rows);
        counts.fields += count;
        for (size_t i = 0; i < count; i++) {
            add_field(b, fields[i]);
            buf_add(b, i + 1 == count ? "\r\n" : ",", i + 1 == count ? 2 : 1);
        }
    }
    require(result == CSV_END || result == CSV_BROKEN);
    counts.broken = result == CSV_BROKEN;
    if (counts.broken)
        check_broken(mem, &csv, max, text, why, at);
    else
        require(csv.rest.len == 0 && csv.offset == text.len);
    return counts;
}

static void check(TALLOC_CTX *mem, struct str text, size_t max)
{
    struct buf first, second;
    struct counts want = expected(text, max);

    buf_init(&first, mem, 1 << 24);
    buf_init(&second, mem, 1 << 24);
    struct counts got = read_all(mem, text, max, &first);
    require(got.broken == want.broken && got.rows == want.rows && got.fields == want.fields);
    struct str written = first.len == 0 ? STR("") : buf_str(&first);
    struct counts again = read_all(mem, written, max, &second);
    require(!again.broken && again.rows == got.rows && again.fields == got.fields);
    require(first.status == STATUS_OK && second.status == STATUS_OK);
    require(first.len == second.len &&
            (first.len == 0 || memcmp(first.data, second.data, first.len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str text = size == 0 ? STR("") : str_n((const char *)data, size);

    check(mem, text, MAX);
    check(mem, text, 2);
    talloc_free(mem);
    return 0;
}
