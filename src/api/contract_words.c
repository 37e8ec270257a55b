/* The words of the documentation that belong to no single route or field. */
#include "contract_priv.h"

const char contract_intro[] =
    "Weekly timesheets: people enter hours and submit their weeks, managers approve or reject "
    "them, approved hours are exported.\n\n"
    "**Rights.** Every request but those for health and this description carries `Authorization: "
    "Bearer` and an access token of the company's identity provider (JWT, RS256). Each operation "
    "names the scopes that let a caller in; one of them is enough. What a caller may not see is "
    "`404`.\n\n"
    "**Errors** are `application/problem+json` (RFC 9457). Their `type` is a place in the "
    "reference page; `errors` names every member and parameter that is wrong, with its limit. "
    "Refusals come in this order: 401, 403 for the scope, 413, 415, 400, 422, 404, 428, 412, 403, "
    "409. The web server in front answers by itself, with the type `about:blank`, what is no valid "
    "HTTP request (400, 405, 408, 413, 414, 421, 431).\n\n"
    "**Versions.** A single resource has a `version` and an `ETag`. A change names the tag in "
    "`If-Match`: 428 without one, 412 when the resource has changed since.\n\n"
    "**Repeats.** A write with an `Idempotency-Key` is safe to send again; the second answer is "
    "the first one, with `Idempotency-Replayed: true`.\n\n"
    "**Lists** are bare arrays. When there is more, `Link` with `rel=\"next\"` has the next "
    "page.\n\n"
    "**Forms.** Text is UTF-8 without control characters other than tab and newline. Dates are "
    "civil dates, weeks are ISO 8601 weeks, instants are UTC. Durations are whole minutes; `hours` "
    "is the same as an exact decimal. Members and parameters that are not listed are refused.";

const char *contract_scope_name(enum scope_index scope)
{
    static const char *const names[SCOPE_INDEX_COUNT] = {
#define SCOPE_NAME(ident, name) [SCOPE_INDEX_##ident] = (name),
        TS_SCOPE_TABLE(SCOPE_NAME)
#undef SCOPE_NAME
    };

    return names[scope];
}

const char *contract_scope(enum scope_index scope)
{
    static const char *const docs[SCOPE_INDEX_COUNT] = {
        [SCOPE_INDEX_READ] = "Read one's own entries, weeks and reports, and the projects.",
        [SCOPE_INDEX_CREATE] = "Add and change one's own entries, save and submit one's own weeks.",
        [SCOPE_INDEX_DELETE] = "Delete one's own entries.",
        [SCOPE_INDEX_APPROVE] =
            "See what others have submitted, decide on it, and report on everybody.",
        [SCOPE_INDEX_UPLOAD] = "Upload entries from an outside system, for anybody.",
        [SCOPE_INDEX_ADMIN] = "Keep people, projects, sources, the period lock; read every event.",
    };

    return docs[scope];
}

const struct server_problem contract_server_problems[CONTRACT_SERVER_PROBLEMS] = {
    {429, "Too Many Requests",
     "Too many requests in a short time; `Retry-After` says when to go "
     "on."},
    {502, "Bad Gateway",
     "The API did not answer. A write with an `Idempotency-Key` may be sent "
     "again."},
    {504, "Gateway Timeout",
     "The API took too long. What was asked for may still have been done: a write with an "
     "`Idempotency-Key` may be sent again."},
};

