/* JSON text by field tables. Replies are lists of small objects, so that each member takes
 * room once, for its name and the longest value of its type, and gives back what it did not use. */
#include <assert.h>

#include "json_priv.h"
#include "ts/clock.h"
#include "ts/utf8.h"

/* The longest value but for texts and enums: an instant in quotes. */
enum { VALUE_MAX = INSTANT_TEXT_LEN + 2 };

/* Room for n bytes without taking it yet. */
static inline char *room(struct buf *b, size_t n)
{
    if (b->status == STATUS_OK && b->size - b->len >= n && b->limit - b->len >= n)
        return b->data + b->len;
    char *at = buf_reserve(b, n);
    if (at != NULL)
        b->len -= n;
    return at;
}

static void escape_ascii(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char out[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    size_t len = 2;

    switch (c) {
    case '"':
    case '\\':
        out[1] = (char)c;
        break;
    case '\n':
        out[1] = 'n';
        break;
    case '\r':
        out[1] = 'r';
        break;
    case '\t':
        out[1] = 't';
        break;
    default:
        len = 6;
        break;
    }
    buf_add(b, out, len);
}

/* A text from its first byte that is not plain ASCII. */
static void write_rest(struct buf *b, struct str text)
{
    while (text.len > 0) {
        size_t n = json_plain_run(text.data, text.len);
        if (n == 0) {
            n = utf8_sequence(text);
            if (n == 1)
                escape_ascii(b, (unsigned char)text.data[0]);
            else if (n == 0)
                buf_add_str(b, STR("\xEF\xBF\xBD"));
        }
        if (n > 1 || (n == 1 && json_is_plain(text.data[0])))
            buf_add(b, text.data, n);
        text = str_skip(text, n == 0 ? 1 : n);
    }
}

void json_write_text(struct buf *b, struct str text)
{
    char *at = room(b, text.len + 2);
    size_t plain = text.len == 0 ? 0 : json_plain_run(text.data, text.len);

    if (at == NULL)
        return;
    at[0] = '"';
    memcpy(at + 1, text.len == 0 ? "" : text.data, plain);
    b->len += 1 + plain;
    if (plain < text.len)
        write_rest(b, str_skip(text, plain));
    buf_add_char(b, '"');
}

static char *put(char *at, struct str text)
{
    memcpy(at, text.data, text.len);
    return at + text.len;
}

static char *put_date(char *at, struct date date)
{
    if (date.days == DATE_NONE_DAYS)
        return put(at, STR("null"));
    *at = '"';
    date_format(date, at + 1);
    at[1 + DATE_TEXT_LEN] = '"';
    return at + DATE_TEXT_LEN + 2;
}

static char *put_instant(char *at, int64_t instant)
{
    *at = '"';
    instant_format(instant, at + 1);
    at[1 + INSTANT_TEXT_LEN] = '"';
    return at + INSTANT_TEXT_LEN + 2;
}

/* The value of a row at `at`, where VALUE_MAX bytes fit; NULL for texts, which have no bound. */
static char *put_value(char *at, const struct field *field, const void *member)
{
    const int64_t *number = member;

    switch (field->type) {
    case FIELD_BOOL:
        return put(at, *number != 0 ? STR("true") : STR("false"));
    case FIELD_INT:
        if (field->nullable && *number == 0)
            return put(at, STR("null"));
        return at + format_i64(at, *number);
    case FIELD_HOURS:
        assert(field->format != NULL);
        return at + field->format(*number, at);
    case FIELD_DATE:
        return put_date(at, *(const struct date *)member);
    case FIELD_INSTANT:
        return put_instant(at, *number);
    case FIELD_IS:
        return put(at, *number == field->min ? STR("true") : STR("false"));
    case FIELD_TEXT:
    case FIELD_ENUM:
    case FIELD_LIST:
    case FIELD_TEXTS:
    case FIELD_JSON:
    case FIELD_IGNORED:
        break;
    }
    return NULL;
}

static void write_list(struct buf *b, const struct field *field, const struct field_list *list)
{
    const char *items = list->items;

    buf_add_char(b, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_char(b, ',');
        if (field->type == FIELD_TEXTS)
            json_write_text(b, ((const struct str *)list->items)[i]);
        else
            json_write(b, field->items, items + i * field->items->size);
    }
    buf_add_char(b, ']');
}

static void write_unbounded(struct buf *b, const struct field *field, const void *member)
{
    if (field->type == FIELD_ENUM) {
        json_write_text(b, str_of(field->names[*(const int64_t *)member]));
        return;
    }
    if (field->type == FIELD_LIST || field->type == FIELD_TEXTS) {
        write_list(b, field, member);
        return;
    }
    const struct str *text = member;
    if (text->len == 0 && (field->nullable || field->type == FIELD_JSON))
        buf_add_str(b, STR("null"));
    else if (field->type == FIELD_JSON)
        buf_add_str(b, *text);
    else
        json_write_text(b, *text);
}

void json_write(struct buf *b, const struct schema *schema, const void *object)
{
    char before = '{';

    for (size_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        const void *member = (const char *)object + field->offset;
        if (field->type == FIELD_IGNORED)
            continue;
        char *at = room(b, FIELD_NAME_MAX + 4 + VALUE_MAX);
        if (at == NULL)
            return;
        *at++ = before;
        *at++ = '"';
        for (size_t n = 0; n < FIELD_NAME_MAX && field->name[n] != '\0'; n++)
            *at++ = field->name[n];
        *at++ = '"';
        *at++ = ':';
        char *end = put_value(at, field, member);
        b->len = (size_t)((end == NULL ? at : end) - b->data);
        if (end == NULL)
            write_unbounded(b, field, member);
        before = ',';
    }
    buf_add_char(b, '}');
}
