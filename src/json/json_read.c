/* An object into a struct by its field table. */
#include <assert.h>

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
    [FIELD_IS] = {~0U, ""},
    [FIELD_INSTANT] = {~0U, ""},
    [FIELD_IGNORED] = {~0U, ""},
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

static void fault(struct faults *faults, struct str name, const char *code, const char *detail)
{
    char pointer[2 * POINTER_NAME_MAX + 8];

    pointer_write(name, pointer);
    faults_add(faults, pointer, code, "%s", detail);
}

static void read_member(const struct schema *schema, const struct field *field,
                        const struct json *value, void *out, struct faults *faults)
{
    struct field_error error;
    char scratch[20];
    struct str name = str_of(field->name);

    if ((wanted[field->type].types & ONE_OF(json_type(value))) == 0)
        fault(faults, name, "type", wanted[field->type].detail);
    else if (!field_read(schema, field, json_scalar_text(value, scratch), out, &error))
        fault(faults, name, error.code, error.detail);
}

enum status json_read(const struct json *object, const struct schema *schema, void *out,
                      struct faults *faults)
{
    const size_t faults_before = faults->count;
    const void *cursor = NULL;
    const struct json *value;
    struct str name;
    uint32_t seen = 0;

    assert(schema->count <= FIELDS_MAX);
    if (object == NULL || json_type(object) != JSON_OBJECT) {
        faults_detail(faults, "a JSON object is expected");
        return STATUS_BAD_JSON;
    }
    while (json_next_member(object, &cursor, &name, &value)) {
        const struct field *field = field_find(schema, name);
        if (field == NULL) {
            fault(faults, name, "unknown", "there is no such member");
            continue;
        }
        seen |= UINT32_C(1) << (field - schema->fields);
        read_member(schema, field, value, out, faults);
    }
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->fields[i].required && (seen >> i & 1) == 0)
            fault(faults, str_of(schema->fields[i].name), "required", "is missing");
    }
    return faults->count == faults_before ? STATUS_OK : STATUS_INVALID;
}
