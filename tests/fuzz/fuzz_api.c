/* Requests, from their text to their reply, through the whole API but for the database, which does
 * not answer here. The input reads like HTTP: a line `METHOD path?query`, header lines, an empty
 * line, the body. `Authorization: employee` (manager, machine, reader, nobody, admin) stands for a
 * token that is good. Whatever comes in: the reply is a well-formed document, and nobody gets in
 * without a token. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../src/api/api_priv.h"
#include "../../src/auth/jwks_cache_priv.h"
#include "ts/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define JWKS_URL "https://127.0.0.1:1/jwks.json" /* nothing listens there */

static const struct {
    const char *name, *claims;
} callers[] = {
    {"employee", "\"sub\":\"auth0|ann\",\"email\":\"ann@abc.example\",\"email_verified\":true,"
                 "\"scope\":\"read:timesheets create:timesheets delete:timesheets\""},
    {"manager", "\"sub\":\"auth0|mia\",\"scope\":\"approve:timesheets\""},
    {"machine",
     "\"sub\":\"robot@clients\",\"gty\":\"client-credentials\",\"scope\":\"batch:upload\""},
    {"reader", "\"sub\":\"auth0|bob\",\"scope\":\"read:timesheets\""},
    {"nobody", "\"sub\":\"auth0|eve\",\"scope\":\"openid\""},
    {"admin", "\"sub\":\"auth0|root\",\"scope\":\"read:timesheets admin:timesheets\""},
};
enum { CALLERS = sizeof callers / sizeof callers[0] };

static struct {
    TALLOC_CTX *mem;
    struct api *api;
    char folder[64];
    const char *tokens[CALLERS];
} site;

static void require(bool held)
{
    if (!held)
        abort();
}

/* --- keys and tokens ------------------------------------------------------------------------------- */
static char *base64url(const void *data, size_t len)
{
    char *text = talloc_size(site.mem, len * 4 / 3 + 8);
    int n = EVP_EncodeBlock((unsigned char *)text, data, (int)len);

    for (int i = 0; i < n; i++)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i] == '=' ? '\0' : text[i];
    return text;
}

