/* Field tables as JSON Schema (2020-12). */
#include <stdio.h>

#include "openapi_priv.h"

enum { UNITS_PER_HOUR = 10000, MINUTES_PER_HOUR = 60 };

/* --- small parts ------------------------------------------------------------------------------- */
void oa_text(struct json_out *o, const char *name, const char *text)
{
    json_out_text(o, name, str_of(text));
}

void oa_buf(struct json_out *o, const char *name, const struct buf *text)
{
    if (text->status != STATUS_OK && o->b->status == STATUS_OK)
        o->b->status = text->status;
    json_out_text(o, name, buf_str(text));
}

void oa_json(struct json_out *o, const char *name, const struct buf *json)
{
    if (json->status != STATUS_OK && o->b->status == STATUS_OK)
        o->b->status = json->status;
    json_out_raw(o, name, buf_str(json));
}

void oa_ref(struct json_out *o, const char *kind, const char *name)
{
    struct buf b;

    buf_init(&b, o->b->mem, 256);
    buf_printf(&b, "#/components/%s/%s", kind, name);
    oa_buf(o, "$ref", &b);
}

void oa_named_ref(struct json_out *o, const char *as, const char *kind, const char *name)
{
    json_out_open(o, as, '{');
    oa_ref(o, kind, name);
    json_out_close(o, '}');
}

void oa_status(struct json_out *o, int http)
{
    char text[20];
    size_t len = format_i64(text, http);

    text[len] = '\0';
    json_out_open(o, text, '{');
}

static void put_types(struct json_out *o, const char *type, bool nullable)
{
    if (!nullable) {
        oa_text(o, "type", type);
        return;
    }
    json_out_open(o, "type", '[');
    oa_text(o, NULL, type);
    oa_text(o, NULL, "null");
    json_out_close(o, ']');
}

/* --- rows of field tables ------------------------------------------------------------------------ */
static void put_bound(struct json_out *o, const char *name, int64_t bound, bool there)
{
    if (there)
        json_out_i64(o, name, bound);
}

static void put_text_row(struct json_out *o, const struct field *field)
{
    put_types(o, "string", field->nullable);
    put_bound(o, "minLength", field->min, field->min > 0);
    put_bound(o, "maxLength", field->max, field->max > 0);
    if (field->pattern != NULL)
        oa_text(o, "pattern", field->pattern);
}

static void put_int_row(struct json_out *o, const struct field *field)
{
    bool bounded = field->max != 0;

    put_types(o, "integer", field->nullable);
    put_bound(o, "minimum", field->min, bounded || field->min > 0);
    put_bound(o, "maximum", field->max, bounded && field->max < INT64_MAX);
}

/* Ten-thousandths of an hour as a decimal. */
static void put_units(struct json_out *o, const char *name, int64_t units)
{
    char text[40];
    size_t len = format_i64(text, units / UNITS_PER_HOUR);
    int64_t part = units % UNITS_PER_HOUR;

    if (part > 0)
        text[len++] = '.';
    for (int64_t place = UNITS_PER_HOUR / 10; part > 0; part %= place, place /= 10)
        text[len++] = (char)('0' + part / place);
    json_out_raw(o, name, str_n(text, len));
}

/* A bound as the row shows it. */
static void put_shown(struct json_out *o, const char *name, const struct field *field,
                      int64_t value)
{
    char text[FIELD_NUMBER_MAX];

    json_out_raw(o, name, str_n(text, field->format(value, text)));
}

/* Hours that come to min..max minutes, rounded half-up. */
static void put_hours_row(struct json_out *o, const struct field *field, bool input)
{
    const int64_t half = UNITS_PER_HOUR / 2, scale = UNITS_PER_HOUR, m = MINUTES_PER_HOUR;

    if (!input) {
        put_types(o, "number", field->nullable);
        put_shown(o, "minimum", field, field->min);
        if (field->max > 0 && field->max < INT64_MAX)
            put_shown(o, "maximum", field, field->max);
        return;
    }
    json_out_raw(o, "type",
                 field->nullable ? STR("[\"number\", \"string\", \"null\"]")
                                 : STR("[\"number\", \"string\"]"));
    put_units(o, "minimum", (field->min * scale - half + m - 1) / m);
    put_units(o, "maximum", ((field->max + 1) * scale - half - 1) / m);
    oa_text(o, "pattern", "^(0|[1-9][0-9]*)([.][0-9]{1,4})?$");
}

static void put_date_row(struct json_out *o, const struct field *field)
{
    put_types(o, "string", field->nullable);
    if (field->pattern == NULL) {
        oa_text(o, "format", "date");
        return;
    }
    json_out_open(o, "anyOf", '[');
    json_out_open(o, NULL, '{');
    oa_text(o, "format", "date");
    json_out_close(o, '}');
    json_out_open(o, NULL, '{');
    oa_text(o, "pattern", field->pattern);
    json_out_close(o, '}');
    json_out_close(o, ']');
}

