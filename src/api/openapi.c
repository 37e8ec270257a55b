/* The OpenAPI 3.1 document, from the route table and the schemas alone. */
#include "openapi_priv.h"

/* --- operations -------------------------------------------------------------------------------------------- */
static void put_parameter(struct json_out *o, const struct field *field, const char *in,
                          bool required)
{
    oa_text(o, "name", field->name);
    oa_text(o, "in", in);
    oa_text(o, "description", field->doc);
    if (required)
        json_out_raw(o, "required", STR("true"));
    json_out_open(o, "schema", '{');
    oa_row(o, field, true);
    json_out_close(o, '}');
    if (field->example != NULL)
        json_out_raw(o, "example", str_of(field->example));
}

static void put_parameters(struct json_out *o, const struct operation *op)
{
    const struct route *route = op->route;

    json_out_open(o, "parameters", '[');
    for (size_t i = 0; route->query != NULL && i < route->query->count; i++) {
        json_out_open(o, NULL, '{');
        put_parameter(o, &route->query->fields[i], "query", route->query->fields[i].required);
        json_out_close(o, '}');
    }
    if (op->if_match)
        oa_named_ref(o, NULL, "parameters", route->versioned ? "IfMatch" : "IfMatchOptional");
    if (op->not_modified)
        oa_named_ref(o, NULL, "parameters", "IfNoneMatch");
    if (op->writes)
        oa_named_ref(o, NULL, "parameters", "IdempotencyKey");
    json_out_close(o, ']');
}

static void put_body_example(struct json_out *o, const struct schema *schema)
{
    struct buf b;

    buf_init(&b, o->b->mem, 1 << 16);
    contract_example(&b, schema, true);
    oa_json(o, "example", &b);
}

/* A body that the handler reads row by row: one object, or many. */
static void put_rows_schema(struct json_out *o, const struct schema *schema)
{
    json_out_open(o, "schema", '{');
    json_out_open(o, "oneOf", '[');
    oa_named_ref(o, NULL, "schemas", schema->name);
    json_out_open(o, NULL, '{');
    oa_text(o, "type", "array");
    oa_named_ref(o, "items", "schemas", schema->name);
    json_out_close(o, '}');
    json_out_close(o, ']');
    json_out_close(o, '}');
}

static void put_body(struct json_out *o, const struct route *route)
{
    if (route->body == NULL)
        return;
    json_out_open(o, "requestBody", '{');
    if (!route->optional_body)
        json_out_raw(o, "required", STR("true"));
    json_out_open(o, "content", '{');
    json_out_open(o, "application/json", '{');
    if (route->streams) {
        put_rows_schema(o, route->body);
    } else {
        json_out_open(o, "schema", '{');
        oa_ref(o, "schemas", route->body->name);
        json_out_close(o, '}');
    }
    put_body_example(o, route->body);
    json_out_close(o, '}');
    if (route->streams) {
        oa_lines(o, "application/x-ndjson", route->body, "One JSON object a line.");
        oa_lines(o, "text/csv", route->body,
                 "Rows by RFC 4180; the first one names the members, an empty cell is absent.");
    }
    json_out_close(o, '}');
    json_out_close(o, '}');
}

static void put_security(struct json_out *o, const struct route *route)
{
    json_out_open(o, "security", '[');
    for (int i = 0; i < SCOPE_INDEX_COUNT; i++) {
        if ((route->scopes >> i & 1) == 0)
            continue;
        json_out_open(o, NULL, '{');
        json_out_open(o, "tenant", '[');
        oa_text(o, NULL, contract_scope_name((enum scope_index)i));
        json_out_close(o, ']');
        json_out_close(o, '}');
    }
    json_out_close(o, ']');
}

