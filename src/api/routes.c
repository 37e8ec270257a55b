/* The route table: the only way to a handler (house style, section 6). */
#include "api_priv.h"

const struct route api_routes[] = {
    ROUTE(HTTP_GET, "/timesheets", SCOPE_READ, entries_list, .query = &entry_query_schema,
          .output = &entry_schema, .summary = "Own entries, newest first"),
    ROUTE(HTTP_POST, "/timesheets", SCOPE_CREATE, entry_create, .body = &entry_input_schema,
          .output = &entry_schema, .summary = "Add an entry"),
    ROUTE(HTTP_GET, "/timesheets/{id}", SCOPE_READ, entry_read, .output = &entry_schema,
          .summary = "One entry"),
    ROUTE(HTTP_PATCH, "/timesheets/{id}", SCOPE_CREATE, entry_patch, .body = &entry_patch_schema,
          .output = &entry_schema, .summary = "Change an own entry"),
    ROUTE(HTTP_DELETE, "/timesheets/{id}", SCOPE_DELETE, entry_delete,
          .summary = "Delete an own entry"),
    ROUTE(HTTP_GET, "/projects", SCOPE_READ, projects_list, .query = &project_query_schema,
          .output = &project_schema, .summary = "The pick list of projects"),
    /* weeks */
    /* decisions */
    /* uploads */
    /* people, projects, sources, the period lock */
    /* reports */
    /* audit trail */
    ROUTE(HTTP_GET, "/audit", SCOPE_ADMIN | SCOPE_READ, audit_list, .query = &audit_query_schema,
          .output = &audit_event_schema, .media = "application/x-ndjson",
          .summary = "The audit trail, one event a line",
          .doc = "What is about one's own person and weeks; with admin:timesheets everything. "
                 "Events of one person, week or project come in the order of their streams (a "
                 "person's own first, then week by week), others in order of time, oldest first."),
    ROUTE_CALLER(HTTP_GET, "/me", SCOPE_ANY, me_read, .summary = "Who is calling"),
    ROUTE_OPEN(HTTP_GET, "/health/live", health_live, .summary = "Is the worker alive"),
    ROUTE_OPEN(HTTP_GET, "/health/ready", health_ready, .summary = "Can the worker serve"),
};

const size_t api_route_count = sizeof api_routes / sizeof api_routes[0];
