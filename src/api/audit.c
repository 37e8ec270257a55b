/* What makes a write provable: its key, and the seal of its event. */
#include "api_priv.h"
#include "ts/crypto.h"

enum status write_key_check(struct call *call)
{
    struct str key = call->request->idempotency_key;

    if (key.len == 0 || http_is_key(key))
        return STATUS_OK;
    faults_detail(&call->faults, "An Idempotency-Key has 16 to 64 characters of A-Z a-z 0-9 _ -.");
    return STATUS_BAD_REQUEST;
}

enum status write_key(struct call *call, const struct principal *who, struct write_key *out)
{
    const struct http_request *request = call->request;
    const struct str parts[] = {request->method_text, request->path, request->query, request->body};

    *out = (struct write_key){.actor_id = who->actor_id, .key = request->idempotency_key};
    enum status st = write_key_check(call);
    if (st != STATUS_OK || out->key.len == 0)
        return st;
    return crypto_sha256(parts, sizeof parts / sizeof parts[0], 1, out->request_hash);
}

/* A draw from the generator costs the same for one salt as for many. */
static enum status draw_salt(struct api *api, uint8_t out[EVENT_SALT_LEN])
{
    enum status st = STATUS_OK;

    if (api->salt_used == 0 || api->salt_used == SALT_BLOCK) {
        st = crypto_random(api->salts, sizeof api->salts);
        api->salt_used = 0;
    }
    if (st != STATUS_OK)
        return st;
    memcpy(out, api->salts + api->salt_used, EVENT_SALT_LEN);
    api->salt_used += EVENT_SALT_LEN;
    return STATUS_OK;
}

static void put_u64(uint8_t out[8], int64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
}

/* digest = SHA-256(salt, before, after): what remains when personal data is erased.
 * mac = HMAC(key, person, week, action, actor, entry, at, key, request hash, digest). */
enum status event_seal(struct api *api, const struct write_key *key, struct event *event)
{
    event->actor_id = key->actor_id;
    event->ikey = key->key;
    memcpy(event->request_hash, key->request_hash, sizeof event->request_hash);

    const int64_t numbers[] = {event->person_id, event->week.number, (int64_t)event->action,
                               event->actor_id,  event->entry_id,    event->at};
    uint8_t fixed[sizeof numbers];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        put_u64(fixed + 8 * i, numbers[i]);

    enum status st = draw_salt(api, event->salt);
    const struct str payload[] = {str_n((const char *)event->salt, sizeof event->salt),
                                  event->before, event->after};
    if (st == STATUS_OK)
        st = crypto_sha256(payload, 3, 1, event->digest);
    const struct str parts[] = {str_n((const char *)fixed, sizeof fixed), event->ikey,
                                str_n((const char *)event->request_hash,
                                      event->ikey.len > 0 ? sizeof event->request_hash : 0),
                                str_n((const char *)event->digest, sizeof event->digest)};
    const struct str secret = str_n((const char *)api->audit_key, api->audit_key_len);
    return st == STATUS_OK ? crypto_hmac(secret, parts, 4, event->mac) : st;
}
