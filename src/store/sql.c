#include "sql.h"

#include "store_priv.h"
#include "ts/buf.h"

enum { STATEMENT_MAX = 1 << 24 };

struct sql {
    MYSQL *handle;
    MYSQL_RES *result;
    MYSQL_ROW row; /* the last one read */
};

static void forget_result(struct sql *sql)
{
    if (sql->result != NULL)
        mysql_free_result(sql->result);
    sql->result = NULL;
    sql->row = NULL;
}

static int close_sql(struct sql *sql)
{
    forget_result(sql);
    if (sql->handle != NULL)
        mysql_close(sql->handle);
    return 0;
}

static enum status connect_sql(struct sql *sql, const struct store_config *config, const char **why)
{
    struct str password;

    *why = store_config_fault(config);
    if (*why != NULL)
        return STATUS_BAD_CONFIG;
    enum status st = db_password_read(sql, config->password_file, &password);
    if (st == STATUS_BAD_CONFIG)
        *why = "the password file cannot be read";
    if (st != STATUS_OK)
        return st;
    sql->handle = db_handle_new(config, false);
    if (sql->handle == NULL)
        return STATUS_NO_MEMORY;
    if (db_handle_connect(sql->handle, config, password, 0))
        return STATUS_OK;
    *why = mysql_error(sql->handle);
    return STATUS_UNAVAILABLE;
}

enum status sql_open(TALLOC_CTX *mem, const struct store_config *config, struct sql **out,
                     const char **why)
{
    const char *fault = NULL;
    struct sql *sql = talloc_zero(mem, struct sql);

    if (sql == NULL)
        return STATUS_NO_MEMORY;
    talloc_set_destructor(sql, close_sql);
    enum status st = connect_sql(sql, config, &fault);
    if (st == STATUS_OK) {
        *out = sql;
        return STATUS_OK;
    }
    if (why != NULL)
        *why = talloc_strdup(mem, fault == NULL ? "out of memory" : fault);
    return talloc_free(sql), st;
}

bool sql_run(struct sql *sql, struct str statement)
{
    forget_result(sql);
    if (mysql_real_query(sql->handle, statement.data, statement.len) != 0)
        return false;
    sql->result = mysql_store_result(sql->handle);
    return sql->result != NULL || mysql_field_count(sql->handle) == 0;
}

/* The values go in as hexadecimal text literals, so that nothing needs to be escaped. */
bool sql_run_with(struct sql *sql, const char *statement, const struct str *values, size_t count)
{
    struct buf text;
    size_t used = 0;
    TALLOC_CTX *mem = talloc_new(sql);

    buf_init(&text, mem, STATEMENT_MAX);
    for (const char *at = statement; *at != '\0'; at++) {
        if (*at != '?' || used == count) {
            buf_add_char(&text, *at);
            continue;
        }
        buf_add_str(&text, STR("CONVERT(X'"));
        buf_add_hex(&text, (const uint8_t *)values[used].data, values[used].len);
        buf_add_str(&text, STR("' USING utf8mb4)"));
        used++;
    }
    bool ok = mem != NULL && text.status == STATUS_OK && sql_run(sql, buf_str(&text));
    talloc_free(mem);
    return ok;
}

const char *const *sql_row(struct sql *sql)
{
    sql->row = sql->result == NULL ? NULL : mysql_fetch_row(sql->result);
    return (const char *const *)sql->row;
}

const char *sql_result(const struct sql *sql)
{
    if (sql->result == NULL || mysql_num_rows(sql->result) == 0)
        return NULL;
    mysql_data_seek(sql->result, 0);
    return mysql_fetch_row(sql->result)[0];
}

int64_t sql_affected(const struct sql *sql)
{
    return (int64_t)mysql_affected_rows(sql->handle);
}

unsigned int sql_error(const struct sql *sql)
{
    return mysql_errno(sql->handle);
}

const char *sql_message(const struct sql *sql)
{
    return mysql_error(sql->handle);
}
