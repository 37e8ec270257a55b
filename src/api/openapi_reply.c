/* How an operation may be answered: replies of success, refusals, their headers. */
#include <stdio.h>

#include "openapi_priv.h"

/* --- responses --------------------------------------------------------------------------------------- */
/* Headers of replies by name: a schema and a sentence. */
static const struct {
    const char *component, *name, *doc, *pattern;
    bool always;
} headers[] = {
    {"ETag", "ETag", "The version of what the reply holds, for If-Match and If-None-Match.",
     "^(W/)?\"[a-z]+[0-9]+\"$", true},
    {"ETagOfOne", "ETag", "The version of the one entry that the reply holds.",
     "^(W/)?\"[a-z]+[0-9]+\"$", false},
    {"Location", "Location", "The address of what was made.", "^/api/", false},
    {"Link", "Link", "The next page of the list, when there is one (RFC 8288).", "; rel=\"next\"$",
     false},
    {"Idempotency-Replayed", "Idempotency-Replayed",
     "Present when this is the stored answer to an earlier request.", "^true$", false},
    {"WWW-Authenticate", "WWW-Authenticate",
     "What was wrong with the token, or which scopes are needed (RFC 6750).", "^Bearer", false},
    {"Retry-After", "Retry-After", "Seconds to wait.", "^[0-9]+$", true},
};

static bool is_one_used(void)
{
    for (size_t i = 0; i < api_route_count; i++) {
        if (api_routes[i].or_output != NULL)
            return true;
    }
    return false;
}

void oa_header_components(struct json_out *o)
{
    json_out_open(o, "headers", '{');
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (strcmp(headers[i].component, "ETagOfOne") == 0 && !is_one_used())
            continue;
        json_out_open(o, headers[i].component, '{');
        oa_text(o, "description", headers[i].doc);
        if (headers[i].always)
            json_out_raw(o, "required", STR("true"));
        json_out_open(o, "schema", '{');
        oa_text(o, "type", "string");
        oa_text(o, "pattern", headers[i].pattern);
        json_out_close(o, '}');
        json_out_close(o, '}');
    }
    json_out_close(o, '}');
}

/* Refusals that many operations have alike; the web server's have no types of ours. */
static const struct general {
    const char *name;
    int http;
    uint64_t set;
} generals[] = {
    {"BadRequest", 400, REFUSES(BAD_REQUEST)},
    {"BadBody", 400, REFUSES(BAD_REQUEST) | REFUSES(BAD_JSON)},
    {"Unauthenticated", 401, REFUSES(UNAUTHENTICATED)},
    {"NoScope", 403, REFUSES(NO_SCOPE)},
    {"Forbidden", 403, REFUSES(NO_SCOPE) | REFUSES(PERSON_REQUIRED)},
    {"NotFound", 404, REFUSES(NOT_FOUND)},
    {"Stale", 412, REFUSES(STALE)},
    {"TooLarge", 413, REFUSES(TOO_LARGE)},
    {"BadMediaType", 415, REFUSES(BAD_MEDIA_TYPE)},
    {"Invalid", 422, REFUSES(INVALID)},
    {"InvalidWrite", 422, REFUSES(INVALID) | REFUSES(KEY_REUSED)},
    {"VersionRequired", 428, REFUSES(VERSION_REQUIRED)},
    {"Failed", 500, REFUSES(INTERNAL)},
    {"FailedDatabase", 500, REFUSES(INTERNAL) | REFUSES(BAD_SCHEMA)},
    {"OutOfMemory", 503, REFUSES(NO_MEMORY)},
    {"Unavailable", 503,
     REFUSES(NO_MEMORY) | REFUSES(UNAVAILABLE) | REFUSES(CONTENDED) | REFUSES(NO_KEYS)},
};
enum { GENERALS = sizeof generals / sizeof generals[0] };

static const struct general *general_of(int http, uint64_t set)
{
    for (size_t i = 0; i < GENERALS; i++) {
        if (generals[i].http == http && generals[i].set == set)
            return &generals[i];
    }
    return NULL;
}

/* Statuses that the web server in front may answer as well, by itself. */
static bool server_may(int http)
{
    return http == 400 || http == 413 || http == 500 || http == 503;
}

enum { SERVER_NAME = 32 };
static void server_name(int http, char out[SERVER_NAME])
{
    (void)snprintf(out, SERVER_NAME, "WebServer%d", http);
}

