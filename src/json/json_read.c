/* An object into a struct by its field table. */
#include <assert.h>
#include <stdio.h>

#include "json_priv.h"

enum { POINTER_NAME_MAX = 100 };

#define ONE_OF(type) (1U << (type))

/* Which JSON types a row takes, and how that is said. Rows that are not here take any:
 * field_read accepts or refuses them whatever they hold. */
static const struct {
    unsigned types;
    const char *detail;
} wanted[] = {
    [FIELD_TEXT] = {ONE_OF(JSON_STRING), "must be text"},
    [FIELD_INT] = {ONE_OF(JSON_INT), "must be a whole number without decimal point or exponent"},
    [FIELD_DATE] = {ONE_OF(JSON_STRING), "must be a date as text"},
    [FIELD_HOURS] = {ONE_OF(JSON_INT) | ONE_OF(JSON_DECIMAL) | ONE_OF(JSON_STRING),
                     "must be a number or numeric text"},
    [FIELD_ENUM] = {ONE_OF(JSON_STRING), "must be text"},
    [FIELD_BOOL] = {ONE_OF(JSON_BOOL), "must be true or false"},
    [FIELD_LIST] = {ONE_OF(JSON_ARRAY), "must be an array"},
    [FIELD_TEXTS] = {~0U, ""},
    [FIELD_IS] = {~0U, ""},
    [FIELD_INSTANT] = {~0U, ""},
    [FIELD_JSON] = {~0U, ""},
    [FIELD_IGNORED] = {~0U, ""},
};

/* Where an object stands in the document: the pointer of a list and the place in it. */
struct place {
    const char *list; /* NULL = the top */
    size_t index;
};

/* RFC 6901: `/` and the name, in which `~` is `~0` and `/` is `~1`. A long name is cut before a
 * character, which shows by the dots at its end. */
static void pointer_write(struct str name, char out[2 * POINTER_NAME_MAX + 8])
{
    size_t keep = name.len, len = 0;

    if (keep > POINTER_NAME_MAX) {
        keep = POINTER_NAME_MAX;
        while (((unsigned char)name.data[keep] & 0xC0) == 0x80)
            keep--;
    }
    out[len++] = '/';
    for (size_t i = 0; i < keep; i++) {
        char c = name.data[i];
        bool escaped = c == '~' || c == '/';
        out[len++] = escaped ? '~' : c;
        if (escaped)
            out[len++] = c == '~' ? '0' : '1';
    }
    memcpy(out + len, keep < name.len ? "..." : "", keep < name.len ? 4 : 1);
}

static void fault(struct faults *faults, const struct place *place, struct str name,
                  const char *code, const char *detail)
{
    char pointer[2 * POINTER_NAME_MAX + 8], whole[sizeof pointer + FIELD_NAME_MAX + 24];

    pointer_write(name, pointer);
    if (place->list != NULL) {
        (void)snprintf(whole, sizeof whole, "/%s/%zu%s", place->list, place->index, pointer);
        faults_add(faults, whole, code, "%s", detail);
    } else {
        faults_add(faults, pointer, code, "%s", detail);
    }
}

static enum status read_object(TALLOC_CTX *mem, const struct json *object,
                               const struct schema *schema, void *out, struct faults *faults,
                               const struct place *place);

/* A list of objects; lists do not nest further. */
static enum status read_list(TALLOC_CTX *mem, const struct schema *schema,
                             const struct field *field, const struct json *array, void *out,
                             struct faults *faults)
{
    const struct schema *items = field->items;
    size_t count = json_count(array);
    const struct place top = {NULL, 0};
    char detail[80], where[FIELD_NAME_MAX + 24];

    if ((int64_t)count < field->min || (int64_t)count > field->max) {
        (void)snprintf(detail, sizeof detail, "must have %lld to %lld items, has %zu",
                       (long long)field->min, (long long)field->max, count);
        fault(faults, &top, str_of(field->name), "length", detail);
        return STATUS_OK;
    }
    char *rows = talloc_zero_size(mem, items->size * count + 1); /* count is within max */
    if (rows == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct place place = {field->name, i};
        const struct json *item = json_at(array, i);
        if (json_type(item) != JSON_OBJECT) {
            (void)snprintf(where, sizeof where, "/%s/%zu", field->name, i);
            faults_add(faults, where, "type", "must be an object");
        } else if (read_object(mem, item, items, rows + i * items->size, faults, &place) ==
                   STATUS_NO_MEMORY) {
            return STATUS_NO_MEMORY;
        }
    }
    field_put_list(schema, field, out, (struct field_list){rows, count});
    return STATUS_OK;
}

static enum status read_member(TALLOC_CTX *mem, const struct schema *schema,
                               const struct field *field, const struct json *value, void *out,
                               struct faults *faults, const struct place *place)
{
    struct field_error error;
    char scratch[20];
    struct str name = str_of(field->name);

    if (field->nullable && json_type(value) == JSON_NULL)
        field_put_null(schema, field, out);
    else if ((wanted[field->type].types & ONE_OF(json_type(value))) == 0)
        fault(faults, place, name, "type", wanted[field->type].detail);
    else if (field->type == FIELD_LIST)
        return read_list(mem, schema, field, value, out, faults);
    else if (!field_read(schema, field, json_scalar_text(value, scratch), out, &error))
        fault(faults, place, name, error.code, error.detail);
    return STATUS_OK;
}

static enum status read_object(TALLOC_CTX *mem, const struct json *object,
                               const struct schema *schema, void *out, struct faults *faults,
                               const struct place *place)
{
    const size_t faults_before = faults->count;
    const void *cursor = NULL;
    const struct json *value;
    struct str name;
    uint32_t seen = 0;

    assert(schema->count <= FIELDS_MAX);
    while (json_next_member(object, &cursor, &name, &value)) {
        const struct field *field = field_find(schema, name);
        if (field == NULL) {
            fault(faults, place, name, "unknown", "there is no such member");
            continue;
        }
        seen |= UINT32_C(1) << (field - schema->fields);
        if (read_member(mem, schema, field, value, out, faults, place) == STATUS_NO_MEMORY)
            return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->fields[i].required && (seen >> i & 1) == 0)
            fault(faults, place, str_of(schema->fields[i].name), "required", "is missing");
    }
    return faults->count == faults_before ? STATUS_OK : STATUS_INVALID;
}

enum status json_read(TALLOC_CTX *mem, const struct json *object, const struct schema *schema,
                      void *out, struct faults *faults)
{
    const struct place top = {NULL, 0};

    if (object == NULL || json_type(object) != JSON_OBJECT) {
        faults_detail(faults, "a JSON object is expected");
        return STATUS_BAD_JSON;
    }
    return read_object(mem, object, schema, out, faults, &top);
}
