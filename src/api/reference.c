/* The reference page: what the OpenAPI document says, for people. HTML without scripts or styles of
 * its own; docs/reference.css is beside it. The type of a problem document is a place in it. */
#include <inttypes.h>

#include "contract_priv.h"

/* --- text ------------------------------------------------------------------------------------ */
static void put(struct buf *b, const char *html)
{
    buf_add_str(b, str_of(html));
}

static void put_escaped(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '&':
            put(b, "&amp;");
            break;
        case '<':
            put(b, "&lt;");
            break;
        case '>':
            put(b, "&gt;");
            break;
        case '"':
            put(b, "&quot;");
            break;
        default:
            buf_add_char(b, text.data[i]);
            break;
        }
    }
}

/* Escaped, between two pieces of HTML. */
static void put_in(struct buf *b, const char *before, const char *text, const char *after)
{
    put(b, before);
    put_escaped(b, str_of(text));
    put(b, after);
}

/* The marks that our sentences use: `code` and **strong**. */
static void put_sentence(struct buf *b, struct str text)
{
    bool code = false, strong = false;

    while (text.len > 0) {
        if (text.data[0] == '`') {
            put(b, code ? "</code>" : "<code>");
            code = !code;
            text = str_skip(text, 1);
        } else if (str_starts(text, STR("**"))) {
            put(b, strong ? "</strong>" : "<strong>");
            strong = !strong;
            text = str_skip(text, 2);
        } else {
            put_escaped(b, str_n(text.data, 1));
            text = str_skip(text, 1);
        }
    }
}

static void put_paragraph(struct buf *b, const char *text)
{
    if (text == NULL)
        return;
    put(b, "<p>");
    put_sentence(b, str_of(text));
    put(b, "</p>\n");
}

static void put_break(struct buf *b, int depth)
{
    buf_add_char(b, '\n');
    for (int i = 0; i < depth; i++)
        put(b, "  ");
}

/* JSON text on one line, laid out. */
static void put_json(struct buf *b, struct str json)
{
    bool quoted = false;
    int depth = 0;

    put(b, "<pre><code>");
    for (size_t i = 0; i < json.len; i++) {
        char c = json.data[i], next = i + 1 < json.len ? json.data[i + 1] : '\0';
        if (c == '"' && (i == 0 || json.data[i - 1] != '\\'))
            quoted = !quoted;
        bool closes = !quoted && (c == '}' || c == ']');
        bool opens = !quoted && (c == '{' || c == '[');
        bool empty = (opens && (next == '}' || next == ']')) ||
                     (closes && i > 0 && (json.data[i - 1] == '{' || json.data[i - 1] == '['));
        depth += empty ? 0 : opens ? 1 : closes ? -1 : 0;
        if (closes && !empty)
            put_break(b, depth);
        put_escaped(b, str_n(&c, 1));
        if ((opens && !empty) || (!quoted && c == ','))
            put_break(b, depth);
        else if (!quoted && c == ':')
            buf_add_char(b, ' ');
    }
    put(b, "</code></pre>\n");
}

static void put_example(struct buf *b, const struct schema *schema, bool input)
{
    struct buf json;

    buf_init(&json, b->mem, 1 << 16);
    contract_example(&json, schema, input);
    if (json.status != STATUS_OK && b->status == STATUS_OK)
        b->status = json.status;
    put_json(b, buf_str(&json));
}

/* --- rows of field tables ------------------------------------------------------------------------ */
static void put_range(struct buf *b, int64_t min, int64_t max, const char *unit)
{
    bool top = max > 0 && max < INT64_MAX;

    if (top && min > 0)
        buf_printf(b, ", %" PRId64 " to %" PRId64 "%s", min, max, unit);
    else if (top)
        buf_printf(b, ", at most %" PRId64 "%s", max, unit);
    else if (min > 0)
        buf_printf(b, ", at least %" PRId64 "%s", min, unit);
}

