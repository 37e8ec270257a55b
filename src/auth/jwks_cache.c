#include "jwks_cache_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jwks_priv.h"
#include "ts/buf.h"
#include "ts/clock.h"
#include "ts/crypto.h"
#include "ts/log.h"
#include "ts/parse.h"

/* The file: one line `timesheets-jwks-1 BOOT BOOT_MS WALL_S URL DIGEST`, then the set as it was
 * fetched. The digest is over the other words and the set: a file cut short is seen. */
enum { WORD_MAGIC, WORD_BOOT_ID, WORD_BOOT_MS, WORD_WALL_S, WORD_URL, WORD_DIGEST, WORD_COUNT };
enum { HEAD_MAX_BYTES = 400, RECORD_BYTES = 192 };
static const char magic[] = "timesheets-jwks-1";

static bool digest_hex(const struct str *parts, size_t count, char out[2 * SHA256_LEN + 1])
{
    uint8_t digest[SHA256_LEN];

    if (crypto_sha256(parts, count, true, digest) != STATUS_OK)
        return false;
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]); /* always fits */
    return true;
}

/* --- opening ---------------------------------------------------------------------- */

void jwks_boot_id(const char *path, char out[BOOT_ID_MAX + 1])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    out[0] = '\0';
    if (fd < 0)
        return;
    ssize_t len = read(fd, out, BOOT_ID_MAX);
    (void)close(fd); /* nothing was written */
    out[len > 0 ? len : 0] = '\0';
    out[strcspn(out, " \n")] = '\0';
}

static int cache_close(struct jwks_cache *cache)
{
    if (cache->lock_fd >= 0)
        (void)close(cache->lock_fd); /* lets the lock go; the record needs no flushing */
    return 0;
}

enum status jwks_cache_open(TALLOC_CTX *mem, const char *path, const char *url,
                            struct jwks_cache **out)
{
    const struct str part = str_of(url);
    struct jwks_cache *cache = talloc_zero(mem, struct jwks_cache);
    const char *lock_path;

    if (cache == NULL)
        return STATUS_NO_MEMORY;
    cache->lock_fd = -1;
    talloc_set_destructor(cache, cache_close);
    cache->path = talloc_strdup(cache, path);
    cache->new_path = talloc_asprintf(cache, "%s.new", path);
    lock_path = talloc_asprintf(cache, "%s.lock", path);
    if (cache->path == NULL || cache->new_path == NULL || lock_path == NULL ||
        !digest_hex(&part, 1, cache->url_id))
        return talloc_free(cache), STATUS_NO_MEMORY;
    jwks_boot_id("/proc/sys/kernel/random/boot_id", cache->boot_id);
    cache->lock_fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (cache->lock_fd < 0) {
        LOG(LOG_ERROR, "jwks_cache_unusable", LOG_TEXT("path", lock_path), LOG_INT("errno", errno));
        return talloc_free(cache), STATUS_BAD_CONFIG;
    }
    *out = cache;
    return STATUS_OK;
}

/* --- reading -------------------------------------------------------------------------- */

static struct file_stamp stamp_of(const struct stat *info)
{
    return (struct file_stamp){info->st_dev, info->st_ino, info->st_size,
                               (int64_t)info->st_ctim.tv_sec * 1000000000 + info->st_ctim.tv_nsec};
}

bool jwks_cache_changed(const struct jwks_cache *cache)
{
    struct stat info;

    if (lstat(cache->path, &info) != 0)
        return false;
    struct file_stamp now = stamp_of(&info), seen = cache->seen;
    return now.inode != seen.inode || now.changed_ns != seen.changed_ns ||
           now.bytes != seen.bytes || now.device != seen.device;
}

static bool is_trusted(const struct stat *info)
{
    return S_ISREG(info->st_mode) && info->st_uid == geteuid() && (info->st_mode & 022) == 0 &&
           info->st_size <= JWKS_MAX_BYTES + HEAD_MAX_BYTES;
}

static enum status read_file(TALLOC_CTX *mem, int fd, struct file_stamp *seen, struct str *out)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return STATUS_NOT_FOUND;
    *seen = stamp_of(&info);
    if (!is_trusted(&info))
        return STATUS_NOT_FOUND;
    size_t size = (size_t)info.st_size;
    char *data = talloc_size(mem, size + 1);
    if (data == NULL)
        return STATUS_NO_MEMORY;
    /* the file is never changed in place, so one read gets it whole */
    if (read(fd, data, size) != (ssize_t)size)
        return STATUS_NOT_FOUND;
    *out = str_n(data, size);
    return STATUS_OK;
}

/* When it was fetched, as an age. False when that cannot be true. */
static bool read_age(const struct jwks_cache *cache, const struct str word[WORD_COUNT],
                     struct jwks_cached *out)
{
    int64_t boot_ms, wall_s, now_ms = clock_boot_ms();

    if (!parse_i64(word[WORD_BOOT_MS], 0, INT64_MAX, &boot_ms) ||
        !parse_i64(word[WORD_WALL_S], 0, INT32_MAX * INT64_C(100), &wall_s))
        return false;
    out->same_boot = str_eq(word[WORD_BOOT_ID], str_of(cache->boot_id)) && boot_ms <= now_ms;
    out->age_ms = out->same_boot ? now_ms - boot_ms : clock_wall_us() / 1000 - wall_s * 1000;
    return out->age_ms >= 0;
}

