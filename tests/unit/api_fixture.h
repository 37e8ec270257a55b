/* What the tests of src/api share: a whole API without a socket. The database is real (store_test.h),
 * the keys are real (auth_unit.h), the clock stands on a day of its own so that no test depends on
 * when it runs. api_ask sends one request through api_handle and looks over the reply: whatever was
 * asked, it must be well-formed. */
#ifndef TS_TESTS_API_FIXTURE_H
#define TS_TESTS_API_FIXTURE_H

#include "../../src/api/api_priv.h"
#include "../../src/auth/jwks_cache_priv.h"
#include "auth_unit.h"
#include "store_test.h"

#define SITE_ISSUER "https://tenant.example/"
#define SITE_AUDIENCE "https://timesheets.example/api"
#define SITE_CLAIMS "https://timesheets.example/"
/* never asked: the tests know the key */
#define SITE_JWKS_URL "https://127.0.0.1:1/jwks.json"
#define SITE_AUDIT_KEY "0123456789abcdef0123456789abcdef"
#define SCOPES_ALL                                                                                 \
    "read:timesheets create:timesheets delete:timesheets approve:timesheets batch:upload "         \
    "admin:timesheets"
#define SCOPES_EMPLOYEE "read:timesheets create:timesheets delete:timesheets"
#define SCOPES_MANAGER SCOPES_EMPLOYEE " approve:timesheets"

/* Wednesday 2040-11-28 (2040-W48), 10:00 UTC: later than any run of the tests, because the age of
 * the key file is counted from the boot of the machine. */
enum { SITE_TODAY_DAYS = 25899 };
static const int64_t SITE_NOW_US = (SITE_TODAY_DAYS * INT64_C(86400) + 10 * 3600) * 1000000;

struct site {
    struct world *w;
    struct verifier *verifier;
    struct api *api;
};

/* --- opening ---------------------------------------------------------------------------------- */
static inline struct verifier *site_verifier(TALLOC_CTX *mem, int64_t cache_tokens)
{
    char *folder = unit_folder(mem), *path = unit_path(folder, "jwks");
    const struct token_config config = {.issuer = SITE_ISSUER,
                                        .audience = SITE_AUDIENCE,
                                        .jwks_url = SITE_JWKS_URL,
                                        .jwks_cache = path,
                                        .claim_namespace = SITE_CLAIMS,
                                        .leeway_s = 30,
                                        .fresh_s = 600,
                                        .cooldown_s = 30,
                                        .stale_s = 7 * 86400,
                                        .cache_tokens = cache_tokens};
    struct jwks_cache *cache;
    struct verifier *verifier;

    ck_assert_int_eq(jwks_cache_open(folder, path, SITE_JWKS_URL, &cache), STATUS_OK);
    ck_assert(jwks_cache_write(cache, str_of(unit_jwks(folder, unit_keys[0], "k1"))));
    talloc_free(cache);
    ck_assert_int_eq(verifier_open(folder, &config, &verifier), STATUS_OK);
    ck_assert(verifier_has_keys(verifier));
    return verifier;
}

/* A second worker of the same pool is another struct api on the same database. */
static inline struct api *site_worker(struct site *s, struct verifier *verifier)
{
    char *folder = unit_folder(s), *path = unit_path(folder, "other");
    struct store *store;
    struct api *api;

    unit_write_file(path, STR(SITE_AUDIT_KEY "\n"));
    ck_assert_int_eq(store_open(s, &s->w->config, &store), STATUS_OK);
    ck_assert_int_eq(api_open(s, verifier, store, path, &api), STATUS_OK);
    return api;
}

/* Each event's mac, and the heads they make, computed again with the key. */
struct chain {
    struct audit_key key;
    int64_t person_id, seq, streams;
    struct iso_week week;
    uint8_t head[EVENT_MAC_LEN];
};

