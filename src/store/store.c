#include "store_priv.h"
#include "ts/clock.h"
#include "ts/log.h"

static const struct field state_columns[] = {
    FIELD_INT(struct schema_state, version, .column = "version"),
    FIELD_INT(struct schema_state, unfinished, .column = "unfinished"),
};
static const struct schema state_schema =
    SCHEMA("schema_state", struct schema_state, state_columns);
const struct rows schema_state_rows = {&state_schema, NULL};

static const struct field number_columns[] = {
    FIELD_INT(struct number_row, number, .column = "number"),
};
static const struct schema number_schema = SCHEMA("number", struct number_row, number_columns);
const struct rows number_rows = {&number_schema, NULL};

static int close_store(struct store *store)
{
    db_close(&store->reader);
    db_close(&store->writer);
    if (store->password.len > 0)
        explicit_bzero((char *)(uintptr_t)store->password.data, store->password.len);
    return 0;
}

static bool is_loopback(const char *host)
{
    return host != NULL && (strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
                            strcmp(host, "::1") == 0);
}

/* The password must not cross a network in clear text. */
const char *store_config_fault(const struct store_config *config)
{
    if (config->name == NULL || config->user == NULL)
        return "the database's name and user must be given";
    if (config->socket == NULL && config->host == NULL)
        return "a socket or a host must be given";
    if (config->socket == NULL && config->ca_file == NULL && !is_loopback(config->host))
        return "a database on another machine needs TLS: give its CA file";
    if (config->port < 0 || config->port > 65535)
        return "the port must be at most 65535";
    return NULL;
}

/* An empty setting is no setting. */
static const char *given(const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : text;
}

static struct store_config normalised(const struct store_config *config)
{
    struct store_config c = *config;

    c.socket = given(c.socket);
    c.host = given(c.host);
    c.name = given(c.name);
    c.user = given(c.user);
    c.password_file = given(c.password_file);
    c.ca_file = given(c.ca_file);
    return c;
}

enum status store_open(TALLOC_CTX *mem, const struct store_config *given_config, struct store **out)
{
    const struct store_config config = normalised(given_config);

    const char *fault = store_config_fault(&config);
    if (fault != NULL) {
        LOG(LOG_ERROR, "db_config", LOG_TEXT("why", fault));
        return STATUS_BAD_CONFIG;
    }
    struct store *store = talloc_zero(mem, struct store);
    if (store == NULL)
        return STATUS_NO_MEMORY;
    store->config = config;
    store->reader = (struct db){.store = store, .role = DB_READ};
    store->writer = (struct db){.store = store, .role = DB_WRITE};
    store->deadline_ms = INT64_MAX;
    store->no_connect_ms = INT64_MIN;
    store->jitter = (uint64_t)clock_wall_ns();
    talloc_set_destructor(store, close_store);
    enum status st = db_password_read(store, config.password_file, &store->password);
    if (st == STATUS_BAD_CONFIG)
        LOG(LOG_ERROR, "db_password_unreadable", LOG_TEXT("file", config.password_file));
    if (st == STATUS_OK && ((store->projects = project_cache_new(store)) == NULL ||
                            (store->weeks = known_weeks_new(store)) == NULL))
        st = STATUS_NO_MEMORY;
    if (st != STATUS_OK)
        return talloc_free(store), st;
    *out = store;
    return STATUS_OK;
}

enum status store_connect(struct store *store)
{
    enum status st = db_ready(&store->reader);

    if (st == STATUS_OK)
        st = db_ready(&store->writer);
    return st;
}

/* A newer schema is fine while every statement can still be prepared: migrations run before the
 * workers are replaced, and they only add. */
enum status store_schema_fits(const struct schema_state *state)
{
    const char *why = NULL;

    if (state->unfinished > 0)
        why = "a migration is running or was left unfinished: see timesheets-admin status";
    else if (state->version < SCHEMA_VERSION)
        why = "the database is older than this program: run timesheets-admin migrate";
    if (why == NULL)
        return STATUS_OK;
    LOG(LOG_ERROR, "schema_mismatch", LOG_TEXT("why", why), LOG_INT("database", state->version),
        LOG_INT("program", SCHEMA_VERSION));
    return STATUS_BAD_SCHEMA;
}

enum status store_ping(struct store *store)
{
    struct schema_state state;
    enum status st = read_one(NULL, store, STMT_SCHEMA, VALUES(V_INT(SCHEMA_VERSION)), &state);

    if (st == STATUS_OK)
        st = store_schema_fits(&state);
    return st == STATUS_OK ? db_ready(&store->writer) : st;
}

void store_request_begin(struct store *store)
{
    store->deadline_ms = clock_mono_ms() + store->config.request_ms;
}

void store_request_allow(struct store *store, int64_t ms)
{
    store->deadline_ms = clock_mono_ms() + ms;
}

bool store_is_late(const struct store *store)
{
    return clock_mono_ms() >= store->deadline_ms;
}

/* The clock may stand still or be set back; ids of one worker rise all the same. Ids of several
 * workers may clash, which the unique key entry_id finds. */
int64_t store_entry_id(struct store *store)
{
    const int64_t start_2026_ns = INT64_C(1767225600) * 1000000000;
    int64_t id = (clock_wall_ns() - start_2026_ns) / 128;

    store->last_id = id > store->last_id ? id : store->last_id + 1;
    return store->last_id;
}

enum status read_run(struct store *store, enum stmt_id id, const struct value *values, size_t count)
{
    enum db_fault fault = DB_FINE;

    if (store->in_snapshot && store->reader.handle == NULL)
        return STATUS_UNAVAILABLE;
    for (int tries = 0; tries < (store->in_snapshot ? 1 : 2); tries++) {
        enum status st = db_ready(&store->reader);
        if (st != STATUS_OK)
            return st;
        fault = stmt_run(&store->reader, id, values, count);
        if (fault != DB_GONE && fault != DB_REPEAT)
            break;
    }
    return db_fault_status(fault);
}

enum status read_next(struct store *store, enum stmt_id id, void *row, bool *found)
{
    return db_fault_status(stmt_next(&store->reader, id, row, found));
}

enum status read_one(TALLOC_CTX *mem, struct store *store, enum stmt_id id,
                     const struct value *values, size_t count, void *row)
{
    bool found = false;
    enum status st = read_run(store, id, values, count);

    if (st != STATUS_OK)
        return st;
    st = read_next(store, id, row, &found);
    if (st == STATUS_OK && !found)
        st = STATUS_NOT_FOUND;
    if (st == STATUS_OK && mem != NULL)
        st = stmt_keep(mem, &store->reader, id, row);
    stmt_done(&store->reader, id);
    return st;
}

enum status read_snapshot_begin(struct store *store)
{
    enum status st = read_run(store, STMT_SNAPSHOT_BEGIN, NULL, 0);

    store->in_snapshot = st == STATUS_OK;
    return st;
}

/* A connection that cannot be put back is given up: the next one begins anew. */
void read_snapshot_end(struct store *store)
{
    store->in_snapshot = false;
    if (store->reader.handle != NULL &&
        stmt_run(&store->reader, STMT_SNAPSHOT_END, NULL, 0) != DB_FINE)
        db_close(&store->reader);
}