static void put_problem_description(struct json_out *o, uint64_t set)
{
    struct buf b;

    buf_init(&b, o->b->mem, 4096);
    for (int st = 0; st < STATUS_COUNT; st++) {
        if ((set >> st & 1) != 0)
            buf_printf(&b, "%s`%s`: %s.", b.len > 0 ? " " : "", status_slug((enum status)st),
                       status_title((enum status)st));
    }
    oa_buf(o, "description", &b);
}

static void put_problem_headers(struct json_out *o, int http)
{
    if (http == 401 || http == 403) {
        json_out_open(o, "headers", '{');
        oa_named_ref(o, "WWW-Authenticate", "headers", "WWW-Authenticate");
        json_out_close(o, '}');
    } else if (http == 429 || http > 500) {
        json_out_open(o, "headers", '{');
        oa_named_ref(o, "Retry-After", "headers", "Retry-After");
        json_out_close(o, '}');
    }
}

/* A problem document of one of the types of a set. */
static void put_problem_of(struct json_out *o, int http, uint64_t set)
{
    json_out_open(o, "allOf", '[');
    oa_named_ref(o, NULL, "schemas", "Problem");
    json_out_open(o, NULL, '{');
    json_out_open(o, "properties", '{');
    json_out_open(o, "type", '{');
    json_out_open(o, "enum", '[');
    for (int st = 0; st < STATUS_COUNT; st++) {
        if ((set >> st & 1) != 0)
            oa_type_uri(o, NULL, (enum status)st);
    }
    if (set == 0 || server_may(http))
        oa_text(o, NULL, "about:blank");
    json_out_close(o, ']');
    json_out_close(o, '}');
    json_out_open(o, "status", '{');
    json_out_i64(o, "const", http);
    json_out_close(o, '}');
    json_out_close(o, '}');
    json_out_close(o, '}');
    json_out_close(o, ']');
}

/* extension: see struct route, or NULL. */
static void put_problem_content(struct json_out *o, int http, uint64_t set,
                                const struct schema *extension)
{
    const bool extended = extension != NULL && (set & REFUSES(UPLOAD_REFUSED)) != 0;
    char name[OA_NAME];

    json_out_open(o, "content", '{');
    json_out_open(o, "application/problem+json", '{');
    json_out_open(o, "schema", '{');
    if (extended) {
        oa_extended_name(extension, name);
        json_out_open(o, "anyOf", '[');
        json_out_open(o, NULL, '{');
        put_problem_of(o, http, set & ~REFUSES(UPLOAD_REFUSED));
        json_out_close(o, '}');
        oa_named_ref(o, NULL, "schemas", name);
        json_out_close(o, ']');
    } else {
        put_problem_of(o, http, set);
    }
    json_out_close(o, '}');
    json_out_close(o, '}');
    json_out_close(o, '}');
}

static void put_refusal(struct json_out *o, int http, uint64_t set, const struct schema *extension)
{
    put_problem_description(o, set);
    put_problem_headers(o, http);
    put_problem_content(o, http, set, extension);
}

static bool is_general_used(const struct general *general)
{
    for (size_t i = 0; i < api_route_count; i++) {
        struct operation op = contract_operation(&api_routes[i]);
        if (contract_refuses(&op, general->http) == general->set)
            return true;
    }
    return false;
}

void oa_response_components(struct json_out *o)
{
    json_out_open(o, "responses", '{');
    for (size_t i = 0; i < GENERALS; i++) {
        if (!is_general_used(&generals[i]))
            continue;
        json_out_open(o, generals[i].name, '{');
        put_refusal(o, generals[i].http, generals[i].set, NULL);
        json_out_close(o, '}');
    }
    for (size_t i = 0; i < CONTRACT_SERVER_PROBLEMS; i++) {
        const struct server_problem *problem = &contract_server_problems[i];
        char name[SERVER_NAME];
        server_name(problem->http, name);
        json_out_open(o, name, '{');
        oa_text(o, "description", problem->doc);
        put_problem_headers(o, problem->http);
        put_problem_content(o, problem->http, 0, NULL);
        json_out_close(o, '}');
    }
    json_out_close(o, '}');
}

/* --- replies of success --------------------------------------------------------------------------------- */
static void put_output_schema(struct json_out *o, const struct route *route)
{
    const struct schema *other =
        route->or_output != NULL ? route->or_output : route->machine_output;

    json_out_open(o, "schema", '{');
    if (route->list) {
        oa_text(o, "type", "array");
        oa_named_ref(o, "items", "schemas", route->output->name);
    } else if (other != NULL) {
        json_out_open(o, "oneOf", '[');
        oa_named_ref(o, NULL, "schemas", route->output->name);
        oa_named_ref(o, NULL, "schemas", other->name);
        json_out_close(o, ']');
    } else {
        oa_ref(o, "schemas", route->output->name);
    }
    json_out_close(o, '}');
}

