#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store_priv.h"
#include "ts/clock.h"
#include "ts/log.h"

enum { FAIL_FAST_MS = 1000, PASSWORD_MAX = 1024 };

/* --- errors ---------------------------------------------------------------------------------- */

/* Error numbers of both servers and both client libraries: each of the headers lacks some names. */
static const struct {
    unsigned int error;
    enum db_fault fault;
} faults[] = {
    {1213, DB_REPEAT}, /* deadlock; on a cluster: certification failed */
    {1205, DB_REPEAT}, /* lock wait time-out: only the statement is undone */
    {1020, DB_REPEAT}, /* record has changed (snapshot isolation of MariaDB) */
    {1317, DB_REPEAT}, /* query interrupted */
    {1969, DB_SLOW},   /* statement time limit, MariaDB */
    {3024, DB_SLOW},   /* statement time limit, MySQL */
    {1062, DB_DUPLICATE}, {1586, DB_DUPLICATE},
    {3819, DB_CHECK}, /* MySQL */
    {4025, DB_CHECK}, /* MariaDB */
    {1264, DB_CHECK}, /* out of the column's range */
    {1690, DB_CHECK}, /* out of the type's range */
    {1037, DB_NO_MEMORY}, {1038, DB_NO_MEMORY},
    {2008, DB_NO_MEMORY}, {1040, DB_GONE}, /* too many connections */
    {1044, DB_GONE},                       /* the account has no right to the database (yet) */
    {1045, DB_GONE},                       /* wrong password */
    {1049, DB_GONE},                       /* no such database (yet) */
    {1698, DB_GONE},                       /* wrong account for the socket */
    {1047, DB_GONE},                       /* node of a cluster is not ready */
    {1053, DB_GONE},                       /* server shutdown */
    {1077, DB_GONE},      {1079, DB_GONE},
    {1129, DB_GONE}, /* host is blocked */
    {1152, DB_GONE},      {1158, DB_GONE},
    {1159, DB_GONE},      {1160, DB_GONE},
    {1161, DB_GONE},      {1184, DB_GONE}, /* the server's view of a broken connection */
    {1203, DB_GONE},      {1226, DB_GONE}, /* the account's connections are used up */
    {1243, DB_GONE},                       /* the server has forgotten the statement */
    {1290, DB_GONE},      {1836, DB_GONE}, /* read only: no longer the primary */
    {1615, DB_GONE},                       /* the statement must be prepared again */
    {1927, DB_GONE},                       /* killed, MariaDB */
    {3032, DB_GONE},                       /* server is offline */
    {3169, DB_GONE},                       /* killed, MySQL */
    {4031, DB_GONE},                       /* idle for too long, MySQL */
};

enum db_fault db_fault_of(unsigned int error)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (faults[i].error == error)
            return faults[i].fault;
    }
    /* The client library's own numbers: whatever it is, the connection is not to be trusted. */
    bool of_client = (error >= 2000 && error < 3000) || error >= 5000;
    return of_client ? DB_GONE : DB_BROKEN;
}

enum status db_fault_status(enum db_fault fault)
{
    switch (fault) {
    case DB_FINE:
        return STATUS_OK;
    case DB_GONE:
    case DB_LATE:
    case DB_SLOW:
        return STATUS_UNAVAILABLE;
    case DB_REPEAT:
        return STATUS_CONTENDED;
    case DB_NO_MEMORY:
        return STATUS_NO_MEMORY;
    case DB_DUPLICATE:
    case DB_CHECK:
    case DB_BROKEN:
        return STATUS_INTERNAL;
    }
    return STATUS_INTERNAL;
}

/* --- connecting ------------------------------------------------------------------------------ */

enum status db_password_read(TALLOC_CTX *mem, const char *file, struct str *out)
{
    char line[PASSWORD_MAX + 1];
    struct str password = STR("");
    enum status st = STATUS_OK;

    if (file == NULL) {
        *out = password;
        return STATUS_OK;
    }
    FILE *in = fopen(file, "re");
    if (in == NULL || fgets(line, sizeof line, in) == NULL) {
        st = STATUS_BAD_CONFIG;
    } else {
        password = str_n(line, strcspn(line, "\r\n"));
        char *kept = talloc_strndup(mem, password.data, password.len);
        *out = str_of(kept);
        st = kept == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    if (in != NULL)
        (void)fclose(in); /* it was only read */
    explicit_bzero(line, sizeof line);
    return st;
}

/* Encrypted or not at all, the server's name and certificate checked. */
static void set_tls(MYSQL *handle, const char *ca_file)
{
    (void)mysql_options(handle, MYSQL_OPT_SSL_CA, ca_file);
#ifdef MARIADB_BASE_VERSION
    db_bool yes = 1;
    (void)mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &yes);
    (void)mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
#else
    unsigned int mode = SSL_MODE_VERIFY_IDENTITY;
    (void)mysql_options(handle, MYSQL_OPT_SSL_MODE, &mode);
#endif
}

/* mysql_options only fails for an option it does not know. */
MYSQL *db_handle_new(const struct store_config *config, bool with_timeouts)
{
    MYSQL *handle = mysql_init(NULL);
    unsigned int connect_s = (unsigned int)config->connect_s, io_s = (unsigned int)config->io_s;
    unsigned int no = 0,
                 protocol = config->socket != NULL ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;

    if (handle == NULL)
        return NULL;
    (void)mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    if (with_timeouts) {
        (void)mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &io_s);
        (void)mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &io_s);
    }
    (void)mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &no);
    (void)mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
    (void)mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (config->socket == NULL && config->ca_file != NULL)
        set_tls(handle, config->ca_file);
    return handle;
}

