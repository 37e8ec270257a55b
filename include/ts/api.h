/* The API: from a request to its reply. Routes, access, handlers; no FastCGI, so
 * that it can be driven by tests without a socket. */
#ifndef TS_API_H
#define TS_API_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

#include "ts/http.h"
#include "ts/status.h"
#include "ts/store.h"
#include "ts/token.h"

/* What handlers share. The opened parts belong to whoever opened them. */
struct api;
enum status api_open(TALLOC_CTX *mem, struct verifier *verifier, struct store *store,
                     const char *audit_key_file, struct api **out) TS_MUST_CHECK;

/* Where uploads are kept while they are read: a folder (borrowed); /tmp unless set. */
void api_spool_in(struct api *api, const char *folder);

/* The way to the other side of a request. Bodies are read when their time has come. */
struct api_io {
    void *peer;
    /* The whole body, exactly length bytes, into mem. */
    enum status (*body)(TALLOC_CTX *mem, void *peer, size_t length, struct str *out);
    /* Up to size bytes of the body that is left; *got is 0 at its end. */
    enum status (*read)(void *peer, char *data, size_t size, size_t *got);
    /* Sends what the reply's body holds and empties it; its head goes before the first part. */
    enum status (*send)(void *peer, struct http_reply *reply);
};

/* What the log line of a request says beside the reply. */
struct api_trace {
    const char *route;  /* path template; "" when no route matched */
    const char *reason; /* why a token was refused, else NULL */
    char subject[17];   /* 16 hex digits of the SHA-256 of the caller's subject, or empty */
    bool replayed;
    bool broken; /* a reply sent in parts could not be completed: break the connection off */
};

/* Answers one request. Never fails: what goes wrong is a problem document in the reply. */
void api_handle(TALLOC_CTX *mem, struct api *api, struct http_request *request,
                const struct api_io *io, struct http_reply *reply, struct api_trace *trace);

/* The contract, made of the route table and the field tables: the same bytes each time. Appended to
 * *out, whose status tells whether it fitted. */
void api_openapi(struct buf *out);   /* OpenAPI 3.1, JSON */
void api_reference(struct buf *out); /* a page to read, HTML without scripts */
/* Enough for either. */
enum { API_DOCUMENT_MAX = 4 << 20 };

#endif
