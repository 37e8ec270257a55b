#include "store_priv.h"
#include "ts/clock.h"
#include "ts/log.h"
#include "ts/parse.h"

const struct rows person_rows = {&person_schema, NULL};

enum status store_person_by_sub(TALLOC_CTX *mem, struct store *store, struct str sub,
                                struct person *out)
{
    struct person row;
    enum status st = read_one(mem, store, STMT_PERSON_BY_SUB, VALUES(V_BYTES(sub)), &row);

    if (st == STATUS_OK)
        *out = row;
    return st;
}

/* A user_id may look like a number (a tenant can give such subjects), so both are tried. */
enum status store_person_find(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                              struct str user, struct person *out)
{
    struct person row;
    int64_t id;
    bool others = who->sees_others || who->administers;
    enum status st = STATUS_NOT_FOUND;

    if (parse_id(user, &id))
        st = read_one(mem, store, STMT_PERSON_BY_ID,
                      VALUES(V_INT(id), V_INT(who->person_id), V_INT(others)), &row);
    if (st == STATUS_NOT_FOUND)
        st = read_one(mem, store, STMT_PERSON_BY_USER_ID,
                      VALUES(V_BYTES(user), V_INT(who->person_id), V_INT(others)), &row);
    if (st == STATUS_OK)
        *out = row;
    return st;
}

enum status tx_person_insert(struct tx *tx, const struct identity *identity, struct str user_id,
                             int64_t *out)
{
    int64_t now = clock_wall_us();
    enum db_fault fault =
        tx_try(tx, STMT_PERSON_INSERT,
               VALUES(V_BYTES(identity->sub), V_BYTES_OR_NULL(identity->email), V_BYTES(user_id),
                      V_TEXT(identity->name), V_INT(identity->kind), V_TIME(now), V_TIME(now)));

    /* Somebody has just taken the e-mail as user_id: the next run sees that and chooses another.
     * Of two keys the server names any, so the subject's own user_id means that the person is
     * there. */
    if (fault == DB_DUPLICATE && stmt_fault_key(tx->db, "person_user_id") &&
        !str_eq(user_id, identity->sub))
        return tx_end(tx, DB_REPEAT);
    if (fault == DB_DUPLICATE)
        return STATUS_STALE;
    if (fault != DB_FINE)
        return tx_end(tx, fault);
    *out = stmt_insert_id(tx->db, STMT_PERSON_INSERT);
    return STATUS_OK;
}

/* Two rows with one address are an admin's mistake; nobody is given either of them. */
enum status tx_person_unclaimed(TALLOC_CTX *mem, struct tx *tx, struct str email,
                                struct person *out)
{
    struct person row, other;
    bool found = false, ambiguous = false;
    enum status st = tx_run(tx, STMT_PERSON_UNCLAIMED, VALUES(V_BYTES(email)));

    if (st != STATUS_OK)
        return st;
    enum db_fault fault = stmt_next(tx->db, STMT_PERSON_UNCLAIMED, &row, &found);
    if (fault == DB_FINE && found)
        st = stmt_keep(mem, tx->db, STMT_PERSON_UNCLAIMED, &row);
    if (fault == DB_FINE && found && st == STATUS_OK)
        fault = stmt_next(tx->db, STMT_PERSON_UNCLAIMED, &other, &ambiguous);
    stmt_done(tx->db, STMT_PERSON_UNCLAIMED);
    if (fault != DB_FINE)
        return tx_end(tx, fault);
    if (ambiguous)
        LOG(LOG_WARN, "person_claim_ambiguous", LOG_INT("person", row.id),
            LOG_INT("other", other.id));
    if (!found || ambiguous)
        return STATUS_NOT_FOUND;
    if (st == STATUS_OK)
        *out = row;
    return st;
}

enum status tx_person_claim(struct tx *tx, int64_t person_id, const struct identity *identity)
{
    enum db_fault fault =
        tx_try(tx, STMT_PERSON_CLAIM,
               VALUES(V_BYTES(identity->sub), V_TEXT(identity->name), V_TIME(clock_wall_us()),
                      V_INT(person_id), V_BYTES(identity->email)));

    if (fault == DB_DUPLICATE)
        return STATUS_STALE;
    if (fault != DB_FINE)
        return tx_end(tx, fault);
    return stmt_affected(tx->db, STMT_PERSON_CLAIM) == 1 ? STATUS_OK : STATUS_STALE;
}

enum status tx_user_id_taken(struct tx *tx, struct str user_id, bool *out)
{
    struct number_row row;
    enum status st = tx_one(NULL, tx, STMT_USER_ID_TAKEN, VALUES(V_BYTES(user_id)), &row);

    if (st != STATUS_OK && st != STATUS_NOT_FOUND)
        return st;
    *out = st == STATUS_OK;
    return STATUS_OK;
}

