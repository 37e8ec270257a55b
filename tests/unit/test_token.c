#include "ts/token.h"

#include "../../src/auth/bearer_priv.h"
#include "../../src/auth/token_priv.h"
#include "auth_faults.h"
#include "auth_server.h"
#include "ts/clock.h"
#include "ts/log.h"
#include "ts/scope.h"

UNIT_FAILING(int, 0, EVP_DigestInit_ex2, (EVP_MD_CTX * c, const EVP_MD *md, const OSSL_PARAM *p),
             (c, md, p))

#define HEADER "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k0\"}"

/* A fixed "now": every token in here is made for it. */
static const int64_t NOW_S = 1900000000;

struct fixture {
    TALLOC_CTX *mem;
    char *folder;
    struct token_config config;
    struct verifier *verifier;
};

static struct verifier *open_verifier(struct fixture *f)
{
    struct verifier *verifier;
    ck_assert_int_eq(verifier_open(f->mem, &f->config, &verifier), STATUS_OK);
    return verifier;
}

/* The key set lies in the shared file, fetched just now; the endpoint is a port that refuses. */
static void publish(struct fixture *f, const char *set)
{
    struct jwks_cache *cache;
    ck_assert_int_eq(jwks_cache_open(f->mem, f->config.jwks_cache, f->config.jwks_url, &cache),
                     STATUS_OK);
    ck_assert(jwks_cache_write(cache, str_of(set)));
    talloc_free(cache);
}

static struct fixture set_up(void)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct fixture f = {.mem = mem, .folder = unit_folder(mem)};

    clock_fake(NOW_S * 1000000);
    log_set_level(LOG_ERROR);
    f.config = (struct token_config){.issuer = "https://tenant.example/",
                                     .audience = "https://api.example",
                                     .jwks_url = "https://127.0.0.1:1/keys",
                                     .jwks_cache = unit_path(f.folder, "jwks"),
                                     .claim_namespace = "https://timesheets.example/",
                                     .leeway_s = 30,
                                     .fresh_s = 600,
                                     .cooldown_s = 30,
                                     .stale_s = 86400,
                                     .cache_tokens = 16};
    publish(&f, unit_jwks(mem, unit_keys[0], "k0"));
    f.verifier = open_verifier(&f);
    return f;
}

static void tear_down(struct fixture *f)
{
    clock_fake(0);
    talloc_free(f->mem);
}

static void advance_s(int64_t seconds)
{
    clock_fake(clock_wall_us() + seconds * 1000000);
}

static char *payload(TALLOC_CTX *mem, const char *more)
{
    return talloc_asprintf(
        mem,
        "{\"iss\":\"https://tenant.example/\",\"aud\":[\"https://api.example\","
        "\"https://tenant.example/userinfo\"],\"sub\":\"auth0|1\",\"azp\":\"spa\","
        "\"iat\":%lld,\"exp\":%lld,\"scope\":\"openid read:timesheets\"%s}",
        (long long)NOW_S - 5, (long long)NOW_S + 3600, more);
}

static const char *good_token(TALLOC_CTX *mem)
{
    return unit_token(mem, unit_keys[0], HEADER, payload(mem, ""));
}

/* The status, and the reason if it is no success. */
static enum status verify(struct verifier *verifier, const char *header, const char **reason)
{
    const struct claims *claims = NULL;
    enum status st = token_verify(verifier, str_of(header), &claims, reason);
    ck_assert((claims != NULL) == (st == STATUS_OK));
    return st;
}

static void expect(struct verifier *verifier, const char *header, enum status wanted,
                   const char *word)
{
    const char *reason = "";
    enum status st = verify(verifier, header, &reason);
    ck_assert_msg(st == wanted && (st == STATUS_OK || strcmp(reason, word) == 0), "%s: %d %s", word,
                  st, reason);
}

