/* What the files of the API layer share: a call in progress, the route table's rows, access. */
#ifndef TS_API_PRIV_H
#define TS_API_PRIV_H

#include "ts/api.h"
#include "ts/audit.h"
#include "ts/json.h"
#include "ts/scope.h"

enum {
    BODY_MAX = 64 << 10,
    WEEK_BODY_MAX = 256 << 10,
    UPLOAD_BODY_MAX = 16 << 20,
    REPLY_PART = 64 << 10, /* a reply sent in parts is sent when it has as many bytes */
    PARAMS_MAX = 2,
    SALT_BLOCK = 64 * EVENT_SALT_LEN
};

struct person_cache;

struct api {
    struct verifier *verifier;
    struct store *store;
    struct person_cache *people;
    const char *spool_folder;
    struct audit_key audit_key;
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
    const struct schema *or_output;      /* what there may be in its place */
    const struct schema *extension;      /* members that its STATUS_UPLOAD_REFUSED has besides */
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

/* Reads the query by the route's table. Only for handlers of routes that stream: a body's faults of
 * form come before those of the query. STATUS_INVALID. */
enum status call_query(struct call *call) TS_MUST_CHECK;

/* --- access --------------------------------------------------------------------- */
/* Token and scope of the call's route: fills in claims, or sets the challenge. */
enum status access_check(struct call *call) TS_MUST_CHECK;
/* The person behind verified claims: looked up, claimed or made at first use. The only maker of principals. */
enum status access_principal(struct call *call, struct principal *out) TS_MUST_CHECK;
/* Who uploads: a person, or a machine under the number of its client. *client is that number, 0 when
 * no source was made for the application. STATUS_NO_SOURCE for such a machine. */
enum status access_uploader(struct call *call, struct principal *out,
                            int64_t *client) TS_MUST_CHECK;
enum status person_cache_open(TALLOC_CTX *mem, struct person_cache **out) TS_MUST_CHECK;
/* Refuses for want of one of these scopes, with the challenge of RFC 6750. STATUS_NO_SCOPE. */
enum status access_refuse(struct call *call, uint32_t scopes) TS_MUST_CHECK;
/* Whose data is asked for by a `user` parameter (empty = one's own): a person's id and user_id.
 * Others' need approve:timesheets (STATUS_NO_SCOPE); STATUS_INVALID for nobody's. */
enum status access_whose(struct call *call, const struct principal *who, struct str user,
                         int64_t *person_id, struct str *user_id) TS_MUST_CHECK;

/* --- handlers -------------------------------------------------------------------- */
person_handler entries_list, entry_create, entry_read, entry_patch, entry_delete;
person_handler projects_list;
/* weeks */
person_handler weeks_list, week_read, week_save, week_submit, week_withdraw;
/* decisions */
person_handler approvals_list, approval_write, person_week_read, week_decide;
/* uploads */
caller_handler upload_write, uploads_list, upload_read;
/* people, projects, sources, the period lock */
person_handler project_read, project_create, project_patch;
person_handler people_list, person_read, person_create, person_patch;
person_handler sources_list, source_read, source_create, source_patch;
person_handler period_read, period_put;
/* reports */
person_handler report_hours, report_missing;
/* audit trail */
person_handler audit_list;
extern const struct schema audit_query_schema;
caller_handler me_read;
open_handler health_live, health_ready, openapi_read;
extern const struct schema live_schema, ready_schema;
/* Makes the OpenAPI document in api->openapi. */
enum status openapi_make(struct api *api) TS_MUST_CHECK;

/* what /me says of a person and of a machine */
extern const struct schema me_schema, me_machine_schema;

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

/* A list that is written row by row, of at most `limit` rows; the store is asked for one more, to
 * know whether there is a next page. */
struct list_page {
    struct call *call;
    const struct schema *schema;
    int64_t limit, count;
    struct str last; /* where the next page begins: the key of the last row */
};
/* `asked`: the limit of the query, 0 when it names none (then the most there may be). */
struct list_page page_begin(struct call *call, const struct schema *schema, int64_t asked);
/* Writes a row; key is copied if it is the last one. */
enum status page_add(struct list_page *page, const void *row, struct str key) TS_MUST_CHECK;
enum status page_end(struct list_page *page) TS_MUST_CHECK;

/* An ISO week in a query parameter ("?week"). STATUS_INVALID with a fault there. */
enum status query_week(struct call *call, const char *pointer, struct str text,
                       struct iso_week *out) TS_MUST_CHECK;
/* The cursor is none of this list's: STATUS_INVALID with a fault at ?cursor. */
enum status query_bad_cursor(struct call *call) TS_MUST_CHECK;

/* Link to the next page of a list (RFC 8288), with the given cursor in place of the request's. */
enum status reply_next(struct call *call, struct str cursor) TS_MUST_CHECK;
/* The cursor of a list of entries is the (date, id) of the last one given: 8 and 14 hexadecimal digits. */
enum { ENTRY_CURSOR_LEN = 8 + 14 };
bool entry_cursor_read(struct str text, struct date *date, int64_t *id) TS_MUST_CHECK;
enum status reply_next_entry(struct call *call, struct date date, int64_t id) TS_MUST_CHECK;
/* Appends a text as one segment or value of an address (RFC 3986 section 2). */
void add_encoded(struct buf *b, struct str text);

/* --- writes ------------------------------------------------------------------------ */
/* Is the request's Idempotency-Key, if it has one, well-formed? STATUS_BAD_REQUEST (part of the
 * body's 400s, which come before what a field table says). */
enum status write_key_check(struct call *call) TS_MUST_CHECK;
/* The request's Idempotency-Key and hash; STATUS_BAD_REQUEST for a malformed key. */
enum status write_key(struct call *call, const struct principal *who,
                      struct write_key *out) TS_MUST_CHECK;
/* How a written resource is answered: the kind of its tag, the address new ones are below and the
 * member of the reply that ends their address (NULL: none are made), and its GET. */
struct write_kind {
    enum etag_kind tag;
    const char *folder, *member;
    person_handler *read;
};
/* The answer to a write: `body` is the reply of the resource, which has that version and name. */
struct written {
    enum event_action action; /* that made something: 201 and Location; of a deletion: 204 */
    int64_t version;
    struct str name; /* ends the Location; only where something was made */
    struct str body;
};
enum status reply_written(struct call *call, const struct write_kind *kind,
                          const struct written *written) TS_MUST_CHECK;
/* The stored answer to an earlier request with the same key. Where it was erased, the resource as it
 * is now (STATUS_NOT_FOUND when it has gone, or what is left does not tell which it was). */
enum status reply_replayed(struct call *call, const struct principal *who,
                           const struct write_kind *kind,
                           const struct replay *replay) TS_MUST_CHECK;
/* Says of the reply that it is the repeat of an earlier one. */
void reply_mark_replayed(struct call *call);

/* A write to a resource that has a stream of events of its own (a project, a person, a source, the
 * period lock). The body of its transaction may run several times: it calls write_begin first, looks
 * the row up and checks it, and calls write_change with the row as it was and as it is, and
 * write_event when that is stored. */
struct write {
    struct call *call;
    const struct principal *who;
    const struct write_kind *kind;
    const struct schema *schema;
    struct iso_week stream;
    enum event_action action;
    struct write_key key;
    struct buf before, after;
    int64_t version; /* of the row as it is */
    struct str name; /* see struct written */
};
void write_begin(struct write *w);
/* was NULL: it is made. */
enum status write_change(struct write *w, const void *was, const void *now) TS_MUST_CHECK;
/* `id` is the row's, by which its stream is known. */
enum status write_event(struct write *w, struct tx *tx, int64_t id) TS_MUST_CHECK;
/* Runs the transaction and answers, or answers as the first time (Idempotency-Key). */
enum status write_run(struct write *w, store_tx_fn *body, void *arg) TS_MUST_CHECK;

/* Completes an event: who, salt, digest and its link in the chain, over everything but its number. */
enum status event_seal(struct api *api, const struct write_key *key,
                       struct event *event) TS_MUST_CHECK;
/* For the store, when it knows the number; arg is the struct api. */
store_seal_fn event_mac;
/* The version that the body of an earlier reply holds. STATUS_INTERNAL when it holds none. */
enum status replayed_version(struct call *call, struct str body, int64_t *out) TS_MUST_CHECK;

/* --- what may be booked --------------------------------------------------------------- */
/* May an entry have this date (design rule 3)? Else a fault is added at the pointer. */
bool booking_date(struct call *call, struct date date, const char *pointer);
/* May entries be in that week? Else a sentence says which may have some. */
bool booking_week(struct call *call, struct iso_week week);
/* The project with the code. STATUS_INVALID, with a fault at the pointer, when there is none. */
enum status booking_find(struct call *call, struct str code, const char *pointer,
                         struct project *out) TS_MUST_CHECK;
/* Its id, if it takes time for that date; STATUS_PROJECT_CLOSED (then the id is given too). */
enum status booking_project(struct call *call, struct str code, struct date date,
                            const char *pointer, int64_t *project_id) TS_MUST_CHECK;

/* --- sheets --------------------------------------------------------------------------- */
/* A person's week as `who` sees it, summed up; outside (tx NULL) or inside a transaction. All of it
 * is in mem. STATUS_NOT_FOUND when `who` may not see that person. */
enum status sheet_load(TALLOC_CTX *mem, struct call *call, struct tx *tx,
                       const struct principal *who, struct sheet_id id,
                       struct sheet *out) TS_MUST_CHECK;
/* Computes state, totals and warnings again, after its entries or empty_status have changed. */
enum status sheet_settle(TALLOC_CTX *mem, struct sheet *sheet) TS_MUST_CHECK;
/* The reply of GET: with ETag; 304 only while the state does not change by itself. */
enum status sheet_reply(struct call *call, const struct sheet *sheet) TS_MUST_CHECK;

/* A write whose reply is a week. Its body, which may run several times, goes: sheet_write_begin,
 * what the request refuses, sheet_write_version, the change to `sheet` in memory and to `before`,
 * sheet_write_week, the rows, tx_event_insert. Or it ends early with sheet_write_same. */
struct sheet_write {
    struct call *call;
    const struct principal *who;
    struct sheet_id id;
    struct write_key key;
    TALLOC_CTX *run;          /* memory of this run of the body */
    struct sheet sheet;       /* as it was read, then as it will be */
    int64_t at;               /* moment of this run, microseconds UTC */
    struct buf before, after; /* of the event; `after` is the reply */
};
/* Runs it and replies, or replays the stored reply of the same Idempotency-Key. */
enum status sheet_write_run(struct sheet_write *w, store_tx_fn *body) TS_MUST_CHECK;
/* Forgets what an earlier run left and reads the week. */
enum status sheet_write_begin(struct sheet_write *w, struct tx *tx) TS_MUST_CHECK;
/* STATUS_VERSION_REQUIRED, STATUS_STALE. When the effect of the request holds already, a stale
 * version is that of a repetition, which is answered as the first was: STATUS_OK. */
enum status sheet_write_version(struct sheet_write *w, bool holds) TS_MUST_CHECK;
/* There is nothing to change: the reply is the week as it is. */
enum status sheet_write_same(struct sheet_write *w) TS_MUST_CHECK;
/* Sums up `sheet` with its next version as the reply, seals the event and changes the week's row,
 * which is the lock of what follows. Runs the body again when the week is no longer what was read. */
enum status sheet_write_week(struct sheet_write *w, struct tx *tx, enum event_action action,
                             const struct week_change *change, struct event *event,
                             int64_t *seq) TS_MUST_CHECK;
/* Appends an entry to a JSON array in `before`, which sheet_write_week closes. */
void sheet_write_before(struct sheet_write *w, const struct entry *entry);
/* What one entry less (-1) or more (+1) is to its week. */
void week_change_add(struct week_change *change, const struct entry *entry, int sign);

#endif
