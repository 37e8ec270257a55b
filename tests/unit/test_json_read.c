/* Objects into structs by field tables: what is accepted, and every fault with its pointer. */
#include <stdio.h>

#include "ts/json.h"
#include "ts/parse.h"
#include "unit.h"

static const char *const colours[] = {"red", "green", "blue", NULL};

struct thing {
    uint32_t present;
    struct str name;
    int64_t count;
    struct date day;
    int64_t minutes;
    int64_t colour;
};

/* Tenths of an hour: enough to see that the row's own reader is asked. */
static bool tenths_parse(struct str text, int64_t *out, const char **why)
{
    int32_t whole, tenth;

    *why = "must look like 1.5";
    if (text.len == 1 && parse_digits(text, 1, &whole)) {
        *out = whole * 60;
        return true;
    }
    if (text.len != 3 || !parse_digits(text, 1, &whole) || text.data[1] != '.' ||
        !parse_digits(str_skip(text, 2), 1, &tenth))
        return false;
    *out = whole * 60 + tenth * 6;
    return true;
}

enum { NAME, COUNT, DAY, MINUTES, COLOUR };
static const struct field thing_fields[] = {
    [NAME] = FIELD_TEXT(struct thing, name, .required = true, .min = 1, .max = 5),
    [COUNT] = FIELD_INT(struct thing, count, .min = -10, .max = 10),
    [DAY] = FIELD_DATE(struct thing, day, .required = true),
    [MINUTES] =
        FIELD_NAMED("hours", FIELD_HOURS, struct thing, minutes, int64_t, .parse = tenths_parse),
    [COLOUR] = FIELD_ENUM(struct thing, colour, .min = 0, .max = 1, .names = colours),
    FIELD_SKIP("id"),
    FIELD_READ_ONLY("version"),
    FIELD_NAMED("made_at", FIELD_INSTANT, struct thing, count, int64_t),
    FIELD_READ_ONLY("a~b/c"),
};
static const struct schema thing_schema = SCHEMA_INPUT("Thing", struct thing, thing_fields);

/* Reads text into *out; the faults are written to `said` as "pointer code; pointer code". */
static enum status read_thing(const char *text, struct thing *out, char *said, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *json = NULL;
    struct faults faults;
    size_t len = 0;

    faults_init(&faults, mem);
    ck_assert_msg(json_parse(mem, str_of(text), &faults, &json) == STATUS_OK, "%s", text);
    enum status st = json_read(mem, json, &thing_schema, out, &faults);
    said[0] = '\0';
    for (size_t i = 0; i < faults.count && i < FAULTS_MAX; i++)
        len += (size_t)snprintf(said + len, size - len, "%s%s %s: %s", i == 0 ? "" : "; ",
                                faults.list[i].pointer, faults.list[i].code, faults.list[i].detail);
    if (st == STATUS_BAD_JSON)
        (void)snprintf(said, size, "%s", faults.detail);
    out->name = str_n("", 0); /* it pointed into the document */
    talloc_free(mem);
    return st;
}

#define REST ",\"day\":\"2026-11-23\"}"

START_TEST(reads_every_type)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *json;
    struct faults faults;
    struct thing thing = {0};

    faults_init(&faults, mem);
    ck_assert_int_eq(json_parse(mem,
                                STR("{\"colour\":\"green\",\"hours\":1.5,\"count\":-7,\"name\":"
                                    "\"\\u00e9a\",\"day\":\"1970-01-02\",\"id\":[1,{}]}"),
                                &faults, &json),
                     STATUS_OK);
    ck_assert_int_eq(json_read(mem, json, &thing_schema, &thing, &faults), STATUS_OK);
    ck_assert_view(thing.name, "\xC3\xA9"
                               "a");
    ck_assert_int_eq(thing.count, -7);
    ck_assert_int_eq(thing.day.days, 1);
    ck_assert_int_eq(thing.minutes, 90);
    ck_assert_int_eq(thing.colour, 1);
    ck_assert_uint_eq(thing.present, 31);
    talloc_free(mem);
}
END_TEST

START_TEST(marks_what_was_there_and_leaves_the_rest_alone)
{
    struct thing thing = {.count = 5, .minutes = 6, .colour = 2};
    char said[400];

    ck_assert_int_eq(read_thing("{\"name\":\"a\"" REST, &thing, said, sizeof said), STATUS_OK);
    ck_assert_uint_eq(thing.present, 1 << NAME | 1 << DAY);
    ck_assert_int_eq(thing.count, 5);
    ck_assert_int_eq(thing.minutes, 6);
    ck_assert_int_eq(thing.colour, 2);
}
END_TEST

