/* Entries: their tables, the two spellings of a duration, the state table (design section 4). */
#include <stdio.h>

#include "ts/entry.h"
#include "ts/project.h"
#include "unit.h"

START_TEST(a_reply_holds_these_members_in_this_order)
{
    static const struct {
        const char *name, *column;
    } rows[] = {
        {"id", "id"},
        {"user_id", "user_id"},
        {"date", "work_date"},
        {"project", "project_code"},
        {"hours", NULL},
        {"minutes", "minutes"},
        {"note", "note"},
        {"status", "status"},
        {"approved", NULL},
        {"reason", "reason"},
        {"version", "version"},
        {"created_at", "created_at"},
        {"updated_at", "updated_at"},
        {"source", "source"},
        {"external_id", "external_id"},
    };

    ck_assert_uint_eq(entry_schema.count, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < entry_schema.count; i++) {
        ck_assert_str_eq(entry_schema.fields[i].name, rows[i].name);
        ck_assert_pstr_eq(entry_schema.fields[i].column, rows[i].column);
    }
}
END_TEST

START_TEST(statuses_have_names)
{
    ck_assert_str_eq(entry_status_names[ENTRY_DRAFT], "draft");
    ck_assert_str_eq(entry_status_names[ENTRY_SUBMITTED], "submitted");
    ck_assert_str_eq(entry_status_names[ENTRY_APPROVED], "approved");
    ck_assert_str_eq(entry_status_names[ENTRY_REJECTED], "rejected");
    ck_assert_ptr_null(entry_status_names[ENTRY_STATUS_COUNT]);
}
END_TEST

/* The OpenAPI document and the bits of `present` are made from the tables. */
START_TEST(tables_are_complete)
{
    static const struct schema *const schemas[] = {&entry_schema,       &entry_input_schema,
                                                   &entry_patch_schema, &entry_query_schema,
                                                   &project_schema,     &project_query_schema};

    for (size_t s = 0; s < sizeof schemas / sizeof schemas[0]; s++) {
        ck_assert_uint_le(schemas[s]->count, FIELDS_MAX);
        for (size_t i = 0; i < schemas[s]->count; i++) {
            const struct field *field = &schemas[s]->fields[i];
            ck_assert_ptr_eq(field_find(schemas[s], str_of(field->name)), field);
            ck_assert_uint_le(strlen(field->name), FIELD_NAME_MAX);
            bool shown = schemas[s]->present_offset == SCHEMA_NO_PRESENT ||
                         (field->type != FIELD_IGNORED && field->type != FIELD_IS);
            ck_assert_msg(!shown || (field->doc != NULL && field->example != NULL), "%s.%s",
                          schemas[s]->name, field->name);
            ck_assert_msg(field->type != FIELD_ENUM || field->names != NULL, "%s", field->name);
        }
    }
}
END_TEST

START_TEST(indexes_name_their_rows)
{
    static const char *const inputs[] = {"date", "project", "hours", "minutes", "note", "status"};
    static const char *const queries[] = {"from", "to",   "week",  "project", "status",
                                          "q",    "user", "limit", "cursor"};

    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        ck_assert_str_eq(entry_input_schema.fields[i].name, inputs[i]);
        ck_assert_str_eq(entry_patch_schema.fields[i].name, inputs[i]);
    }
    ck_assert_uint_eq(entry_query_schema.count, sizeof queries / sizeof queries[0]);
    for (size_t i = 0; i < entry_query_schema.count; i++)
        ck_assert_str_eq(entry_query_schema.fields[i].name, queries[i]);
}
END_TEST

/* What a row says to a value: "" when it takes it, else the code. */
static const char *says(const struct schema *schema, const char *name, struct str value)
{
    union {
        struct entry_input input;
        struct entry_query query;
    } object;
    struct field_error error = {.code = ""};
    const struct field *field = field_find(schema, str_of(name));

    memset(&object, 0, sizeof object);
    ck_assert_msg(field != NULL, "no row %s", name);
    return field_read(schema, field, value, &object, &error) ? "" : error.code;
}

