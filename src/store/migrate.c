#include "ts/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "sql.h"
#include "sql_split.h"
#include "ts/clock.h"
#include "ts/parse.h"
#include "ts/utf8.h"

enum { NUMBER_DIGITS = 4, FILE_BYTES_MAX = 1 << 20, LOCK_WAIT_S = 600 };

struct file {
    int64_t version;
    const char *name; /* without .sql */
    struct str text;
    const char *checksum;
};

/* A row of schema_migration. */
struct applied {
    int64_t version;
    const char *name, *checksum, *state, *started_at;
};

struct run {
    const struct migrate_options *options;
    struct sql *sql;
    struct file *files;
    unsigned int file_count;
    struct applied *applied;
    unsigned int applied_count;
};

#define SAY(run, ...) (void)fprintf((run)->options->out, __VA_ARGS__)
#define COMPLAIN(run, ...) (void)fprintf((run)->options->err, __VA_ARGS__)

/* --- files ----------------------------------------------------------------------------------- */

/* NNNN_name.sql, name of a-z, 0-9 and _ */
static bool name_is_right(struct str name)
{
    int32_t number;
    struct str rest = str_skip(name, NUMBER_DIGITS);
    const struct str end = STR(".sql");

    if (!parse_digits(name, NUMBER_DIGITS, &number) || rest.len < 2 + end.len ||
        rest.data[0] != '_')
        return false;
    if (!str_eq(str_skip(rest, rest.len - end.len), end))
        return false;
    for (size_t i = 1; i < rest.len - end.len; i++) {
        char c = rest.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

static enum status read_text(struct run *run, const char *name, struct str *out)
{
    const char *path = talloc_asprintf(run, "%s/%s", run->options->dir, name);
    char *text = talloc_size(run, FILE_BYTES_MAX);

    if (path == NULL || text == NULL)
        return STATUS_NO_MEMORY;
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        COMPLAIN(run, "%s cannot be read: %s\n", path, strerror(errno));
        return STATUS_BAD_CONFIG;
    }
    size_t len = fread(text, 1, FILE_BYTES_MAX, in);
    bool whole = len < FILE_BYTES_MAX && ferror(in) == 0;
    (void)fclose(in); /* it was only read */
    if (!whole) {
        COMPLAIN(run, "%s cannot be read to its end, or is larger than 1 MB\n", path);
        return STATUS_BAD_CONFIG;
    }
    if (!utf8_valid(str_n(text, len))) {
        COMPLAIN(run, "%s is not valid UTF-8 text\n", path);
        return STATUS_BAD_CONFIG;
    }
    text = talloc_realloc_size(run, text, len + 1);
    *out = str_n(text, len);
    return text == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status add_file(struct run *run, const char *name)
{
    struct file file = {0};
    struct str view = str_of(name);
    int32_t number;

    if (!name_is_right(view) || !parse_digits(view, NUMBER_DIGITS, &number)) {
        COMPLAIN(run, "%s/%s: a migration is named NNNN_name.sql, name of a-z, 0-9 and _\n",
                 run->options->dir, name);
        return STATUS_BAD_SCHEMA;
    }
    enum status st = read_text(run, name, &file.text);
    if (st != STATUS_OK)
        return st;
    file.version = number;
    file.name = talloc_strndup(run, name, view.len - 4);
    run->files = talloc_realloc(run, run->files, struct file, run->file_count + 1);
    if (file.name == NULL || run->files == NULL)
        return STATUS_NO_MEMORY;
    run->files[run->file_count++] = file;
    return STATUS_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* 1, 2, 3 and so on: two branches that both added number 7 must be put in order by a person. */
static enum status check_numbers(struct run *run)
{
    for (unsigned int i = 0; i < run->file_count; i++) {
        int64_t version = run->files[i].version;
        if (version == i + 1)
            continue;
        if (version <= i)
            COMPLAIN(run, "two migrations have the same number: %s and %s\n",
                     i == 0 ? "0000" : run->files[i - 1].name, run->files[i].name);
        else
            COMPLAIN(run, "number %04u is missing: the migration after %s is %s\n", i + 1,
                     i == 0 ? "the start" : run->files[i - 1].name, run->files[i].name);
        return STATUS_BAD_SCHEMA;
    }
    if (run->file_count == 0)
        COMPLAIN(run, "%s holds no migrations (NNNN_name.sql)\n", run->options->dir);
    return run->file_count == 0 ? STATUS_BAD_CONFIG : STATUS_OK;
}

static enum status read_files(struct run *run)
{
    enum status st = STATUS_OK;
    const struct dirent *entry;
    DIR *dir = opendir(run->options->dir);

    if (dir == NULL) {
        COMPLAIN(run, "the folder of migrations %s cannot be read: %s\n", run->options->dir,
                 strerror(errno));
        return STATUS_BAD_CONFIG;
    }
    while (st == STATUS_OK && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            st = add_file(run, entry->d_name);
    }
    (void)closedir(dir); /* it was only read */
    if (st != STATUS_OK)
        return st;
    if (run->file_count > 0)
        qsort(run->files, run->file_count, sizeof run->files[0], by_name);
    return check_numbers(run);
}

/* --- what the database says ------------------------------------------------------------------ */

static enum status sql_failed(struct run *run, const char *doing)
{
    COMPLAIN(run, "%s: the database says %u, %s\n", doing, sql_error(run->sql),
             sql_message(run->sql));
    return STATUS_INTERNAL;
}

static bool own_statement(struct run *run, const char *text)
{
    return sql_run(run->sql, str_of(text));
}

static enum status add_checksums(struct run *run)
{
    for (unsigned int i = 0; i < run->file_count; i++) {
        struct file *file = &run->files[i];
        if (!sql_run_with(run->sql, "SELECT SHA2(?, 256)", &file->text, 1))
            return sql_failed(run, "checksum of a file");
        file->checksum = talloc_strdup(run, sql_result(run->sql));
        if (file->checksum == NULL)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status add_applied(struct run *run, const char *const *row)
{
    struct applied *a;

    run->applied = talloc_realloc(run, run->applied, struct applied, run->applied_count + 1);
    if (run->applied == NULL)
        return STATUS_NO_MEMORY;
    a = &run->applied[run->applied_count++];
    *a = (struct applied){.name = talloc_strdup(run, row[1]),
                          .checksum = talloc_strdup(run, row[2]),
                          .state = talloc_strdup(run, row[3]),
                          .started_at = talloc_strdup(run, row[4])};
    if (!parse_i64(str_of(row[0]), 0, INT32_MAX, &a->version))
        return STATUS_BAD_SCHEMA;
    return a->name == NULL || a->checksum == NULL || a->state == NULL || a->started_at == NULL
               ? STATUS_NO_MEMORY
               : STATUS_OK;
}

static enum status read_applied(struct run *run)
{
    const char *const *row;
    enum status st = STATUS_OK;

    if (!own_statement(run, "SELECT COUNT(*) FROM information_schema.tables WHERE"
                            " table_schema = DATABASE() AND table_name = 'schema_migration'"))
        return sql_failed(run, "looking for the table schema_migration");
    if (strcmp(sql_result(run->sql), "0") == 0)
        return STATUS_OK; /* a new database */
    if (!own_statement(run, "SELECT version, name, checksum, state, started_at"
                            " FROM schema_migration ORDER BY version"))
        return sql_failed(run, "reading the table schema_migration");
    while (st == STATUS_OK && (row = sql_row(run->sql)) != NULL)
        st = add_applied(run, row);
    return st;
}

static enum status half_applied(struct run *run, const struct applied *a)
{
    COMPLAIN(run,
             "%s was begun at %s UTC and never finished, so the database may hold a part of it.\n"
             "  Compare %s/%s.sql with the database, finish or undo it by hand, then say which:\n"
             "    finished: UPDATE schema_migration SET state = 'done' WHERE version = %d;\n"
             "    undone:   DELETE FROM schema_migration WHERE version = %d;\n",
             a->name, a->started_at, run->options->dir, a->name, (int)a->version, (int)a->version);
    return STATUS_BAD_SCHEMA;
}

static enum status check_row(struct run *run, const struct applied *a, unsigned int place)
{
    const struct file *file = place < run->file_count ? &run->files[place] : NULL;
    const char *last =
        run->files == NULL || run->file_count == 0 ? "none" : run->files[run->file_count - 1].name;

    if (strcmp(a->state, "done") != 0)
        return half_applied(run, a);
    if (file == NULL)
        COMPLAIN(run, "the database is newer than these files: it has %s, the last file is %s\n",
                 a->name, last);
    else if (a->version != file->version)
        COMPLAIN(run, "the database has number %d but not %s before it\n", (int)a->version,
                 file->name);
    else if (strcmp(a->name, file->name) != 0)
        COMPLAIN(run, "number %d was applied as %s, the file is %s now\n", (int)a->version, a->name,
                 file->name);
    else if (strcmp(a->checksum, file->checksum) != 0)
        COMPLAIN(
            run,
            "%s/%s.sql was edited after it was applied; put it back and write a new migration\n",
            run->options->dir, file->name);
    else
        return STATUS_OK;
    return STATUS_BAD_SCHEMA;
}

static enum status check_applied(struct run *run)
{
    enum status st = STATUS_OK;

    for (unsigned int i = 0; st == STATUS_OK && i < run->applied_count; i++)
        st = check_row(run, &run->applied[i], i);
    return st;
}

/* --- applying -------------------------------------------------------------------------------- */

/* After an error of the server at the first statement nothing of the file is there (a DDL
 * statement is atomic on both servers), so its row is taken back and the file can be tried
 * again. */
static enum status statement_failed(struct run *run, const struct file *file, int number)
{
    unsigned int error = sql_error(run->sql);
    struct str version = str_n(file->name, NUMBER_DIGITS);

    COMPLAIN(run, "%s.sql, statement %d: the database says %u, %s\n", file->name, number, error,
             sql_message(run->sql));
    bool undone =
        number == 1 && error < 2000 &&
        sql_run_with(run->sql, "DELETE FROM schema_migration WHERE version = ?", &version, 1);
    if (undone)
        COMPLAIN(run, "  Nothing of it was applied: mend it and run this again.\n");
    else
        COMPLAIN(run, "  A part of it may have been applied: run this again to see what to do.\n");
    return STATUS_INTERNAL;
}

static enum status run_statements(struct run *run, const struct file *file)
{
    struct str rest, statement;
    int number = 0;
    enum sql_split split = SQL_NO_MORE;

    if (!sql_up_section(file->text, &rest)) {
        COMPLAIN(run, "%s.sql needs a line `-- migrate:up` with all statements below it\n",
                 file->name);
        return STATUS_BAD_SCHEMA;
    }
    while ((split = sql_next(&rest, &statement)) == SQL_STATEMENT) {
        number++;
        if (!sql_run(run->sql, statement))
            return statement_failed(run, file, number);
    }
    return split == SQL_NO_MORE ? STATUS_OK : STATUS_BAD_SCHEMA;
}

/* Read through before anything runs, so that a slip of the pen applies nothing. */
static enum status check_text(struct run *run, const struct file *file)
{
    struct str rest, statement;
    int statements = 0;
    enum sql_split split = SQL_NO_MORE;

    if (!sql_up_section(file->text, &rest)) {
        COMPLAIN(run, "%s.sql needs a line `-- migrate:up` with all statements below it\n",
                 file->name);
        return STATUS_BAD_SCHEMA;
    }
    while ((split = sql_next(&rest, &statement)) == SQL_STATEMENT)
        statements++;
    if (split == SQL_UNCLOSED)
        COMPLAIN(run, "%s.sql: a quote or comment has no end\n", file->name);
    else if (statements == 0)
        COMPLAIN(run, "%s.sql holds no statement\n", file->name);
    return split == SQL_UNCLOSED || statements == 0 ? STATUS_BAD_SCHEMA : STATUS_OK;
}

static enum status apply(struct run *run, const struct file *file)
{
    struct str version = str_n(file->name, NUMBER_DIGITS);
    const struct str row[] = {version, str_of(file->name), str_of(file->checksum)};
    int64_t begin_ms = clock_mono_ms();

    if (!sql_run_with(run->sql,
                      "INSERT INTO schema_migration (version, name, checksum, state, started_at)"
                      " VALUES (?, ?, ?, 'running', UTC_TIMESTAMP(6))",
                      row, 3))
        return sql_failed(run, "writing to schema_migration");
    enum status st = run_statements(run, file);
    if (st != STATUS_OK)
        return st;
    if (!sql_run_with(run->sql,
                      "UPDATE schema_migration SET state = 'done', finished_at = UTC_TIMESTAMP(6)"
                      " WHERE version = ?",
                      &version, 1))
        return sql_failed(run, "writing to schema_migration");
    SAY(run, "applied %s (%d ms)\n", file->name, (int)(clock_mono_ms() - begin_ms));
    return STATUS_OK;
}

static enum status apply_pending(struct run *run)
{
    enum status st = STATUS_OK;

    for (unsigned int i = run->applied_count; st == STATUS_OK && i < run->file_count; i++)
        st = check_text(run, &run->files[i]);
    if (st != STATUS_OK)
        return st;
    if (!run->options->dry_run &&
        !own_statement(run,
                       "CREATE TABLE IF NOT EXISTS schema_migration ("
                       "version INT UNSIGNED NOT NULL PRIMARY KEY,"
                       " name VARCHAR(200) NOT NULL, checksum CHAR(64) NOT NULL,"
                       " state VARCHAR(8) NOT NULL, started_at DATETIME(6) NOT NULL,"
                       " finished_at DATETIME(6) NULL,"
                       " CONSTRAINT schema_migration_state CHECK (state IN ('running', 'done'))"
                       ") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))
        return sql_failed(run, "making the table schema_migration");
    for (unsigned int i = run->applied_count; st == STATUS_OK && i < run->file_count; i++) {
        if (run->options->dry_run)
            SAY(run, "would apply %s\n", run->files[i].name);
        else
            st = apply(run, &run->files[i]);
    }
    if (st == STATUS_OK && run->applied_count == run->file_count)
        SAY(run, "the schema is up to date at %s\n", run->files[run->file_count - 1].name);
    return st;
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool get_lock(struct run *run, int wait_s)
{
    char text[160];
    const char *got;

    (void)snprintf(text, sizeof text,
                   "SELECT GET_LOCK(LEFT(CONCAT('ts_migrate.', DATABASE()), 64), %d)", wait_s);
    got = own_statement(run, text) ? sql_result(run->sql) : NULL;
    return got != NULL && strcmp(got, "1") == 0;
}

/* The lock belongs to the session: it ends with it, whatever happens to this process. */
static enum status lock_database(struct run *run)
{
    if (get_lock(run, 0))
        return STATUS_OK;
    SAY(run, "another migration of this database is running: waiting for it\n");
    if (get_lock(run, LOCK_WAIT_S))
        return STATUS_OK;
    COMPLAIN(run, "another migration of this database is still running after %d s\n", LOCK_WAIT_S);
    return STATUS_CONTENDED;
}

/* A statement that waits for a table longer than this would hold up the service behind it. */
static enum status begin(struct run *run, const struct store_config *config)
{
    const char *why = "out of memory";
    enum status st = sql_open(run, config, &run->sql, &why);

    if (st == STATUS_UNAVAILABLE)
        COMPLAIN(run, "the database cannot be used: %s\n", why);
    else if (st != STATUS_OK)
        COMPLAIN(run, "%s\n", why);
    if (st != STATUS_OK)
        return st;
    if (!own_statement(run, "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,"
                            "NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
                            "NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY', time_zone = '+00:00',"
                            " lock_wait_timeout = 30, innodb_lock_wait_timeout = 30"))
        return sql_failed(run, "setting up the session");
    return STATUS_OK;
}

static struct run *run_new(TALLOC_CTX *mem, const struct migrate_options *options)
{
    struct run *run = talloc_zero(mem, struct run);

    if (run != NULL)
        run->options = options;
    return run;
}

/* What the files say, what the database says, and whether they agree. `alone`: under the lock. */
static enum status compare(struct run *run, const struct store_config *config, bool alone)
{
    enum status st = read_files(run);

    if (st == STATUS_OK)
        st = begin(run, config);
    if (st == STATUS_OK && alone)
        st = lock_database(run);
    if (st == STATUS_OK)
        st = add_checksums(run);
    if (st == STATUS_OK)
        st = read_applied(run);
    return st == STATUS_OK ? check_applied(run) : st;
}

enum status migrate_run(TALLOC_CTX *mem, const struct store_config *config,
                        const struct migrate_options *options)
{
    struct run *run = run_new(mem, options);
    enum status st = run == NULL ? STATUS_NO_MEMORY : compare(run, config, true);

    if (st == STATUS_OK)
        st = apply_pending(run);
    talloc_free(run);
    return st;
}

enum status migrate_status(TALLOC_CTX *mem, const struct store_config *config,
                           const struct migrate_options *options)
{
    struct run *run = run_new(mem, options);
    enum status st = run == NULL ? STATUS_NO_MEMORY : compare(run, config, false);

    if (st == STATUS_OK) {
        for (unsigned int i = 0; i < run->file_count; i++)
            SAY(run, "%s  %s\n", i < run->applied_count ? "applied" : "missing",
                run->files[i].name);
        if (run->applied_count < run->file_count)
            st = STATUS_STALE;
    }
    talloc_free(run);
    return st;
}
