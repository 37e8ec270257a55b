#include "ts/entry.h"
#include "ts/project.h"
#include "unit.h"

START_TEST(takes_time_while_open_and_within_its_dates)
{
    static const struct {
        const char *name;
        int64_t state;
        int32_t starts, ends;
        int32_t day;
        bool takes;
    } cases[] = {
        {"open without dates", PROJECT_OPEN, DATE_NONE_DAYS, DATE_NONE_DAYS, 100, true},
        {"closed", PROJECT_CLOSED, DATE_NONE_DAYS, DATE_NONE_DAYS, 100, false},
        {"closed, within its dates", PROJECT_CLOSED, 1, 200, 100, false},
        {"day before the first", PROJECT_OPEN, 100, DATE_NONE_DAYS, 99, false},
        {"first day", PROJECT_OPEN, 100, DATE_NONE_DAYS, 100, true},
        {"last day", PROJECT_OPEN, DATE_NONE_DAYS, 100, 100, true},
        {"day after the last", PROJECT_OPEN, DATE_NONE_DAYS, 100, 101, false},
        {"one day only", PROJECT_OPEN, 100, 100, 100, true},
        {"long before 1970, no bounds", PROJECT_OPEN, DATE_NONE_DAYS, DATE_NONE_DAYS, -700000,
         true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct project project = {
            .state = cases[i].state, .starts = {cases[i].starts}, .ends = {cases[i].ends}};
        ck_assert_msg(project_takes(&project, (struct date){cases[i].day}) == cases[i].takes, "%s",
                      cases[i].name);
    }
}
END_TEST

START_TEST(states_have_names)
{
    ck_assert_str_eq(project_state_names[PROJECT_OPEN], "open");
    ck_assert_str_eq(project_state_names[PROJECT_CLOSED], "closed");
    ck_assert_ptr_null(project_state_names[PROJECT_CLOSED + 1]);
}
END_TEST

START_TEST(a_reply_holds_these_members_in_this_order)
{
    static const char *const names[] = {"code",      "name",    "customer", "state",
                                        "starts_on", "ends_on", "version"};

    ck_assert_uint_eq(project_schema.count, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < project_schema.count; i++) {
        ck_assert_str_eq(project_schema.fields[i].name, names[i]);
        ck_assert_str_eq(project_schema.fields[i].column, names[i]);
    }
}
END_TEST

static bool query_takes(const char *name, const char *value)
{
    struct project_query query = {0};
    struct field_error error;
    const struct field *field = field_find(&project_query_schema, str_of(name));

    ck_assert_ptr_nonnull(field);
    bool ok = field_read(&project_query_schema, field, str_of(value), &query, &error);
    ck_assert_uint_eq(query.present, ok ? 1U << (field - project_query_schema.fields) : 0);
    return ok;
}

START_TEST(a_query_has_limits)
{
    ck_assert(query_takes("state", "closed"));
    ck_assert(!query_takes("state", "gone"));
    ck_assert(query_takes("q", "x"));
    ck_assert(!query_takes("q", ""));
    ck_assert(query_takes("limit", "1000"));
    ck_assert(!query_takes("limit", "1001"));
    ck_assert(!query_takes("limit", "0"));
    ck_assert(query_takes("cursor", "StoreZero"));
    ck_assert(!query_takes("cursor", ""));
    ck_assert_ptr_null(field_find(&project_query_schema, STR("code")));
}
END_TEST

START_TEST(a_new_project_needs_code_and_name_a_change_nothing)
{
    for (size_t i = 0; i < project_input_schema.count; i++) {
        const struct field *field = &project_input_schema.fields[i];
        ck_assert_int_eq(field->required, i == PROJECT_INPUT_CODE || i == PROJECT_INPUT_NAME);
        ck_assert_int_eq(field->nullable, i == PROJECT_INPUT_STARTS || i == PROJECT_INPUT_ENDS);
    }
    for (size_t i = 0; i < project_patch_schema.count; i++)
        ck_assert(!project_patch_schema.fields[i].required);
    ck_assert_int_eq(project_input_schema.fields[PROJECT_INPUT_CODE].max, PROJECT_CODE_MAX);
    ck_assert_int_eq(project_patch_schema.fields[PROJECT_INPUT_CODE].type, FIELD_IS);
}
END_TEST

UNIT_MAIN("project", takes_time_while_open_and_within_its_dates, states_have_names,
          a_reply_holds_these_members_in_this_order, a_query_has_limits,
          a_new_project_needs_code_and_name_a_change_nothing)
