#include "ts/csv_out.h"

#include <assert.h>

#include "ts/clock.h"

static bool is_formula(struct str text)
{
    return text.len > 0 && text.data[0] != '\0' && strchr("=+-@\t\r", text.data[0]) != NULL;
}

static bool needs_quotes(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '"' || c == ',' || c == '\r' || c == '\n')
            return true;
    }
    return false;
}

static void add_text(struct buf *b, struct str text)
{
    bool quoted = needs_quotes(text);
    struct str rest = text;

    if (quoted)
        buf_add_char(b, '"');
    if (is_formula(text))
        buf_add_char(b, '\'');
    while (quoted && rest.data != NULL) {
        struct str run = str_cut(rest, '"', &rest);
        buf_add_str(b, run);
        if (rest.data != NULL)
            buf_add_str(b, STR("\"\""));
    }
    if (quoted)
        buf_add_char(b, '"');
    else
        buf_add_str(b, text);
}

static void add_date(struct buf *b, struct date date)
{
    char text[DATE_TEXT_LEN];

    if (date.days == DATE_NONE_DAYS)
        return;
    date_format(date, text);
    buf_add(b, text, sizeof text);
}

static void add_hours(struct buf *b, const struct field *field, int64_t value)
{
    char text[FIELD_NUMBER_MAX];

    assert(field->format != NULL);
    buf_add(b, text, field->format(value, text));
}

static void add_instant(struct buf *b, int64_t value)
{
    char text[INSTANT_TEXT_LEN];

    instant_format(value, text);
    buf_add(b, text, sizeof text);
}

static void add_cell(struct buf *b, const struct field *field, const void *member)
{
    const int64_t *number = member;

    switch (field->type) {
    case FIELD_TEXT:
        add_text(b, *(const struct str *)member);
        return;
    case FIELD_ENUM:
        add_text(b, str_of(field->names[*number]));
        return;
    case FIELD_INT:
        if (!field->nullable || *number != 0)
            buf_add_i64(b, *number);
        return;
    case FIELD_DATE:
        add_date(b, *(const struct date *)member);
        return;
    case FIELD_HOURS:
        add_hours(b, field, *number);
        return;
    case FIELD_INSTANT:
        add_instant(b, *number);
        return;
    case FIELD_BOOL:
        buf_add_str(b, *number != 0 ? STR("true") : STR("false"));
        return;
    case FIELD_IS:
        buf_add_str(b, *number == field->min ? STR("true") : STR("false"));
        return;
    case FIELD_JSON:
    case FIELD_LIST:
    case FIELD_TEXTS:
    case FIELD_IGNORED:
        break;
    }
    assert(false); /* a column that is no cell */
}

void csv_header(struct buf *b, const struct csv_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (i > 0)
            buf_add_char(b, ',');
        buf_add_str(b, str_of(columns->schema->fields[columns->places[i]].name));
    }
    buf_add_str(b, STR("\r\n"));
}

void csv_row(struct buf *b, const struct csv_columns *columns, const void *object, struct str label)
{
    for (size_t i = 0; i < columns->count; i++) {
        const struct field *field = &columns->schema->fields[columns->places[i]];
        if (i > 0)
            buf_add_char(b, ',');
        if (i == 0 && label.len > 0)
            add_text(b, label);
        else
            add_cell(b, field, (const char *)object + field->offset);
    }
    buf_add_str(b, STR("\r\n"));
}
