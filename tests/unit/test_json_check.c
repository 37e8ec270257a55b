/* The gate in front of json-c: RFC 8259, and what security.md section 4 adds. The cases are named in
 * the manner of the public JSON grammar suites: y_ is JSON, n_ is not, i_ is left to the
 * implementation (the name says what this one does). */
#include <float.h>
#include <stdio.h>

#include "ts/json.h"
#include "unit.h"

struct accepted {
    const char *name;
    struct str text;
};
#define Y(name, text)                                                                              \
    {                                                                                              \
        (name), STR_INIT(text)                                                                     \
    }

static const struct accepted accepted[] = {
    Y("y_array_arrays_with_spaces", "[[]   ]"),
    Y("y_array_empty", "[]"),
    Y("y_array_empty_string", "[\"\"]"),
    Y("y_array_false", "[false]"),
    Y("y_array_heterogeneous", "[null, 1, \"1\", {}]"),
    Y("y_array_null", "[null]"),
    Y("y_array_with_1_and_newline", "[1\n]"),
    Y("y_array_with_leading_space", " [1]"),
    Y("y_array_with_trailing_space", "[2] "),
    Y("y_number_0e+1", "[0e+1]"),
    Y("y_number_0e1", "[0e1]"),
    Y("y_number_after_space", "[ 4]"),
    Y("y_number_close_to_zero", "[-0.00000000000000000000000000000000000000000000000000000000001]"),
    Y("y_number_int_with_exp", "[20e1]"),
    Y("y_number_minus_zero", "[-0]"),
    Y("y_number_negative_int", "[-123]"),
    Y("y_number_real_capital_e", "[1E22]"),
    Y("y_number_real_capital_e_neg_exp", "[1E-2]"),
    Y("y_number_real_capital_e_pos_exp", "[1E+2]"),
    Y("y_number_real_fraction_exponent", "[123.456e78]"),
    Y("y_number_exponent_with_leading_zeros", "[1e0001]"),
    Y("y_number_int64_min", "[-9223372036854775808]"),
    Y("y_number_int64_max", "[9223372036854775807]"),
    Y("y_object", "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"),
    Y("y_object_empty", "{}"),
    Y("y_object_empty_key", "{\"\":0}"),
    Y("y_object_escaped_name", "{\"foo\\nbar\": 42}"),
    Y("y_object_names_that_differ_in_case", "{\"a\":1,\"A\":2}"),
    Y("y_object_same_name_in_other_object", "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1}]}"),
    Y("y_object_name_free_again_after_inner_object", "{\"x\":{\"b\":1},\"b\":2}"),
    Y("y_object_name_that_begins_another", "{\"ab\":1,\"a\":2,\"abc\":3}"),
    /* pairs of names whose FNV-1a hashes are equal */
    Y("y_object_names_with_one_hash", "{\"costarring\":1,\"liquid\":2}"),
    Y("y_object_names_with_one_hash_same_length", "{\"declinate\":1,\"macallums\":2}"),
    Y("y_object_names_with_one_hash_longer_last", "{\"a\":1,\"acXawXy\":2}"),
    Y("y_object_names_with_one_hash_longer_first", "{\"acXawXy\":1,\"a\":2}"),
    Y("y_object_with_newlines", "{\n\"a\" :\t\"b\"\r\n}"),
    Y("y_string_1_2_3_bytes_UTF-8_sequences", "[\"\\u0060\\u012a\\u12AB\"]"),
    Y("y_string_accepted_surrogate_pair", "[\"\\uD801\\udc37\"]"),
    Y("y_string_accepted_surrogate_pairs", "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
    Y("y_string_allowed_escapes", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
    Y("y_string_backslash_and_u_escaped_zero", "[\"\\\\u0000\"]"),
    Y("y_string_comments", "[\"a/*b*/c/*d//e\"]"),
    Y("y_string_double_escape_n", "[\"\\\\n\"]"),
    Y("y_string_escaped_control_character", "[\"\\u0012\"]"),
    Y("y_string_last_surrogates", "[\"\\uDBFF\\uDFFF\"]"),
    Y("y_string_noncharacter_escaped", "[\"\\uFFFF\"]"),
    Y("y_string_noncharacter_U+10FFFF", "[\"\xF4\x8F\xBF\xBF\"]"),
    Y("y_string_one_byte_DEL", "[\"\x7F\"]"),
    Y("y_string_three_byte_utf8", "[\"\xE2\x82\xAC\xEF\xAC\x81\"]"),
    Y("y_string_first_after_surrogates", "[\"\\uE000\\uD7FF\"]"),
    Y("y_string_two_byte_utf8", "[\"\xC3\xA9\"]"),
    Y("y_string_U+2028_raw", "[\"\xE2\x80\xA8\"]"),
    Y("y_string_longer_than_a_word", "[\"0123456789abcdefghijklmnopqrstuvwxyz\"]"),
    Y("y_structure_lonely_false", "false"),
    Y("y_structure_lonely_int", "42"),
    Y("y_structure_lonely_negative_real", "-0.1"),
    Y("y_structure_lonely_null", "null"),
    Y("y_structure_lonely_string", "\"asd\""),
    Y("y_structure_lonely_true", "true"),
    Y("y_structure_string_empty", "\"\""),
    Y("y_structure_whitespace_around", " \t\r\n{} \t\r\n"),
    Y("i_number_double_underflow_is_zero", "[123e-10000000]"),
    Y("i_number_zero_with_any_exponent", "[0e99999999999999999999, -0.000E+999999]"),
    Y("i_number_many_digits_of_fraction", "[0.12345678901234567890123456789012345678901234567890]"),
    Y("i_number_largest_double", "[1.7976931348623157e308, -179.76931348623157E+306]"),
    Y("i_number_rounds_down_to_largest_double", "[1.79769313486231579999e308]"),
    Y("i_number_shifted_by_zeros", "[0.00000000000000000001e328]"),
};

START_TEST(accepts_what_is_json)
{
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        const char *why = "";
        size_t at = 0;
        ck_assert_msg(json_check(accepted[i].text, &why, &at), "%s: %s at %zu", accepted[i].name,
                      why, at);
    }
}
END_TEST

struct refused {
    const char *name;
    struct str text;
    const char *why;
    size_t at;
};
#define N(name, text, why, at)                                                                     \
    {                                                                                              \
        (name), STR_INIT(text), (why), (at)                                                        \
    }
#define VALUE "a value is expected"
#define ARRAY_END "a comma or ] is expected"
#define OBJECT_END "a comma or } is expected"
#define NAME "a member name in double quotes is expected"
#define TWICE "a member name appears twice in one object"
#define UTF8 "the text is not valid UTF-8"
#define LONE "half of a surrogate pair stands alone"
#define ESCAPE "a backslash is followed by something it cannot escape"
#define HEX "\\u needs four hexadecimal digits"
#define CONTROL "a control character in a text must be escaped"
#define OPEN "a text is not closed by a quote"
#define AFTER "something follows the value"

static const struct refused refused[] = {
    N("n_structure_no_data", "", VALUE, 0),
    N("n_structure_whitespace_only", " \n", VALUE, 2),
    N("n_structure_UTF8_BOM", "\xEF\xBB\xBF{}", VALUE, 0),
    N("n_structure_null_byte_outside_string", "[\0]", VALUE, 1),
    N("n_structure_null_byte_after_value", "{}\0", AFTER, 2),
    N("n_structure_object_then_object", "{}{}", AFTER, 2),
    N("n_structure_array_trailing_garbage", "[1]x", AFTER, 3),
    N("n_structure_double_array", "[][]", AFTER, 2),
    N("n_structure_trailing_comma", "{},", AFTER, 2),
    N("n_structure_comment_after_value", "{}//", AFTER, 2),
    N("n_structure_form_feed", "[\f]", VALUE, 1),
    N("n_structure_no_break_space", "[\xC2\xA0]", VALUE, 1),
    N("n_structure_angle_bracket", "<.>", VALUE, 0),
    N("n_structure_comma", ",", VALUE, 0),
    N("n_structure_unclosed_array", "[1", ARRAY_END, 2),
    N("n_structure_open_object", "{", NAME, 1),
    N("n_structure_open_object_close_array", "{]", NAME, 1),
    N("n_structure_capitalized_true", "[True]", VALUE, 1),
    N("n_incomplete_true", "[tru]", VALUE, 1),
    N("n_incomplete_false", "[fals]", VALUE, 1),
    N("n_incomplete_null", "nul", VALUE, 0),
    N("n_literal_with_tail", "nullx", AFTER, 4),
    N("n_array_1_true_without_comma", "[1 true]", ARRAY_END, 3),
    N("n_array_comma_and_number", "[,1]", VALUE, 1),
    N("n_array_double_comma", "[1,,2]", VALUE, 3),
    N("n_array_extra_comma", "[\"\",]", VALUE, 4),
    N("n_array_inner_array_no_comma", "[3[4]]", ARRAY_END, 2),
    N("n_array_colon_instead_of_comma", "[\"\": 1]", ARRAY_END, 3),
    N("n_array_closed_by_brace", "[1}", ARRAY_END, 2),
    N("n_array_comment", "[1/**/]", ARRAY_END, 2),
    N("n_number_NaN", "[NaN]", VALUE, 1),
    N("n_number_minus_NaN", "[-NaN]", "a digit is expected", 2),
    N("n_number_infinity", "[Infinity]", VALUE, 1),
    N("n_number_minus_infinity", "[-Infinity]", "a digit is expected", 2),
    N("n_number_plus", "[+1]", VALUE, 1),
    N("n_number_minus_sign_alone", "[-]", "a digit is expected", 2),
    N("n_number_minus_at_end", "-", "a digit is expected", 1),
    N("n_number_minus_minus", "[--2.]", "a digit is expected", 2),
    N("n_number_leading_zero", "[012]", "a number must not begin with 0", 1),
    N("n_number_minus_leading_zero", "[-012]", "a number must not begin with 0", 1),
    N("n_number_double_zero", "[00]", "a number must not begin with 0", 1),
    N("n_number_point_first", "[.5]", VALUE, 1),
    N("n_number_point_last", "[1.]", "a digit is expected after the decimal point", 3),
    N("n_number_point_then_exponent", "[1.e1]", "a digit is expected after the decimal point", 3),
    N("n_number_two_points", "[1.2.3]", ARRAY_END, 4),
    N("n_number_exponent_missing", "[1e]", "a digit is expected in the exponent", 3),
    N("n_number_exponent_sign_only", "[1E+]", "a digit is expected in the exponent", 4),
    N("n_number_exponent_two_signs", "[1e+-2]", "a digit is expected in the exponent", 4),
    N("n_number_exponent_minus_plus", "[1e-+2]", "a digit is expected in the exponent", 4),
    N("n_number_hex", "[0x1]", ARRAY_END, 2),
    N("n_number_letter_after", "[1a]", ARRAY_END, 2),
    N("n_number_fullwidth_digit", "[\xEF\xBC\x91]", VALUE, 1),
    N("n_number_underscore", "1_000", AFTER, 1),
    N("i_number_infinite_refused", "[1e309]", "a number is too large", 1),
    N("i_number_minus_infinite_refused", "[-1.0e+400]", "a number is too large", 1),
    N("i_number_just_infinite_refused", "[1.7976931348623159e308]", "a number is too large", 1),
    N("i_number_huge_exponent_refused", "[1e99999999999999999999]", "a number is too large", 1),
    N("i_number_infinite_after_zeros_refused", "[0.01e311]", "a number is too large", 1),
    N("i_number_int_over_64_bits_refused", "[9223372036854775808]", "an integer is too large", 1),
    N("i_number_int_under_64_bits_refused", "[-9223372036854775809]", "an integer is too small", 1),
    N("i_number_int_of_many_digits_refused", "1000000000000000000000000", "an integer is too large",
      0),
    N("n_object_bad_value", "{\"x\": truth}", VALUE, 6),
    N("n_object_comma_instead_of_colon", "{\"x\", null}", "a colon is expected after a member name",
      4),
    N("n_object_double_colon", "{\"x\"::\"b\"}", VALUE, 5),
    N("n_object_missing_colon", "{\"a\" b}", "a colon is expected after a member name", 5),
    N("n_object_missing_key", "{:\"b\"}", NAME, 1),
    N("n_object_missing_value", "{\"a\":", VALUE, 5),
    N("n_object_non_string_key", "{1:1}", NAME, 1),
    N("n_object_single_quotes", "{'a':0}", NAME, 1),
    N("n_object_unquoted_key", "{a: \"b\"}", NAME, 1),
    N("n_object_trailing_comma", "{\"id\":0,}", NAME, 8),
    N("n_object_two_commas", "{\"a\":1,,\"b\":2}", NAME, 7),
    N("n_object_no_comma", "{\"a\":1 \"b\":2}", OBJECT_END, 7),
    N("n_object_closed_by_bracket", "{\"a\":1]", OBJECT_END, 6),
    N("n_object_unterminated_name", "{\"a", OPEN, 3),
    N("i_object_duplicated_key_refused", "{\"a\":1,\"a\":2}", TWICE, 7),
    N("i_object_duplicated_key_and_value_refused", "{\"a\":\"b\",\"a\":\"b\"}", TWICE, 9),
    N("i_object_duplicated_empty_key_refused", "{\"\":1,\"\":2}", TWICE, 6),
    N("i_object_duplicated_last_of_three_refused", "{\"a\":1,\"b\":{\"a\":1},\"a\":2}", TWICE, 19),
    N("i_object_duplicated_after_unescaping_refused", "{\"a\":1,\"\\u0061\":2}", TWICE, 7),
    N("i_object_duplicated_with_capital_hex_refused", "{\"\\u004a\":1,\"\\u004A\":2}", TWICE, 12),
    N("i_object_duplicated_short_escape_refused", "{\"\\n\":1,\"\\u000a\":2}", TWICE, 8),
    N("i_object_duplicated_solidus_refused", "{\"a/b\":1,\"a\\/b\":2}", TWICE, 9),
    N("i_object_duplicated_two_bytes_refused", "{\"\xC3\xA9\":1,\"\\u00E9\":2}", TWICE, 8),
    N("i_object_duplicated_three_bytes_refused", "{\"\xE2\x82\xAC\":1,\"\\u20ac\":2}", TWICE, 9),
    N("i_object_duplicated_four_bytes_refused", "{\"\xF0\x9F\x98\x80\":1,\"\\ud83D\\uDE00\":2}",
      TWICE, 10),
    N("n_string_single_quote", "['single']", VALUE, 1),
    N("n_string_unclosed", "\"abc", OPEN, 4),
    N("n_string_single_doublequote", "\"", OPEN, 1),
    N("n_string_start_escape_unclosed", "[\"\\", ESCAPE, 2),
    N("n_string_escape_x", "[\"\\x00\"]", ESCAPE, 2),
    N("n_string_escaped_ctrl_char_tab", "[\"\\\t\"]", ESCAPE, 2),
    N("n_string_escaped_emoji", "[\"\\\xF0\x9F\x8C\x80\"]", ESCAPE, 2),
    N("n_string_escaped_quote_single", "[\"\\'\"]", ESCAPE, 2),
    N("n_string_capital_U", "[\"\\U0041\"]", ESCAPE, 2),
    N("n_string_1_surrogate_then_escape_u1", "[\"\\uD800\\u1\"]", LONE, 2),
    N("n_string_incomplete_escaped_character", "[\"\\u00A\"]", HEX, 2),
    N("n_string_incomplete_escape_at_end", "[\"\\u00", HEX, 2),
    N("n_string_invalid_unicode_escape", "[\"\\uqqqq\"]", HEX, 2),
    N("n_string_unicode_escape_with_sign", "[\"\\u+041\"]", HEX, 2),
    N("n_string_unicode_escape_below_digits", "[\"\\u00/0\"]", HEX, 2),
    N("n_string_unescaped_ctrl_char", "[\"a\x01\"]", CONTROL, 3),
    N("n_string_unescaped_null", "[\"a\0a\"]", CONTROL, 3),
    N("n_string_unescaped_newline", "[\"new\nline\"]", CONTROL, 5),
    N("n_string_unescaped_tab", "[\"\t\"]", CONTROL, 2),
    N("n_string_unescaped_last_control", "[\"123456789\x1F\"]", CONTROL, 11),
    N("i_string_escaped_null_refused", "[\"\\u0000\"]", "the character NUL is not allowed", 2),
    N("i_object_escaped_null_in_key_refused", "{\"a\\u0000b\":1}",
      "the character NUL is not allowed", 3),
    N("i_string_1st_surrogate_but_2nd_missing_refused", "[\"\\uDADA\"]", LONE, 2),
    N("i_string_1st_valid_surrogate_2nd_invalid_refused", "[\"\\uD888\\u1234\"]", LONE, 2),
    N("i_string_inverted_surrogates_refused", "[\"\\uDd1e\\uD834\"]", LONE, 2),
    N("i_string_lone_second_surrogate_refused", "[\"\\uDFAA\"]", LONE, 2),
    N("i_string_two_first_surrogates_refused", "[\"\\uD800\\uD800\"]", LONE, 2),
    N("i_string_first_surrogate_then_other_escape_refused", "[\"\\uD800\\nabcdef\"]", LONE, 2),
    N("i_string_first_surrogate_then_text_refused", "[\"\\uD800abcdef\"]", LONE, 2),
    N("i_string_invalid_utf-8_refused", "[\"\xFF\"]", UTF8, 2),
    N("i_string_iso_latin_1_refused", "[\"\xE9\"]", UTF8, 2),
    N("i_string_lone_continuation_byte_refused", "[\"\x81\"]", UTF8, 2),
    N("i_string_overlong_2_bytes_refused", "[\"\xC0\xAF\"]", UTF8, 2),
    N("i_string_overlong_3_bytes_refused", "[\"\xE0\x80\xAF\"]", UTF8, 2),
    N("i_string_overlong_4_bytes_refused", "[\"\xF0\x80\x80\xAF\"]", UTF8, 2),
    N("i_string_surrogate_in_utf8_refused", "[\"\xED\xA0\x80\"]", UTF8, 2),
    N("i_string_above_U+10FFFF_refused", "[\"\xF4\x90\x80\x80\"]", UTF8, 2),
    N("i_string_five_bytes_refused", "[\"\xF8\x88\x80\x80\x80\"]", UTF8, 2),
    N("i_string_truncated_utf-8_refused", "[\"\xE0\xFF\"]", UTF8, 2),
    N("i_string_utf8_cut_off_at_end_refused", "\"\xE2\x82", UTF8, 1),
    N("i_string_bad_utf8_after_plain_text_refused", "\"0123456789\xC3\"", UTF8, 11),
    N("i_structure_UTF-16_refused", "\xFF\xFE[\0]\0", VALUE, 0),
};

START_TEST(refuses_what_is_not_json_and_says_where)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct refused *c = &refused[i];
        const char *why = "";
        size_t at = 0;
        ck_assert_msg(!json_check(c->text, &why, &at), "%s: accepted", c->name);
        ck_assert_msg(strcmp(why, c->why) == 0, "%s: said \"%s\"", c->name, why);
        ck_assert_msg(at == c->at, "%s: at %zu", c->name, at);
    }
}
END_TEST