static bool read_content(const struct jwks_cache *cache, struct str content,
                         struct jwks_cached *out)
{
    struct str word[WORD_COUNT], body, head = str_cut(content, '\n', &body);
    char digest[2 * SHA256_LEN + 1];

    for (size_t i = 0; i < WORD_COUNT; i++)
        word[i] = str_cut(head, ' ', &head);
    const struct str covered[] = {word[WORD_BOOT_ID], word[WORD_BOOT_MS], word[WORD_WALL_S],
                                  word[WORD_URL], body};
    out->body = body;
    return head.data == NULL && str_eq(word[WORD_MAGIC], str_of(magic)) &&
           str_eq(word[WORD_URL], str_of(cache->url_id)) &&
           digest_hex(covered, sizeof covered / sizeof covered[0], digest) &&
           str_eq(word[WORD_DIGEST], str_of(digest)) && read_age(cache, word, out);
}

enum status jwks_cache_read(TALLOC_CTX *mem, struct jwks_cache *cache, struct jwks_cached *out)
{
    struct str content;

    /* O_NONBLOCK: a fifo in this place must not stop a worker */
    int fd = open(cache->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return STATUS_NOT_FOUND;
    enum status st = read_file(mem, fd, &cache->seen, &content);
    (void)close(fd); /* nothing was written */
    if (st == STATUS_OK && !read_content(cache, content, out))
        st = STATUS_NOT_FOUND;
    return st;
}

/* --- writing ------------------------------------------------------------------------------ */

static bool write_all(int fd, struct str data)
{
    while (data.len > 0) {
        ssize_t n = write(fd, data.data, data.len);
        if (n < 0)
            return false;
        data = str_skip(data, (size_t)n);
    }
    return true;
}

/* Not flushed to the disk: after a power cut a file that is empty or cut short fails its digest. */
static bool write_new(struct jwks_cache *cache, struct str head, struct str body,
                      struct file_stamp *stamp)
{
    struct stat info;

    (void)unlink(cache->new_path); /* of a worker that was killed, usually absent */
    int fd = open(cache->new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, head) && write_all(fd, body) &&
              rename(cache->new_path, cache->path) == 0 && fstat(fd, &info) == 0;
    if (close(fd) != 0)
        ok = false;
    if (ok)
        *stamp = stamp_of(&info);
    else
        (void)unlink(cache->new_path); /* best effort; the next writer does it otherwise */
    return ok;
}

bool jwks_cache_write(struct jwks_cache *cache, struct str body)
{
    char boot_ms[20], wall_s[20], digest[2 * SHA256_LEN + 1], head[HEAD_MAX_BYTES];
    const struct str covered[] = {
        str_of(cache->boot_id), str_n(boot_ms, format_i64(boot_ms, clock_boot_ms())),
        str_n(wall_s, format_i64(wall_s, clock_wall_us() / 1000000)), str_of(cache->url_id), body};

    if (!digest_hex(covered, sizeof covered / sizeof covered[0], digest))
        return false;
    int len =
        snprintf(head, sizeof head, "%s %s %.*s %.*s %s %s\n", magic, cache->boot_id,
                 (int)covered[1].len, boot_ms, (int)covered[2].len, wall_s, cache->url_id, digest);
    return write_new(cache, str_n(head, (size_t)len), body, &cache->seen);
}

/* --- the lock and its record ------------------------------------------------------------------ */

bool jwks_cache_lock(struct jwks_cache *cache)
{
    return flock(cache->lock_fd, LOCK_EX | LOCK_NB) == 0;
}

void jwks_cache_unlock(struct jwks_cache *cache)
{
    (void)flock(cache->lock_fd, LOCK_UN); /* cannot fail for a lock that is held */
}

/* The record: `BOOT AT_MS FAILURES URL`, filled up with spaces to a fixed size. */
bool jwks_attempt_read(struct jwks_cache *cache, struct jwks_attempt *out)
{
    char record[RECORD_BYTES];
    struct str word[4], rest;
    struct jwks_attempt attempt;

    if (pread(cache->lock_fd, record, sizeof record, 0) != (ssize_t)sizeof record)
        return false;
    rest = str_n(record, sizeof record);
    for (size_t i = 0; i < 4; i++)
        word[i] = str_cut(rest, ' ', &rest);
    if (!str_eq(word[0], str_of(cache->boot_id)) || !str_eq(word[3], str_of(cache->url_id)) ||
        !parse_i64(word[1], 0, clock_boot_ms(), &attempt.at_ms) ||
        !parse_i64(word[2], 0, INT32_MAX, &attempt.failures))
        return false;
    *out = attempt;
    return true;
}

bool jwks_attempt_write(struct jwks_cache *cache, struct jwks_attempt attempt)
{
    char text[RECORD_BYTES + 1], at_ms[20], failures[20];
    size_t at_len = format_i64(at_ms, attempt.at_ms),
           failures_len = format_i64(failures, attempt.failures);

    int len = snprintf(text, sizeof text, "%s %.*s %.*s %s", cache->boot_id, (int)at_len, at_ms,
                       (int)failures_len, failures, cache->url_id);
    memset(text + len, ' ', sizeof text - (size_t)len);
    return pwrite(cache->lock_fd, text, RECORD_BYTES, 0) == RECORD_BYTES;
}
