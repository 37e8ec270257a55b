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

enum status event_seal(struct api *api, const struct write_key *key, struct event *event)
{
    event->actor_id = key->actor_id;
    event->ikey = key->key;
    memcpy(event->request_hash, key->request_hash, sizeof event->request_hash);

    enum status st = draw_salt(api, event->salt);
    if (st == STATUS_OK)
        st = audit_digest(event, event->digest);
    return st == STATUS_OK ? audit_link(&api->audit_key, event, event->link) : st;
}

enum status event_mac(void *arg, const struct event *event, int64_t seq, uint8_t mac[EVENT_MAC_LEN])
{
    const struct api *api = arg;

    return audit_mac(&api->audit_key, event->link, seq, mac);
}