START_TEST(a_good_token_gives_its_claims)
{
    struct fixture f = set_up();
    const struct claims *claims;
    const char *reason;
    char *header = unit_bearer(
        f.mem,
        unit_token(f.mem, unit_keys[0], HEADER,
                   payload(f.mem, ",\"permissions\":[\"read:timesheets\",\"approve:timesheets\"],"
                                  "\"https://timesheets.example/email\":\"Ann@ABC.example\","
                                  "\"https://timesheets.example/email_verified\":true,"
                                  "\"https://timesheets.example/kind\":\"contractor\","
                                  "\"https://timesheets.example/name\":\"Ann\"")));

    for (int i = 0; i < 3; i++) { /* the second and third come from the cache */
        ck_assert_int_eq(token_verify(f.verifier, str_of(header), &claims, &reason), STATUS_OK);
        ck_assert_view(claims->sub, "auth0|1");
        ck_assert_view(claims->client_id, "spa");
        ck_assert_view(claims->email, "ann@abc.example");
        ck_assert_view(claims->name, "Ann");
        ck_assert_view(claims->kind, "contractor");
        ck_assert_uint_eq(claims->scopes, SCOPE_READ);
        ck_assert_int_eq(claims->expires_s, NOW_S + 3600);
        ck_assert(!claims->machine);
    }
    ck_assert_uint_eq(token_cache_count(f.verifier->cache), 1);
    tear_down(&f);
}
END_TEST

