#include "contract_priv.h"
#include "ts/label.h"

/* --- resources --------------------------------------------------------------------------- */
const struct resource_doc contract_resources[] = {
    {"timesheets", "Entries",
     "An entry is one piece of work: a person, a date, a project, a duration."},
    {"weeks", "Weeks",
     "An ISO week of the caller: entered as a grid, submitted and withdrawn as a whole."},
    {"approvals", "Approvals", "Submitted entries that wait for a decision."},
    {"people", "People", "Who fills in timesheets, and the weeks of others."},
    {"projects", "Projects", "What time is booked on."},
    {"sources", "Sources", "Outside systems whose entries are uploaded, and by which client."},
    {"uploads", "Uploads", "Past uploads and what became of each of their rows."},
    {"reports", "Reports", "Hours added up, and weeks that are missing."},
    {"periods", "Periods", "The period lock: nothing changes up to its date."},
    {"audit", "Audit", "Who changed what, and when."},
    {"me", "Caller", "Who the API takes the caller for."},
    {"openapi.json", "Description", "This description, for programs."},
    {"health", "Health", "For monitors; open to everybody."},
};
const size_t contract_resource_count = sizeof contract_resources / sizeof contract_resources[0];

const struct resource_doc *contract_resource(const struct route *route)
{
    struct str rest, segment = str_cut(str_of(route->path + 1), '/', &rest);

    for (size_t i = 0; i < contract_resource_count; i++) {
        if (str_eq(segment, str_of(contract_resources[i].segment)))
            return &contract_resources[i];
    }
    return NULL;
}

/* --- parameters ---------------------------------------------------------------------------- */
static const struct field path_params[] = {
    {.name = "id",
     .type = FIELD_INT,
     .min = 1,
     .max = (INT64_C(1) << 53) - 1,
     .doc = "The number that replies give as `id`.",
     .example = "10737418240"},
    {.name = "week",
     .type = FIELD_TEXT,
     .pattern = WEEK_PATTERN,
     .doc = "An ISO 8601 week that exists.",
     .example = "\"2026-W48\""},
    {.name = "code",
     .type = FIELD_TEXT,
     .min = 1,
     .max = PROJECT_CODE_MAX,
     .pattern = LABEL_SEGMENT_PATTERN,
     .doc = "The code of a project, byte for byte.",
     .example = "\"StoreZero\""},
    {.name = "name",
     .type = FIELD_TEXT,
     .min = 1,
     .max = SOURCE_NAME_MAX,
     .pattern = LABEL_SEGMENT_PATTERN,
     .doc = "The name of a source, byte for byte.",
     .example = "\"contractor-tool\""},
};

const struct field *contract_path_param(struct str name)
{
    for (size_t i = 0; i < sizeof path_params / sizeof path_params[0]; i++) {
        if (str_eq(name, str_of(path_params[i].name)))
            return &path_params[i];
    }
    return NULL;
}

bool contract_next_param(struct str *rest, struct str *name)
{
    size_t at = str_find(*rest, '{');

    if (at == rest->len)
        return false;
    *rest = str_skip(*rest, at + 1);
    *name = str_cut(*rest, '}', rest);
    return true;
}

const struct field contract_headers[CONTRACT_HEADERS] = {
    [CONTRACT_IF_MATCH] = {.name = "If-Match",
                           .type = FIELD_TEXT,
                           .doc = "The ETag that was read, so that just that version is changed. "
                                  "A list of tags or * is taken too; W/ is ignored.",
                           .example = "\"\\\"e1\\\"\""},
    [CONTRACT_IF_NONE_MATCH] = {.name = "If-None-Match",
                                .type = FIELD_TEXT,
                                .doc = "An ETag that is known: 304 without a body when it still "
                                       "holds.",
                                .example = "\"\\\"e1\\\"\""},
    [CONTRACT_IDEMPOTENCY_KEY] =
        {.name = "Idempotency-Key",
         .type = FIELD_TEXT,
         .pattern = "^[A-Za-z0-9_-]{16,64}$",
         .doc = "Makes the request safe to repeat: the same request under the same key gets the "
                "first answer again. Keys are one caller's own and never expire.",
         .example = "\"7Yk3mQ0wB5dR8sXa\""},
};

/* --- operations ------------------------------------------------------------------------------ */
static bool is_versioned(const struct schema *schema)
{
    return schema != NULL && field_find(schema, STR("version")) != NULL &&
           field_find(schema, STR("version"))->type == FIELD_INT;
}

/* What every route of a kind may answer. */
static uint64_t general_refusals(const struct route *route)
{
    uint64_t set = REFUSES(BAD_REQUEST) | REFUSES(TOO_LARGE) | REFUSES(INVALID) |
                   REFUSES(INTERNAL) | REFUSES(NO_MEMORY);

    if (route->body != NULL || route->streams)
        set |= REFUSES(BAD_JSON) | REFUSES(BAD_MEDIA_TYPE);
    if (route->scopes != 0)
        set |= REFUSES(UNAUTHENTICATED) | REFUSES(NO_SCOPE) | REFUSES(UNAVAILABLE) |
               REFUSES(CONTENDED) | REFUSES(NO_KEYS) | REFUSES(BAD_SCHEMA);
    if (route->person != NULL)
        set |= REFUSES(PERSON_REQUIRED);
    if (str_find(str_of(route->path), '{') < strlen(route->path))
        set |= REFUSES(NOT_FOUND);
    return set;
}

