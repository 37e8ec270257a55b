#include "store_priv.h"

enum { EVENT_VALUES = 14 };

struct replay_row {
    int64_t action, entry_id;
    struct str request_hash, after;
};
static const struct field replay_columns[] = {
    FIELD_INT(struct replay_row, action, .column = "action"),
    FIELD_INT(struct replay_row, entry_id, .column = "entry_id"),
    FIELD_TEXT(struct replay_row, request_hash, .column = "request_hash"),
    FIELD_TEXT(struct replay_row, after, .column = "after_json"),
};
static const struct schema replay_schema = SCHEMA("replay", struct replay_row, replay_columns);
const struct rows replay_rows = {&replay_schema, NULL};

struct mac_row {
    struct str mac;
};
static const struct field mac_columns[] = {FIELD_TEXT(struct mac_row, mac, .column = "mac")};
static const struct schema mac_schema = SCHEMA("mac", struct mac_row, mac_columns);
const struct rows mac_rows = {&mac_schema, NULL};

void store_set_seal(struct store *store, store_seal_fn *seal, void *arg)
{
    store->seal = seal;
    store->seal_arg = arg;
}

static enum status mac_of(const struct store *store, const struct event *event, int64_t seq,
                          uint8_t mac[EVENT_MAC_LEN])
{
    if (store->seal != NULL)
        return store->seal(store->seal_arg, event, seq, mac);
    memcpy(mac, event->link, sizeof event->link);
    return STATUS_OK;
}

/* For whoever has to find out whether a commit took place. */
static void remember(struct tx *tx, const struct event *event, int64_t seq,
                     const uint8_t mac[EVENT_MAC_LEN])
{
    tx->has_event = true;
    tx->person_id = event->person_id;
    tx->week = event->week;
    tx->seq = seq;
    memcpy(tx->mac, mac, sizeof tx->mac);
}

/* The values of an event in the order of EVENT_INTO; its MAC is made in `mac`, which has to last as
 * long as they do. */
static enum status put_event(const struct tx *tx, const struct event *event, int64_t seq,
                             uint8_t mac[EVENT_MAC_LEN], struct value *at)
{
    struct value hash = V_BYTES_N(event->request_hash, sizeof event->request_hash);
    enum status st = mac_of(tx->store, event, seq, mac);

    hash.null = event->ikey.len == 0;
    const struct value values[EVENT_VALUES] = {V_INT(event->person_id),
                                               V_INT(event->week.number),
                                               V_INT(seq),
                                               V_INT(event->actor_id),
                                               V_INT(event->action),
                                               V_INT_OR_NULL(event->entry_id),
                                               V_TIME(event->at),
                                               V_BYTES_OR_NULL(event->ikey),
                                               hash,
                                               V_BYTES_N(event->salt, sizeof event->salt),
                                               V_BYTES_N(event->digest, sizeof event->digest),
                                               V_BYTES_N(mac, EVENT_MAC_LEN),
                                               V_BYTES_OR_NULL(event->before),
                                               V_BYTES_OR_NULL(event->after)};
    memcpy(at, values, sizeof values);
    return st;
}

enum status tx_events_insert(struct tx *tx, const struct event *events, const int64_t *seqs,
                             size_t count)
{
    struct value values[STMT_BLOCK * EVENT_VALUES];
    uint8_t macs[STMT_BLOCK][EVENT_MAC_LEN];
    enum status st = STATUS_OK;

    for (size_t i = 0; st == STATUS_OK && i < count;) {
        size_t n = count - i >= STMT_BLOCK ? STMT_BLOCK : 1;
        for (size_t k = 0; st == STATUS_OK && k < n; k++)
            st = put_event(tx, &events[i + k], seqs[i + k], macs[k], values + k * EVENT_VALUES);
        if (st == STATUS_OK)
            st = tx_run(tx, n == 1 ? STMT_EVENT_INSERT : STMT_EVENT_ADD_BLOCK, values,
                        n * EVENT_VALUES);
        i += n;
        if (st == STATUS_OK)
            remember(tx, &events[i - 1], seqs[i - 1], macs[n - 1]);
    }
    return st;
}

enum status tx_event_insert(struct tx *tx, const struct event *event, int64_t seq)
{
    struct value values[EVENT_VALUES];
    uint8_t mac[EVENT_MAC_LEN];
    enum status st = put_event(tx, event, seq, mac, values);

    if (st != STATUS_OK)
        return st;
    enum db_fault fault = tx_try(tx, STMT_EVENT_INSERT, values, EVENT_VALUES);
    if (fault == DB_DUPLICATE && stmt_fault_key(tx->db, "event_ikey")) {
        tx->key_used = true;
        return tx_end(tx, DB_REPEAT);
    }
    if (fault != DB_FINE)
        return tx_end(tx, fault);
    remember(tx, event, seq, mac);
    return STATUS_OK;
}

enum status event_replay(TALLOC_CTX *mem, struct store *store, const struct write_key *key,
                         struct replay *out)
{
    struct replay_row row;
    struct str hash = str_n((const char *)key->request_hash, sizeof key->request_hash);
    enum status st = read_one(mem, store, STMT_EVENT_BY_KEY,
                              VALUES(V_INT(key->actor_id), V_BYTES(key->key)), &row);

    if (st != STATUS_OK)
        return st;
    if (!str_eq(row.request_hash, hash))
        return STATUS_KEY_REUSED;
    *out = (struct replay){true, (enum event_action)row.action, row.entry_id, row.after};
    return STATUS_OK;
}

enum status store_replay(TALLOC_CTX *mem, struct store *store, const struct write_key *key,
                         struct replay *out)
{
    *out = (struct replay){.found = false};
    return key->key.len == 0 ? STATUS_NOT_FOUND : event_replay(mem, store, key, out);
}

/* The COMMIT may still be at work on the server, or lie unread in its socket. That transaction
 * holds the week row until it ends, so the row is locked first: what is read then is final. */
enum db_fault event_is_stored(struct tx *tx, bool *out)
{
    struct number_row week;
    struct mac_row event = {0};
    bool found = false;
    enum db_fault fault =
        stmt_run(tx->db, STMT_WEEK_WAIT, VALUES(V_INT(tx->person_id), V_INT(tx->week.number)));

    if (fault == DB_FINE)
        fault = stmt_next(tx->db, STMT_WEEK_WAIT, &week, &found);
    stmt_done(tx->db, STMT_WEEK_WAIT);
    if (fault == DB_FINE)
        fault = stmt_run(tx->db, STMT_EVENT_MAC,
                         VALUES(V_INT(tx->person_id), V_INT(tx->week.number), V_INT(tx->seq)));
    if (fault == DB_FINE)
        fault = stmt_next(tx->db, STMT_EVENT_MAC, &event, &found);
    *out = found && str_eq(event.mac, str_n((const char *)tx->mac, sizeof tx->mac));
    stmt_done(tx->db, STMT_EVENT_MAC);
    return fault;
}