/* The text is made from parts: `head` times n, middle, `tail` times n. */
static bool check_nested(const char *head, const char *middle, const char *tail, size_t n,
                         const char **why)
{
    char *text = talloc_strdup(NULL, "");
    size_t at;

    for (size_t i = 0; i < n; i++)
        text = talloc_strdup_append_buffer(text, head);
    text = talloc_strdup_append_buffer(text, middle);
    for (size_t i = 0; i < n; i++)
        text = talloc_strdup_append_buffer(text, tail);
    bool ok = json_check(str_of(text), why, &at);
    talloc_free(text);
    return ok;
}

START_TEST(holds_the_limit_of_depth)
{
    const char *const too_deep = "arrays and objects are nested too deeply";
    const char *why = "";

    ck_assert(check_nested("[", "", "]", JSON_DEPTH_MAX, &why));
    ck_assert(!check_nested("[", "", "]", JSON_DEPTH_MAX + 1, &why));
    ck_assert_str_eq(why, too_deep);
    ck_assert(check_nested("{\"a\":", "1", "}", JSON_DEPTH_MAX, &why));
    ck_assert(!check_nested("{\"a\":", "1", "}", JSON_DEPTH_MAX + 1, &why));
    ck_assert_str_eq(why, too_deep);
    ck_assert(!check_nested("[{\"a\":", "1", "}]", 2000, &why));
    ck_assert_str_eq(why, too_deep);
}
END_TEST