static inline enum status chain_event(const struct stored_event *row, void *arg)
{
    struct chain *c = arg;
    uint8_t link[EVENT_MAC_LEN], mac[EVENT_MAC_LEN];

    if (row->seq == 1) {
        memset(c->head, 0, sizeof c->head);
        c->person_id = row->event.person_id;
        c->week = row->event.week;
        c->seq = 0;
        c->streams++;
    }
    ck_assert_int_eq(row->event.person_id, c->person_id);
    ck_assert_int_eq(row->event.week.number, c->week.number);
    ck_assert_int_eq(row->seq, ++c->seq);
    ck_assert_int_eq(audit_link(&c->key, &row->event, link), STATUS_OK);
    ck_assert_int_eq(audit_mac(&c->key, link, row->seq, mac), STATUS_OK);
    ck_assert_msg(memcmp(mac, row->mac.data, sizeof mac) == 0, "mac of %lld/%d#%lld",
                  (long long)c->person_id, c->week.number, (long long)c->seq);
    ck_assert_int_eq(audit_head_next(c->head, link), STATUS_OK);
    if (row->row_seq == row->seq)
        ck_assert_msg(memcmp(c->head, row->row_head.data, sizeof c->head) == 0, "head of %lld/%d",
                      (long long)c->person_id, c->week.number);
    return STATUS_OK;
}

static inline void check_sealed_chains(struct world *w)
{
    struct chain chain = {.key = {SITE_AUDIT_KEY, sizeof SITE_AUDIT_KEY - 1}};
    struct audit_reader *reader;
    struct store *store;

    ck_assert_int_eq(store_open(w, &w->config, &store), STATUS_OK);
    ck_assert_int_eq(audit_reader_open(store, store, &reader), STATUS_OK);
    ck_assert_int_eq(audit_events_each(reader, 0, chain_event, &chain), STATUS_OK);
    talloc_free(reader);
    talloc_free(store);
    ck_assert_int_eq(chain.streams, sql_number(w, "SELECT COUNT(*) FROM week WHERE seq > 0"));
}

static inline struct site *site_open(void)
{
    struct site *s = talloc_zero(NULL, struct site);

    log_set_level(LOG_ERROR); /* refusals are what these tests are about */
    clock_fake(SITE_NOW_US);
    ck_assert_int_eq(clock_set_zone("Europe/Berlin"), STATUS_OK);
    s->w = world_open();
    s->w->check_chains = check_sealed_chains;
    sql_do(s->w, "INSERT INTO project (code, name, state, starts_on, ends_on) VALUES"
                 " ('StoreZero', 'StoreZero', 0, NULL, NULL), ('SHUT', 'Shut', 1, NULL, NULL),"
                 " ('LATER', 'Later', 0, '2041-01-01', NULL), ('OTHER', 'Other', 0, NULL, NULL)");
    s->verifier = site_verifier(s, 64);
    s->api = site_worker(s, s->verifier);
    return s;
}

static inline void site_close(struct site *s)
{
    struct world *w = s->w;

    check_truth(w);
    talloc_free(s);
    world_close(w);
    clock_fake(0);
}

/* --- callers ------------------------------------------------------------------------------------ */
struct login {
    const char *sub, *email, *name, *kind, *scope;
    bool machine, unverified;
};

/* The Authorization header of a caller, as its tenant would issue the token. */
static inline char *site_login(struct site *s, const struct login *l)
{
    char *p = talloc_asprintf(s,
                              "{\"iss\":\"" SITE_ISSUER "\",\"aud\":\"" SITE_AUDIENCE
                              "\",\"exp\":%lld,\"sub\":\"%s\",\"azp\":\"app\",\"scope\":\"%s\"",
                              (long long)(SITE_NOW_US / 1000000 + 86400 * 365), l->sub, l->scope);

    if (l->machine)
        p = talloc_asprintf_append(p, ",\"gty\":\"client-credentials\"");
    if (l->email != NULL)
        p = talloc_asprintf_append(p, ",\"email\":\"%s\",\"email_verified\":%s", l->email,
                                   l->unverified ? "false" : "true");
    if (l->name != NULL)
        p = talloc_asprintf_append(p, ",\"name\":\"%s\"", l->name);
    if (l->kind != NULL)
        p = talloc_asprintf_append(p, ",\"" SITE_CLAIMS "kind\":\"%s\"", l->kind);
    p = talloc_asprintf_append(p, "}");
    return unit_bearer(
        s, unit_token(s, unit_keys[0], "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}", p));
}

