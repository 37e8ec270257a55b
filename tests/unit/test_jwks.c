#include "../../src/auth/jwks_priv.h"

#include "../../src/auth/bearer_priv.h"
#include "../../src/auth/jwt_priv.h"
#include "auth_faults.h"
#include "auth_unit.h"
#include "ts/buf.h"
#include "ts/faults.h"
#include "ts/json.h"

/* --- which keys are used ---------------------------------------------------------------- */

/* One key of a set: members around the numbers of a real key. */
START_TEST(a_key_is_used_only_if_it_is_for_rs256_signatures)
{
    static const struct {
        const char *what, *members;
        bool used;
    } cases[] = {
        {"the usual key", "\"kty\":\"RSA\",\"kid\":\"k\",\"use\":\"sig\",\"alg\":\"RS256\"", true},
        {"the least", "\"kty\":\"RSA\",\"kid\":\"k\"", true},
        {"with certificates, unused",
         "\"kty\":\"RSA\",\"kid\":\"k\",\"x5c\":[\"AA==\"],\"x5t\":\"AA\",\"x5u\":\"https://evil.example\"",
         true},
        {"key_ops verify", "\"kty\":\"RSA\",\"kid\":\"k\",\"key_ops\":[\"verify\"]", true},
        {"key_ops with verify",
         "\"kty\":\"RSA\",\"kid\":\"k\",\"key_ops\":[1,\"encrypt\",\"verify\"]", true},
        {"no kty", "\"kid\":\"k\"", false},
        {"kty EC", "\"kty\":\"EC\",\"kid\":\"k\"", false},
        {"kty oct", "\"kty\":\"oct\",\"kid\":\"k\"", false},
        {"kty rsa", "\"kty\":\"rsa\",\"kid\":\"k\"", false},
        {"kty null", "\"kty\":null,\"kid\":\"k\"", false},
        {"kty a list", "\"kty\":[\"RSA\"],\"kid\":\"k\"", false},
        {"use enc", "\"kty\":\"RSA\",\"kid\":\"k\",\"use\":\"enc\"", false},
        {"use empty", "\"kty\":\"RSA\",\"kid\":\"k\",\"use\":\"\"", false},
        {"use null", "\"kty\":\"RSA\",\"kid\":\"k\",\"use\":null", false},
        {"use a list", "\"kty\":\"RSA\",\"kid\":\"k\",\"use\":[\"sig\"]", false},
        {"alg RS384", "\"kty\":\"RSA\",\"kid\":\"k\",\"alg\":\"RS384\"", false},
        {"alg PS256", "\"kty\":\"RSA\",\"kid\":\"k\",\"alg\":\"PS256\"", false},
        {"alg RSA-OAEP", "\"kty\":\"RSA\",\"kid\":\"k\",\"alg\":\"RSA-OAEP\"", false},
        {"alg rs256", "\"kty\":\"RSA\",\"kid\":\"k\",\"alg\":\"rs256\"", false},
        {"alg null", "\"kty\":\"RSA\",\"kid\":\"k\",\"alg\":null", false},
        {"key_ops empty", "\"kty\":\"RSA\",\"kid\":\"k\",\"key_ops\":[]", false},
        {"key_ops encrypt", "\"kty\":\"RSA\",\"kid\":\"k\",\"key_ops\":[\"encrypt\"]", false},
        {"key_ops a string", "\"kty\":\"RSA\",\"kid\":\"k\",\"key_ops\":\"verify\"", false},
        {"key_ops null", "\"kty\":\"RSA\",\"kid\":\"k\",\"key_ops\":null", false},
        {"no kid", "\"kty\":\"RSA\"", false},
        {"kid empty", "\"kty\":\"RSA\",\"kid\":\"\"", false},
        {"kid a number", "\"kty\":\"RSA\",\"kid\":1", false},
        {"kid null", "\"kty\":\"RSA\",\"kid\":null", false},
        {"its private exponent", "\"kty\":\"RSA\",\"kid\":\"k\",\"d\":\"AQ\"", false},
        {"its primes", "\"kty\":\"RSA\",\"kid\":\"k\",\"p\":\"AQ\",\"q\":\"AQ\"", false},
        {"a secret", "\"kty\":\"RSA\",\"kid\":\"k\",\"k\":\"AQ\"", false},
        {"other primes, null", "\"kty\":\"RSA\",\"kid\":\"k\",\"oth\":null", false},
    };
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *numbers = unit_key_numbers(mem, unit_keys[0]);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct jwks *set = NULL;
        char *text = talloc_asprintf(mem, "{\"keys\":[{%s,%s}]}", cases[i].members, numbers);
        enum status st = jwks_parse(mem, str_of(text), &set);
        ck_assert_msg(st == (cases[i].used ? STATUS_OK : STATUS_NO_KEYS), "%s: %d", cases[i].what,
                      st);
        ck_assert_msg(!cases[i].used || (set->count == 1 && set->skipped == 0), "%s",
                      cases[i].what);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(numbers_are_strict_base64url_of_a_fit_key)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str bytes = unit_key_number(mem, unit_keys[0], OSSL_PKEY_PARAM_RSA_N);
    char *n = unit_base64url(mem, bytes.data, bytes.len),
         *zero = talloc_zero_size(mem, 1 + bytes.len);
    memcpy(zero + 1, bytes.data, bytes.len);
    const struct {
        const char *what, *numbers;
        bool used;
    } cases[] = {
        {"exponent 65537", talloc_asprintf(mem, "\"n\":\"%s\",\"e\":\"AQAB\"", n), true},
        {"exponent 3", talloc_asprintf(mem, "\"n\":\"%s\",\"e\":\"Aw\"", n), true},
        {"exponent 1", talloc_asprintf(mem, "\"n\":\"%s\",\"e\":\"AQ\"", n), false},
        {"exponent 2", talloc_asprintf(mem, "\"n\":\"%s\",\"e\":\"Ag\"", n), false},
        {"no exponent", talloc_asprintf(mem, "\"n\":\"%s\"", n), false},
        {"exponent empty", talloc_asprintf(mem, "\"n\":\"%s\",\"e\":\"\"", n), false},
        {"exponent a number", talloc_asprintf(mem, "\"n\":\"%s\",\"e\":65537", n), false},
        {"exponent padded", talloc_asprintf(mem, "\"n\":\"%s\",\"e\":\"Aw==\"", n), false},
        {"exponent with unused bits", talloc_asprintf(mem, "\"n\":\"%s\",\"e\":\"Ax\"", n), false},
        {"no modulus", "\"e\":\"AQAB\"", false},
        {"modulus a number", "\"n\":5,\"e\":\"AQAB\"", false},
        {"modulus with a foreign byte", talloc_asprintf(mem, "\"n\":\"%s+\",\"e\":\"AQAB\"", n),
         false},
        {"modulus with a zero byte before it",
         talloc_asprintf(mem, "\"n\":\"%s\",\"e\":\"AQAB\"", unit_base64url(mem, zero, 257)),
         false},
        {"modulus short", "\"n\":\"AQAB\",\"e\":\"AQAB\"", false},
        {"modulus far too long",
         talloc_asprintf(mem, "\"n\":\"%s%0*d\",\"e\":\"AQAB\"", n, 2000, 0), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct jwks *set = NULL;
        char *text = talloc_asprintf(mem, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",%s}]}",
                                     cases[i].numbers);
        enum status st = jwks_parse(mem, str_of(text), &set);
        ck_assert_msg(st == (cases[i].used ? STATUS_OK : STATUS_NO_KEYS), "%s: %d", cases[i].what,
                      st);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(two_keys_of_one_kid_are_both_left_out)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *a = unit_jwk(mem, unit_keys[0], "a"), *b = unit_jwk(mem, unit_keys[1], "b");
    const char *other_a = unit_jwk(mem, unit_keys[2], "a");
    struct jwks *set;

    char *text = talloc_asprintf(mem, "{\"keys\":[%s,%s,%s]}", a, b, other_a);
    ck_assert_int_eq(jwks_parse(mem, str_of(text), &set), STATUS_OK);
    ck_assert_uint_eq(set->count, 1);
    ck_assert_uint_eq(set->skipped, 2);
    ck_assert_ptr_null(jwks_find(set, STR("a")));
    ck_assert_ptr_nonnull(jwks_find(set, STR("b")));
    /* also when one of them is of no use, and when they are the same key */
    text = talloc_asprintf(mem, "{\"keys\":[%s,{\"kty\":\"EC\",\"kid\":\"a\"}]}", a);
    ck_assert_int_eq(jwks_parse(mem, str_of(text), &set), STATUS_NO_KEYS);
    text = talloc_asprintf(mem, "{\"keys\":[%s,%s]}", a, a);
    ck_assert_int_eq(jwks_parse(mem, str_of(text), &set), STATUS_NO_KEYS);
    talloc_free(mem);
}
END_TEST

START_TEST(a_key_is_found_by_its_kid_byte_for_byte)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char *text = talloc_asprintf(mem, "{\"keys\":[%s,%s]}", unit_jwk(mem, unit_keys[0], "Kid-1"),
                                 unit_jwk(mem, unit_keys[1], "kid-1"));
    struct jwks *set, *again;

    ck_assert_int_eq(jwks_parse(mem, str_of(text), &set), STATUS_OK);
    ck_assert_uint_eq(set->count, 2);
    ck_assert_ptr_eq(jwks_find(set, STR("Kid-1")), &set->keys[0]);
    ck_assert_ptr_eq(jwks_find(set, STR("kid-1")), &set->keys[1]);
    ck_assert_ptr_null(jwks_find(set, STR("KID-1")));
    ck_assert_ptr_null(jwks_find(set, STR("kid-")));
    ck_assert_ptr_null(jwks_find(set, STR("kid-1 ")));
    ck_assert_ptr_null(jwks_find(set, STR("")));
    /* an id is the same for the same key in another set, and another for another key of that kid */
    text = talloc_asprintf(mem, "{\"keys\":[%s,%s]}", unit_jwk(mem, unit_keys[0], "kid-1"),
                           unit_jwk(mem, unit_keys[0], "Kid-1"));
    ck_assert_int_eq(jwks_parse(mem, str_of(text), &again), STATUS_OK);
    ck_assert_ptr_eq(jwks_find_id(again, set->keys[0].id), &again->keys[1]);
    ck_assert_ptr_null(jwks_find_id(again, set->keys[1].id));
    talloc_free(mem);
}
END_TEST

START_TEST(what_is_no_key_set_is_refused)
{
    static const struct {
        const char *what, *text;
        enum status status;
    } cases[] = {
        {"nothing", "", STATUS_BAD_JSON},
        {"a page", "<html></html>", STATUS_BAD_JSON},
        {"half a set", "{\"keys\":[", STATUS_BAD_JSON},
        {"a list", "[]", STATUS_BAD_JSON},
        {"null", "null", STATUS_BAD_JSON},
        {"no keys member", "{}", STATUS_BAD_JSON},
        {"keys null", "{\"keys\":null}", STATUS_BAD_JSON},
        {"keys an object", "{\"keys\":{}}", STATUS_BAD_JSON},
        {"keys twice", "{\"keys\":[],\"keys\":[]}", STATUS_BAD_JSON},
        {"an empty set", "{\"keys\":[]}", STATUS_NO_KEYS},
        {"keys that are no objects", "{\"keys\":[1,null,\"RSA\",[],true]}", STATUS_NO_KEYS},
    };
    TALLOC_CTX *mem = talloc_new(NULL);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct jwks *set = NULL;
        enum status st = jwks_parse(mem, str_of(cases[i].text), &set);
        ck_assert_msg(st == cases[i].status && set == NULL, "%s: %d", cases[i].what, st);
    }
    ck_assert_uint_eq(talloc_total_blocks(mem), 1);
    talloc_free(mem);
}
END_TEST

