/* What the files of the API layer share: a call in progress, the route table's rows, access. */
#ifndef TS_API_PRIV_H
#define TS_API_PRIV_H

#include "ts/api.h"
#include "ts/json.h"
#include "ts/scope.h"

enum {
    BODY_MAX = 64 << 10,
    WEEK_BODY_MAX = 256 << 10,
    UPLOAD_BODY_MAX = 16 << 20,
    REPLY_PART = 64 << 10, /* a reply sent in parts is sent when it has as many bytes */
    PARAMS_MAX = 2,
    AUDIT_KEY_MIN = 16,
    AUDIT_KEY_MAX = 128,
    SALT_BLOCK = 64 * EVENT_SALT_LEN
};

struct person_cache;

struct api {
    struct verifier *verifier;
    struct store *store;
    struct person_cache *people;
    uint8_t audit_key[AUDIT_KEY_MAX];
    size_t audit_key_len;
    uint8_t salts[SALT_BLOCK]; /* random bytes drawn in one go; those before salt_used are spent */
    size_t salt_used;
    struct buf openapi; /* the OpenAPI document */
};

/* One request being answered. */
struct call {
    TALLOC_CTX *mem;
    struct api *api;
    struct http_request *request;
    struct http_reply *reply;
    const struct api_io *io;
    struct faults faults;
    struct api_trace *trace;
    const struct route *route;
    struct str params[PARAMS_MAX]; /* what the {names} of the path template matched */
    const struct claims *claims;   /* NULL on open routes */
    void *query;                   /* struct of route->query, filled in */
    void *body;                    /* struct of route->body, filled in */
    uint32_t allowed_methods;      /* of the path, bits 1 << enum http_method */
};

/* --- routes --------------------------------------------------------------------- */
typedef enum status open_handler(struct call *call);
typedef enum status person_handler(struct call *call, const struct principal *who);
typedef enum status caller_handler(struct call *call, const struct claims *claims);

struct route {
    enum http_method method;
    const char *path; /* below /api; {name} matches one segment */
    uint32_t scopes;  /* any of these lets the caller in; 0 = open to everybody */
    open_handler *open;
    person_handler *person;
    caller_handler *caller;
    const struct schema *query;
    const struct schema *body;
    const struct schema *output;         /* NULL: none, or `media` says what */
    const struct schema *machine_output; /* what a machine gets instead; NULL: the same */
    bool list;                           /* the reply is an array of it */
    bool streams;       /* the handler reads the body itself; body only describes it */
    bool versioned;     /* needs If-Match */
    bool optional_body; /* an empty body stands for {} */
    size_t body_max;    /* 0 = BODY_MAX */
    int success;        /* status of success; 0 = 200 */
    int or_success;     /* another one, 0 = none */
    uint64_t refuses;  /* REFUSES() of what it may answer beside what every route of its kind may */
    const char *media; /* a further media type of the reply, e.g. text/csv */
    const char *summary; /* a line */
    const char *doc;     /* more, or NULL */
};

#define REFUSES(slug) (UINT64_C(1) << STATUS_##slug)

/* A number that does not compile when no scope is given. */
#define SCOPES_REQUIRED(set) ((set) + 0 * sizeof(char[(set) != 0 ? 1 : -1]))

/* For everybody. Adding one means changing the test that lists them. */
#define ROUTE_OPEN(http_method, template, handler, ...)                                            \
    {                                                                                              \
        .method = (http_method), .path = (template), .open = (handler), __VA_ARGS__                \
    }
/* For a person who has one of the scopes. */
#define ROUTE(http_method, template, scope_set, handler, ...)                                      \
    {                                                                                              \
        .method = (http_method), .path = (template), .scopes = SCOPES_REQUIRED(scope_set),         \
        .person = (handler), __VA_ARGS__                                                           \
    }
/* For persons and machines. */
#define ROUTE_CALLER(http_method, template, scope_set, handler, ...)                               \
    {                                                                                              \
        .method = (http_method), .path = (template), .scopes = SCOPES_REQUIRED(scope_set),         \
        .caller = (handler), __VA_ARGS__                                                           \
    }

extern const struct route api_routes[];
extern const size_t api_route_count;

/* The row for the call's method and path, its parameters filled in. STATUS_NOT_FOUND, STATUS_BAD_METHOD (allowed_methods says which). */
enum status route_find(struct call *call) TS_MUST_CHECK;

/* --- access --------------------------------------------------------------------- */
/* Token and scope of the call's route: fills in claims, or sets the challenge. */
enum status access_check(struct call *call) TS_MUST_CHECK;
/* The person behind verified claims: looked up, claimed or made at first use. The only maker of principals. */
enum status access_principal(struct call *call, struct principal *out) TS_MUST_CHECK;
enum status person_cache_open(TALLOC_CTX *mem, struct person_cache **out) TS_MUST_CHECK;

/* --- handlers -------------------------------------------------------------------- */
person_handler entries_list, entry_create, entry_read, entry_patch, entry_delete;
person_handler projects_list;
/* weeks */
/* decisions */
/* uploads */
/* people, projects, sources, the period lock */
/* reports */
/* audit trail */
caller_handler me_read;
open_handler health_live, health_ready, openapi_read;
extern const struct schema me_schema, me_machine_schema, live_schema, ready_schema;
/* Makes the OpenAPI document in api->openapi. */
enum status openapi_make(struct api *api) TS_MUST_CHECK;

/* --- replies ---------------------------------------------------------------------- */
/* A JSON reply is being written to call->reply->body; these set what goes around it. */
void reply_json(struct call *call, int status, const char *cache_control);
/* ETag of a version; the text is in call->mem. */
enum status reply_etag(struct call *call, enum etag_kind kind, int64_t version) TS_MUST_CHECK;

/* A JSON reply that holds one object of the schema, with the ETag of its version; 304 when the
 * request has it already (STATUS_NOT_MODIFIED). For GET. */
enum status reply_object(struct call *call, const struct schema *schema, const void *object,
                         enum etag_kind kind, int64_t version) TS_MUST_CHECK;
/* Does the request's If-Match name this version? STATUS_VERSION_REQUIRED, STATUS_STALE, with a
 * sentence about `what` ("The project"). */
enum status require_version(struct call *call, enum etag_kind kind, int64_t version,
                            const char *what) TS_MUST_CHECK;
/* For replies that may be long: sends what has been written once it fills a part. The status is
 * then settled: a later failure breaks the connection off. */
enum status reply_part(struct call *call) TS_MUST_CHECK;

/* Link to the next page of a list (RFC 8288), with the given cursor in place of the request's. */
enum status reply_next(struct call *call, struct str cursor) TS_MUST_CHECK;

/* --- writes ------------------------------------------------------------------------ */
/* Is the request's Idempotency-Key, if it has one, well-formed? STATUS_BAD_REQUEST (part of the
 * body's 400s, which come before what a field table says). */
enum status write_key_check(struct call *call) TS_MUST_CHECK;
/* The request's Idempotency-Key and hash; STATUS_BAD_REQUEST for a malformed key. */
enum status write_key(struct call *call, const struct principal *who,
                      struct write_key *out) TS_MUST_CHECK;
/* Completes an event: who, salt, digest and MAC over everything but its place in the stream. */
enum status event_seal(struct api *api, const struct write_key *key,
                       struct event *event) TS_MUST_CHECK;

#endif
