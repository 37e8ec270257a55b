/* timesheets-admin: what an operator does to the database. */
#include <stdlib.h>
#include <string.h>

#include "admin_priv.h"
#include "ts/migrate.h"
#include "ts/parse.h"

/* A statement of the verification may take long: it looks at everything. */
enum { CONNECT_S = 10, VERIFY_IO_S = 600 };

static const char usage[] =
    "Usage: timesheets-admin migrate [--dir FOLDER] [--dry-run]\n"
    "       timesheets-admin status  [--dir FOLDER]\n"
    "       timesheets-admin audit verify [--person ID] [--key-file FILE] [--quiet]\n"
    "       timesheets-admin --help | --version\n"
    "\n"
    "migrate   brings the database's schema up to date. Several at once are safe: one\n"
    "          works, the others wait for it.\n"
    "status    says which migrations are applied, and whether anything is wrong.\n"
    "audit verify\n"
    "          proves the audit trail: that no event was changed, taken away or moved, and\n"
    "          that the rows of weeks fit their entries. The service may run meanwhile.\n"
    "\n"
    "Options:\n"
    "  --dir FOLDER     where the migrations are (default: schema)\n"
    "  --dry-run        say what would be done and change nothing\n"
    "  --person ID      verify only what is about the person with this number\n"
    "  --key-file FILE  file whose first line is the audit key (default:\n"
    "                   TS_AUDIT_KEY_FILE)\n"
    "  --quiet          say only what is wrong\n"
    "\n"
    "Environment:\n"
    "  TS_DB_SOCKET         unix socket of the database, or else\n"
    "  TS_DB_HOST           its host, and\n"
    "  TS_DB_PORT           port (default 3306)\n"
    "  TS_DB_NAME           name of the database (default timesheets)\n"
    "  TS_DB_USER           account, one that may change the schema (default ts_migrate)\n"
    "  TS_DB_PASSWORD_FILE  file whose first line is the password (default: none)\n"
    "  TS_DB_CA_FILE        certificate authority for TLS; needed for a host other than this\n"
    "  TS_AUDIT_KEY_FILE    file of the audit key\n"
    "\n"
    "Exit status: 0 done (status: everything is applied; audit verify: no fault); 1 refused\n"
    "or failed (something is missing or wrong); 2 wrong usage or configuration; 3 no database,\n"
    "or it was lost on the way.\n";

/* argv holds what follows the command's name. */
struct command {
    const char *name;
    int (*run)(const struct command *command, int argc, char **argv);
    enum status (*migrate)(TALLOC_CTX *mem, const struct store_config *config,
                           const struct migrate_options *options);
    bool may_be_dry;
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
                                 .connect_s = CONNECT_S,
                                 .io_s = VERIFY_IO_S,
                                 .lock_wait_s = 1};
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

/* The value of --name VALUE or --name=VALUE, *i moved on to it; NULL when argv[*i] is something else. */
static const char *option_value(const char *name, int argc, char **argv, int *i)
{
    size_t len = strlen(name);

    if (strncmp(argv[*i], name, len) != 0)
        return NULL;
    if (argv[*i][len] == '=')
        return argv[*i] + len + 1;
    const char *next = *i + 1 < argc ? argv[*i + 1] : NULL;
    if (argv[*i][len] != '\0' || next == NULL)
        return NULL;
    ++*i;
    return next;
}

static int run_migration(const struct command *command, int argc, char **argv)
{
    struct migrate_options options = {.dir = "schema", .out = stdout, .err = stderr};
    struct store_config config;
    const char *value;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--dry-run") == 0 && command->may_be_dry)
            options.dry_run = true;
        else if ((value = option_value("--dir", argc, argv, &i)) != NULL)
            options.dir = value;
        else
            return wrong_usage("unknown or incomplete argument ", argv[i]);
    }
    if (!read_config(&config))
        return EXIT_USAGE;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status st = command->migrate(mem, &config, &options);
    talloc_free(mem);
    return exit_code(st);
}

static int run_audit(const struct command *command, int argc, char **argv)
{
    struct verify_options options = {
        .key_file = setting("TS_AUDIT_KEY_FILE", NULL), .out = stdout, .err = stderr};
    struct store_config config;
    const char *value;

    (void)command;
    if (argc < 1 || strcmp(argv[0], "verify") != 0)
        return wrong_usage("say what to do with the audit trail: audit verify", "");
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quiet") == 0)
            options.quiet = true;
        else if ((value = option_value("--key-file", argc, argv, &i)) != NULL)
            options.key_file = value;
        else if ((value = option_value("--person", argc, argv, &i)) == NULL ||
                 !parse_i64(str_of(value), 1, UINT32_MAX, &options.person_id))
            return wrong_usage("unknown or incomplete argument ", argv[i]);
    }
    if (options.key_file == NULL)
        return wrong_usage("say where the audit key is: --key-file or TS_AUDIT_KEY_FILE", "");
    return read_config(&config) ? audit_verify(&config, &options) : EXIT_USAGE;
}

static const struct command commands[] = {
    {"migrate", run_migration, migrate_run, true},
    {"status", run_migration, migrate_status, false},
    {"audit", run_audit, NULL, false},
};

int main(int argc, char **argv)
{
    if (argc < 2)
        return wrong_usage("say what to do: migrate, status or audit verify", "");
    if (strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0 ? EXIT_REFUSED : EXIT_DONE;
    if (strcmp(argv[1], "--version") == 0)
        return puts("timesheets-admin " TS_VERSION) < 0 ? EXIT_REFUSED : EXIT_DONE;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(&commands[i], argc - 2, argv + 2);
    }
    return wrong_usage("unknown command ", argv[1]);
}