/* security.md section 2, in its order; the claims have their own tables in test_claims.c. */
START_TEST(each_step_refuses_what_it_is_for)
{
    struct fixture f = set_up();
    TALLOC_CTX *m = f.mem;
    EVP_PKEY *key = unit_keys[0], *other = unit_keys[1];
    const char *good = good_token(m), *p = payload(m, "");
    char *signature = strrchr(good, '.') + 1;
    const char *head = unit_base64url_text(m, HEADER), *body = unit_base64url_text(m, p);
    char *flipped = talloc_strdup(m, good);
    flipped[strlen(head) + 20] = flipped[strlen(head) + 20] == 'A' ? 'B' : 'A';
    const struct {
        const char *what, *header, *reason;
    } cases[] = {
        {"good", unit_bearer(m, good), NULL},
        {"no header", "", "absent"},
        {"basic", talloc_asprintf(m, "Basic %s", good), "scheme"},
        {"the token alone", good, "scheme"},
        {"two tokens", talloc_asprintf(m, "Bearer %s %s", good, good), "shape"},
        {"two headers", talloc_asprintf(m, "Bearer %s, Bearer %s", good, good), "shape"},
        {"more than 8 KB", talloc_asprintf(m, "Bearer %s%0*d", good, 8192, 0), "shape"},
        {"far more than 8 KB", talloc_asprintf(m, "Bearer %s%0*d", good, 100000, 0), "shape"},
        {"two parts", talloc_asprintf(m, "Bearer %s.%s", head, body), "shape"},
        {"no signature", talloc_asprintf(m, "Bearer %s.%s.", head, body), "shape"},
        {"a padded signature", talloc_asprintf(m, "Bearer %s==", good), "base64"},
        {"a foreign byte in the signature",
         talloc_asprintf(m, "Bearer %s.%s.~%s", head, body, signature), "base64"},
        {"another spelling of the signature",
         talloc_asprintf(m, "Bearer %s.%s.%.*s%c", head, body, (int)strlen(signature) - 1,
                         signature, signature[strlen(signature) - 1] + 1),
         "base64"},
        {"alg none, no signature",
         unit_bearer(m, talloc_asprintf(m, "%s.%s.",
                                        unit_base64url_text(m, "{\"alg\":\"none\",\"kid\":\"k0\"}"),
                                        body)),
         "shape"},
        {"alg none, signed",
         unit_bearer(m, unit_token(m, key, "{\"alg\":\"none\",\"kid\":\"k0\"}", p)), "alg"},
        {"alg HS256, signed with RSA",
         unit_bearer(m, unit_token(m, key, "{\"alg\":\"HS256\",\"kid\":\"k0\"}", p)), "alg"},
        {"alg rs256", unit_bearer(m, unit_token(m, key, "{\"alg\":\"rs256\",\"kid\":\"k0\"}", p)),
         "alg"},
        {"alg twice",
         unit_bearer(m,
                     unit_token(m, key, "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"k0\"}", p)),
         "json"},
        {"crit",
         unit_bearer(
             m, unit_token(m, key, "{\"alg\":\"RS256\",\"kid\":\"k0\",\"crit\":[\"b64\"]}", p)),
         "crit"},
        {"b64",
         unit_bearer(m, unit_token(m, key, "{\"alg\":\"RS256\",\"kid\":\"k0\",\"b64\":false}", p)),
         "crit"},
        {"another typ",
         unit_bearer(m,
                     unit_token(m, key, "{\"alg\":\"RS256\",\"kid\":\"k0\",\"typ\":\"dpop\"}", p)),
         "typ"},
        {"no kid", unit_bearer(m, unit_token(m, key, "{\"alg\":\"RS256\"}", p)), "kid"},
        {"an unknown kid",
         unit_bearer(m, unit_token(m, key, "{\"alg\":\"RS256\",\"kid\":\"k1\"}", p)),
         "unknown-kid"},
        {"a kid in capitals",
         unit_bearer(m, unit_token(m, key, "{\"alg\":\"RS256\",\"kid\":\"K0\"}", p)),
         "unknown-kid"},
        {"a key of its own in the header",
         unit_bearer(m,
                     unit_token(m, other,
                                talloc_asprintf(m, "{\"alg\":\"RS256\",\"kid\":\"k0\",\"jwk\":%s}",
                                                unit_jwk(m, other, "k0")),
                                p)),
         "signature"},
        {"signed with another key", unit_bearer(m, unit_token(m, other, HEADER, p)), "signature"},
        {"a changed payload", unit_bearer(m, flipped), "signature"},
        {"the signature of another token",
         talloc_asprintf(m, "Bearer %s.%s.%s", head, unit_base64url_text(m, payload(m, ",\"x\":1")),
                         signature),
         "signature"},
        {"a signature cut short", talloc_asprintf(m, "Bearer %.*s", (int)strlen(good) - 2, good),
         "signature"},
        {"claims that are not JSON", unit_bearer(m, unit_token(m, key, HEADER, "hello")), "json"},
        {"a claim twice",
         unit_bearer(m, unit_token(m, key, HEADER, payload(m, ",\"sub\":\"auth0|2\""))), "json"},
        {"another issuer",
         unit_bearer(m, unit_token(m, key, HEADER, "{\"iss\":\"https://evil.example/\"}")), "iss"},
        {"another audience",
         unit_bearer(m, unit_token(m, key, HEADER,
                                   "{\"iss\":\"https://tenant.example/\",\"aud\":\"spa\"}")),
         "aud"},
        {"expired",
         unit_bearer(
             m,
             unit_token(
                 m, key, HEADER,
                 "{\"iss\":\"https://tenant.example/\",\"aud\":\"https://api.example\",\"sub\":\"x\","
                 "\"exp\":1899999970}")),
         "exp"},
        {"not yet valid",
         unit_bearer(m, unit_token(m, key, HEADER, payload(m, ",\"nbf\":1900000060"))), "nbf"},
        {"issued in the future",
         unit_bearer(
             m,
             unit_token(
                 m, key, HEADER,
                 "{\"iss\":\"https://tenant.example/\",\"aud\":\"https://api.example\",\"sub\":\"x\","
                 "\"exp\":1900000600,\"iat\":1900000060}")),
         "iat"},
        {"no subject",
         unit_bearer(
             m,
             unit_token(
                 m, key, HEADER,
                 "{\"iss\":\"https://tenant.example/\",\"aud\":\"https://api.example\",\"exp\":1900000600}")),
         "sub"},
        {"a client of another type",
         unit_bearer(m, unit_token(m, key, HEADER, payload(m, ",\"client_id\":1"))), "client"},
        {"gty of another type",
         unit_bearer(m, unit_token(m, key, HEADER, payload(m, ",\"gty\":1"))), "gty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int again = 0; again < 2;
             again++) { /* a refusal is never remembered as anything else */
            const char *reason = "";
            enum status st = verify(f.verifier, cases[i].header, &reason);
            ck_assert_msg(st == (cases[i].reason == NULL ? STATUS_OK : STATUS_UNAUTHENTICATED) &&
                              (st == STATUS_OK || strcmp(reason, cases[i].reason) == 0),
                          "%s: %d %s", cases[i].what, st, reason);
        }
    }
    ck_assert_uint_eq(token_cache_count(f.verifier->cache), 1);
    tear_down(&f);
}
END_TEST

