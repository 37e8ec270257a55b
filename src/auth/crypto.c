#include "ts/crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

/* Fetching an algorithm by name costs more than hashing a token, so it is done once a process and
 * the contexts are used again. Nothing of a caller stays: every use starts with a fresh init. */
static struct {
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    EVP_MAC_CTX *hmac;
} ready;

static enum status failed(void)
{
    ERR_clear_error(); /* libcurl and libjwt read the same queue */
    return STATUS_INTERNAL;
}

static bool prepare_digest(void)
{
    if (ready.digest != NULL)
        return true;
    if (ready.sha256 == NULL)
        ready.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (ready.sha256 != NULL)
        ready.digest = EVP_MD_CTX_new();
    return ready.digest != NULL;
}

static bool prepare_hmac(void)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};

    if (ready.hmac != NULL)
        return true;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) == 1) {
        ready.hmac = ctx;
        ctx = NULL;
    }
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac); /* the context holds its own reference */
    return ready.hmac != NULL;
}

static void frame(size_t len, uint8_t out[8])
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
}

enum status crypto_sha256(const struct str *parts, size_t count, int framed,
                          uint8_t out[SHA256_LEN])
{
    uint8_t length[8];

    bool ok = prepare_digest() && EVP_DigestInit_ex2(ready.digest, ready.sha256, NULL) == 1;
    for (size_t i = 0; ok && i < count; i++) {
        frame(parts[i].len, length);
        ok = (!framed || EVP_DigestUpdate(ready.digest, length, sizeof length) == 1) &&
             EVP_DigestUpdate(ready.digest, parts[i].data, parts[i].len) == 1;
    }
    return ok && EVP_DigestFinal_ex(ready.digest, out, NULL) == 1 ? STATUS_OK : failed();
}

enum status crypto_hmac(struct str key, const struct str *parts, size_t count,
                        uint8_t out[SHA256_LEN])
{
    static const uint8_t no_key[1];
    uint8_t length[8];
    size_t out_len;

    /* a NULL key would mean "the key of the call before" */
    const void *key_data = key.len == 0 ? (const void *)no_key : key.data;
    bool ok = prepare_hmac() && EVP_MAC_init(ready.hmac, key_data, key.len, NULL) == 1;
    for (size_t i = 0; ok && i < count; i++) {
        frame(parts[i].len, length);
        ok = EVP_MAC_update(ready.hmac, length, sizeof length) == 1 &&
             EVP_MAC_update(ready.hmac, (const void *)parts[i].data, parts[i].len) == 1;
    }
    return ok && EVP_MAC_final(ready.hmac, out, &out_len, SHA256_LEN) == 1 ? STATUS_OK : failed();
}

enum status crypto_random(uint8_t *out, size_t len)
{
    return len <= INT_MAX && RAND_bytes(out, (int)len) == 1 ? STATUS_OK : failed();
}
