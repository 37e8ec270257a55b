#include "keyring_priv.h"

#include "ts/clock.h"
#include "ts/crypto.h"
#include "ts/log.h"

/* START_*: a worker without any key waits a moment for the one that fetches (25 * 20 ms). */
enum { START_WAIT_MS = 20, START_TRIES = 25, BUSY_RETRY_MS = 1000, KEYLESS_RETRY_MS = 250 };

enum outcome { REFRESH_DONE, REFRESH_BUSY, REFRESH_TOO_SOON, REFRESH_FAILED };

bool keyring_is_usable(const struct keyring *ring)
{
    return ring->set != NULL && clock_boot_ms() - ring->fetched_ms < ring->stale_ms;
}

/* --- taking over a set ------------------------------------------------------------ */

/* Built aside, swapped in whole. On failure the old set stays. */
static enum status adopt(struct keyring *ring, struct str body, int64_t fetched_ms, bool is_fresh)
{
    struct jwks *set;

    enum status st = jwks_parse(ring, body, &set);
    if (st != STATUS_OK)
        return st;
    talloc_free(ring->set);
    ring->set = set;
    ring->fetched_ms = fetched_ms;
    ring->generation++;
    /* between 70 and 80 % of the fresh time */
    ring->due_ms = is_fresh ? fetched_ms + ring->fresh_ms / 1000 * (800 - ring->jitter_permille)
                            : clock_boot_ms();
    return STATUS_OK;
}

/* Takes the shared file's set if there is one and it was fetched later than ours. */
static bool reload(struct keyring *ring)
{
    struct jwks_cached cached;
    TALLOC_CTX *mem = talloc_new(ring);
    bool taken = false;

    if (mem != NULL && jwks_cache_read(mem, ring->cache, &cached) == STATUS_OK) {
        int64_t fetched_ms = clock_boot_ms() - cached.age_ms;
        bool newer = ring->set == NULL || fetched_ms > ring->fetched_ms;
        taken = newer && adopt(ring, cached.body, fetched_ms, cached.same_boot) == STATUS_OK;
    }
    talloc_free(mem);
    return taken;
}

/* --- fetching -------------------------------------------------------------------------- */

/* How long after the last attempt the next one may begin: the cooldown, doubled for each failure
 * after the first. */
static int64_t pause_ms(const struct keyring *ring)
{
    int64_t pause = ring->cooldown_ms;

    for (int64_t i = 1; i < ring->attempt.failures && pause < BACKOFF_MAX_MS; i++)
        pause *= 2;
    return pause < BACKOFF_MAX_MS || ring->cooldown_ms > BACKOFF_MAX_MS ? pause : BACKOFF_MAX_MS;
}

static int64_t next_try_ms(const struct keyring *ring)
{
    return ring->has_attempt ? ring->attempt.at_ms + pause_ms(ring) : 0;
}

static void record(struct keyring *ring, int64_t at_ms, int64_t failures)
{
    ring->attempt = (struct jwks_attempt){at_ms, failures};
    ring->has_attempt = true;
    if (!jwks_attempt_write(ring->cache, ring->attempt))
        LOG(LOG_WARN, "jwks_attempt_not_recorded");
}

static enum outcome fetch(struct keyring *ring)
{
    const char *why = "no memory";
    struct str body;
    TALLOC_CTX *mem = talloc_new(ring);
    int64_t at_ms = clock_boot_ms();

    /* Recorded as failed before it begins: a worker killed in the middle must not make room for
     * more. */
    record(ring, at_ms, ring->attempt.failures + 1);
    enum status st = mem == NULL ? STATUS_NO_MEMORY : jwks_fetch(mem, &ring->source, &body, &why);
    if (st == STATUS_OK) {
        why = "no usable key set";
        st = adopt(ring, body, at_ms, true);
    }
    if (st == STATUS_OK) {
        record(ring, at_ms, 0);
        LOG(LOG_INFO, "jwks_fetched", LOG_INT("keys", ring->set->count),
            LOG_INT("skipped", ring->set->skipped));
        if (!jwks_cache_write(ring->cache, body))
            LOG(LOG_WARN, "jwks_cache_not_written", LOG_TEXT("path", ring->cache->path));
    } else {
        LOG(LOG_WARN, "jwks_fetch_failed", LOG_TEXT("why", why),
            LOG_INT("failures", ring->attempt.failures));
    }
    talloc_free(mem);
    return st == STATUS_OK ? REFRESH_DONE : REFRESH_FAILED;
}