START_TEST(both_dialects_of_the_tenant_are_taken)
{
    static const char *const headers[] = {
        "{\"alg\":\"RS256\",\"kid\":\"k0\"}",
        "{\"alg\":\"RS256\",\"kid\":\"k0\",\"typ\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"kid\":\"k0\",\"typ\":\"jwt\"}",
        "{\"alg\":\"RS256\",\"kid\":\"k0\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"RS256\",\"kid\":\"k0\",\"typ\":\"application/at+jwt\"}",
    };
    struct fixture f = set_up();

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        expect(f.verifier,
               unit_bearer(f.mem, unit_token(f.mem, unit_keys[0], headers[i], payload(f.mem, ""))),
               STATUS_OK, headers[i]);
    tear_down(&f);
}
END_TEST

/* Both libraries read the same text with the same key, so that they differ only when something is
 * broken: here the PEM text that libjwt is given is made another key's. */
START_TEST(libjwt_has_to_agree)
{
    struct fixture f = set_up();
    struct jwks *set = f.verifier->keys->set, *other;
    char *header = unit_bearer(f.mem, good_token(f.mem));
    char *at_jwt =
        unit_bearer(f.mem, unit_token(f.mem, unit_keys[0],
                                      "{\"alg\":\"RS256\",\"kid\":\"k0\",\"typ\":\"at+jwt\"}",
                                      payload(f.mem, "")));

    ck_assert_int_eq(jwks_parse(f.mem, str_of(unit_jwks(f.mem, unit_keys[1], "k0")), &other),
                     STATUS_OK);
    struct str right = rs256_key_pem(set->keys[0].rsa), wrong = rs256_key_pem(other->keys[0].rsa);
    char *text = (char *)(uintptr_t)right.data;
    ck_assert_uint_eq(right.len, wrong.len);
    memcpy(text, wrong.data, wrong.len);
    expect(f.verifier, header, STATUS_UNAUTHENTICATED, "libjwt");
    ck_assert_uint_eq(token_cache_count(f.verifier->cache), 0);
    expect(f.verifier, at_jwt, STATUS_OK, "libjwt is not asked about at+jwt");
    tear_down(&f);
}
END_TEST

START_TEST(a_kept_token_is_refused_when_its_time_is_over)
{
    struct fixture f = set_up();
    char *header = unit_bearer(f.mem, good_token(f.mem));

    expect(f.verifier, header, STATUS_OK, "good");
    advance_s(3625);
    expect(f.verifier, header, STATUS_OK, "within the leeway");
    advance_s(5);
    expect(f.verifier, header, STATUS_UNAUTHENTICATED, "exp");
    ck_assert_uint_eq(token_cache_count(f.verifier->cache), 0);
    expect(f.verifier, header, STATUS_UNAUTHENTICATED, "exp");
    tear_down(&f);
}
END_TEST

START_TEST(a_kept_token_is_refused_when_the_clock_goes_back_before_it)
{
    struct fixture f = set_up();
    char *header = unit_bearer(f.mem, good_token(f.mem));

    expect(f.verifier, header, STATUS_OK, "good");
    clock_fake((NOW_S - 36) * 1000000);
    expect(f.verifier, header, STATUS_UNAUTHENTICATED, "iat");
    clock_fake(NOW_S * 1000000);
    expect(f.verifier, header, STATUS_OK, "good again");
    tear_down(&f);
}
END_TEST

START_TEST(a_kept_token_goes_with_its_key)
{
    struct fixture f = set_up();
    char *header = unit_bearer(f.mem, good_token(f.mem));
    char *set = talloc_asprintf(f.mem, "{\"keys\":[%s,%s]}", unit_jwk(f.mem, unit_keys[0], "k0"),
                                unit_jwk(f.mem, unit_keys[1], "k1"));

    /* another key comes: the token stays */
    expect(f.verifier, header, STATUS_OK, "good");
    advance_s(480);
    publish(&f, set);
    verifier_maintain(f.verifier);
    ck_assert_uint_eq(token_cache_count(f.verifier->cache), 1);
    expect(f.verifier, header, STATUS_OK, "good");
    /* its key goes: so does the token */
    advance_s(480);
    publish(&f, unit_jwks(f.mem, unit_keys[1], "k1"));
    verifier_maintain(f.verifier);
    ck_assert_uint_eq(token_cache_count(f.verifier->cache), 0);
    expect(f.verifier, header, STATUS_UNAUTHENTICATED, "unknown-kid");
    tear_down(&f);
}
END_TEST

