#include "jwks_priv.h"

#include "base64url_priv.h"
#include "jwt_priv.h"
#include "ts/faults.h"
#include "ts/json.h"

/* Members of private and symmetric keys (RFC 7518 sections 6.3.2 and 6.4): who publishes one of
 * these has given the key away. */
static const char *const secret_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

static bool is_string(const struct json *value, struct str wanted)
{
    return jwt_is_string(value, wanted.len, wanted.len) && str_eq(json_text(value), wanted);
}

static bool absent_or(const struct json *value, struct str wanted)
{
    return value == NULL || is_string(value, wanted);
}

/* RFC 7517 section 4.3: absent, or an array that holds "verify". */
static bool may_verify(const struct json *key_ops)
{
    if (key_ops == NULL)
        return true;
    for (size_t i = 0; json_type(key_ops) == JSON_ARRAY && i < json_count(key_ops); i++) {
        if (is_string(json_at(key_ops, i), STR("verify")))
            return true;
    }
    return false;
}

static bool is_for_us(const struct json *key)
{
    bool ok = is_string(json_get(key, "kty"), STR("RSA")) &&
              absent_or(json_get(key, "use"), STR("sig")) &&
              absent_or(json_get(key, "alg"), STR("RS256")) &&
              may_verify(json_get(key, "key_ops")) &&
              jwt_is_string(json_get(key, "kid"), 1, KID_MAX_BYTES);

    for (size_t i = 0; i < sizeof secret_members / sizeof secret_members[0]; i++)
        ok = ok && json_get(key, secret_members[i]) == NULL;
    return ok;
}

/* Two keys with one kid, usable or not: neither can be told apart by a token, so neither is
 * used. */
static bool is_only_one(const struct json *keys, struct str kid)
{
    size_t found = 0;

    for (size_t i = 0; i < json_count(keys); i++)
        found += is_string(json_get(json_at(keys, i), "kid"), kid);
    return found == 1;
}

static enum status read_number(TALLOC_CTX *mem, const struct json *value, struct str *out)
{
    if (!jwt_is_string(value, 1, RS256_MAX_BITS / 6 + 1))
        return STATUS_INVALID;
    return base64url_decode(mem, json_text(value), out);
}

/* STATUS_INVALID: the key is not for us. */
static enum status read_key(struct jwks *set, const struct json *keys, const struct json *key,
                            struct jwk *out)
{
    struct str n, e;

    if (!is_for_us(key) || !is_only_one(keys, json_text(json_get(key, "kid"))))
        return STATUS_INVALID;
    enum status st = read_number(set, json_get(key, "n"), &n);
    if (st == STATUS_OK)
        st = read_number(set, json_get(key, "e"), &e);
    if (st == STATUS_OK)
        st = rs256_key_new(set, n, e, &out->rsa);
    if (st != STATUS_OK)
        return st;
    out->kid = json_text(json_get(key, "kid"));
    return crypto_sha256((const struct str[]){out->kid, n, e}, 3, true, out->id);
}

static enum status read_keys(struct jwks *set, const struct json *keys)
{
    if (keys == NULL || json_type(keys) != JSON_ARRAY || json_count(keys) > JWKS_MAX_KEYS)
        return STATUS_BAD_JSON;
    for (size_t i = 0; i < json_count(keys); i++) {
        enum status st = read_key(set, keys, json_at(keys, i), &set->keys[set->count]);
        if (st == STATUS_OK)
            set->count++;
        else if (st == STATUS_INVALID)
            set->skipped++;
        else
            return st;
    }
    return set->count == 0 ? STATUS_NO_KEYS : STATUS_OK;
}

enum status jwks_parse(TALLOC_CTX *mem, struct str text, struct jwks **out)
{
    struct jwks *set = talloc_zero(mem, struct jwks);
    const struct json *document;
    struct faults faults;

    if (set == NULL)
        return STATUS_NO_MEMORY;
    faults_init(&faults, set);
    /* the document stays with the set: the kids are views into it */
    enum status st = json_parse(set, text, &faults, &document);
    if (st == STATUS_OK)
        st = read_keys(set, json_get(document, "keys"));
    if (st != STATUS_OK)
        return talloc_free(set), st;
    *out = set;
    return STATUS_OK;
}

const struct jwk *jwks_find(const struct jwks *set, struct str kid)
{
    for (size_t i = 0; i < set->count; i++) {
        if (str_eq(set->keys[i].kid, kid))
            return &set->keys[i];
    }
    return NULL;
}

const struct jwk *jwks_find_id(const struct jwks *set, const uint8_t id[SHA256_LEN])
{
    for (size_t i = 0; i < set->count; i++) {
        if (memcmp(set->keys[i].id, id, SHA256_LEN) == 0)
            return &set->keys[i];
    }
    return NULL;
}
