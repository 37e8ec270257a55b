/* timesheets-admin: what an operator does to the database. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ts/log.h"
#include "ts/migrate.h"
#include "ts/parse.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NO_DATABASE = 3 };

static const char usage[] =
    "Usage: timesheets-admin migrate [--dir FOLDER] [--dry-run]\n"
    "       timesheets-admin status  [--dir FOLDER]\n"
    "       timesheets-admin --help | --version\n"
    "\n"
    "migrate   brings the database's schema up to date. Several at once are safe: one\n"
    "          works, the others wait for it.\n"
    "status    says which migrations are applied, and whether anything is wrong.\n"
    "\n"
    "Options:\n"
    "  --dir FOLDER  where the migrations are (default: schema)\n"
    "  --dry-run     say what would be done and change nothing\n"
    "\n"
    "Environment:\n"
    "  TS_DB_SOCKET         unix socket of the database, or else\n"
    "  TS_DB_HOST           its host, and\n"
    "  TS_DB_PORT           port (default 3306)\n"
    "  TS_DB_NAME           name of the database (default timesheets)\n"
    "  TS_DB_USER           account, one that may change the schema (default ts_migrate)\n"
    "  TS_DB_PASSWORD_FILE  file whose first line is the password (default: none)\n"
    "  TS_DB_CA_FILE        certificate authority for TLS; needed for a host other than this\n"
    "\n"
    "Exit status: 0 done (status: everything is applied); 1 refused or failed (status:\n"
    "something is missing or wrong); 2 wrong usage or configuration; 3 no database.\n";

struct command {
    const char *name;
    enum status (*run)(TALLOC_CTX *mem, const struct store_config *config,
                       const struct migrate_options *options);
    bool may_be_dry;
};

static const struct command commands[] = {
    {"migrate", migrate_run, true},
    {"status", migrate_status, false},
};

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? otherwise : value;
}

static bool read_config(struct store_config *out)
{
    const char *port = setting("TS_DB_PORT", "3306");

    *out = (struct store_config){.socket = setting("TS_DB_SOCKET", NULL),
                                 .host = setting("TS_DB_HOST", NULL),
                                 .name = setting("TS_DB_NAME", "timesheets"),
                                 .user = setting("TS_DB_USER", "ts_migrate"),
                                 .password_file = setting("TS_DB_PASSWORD_FILE", NULL),
                                 .ca_file = setting("TS_DB_CA_FILE", NULL),
                                 .connect_s = 10};
    if (!parse_i64(str_of(port), 1, 65535, &out->port)) {
        (void)fprintf(stderr, "timesheets-admin: TS_DB_PORT is no port: %s\n", port);
        return false;
    }
    if (out->socket == NULL && out->host == NULL) {
        (void)fprintf(stderr, "timesheets-admin: set TS_DB_SOCKET, or TS_DB_HOST and TS_DB_PORT\n");
        return false;
    }
    return true;
}

static int wrong_usage(const char *what, const char *argument)
{
    (void)fprintf(stderr, "timesheets-admin: %s%s\nTry 'timesheets-admin --help'.\n", what,
                  argument);
    return EXIT_USAGE;
}

static int exit_code(enum status st)
{
    if (st == STATUS_OK)
        return EXIT_DONE;
    if (st == STATUS_UNAVAILABLE)
        return EXIT_NO_DATABASE;
    return st == STATUS_BAD_CONFIG ? EXIT_USAGE : EXIT_REFUSED;
}

static int run_command(const struct command *command, const struct migrate_options *options)
{
    struct store_config config;

    if (!read_config(&config))
        return EXIT_USAGE;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status st = command->run(mem, &config, options);
    talloc_free(mem);
    return exit_code(st);
}

static int read_arguments(int argc, char **argv, const struct command *command)
{
    struct migrate_options options = {.dir = "schema", .out = stdout, .err = stderr};

    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--dry-run") == 0 && command->may_be_dry)
            options.dry_run = true;
        else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
            options.dir = argv[++i];
        else if (strncmp(argv[i], "--dir=", 6) == 0)
            options.dir = argv[i] + 6;
        else
            return wrong_usage("unknown or incomplete argument ", argv[i]);
    }
    return run_command(command, &options);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return wrong_usage("say what to do: migrate or status", "");
    if (strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0 ? EXIT_REFUSED : EXIT_DONE;
    if (strcmp(argv[1], "--version") == 0)
        return puts("timesheets-admin " TS_VERSION) < 0 ? EXIT_REFUSED : EXIT_DONE;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return read_arguments(argc, argv, &commands[i]);
    }
    return wrong_usage("unknown command ", argv[1]);
}