START_TEST(a_kept_token_goes_when_its_kid_gets_another_key)
{
    struct fixture f = set_up();
    char *header = unit_bearer(f.mem, good_token(f.mem));

    expect(f.verifier, header, STATUS_OK, "good");
    publish(&f, unit_jwks(f.mem, unit_keys[1], "k0"));
    /* an unknown kid makes the verifier look at the file, inside token_verify */
    char *unknown =
        unit_token(f.mem, unit_keys[0], "{\"alg\":\"RS256\",\"kid\":\"k9\"}", payload(f.mem, ""));
    expect(f.verifier, unit_bearer(f.mem, unknown), STATUS_UNAUTHENTICATED, "unknown-kid");
    ck_assert_uint_eq(token_cache_count(f.verifier->cache), 0);
    expect(f.verifier, header, STATUS_UNAUTHENTICATED, "signature");
    tear_down(&f);
}
END_TEST

START_TEST(a_kept_token_is_not_used_with_keys_that_are_too_old)
{
    struct fixture f = set_up();
    TALLOC_CTX *m = f.mem;
    char *text =
        talloc_asprintf(m,
                        "{\"iss\":\"https://tenant.example/\",\"aud\":\"https://api.example\","
                        "\"sub\":\"x\",\"exp\":%lld}",
                        (long long)NOW_S + 900000);
    char *header = unit_bearer(m, unit_token(m, unit_keys[0], HEADER, text));

    expect(f.verifier, header, STATUS_OK, "good");
    ck_assert(verifier_has_keys(f.verifier));
    advance_s(86390);
    expect(f.verifier, header, STATUS_OK, "stale keys serve");
    advance_s(20);
    ck_assert(!verifier_has_keys(f.verifier));
    expect(f.verifier, header, STATUS_NO_KEYS, "no-keys");
    tear_down(&f);
}
END_TEST

START_TEST(without_keys_good_shapes_are_503_and_bad_ones_401)
{
    struct fixture f = set_up();

    f.config.jwks_url = "https://127.0.0.1:1/other";
    struct verifier *keyless = open_verifier(&f);
    ck_assert(!verifier_has_keys(keyless));
    ck_assert_int_gt(verifier_due_ms(keyless), 0);
    expect(keyless, unit_bearer(f.mem, good_token(f.mem)), STATUS_NO_KEYS, "no-keys");
    expect(keyless, unit_bearer(f.mem, "a.b.c"), STATUS_UNAUTHENTICATED, "base64");
    expect(keyless, "", STATUS_UNAUTHENTICATED, "absent");
    tear_down(&f);
}
END_TEST

START_TEST(a_published_key_works_after_the_cooldown_without_a_restart)
{
    struct fixture f = set_up();
    TALLOC_CTX *m = f.mem;
    char *both = talloc_asprintf(m, "{\"keys\":[%s,%s]}", unit_jwk(m, unit_keys[0], "k0"),
                                 unit_jwk(m, unit_keys[1], "k1"));

    clock_fake(0);
    struct unit_server *server = unit_server_new(m, unit_jwks(m, unit_keys[0], "k0"),
                                                 "IP:127.0.0.1", unit_path(f.folder, "ca.pem"));
    clock_fake(NOW_S * 1000000);
    f.config.jwks_url = unit_server_url(m, server);
    f.config.jwks_ca_file = unit_path(f.folder, "ca.pem");
    struct verifier *a = open_verifier(&f), *b = open_verifier(&f);
    char *token = unit_bearer(
        m, unit_token(m, unit_keys[1], "{\"alg\":\"RS256\",\"kid\":\"k1\"}", payload(m, "")));
    expect(a, token, STATUS_UNAUTHENTICATED, "unknown-kid");
    unit_server_set(server, SERVER_GOOD, both);
    advance_s(30);
    expect(a, token, STATUS_OK, "new key");
    expect(b, token, STATUS_OK, "new key, in the other worker");
    expect(b, unit_bearer(m, good_token(m)), STATUS_OK, "old key");
    ck_assert_int_eq(server->requests, 2);
    tear_down(&f);
}
END_TEST

