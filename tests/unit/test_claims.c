#include "../../src/auth/claims_priv.h"

#include "auth_faults.h"
#include "ts/scope.h"

#define NS "https://timesheets.example/"
#define ISS "\"iss\":\"https://tenant.example/\""
#define AUD "\"aud\":\"https://api.example\""
#define SUB "\"sub\":\"auth0|1\""
#define EXP "\"exp\":2000000000"
#define BASE ISS "," AUD "," SUB "," EXP

static const struct token_config config = {
    .issuer = "https://tenant.example/",
    .audience = "https://api.example",
    .claim_namespace = NS,
    .leeway_s = 30,
};

static struct claim_rules rules_of(TALLOC_CTX *mem, const struct token_config *from)
{
    struct claim_rules rules;
    ck_assert_int_eq(claim_rules_init(mem, from, &rules), STATUS_OK);
    return rules;
}

struct verdict {
    const char *what, *payload, *reason; /* NULL = good */
};

static void check_verdicts(const struct token_config *from, const struct verdict *cases,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct claim_rules rules = rules_of(mem, from);
        const char *reason = "";
        struct verified out;
        enum status st = claims_read(mem, str_of(cases[i].payload), &rules, &out, &reason);
        ck_assert_msg(st == (cases[i].reason == NULL ? STATUS_OK : STATUS_UNAUTHENTICATED) &&
                          strcmp(reason, cases[i].reason == NULL ? "" : cases[i].reason) == 0,
                      "%s: %s", cases[i].what, reason);
        talloc_free(mem);
    }
}
#define CHECK_VERDICTS(from, cases)                                                                \
    check_verdicts((from), (cases), sizeof(cases) / sizeof(cases)[0])

