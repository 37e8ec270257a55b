/* RFC 4180, strictly; a case is a row, and its name says what is expected. */
#include "ts/csv.h"

#include <stdio.h>

#include "unit.h"

enum { MAX = 4 };

/* Reads all records: each field in <>, each record ended by ;. The last result is *end. */
static const char *read_all(TALLOC_CTX *mem, struct csv *csv, enum csv_result *end,
                            const char **why, size_t *at)
{
    struct str fields[MAX];
    size_t count;
    char *text = talloc_strdup(mem, "");

    while ((*end = csv_next(mem, csv, fields, MAX, &count, why, at)) == CSV_ROW) {
        for (size_t i = 0; i < count; i++)
            text = talloc_asprintf_append(text, "<%.*s>", (int)fields[i].len, fields[i].data);
        text = talloc_strdup_append(text, ";");
    }
    return text;
}

START_TEST(gives_the_fields_of_each_record)
{
    static const struct {
        const char *name;
        struct str text;
        const char *expected;
    } cases[] = {
        {"nothing", STR_INIT(""), ""},
        {"a mark and nothing", STR_INIT("\xEF\xBB\xBF"), ""},
        {"CRLF", STR_INIT("a,b\r\nc,d\r\n"), "<a><b>;<c><d>;"},
        {"LF", STR_INIT("a,b\nc,d\n"), "<a><b>;<c><d>;"},
        {"the two line ends mixed", STR_INIT("a\r\nb\nc\r\n"), "<a>;<b>;<c>;"},
        {"the last line end is missing", STR_INIT("a,b\r\nc,d"), "<a><b>;<c><d>;"},
        {"as many fields as may be", STR_INIT("1,2,3,4\n"), "<1><2><3><4>;"},
        {"records of different length", STR_INIT("a\nb,c\n"), "<a>;<b><c>;"},
        {"a mark at the front",
         STR_INIT("\xEF\xBB\xBF"
                  "a,b\n"),
         "<a><b>;"},
        {"a mark before a quote", STR_INIT("\xEF\xBB\xBF\"a\",b\n"), "<a><b>;"},
        {"only the first mark is passed over",
         STR_INIT("\xEF\xBB\xBF\xEF\xBB\xBF"
                  "a"),
         "<\xEF\xBB\xBF"
         "a>;"},
        {"half a mark is content", STR_INIT("\xEF\xBB"), "<\xEF\xBB>;"},
        {"empty fields", STR_INIT(",,\n"), "<><><>;"},
        {"an empty field at the end of the text", STR_INIT("a,"), "<a><>;"},
        {"an empty field at the end of a line", STR_INIT("a,\r\nb"), "<a><>;<b>;"},
        {"empty lines are passed over", STR_INIT("\n\r\na\n\n\r\nb\n\n"), "<a>;<b>;"},
        {"a line of a space is a record", STR_INIT(" \n"), "< >;"},
        {"a line of two quotes is a record", STR_INIT("\"\"\n"), "<>;"},
        {"spaces belong to the field", STR_INIT(" a , b\t"), "< a >< b\t>;"},
        {"other separators are content", STR_INIT("a;b\tc|d"), "<a;b\tc|d>;"},
        {"apostrophes and backslashes are content", STR_INIT("'a,\\,b'"), "<'a><\\><b'>;"},
        {"quoted", STR_INIT("\"a\",\"b\"\r\n\"c\""), "<a><b>;<c>;"},
        {"quoted and empty", STR_INIT("\"\",\"\""), "<><>;"},
        {"a comma in quotes", STR_INIT("\"a,b\",c"), "<a,b><c>;"},
        {"CRLF in quotes", STR_INIT("\"a\r\nb\",c\n"), "<a\r\nb><c>;"},
        {"LF in quotes", STR_INIT("\"a\n\nb\"\n"), "<a\n\nb>;"},
        {"CR alone in quotes", STR_INIT("\"a\rb\""), "<a\rb>;"},
        {"spaces in quotes", STR_INIT("\" a \""), "< a >;"},
        {"a doubled quote", STR_INIT("\"a\"\"b\""), "<a\"b>;"},
        {"nothing but a doubled quote", STR_INIT("\"\"\"\""), "<\">;"},
        {"doubled quotes at both ends", STR_INIT("\"\"\"a\"\"\",b"), "<\"a\"><b>;"},
        {"many doubled quotes", STR_INIT("\"\"\"\"\"\"\"\""), "<\"\"\">;"},
        {"all at once", STR_INIT("\"x \"\"y\"\", z\r\n\",2"), "<x \"y\", z\r\n><2>;"},
        {"bytes that are not UTF-8 are the field table's matter", STR_INIT("\xFF,\"\x80\""),
         "<\xFF><\x80>;"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct csv csv;
        enum csv_result end;
        const char *why = "";
        size_t at = 0;
        csv_init(&csv, cases[i].text);
        const char *got = read_all(mem, &csv, &end, &why, &at);
        ck_assert_msg(end == CSV_END, "%s: ended with %d, %s", cases[i].name, (int)end, why);
        ck_assert_msg(strcmp(got, cases[i].expected) == 0, "%s: %s", cases[i].name, got);
        ck_assert_uint_eq(csv.offset, cases[i].text.len);
        ck_assert_uint_eq(csv.rest.len, 0);
        talloc_free(mem);
    }
}
END_TEST

#define QUOTE "a quote stands in a field that does not begin with one"
#define AFTER "a closing quote is followed by text"
#define OPEN "a quoted field is not closed"
#define CR "a carriage return stands without a line feed"
#define NUL "the character NUL is not allowed"
#define MANY "a row has too many fields"

START_TEST(refuses_what_is_not_csv_and_says_where)
{
    static const struct {
        const char *name;
        struct str text;
        const char *why;
        size_t at;
        const char *before; /* the records that are given before */
    } cases[] = {
        {"a quote in a plain field", STR_INIT("a\"b"), QUOTE, 1, ""},
        {"a quote at the end of a plain field", STR_INIT("x\na,b\"\n"), QUOTE, 5, "<x>;"},
        {"a quote after a space", STR_INIT(" \"a\""), QUOTE, 1, ""},
        {"text after a closing quote", STR_INIT("\"a\"b"), AFTER, 3, ""},
        {"a space after a closing quote", STR_INIT("\"a\" ,b"), AFTER, 3, ""},
        {"a mark is counted", STR_INIT("\xEF\xBB\xBF\"a\"b"), AFTER, 6, ""},
        {"a single quote", STR_INIT("\""), OPEN, 0, ""},
        {"a quoted field that is not closed", STR_INIT("a,\"b,c\nd"), OPEN, 2, ""},
        {"a doubled quote closes nothing", STR_INIT("\"a\"\""), OPEN, 0, ""},
        {"three quotes", STR_INIT("x\r\n\"\"\""), OPEN, 3, "<x>;"},
        {"CR alone in a plain field", STR_INIT("a\rb\n"), CR, 1, ""},
        {"CR alone ends no line", STR_INIT("a,b\rc,d\r"), CR, 3, ""},
        {"CR alone at the end of the text", STR_INIT("a\n\r"), CR, 2, "<a>;"},
        {"CR CR LF", STR_INIT("a\r\r\n"), CR, 1, ""},
        {"CR alone after a closing quote", STR_INIT("\"a\"\rb"), CR, 3, ""},
        {"CR alone where a record begins", STR_INIT("\ra"), CR, 0, ""},
        {"NUL in a plain field", STR_INIT("a\0b"), NUL, 1, ""},
        {"NUL where a record begins", STR_INIT("\0"), NUL, 0, ""},
        {"NUL in a quoted field", STR_INIT("\"a\0\"\n"), NUL, 2, ""},
        {"NUL in a quoted field that is not closed", STR_INIT("\"\0"), NUL, 1, ""},
        {"NUL after a closing quote", STR_INIT("\"a\"\0"), NUL, 3, ""},
        {"NUL after the last line", STR_INIT("a\n\0"), NUL, 2, "<a>;"},
        {"one field too many", STR_INIT("1,2,3,4,5\n"), MANY, 8, ""},
        {"one empty field too many", STR_INIT("a\n,,,,"), MANY, 6, "<a>;"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct csv csv;
        struct str field[MAX];
        enum csv_result end;
        const char *why = "";
        size_t at = 0, count = 77;
        csv_init(&csv, cases[i].text);
        const char *got = read_all(mem, &csv, &end, &why, &at);
        ck_assert_msg(end == CSV_BROKEN, "%s: ended with %d", cases[i].name, (int)end);
        ck_assert_msg(strcmp(why, cases[i].why) == 0, "%s: said \"%s\"", cases[i].name, why);
        ck_assert_msg(at == cases[i].at, "%s: at %zu", cases[i].name, at);
        ck_assert_msg(strcmp(got, cases[i].before) == 0, "%s: %s", cases[i].name, got);
        why = NULL; /* and again */
        ck_assert_int_eq(csv_next(mem, &csv, field, MAX, &count, &why, &at), CSV_BROKEN);
        ck_assert_str_eq(why, cases[i].why);
        ck_assert_uint_eq(at, cases[i].at);
        ck_assert_uint_eq(count, 77);
        talloc_free(mem);
    }
}
END_TEST

START_TEST(counts_rows_lines_and_bytes)
{
    static const struct {
        size_t rows, line, offset;
    } expected[] = {{1, 3, 11}, {2, 4, 14}, {3, 7, 26}, {4, 7, 27}};
    const struct str text = STR("\xEF\xBB\xBF\r\nh1,h2\n"
                                "a\r\n"
                                "\"1\n2\r\n3\rx\"\r\n"
                                "z");
    TALLOC_CTX *mem = talloc_new(NULL);
    struct csv csv;
    struct str fields[MAX];
    const char *why;
    size_t at, count;

    csv_init(&csv, text);
    ck_assert_uint_eq(csv.rows, 0);
    ck_assert_uint_eq(csv.line, 1);
    ck_assert_uint_eq(csv.offset, 3);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_int_eq(csv_next(mem, &csv, fields, MAX, &count, &why, &at), CSV_ROW);
        ck_assert_uint_eq(csv.rows, expected[i].rows);
        ck_assert_uint_eq(csv.line, expected[i].line);
        ck_assert_uint_eq(csv.offset, expected[i].offset);
        ck_assert_ptr_eq(csv.rest.data, text.data + csv.offset);
    }
    for (int again = 0; again < 2; again++)
        ck_assert_int_eq(csv_next(mem, &csv, fields, MAX, &count, &why, &at), CSV_END);
    ck_assert_uint_eq(csv.rows, 4);
    talloc_free(mem);
}
END_TEST

/* Only doubled quotes take memory: all other fields are views, and no parent is needed for them. */
START_TEST(allocates_for_doubled_quotes_only)
{
    const struct str text = STR("a,\"b\nc\",\"d\"\"e\",");
    TALLOC_CTX *mem = talloc_new(NULL);
    struct csv csv;
    struct str fields[MAX];
    const char *why;
    size_t at, count;

    csv_init(&csv, text);
    ck_assert_int_eq(csv_next(mem, &csv, fields, MAX, &count, &why, &at), CSV_ROW);
    ck_assert_uint_eq(count, 4);
    ck_assert_ptr_eq(fields[0].data, text.data);
    ck_assert_ptr_eq(fields[1].data, text.data + 3);
    ck_assert_view(fields[2], "d\"e");
    ck_assert_ptr_eq(fields[3].data, text.data + text.len);
    ck_assert_uint_eq(talloc_total_blocks(mem), 2); /* mem itself is one */
    ck_assert_uint_eq(talloc_total_size(mem), 3);
    talloc_free(mem);
}
END_TEST

START_TEST(says_when_memory_is_out_and_stands_still)
{
    TALLOC_CTX *mem = talloc_new(NULL), *small = talloc_named_const(NULL, 0, "small");
    struct csv csv;
    struct str fields[MAX];
    const char *why;
    size_t at, count;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored                                                                     \
    "-Wdeprecated-declarations" /* deprecated for servers; here it makes failures */
    ck_assert_int_eq(talloc_set_memlimit(small, 1), 0);
#pragma GCC diagnostic pop
    csv_init(&csv, STR("a\nb,\"c\"\"d\"\n"));
    ck_assert_int_eq(csv_next(small, &csv, fields, MAX, &count, &why, &at), CSV_ROW);
    ck_assert_int_eq(csv_next(small, &csv, fields, MAX, &count, &why, &at), CSV_NO_MEMORY);
    ck_assert_uint_eq(csv.offset, 2);
    ck_assert_uint_eq(csv.rows, 1);
    ck_assert_int_eq(csv_next(mem, &csv, fields, MAX, &count, &why, &at), CSV_ROW);
    ck_assert_view(fields[1], "c\"d");
    talloc_free(small);
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("csv", gives_the_fields_of_each_record, refuses_what_is_not_csv_and_says_where,
          counts_rows_lines_and_bytes, allocates_for_doubled_quotes_only,
          says_when_memory_is_out_and_stands_still)
