/* Every statement of a request, asked for its plan on tables that are large enough for a plan to matter:
 * none may read a table or an index from end to end, but those named here with the reason. */
#include "../../src/store/store_priv.h"
#include "../bench/data/dataset.c"
#include "../bench/data/rows.c"
#include "store_test.h"

enum { ENTRIES = 50000 };

/* Where a whole table or index may be read. A plan names tables by their aliases. */
static const struct {
    const char *statement, *table; /* NULL = any statement */
    const char *why;
} allowed[] = {
    {NULL, "period_lock", "has one row"},
    {NULL, "schema_migration", "has a row a migration"},
    {"PROJECTS", "project", "gives up to 1000 of them, which may be all: some dozens"},
    {"PEOPLE", "person", "gives up to 1000 of them, which may be all: some hundreds"},
    {NULL, "j", "the projects of a report: some dozens"},
    {"MISSING", "p", "asks of everybody whether a week is missing: some hundreds"},
    {"REPORT_PEOPLE", "p", "gives the names of everybody: some hundreds"},
    {"SOURCES", "s", "gives up to 1000 of them, which are all: a few"},
};

/* Values that stand in for parameters by name: of somebody who has entries, and of a week of theirs. */
static const struct {
    const char *name, *query; /* gives the literal */
} samples[] = {
    {"person", "SELECT 7"},
    {"user", "SELECT QUOTE(user_id) FROM person WHERE id = 7"},
    {"sub", "SELECT QUOTE(sub) FROM person WHERE id = 7"},
    {"code", "SELECT QUOTE(code) FROM project WHERE id = 7"},
    {"entry", "SELECT id FROM entry WHERE person_id = 7 AND work_date > '2040-06-01' LIMIT 1"},
    {"date", "SELECT QUOTE(work_date) FROM entry WHERE person_id = 7 AND work_date > '2040-06-01'"
             " LIMIT 1"},
    {"version",
     "SELECT version FROM entry WHERE person_id = 7 AND work_date > '2040-06-01' LIMIT 1"},
    {"week", "SELECT week FROM week WHERE person_id = 7 AND week > 204020 LIMIT 1"},
    {"monday", "SELECT QUOTE('2040-06-04')"},
    {"sunday", "SELECT QUOTE('2040-06-10')"},
    {"first", "SELECT QUOTE('2000-01-01')"},
    {"last", "SELECT QUOTE('2100-12-31')"},
    {"ikey", "SELECT QUOTE(ikey) FROM event WHERE person_id = 7 AND ikey IS NOT NULL LIMIT 1"},
    {"gone", "SELECT id FROM entry_deleted WHERE person_id = 7 LIMIT 1"},
    {"client", "SELECT client FROM source WHERE name = 'source1'"},
    {"gone_version", "SELECT version FROM entry_deleted WHERE person_id = 7 LIMIT 1"},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* Values of the parameters, in their order: names of samples, or literals. What is not here gets one by
 * the parameter's type, which is enough where the plan has rows then. */
static const struct {
    const char *statement, *values;
} chosen[] = {
    {"PERSON_BY_SUB", "sub"},
    {"PERSON_BY_USER_ID", "user person 1"},
    {"PERSON_UNCLAIMED", "user"},
    {"PROJECTS", "'' 0 1 '' '' '' '' 1001"},
    {"ENTRIES", "person person 0 first last 0 1 2 3 last 1 51"},
    {"ENTRIES_MATCHING", "person person 0 first last 0 1 2 3 last 1 code code 'work' 51"},
    {"ENTRY_GET", "entry person 1"},
    {"TX_ENTRY_GET", "entry person 1"},
    {"ENTRY_UPDATE", "date 7 code 60 1 'n' '' 7 3 first person date entry version"},
    {"ENTRY_DELETE", "person date entry version"},
    {"TOMBSTONE_GET", "gone person gone_version"},
    {"WEEK_CHANGE", "60 0 0 0 0 0 0 0 1 0 0 'm' person week 7"},
    {"WEEK_GET", "person week"},
    {"EVENT_BY_KEY", "person ikey"},
    {"WEEK_WAIT", "person week"},
    {"WEEK_VERSION", "person week person 0"},
    {"EVENT_MAC", "person week 1"},
    {"SHEET", "monday week monday sunday person 1 person person 1"},
    {"TX_SHEET", "monday week monday sunday person 1 person person 1"},
    {"WEEKS", "person person 0 204001 204053 51"},
    {"WEEKS_OF", "person first last person 1 1 204001 204053 51"},
    {"ENTRIES_SUBMIT", "first person monday sunday"},
    {"ENTRIES_WITHDRAW", "first person monday sunday"},
    {"WEEK_SAY", "1 '' NULL person week person 0"},
    {"INBOX", "1 3 first last first 0 '' '' 51"},
    {"INBOX_OF", "1 3 person first last first 0 '' '' 51"},
    {"ENTRY_DECIDE", "2 '' 1 first first person date entry version 1 1 1 1"},
    {"ENTRIES_DECIDE", "2 '' 1 first first person monday sunday 1 1 1 1"},
    {"PEOPLE", "'' 0 1 last first '' '' '' '' '' 1 1001"},
    {"TX_PERSON_GET", "person 1"},
    {"PERSON_NAMED", "user 1 user 1 'B0007' 1"},
    {"PERSON_UPDATE", "'n' 0 user 'e' first last 1 1 2 person 1"},
    {"SOURCES", "'' 1001"},
    {"SOURCE_GET", "'source1'"},
    {"TX_SOURCE_GET", "'source1'"},
    {"TX_CLIENT_GET", "'client1'"},
    {"PERIOD_WEEKS", "204010 204010 3 204005 204010 204010 204010 3"},
    {"AUDIT_OF_OWNER", "person 0 999999 0 0 first last 0 0 0 0 0 '' '' 51"},
    {"AUDIT_OF_WEEK", "week 0 first last 52 first last 0 0 51"},
    {"AUDIT_BY_TIME", "first last first 0 0 0 0 0 51"},
    {"ENTRY_OWNER", "entry gone"},
    {"CLIENT_ID", "'client1'"},
    {"CLIENT_SOURCES", "client '' ''"},
    {"PERSON_MATCH", "user 'B0007' sub"},
    {"WEEK_HOLD", "person week"},
    {"WEEK_STORE", "0 0 0 0 0 0 0 0 0 0 0 1 'h' person week"},
    {"UPLOADED", "1 'e8'"},
    {"UPLOADED_BLOCK",
     "1 'e8' 'e12' 'e16' 'e20' 'e24' 'e28' 'e32' 'e36' 'e40' 'e44' 'e48' 'e52' 'e56'"
     " 'e60' 'e64' 'e68' 'e72' 'e76' 'e80' 'e84' 'e88' 'e92' 'e96' 'e100' 'e104'"
     " 'e108' 'e112' 'e116' 'e120' 'e124' 'e128' 'e132'"},
    {"ENTRY_RENEW", "date 7 code 60 1 'n' 1 first person date entry version"},
    {"EXTERNAL_SET", "8 'h' 1 'e8' 8"},
    {"UPLOAD_HOLD", "500 7"},
    {"UPLOAD_PROGRESS", "1 1 0 0 0 0 1 first 500"},
    {"UPLOADS", "person 900 51"},
    {"UPLOADS_ALL", "1 900 51"},
    {"UPLOAD_GET", "500 7 0"},
    {"UPLOAD_ROWS", "500 0 0 4 500"},
    {"REPORT_PROJECTS", "first last 0 1 2 3 1 1 999"},
    {"REPORT_GROUPS", "1 1 0 0 0 first last 0 1 2 3 1 1 999 1001 1 2 3 4 5"},
    {"REPORT_TOTAL", "first last 0 1 2 3 1 1 999"},
    {"REPORT_PEOPLE", "1"},
};

static bool is_allowed(const char *statement, const char *table)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        if (strcmp(allowed[i].table, table) == 0 &&
            (allowed[i].statement == NULL || strcmp(allowed[i].statement, statement) == 0))
            return true;
    }
    return false;
}

