/* The way of a request (design section 2): route, token, scope, body, handler, one reply. */
#include <fcntl.h>
#include <unistd.h>

#include "api_priv.h"
#include "ts/log.h"

/* The key is the file's first line; anything shorter than 128 bits is a mistake. */
static enum status read_audit_key(struct api *api, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, api->audit_key, sizeof api->audit_key);

    if (fd >= 0)
        close(fd);
    struct str rest,
        line = str_cut(str_n((char *)api->audit_key, got < 0 ? 0 : (size_t)got), '\n', &rest);
    if (line.len < AUDIT_KEY_MIN) {
        LOG(LOG_ERROR, "audit_key_unusable", LOG_TEXT("file", path),
            LOG_TEXT("detail", "the file must hold a key of at least 16 bytes in its first line"));
        return STATUS_BAD_CONFIG;
    }
    api->audit_key_len = line.len;
    return STATUS_OK;
}

enum status api_open(TALLOC_CTX *mem, struct verifier *verifier, struct store *store,
                     const char *audit_key_file, struct api **out)
{
    struct api *api = talloc_zero(mem, struct api);
    enum status st = api == NULL ? STATUS_NO_MEMORY : STATUS_OK;

    if (st == STATUS_OK) {
        api->verifier = verifier;
        api->store = store;
        st = read_audit_key(api, audit_key_file);
    }
    if (st == STATUS_OK)
        st = person_cache_open(api, &api->people);
    if (st != STATUS_OK)
        return talloc_free(api), st;
    *out = api;
    return STATUS_OK;
}

void reply_json(struct call *call, int status, const char *cache_control)
{
    call->reply->status = status;
    call->reply->content_type = "application/json";
    http_reply_header(call->reply, "Cache-Control", str_of(cache_control));
}

enum status reply_etag(struct call *call, int64_t version)
{
    struct buf tag;

    buf_init(&tag, call->mem, 64);
    etag_write(&tag, version);
    if (tag.status == STATUS_OK)
        http_reply_header(call->reply, "ETag", buf_str(&tag));
    return tag.status;
}

/* A cursor may be any text (a project's code); in a header and a query only some characters may. */
static void add_encoded(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~') {
            buf_add_char(b, text.data[i]);
        } else {
            buf_add_char(b, '%');
            buf_add_hex(b, &c, 1);
        }
    }
}

enum status reply_next(struct call *call, struct str cursor)
{
    struct buf link;

    buf_init(&link, call->mem, 16384);
    buf_add_str(&link, STR("</api"));
    buf_add_str(&link, str_of(call->route->path));
    buf_add_char(&link, '?');
    query_rewrite(&link, call->request->query, STR("cursor"));
    buf_add_str(&link, STR("cursor="));
    add_encoded(&link, cursor);
    buf_add_str(&link, STR(">; rel=\"next\""));
    if (link.status == STATUS_OK)
        http_reply_header(call->reply, "Link", buf_str(&link));
    return link.status;
}

static enum status read_query(struct call *call)
{
    const struct schema *schema = call->route->query;

    if (schema == NULL && call->request->query.len == 0)
        return STATUS_OK;
    if (schema != NULL) {
        call->query = talloc_zero_size(call->mem, schema->size);
        if (call->query == NULL)
            return STATUS_NO_MEMORY;
    }
    return query_read(call->mem, schema, call->request->query, call->query, &call->faults);
}

static enum status body_length(struct call *call, size_t *out)
{
    int64_t length;

    if (!http_content_length(call->request, &length))
        return STATUS_BAD_REQUEST;
    if (length > BODY_MAX) {
        faults_detail(&call->faults, "A body may have at most %d bytes, this one has %lld.",
                      BODY_MAX, (long long)length);
        return STATUS_TOO_LARGE;
    }
    *out = (size_t)length;
    return STATUS_OK;
}

/* Only writes have a use for a key. */
static enum status check_key(struct call *call)
{
    bool reads = call->route->method == HTTP_GET;

    return reads ? STATUS_OK : write_key_check(call);
}

/* 413, 415, 400, then what the field table says (422). A route without a body takes none. */
static enum status read_body(struct call *call, api_read_body_fn *read, void *source)
{
    const struct schema *schema = call->route->body;
    const struct json *json = NULL;
    size_t length = 0;
    enum status st = body_length(call, &length);

