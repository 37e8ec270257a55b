/* Field tables: the one place of limits, for JSON members and query parameters alike. */
#include "ts/field.h"

#include "ts/parse.h"
#include "unit.h"

static const char *const colours[] = {"red", "green", "blue", NULL};

struct thing {
    struct str name, word;
    uint32_t present;
    int64_t count;
    struct date day, month_end;
    int64_t minutes;
    int64_t colour;
    int64_t at;
};

static bool month_end_parse(struct str text, int64_t *out, const char **why)
{
    struct date date;

    *why = "must be the last of a month";
    if (!date_parse_iso(text, &date))
        return false;
    int32_t year, month, day;
    date_to_civil((struct date){date.days + 1}, &year, &month, &day);
    *out = date.days;
    return day == 1;
}

static bool whole_parse(struct str text, int64_t *out, const char **why)
{
    *why = "must be whole";
    return parse_i64(text, 0, 24, out);
}

static bool word_parse(struct str text, int64_t *out, const char **why)
{
    (void)out;
    *why = "must be one word";
    return str_find(text, ' ') == text.len;
}

enum { NAME, WORD, COUNT, DAY, MONTH_END, HOURS, COLOUR, IS_RED, AT, IGNORED };
static const struct field thing_fields[] = {
    [NAME] = FIELD_TEXT(struct thing, name, .min = 2, .max = 4),
    [WORD] = FIELD_TEXT(struct thing, word, .max = 4, .parse = word_parse),
    [COUNT] = FIELD_INT(struct thing, count, .min = -3, .max = 1000),
    [DAY] = FIELD_DATE(struct thing, day),
    [MONTH_END] = FIELD_DATE(struct thing, month_end, .parse = month_end_parse),
    [HOURS] =
        FIELD_NAMED("hours", FIELD_HOURS, struct thing, minutes, int64_t, .parse = whole_parse),
    [COLOUR] = FIELD_ENUM(struct thing, colour, .min = 1, .max = 2, .names = colours),
    [IS_RED] = FIELD_NAMED("is_red", FIELD_IS, struct thing, colour, int64_t),
    [AT] = FIELD_NAMED("at", FIELD_INSTANT, struct thing, at, int64_t),
    [IGNORED] = FIELD_SKIP("id"),
};
static const struct schema thing_schema = SCHEMA_INPUT("Thing", struct thing, thing_fields);
static const struct schema shown_schema = SCHEMA("Shown", struct thing, thing_fields);

START_TEST(tables_know_their_struct)
{
    ck_assert_str_eq(thing_schema.name, "Thing");
    ck_assert_uint_eq(thing_schema.count, IGNORED + 1);
    ck_assert_uint_eq(thing_schema.size, sizeof(struct thing));
    ck_assert_uint_eq(thing_schema.present_offset, offsetof(struct thing, present));
    ck_assert_uint_eq(shown_schema.present_offset, SCHEMA_NO_PRESENT);
    ck_assert_uint_eq(thing_fields[HOURS].offset, offsetof(struct thing, minutes));
    ck_assert_str_eq(thing_fields[COUNT].name, "count");
}
END_TEST

START_TEST(rows_are_found_by_their_whole_name)
{
    ck_assert_ptr_eq(field_find(&thing_schema, STR("name")), &thing_fields[NAME]);
    ck_assert_ptr_eq(field_find(&thing_schema, STR("id")), &thing_fields[IGNORED]);
    ck_assert_ptr_null(field_find(&thing_schema, STR("nam")));
    ck_assert_ptr_null(field_find(&thing_schema, STR("names")));
    ck_assert_ptr_null(field_find(&thing_schema, STR("Name")));
    ck_assert_ptr_null(field_find(&thing_schema, STR("")));
    ck_assert_ptr_null(field_find(&thing_schema, STR("name\0")));
}
END_TEST

START_TEST(values_are_stored_and_marked)
{
    struct thing thing = {0};

    field_put_i64(&thing_schema, &thing_fields[COUNT], &thing, 7);
    field_put_i64(&thing_schema, &thing_fields[DAY], &thing, DATE_NONE_DAYS);
    field_put_str(&thing_schema, &thing_fields[NAME], &thing, STR("abc"));
    ck_assert_int_eq(thing.count, 7);
    ck_assert_int_eq(thing.day.days, DATE_NONE_DAYS);
    ck_assert_view(thing.name, "abc");
    ck_assert_uint_eq(thing.present, 1 << COUNT | 1 << DAY | 1 << NAME);
    ck_assert(field_is_present(&thing_schema, &thing, COUNT));
    ck_assert(!field_is_present(&thing_schema, &thing, HOURS));
    /* a struct without a place for marks */
    struct thing shown = {0};
    field_put_i64(&shown_schema, &thing_fields[COUNT], &shown, 7);
    ck_assert_int_eq(shown.count, 7);
    ck_assert_uint_eq(shown.present, 0);
}
END_TEST

#define LENGTH "must have 2 to 4 characters, has "
#define CHARACTERS "control characters other than tab and newline are not allowed"
#define RANGE "must be a whole number from -3 to 1000"
#define DATE "must be a date YYYY-MM-DD"
#define ONE_OF "must be one of: green, blue"