static char *number_of(const EVP_PKEY *key, const char *name)
{
    unsigned char bytes[512];
    BIGNUM *number = NULL;

    require(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    char *text = base64url(bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
    return text;
}

static const char *sign(EVP_PKEY *key, const char *claims)
{
    const char *header = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k\"}";
    char *payload = talloc_asprintf(site.mem,
                                    "{\"iss\":\"i\",\"aud\":\"a\",\"exp\":4102444800,"
                                    "\"azp\":\"app\",%s}",
                                    claims);
    char *text = talloc_asprintf(site.mem, "%s.%s", base64url(header, strlen(header)),
                                 base64url(payload, strlen(payload)));
    unsigned char signature[512];
    size_t len = sizeof signature;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    require(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1);
    require(EVP_DigestSign(ctx, signature, &len, (unsigned char *)text, strlen(text)) == 1);
    EVP_MD_CTX_free(ctx);
    return talloc_asprintf(site.mem, "Bearer %s.%s", text, base64url(signature, len));
}

/* --- the API ------------------------------------------------------------------------------------------ */
static char *path_of(const char *name)
{
    return talloc_asprintf(site.mem, "%s/%s", site.folder, name);
}

static void close_site(void)
{
    static const char *const names[] = {"jwks", "jwks.lock", "audit"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(path_of(names[i])); /* best effort, at the end */
    (void)rmdir(site.folder);
    talloc_free(site.mem);
}

static void open_verifier(EVP_PKEY *key, struct verifier **out)
{
    const struct token_config config = {.issuer = "i",
                                        .audience = "a",
                                        .jwks_url = JWKS_URL,
                                        .jwks_cache = path_of("jwks"),
                                        .leeway_s = 30,
                                        .fresh_s = 86400,
                                        .cooldown_s = 3600,
                                        .stale_s = 7 * 86400,
                                        .cache_tokens = 64};
    char *jwks = talloc_asprintf(
        site.mem, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"%s\",\"e\":\"%s\"}]}",
        number_of(key, OSSL_PKEY_PARAM_RSA_N), number_of(key, OSSL_PKEY_PARAM_RSA_E));
    struct jwks_cache *cache;

    require(jwks_cache_open(site.mem, config.jwks_cache, JWKS_URL, &cache) == STATUS_OK);
    require(jwks_cache_write(cache, str_of(jwks)));
    talloc_free(cache);
    require(verifier_open(site.mem, &config, out) == STATUS_OK);
}

static void open_site(void)
{
    const char *base = getenv("TMPDIR");
    EVP_PKEY *key = EVP_RSA_gen(2048);
    struct verifier *verifier;
    struct store *store;

    log_set_level(LOG_ERROR + 1);
    site.mem = talloc_new(NULL);
    require(snprintf(site.folder, sizeof site.folder, "%s/fuzz-api-XXXXXX",
                     base == NULL ? P_tmpdir : base) < (int)sizeof site.folder);
    require(mkdtemp(site.folder) != NULL);
    require(atexit(close_site) == 0);
    open_verifier(key, &verifier);
    for (size_t i = 0; i < CALLERS; i++)
        site.tokens[i] = sign(key, callers[i].claims);
    EVP_PKEY_free(key);
    const struct store_config config = {.socket = path_of("no-database"),
                                        .name = "n",
                                        .user = "u",
                                        .connect_s = 1,
                                        .io_s = 1,
                                        .lock_wait_s = 1,
                                        .request_ms = 4000};
    require(store_open(site.mem, &config, &store) == STATUS_OK);
    FILE *file = fopen(path_of("audit"), "w");
    require(file != NULL && fputs("0123456789abcdef\n", file) >= 0 && fclose(file) == 0);
    require(api_open(site.mem, verifier, store, path_of("audit"), &site.api) == STATUS_OK);
}

/* --- one request ---------------------------------------------------------------------------------------- */
static enum status read_body(TALLOC_CTX *mem, void *source, size_t length, struct str *out)
{
    const struct str *body = source;

    if (body->len < length)
        return STATUS_BAD_REQUEST;
    char *data = talloc_size(mem, length); /* of its exact size, so that a sanitizer sees its end */
    memcpy(data, body->data, length);
    *out = str_n(data, length);
    return STATUS_OK;
}

static enum status read_some(void *source, char *data, size_t size, size_t *got)
{
    struct str *body = source;

    *got = size < body->len ? size : body->len;
    if (*got > 0)
        memcpy(data, body->data, *got);
    *body = str_skip(*body, *got);
    return STATUS_OK;
}

static enum status keep_part(void *source, struct http_reply *reply)
{
    (void)source;
    return reply->body.status;
}

/* False when the caller has no good token. */
static bool set_token(struct http_request *r)
{
    for (size_t i = 0; i < CALLERS; i++) {
        if (!str_eq(r->authorization, str_of(callers[i].name)))
            continue;
        r->authorization = str_of(site.tokens[i]);
        return true;
    }
    return false;
}

static void set_header(struct http_request *r, struct str name, struct str value)
{
    const struct {
        const char *name;
        struct str *to;
    } headers[] = {{"Content-Type", &r->content_type},   {"Content-Length", &r->content_length},
                   {"Authorization", &r->authorization}, {"Idempotency-Key", &r->idempotency_key},
                   {"If-Match", &r->if_match},           {"If-None-Match", &r->if_none_match}};

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (str_eq_nocase(name, str_of(headers[i].name)))
            *headers[i].to = str_trim(value);
    }
}

static void read_request(TALLOC_CTX *mem, struct str text, struct http_request *r, struct str *body)
{
    struct str target, line = str_cut(text, '\n', &text);

    *r = (struct http_request){.request_id = STR("0123456789abcdef")};
    r->method_text = str_cut(line, ' ', &target);
    r->method = http_method_of(r->method_text);
    r->path = str_cut(target, '?', &r->query);
    while (text.len > 0) {
        struct str value, header = str_cut(text, '\n', &text);
        if (header.len == 0)
            break;
        struct str name = str_cut(header, ':', &value);
        if (value.data != NULL)
            set_header(r, name, value);
    }
    *body = text;
    if (r->content_length.len == 0)
        r->content_length = str_of(talloc_asprintf(mem, "%zu", text.len));
}

static void check_headers(const struct http_reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        struct str value = reply->headers[i].value;
        require(value.len > 0);
        for (size_t k = 0; k < value.len; k++)
            require(value.data[k] >= ' ' && value.data[k] <= '~');
    }
}

static void check_reply(const struct http_reply *reply, bool known)
{
    static const int statuses[] = {200, 400, 401, 403, 404, 405, 413, 415, 422, 503};
    char status[32];
    const char *why;
    size_t at;
    bool listed = false;

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        listed = listed || reply->status == statuses[i];
    require(listed);
    check_headers(reply);
    require(reply->content_type != NULL && reply->body.status == STATUS_OK);
    require(json_check(buf_str(&reply->body), &why, &at));
    bool problem = strcmp(reply->content_type, "application/problem+json") == 0;
    require(problem == (reply->status >= 400));
    int len = snprintf(status, sizeof status, "\"status\":%d", reply->status);
    require(!problem || memmem(reply->body.data, reply->body.len, status, (size_t)len) != NULL);
    /* live, and /me for a machine, need no database; nothing else can succeed */
    bool live = memmem(buf_str(&reply->body).data, reply->body.len, "\"live\"", 6) != NULL;
    require(reply->status != 200 || known || live);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request request;
    struct http_reply reply;
    struct api_trace trace;
    struct str body;
    const struct api_io io = {
        .peer = &body, .body = read_body, .read = read_some, .send = keep_part};
    struct str text = size == 0 ? STR("") : str_n((const char *)data, size);

    if (site.mem == NULL)
        open_site();
    TALLOC_CTX *mem = talloc_new(site.mem);
    read_request(mem, text, &request, &body);
    bool known = set_token(&request);
    api_handle(mem, site.api, &request, &io, &reply, &trace);
    check_reply(&reply, known);
    require(known || reply.status != 403);
    require(trace.route != NULL && strlen(trace.subject) <= 16);
    talloc_free(mem);
    return 0;
}