    if (st == STATUS_OK && schema != NULL && !http_is_json(call->request->content_type)) {
        faults_detail(&call->faults, "The body must be application/json.");
        st = STATUS_BAD_MEDIA_TYPE;
    }
    if (st == STATUS_OK && length > 0)
        st = read(call->mem, source, length, &call->request->body);
    if (st == STATUS_OK && schema == NULL && length > 0) {
        faults_detail(&call->faults, "This request takes no body.");
        st = STATUS_BAD_REQUEST;
    }
    if (st == STATUS_OK)
        st = check_key(call);
    if (st != STATUS_OK || schema == NULL)
        return st;
    st = json_parse(call->mem, call->request->body, &call->faults, &json);
    call->body = st == STATUS_OK ? talloc_zero_size(call->mem, schema->size) : NULL;
    if (st == STATUS_OK && call->body == NULL)
        st = STATUS_NO_MEMORY;
    return st == STATUS_OK ? json_read(json, schema, call->body, &call->faults) : st;
}

/* Faults of query and body are told together. */
static enum status read_input(struct call *call, api_read_body_fn *read, void *source)
{
    enum status body = read_body(call, read, source);
    enum status query = body == STATUS_OK || body == STATUS_INVALID ? read_query(call) : STATUS_OK;

    return body != STATUS_OK ? body : query;
}

static enum status run_handler(struct call *call)
{
    const struct route *route = call->route;
    struct principal who;
    enum status st;

    if (route->open != NULL)
        return route->open(call);
    if (route->caller != NULL)
        return route->caller(call, call->claims);
    st = access_principal(call, &who);
    return st == STATUS_OK ? route->person(call, &who) : st;
}

static enum status answer(struct call *call, api_read_body_fn *read, void *source)
{
    enum status st = route_find(call);

    if (st == STATUS_OK) {
        call->trace->route = call->route->path;
        st = access_check(call);
    }
    if (st == STATUS_OK)
        st = read_input(call, read, source);
    if (st == STATUS_OK)
        st = run_handler(call);
    if (st == STATUS_OK && call->reply->body.status != STATUS_OK)
        st = call->reply->body.status == STATUS_TOO_LARGE ? STATUS_INTERNAL
                                                          : call->reply->body.status;
    return st;
}

static void allow_header(struct call *call)
{
    struct buf allow;

    buf_init(&allow, call->mem, 64);
    for (int m = 0; m < HTTP_OTHER; m++) {
        bool named = (call->allowed_methods >> m & 1) != 0 ||
                     (m == HTTP_HEAD && (call->allowed_methods >> HTTP_GET & 1) != 0);
        if (named) {
            buf_add_str(&allow, allow.len > 0 ? STR(", ") : STR(""));
            buf_add_str(&allow, str_of(http_method_name((enum http_method)m)));
        }
    }
    if (allow.status == STATUS_OK)
        http_reply_header(call->reply, "Allow", buf_str(&allow));
}

/* A refusal: headers that belong to success go, those that belong to the refusal come. */
static void refuse(struct call *call, enum status st)
{
    size_t kept = 0;

    for (size_t i = 0; i < call->reply->header_count; i++) {
        if (strcmp(call->reply->headers[i].name, "WWW-Authenticate") == 0)
            call->reply->headers[kept++] = call->reply->headers[i];
    }
    call->reply->header_count = kept;
    problem_write(call->reply, st, &call->faults, call->request->request_id);
    http_reply_header(call->reply, "Cache-Control", STR("no-store"));
    if (st == STATUS_BAD_METHOD)
        allow_header(call);
    if (call->reply->status == 503)
        http_reply_header(call->reply, "Retry-After", STR("2"));
}

void api_handle(TALLOC_CTX *mem, struct api *api, struct http_request *request,
                api_read_body_fn *read, void *source, struct http_reply *reply,
                struct api_trace *trace)
{
    struct call call = {.mem = mem, .api = api, .request = request, .reply = reply, .trace = trace};

    *trace = (struct api_trace){.route = ""};
    http_reply_init(reply, mem);
    faults_init(&call.faults, mem);
    store_request_begin(api->store);
    enum status st = answer(&call, read, source);
    if (st == STATUS_NOT_MODIFIED) {
        reply->status = 304;
        reply->content_type = NULL;
    } else if (st != STATUS_OK) {
        refuse(&call, st);
    }
}