static char *object_of(size_t members)
{
    char *text = talloc_strdup(NULL, "{");
    for (size_t i = 0; i < members; i++)
        text = talloc_asprintf_append_buffer(text, "%s\"m%zu\":%zu", i == 0 ? "" : ",", i, i);
    return talloc_strdup_append_buffer(text, "}");
}

START_TEST(holds_the_limit_of_members)
{
    const char *why = "";
    size_t at;
    char *most = object_of(JSON_MEMBERS_MAX), *more = object_of(JSON_MEMBERS_MAX + 1);

    ck_assert(json_check(str_of(most), &why, &at));
    ck_assert(!json_check(str_of(more), &why, &at));
    ck_assert_str_eq(why, "an object has too many members");
    ck_assert_uint_eq(at, strlen(more) - strlen("\"m128\":128}"));
    talloc_free(most);
    talloc_free(more);
}
END_TEST

/* Full objects in each other: the names of all of them fit. */
START_TEST(takes_full_objects_nested_to_the_limit)
{
    const char *why = "";
    size_t at;
    char *text = talloc_strdup(NULL, "1");

    for (int level = 0; level < JSON_DEPTH_MAX; level++) {
        char *outer = talloc_strdup(NULL, "{");
        for (int i = 0; i < JSON_MEMBERS_MAX - 1; i++)
            outer = talloc_asprintf_append_buffer(outer, "\"m%d\":0,", i);
        outer = talloc_asprintf_append_buffer(outer, "\"in\":%s}", text);
        talloc_free(text);
        text = outer;
    }
    ck_assert_msg(json_check(str_of(text), &why, &at), "%s at %zu", why, at);
    talloc_free(text);
}
END_TEST