struct operation contract_operation(const struct route *route)
{
    struct operation op = {.route = route, .or_success = route->or_success};
    bool gets = route->method == HTTP_GET;

    op.writes = !gets;
    op.tagged = !route->list && is_versioned(route->output);
    op.not_modified = gets && op.tagged;
    op.if_match = route->versioned || (op.tagged && !gets && route->method != HTTP_POST);
    op.success = route->success != 0 ? route->success : 200;
    op.refuses = general_refusals(route) | (route->refuses & ~REFUSES(NOT_MODIFIED));
    if (op.writes)
        op.refuses |= REFUSES(KEY_REUSED);
    if (op.if_match)
        op.refuses |= REFUSES(STALE);
    if (route->versioned)
        op.refuses |= REFUSES(VERSION_REQUIRED);
    return op;
}

uint64_t contract_refuses(const struct operation *op, int http)
{
    uint64_t set = 0;

    for (int st = 0; st < STATUS_COUNT; st++) {
        if (status_http((enum status)st) == http)
            set |= op->refuses & UINT64_C(1) << st;
    }
    return set;
}

int contract_next_http(uint64_t refuses, int after)
{
    int next = 0;

    for (int st = 0; st < STATUS_COUNT; st++) {
        int http = status_http((enum status)st);
        bool is_in = (refuses >> st & 1) != 0 && http > after;
        if (is_in && (next == 0 || http < next))
            next = http;
    }
    return next;
}

/* A segment with a capital letter; what is neither letter nor digit begins a word. */
static void add_word(struct buf *b, struct str word)
{
    bool capital = true;

    for (size_t i = 0; i < word.len; i++) {
        char c = word.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter)
            buf_add_char(b, capital && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
        capital = !letter;
    }
}

void contract_operation_id(struct buf *b, const struct route *route)
{
    struct str rest = str_of(route->path + 1), method = str_of(http_method_name(route->method));

    for (size_t i = 0; i < method.len; i++)
        buf_add_char(b, (char)(method.data[i] | 0x20));
    while (rest.len > 0) {
        struct str segment = str_cut(rest, '/', &rest);
        if (segment.data[0] == '{')
            buf_add_str(b, STR("By"));
        add_word(b, segment);
    }
}

/* --- schemas ------------------------------------------------------------------------------------ */
static void add_schema(struct used_schema *out, size_t *count, const struct schema *schema,
                       bool input)
{
    size_t known = 0;

    if (schema == NULL)
        return;
    while (known < *count && out[known].schema != schema)
        known++;
    if (known < *count || *count == CONTRACT_SCHEMAS_MAX)
        return;
    out[(*count)++] = (struct used_schema){schema, input};
}

size_t contract_schemas(struct used_schema out[CONTRACT_SCHEMAS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < api_route_count; i++) {
        add_schema(out, &count, api_routes[i].body, true);
        add_schema(out, &count, api_routes[i].output, false);
        add_schema(out, &count, api_routes[i].machine_output, false);
        add_schema(out, &count, api_routes[i].or_output, false);
    }
    for (size_t i = 0; i < count; i++) { /* grows while it goes */
        for (size_t k = 0; k < out[i].schema->count; k++)
            add_schema(out, &count, out[i].schema->fields[k].items, out[i].input);
    }
    return count;
}

bool contract_is_body(const struct schema *schema)
{
    for (size_t i = 0; i < api_route_count; i++) {
        if (api_routes[i].body == schema)
            return true;
    }
    return false;
}

bool contract_shows(const struct field *field, bool input)
{
    bool of_server = field->type == FIELD_IS || field->type == FIELD_INSTANT;

    return input ? !of_server : field->type != FIELD_IGNORED;
}

static void add_example(struct buf *b, const struct field *field, bool input)
{
    if (field->example != NULL) {
        buf_add_str(b, str_of(field->example));
    } else if (field->type == FIELD_LIST) {
        buf_add_char(b, '[');
        contract_example(b, field->items, input);
        buf_add_char(b, ']');
    } else if (field->type == FIELD_ENUM) {
        json_write_text(b, str_of(field->names[field->min]));
    }
}

static bool has_example(const struct field *field, bool input)
{
    return contract_shows(field, input) &&
           (field->example != NULL || field->type == FIELD_LIST || field->type == FIELD_ENUM);
}

void contract_example(struct buf *b, const struct schema *schema, bool input)
{
    char before = '{';

    for (size_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        if (!has_example(field, input))
            continue;
        buf_add_char(b, before);
        json_write_text(b, str_of(field->name));
        buf_add_char(b, ':');
        add_example(b, field, input);
        before = ',';
    }
    buf_add_str(b, before == '{' ? STR("{}") : STR("}"));
}
