#include "store_priv.h"
#include "ts/clock.h"

/* What is stored with a project but no part of a reply. */
static const struct field stored_columns[] = {
    FIELD_INT(struct project, id, .column = "id"),
};
static const struct schema stored_schema = SCHEMA("project_row", struct project, stored_columns);
const struct rows project_rows = {&project_schema, &stored_schema};

/* Projects this worker has seen lately. A code has one slot; two that share it take turns. */
enum { CACHE_SLOTS = 256 };

struct cached_project {
    TALLOC_CTX *texts; /* NULL = empty */
    struct project project;
    int64_t read_ms;
};

struct project_cache {
    struct cached_project slots[CACHE_SLOTS];
};

struct project_cache *project_cache_new(TALLOC_CTX *mem)
{
    return talloc_zero(mem, struct project_cache);
}

static struct cached_project *slot_of(struct project_cache *cache, struct str code)
{
    return &cache->slots[str_hash(code) % CACHE_SLOTS];
}

static enum status fetch(struct store *store, struct str code, struct cached_project *slot)
{
    struct project row;
    TALLOC_CTX *texts = talloc_new(store->projects);

    if (texts == NULL)
        return STATUS_NO_MEMORY;
    int64_t now_ms = clock_mono_ms(); /* before the question: its answer may be as old as that */
    enum status st = read_one(texts, store, STMT_PROJECT_GET, VALUES(V_TEXT(code)), &row);
    if (st == STATUS_OK && !str_eq(row.code, code))
        st = STATUS_NOT_FOUND; /* the collation ignores trailing spaces */
    if (st != STATUS_OK)
        return talloc_free(texts), st;
    talloc_free(slot->texts);
    *slot = (struct cached_project){texts, row, now_ms};
    return STATUS_OK;
}

enum status store_project_get(struct store *store, struct str code, int64_t max_age_ms,
                              struct project *out)
{
    struct cached_project *slot = slot_of(store->projects, code);
    bool fresh = slot->texts != NULL && str_eq(slot->project.code, code) &&
                 clock_mono_ms() - slot->read_ms < max_age_ms;
    enum status st = fresh ? STATUS_OK : fetch(store, code, slot);

    if (st == STATUS_OK)
        *out = slot->project;
    return st;
}

enum status store_projects_each(struct store *store, int64_t state, struct str q, struct str after,
                                int64_t limit, store_project_fn *each, void *arg)
{
    struct project row;
    bool found = false;
    int64_t from = state < 0 ? PROJECT_OPEN : state, to = state < 0 ? PROJECT_CLOSED : state;
    enum status st = read_run(store, STMT_PROJECTS,
                              VALUES(V_TEXT(after), V_INT(from), V_INT(to), V_TEXT(q), V_TEXT(q),
                                     V_TEXT(q), V_TEXT(q), V_INT(limit)));

    if (st != STATUS_OK)
        return st;
    while (st == STATUS_OK) {
        st = read_next(store, STMT_PROJECTS, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        st = each(&row, arg);
    }
    stmt_done(&store->reader, STMT_PROJECTS);
    return st;
}

/* --- what admins change ---------------------------------------------------------------------- */

enum status tx_project_get(TALLOC_CTX *mem, struct tx *tx, struct str code, struct project *out)
{
    struct project row;
    enum status st = tx_one(mem, tx, STMT_TX_PROJECT_GET, VALUES(V_TEXT(code)), &row);

    if (st == STATUS_OK && !str_eq(row.code, code))
        st = STATUS_NOT_FOUND; /* the collation ignores trailing spaces */
    if (st == STATUS_OK)
        *out = row;
    return st;
}

enum status tx_project_insert(struct tx *tx, const struct principal *who, const struct project *row,
                              int64_t *out)
{
    if (!who->administers)
        return tx_end(tx, DB_BROKEN);
    enum db_fault fault = tx_try(tx, STMT_PROJECT_INSERT,
                                 VALUES(V_TEXT(row->code), V_TEXT(row->name), V_TEXT(row->customer),
                                        V_INT(row->state), V_DATE_OR_NULL(row->starts),
                                        V_DATE_OR_NULL(row->ends), V_INT(row->version)));
    if (fault == DB_DUPLICATE)
        return STATUS_TAKEN;
    if (fault != DB_FINE)
        return tx_end(tx, fault);
    *out = stmt_insert_id(tx->db, STMT_PROJECT_INSERT);
    return STATUS_OK;
}

enum status tx_project_update(struct tx *tx, const struct principal *who, const struct project *row)
{
    if (!who->administers)
        return tx_end(tx, DB_BROKEN);
    enum status st = tx_run(tx, STMT_PROJECT_UPDATE,
                            VALUES(V_TEXT(row->name), V_TEXT(row->customer), V_INT(row->state),
                                   V_DATE_OR_NULL(row->starts), V_DATE_OR_NULL(row->ends),
                                   V_INT(row->version), V_INT(row->id), V_INT(row->version - 1)));

    if (st == STATUS_OK && stmt_affected(tx->db, STMT_PROJECT_UPDATE) != 1)
        st = STATUS_STALE;
    return st;
}
