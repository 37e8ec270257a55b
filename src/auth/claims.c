#include "claims_priv.h"

#include "auth_priv.h"
#include "jwt_priv.h"
#include "ts/json.h"
#include "ts/scope.h"
#include "ts/utf8.h"

/* 9999-12-31T23:59:59Z: later instants have no RFC 3339 spelling. */
static const int64_t DATE_MAX_S = INT64_C(253402300799);
static const int64_t US_PER_S = 1000000;

/* --- rules --------------------------------------------------------------------- */

/* Client ids separated by spaces or commas. */
static enum status read_clients(TALLOC_CTX *mem, const char *text, struct claim_rules *rules)
{
    struct str rest = str_of(talloc_strdup(mem, text == NULL ? "" : text));
    struct str *list = talloc_array(mem, struct str, (unsigned int)(rest.len / 2 + 1));

    rules->clients = list;
    rules->client_count = 0;
    if (list == NULL)
        return STATUS_NO_MEMORY;
    while (rest.len > 0) {
        size_t len = 0;
        while (len < rest.len && rest.data[len] != ' ' && rest.data[len] != ',')
            len++;
        if (len > 0)
            list[rules->client_count++] = str_n(rest.data, len);
        rest = str_skip(rest, len + 1);
    }
    return STATUS_OK;
}

