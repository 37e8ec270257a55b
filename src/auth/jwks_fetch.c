#include "jwks_fetch_priv.h"

#include <curl/curl.h>

#include "jwks_priv.h"
#include "ts/buf.h"

/* curl's write callback; another number than it was given makes curl give up. */
static size_t take(char *data, size_t size, size_t count, void *arg)
{
    struct buf *body = arg;

    buf_add(body, data, size * count);
    return body->status == STATUS_OK ? size * count : 0;
}

static CURLcode configure(CURL *curl, const struct jwks_source *source, struct buf *body)
{
    const CURLcode results[] = {
        curl_easy_setopt(curl, CURLOPT_URL, source->url),
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https"),
        curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L),
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L),
        /* neither http_proxy nor https_proxy of the environment */
        curl_easy_setopt(curl, CURLOPT_PROXY, ""),
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"),
        curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, NULL),
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L),
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L),
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2),
        /* the file takes the place of the system's bundle; its folder of certificates stays */
        source->ca_file == NULL ? CURLE_OK
                                : curl_easy_setopt(curl, CURLOPT_CAINFO, source->ca_file),
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1),
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "timesheets-api/" TS_VERSION),
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, source->connect_ms),
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, source->total_ms),
        curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)JWKS_MAX_BYTES),
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take),
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, body),
    };

    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (results[i] != CURLE_OK)
            return results[i];
    }
    return CURLE_OK;
}

static enum status run(CURL *curl, const struct jwks_source *source, struct buf *body,
                       const char **why)
{
    long http_status = 0;

    CURLcode rc = configure(curl, source, body);
    if (rc == CURLE_OK)
        rc = curl_easy_perform(curl);
    if (rc == CURLE_OK)
        rc = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
    if (body->status == STATUS_NO_MEMORY || rc == CURLE_OUT_OF_MEMORY)
        return STATUS_NO_MEMORY;
    *why = body->status == STATUS_TOO_LARGE || rc == CURLE_FILESIZE_EXCEEDED ? "too large"
           : rc != CURLE_OK ? curl_easy_strerror(rc)
                            : "status is not 200";
    return rc == CURLE_OK && http_status == 200 ? STATUS_OK : STATUS_NO_KEYS;
}

enum status jwks_fetch(TALLOC_CTX *mem, const struct jwks_source *source, struct str *out,
                       const char **why)
{
    struct buf body;

    /* Set up and torn down each time: once in ten minutes, and nothing stays between fetches. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return STATUS_NO_MEMORY;
    buf_init(&body, mem, JWKS_MAX_BYTES);
    CURL *curl = curl_easy_init();
    enum status st = curl == NULL ? STATUS_NO_MEMORY : run(curl, source, &body, why);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    if (st != STATUS_OK)
        return st;
    *out = buf_str(&body);
    return STATUS_OK;
}
