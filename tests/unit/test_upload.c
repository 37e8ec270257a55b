/* src/domain/upload.c: what a row of an upload may say, and what it must. */
#include "ts/upload.h"

#include "unit.h"

static const struct field *member(const char *name)
{
    const struct field *field = field_find(&upload_row_schema, str_of(name));

    ck_assert_msg(field != NULL, "%s", name);
    return field;
}

START_TEST(an_external_id_is_1_to_128_bytes_without_control_characters)
{
    static const struct {
        const char *text;
        int repeat;
        bool accepted;
        const char *code;
    } cases[] = {
        {"a", 1, true, NULL},
        {"a", 128, true, NULL},
        {"\u00e9", 64, true, NULL},
        {" a ", 1, true, NULL},
        {"", 1, false, "length"},
        {"a", 129, false, "length"},
        {"\u00e9", 65, false, "format"},
        {"a\tb", 1, false, "format"},
        {"a\nb", 1, false, "format"},
        {"a\rb", 1, false, "characters"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct upload_row row = {.present = 0};
        struct field_error error = {.code = ""};
        char *text = talloc_strdup(mem, "");
        for (int n = 0; n < cases[i].repeat; n++)
            text = talloc_strdup_append(text, cases[i].text);
        bool accepted =
            field_read(&upload_row_schema, member("external_id"), str_of(text), &row, &error);
        ck_assert_msg(accepted == cases[i].accepted, "case %zu: %s", i, error.detail);
        if (accepted)
            ck_assert_view(row.external_id, text);
        else
            ck_assert_str_eq(error.code, cases[i].code);
        talloc_free(mem);
    }
}
END_TEST

START_TEST(the_members_are_those_of_an_entry_and_three_more)
{
    static const char *const names[] = {"date",    "project",     "hours",   "minutes", "note",
                                        "user_id", "external_id", "deleted", "id",      "approved"};

    ck_assert_uint_eq(upload_row_schema.count, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < upload_row_schema.count; i++)
        ck_assert_str_eq(upload_row_schema.fields[i].name, names[i]);
    ck_assert_int_eq(member("id")->type, FIELD_IGNORED);
    ck_assert_int_eq(member("approved")->type, FIELD_IGNORED);
}
END_TEST

/* A row with these members; NULL ends the list. */
static struct upload_row row_of(const char *const *names, int64_t removed)
{
    struct upload_row row = {.removed = removed};

    for (; *names != NULL; names++)
        row.present |= UINT32_C(1) << (member(*names) - upload_row_schema.fields);
    return row;
}

START_TEST(a_row_says_who_when_and_on_what_or_what_is_to_be_removed)
{
    static const struct {
        const char *names[5];
        int64_t removed;
        const char *missing; /* NULL: nothing */
    } cases[] = {
        {{"user_id", "date", "project"}, 0, NULL},
        {{"user_id", "date", "project", "external_id"}, 0, NULL},
        {{"date", "project"}, 0, "/user_id"},
        {{"user_id", "project"}, 0, "/date"},
        {{"user_id", "date"}, 0, "/project"},
        {{"external_id", "deleted"}, 0, "/user_id"},
        {{"external_id", "deleted"}, 1, NULL},
        {{"user_id", "date", "project", "deleted"}, 1, "/external_id"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct upload_row row = row_of(cases[i].names, cases[i].removed);
        const char *pointer = "", *why = "";
        enum status st = upload_row_complete(&row, &pointer, &why);
        ck_assert_msg(st == (cases[i].missing == NULL ? STATUS_OK : STATUS_INVALID), "case %zu", i);
        if (cases[i].missing != NULL) {
            ck_assert_str_eq(pointer, cases[i].missing);
            ck_assert_str_eq(why, "is missing");
        }
    }
}
END_TEST

/* The values are stored: they never change. */
START_TEST(outcomes_modes_and_states_have_their_numbers)
{
    static const char *const outcomes[] = {"created", "updated", "unchanged", "removed",
                                           "rejected"};

    for (int i = 0; i < UPLOAD_OUTCOME_COUNT; i++)
        ck_assert_str_eq(upload_outcome_names[i], outcomes[i]);
    ck_assert_ptr_null(upload_outcome_names[UPLOAD_OUTCOME_COUNT]);
    ck_assert_str_eq(upload_mode_names[0], "atomic");
    ck_assert_str_eq(upload_mode_names[1], "partial");
    ck_assert_str_eq(upload_state_names[0], "running");
    ck_assert_str_eq(upload_state_names[1], "finished");
}
END_TEST

UNIT_MAIN("upload", an_external_id_is_1_to_128_bytes_without_control_characters,
          the_members_are_those_of_an_entry_and_three_more,
          a_row_says_who_when_and_on_what_or_what_is_to_be_removed,
          outcomes_modes_and_states_have_their_numbers)
