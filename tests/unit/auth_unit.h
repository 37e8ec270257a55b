/* Keys, tokens and key sets for the tests of src/auth: real RSA keys, and tokens signed with
 * them. */
#ifndef TS_TESTS_AUTH_UNIT_H
#define TS_TESTS_AUTH_UNIT_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/auth/base64url_priv.h"
#include "ts/faults.h"
#include "ts/json.h"
#include "unit.h"

enum { UNIT_KEYS = 3 };

static EVP_PKEY *unit_keys[UNIT_KEYS];

static inline struct str unit_read_file(TALLOC_CTX *mem, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        abort();
    }
    char *data = talloc_size(mem, 1 << 20);
    size_t len = fread(data, 1, 1 << 20, file);
    fclose(file);
    return str_n(data, len);
}

/* A file of tests/unit/vectors/wycheproof. */
static inline const struct json *unit_vectors(TALLOC_CTX *mem, const char *name)
{
    const struct json *document;
    struct faults faults;
    char *folder = talloc_strdup(mem, __FILE__);

    strrchr(folder, '/')[1] = '\0';
    char *path = talloc_asprintf(mem, "%svectors/wycheproof/%s", folder, name);
    faults_init(&faults, mem);
    if (json_parse(mem, unit_read_file(mem, path), &faults, &document) != STATUS_OK)
        abort();
    return document;
}

/* A private key of the vectors, all published test keys: making new ones takes minutes under
 * valgrind. */
static inline EVP_PKEY *unit_read_key(TALLOC_CTX *mem, const struct json *jwk)
{
    static const struct {
        const char *member, *param;
    } numbers[] = {{"n", OSSL_PKEY_PARAM_RSA_N},          {"e", OSSL_PKEY_PARAM_RSA_E},
                   {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                   {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                   {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}};
    enum { NUMBERS = sizeof numbers / sizeof numbers[0] };
    BIGNUM *bn[NUMBERS];
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    for (size_t i = 0; i < NUMBERS; i++) {
        struct str bytes;
        if (base64url_decode(mem, json_text(json_get(jwk, numbers[i].member)), &bytes) != STATUS_OK)
            abort();
        bn[i] = BN_bin2bn((const unsigned char *)bytes.data, (int)bytes.len, NULL);
        OSSL_PARAM_BLD_push_BN(builder, numbers[i].param, bn[i]);
    }
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
        abort();
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    for (size_t i = 0; i < NUMBERS; i++)
        BN_free(bn[i]);
    return key;
}

/* Before main, so that the runner's child processes share them. */
__attribute__((constructor)) static void unit_open_keys(void)
{
    enum { FIRST_GROUP = 2 }; /* groups 2, 3 and 4 sign with different keys of 2048 bits */
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *groups = json_get(unit_vectors(mem, "jws_vectors.json"), "testGroups");

    for (size_t i = 0; i < UNIT_KEYS; i++)
        unit_keys[i] = unit_read_key(mem, json_get(json_at(groups, FIRST_GROUP + i), "private"));
    talloc_free(mem);
}

__attribute__((destructor)) static void unit_free_keys(void)
{
    for (int i = 0; i < UNIT_KEYS; i++)
        EVP_PKEY_free(unit_keys[i]);
}

static inline char *unit_base64url(TALLOC_CTX *mem, const void *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *in = data;
    char *out = talloc_size(mem, len * 4 / 3 + 4), *to = out;

    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)in[i] << 16 | (i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0) |
                        (i + 2 < len ? in[i + 2] : 0);
        size_t count = len - i >= 3 ? 4 : len - i + 1;
        for (size_t k = 0; k < count; k++)
            *to++ = digits[bits >> (18 - 6 * k) & 63];
    }
    *to = '\0';
    return out;
}

static inline char *unit_base64url_text(TALLOC_CTX *mem, const char *text)
{
    return unit_base64url(mem, text, strlen(text));
}

/* A number of a key: OSSL_PKEY_PARAM_RSA_N or _E; big-endian bytes. */
static inline struct str unit_key_number(TALLOC_CTX *mem, const EVP_PKEY *key, const char *name)
{
    BIGNUM *number = NULL;
    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, name, &number), 1);
    size_t len = (size_t)BN_num_bytes(number);
    unsigned char *bytes = talloc_array(mem, unsigned char, (unsigned int)len);
    BN_bn2bin(number, bytes);
    BN_free(number);
    return str_n((const char *)bytes, len);
}

/* `"n":"...","e":"..."` */
static inline char *unit_key_numbers(TALLOC_CTX *mem, const EVP_PKEY *key)
{
    struct str n = unit_key_number(mem, key, OSSL_PKEY_PARAM_RSA_N);
    struct str e = unit_key_number(mem, key, OSSL_PKEY_PARAM_RSA_E);
    return talloc_asprintf(mem, "\"n\":\"%s\",\"e\":\"%s\"", unit_base64url(mem, n.data, n.len),
                           unit_base64url(mem, e.data, e.len));
}

/* One key of a set, as a tenant publishes it. */
static inline char *unit_jwk(TALLOC_CTX *mem, const EVP_PKEY *key, const char *kid)
{
    return talloc_asprintf(mem,
                           "{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"%s\",%s}",
                           kid, unit_key_numbers(mem, key));
}

static inline char *unit_jwks(TALLOC_CTX *mem, const EVP_PKEY *key, const char *kid)
{
    return talloc_asprintf(mem, "{\"keys\":[%s]}", unit_jwk(mem, key, kid));
}

static inline char *unit_signature(TALLOC_CTX *mem, EVP_PKEY *key, const char *text)
{
    unsigned char bytes[1024];
    size_t len = sizeof bytes;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    ck_assert_int_eq(EVP_DigestSign(ctx, bytes, &len, (const unsigned char *)text, strlen(text)),
                     1);
    EVP_MD_CTX_free(ctx);
    return unit_base64url(mem, bytes, len);
}

/* header.payload.signature, signed with RS256 whatever the header says. */
static inline char *unit_token(TALLOC_CTX *mem, EVP_PKEY *key, const char *header,
                               const char *payload)
{
    char *text = talloc_asprintf(mem, "%s.%s", unit_base64url_text(mem, header),
                                 unit_base64url_text(mem, payload));
    return talloc_asprintf(mem, "%s.%s", text, unit_signature(mem, key, text));
}

static inline char *unit_bearer(TALLOC_CTX *mem, const char *token)
{
    return talloc_asprintf(mem, "Bearer %s", token);
}

/* --- a folder that goes with its talloc parent --------------------------------------------- */

static inline int unit_folder_free(char *path)
{
    static const char *const names[] = {"jwks", "jwks.lock", "jwks.new", "other", "ca.pem"};
    char file[512];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        if (unlink(file) != 0)
            (void)rmdir(file); /* some tests put a folder in a file's place */
    }
    (void)rmdir(path);
    return 0;
}

static inline char *unit_folder(TALLOC_CTX *mem)
{
    const char *base = getenv("TMPDIR");
    char *path = talloc_asprintf(mem, "%s/ts-auth-XXXXXX", base == NULL ? P_tmpdir : base);

    ck_assert_ptr_nonnull(mkdtemp(path));
    talloc_set_destructor(path, unit_folder_free);
    return path;
}

static inline char *unit_path(char *folder, const char *name)
{
    return talloc_asprintf(folder, "%s/%s", folder, name);
}

static inline void unit_write_file(const char *path, struct str content)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content.data, 1, content.len, file), content.len);
    ck_assert_int_eq(fclose(file), 0);
}

#endif
