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
          .output = &project_schema, .list = true, .summary = "The pick list of projects"),
    /* weeks */
    /* decisions */
    /* uploads */
    /* people, projects, sources, the period lock */
    ROUTE(HTTP_GET, "/projects/{code}", SCOPE_READ, project_read, .output = &project_schema,
          .summary = "One project"),
    ROUTE(HTTP_POST, "/projects", SCOPE_ADMIN, project_create, .body = &project_input_schema,
          .output = &project_schema, .success = 201, .refuses = REFUSES(TAKEN),
          .summary = "Add a project"),
    ROUTE(HTTP_PATCH, "/projects/{code}", SCOPE_ADMIN, project_patch, .body = &project_patch_schema,
          .output = &project_schema, .versioned = true, .summary = "Change a project",
          .doc =
              "Closing a project keeps its entries; it takes no new ones. Workers see the change "
              "within a second."),
    ROUTE(HTTP_GET, "/people", SCOPE_APPROVE | SCOPE_ADMIN, people_list,
          .query = &person_query_schema, .output = &person_schema, .list = true,
          .summary = "People, by user_id"),
    ROUTE(HTTP_GET, "/people/{id}", SCOPE_APPROVE | SCOPE_ADMIN, person_read,
          .output = &person_schema, .summary = "One person"),
    ROUTE(HTTP_POST, "/people", SCOPE_ADMIN, person_create, .body = &person_input_schema,
          .output = &person_schema, .success = 201, .refuses = REFUSES(TAKEN),
          .summary = "Add a person before their first login",
          .doc = "The first login with the verified e-mail address claims the person, once."),
    ROUTE(HTTP_PATCH, "/people/{id}", SCOPE_ADMIN, person_patch, .body = &person_patch_schema,
          .output = &person_schema, .versioned = true, .refuses = REFUSES(TAKEN),
          .summary = "Change a person, or unbind their login",
          .doc =
              "An unbound login keeps acting as the person for up to a minute, which is how long "
              "workers remember who a subject is."),
    ROUTE(HTTP_POST, "/sources", SCOPE_ADMIN, source_create, .body = &source_input_schema,
          .output = &source_schema, .success = 201, .refuses = REFUSES(TAKEN),
          .summary = "Let a client upload for a new source"),
    ROUTE(HTTP_GET, "/sources", SCOPE_ADMIN, sources_list, .query = &source_query_schema,
          .output = &source_schema, .list = true, .summary = "Sources of uploads, by name"),
    ROUTE(HTTP_GET, "/sources/{name}", SCOPE_ADMIN, source_read, .output = &source_schema,
          .summary = "One source"),
    ROUTE(HTTP_PATCH, "/sources/{name}", SCOPE_ADMIN, source_patch, .body = &source_patch_schema,
          .output = &source_schema, .versioned = true,
          .summary = "Give a source to another client"),
    ROUTE(HTTP_GET, "/periods/lock", SCOPE_READ, period_read, .output = &period_lock_schema,
          .summary = "Up to which date nothing can change"),
    ROUTE(HTTP_PUT, "/periods/lock", SCOPE_ADMIN, period_put, .body = &period_lock_input_schema,
          .output = &period_lock_schema, .versioned = true, .summary = "Move the period lock",
          .doc =
              "It waits for changes in flight, so that none slips in behind it. Where it is there "
              "already, the answer is 200 whatever version If-Match names."),
    /* reports */
    /* audit trail */
    ROUTE_CALLER(HTTP_GET, "/me", SCOPE_ANY, me_read, .output = &me_schema,
                 .machine_output = &me_machine_schema, .summary = "Who is calling"),
    ROUTE_OPEN(HTTP_GET, "/health/live", health_live, .summary = "Is the worker alive"),
    ROUTE_OPEN(HTTP_GET, "/health/ready", health_ready, .summary = "Can the worker serve"),
};

const size_t api_route_count = sizeof api_routes / sizeof api_routes[0];