static const char *default_of(char type)
{
    switch (type) {
    case 'i':
        return "person";
    case 'd':
    case 'm':
        return "date";
    case 't':
        return "code";
    default:
        return "user";
    }
}

/* The literal that a name or literal stands for. */
static struct str literal_of(struct world *w, struct str value)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        if (!str_eq(value, str_of(samples[i].name)))
            continue;
        const char *literal = sql_ask(w, "%s", samples[i].query);
        ck_assert_msg(*literal != '\0', "there is no sample of %s", samples[i].name);
        return str_of(literal);
    }
    return value;
}

/* The query itself, without what a server is told about it in comments before. */
static const char *query_of(const struct stmt_spec *spec)
{
    const char *end = strstr(spec->text, " FOR */ ");

    return end == NULL ? spec->text : end + strlen(" FOR */ ");
}

/* The statement's text with values in place of its question marks. */
static char *with_values(struct world *w, const struct stmt_spec *spec)
{
    char *text = talloc_strdup(w, "EXPLAIN ");
    struct str given = STR("");
    const char *type = spec->parameters;

    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++) {
        if (strcmp(chosen[i].statement, spec->name) == 0)
            given = str_of(chosen[i].values);
    }
    for (const char *at = query_of(spec); *at != '\0'; at++) {
        if (*at != '?') {
            text = talloc_strndup_append(text, at, 1);
            continue;
        }
        struct str value =
            literal_of(w, given.len > 0 ? str_cut(given, ' ', &given) : str_of(default_of(*type)));
        text = talloc_strndup_append(text, value.data, value.len);
        type++;
    }
    ck_assert_msg(given.len == 0, "%s has less parameters than values here", spec->name);
    return text;
}

