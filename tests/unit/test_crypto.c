#include "ts/crypto.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "auth_faults.h"

UNIT_FAILING(EVP_MD *, NULL, EVP_MD_fetch, (OSSL_LIB_CTX * c, const char *n, const char *p),
             (c, n, p))
UNIT_FAILING(EVP_MD_CTX *, NULL, EVP_MD_CTX_new, (void), ())
UNIT_FAILING(int, 0, EVP_DigestInit_ex2, (EVP_MD_CTX * c, const EVP_MD *md, const OSSL_PARAM *p),
             (c, md, p))
UNIT_FAILING(int, 0, EVP_DigestUpdate, (EVP_MD_CTX * c, const void *d, size_t n), (c, d, n))
UNIT_FAILING(int, 0, EVP_DigestFinal_ex, (EVP_MD_CTX * c, unsigned char *d, unsigned int *n),
             (c, d, n))
UNIT_FAILING(EVP_MAC *, NULL, EVP_MAC_fetch, (OSSL_LIB_CTX * c, const char *n, const char *p),
             (c, n, p))
UNIT_FAILING(EVP_MAC_CTX *, NULL, EVP_MAC_CTX_new, (EVP_MAC * m), (m))
UNIT_FAILING(int, 0, EVP_MAC_CTX_set_params, (EVP_MAC_CTX * c, const OSSL_PARAM p[]), (c, p))
UNIT_FAILING(int, 0, EVP_MAC_init,
             (EVP_MAC_CTX * c, const unsigned char *k, size_t n, const OSSL_PARAM p[]),
             (c, k, n, p))
UNIT_FAILING(int, 0, EVP_MAC_update, (EVP_MAC_CTX * c, const unsigned char *d, size_t n), (c, d, n))
UNIT_FAILING(int, 0, EVP_MAC_final, (EVP_MAC_CTX * c, unsigned char *o, size_t *n, size_t s),
             (c, o, n, s))
UNIT_FAILING(int, 0, RAND_bytes, (unsigned char *b, int n), (b, n))

