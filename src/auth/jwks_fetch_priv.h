/* Getting the key set from the identity provider: HTTPS only, certificate and host checked, no
 * redirects, no proxy, no compression, bounded in time and size. The one user of libcurl. */
#ifndef TS_JWKS_FETCH_PRIV_H
#define TS_JWKS_FETCH_PRIV_H

#include <talloc.h>

#include "ts/status.h"
#include "ts/str.h"

struct jwks_source {
    const char *url;
    const char *ca_file; /* extra trust anchor, NULL = the system's alone */
    long connect_ms, total_ms;
};

enum { JWKS_CONNECT_MS = 2000, JWKS_TOTAL_MS = 5000 };

/* The body of a 200 answer; belongs to mem. STATUS_NO_KEYS with *why (static text for the log,
 * never for a client) when there was none, STATUS_NO_MEMORY. Blocks for total_ms at most. */
enum status jwks_fetch(TALLOC_CTX *mem, const struct jwks_source *source, struct str *out,
                       const char **why) TS_MUST_CHECK;

#endif
