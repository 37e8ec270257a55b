/* Key sets: whatever an endpoint or a file says, a set that is taken has keys of distinct kids that
 * can be found, and says the same when it is read again. */
#include <stdint.h>
#include <stdlib.h>

#include "../../src/auth/jwks_priv.h"
#include "ts/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void check_set(const struct jwks *set, const struct jwks *again)
{
    require(set->count >= 1 && set->count + set->skipped <= JWKS_MAX_KEYS);
    require(again->count == set->count && again->skipped == set->skipped);
    for (size_t i = 0; i < set->count; i++) {
        const struct jwk *key = &set->keys[i];
        require(key->kid.len >= 1 && key->kid.len <= 128 && utf8_valid(key->kid));
        require(jwks_find(set, key->kid) == key && jwks_find_id(set, key->id) == key);
        require(jwks_find_id(again, key->id) == &again->keys[i]);
        require(str_starts(rs256_key_pem(key->rsa), STR("-----BEGIN PUBLIC KEY-----")));
        require(!rs256_verify(key->rsa, key->kid, key->kid));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str text = {(const char *)data, size};
    struct jwks *set = NULL, *again = NULL;

    enum status st = jwks_parse(mem, text, &set);
    require(st == STATUS_OK || st == STATUS_BAD_JSON || st == STATUS_NO_KEYS);
    require((set != NULL) == (st == STATUS_OK));
    require(jwks_parse(mem, text, &again) == st);
    if (st == STATUS_OK)
        check_set(set, again);
    talloc_free(mem);
    return 0;
}
