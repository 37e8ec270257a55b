/* The FastCGI side of a worker: accept, read, reply (libfcgi, used as its public
 * interface allows). One request at a time; a signal lets the request in hand finish. */
#ifndef TS_FCGI_H
#define TS_FCGI_H

#include <stdint.h>
#include <talloc.h>

#include "ts/http.h"
#include "ts/status.h"

struct fcgi;

/* Takes over the listening socket listen_fd (0 under spawn-fcgi) and the signals TERM, USR1 and USR2.
 * STATUS_BAD_CONFIG when it is no listening socket. */
enum status fcgi_open(TALLOC_CTX *mem, int listen_fd, struct fcgi **out) TS_MUST_CHECK;

enum fcgi_event { FCGI_REQUEST, FCGI_IDLE, FCGI_STOP };
/* Waits at most timeout_ms for a request. FCGI_IDLE after the time-out, FCGI_STOP after a signal. */
enum fcgi_event fcgi_wait(struct fcgi *fcgi, int64_t timeout_ms);

/* The accepted request's parameters. */
void fcgi_request(const struct fcgi *fcgi, struct http_request *out);
/* Reads exactly `length` bytes of body into mem. STATUS_BAD_REQUEST when the sender gave fewer or more, STATUS_NO_MEMORY. */
enum status fcgi_body(TALLOC_CTX *mem, struct fcgi *fcgi, size_t length,
                      struct str *out) TS_MUST_CHECK;
/* Reads up to size bytes of the body that is left; *got is 0 at its end. */
enum status fcgi_read(struct fcgi *fcgi, char *data, size_t size, size_t *got) TS_MUST_CHECK;
/* Sends a part of a long reply: the head before the first one, then what the body holds, which is
 * emptied. STATUS_UNAVAILABLE when the other side has gone. */
enum status fcgi_send(struct fcgi *fcgi, struct http_reply *reply) TS_MUST_CHECK;
/* Breaks off a reply that has begun, so that the other side sees that it is not whole. */
void fcgi_abort(struct fcgi *fcgi);
/* Sends the reply (or what is left of it) and ends the request. Returns the bytes sent, or -1 when the other side has gone. */
int64_t fcgi_reply(struct fcgi *fcgi, const struct http_reply *reply);

#endif