static struct str repeated(const char *text, size_t times, char *out)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < times; i++)
        memcpy(out + i * len, text, len);
    return str_n(out, times * len);
}

START_TEST(input_has_these_limits)
{
    static const struct {
        const char *name, *value, *code;
    } cases[] = {
        {"date", "2026-11-23", ""},
        {"date", "2017-05-10T17:40:20.095Z", ""},
        {"date", "Wed May 10 00:00:00 GMT 2017", ""},
        {"date", "2026-02-30", "format"},
        {"project", "StoreZero", ""},
        {"project", " a b ", ""},
        {"project", "", "length"},
        {"project", "a\x01", "characters"},
        {"hours", "7.5", ""},
        {"hours", "0", "format"},
        {"hours", "24.5", "format"},
        {"minutes", "1", ""},
        {"minutes", "1440", ""},
        {"minutes", "0", "range"},
        {"minutes", "1441", "range"},
        {"minutes", "-5", "range"},
        {"note", "", ""},
        {"note", "two\nlines\tand a tab", ""},
        {"note", "a\rb", "characters"},
        {"status", "draft", ""},
        {"status", "submitted", ""},
        {"status", "approved", "value"},
        {"status", "rejected", "value"},
        {"status", "Draft", "value"},
        {"id", "what older clients send", ""},
        {"user_id", "007", ""},
        {"approved", "true", ""},
    };
    char text[4 * NOTE_MAX + 4];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(strcmp(says(&entry_input_schema, cases[i].name, str_of(cases[i].value)),
                             cases[i].code) == 0,
                      "%s = %s", cases[i].name, cases[i].value);
    /* characters count, not bytes */
    ck_assert_str_eq(says(&entry_input_schema, "project", repeated("\xC3\xA9", 40, text)), "");
    ck_assert_str_eq(says(&entry_input_schema, "project", repeated("a", 41, text)), "length");
    ck_assert_str_eq(says(&entry_input_schema, "note", repeated("\xF0\x9F\x98\x80", 500, text)),
                     "");
    ck_assert_str_eq(says(&entry_input_schema, "note", repeated("\xF0\x9F\x98\x80", 501, text)),
                     "length");
}
END_TEST

START_TEST(date_and_project_are_required_for_a_new_entry_alone)
{
    for (size_t i = 0; i < entry_input_schema.count; i++)
        ck_assert_int_eq(entry_input_schema.fields[i].required,
                         i == ENTRY_INPUT_DATE || i == ENTRY_INPUT_PROJECT);
    for (size_t i = 0; i < entry_patch_schema.count; i++)
        ck_assert(!entry_patch_schema.fields[i].required);
}
END_TEST

START_TEST(a_patch_refuses_what_the_server_sets)
{
    static const char *const read_only[] = {"id",      "user_id", "approved",   "status",
                                            "version", "reason",  "created_at", "updated_at"};

    for (size_t i = 0; i < sizeof read_only / sizeof read_only[0]; i++)
        ck_assert_str_eq(says(&entry_patch_schema, read_only[i], STR("draft")), "read-only");
    ck_assert_str_eq(says(&entry_patch_schema, "date", STR("2026-11-23")), "");
    ck_assert_str_eq(says(&entry_patch_schema, "date", STR("2026-11-23T10:00Z")), "format");
    ck_assert_str_eq(says(&entry_patch_schema, "note", STR("")), "");
    ck_assert_str_eq(says(&entry_patch_schema, "hours", STR("1.25")), "");
    ck_assert_str_eq(says(&entry_patch_schema, "minutes", STR("75")), "");
    ck_assert_str_eq(says(&entry_patch_schema, "project", STR("StoreZero")), "");
}
END_TEST