/* At most one worker of the pool fetches; the lock is held while it does. */
static enum outcome refresh(struct keyring *ring)
{
    struct jwks_attempt attempt;
    enum outcome outcome = REFRESH_TOO_SOON;

    if (!jwks_cache_lock(ring->cache))
        return REFRESH_BUSY;
    if (jwks_attempt_read(ring->cache, &attempt) &&
        (!ring->has_attempt || attempt.at_ms >= ring->attempt.at_ms)) {
        ring->attempt = attempt;
        ring->has_attempt = true;
    }
    if (jwks_cache_changed(ring->cache) && reload(ring))
        outcome = REFRESH_DONE; /* another worker was faster */
    else if (clock_boot_ms() >= next_try_ms(ring))
        outcome = fetch(ring);
    jwks_cache_unlock(ring->cache);
    return outcome;
}

/* Refreshes and sets when to come back. */
static enum outcome refresh_when_due(struct keyring *ring)
{
    int64_t spread_ms = ring->jitter_permille * 10; /* up to a second */

    enum outcome outcome = refresh(ring);
    /* what was taken over has set the time already */
    if (outcome == REFRESH_BUSY)
        ring->due_ms =
            clock_boot_ms() + (keyring_is_usable(ring) ? BUSY_RETRY_MS : KEYLESS_RETRY_MS);
    else if (outcome != REFRESH_DONE)
        ring->due_ms = next_try_ms(ring) + spread_ms;
    return outcome;
}

void keyring_maintain(struct keyring *ring)
{
    if (keyring_due_ms(ring) > 0)
        return;
    if (jwks_cache_changed(ring->cache) && reload(ring) && keyring_due_ms(ring) > 0)
        return;
    (void)refresh_when_due(ring); /* whatever came of it, due_ms says when to look again */
}

int64_t keyring_due_ms(const struct keyring *ring)
{
    int64_t left_ms = ring->due_ms - clock_boot_ms();

    return left_ms > 0 ? left_ms : 0;
}

/* --- looking up ---------------------------------------------------------------------------- */

static const struct jwk *known(const struct keyring *ring, struct str kid)
{
    return keyring_is_usable(ring) ? jwks_find(ring->set, kid) : NULL;
}

const struct jwk *keyring_find(struct keyring *ring, struct str kid)
{
    const struct jwk *key = known(ring, kid);

    if (key == NULL && jwks_cache_changed(ring->cache) && reload(ring))
        key = known(ring, kid);
    if (key == NULL && refresh(ring) == REFRESH_DONE)
        key = known(ring, kid);
    return key;
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum status set_up(struct keyring *ring, const struct token_config *config)
{
    uint8_t random[2];

    ring->source = (struct jwks_source){.url = talloc_strdup(ring, config->jwks_url),
                                        .connect_ms = JWKS_CONNECT_MS,
                                        .total_ms = JWKS_TOTAL_MS};
    if (str_of(config->jwks_ca_file).len > 0)
        ring->source.ca_file = talloc_strdup(ring, config->jwks_ca_file);
    if (ring->source.url == NULL ||
        (str_of(config->jwks_ca_file).len > 0 && ring->source.ca_file == NULL))
        return STATUS_NO_MEMORY;
    enum status st = crypto_random(random, sizeof random);
    if (st != STATUS_OK)
        return st;
    ring->jitter_permille = (random[0] * 256 + random[1]) % 101;
    ring->fresh_ms = config->fresh_s * 1000;
    ring->cooldown_ms = config->cooldown_s * 1000;
    ring->stale_ms = config->stale_s * 1000;
    return jwks_cache_open(ring, config->jwks_cache, config->jwks_url, &ring->cache);
}

/* A stale set serves at once; a worker with none waits a moment for the one that fetches. */
static void start(struct keyring *ring)
{
    if (reload(ring) && keyring_due_ms(ring) > 0)
        return;
    for (int tries = 1; refresh_when_due(ring) == REFRESH_BUSY && !keyring_is_usable(ring);
         tries++) {
        if (tries == START_TRIES)
            return;
        clock_sleep_ms(START_WAIT_MS);
    }
}

enum status keyring_open(TALLOC_CTX *mem, const struct token_config *config, struct keyring **out)
{
    struct keyring *ring = talloc_zero(mem, struct keyring);

    if (ring == NULL)
        return STATUS_NO_MEMORY;
    enum status st = set_up(ring, config);
    if (st != STATUS_OK)
        return talloc_free(ring), st;
    start(ring);
    *out = ring;
    return STATUS_OK;
}
