#include "ts/audit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ts/crypto.h"

enum status audit_key_read(const char *path, struct audit_key *out)
{
    struct audit_key key;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, key.bytes, sizeof key.bytes);
    struct str rest;

    if (fd >= 0)
        close(fd);
    key.len = str_cut(str_n((char *)key.bytes, got < 0 ? 0 : (size_t)got), '\n', &rest).len;
    if (key.len >= AUDIT_KEY_MIN)
        *out = key;
    explicit_bzero(key.bytes, sizeof key.bytes);
    return key.len >= AUDIT_KEY_MIN ? STATUS_OK : STATUS_BAD_CONFIG;
}

enum status audit_digest(const struct event *event, uint8_t out[EVENT_MAC_LEN])
{
    const struct str parts[] = {str_n((const char *)event->salt, sizeof event->salt), event->before,
                                event->after};

    return crypto_sha256(parts, sizeof parts / sizeof parts[0], 1, out);
}

static void put_u64(uint8_t out[8], int64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
}

enum status audit_link(const struct audit_key *key, const struct event *event,
                       uint8_t out[EVENT_MAC_LEN])
{
    const int64_t numbers[] = {event->person_id, event->week.number, (int64_t)event->action,
                               event->actor_id,  event->entry_id,    event->at};
    uint8_t fixed[sizeof numbers];

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        put_u64(fixed + 8 * i, numbers[i]);
    const struct str parts[] = {str_n((const char *)fixed, sizeof fixed), event->ikey,
                                str_n((const char *)event->request_hash,
                                      event->ikey.len > 0 ? sizeof event->request_hash : 0),
                                str_n((const char *)event->digest, sizeof event->digest)};
    return crypto_hmac(str_n((const char *)key->bytes, key->len), parts,
                       sizeof parts / sizeof parts[0], out);
}

enum status audit_mac(const struct audit_key *key, const uint8_t link[EVENT_MAC_LEN], int64_t seq,
                      uint8_t out[EVENT_MAC_LEN])
{
    uint8_t number[8];

    put_u64(number, seq);
    const struct str parts[] = {str_n((const char *)number, sizeof number),
                                str_n((const char *)link, EVENT_MAC_LEN)};
    return crypto_hmac(str_n((const char *)key->bytes, key->len), parts, 2, out);
}

enum status audit_head_next(uint8_t head[EVENT_MAC_LEN], const uint8_t link[EVENT_MAC_LEN])
{
    const struct str parts[] = {str_n((const char *)head, EVENT_MAC_LEN),
                                str_n((const char *)link, EVENT_MAC_LEN)};
    uint8_t next[EVENT_MAC_LEN];
    enum status st = crypto_sha256(parts, 2, 0, next);

    if (st == STATUS_OK)
        memcpy(head, next, sizeof next);
    return st;
}