START_TEST(a_set_has_at_most_100_members)
{
    TALLOC_CTX *mem = talloc_new(NULL);

    for (int count = 100; count <= 101; count++) {
        struct jwks *set;
        char *text = talloc_asprintf(mem, "{\"keys\":[%s", unit_jwk(mem, unit_keys[0], "k"));
        for (int i = 1; i < count; i++)
            text = talloc_strdup_append(text, ",1");
        text = talloc_strdup_append(text, "]}");
        ck_assert_int_eq(jwks_parse(mem, str_of(text), &set),
                         count <= 100 ? STATUS_OK : STATUS_BAD_JSON);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(a_failing_allocation_leaves_nothing_behind)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *text = unit_jwks(mem, unit_keys[0], "k");
    enum status st = STATUS_NO_MEMORY;
    struct jwks *set;

    size_t before = talloc_total_blocks(mem);
    for (int64_t nth = 1; st != STATUS_OK; nth++) {
        unit_calls_left = nth;
        st = jwks_parse(mem, str_of(text), &set);
        ck_assert(st == STATUS_OK || ((st == STATUS_NO_MEMORY || st == STATUS_INTERNAL) &&
                                      talloc_total_blocks(mem) == before));
    }
    unit_calls_left = 0;
    st = STATUS_NO_MEMORY;
    for (size_t bytes = 1; st != STATUS_OK; bytes += 16) {
        TALLOC_CTX *limited = unit_limited(bytes);
        st = jwks_parse(limited, str_of(text), &set);
        ck_assert(st == STATUS_OK || st == STATUS_NO_MEMORY || st == STATUS_INTERNAL);
        talloc_free(limited);
    }
    talloc_free(mem);
}
END_TEST

/* --- Project Wycheproof ----------------------------------------------------------------------- */

/* A key of the vectors, written again as JSON with the members a reader of keys could look at. */
static void write_key(struct buf *b, const struct json *key)
{
    static const char *const names[] = {"kty", "use", "alg", "kid", "n",   "e", "d", "p",
                                        "q",   "dp",  "dq",  "qi",  "crv", "x", "y", "k"};
    const struct json *key_ops = json_get(key, "key_ops");
    const char *comma = "";

    buf_add_char(b, '{');
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct json *value = json_get(key, names[i]);
        if (value == NULL)
            continue;
        buf_printf(b, "%s\"%s\":", comma, names[i]);
        json_write_text(b, json_text(value));
        comma = ",";
    }
    if (key_ops != NULL) {
        buf_printf(b, "%s\"key_ops\":[", comma);
        json_write_text(b, json_text(json_at(key_ops, 0)));
        buf_add_char(b, ']');
    }
    buf_add_char(b, '}');
}

