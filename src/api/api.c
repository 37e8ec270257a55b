/* The way of a request (design section 2): route, token, scope, body, handler, one reply. */
#include "api_priv.h"
#include "ts/log.h"

static enum status read_audit_key(struct api *api, const char *path)
{
    enum status st = audit_key_read(path, &api->audit_key);

    if (st == STATUS_BAD_CONFIG)
        LOG(LOG_ERROR, "audit_key_unusable", LOG_TEXT("file", path),
            LOG_TEXT("detail", "the file must hold a key of at least 16 bytes in its first line"));
    return st;
}

enum status api_open(TALLOC_CTX *mem, struct verifier *verifier, struct store *store,
                     const char *audit_key_file, struct api **out)
{
    struct api *api = talloc_zero(mem, struct api);
    enum status st = api == NULL ? STATUS_NO_MEMORY : STATUS_OK;

    if (st == STATUS_OK) {
        api->verifier = verifier;
        api->store = store;
        api->spool_folder = "/tmp";
        st = read_audit_key(api, audit_key_file);
        store_set_seal(store, event_mac, api);
    }
    if (st == STATUS_OK)
        st = person_cache_open(api, &api->people);
    if (st == STATUS_OK)
        st = openapi_make(api);
    if (st != STATUS_OK)
        return talloc_free(api), st;
    *out = api;
    return STATUS_OK;
}

void api_spool_in(struct api *api, const char *folder)
{
    api->spool_folder = folder;
}

void reply_json(struct call *call, int status, const char *cache_control)
{
    call->reply->status = status;
    call->reply->content_type = "application/json";
    http_reply_header(call->reply, "Cache-Control", str_of(cache_control));
}

enum status reply_etag(struct call *call, enum etag_kind kind, int64_t version)
{
    struct buf tag;

    buf_init(&tag, call->mem, 64);
    etag_write(&tag, kind, version);
    if (tag.status == STATUS_OK)
        http_reply_header(call->reply, "ETag", buf_str(&tag));
    return tag.status;
}

enum status reply_object(struct call *call, const struct schema *schema, const void *object,
                         enum etag_kind kind, int64_t version)
{
    struct str known = call->request->if_none_match;
    enum status st = reply_etag(call, kind, version);

    if (st != STATUS_OK)
        return st;
    reply_json(call, 200, "private, no-cache");
    if (known.len > 0 && etag_matches(known, kind, version))
        return STATUS_NOT_MODIFIED;
    json_write(&call->reply->body, schema, object);
    buf_add_char(&call->reply->body, '\n');
    return call->reply->body.status;
}

enum status require_version(struct call *call, enum etag_kind kind, int64_t version,
                            const char *what)
{
    struct str if_match = call->request->if_match;

    if (if_match.len == 0) {
        faults_detail(&call->faults,
                      "Send If-Match with the ETag you read, to change just that version.");
        return STATUS_VERSION_REQUIRED;
    }
    if (etag_matches(if_match, kind, version))
        return STATUS_OK;
    faults_detail(&call->faults, "%s is at version %lld now.", what, (long long)version);
    return STATUS_STALE;
}

enum status reply_part(struct call *call)
{
    struct buf *b = &call->reply->body;

    if (b->status != STATUS_OK || b->len < REPLY_PART)
        return b->status;
    return call->io->send(call->io->peer, call->reply);
}

/* A cursor may be any text (a project's code); in a header and a query only some characters may. */
void add_encoded(struct buf *b, struct str text)
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

enum status call_query(struct call *call)
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
    const size_t most = call->route->body_max == 0 ? BODY_MAX : call->route->body_max;
    if (length > (int64_t)most) {
        faults_detail(&call->faults, "A body may have at most %zu bytes, this one has %lld.", most,
                      (long long)length);
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
static enum status read_body(struct call *call)
{
    const struct schema *schema = call->route->body;
    const struct api_io *io = call->io;
    const struct json *json = NULL;
    size_t length = 0;
    enum status st = body_length(call, &length);

    if (st == STATUS_OK && call->route->streams)
        return check_key(call);
    bool empty = length == 0 && call->route->optional_body;
    if (st == STATUS_OK && schema != NULL && !empty && !http_is_json(call->request->content_type)) {
        faults_detail(&call->faults, "The body must be application/json.");
        st = STATUS_BAD_MEDIA_TYPE;
    }
    if (st == STATUS_OK && length > 0)
        st = io->body(call->mem, io->peer, length, &call->request->body);
    if (st == STATUS_OK && schema == NULL && length > 0) {
        faults_detail(&call->faults, "This request takes no body.");
        st = STATUS_BAD_REQUEST;
    }
    if (st == STATUS_OK)
        st = check_key(call);
    if (st != STATUS_OK || schema == NULL)
        return st;
    st = json_parse(call->mem, empty ? STR("{}") : call->request->body, &call->faults, &json);
    call->body = st == STATUS_OK ? talloc_zero_size(call->mem, schema->size) : NULL;
    if (st == STATUS_OK && call->body == NULL)
        st = STATUS_NO_MEMORY;
    return st == STATUS_OK ? json_read(call->mem, json, schema, call->body, &call->faults) : st;
}

/* Faults of query and body are told together. Who reads the body says when the query's turn is. */
static enum status read_input(struct call *call)
{
    enum status body = read_body(call);
    bool next = (body == STATUS_OK && !call->route->streams) || body == STATUS_INVALID;
    enum status query = next ? call_query(call) : STATUS_OK;

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

static enum status answer(struct call *call)
{
    enum status st = route_find(call);

    if (st == STATUS_OK) {
        call->trace->route = call->route->path;
        st = access_check(call);
    }
    if (st == STATUS_OK)
        st = read_input(call);
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
                const struct api_io *io, struct http_reply *reply, struct api_trace *trace)
{
    struct call call = {
        .mem = mem, .api = api, .request = request, .reply = reply, .io = io, .trace = trace};

    *trace = (struct api_trace){.route = ""};
    http_reply_init(reply, mem);
    faults_init(&call.faults, mem);
    store_request_begin(api->store);
    enum status st = answer(&call);
    if (reply->begun && st != STATUS_OK) { /* too late for a problem document */
        trace->broken = true;
        return;
    }
    if (st == STATUS_NOT_MODIFIED) {
        reply->status = 304;
        reply->content_type = NULL;
    } else if (st != STATUS_OK) {
        refuse(&call, st);
    }
}
