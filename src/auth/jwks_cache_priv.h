/* What the workers of a pool share about the key set: a file with the set itself, replaced
 * whole, and a lock file that also records the last attempt to fetch. The lock file is never
 * replaced and its record is written in place, so that the pool keeps its limits on a full disk
 * too. */
#ifndef TS_JWKS_CACHE_PRIV_H
#define TS_JWKS_CACHE_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <talloc.h>

#include "ts/status.h"
#include "ts/str.h"

enum { BOOT_ID_MAX = 63, URL_ID_LEN = 64 };

/* Which version of the file was read last. */
struct file_stamp {
    dev_t device;
    ino_t inode;
    off_t bytes;
    int64_t changed_ns;
};

struct jwks_cache {
    const char *path, *new_path;
    int lock_fd;
    /* Tells a boot from the one before (empty when the system does not say). Boot clocks of
     * different boots cannot be compared. */
    char boot_id[BOOT_ID_MAX + 1];
    char url_id[URL_ID_LEN + 1]; /* a digest: the set of another tenant is none for us */
    struct file_stamp seen;
};

/* The set as it was read. */
struct jwks_cached {
    struct str body;
    int64_t age_ms;
    bool same_boot; /* false: the age is by the wall clock, good only as an upper bound of use */
};

/* The last attempt of any worker. */
struct jwks_attempt {
    int64_t at_ms; /* boot clock */
    /* One after the other, up to now; an attempt counts as failed until it succeeded. */
    int64_t failures;
};

/* The id of this boot, one word. Empty when the file cannot be read, as where /proc/sys is hidden
 * from the process: then only a boot clock that runs behind shows that the machine was started
 * again. */
void jwks_boot_id(const char *path, char out[BOOT_ID_MAX + 1]);

/* Opens the lock file, making it when missing. STATUS_BAD_CONFIG (logged) when that cannot be
 * done. */
enum status jwks_cache_open(TALLOC_CTX *mem, const char *path, const char *url,
                            struct jwks_cache **out) TS_MUST_CHECK;

/* Is there a file, and another one than was read last? */
bool jwks_cache_changed(const struct jwks_cache *cache);
/* Reads it. STATUS_NOT_FOUND when there is none to be trusted: absent, a link, not a plain file,
 * of another owner, writable by others, too large, damaged, of another URL, from the future.
 * STATUS_NO_MEMORY. */
enum status jwks_cache_read(TALLOC_CTX *mem, struct jwks_cache *cache,
                            struct jwks_cached *out) TS_MUST_CHECK;
/* Replaces it with a set fetched just now. False when that failed (the old file then stays). */
bool jwks_cache_write(struct jwks_cache *cache, struct str body) TS_MUST_CHECK;

/* Takes the pool's lock if it is free, without waiting. */
bool jwks_cache_lock(struct jwks_cache *cache) TS_MUST_CHECK;
void jwks_cache_unlock(struct jwks_cache *cache);

/* Under the lock. read is false when there is no attempt of this boot for this URL on record. */
bool jwks_attempt_read(struct jwks_cache *cache, struct jwks_attempt *out) TS_MUST_CHECK;
/* False when it could not be recorded. */
bool jwks_attempt_write(struct jwks_cache *cache, struct jwks_attempt attempt) TS_MUST_CHECK;

#endif