static enum status name_claims(TALLOC_CTX *mem, const char *ns, struct claim_rules *rules)
{
    const struct {
        const char **to, *name;
    } names[] = {
        {&rules->ns_email, "email"},
        {&rules->ns_email_verified, "email_verified"},
        {&rules->ns_name, "name"},
        {&rules->ns_kind, "kind"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        *names[i].to = NULL;
        if (str_of(ns).len == 0)
            continue;
        *names[i].to = talloc_asprintf(mem, "%s%s", ns, names[i].name);
        if (*names[i].to == NULL)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

enum status claim_rules_init(TALLOC_CTX *mem, const struct token_config *config,
                             struct claim_rules *out)
{
    if (str_of(config->issuer).len == 0 || str_of(config->audience).len == 0)
        return STATUS_BAD_CONFIG;
    const char *issuer = talloc_strdup(mem, config->issuer);
    const char *audience = talloc_strdup(mem, config->audience);
    if (issuer == NULL || audience == NULL)
        return STATUS_NO_MEMORY;
    out->issuer = str_of(issuer);
    out->audience = str_of(audience);
    out->leeway_us = config->leeway_s * US_PER_S;
    enum status st = read_clients(mem, config->allowed_clients, out);
    return st != STATUS_OK ? st : name_claims(mem, config->claim_namespace, out);
}

/* --- single claims --------------------------------------------------------------- */

/* Valid UTF-8 without any control character (RFC 8259 text is valid already). */
static bool is_plain(struct str text)
{
    return utf8_is_text(text) && str_find(text, '\t') == text.len &&
           str_find(text, '\n') == text.len;
}

static bool is_plain_string(const struct json *value, size_t min, size_t max)
{
    return jwt_is_string(value, min, max) && is_plain(json_text(value));
}

static bool is_true(const struct json *value)
{
    return value != NULL && json_type(value) == JSON_BOOL && json_bool(value);
}

static bool is_array(const struct json *value)
{
    return value != NULL && json_type(value) == JSON_ARRAY;
}

static bool string_is(const struct json *value, struct str wanted)
{
    return json_type(value) == JSON_STRING && str_eq(json_text(value), wanted);
}

/* RFC 7519 section 4.1.3: one string, or an array of strings. */
static bool aud_holds(const struct json *aud, struct str wanted)
{
    bool found = false;

    if (aud == NULL)
        return false;
    if (json_type(aud) != JSON_ARRAY)
        return string_is(aud, wanted);
    for (size_t i = 0; i < json_count(aud); i++) {
        const struct json *member = json_at(aud, i);
        if (json_type(member) != JSON_STRING)
            return false;
        found = found || str_eq(json_text(member), wanted);
    }
    return found;
}

/* NumericDate (RFC 7519 section 2): a number, fractions allowed; nothing is coerced. */
static bool read_date(const struct json *value, int64_t *out_us)
{
    double seconds;

    if (!json_double(value, &seconds) || !(seconds >= 0) || !(seconds <= (double)DATE_MAX_S))
        return false;
    *out_us = (int64_t)(seconds * (double)US_PER_S);
    return true;
}

static enum status read_dates(const struct json *claims, struct verified *out, const char **reason)
{
    const struct {
        const char *name;
        bool required;
        int64_t *to;
    } dates[] = {
        {"exp", true, &out->exp_us}, {"nbf", false, &out->nbf_us}, {"iat", false, &out->iat_us}};

    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        const struct json *value = json_get(claims, dates[i].name);
        *dates[i].to = 0;
        if (value == NULL ? dates[i].required : !read_date(value, dates[i].to))
            return refuse(reason, dates[i].name);
    }
    out->claims.expires_s = out->exp_us / US_PER_S;
    return STATUS_OK;
}

/* Who asked for the token: `azp` (OpenID Connect), else `client_id` (RFC 9068). */
static enum status read_client(const struct json *claims, const struct claim_rules *rules,
                               struct verified *out, const char **reason)
{
    static const char *const names[] = {"client_id", "azp"};
    bool allowed = rules->client_count == 0;

    out->claims.client_id = STR("");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct json *value = json_get(claims, names[i]);
        if (value == NULL)
            continue;
        if (!is_plain_string(value, 1, CLIENT_MAX_BYTES))
            return refuse(reason, "client");
        out->claims.client_id = json_text(value);
    }
    for (size_t i = 0; i < rules->client_count; i++)
        allowed = allowed || str_eq(out->claims.client_id, rules->clients[i]);
    return allowed ? STATUS_OK : refuse(reason, "client");
}

static bool ends_with(struct str text, struct str end)
{
    return text.len >= end.len && str_eq(str_skip(text, text.len - end.len), end);
}

/* The grant says it (`gty`, a string or an array of them), or the subject is the client itself. */
static enum status read_machine(const struct json *claims, struct verified *out,
                                const char **reason)
{
    const struct str grant = STR("client-credentials");
    const struct json *gty = json_get(claims, "gty");
    const struct json *client_id = json_get(claims, "client_id");
    struct str sub = out->claims.sub;
    bool machine = ends_with(sub, STR("@clients")) || str_eq(sub, out->claims.client_id) ||
                   (client_id != NULL && string_is(client_id, sub));

    if (gty != NULL && json_type(gty) != JSON_STRING && json_type(gty) != JSON_ARRAY)
        return refuse(reason, "gty");
    if (gty != NULL && json_type(gty) == JSON_STRING)
        machine = machine || ends_with(json_text(gty), grant);
    for (size_t i = 0; is_array(gty) && i < json_count(gty); i++) {
        const struct json *member = json_at(gty, i);
        if (json_type(member) != JSON_STRING)
            return refuse(reason, "gty");
        machine = machine || ends_with(json_text(member), grant);
    }
    out->claims.machine = machine;
    return STATUS_OK;
}

/* `scope` grants; where the token carries `permissions` (role-based access control is on), that
 * must hold the scope too. Any other JSON type grants nothing. */
static uint32_t read_scopes(const struct json *claims)
{
    const struct json *scope = json_get(claims, "scope");
    const struct json *permissions = json_get(claims, "permissions");
    uint32_t granted = 0, permitted = 0;

    if (scope != NULL && json_type(scope) == JSON_STRING)
        granted = scope_read(json_text(scope));
    if (permissions == NULL)
        return granted;
    for (size_t i = 0; is_array(permissions) && i < json_count(permissions); i++) {
        const struct json *member = json_at(permissions, i);
        if (json_type(member) == JSON_STRING)
            permitted |= scope_bit(json_text(member));
    }
    return granted & permitted;
}

/* --- the person: a detail that is not usable is left out, it refuses nothing ---------- */

static const struct json *get_named(const struct json *claims, const char *name)
{
    return name == NULL ? NULL : json_get(claims, name);
}

static bool is_email(const struct json *value)
{
    if (!is_plain_string(value, EMAIL_MIN_BYTES, EMAIL_MAX_BYTES))
        return false;
    struct str text = json_text(value);
    size_t at = str_find(text, '@');
    struct str domain = str_skip(text, at + 1);
    return at > 0 && domain.len > 0 && str_find(domain, '@') == domain.len &&
           str_find(text, ' ') == text.len;
}

static enum status read_email(TALLOC_CTX *mem, const struct json *claims,
                              const struct claim_rules *rules, struct verified *out)
{
    const struct json *email = get_named(claims, rules->ns_email);

    if (!is_email(email) || !is_true(get_named(claims, rules->ns_email_verified))) {
        email = json_get(claims, "email");
        if (!is_email(email) || !is_true(json_get(claims, "email_verified")))
            return STATUS_OK;
    }
    struct str text = json_text(email);
    char *lower = talloc_strndup(mem, text.data, text.len);
    if (lower == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text.len; i++) {
        if (lower[i] >= 'A' && lower[i] <= 'Z')
            lower[i] = (char)(lower[i] - 'A' + 'a');
    }
    out->claims.email = str_n(lower, text.len);
    return STATUS_OK;
}

static bool is_name(const struct json *value)
{
    return is_plain_string(value, 1, (size_t)4 * NAME_MAX_CHARS) &&
           utf8_length(json_text(value)) <= NAME_MAX_CHARS;
}

static enum status read_person(TALLOC_CTX *mem, const struct json *claims,
                               const struct claim_rules *rules, struct verified *out)
{
    const struct json *name = get_named(claims, rules->ns_name);
    const struct json *kind = get_named(claims, rules->ns_kind);

    out->claims.name = out->claims.kind = out->claims.email = STR("");
    if (!is_name(name))
        name = json_get(claims, "name");
    if (is_name(name))
        out->claims.name = json_text(name);
    if (is_plain_string(kind, 1, KIND_MAX_BYTES))
        out->claims.kind = json_text(kind);
    return read_email(mem, claims, rules, out);
}

/* --- the whole ---------------------------------------------------------------------- */

enum status claims_read(TALLOC_CTX *mem, struct str payload, const struct claim_rules *rules,
                        struct verified *out, const char **reason)
{
    const struct json *claims;