static void put_schema_link(struct buf *b, const struct schema *schema)
{
    put_in(b, "<a href=\"#schema-", schema->name, "\">");
    put_in(b, "", schema->name, "</a>");
}

static void put_names(struct buf *b, const struct field *field)
{
    for (int64_t i = field->min; i <= field->max && field->names[i] != NULL; i++)
        put_in(b, i == field->min ? "<code>" : ", <code>", field->names[i], "</code>");
}

static void put_text_kind(struct buf *b, const struct field *field)
{
    if (field->pattern != NULL && strcmp(field->pattern, WEEK_PATTERN) == 0) {
        put(b, "ISO week <code>YYYY-Www</code>");
        return;
    }
    put(b, "text");
    if (field->pattern != NULL)
        put_in(b, " <code>", field->pattern, "</code>");
    else
        put_range(b, field->min, field->max, " characters");
}

static void put_kind(struct buf *b, const struct field *field, bool input)
{
    switch (field->type) {
    case FIELD_TEXT:
        put_text_kind(b, field);
        break;
    case FIELD_INT:
        put(b, "whole number");
        put_range(b, field->min, field->max, "");
        break;
    case FIELD_DATE:
        put(b, "date <code>YYYY-MM-DD</code>");
        put(b, input && field->pattern != NULL ? ", or a date-time" : "");
        break;
    case FIELD_HOURS:
        put(b, input ? "decimal hours, as a number or text" : "decimal hours");
        break;
    case FIELD_ENUM:
        put_names(b, field);
        break;
    case FIELD_BOOL:
    case FIELD_IS:
        put(b, "<code>true</code> or <code>false</code>");
        break;
    case FIELD_LIST:
        put(b, "list of ");
        put_schema_link(b, field->items);
        put_range(b, field->min, field->max, " items");
        break;
    case FIELD_TEXTS:
        put(b, "list of texts");
        break;
    case FIELD_INSTANT:
        put(b, "instant, UTC");
        break;
    case FIELD_JSON:
        if (field->items != NULL) {
            put_schema_link(b, field->items);
            break;
        }
        put(b, "object or list");
        break;
    case FIELD_IGNORED:
        put(b, "anything");
        break;
    }
    put(b, field->nullable || field->type == FIELD_JSON ? ", or <code>null</code>" : "");
}

static void put_row(struct buf *b, const struct field *field, const char *place, bool required,
                    bool input)
{
    put_in(b, "<tr><th scope=\"row\"><code>", field->name, "</code>");
    if (required)
        put(b, " <span class=\"needed\">needed</span>");
    put(b, "</th>");
    if (place != NULL)
        put_in(b, "<td>", place, "</td>");
    put(b, "<td>");
    put_kind(b, field, input);
    put(b, "</td><td>");
    put_sentence(b, str_of(field->type == FIELD_IGNORED && field->doc == NULL
                               ? "Accepted and ignored: older clients send it."
                               : field->doc));
    put(b, "</td></tr>\n");
}

