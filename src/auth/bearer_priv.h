/* The token in an Authorization header (RFC 6750 section 2.1, RFC 9110 section 11.4). */
#ifndef TS_BEARER_PRIV_H
#define TS_BEARER_PRIV_H

#include "ts/status.h"
#include "ts/str.h"

enum { TOKEN_MAX_BYTES = 8192, AUTHORIZATION_MAX_BYTES = TOKEN_MAX_BYTES + 64 };

/* STATUS_UNAUTHENTICATED with *reason "absent", "scheme" or "shape". */
enum status bearer_token(struct str authorization, struct str *out,
                         const char **reason) TS_MUST_CHECK;

#endif