START_TEST(takes_hours_as_number_or_text)
{
    static const struct {
        const char *text;
        int64_t minutes;
    } cases[] = {{"{\"name\":\"a\",\"hours\":2" REST, 120},
                 {"{\"name\":\"a\",\"hours\":2.5" REST, 150},
                 {"{\"name\":\"a\",\"hours\":\"2.5\"" REST, 150}};
    char said[400];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct thing thing = {0};
        ck_assert_int_eq(read_thing(cases[i].text, &thing, said, sizeof said), STATUS_OK);
        ck_assert_int_eq(thing.minutes, cases[i].minutes);
    }
}
END_TEST

#define TEXT "must be text"
#define WHOLE "must be a whole number without decimal point or exponent"
#define DATE "must be a date as text"
#define HOURS "must be a number or numeric text"

START_TEST(says_each_fault_with_its_pointer)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"{\"name\":1" REST, "/name type: " TEXT},
        {"{\"name\":null" REST, "/name type: " TEXT},
        {"{\"name\":[\"a\"]" REST, "/name type: " TEXT},
        {"{\"name\":\"\"" REST, "/name length: must have 1 to 5 characters, has 0"},
        {"{\"name\":\"abcdef\"" REST, "/name length: must have 1 to 5 characters, has 6"},
        {"{\"name\":\"a\\u0007\"" REST,
         "/name characters: control characters other than tab and newline are not allowed"},
        {"{\"name\":\"a\",\"count\":\"1\"" REST, "/count type: " WHOLE},
        {"{\"name\":\"a\",\"count\":1.0" REST, "/count type: " WHOLE},
        {"{\"name\":\"a\",\"count\":1e0" REST, "/count type: " WHOLE},
        {"{\"name\":\"a\",\"count\":true" REST, "/count type: " WHOLE},
        {"{\"name\":\"a\",\"count\":null" REST, "/count type: " WHOLE},
        {"{\"name\":\"a\",\"count\":11" REST,
         "/count range: must be a whole number from -10 to 10"},
        {"{\"name\":\"a\",\"count\":-9223372036854775808" REST,
         "/count range: must be a whole number from -10 to 10"},
        {"{\"name\":\"a\",\"day\":20261123}", "/day type: " DATE},
        {"{\"name\":\"a\",\"day\":null}", "/day type: " DATE},
        {"{\"name\":\"a\",\"day\":\"23.11.2026\"}", "/day format: must be a date YYYY-MM-DD"},
        {"{\"name\":\"a\",\"hours\":true" REST, "/hours type: " HOURS},
        {"{\"name\":\"a\",\"hours\":null" REST, "/hours type: " HOURS},
        {"{\"name\":\"a\",\"hours\":{}" REST, "/hours type: " HOURS},
        {"{\"name\":\"a\",\"hours\":1e0" REST, "/hours format: must look like 1.5"},
        {"{\"name\":\"a\",\"hours\":1.50" REST, "/hours format: must look like 1.5"},
        {"{\"name\":\"a\",\"hours\":\"\"" REST, "/hours format: must look like 1.5"},
        {"{\"name\":\"a\",\"colour\":1" REST, "/colour type: " TEXT},
        {"{\"name\":\"a\",\"colour\":\"pink\"" REST, "/colour value: must be one of: red, green"},
        {"{\"name\":\"a\",\"colour\":\"blue\"" REST, "/colour value: must be one of: red, green"},
        {"{\"name\":\"a\",\"version\":1" REST, "/version read-only: is set by the server"},
        {"{\"name\":\"a\",\"version\":null" REST, "/version read-only: is set by the server"},
        {"{\"name\":\"a\",\"made_at\":\"x\"" REST, "/made_at read-only: is set by the server"},
        {"{\"name\":\"a\",\"a~b/c\":1" REST, "/a~0b~1c read-only: is set by the server"},
        {"{\"name\":\"a\",\"nam\":1" REST, "/nam unknown: there is no such member"},
        {"{\"name\":\"a\",\"\":1" REST, "/ unknown: there is no such member"},
        {"{\"name\":\"a\",\"x/~y\":1" REST, "/x~1~0y unknown: there is no such member"},
        {"{}", "/name required: is missing; /day required: is missing"},
        {"{\"colour\":2,\"name\":3,\"what\":4}",
         "/colour type: " TEXT "; /name type: " TEXT
         "; /what unknown: there is no such member; /day required: is missing"},
    };
    char said[1000];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct thing thing = {0};
        ck_assert_msg(read_thing(cases[i].text, &thing, said, sizeof said) == STATUS_INVALID, "%s",
                      cases[i].text);
        ck_assert_str_eq(said, cases[i].said);
    }
}
END_TEST

