/* The splitter beside the gate: a body is valid exactly when its rows are and what stands between
 * them is (the gate's limits of depth and values are for a row here, and left out). Lines are held
 * against a plain split. Each row is a view behind the one before; broken stays broken. */
#include <stdint.h>
#include <stdlib.h>

#include "ts/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static bool is_json(struct str text, bool *limit)
{
    const char *why = "";
    size_t at;
    bool ok = json_check(text, &why, &at);

    if (!ok)
        *limit = strcmp(why, "arrays and objects are nested too deeply") == 0 ||
                 strcmp(why, "there are too many values") == 0;
    return ok;
}

static void check_broken(struct json_rows *rows, struct str text, const char *why, size_t at)
{
    const struct json_rows before = *rows;
    struct str row;
    const char *again = NULL;
    size_t at_again = SIZE_MAX;

    require(why != NULL && why[0] != '\0' && at >= rows->offset && at <= text.len);
    require(json_rows_next(rows, &row, &again, &at_again) == JSON_ROWS_BROKEN);
    require(again == why && at_again == at && rows->offset == before.offset);
    require(rows->count == before.count && rows->state == before.state);
}

/* Does the splitter come to the end, and is every row JSON? */
static bool all_rows(struct json_rows *rows, struct str text)
{
    const char *last = text.data, *why = NULL;
    size_t at = SIZE_MAX, count = 0;
    struct str row;
    enum json_rows_result result;
    bool all = true, limit;

    while ((result = json_rows_next(rows, &row, &why, &at)) == JSON_ROW) {
        require(row.len > 0 && row.data >= last && row.data + row.len <= text.data + text.len);
        require(rows->kind == JSON_ROWS_LINES || memchr(" \t\r\n", row.data[0], 4) == NULL);
        require(rows->rest.data == text.data + rows->offset && rows->count == ++count);
        require(rows->rest.len == text.len - rows->offset && rows->rest.data >= row.data + row.len);
        last = row.data + row.len;
        all = is_json(row, &limit) && all;
    }
    if (result == JSON_ROWS_BROKEN)
        check_broken(rows, text, why, at);
    else
        require(rows->offset == text.len && json_rows_next(rows, &row, &why, &at) == result);
    return all && result == JSON_ROWS_END;
}

static void check_document(struct str text)
{
    struct json_rows rows;
    bool limit = false;

    json_rows_init(&rows, text);
    require(rows.kind == JSON_ROWS_ARRAY || rows.kind == JSON_ROWS_ONE);
    bool all = all_rows(&rows, text), whole = is_json(text, &limit);
    require(limit || all == whole);
    if (all && rows.kind == JSON_ROWS_ONE)
        require(rows.count == 1);
    if (!whole)
        return;
    size_t first = 0;
    while (strchr(" \t\r\n", text.data[first]) != NULL)
        first++;
    require((rows.kind == JSON_ROWS_ARRAY) == (text.data[first] == '['));
}

static void check_lines(struct str text)
{
    struct json_rows rows;
    size_t lines = 0;
    bool limit, all = true;

    json_rows_lines_init(&rows, text);
    bool got = all_rows(&rows, text);
    for (struct str rest = text; rest.len > 0;) {
        struct str line = str_cut(rest, '\n', &rest);
        if (line.len == 0 || str_eq(line, STR("\r")))
            continue;
        lines++;
        all = is_json(line, &limit) && all; /* CR is white space to it */
    }
    require(rows.count == lines && got == all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = size == 0 ? STR("") : str_n((const char *)data, size);

    check_document(text);
    check_lines(text);
    return 0;
}
