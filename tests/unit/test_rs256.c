#include "../../src/auth/rs256_priv.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "../../src/auth/base64url_priv.h"
#include "auth_faults.h"
#include "auth_unit.h"

UNIT_FAILING(BIGNUM *, NULL, BN_bin2bn, (const unsigned char *b, int n, BIGNUM *to), (b, n, to))
UNIT_FAILING(OSSL_PARAM_BLD *, NULL, OSSL_PARAM_BLD_new, (void), ())
UNIT_FAILING(int, 0, OSSL_PARAM_BLD_push_BN, (OSSL_PARAM_BLD * b, const char *k, const BIGNUM *n),
             (b, k, n))
UNIT_FAILING(OSSL_PARAM *, NULL, OSSL_PARAM_BLD_to_param, (OSSL_PARAM_BLD * b), (b))
UNIT_FAILING(EVP_PKEY_CTX *, NULL, EVP_PKEY_CTX_new_from_name,
             (OSSL_LIB_CTX * c, const char *n, const char *p), (c, n, p))
UNIT_FAILING(int, 0, EVP_PKEY_fromdata_init, (EVP_PKEY_CTX * c), (c))
UNIT_FAILING(int, 0, EVP_PKEY_fromdata, (EVP_PKEY_CTX * c, EVP_PKEY **k, int s, OSSL_PARAM *p),
             (c, k, s, p))
UNIT_FAILING(BIO *, NULL, BIO_new, (const BIO_METHOD *m), (m))
UNIT_FAILING(int, 0, PEM_write_bio_PUBKEY, (BIO * b, const EVP_PKEY *k), (b, k))
UNIT_FAILING(EVP_MD_CTX *, NULL, EVP_MD_CTX_new, (void), ())
UNIT_FAILING(int, 0, EVP_MD_CTX_copy_ex, (EVP_MD_CTX * to, const EVP_MD_CTX *from), (to, from))
UNIT_FAILING(int, 0, EVP_DigestVerifyInit_ex,
             (EVP_MD_CTX * c, EVP_PKEY_CTX **pc, const char *md, OSSL_LIB_CTX *l, const char *q,
              EVP_PKEY *k, const OSSL_PARAM p[]),
             (c, pc, md, l, q, k, p))

static const char text[] = "header.payload";

static struct rs256_key *open_key(TALLOC_CTX *mem, const EVP_PKEY *from)
{
    struct rs256_key *key;
    struct str n = unit_key_number(mem, from, OSSL_PKEY_PARAM_RSA_N);
    struct str e = unit_key_number(mem, from, OSSL_PKEY_PARAM_RSA_E);
    ck_assert_int_eq(rs256_key_new(mem, n, e, &key), STATUS_OK);
    return key;
}

/* The signature of `text`; padding and digest as named. */
static struct str sign(TALLOC_CTX *mem, EVP_PKEY *key, const EVP_MD *md, int padding)
{
    unsigned char *bytes = talloc_array(mem, unsigned char, 1024);
    size_t len = 1024;
    EVP_PKEY_CTX *settings;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestSignInit(ctx, &settings, md, NULL, key), 1);
    ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_padding(settings, padding), 0);
    ck_assert_int_eq(EVP_DigestSign(ctx, bytes, &len, (const unsigned char *)text, strlen(text)),
                     1);
    EVP_MD_CTX_free(ctx);
    return str_n((const char *)bytes, len);
}

START_TEST(the_right_signature_alone_is_taken)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct rs256_key *key = open_key(mem, unit_keys[0]);
    struct str good = sign(mem, unit_keys[0], EVP_sha256(), RSA_PKCS1_PADDING);

    ck_assert(rs256_verify(key, str_of(text), good));
    ck_assert(rs256_verify(key, str_of(text), good)); /* a key is used more than once */
    ck_assert_msg(!rs256_verify(key, STR("header.Payload"), good), "another text");
    ck_assert_msg(!rs256_verify(key, STR(""), good), "no text");
    ck_assert_msg(
        !rs256_verify(key, str_of(text), sign(mem, unit_keys[1], EVP_sha256(), RSA_PKCS1_PADDING)),
        "another key");
    ck_assert_msg(
        !rs256_verify(key, str_of(text), sign(mem, unit_keys[0], EVP_sha384(), RSA_PKCS1_PADDING)),
        "RS384");
    ck_assert_msg(
        !rs256_verify(key, str_of(text), sign(mem, unit_keys[0], EVP_sha1(), RSA_PKCS1_PADDING)),
        "SHA-1");
    ck_assert_msg(!rs256_verify(key, str_of(text),
                                sign(mem, unit_keys[0], EVP_sha256(), RSA_PKCS1_PSS_PADDING)),
                  "PS256");
    ck_assert_uint_eq(ERR_peek_error(), 0); /* nothing is left for libcurl to trip over */
    talloc_free(mem);
}
END_TEST