START_TEST(a_faulty_member_is_not_stored)
{
    struct thing thing = {.count = 3};
    char said[400];

    ck_assert_int_eq(read_thing("{\"name\":\"a\",\"count\":11" REST, &thing, said, sizeof said),
                     STATUS_INVALID);
    ck_assert_int_eq(thing.count, 3);
    ck_assert_uint_eq(thing.present >> COUNT & 1, 0);
}
END_TEST

START_TEST(refuses_what_is_no_object)
{
    static const char *const texts[] = {"[]", "null", "1", "\"{}\"", "true"};
    char said[400];

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct thing thing = {0};
        ck_assert_int_eq(read_thing(texts[i], &thing, said, sizeof said), STATUS_BAD_JSON);
        ck_assert_str_eq(said, "a JSON object is expected");
    }
    struct faults faults;
    struct thing thing = {0};
    faults_init(&faults, NULL);
    ck_assert_int_eq(json_read(NULL, NULL, &thing_schema, &thing, &faults), STATUS_BAD_JSON);
    talloc_free((void *)(uintptr_t)faults.detail);
}
END_TEST

/* Faults that were there before are not taken for faults of this object. */
START_TEST(counts_its_own_faults_only)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *json;
    struct faults faults;
    struct thing thing = {0};

    faults_init(&faults, mem);
    faults_add(&faults, "?limit", "range", "too large");
    ck_assert_int_eq(json_parse(mem, STR("{\"name\":\"a\"" REST), &faults, &json), STATUS_OK);
    ck_assert_int_eq(json_read(mem, json, &thing_schema, &thing, &faults), STATUS_OK);
    ck_assert_uint_eq(faults.count, 1);
    talloc_free(mem);
}
END_TEST

START_TEST(keeps_the_first_faults_of_many)
{
    char text[2000] = "{\"name\":\"a\"", said[4000];
    size_t len = strlen(text);
    struct thing thing = {0};

    for (int i = 0; i < FAULTS_MAX + 8; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, ",\"x%d\":0", i);
    (void)snprintf(text + len, sizeof text - len, "}");
    ck_assert_int_eq(read_thing(text, &thing, said, sizeof said), STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(said, "/x31 unknown"));
    ck_assert_ptr_null(strstr(said, "/x32 unknown"));
}
END_TEST

/* Pointers are repeated to the client: a name of a whole body is not. */
START_TEST(cuts_long_names_before_a_character)
{
    static const struct {
        size_t plain; /* letters before the two-byte character */
        size_t kept;  /* bytes of the name in the pointer */
    } cases[] = {{98, 100}, {99, 99}, {100, 100}, {300, 100}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[500], said[1000];
        struct thing thing = {0};
        (void)snprintf(text, sizeof text, "{\"name\":\"a\",\"%0*d\xC3\xA9zz\":1" REST,
                       (int)cases[i].plain, 0);
        ck_assert_int_eq(read_thing(text, &thing, said, sizeof said), STATUS_INVALID);
        ck_assert_uint_eq(strcspn(said, ".") - 1, cases[i].kept);
        ck_assert_str_eq(said + cases[i].kept + 1, "... unknown: there is no such member");
    }
}
END_TEST

START_TEST(a_name_of_the_longest_length_is_not_cut)
{
    char text[500], said[1000];
    struct thing thing = {0};

    (void)snprintf(text, sizeof text, "{\"name\":\"a\",\"%0100d\":1" REST, 0);
    ck_assert_int_eq(read_thing(text, &thing, said, sizeof said), STATUS_INVALID);
    ck_assert_str_eq(said + 101, " unknown: there is no such member");
    /* each character of it may need an escape */
    char slashes[101];
    memset(slashes, '/', 100);
    slashes[100] = '\0';
    (void)snprintf(text, sizeof text, "{\"name\":\"a\",\"%s\":1" REST, slashes);
    ck_assert_int_eq(read_thing(text, &thing, said, sizeof said), STATUS_INVALID);
    ck_assert_str_eq(said + 201, " unknown: there is no such member");
}
END_TEST

/* --- lists, null and booleans -------------------------------------------------------------------- */
struct line {
    uint32_t present;
    int64_t minutes, gone;
};
enum { LINE_MINUTES, LINE_GONE };
static const struct field line_fields[] = {
    [LINE_MINUTES] = FIELD_INT(struct line, minutes, .required = true, .min = 1, .max = 9),
    [LINE_GONE] = FIELD_BOOL(struct line, gone),
};
static const struct schema line_schema = SCHEMA_INPUT("Line", struct line, line_fields);