START_TEST(without_a_cache_every_token_is_checked)
{
    struct fixture f = set_up();
    const struct claims *claims;
    const char *reason;
    char *header = unit_bearer(f.mem, good_token(f.mem));

    f.config.cache_tokens = 0;
    struct verifier *plain = open_verifier(&f);
    ck_assert_ptr_null(plain->cache);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(token_verify(plain, str_of(header), &claims, &reason), STATUS_OK);
        ck_assert_view(claims->sub, "auth0|1");
    }
    size_t blocks = talloc_total_blocks(plain);
    expect(plain, header, STATUS_OK, "good");
    ck_assert_uint_eq(talloc_total_blocks(plain), blocks);
    advance_s(480);
    publish(&f, unit_jwks(f.mem, unit_keys[1], "k0"));
    verifier_maintain(plain);
    expect(plain, header, STATUS_UNAUTHENTICATED, "signature");
    tear_down(&f);
}
END_TEST

START_TEST(memory_stays_bounded)
{
    struct fixture f = set_up();
    const char *reason;
    size_t most = 0;

    for (int i = 0; i < 100; i++) {
        TALLOC_CTX *mem = talloc_new(f.mem);
        char *text = payload(mem, talloc_asprintf(mem, ",\"jti\":\"%d\"", i));
        char *header = unit_bearer(mem, unit_token(mem, unit_keys[0], HEADER, text));
        ck_assert_int_eq(verify(f.verifier, header, &reason), STATUS_OK);
        header[strlen(header) - 10] ^= 1;
        ck_assert_int_eq(verify(f.verifier, header, &reason), STATUS_UNAUTHENTICATED);
        talloc_free(mem);
        size_t size = talloc_total_size(f.verifier);
        if (i == 16)
            most = size;
        ck_assert(i <= 16 || size <= most);
    }
    ck_assert_uint_eq(token_cache_count(f.verifier->cache), 16);
    tear_down(&f);
}
END_TEST

START_TEST(settings_are_checked_at_the_start)
{
    struct fixture f = set_up();
    const struct token_config good = f.config;
    struct verifier *verifier = NULL;
    struct token_config bad[24];
    size_t n = 0;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        bad[i] = good;
    bad[n++].issuer = NULL;
    bad[n++].issuer = "";
    bad[n++].audience = NULL;
    bad[n++].audience = "";
    bad[n++].jwks_cache = NULL;
    bad[n++].jwks_cache = "";
    bad[n++].jwks_cache = "no/such/folder/jwks";
    bad[n++].jwks_url = NULL;
    bad[n++].jwks_url = "";
    bad[n++].jwks_url = "http://tenant.example/keys";
    bad[n++].jwks_url = "file:///keys";
    bad[n++].jwks_url = "tenant.example/keys";
    bad[n++].leeway_s = -1;
    bad[n++].leeway_s = 301;
    bad[n++].fresh_s = 0;
    bad[n++].fresh_s = 86401;
    bad[n++].cooldown_s = 0;
    bad[n++].cooldown_s = 3601;
    bad[n++].stale_s = 599;
    bad[n++].stale_s = 7 * 86400 + 1;
    bad[n++].cache_tokens = -1;
    bad[n++].cache_tokens = 65537;
    log_set_level(LOG_ERROR + 1);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(verifier_open(f.mem, &bad[i], &verifier) == STATUS_BAD_CONFIG, "case %zu", i);
    ck_assert_ptr_null(verifier);
    tear_down(&f);
}
END_TEST

START_TEST(the_longest_token_passes)
{
    struct fixture f = set_up();
    struct verifier *verifier = f.verifier;

    for (size_t fill = 5000;; fill++) {
        TALLOC_CTX *mem = talloc_new(f.mem);
        char *text = payload(mem, talloc_asprintf(mem, ",\"x\":\"%0*d\"", (int)fill, 0));
        char *token = unit_token(mem, unit_keys[0], HEADER, text);
        size_t len = strlen(token);
        expect(verifier, unit_bearer(mem, token),
               len <= TOKEN_MAX_BYTES ? STATUS_OK : STATUS_UNAUTHENTICATED, "shape");
        talloc_free(mem);
        if (len > TOKEN_MAX_BYTES)
            break;
        fill += len < TOKEN_MAX_BYTES - 40 ? 20 : 0;
    }
    tear_down(&f);
}
END_TEST

