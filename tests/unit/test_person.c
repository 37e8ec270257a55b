#include "ts/person.h"
#include "unit.h"

static bool may(field_parse_fn *parse, struct str text)
{
    const char *why = NULL;
    int64_t unused = 0;
    bool ok = parse(text, &unused, &why);

    ck_assert(ok || why != NULL);
    return ok;
}

START_TEST(an_address_has_one_at_with_something_around_it)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"ann@abc.example", true}, {"a@b", true},    {"Ann.O'Neil+x@abc.example", true},
        {"mü@abc.example", true},  {"ann", false},   {"@abc.example", false},
        {"ann@", false},           {"a@b@c", false}, {"a b@c", false},
        {" a@b", false},           {"a@b ", false},  {"a@b\n", false},
        {"a\t@b", false},          {"", false},
    };
    char text[EMAIL_MAX_LEN + 2];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(may(email_parse, str_of(cases[i].text)) == cases[i].ok, "\"%s\"",
                      cases[i].text);
    memset(text, 'x', sizeof text);
    text[1] = '@';
    ck_assert(may(email_parse, str_n(text, EMAIL_MAX_LEN)));
    ck_assert(!may(email_parse, str_n(text, EMAIL_MAX_LEN + 1)));
}
END_TEST

/* A number that looked like an address or a subject could be taken for one in an upload. */
START_TEST(an_employee_number_is_no_address_and_no_subject)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"007", true},      {"A 12/3", true}, {"ü", true},   {"", true},      {"a@b", false},
        {"auth0|1", false}, {" 7", false},    {"7 ", false}, {"7\t8", false},
    };
    char text[EMPLOYEE_NUMBER_MAX + 1];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(may(employee_number_parse, str_of(cases[i].text)) == cases[i].ok, "\"%s\"",
                      cases[i].text);
    memset(text, '7', sizeof text);
    ck_assert(may(employee_number_parse, str_n(text, EMPLOYEE_NUMBER_MAX)));
    ck_assert(!may(employee_number_parse, str_n(text, EMPLOYEE_NUMBER_MAX + 1)));
}
END_TEST

START_TEST(a_reply_holds_these_members_in_this_order)
{
    static const char *const names[] = {"id",      "user_id",         "name",        "email",
                                        "kind",    "employee_number", "active_from", "active_to",
                                        "claimed", "version"};

    ck_assert_uint_eq(person_schema.count, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < person_schema.count; i++) {
        ck_assert_str_eq(person_schema.fields[i].name, names[i]);
        ck_assert_str_eq(person_schema.fields[i].column, names[i]);
    }
}
END_TEST

START_TEST(a_new_person_needs_name_and_kind_a_change_nothing)
{
    for (size_t i = 0; i < person_input_schema.count; i++) {
        const struct field *field = &person_input_schema.fields[i];
        ck_assert_int_eq(field->required, i == PERSON_INPUT_NAME || i == PERSON_INPUT_KIND);
    }
    for (size_t i = 0; i < person_patch_schema.count; i++)
        ck_assert(!person_patch_schema.fields[i].required);
    ck_assert_ptr_null(field_find(&person_input_schema, STR("claimed")));
    ck_assert_ptr_null(field_find(&person_input_schema, STR("user_id")));
}
END_TEST

static bool query_takes(const char *name, const char *value)
{
    struct person_query query = {0};
    struct field_error error;
    const struct field *field = field_find(&person_query_schema, str_of(name));

    ck_assert_ptr_nonnull(field);
    bool ok = field_read(&person_query_schema, field, str_of(value), &query, &error);
    ck_assert_uint_eq(query.present, ok ? 1U << (field - person_query_schema.fields) : 0);
    return ok;
}

START_TEST(a_query_has_limits)
{
    ck_assert(query_takes("q", "x"));
    ck_assert(!query_takes("q", ""));
    ck_assert(query_takes("kind", "contractor"));
    ck_assert(!query_takes("kind", "chief"));
    ck_assert(query_takes("active", "2026-11-23"));
    ck_assert(!query_takes("active", "true"));
    ck_assert(query_takes("limit", "1000"));
    ck_assert(!query_takes("limit", "1001"));
    ck_assert(!query_takes("limit", "0"));
    ck_assert(query_takes("cursor", "ann@abc.example"));
    ck_assert(!query_takes("cursor", ""));
}
END_TEST

UNIT_MAIN("person", an_address_has_one_at_with_something_around_it,
          an_employee_number_is_no_address_and_no_subject,
          a_reply_holds_these_members_in_this_order,
          a_new_person_needs_name_and_kind_a_change_nothing, a_query_has_limits)
