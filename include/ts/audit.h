/* What makes the audit trail provable: its key, the digest, link and MAC of an event, the head of a
 * stream. The API seals with it, `timesheets-admin audit verify` computes the same again from what
 * is stored. Also the words of the trail: actions and streams, and the query of GET /audit. */
#ifndef TS_AUDIT_H
#define TS_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "ts/status.h"
#include "ts/store.h"

enum { AUDIT_KEY_MIN = 16, AUDIT_KEY_MAX = 128 /* bytes */ };

struct audit_key {
    uint8_t bytes[AUDIT_KEY_MAX];
    size_t len;
};

/* The key is the file's first line, of which AUDIT_KEY_MAX bytes count. STATUS_BAD_CONFIG when the
 * file cannot be read or the line has less than AUDIT_KEY_MIN bytes (128 bits). */
enum status audit_key_read(const char *path, struct audit_key *out) TS_MUST_CHECK;

/* SHA-256 over salt, before and after, each with its length before it: what remains in the chain
 * when personal data is erased. */
enum status audit_digest(const struct event *event, uint8_t out[EVENT_MAC_LEN]) TS_MUST_CHECK;

/* HMAC-SHA-256 over person, week, action, actor, entry and instant (8 bytes big-endian each), then
 * the idempotency key, the request hash (nothing without a key) and the event's digest, each part
 * with its length before it: the event's link in the chain of its stream. */
enum status audit_link(const struct audit_key *key, const struct event *event,
                       uint8_t out[EVENT_MAC_LEN]) TS_MUST_CHECK;

/* HMAC-SHA-256 over the event's number in its stream (8 bytes big-endian) and its link, each with
 * its length before it: what is stored with the event. */
enum status audit_mac(const struct audit_key *key, const uint8_t link[EVENT_MAC_LEN], int64_t seq,
                      uint8_t out[EVENT_MAC_LEN]) TS_MUST_CHECK;

/* The head of a stream after an event: SHA-256(head, link), as the database computes it; a stream
 * begins with 32 zero bytes. */
enum status audit_head_next(uint8_t head[EVENT_MAC_LEN],
                            const uint8_t link[EVENT_MAC_LEN]) TS_MUST_CHECK;

#endif