static void begin_table(struct buf *b, const char *first, const char *place)
{
    put(b, "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">");
    put(b, first);
    if (place != NULL)
        put_in(b, "</th><th scope=\"col\">", place, "");
    put(b, "</th><th scope=\"col\">Type and limits</th><th "
           "scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n");
}

static void end_table(struct buf *b)
{
    put(b, "</tbody></table></div>\n");
}

static void put_members(struct buf *b, const struct schema *schema, bool input)
{
    if (schema->count == 0)
        return;
    begin_table(b, "Member", NULL);
    for (size_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        if (contract_shows(field, input))
            put_row(b, field, NULL, input && field->required, input);
    }
    end_table(b);
}

/* --- operations ------------------------------------------------------------------------------------ */
static void put_id(struct buf *b, const struct route *route)
{
    contract_operation_id(b, route);
}

static void put_method(struct buf *b, const struct route *route)
{
    put_in(b, "<span class=\"method ", http_method_name(route->method), "\">");
    put_in(b, "", http_method_name(route->method), "</span>");
}

static void put_scopes(struct buf *b, const struct route *route)
{
    const char *before = "<p class=\"scopes\">Scope: ";

    if (route->scopes == 0) {
        put(b, "<p class=\"scopes\">Open to everybody.</p>\n");
        return;
    }
    if (route->scopes == SCOPE_ANY) {
        put(b, "<p class=\"scopes\">Any scope; persons and machines.</p>\n");
        return;
    }
    for (int i = 0; i < SCOPE_INDEX_COUNT; i++) {
        if ((route->scopes >> i & 1) == 0)
            continue;
        put_in(b, before, contract_scope_name((enum scope_index)i), "");
        before = " or ";
    }
    put(b, route->caller != NULL ? "; persons and machines.</p>\n" : "</p>\n");
}

static void put_parameters(struct buf *b, const struct operation *op)
{
    const struct route *route = op->route;
    struct str rest = str_of(route->path), name;
    bool in_path = str_find(rest, '{') < rest.len;

    if (!in_path && route->query == NULL && !op->writes && !op->not_modified)
        return;
    put(b, "<h4>Parameters</h4>\n");
    begin_table(b, "Name", "In");
    while (contract_next_param(&rest, &name)) {
        if (contract_path_param(name) != NULL)
            put_row(b, contract_path_param(name), "path", true, true);
    }
    for (size_t i = 0; route->query != NULL && i < route->query->count; i++)
        put_row(b, &route->query->fields[i], "query", route->query->fields[i].required, true);
    if (op->if_match)
        put_row(b, &contract_headers[CONTRACT_IF_MATCH], "header", route->versioned, true);
    if (op->not_modified)
        put_row(b, &contract_headers[CONTRACT_IF_NONE_MATCH], "header", false, true);
    if (op->writes)
        put_row(b, &contract_headers[CONTRACT_IDEMPOTENCY_KEY], "header", false, true);
    end_table(b);
}

static void put_body(struct buf *b, const struct route *route)
{
    if (route->body == NULL)
        return;
    put(b, "<h4>Body</h4>\n<p>");
    put(b, route->streams
               ? "<code>application/json</code>: one object or an array of them; "
                 "<code>application/x-ndjson</code>: one a line; <code>text/csv</code>: a first "
                 "row that names the members, then one a row. Each is:"
           : route->optional_body ? "<code>application/json</code>; an empty body is the same as "
                                    "<code>{}</code>."
                                  : "<code>application/json</code>");
    put(b, "</p>\n");
    put_members(b, route->body, true);
    put_example(b, route->body, true);
}

static void put_success(struct buf *b, const struct operation *op, int http)
{
    const struct route *route = op->route;

    buf_printf(b, "<tr><th scope=\"row\">%d</th><td>", http);
    if (http != 204 && route->output != NULL) {
        put(b, route->list ? "a list of " : "");
        put_schema_link(b, route->output);
        if (route->machine_output != NULL) {
            put(b, " or ");
            put_schema_link(b, route->machine_output);
        }
        if (route->or_output != NULL) {
            put(b, " or ");
            put_schema_link(b, route->or_output);
        }
        put(b, route->media != NULL ? ", or " : "");
    }
    if (http != 204 && route->media != NULL)
        put_in(b, "<code>", route->media, "</code>");
    if (http == 204)
        put(b, "done, without a body");
    if (http == 201)
        put(b, "; <code>Location</code> is its address");
    if (op->tagged && http != 204)
        put(b, "; with <code>ETag</code>");
    put(b, "</td></tr>\n");
}

static void put_refusals(struct buf *b, const struct operation *op, int http)
{
    uint64_t set = contract_refuses(op, http);
    const char *before = "";

    buf_printf(b, "<tr><th scope=\"row\">%d</th><td>", http);
    for (int st = 0; st < STATUS_COUNT; st++) {
        if ((set >> st & 1) == 0)
            continue;
        put(b, before);
        put_in(b, "<a href=\"#", status_slug((enum status)st), "\">");
        put_in(b, "", status_slug((enum status)st), "</a>");
        before = ", ";
    }
    put(b, "</td></tr>\n");
}

static void put_answers(struct buf *b, const struct operation *op)
{
    put(b, "<h4>Answers</h4>\n<div class=\"wide\"><table class=\"answers\">\n<tbody>\n");
    put_success(b, op, op->success);
    if (op->or_success != 0)
        put_success(b, op, op->or_success);
    if (op->not_modified)
        put(b, "<tr><th scope=\"row\">304</th><td>nothing has changed</td></tr>\n");
    for (int http = contract_next_http(op->refuses, 0); http != 0;
         http = contract_next_http(op->refuses, http))
        put_refusals(b, op, http);
    end_table(b);
}

static void put_operation(struct buf *b, const struct route *route)
{
    const struct operation op = contract_operation(route);

    put(b, "<article id=\"");
    put_id(b, route);
    put(b, "\">\n<h3>");
    put_method(b, route);
    put_in(b, " <code>/api", route->path, "</code></h3>\n");
    put_in(b, "<p class=\"summary\">", route->summary, ".</p>\n");
    put_paragraph(b, route->doc);
    put_scopes(b, route);
    put_parameters(b, &op);
    put_body(b, route);
    put_answers(b, &op);
    put(b, "</article>\n");
}

/* Every route of a resource, in the order of the table; false when it has none. */
static bool each_route(struct buf *b, const struct resource_doc *resource,
                       void (*each)(struct buf *b, const struct route *route))
{
    bool any = false;

    for (size_t i = 0; i < api_route_count; i++) {
        if (contract_resource(&api_routes[i]) != resource)
            continue;
        any = true;
        if (each != NULL)
            each(b, &api_routes[i]);
    }
    return any;
}

/* --- the page ------------------------------------------------------------------------------------------ */
static void put_contents_row(struct buf *b, const struct route *route)
{
    put(b, "<li><a href=\"#");
    put_id(b, route);
    put(b, "\">");
    put_method(b, route);
    put_in(b, " <span class=\"path\">", route->path, "</span></a></li>\n");
}

static void put_contents(struct buf *b)
{
    put(b, "<nav aria-label=\"Contents\">\n<ul>\n<li><a href=\"#about\">About</a></li>\n"
           "<li><a href=\"#scopes\">Scopes</a></li>\n");
    for (size_t i = 0; i < contract_resource_count; i++) {
        const struct resource_doc *resource = &contract_resources[i];
        if (!each_route(b, resource, NULL))
            continue;
        put_in(b, "<li><a href=\"#about-", resource->segment, "\">");
        put_in(b, "", resource->title, "</a>\n<ul>\n");
        (void)each_route(b, resource, put_contents_row);
        put(b, "</ul></li>\n");
    }
    put(b, "<li><a href=\"#schemas\">Shapes of answers</a></li>\n"
           "<li><a href=\"#problems\">Problems</a></li>\n</ul>\n</nav>\n");
}

static void put_about(struct buf *b)
{
    struct str rest = str_of(contract_intro);

    put(b, "<section id=\"about\">\n");
    while (rest.len > 0) {
        struct str line = str_cut(rest, '\n', &rest);
        if (line.len == 0)
            continue;
        put(b, "<p>");
        put_sentence(b, line);
        put(b, "</p>\n");
    }
    put(b, "</section>\n<section id=\"scopes\">\n<h2>Scopes</h2>\n<dl>\n");
    for (int i = 0; i < SCOPE_INDEX_COUNT; i++) {
        put_in(b, "<dt><code>", contract_scope_name((enum scope_index)i), "</code></dt>");
        put_in(b, "<dd>", contract_scope((enum scope_index)i), "</dd>\n");
    }
    put(b, "</dl>\n</section>\n");
}

static void put_resources(struct buf *b)
{
    for (size_t i = 0; i < contract_resource_count; i++) {
        const struct resource_doc *resource = &contract_resources[i];
        if (!each_route(b, resource, NULL))
            continue;
        put_in(b, "<section id=\"about-", resource->segment, "\">\n");
        put_in(b, "<h2>", resource->title, "</h2>\n");
        put_paragraph(b, resource->doc);
        (void)each_route(b, resource, put_operation);
        put(b, "</section>\n");
    }
}

/* Those of answers, and those that are inside bodies: bodies themselves stand with their operations. */
static void put_shapes(struct buf *b)
{
    struct used_schema schemas[CONTRACT_SCHEMAS_MAX];
    size_t count = contract_schemas(schemas);

    put(b, "<section id=\"schemas\">\n<h2>Shapes of answers</h2>\n"
           "<p>Every member is always there.</p>\n");
    for (size_t i = 0; i < count; i++) {
        const struct schema *schema = schemas[i].schema;
        if (contract_is_body(schema))
            continue;
        put_in(b, "<article id=\"schema-", schema->name, "\">\n");
        put_in(b, "<h3>", schema->name, "</h3>\n");
        put_members(b, schema, schemas[i].input);
        put_example(b, schema, schemas[i].input);
        put(b, "</article>\n");
    }
    put(b, "</section>\n");
}

static void put_problems(struct buf *b)
{
    put(b,
        "<section id=\"problems\">\n<h2>Problems</h2>\n"
        "<p>The <code>type</code> of a problem document is its address here.</p>\n"
        "<pre><code>{\n  &quot;type&quot;: &quot;/api/docs#day-over-24h&quot;,\n"
        "  &quot;title&quot;: &quot;More than 24 hours on one day&quot;,\n"
        "  &quot;status&quot;: 422,\n"
        "  &quot;detail&quot;: &quot;2026-11-23 already has 20:00 hours.&quot;,\n"
        "  &quot;instance&quot;: &quot;urn:request:4f0c1d2e3a4b5c6d&quot;,\n"
        "  &quot;errors&quot;: [\n    {\n      &quot;pointer&quot;: &quot;/hours&quot;,\n"
        "      &quot;code&quot;: &quot;day-over-24h&quot;,\n"
        "      &quot;detail&quot;: &quot;300 minutes more would make 1500 of at most 1440 on that "
        "day&quot;\n    }\n  ]\n}</code></pre>\n");
    for (int i = 0; i < STATUS_COUNT; i++) {
        enum status st = (enum status)i;
        if (contract_problem(st) == NULL)
            continue;
        put_in(b, "<article id=\"", status_slug(st), "\" class=\"problem\">\n");
        put_in(b, "<h3>", status_title(st), "</h3>\n");
        buf_printf(b, "<p class=\"scopes\">%d <code>%s</code></p>\n", status_http(st),
                   status_slug(st));
        put_paragraph(b, contract_problem(st));
        put(b, "</article>\n");
    }
    put(b, "<article id=\"web-server\" class=\"problem\">\n<h3>Answers of the web server</h3>\n"
           "<p class=\"scopes\"><code>about:blank</code></p>\n<dl>\n");
    for (size_t i = 0; i < CONTRACT_SERVER_PROBLEMS; i++) {
        buf_printf(b, "<dt>%d</dt><dd>", contract_server_problems[i].http);
        put_sentence(b, str_of(contract_server_problems[i].doc));
        put(b, "</dd>\n");
    }
    put(b, "</dl>\n</article>\n</section>\n");
}

void api_reference(struct buf *out)
{
    put(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<title>Timesheets API</title>\n"
             "<link rel=\"stylesheet\" href=\"/api/docs.css\">\n</head>\n<body>\n"
             "<a class=\"skip\" href=\"#about\">Skip the contents</a>\n"
             "<header>\n<h1>Timesheets API</h1>\n<p>Version " TS_VERSION
             ", for programs: <a href=\"/api/openapi.json\">OpenAPI 3.1</a></p>\n</header>\n"
             "<div class=\"page\">\n");
    put_contents(out);
    put(out, "<main>\n");
    put_about(out);
    put_resources(out);
    put_shapes(out);
    put_problems(out);
    put(out, "</main>\n</div>\n</body>\n</html>\n");
}