/* By status: when it is answered and what to do. */
static const char *const problem_docs[STATUS_COUNT] = {
    [STATUS_BAD_REQUEST] =
        "The request is not formed as it must be: a body where none is taken or one that is cut "
        "short, a length that is no number, or an `Idempotency-Key` that is not 16 to 64 of `A-Z "
        "a-z 0-9 _ -`.",
    [STATUS_BAD_JSON] =
        "The body is not one JSON value by RFC 8259, or it has duplicate members, NUL, lone "
        "surrogates, invalid UTF-8 or an integer of more than 64 bits, or nests too deep. `detail` "
        "names the byte.",
    [STATUS_UNAUTHENTICATED] =
        "There is no access token, or it is not valid any more. Sign in and send a new one.",
    [STATUS_NO_SCOPE] = "The token is valid but has none of the scopes that this needs; "
                        "`WWW-Authenticate` names them.",
    [STATUS_PERSON_REQUIRED] =
        "The token belongs to a machine client, and this is for persons whatever the scopes say.",
    [STATUS_NOT_YOURS] = "The caller may see this but not change it: it belongs to somebody else.",
    [STATUS_SELF_APPROVAL] = "Nobody decides their own entries. Ask another approver.",
    [STATUS_FOUR_EYES] =
        "The caller was the last to change the content of an entry, so that somebody else has to "
        "decide it.",
    [STATUS_NO_SOURCE] =
        "The client is not the one that uploads for this source, or has no source at all. Admins "
        "keep the list of sources.",
    [STATUS_NOT_FOUND] = "There is nothing at this address that the caller may see.",
    [STATUS_BAD_METHOD] = "The address exists, but not for this method; `Allow` lists those it "
                          "takes.",
    [STATUS_NOT_ACCEPTABLE] = "`Accept` names no representation that this has.",
    [STATUS_APPROVED] = "The entry is approved, and approved entries do not change. A manager can "
                        "reopen the week.",
    [STATUS_NOT_SUBMITTED] =
        "Only what is submitted can be decided: this is a draft, or has been rejected.",
    [STATUS_TAKEN] = "Something else has this name, code, number or login already.",
    [STATUS_PERIOD_LOCKED] =
        "The date lies in a period that is locked: nothing changes there, for anybody.",
    [STATUS_PROJECT_CLOSED] = "The project is closed, or takes no time on that date.",
    [STATUS_EDITED_BY_OWNER] =
        "The owner of the uploaded entry has changed it since, and an upload "
        "does not undo that.",
    [STATUS_DELETED_BY_OWNER] =
        "The owner of the uploaded entry has deleted it, and an upload does "
        "not bring it back.",
    [STATUS_STALE] = "It has changed since it was read. Read it again, look, and decide anew.",
    [STATUS_TOO_LARGE] = "The body is larger than this takes; `detail` names the limit.",
    [STATUS_BAD_MEDIA_TYPE] = "The `Content-Type` is none that this takes.",
    [STATUS_INVALID] =
        "Members or parameters are unknown, missing, of the wrong type or beyond their limits. "
        "`errors` has all of them, each with its `pointer`: `/member` in the body, `?name` in the "
        "query.",
    [STATUS_DAY_OVER_24H] = "With this a day would have more than 24 hours over all projects.",
    [STATUS_UPLOAD_REFUSED] = "Some rows cannot be stored, so none has been. `rows` says which and "
                              "why; `mode=partial` stores the others.",
    [STATUS_KEY_REUSED] =
        "The `Idempotency-Key` was used by this caller for another request. Make a new key.",
    [STATUS_VERSION_REQUIRED] = "The change must name the version it is meant for: send `If-Match` "
                                "with the `ETag` that was read.",
    [STATUS_INTERNAL] = "Something failed on our side and has been logged under `instance`. "
                        "Nothing has been stored.",
    [STATUS_NO_MEMORY] = "The request needs more memory than a request may have. Ask for less at "
                         "a time.",
    [STATUS_UNAVAILABLE] =
        "The database cannot be reached just now. Try again after `Retry-After`.",
    [STATUS_CONTENDED] =
        "Too many changes of the same rows at once. Try again after `Retry-After`.",
    [STATUS_NO_KEYS] = "The identity provider cannot be reached and its keys are not known. Try "
                       "again after `Retry-After`.",
    [STATUS_BAD_SCHEMA] = "The database has a schema that this program does not know.",
};

const char *contract_problem(enum status st)
{
    return problem_docs[st];
}