static const char *hex(const uint8_t digest[SHA256_LEN])
{
    static char text[2 * SHA256_LEN + 1];
    for (size_t i = 0; i < SHA256_LEN; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return text;
}

/* First, while nothing of ours has been fetched: each allocation on the way fails once. OpenSSL 3.0
 * itself falls when its own start runs out of memory, so that is behind us (as in a worker, which
 * hashes when it opens). */
/* Before the contexts of the process are made. */
START_TEST(each_failing_call_on_the_way_is_an_error)
{
    int64_t *const for_sha256[] = {&unit_fail_EVP_MD_fetch, &unit_fail_EVP_MD_CTX_new,
                                   &unit_fail_EVP_DigestInit_ex2, &unit_fail_EVP_DigestUpdate,
                                   &unit_fail_EVP_DigestFinal_ex};
    int64_t *const for_hmac[] = {&unit_fail_EVP_MAC_fetch,          &unit_fail_EVP_MAC_CTX_new,
                                 &unit_fail_EVP_MAC_CTX_set_params, &unit_fail_EVP_MAC_init,
                                 &unit_fail_EVP_MAC_update,         &unit_fail_EVP_MAC_final};
    const struct str abc = STR("abc");
    uint8_t digest[SHA256_LEN];

    for (size_t i = 0; i < sizeof for_sha256 / sizeof for_sha256[0]; i++) {
        *for_sha256[i] = 1;
        ck_assert_int_eq(crypto_sha256(&abc, 1, true, digest), STATUS_INTERNAL);
        ck_assert_int_eq(*for_sha256[i], 0);
    }
    unit_fail_EVP_DigestUpdate = 2;
    ck_assert_int_eq(crypto_sha256(&abc, 1, true, digest), STATUS_INTERNAL);
    for (size_t i = 0; i < sizeof for_hmac / sizeof for_hmac[0]; i++) {
        *for_hmac[i] = 1;
        ck_assert_int_eq(crypto_hmac(abc, &abc, 1, digest), STATUS_INTERNAL);
        ck_assert_int_eq(*for_hmac[i], 0);
    }
    unit_fail_EVP_MAC_update = 2;
    ck_assert_int_eq(crypto_hmac(abc, &abc, 1, digest), STATUS_INTERNAL);
    unit_fail_RAND_bytes = 1;
    ck_assert_int_eq(crypto_random(digest, 1), STATUS_INTERNAL);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(a_failing_allocation_is_an_error_and_the_next_call_is_right)
{
    const struct str abc = STR("abc");
    uint8_t digest[SHA256_LEN];
    int64_t nth = 0;
    enum status st;

    EVP_MD_free(EVP_MD_fetch(NULL, "SHA512", NULL));
    EVP_MAC_free(EVP_MAC_fetch(NULL, "CMAC", NULL));
    do {
        unit_calls_left = ++nth;
        st = crypto_sha256(&abc, 1, false, digest);
        ck_assert(st == STATUS_OK || st == STATUS_INTERNAL);
    } while (unit_calls_left == 0);
    ck_assert_int_eq(st, STATUS_OK);
    nth = 0;
    do {
        unit_calls_left = ++nth;
        st = crypto_hmac(abc, &abc, 1, digest);
        ck_assert(st == STATUS_OK || st == STATUS_INTERNAL);
    } while (unit_calls_left == 0);
    unit_calls_left = 0;
    ck_assert_int_eq(st, STATUS_OK);
    ck_assert_int_eq(crypto_sha256(&abc, 1, false, digest), STATUS_OK);
    ck_assert_str_eq(hex(digest),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

/* FIPS 180-2 appendix B and NIST's empty message. */
START_TEST(sha256_gives_the_published_digests)
{
    static const struct {
        const char *text, *digest;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    uint8_t digest[SHA256_LEN];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct str text = str_of(cases[i].text);
        ck_assert_int_eq(crypto_sha256(&text, 1, false, digest), STATUS_OK);
        ck_assert_str_eq(hex(digest), cases[i].digest);
    }
    ck_assert_int_eq(crypto_sha256(NULL, 0, false, digest), STATUS_OK);
    ck_assert_str_eq(hex(digest), cases[0].digest);
}
END_TEST

START_TEST(frames_tell_different_splits_apart)
{
    const struct str whole[] = {STR("abc"), STR("")}, split[] = {STR("ab"), STR("c")};
    uint8_t a[SHA256_LEN], b[SHA256_LEN];

    ck_assert_int_eq(crypto_sha256(whole, 2, false, a), STATUS_OK);
    ck_assert_int_eq(crypto_sha256(split, 2, false, b), STATUS_OK);
    ck_assert_mem_eq(a, b, SHA256_LEN);
    ck_assert_int_eq(crypto_sha256(whole, 2, true, a), STATUS_OK);
    ck_assert_int_eq(crypto_sha256(split, 2, true, b), STATUS_OK);
    ck_assert_mem_ne(a, b, SHA256_LEN);
    /* a frame is the length as 8 bytes, big-endian */
    const struct str framed = str_n("\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\1c", 19);
    ck_assert_int_eq(crypto_sha256(&framed, 1, false, a), STATUS_OK);
    ck_assert_mem_eq(a, b, SHA256_LEN);
}
END_TEST

START_TEST(hmac_is_that_of_rfc_2104_over_frames)
{
    static const char long_key[200] = "a key longer than the block of SHA-256";
    const struct str keys[] = {STR(""), STR("Jefe"), str_n(long_key, 64), str_n(long_key, 65),
                               str_n(long_key, sizeof long_key)};
    const struct str parts[] = {STR("what do ya want"), STR(""), STR("for nothing?")};
    const unsigned char framed[] = "\0\0\0\0\0\0\0\17what do ya want\0\0\0\0\0\0\0\0"
                                   "\0\0\0\0\0\0\0\14for nothing?";
    uint8_t mac[SHA256_LEN], expected[SHA256_LEN];

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        ck_assert_int_eq(crypto_hmac(keys[i], parts, 3, mac), STATUS_OK);
        ck_assert_ptr_nonnull(HMAC(EVP_sha256(), keys[i].data, (int)keys[i].len, framed,
                                   sizeof framed - 1, expected, NULL));
        ck_assert_mem_eq(mac, expected, SHA256_LEN);
    }
}
END_TEST

START_TEST(an_empty_key_is_not_the_key_of_the_call_before)
{
    const struct str part = STR("text"), none = {NULL, 0};
    uint8_t first[SHA256_LEN], second[SHA256_LEN], empty[SHA256_LEN];

    ck_assert_int_eq(crypto_hmac(none, &part, 1, empty), STATUS_OK);
    ck_assert_int_eq(crypto_hmac(STR("key"), &part, 1, first), STATUS_OK);
    ck_assert_int_eq(crypto_hmac(none, &part, 1, second), STATUS_OK);
    ck_assert_mem_ne(first, second, SHA256_LEN);
    ck_assert_mem_eq(empty, second, SHA256_LEN);
}
END_TEST

START_TEST(random_bytes_differ_and_too_many_are_refused)
{
    uint8_t a[32] = {0}, b[32] = {0};

    ck_assert_int_eq(crypto_random(a, sizeof a), STATUS_OK);
    ck_assert_int_eq(crypto_random(b, sizeof b), STATUS_OK);
    ck_assert_mem_ne(a, b, sizeof a);
    ck_assert_int_eq(crypto_random(a, (size_t)INT32_MAX + 1), STATUS_INTERNAL);
}
END_TEST

UNIT_MAIN("crypto", each_failing_call_on_the_way_is_an_error,
          a_failing_allocation_is_an_error_and_the_next_call_is_right,
          sha256_gives_the_published_digests, frames_tell_different_splits_apart,
          hmac_is_that_of_rfc_2104_over_frames, an_empty_key_is_not_the_key_of_the_call_before,
          random_bytes_differ_and_too_many_are_refused)
