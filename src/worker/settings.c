#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ts/parse.h"
#include "worker_priv.h"

struct setting {
    const char *name;
    size_t offset;
    const char *fallback; /* NULL: required; "": optional */
    int64_t min, max;     /* a number when max > 0, else text */
    const char *help;
};

#define TEXT(env, member, fallback_text, words)                                                    \
    {                                                                                              \
        (env),                                                                                     \
            offsetof(struct settings, member) +                                                    \
                0 * sizeof(char[_Generic(((struct settings *)0)->member, const char * : 1, default \
                                         : -1)]),                                                  \
            (fallback_text), 0, 0, (words)                                                         \
    }
#define NUMBER(env, member, fallback_text, low, high, words)                                       \
    {                                                                                              \
        (env),                                                                                     \
            offsetof(struct settings, member) +                                                    \
                0 * sizeof(char[_Generic(((struct settings *)0)->member, int64_t : 1, default      \
                                         : -1)]),                                                  \
            (fallback_text), (low), (high), (words)                                                \
    }

static const struct setting table[] = {
    TEXT("TS_ISSUER", token.issuer, NULL, "issuer of the access tokens, with its trailing slash"),
    TEXT("TS_AUDIENCE", token.audience, NULL, "identifier of this API at the tenant"),
    TEXT("TS_JWKS_URL", token.jwks_url, NULL, "where the tenant publishes its keys (https)"),
    TEXT("TS_JWKS_CA_FILE", token.jwks_ca_file, "",
         "extra trust anchor for that URL (development)"),
    TEXT("TS_JWKS_CACHE", token.jwks_cache, NULL, "file in which the pool shares the keys"),
    NUMBER("TS_JWKS_FRESH_S", token.fresh_s, "600", 10, 86400,
           "age at which the keys are fetched again"),
    NUMBER("TS_JWKS_COOLDOWN_S", token.cooldown_s, "30", 1, 3600,
           "least time between fetches for an unknown key"),
    NUMBER("TS_JWKS_STALE_S", token.stale_s, "86400", 60, 604800,
           "how long known keys serve while the tenant is down"),
    TEXT("TS_CLAIM_NAMESPACE", token.claim_namespace, "",
         "prefix of the tenant's own claims (name, email, kind)"),
    TEXT("TS_ALLOWED_CLIENTS", token.allowed_clients, "",
         "applications that may call, by client id; empty = any"),
    NUMBER("TS_LEEWAY_S", token.leeway_s, "30", 0, 300, "tolerance for clocks in exp, nbf and iat"),
    NUMBER("TS_TOKEN_CACHE", token.cache_tokens, "1024", 0, 100000,
           "verified tokens a worker remembers"),
    TEXT("TS_DB_SOCKET", store.socket, "", "unix socket of the database; else TS_DB_HOST"),
    TEXT("TS_DB_HOST", store.host, "", "host of the database"),
    NUMBER("TS_DB_PORT", store.port, "3306", 1, 65535, "its port"),
    TEXT("TS_DB_NAME", store.name, "timesheets", "name of the database"),
    TEXT("TS_DB_USER", store.user, NULL, "account of the service"),
    TEXT("TS_DB_PASSWORD_FILE", store.password_file, NULL, "file whose first line is its password"),
    TEXT("TS_DB_CA_FILE", store.ca_file, "",
         "trust anchor of the database's certificate (TLS over TCP)"),
    NUMBER("TS_DB_CONNECT_S", store.connect_s, "1", 1, 60, "time to connect"),
    NUMBER("TS_DB_IO_S", store.io_s, "2", 1, 60, "time for one answer of the database"),
    NUMBER("TS_DB_LOCK_WAIT_S", store.lock_wait_s, "1", 1, 60, "time to wait for a row lock"),
    NUMBER("TS_REQUEST_MS", store.request_ms, "4000", 100, 60000,
           "time for a request with its retries"),
    TEXT("TS_AUDIT_KEY_FILE", audit_key_file, NULL,
         "file whose first line is the key of the audit chain"),
    TEXT("TS_SPOOL_DIR", spool_dir, "/tmp", "folder in which an upload is kept while it is read"),
    TEXT("TS_ZONE", zone, "Europe/Berlin", "zone in which the company's day changes"),
    NUMBER("TS_REQUEST_MEMORY", request_memory, "8388608", 262144, 1 << 30,
           "bytes a request may allocate"),
    NUMBER("TS_MAX_REQUESTS", max_requests, "0", 0, INT64_MAX,
           "exit after so many requests; 0 = never"),
    TEXT("TS_LOG_LEVEL", log_level, "info", "debug, info, warn or error"),
};

enum { SETTINGS = sizeof table / sizeof table[0] };

static bool read_setting(const struct setting *setting, struct settings *out)
{
    const char *text = getenv(setting->name);
    char *member = (char *)out + setting->offset;

    if (text == NULL || text[0] == '\0')
        text = setting->fallback;
    if (text == NULL) {
        (void)fprintf(stderr, "%s is not set: %s\n", setting->name, setting->help);
        return false;
    }
    if (setting->max == 0) {
        *(const char **)(void *)member = text[0] == '\0' ? NULL : text;
        return true;
    }
    if (parse_i64(str_of(text), setting->min, setting->max, (int64_t *)(void *)member))
        return true;
    (void)fprintf(stderr,
                  "%s must be a whole number from %" PRId64 " to %" PRId64 ", not \"%.40s\": %s\n",
                  setting->name, setting->min, setting->max, text, setting->help);
    return false;
}

static const char *const level_names[] = {"debug", "info", "warn", "error"};
enum { LEVELS = sizeof level_names / sizeof level_names[0] };

static int find_level(const char *name)
{
    for (int i = 0; i < LEVELS; i++) {
        if (strcmp(level_names[i], name) == 0)
            return i;
    }
    return -1;
}

enum log_level settings_log_level(const struct settings *settings)
{
    return (enum log_level)find_level(settings->log_level);
}

/* What a single range cannot say. */
static bool check_together(const struct settings *s)
{
    bool ok = true;

    if (strncmp(s->token.jwks_url, "https://", 8) != 0) {
        (void)fprintf(stderr, "TS_JWKS_URL must begin with https://\n");
        ok = false;
    }
    if (s->store.socket == NULL && s->store.host == NULL) {
        (void)fprintf(stderr, "TS_DB_SOCKET or TS_DB_HOST must be set\n");
        ok = false;
    }
    if (find_level(s->log_level) < 0) {
        (void)fprintf(stderr, "TS_LOG_LEVEL must be debug, info, warn or error, not \"%.20s\"\n",
                      s->log_level);
        ok = false;
    }
    return ok;
}

enum status settings_read(struct settings *out)
{
    bool ok = true;

    *out = (struct settings){.zone = NULL};
    for (size_t i = 0; i < SETTINGS; i++)
        ok = read_setting(&table[i], out) && ok;
    return ok && check_together(out) ? STATUS_OK : STATUS_BAD_CONFIG;
}

void settings_print_help(void)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *s = &table[i];
        (void)printf("  %-20s %s", s->name, s->help);
        if (s->fallback == NULL)
            (void)printf(" (required)\n");
        else if (s->max > 0)
            (void)printf(" (%s; %" PRId64 "..%" PRId64 ")\n", s->fallback, s->min, s->max);
        else
            (void)printf(s->fallback[0] == '\0' ? "\n" : " (%s)\n", s->fallback);
    }
}