START_TEST(text_is_checked_and_stored)
{
    static const struct {
        int row;
        struct str text;
        const char *code, *detail; /* NULL = taken */
    } cases[] = {
        {NAME, STR_INIT("ab"), NULL, NULL},
        {NAME, STR_INIT("\xF0\x9F\x98\x80\xE2\x82\xAC\xC3\xA9!"), NULL, NULL},
        {NAME, STR_INIT("a\nb\t"), NULL, NULL},
        {NAME, STR_INIT("a"), "length", LENGTH "1"},
        {NAME, STR_INIT(""), "length", LENGTH "0"},
        {NAME, STR_INIT("abcde"), "length", LENGTH "5"},
        {NAME, STR_INIT("ab\r"), "characters", CHARACTERS},
        {NAME, STR_INIT("ab\0"), "characters", CHARACTERS},
        {NAME, STR_INIT("ab\x7F"), "characters", CHARACTERS},
        {NAME, STR_INIT("ab\xC2\x85"), "characters", CHARACTERS},
        {NAME, STR_INIT("ab\xFF"), "characters", CHARACTERS},
        {WORD, STR_INIT("ab"), NULL, NULL},
        {WORD, STR_INIT(""), NULL, NULL},
        {WORD, STR_INIT("a b"), "format", "must be one word"},
        {WORD, STR_INIT("a b c"), "length", "must have 0 to 4 characters, has 5"},
        {WORD, STR_INIT("a \x7F"), "characters", CHARACTERS},
        {COUNT, STR_INIT("-3"), NULL, NULL},
        {COUNT, STR_INIT("1000"), NULL, NULL},
        {COUNT, STR_INIT("-4"), "range", RANGE},
        {COUNT, STR_INIT("1001"), "range", RANGE},
        {COUNT, STR_INIT("1.0"), "range", RANGE},
        {COUNT, STR_INIT("01"), "range", RANGE},
        {COUNT, STR_INIT(""), "range", RANGE},
        {COUNT, STR_INIT("99999999999999999999"), "range", RANGE},
        {DAY, STR_INIT("2026-11-23"), NULL, NULL},
        {DAY, STR_INIT("2026-11-31"), "format", DATE},
        {DAY, STR_INIT(""), "format", DATE},
        {MONTH_END, STR_INIT("2026-11-30"), NULL, NULL},
        {MONTH_END, STR_INIT("2026-11-29"), "format", "must be the last of a month"},
        {MONTH_END, STR_INIT("soon"), "format", "must be the last of a month"},
        {HOURS, STR_INIT("8"), NULL, NULL},
        {HOURS, STR_INIT("25"), "format", "must be whole"},
        {COLOUR, STR_INIT("green"), NULL, NULL},
        {COLOUR, STR_INIT("blue"), NULL, NULL},
        {COLOUR, STR_INIT("red"), "value", ONE_OF}, /* a name, but not one this row offers */
        {COLOUR, STR_INIT("gree"), "value", ONE_OF},
        {COLOUR, STR_INIT("Green"), "value", ONE_OF},
        {COLOUR, STR_INIT(""), "value", ONE_OF},
        {COLOUR, STR_INIT("1"), "value", ONE_OF},
        {IS_RED, STR_INIT("true"), "read-only", "is set by the server"},
        {AT, STR_INIT("2026-11-23T10:00:00Z"), "read-only", "is set by the server"},
        {IGNORED, STR_INIT("anything \xFF"), NULL, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct thing thing = {0};
        struct field_error error = {.code = ""};
        const struct field *field = &thing_fields[cases[i].row];
        bool ok = field_read(&thing_schema, field, cases[i].text, &thing, &error);
        ck_assert_msg(ok == (cases[i].code == NULL), "case %zu", i);
        uint32_t mark = ok && cases[i].row != IGNORED ? 1U << cases[i].row : 0;
        ck_assert_uint_eq(thing.present, mark);
        if (!ok) {
            ck_assert_str_eq(error.code, cases[i].code);
            ck_assert_str_eq(error.detail, cases[i].detail);
        }
    }
}
END_TEST

START_TEST(what_was_read_is_in_its_member)
{
    struct thing thing = {0};
    struct field_error error;

    ck_assert(field_read(&thing_schema, &thing_fields[NAME], STR("abc"), &thing, &error));
    ck_assert(field_read(&thing_schema, &thing_fields[COUNT], STR("-2"), &thing, &error));
    ck_assert(field_read(&thing_schema, &thing_fields[DAY], STR("1970-01-03"), &thing, &error));
    ck_assert(
        field_read(&thing_schema, &thing_fields[MONTH_END], STR("1970-01-31"), &thing, &error));
    ck_assert(field_read(&thing_schema, &thing_fields[HOURS], STR("8"), &thing, &error));
    ck_assert(field_read(&thing_schema, &thing_fields[COLOUR], STR("blue"), &thing, &error));
    ck_assert_view(thing.name, "abc");
    ck_assert_int_eq(thing.count, -2);
    ck_assert_int_eq(thing.day.days, 2);
    ck_assert_int_eq(thing.month_end.days, 30);
    ck_assert_int_eq(thing.minutes, 8);
    ck_assert_int_eq(thing.colour, 2);
}
END_TEST

UNIT_MAIN("field", tables_know_their_struct, rows_are_found_by_their_whole_name,
          values_are_stored_and_marked, text_is_checked_and_stored, what_was_read_is_in_its_member)
