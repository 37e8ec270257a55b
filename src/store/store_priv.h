/* What the files of the store share. The one place that includes MySQL's client library. Written
 * for MariaDB Connector/C and Oracle's libmysqlclient: names and numbers that only one of them
 * has are defined here, or kept in db.c behind MARIADB_BASE_VERSION. */
#ifndef TS_STORE_PRIV_H
#define TS_STORE_PRIV_H

#include <mysql.h>

#include "ts/field.h"
#include "ts/store.h"

#ifdef MARIADB_BASE_VERSION
typedef my_bool db_bool;
#else
typedef bool db_bool;
#endif

/* --- statements ------------------------------------------------------------------------------ */
enum stmt_id {
#define STATEMENT(ident, connection, parameters, rows, text) STMT_##ident,
#include "statements.def"
#undef STATEMENT
    STMT_COUNT
};

/* What the columns of a result are bound to: looked up by column name in one table, then in the
 * other (members that are stored but not part of the resource). */
struct rows {
    const struct schema *resource;
    const struct schema *more;
};

/* DB_STREAM statements are prepared where DB_READ ones are, but their rows come from the server one
 * by one: any amount of them in little memory, and nothing else can run until stmt_done. So do those
 * of DB_VERIFY, a connection of its own that sees one state of the database all the time. */
enum db_role { DB_READ, DB_WRITE, DB_STREAM, DB_VERIFY };

struct stmt_spec {
    const char *name;
    enum db_role role;
    const char *parameters;
    const struct rows *rows;
    const char *text;
};
extern const struct stmt_spec stmt_specs[STMT_COUNT];

/* Rows that a statement ending in _BLOCK takes at once. */
enum { STMT_BLOCK = 32 };

struct number_row {
    int64_t number;
};
struct schema_state {
    int64_t version, unfinished;
};
extern const struct rows schema_state_rows, number_rows, person_rows, project_rows, entry_rows,
    week_rows, period_lock_rows, replay_rows, mac_rows, sheet_rows, week_total_rows, active_rows,
    source_rows, period_rows, audit_event_rows, stored_event_rows, stream_rows,
    week_difference_rows, upload_source_rows, person_match_rows, held_week_rows, uploaded_rows,
    upload_rows, upload_result_rows, report_rows, report_total_rows, missing_rows;

/* A parameter: the letter must be the one in the statement's row. */
struct value {
    char type;
    bool null;
    int64_t number;
    struct str text;
};
#define V_INT(n) ((struct value){'i', false, (int64_t)(n), {0}})
#define V_INT_OR_NULL(n) ((struct value){'i', (n) == 0, (int64_t)(n), {0}})
#define V_TEXT(s) ((struct value){'t', false, 0, (s)})
#define V_BYTES(s) ((struct value){'b', false, 0, (s)})
#define V_BYTES_OR_NULL(s) ((struct value){'b', (s).len == 0, 0, (s)})
#define V_BYTES_N(p, n) ((struct value){'b', false, 0, {(const char *)(p), (n)}})
#define V_DATE(d) ((struct value){'d', false, (d).days, {0}})
#define V_DATE_OR_NULL(d) ((struct value){'d', (d).days == DATE_NONE_DAYS, (d).days, {0}})
#define V_TIME(us) ((struct value){'m', false, (us), {0}})
/* As two arguments: the values and their number. */
#define VALUES(...)                                                                                \
    (const struct value[]){__VA_ARGS__},                                                           \
        sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)

/* --- connections ----------------------------------------------------------------------------- */
/* What a statement can come to, for the code that decides what to do about it. */
enum db_fault {
    DB_FINE,
    DB_GONE,   /* the connection is lost and closed */
    DB_REPEAT, /* deadlock, lock time-out, interrupted: roll back and run the transaction again */
    DB_DUPLICATE, /* a unique key; stmt_fault_key says which */
    DB_CHECK,     /* a CHECK constraint, or a number out of its column's range */
    DB_SLOW,      /* the server has ended a statement that took longer than it may */
    DB_LATE,      /* the request's time is over; nothing was sent */
    DB_NO_MEMORY,
    DB_BROKEN /* anything else: ours to mend */
};

struct stmt;

struct db {
    struct store *store;
    enum db_role role;
    MYSQL *handle;   /* NULL = not connected */
    TALLOC_CTX *mem; /* of this connection */
    struct stmt *stmts[STMT_COUNT];
    bool slow;            /* the last failure was DB_SLOW */
    char fault_text[512]; /* the server's words on the last failure */
};

struct store {
    struct store_config config;
    struct str password;
    struct db reader, writer;
    int64_t deadline_ms;   /* of the request, monotonic */
    int64_t no_connect_ms; /* after a failed connect: fail fast until then */
    bool in_transaction;
    bool in_snapshot; /* the reader sees one moment: a lost connection must not be replaced */
    int64_t last_id;
    uint64_t jitter;
    store_seal_fn *seal;
    void *seal_arg;
    struct project_cache *projects;
    struct known_weeks *weeks;
};

/* Connects and prepares unless that was done. */
enum status db_ready(struct db *db) TS_MUST_CHECK;
void db_close(struct db *db);
bool store_is_late(const struct store *store);
/* Is the state of the schema one that this program can work with? STATUS_BAD_SCHEMA, logged. */
enum status store_schema_fits(const struct schema_state *state) TS_MUST_CHECK;
/* What is wrong with a configuration, as a sentence; NULL when nothing is. */
const char *store_config_fault(const struct store_config *config);
/* A new handle with every option set but not connected, and the connect itself; for the migration
 * runner too. */
