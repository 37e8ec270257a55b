/* JSON text by field tables, byte for byte. */
#include "ts/json.h"
#include "unit.h"

static const char *const colours[] = {"red", "deep \"green\"", NULL};

struct thing {
    int64_t id;
    struct str note, reason;
    struct date day, until;
    int64_t minutes;
    int64_t colour;
    int64_t at;
};

static size_t halves_format(int64_t minutes, char out[FIELD_NUMBER_MAX])
{
    out[0] = (char)('0' + minutes / 60);
    memcpy(out + 1, minutes % 60 == 30 ? ".5" : "", minutes % 60 == 30 ? 2 : 0);
    return minutes % 60 == 30 ? 3 : 1;
}

static const struct field thing_fields[] = {
    FIELD_INT(struct thing, id),
    FIELD_TEXT(struct thing, note),
    FIELD_TEXT(struct thing, reason, .nullable = true),
    FIELD_SKIP("nothing"),
    FIELD_DATE(struct thing, day),
    FIELD_DATE(struct thing, until),
    FIELD_NAMED("hours", FIELD_HOURS, struct thing, minutes, int64_t, .format = halves_format),
    FIELD_ENUM(struct thing, colour, .names = colours),
    FIELD_NAMED("is_red", FIELD_IS, struct thing, colour, int64_t, .min = 0),
    FIELD_NAMED("made_at", FIELD_INSTANT, struct thing, at, int64_t),
};
static const struct schema thing_schema = SCHEMA("Thing", struct thing, thing_fields);

static const struct thing sample = {.id = INT64_MIN,
                                    .note = STR_INIT("a\n\"b\""),
                                    .reason = STR_INIT("late"),
                                    .day = {1},
                                    .until = {DATE_NONE_DAYS},
                                    .minutes = 450,
                                    .colour = 0,
                                    .at = 1500000};

START_TEST(writes_every_type_in_table_order)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buf b;
    struct thing other = sample;

    buf_init(&b, mem, 10000);
    json_write(&b, &thing_schema, &sample);
    ck_assert_view(buf_str(&b), "{\"id\":-9223372036854775808,\"note\":\"a\\n\\\"b\\\"\","
                                "\"reason\":\"late\",\"day\":\"1970-01-02\",\"until\":null,"
                                "\"hours\":7.5,\"colour\":\"red\",\"is_red\":true,"
                                "\"made_at\":\"1970-01-01T00:00:01.500000Z\"}");
    b.len = 0;
    other.note = other.reason = STR("");
    other.colour = 1;
    other.id = 0;
    other.minutes = 480;
    json_write(&b, &thing_schema, &other);
    ck_assert_view(buf_str(&b), "{\"id\":0,\"note\":\"\",\"reason\":null,\"day\":\"1970-01-02\","
                                "\"until\":null,\"hours\":8,\"colour\":\"deep \\\"green\\\"\","
                                "\"is_red\":false,\"made_at\":\"1970-01-01T00:00:01.500000Z\"}");
    ck_assert_int_eq(b.status, STATUS_OK);
    talloc_free(mem);
}
END_TEST

