#include "rs256_priv.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdint.h>

struct rs256_key {
    EVP_PKEY *public_key;
    EVP_MD_CTX
    *primed; /* a verification begun and never fed: copying it is cheaper than beginning anew */
    struct str pem;
    size_t signature_len;
};

static int key_free(struct rs256_key *key)
{
    EVP_MD_CTX_free(key->primed);
    EVP_PKEY_free(key->public_key);
    return 0;
}

/* Infineon's library made primes of the form k*M + (65537^a mod M), M a product of small primes,
 * so that the modulus is a power of 65537 modulo each of them. A random modulus is so with a
 * chance below 2^-27. */
static bool has_roca_mark(const BIGNUM *modulus)
{
    static const uint8_t primes[] = {
        3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
        73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

    for (size_t i = 0; i < sizeof primes; i++) {
        uint32_t prime = primes[i], wanted = (uint32_t)BN_mod_word(modulus, prime), power = 1;
        do {
            power = power * 65537 % prime;
        } while (power != 1 && power != wanted);
        if (power != wanted)
            return false;
    }
    return true;
}

static bool is_fit(const BIGNUM *n, const BIGNUM *e)
{
    return BN_num_bits(n) >= RS256_MIN_BITS && BN_is_odd(n) && BN_num_bits(e) <= 32 &&
           BN_is_odd(e) && !BN_is_one(e) && !has_roca_mark(n);
}

static EVP_PKEY *make_public_key(const BIGNUM *n, const BIGNUM *e)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    if (builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        params = OSSL_PARAM_BLD_to_param(builder);
    if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static bool write_pem(struct rs256_key *key)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());

    if (bio != NULL && PEM_write_bio_PUBKEY(bio, key->public_key) == 1) {
        char *data = NULL;
        long len = BIO_get_mem_data(bio, &data);
        text = talloc_strndup(key, data, (size_t)len);
    }
    (void)BIO_free(bio); /* NULL is allowed */
    key->pem = str_of(text);
    return text != NULL;
}

static enum status fill(struct rs256_key *key, const BIGNUM *n, const BIGNUM *e)
{
    key->public_key = make_public_key(n, e);
    key->primed = EVP_MD_CTX_new();
    if (key->public_key == NULL || key->primed == NULL || !write_pem(key) ||
        EVP_DigestVerifyInit_ex(key->primed, NULL, "SHA256", NULL, NULL, key->public_key, NULL) !=
            1)
        return STATUS_INTERNAL;
    key->signature_len = (size_t)BN_num_bytes(n);
    return STATUS_OK;
}

static BIGNUM *read_number(struct str bytes)
{
    return BN_bin2bn((const unsigned char *)bytes.data, (int)bytes.len, NULL);
}

/* No bytes, more than RS256_MAX_BITS, or a leading zero, which RFC 7518 section 2
 * (Base64urlUInt) forbids. */
static bool is_number(struct str bytes)
{
    return bytes.len > 0 && bytes.len <= RS256_MAX_BITS / 8 && bytes.data[0] != '\0';
}

enum status rs256_key_new(TALLOC_CTX *mem, struct str modulus, struct str exponent,
                          struct rs256_key **out)
{
    if (!is_number(modulus) || !is_number(exponent))
        return STATUS_INVALID;
    struct rs256_key *key = talloc_zero(mem, struct rs256_key);
    if (key == NULL)
        return STATUS_NO_MEMORY;
    talloc_set_destructor(key, key_free);
    BIGNUM *n = read_number(modulus), *e = read_number(exponent);
    enum status st = n == NULL || e == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    if (st == STATUS_OK && !is_fit(n, e))
        st = STATUS_INVALID;
    if (st == STATUS_OK)
        st = fill(key, n, e);
    BN_free(n);
    BN_free(e);
    if (st != STATUS_OK) {
        ERR_clear_error(); /* libcurl and libjwt read the same queue */
        return talloc_free(key), st;
    }
    *out = key;
    return STATUS_OK;
}

struct str rs256_key_pem(const struct rs256_key *key)
{
    return key->pem;
}

bool rs256_verify(const struct rs256_key *key, struct str text, struct str signature)
{
    if (signature.len != key->signature_len)
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_MD_CTX_copy_ex(ctx, key->primed) == 1 &&
              EVP_DigestVerify(ctx, (const unsigned char *)signature.data, signature.len,
                               (const unsigned char *)text.data, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}
