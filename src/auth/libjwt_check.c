#include "libjwt_check_priv.h"

#include <errno.h>
#include <jwt.h>

enum status libjwt_agrees(TALLOC_CTX *mem, struct str token, struct str pem, struct str sub)
{
    jwt_t *jwt = NULL;

    /* With no key libjwt would accept anything. */
    if (pem.len == 0)
        return STATUS_UNAUTHENTICATED;
    const char *text = talloc_strndup(mem, token.data, token.len);
    if (text == NULL)
        return STATUS_NO_MEMORY;
    int rc = jwt_decode(&jwt, text, (const unsigned char *)pem.data, (int)pem.len);
    if (rc != 0)
        return rc == ENOMEM ? STATUS_NO_MEMORY : STATUS_UNAUTHENTICATED;
    const char *subject = jwt_get_grant(jwt, "sub");
    bool same =
        jwt_get_alg(jwt) == JWT_ALG_RS256 && subject != NULL && str_eq(str_of(subject), sub);
    jwt_free(jwt);
    return same ? STATUS_OK : STATUS_UNAUTHENTICATED;
}