START_TEST(escapes_what_must_be_escaped_and_nothing_else)
{
    static const struct {
        struct str text;
        const char *json;
    } cases[] = {
        {STR_INIT(""), "\"\""},
        {{NULL, 0}, "\"\""},
        {STR_INIT("plain text / with <all> & 'sorts' {of} [things] \x7F"),
         "\"plain text / with <all> & 'sorts' {of} [things] \x7F\""},
        {STR_INIT("\""), "\"\\\"\""},
        {STR_INIT("\\"), "\"\\\\\""},
        {STR_INIT("\n\r\t"), "\"\\n\\r\\t\""},
        {STR_INIT("\0\b\f\x1F\x0B"), "\"\\u0000\\u0008\\u000c\\u001f\\u000b\""},
        {STR_INIT("1234567\"1234567\\12345678\n"), "\"1234567\\\"1234567\\\\12345678\\n\""},
        {STR_INIT("Gr\xC3\xBC\xC3\x9F"
                  "e \xE2\x82\xAC \xF0\x9F\x98\x80!"),
         "\"Gr\xC3\xBC\xC3\x9F"
         "e \xE2\x82\xAC \xF0\x9F\x98\x80!\""},
        {STR_INIT("\xFF"), "\"\xEF\xBF\xBD\""},
        {STR_INIT("a\xC3"), "\"a\xEF\xBF\xBD\""},
        {STR_INIT("\xED\xA0\x80z"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\""},
        {STR_INIT("\xE2\x82z\""), "\"\xEF\xBF\xBD\xEF\xBF\xBDz\\\"\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf b;
        buf_init(&b, NULL, 10000);
        json_write_text(&b, cases[i].text);
        ck_assert_view(buf_str(&b), cases[i].json);
        ck_assert_int_eq(b.status, STATUS_OK);
        talloc_free(b.data);
    }
}
END_TEST

/* Whatever bytes a text has, what is written passes the gate and, if the text was valid, comes
 * back as it was. */
START_TEST(any_text_survives_the_round_trip)
{
    for (int c = 1; c < 256; c++) {
        for (size_t place = 0; place < 18; place++) {
            TALLOC_CTX *mem = talloc_new(NULL);
            const struct json *json = NULL;
            char text[18];
            struct faults faults;
            struct buf b;
            memset(text, 'x', sizeof text);
            text[place] = (char)c;
            buf_init(&b, mem, 1000);
            json_write_text(&b, str_n(text, sizeof text));
            faults_init(&faults, mem);
            ck_assert_int_eq(json_parse(mem, buf_str(&b), &faults, &json), STATUS_OK);
            if (c < 0x80)
                ck_assert(str_eq(json_text(json), str_n(text, sizeof text)));
            else
                ck_assert_uint_eq(json_text(json).len, sizeof text + 2); /* U+FFFD has 3 bytes */
            talloc_free(mem);
        }
    }
}
END_TEST

START_TEST(a_full_buffer_fails_and_holds_no_more_than_its_limit)
{
    static const char *const long_text = "0123456789\n0123456789";
    struct buf whole;

    buf_init(&whole, NULL, 10000);
    json_write(&whole, &thing_schema, &sample);
    for (size_t limit = 0; limit < whole.len; limit++) {
        struct buf b;
        buf_init(&b, NULL, limit);
        json_write(&b, &thing_schema, &sample);
        ck_assert_int_eq(b.status, STATUS_TOO_LARGE);
        ck_assert_uint_le(b.len, limit);
        talloc_free(b.data);
    }
    for (size_t limit = 0; limit < strlen(long_text) + 3; limit++) {
        struct buf b;
        buf_init(&b, NULL, limit);
        json_write_text(&b, str_of(long_text));
        ck_assert_int_eq(b.status, STATUS_TOO_LARGE);
        ck_assert_uint_le(b.len, limit);
        talloc_free(b.data);
    }
    talloc_free(whole.data);
}
END_TEST

START_TEST(a_buffer_that_has_failed_stays_as_it_is)
{
    struct buf b;

    buf_init(&b, NULL, 10000);
    buf_add_char(&b, '[');
    b.status = STATUS_NO_MEMORY;
    json_write(&b, &thing_schema, &sample);
    json_write_text(&b, STR("a"));
    ck_assert_view(buf_str(&b), "[");
    ck_assert_int_eq(b.status, STATUS_NO_MEMORY);
    talloc_free(b.data);
}
END_TEST

#define LONGEST_NAME "a_name_of_32_characters_is_allow"

START_TEST(a_name_may_have_32_characters)
{
    static const struct field fields[] = {
        FIELD_NAMED(LONGEST_NAME, FIELD_INT, struct thing, id, int64_t)};
    static const struct schema schema = SCHEMA("Long", struct thing, fields);
    struct buf b;

    ck_assert_uint_eq(strlen(LONGEST_NAME), FIELD_NAME_MAX);
    buf_init(&b, NULL, 10000);
    json_write(&b, &schema, &sample);
    ck_assert_view(buf_str(&b), "{\"" LONGEST_NAME "\":-9223372036854775808}");
    talloc_free(b.data);
}
END_TEST

START_TEST(appends_to_what_is_there)
{
    struct buf b;

    buf_init(&b, NULL, 10000);
    for (int i = 0; i < 200; i++) {
        buf_add_char(&b, i == 0 ? '[' : ',');
        json_write_text(&b, STR("0123456789"));
    }
    buf_add_char(&b, ']');
    const char *why = "";
    size_t at = 0;
    ck_assert_msg(json_check(buf_str(&b), &why, &at), "%s", why);
    ck_assert_uint_eq(b.len, 200 * 13 + 1);
    talloc_free(b.data);
}
END_TEST

struct line {
    int64_t minutes, late, size;
};
static const struct field line_fields[] = {
    FIELD_INT(struct line, minutes),
    FIELD_BOOL(struct line, late),
    FIELD_INT(struct line, size, .nullable = true),
};
static const struct schema line_schema = SCHEMA("Line", struct line, line_fields);
struct page {
    struct field_list lines, names;
};
static const struct field page_fields[] = {
    FIELD_LIST(struct page, lines, .items = &line_schema),
    FIELD_TEXTS(struct page, names),
};
static const struct schema page_schema = SCHEMA("Page", struct page, page_fields);

START_TEST(writes_lists)
{
    static const struct line lines[] = {{7, 0, 0}, {8, 1, 5}};
    static const struct str names[] = {STR_INIT("a"), STR_INIT("\"")};
    const struct page page = {{lines, 2}, {names, 2}}, empty = {{NULL, 0}, {NULL, 0}};
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buf b;

    buf_init(&b, mem, 1000);
    json_write(&b, &page_schema, &page);
    json_write(&b, &page_schema, &empty);
    ck_assert_view(buf_str(&b),
                   "{\"lines\":[{\"minutes\":7,\"late\":false,\"size\":null},"
                   "{\"minutes\":8,\"late\":true,\"size\":5}],\"names\":[\"a\",\"\\\"\"]}"
                   "{\"lines\":[],\"names\":[]}");
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("json_write", writes_lists, writes_every_type_in_table_order,
          escapes_what_must_be_escaped_and_nothing_else, any_text_survives_the_round_trip,
          a_full_buffer_fails_and_holds_no_more_than_its_limit,
          a_buffer_that_has_failed_stays_as_it_is, a_name_may_have_32_characters,
          appends_to_what_is_there)
