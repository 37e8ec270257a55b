/* json-c behind the gate. A struct json is one of its objects under another name; json-c
 * has no object for null, so that null is the address of a byte of ours. */
#include <stdint.h>

/* These two names are ours (ts/json.h); json-c's types of the same names go by others here. */
#define json_type jsonc_type
#define json_bool jsonc_bool
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>
#include <json-c/printbuf.h>
#undef json_type
#undef json_bool

#include "json_priv.h"

static const char null_value;

static const struct json *wrap(struct json_object *object)
{
    return object == NULL ? (const void *)&null_value : (const void *)object;
}

/* json-c takes no const; nothing here changes what an object holds. */
static struct json_object *unwrap(const struct json *value)
{
    return value == (const void *)&null_value ? NULL : (struct json_object *)(uintptr_t)value;
}

struct document {
    struct json_object *root;
};

static int document_free(struct document *document)
{
    (void)json_object_put(document->root); /* says whether that was the last reference: it was */
    return 0;
}

/* Parses what has passed the gate. A number at the top ends only with a byte after it, which the
 * second call gives; arrays, objects and texts end in the first. */
static bool parse_checked(struct json_tokener *tokener, struct str text, struct json_object **out)
{
    struct json_object *root = json_tokener_parse_ex(tokener, text.data, (int)text.len);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    bool whole = json_tokener_get_parse_end(tokener) == text.len;

    if (error == json_tokener_continue && whole) {
        root = json_tokener_parse_ex(tokener, "", 1);
        error = json_tokener_get_error(tokener);
    }
    *out = root;
    return error == json_tokener_success && whole;
}

/* json-c ignores that its buffer could not grow, and then leaves text out: so it gets room for the
 * longest text there can be. */
static bool make_room(struct json_tokener *tokener, struct str text)
{
    bool made = printbuf_memset(tokener->pb, 0, 0, (int)text.len + 2) == 0;

    printbuf_reset(tokener->pb);
    return made;
}

/* json-c also ignores that a member could not be added: so what it has read is counted. */
static size_t count_values(const struct json *value)
{
    const struct json *member;
    const void *cursor = NULL;
    struct str name;
    size_t count = 1;

    for (size_t i = 0; i < json_count(value); i++)
        count += count_values(json_at(value, i));
    while (json_type(value) == JSON_OBJECT && json_next_member(value, &cursor, &name, &member))
        count += count_values(member);
    return count;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* json-c stops before white space that follows a number or a word. What passed the gate has more
 * than white space, so that each loop ends at a byte of the value. */
static struct str without_space(struct str s)
{
    while (is_space(s.data[0]))
        s = str_skip(s, 1);
    while (is_space(s.data[s.len - 1]))
        s.len--;
    return s;
}

enum status json_parse(TALLOC_CTX *mem, struct str text, struct faults *faults,
                       const struct json **out)
{
    const char *why;
    size_t at, values;

    if (text.len > INT32_MAX - 2)
        return STATUS_TOO_LARGE;
    if (!json_check_count(text, &why, &at, &values)) {
        faults_detail(faults, "%s (at byte %zu)", why, at);
        return STATUS_BAD_JSON;
    }
    struct document *document = talloc_zero(mem, struct document);
    if (document == NULL)
        return STATUS_NO_MEMORY;
    talloc_set_destructor(document, document_free);
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
    if (tokener == NULL)
        return talloc_free(document), STATUS_NO_MEMORY;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    bool ok = make_room(tokener, text) &&
              parse_checked(tokener, without_space(text), &document->root) &&
              count_values(wrap(document->root)) == values;
    json_tokener_free(tokener);
    /* what passed the gate is JSON to json-c too (fuzz_json_parse holds them to it), so that it fails
     * for want of memory only */
    if (!ok)
        return talloc_free(document), STATUS_NO_MEMORY;
    *out = wrap(document->root);
    return STATUS_OK;
}

enum json_type json_type(const struct json *value)
{
    switch (json_object_get_type(unwrap(value))) {
    case json_type_boolean:
        return JSON_BOOL;
    case json_type_int:
        return JSON_INT;
    case json_type_double:
        return JSON_DECIMAL;
    case json_type_string:
        return JSON_STRING;
    case json_type_array:
        return JSON_ARRAY;
    case json_type_object:
        return JSON_OBJECT;
    case json_type_null:
        break;
    }
    return JSON_NULL;
}

static bool is_type(const struct json *value, enum json_type type)
{
    return value != NULL && json_type(value) == type;
}

const struct json *json_get(const struct json *value, const char *name)
{
    struct json_object *member;

    if (!is_type(value, JSON_OBJECT) || !json_object_object_get_ex(unwrap(value), name, &member))
        return NULL;
    return wrap(member);
}

bool json_next_member(const struct json *object, const void **cursor, struct str *name,
                      const struct json **value)
{
    const struct lh_entry *entry = *cursor;

    entry = entry == NULL ? lh_table_head(json_object_get_object(unwrap(object))) : entry->next;
    if (entry == NULL)
        return false;
    *cursor = entry;
    *name = str_of(entry->k);
    *value = wrap((struct json_object *)(uintptr_t)entry->v);
    return true;
}

size_t json_count(const struct json *array)
{
    return is_type(array, JSON_ARRAY) ? json_object_array_length(unwrap(array)) : 0;
}

const struct json *json_at(const struct json *array, size_t index)
{
    return index < json_count(array) ? wrap(json_object_array_get_idx(unwrap(array), index)) : NULL;
}

struct str json_scalar_text(const struct json *value, char scratch[20])
{
    struct json_object *object = unwrap(value);

    switch (json_type(value)) {
    case JSON_STRING:
        return str_n(json_object_get_string(object), (size_t)json_object_get_string_len(object));
    case JSON_DECIMAL: /* json-c keeps the text a decimal was read from */
        return str_of(json_object_get_userdata(object));
    case JSON_INT:
        return str_n(scratch, format_i64(scratch, json_object_get_int64(object)));
    case JSON_BOOL:
        return json_object_get_boolean(object) ? STR("true") : STR("false");
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return STR("");
}

struct str json_text(const struct json *value)
{
    char scratch[20];

    if (value == NULL || json_type(value) == JSON_BOOL)
        return STR("");
    if (json_type(value) == JSON_INT) /* json-c keeps this text with the object */
        return str_of(json_object_get_string(unwrap(value)));
    return json_scalar_text(value, scratch);
}

bool json_bool(const struct json *value)
{
    return is_type(value, JSON_BOOL) && json_object_get_boolean(unwrap(value));
}

bool json_double(const struct json *value, double *out)
{
    if (!is_type(value, JSON_INT) && !is_type(value, JSON_DECIMAL))
        return false;
    *out = json_object_get_double(unwrap(value));
    return true;
}