    enum status st = jwt_json(mem, payload, &claims, reason);
    if (st != STATUS_OK)
        return st;
    const struct json *iss = json_get(claims, "iss");
    if (iss == NULL || !string_is(iss, rules->issuer))
        return refuse(reason, "iss");
    if (!aud_holds(json_get(claims, "aud"), rules->audience))
        return refuse(reason, "aud");
    const struct json *sub = json_get(claims, "sub");
    if (!is_plain_string(sub, 1, SUB_MAX_BYTES))
        return refuse(reason, "sub");
    out->claims.sub = json_text(sub);
    out->claims.scopes = read_scopes(claims);
    st = read_dates(claims, out, reason);
    if (st == STATUS_OK)
        st = read_client(claims, rules, out, reason);
    if (st == STATUS_OK)
        st = read_machine(claims, out, reason);
    return st != STATUS_OK ? st : read_person(mem, claims, rules, out);
}

enum status claims_check_times(const struct verified *verified, const struct claim_rules *rules,
                               int64_t now_us, const char **reason)
{
    if (now_us >= verified->exp_us + rules->leeway_us)
        return refuse(reason, "exp");
    if (verified->nbf_us > now_us + rules->leeway_us)
        return refuse(reason, "nbf");
    if (verified->iat_us > now_us + rules->leeway_us)
        return refuse(reason, "iat");
    return STATUS_OK;
}

struct verified *claims_copy(TALLOC_CTX *mem, const struct verified *from)
{
    const struct claims *c = &from->claims;
    size_t bytes = c->sub.len + c->client_id.len + c->name.len + c->email.len + c->kind.len;
    struct verified *copy = talloc_size(mem, sizeof *copy + bytes);

    if (copy == NULL)
        return NULL;
    talloc_set_name_const(copy, "struct verified");
    *copy = *from;
    struct str *texts[] = {&copy->claims.sub, &copy->claims.client_id, &copy->claims.name,
                           &copy->claims.email, &copy->claims.kind};
    char *to = (char *)(copy + 1);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        memcpy(to, texts[i]->data, texts[i]->len);
        texts[i]->data = to;
        to += texts[i]->len;
    }
    return copy;
}