START_TEST(every_flipped_bit_is_seen)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct rs256_key *key = open_key(mem, unit_keys[0]);
    struct str good = sign(mem, unit_keys[0], EVP_sha256(), RSA_PKCS1_PADDING);
    char *bytes = talloc_memdup(mem, good.data, good.len);

    for (size_t bit = 0; bit < 8 * good.len; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        ck_assert_msg(!rs256_verify(key, str_of(text), str_n(bytes, good.len)), "bit %zu", bit);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    }
    ck_assert(rs256_verify(key, str_of(text), str_n(bytes, good.len)));
    talloc_free(mem);
}
END_TEST

/* RFC 8017 section 8.2.2, step 1. */
START_TEST(a_signature_has_the_length_of_the_modulus)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct rs256_key *key = open_key(mem, unit_keys[0]);
    struct str good = sign(mem, unit_keys[0], EVP_sha256(), RSA_PKCS1_PADDING);
    char longer[1 + 256 + 1] = {0};

    memcpy(longer + 1, good.data, good.len);
    ck_assert_uint_eq(good.len, 256);
    ck_assert_msg(!rs256_verify(key, str_of(text), str_n(longer, 257)), "a zero byte before");
    ck_assert_msg(!rs256_verify(key, str_of(text), str_n(longer + 1, 257)), "a zero byte after");
    ck_assert_msg(!rs256_verify(key, str_of(text), str_n(good.data, 255)), "the last byte missing");
    ck_assert_msg(!rs256_verify(key, str_of(text), str_n(good.data, 0)), "none");
    talloc_free(mem);
}
END_TEST

/* The modulus of the vector jws_rsa_roca_key (2049 bits). */
static struct str roca_modulus(TALLOC_CTX *mem)
{
    const struct json *groups = json_get(unit_vectors(mem, "jwk_vectors.json"), "testGroups");
    struct str n = {0};

    for (size_t i = 0; i < json_count(groups); i++) {
        const struct json *group = json_at(groups, i);
        const struct json *key = json_at(json_get(json_get(group, "public"), "keys"), 0);
        if (str_eq(json_text(json_get(group, "comment")), STR("jws_rsa_roca_key")))
            ck_assert_int_eq(base64url_decode(mem, json_text(json_get(key, "n")), &n), STATUS_OK);
    }
    ck_assert_uint_eq(n.len, 257);
    return n;
}

