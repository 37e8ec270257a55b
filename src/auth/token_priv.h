/* For tests: what a verifier is made of. */
#ifndef TS_TOKEN_PRIV_H
#define TS_TOKEN_PRIV_H

#include "claims_priv.h"
#include "keyring_priv.h"
#include "token_cache_priv.h"
#include "ts/token.h"

struct verifier {
    struct claim_rules rules;
    struct keyring *keys;
    struct token_cache *cache; /* NULL = none */
    struct verified *last;     /* a result that is not in the cache */
    int64_t generation;        /* of the keys the cache was made with */
};

#endif