START_TEST(holds_the_limit_of_values)
{
    const char *why = "";

    ck_assert(check_nested("", "[0", "", 1, &why) == false);
    char *text = talloc_strdup(NULL, "[0");
    for (int i = 2; i < JSON_VALUES_MAX; i++) /* the array is one of them */
        text = talloc_strdup_append_buffer(text, ",0");
    char *more = talloc_asprintf(NULL, "%s,0]", text);
    text = talloc_strdup_append_buffer(text, "]");
    size_t at;
    ck_assert(json_check(str_of(text), &why, &at));
    ck_assert(!json_check(str_of(more), &why, &at));
    ck_assert_str_eq(why, "there are too many values");
    talloc_free(text);
    talloc_free(more);
}
END_TEST

/* Finite or not: strtod has the last word on numbers around the largest double. */
START_TEST(agrees_with_strtod_on_what_is_finite)
{
    static const char *const heads[] = {"1",
                                        "9",
                                        "1.5",
                                        "1.7976931348623156",
                                        "1.7976931348623157",
                                        "1.7976931348623159",
                                        "1.798",
                                        "17.97",
                                        "0.17",
                                        "0.00018",
                                        "123456789012345678901234567890"};
    char text[64];
    const char *why;
    size_t at;

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        for (int exponent = 270; exponent < 330; exponent++) {
            int len = snprintf(text, sizeof text, "%se%d", heads[i], exponent);
            bool finite = strtod(text, NULL) <= DBL_MAX;
            ck_assert_msg(json_check(str_n(text, (size_t)len), &why, &at) == finite, "%s", text);
        }
    }
}
END_TEST

/* Each byte where plain text ends the run of eight, at each place of the run. */
START_TEST(finds_a_special_byte_at_every_place)
{
    const char *why;
    size_t at;

    for (int c = 0; c < 256; c++) {
        for (size_t place = 0; place < 20; place++) {
            char text[22];
            memset(text, 'a', sizeof text);
            text[0] = text[21] = '"';
            text[1 + place] = (char)c;
            bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
            ck_assert_msg(json_check(str_n(text, sizeof text), &why, &at) == plain,
                          "byte %02x at %zu", (unsigned)c, place);
        }
    }
}
END_TEST

UNIT_MAIN("json_check", accepts_what_is_json, refuses_what_is_not_json_and_says_where,
          holds_the_limit_of_depth, holds_the_limit_of_members,
          takes_full_objects_nested_to_the_limit, holds_the_limit_of_values,
          agrees_with_strtod_on_what_is_finite, finds_a_special_byte_at_every_place)
