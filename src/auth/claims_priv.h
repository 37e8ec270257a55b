/* The claims of a token whose signature holds: which must be there, what they must say, and what
 * they grant (security.md section 2, steps 6 and 7). */
#ifndef TS_CLAIMS_PRIV_H
#define TS_CLAIMS_PRIV_H

#include <stdint.h>
#include <talloc.h>

#include "ts/crypto.h"
#include "ts/status.h"
#include "ts/str.h"
#include "ts/token.h"

enum { SUB_MAX_BYTES = 255, CLIENT_MAX_BYTES = 255, NAME_MAX_CHARS = 200, KIND_MAX_BYTES = 64 };
enum { EMAIL_MIN_BYTES = 3, EMAIL_MAX_BYTES = 254 };

/* The configuration, made ready. */
struct claim_rules {
    struct str issuer, audience;
    const struct str *clients; /* allowed; none = any */
    size_t client_count;
    int64_t leeway_us;
    /* names of the custom claims; NULL without a namespace */
    const char *ns_email, *ns_email_verified, *ns_name, *ns_kind;
};

/* What is kept of a verified token. */
struct verified {
    struct claims claims;
    int64_t exp_us, nbf_us, iat_us; /* 0 = absent (nbf, iat) */
    uint8_t key_id[SHA256_LEN];     /* of the key that signed it */
};

/* Texts belong to mem. STATUS_BAD_CONFIG for an empty issuer or audience. */
enum status claim_rules_init(TALLOC_CTX *mem, const struct token_config *config,
                             struct claim_rules *out) TS_MUST_CHECK;

/* Reads and checks everything but the times; key_id is left alone. The texts belong to mem.
 * STATUS_UNAUTHENTICATED with *reason "json", "iss", "aud", "exp", "nbf", "iat", "sub", "client"
 * or "gty". */
enum status claims_read(TALLOC_CTX *mem, struct str payload, const struct claim_rules *rules,
                        struct verified *out, const char **reason) TS_MUST_CHECK;

/* Is it time? STATUS_UNAUTHENTICATED with *reason "exp", "nbf" or "iat". Asked again on every
 * use of a kept token. */
enum status claims_check_times(const struct verified *verified, const struct claim_rules *rules,
                               int64_t now_us, const char **reason) TS_MUST_CHECK;

/* A copy with its texts in one chunk. NULL when memory is short. */
struct verified *claims_copy(TALLOC_CTX *mem, const struct verified *from);

#endif
