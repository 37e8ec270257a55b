#include "ts/parse.h"

#include "unit.h"

START_TEST(whole_numbers_and_nothing_else)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"7", true, 7},
        {"-7", true, -7},
        {"1000", true, 1000},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"9999999999999999999", false, 0},
        {"18446744073709551617", false, 0}, /* would wrap to 1 */
        {"100000000000000000000", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"-0", false, 0},
        {"00", false, 0},
        {"012", false, 0},
        {"-012", false, 0},
        {"+12", false, 0},
        {" 12", false, 0},
        {"12 ", false, 0},
        {"12abc", false, 0},
        {"12.0", false, 0},
        {"1e3", false, 0},
        {"0x1", false, 0},
        {"--1", false, 0},
        {"1-", false, 0},
        {"/", false, 0},
        {":", false, 0},
        {"\xEF\xBC\x91", false, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 42;
        bool ok = parse_i64(str_of(cases[i].text), INT64_MIN, INT64_MAX, &value);
        ck_assert_msg(ok == cases[i].ok, "%s", cases[i].text);
        ck_assert_msg(value == (ok ? cases[i].value : 42), "%s", cases[i].text);
    }
    int64_t value = 42;
    ck_assert(!parse_i64(STR("1\0"), INT64_MIN, INT64_MAX, &value));
    ck_assert(!parse_i64(str_of(NULL), INT64_MIN, INT64_MAX, &value));
}
END_TEST

START_TEST(numbers_have_a_range)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {{"-5", true}, {"5", true}, {"0", true}, {"-6", false}, {"6", false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value;
        ck_assert_msg(parse_i64(str_of(cases[i].text), -5, 5, &value) == cases[i].ok, "%s",
                      cases[i].text);
    }
}
END_TEST

START_TEST(ids_are_exact_in_json)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"1", true},
        {"9007199254740991", true},
        {"9007199254740992", false},
        {"9223372036854775807", false},
        {"0", false},
        {"-1", false},
        {"12abc", false},
        {"012", false},
        {"+12", false},
        {"12.0", false},
        {"", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t id;
        ck_assert_msg(parse_id(str_of(cases[i].text), &id) == cases[i].ok, "%s", cases[i].text);
    }
}
END_TEST

START_TEST(digits_at_the_front)
{
    static const struct {
        const char *text;
        size_t n;
        bool ok;
        int32_t value;
    } cases[] = {
        {"2026-11", 4, true, 2026},   {"007", 3, true, 7}, {"999999999", 9, true, 999999999},
        {"12", 2, true, 12},          {"12", 3, false, 0}, {"1x", 2, false, 0},
        {" 1", 2, false, 0},          {"-1", 2, false, 0}, {"+1", 2, false, 0},
        {"1234567890", 10, false, 0}, {"1", 0, false, 0},  {"", 1, false, 0},
        {"1:", 2, false, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t value = 42;
        bool ok = parse_digits(str_of(cases[i].text), cases[i].n, &value);
        ck_assert_msg(ok == cases[i].ok, "%s", cases[i].text);
        ck_assert_msg(value == (ok ? cases[i].value : 42), "%s", cases[i].text);
    }
}
END_TEST

START_TEST(hexadecimal_of_an_exact_length)
{
    static const uint8_t expected[] = {0x00, 0x9A, 0xFF, 0x4c};
    uint8_t out[4] = {1, 1, 1, 1};

    static const char *const bad[] = {"009aFf4",  "009aFf4C0", "009aFf4g", "009aFf4/",
                                      "009aFf4:", "009aFf4@",  "009aFf4G", "009aFf4`",
                                      " 09aFf4C", "0x9aFf4C",  ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!parse_hex(str_of(bad[i]), out, sizeof out), "%s", bad[i]);
        ck_assert_int_eq(out[0], 1); /* written only on success */
    }
    ck_assert(parse_hex(STR("009aFf4C"), out, sizeof out));
    ck_assert_mem_eq(out, expected, sizeof out);
    ck_assert(parse_hex(STR(""), out, 0));
}
END_TEST

UNIT_MAIN("parse", whole_numbers_and_nothing_else, numbers_have_a_range, ids_are_exact_in_json,
          digits_at_the_front, hexadecimal_of_an_exact_length)
