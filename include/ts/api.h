/* The API: from a request to its reply. Routes, access, handlers; no FastCGI, so
 * that it can be driven by tests without a socket. */
#ifndef TS_API_H
#define TS_API_H

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

/* Reads the body when its time has come: exactly length bytes into mem. */
typedef enum status api_read_body_fn(TALLOC_CTX *mem, void *source, size_t length, struct str *out);

/* What the log line of a request says beside the reply. */
struct api_trace {
    const char *route;  /* path template; "" when no route matched */
    const char *reason; /* why a token was refused, else NULL */
    char subject[17];   /* 16 hex digits of the SHA-256 of the caller's subject, or empty */
    bool replayed;
};

/* Answers one request. Never fails: what goes wrong is a problem document in the reply. */
void api_handle(TALLOC_CTX *mem, struct api *api, struct http_request *request,
                api_read_body_fn *read_body, void *source, struct http_reply *reply,
                struct api_trace *trace);

#endif
