/* A request as nginx hands it over, a reply as it goes back, and the small HTTP
 * grammars both need. Views in a request point into the FastCGI parameters and
 * live until the reply is sent. */
#ifndef TS_HTTP_H
#define TS_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

#include "ts/buf.h"
#include "ts/faults.h"
#include "ts/field.h"
#include "ts/status.h"
#include "ts/str.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OTHER };

/* By name, case-sensitive (RFC 9110 section 9.1); HTTP_OTHER for every other word. */
enum http_method http_method_of(struct str name);
const char *http_method_name(enum http_method method);

struct http_request {
    enum http_method method;
    struct str method_text;
    struct str path; /* normalised by nginx ($uri), begins with /api/ */
    struct str query;
    struct str content_type, content_length;
    struct str authorization, idempotency_key, if_match, if_none_match, accept;
    struct str request_id;
    struct str body;
};

enum { HTTP_HEADERS_MAX = 8, HTTP_REPLY_MAX = 8 << 20 };

struct http_header {
    const char *name;
    struct str value;
};

struct http_reply {
    TALLOC_CTX *mem;
    int status;
    const char *content_type; /* NULL = no body */
    struct buf body;
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    bool parted; /* sent in parts as it grows: the head tells no length */
    bool begun;  /* the head has been sent */
};

void http_reply_init(struct http_reply *reply, TALLOC_CTX *mem);
/* Adds a header; name is static text, value is borrowed until the reply is sent. */
void http_reply_header(struct http_reply *reply, const char *name, struct str value);
/* Writes status line and headers as a CGI response (RFC 3875 section 6). */
void http_reply_head(struct buf *out, const struct http_reply *reply);

/* Turns a failed status and its faults into a problem document (RFC 9457) in the reply, replacing what was there.
 * The one writer of application/problem+json. instance is the request id. */
void problem_write(struct http_reply *reply, enum status st, const struct faults *faults,
                   struct str request_id);

/* The same with its last brace left out, for further members. */
void problem_open(struct http_reply *reply, enum status st, const struct faults *faults,
                  struct str request_id);

/* Is this that media type, with at most `charset=utf-8`? */
bool http_is_media(struct str content_type, const char *media);
/* ... `application/json`? */
bool http_is_json(struct str content_type);
/* CONTENT_LENGTH: digits; absent = 0. */
bool http_content_length(const struct http_request *request, int64_t *out) TS_MUST_CHECK;
/* An Idempotency-Key: [A-Za-z0-9_-]{16,64}. */
bool http_is_key(struct str key);

/* Reads a query string by a field table (schema NULL: nothing is allowed): a closed set of names, each once, values
 * percent-decoded ('+' is a space), valid UTF-8. Adds to faults with pointer "?name". Texts are in mem. */
enum status query_read(TALLOC_CTX *mem, const struct schema *schema, struct str query, void *out,
                       struct faults *faults) TS_MUST_CHECK;
/* Appends the query string again without the member called `without`, in characters that are safe in a header. */
void query_rewrite(struct buf *b, struct str query, struct str without);

/* Entity tags: a letter for the kind of resource and its version, `"e3"`; compared without W/ (nginx
 * weakens them when it compresses). */
enum etag_kind {
    ETAG_ENTRY = 'e',
    ETAG_WEEK = 'w',
    ETAG_PROJECT = 'p',
    ETAG_PERSON = 'u',
    ETAG_SOURCE = 's',
    ETAG_PERIOD = 'l'
};
void etag_write(struct buf *b, enum etag_kind kind, int64_t version);
/* Does an If-Match or If-None-Match list (RFC 9110 section 13.1) name that version? "*" names all. */
bool etag_matches(struct str header, enum etag_kind kind, int64_t version);
/* The version of a list of exactly one of our tags. */
bool etag_version(struct str header, enum etag_kind kind, int64_t *out) TS_MUST_CHECK;

/* Which of the media types on offer an Accept header asks for (RFC 9110 section 12.5.1): the one with
 * the highest weight, of equal ones the first; the first when there is no header. *out is its place.
 * STATUS_NOT_ACCEPTABLE when it takes none. A member that is malformed takes nothing. */
enum status accept_choose(struct str header, const char *const *offers, size_t count,
                          size_t *out) TS_MUST_CHECK;

#endif