static void put_enum_row(struct json_out *o, const struct field *field)
{
    put_types(o, "string", field->nullable);
    json_out_open(o, "enum", '[');
    for (int64_t i = field->min; i <= field->max && field->names[i] != NULL; i++)
        oa_text(o, NULL, field->names[i]);
    if (field->nullable)
        json_out_raw(o, NULL, STR("null"));
    json_out_close(o, ']');
}

static void put_object_or_null(struct json_out *o, const struct schema *schema)
{
    json_out_open(o, "anyOf", '[');
    oa_named_ref(o, NULL, "schemas", schema->name);
    json_out_open(o, NULL, '{');
    oa_text(o, "type", "null");
    json_out_close(o, '}');
    json_out_close(o, ']');
}

static void put_list_row(struct json_out *o, const struct field *field)
{
    put_types(o, "array", field->nullable);
    if (field->type == FIELD_LIST) {
        oa_named_ref(o, "items", "schemas", field->items->name);
    } else {
        json_out_open(o, "items", '{');
        oa_text(o, "type", "string");
        json_out_close(o, '}');
    }
    put_bound(o, "minItems", field->min, field->min > 0);
    put_bound(o, "maxItems", field->max, field->max > 0);
}

void oa_row(struct json_out *o, const struct field *field, bool input)
{
    switch (field->type) {
    case FIELD_TEXT:
        put_text_row(o, field);
        return;
    case FIELD_INT:
        put_int_row(o, field);
        return;
    case FIELD_DATE:
        put_date_row(o, field);
        return;
    case FIELD_HOURS:
        put_hours_row(o, field, input);
        return;
    case FIELD_ENUM:
        put_enum_row(o, field);
        return;
    case FIELD_BOOL:
    case FIELD_IS:
        put_types(o, "boolean", field->nullable);
        return;
    case FIELD_LIST:
    case FIELD_TEXTS:
        put_list_row(o, field);
        return;
    case FIELD_INSTANT:
        put_types(o, "string", field->nullable);
        oa_text(o, "format", "date-time");
        return;
    case FIELD_JSON:
        if (field->items != NULL) {
            put_object_or_null(o, field->items);
            return;
        }
        json_out_raw(o, "type", STR("[\"object\", \"array\", \"null\"]"));
        return;
    case FIELD_IGNORED:
        json_out_raw(o, "deprecated", STR("true"));
        return;
    }
}

static void put_property(struct json_out *o, const struct field *field, bool input)
{
    json_out_open(o, field->name, '{');
    if (field->doc != NULL)
        oa_text(o, "description", field->doc);
    else if (field->type == FIELD_IGNORED)
        oa_text(o, "description", "Accepted and ignored: older clients send it.");
    oa_row(o, field, input);
    if (field->example != NULL) {
        json_out_open(o, "examples", '[');
        json_out_raw(o, NULL, str_of(field->example));
        json_out_close(o, ']');
    }
    json_out_close(o, '}');
}

/* --- schemas --------------------------------------------------------------------------------------- */
static bool is_required(const struct field *field, bool input)
{
    return input ? field->required : contract_shows(field, false);
}

static void put_required(struct json_out *o, const struct schema *schema, bool input)
{
    bool open = false;

    for (size_t i = 0; i < schema->count; i++) {
        if (!is_required(&schema->fields[i], input))
            continue;
        if (!open)
            json_out_open(o, "required", '[');
        open = true;
        oa_text(o, NULL, schema->fields[i].name);
    }
    if (open)
        json_out_close(o, ']');
}

static void put_either(struct json_out *o, const char *name)
{
    json_out_open(o, NULL, '{');
    json_out_open(o, "required", '[');
    oa_text(o, NULL, name);
    json_out_close(o, ']');
    json_out_close(o, '}');
}

static void put_or_else(struct json_out *o, const struct schema *schema)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->or_else == NULL)
            continue;
        json_out_open(o, "anyOf", '[');
        put_either(o, field->name);
        put_either(o, field->or_else);
        json_out_close(o, ']');
    }
}

void oa_schema(struct json_out *o, const struct schema *schema, bool input)
{
    json_out_open(o, schema->name, '{');
    oa_text(o, "type", "object");
    json_out_raw(o, "additionalProperties", STR("false"));
    put_required(o, schema, input);
    put_or_else(o, schema);
    json_out_open(o, "properties", '{');
    for (size_t i = 0; i < schema->count; i++) {
        if (contract_shows(&schema->fields[i], input))
            put_property(o, &schema->fields[i], input);
    }
    json_out_close(o, '}');
    json_out_close(o, '}');
}

static const char FAULT_SCHEMA[] =
    "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"pointer\", \"code\", "
    "\"detail\"], \"properties\": {\"pointer\": {\"description\": \"Where: /member in the body "
    "(RFC 6901), ?name in the query.\", \"type\": \"string\"}, \"code\": {\"description\": \"What "
    "is wrong, for programs.\", \"type\": \"string\"}, \"detail\": {\"description\": \"What is "
    "wrong, with the limit.\", \"type\": \"string\"}}}";