START_TEST(issuer_audience_and_subject_are_required_and_exact)
{
    static const struct verdict cases[] = {
        {"the least", "{" BASE "}", NULL},
        {"not JSON", "{", "json"},
        {"an array",
         "["
         "]",
         "json"},
        {"a claim twice", "{" BASE ",\"sub\":\"auth0|2\"}", "json"},
        {"a claim twice, once escaped", "{" BASE ",\"s\\u0075b\":\"auth0|2\"}", "json"},
        {"an escaped NUL", "{" ISS "," AUD ",\"sub\":\"a\\u0000b\"," EXP "}", "json"},
        {"NaN", "{" ISS "," AUD "," SUB ",\"exp\":NaN}", "json"},
        {"no iss", "{" AUD "," SUB "," EXP "}", "iss"},
        {"iss without its slash", "{\"iss\":\"https://tenant.example\"," AUD "," SUB "," EXP "}",
         "iss"},
        {"iss with more", "{\"iss\":\"https://tenant.example//\"," AUD "," SUB "," EXP "}", "iss"},
        {"iss in capitals", "{\"iss\":\"https://TENANT.example/\"," AUD "," SUB "," EXP "}", "iss"},
        {"iss empty", "{\"iss\":\"\"," AUD "," SUB "," EXP "}", "iss"},
        {"iss null", "{\"iss\":null," AUD "," SUB "," EXP "}", "iss"},
        {"iss a list", "{\"iss\":[\"https://tenant.example/\"]," AUD "," SUB "," EXP "}", "iss"},
        {"aud in a list", "{" ISS ",\"aud\":[\"https://api.example\"]," SUB "," EXP "}", NULL},
        {"aud first in a list", "{" ISS ",\"aud\":[\"https://api.example\",\"x\"]," SUB "," EXP "}",
         NULL},
        {"aud last in a list", "{" ISS ",\"aud\":[\"x\",\"https://api.example\"]," SUB "," EXP "}",
         NULL},
        {"no aud", "{" ISS "," SUB "," EXP "}", "aud"},
        {"aud null", "{" ISS ",\"aud\":null," SUB "," EXP "}", "aud"},
        {"aud empty", "{" ISS ",\"aud\":\"\"," SUB "," EXP "}", "aud"},
        {"aud an empty list", "{" ISS ",\"aud\":[]," SUB "," EXP "}", "aud"},
        {"another aud", "{" ISS ",\"aud\":\"https://other.example\"," SUB "," EXP "}", "aud"},
        {"aud that begins as ours", "{" ISS ",\"aud\":\"https://api.example/x\"," SUB "," EXP "}",
         "aud"},
        {"aud that is a part of ours", "{" ISS ",\"aud\":\"https://api\"," SUB "," EXP "}", "aud"},
        {"aud in capitals", "{" ISS ",\"aud\":\"HTTPS://API.EXAMPLE\"," SUB "," EXP "}", "aud"},
        {"aud with others in one string",
         "{" ISS ",\"aud\":\"https://api.example x\"," SUB "," EXP "}", "aud"},
        {"a list of others", "{" ISS ",\"aud\":[\"x\",\"y\"]," SUB "," EXP "}", "aud"},
        {"a list that is not of strings",
         "{" ISS ",\"aud\":[\"https://api.example\",1]," SUB "," EXP "}", "aud"},
        {"a list in a list", "{" ISS ",\"aud\":[[\"https://api.example\"]]," SUB "," EXP "}",
         "aud"},
        {"aud an object", "{" ISS ",\"aud\":{\"https://api.example\":true}," SUB "," EXP "}",
         "aud"},
        {"aud true", "{" ISS ",\"aud\":true," SUB "," EXP "}", "aud"},
        {"an ID token: aud is the client",
         "{" ISS ",\"aud\":\"spa\",\"nonce\":\"n\"," SUB "," EXP "}", "aud"},
        {"no sub", "{" ISS "," AUD "," EXP "}", "sub"},
        {"sub empty", "{" ISS "," AUD ",\"sub\":\"\"," EXP "}", "sub"},
        {"sub null", "{" ISS "," AUD ",\"sub\":null," EXP "}", "sub"},
        {"sub a number", "{" ISS "," AUD ",\"sub\":1," EXP "}", "sub"},
        {"sub a list", "{" ISS "," AUD ",\"sub\":[\"auth0|1\"]," EXP "}", "sub"},
        {"sub with a tab", "{" ISS "," AUD ",\"sub\":\"a\\tb\"," EXP "}", "sub"},
        {"sub with a newline", "{" ISS "," AUD ",\"sub\":\"a\\nb\"," EXP "}", "sub"},
        {"sub with a carriage return", "{" ISS "," AUD ",\"sub\":\"a\\rb\"," EXP "}", "sub"},
        {"sub with DEL", "{" ISS "," AUD ",\"sub\":\"a\\u007fb\"," EXP "}", "sub"},
        {"sub with a C1 control", "{" ISS "," AUD ",\"sub\":\"a\\u0085b\"," EXP "}", "sub"},
        {"sub with an accent", "{" ISS "," AUD ",\"sub\":\"caf\\u00e9\"," EXP "}", NULL},
        {"sub with spaces", "{" ISS "," AUD ",\"sub\":\" a \"," EXP "}", NULL},
    };
    CHECK_VERDICTS(&config, cases);
}
END_TEST

START_TEST(a_subject_is_kept_whole_up_to_255_bytes)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct claim_rules rules = rules_of(mem, &config);

    for (size_t len = 254; len <= 256; len++) {
        char sub[257];
        const char *reason = "";
        struct verified out;
        memset(sub, 's', len);
        sub[len] = '\0';
        char *payload = talloc_asprintf(mem, "{" ISS "," AUD "," EXP ",\"sub\":\"%s\"}", sub);
        enum status st = claims_read(mem, str_of(payload), &rules, &out, &reason);
        ck_assert_int_eq(st, len <= 255 ? STATUS_OK : STATUS_UNAUTHENTICATED);
        if (st == STATUS_OK)
            ck_assert_view(out.claims.sub, sub);
        else
            ck_assert_str_eq(reason, "sub");
    }
    talloc_free(mem);
}
END_TEST