#define LOGIN(s, ...) site_login((s), &(const struct login){__VA_ARGS__})

/* --- requests and replies ------------------------------------------------------------------------- */
struct ask {
    const char *method, *path, *query, *token, *body;
    const char *type, *length; /* NULL: as the body needs it */
    const char *if_match, *if_none_match, *key, *accept;
    struct api *api;             /* NULL: the site's */
    TALLOC_CTX *mem;             /* of the request; NULL: one of its own */
    void (*around)(bool before); /* called right before and after the request is handled */
};

struct answer {
    int status;
    const char *body; /* NUL-terminated, "" for none */
    struct http_reply reply;
    struct api_trace trace;
};

static inline enum status site_read(void *source, char *data, size_t size, size_t *got)
{
    struct str *body = source;

    *got = size < body->len ? size : body->len;
    if (*got > 0)
        memcpy(data, body->data, *got);
    *body = str_skip(*body, *got);
    return STATUS_OK;
}

/* Parts are kept together: what the client would have in the end is looked at. */
static inline enum status site_send(void *source, struct http_reply *reply)
{
    (void)source;
    reply->begun = false;
    return reply->body.status;
}

static inline enum status site_read_body(TALLOC_CTX *mem, void *source, size_t length,
                                         struct str *out)
{
    const struct str *body = source;

    if (body->len < length)
        return STATUS_BAD_REQUEST; /* as ts/fcgi.h says of a body that is cut short */
    char *data = talloc_size(mem, length == 0 ? 1 : length);
    if (data == NULL)
        return STATUS_NO_MEMORY;
    memcpy(data, body->data, length);
    *out = str_n(data, length);
    return STATUS_OK;
}

/* The value of a header that is there at most once, or the empty view. */
static inline struct str api_header(const struct answer *a, const char *name)
{
    struct str value = STR("");

    for (size_t i = 0; i < a->reply.header_count; i++) {
        if (strcmp(a->reply.headers[i].name, name) != 0)
            continue;
        ck_assert_msg(value.len == 0, "%s is there twice", name);
        value = a->reply.headers[i].value;
    }
    return value;
}

static inline void check_problem(const struct answer *a)
{
    char status[32];

    (void)snprintf(status, sizeof status, "\"status\":%d", a->status);
    ck_assert_str_eq(a->reply.content_type, "application/problem+json");
    ck_assert_msg(strstr(a->body, status) != NULL, "%s", a->body);
    ck_assert_msg(strstr(a->body, "\"type\":\"") != NULL, "%s", a->body);
    ck_assert_msg(strstr(a->body, "\"title\":\"") != NULL, "%s", a->body);
    ck_assert_view(api_header(a, "Cache-Control"), "no-store");
    ck_assert_int_eq(api_header(a, "Retry-After").len > 0, a->status == 503);
    ck_assert_int_eq(api_header(a, "WWW-Authenticate").len > 0 && a->status == 401,
                     a->status == 401);
}

/* A JSON text a line, each ended by a line feed. */
static inline void check_lines(const struct answer *a)
{
    struct str rest = str_of(a->body);
    const char *why = "";
    size_t at = 0;

    while (rest.len > 0) {
        ck_assert_msg(memchr(rest.data, '\n', rest.len) != NULL, "%s", a->body);
        struct str line = str_cut(rest, '\n', &rest);
        ck_assert_msg(json_check(line, &why, &at), "%s at %zu: %s", why, at, a->body);
    }
}

