/* src/util/csv_out.c: quoting, formulas, the types of cells. */
#include "ts/csv_out.h"
#include "unit.h"

struct thing {
    struct str text, other;
    int64_t number, maybe, kind, flag, hours, at;
    struct date date;
};

static const char *const kinds[] = {"plain", "=odd", NULL};

static size_t tenths(int64_t value, char out[FIELD_NUMBER_MAX])
{
    out[0] = (char)('0' + value / 10);
    out[1] = '.';
    out[2] = (char)('0' + value % 10);
    return 3;
}

static const struct field fields[] = {
    FIELD_TEXT(struct thing, text),
    FIELD_TEXT(struct thing, other),
    FIELD_INT(struct thing, number),
    FIELD_INT(struct thing, maybe, .nullable = true),
    FIELD_ENUM(struct thing, kind, .names = kinds),
    FIELD_BOOL(struct thing, flag),
    FIELD_NAMED("hours", FIELD_HOURS, struct thing, hours, int64_t, .format = tenths),
    FIELD_NAMED("at", FIELD_INSTANT, struct thing, at, int64_t),
    FIELD_DATE(struct thing, date),
    FIELD_NAMED("is_one", FIELD_IS, struct thing, number, int64_t, .min = 1),
};
static const struct schema schema = SCHEMA("thing", struct thing, fields);

static const struct csv_columns all = {&schema, 10, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}};
static const struct csv_columns texts = {&schema, 2, {0, 1}};

static const char *row_of(TALLOC_CTX *mem, const struct csv_columns *columns,
                          const struct thing *thing, struct str label)
{
    struct buf b;

    buf_init(&b, mem, 4096);
    csv_row(&b, columns, thing, label);
    ck_assert_int_eq(b.status, STATUS_OK);
    return talloc_strndup(mem, b.data, b.len);
}

START_TEST(a_text_is_quoted_and_guarded_as_it_needs)
{
    static const struct {
        struct str text;
        const char *cell;
    } cases[] = {
        {STR_INIT(""), ""},
        {STR_INIT("plain text"), "plain text"},
        {STR_INIT("a,b"), "\"a,b\""},
        {STR_INIT("say \"hi\""), "\"say \"\"hi\"\"\""},
        {STR_INIT("\""), "\"\"\"\""},
        {STR_INIT("two\nlines"), "\"two\nlines\""},
        {STR_INIT("cr\r"), "\"cr\r\""},
        {STR_INIT("Grüße; 日本"), "Grüße; 日本"},
        {STR_INIT("=1+1"), "'=1+1"},
        {STR_INIT("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
        {STR_INIT("+1"), "'+1"},
        {STR_INIT("-1"), "'-1"},
        {STR_INIT("@SUM(A1)"), "'@SUM(A1)"},
        {STR_INIT("\t=1"), "'\t=1"},
        {STR_INIT("\r=1"), "\"'\r=1\""},
        {STR_INIT("a=1"), "a=1"},
        {STR_INIT("'=1"), "'=1"},
        {STR_INIT(" =1"), " =1"},
    };
    TALLOC_CTX *mem = talloc_new(NULL);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct thing thing = {.text = cases[i].text, .other = STR("z")};
        ck_assert_str_eq(row_of(mem, &texts, &thing, STR("")),
                         talloc_asprintf(mem, "%s,z\r\n", cases[i].cell));
    }
    talloc_free(mem);
}
END_TEST

START_TEST(each_type_has_its_cell)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct thing thing = {.text = STR("t"),
                          .other = STR(""),
                          .number = -1,
                          .maybe = 0,
                          .kind = 1,
                          .flag = 1,
                          .hours = 75,
                          .at = 0,
                          .date = {20780}};

    ck_assert_str_eq(row_of(mem, &all, &thing, STR("")),
                     "t,,-1,,'=odd,true,7.5,1970-01-01T00:00:00.000000Z,2026-11-23,false\r\n");
    thing = (struct thing){
        .text = STR(""), .other = STR(""), .number = 1, .maybe = -5, .date = {DATE_NONE_DAYS}};
    ck_assert_str_eq(row_of(mem, &all, &thing, STR("")),
                     ",,1,-5,plain,false,0.0,1970-01-01T00:00:00.000000Z,,true\r\n");
    talloc_free(mem);
}
END_TEST

START_TEST(columns_are_in_the_order_asked_for_under_their_names)
{
    const struct csv_columns some = {&schema, 3, {8, 0, 2}};
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct thing thing = {.text = STR("t"), .number = 5, .date = {DATE_NONE_DAYS}};
    struct buf b;

    buf_init(&b, mem, 4096);
    csv_header(&b, &some);
    ck_assert_view(buf_str(&b), "date,text,number\r\n");
    ck_assert_str_eq(row_of(mem, &some, &thing, STR("")), ",t,5\r\n");
    ck_assert_str_eq(row_of(mem, &some, &thing, STR("total")), "total,t,5\r\n");
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("csv_out", a_text_is_quoted_and_guarded_as_it_needs, each_type_has_its_cell,
          columns_are_in_the_order_asked_for_under_their_names)
