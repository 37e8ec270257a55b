/* Strict base64url (RFC 4648 section 5, RFC 7515 section 2): its alphabet only, no padding, no
 * length of 1 mod 4, unused bits zero. So bytes have exactly one spelling. */
#ifndef TS_BASE64URL_PRIV_H
#define TS_BASE64URL_PRIV_H

#include <talloc.h>

#include "ts/status.h"
#include "ts/str.h"

/* The bytes (NUL-terminated, NUL not counted) belong to mem. STATUS_INVALID, STATUS_NO_MEMORY. */
enum status base64url_decode(TALLOC_CTX *mem, struct str text, struct str *out) TS_MUST_CHECK;

#endif
