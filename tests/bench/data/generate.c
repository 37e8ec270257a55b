/* generate: fills a migrated database with a company's timesheets at scale (dataset.h). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataset.h"
#include "ts/clock.h"
#include "ts/parse.h"

static const char usage[] =
    "Usage: tests/bench/data/generate [--people N] [--years N] [--entries N] [options]\n"
    "\n"
    "Fills a database that timesheets-admin has migrated with people, 60 projects, and weeks with\n"
    "their entries and sealed events: all approved but the last weeks, of which some are submitted,\n"
    "drafts, rejected or missing. The same options give the same data. It is written beside what the\n"
    "database holds, once; timesheets-admin audit verify then checks it.\n"
    "\n"
    "  --people N        people (default 130, or as many as the entries need)\n"
    "  --years N         years of weeks, of 52 weeks each, before the current one (default 3)\n"
    "  --entries N       stop after so many entries\n"
    "  --date DATE       the day that the data is of (default: today)\n"
    "  --seed N          other data of the same kind (default 1)\n"
    "  --key-file FILE   the audit key (default: TS_AUDIT_KEY_FILE)\n"
    "  --optimize        rebuild the tables before their sizes are told: how small they can be\n"
    "\n"
    "The database is named by TS_DB_SOCKET (or TS_DB_HOST and TS_DB_PORT), TS_DB_NAME, TS_DB_USER and\n"
    "TS_DB_PASSWORD_FILE, as for timesheets-admin; the account must be allowed to write its tables.\n";

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? otherwise : value;
}

static void show_progress(int64_t people, int64_t expected)
{
    (void)fprintf(stderr, "\r%" PRId64 " of %" PRId64 " people%s", people, expected,
                  people == expected ? "\r\033[K" : "");
    (void)fflush(stderr);
}

/* What a name takes: a number into out, or text. */
struct option {
    const char *name;
    int64_t min, max, *number;
    const char **text;
};

static bool read_option(const struct option *options, size_t count, char **argv)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(argv[0], options[i].name) != 0 || argv[1] == NULL)
            continue;
        if (options[i].text != NULL) {
            *options[i].text = argv[1];
            return true;
        }
        return parse_i64(str_of(argv[1]), options[i].min, options[i].max, options[i].number);
    }
    return false;
}

static bool read_arguments(char **argv, struct dataset_options *out, bool *optimize)
{
    const char *date = NULL, *key_file = setting("TS_AUDIT_KEY_FILE", "");
    const struct option options[] = {
        {"--people", 1, 100000, &out->people, NULL},
        {"--years", 0, 50, &out->years, NULL},
        {"--entries", 1, INT64_C(1) << 32, &out->entries, NULL},
        {"--seed", 0, INT64_MAX, &out->seed, NULL},
        {"--date", 0, 0, NULL, &date},
        {"--key-file", 0, 0, NULL, &key_file},
    };

    *out = (struct dataset_options){.years = 3, .seed = 1, .until = clock_today()};
    for (char **at = argv + 1; *at != NULL; at++) {
        if (strcmp(*at, "--optimize") == 0) {
            *optimize = true;
        } else if (read_option(options, sizeof options / sizeof options[0], at)) {
            at++;
        } else {
            (void)fprintf(stderr, "generate: unknown, incomplete or wrong: %s\n", *at);
            return false;
        }
    }
    if (out->people == 0 && out->entries == 0)
        out->people = 130;
    if (date != NULL && !date_parse_iso(str_of(date), &out->until)) {
        (void)fprintf(stderr, "generate: --date takes YYYY-MM-DD, not %s\n", date);
        return false;
    }
    if (audit_key_read(key_file, &out->key) != STATUS_OK) {
        (void)fprintf(stderr, "generate: no audit key in '%s' (--key-file, TS_AUDIT_KEY_FILE)\n",
                      key_file);
        return false;
    }
    return true;
}

static struct sql *connect_database(TALLOC_CTX *mem)
{
    struct store_config config = {.socket = setting("TS_DB_SOCKET", NULL),
                                  .host = setting("TS_DB_HOST", NULL),
                                  .name = setting("TS_DB_NAME", "timesheets"),
                                  .user = setting("TS_DB_USER", "root"),
                                  .password_file = setting("TS_DB_PASSWORD_FILE", NULL),
                                  .ca_file = setting("TS_DB_CA_FILE", NULL),
                                  .connect_s = 10};
    struct sql *sql = NULL;
    const char *why = NULL;

    if (!parse_i64(str_of(setting("TS_DB_PORT", "3306")), 1, 65535, &config.port) ||
        sql_open(mem, &config, &sql, &why) != STATUS_OK)
        (void)fprintf(stderr, "generate: no database: %s\n", why == NULL ? "TS_DB_PORT" : why);
    return sql;
}

/* Sizes by the server's own account, after it has looked again. */
static bool print_sizes(TALLOC_CTX *mem, struct sql *sql, int64_t entries, bool optimize)
{
    static const char tables[] = "event, entry, week, person, project";
    const char *const *row;
    char *refresh = talloc_asprintf(mem, "%s TABLE %s", optimize ? "OPTIMIZE" : "ANALYZE", tables);

    if (!sql_run(sql, str_of(refresh)))
        return false;
    (void)!sql_run(sql, STR("SET SESSION information_schema_stats_expiry = 0")); /* MySQL's only */
    if (!sql_run(sql,
                 STR("SELECT table_name, data_length, index_length FROM information_schema.tables"
                     " WHERE table_schema = DATABASE() AND data_length > 65536"
                     " ORDER BY data_length + index_length DESC")))
        return false;
    (void)printf("%-12s %12s %12s %22s\n", "table", "data MB", "indexes MB",
                 "kB per 1,000 entries");
    while ((row = sql_row(sql)) != NULL) {
        double data = strtod(row[1], NULL), indexes = strtod(row[2], NULL);
        (void)printf("%-12s %12.1f %12.1f %22.1f\n", row[0], data / 1e6, indexes / 1e6,
                     (data + indexes) / (double)entries);
    }
    return true;
}

int main(int argc, char **argv)
{
    struct dataset_options options;
    struct dataset_counts counts;
    bool optimize = false;

    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0 ? 1 : 0;
    if (!read_arguments(argv, &options, &optimize))
        return 2;
    if (isatty(2) == 1)
        options.progress = show_progress;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct sql *sql = connect_database(mem);
    int64_t began_ms = clock_mono_ms();
    bool fine = sql != NULL && dataset_make(mem, sql, &options, &counts);
    if (fine) {
        double seconds = (double)(clock_mono_ms() - began_ms) / 1000;
        (void)printf("%" PRId64 " people, %" PRId64 " projects, %" PRId64 " weeks, %" PRId64
                     " entries, %" PRId64 " events in %.1f s\n",
                     counts.people, counts.projects, counts.weeks, counts.entries, counts.events,
                     seconds);
        fine = print_sizes(mem, sql, counts.entries, optimize);
    }
    talloc_free(mem);
    return fine ? 0 : 1;
}