bool db_handle_connect(MYSQL *handle, const struct store_config *config, struct str password,
                       unsigned long flags)
{
    return mysql_real_connect(handle, config->host, config->user, password.data, config->name,
                              (unsigned int)config->port, config->socket, flags) != NULL;
}

/* The connection goes first: a statement that is closed while it lasts waits for answers that may
 * never come. */
void db_close(struct db *db)
{
    if (db->handle != NULL)
        mysql_close(db->handle);
    db->handle = NULL;
    TALLOC_FREE(db->mem); /* closes the statements */
    memset(db->stmts, 0, sizeof db->stmts);
}

static bool run_text(MYSQL *handle, const char *text)
{
    return mysql_real_query(handle, text, strlen(text)) == 0;
}

static const char *set_transaction(enum db_role role)
{
    if (role == DB_WRITE)
        return "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE";
    /* What the first statement of a transaction sees is what all of them see. One that commits by
     * itself is a transaction of its own. */
    return "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
}

/* What each session starts with, whatever the server's defaults are. Only a number of our
 * configuration is formatted into it. */
static bool set_session(struct db *db)
{
    char text[512];

    (void)snprintf(
        text, sizeof text,
        "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,"
        "NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY',"
        " time_zone = '+00:00', innodb_lock_wait_timeout = %u, autocommit = %d",
        (unsigned int)db->store->config.lock_wait_s, db->role == DB_READ);
    return run_text(db->handle, text) && run_text(db->handle, set_transaction(db->role));
}

/* A writer that commits by itself would store half a change, so this is looked at, not believed. */
static bool autocommit_is_right(struct db *db)
{
    const char *expected = db->role == DB_READ ? "1" : "0";
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;

    if (run_text(db->handle, "SELECT @@session.autocommit"))
        result = mysql_store_result(db->handle);
    if (result != NULL)
        row = mysql_fetch_row(result);
    bool right = row != NULL && row[0] != NULL && strcmp(row[0], expected) == 0;
    if (result != NULL)
        mysql_free_result(result);
    /* reading it has opened a transaction */
    return right && (db->role == DB_READ || mysql_rollback(db->handle) == 0);
}

static enum status check_schema(struct db *db)
{
    struct schema_state state = {0};
    bool found = false;
    enum status st = stmt_prepare(db, STMT_SCHEMA);

    if (st == STATUS_BAD_SCHEMA)
        LOG(LOG_ERROR, "schema_missing",
            LOG_TEXT("hint", "run timesheets-admin migrate, then schema/grants.sql"));
    if (st != STATUS_OK)
        return st;
    enum db_fault fault = stmt_run(db, STMT_SCHEMA, VALUES(V_INT(SCHEMA_VERSION)));
    if (fault == DB_FINE)
        fault = stmt_next(db, STMT_SCHEMA, &state, &found);
    stmt_done(db, STMT_SCHEMA);
    if (fault != DB_FINE)
        return db_fault_status(fault);
    return store_schema_fits(&state);
}

static enum status open_session(struct db *db)
{
    enum status st = STATUS_OK;

    if (!set_session(db) || !autocommit_is_right(db)) {
        LOG(LOG_ERROR, "db_session_failed", LOG_INT("errno", mysql_errno(db->handle)),
            LOG_TEXT("message", mysql_error(db->handle)));
        return db->handle != NULL && db_fault_of(mysql_errno(db->handle)) == DB_GONE
                   ? STATUS_UNAVAILABLE
                   : STATUS_INTERNAL;
    }
    if (db->role != DB_WRITE)
        st = check_schema(db);
    if (st == STATUS_OK)
        st = stmt_prepare_all(db);
    return st;
}

static enum status connect_now(struct db *db)
{
    struct store *store = db->store;
    enum status st = STATUS_UNAVAILABLE;

    db->mem = talloc_new(store);
    db->handle = db_handle_new(&store->config, true);
    if (db->mem == NULL || db->handle == NULL)
        st = STATUS_NO_MEMORY;
    else if (db_handle_connect(db->handle, &store->config, store->password, CLIENT_FOUND_ROWS))
        st = open_session(db);
    else
        LOG(LOG_WARN, "db_connect_failed", LOG_INT("errno", mysql_errno(db->handle)),
            LOG_TEXT("message", mysql_error(db->handle)));
    if (st == STATUS_OK)
        return STATUS_OK;
    db_close(db);
    if (st == STATUS_UNAVAILABLE)
        store->no_connect_ms = clock_mono_ms() + FAIL_FAST_MS;
    return st;
}

enum status db_ready(struct db *db)
{
    struct store *store = db->store;

    if (db->handle != NULL)
        return STATUS_OK;
    if (store_is_late(store) || clock_mono_ms() < store->no_connect_ms)
        return STATUS_UNAVAILABLE;
    /* The schema is judged on the reader, so nothing is written before that. */
    if (db->role == DB_WRITE && store->reader.handle == NULL) {
        enum status st = connect_now(&store->reader);
        if (st != STATUS_OK)
            return st;
    }
    return connect_now(db);
}