START_TEST(queries_have_these_limits)
{
    static const struct {
        const char *name, *value, *code;
    } cases[] = {
        {"from", "2026-11-01", ""},
        {"from", "2026-11-31", "format"},
        {"from", "2026-11-01T00:00Z", "format"},
        {"to", "2026-11-30", ""},
        {"to", "", "format"},
        {"week", "2026-W48", ""},
        {"week", "", "length"},
        {"week", "12345678901234567", "length"},
        {"project", "StoreZero", ""},
        {"project", "", "length"},
        {"status", "draft", ""},
        {"status", "rejected", ""},
        {"status", "gone", "value"},
        {"q", "a", ""},
        {"q", "", "length"},
        {"user", "42", ""},
        {"user", "", "length"},
        {"limit", "1", ""},
        {"limit", "1000", ""},
        {"limit", "0", "range"},
        {"limit", "1001", "range"},
        {"limit", "050", "range"},
        {"limit", "5.0", "range"},
        {"cursor", "x", ""},
        {"cursor", "", "length"},
    };
    char text[300];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(strcmp(says(&entry_query_schema, cases[i].name, str_of(cases[i].value)),
                             cases[i].code) == 0,
                      "%s = %s", cases[i].name, cases[i].value);
    ck_assert_str_eq(says(&entry_query_schema, "q", repeated("a", 100, text)), "");
    ck_assert_str_eq(says(&entry_query_schema, "q", repeated("a", 101, text)), "length");
    ck_assert_str_eq(says(&entry_query_schema, "user", repeated("a", 255, text)), "");
    ck_assert_str_eq(says(&entry_query_schema, "user", repeated("a", 256, text)), "length");
    ck_assert_str_eq(says(&entry_query_schema, "cursor", repeated("a", 64, text)), "");
    ck_assert_str_eq(says(&entry_query_schema, "cursor", repeated("a", 65, text)), "length");
}
END_TEST

