#include "store_priv.h"
#include "ts/clock.h"

/* What is stored with a source but no part of a reply. */
static const struct field stored_columns[] = {
    FIELD_INT(struct source, id, .column = "id"),
    FIELD_INT(struct source, client, .column = "client"),
};
static const struct schema stored_schema = SCHEMA("source_row", struct source, stored_columns);
const struct rows source_rows = {&source_schema, &stored_schema};

enum status store_sources_each(struct store *store, struct str after, int64_t limit,
                               store_source_fn *each, void *arg)
{
    struct source row;
    bool found = false;
    enum status st = read_run(store, STMT_SOURCES, VALUES(V_TEXT(after), V_INT(limit)));

    if (st != STATUS_OK)
        return st;
    while (st == STATUS_OK) {
        st = read_next(store, STMT_SOURCES, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        st = each(&row, arg);
    }
    stmt_done(&store->reader, STMT_SOURCES);
    return st;
}

/* The collation of names ignores trailing spaces; names have none. */
static enum status same_name(enum status st, const struct source *row, struct str name)
{
    return st == STATUS_OK && !str_eq(row->name, name) ? STATUS_NOT_FOUND : st;
}

enum status store_source_get(TALLOC_CTX *mem, struct store *store, struct str name,
                             struct source *out)
{
    struct source row = {.id = 0};
    enum status st = read_one(mem, store, STMT_SOURCE_GET, VALUES(V_TEXT(name)), &row);

    st = same_name(st, &row, name);
    if (st == STATUS_OK)
        *out = row;
    return st;
}

enum status tx_source_get(TALLOC_CTX *mem, struct tx *tx, struct str name, struct source *out)
{
    struct source row = {.id = 0};
    enum status st = tx_one(mem, tx, STMT_TX_SOURCE_GET, VALUES(V_TEXT(name)), &row);

    st = same_name(st, &row, name);
    if (st == STATUS_OK)
        *out = row;
    return st;
}

/* Clients never change, so that a look first is enough; who is slower makes it in the next run. */
enum status tx_client_make(struct tx *tx, const struct principal *who, struct str client_id,
                           int64_t *out)
{
    struct number_row row;

    if (!who->administers)
        return tx_end(tx, DB_BROKEN);
    enum status st = tx_one(NULL, tx, STMT_TX_CLIENT_GET, VALUES(V_BYTES(client_id)), &row);
    if (st == STATUS_OK)
        *out = row.number;
    if (st != STATUS_NOT_FOUND)
        return st;
    enum db_fault fault =
        tx_try(tx, STMT_CLIENT_INSERT, VALUES(V_BYTES(client_id), V_TIME(clock_wall_us())));
    if (fault != DB_FINE)
        return tx_end(tx, fault == DB_DUPLICATE ? DB_REPEAT : fault);
    *out = stmt_insert_id(tx->db, STMT_CLIENT_INSERT);
    return STATUS_OK;
}

enum status tx_source_insert(struct tx *tx, const struct principal *who, const struct source *row,
                             int64_t *out)
{
    if (!who->administers)
        return tx_end(tx, DB_BROKEN);
    enum db_fault fault = tx_try(tx, STMT_SOURCE_INSERT,
                                 VALUES(V_TEXT(row->name), V_INT(row->client), V_INT(row->version),
                                        V_TIME(clock_wall_us())));
    if (fault == DB_DUPLICATE)
        return STATUS_TAKEN;
    if (fault != DB_FINE)
        return tx_end(tx, fault);
    *out = stmt_insert_id(tx->db, STMT_SOURCE_INSERT);
    return STATUS_OK;
}

enum status tx_source_update(struct tx *tx, const struct principal *who, const struct source *row)
{
    if (!who->administers)
        return tx_end(tx, DB_BROKEN);
    enum status st = tx_run(
        tx, STMT_SOURCE_UPDATE,
        VALUES(V_INT(row->client), V_INT(row->version), V_INT(row->id), V_INT(row->version - 1)));

    if (st == STATUS_OK && stmt_affected(tx->db, STMT_SOURCE_UPDATE) != 1)
        st = STATUS_STALE;
    return st;
}
