#include "bearer_priv.h"

#include "auth_priv.h"

/* b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" */
static bool is_token_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~+/", c) != NULL);
}

static bool is_b64token(struct str text)
{
    size_t end = text.len, i = 0;

    while (end > 0 && text.data[end - 1] == '=')
        end--;
    while (i < end && is_token_char(text.data[i]))
        i++;
    return end > 0 && i == end;
}

enum status bearer_token(struct str authorization, struct str *out, const char **reason)
{
    struct str token;

    if (authorization.len == 0)
        return refuse(reason, "absent");
    struct str scheme = str_cut(authorization, ' ', &token);
    if (!str_eq_nocase(scheme, STR("bearer")))
        return refuse(reason, "scheme");
    while (token.len > 0 && token.data[0] == ' ')
        token = str_skip(token, 1);
    if (token.len > TOKEN_MAX_BYTES || !is_b64token(token))
        return refuse(reason, "shape");
    *out = token;
    return STATUS_OK;
}