struct page {
    uint32_t present;
    struct str note;
    struct date until;
    int64_t size;
    struct field_list lines, names;
};
enum { PAGE_NOTE, PAGE_UNTIL, PAGE_SIZE, PAGE_LINES };
static const struct field page_fields[] = {
    [PAGE_NOTE] = FIELD_TEXT(struct page, note, .min = 1, .max = 9, .nullable = true),
    [PAGE_UNTIL] = FIELD_DATE(struct page, until, .nullable = true),
    [PAGE_SIZE] = FIELD_INT(struct page, size, .min = 1, .max = 9, .nullable = true),
    [PAGE_LINES] = FIELD_LIST(struct page, lines, .items = &line_schema, .min = 1, .max = 3),
    FIELD_TEXTS(struct page, names),
};
static const struct schema page_schema = SCHEMA_INPUT("Page", struct page, page_fields);

START_TEST(reads_lists_into_structs)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *json;
    struct faults faults;
    struct page page = {0};

    faults_init(&faults, mem);
    ck_assert_int_eq(json_parse(mem,
                                STR("{\"lines\":[{\"minutes\":3},{\"gone\":true,\"minutes\":4},"
                                    "{\"minutes\":5,\"gone\":false}]}"),
                                &faults, &json),
                     STATUS_OK);
    ck_assert_int_eq(json_read(mem, json, &page_schema, &page, &faults), STATUS_OK);
    ck_assert_uint_eq(page.lines.count, 3);
    const struct line *lines = page.lines.items;
    ck_assert_int_eq(lines[0].minutes, 3);
    ck_assert(!field_is_present(&line_schema, &lines[0], LINE_GONE));
    ck_assert_int_eq(lines[1].gone, 1);
    ck_assert_int_eq(lines[2].gone, 0);
    ck_assert(field_is_present(&line_schema, &lines[2], LINE_GONE));
    ck_assert_uint_eq(page.present, 1U << PAGE_LINES);
    talloc_free(mem);
}
END_TEST

START_TEST(null_stands_for_nothing_where_a_row_says_so)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *json;
    struct faults faults;
    struct page page = {.note = STR("old"), .until = {7}, .size = 7};

    faults_init(&faults, mem);
    ck_assert_int_eq(
        json_parse(mem, STR("{\"note\":null,\"until\":null,\"size\":null}"), &faults, &json),
        STATUS_OK);
    ck_assert_int_eq(json_read(mem, json, &page_schema, &page, &faults), STATUS_OK);
    ck_assert_view(page.note, "");
    ck_assert_int_eq(page.until.days, DATE_NONE_DAYS);
    ck_assert_int_eq(page.size, 0);
    ck_assert_uint_eq(page.present, 7);
    talloc_free(mem);
}
END_TEST

START_TEST(says_each_fault_of_a_list_with_its_place)
{
    static const struct {
        const char *json, *said;
    } cases[] = {
        {"{\"lines\":[]}", "/lines length: must have 1 to 3 items, has 0"},
        {"{\"lines\":[{},{},{},{}]}", "/lines length: must have 1 to 3 items, has 4"},
        {"{\"lines\":{}}", "/lines type: must be an array"},
        {"{\"lines\":null}", "/lines type: must be an array"},
        {"{\"lines\":[7]}", "/lines/0 type: must be an object"},
        {"{\"lines\":[{\"minutes\":1},{}]}", "/lines/1/minutes required: is missing"},
        {"{\"lines\":[{\"minutes\":1},{\"minutes\":10,\"gone\":1,\"x\":2}]}",
         "/lines/1/minutes range: must be a whole number from 1 to 9; "
         "/lines/1/gone type: must be true or false; /lines/1/x unknown: there is no such member"},
        {"{\"names\":[]}", "/names read-only: is set by the server"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        const struct json *json;
        struct faults faults;
        struct page page = {0};
        char said[400] = "";
        size_t len = 0;

        faults_init(&faults, mem);
        ck_assert_int_eq(json_parse(mem, str_of(cases[i].json), &faults, &json), STATUS_OK);
        ck_assert_int_eq(json_read(mem, json, &page_schema, &page, &faults), STATUS_INVALID);
        for (size_t k = 0; k < faults.count; k++)
            len += (size_t)snprintf(said + len, sizeof said - len, "%s%s %s: %s",
                                    k == 0 ? "" : "; ", faults.list[k].pointer, faults.list[k].code,
                                    faults.list[k].detail);
        ck_assert_str_eq(said, cases[i].said);
        talloc_free(mem);
    }
}
END_TEST

UNIT_MAIN("json_read", reads_every_type, marks_what_was_there_and_leaves_the_rest_alone,
          takes_hours_as_number_or_text, says_each_fault_with_its_pointer,
          a_faulty_member_is_not_stored, refuses_what_is_no_object, counts_its_own_faults_only,
          keeps_the_first_faults_of_many, cuts_long_names_before_a_character,
          a_name_of_the_longest_length_is_not_cut, reads_lists_into_structs,
          null_stands_for_nothing_where_a_row_says_so, says_each_fault_of_a_list_with_its_place)
