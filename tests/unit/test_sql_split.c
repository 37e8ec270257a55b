#include "../../src/store/sql_split.h"

#include "unit.h"

/* Statements are expected one after the other, separated by "|"; "!" at the end: not closed. */
static const struct {
    const char *name, *text, *expected;
} splits[] = {
    {"nothing", "", ""},
    {"only space and semicolons", " ;\n;; ", ""},
    {"one", "SELECT 1;", "SELECT 1|"},
    {"the last semicolon may be missing", "SELECT 1", "SELECT 1|"},
    {"two on a line", "a;b;", "a|b|"},
    {"space around is dropped", "  a b \n ; \n c ", "a b|c|"},
    {"semicolon in single quotes", "a ';' b;c", "a ';' b|c|"},
    {"doubled quote", "a 'it''s; here';c", "a 'it''s; here'|c|"},
    {"escaped quote", "a 'it\\'s; here';c", "a 'it\\'s; here'|c|"},
    {"escaped backslash before the end", "a '\\\\';c", "a '\\\\'|c|"},
    {"double quotes", "a \";'\";c", "a \";'\"|c|"},
    {"backticks know no backslash", "a `\\`;c", "a `\\`|c|"},
    {"hyphen comment with a semicolon", "a -- x; y\n b;", "a -- x; y\n b|"},
    {"hyphen comment at the end", "a;-- x; y", "a|"},
    {"hyphens without space are two minus", "a --1;b", "a --1|b|"},
    {"hyphens at the end of the text", "a;--", "a|"},
    {"hash comment", "# x; y\na;", "a|"},
    {"quote in a comment", "-- don't\na;/* can't */b;", "a|b|"},
    {"block comment with a semicolon", "a /* ; */ b;c", "a /* ; */ b|c|"},
    {"block comment alone is no statement", "/* a; */;", ""},
    {"conditional comment is one", "/*!40101 SET x=1 */;", "/*!40101 SET x=1 */|"},
    {"comment marks in a quote", "a '/*' ;b '--' ;c '#';", "a '/*'|b '--'|c '#'|"},
    {"division", "a / b;c", "a / b|c|"},
    {"UTF-8", "a 'Müller;';b", "a 'Müller;'|b|"},
    {"open quote", "a;b 'c;", "a|!"},
    {"open backtick", "`", "!"},
    {"backslash at the end of an open quote", "a '\\", "!"},
    {"open block comment", "a; /* b", "a|!"},
    {"/*/ does not close itself", "/*/ a", "!"},
};

START_TEST(test_statements)
{
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        char got[256] = "";
        struct str rest = str_of(splits[i].text), statement;
        enum sql_split split;
        while ((split = sql_next(&rest, &statement)) == SQL_STATEMENT) {
            strncat(got, statement.data, statement.len);
            strcat(got, "|");
        }
        if (split == SQL_UNCLOSED)
            strcat(got, "!");
        ck_assert_msg(strcmp(got, splits[i].expected) == 0, "%s: got %s", splits[i].name, got);
    }
}
END_TEST

static const struct {
    const char *name, *text, *up; /* NULL = refused */
} sections[] = {
    {"no marker", "SELECT 1;", NULL},
    {"all below the marker", "-- migrate:up\na;\n", "a;\n"},
    {"comments above it", "-- why\n/* x */\n\n-- migrate:up\na;", "a;"},
    {"a statement above it", "b;\n-- migrate:up\na;", NULL},
    {"an open quote above it", "'\n-- migrate:up\na;", NULL},
    {"up to the down marker", "-- migrate:up\na;\n-- migrate:down\nb;", "a;\n"},
    {"space around a marker", "  -- migrate:up \r\na;", "a;"},
    {"the marker inside a line", "x -- migrate:up\na;", NULL},
    {"nothing below it", "-- migrate:up", ""},
    {"the second up marker is a comment", "-- migrate:up\na;\n-- migrate:up\nb;",
     "a;\n-- migrate:up\nb;"},
};

START_TEST(test_up_section)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        struct str up = STR("");
        bool ok = sql_up_section(str_of(sections[i].text), &up);
        ck_assert_msg(ok == (sections[i].up != NULL), "%s", sections[i].name);
        if (ok)
            ck_assert_view(up, sections[i].up);
    }
}
END_TEST

UNIT_MAIN("sql_split", test_statements, test_up_section)