START_TEST(dates_are_numbers_in_range)
{
    static const struct verdict cases[] = {
        {"no exp", "{" ISS "," AUD "," SUB "}", "exp"},
        {"exp 0", "{" ISS "," AUD "," SUB ",\"exp\":0}", NULL},
        {"exp with a fraction", "{" ISS "," AUD "," SUB ",\"exp\":2000000000.5}", NULL},
        {"exp with an exponent", "{" ISS "," AUD "," SUB ",\"exp\":2e9}", NULL},
        {"the last exp", "{" ISS "," AUD "," SUB ",\"exp\":253402300799}", NULL},
        {"exp after it", "{" ISS "," AUD "," SUB ",\"exp\":253402300800}", "exp"},
        {"exp far after it", "{" ISS "," AUD "," SUB ",\"exp\":1e300}", "exp"},
        {"exp of 64 bits", "{" ISS "," AUD "," SUB ",\"exp\":9223372036854775807}", "exp"},
        {"exp beyond 64 bits", "{" ISS "," AUD "," SUB ",\"exp\":99999999999999999999}", "json"},
        {"exp infinite", "{" ISS "," AUD "," SUB ",\"exp\":1e400}", "json"},
        {"exp negative", "{" ISS "," AUD "," SUB ",\"exp\":-1}", "exp"},
        {"exp a little negative", "{" ISS "," AUD "," SUB ",\"exp\":-0.5}", "exp"},
        {"exp a string", "{" ISS "," AUD "," SUB ",\"exp\":\"2000000000\"}", "exp"},
        {"exp null", "{" ISS "," AUD "," SUB ",\"exp\":null}", "exp"},
        {"exp true", "{" ISS "," AUD "," SUB ",\"exp\":true}", "exp"},
        {"exp a list", "{" ISS "," AUD "," SUB ",\"exp\":[2000000000]}", "exp"},
        {"nbf 0", "{" BASE ",\"nbf\":0}", NULL},
        {"nbf a string", "{" BASE ",\"nbf\":\"0\"}", "nbf"},
        {"nbf null", "{" BASE ",\"nbf\":null}", "nbf"},
        {"nbf negative", "{" BASE ",\"nbf\":-1}", "nbf"},
        {"nbf too late", "{" BASE ",\"nbf\":253402300800}", "nbf"},
        {"iat with a fraction", "{" BASE ",\"iat\":0.25}", NULL},
        {"iat a string", "{" BASE ",\"iat\":\"0\"}", "iat"},
        {"iat null", "{" BASE ",\"iat\":null}", "iat"},
        {"iat negative", "{" BASE ",\"iat\":-1}", "iat"},
        {"iat too late", "{" BASE ",\"iat\":1e12}", "iat"},
    };
    CHECK_VERDICTS(&config, cases);
}
END_TEST

