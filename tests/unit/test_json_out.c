/* src/json/json_out.c: the layout, and that it is JSON. */
#include "ts/json.h"
#include "unit.h"

static void write_sample(struct buf *b)
{
    struct json_out o;

    json_out_init(&o, b);
    json_out_open(&o, NULL, '{');
    json_out_text(&o, "text", STR("a \"quoted\"\nline"));
    json_out_open(&o, "empty", '{');
    json_out_close(&o, '}');
    json_out_open(&o, "list", '[');
    json_out_i64(&o, NULL, -7);
    json_out_open(&o, NULL, '{');
    json_out_raw(&o, "raw", STR("[1,true]"));
    json_out_close(&o, '}');
    json_out_open(&o, NULL, '[');
    json_out_close(&o, ']');
    json_out_close(&o, ']');
    json_out_raw(&o, "last", STR("null"));
    json_out_close(&o, '}');
}

START_TEST(a_value_stands_on_a_line_of_its_own_two_spaces_a_level)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *why = "";
    struct buf b;
    size_t at;

    buf_init(&b, mem, 4096);
    write_sample(&b);
    ck_assert_view(buf_str(&b), "{\n"
                                "  \"text\": \"a \\\"quoted\\\"\\nline\",\n"
                                "  \"empty\": {},\n"
                                "  \"list\": [\n"
                                "    -7,\n"
                                "    {\n"
                                "      \"raw\": [1,true]\n"
                                "    },\n"
                                "    []\n"
                                "  ],\n"
                                "  \"last\": null\n"
                                "}");
    ck_assert_msg(json_check(buf_str(&b), &why, &at), "%s", why);
    talloc_free(mem);
}
END_TEST

START_TEST(a_document_that_does_not_fit_is_a_failed_buffer)
{
    TALLOC_CTX *mem = talloc_new(NULL);

    for (size_t limit = 0; limit < 100; limit++) {
        struct buf b;
        buf_init(&b, mem, limit);
        write_sample(&b);
        ck_assert_int_eq(b.status, STATUS_TOO_LARGE);
        ck_assert_uint_le(b.len, limit);
    }
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("json_out", a_value_stands_on_a_line_of_its_own_two_spaces_a_level,
          a_document_that_does_not_fit_is_a_failed_buffer)
