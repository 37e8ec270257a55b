/* A temporary file without a name that a body is written to and then read from as one view, so
 * that a large body takes no memory of the request. It is gone when it is freed or the process
 * ends, however it ends. */
#ifndef TS_SPOOL_H
#define TS_SPOOL_H

#include <stddef.h>
#include <talloc.h>

#include "ts/status.h"
#include "ts/str.h"

/* Opaque; freeing it unmaps and closes the file. */
struct spool;

/* An empty file in the folder dir, for this process alone (mode 0600, close-on-exec, unlinked).
 * STATUS_UNAVAILABLE with a line in the log when none can be made, STATUS_NO_MEMORY. */
enum status spool_open(TALLOC_CTX *mem, const char *dir, struct spool **out) TS_MUST_CHECK;
/* Appends len bytes (0 is allowed). Not after spool_view. STATUS_UNAVAILABLE with a line in the log
 * when the file system is full or fails: then the spool is good for freeing only. */
enum status spool_add(struct spool *spool, const void *data, size_t len) TS_MUST_CHECK;
/* How many bytes it holds. */
size_t spool_size(const struct spool *spool);
/* Drops what follows the first `size` bytes (at most spool_size). Not after spool_view.
 * STATUS_UNAVAILABLE with a line in the log. */
enum status spool_cut(struct spool *spool, size_t size) TS_MUST_CHECK;
/* All that was added as one view, which lives as long as the spool and can be had again; its bytes
 * come from the file as they are read, at best from front to back. The empty text for an empty
 * file. STATUS_UNAVAILABLE with a line in the log when it cannot be mapped. */
enum status spool_view(struct spool *spool, struct str *out) TS_MUST_CHECK;

#endif
