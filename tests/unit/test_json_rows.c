/* The top of an upload body, split into rows: an array, lines, or one value. */
#include "ts/json.h"
#include "unit.h"

/* Reads all rows: each in <>. The last result is *end. */
static const char *read_all(TALLOC_CTX *mem, struct json_rows *rows, enum json_rows_result *end,
                            const char **why, size_t *at)
{
    struct str row;
    char *text = talloc_strdup(mem, "");

    while ((*end = json_rows_next(rows, &row, why, at)) == JSON_ROW)
        text = talloc_asprintf_append(text, "<%.*s>", (int)row.len, row.data);
    return text;
}

struct splits {
    const char *name;
    struct str text;
    const char *expected;
};

static void check_splits(const struct splits *c, void (*init)(struct json_rows *, struct str),
                         enum json_rows_kind kind)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct json_rows rows;
    enum json_rows_result end;
    const char *why = "";
    size_t at = 0;

    init(&rows, c->text);
    ck_assert_msg(rows.kind == kind, "%s: kind %d", c->name, (int)rows.kind);
    const char *got = read_all(mem, &rows, &end, &why, &at);
    ck_assert_msg(end == JSON_ROWS_END, "%s: %s at %zu", c->name, why, at);
    ck_assert_msg(strcmp(got, c->expected) == 0, "%s: %s", c->name, got);
    ck_assert_msg(rows.offset == c->text.len, "%s: offset %zu", c->name, rows.offset);
    size_t count = 0;
    for (const char *s = got; *s != '\0'; s++)
        count += *s == '<' ? 1 : 0;
    ck_assert_msg(rows.count == count, "%s: count %zu", c->name, rows.count);
    ck_assert_int_eq(json_rows_next(&rows, &(struct str){0}, &why, &at), JSON_ROWS_END);
    talloc_free(mem);
}

