#include <assert.h>
#include <stdlib.h>

#include "store_priv.h"
#include "ts/clock.h"
#include "ts/log.h"

enum { TX_TRIES = 4, BACK_OFF_MS = 8 };

/* --- what bodies call ------------------------------------------------------------------------ */

enum status tx_end(struct tx *tx, enum db_fault fault)
{
    if (tx->fault == DB_FINE)
        tx->fault = fault;
    return db_fault_status(tx->fault);
}

enum db_fault tx_try(struct tx *tx, enum stmt_id id, const struct value *values, size_t count)
{
    if (tx->fault != DB_FINE)
        return tx->fault;
    tx->begun = true;
    tx->wrote = tx->wrote || stmt_specs[id].rows == NULL;
    enum db_fault fault = stmt_run(tx->db, id, values, count);
    if (fault != DB_FINE && fault != DB_DUPLICATE && fault != DB_CHECK)
        tx->fault = fault;
    return fault;
}

enum status tx_run(struct tx *tx, enum stmt_id id, const struct value *values, size_t count)
{
    enum db_fault fault = tx_try(tx, id, values, count);
    return fault == DB_FINE ? STATUS_OK : tx_end(tx, fault);
}

enum status tx_one(TALLOC_CTX *mem, struct tx *tx, enum stmt_id id, const struct value *values,
                   size_t count, void *row)
{
    bool found = false;
    enum status st = tx_run(tx, id, values, count);

    if (st != STATUS_OK)
        return st;
    enum db_fault fault = stmt_next(tx->db, id, row, &found);
    if (fault != DB_FINE)
        st = tx_end(tx, fault);
    else if (!found)
        st = STATUS_NOT_FOUND;
    else if (mem != NULL)
        st = stmt_keep(mem, tx->db, id, row);
    stmt_done(tx->db, id);
    return st;
}

/* --- the transaction ------------------------------------------------------------------------- */

/* Always sent: after a deadlock or a lock time-out the client cannot know what is still open. */
static void roll_back(struct tx *tx)
{
    if (!tx->begun || tx->db->handle == NULL)
        return;
    /* With the request's time over there is none left for an answer: closing undoes it too. */
    enum db_fault fault = stmt_run(tx->db, STMT_ROLLBACK, NULL, 0);
    if (fault != DB_FINE)
        db_close(tx->db);
}

/* The connection was lost in COMMIT: stored or not? Every write has an event, which tells. */
static enum status commit_outcome(struct tx *tx)
{
    bool stored = false;
    enum db_fault fault = DB_BROKEN;

    tx->fault = DB_GONE; /* run it again */
    if (!tx->wrote)
        return STATUS_UNAVAILABLE;
    if (tx->has_event && db_ready(tx->db) == STATUS_OK) {
        fault = event_is_stored(tx, &stored);
        roll_back(tx); /* it only read */
    }
    LOG(LOG_WARN, "db_lost_in_commit",
        LOG_TEXT("outcome", fault != DB_FINE ? "unknown"
                            : stored         ? "stored"
                                             : "not stored"));
    if (fault != DB_FINE)
        tx->fault = DB_LATE; /* unknown, so it must not be run again */
    else if (stored)
        tx->fault = DB_FINE;
    return stored ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status commit(struct tx *tx)
{
    if (!tx->begun)
        return STATUS_OK;
    enum db_fault fault = stmt_run(tx->db, STMT_COMMIT, NULL, 0);
    if (fault == DB_FINE)
        return STATUS_OK;
    tx->fault = fault;
    return fault == DB_GONE ? commit_outcome(tx) : db_fault_status(fault);
}

static enum status transact_once(struct store *store, store_tx_fn *body, void *arg, struct tx *tx)
{
    *tx = (struct tx){.store = store, .db = &store->writer};
    enum status st = db_ready(tx->db);
    if (st != STATUS_OK)
        return st;
    st = body(tx, arg);
    if (tx->fault != DB_FINE)
        st = db_fault_status(tx->fault); /* whatever the body made of it */
    if (st == STATUS_OK)
        st = commit(tx);
    if (st != STATUS_OK)
        roll_back(tx);
    return st;
}

/* Two transactions that ran into each other must not do so again in step. */
static void back_off(struct store *store, int tries)
{
    store->jitter ^= store->jitter << 13;
    store->jitter ^= store->jitter >> 7;
    store->jitter ^= store->jitter << 17;
    clock_sleep_ms(1 + (int64_t)(store->jitter % (uint64_t)(BACK_OFF_MS * tries)));
}

static bool may_repeat(const struct tx *tx)
{
    return (tx->fault == DB_REPEAT || tx->fault == DB_GONE) && !tx->key_used;
}

enum status store_transact(TALLOC_CTX *mem, struct store *store, const struct write_key *key,
                           store_tx_fn *body, void *arg, struct replay *replay)
{
    struct tx tx;
    enum status st = STATUS_OK;

    assert(!store->in_transaction);
    store->in_transaction = true;
    for (int tries = 1;; tries++) {
        st = transact_once(store, body, arg, &tx);
        if (!may_repeat(&tx) || tries == TX_TRIES || store_is_late(store))
            break;
        LOG(LOG_INFO, "db_transaction_repeated", LOG_INT("try", tries));
        if (tx.fault == DB_REPEAT)
            back_off(store, tries);
    }
    store->in_transaction = false;
    *replay = (struct replay){0};
    bool wrote = st == STATUS_OK && tx.has_event;
    bool failed = st != STATUS_OK && status_http(st) >= 500;
    if (key->key.len == 0 || ((wrote || failed) && !tx.key_used))
        return st;
    /* A first try of this very request may be stored, and be why there was nothing left to write or
     * what the refusal is about. */
    enum status found = event_replay(mem, store, key, replay);
    if (found != STATUS_NOT_FOUND)
        return found;
    return tx.key_used ? STATUS_CONTENDED : st;
}