/* Has it a plan? A row that is given with its values has none. */
static bool has_plan(const struct stmt_spec *spec)
{
    bool inserts = strncmp(spec->text, "INSERT", 6) == 0;

    if (strncmp(spec->text, "SET ", 4) == 0)
        return false;
    if (strcmp(spec->name, "COMMIT") == 0 || strcmp(spec->name, "ROLLBACK") == 0)
        return false;
    return spec->role != DB_VERIFY && (!inserts || strstr(spec->text, "SELECT") != NULL);
}

/* A change of one week goes by its primary key: by way of another index it would lock the row after the
 * index, and deadlock with who holds the row already. */
static bool locks_by_key(const struct stmt_spec *spec, const char *key)
{
    bool one_week = strncmp(spec->text, "UPDATE week", 11) == 0 &&
                    strstr(spec->text, "WHERE person_id = ? AND week = ?") != NULL;

    return !one_week || (key != NULL && strcmp(key, "PRIMARY") == 0);
}

/* Looks at the rows of a plan; what is wrong is added to `out`. */
static void look_at_plan(struct world *w, const struct stmt_spec *spec, bool mariadb, char **out)
{
    const int type_at = mariadb ? 3 : 4, key_at = mariadb ? 5 : 6, rows_at = mariadb ? 8 : 9,
              extra_at = mariadb ? 9 : 11;
    const char *const *row;
    bool inserts = strncmp(spec->text, "INSERT", 6) == 0;

    while ((row = sql_row(w->root)) != NULL) {
        const char *table = row[2], *type = row[type_at], *extra = row[extra_at];
        if (extra != NULL &&
            (strstr(extra, "Impossible") != NULL || strstr(extra, "no matching") != NULL))
            *out = talloc_asprintf_append(
                *out, "%s finds nothing with its values (%s): give others\n", spec->name, extra);
        if (table == NULL || table[0] == '<' || type == NULL)
            continue;
        if (inserts && row[rows_at] == NULL) /* the table that is written to */
            continue;
        if (!locks_by_key(spec, row[key_at]))
            *out = talloc_asprintf_append(*out, "%s locks a week by way of %s\n", spec->name,
                                          row[key_at] == NULL ? "nothing" : row[key_at]);
        if (strcmp(type, "ALL") != 0 && strcmp(type, "index") != 0)
            continue;
        if (!is_allowed(spec->name, table))
            *out = talloc_asprintf_append(*out, "%s reads all of %s (%s, key %s, %s rows)\n",
                                          spec->name, table, type,
                                          row[key_at] == NULL ? "none" : row[key_at],
                                          row[rows_at] == NULL ? "?" : row[rows_at]);
    }
}

