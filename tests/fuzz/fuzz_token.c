/* The gate of tokens. The first byte chooses what the rest is: an Authorization value, a JOSE
 * header, or claims as if their signature had been checked (no fuzzer finds a signature).
 * Whatever comes in: an answer is a known word or claims that keep every promise of ts/token.h. */
#include <stdint.h>
#include <stdlib.h>

#include "../../src/auth/bearer_priv.h"
#include "../../src/auth/claims_priv.h"
#include "../../src/auth/jwt_priv.h"
#include "ts/scope.h"
#include "ts/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

/* A refusal has one of the words of ts/token.h. */
static void require_word(enum status st, const char *reason)
{
    static const char *const words[] = {"absent", "scheme", "shape", "base64", "json", "alg",
                                        "crit",   "typ",    "kid",   "iss",    "aud",  "exp",
                                        "nbf",    "iat",    "sub",   "client", "gty"};
    require(st == STATUS_UNAUTHENTICATED && reason != NULL);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], reason) == 0)
            return;
    }
    abort();
}

static bool is_plain(struct str text)
{
    return utf8_is_text(text) && memchr(text.data, '\n', text.len) == NULL &&
           memchr(text.data, '\t', text.len) == NULL;
}

static void check_header(TALLOC_CTX *mem, struct str text)
{
    const char *reason = NULL;
    struct jwt jwt;

    enum status st = jwt_header_read(mem, text, &jwt, &reason);
    if (st != STATUS_OK) {
        require_word(st, reason);
        return;
    }
    require(jwt.kid.len >= 1 && jwt.kid.len <= 128 && utf8_valid(jwt.kid));
}

static void check_authorization(TALLOC_CTX *mem, struct str text)
{
    const char *reason = NULL;
    struct str token;
    struct jwt jwt;

    enum status st = bearer_token(text, &token, &reason);
    if (st == STATUS_OK) {
        require(token.len >= 1 && token.len <= 8192 && token.data >= text.data + 7);
        require(token.data + token.len == text.data + text.len);
        st = jwt_open(mem, token, &jwt, &reason);
    }
    if (st != STATUS_OK) {
        require_word(st, reason);
        return;
    }
    require(jwt.payload.len > 0 && jwt.signature.len > 0 && jwt.signed_part.data == token.data);
    require(jwt.signed_part.len + 1 < token.len && token.data[jwt.signed_part.len] == '.');
}

static void check_email(struct str email)
{
    require(email.len == 0 || (email.len >= 3 && email.len <= 254 && is_plain(email)));
    for (size_t i = 0; i < email.len; i++)
        require(email.data[i] != ' ' && !(email.data[i] >= 'A' && email.data[i] <= 'Z'));
    size_t at = str_find(email, '@');
    require(email.len == 0 || (at > 0 && at < email.len - 1));
}

static void check_claims(TALLOC_CTX *mem, struct str text)
{
    static const struct token_config config = {.issuer = "i",
                                               .audience = "a",
                                               .claim_namespace = "n/",
                                               .allowed_clients = "c d",
                                               .leeway_s = 30};
    const char *reason = NULL;
    struct claim_rules rules;
    struct verified out;

    require(claim_rules_init(mem, &config, &rules) == STATUS_OK);
    enum status st = claims_read(mem, text, &rules, &out, &reason);
    if (st != STATUS_OK) {
        require_word(st, reason);
        return;
    }
    const struct claims *c = &claims_copy(mem, &out)->claims;
    require(c->sub.len >= 1 && c->sub.len <= 255 && is_plain(c->sub));
    require(str_eq(c->client_id, STR("c")) || str_eq(c->client_id, STR("d")));
    require((c->scopes & ~(uint32_t)SCOPE_ANY) == 0);
    require(is_plain(c->name) && utf8_length(c->name) <= 200);
    require(is_plain(c->kind) && c->kind.len <= 64);
    require(c->expires_s >= 0 && c->expires_s <= INT64_C(253402300799));
    require(!str_eq(c->sub, c->client_id) || c->machine);
    require(out.nbf_us >= 0 && out.iat_us >= 0);
    check_email(c->email);
    st = claims_check_times(&out, &rules, INT64_C(1900000000000000), &reason);
    require(st == STATUS_OK ? c->expires_s >= 1899999969 : st == STATUS_UNAUTHENTICATED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str rest = size == 0 ? STR("") : str_n((const char *)data + 1, size - 1);

    if (size > 0 && data[0] == 'c')
        check_claims(mem, rest);
    else if (size > 0 && data[0] == 'h')
        check_header(mem, rest);
    else
        check_authorization(mem, rest);
    talloc_free(mem);
    return 0;
}
