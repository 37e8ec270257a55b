#include "../../src/auth/libjwt_check_priv.h"

#include <jwt.h>

#include "../../src/auth/rs256_priv.h"
#include "auth_unit.h"

static struct str pem_of(TALLOC_CTX *mem, const EVP_PKEY *from)
{
    struct rs256_key *key;
    struct str n = unit_key_number(mem, from, OSSL_PKEY_PARAM_RSA_N);
    struct str e = unit_key_number(mem, from, OSSL_PKEY_PARAM_RSA_E);
    ck_assert_int_eq(rs256_key_new(mem, n, e, &key), STATUS_OK);
    return rs256_key_pem(key);
}

/* A token keyed with the text of the public key: libjwt lets the token choose (security.md). */
static char *confused_token(TALLOC_CTX *mem, struct str pem)
{
    jwt_t *jwt;
    ck_assert_int_eq(jwt_new(&jwt), 0);
    ck_assert_int_eq(jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)pem.data, (int)pem.len),
                     0);
    ck_assert_int_eq(jwt_add_grant(jwt, "sub", "auth0|1"), 0);
    char *text = jwt_encode_str(jwt);
    char *copy = talloc_strdup(mem, text);
    free(text);
    jwt_free(jwt);
    return copy;
}

START_TEST(libjwt_must_agree_on_key_algorithm_and_subject)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str pem = pem_of(mem, unit_keys[0]), other = pem_of(mem, unit_keys[1]);
    const char *head = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"1\"}";
    const char *good = unit_token(mem, unit_keys[0], head, "{\"sub\":\"auth0|1\"}");
    const struct {
        const char *what, *token;
        struct str pem, sub;
        bool agrees;
    } cases[] = {
        {"the same", good, pem, STR("auth0|1"), true},
        {"no typ", unit_token(mem, unit_keys[0], "{\"alg\":\"RS256\"}", "{\"sub\":\"auth0|1\"}"),
         pem, STR("auth0|1"), true},
        {"another key", good, other, STR("auth0|1"), false},
        {"no key", good, STR(""), STR("auth0|1"), false},
        {"another subject", good, pem, STR("auth0|2"), false},
        {"a longer subject", good, pem, STR("auth0|11"), false},
        {"a subject that is no string", unit_token(mem, unit_keys[0], head, "{\"sub\":1}"), pem,
         STR("1"), false},
        {"no subject", unit_token(mem, unit_keys[0], head, "{}"), pem, STR(""), false},
        {"HS256 with the public key as secret", confused_token(mem, pem), pem, STR("auth0|1"),
         false},
        {"no signature", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhdXRoMHwxIn0.", pem, STR("auth0|1"),
         false},
        {"no token", "x.y.z", pem, STR("auth0|1"), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum status st = libjwt_agrees(mem, str_of(cases[i].token), cases[i].pem, cases[i].sub);
        ck_assert_msg(st == (cases[i].agrees ? STATUS_OK : STATUS_UNAUTHENTICATED), "%s",
                      cases[i].what);
    }
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("libjwt_check", libjwt_must_agree_on_key_algorithm_and_subject)
