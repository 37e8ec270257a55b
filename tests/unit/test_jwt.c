#include "../../src/auth/jwt_priv.h"

#include "auth_faults.h"
#include "auth_unit.h"

#define OK_HEADER "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}"

START_TEST(the_header_decides_before_any_key_is_looked_for)
{
    static const struct {
        const char *what, *header, *reason; /* NULL = good */
    } cases[] = {
        {"the usual header", OK_HEADER, NULL},
        {"no typ", "{\"alg\":\"RS256\",\"kid\":\"k1\"}", NULL},
        {"typ in lower case", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"jwt\"}", NULL},
        {"white space", " { \"alg\" :\t\"RS256\",\n\"kid\":\"k1\" } ", NULL},
        {"escapes that spell the same", "{\"\\u0061lg\":\"RS\\u003256\",\"kid\":\"k1\"}", NULL},
        {"members nobody reads", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"x\":[1],\"cty\":null}", NULL},
        {"keys in the header, unused",
         "{\"alg\":\"RS256\",\"kid\":\"k1\",\"jwk\":{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"Aw\"},"
         "\"jku\":\"https://evil.example/\",\"x5u\":\"https://evil.example/\",\"x5c\":[\"AA==\"],"
         "\"x5t\":\"AA\"}",
         NULL},
        {"not JSON", "alg=RS256", "json"},
        {"an array", "[]", "json"},
        {"a string", "\"RS256\"", "json"},
        {"null", "null", "json"},
        {"a number", "1", "json"},
        {"text after the end", OK_HEADER "x", "json"},
        {"a second value", OK_HEADER "{}", "json"},
        {"a byte order mark", "\xEF\xBB\xBF" OK_HEADER, "json"},
        {"alg twice", "{\"alg\":\"RS256\",\"alg\":\"RS256\",\"kid\":\"k1\"}", "json"},
        {"alg twice, once escaped", "{\"alg\":\"none\",\"\\u0061lg\":\"RS256\",\"kid\":\"k1\"}",
         "json"},
        {"kid twice", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"kid\":\"k2\"}", "json"},
        {"single quotes", "{'alg':'RS256','kid':'k1'}", "json"},
        {"a comment", "{\"alg\":\"RS256\",/**/\"kid\":\"k1\"}", "json"},
        {"a comma at the end", "{\"alg\":\"RS256\",\"kid\":\"k1\",}", "json"},
        {"invalid UTF-8", "{\"alg\":\"RS256\",\"kid\":\"\xFF\"}", "json"},
        {"an escaped NUL in the kid", "{\"alg\":\"RS256\",\"kid\":\"k1\\u0000\"}", "json"},
        {"a lone surrogate", "{\"alg\":\"RS256\",\"kid\":\"\\ud800\"}", "json"},
        {"too deep",
         "{\"alg\":\"RS256\",\"kid\":\"k1\",\"x\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}", "json"},
        {"no alg", "{\"kid\":\"k1\"}", "alg"},
        {"alg none", "{\"alg\":\"none\",\"kid\":\"k1\"}", "alg"},
        {"alg NONE", "{\"alg\":\"NONE\",\"kid\":\"k1\"}", "alg"},
        {"alg empty", "{\"alg\":\"\",\"kid\":\"k1\"}", "alg"},
        {"alg HS256", "{\"alg\":\"HS256\",\"kid\":\"k1\"}", "alg"},
        {"alg rs256", "{\"alg\":\"rs256\",\"kid\":\"k1\"}", "alg"},
        {"alg Rs256", "{\"alg\":\"Rs256\",\"kid\":\"k1\"}", "alg"},
        {"alg RS256 and a space", "{\"alg\":\"RS256 \",\"kid\":\"k1\"}", "alg"},
        {"alg RS2567", "{\"alg\":\"RS2567\",\"kid\":\"k1\"}", "alg"},
        {"alg RS384", "{\"alg\":\"RS384\",\"kid\":\"k1\"}", "alg"},
        {"alg PS256", "{\"alg\":\"PS256\",\"kid\":\"k1\"}", "alg"},
        {"alg ES256", "{\"alg\":\"ES256\",\"kid\":\"k1\"}", "alg"},
        {"alg null", "{\"alg\":null,\"kid\":\"k1\"}", "alg"},
        {"alg a list", "{\"alg\":[\"RS256\"],\"kid\":\"k1\"}", "alg"},
        {"alg a number", "{\"alg\":12345,\"kid\":\"k1\"}", "alg"},
        {"crit", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[\"exp\"]}", "crit"},
        {"crit, empty", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[]}", "crit"},
        {"crit null", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":null}", "crit"},
        {"b64 false", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"b64\":false}", "crit"},
        {"b64 true", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"b64\":true}", "crit"},
        {"an ID token's typ", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"id_token\"}", "typ"},
        {"a logout token", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"logout+jwt\"}", "typ"},
        {"typ empty", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"\"}", "typ"},
        {"typ null", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":null}", "typ"},
        {"typ a list", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":[\"JWT\"]}", "typ"},
        {"typ JWT and a space", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT \"}", "typ"},
        {"no kid", "{\"alg\":\"RS256\"}", "kid"},
        {"kid empty", "{\"alg\":\"RS256\",\"kid\":\"\"}", "kid"},
        {"kid null", "{\"alg\":\"RS256\",\"kid\":null}", "kid"},
        {"kid a number", "{\"alg\":\"RS256\",\"kid\":1}", "kid"},
        {"kid a list", "{\"alg\":\"RS256\",\"kid\":[\"k1\"]}", "kid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        const char *reason = "";
        struct jwt jwt;
        enum status st = jwt_header_read(mem, str_of(cases[i].header), &jwt, &reason);
        if (cases[i].reason == NULL)
            ck_assert_msg(st == STATUS_OK && str_eq(jwt.kid, STR("k1")) && !jwt.is_at_jwt, "%s",
                          cases[i].what);
        else
            ck_assert_msg(st == STATUS_UNAUTHENTICATED && strcmp(reason, cases[i].reason) == 0,
                          "%s: %s", cases[i].what, reason);
        talloc_free(mem);
    }
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *reason;
    struct jwt jwt;
    ck_assert_int_eq(jwt_header_read(mem, str_n(OK_HEADER "\0", sizeof OK_HEADER), &jwt, &reason),
                     STATUS_UNAUTHENTICATED);
    talloc_free(mem);
}
END_TEST

START_TEST(at_jwt_is_known_in_its_spellings)
{
    static const char *const typs[] = {"at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt",
                                       "Application/AT+JWT"};
    TALLOC_CTX *mem = talloc_new(NULL);

    for (size_t i = 0; i < sizeof typs / sizeof typs[0]; i++) {
        const char *reason;
        struct jwt jwt;
        char *header =
            talloc_asprintf(mem, "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"%s\"}", typs[i]);
        ck_assert_int_eq(jwt_header_read(mem, str_of(header), &jwt, &reason), STATUS_OK);
        ck_assert_msg(jwt.is_at_jwt, "%s", typs[i]);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(a_kid_has_at_most_128_bytes)
{
    TALLOC_CTX *mem = talloc_new(NULL);

    for (size_t len = 127; len <= 129; len++) {
        const char *reason = "";
        struct jwt jwt;
        char *kid = talloc_zero_size(mem, len + 1);
        memset(kid, 'k', len);
        char *header = talloc_asprintf(mem, "{\"alg\":\"RS256\",\"kid\":\"%s\"}", kid);
        enum status st = jwt_header_read(mem, str_of(header), &jwt, &reason);
        ck_assert_int_eq(st, len <= 128 ? STATUS_OK : STATUS_UNAUTHENTICATED);
        if (st == STATUS_OK)
            ck_assert_view(jwt.kid, kid);
        else
            ck_assert_str_eq(reason, "kid");
    }
    talloc_free(mem);
}
END_TEST

START_TEST(a_token_has_exactly_three_parts)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *h = unit_base64url_text(mem, OK_HEADER), *p = "e30", *s = "AAAA";
    const struct {
        const char *what, *token, *reason;
    } cases[] = {
        {"three parts", talloc_asprintf(mem, "%s.%s.%s", h, p, s), NULL},
        {"one part", h, "shape"},
        {"two parts", talloc_asprintf(mem, "%s.%s", h, p), "shape"},
        {"four parts", talloc_asprintf(mem, "%s.%s.%s.%s", h, p, s, s), "shape"},
        {"five parts (an encrypted token)", talloc_asprintf(mem, "%s.%s.%s.%s.%s", h, p, s, s, s),
         "shape"},
        {"a dot at the end", talloc_asprintf(mem, "%s.%s.%s.", h, p, s), "shape"},
        {"a dot at the front", talloc_asprintf(mem, ".%s.%s.%s", h, p, s), "shape"},
        {"no header", talloc_asprintf(mem, ".%s.%s", p, s), "shape"},
        {"no payload", talloc_asprintf(mem, "%s..%s", h, s), "shape"},
        {"no signature", talloc_asprintf(mem, "%s.%s.", h, p), "shape"},
        {"dots alone", "..", "shape"},
        {"a foreign byte in the header", talloc_asprintf(mem, "%s~.%s.%s", h, p, s), "base64"},
        {"a foreign byte in the payload", talloc_asprintf(mem, "%s.%s+.%s", h, p, s), "base64"},
        {"a foreign byte in the signature", talloc_asprintf(mem, "%s.%s.%s/", h, p, s), "base64"},
        {"padding", talloc_asprintf(mem, "%s.%s.AA==", h, p), "base64"},
        {"unused bits in the signature", talloc_asprintf(mem, "%s.%s.AB", h, p), "base64"},
        {"unused bits in the payload", talloc_asprintf(mem, "%s.e31.%s", h, s), "base64"},
        {"a signature of one character", talloc_asprintf(mem, "%s.%s.A", h, p), "base64"},
        {"a header that is not JSON", talloc_asprintf(mem, "AAAA.%s.%s", p, s), "json"},
        {"no words at all", "a.b.c", "base64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *reason = "";
        struct jwt jwt;
        enum status st = jwt_open(mem, str_of(cases[i].token), &jwt, &reason);
        ck_assert_msg(st == (cases[i].reason == NULL ? STATUS_OK : STATUS_UNAUTHENTICATED) &&
                          strcmp(reason, cases[i].reason == NULL ? "" : cases[i].reason) == 0,
                      "%s: %s", cases[i].what, reason);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(the_parts_are_what_was_sent)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *token = unit_token(mem, unit_keys[0], OK_HEADER, "{\"sub\":\"x\"}");
    const char *reason;
    struct jwt jwt;

    ck_assert_int_eq(jwt_open(mem, str_of(token), &jwt, &reason), STATUS_OK);
    ck_assert_view(jwt.payload, "{\"sub\":\"x\"}");
    ck_assert_uint_eq(jwt.signature.len, 256);
    ck_assert_uint_eq(jwt.signed_part.len, (size_t)(strrchr(token, '.') - token));
    ck_assert_ptr_eq(jwt.signed_part.data, token);
    talloc_free(mem);
}
END_TEST

START_TEST(short_memory_is_no_verdict)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *token = unit_token(mem, unit_keys[0], OK_HEADER, "{}");
    enum status st = STATUS_NO_MEMORY;

    for (size_t bytes = 1; st != STATUS_OK; bytes += 8) {
        const char *reason = "";
        struct jwt jwt;
        TALLOC_CTX *limited = unit_limited(bytes);
        st = jwt_open(limited, str_of(token), &jwt, &reason);
        ck_assert_msg(st == STATUS_OK || st == STATUS_NO_MEMORY, "%zu bytes: %d %s", bytes, st,
                      reason);
        talloc_free(limited);
    }
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("jwt", the_header_decides_before_any_key_is_looked_for, at_jwt_is_known_in_its_spellings,
          a_kid_has_at_most_128_bytes, a_token_has_exactly_three_parts, the_parts_are_what_was_sent,
          short_memory_is_no_verdict)
