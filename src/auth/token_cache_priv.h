/* Verified tokens, so that a signature is paid for once: a bounded table keyed by the SHA-256 of
 * the whole Authorization value; the least recently used gives way. */
#ifndef TS_TOKEN_CACHE_PRIV_H
#define TS_TOKEN_CACHE_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

#include "claims_priv.h"
#include "ts/crypto.h"
#include "ts/status.h"

enum { TOKEN_CACHE_MAX = 65536 };

struct token_cache;

/* For 1..TOKEN_CACHE_MAX tokens. STATUS_NO_MEMORY. */
enum status token_cache_new(TALLOC_CTX *mem, size_t capacity,
                            struct token_cache **out) TS_MUST_CHECK;

/* What was kept under the digest, or NULL. Valid until it is removed or gives way. */
const struct verified *token_cache_get(struct token_cache *cache, const uint8_t digest[SHA256_LEN]);
/* Keeps what is not there yet; verified then belongs to the cache. */
void token_cache_put(struct token_cache *cache, const uint8_t digest[SHA256_LEN],
                     struct verified *verified);
void token_cache_remove(struct token_cache *cache, const uint8_t digest[SHA256_LEN]);

/* Removes what keep refuses. */
typedef bool token_cache_keep_fn(const struct verified *verified, const void *arg);
void token_cache_prune(struct token_cache *cache, token_cache_keep_fn *keep, const void *arg);

size_t token_cache_count(const struct token_cache *cache);

#endif