/* What the data of the generator lacks: deleted entries, sources, clients. */
static void add_the_rest(struct world *w)
{
    sql_do(w, "INSERT INTO entry_deleted SELECT id + 3, person_id, version, updated_at FROM entry"
              " WHERE id MOD 4 = 1");
    for (int i = 1; i <= 20; i++) {
        sql_do(w, "INSERT INTO client (client_id, created_at) VALUES ('client%d', NOW(6))", i);
        sql_do(w,
               "INSERT INTO source (name, client, created_at) VALUES ('source%d',"
               " LAST_INSERT_ID(), NOW(6))",
               i);
    }
    sql_do(w,
           "INSERT INTO entry_source (source_id, external_id, entry_id, content_hash)"
           " SELECT 1, CONCAT('e', n), id, REPEAT('h', 32) FROM (SELECT ROW_NUMBER() OVER (ORDER BY"
           " id) AS n, id FROM entry) numbered WHERE n MOD 4 = 0");
    sql_do(w, "INSERT INTO upload (id, actor_id, source_id, mode, state, received, created_at)"
              " SELECT id, 7, 1, 0, 1, 100, created_at FROM person");
    sql_do(w, "INSERT INTO upload (id, actor_id, source_id, mode, state, received, created_at)"
              " SELECT id + 500, 7, 1, 0, 1, 100, created_at FROM person");
    sql_do(w, "UPDATE upload SET id = 500 WHERE id = 501");
    sql_do(w, "INSERT INTO upload_row (upload_id, row_no, outcome)"
              " SELECT u.id, p.id, 0 FROM upload u JOIN person p");
}

START_TEST(no_statement_of_a_request_reads_a_whole_table)
{
    struct world *w = world_open();
    struct dataset_options options = {
        .years = 2, .entries = ENTRIES, .seed = 1, .key = {"0123456789abcdef", 16}};
    struct dataset_counts counts;
    char *faults = talloc_strdup(w, "");

    ck_assert(date_parse_iso(STR("2040-11-28"), &options.until));
    ck_assert(dataset_make(w, w->root, &options, &counts));
    ck_assert_int_eq(counts.entries, ENTRIES);
    add_the_rest(w);
    sql_do(w, "ANALYZE TABLE event, entry, entry_deleted, week, person, project, client, source,"
              " entry_source, upload, upload_row");
    bool mariadb = strstr(sql_ask(w, "SELECT VERSION()"), "MariaDB") != NULL;
    for (size_t i = 0; i < STMT_COUNT; i++) {
        const struct stmt_spec *spec = &stmt_specs[i];
        if (!has_plan(spec))
            continue;
        char *text = with_values(w, spec);
        if (!sql_run(w->root, str_of(text)))
            faults = talloc_asprintf_append(faults, "%s: %s\n", spec->name, sql_message(w->root));
        else
            look_at_plan(w, spec, mariadb, &faults);
    }
    ck_assert_msg(*faults == '\0', "\n%s", faults);
    world_close(w);
}
END_TEST

UNIT_MAIN("explain", no_statement_of_a_request_reads_a_whole_table)
