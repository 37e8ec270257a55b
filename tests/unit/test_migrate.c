#include <dirent.h>
#include <sys/wait.h>

#include "store_test.h"

/* A folder of migrations that a test writes. */
struct folder {
    char path[192];
};

static void folder_make(struct folder *f)
{
    const char *parent = getenv("TMPDIR");
    (void)snprintf(f->path, sizeof f->path, "%s/migrations.XXXXXX",
                   parent == NULL ? P_tmpdir : parent);
    ck_assert_ptr_nonnull(mkdtemp(f->path));
}

static void done(struct world *w, const struct folder *f)
{
    const struct dirent *entry;
    DIR *dir = opendir(f->path);

    while ((entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0); /* not . and .. */
    ck_assert_int_eq(closedir(dir), 0);
    ck_assert_int_eq(rmdir(f->path), 0);
    world_close(w);
}

static void file_put(const struct folder *f, const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *out = fopen(path, "we");
    ck_assert_ptr_nonnull(out);
    ck_assert(fputs(text, out) >= 0);
    ck_assert_int_eq(fclose(out), 0);
}

static void file_remove(const struct folder *f, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", f->path, name);
    ck_assert_int_eq(unlink(path), 0);
}

#define UP(sql) "-- migrate:up\n" sql ";\n"

/* Three good ones. */
static void folder_fill(struct folder *f)
{
    folder_make(f);
    file_put(f, "0001_one.sql", UP("CREATE TABLE one (a INT PRIMARY KEY)"));
    file_put(f, "0002_two.sql",
             "-- ';\n" UP("CREATE TABLE two (a INT PRIMARY KEY); INSERT INTO two VALUES (1)"));
    file_put(f, "0003_three.sql", UP("INSERT INTO one VALUES (1), (2)"));
}

#define ck_assert_said(text, part) ck_assert_msg(strstr((text), (part)) != NULL, "said: %s", (text))

START_TEST(test_applies_once_in_order)
{
    struct world *w = world_empty();
    struct folder f;
    char said[4096] = "";

    folder_fill(&f);
    file_put(&f, "grants.sql", "no SQL");
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_OK);
    ck_assert_said(said, "applied 0001_one");
    ck_assert_said(said, "applied 0003_three");
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM one"), 2);
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_OK);
    ck_assert_said(said, "up to date at 0003_three");
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM one"), 2);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM schema_migration WHERE state = 'done'"
                                   " AND finished_at >= started_at AND LENGTH(checksum) = 64"),
                     3);
    file_put(&f, "0004_four.sql", UP("DROP TABLE two"));
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_OK);
    ck_assert_int_eq(sql_number(w, "SELECT MAX(version) FROM schema_migration"), 4);
    done(w, &f);
}
END_TEST

START_TEST(test_checksum_is_sha256_of_the_file)
{
    struct world *w = world_empty();
    struct folder f;

    folder_make(&f);
    file_put(&f, "0001_one.sql", "-- migrate:up\nSELECT 1;\n");
    ck_assert_int_eq(migrate_to(w, f.path, NULL, 0), STATUS_OK);
    ck_assert_str_eq(sql_ask(w, "SELECT checksum FROM schema_migration"),
                     "2be38f331755cac1a312dea121c3da64832ace82d37707cfd1a81ccd39dffbdf");
    done(w, &f);
}
END_TEST