static void put_output_example(struct json_out *o, const struct route *route)
{
    struct buf b;

    buf_init(&b, o->b->mem, 1 << 16);
    if (route->list)
        buf_add_char(&b, '[');
    contract_example(&b, route->output, false);
    if (route->list)
        buf_add_char(&b, ']');
    oa_json(o, "example", &b);
}

static bool is_media(const char *media, const char *other)
{
    return media != NULL && strcmp(media, other) == 0;
}

static void put_success_content(struct json_out *o, const struct route *route)
{
    const bool lines = is_media(route->media, "application/x-ndjson");

    json_out_open(o, "content", '{');
    if (route->output != NULL && !lines) {
        json_out_open(o, "application/json", '{');
        put_output_schema(o, route);
        put_output_example(o, route);
        json_out_close(o, '}');
    }
    if (lines) {
        oa_lines(o, route->media, route->output, "One JSON object a line.");
    } else if (is_media(route->media, "text/csv")) {
        oa_lines(o, route->media, NULL, "Rows by RFC 4180; the first one names the columns.");
    } else if (route->media != NULL) {
        json_out_open(o, route->media, '{');
        json_out_raw(o, "schema", STR("{\"type\": \"object\"}"));
        json_out_close(o, '}');
    }
    json_out_close(o, '}');
}

static void put_success_headers(struct json_out *o, const struct operation *op, int http)
{
    bool paged = op->route->query != NULL && field_find(op->route->query, STR("cursor")) != NULL;
    const bool there[] = {op->tagged && http != 204, op->route->or_output != NULL, http == 201,
                          paged && http == 200, op->writes};
    bool open = false;

    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++) {
        if (!there[i])
            continue;
        if (!open)
            json_out_open(o, "headers", '{');
        open = true;
        oa_named_ref(o, headers[i].name, "headers", headers[i].component);
    }
    if (open)
        json_out_close(o, '}');
}

static void put_success(struct json_out *o, const struct operation *op, int http)
{
    const struct route *route = op->route;
    bool content = http != 204 && (route->output != NULL || route->media != NULL);

    oa_status(o, http);
    oa_text(o, "description",
            http == 201   ? "Made."
            : !content    ? "Done; there is no body."
            : route->list ? "One page of the list."
                          : "Done.");
    put_success_headers(o, op, http);
    if (content)
        put_success_content(o, route);
    json_out_close(o, '}');
}

/* --- all of an operation ----------------------------------------------------------------------- */
/* The next status after `http` that is no success: the API's own or the web server's. */
static int next_refusal(const struct operation *op, int http)
{
    int next = contract_next_http(op->refuses, http);

    for (size_t i = 0; i < CONTRACT_SERVER_PROBLEMS; i++) {
        int other = contract_server_problems[i].http;
        if (other > http && (next == 0 || other < next))
            next = other;
    }
    return next;
}

static void put_one_refusal(struct json_out *o, const struct operation *op, int http)
{
    const uint64_t set = contract_refuses(op, http);
    const struct general *general = general_of(http, set);
    char name[SERVER_NAME];

    oa_status(o, http);
    if (general != NULL) {
        oa_ref(o, "responses", general->name);
    } else if (set == 0) {
        server_name(http, name);
        oa_ref(o, "responses", name);
    } else {
        put_refusal(o, http, set, op->route->extension);
    }
    json_out_close(o, '}');
}

void oa_responses(struct json_out *o, const struct operation *op)
{
    int one = op->success, other = op->or_success;

    json_out_open(o, "responses", '{');
    put_success(o, op, other != 0 && other < one ? other : one);
    if (other != 0)
        put_success(o, op, other < one ? one : other);
    if (op->not_modified) {
        oa_status(o, 304);
        oa_text(o, "description", "Nothing has changed since the version in If-None-Match.");
        json_out_open(o, "headers", '{');
        oa_named_ref(o, "ETag", "headers", "ETag");
        json_out_close(o, '}');
        json_out_close(o, '}');
    }
    for (int http = next_refusal(op, 0); http != 0; http = next_refusal(op, http))
        put_one_refusal(o, op, http);
    json_out_close(o, '}');
}
