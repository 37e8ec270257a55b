/* src/http/http.c: methods, media types, reply heads, keys. */
#include "ts/http.h"
#include "unit.h"

START_TEST(methods_are_case_sensitive)
{
    ck_assert_int_eq(http_method_of(STR("GET")), HTTP_GET);
    ck_assert_int_eq(http_method_of(STR("DELETE")), HTTP_DELETE);
    ck_assert_int_eq(http_method_of(STR("get")), HTTP_OTHER);
    ck_assert_int_eq(http_method_of(STR("")), HTTP_OTHER);
    ck_assert_int_eq(http_method_of(STR("GETX")), HTTP_OTHER);
    ck_assert_str_eq(http_method_name(HTTP_PATCH), "PATCH");
    ck_assert_str_eq(http_method_name(HTTP_OTHER), "OTHER");
}
END_TEST

START_TEST(only_json_in_utf8_is_json)
{
    static const struct {
        const char *type;
        bool json;
    } cases[] = {
        {"application/json", true},
        {"Application/JSON", true},
        {"application/json; charset=utf-8", true},
        {"application/json;charset=UTF-8", true},
        {"application/json; charset=\"utf-8\"", true},
        {"application/json; charset=latin1", false},
        {"application/json; boundary=x", false},
        {"application/json;", false},
        {"application/jsonx", false},
        {"text/json", false},
        {"application/x-www-form-urlencoded", false},
        {"", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(http_is_json(str_of(cases[i].type)) == cases[i].json, "%s", cases[i].type);
}
END_TEST

START_TEST(content_length_is_digits)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"", true, 0},          {"0", true, 0},
        {"65536", true, 65536}, {"-1", false, 0},
        {"+1", false, 0},       {"1 ", false, 0},
        {"1,2", false, 0},      {"99999999999999999999", false, 0},
        {"0x10", false, 0},     {"01", false, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request = {.content_length = str_of(cases[i].text)};
        int64_t value = -1;
        ck_assert_msg(http_content_length(&request, &value) == cases[i].ok, "%s", cases[i].text);
        if (cases[i].ok)
            ck_assert_int_eq(value, cases[i].value);
    }
}
END_TEST

START_TEST(keys_have_16_to_64_plain_characters)
{
    ck_assert(http_is_key(STR("0123456789abcdef")));
    ck_assert(http_is_key(STR("AZaz09_-AZaz09_-")));
    ck_assert(!http_is_key(STR("0123456789abcde")));
    ck_assert(!http_is_key(STR("0123456789abcde ")));
    ck_assert(!http_is_key(STR("0123456789abcde\xc3\xa9")));
    ck_assert(!http_is_key(STR("0123456789abcde\"")));
    char longest[65];
    memset(longest, 'k', sizeof longest);
    ck_assert(http_is_key(str_n(longest, 64)));
    ck_assert(!http_is_key(str_n(longest, 65)));
}
END_TEST

START_TEST(a_head_names_status_type_length_and_headers)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct http_reply reply;
    struct buf head;

    http_reply_init(&reply, mem);
    reply.status = 201;
    reply.content_type = "application/json";
    buf_add_str(&reply.body, STR("{}"));
    http_reply_header(&reply, "ETag", STR("\"e1\""));
    buf_init(&head, mem, 4096);
    http_reply_head(&head, &reply);
    ck_assert_view(buf_str(&head),
                   "Status: 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                   "ETag: \"e1\"\r\n\r\n");
    /* no body: neither type nor length */
    http_reply_init(&reply, mem);
    reply.status = 204;
    buf_init(&head, mem, 4096);
    http_reply_head(&head, &reply);
    ck_assert_view(buf_str(&head), "Status: 204 No Content\r\n\r\n");
    talloc_free(mem);
}
END_TEST

START_TEST(headers_past_the_limit_are_left_out)
{
    struct http_reply reply;

    http_reply_init(&reply, NULL);
    for (int i = 0; i < HTTP_HEADERS_MAX + 3; i++)
        http_reply_header(&reply, "X", STR("y"));
    ck_assert_uint_eq(reply.header_count, HTTP_HEADERS_MAX);
}
END_TEST

UNIT_MAIN("http", methods_are_case_sensitive, only_json_in_utf8_is_json, content_length_is_digits,
          keys_have_16_to_64_plain_characters, a_head_names_status_type_length_and_headers,
          headers_past_the_limit_are_left_out)