START_TEST(gives_the_elements_of_an_array)
{
    static const struct splits cases[] = {
        {"empty", STR_INIT("[]"), ""},
        {"empty with white space", STR_INIT(" \t\r\n[ \n] \n"), ""},
        {"one object", STR_INIT("[{}]"), "<{}>"},
        {"objects", STR_INIT("[{\"a\":1},{\"b\":2}]"), "<{\"a\":1}><{\"b\":2}>"},
        {"white space between", STR_INIT("\n[\n {\"a\" : 1}\t,\r\n{} \n]\n"), "<{\"a\" : 1}><{}>"},
        {"commas and brackets in texts", STR_INIT("[{\"a\":\"],}[{,\"},1]"),
         "<{\"a\":\"],}[{,\"}><1>"},
        {"escaped quotes", STR_INIT("[\"\\\"\",\"],\\\"[\",{\"\\\"}\":1}]"),
         "<\"\\\"\"><\"],\\\"[\"><{\"\\\"}\":1}>"},
        {"a backslash that is escaped", STR_INIT("[\"\\\\\",\"\\\\\\\"]\"]"),
         "<\"\\\\\"><\"\\\\\\\"]\">"},
        {"an escape behind eight plain bytes", STR_INIT("[\"01234567\\\"]\",2]"),
         "<\"01234567\\\"]\"><2>"},
        {"arrays in arrays", STR_INIT("[[],[[1,2],[3]],[{\"a\":[{}]}]]"),
         "<[]><[[1,2],[3]]><[{\"a\":[{}]}]>"},
        {"texts", STR_INIT("[\"a\" , \"b\"]"), "<\"a\"><\"b\">"},
        {"numbers and words", STR_INIT("[1,-2.5e3 ,true,\nnull]"), "<1><-2.5e3><true><null>"},
        {"bytes beyond ASCII", STR_INIT("[\"\xC3\xA9\",\"\xE2\x82\xAC]\"]"),
         "<\"\xC3\xA9\"><\"\xE2\x82\xAC]\">"},
        /* what json_check then refuses */
        {"a row of the wrong brackets", STR_INIT("[{],1]"), "<{]><1>"},
        {"a row that is no value", STR_INIT("[x,}:,1\"\"]"), "<x><}:><1\"\">"},
        {"a row with a raw line end in a text", STR_INIT("[\"a\n\"]"), "<\"a\n\">"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_splits(&cases[i], json_rows_init, JSON_ROWS_ARRAY);
}
END_TEST

START_TEST(gives_what_is_no_array_as_one_row)
{
    static const struct splits cases[] = {
        {"an object", STR_INIT("{\"a\":[1,2]}"), "<{\"a\":[1,2]}>"},
        {"white space around", STR_INIT(" \r\n\t{} \t\r\n"), "<{}>"},
        {"a text", STR_INIT("\"[1,2]\""), "<\"[1,2]\">"},
        {"a number", STR_INIT("7"), "<7>"},
        /* what json_check then refuses */
        {"two objects", STR_INIT("{} {}"), "<{} {}>"},
        {"a mark before an array", STR_INIT("\xEF\xBB\xBF[]"), "<\xEF\xBB\xBF[]>"},
        {"an object that is not closed", STR_INIT("{\"a\":"), "<{\"a\":>"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_splits(&cases[i], json_rows_init, JSON_ROWS_ONE);
}
END_TEST

START_TEST(gives_a_row_for_each_line)
{
    static const struct splits cases[] = {
        {"nothing", STR_INIT(""), ""},
        {"only empty lines", STR_INIT("\n\r\n\n"), ""},
        {"LF", STR_INIT("{\"a\":1}\n{\"b\":2}\n"), "<{\"a\":1}><{\"b\":2}>"},
        {"CRLF", STR_INIT("{}\r\n[]\r\n"), "<{}><[]>"},
        {"the last line end is missing", STR_INIT("{}\n{}"), "<{}><{}>"},
        {"the last line end is half there", STR_INIT("{}\r"), "<{}>"},
        {"empty lines between", STR_INIT("\n1\n\r\n\n2\n\n"), "<1><2>"},
        {"an array is one row", STR_INIT("[1,2]\n"), "<[1,2]>"},
        {"spaces stay", STR_INIT(" {} \n"), "< {} >"},
        /* what json_check then refuses */
        {"a value over two lines", STR_INIT("{\"a\":\n1}\n"), "<{\"a\":><1}>"},
        {"two values on a line", STR_INIT("{} {}\n"), "<{} {}>"},
        {"a line of a space", STR_INIT(" \n"), "< >"},
        {"only one CR goes", STR_INIT("\r\r\n"), "<\r>"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_splits(&cases[i], json_rows_lines_init, JSON_ROWS_LINES);
}
END_TEST

#define VALUE "a value is expected"
#define COMMA "a comma or ] is expected"
#define TEXT "a text is not closed by a quote"
#define OPEN "an array or object is not closed"
#define AFTER "something follows the array"

START_TEST(refuses_what_does_not_hold_rows_together)
{
    static const struct {
        const char *name;
        struct str text;
        const char *why;
        size_t at;
        const char *before; /* the rows that are given before */
    } cases[] = {
        {"nothing", STR_INIT(""), VALUE, 0, ""},
        {"white space", STR_INIT(" \n"), VALUE, 2, ""},
        {"an array that begins and ends", STR_INIT("["), VALUE, 1, ""},
        {"an array that ends after white space", STR_INIT("[ "), VALUE, 2, ""},
        {"an array that ends after a row", STR_INIT("[{}"), COMMA, 3, "<{}>"},
        {"an array that ends after a comma", STR_INIT("[{},"), VALUE, 4, "<{}>"},
        {"a comma at the front", STR_INIT("[,1]"), VALUE, 1, ""},
        {"a comma at the end", STR_INIT("[1, ]"), VALUE, 4, "<1>"},
        {"two commas", STR_INIT("[1,,2]"), VALUE, 3, "<1>"},
        {"no comma", STR_INIT("[{} {}]"), COMMA, 4, "<{}>"},
        {"no comma between numbers", STR_INIT("[1 2]"), COMMA, 3, "<1>"},
        {"a value right behind a text", STR_INIT("[\"a\"1]"), COMMA, 4, "<\"a\">"},
        {"a value right behind an object", STR_INIT("[{}1]"), COMMA, 3, "<{}>"},
        {"a bracket too many", STR_INIT("[{}}]"), COMMA, 3, "<{}>"},
        {"an object that is not closed", STR_INIT("[1, {\"a\":1]"), COMMA, 11, "<1><{\"a\":1]>"},
        {"an object that has no end", STR_INIT("[1, {\"a\":1"), OPEN, 4, "<1>"},
        {"an array in the array that has no end", STR_INIT("[[[1],2"), OPEN, 1, ""},
        {"a text in an object that has no end", STR_INIT("[{\"a\":\"}]"), OPEN, 1, ""},
        {"a text that has no end", STR_INIT("[\"a]"), TEXT, 1, ""},
        {"a text that ends in a backslash", STR_INIT("[1,\"a\\"), TEXT, 3, "<1>"},
        {"a text whose quote is escaped", STR_INIT("[\"a\\\""), TEXT, 1, ""},
        {"text after the array", STR_INIT("[] x"), AFTER, 3, ""},
        {"an array after the array", STR_INIT("[1][2]"), AFTER, 3, "<1>"},
        {"NUL after the array", STR_INIT("[1]\0"), AFTER, 3, "<1>"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct json_rows rows;
        struct str row = STR("untouched");
        enum json_rows_result end;
        const char *why = "";
        size_t at = 0;
        json_rows_init(&rows, cases[i].text);
        const char *got = read_all(mem, &rows, &end, &why, &at);
        ck_assert_msg(end == JSON_ROWS_BROKEN, "%s: taken", cases[i].name);
        ck_assert_msg(strcmp(why, cases[i].why) == 0, "%s: said \"%s\"", cases[i].name, why);
        ck_assert_msg(at == cases[i].at, "%s: at %zu", cases[i].name, at);
        ck_assert_msg(strcmp(got, cases[i].before) == 0, "%s: %s", cases[i].name, got);
        why = NULL; /* and again */
        ck_assert_int_eq(json_rows_next(&rows, &row, &why, &at), JSON_ROWS_BROKEN);
        ck_assert_str_eq(why, cases[i].why);
        ck_assert_uint_eq(at, cases[i].at);
        ck_assert_view(row, "untouched");
        talloc_free(mem);
    }
}
END_TEST

START_TEST(says_where_it_stands)
{
    const struct str text = STR(" [ {\"a\":1} , 22 ] ");
    struct json_rows rows;
    struct str row;
    const char *why;
    size_t at;

    json_rows_init(&rows, text);
    ck_assert_uint_eq(rows.count, 0);
    ck_assert_uint_eq(rows.offset, 0);
    ck_assert_int_eq(json_rows_next(&rows, &row, &why, &at), JSON_ROW);
    ck_assert_ptr_eq(row.data, text.data + 3);
    ck_assert_uint_eq(rows.offset, 10);
    ck_assert_uint_eq(rows.count, 1);
    ck_assert_int_eq(json_rows_next(&rows, &row, &why, &at), JSON_ROW);
    ck_assert_ptr_eq(row.data, text.data + 13);
    ck_assert_uint_eq(rows.offset, 15);
    ck_assert_uint_eq(rows.count, 2);
    ck_assert_ptr_eq(rows.rest.data, text.data + rows.offset);
    ck_assert_int_eq(json_rows_next(&rows, &row, &why, &at), JSON_ROWS_END);
    ck_assert_uint_eq(rows.count, 2);
}
END_TEST

/* More rows than json_check has values for, and more brackets than it has depth: not its limits. */
START_TEST(has_no_limit_of_its_own)
{
    enum { ROWS = 100000, DEPTH = 1000000 };
    char *text = talloc_array(NULL, char, 2 * ROWS + 1);
    struct json_rows rows;
    struct str row;
    const char *why;
    size_t at;

    for (size_t i = 0; i < ROWS; i++)
        memcpy(text + 2 * i, i == 0 ? "[7" : ",7", 2);
    text[2 * ROWS] = ']';
    json_rows_init(&rows, str_n(text, 2 * ROWS + 1));
    while (json_rows_next(&rows, &row, &why, &at) == JSON_ROW)
        ck_assert_view(row, "7");
    ck_assert_int_eq(rows.state, JSON_ROWS_AT_END);
    ck_assert_uint_eq(rows.count, ROWS);
    talloc_free(text);

    text = talloc_array(NULL, char, 2 * DEPTH);
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    json_rows_init(&rows, str_n(text, 2 * DEPTH));
    ck_assert_int_eq(json_rows_next(&rows, &row, &why, &at), JSON_ROW);
    ck_assert_uint_eq(row.len, 2 * DEPTH - 2);
    ck_assert_int_eq(json_rows_next(&rows, &row, &why, &at), JSON_ROWS_END);
    talloc_free(text);
}
END_TEST

UNIT_MAIN("json_rows", gives_the_elements_of_an_array, gives_what_is_no_array_as_one_row,
          gives_a_row_for_each_line, refuses_what_does_not_hold_rows_together, says_where_it_stands,
          has_no_limit_of_its_own)
