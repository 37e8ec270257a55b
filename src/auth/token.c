#include "ts/token.h"

#include "auth_priv.h"
#include "bearer_priv.h"
#include "jwt_priv.h"
#include "libjwt_check_priv.h"
#include "token_priv.h"
#include "ts/clock.h"
#include "ts/log.h"

/* --- opening --------------------------------------------------------------------- */

static enum status bad_setting(const char *name)
{
    LOG(LOG_ERROR, "bad_token_setting", LOG_TEXT("name", name));
    return STATUS_BAD_CONFIG;
}

static enum status check_config(const struct token_config *config)
{
    const struct {
        const char *name;
        int64_t value, min, max;
    } numbers[] = {
        {"leeway_s", config->leeway_s, 0, 300},
        {"fresh_s", config->fresh_s, 1, 86400},
        {"cooldown_s", config->cooldown_s, 1, 3600},
        {"stale_s", config->stale_s, config->fresh_s, INT64_C(7) * 86400},
        {"cache_tokens", config->cache_tokens, 0, TOKEN_CACHE_MAX},
    };
    const struct {
        const char *name, *value;
    } texts[] = {{"issuer", config->issuer},
                 {"audience", config->audience},
                 {"jwks_cache", config->jwks_cache}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (str_of(texts[i].value).len == 0)
            return bad_setting(texts[i].name);
    }
    if (!str_starts(str_of(config->jwks_url), STR("https://")))
        return bad_setting("jwks_url");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].value < numbers[i].min || numbers[i].value > numbers[i].max)
            return bad_setting(numbers[i].name);
    }
    return STATUS_OK;
}

enum status verifier_open(TALLOC_CTX *mem, const struct token_config *config, struct verifier **out)
{
    enum status st = check_config(config);
    if (st != STATUS_OK)
        return st;
    struct verifier *verifier = talloc_zero(mem, struct verifier);
    if (verifier == NULL)
        return STATUS_NO_MEMORY;
    st = claim_rules_init(verifier, config, &verifier->rules);
    if (st == STATUS_OK && config->cache_tokens > 0)
        st = token_cache_new(verifier, (size_t)config->cache_tokens, &verifier->cache);
    if (st == STATUS_OK)
        st = keyring_open(verifier, config, &verifier->keys);
    if (st != STATUS_OK)
        return talloc_free(verifier), st;
    verifier->generation = verifier->keys->generation;
    *out = verifier;
    return STATUS_OK;
}

/* --- the cache of verified tokens ----------------------------------------------------- */

static bool has_its_key(const struct verified *verified, const void *arg)
{
    const struct jwks *set = arg;

    return jwks_find_id(set, verified->key_id) != NULL;
}

/* After a change of keys: a token goes with the key that signed it. */
static void follow_keys(struct verifier *verifier)
{
    if (verifier->generation == verifier->keys->generation)
        return;
    verifier->generation = verifier->keys->generation;
    if (verifier->cache != NULL)
        token_cache_prune(verifier->cache, has_its_key, verifier->keys->set);
}

/* STATUS_NOT_FOUND when nothing is kept under the digest (or the keys have become too old to
 * trust). */
static enum status find_kept(struct verifier *verifier, const uint8_t digest[SHA256_LEN],
                             const struct claims **out, const char **reason)
{
    const struct verified *kept = token_cache_get(verifier->cache, digest);

    if (kept == NULL || !keyring_is_usable(verifier->keys))
        return STATUS_NOT_FOUND;
    enum status st = claims_check_times(kept, &verifier->rules, clock_wall_us(), reason);
    if (st == STATUS_OK)
        *out = &kept->claims;
    else
        token_cache_remove(verifier->cache, digest);
    return st;
}

/* --- verifying -------------------------------------------------------------------------- */

/* libjwt 1.10 refuses `at+jwt` (RFC 9068): there OpenSSL's word stands alone. */
static enum status ask_libjwt(TALLOC_CTX *mem, struct str token, const struct jwt *jwt,
                              const struct jwk *key, struct str sub, const char **reason)
{
    if (jwt->is_at_jwt)
        return STATUS_OK;
    enum status st = libjwt_agrees(mem, token, rs256_key_pem(key->rsa), sub);
    return st == STATUS_UNAUTHENTICATED ? refuse(reason, "libjwt") : st;
}

/* The order of security.md section 2. The texts of out belong to mem. */
static enum status check(TALLOC_CTX *mem, struct verifier *verifier, struct str authorization,
                         struct verified *out, const char **reason)
{
    struct str token;
    struct jwt jwt;

    enum status st = bearer_token(authorization, &token, reason);
    if (st == STATUS_OK)
        st = jwt_open(mem, token, &jwt, reason);
    if (st != STATUS_OK)
        return st;
    const struct jwk *key = keyring_find(verifier->keys, jwt.kid);
    follow_keys(verifier);
    if (key == NULL && !keyring_is_usable(verifier->keys)) {
        *reason = "no-keys";
        return STATUS_NO_KEYS;
    }
    if (key == NULL)
        return refuse(reason, "unknown-kid");
    if (!rs256_verify(key->rsa, jwt.signed_part, jwt.signature))
        return refuse(reason, "signature");
    st = claims_read(mem, jwt.payload, &verifier->rules, out, reason);
    if (st == STATUS_OK)
        st = claims_check_times(out, &verifier->rules, clock_wall_us(), reason);
    if (st == STATUS_OK)
        st = ask_libjwt(mem, token, &jwt, key, out->claims.sub, reason);
    memcpy(out->key_id, key->id, sizeof out->key_id);
    return st;
}

/* Checks and keeps a copy, in the cache or as the last result. */
static enum status check_and_keep(struct verifier *verifier, struct str authorization,
                                  const uint8_t digest[SHA256_LEN], const struct claims **out,
                                  const char **reason)
{
    struct verified found, *kept = NULL;
    TALLOC_CTX *mem = talloc_new(verifier);

    enum status st =
        mem == NULL ? STATUS_NO_MEMORY : check(mem, verifier, authorization, &found, reason);
    if (st == STATUS_OK) {
        kept = claims_copy(verifier, &found);
        st = kept == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    talloc_free(mem);
    if (st != STATUS_OK)
        return st;
    *out = &kept->claims;
    if (verifier->cache != NULL)
        token_cache_put(verifier->cache, digest, kept);
    else
        verifier->last = kept;
    return STATUS_OK;
}

enum status token_verify(struct verifier *verifier, struct str authorization,
                         const struct claims **out, const char **reason)
{
    uint8_t digest[SHA256_LEN];

    *reason = "memory";
    TALLOC_FREE(verifier->last);
    if (authorization.len > AUTHORIZATION_MAX_BYTES)
        return refuse(reason, "shape");
    if (verifier->cache != NULL && authorization.len > 0) {
        enum status st = crypto_sha256(&authorization, 1, false, digest);
        if (st == STATUS_OK)
            st = find_kept(verifier, digest, out, reason);
        if (st != STATUS_NOT_FOUND)
            return st;
    }
    return check_and_keep(verifier, authorization, digest, out, reason);
}

/* --- the keys ---------------------------------------------------------------------------- */

bool verifier_has_keys(const struct verifier *verifier)
{
    return keyring_is_usable(verifier->keys);
}

int64_t verifier_due_ms(const struct verifier *verifier)
{
    return keyring_due_ms(verifier->keys);
}

void verifier_maintain(struct verifier *verifier)
{
    keyring_maintain(verifier->keys);
    follow_keys(verifier);
}
