/* What the route table promises, worked out once for the OpenAPI document and the reference page:
 * which headers a request has, how it may be answered, and what the words mean. Adding a route needs
 * nothing here but, for a new resource, its tag, and for a new {name} in a path, its row. */
#ifndef TS_CONTRACT_PRIV_H
#define TS_CONTRACT_PRIV_H

#include "api_priv.h"

/* --- resources: the first segment of a path ------------------------------------------ */
struct resource_doc {
    const char *segment; /* "timesheets" */
    const char *title, *doc;
};
extern const struct resource_doc contract_resources[];
extern const size_t contract_resource_count;
/* Of a route's path, or NULL. */
const struct resource_doc *contract_resource(const struct route *route);

/* --- parameters ------------------------------------------------------------------------ */
/* The row of a {name} in a path, or NULL. */
const struct field *contract_path_param(struct str name);
/* Takes the next {name} out of a template and moves *rest behind it; false when there is none. */
bool contract_next_param(struct str *rest, struct str *name);

enum contract_header { CONTRACT_IF_MATCH, CONTRACT_IF_NONE_MATCH, CONTRACT_IDEMPOTENCY_KEY };
enum { CONTRACT_HEADERS = 3 };
extern const struct field contract_headers[CONTRACT_HEADERS];

/* --- operations -------------------------------------------------------------------------- */
struct operation {
    const struct route *route;
    bool writes;             /* takes an Idempotency-Key */
    bool tagged;             /* its reply is one resource with a version and an ETag */
    bool if_match;           /* takes If-Match; it is needed when route->versioned */
    bool not_modified;       /* If-None-Match, 304 */
    int success, or_success; /* statuses of success; or_success 0 = none */
    uint64_t refuses;        /* REFUSES() of everything it may answer */
};
struct operation contract_operation(const struct route *route);
/* Those of `refuses` with this HTTP status. */
uint64_t contract_refuses(const struct operation *op, int http);
/* The lowest HTTP status above `after` that is in a set, or 0. */
int contract_next_http(uint64_t refuses, int after);
/* Appends "getWeeksByWeek" for GET /weeks/{week}. */
void contract_operation_id(struct buf *b, const struct route *route);

/* --- words --------------------------------------------------------------------------------- */
/* When a problem is answered and what to do about it; NULL for a status no client sees. */
const char *contract_problem(enum status st);
const char *contract_scope_name(enum scope_index scope);
/* What a scope lets its holder do. */
const char *contract_scope(enum scope_index scope);
/* What the web server answers before a request reaches the API, by HTTP status. */
struct server_problem {
    int http;
    const char *title, *doc;
};
enum { CONTRACT_SERVER_PROBLEMS = 3 };
extern const struct server_problem contract_server_problems[CONTRACT_SERVER_PROBLEMS];
extern const char contract_intro[];

/* --- schemas -------------------------------------------------------------------------------- */
/* A schema that some route names, and whether clients send it or get it. */
struct used_schema {
    const struct schema *schema;
    bool input;
};
enum { CONTRACT_SCHEMAS_MAX = 128 };
/* Every one, those inside others too, each once, in the order of the routes. */
size_t contract_schemas(struct used_schema out[CONTRACT_SCHEMAS_MAX]);
/* Is it the body of some route (and not only inside one, or a reply)? */
bool contract_is_body(const struct schema *schema);
/* Is the row a member that a request may have, or that a reply has? */
bool contract_shows(const struct field *field, bool input);
/* Appends an example object, on one line, of the rows' examples. */
void contract_example(struct buf *b, const struct schema *schema, bool input);

#endif