START_TEST(test_dry_run_and_status_change_nothing)
{
    struct world *w = world_empty();
    struct folder f;
    char said[4096] = "";
    struct migrate_options options = {.dry_run = true};

    folder_fill(&f);
    options.dir = f.path;
    options.out = options.err = fmemopen(said, sizeof said, "w");
    ck_assert_int_eq(migrate_status(w, &w->root_config, &options), STATUS_STALE);
    ck_assert_int_eq(migrate_run(w, &w->root_config, &options), STATUS_OK);
    (void)fclose(options.out);
    ck_assert_said(said, "missing  0002_two");
    ck_assert_said(said, "would apply 0003_three");
    ck_assert_int_eq(
        sql_number(
            w, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"),
        0);
    ck_assert_int_eq(migrate_to(w, f.path, NULL, 0), STATUS_OK);
    options.out = options.err = fmemopen(said, sizeof said, "w");
    ck_assert_int_eq(migrate_status(w, &w->root_config, &options), STATUS_OK);
    (void)fclose(options.out);
    ck_assert_said(said, "applied  0003_three");
    done(w, &f);
}
END_TEST

/* What is done to a migrated database or its files, and what is then said. */
static const struct {
    const char *name;
    const char *remove, *put, *text; /* files */
    const char *sql;
    enum status status;
    const char *said;
} refusals[] = {
    {"an edited file", NULL, "0002_two.sql", UP("SELECT 1"), NULL, STATUS_BAD_SCHEMA,
     "was edited after"},
    {"a renamed file", "0002_two.sql", "0002_zwei.sql", UP("SELECT 1"), NULL, STATUS_BAD_SCHEMA,
     "was applied as 0002_two"},
    {"the last file removed", "0003_three.sql", NULL, NULL, NULL, STATUS_BAD_SCHEMA,
     "newer than these files: it has 0003_three"},
    {"a file in the middle removed", "0002_two.sql", NULL, NULL, NULL, STATUS_BAD_SCHEMA,
     "number 0002 is missing"},
    {"the first file removed", "0001_one.sql", NULL, NULL, NULL, STATUS_BAD_SCHEMA,
     "number 0001 is missing"},
    {"a gap", NULL, "0005_five.sql", UP("SELECT 1"), NULL, STATUS_BAD_SCHEMA,
     "number 0004 is missing"},
    {"the same number twice", NULL, "0003_drei.sql", UP("SELECT 1"), NULL, STATUS_BAD_SCHEMA,
     "same number"},
    {"number 0000", NULL, "0000_zero.sql", UP("SELECT 1"), NULL, STATUS_BAD_SCHEMA, "same number"},
    {"an odd name", NULL, "4_four.sql", UP("SELECT 1"), NULL, STATUS_BAD_SCHEMA, "NNNN_name.sql"},
    {"upper case in a name", NULL, "0004_Four.sql", UP("SELECT 1"), NULL, STATUS_BAD_SCHEMA,
     "NNNN_name.sql"},
    {"no name", NULL, "0004_.sql", UP("SELECT 1"), NULL, STATUS_BAD_SCHEMA, "NNNN_name.sql"},
    {"another ending", NULL, "0004_four.txt", UP("SELECT 1"), NULL, STATUS_BAD_SCHEMA,
     "NNNN_name.sql"},
    {"half-applied", NULL, NULL, NULL,
     "UPDATE schema_migration SET state = 'running' WHERE version = 2", STATUS_BAD_SCHEMA,
     "DELETE FROM schema_migration WHERE version = 2"},
    {"a newer database", NULL, NULL, NULL,
     "INSERT INTO schema_migration VALUES (4, '0004_new', '', 'done', NOW(), NOW())",
     STATUS_BAD_SCHEMA, "newer"},
    {"a hole in the database", NULL, NULL, NULL, "DELETE FROM schema_migration WHERE version = 2",
     STATUS_BAD_SCHEMA, "but not 0002_two before it"},
    {"no marker", NULL, "0004_four.sql", "SELECT 1;", NULL, STATUS_BAD_SCHEMA, "-- migrate:up"},
    {"an open quote", NULL, "0004_four.sql", UP("SELECT 1; SELECT '"), NULL, STATUS_BAD_SCHEMA,
     "has no end"},
    {"no statement", NULL, "0004_four.sql", "-- migrate:up\n-- later\n", NULL, STATUS_BAD_SCHEMA,
     "no statement"},
    {"not UTF-8", NULL, "0004_four.sql", UP("SELECT '\xff'"), NULL, STATUS_BAD_CONFIG,
     "not valid UTF-8"},
};

START_TEST(test_refuses)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct world *w = world_empty();
        struct folder f;
        char said[4096] = "";

        folder_fill(&f);
        ck_assert_int_eq(migrate_to(w, f.path, NULL, 0), STATUS_OK);
        if (refusals[i].remove != NULL)
            file_remove(&f, refusals[i].remove);
        if (refusals[i].put != NULL)
            file_put(&f, refusals[i].put, refusals[i].text);
        if (refusals[i].sql != NULL)
            sql_do(w, "%s", refusals[i].sql);
        int64_t rows = sql_number(w, "SELECT COUNT(*) FROM schema_migration");
        enum status st = migrate_to(w, f.path, said, sizeof said);
        ck_assert_msg(st == refusals[i].status && strstr(said, refusals[i].said) != NULL,
                      "%s: %d %s", refusals[i].name, st, said);
        ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM schema_migration"), rows);
        done(w, &f);
    }
}
END_TEST

