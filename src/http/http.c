#include "ts/http.h"

#include <stdio.h>

#include "ts/parse.h"

static const char *const method_names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

enum http_method http_method_of(struct str name)
{
    for (int i = 0; i < HTTP_OTHER; i++) {
        if (str_eq(name, str_of(method_names[i])))
            return (enum http_method)i;
    }
    return HTTP_OTHER;
}

const char *http_method_name(enum http_method method)
{
    return method == HTTP_OTHER ? "OTHER" : method_names[method];
}

void http_reply_init(struct http_reply *reply, TALLOC_CTX *mem)
{
    *reply = (struct http_reply){.mem = mem, .status = 200};
    buf_init(&reply->body, mem, HTTP_REPLY_MAX);
}

void http_reply_header(struct http_reply *reply, const char *name, struct str value)
{
    if (reply->header_count < HTTP_HEADERS_MAX)
        reply->headers[reply->header_count++] = (struct http_header){name, value};
}

/* Reason phrases (RFC 9110 section 15, RFC 6585): nginx passes on what it is given, and an older client of ours
 * shows them. */
static const char *reason(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (phrases[i].status == status)
            return phrases[i].phrase;
    }
    return "Unknown";
}

void http_reply_head(struct buf *out, const struct http_reply *reply)
{
    buf_add_str(out, STR("Status: "));
    buf_add_i64(out, reply->status);
    buf_add_char(out, ' ');
    buf_add_str(out, str_of(reason(reply->status)));
    if (reply->content_type != NULL) {
        buf_add_str(out, STR("\r\nContent-Type: "));
        buf_add_str(out, str_of(reply->content_type));
    }
    if (reply->content_type != NULL && !reply->parted) {
        buf_add_str(out, STR("\r\nContent-Length: "));
        buf_add_i64(out, (int64_t)reply->body.len);
    }
    for (size_t i = 0; i < reply->header_count; i++) {
        buf_add_str(out, STR("\r\n"));
        buf_add_str(out, str_of(reply->headers[i].name));
        buf_add_str(out, STR(": "));
        buf_add_str(out, reply->headers[i].value);
    }
    buf_add_str(out, STR("\r\n\r\n"));
}

bool http_is_media(struct str content_type, const char *media)
{
    struct str parameter, value;
    struct str type = str_trim(str_cut(content_type, ';', &parameter));

    if (!str_eq_nocase(type, str_of(media)))
        return false;
    if (parameter.data == NULL)
        return true;
    struct str name = str_trim(str_cut(str_trim(parameter), '=', &value));
    return str_eq_nocase(name, STR("charset")) &&
           (str_eq_nocase(value, STR("utf-8")) || str_eq_nocase(value, STR("\"utf-8\"")));
}

bool http_is_json(struct str content_type)
{
    return http_is_media(content_type, "application/json");
}

bool http_content_length(const struct http_request *request, int64_t *out)
{
    if (request->content_length.len == 0) {
        *out = 0;
        return true;
    }
    return parse_i64(request->content_length, 0, INT64_C(1) << 40, out);
}

bool http_is_key(struct str key)
{
    if (key.len < 16 || key.len > 64)
        return false;
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-'))
            return false;
    }
    return true;
}