START_TEST(times_are_compared_with_the_leeway)
{
    static const struct {
        const char *what, *dates;
        int64_t now_ms; /* after second 1000000000 */
        const char *reason;
    } cases[] = {
        {"long before exp", "\"exp\":1000000100", 0, NULL},
        {"just before exp and leeway", "\"exp\":1000000000", 29999, NULL},
        {"at exp and leeway", "\"exp\":1000000000", 30000, "exp"},
        {"after", "\"exp\":1000000000", 31000, "exp"},
        {"the fraction counts: before", "\"exp\":1000000000.5", 30499, NULL},
        {"the fraction counts: at", "\"exp\":1000000000.5", 30500, "exp"},
        {"nbf at the leeway", "\"exp\":2000000000,\"nbf\":1000000030", 0, NULL},
        {"nbf after the leeway", "\"exp\":2000000000,\"nbf\":1000000030.001", 0, "nbf"},
        {"nbf one second after", "\"exp\":2000000000,\"nbf\":1000000031", 0, "nbf"},
        {"nbf reached", "\"exp\":2000000000,\"nbf\":1000000031", 1000, NULL},
        {"iat at the leeway", "\"exp\":2000000000,\"iat\":1000000030", 0, NULL},
        {"iat after the leeway", "\"exp\":2000000000,\"iat\":1000000031", 0, "iat"},
        {"iat long ago", "\"exp\":2000000000,\"iat\":1", 0, NULL},
        {"exp is looked at first", "\"exp\":1,\"nbf\":2000000000,\"iat\":2000000000", 0, "exp"},
    };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct claim_rules rules = rules_of(mem, &config);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *reason = "";
        struct verified out;
        char *payload = talloc_asprintf(mem, "{" ISS "," AUD "," SUB ",%s}", cases[i].dates);
        ck_assert_int_eq(claims_read(mem, str_of(payload), &rules, &out, &reason), STATUS_OK);
        int64_t now_us = INT64_C(1000000000000000) + cases[i].now_ms * 1000;
        enum status st = claims_check_times(&out, &rules, now_us, &reason);
        ck_assert_msg(st == (cases[i].reason == NULL ? STATUS_OK : STATUS_UNAUTHENTICATED) &&
                          strcmp(reason, cases[i].reason == NULL ? "" : cases[i].reason) == 0,
                      "%s: %s", cases[i].what, reason);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(only_listed_clients_may_come)
{
    static const struct verdict open_to_all[] = {
        {"no client", "{" BASE "}", NULL},
        {"any client", "{" BASE ",\"azp\":\"x\"}", NULL},
        {"azp null", "{" BASE ",\"azp\":null}", "client"},
        {"azp a number", "{" BASE ",\"azp\":1}", "client"},
        {"azp empty", "{" BASE ",\"azp\":\"\"}", "client"},
        {"azp with a newline", "{" BASE ",\"azp\":\"a\\nb\"}", "client"},
        {"client_id a list", "{" BASE ",\"client_id\":[\"spa\"]}", "client"},
        {"a good azp and a bad client_id", "{" BASE ",\"azp\":\"spa\",\"client_id\":1}", "client"},
    };
    static const struct verdict listed[] = {
        {"first on the list", "{" BASE ",\"azp\":\"spa\"}", NULL},
        {"last on the list", "{" BASE ",\"azp\":\"mobile\"}", NULL},
        {"between commas", "{" BASE ",\"azp\":\"cron\"}", NULL},
        {"client_id", "{" BASE ",\"client_id\":\"spa\"}", NULL},
        {"azp goes before client_id", "{" BASE ",\"client_id\":\"spa\",\"azp\":\"evil\"}",
         "client"},
        {"azp on the list, client_id not", "{" BASE ",\"client_id\":\"evil\",\"azp\":\"spa\"}",
         NULL},
        {"not on the list", "{" BASE ",\"azp\":\"evil\"}", "client"},
        {"no client", "{" BASE "}", "client"},
        {"a part of a name", "{" BASE ",\"azp\":\"sp\"}", "client"},
        {"more than a name", "{" BASE ",\"azp\":\"spa2\"}", "client"},
        {"another case", "{" BASE ",\"azp\":\"SPA\"}", "client"},
        {"the separators", "{" BASE ",\"azp\":\",\"}", "client"},
        {"two names", "{" BASE ",\"azp\":\"spa cron\"}", "client"},
    };
    struct token_config strict = config;
    struct token_config separators_only = config;
    strict.allowed_clients = " spa, cron,,mobile ";
    separators_only.allowed_clients = " , ";

    CHECK_VERDICTS(&config, open_to_all);
    CHECK_VERDICTS(&separators_only, open_to_all);
    CHECK_VERDICTS(&strict, listed);
}
END_TEST

START_TEST(a_client_id_has_at_most_255_bytes)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct claim_rules rules = rules_of(mem, &config);

    for (int len = 255; len <= 256; len++) {
        const char *reason = "";
        struct verified out;
        char *payload = talloc_asprintf(mem, "{" BASE ",\"azp\":\"%0*d\"}", len, 0);
        enum status st = claims_read(mem, str_of(payload), &rules, &out, &reason);
        ck_assert_int_eq(st, len <= 255 ? STATUS_OK : STATUS_UNAUTHENTICATED);
    }
    talloc_free(mem);
}
END_TEST

/* What a good payload says. */
static struct verified read_good(TALLOC_CTX *mem, const struct token_config *from,
                                 const char *payload)
{
    struct claim_rules rules = rules_of(mem, from);
    const char *reason = "";
    struct verified out;
    enum status st = claims_read(mem, str_of(payload), &rules, &out, &reason);
    ck_assert_msg(st == STATUS_OK, "%s: %s", payload, reason);
    return out;
}

