/* The rows of an upload's body: JSON (one object or an array), lines of JSON, or CSV. */
#include "ts/utf8.h"
#include "upload_priv.h"

static enum status broken(struct call *call, int64_t row, const char *why, size_t at)
{
    faults_detail(&call->faults, "Row %lld: %s (at byte %zu).", (long long)row, why, at);
    return STATUS_BAD_REQUEST;
}

/* --- CSV ---------------------------------------------------------------------------------------- */

static void header_fault(struct call *call, size_t column, const char *code, const char *detail)
{
    faults_add(&call->faults, "/header", code, "column %zu: %s", column + 1, detail);
}

/* The names in the header are a closed set, each once. */
static enum status take_header(struct call *call, struct upload_reader *r, const struct str *names,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct field *field = field_find(&upload_row_schema, str_trim(names[i]));
        if (field == NULL)
            header_fault(call, i, "unknown", "there is no such member");
        for (size_t k = 0; field != NULL && k < i; k++) {
            if (r->columns[k] == field)
                header_fault(call, i, "duplicate", "stands there twice");
        }
        r->columns[i] = field;
    }
    r->column_count = count;
    return call->faults.count == 0 ? STATUS_OK : STATUS_INVALID;
}

static enum status csv_begin(struct call *call, struct upload_reader *r)
{
    struct str names[UPLOAD_COLUMNS_MAX];
    const char *why = "";
    size_t count = 0, at = 0;

    csv_init(&r->csv, r->text);
    switch (csv_next(call->mem, &r->csv, names, UPLOAD_COLUMNS_MAX, &count, &why, &at)) {
    case CSV_ROW:
        return take_header(call, r, names, count);
    case CSV_END:
        faults_add(&call->faults, "/header", "required", "the first line must name the columns");
        return STATUS_INVALID;
    case CSV_BROKEN:
        return broken(call, 0, why, at);
    case CSV_NO_MEMORY:
        break;
    }
    return STATUS_NO_MEMORY;
}

/* The first byte that is no UTF-8, or the length. */
static size_t odd_byte(struct str text)
{
    struct str rest = text;

    while (rest.len > 0 && utf8_sequence(rest) > 0)
        rest = str_skip(rest, utf8_sequence(rest));
    return text.len - rest.len;
}

static void take_cells(const struct upload_reader *r, const struct str *cells,
                       struct upload_row *row, struct faults *faults)
{
    struct field_error error;
    char pointer[FIELD_NAME_MAX + 2] = "/";

    for (size_t i = 0; i < r->column_count; i++) {
        const struct field *field = r->columns[i];
        if (cells[i].len == 0 || field_read(&upload_row_schema, field, cells[i], row, &error))
            continue;
        memcpy(pointer + 1, field->name, strlen(field->name) + 1);
        faults_add(faults, pointer, error.code, "%s", error.detail);
    }
}

static enum status csv_row(TALLOC_CTX *mem, struct call *call, struct upload_reader *r,
                           struct upload_row *row, struct faults *faults, bool *found)
{
    struct str cells[UPLOAD_COLUMNS_MAX], record = r->csv.rest;
    const char *why = "";
    size_t count = 0, at = 0, begin = r->csv.offset;

    switch (csv_next(mem, &r->csv, cells, UPLOAD_COLUMNS_MAX, &count, &why, &at)) {
    case CSV_ROW:
        record.len -= r->csv.rest.len;
        if (!utf8_valid(record))
            return broken(call, r->count + 1, "the text is not valid UTF-8",
                          begin + odd_byte(record));
        *found = true;
        if (count == r->column_count)
            take_cells(r, cells, row, faults);
        else
            faults_add(faults, "", "columns", "has %zu fields, the header has %zu", count,
                       r->column_count);
        return STATUS_OK;
    case CSV_END:
        *found = false;
        return STATUS_OK;
    case CSV_BROKEN:
        return broken(call, r->count + 1, why, at);
    case CSV_NO_MEMORY:
        break;
    }
    return STATUS_NO_MEMORY;
}

/* --- JSON --------------------------------------------------------------------------------------- */

static enum status json_row(TALLOC_CTX *mem, struct call *call, struct upload_reader *r,
                            struct upload_row *row, struct faults *faults, bool *found)
{
    const struct json *json = NULL;
    const char *why = "";
    struct faults syntax;
    struct str text;
    size_t at = 0;

    switch (json_rows_next(&r->json, &text, &why, &at)) {
    case JSON_ROWS_END:
        *found = false;
        return STATUS_OK;
    case JSON_ROWS_BROKEN:
        (void)broken(call, r->count + 1, why, at);
        return STATUS_BAD_JSON;
    case JSON_ROW:
        break;
    }
    *found = true;
    faults_init(&syntax, mem);
    enum status st = json_parse(mem, text, &syntax, &json);
    if (st == STATUS_BAD_JSON)
        faults_detail(&call->faults, "Row %lld, which begins at byte %zu: %s.",
                      (long long)r->count + 1, (size_t)(text.data - r->text.data), syntax.detail);
    if (st != STATUS_OK)
        return st;
    st = json_read(mem, json, &upload_row_schema, row, faults);
    if (st == STATUS_BAD_JSON && upload_is_single(r)) {
        faults_detail(&call->faults, "A JSON object or an array of objects is expected.");
        return st;
    }
    if (st == STATUS_BAD_JSON)
        faults_add(faults, "", "type", "must be an object");
    return st == STATUS_NO_MEMORY ? st : STATUS_OK;
}

/* --- both ----------------------------------------------------------------------------------------- */

enum status upload_reader_init(struct call *call, struct str body, struct upload_reader *out)
{
    struct str type = call->request->content_type;

    *out = (struct upload_reader){.text = body};
    if (http_is_json(type)) {
        json_rows_init(&out->json, body);
    } else if (http_is_media(type, "application/x-ndjson")) {
        json_rows_lines_init(&out->json, body);
    } else if (http_is_media(type, "text/csv")) {
        out->is_csv = true;
        return csv_begin(call, out);
    } else {
        faults_detail(&call->faults,
                      "The body must be application/json, application/x-ndjson or text/csv.");
        return STATUS_BAD_MEDIA_TYPE;
    }
    return STATUS_OK;
}

bool upload_is_single(const struct upload_reader *reader)
{
    return !reader->is_csv && reader->json.kind == JSON_ROWS_ONE;
}

enum status upload_next(TALLOC_CTX *mem, struct call *call, struct upload_reader *reader,
                        struct upload_row *row, struct faults *faults, bool *found)
{
    *row = (struct upload_row){.present = 0};
    faults_init(faults, mem);
    enum status st = reader->is_csv ? csv_row(mem, call, reader, row, faults, found)
                                    : json_row(mem, call, reader, row, faults, found);
    if (st == STATUS_OK && *found)
        reader->count++;
    /* the members that it shares with other entries are read by the same rules */
    row->entry.present = row->present & ((UINT32_C(1) << ENTRY_INPUT_STATUS) - 1);
    return st;
}