START_TEST(only_fit_keys_are_made)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct rs256_key *key;
    char huge[1025];

    struct str n = unit_key_number(mem, unit_keys[0], OSSL_PKEY_PARAM_RSA_N);
    struct str e = unit_key_number(mem, unit_keys[0], OSSL_PKEY_PARAM_RSA_E);
    struct str other = unit_key_number(mem, unit_keys[1], OSSL_PKEY_PARAM_RSA_N);
    char *long_n = talloc_zero_array(mem, char, 384);
    memcpy(long_n, n.data, 256); /* that a modulus has two prime factors is not checked */
    memcpy(long_n + 128, other.data, 256);
    char *short_n = talloc_memdup(mem, n.data, n.len);
    short_n[0] = 0x7F;
    char *even = talloc_memdup(mem, n.data, n.len);
    even[n.len - 1] = (char)(even[n.len - 1] & ~1);
    char *padded = talloc_zero_array(mem, char, 257);
    memcpy(padded + 1, n.data, 256);
    memset(huge, 0x7F, sizeof huge);
    const struct {
        const char *what;
        struct str n, e;
        enum status status;
    } cases[] = {
        {"2048 bits, 65537", n, e, STATUS_OK},
        {"2048 bits, 3", n, STR("\3"), STATUS_OK},
        {"an exponent of 32 bits", n, STR("\xFF\xFF\xFF\xFF"), STATUS_OK},
        {"3072 bits", str_n(long_n, 384), e, STATUS_OK},
        {"2047 bits", str_n(short_n, 256), e, STATUS_INVALID},
        {"2040 bits", str_skip(n, 1), e, STATUS_INVALID},
        {"8192 bits", str_n(huge, 1024), e, STATUS_OK},
        {"more than 8192 bits", str_n(huge, 1025), e, STATUS_INVALID},
        {"an even modulus", str_n(even, 256), e, STATUS_INVALID},
        {"a zero byte before the modulus", str_n(padded, 257), e, STATUS_INVALID},
        {"no modulus", STR(""), e, STATUS_INVALID},
        {"no exponent", n, STR(""), STATUS_INVALID},
        {"exponent 0", n, str_n("\0", 1), STATUS_INVALID},
        {"exponent 1", n, STR("\1"), STATUS_INVALID},
        {"exponent 2", n, STR("\2"), STATUS_INVALID},
        {"exponent 65536", n, str_n("\1\0\0", 3), STATUS_INVALID},
        {"a zero byte before the exponent", n, str_n("\0\1\0\1", 4), STATUS_INVALID},
        {"an exponent of 33 bits", n, str_n("\1\0\0\0\1", 5), STATUS_INVALID},
        {"ROCA (Wycheproof)", roca_modulus(mem), e, STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        key = NULL;
        enum status st = rs256_key_new(mem, cases[i].n, cases[i].e, &key);
        ck_assert_msg(st == cases[i].status, "%s: %d", cases[i].what, st);
        ck_assert_msg((key != NULL) == (st == STATUS_OK), "%s", cases[i].what);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(the_pem_text_is_the_same_key)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str pem = rs256_key_pem(open_key(mem, unit_keys[0]));

    ck_assert(str_starts(pem, STR("-----BEGIN PUBLIC KEY-----\n")));
    ck_assert_int_eq(pem.data[pem.len], '\0');
    talloc_free(mem);
}
END_TEST

START_TEST(a_failing_allocation_leaves_nothing_behind)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str n = unit_key_number(mem, unit_keys[0], OSSL_PKEY_PARAM_RSA_N);
    struct str e = unit_key_number(mem, unit_keys[0], OSSL_PKEY_PARAM_RSA_E);
    struct str signature = sign(mem, unit_keys[0], EVP_sha256(), RSA_PKCS1_PADDING);
    struct rs256_key *key = open_key(mem, unit_keys[0]);
    enum status st = STATUS_NO_MEMORY;
    bool good = false;

    for (int64_t nth = 1; !good; nth++) {
        unit_calls_left = nth;
        good = rs256_verify(key, str_of(text), signature);
        ck_assert_msg(good || unit_calls_left == 0, "allocation %ld", (long)nth);
    }
    unit_calls_left = 0;
    talloc_free(key);
    size_t before = talloc_total_blocks(mem);
    for (int64_t nth = 1; st != STATUS_OK; nth++) {
        unit_calls_left = nth;
        key = NULL;
        st = rs256_key_new(mem, n, e, &key);
        if (st != STATUS_OK)
            ck_assert_msg((st == STATUS_NO_MEMORY || st == STATUS_INTERNAL) && key == NULL &&
                              talloc_total_blocks(mem) == before,
                          "allocation %ld", (long)nth);
    }
    unit_calls_left = 0;
    ck_assert(rs256_verify(key, str_of(text), signature));
    st = STATUS_NO_MEMORY;
    for (size_t bytes = 1; st != STATUS_OK; bytes += 8) {
        TALLOC_CTX *limited = unit_limited(bytes);
        st = rs256_key_new(limited, n, e, &key);
        ck_assert(st == STATUS_OK || st == STATUS_NO_MEMORY || st == STATUS_INTERNAL);
        talloc_free(limited);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(each_failing_call_on_the_way_is_an_error)
{
    static const struct {
        int64_t *call, nth;
    } making[] = {{&unit_fail_BN_bin2bn, 1},
                  {&unit_fail_BN_bin2bn, 2},
                  {&unit_fail_OSSL_PARAM_BLD_new, 1},
                  {&unit_fail_OSSL_PARAM_BLD_push_BN, 1},
                  {&unit_fail_OSSL_PARAM_BLD_push_BN, 2},
                  {&unit_fail_OSSL_PARAM_BLD_to_param, 1},
                  {&unit_fail_EVP_PKEY_CTX_new_from_name, 1},
                  {&unit_fail_EVP_PKEY_fromdata_init, 1},
                  {&unit_fail_EVP_PKEY_fromdata, 1},
                  {&unit_fail_BIO_new, 1},
                  {&unit_fail_PEM_write_bio_PUBKEY, 1},
                  {&unit_fail_EVP_MD_CTX_new, 1},
                  {&unit_fail_EVP_DigestVerifyInit_ex, 1}},
      verifying[] = {{&unit_fail_EVP_MD_CTX_new, 1}, {&unit_fail_EVP_MD_CTX_copy_ex, 1}};
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str n = unit_key_number(mem, unit_keys[0], OSSL_PKEY_PARAM_RSA_N);
    struct str e = unit_key_number(mem, unit_keys[0], OSSL_PKEY_PARAM_RSA_E);
    struct str signature = sign(mem, unit_keys[0], EVP_sha256(), RSA_PKCS1_PADDING);
    struct rs256_key *key = NULL;

    for (size_t i = 0; i < sizeof making / sizeof making[0]; i++) {
        *making[i].call = making[i].nth;
        enum status st = rs256_key_new(mem, n, e, &key);
        ck_assert_msg(st == STATUS_INTERNAL || st == STATUS_NO_MEMORY, "case %zu: %d", i, st);
        ck_assert_msg(key == NULL && *making[i].call == 0, "case %zu", i);
    }
    key = open_key(mem, unit_keys[0]);
    for (size_t i = 0; i < sizeof verifying / sizeof verifying[0]; i++) {
        *verifying[i].call = verifying[i].nth;
        ck_assert_msg(!rs256_verify(key, str_of(text), signature), "case %zu", i);
        ck_assert_int_eq(*verifying[i].call, 0);
        ck_assert(rs256_verify(key, str_of(text), signature));
    }
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("rs256", each_failing_call_on_the_way_is_an_error, the_right_signature_alone_is_taken,
          every_flipped_bit_is_seen, a_signature_has_the_length_of_the_modulus,
          only_fit_keys_are_made, the_pem_text_is_the_same_key,
          a_failing_allocation_leaves_nothing_behind)
