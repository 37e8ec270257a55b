#include "ts/http.h"
#include "ts/json.h"

static void write_member(struct buf *b, const char *name, const char *value)
{
    buf_add_str(b, str_of(name));
    json_write_text(b, str_of(value));
}

static void write_faults(struct buf *b, const struct faults *faults)
{
    size_t kept = faults->count < FAULTS_MAX ? faults->count : FAULTS_MAX;

    buf_add_str(b, STR(",\"errors\":["));
    for (size_t i = 0; i < kept; i++) {
        const struct fault *fault = &faults->list[i];
        write_member(b, i == 0 ? "{\"pointer\":" : ",{\"pointer\":", fault->pointer);
        write_member(b, ",\"code\":", fault->code);
        write_member(b, ",\"detail\":", fault->detail);
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
}

/* The type is a place in the API's own documentation, so it can be looked up (RFC 9457 section 3.1.1). */
static void write_document(struct buf *b, enum status st, const struct faults *faults,
                           struct str request_id)
{
    buf_add_str(b, STR("{\"type\":\"/api/docs#"));
    buf_add_str(b, str_of(status_slug(st)));
    write_member(b, "\",\"title\":", status_title(st));
    buf_add_str(b, STR(",\"status\":"));
    buf_add_i64(b, status_http(st));
    if (faults->detail != NULL)
        write_member(b, ",\"detail\":", faults->detail);
    buf_add_str(b, STR(",\"instance\":\"urn:request:"));
    buf_add_str(b, request_id);
    buf_add_char(b, '"');
    if (faults->count > 0)
        write_faults(b, faults);
}

void problem_open(struct http_reply *reply, enum status st, const struct faults *faults,
                  struct str request_id)
{
    reply->status = status_http(st);
    reply->content_type = "application/problem+json";
    buf_init(&reply->body, reply->mem, HTTP_REPLY_MAX);
    write_document(&reply->body, st, faults, request_id);
}

void problem_write(struct http_reply *reply, enum status st, const struct faults *faults,
                   struct str request_id)
{
    static char last_resort[] =
        "{\"type\":\"about:blank\",\"title\":\"Out of memory\",\"status\":503}\n";

    problem_open(reply, st, faults, request_id);
    buf_add_str(&reply->body, STR("}\n"));
    if (reply->body.status != STATUS_OK) { /* no memory even for this: a text that needs none */
        reply->status = 503;
        reply->body = (struct buf){.data = last_resort, .len = sizeof last_resort - 1};
    }
}