START_TEST(short_memory_lets_nobody_in)
{
    struct fixture f = set_up();
    TALLOC_CTX *mem = talloc_new(f.mem);
    char *header = unit_bearer(mem, good_token(mem));
    const struct claims *claims;
    struct verifier *verifier;
    enum status st = STATUS_NO_MEMORY;
    const char *reason;

    for (size_t bytes = 1; st != STATUS_OK; bytes += 8 + bytes / 16) {
        TALLOC_CTX *small = unit_limited(bytes);
        st = verifier_open(small, &f.config, &verifier);
        if (st == STATUS_OK) {
            enum status first = token_verify(verifier, str_of(header), &claims, &reason);
            ck_assert(first == STATUS_OK || first == STATUS_NO_MEMORY || first == STATUS_NO_KEYS);
            st = first;
        }
        ck_assert(st == STATUS_OK || st == STATUS_NO_MEMORY || st == STATUS_NO_KEYS);
        talloc_free(small);
    }
    /* one that is open, with ever more room for a token */
    TALLOC_CTX *limited = unit_limited(1 << 30);
    ck_assert_int_eq(verifier_open(limited, &f.config, &verifier), STATUS_OK);
    size_t before = talloc_total_size(limited);
    st = STATUS_NO_MEMORY;
    for (size_t bytes = 8; st != STATUS_OK; bytes += 8 + bytes / 16) {
        unit_limit(limited, before + bytes);
        st = token_verify(verifier, str_of(header), &claims, &reason);
        ck_assert(st == STATUS_OK || (st == STATUS_NO_MEMORY && strcmp(reason, "memory") == 0));
    }
    talloc_free(limited);
    /* OpenSSL's allocations, one after the other: refused or let in, nothing between, and right
     * after */
    verifier = f.verifier;
    verifier->cache = NULL;
    st = STATUS_NO_MEMORY;
    bool reached = true;
    for (int64_t nth = 1; reached; nth++) {
        unit_calls_left = nth;
        st = token_verify(verifier, str_of(header), &claims, &reason);
        reached = unit_calls_left == 0;
        unit_calls_left = 0;
        ck_assert(st == STATUS_OK || st == STATUS_NO_MEMORY || st == STATUS_UNAUTHENTICATED);
        if (nth % 64 == 1) /* each time would take minutes under valgrind */
            expect(verifier, header, STATUS_OK, "right after");
    }
    tear_down(&f);
}
END_TEST

START_TEST(without_a_digest_nobody_gets_in)
{
    struct fixture f = set_up();
    char *header = unit_bearer(f.mem, good_token(f.mem));

    expect(f.verifier, header, STATUS_OK, "good");
    unit_fail_EVP_DigestInit_ex2 = 1;
    expect(f.verifier, header, STATUS_INTERNAL, "memory");
    expect(f.verifier, header, STATUS_OK, "good");
    tear_down(&f);
}
END_TEST

START_TEST(a_header_too_long_is_refused_unread)
{
    struct fixture f = set_up();
    struct str broken = {NULL, 5000000}; /* reading it would crash */
    const struct claims *claims = NULL;
    const char *reason = "";

    ck_assert_int_eq(token_verify(f.verifier, broken, &claims, &reason), STATUS_UNAUTHENTICATED);
    ck_assert_str_eq(reason, "shape");
    ck_assert_ptr_null(claims);
    tear_down(&f);
}
END_TEST

UNIT_MAIN("token", a_good_token_gives_its_claims, each_step_refuses_what_it_is_for,
          both_dialects_of_the_tenant_are_taken, libjwt_has_to_agree,
          a_kept_token_is_refused_when_its_time_is_over,
          a_kept_token_is_refused_when_the_clock_goes_back_before_it,
          a_kept_token_goes_with_its_key, a_kept_token_goes_when_its_kid_gets_another_key,
          a_kept_token_is_not_used_with_keys_that_are_too_old,
          without_keys_good_shapes_are_503_and_bad_ones_401,
          a_published_key_works_after_the_cooldown_without_a_restart,
          without_a_cache_every_token_is_checked, memory_stays_bounded,
          settings_are_checked_at_the_start, the_longest_token_passes, short_memory_lets_nobody_in,
          without_a_digest_nobody_gets_in, a_header_too_long_is_refused_unread)
