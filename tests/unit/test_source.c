#include "ts/source.h"
#include "unit.h"

static bool may(field_parse_fn *parse, struct str text)
{
    const char *why = NULL;
    int64_t unused = 0;
    bool ok = parse(text, &unused, &why);

    ck_assert(ok || why != NULL);
    return ok;
}

START_TEST(a_name_is_of_few_characters)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"contractor-tool", true},
        {"A.b_c-9", true},
        {"...", true},
        {".", false},
        {"..", false},
        {"a b", false},
        {"a/b", false},
        {"ü", false},
        {"a%b", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(may(source_name_parse, str_of(cases[i].text)) == cases[i].ok, "\"%s\"",
                      cases[i].text);
}
END_TEST

START_TEST(a_client_is_named_in_characters_that_can_be_seen)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"TsM2m000000000000000000000000001", true},
        {"https://client.example/x", true},
        {"", true},
        {"a b", false},
        {"ü", false},
        {"a\x7f", false},
        {"a\n", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(may(client_id_parse, str_of(cases[i].text)) == cases[i].ok, "\"%s\"",
                      cases[i].text);
}
END_TEST

START_TEST(a_new_source_needs_both_a_change_nothing)
{
    ck_assert(source_input_schema.fields[SOURCE_INPUT_NAME].required);
    ck_assert(source_input_schema.fields[SOURCE_INPUT_CLIENT].required);
    for (size_t i = 0; i < source_patch_schema.count; i++)
        ck_assert(!source_patch_schema.fields[i].required);
    ck_assert_int_eq(source_input_schema.fields[SOURCE_INPUT_NAME].max, SOURCE_NAME_MAX);
    ck_assert_int_eq(source_input_schema.fields[SOURCE_INPUT_CLIENT].max, CLIENT_ID_MAX);
}
END_TEST

UNIT_MAIN("source", a_name_is_of_few_characters, a_client_is_named_in_characters_that_can_be_seen,
          a_new_source_needs_both_a_change_nothing)