MYSQL *db_handle_new(const struct store_config *config, bool with_timeouts) TS_MUST_CHECK;
bool db_handle_connect(MYSQL *handle, const struct store_config *config, struct str password,
                       unsigned long flags) TS_MUST_CHECK;
/* The first line of a file (NULL: empty). STATUS_BAD_CONFIG when it cannot be read. */
enum status db_password_read(TALLOC_CTX *mem, const char *file, struct str *out) TS_MUST_CHECK;
enum db_fault db_fault_of(unsigned int error);
/* The status of a fault that nobody interpreted. */
enum status db_fault_status(enum db_fault fault);

/* Prepares what belongs to the connection's role and binds it. STATUS_UNAVAILABLE,
 * STATUS_BAD_SCHEMA. */
enum status stmt_prepare_all(struct db *db) TS_MUST_CHECK;
enum status stmt_prepare(struct db *db, enum stmt_id id) TS_MUST_CHECK;
/* Runs a statement: one round trip. All rows of a result are then on this side, unless they come one
 * by one (enum db_role). */
enum db_fault stmt_run(struct db *db, enum stmt_id id, const struct value *values,
                       size_t count) TS_MUST_CHECK;
/* The next row into its struct; texts live until the next call for this statement. */
enum db_fault stmt_next(struct db *db, enum stmt_id id, void *row, bool *found) TS_MUST_CHECK;
/* Back to the first row of the result. */
void stmt_rewind(struct db *db, enum stmt_id id);
/* Forgets the rest of a result. */
void stmt_done(struct db *db, enum stmt_id id);
int64_t stmt_affected(const struct db *db, enum stmt_id id);
int64_t stmt_insert_id(const struct db *db, enum stmt_id id);
/* Copies the texts of a row that was just read to mem (one block). */
enum status stmt_keep(TALLOC_CTX *mem, const struct db *db, enum stmt_id id,
                      void *row) TS_MUST_CHECK;
/* Was it this unique key that the last DB_DUPLICATE was about? */
bool stmt_fault_key(const struct db *db, const char *key);

/* --- reading --------------------------------------------------------------------------------- */
/* Runs a statement on the reader; a connection that turns out to be lost is replaced once. */
enum status read_run(struct store *store, enum stmt_id id, const struct value *values,
                     size_t count) TS_MUST_CHECK;
/* The next row of what was run; after the last one, and after a failure, stmt_done. */
enum status read_next(struct store *store, enum stmt_id id, void *row, bool *found) TS_MUST_CHECK;
/* The same for the one row of a result, copied to mem. STATUS_NOT_FOUND. */
enum status read_one(TALLOC_CTX *mem, struct store *store, enum stmt_id id,
                     const struct value *values, size_t count, void *row) TS_MUST_CHECK;

/* From here to the end, everything that is read is from the moment of the first statement. The end
 * must be reached, whatever happened in between. */
enum status read_snapshot_begin(struct store *store) TS_MUST_CHECK;
void read_snapshot_end(struct store *store);

/* In store_entries.c: hands over each entry of what was run, and ends it. */
enum status read_entries(struct store *store, enum stmt_id id, store_entry_fn *each,
                         void *arg) TS_MUST_CHECK;

/* --- transactions ---------------------------------------------------------------------------- */
struct tx {
    struct store *store;
    struct db *db;
    bool begun;          /* something was sent */
    bool wrote;          /* it was not only reading */
    enum db_fault fault; /* not DB_FINE: the transaction is over, and this is why */
    bool key_used;       /* the idempotency key is in another event */
    bool has_event;
    int64_t person_id, seq; /* the last event written */
    struct iso_week week;
    uint8_t mac[EVENT_MAC_LEN];
};
/* Runs a statement in the transaction. DB_DUPLICATE and DB_CHECK are the caller's to interpret;
 * every other fault ends the transaction. */
enum db_fault tx_try(struct tx *tx, enum stmt_id id, const struct value *values,
                     size_t count) TS_MUST_CHECK;
/* The same where no key or constraint is expected to refuse. */
enum status tx_run(struct tx *tx, enum stmt_id id, const struct value *values,
                   size_t count) TS_MUST_CHECK;
/* One row (STATUS_NOT_FOUND); its texts are copied to mem, or live until the next run when mem
 * is NULL. */
enum status tx_one(TALLOC_CTX *mem, struct tx *tx, enum stmt_id id, const struct value *values,
                   size_t count, void *row) TS_MUST_CHECK;
/* Ends the transaction for this reason and returns its status. */
enum status tx_end(struct tx *tx, enum db_fault fault);

/* In store_events.c: the stored outcome of a key. STATUS_NOT_FOUND, STATUS_KEY_REUSED. */
enum status event_replay(TALLOC_CTX *mem, struct store *store, const struct write_key *key,
                         struct replay *out) TS_MUST_CHECK;
/* Is the last event of the transaction in the database? For after a connection that was lost in
 * COMMIT. */
enum db_fault event_is_stored(struct tx *tx, bool *out) TS_MUST_CHECK;
/* In store_projects.c. */
struct project_cache *project_cache_new(TALLOC_CTX *mem);
/* In store_weeks.c: which weeks are known to have a row. */
struct known_weeks *known_weeks_new(TALLOC_CTX *mem) TS_MUST_CHECK;

#endif
