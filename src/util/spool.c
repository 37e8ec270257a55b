#include "ts/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ts/log.h"

struct spool {
    int fd;
    size_t size;
    void *map; /* NULL until spool_view has mapped the file */
};

static enum status failed(const char *step)
{
    LOG(LOG_ERROR, "spool_failed", LOG_TEXT("step", step), LOG_INT("errno", errno));
    return STATUS_UNAVAILABLE;
}

static int spool_close(struct spool *spool)
{
    if (spool->map != NULL)
        (void)munmap(spool->map, spool->size); /* fails for what is no mapping only */
    if (spool->fd >= 0)
        (void)close(spool->fd); /* the data goes with it, so nothing can be lost */
    return 0;
}

/* For file systems without O_TMPFILE (open(2): EOPNOTSUPP, and EISDIR from an old kernel). */
static int open_named(struct spool *spool, const char *dir)
{
    char *path = talloc_asprintf(spool, "%s/timesheets-XXXXXX", dir);

    if (path == NULL) {
        errno = ENOMEM;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC); /* mode 0600 */
    if (fd >= 0 && unlink(path) != 0) {
        int cause = errno;
        (void)close(fd); /* it holds nothing yet */
        errno = cause;
        fd = -1;
    }
    talloc_free(path);
    return fd;
}

enum status spool_open(TALLOC_CTX *mem, const char *dir, struct spool **out)
{
    struct spool *spool = talloc_zero(mem, struct spool);

    if (spool == NULL)
        return STATUS_NO_MEMORY;
    /* O_EXCL: nobody can give it a name */
    spool->fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
    talloc_set_destructor(spool, spool_close);
    if (spool->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
        spool->fd = open_named(spool, dir);
    if (spool->fd < 0) {
        enum status st = errno == ENOMEM ? STATUS_NO_MEMORY : failed("open");
        return talloc_free(spool), st;
    }
    *out = spool;
    return STATUS_OK;
}

enum status spool_add(struct spool *spool, const void *data, size_t len)
{
    const char *next = data;

    assert(spool->map == NULL);
    while (len > 0) {
        ssize_t n = write(spool->fd, next, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed("write");
        next += n;
        len -= (size_t)n;
        spool->size += (size_t)n;
    }
    return STATUS_OK;
}

size_t spool_size(const struct spool *spool)
{
    return spool->size;
}

enum status spool_cut(struct spool *spool, size_t size)
{
    assert(spool->map == NULL && size <= spool->size);
    if (size == spool->size)
        return STATUS_OK;
    if (ftruncate(spool->fd, (off_t)size) != 0 || lseek(spool->fd, (off_t)size, SEEK_SET) < 0)
        return failed("cut");
    spool->size = size;
    return STATUS_OK;
}

enum status spool_view(struct spool *spool, struct str *out)
{
    if (spool->size == 0) {
        *out = STR("");
        return STATUS_OK;
    }
    if (spool->map == NULL) {
        void *map = mmap(NULL, spool->size, PROT_READ, MAP_PRIVATE, spool->fd, 0);
        if (map == MAP_FAILED)
            return failed("map");
        (void)madvise(map, spool->size, MADV_SEQUENTIAL); /* advice; nothing depends on it */
        spool->map = map;
    }
    *out = str_n(spool->map, spool->size);
    return STATUS_OK;
}
