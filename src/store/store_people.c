#include "store_priv.h"
#include "ts/clock.h"
#include "ts/log.h"
#include "ts/parse.h"

static const struct field person_columns[] = {
    FIELD_INT(struct person, id, .column = "id"),
    FIELD_TEXT(struct person, user_id, .column = "user_id"),
    FIELD_TEXT(struct person, name, .column = "name"),
    FIELD_TEXT(struct person, email, .column = "email"),
    FIELD_INT(struct person, kind, .column = "kind"),
};
static const struct schema person_schema = SCHEMA("person", struct person, person_columns);
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