/* What is true of every reply. */
static inline void check_answer(const struct answer *a)
{
    const char *why = "";
    size_t at = 0;

    for (size_t i = 0; i < a->reply.header_count; i++) {
        struct str value = a->reply.headers[i].value;
        for (size_t k = 0; k < value.len; k++)
            ck_assert_msg(value.data[k] >= ' ' && value.data[k] <= '~', "byte %d in %s",
                          value.data[k], a->reply.headers[i].name);
    }
    if (a->reply.content_type == NULL) {
        ck_assert_msg(a->status == 204 || a->status == 304, "%d without a body", a->status);
        ck_assert_uint_eq(a->reply.body.len, 0);
        return;
    }
    ck_assert_int_eq(a->reply.body.status, STATUS_OK);
    if (strcmp(a->reply.content_type, "application/x-ndjson") == 0) {
        check_lines(a);
        return;
    }
    if (str_starts(str_of(a->reply.content_type), STR("text/csv"))) {
        size_t len = strlen(a->body);
        ck_assert_int_eq(a->status, 200);
        ck_assert_msg(len > 2 && strcmp(a->body + len - 2, "\r\n") == 0, "%s", a->body);
        return;
    }
    ck_assert_msg(json_check(str_of(a->body), &why, &at), "%s at %zu: %s", why, at, a->body);
    ck_assert_msg(a->body[strlen(a->body) - 1] == '\n', "%s", a->body);
    if (a->status >= 400)
        check_problem(a);
    else
        ck_assert_str_eq(a->reply.content_type, "application/json");
}

static inline struct http_request request_of(const struct ask *q)
{
    const char *type = q->type != NULL ? q->type : q->body != NULL ? "application/json" : NULL;

    return (struct http_request){.method = http_method_of(str_of(q->method)),
                                 .method_text = str_of(q->method),
                                 .path = str_of(q->path),
                                 .query = str_of(q->query),
                                 .content_type = str_of(type),
                                 .content_length = str_of(q->length),
                                 .authorization = str_of(q->token),
                                 .idempotency_key = str_of(q->key),
                                 .if_match = str_of(q->if_match),
                                 .if_none_match = str_of(q->if_none_match),
                                 .accept = str_of(q->accept),
                                 .request_id = STR("0123456789abcdef0123456789abcdef")};
}

static inline struct answer api_ask(struct site *s, struct ask q)
{
    struct answer a = {.status = 0};
    TALLOC_CTX *mem = q.mem != NULL ? q.mem : talloc_new(s);
    struct str body = str_of(q.body);
    const struct api_io io = {
        .peer = &body, .body = site_read_body, .read = site_read, .send = site_send};

    if (q.length == NULL && q.body != NULL)
        q.length = talloc_asprintf(s, "%zu", body.len);
    struct http_request request = request_of(&q);
    if (q.around != NULL)
        q.around(true);
    api_handle(mem, q.api != NULL ? q.api : s->api, &request, &io, &a.reply, &a.trace);
    if (q.around != NULL)
        q.around(false);
    a.status = a.reply.status;
    a.body = talloc_strndup(s, buf_str(&a.reply.body).data, a.reply.body.len);
    check_answer(&a);
    return a;
}

#define ASK(s, ...) api_ask((s), (struct ask){__VA_ARGS__})

/* A reply of that status; what it was instead is told. */
#define ck_status(answer, expected)                                                                \
    ck_assert_msg((answer).status == (expected), "%d, expected %d: %s", (answer).status,           \
                  (expected), (answer).body)
/* A refusal of that kind. */
#define ck_problem(answer, expected, slug)                                                         \
    do {                                                                                           \
        ck_status(answer, expected);                                                               \
        ck_assert_msg(strstr((answer).body, "#" slug "\"") != NULL, "not " slug ": %s",            \
                      (answer).body);                                                              \
    } while (0)

/* A number of a reply by its member's name. */
static inline int64_t number_of(const struct answer *a, const char *name)
{
    char *member = talloc_asprintf(NULL, "\"%s\":", name);
    const char *at = strstr(a->body, member);

    ck_assert_msg(at != NULL, "no %s in %s", name, a->body);
    int64_t value = strtoll(at + strlen(member), NULL, 10);
    talloc_free(member);
    return value;
}

static inline char *entry_path(struct site *s, int64_t id)
{
    return talloc_asprintf(s, "/api/timesheets/%lld", (long long)id);
}

#define ENTRY_BODY "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":60}"

/* Adds an entry and returns its id. */
static inline int64_t entry_made(struct site *s, const char *token, const char *body)
{
    struct answer a =
        ASK(s, .method = "POST", .path = "/api/timesheets", .token = token, .body = body);

    ck_status(a, 201);
    return number_of(&a, "id");
}

#endif