START_TEST(rule_1_hours_and_minutes_must_agree)
{
    enum { HOURS = 1 << ENTRY_INPUT_HOURS, MINUTES = 1 << ENTRY_INPUT_MINUTES };
    static const struct {
        const char *name;
        uint32_t present;
        int64_t hours_minutes, minutes;
        bool required;
        enum status status;
        int64_t result;
    } cases[] = {
        {"hours alone", HOURS, 450, 0, true, STATUS_OK, 450},
        {"minutes alone", MINUTES, 0, 450, true, STATUS_OK, 450},
        {"both, agreeing", HOURS | MINUTES, 450, 450, true, STATUS_OK, 450},
        {"both, disagreeing", HOURS | MINUTES, 450, 451, true, STATUS_INVALID, -1},
        {"both, disagreeing in a patch", HOURS | MINUTES, 450, 451, false, STATUS_INVALID, -1},
        {"none where one is needed", 0, 0, 0, true, STATUS_INVALID, -1},
        {"none in a patch", 0, 0, 0, false, STATUS_OK, 0},
        {"what is not present does not count", 0, 450, 450, false, STATUS_OK, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct entry_input in = {.present = cases[i].present,
                                 .hours_minutes = cases[i].hours_minutes,
                                 .minutes = cases[i].minutes};
        int64_t minutes = -1;
        const char *why = NULL;
        enum status st = entry_input_minutes(&in, cases[i].required, &minutes, &why);
        ck_assert_msg(st == cases[i].status, "%s", cases[i].name);
        ck_assert_msg(minutes == cases[i].result, "%s: %d", cases[i].name, (int)minutes);
        ck_assert_msg((why != NULL) == (st != STATUS_OK), "%s", cases[i].name);
    }
}
END_TEST

START_TEST(the_state_table_of_design_section_4)
{
    static const struct {
        enum entry_operation op;
        enum entry_status from;
        enum status status;
        enum entry_status to;
    } cases[] = {
        {ENTRY_EDIT, ENTRY_DRAFT, STATUS_OK, ENTRY_DRAFT},
        {ENTRY_EDIT, ENTRY_SUBMITTED, STATUS_OK, ENTRY_SUBMITTED},
        {ENTRY_EDIT, ENTRY_APPROVED, STATUS_APPROVED, ENTRY_DRAFT},
        {ENTRY_EDIT, ENTRY_REJECTED, STATUS_OK, ENTRY_DRAFT},
        {ENTRY_DELETE, ENTRY_DRAFT, STATUS_OK, ENTRY_STATUS_COUNT},
        {ENTRY_DELETE, ENTRY_SUBMITTED, STATUS_OK, ENTRY_STATUS_COUNT},
        {ENTRY_DELETE, ENTRY_APPROVED, STATUS_APPROVED, ENTRY_DRAFT},
        {ENTRY_DELETE, ENTRY_REJECTED, STATUS_OK, ENTRY_STATUS_COUNT},
        {ENTRY_SUBMIT, ENTRY_DRAFT, STATUS_OK, ENTRY_SUBMITTED},
        {ENTRY_SUBMIT, ENTRY_SUBMITTED, STATUS_OK, ENTRY_SUBMITTED},
        {ENTRY_SUBMIT, ENTRY_APPROVED, STATUS_OK, ENTRY_APPROVED},
        {ENTRY_SUBMIT, ENTRY_REJECTED, STATUS_OK, ENTRY_SUBMITTED},
        {ENTRY_WITHDRAW, ENTRY_DRAFT, STATUS_OK, ENTRY_DRAFT},
        {ENTRY_WITHDRAW, ENTRY_SUBMITTED, STATUS_OK, ENTRY_DRAFT},
        {ENTRY_WITHDRAW, ENTRY_APPROVED, STATUS_OK, ENTRY_APPROVED},
        {ENTRY_WITHDRAW, ENTRY_REJECTED, STATUS_OK, ENTRY_REJECTED},
        {ENTRY_APPROVE, ENTRY_DRAFT, STATUS_NOT_SUBMITTED, ENTRY_DRAFT},
        {ENTRY_APPROVE, ENTRY_SUBMITTED, STATUS_OK, ENTRY_APPROVED},
        {ENTRY_APPROVE, ENTRY_APPROVED, STATUS_OK, ENTRY_APPROVED},
        {ENTRY_APPROVE, ENTRY_REJECTED, STATUS_NOT_SUBMITTED, ENTRY_DRAFT},
        {ENTRY_REJECT, ENTRY_DRAFT, STATUS_NOT_SUBMITTED, ENTRY_DRAFT},
        {ENTRY_REJECT, ENTRY_SUBMITTED, STATUS_OK, ENTRY_REJECTED},
        {ENTRY_REJECT, ENTRY_APPROVED, STATUS_APPROVED, ENTRY_DRAFT},
        {ENTRY_REJECT, ENTRY_REJECTED, STATUS_OK, ENTRY_REJECTED},
        {ENTRY_REOPEN, ENTRY_DRAFT, STATUS_OK, ENTRY_DRAFT},
        {ENTRY_REOPEN, ENTRY_SUBMITTED, STATUS_OK, ENTRY_SUBMITTED},
        {ENTRY_REOPEN, ENTRY_APPROVED, STATUS_OK, ENTRY_REJECTED},
        {ENTRY_REOPEN, ENTRY_REJECTED, STATUS_OK, ENTRY_REJECTED},
        {ENTRY_UPLOAD, ENTRY_DRAFT, STATUS_OK, ENTRY_SUBMITTED},
        {ENTRY_UPLOAD, ENTRY_SUBMITTED, STATUS_OK, ENTRY_SUBMITTED},
        {ENTRY_UPLOAD, ENTRY_APPROVED, STATUS_APPROVED, ENTRY_DRAFT},
        {ENTRY_UPLOAD, ENTRY_REJECTED, STATUS_OK, ENTRY_SUBMITTED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum entry_status to = ENTRY_DRAFT;
        ck_assert_int_eq(entry_transition(cases[i].op, cases[i].from, &to), cases[i].status);
        ck_assert_int_eq(to, cases[i].to); /* untouched on refusal */
    }
}
END_TEST

UNIT_MAIN("entry", a_reply_holds_these_members_in_this_order, statuses_have_names,
          tables_are_complete, indexes_name_their_rows, input_has_these_limits,
          date_and_project_are_required_for_a_new_entry_alone, a_patch_refuses_what_the_server_sets,
          queries_have_these_limits, rule_1_hours_and_minutes_must_agree,
          the_state_table_of_design_section_4)