static struct str write_set(TALLOC_CTX *mem, const struct json *key_or_set)
{
    const struct json *keys = json_get(key_or_set, "keys");
    struct buf b;

    buf_init(&b, mem, 100000);
    buf_add_str(&b, STR("{\"keys\":["));
    if (keys == NULL)
        write_key(&b, key_or_set);
    for (size_t i = 0; keys != NULL && i < json_count(keys); i++) {
        if (i > 0)
            buf_add_char(&b, ',');
        write_key(&b, json_at(keys, i));
    }
    buf_add_str(&b, STR("]}"));
    ck_assert_int_eq(b.status, STATUS_OK);
    return buf_str(&b);
}

/* The way of a token up to its claims. */
static bool accepts(TALLOC_CTX *mem, struct str set_text, struct str token)
{
    const char *reason;
    struct jwks *set;
    struct jwt jwt;

    struct str header = str_of(talloc_asprintf(mem, "Bearer %.*s", (int)token.len, token.data)),
               bearer;
    if (jwks_parse(mem, set_text, &set) != STATUS_OK ||
        bearer_token(header, &bearer, &reason) != STATUS_OK ||
        jwt_open(mem, bearer, &jwt, &reason) != STATUS_OK)
        return false;
    const struct jwk *key = jwks_find(set, jwt.kid);
    return key != NULL && rs256_verify(key->rsa, jwt.signed_part, jwt.signature);
}

