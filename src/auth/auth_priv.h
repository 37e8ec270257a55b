/* The one way to refuse a token: a fixed word for the log, 401 for the client. */
#ifndef TS_AUTH_PRIV_H
#define TS_AUTH_PRIV_H

#include "ts/status.h"

static inline enum status refuse(const char **reason, const char *word)
{
    *reason = word;
    return STATUS_UNAUTHENTICATED;
}

#endif
