/* The route table: the only way to a handler (house style, section 6). */
#include "api_priv.h"
#include "ts/decision.h"

#define ENTRY_CHANGE_REFUSES (REFUSES(NOT_YOURS) | REFUSES(APPROVED) | REFUSES(PERIOD_LOCKED))

const struct route api_routes[] = {
    ROUTE(HTTP_GET, "/timesheets", SCOPE_READ, entries_list, .query = &entry_query_schema,
          .output = &entry_schema, .list = true, .refuses = REFUSES(NO_SCOPE),
          .summary = "Own entries, newest first",
          .doc = "Pages go by date and id. A caller with `approve:timesheets` may name "
                 "somebody else as `user` and sees what they have submitted; drafts are "
                 "their owner's alone."),
    ROUTE(HTTP_POST, "/timesheets", SCOPE_CREATE, entry_create, .body = &entry_input_schema,
          .output = &entry_schema, .success = 201,
          .refuses = REFUSES(DAY_OVER_24H) | REFUSES(PERIOD_LOCKED) | REFUSES(PROJECT_CLOSED),
          .summary = "Add an entry",
          .doc = "It is submitted at once unless `status` says `draft`. A day has at most "
                 "24 hours over all entries."),
    ROUTE(HTTP_GET, "/timesheets/{id}", SCOPE_READ, entry_read, .output = &entry_schema,
          .summary = "One entry",
          .doc = "One's own, or with `approve:timesheets` somebody else's once it is submitted."),
    ROUTE(HTTP_PATCH, "/timesheets/{id}", SCOPE_CREATE, entry_patch, .body = &entry_patch_schema,
          .output = &entry_schema, .versioned = true,
          .refuses = ENTRY_CHANGE_REFUSES | REFUSES(DAY_OVER_24H) | REFUSES(PROJECT_CLOSED),
          .summary = "Change an own entry",
          .doc = "Members that are left out stay. A rejected entry becomes a draft again. A "
                 "change to the same content is no change: the version stays."),
    ROUTE(HTTP_DELETE, "/timesheets/{id}", SCOPE_DELETE, entry_delete, .versioned = true,
          .success = 204, .refuses = ENTRY_CHANGE_REFUSES, .summary = "Delete an own entry",
          .doc = "Deleting the same version again is answered as the first time."),
    ROUTE(HTTP_GET, "/projects", SCOPE_READ, projects_list, .query = &project_query_schema,
          .output = &project_schema, .list = true, .summary = "The pick list of projects",
          .doc = "In the order of their codes, closed ones too."),
    /* weeks */
    ROUTE(HTTP_GET, "/weeks", SCOPE_READ, weeks_list, .query = &weeks_query_schema,
          .output = &week_summary_schema, .list = true, .summary = "Own weeks, newest first",
          .doc = "Weeks without entries are among them: missing when they are over, open before. "
                 "Others' weeks need the scope approve:timesheets, and show no drafts."),
    ROUTE(HTTP_GET, "/weeks/{week}", SCOPE_READ, week_read, .output = &sheet_schema,
          .refuses = REFUSES(NOT_FOUND), .summary = "One own week with its entries",
          .doc = "A week that nothing was done in yet is there too, with version 0."),
    ROUTE(HTTP_PUT, "/weeks/{week}", SCOPE_CREATE, week_save, .body = &week_input_schema,
          .output = &sheet_schema, .versioned = true, .body_max = WEEK_BODY_MAX,
          .refuses = REFUSES(NOT_FOUND) | REFUSES(DAY_OVER_24H) | REFUSES(APPROVED) |
                     REFUSES(PERIOD_LOCKED) | REFUSES(PROJECT_CLOSED),
          .summary = "Save a week",
          .doc = "All or nothing. An entry that is not named stays; {id, delete: true} deletes one "
                 "and needs the scope delete:timesheets; an item without id is a new draft. Only "
                 "what differs is a change: an approved or locked entry that is sent as it is does "
                 "no harm."),
    ROUTE(HTTP_PUT, "/weeks/{week}/submission", SCOPE_CREATE, week_submit,
          .body = &submission_input_schema, .output = &sheet_schema, .versioned = true,
          .optional_body = true, .refuses = REFUSES(NOT_FOUND) | REFUSES(PERIOD_LOCKED),
          .summary = "Submit a week",
          .doc = "Drafts and rejected entries become submitted. A week without entries can be "
                 "submitted too."),
    ROUTE(HTTP_DELETE, "/weeks/{week}/submission", SCOPE_CREATE, week_withdraw,
          .output = &sheet_schema, .versioned = true,
          .refuses = REFUSES(NOT_FOUND) | REFUSES(PERIOD_LOCKED), .summary = "Withdraw a week",
          .doc = "Submitted entries become drafts again; approved and rejected ones stay."),
    /* decisions */
    ROUTE(HTTP_GET, "/approvals", SCOPE_APPROVE, approvals_list, .query = &inbox_query_schema,
          .output = &entry_schema, .list = true, .summary = "What waits for a decision",
          .doc = "Submitted entries of others, oldest first. One's own are never among them."),
    ROUTE(HTTP_PUT, "/approvals/{id}", SCOPE_APPROVE, approval_write,
          .body = &approval_input_schema, .optional_body = true, .output = &entry_schema,
          .refuses = REFUSES(NOT_FOUND) | REFUSES(STALE) | REFUSES(SELF_APPROVAL) |
                     REFUSES(FOUR_EYES) | REFUSES(APPROVED) | REFUSES(NOT_SUBMITTED) |
                     REFUSES(PERIOD_LOCKED),
          .summary = "Approve or reject an entry",
          .doc =
              "An empty body, {}, or the status approved approves the entry; the status rejected "
              "with a reason gives it back to its owner. If-Match may name the version that was "
              "seen. Nobody decides their own entries, nor one that they last changed. A "
              "decision that holds already is answered with 200 and changes nothing."),
    ROUTE(HTTP_GET, "/people/{id}/weeks/{week}", SCOPE_APPROVE, person_week_read,
          .output = &sheet_schema, .refuses = REFUSES(NOT_FOUND) | REFUSES(NOT_MODIFIED),
          .summary = "Somebody's week",
          .doc = "The week as others may see it: without drafts, which only make it read open. Its "
                 "ETag names the version that a decision is about."),
    ROUTE(HTTP_PUT, "/people/{id}/weeks/{week}/decision", SCOPE_APPROVE, week_decide,
          .body = &decision_input_schema, .output = &sheet_schema, .versioned = true,
          .refuses = REFUSES(NOT_FOUND) | REFUSES(SELF_APPROVAL) | REFUSES(FOUR_EYES) |
                     REFUSES(APPROVED) | REFUSES(NOT_SUBMITTED) | REFUSES(PERIOD_LOCKED),
          .summary = "Approve, reject or reopen a week",
          .doc =
              "approved and rejected decide the submitted entries of a submitted week, all or "
              "none; reopened rejects its approved ones. If-Match names the version that was "
              "seen: when anything has changed since, nothing is decided (412). Nobody decides "
              "their own week, nor entries that they last changed. A decision that holds already "
              "is answered with 200 and changes nothing."),
    /* uploads */
    ROUTE_CALLER(
        HTTP_POST, "/timesheets/upload", SCOPE_UPLOAD, upload_write, .query = &upload_query_schema,
        .body = &upload_row_schema, .streams = true, .body_max = UPLOAD_BODY_MAX,
        .output = &upload_report_schema, .or_output = &entry_schema,
        .extension = &upload_report_schema, .success = 201, .or_success = 200,
        .refuses = REFUSES(NO_SOURCE) | REFUSES(UPLOAD_REFUSED) | REFUSES(KEY_REUSED) |
                   REFUSES(DAY_OVER_24H) | REFUSES(APPROVED) | REFUSES(PERIOD_LOCKED) |
                   REFUSES(PROJECT_CLOSED) | REFUSES(EDITED_BY_OWNER) | REFUSES(DELETED_BY_OWNER),
        .summary = "Upload entries",
        .doc = "One object, an array, lines of JSON (application/x-ndjson) or CSV with a "
               "header (text/csv), up to 10,000 rows. With an external id a row is stored "
               "exactly once: what is the same as last uploaded is unchanged, what "
               "differs updates the entry unless it is approved, locked, or its owner "
               "has changed or deleted it since. One object is answered with the entry."),
    ROUTE_CALLER(HTTP_GET, "/uploads", SCOPE_UPLOAD | SCOPE_ADMIN, uploads_list,
                 .query = &uploads_query_schema, .output = &upload_schema, .list = true,
                 .summary = "Past uploads, newest first",
                 .doc = "One's own; with admin:timesheets everybody's."),
    ROUTE_CALLER(HTTP_GET, "/uploads/{id}", SCOPE_UPLOAD | SCOPE_ADMIN, upload_read,
                 .query = &upload_rows_query_schema, .output = &upload_report_schema,
                 .summary = "One upload with its rows"),
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
    ROUTE(HTTP_GET, "/reports/hours", SCOPE_READ | SCOPE_APPROVE, report_hours,
          .query = &report_query_schema, .output = &report_hours_schema, .media = "text/csv",
          .refuses = REFUSES(NOT_ACCEPTABLE), .summary = "Hours added up, or line by line",
          .doc = "Managers get everybody's entries from submitted on, others their own with their "
                 "drafts. With Accept: text/csv the rows come as a file with a line of names first "
                 "and a line of totals last; the same data gives the same bytes, and text cells "
                 "that begin with = + - @, a tab or a carriage return get an apostrophe before "
                 "them. Decimal hours are rounded so that the rows add up to the total. A transfer "
                 "that breaks off is not whole: its last line is missing."),
    ROUTE(HTTP_GET, "/reports/missing", SCOPE_READ | SCOPE_APPROVE, report_missing,
          .query = &missing_query_schema, .output = &missing_row_schema, .list = true,
          .media = "text/csv", .refuses = REFUSES(NOT_ACCEPTABLE),
          .summary = "Weeks that were not handed in",
          .doc = "One row for each person and week that is over, in which the person was active, "
                 "and that is missing, open or rejected; by week, then user_id. Managers get "
                 "everybody's, others their own."),
    /* audit trail */
    ROUTE(HTTP_GET, "/audit", SCOPE_ADMIN | SCOPE_READ, audit_list, .query = &audit_query_schema,
          .output = &audit_event_schema, .media = "application/x-ndjson",
          .summary = "The audit trail, one event a line",
          .doc = "What is about one's own person and weeks; with admin:timesheets everything. "
                 "Events of one person, week or project come in the order of their streams (a "
                 "person's own first, then week by week), others in order of time, oldest first."),
    ROUTE_CALLER(
        HTTP_GET, "/me", SCOPE_ANY, me_read, .output = &me_schema,
        .machine_output = &me_machine_schema, .summary = "Who is calling",
        .doc = "A person or a machine client, with the scopes of the token and the current week."),
    ROUTE_OPEN(HTTP_GET, "/openapi.json", openapi_read, .media = "application/json",
               .summary = "This description (OpenAPI 3.1)"),
    ROUTE_OPEN(HTTP_GET, "/health/live", health_live, .output = &live_schema,
               .summary = "Is the worker alive", .doc = "Asks nothing else."),
    ROUTE_OPEN(HTTP_GET, "/health/ready", health_ready, .output = &ready_schema,
               .refuses = REFUSES(UNAVAILABLE) | REFUSES(NO_KEYS),
               .summary = "Can the worker serve",
               .doc = "Asks the database and looks for keys of the identity provider; `errors` "
                      "of a 503 names what is missing."),
};

const size_t api_route_count = sizeof api_routes / sizeof api_routes[0];
