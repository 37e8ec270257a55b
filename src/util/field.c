#include "ts/field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ts/parse.h"
#include "ts/utf8.h"

const struct field *field_find(const struct schema *schema, struct str name)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (str_eq(str_of(schema->fields[i].name), name))
            return &schema->fields[i];
    }
    return NULL;
}

static void mark_present(const struct schema *schema, const struct field *field, void *object)
{
    if (schema->present_offset != SCHEMA_NO_PRESENT) {
        uint32_t *present = (uint32_t *)(void *)((char *)object + schema->present_offset);
        *present |= UINT32_C(1) << (field - schema->fields);
    }
}

void field_put_i64(const struct schema *schema, const struct field *field, void *object,
                   int64_t value)
{
    void *member = (char *)object + field->offset;

    if (field->type == FIELD_DATE)
        ((struct date *)member)->days = (int32_t)value;
    else
        *(int64_t *)member = value;
    mark_present(schema, field, object);
}

void field_put_str(const struct schema *schema, const struct field *field, void *object,
                   struct str value)
{
    *(struct str *)(void *)((char *)object + field->offset) = value;
    mark_present(schema, field, object);
}

void field_put_list(const struct schema *schema, const struct field *field, void *object,
                    struct field_list value)
{
    *(struct field_list *)(void *)((char *)object + field->offset) = value;
    mark_present(schema, field, object);
}

void field_put_null(const struct schema *schema, const struct field *field, void *object)
{
    if (field->type == FIELD_TEXT)
        field_put_str(schema, field, object, (struct str){"", 0});
    else
        field_put_i64(schema, field, object, field->type == FIELD_DATE ? DATE_NONE_DAYS : 0);
}

bool field_is_present(const struct schema *schema, const void *object, size_t index)
{
    const uint32_t *present = (const void *)((const char *)object + schema->present_offset);
    return (*present >> index & 1) != 0;
}

static bool fail(struct field_error *error, const char *code, const char *detail)
{
    error->code = code;
    if (detail != error->detail)
        (void)snprintf(error->detail, sizeof error->detail, "%s", detail);
    return false;
}

static bool read_text(const struct schema *schema, const struct field *field, struct str text,
                      void *object, struct field_error *error)
{
    const char *why = "is not such a text";
    int64_t unused;

    if (!utf8_is_text(text))
        return fail(error, "characters",
                    "control characters other than tab and newline are not allowed");
    size_t length = utf8_length(text);
    if ((int64_t)length < field->min || (int64_t)length > field->max) {
        (void)snprintf(error->detail, sizeof error->detail,
                       "must have %" PRId64 " to %" PRId64 " characters, has %zu", field->min,
                       field->max, length);
        return fail(error, "length", error->detail);
    }
    if (field->parse != NULL && !field->parse(text, &unused, &why))
        return fail(error, "format", why);
    field_put_str(schema, field, object, text);
    return true;
}

static bool read_int(const struct schema *schema, const struct field *field, struct str text,
                     void *object, struct field_error *error)
{
    int64_t value;

    if (!parse_i64(text, field->min, field->max, &value)) {
        (void)snprintf(error->detail, sizeof error->detail,
                       "must be a whole number from %" PRId64 " to %" PRId64, field->min,
                       field->max);
        return fail(error, "range", error->detail);
    }
    field_put_i64(schema, field, object, value);
    return true;
}

static bool read_bool(const struct schema *schema, const struct field *field, struct str text,
                      void *object, struct field_error *error)
{
    bool yes = str_eq(text, STR("true"));

    if (!yes && !str_eq(text, STR("false")))
        return fail(error, "value", "must be true or false");
    field_put_i64(schema, field, object, yes);
    return true;
}

static bool read_enum(const struct schema *schema, const struct field *field, struct str text,
                      void *object, struct field_error *error)
{
    size_t len = 0;

    for (int64_t i = 0; field->names[i] != NULL; i++) {
        bool offered = i >= field->min && i <= field->max;
        if (offered && str_eq(str_of(field->names[i]), text)) {
            field_put_i64(schema, field, object, i);
            return true;
        }
        if (offered && len < sizeof error->detail)
            len += (size_t)snprintf(error->detail + len, sizeof error->detail - len, "%s%s",
                                    len == 0 ? "must be one of: " : ", ", field->names[i]);
    }
    return fail(error, "value", error->detail);
}

static bool read_parsed(const struct schema *schema, const struct field *field, struct str text,
                        void *object, struct field_error *error)
{
    const char *why = "must be a date YYYY-MM-DD";
    struct date date;
    int64_t value = 0;
    bool ok;

    if (field->parse != NULL) {
        ok = field->parse(text, &value, &why);
    } else {
        ok = date_parse_iso(text, &date);
        value = ok ? date.days : 0;
    }
    if (!ok)
        return fail(error, "format", why);
    field_put_i64(schema, field, object, value);
    return true;
}

bool field_read(const struct schema *schema, const struct field *field, struct str text,
                void *object, struct field_error *error)
{
    switch (field->type) {
    case FIELD_TEXT:
        return read_text(schema, field, text, object, error);
    case FIELD_INT:
        return read_int(schema, field, text, object, error);
    case FIELD_BOOL:
        return read_bool(schema, field, text, object, error);
    case FIELD_ENUM:
        return read_enum(schema, field, text, object, error);
    case FIELD_DATE:
    case FIELD_HOURS:
        return read_parsed(schema, field, text, object, error);
    case FIELD_LIST:
        return fail(error, "type", "must be a list");
    case FIELD_TEXTS:
    case FIELD_IS:
    case FIELD_INSTANT:
    case FIELD_JSON:
        return fail(error, "read-only", "is set by the server");
    case FIELD_IGNORED:
        return true;
    }
    return fail(error, "type", "unknown field type");
}
