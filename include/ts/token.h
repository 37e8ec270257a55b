/* Access tokens: from the Authorization header to a complete set of verified claims,
 * or nothing (security.md sections 2 and 3). Owns the JWKS, its cache shared by the
 * pool, and the cache of verified tokens. */
#ifndef TS_TOKEN_H
#define TS_TOKEN_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

#include "ts/status.h"
#include "ts/str.h"

struct token_config {
    const char *issuer;          /* compared byte for byte with `iss` */
    const char *audience;        /* must be `aud` or one of it */
    const char *jwks_url;        /* https only */
    const char *jwks_ca_file;    /* extra trust anchor (development), NULL = the system's */
    const char *jwks_cache;      /* file shared by the pool */
    const char *claim_namespace; /* prefix of custom claims, e.g. "https://timesheets.example/" */
    const char *allowed_clients; /* space or comma separated client ids; NULL or empty = any */
    int64_t leeway_s;            /* for exp, nbf and iat; 0..300 */
    int64_t fresh_s;             /* age at which the JWKS is fetched again; 600 */
    int64_t cooldown_s;          /* least time between fetches for an unknown kid, pool-wide; 30 */
    int64_t stale_s;             /* how long known keys serve while the endpoint is down; 86400 */
    int64_t cache_tokens;        /* verified tokens kept by a worker; 0 = none */
};

/* What a verified token says. It lives until the next token_verify or verifier_maintain. */
struct claims {
    struct str sub;       /* bytes, 1..255, no control characters */
    struct str client_id; /* azp, else client_id; may be empty */
    uint32_t scopes;      /* SCOPE_ bits that are granted */
    bool machine;         /* a client-credentials token (design section 3) */
    struct str name;   /* <ns>name, else name; valid text of at most 200 characters, may be empty */
    struct str email;  /* lower-cased, only when the tenant says it is verified; else empty */
    struct str kind;   /* <ns>kind as it stands ("employee", "contractor"), may be empty */
    int64_t expires_s; /* `exp` */
};

struct verifier;

/* Reads the shared JWKS cache, or fetches when there is none that is fresh. An endpoint that is
 * down is no error: the verifier then knows no key and says so. STATUS_BAD_CONFIG (the log names
 * the setting), STATUS_NO_MEMORY, STATUS_INTERNAL. */
enum status verifier_open(TALLOC_CTX *mem, const struct token_config *config,
                          struct verifier **out) TS_MUST_CHECK;

/* The value of the Authorization header to claims. Anything but STATUS_OK comes with a fixed word
 * for the log in *reason and leaves *out alone. STATUS_UNAUTHENTICATED: "absent" (no credentials
 * were sent), "scheme", "shape", "base64", "json", "alg", "crit", "typ", "kid", "unknown-kid",
 * "signature", "iss", "aud", "exp", "nbf", "iat", "sub", "client", "gty" or "libjwt".
 * STATUS_NO_KEYS: "no-keys", none is known because the endpoint cannot be reached.
 * STATUS_NO_MEMORY and STATUS_INTERNAL: "memory". */
enum status token_verify(struct verifier *verifier, struct str authorization,
                         const struct claims **out, const char **reason) TS_MUST_CHECK;

/* Is there a usable key (readiness)? */
bool verifier_has_keys(const struct verifier *verifier);

/* Milliseconds until verifier_maintain has something to do. */
int64_t verifier_due_ms(const struct verifier *verifier);
/* Refreshes the JWKS when it is due: called between requests, never inside one. */
void verifier_maintain(struct verifier *verifier);

#endif
