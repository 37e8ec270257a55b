/* The strict gate for compact JWS (RFC 7515 section 7.1): everything that can be decided about a
 * token before a key is looked for. */
#ifndef TS_JWT_PRIV_H
#define TS_JWT_PRIV_H

#include <stdbool.h>
#include <talloc.h>

#include "ts/json.h"
#include "ts/status.h"
#include "ts/str.h"

enum { KID_MAX_BYTES = 128 };

struct jwt {
    struct str signed_part; /* header and payload with their dot, as sent */
    struct str kid;
    struct str
        payload; /* decoded, not parsed: nothing may read it before the signature is checked */
    struct str signature;
    bool is_at_jwt; /* `typ` is at+jwt (RFC 9068) */
};

/* The texts belong to mem or point into token. STATUS_UNAUTHENTICATED with *reason "shape",
 * "base64", "json", "alg", "crit", "typ" or "kid"; STATUS_NO_MEMORY. */
enum status jwt_open(TALLOC_CTX *mem, struct str token, struct jwt *out,
                     const char **reason) TS_MUST_CHECK;

/* The checks of the header alone: its JSON text into kid and is_at_jwt. */
enum status jwt_header_read(TALLOC_CTX *mem, struct str text, struct jwt *out,
                            const char **reason) TS_MUST_CHECK;

/* Strict JSON with an object at the top, else *reason "json". */
enum status jwt_json(TALLOC_CTX *mem, struct str text, const struct json **out,
                     const char **reason) TS_MUST_CHECK;

/* Is the value (NULL = absent) a JSON string of min..max bytes? */
bool jwt_is_string(const struct json *value, size_t min, size_t max);

#endif