static void put_operation(struct json_out *o, const struct route *route)
{
    const struct operation op = contract_operation(route);
    const struct resource_doc *resource = contract_resource(route);
    char method[16] = "";
    struct buf id;

    for (size_t i = 0; http_method_name(route->method)[i] != '\0'; i++)
        method[i] = (char)(http_method_name(route->method)[i] | 0x20);
    json_out_open(o, method, '{');
    buf_init(&id, o->b->mem, 256);
    contract_operation_id(&id, route);
    oa_buf(o, "operationId", &id);
    oa_text(o, "summary", route->summary);
    if (route->doc != NULL)
        oa_text(o, "description", route->doc);
    json_out_open(o, "tags", '[');
    if (resource != NULL)
        oa_text(o, NULL, resource->title);
    json_out_close(o, ']');
    put_security(o, route);
    put_parameters(o, &op);
    put_body(o, route);
    oa_responses(o, &op);
    json_out_close(o, '}');
}

/* --- paths ------------------------------------------------------------------------------------------------- */
static bool is_first(size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(api_routes[i].path, api_routes[index].path) == 0)
            return false;
    }
    return true;
}

static void put_path(struct json_out *o, const char *path)
{
    struct str rest = str_of(path), name;
    bool open = false;

    json_out_open(o, path, '{');
    while (contract_next_param(&rest, &name)) {
        const struct field *field = contract_path_param(name);
        if (field == NULL)
            continue;
        if (!open)
            json_out_open(o, "parameters", '[');
        open = true;
        json_out_open(o, NULL, '{');
        put_parameter(o, field, "path", true);
        json_out_close(o, '}');
    }
    if (open)
        json_out_close(o, ']');
    for (size_t i = 0; i < api_route_count; i++) {
        if (strcmp(api_routes[i].path, path) == 0)
            put_operation(o, &api_routes[i]);
    }
    json_out_close(o, '}');
}

static void put_paths(struct json_out *o)
{
    json_out_open(o, "paths", '{');
    for (size_t i = 0; i < api_route_count; i++) {
        if (is_first(i))
            put_path(o, api_routes[i].path);
    }
    json_out_close(o, '}');
}

/* --- components ---------------------------------------------------------------------------------------------- */
static void put_flow(struct json_out *o, const char *name, bool redirects)
{
    json_out_open(o, name, '{');
    if (redirects)
        oa_text(o, "authorizationUrl", "https://abc-inc.eu.auth0.com/authorize");
    oa_text(o, "tokenUrl", "https://abc-inc.eu.auth0.com/oauth/token");
    json_out_open(o, "scopes", '{');
    for (int i = 0; i < SCOPE_INDEX_COUNT; i++)
        oa_text(o, contract_scope_name((enum scope_index)i), contract_scope((enum scope_index)i));
    json_out_close(o, '}');
    json_out_close(o, '}');
}

static void put_security_schemes(struct json_out *o)
{
    json_out_open(o, "securitySchemes", '{');
    json_out_open(o, "tenant", '{');
    oa_text(o, "type", "oauth2");
    oa_text(o, "description",
            "Access tokens of the company's identity provider, asked for with this API as their "
            "audience: authorization code with PKCE for people, client credentials for machines. "
            "Each installation names its own provider.");
    json_out_open(o, "flows", '{');
    put_flow(o, "authorizationCode", true);
    put_flow(o, "clientCredentials", false);
    json_out_close(o, '}');
    json_out_close(o, '}');
    json_out_close(o, '}');
}

