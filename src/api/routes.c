/* The route table: the only way to a handler (house style, section 6). */
#include "api_priv.h"

#define ENTRY_CHANGE_REFUSES (REFUSES(NOT_YOURS) | REFUSES(APPROVED) | REFUSES(PERIOD_LOCKED))

const struct route api_routes[] = {
    ROUTE(
        HTTP_GET, "/timesheets", SCOPE_READ, entries_list, .query = &entry_query_schema,
        .output = &entry_schema, .list = true, .refuses = REFUSES(NO_SCOPE),
        .summary = "Own entries, newest first",
        .doc =
            "Pages go by date and id. A caller with `approve:timesheets` may name somebody else as `user` and sees what they have submitted; drafts are their owner's alone."),
    ROUTE(
        HTTP_POST, "/timesheets", SCOPE_CREATE, entry_create, .body = &entry_input_schema,
        .output = &entry_schema, .success = 201,
        .refuses = REFUSES(DAY_OVER_24H) | REFUSES(PERIOD_LOCKED) | REFUSES(PROJECT_CLOSED),
        .summary = "Add an entry",
        .doc =
            "It is submitted at once unless `status` says `draft`. A day has at most 24 hours over all entries."),
    ROUTE(HTTP_GET, "/timesheets/{id}", SCOPE_READ, entry_read, .output = &entry_schema,
          .summary = "One entry",
          .doc = "One's own, or with `approve:timesheets` somebody else's once it is submitted."),
    ROUTE(
        HTTP_PATCH, "/timesheets/{id}", SCOPE_CREATE, entry_patch, .body = &entry_patch_schema,
        .output = &entry_schema, .versioned = true,
        .refuses = ENTRY_CHANGE_REFUSES | REFUSES(DAY_OVER_24H) | REFUSES(PROJECT_CLOSED),
        .summary = "Change an own entry",
        .doc =
            "Members that are left out stay. A rejected entry becomes a draft again. A change to the same content is no change: the version stays."),
    ROUTE(HTTP_DELETE, "/timesheets/{id}", SCOPE_DELETE, entry_delete, .versioned = true,
          .success = 204, .refuses = ENTRY_CHANGE_REFUSES, .summary = "Delete an own entry",
          .doc = "Deleting the same version again is answered as the first time."),
    ROUTE(HTTP_GET, "/projects", SCOPE_READ, projects_list, .query = &project_query_schema,
          .output = &project_schema, .list = true, .summary = "The pick list of projects",
          .doc = "In the order of their codes, closed ones too."),
    /* weeks */
    /* decisions */
    /* uploads */
    /* people, projects, sources, the period lock */
    /* reports */
    /* audit trail */
    ROUTE_CALLER(
        HTTP_GET, "/me", SCOPE_ANY, me_read, .output = &me_schema,
        .machine_output = &me_machine_schema, .summary = "Who is calling",
        .doc = "A person or a machine client, with the scopes of the token and the current week."),
    ROUTE_OPEN(HTTP_GET, "/openapi.json", openapi_read, .media = "application/json",
               .summary = "This description (OpenAPI 3.1)"),
    ROUTE_OPEN(HTTP_GET, "/health/live", health_live, .output = &live_schema,
               .summary = "Is the worker alive", .doc = "Asks nothing else."),
    ROUTE_OPEN(
        HTTP_GET, "/health/ready", health_ready, .output = &ready_schema,
        .refuses = REFUSES(UNAVAILABLE) | REFUSES(NO_KEYS), .summary = "Can the worker serve",
        .doc =
            "Asks the database and looks for keys of the identity provider; `errors` of a 503 names what is missing."),
};

const size_t api_route_count = sizeof api_routes / sizeof api_routes[0];