static const char TITLE[] = "{\"description\": \"The kind of problem in words.\", \"type\": "
                            "\"string\"}";
static const char STATUS[] = "{\"description\": \"The HTTP status.\", \"type\": \"integer\", "
                             "\"minimum\": 400, \"maximum\": 599}";
static const char DETAIL[] = "{\"description\": \"What happened this time.\", \"type\": "
                             "\"string\"}";
static const char INSTANCE[] = "{\"description\": \"The request's id, as logs have it.\", "
                               "\"type\": \"string\", \"pattern\": \"^urn:request:\"}";

/* The members of a problem document but its type. */
static void put_problem_members(struct json_out *o)
{
    json_out_raw(o, "title", str_of(TITLE));
    json_out_raw(o, "status", str_of(STATUS));
    json_out_raw(o, "detail", str_of(DETAIL));
    json_out_raw(o, "instance", str_of(INSTANCE));
    json_out_open(o, "errors", '{');
    oa_text(o, "description", "Every member and parameter that is wrong.");
    oa_text(o, "type", "array");
    oa_named_ref(o, "items", "schemas", "Fault");
    json_out_close(o, '}');
}

void oa_problem_schema(struct json_out *o)
{
    json_out_open(o, "Problem", '{');
    oa_text(o, "description", "A refusal (RFC 9457).");
    oa_text(o, "type", "object");
    json_out_raw(o, "additionalProperties", STR("false"));
    json_out_raw(o, "required", STR("[\"type\", \"title\", \"status\"]"));
    json_out_open(o, "properties", '{');
    oa_named_ref(o, "type", "schemas", "ProblemType");
    put_problem_members(o);
    json_out_close(o, '}');
    json_out_close(o, '}');
    json_out_raw(o, "Fault", str_of(FAULT_SCHEMA));
}

void oa_extended_problem(struct json_out *o, const struct schema *extension)
{
    char name[OA_NAME];

    oa_extended_name(extension, name);
    json_out_open(o, name, '{');
    oa_text(o, "description", "A refusal with what would have been answered.");
    oa_text(o, "type", "object");
    json_out_raw(o, "additionalProperties", STR("false"));
    json_out_open(o, "required", '[');
    oa_text(o, NULL, "type");
    oa_text(o, NULL, "title");
    oa_text(o, NULL, "status");
    for (size_t i = 0; i < extension->count; i++)
        oa_text(o, NULL, extension->fields[i].name);
    json_out_close(o, ']');
    json_out_open(o, "properties", '{');
    json_out_open(o, "type", '{');
    oa_type_uri(o, "const", STATUS_UPLOAD_REFUSED);
    json_out_close(o, '}');
    put_problem_members(o);
    for (size_t i = 0; i < extension->count; i++)
        put_property(o, &extension->fields[i], false);
    json_out_close(o, '}');
    json_out_close(o, '}');
}

void oa_extended_name(const struct schema *extension, char out[OA_NAME])
{
    (void)snprintf(out, OA_NAME, "%sProblem", extension->name);
}

void oa_type_uri(struct json_out *o, const char *name, enum status st)
{
    struct buf b;

    buf_init(&b, o->b->mem, 128);
    buf_printf(&b, "/api/docs#%s", status_slug(st));
    oa_buf(o, name, &b);
}

void oa_problem_types(struct json_out *o)
{
    json_out_open(o, "ProblemType", '{');
    oa_text(o, "description", "The kind of problem, a place in the reference page.");
    oa_text(o, "type", "string");
    json_out_open(o, "oneOf", '[');
    for (int st = 0; st < STATUS_COUNT; st++) {
        if (contract_problem((enum status)st) == NULL)
            continue;
        json_out_open(o, NULL, '{');
        oa_type_uri(o, "const", (enum status)st);
        oa_text(o, "title", status_title((enum status)st));
        oa_text(o, "description", contract_problem((enum status)st));
        json_out_close(o, '}');
    }
    json_out_open(o, NULL, '{');
    oa_text(o, "const", "about:blank");
    oa_text(o, "title", "None of these");
    oa_text(o, "description", "The web server in front answered; the status says what it is.");
    json_out_close(o, '}');
    json_out_close(o, ']');
    json_out_close(o, '}');
}

/* Text of which each line, or row, is such an object. */
void oa_lines(struct json_out *o, const char *media, const struct schema *schema, const char *doc)
{
    json_out_open(o, media, '{');
    json_out_open(o, "schema", '{');
    oa_text(o, "type", "string");
    oa_text(o, "description", doc);
    oa_text(o, "contentMediaType", media);
    if (schema != NULL)
        oa_named_ref(o, "contentSchema", "schemas", schema->name);
    json_out_close(o, '}');
    json_out_close(o, '}');
}