/* --- what admins change ---------------------------------------------------------------------- */

static bool sees_people(const struct principal *who)
{
    return who->sees_others || who->administers;
}

enum status store_people_each(struct store *store, const struct principal *who,
                              const struct person_query *query, int64_t limit,
                              store_person_fn *each, void *arg)
{
    bool any_kind = !field_is_present(&person_query_schema, query, PERSON_QUERY_KIND);
    bool any_day = !field_is_present(&person_query_schema, query, PERSON_QUERY_ACTIVE);
    struct date until = query->active, since = query->active;
    struct str q = query->q;
    struct person row;
    bool found = false;

    if (any_day) { /* dates that every bound is within */
        (void)!date_from_civil(9999, 12, 31, &until);
        (void)!date_from_civil(1000, 1, 1, &since);
    }
    enum status st =
        read_run(store, STMT_PEOPLE,
                 VALUES(V_BYTES(query->cursor), V_INT(any_kind ? PERSON_EMPLOYEE : query->kind),
                        V_INT(any_kind ? PERSON_CONTRACTOR : query->kind), V_DATE(until),
                        V_DATE(since), V_TEXT(q), V_TEXT(q), V_TEXT(q), V_TEXT(q), V_TEXT(q),
                        V_INT(sees_people(who)), V_INT(limit)));
    if (st != STATUS_OK)
        return st;
    while (st == STATUS_OK) {
        st = read_next(store, STMT_PEOPLE, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        st = each(&row, arg);
    }
    stmt_done(&store->reader, STMT_PEOPLE);
    return st;
}

enum status store_person_get(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                             int64_t id, struct person *out)
{
    struct person row;
    enum status st =
        read_one(mem, store, STMT_PERSON_BY_ID,
                 VALUES(V_INT(id), V_INT(who->person_id), V_INT(sees_people(who))), &row);

    if (st == STATUS_OK)
        *out = row;
    return st;
}

enum status tx_person_get(TALLOC_CTX *mem, struct tx *tx, const struct principal *who, int64_t id,
                          struct person *out)
{
    struct person row;
    enum status st =
        tx_one(mem, tx, STMT_TX_PERSON_GET, VALUES(V_INT(id), V_INT(who->administers)), &row);

    if (st == STATUS_OK)
        *out = row;
    return st;
}

enum status tx_person_named(struct tx *tx, struct str text, int64_t except, bool *out)
{
    struct number_row row;
    enum status st = tx_one(NULL, tx, STMT_PERSON_NAMED,
                            VALUES(V_BYTES(text), V_INT(except), V_BYTES(text), V_INT(except),
                                   V_BYTES(text), V_INT(except)),
                            &row);

    if (st != STATUS_OK && st != STATUS_NOT_FOUND)
        return st;
    *out = st == STATUS_OK;
    return STATUS_OK;
}

enum status tx_person_add(struct tx *tx, const struct principal *who, const struct person *row,
                          int64_t *out)
{
    if (!who->administers)
        return tx_end(tx, DB_BROKEN);
    enum db_fault fault =
        tx_try(tx, STMT_PERSON_ADD,
               VALUES(V_BYTES_OR_NULL(row->email), V_BYTES(row->user_id), V_TEXT(row->name),
                      V_INT(row->kind), V_BYTES_OR_NULL(row->employee_number),
                      V_DATE_OR_NULL(row->active_from), V_DATE_OR_NULL(row->active_to),
                      V_TIME(clock_wall_us())));
    if (fault == DB_DUPLICATE)
        return STATUS_TAKEN;
    if (fault != DB_FINE)
        return tx_end(tx, fault);
    *out = stmt_insert_id(tx->db, STMT_PERSON_ADD);
    return STATUS_OK;
}

enum status tx_person_update(struct tx *tx, const struct principal *who, const struct person *row)
{
    if (!who->administers)
        return tx_end(tx, DB_BROKEN);
    enum db_fault fault =
        tx_try(tx, STMT_PERSON_UPDATE,
               VALUES(V_TEXT(row->name), V_INT(row->kind), V_BYTES_OR_NULL(row->email),
                      V_BYTES_OR_NULL(row->employee_number), V_DATE_OR_NULL(row->active_from),
                      V_DATE_OR_NULL(row->active_to), V_INT(row->claimed), V_INT(row->claimed),
                      V_INT(row->version), V_INT(row->id), V_INT(row->version - 1)));
    if (fault == DB_DUPLICATE)
        return STATUS_TAKEN;
    if (fault != DB_FINE)
        return tx_end(tx, fault);
    return stmt_affected(tx->db, STMT_PERSON_UPDATE) == 1 ? STATUS_OK : STATUS_STALE;
}