static bool text_is(const struct json *value, const char *wanted)
{
    return value != NULL && str_eq(json_text(value), str_of(wanted));
}

/* The vectors of RS256 that Wycheproof calls valid, and we do too. tcId 259 signs an empty payload,
 * which is no JWT. */
static bool is_good(const char *file, int64_t id)
{
    static const struct {
        const char *file;
        int64_t id;
    } good[] = {
        {"jws_vectors.json", 33},  {"jws_vectors.json", 260}, {"jws_vectors.json", 261},
        {"jws_vectors.json", 262}, {"jws_vectors.json", 263}, {"jws_vectors.json", 345},
        {"jws_vectors.json", 349}, {"jwk_vectors.json", 5},   {"jwcrypto_vectors.json", 33},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (strcmp(good[i].file, file) == 0 && good[i].id == id)
            return true;
    }
    return false;
}

static size_t run_vectors(const char *file, size_t *accepted)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *groups = json_get(unit_vectors(mem, file), "testGroups");
    size_t count = 0;

    for (size_t g = 0; g < json_count(groups); g++) {
        const struct json *group = json_at(groups, g), *tests = json_get(group, "tests");
        const struct json *key = json_get(group, "public");
        struct str set = write_set(mem, key == NULL ? json_get(group, "private") : key);
        for (size_t t = 0; t < json_count(tests); t++) {
            const struct json *test = json_at(tests, t);
            double id = 0;
            ck_assert(json_double(json_get(test, "tcId"), &id));
            bool good = is_good(file, (int64_t)id);
            bool taken = accepts(mem, set, json_text(json_get(test, "jws")));
            ck_assert_msg(taken == good, "%s %d", file, (int)id);
            ck_assert_msg(!taken || text_is(json_get(test, "result"), "valid"), "%s %d", file,
                          (int)id);
            *accepted += taken;
            count++;
        }
    }
    talloc_free(mem);
    return count;
}