START_TEST(scopes_need_scope_and_permissions)
{
    static const struct {
        const char *what, *claims;
        uint32_t scopes;
    } cases[] = {
        {"neither", "\"x\":1", 0},
        {"scope alone", "\"scope\":\"openid read:timesheets create:timesheets\"",
         SCOPE_READ | SCOPE_CREATE},
        {"scope empty", "\"scope\":\"\"", 0},
        {"scope a list", "\"scope\":[\"read:timesheets\"]", 0},
        {"scope null", "\"scope\":null", 0},
        {"scope an object", "\"scope\":{\"read:timesheets\":true}", 0},
        {"scope true", "\"scope\":true", 0},
        {"scp is not scope", "\"scp\":\"read:timesheets\"", 0},
        {"permissions alone", "\"permissions\":[\"read:timesheets\"]", 0},
        {"both", "\"scope\":\"read:timesheets\",\"permissions\":[\"read:timesheets\"]", SCOPE_READ},
        {"permissions hold more",
         "\"scope\":\"read:timesheets\",\"permissions\":[\"read:timesheets\","
         "\"approve:timesheets\"]",
         SCOPE_READ},
        {"scope asks for more",
         "\"scope\":\"read:timesheets approve:timesheets\",\"permissions\":"
         "[\"read:timesheets\"]",
         SCOPE_READ},
        {"no permission", "\"scope\":\"read:timesheets\",\"permissions\":[]", 0},
        {"permissions of other APIs",
         "\"scope\":\"read:timesheets\",\"permissions\":[\"read:other\"]", 0},
        {"members that are no strings count for nothing",
         "\"scope\":\"read:timesheets create:timesheets\","
         "\"permissions\":[1,null,[\"create:timesheets\"],{\"a\":1},\"read:timesheets\"]",
         SCOPE_READ},
        {"members are compared whole",
         "\"scope\":\"read:timesheets create:timesheets\",\"permissions\":"
         "[\"read:timesheets create:timesheets\"]",
         0},
        {"permissions a string",
         "\"scope\":\"read:timesheets\",\"permissions\":\"read:timesheets\"", 0},
        {"permissions null", "\"scope\":\"read:timesheets\",\"permissions\":null", 0},
        {"permissions an object",
         "\"scope\":\"read:timesheets\",\"permissions\":{\"read:timesheets\":1}", 0},
        {"permissions true", "\"scope\":\"read:timesheets\",\"permissions\":true", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct verified out =
            read_good(mem, &config, talloc_asprintf(mem, "{" BASE ",%s}", cases[i].claims));
        ck_assert_msg(out.claims.scopes == cases[i].scopes, "%s: %x", cases[i].what,
                      out.claims.scopes);
        talloc_free(mem);
    }
}
END_TEST

START_TEST(machines_are_told_from_people)
{
    static const struct {
        const char *what, *claims;
        bool machine;
    } cases[] = {
        {"a person", SUB, false},
        {"a person with a client", SUB ",\"azp\":\"spa\"", false},
        {"a person by password", SUB ",\"gty\":\"password\"", false},
        {"gty", SUB ",\"gty\":\"client-credentials\"", true},
        {"the end of gty", SUB ",\"gty\":\"x client-credentials\"", true},
        {"gty in a list", SUB ",\"gty\":[\"refresh_token\",\"client-credentials\"]", true},
        {"gty, an empty list", SUB ",\"gty\":[]", false},
        {"gty, a list of others", SUB ",\"gty\":[\"password\"]", false},
        {"gty that only begins so", SUB ",\"gty\":\"client-credentials-not\"", false},
        {"sub at clients", "\"sub\":\"abc@clients\"", true},
        {"sub at clients, gty says password", "\"sub\":\"abc@clients\",\"gty\":\"password\"", true},
        {"sub at clients, gty a list of others", "\"sub\":\"abc@clients\",\"gty\":[\"password\"]",
         true},
        {"sub at clients of somebody", "\"sub\":\"abc@clients.example\"", false},
        {"sub is azp", "\"sub\":\"cron\",\"azp\":\"cron\"", true},
        {"sub is client_id", "\"sub\":\"cron\",\"client_id\":\"cron\"", true},
        {"sub is client_id, azp another", "\"sub\":\"cron\",\"client_id\":\"cron\",\"azp\":\"spa\"",
         true},
        {"sub begins as azp", "\"sub\":\"cron2\",\"azp\":\"cron\"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct verified out = read_good(
            mem, &config, talloc_asprintf(mem, "{" ISS "," AUD "," EXP ",%s}", cases[i].claims));
        ck_assert_msg(out.claims.machine == cases[i].machine, "%s", cases[i].what);
        talloc_free(mem);
    }
    static const struct verdict bad[] = {
        {"gty null", "{" BASE ",\"gty\":null}", "gty"},
        {"gty a number", "{" BASE ",\"gty\":1}", "gty"},
        {"gty an object", "{" BASE ",\"gty\":{\"client-credentials\":true}}", "gty"},
        {"gty a list of other types", "{" BASE ",\"gty\":[\"password\",1]}", "gty"},
    };
    CHECK_VERDICTS(&config, bad);
}
END_TEST

START_TEST(an_email_counts_when_the_tenant_says_it_is_verified)
{
    static const struct {
        const char *what, *claims, *email;
    } cases[] = {
        {"none", "\"x\":1", ""},
        {"namespaced", "\"" NS "email\":\"a@b.example\",\"" NS "email_verified\":true",
         "a@b.example"},
        {"standard", "\"email\":\"a@b.example\",\"email_verified\":true", "a@b.example"},
        {"capitals", "\"email\":\"Ann.Z[`{@B.Example\",\"email_verified\":true",
         "ann.z[`{@b.example"},
        {"namespaced goes first",
         "\"" NS "email\":\"n@b.example\",\"" NS "email_verified\":true,"
         "\"email\":\"s@b.example\",\"email_verified\":true",
         "n@b.example"},
        {"namespaced is not verified, standard is",
         "\"" NS "email\":\"n@b.example\",\"email\":\"s@b.example\","
         "\"email_verified\":true",
         "s@b.example"},
        {"the two are not mixed", "\"" NS "email\":\"n@b.example\",\"email_verified\":true", ""},
        {"nor the other way", "\"email\":\"n@b.example\",\"" NS "email_verified\":true", ""},
        {"verified is missing", "\"email\":\"a@b.example\"", ""},
        {"verified is false", "\"email\":\"a@b.example\",\"email_verified\":false", ""},
        {"verified is a string", "\"email\":\"a@b.example\",\"email_verified\":\"true\"", ""},
        {"verified is a number", "\"email\":\"a@b.example\",\"email_verified\":1", ""},
        {"verified is null", "\"email\":\"a@b.example\",\"email_verified\":null", ""},
        {"verified is a list", "\"email\":\"a@b.example\",\"email_verified\":[true]", ""},
        {"three bytes", "\"email\":\"a@b\",\"email_verified\":true", "a@b"},
        {"two bytes", "\"email\":\"a@\",\"email_verified\":true", ""},
        {"no at", "\"email\":\"abcdef\",\"email_verified\":true", ""},
        {"two ats", "\"email\":\"a@b@c\",\"email_verified\":true", ""},
        {"nothing before the at", "\"email\":\"@abc\",\"email_verified\":true", ""},
        {"nothing after the at", "\"email\":\"abc@\",\"email_verified\":true", ""},
        {"a space", "\"email\":\"a b@c.example\",\"email_verified\":true", ""},
        {"a space at the end", "\"email\":\"a@c.example \",\"email_verified\":true", ""},
        {"a tab", "\"email\":\"a\\t@c.example\",\"email_verified\":true", ""},
        {"a newline", "\"email\":\"a@c.example\\n\",\"email_verified\":true", ""},
        {"DEL", "\"email\":\"a\\u007f@c.example\",\"email_verified\":true", ""},
        {"a list", "\"email\":[\"a@b.example\"],\"email_verified\":true", ""},
        {"null", "\"email\":null,\"email_verified\":true", ""},
        {"letters beyond ASCII stay", "\"email\":\"\\u00c4@b.example\",\"email_verified\":true",
         "\xC3\x84@b.example"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct verified out =
            read_good(mem, &config, talloc_asprintf(mem, "{" BASE ",%s}", cases[i].claims));
        ck_assert_msg(str_eq(out.claims.email, str_of(cases[i].email)), "%s", cases[i].what);
        talloc_free(mem);
    }
    for (int len = 254; len <= 255; len++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct verified out = read_good(
            mem, &config,
            talloc_asprintf(mem, "{" BASE ",\"email\":\"a@%0*d\",\"email_verified\":true}", len - 2,
                            0));
        ck_assert_uint_eq(out.claims.email.len, len <= 254 ? 254 : 0);
        talloc_free(mem);
    }
}
END_TEST

START_TEST(name_and_kind_are_taken_when_they_are_text)
{
    static const struct {
        const char *what, *claims, *name, *kind;
    } cases[] = {
        {"none", "\"x\":1", "", ""},
        {"namespaced", "\"" NS "name\":\"Ann\",\"" NS "kind\":\"contractor\"", "Ann", "contractor"},
        {"standard", "\"name\":\"Ann \\u00c4\"", "Ann \xC3\x84", ""},
        {"namespaced goes first", "\"name\":\"Standard\",\"" NS "name\":\"Ann\"", "Ann", ""},
        {"namespaced is no text", "\"name\":\"Standard\",\"" NS "name\":1", "Standard", ""},
        {"namespaced is empty", "\"name\":\"Standard\",\"" NS "name\":\"\"", "Standard", ""},
        {"a control character", "\"name\":\"A\\nB\"", "", ""},
        {"names that are no strings", "\"name\":[\"Ann\"],\"" NS "kind\":true", "", ""},
        {"the kind without its prefix", "\"kind\":\"employee\"", "", ""},
        {"a kind with a tab", "\"" NS "kind\":\"a\\tb\"", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct verified out =
            read_good(mem, &config, talloc_asprintf(mem, "{" BASE ",%s}", cases[i].claims));
        ck_assert_msg(str_eq(out.claims.name, str_of(cases[i].name)) &&
                          str_eq(out.claims.kind, str_of(cases[i].kind)),
                      "%s", cases[i].what);
        talloc_free(mem);
    }
}
END_TEST

START_TEST(a_name_has_at_most_200_characters_and_a_kind_64_bytes)
{
    static const char *const letters[] = {"x", "\xC3\xA4", "\xF0\x9F\x98\x80"};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        for (size_t count = 200; count <= 201; count++) {
            TALLOC_CTX *mem = talloc_new(NULL);
            char *name = talloc_strdup(mem, "");
            for (size_t k = 0; k < count; k++)
                name = talloc_strdup_append(name, letters[i]);
            struct verified out =
                read_good(mem, &config, talloc_asprintf(mem, "{" BASE ",\"name\":\"%s\"}", name));
            ck_assert_view(out.claims.name, count <= 200 ? name : "");
            talloc_free(mem);
        }
    }
    for (int len = 64; len <= 65; len++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct verified out = read_good(
            mem, &config, talloc_asprintf(mem, "{" BASE ",\"" NS "kind\":\"%0*d\"}", len, 0));
        ck_assert_uint_eq(out.claims.kind.len, len <= 64 ? 64 : 0);
        talloc_free(mem);
    }
}
END_TEST

START_TEST(without_a_namespace_standard_claims_alone_count)
{
    static const char *const namespaces[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct token_config plain = config;
        plain.claim_namespace = namespaces[i];
        struct verified out =
            read_good(mem, &plain,
                      "{" BASE ",\"" NS "email\":\"a@b.example\",\"" NS "email_verified\":true,"
                      "\"" NS "kind\":\"employee\",\"kind\":\"x\",\"name\":\"Ann\"}");
        ck_assert_view(out.claims.email, "");
        ck_assert_view(out.claims.kind, "");
        ck_assert_view(out.claims.name, "Ann");
        talloc_free(mem);
    }
}
END_TEST

START_TEST(an_empty_issuer_or_audience_is_bad_configuration)
{
    const struct token_config bad[] = {{.issuer = "", .audience = "a"},
                                       {.issuer = NULL, .audience = "a"},
                                       {.issuer = "i", .audience = ""},
                                       {.issuer = "i", .audience = NULL}};
    TALLOC_CTX *mem = talloc_new(NULL);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct claim_rules rules;
        ck_assert_int_eq(claim_rules_init(mem, &bad[i], &rules), STATUS_BAD_CONFIG);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(a_copy_stands_alone)
{
    TALLOC_CTX *mem = talloc_new(NULL), *old = talloc_new(mem);
    struct verified out =
        read_good(old, &config,
                  "{" BASE ",\"azp\":\"spa\",\"name\":\"Ann\",\"" NS "kind\":\"employee\","
                  "\"email\":\"A@B.example\",\"email_verified\":true,"
                  "\"scope\":\"read:timesheets\",\"iat\":5,\"nbf\":6}");
    memset(out.key_id, 7, sizeof out.key_id);
    const struct verified *copy = claims_copy(mem, &out);
    uint8_t id[SHA256_LEN];
    memset(id, 7, sizeof id);
    talloc_free(old);
    ck_assert_view(copy->claims.sub, "auth0|1");
    ck_assert_view(copy->claims.client_id, "spa");
    ck_assert_view(copy->claims.name, "Ann");
    ck_assert_view(copy->claims.email, "a@b.example");
    ck_assert_view(copy->claims.kind, "employee");
    ck_assert_uint_eq(copy->claims.scopes, SCOPE_READ);
    ck_assert_int_eq(copy->claims.expires_s, 2000000000);
    ck_assert_int_eq(copy->exp_us, INT64_C(2000000000000000));
    ck_assert_int_eq(copy->iat_us, 5000000);
    ck_assert_int_eq(copy->nbf_us, 6000000);
    ck_assert_mem_eq(copy->key_id, id, SHA256_LEN);
    talloc_free(mem);
}
END_TEST

START_TEST(short_memory_is_no_verdict)
{
    struct token_config all = config;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status st = STATUS_NO_MEMORY;
    struct verified out;

    all.allowed_clients = "spa cron";
    for (size_t bytes = 1; st != STATUS_OK; bytes += 8) {
        TALLOC_CTX *limited = unit_limited(bytes);
        struct claim_rules rules;
        st = claim_rules_init(limited, &all, &rules);
        ck_assert(st == STATUS_OK || st == STATUS_NO_MEMORY);
        talloc_free(limited);
    }
    struct claim_rules rules = rules_of(mem, &all);
    st = STATUS_NO_MEMORY;
    for (size_t bytes = 1; st != STATUS_OK; bytes += 8) {
        const char *reason;
        TALLOC_CTX *limited = unit_limited(bytes);
        const char *payload =
            "{" BASE ",\"azp\":\"spa\",\"email\":\"a@b.example\",\"email_verified\":true}";
        st = claims_read(limited, str_of(payload), &rules, &out, &reason);
        ck_assert(st == STATUS_OK || st == STATUS_NO_MEMORY);
        if (st == STATUS_OK)
            ck_assert_ptr_null(claims_copy(limited, &out));
        talloc_free(limited);
    }
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("claims", issuer_audience_and_subject_are_required_and_exact,
          a_subject_is_kept_whole_up_to_255_bytes, dates_are_numbers_in_range,
          times_are_compared_with_the_leeway, only_listed_clients_may_come,
          a_client_id_has_at_most_255_bytes, scopes_need_scope_and_permissions,
          machines_are_told_from_people, an_email_counts_when_the_tenant_says_it_is_verified,
          name_and_kind_are_taken_when_they_are_text,
          a_name_has_at_most_200_characters_and_a_kind_64_bytes,
          without_a_namespace_standard_claims_alone_count,
          an_empty_issuer_or_audience_is_bad_configuration, a_copy_stands_alone,
          short_memory_is_no_verdict)
