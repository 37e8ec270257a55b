/* The second opinion: libjwt decodes a token that has already passed our own gate and OpenSSL. */
#ifndef TS_LIBJWT_CHECK_PRIV_H
#define TS_LIBJWT_CHECK_PRIV_H

#include <talloc.h>

#include "ts/status.h"
#include "ts/str.h"

/* STATUS_OK when libjwt verifies the token with the key too and reads the same algorithm and
 * subject, STATUS_UNAUTHENTICATED when it does not, STATUS_NO_MEMORY. */
enum status libjwt_agrees(TALLOC_CTX *mem, struct str token, struct str pem,
                          struct str sub) TS_MUST_CHECK;

#endif
