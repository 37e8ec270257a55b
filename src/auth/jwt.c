#include "jwt_priv.h"

#include "auth_priv.h"
#include "base64url_priv.h"
#include "ts/faults.h"

bool jwt_is_string(const struct json *value, size_t min, size_t max)
{
    if (value == NULL || json_type(value) != JSON_STRING)
        return false;
    size_t len = json_text(value).len;
    return len >= min && len <= max;
}

enum status jwt_json(TALLOC_CTX *mem, struct str text, const struct json **out, const char **reason)
{
    struct faults
        faults; /* where the fault is helps nobody here: the client gets no detail of a 401 */

    faults_init(&faults, mem);
    enum status st = json_parse(mem, text, &faults, out);
    if (st == STATUS_BAD_JSON || (st == STATUS_OK && json_type(*out) != JSON_OBJECT))
        return refuse(reason, "json");
    return st;
}

/* `typ` names what the token is (RFC 7519 section 5.1, RFC 9068 section 2.1); absent is allowed. */
static bool read_typ(const struct json *typ, bool *is_at_jwt)
{
    *is_at_jwt = false;
    if (typ == NULL)
        return true;
    if (json_type(typ) != JSON_STRING)
        return false;
    struct str text = json_text(typ);
    *is_at_jwt =
        str_eq_nocase(text, STR("at+jwt")) || str_eq_nocase(text, STR("application/at+jwt"));
    return *is_at_jwt || str_eq_nocase(text, STR("jwt"));
}

enum status jwt_header_read(TALLOC_CTX *mem, struct str text, struct jwt *out, const char **reason)
{
    const struct json *header;

    enum status st = jwt_json(mem, text, &header, reason);
    if (st != STATUS_OK)
        return st;
    const struct json *alg = json_get(header, "alg");
    if (!jwt_is_string(alg, 5, 5) || !str_eq(json_text(alg), STR("RS256")))
        return refuse(reason, "alg");
    /* extensions that change what is signed (RFC 7515 section 4.1.11, RFC 7797): none is
     * supported */
    if (json_get(header, "crit") != NULL || json_get(header, "b64") != NULL)
        return refuse(reason, "crit");
    if (!read_typ(json_get(header, "typ"), &out->is_at_jwt))
        return refuse(reason, "typ");
    /* jwk, jku, x5u, x5c and x5t are not looked at: the token does not choose its key */
    const struct json *kid = json_get(header, "kid");
    if (!jwt_is_string(kid, 1, KID_MAX_BYTES))
        return refuse(reason, "kid");
    out->kid = json_text(kid);
    return STATUS_OK;
}

/* Exactly three parts, none empty. */
static bool split(struct str token, struct str part[3])
{
    struct str rest = token;

    for (int i = 0; i < 3; i++) {
        part[i] = str_cut(rest, '.', &rest);
        if (part[i].len == 0)
            return false;
    }
    return rest.data == NULL;
}

enum status jwt_open(TALLOC_CTX *mem, struct str token, struct jwt *out, const char **reason)
{
    struct str part[3], bytes[3];

    if (!split(token, part))
        return refuse(reason, "shape");
    for (int i = 0; i < 3; i++) {
        enum status st = base64url_decode(mem, part[i], &bytes[i]);
        if (st == STATUS_INVALID)
            return refuse(reason, "base64");
        if (st != STATUS_OK)
            return st;
    }
    out->signed_part = str_n(token.data, part[0].len + 1 + part[1].len);
    out->payload = bytes[1];
    out->signature = bytes[2];
    return jwt_header_read(mem, bytes[0], out, reason);
}
