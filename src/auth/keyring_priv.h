/* The keys this worker verifies with: where they come from, how old they are, when they are fetched
 * again (security.md section 3). */
#ifndef TS_KEYRING_PRIV_H
#define TS_KEYRING_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

#include "jwks_cache_priv.h"
#include "jwks_fetch_priv.h"
#include "jwks_priv.h"
#include "ts/status.h"
#include "ts/token.h"

enum { BACKOFF_MAX_MS = 300000 };

struct keyring {
    struct jwks_source source;
    struct jwks_cache *cache;
    int64_t fresh_ms, cooldown_ms, stale_ms;
    int64_t jitter_permille;     /* 0..100; differs between workers so that one goes first */
    struct jwks *set;            /* NULL = none */
    int64_t fetched_ms;          /* boot clock, of the set; may lie before the boot */
    int64_t due_ms;              /* boot clock: when keyring_maintain has something to do */
    struct jwks_attempt attempt; /* the last one known here */
    bool has_attempt;
    int64_t generation; /* rises with each change of the set */
};

/* Reads the shared file, fetches when it is not fresh. Without a reachable endpoint the ring has no
 * keys. STATUS_BAD_CONFIG, STATUS_NO_MEMORY. */
enum status keyring_open(TALLOC_CTX *mem, const struct token_config *config,
                         struct keyring **out) TS_MUST_CHECK;

/* Is there a set that is not too old? */
bool keyring_is_usable(const struct keyring *ring);

/* The key of that kid. For one that is not known the shared file is looked at again, and the
 * endpoint asked if no other worker does and the pool's cooldown allows. NULL when it stays
 * unknown. */
const struct jwk *keyring_find(struct keyring *ring, struct str kid);

int64_t keyring_due_ms(const struct keyring *ring);
/* Does what is due: re-reads the file or fetches. */
void keyring_maintain(struct keyring *ring);

#endif