/* Which of the header parameters some operation has. */
static void put_parameter_components(struct json_out *o)
{
    bool match = false, optional = false, none_match = false, key = false;

    for (size_t i = 0; i < api_route_count; i++) {
        struct operation op = contract_operation(&api_routes[i]);
        match = match || op.route->versioned;
        optional = optional || (op.if_match && !op.route->versioned);
        none_match = none_match || op.not_modified;
        key = key || op.writes;
    }
    const struct {
        const char *name;
        bool used, required;
        enum contract_header header;
    } rows[] = {
        {"IfMatch", match, true, CONTRACT_IF_MATCH},
        {"IfMatchOptional", optional, false, CONTRACT_IF_MATCH},
        {"IfNoneMatch", none_match, false, CONTRACT_IF_NONE_MATCH},
        {"IdempotencyKey", key, false, CONTRACT_IDEMPOTENCY_KEY},
    };
    json_out_open(o, "parameters", '{');
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!rows[i].used)
            continue;
        json_out_open(o, rows[i].name, '{');
        put_parameter(o, &contract_headers[rows[i].header], "header", rows[i].required);
        json_out_close(o, '}');
    }
    json_out_close(o, '}');
}

static void put_components(struct json_out *o)
{
    struct used_schema schemas[CONTRACT_SCHEMAS_MAX];
    size_t count = contract_schemas(schemas);

    json_out_open(o, "components", '{');
    put_security_schemes(o);
    put_parameter_components(o);
    oa_header_components(o);
    oa_response_components(o);
    json_out_open(o, "schemas", '{');
    for (size_t i = 0; i < count; i++)
        oa_schema(o, schemas[i].schema, schemas[i].input);
    oa_problem_schema(o);
    for (size_t i = 0; i < api_route_count; i++) {
        if (api_routes[i].extension != NULL)
            oa_extended_problem(o, api_routes[i].extension);
    }
    oa_problem_types(o);
    json_out_close(o, '}');
    json_out_close(o, '}');
}

/* --- the top --------------------------------------------------------------------------------------------------- */
static void put_info(struct json_out *o)
{
    json_out_open(o, "info", '{');
    oa_text(o, "title", "Timesheets API");
    oa_text(o, "version", TS_VERSION);
    oa_text(o, "description", contract_intro);
    json_out_raw(o, "license",
                 STR("{\"name\": \"Proprietary\", \"identifier\": \"LicenseRef-Proprietary\"}"));
    json_out_close(o, '}');
    json_out_raw(o, "servers",
                 STR("[{\"url\": \"/api\", \"description\": \"The machine that serves this\"}]"));
}

static bool is_resource_used(const struct resource_doc *resource)
{
    for (size_t i = 0; i < api_route_count; i++) {
        if (contract_resource(&api_routes[i]) == resource)
            return true;
    }
    return false;
}

static void put_tags(struct json_out *o)
{
    json_out_open(o, "tags", '[');
    for (size_t i = 0; i < contract_resource_count; i++) {
        if (!is_resource_used(&contract_resources[i]))
            continue;
        json_out_open(o, NULL, '{');
        oa_text(o, "name", contract_resources[i].title);
        oa_text(o, "description", contract_resources[i].doc);
        json_out_close(o, '}');
    }
    json_out_close(o, ']');
}

void api_openapi(struct buf *out)
{
    struct json_out o;

    json_out_init(&o, out);
    json_out_open(&o, NULL, '{');
    oa_text(&o, "openapi", "3.1.0");
    put_info(&o);
    put_tags(&o);
    put_paths(&o);
    put_components(&o);
    json_out_close(&o, '}');
    buf_add_char(out, '\n');
}

/* --- serving it ------------------------------------------------------------------------------------------------- */
enum status openapi_make(struct api *api)
{
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct buf b;

    buf_init(&b, scratch, API_DOCUMENT_MAX);
    api_openapi(&b);
    if (scratch == NULL || b.status != STATUS_OK)
        return talloc_free(scratch), b.status == STATUS_OK ? STATUS_NO_MEMORY : b.status;
    buf_init(&api->openapi, api, b.len);
    buf_add_str(&api->openapi, buf_str(&b));
    talloc_free(scratch);
    return api->openapi.status;
}

enum status openapi_read(struct call *call)
{
    reply_json(call, 200, "public, max-age=300");
    call->reply->body = call->api->openapi; /* lent: it outlives every reply */
    return STATUS_OK;
}