START_TEST(wycheproof_signatures_pass_only_when_valid)
{
    size_t accepted = 0;

    ck_assert_uint_eq(run_vectors("jws_vectors.json", &accepted), 371);
    ck_assert_uint_eq(accepted, 7);
    ck_assert_uint_eq(run_vectors("jwcrypto_vectors.json", &accepted), 32);
    ck_assert_uint_eq(accepted, 8);
}
END_TEST

START_TEST(wycheproof_keys_that_are_invalid_are_not_used)
{
    size_t accepted = 0;

    ck_assert_uint_eq(run_vectors("jwk_vectors.json", &accepted), 26);
    ck_assert_uint_eq(accepted, 1);
}
END_TEST

START_TEST(wycheproof_private_keys_are_never_used)
{
    static const char *const files[] = {"jws_vectors.json", "jwk_vectors.json",
                                        "jwcrypto_vectors.json"};
    TALLOC_CTX *mem = talloc_new(NULL);
    size_t count = 0;

    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        const struct json *groups = json_get(unit_vectors(mem, files[f]), "testGroups");
        for (size_t g = 0; g < json_count(groups); g++) {
            const struct json *key = json_get(json_at(groups, g), "private");
            struct jwks *set;
            if (key == NULL)
                continue;
            ck_assert_int_eq(jwks_parse(mem, write_set(mem, key), &set), STATUS_NO_KEYS);
            count++;
        }
    }
    ck_assert_uint_gt(count, 20);
    talloc_free(mem);
}
END_TEST

START_TEST(wycheproof_encrypted_tokens_are_refused)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *tests = json_get(unit_vectors(mem, "jwe_compact_tokens.json"), "tests");

    ck_assert_uint_eq(json_count(tests), 40);
    for (size_t t = 0; t < json_count(tests); t++) {
        const char *reason = "";
        struct jwt jwt;
        struct str token = json_text(json_get(json_at(tests, t), "jwe"));
        ck_assert_int_eq(jwt_open(mem, token, &jwt, &reason), STATUS_UNAUTHENTICATED);
        ck_assert_str_eq(reason, "shape");
    }
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("jwks", a_key_is_used_only_if_it_is_for_rs256_signatures,
          numbers_are_strict_base64url_of_a_fit_key, two_keys_of_one_kid_are_both_left_out,
          a_key_is_found_by_its_kid_byte_for_byte, what_is_no_key_set_is_refused,
          a_set_has_at_most_100_members, a_failing_allocation_leaves_nothing_behind,
          wycheproof_signatures_pass_only_when_valid, wycheproof_keys_that_are_invalid_are_not_used,
          wycheproof_private_keys_are_never_used, wycheproof_encrypted_tokens_are_refused)
