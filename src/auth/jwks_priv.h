/* A key set (RFC 7517 section 5): which of its keys may verify our tokens. */
#ifndef TS_JWKS_PRIV_H
#define TS_JWKS_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

#include "rs256_priv.h"
#include "ts/crypto.h"
#include "ts/status.h"
#include "ts/str.h"

enum { JWKS_MAX_BYTES = 256 * 1024, JWKS_MAX_KEYS = 100 };

struct jwk {
    struct str kid;
    uint8_t id[SHA256_LEN]; /* over kid, n and e: the same key in another set has the same id */
    struct rs256_key *rsa;
};

struct jwks {
    size_t count;
    size_t skipped; /* members of `keys` that are not for us */
    struct jwk keys[JWKS_MAX_KEYS];
};

/* STATUS_BAD_JSON when the text is no key set or has more than JWKS_MAX_KEYS members,
 * STATUS_NO_KEYS when none of its keys is usable, STATUS_NO_MEMORY, STATUS_INTERNAL. */
enum status jwks_parse(TALLOC_CTX *mem, struct str text, struct jwks **out) TS_MUST_CHECK;

/* The key of that kid, byte for byte, or NULL. */
const struct jwk *jwks_find(const struct jwks *set, struct str kid);
/* The key of that id, or NULL. */
const struct jwk *jwks_find_id(const struct jwks *set, const uint8_t id[SHA256_LEN]);

#endif
