/* Values of bodies and query parameters against the rows of the entry tables. The first byte
 * picks the row, the rest is the value. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ts/entry.h"
#include "ts/project.h"
#include "ts/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

union object {
    struct entry_input input;
    struct entry_query query;
    struct project_query projects;
};

static void accepted(const struct field *field, struct str text, const union object *object)
{
    const void *member = (const char *)object + field->offset;

    switch (field->type) {
    case FIELD_TEXT:
        require(str_eq(*(const struct str *)member, text) && utf8_is_text(text));
        require((int64_t)utf8_length(text) >= field->min &&
                (int64_t)utf8_length(text) <= field->max);
        break;
    case FIELD_INT:
        require(*(const int64_t *)member >= field->min && *(const int64_t *)member <= field->max);
        break;
    case FIELD_HOURS:
        require(*(const int64_t *)member >= 1 && *(const int64_t *)member <= MINUTES_PER_DAY);
        break;
    case FIELD_BOOL:
        require(str_eq(text, *(const int64_t *)member != 0 ? STR("true") : STR("false")));
        break;
    case FIELD_LIST:
    case FIELD_TEXTS:
        require(false); /* never read from a text */
        break;
    case FIELD_ENUM:
        require(*(const int64_t *)member >= field->min && *(const int64_t *)member <= field->max);
        require(str_eq(str_of(field->names[*(const int64_t *)member]), text));
        break;
    case FIELD_DATE:
        require(((const struct date *)member)->days != DATE_NONE_DAYS);
        break;
    case FIELD_IGNORED:
        break;
    case FIELD_IS:
    case FIELD_INSTANT:
    case FIELD_JSON:
        abort(); /* never accepted */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct schema *const schemas[] = {&entry_input_schema, &entry_patch_schema,
                                                   &entry_query_schema, &project_query_schema};
    union object object;
    struct field_error error = {.code = NULL};

    if (size == 0)
        return 0;
    const struct schema *schema = schemas[data[0] & 3];
    const struct field *field = &schema->fields[(data[0] >> 2) % schema->count];
    struct str text = {(const char *)data + 1, size - 1};
    memset(&object, 0, sizeof object);
    if (field_read(schema, field, text, &object, &error)) {
        accepted(field, text, &object);
        return 0;
    }
    union object empty;
    memset(&empty, 0, sizeof empty);
    require(memcmp(&object, &empty, sizeof empty) == 0);
    require(error.code != NULL && memchr(error.detail, '\0', sizeof error.detail) != NULL);
    require(strlen(error.detail) > 0);
    return 0;
}