START_TEST(test_failed_first_statement_can_be_tried_again)
{
    struct world *w = world_empty();
    struct folder f;
    char said[4096] = "";

    folder_make(&f);
    file_put(&f, "0001_one.sql", UP("CREATE TABLE one (a INT PRIMARY KEY, CONSTRAINT)"));
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_INTERNAL);
    ck_assert_said(said, "0001_one.sql, statement 1");
    ck_assert_said(said, "Nothing of it was applied");
    file_put(&f, "0001_one.sql", UP("CREATE TABLE one (a INT PRIMARY KEY)"));
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_OK);
    done(w, &f);
}
END_TEST

START_TEST(test_failed_later_statement_is_half_applied)
{
    struct world *w = world_empty();
    struct folder f;
    char said[4096] = "";

    folder_make(&f);
    file_put(&f, "0001_one.sql",
             UP("CREATE TABLE one (a INT PRIMARY KEY); INSERT INTO nowhere VALUES (1)"));
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_INTERNAL);
    ck_assert_said(said, "statement 2");
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_BAD_SCHEMA);
    ck_assert_said(said, "never finished");
    /* as the message says: undone by hand, then again */
    sql_do(w, "DROP TABLE one");
    sql_do(w, "DELETE FROM schema_migration WHERE version = 1");
    file_put(&f, "0001_one.sql", UP("CREATE TABLE one (a INT PRIMARY KEY)"));
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_OK);
    done(w, &f);
}
END_TEST

START_TEST(test_several_at_once)
{
    enum { PROCESSES = 4 };
    struct world *w = world_empty();
    struct folder f;
    pid_t pids[PROCESSES];

    folder_fill(&f);
    file_put(&f, "0004_slow.sql", UP("INSERT INTO one SELECT 10 + SLEEP(0.3)"));
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            char said[4096] = "";
            _exit(migrate_to(w, f.path, said, sizeof said) == STATUS_OK ? 0 : 1);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM one"), 3);
    ck_assert_int_eq(sql_number(w, "SELECT COUNT(*) FROM schema_migration WHERE state = 'done'"),
                     4);
    done(w, &f);
}
END_TEST

/* The session that works is killed: the row stays 'running' and the lock is free. */
START_TEST(test_killed_half_way)
{
    struct world *w = world_empty();
    struct folder f;
    char said[4096] = "";

    folder_make(&f);
    file_put(&f, "0001_one.sql", UP("CREATE TABLE one (a INT PRIMARY KEY)"));
    file_put(&f, "0002_slow.sql", UP("INSERT INTO one SELECT SLEEP(30)"));
    pid_t pid = fork();
    if (pid == 0)
        _exit(migrate_to(w, f.path, said, sizeof said) == STATUS_INTERNAL ? 0 : 1);
    const char *id = "";
    while (id[0] == '\0')
        id = sql_ask(
            w,
            "SELECT id FROM information_schema.processlist WHERE db = '%s' AND info LIKE 'INSERT"
            " INTO one%%'",
            w->name);
    sql_do(w, "KILL %s", id);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_BAD_SCHEMA);
    ck_assert_said(said, "0002_slow was begun at");
    done(w, &f);
}
END_TEST

START_TEST(test_unusable)
{
    struct world *w = world_empty();
    struct folder f;
    char said[4096] = "";

    folder_make(&f);
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_BAD_CONFIG);
    ck_assert_said(said, "holds no migrations");
    ck_assert_int_eq(migrate_to(w, "/nowhere", said, sizeof said), STATUS_BAD_CONFIG);
    ck_assert_said(said, "No such file");
    folder_fill(&f);
    log_set_level(LOG_ERROR);
    w->root_config.socket = "/nowhere";
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_UNAVAILABLE);
    ck_assert_said(said, "cannot be used");
    w->root_config = w->config; /* the service's account: must not change the schema */
    sql_do(w, "GRANT SELECT ON %s.* TO 'ts_app'@'localhost'", w->name);
    ck_assert_int_eq(migrate_to(w, f.path, said, sizeof said), STATUS_INTERNAL);
    ck_assert_said(said, "denied");
    done(w, &f);
}
END_TEST

UNIT_MAIN("migrate", test_applies_once_in_order, test_checksum_is_sha256_of_the_file,
          test_dry_run_and_status_change_nothing, test_refuses,
          test_failed_first_statement_can_be_tried_again,
          test_failed_later_statement_is_half_applied, test_several_at_once, test_killed_half_way,
          test_unusable)
