/* The one list of outcomes. Every function that can fail returns one of these;
 * http/problem.c turns the ones that reach a client into a problem document
 * (RFC 9457). A row: identifier, HTTP status, problem slug, title. */
#ifndef TS_STATUS_H
#define TS_STATUS_H

#define TS_MUST_CHECK __attribute__((warn_unused_result))

#define TS_STATUS_TABLE(X)                                                                         \
    X(OK, 200, "ok", "OK")                                                                         \
    X(NOT_MODIFIED, 304, "not-modified", "Not modified")                                           \
    X(BAD_REQUEST, 400, "malformed-request", "Malformed request")                                  \
    X(BAD_JSON, 400, "malformed-json", "The body is not valid JSON")                               \
    X(UNAUTHENTICATED, 401, "invalid-token", "Missing or invalid token")                           \
    X(NO_SCOPE, 403, "insufficient-scope", "The token lacks the scope for this")                   \
    X(PERSON_REQUIRED, 403, "person-required", "Only a person may do this")                        \
    X(NOT_YOURS, 403, "not-yours", "This belongs to somebody else")                                \
    X(SELF_APPROVAL, 403, "self-approval", "Nobody decides their own entries")                     \
    X(FOUR_EYES, 403, "four-eyes", "Whoever last changed an entry does not decide it")             \
    X(NO_SOURCE, 403, "no-source", "The client may not upload for this source")                    \
    X(NOT_FOUND, 404, "not-found", "Not found")                                                    \
    X(BAD_METHOD, 405, "method-not-allowed", "Method not allowed")                                 \
    X(NOT_ACCEPTABLE, 406, "not-acceptable", "There is no such representation")                    \
    X(APPROVED, 409, "approved", "The entry is approved")                                          \
    X(NOT_SUBMITTED, 409, "not-submitted", "It is not submitted")                                  \
    X(EDITED_BY_OWNER, 409, "edited-by-owner", "Its owner has changed it since")                   \
    X(DELETED_BY_OWNER, 409, "deleted-by-owner", "Its owner has deleted it")                       \
    X(TAKEN, 409, "taken", "The name is taken")                                                    \
    X(PERIOD_LOCKED, 409, "period-locked", "The period is locked")                                 \
    X(PROJECT_CLOSED, 409, "project-closed", "The project is closed on that date")                 \
    X(STALE, 412, "version-mismatch", "It has changed since you read it")                          \
    X(TOO_LARGE, 413, "body-too-large", "The body is too large")                                   \
    X(BAD_MEDIA_TYPE, 415, "unsupported-media-type", "Unsupported media type")                     \
    X(INVALID, 422, "validation", "Some fields are not valid")                                     \
    X(DAY_OVER_24H, 422, "day-over-24h", "More than 24 hours on one day")                          \
    X(UPLOAD_REFUSED, 422, "upload-refused", "Nothing was stored: some rows are not valid")        \
    X(KEY_REUSED, 422, "idempotency-key-reused", "The Idempotency-Key belongs to another request") \
    X(VERSION_REQUIRED, 428, "precondition-required", "If-Match is required")                      \
    X(INTERNAL, 500, "internal", "Something went wrong on our side")                               \
    X(NO_MEMORY, 503, "out-of-memory", "The request needs more memory than it may have")           \
    X(UNAVAILABLE, 503, "database-unavailable", "The database cannot be reached")                  \
    X(CONTENDED, 503, "conflict-retry", "Too many changes at once, try again")                     \
    X(NO_KEYS, 503, "tenant-unavailable", "The identity provider's keys cannot be fetched")        \
    X(BAD_CONFIG, 500, "bad-configuration", "The configuration is not valid")                      \
    X(BAD_SCHEMA, 500, "schema-mismatch", "The database schema does not fit this program")

enum status {
#define TS_STATUS_ENUM(ident, http, slug, title) STATUS_##ident,
    TS_STATUS_TABLE(TS_STATUS_ENUM)
#undef TS_STATUS_ENUM
        STATUS_COUNT
};

/* HTTP status code of a row, 200..599. */
int status_http(enum status st);
/* Problem slug of a row, e.g. "day-over-24h"; static text. */
const char *status_slug(enum status st);
/* Human title of a row; static text. */
const char *status_title(enum status st);

#endif
