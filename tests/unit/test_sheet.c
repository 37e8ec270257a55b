/* src/domain/sheet.c: the state of a week from its entries, its totals, and what is worth a look. */
#include "ts/sheet.h"
#include "unit.h"

START_TEST(the_state_is_that_of_the_entry_that_needs_most)
{
    static const struct {
        const char *name;
        int64_t counts[ENTRY_STATUS_COUNT]; /* draft, submitted, approved, rejected */
        enum entry_status empty_status;
        bool due;
        enum week_state state;
    } cases[] = {
        {"any rejected: rejected", {1, 1, 1, 1}, ENTRY_DRAFT, true, WEEK_REJECTED},
        {"else any draft: open", {1, 1, 1, 0}, ENTRY_DRAFT, true, WEEK_OPEN},
        {"else any submitted: submitted", {0, 1, 1, 0}, ENTRY_DRAFT, true, WEEK_SUBMITTED},
        {"else any approved: approved", {0, 0, 1, 0}, ENTRY_DRAFT, true, WEEK_APPROVED},
        {"empty and submitted", {0, 0, 0, 0}, ENTRY_SUBMITTED, true, WEEK_SUBMITTED},
        {"empty and approved", {0, 0, 0, 0}, ENTRY_APPROVED, false, WEEK_APPROVED},
        {"empty and rejected", {0, 0, 0, 0}, ENTRY_REJECTED, true, WEEK_REJECTED},
        {"empty and due: missing", {0, 0, 0, 0}, ENTRY_DRAFT, true, WEEK_MISSING},
        {"empty and not due: open", {0, 0, 0, 0}, ENTRY_DRAFT, false, WEEK_OPEN},
        {"entries count before what was said of the empty week",
         {0, 1, 0, 0},
         ENTRY_APPROVED,
         true,
         WEEK_SUBMITTED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(week_state_of(cases[i].counts, cases[i].empty_status, cases[i].due) ==
                          cases[i].state,
                      "%s", cases[i].name);
}
END_TEST

START_TEST(states_and_warnings_have_names)
{
    ck_assert_str_eq(week_state_names[WEEK_OPEN], "open");
    ck_assert_str_eq(week_state_names[WEEK_SUBMITTED], "submitted");
    ck_assert_str_eq(week_state_names[WEEK_APPROVED], "approved");
    ck_assert_str_eq(week_state_names[WEEK_REJECTED], "rejected");
    ck_assert_str_eq(week_state_names[WEEK_MISSING], "missing");
    ck_assert_ptr_null(week_state_names[WEEK_MISSING + 1]);
    ck_assert_str_eq(sheet_warning_names[WARNING_DAY_OVER_10H], "day-over-10h");
    ck_assert_str_eq(sheet_warning_names[WARNING_WEEK_OVER_48H], "week-over-48h");
    ck_assert_str_eq(sheet_warning_names[WARNING_WEEKEND], "weekend");
    ck_assert_str_eq(sheet_warning_names[WARNING_DUPLICATE], "duplicate");
    ck_assert_ptr_null(sheet_warning_names[WARNING_DUPLICATE + 1]);
}
END_TEST

static struct date day(const char *text)
{
    struct date date = {DATE_NONE_DAYS};

    ck_assert(text == NULL || date_parse_iso(str_of(text), &date));
    return date;
}

START_TEST(a_week_is_due_when_it_is_over_and_the_person_was_active_in_it)
{
    /* 2026-W48 is 2026-11-23 to 29; NULL = no bound */
    static const struct {
        const char *name, *today, *from, *to;
        bool active, due;
    } cases[] = {
        {"its Sunday", "2026-11-29", NULL, NULL, true, false},
        {"the Monday after", "2026-11-30", NULL, NULL, true, true},
        {"active from its Sunday", "2026-11-30", "2026-11-29", NULL, true, true},
        {"active from the Monday after", "2026-12-20", "2026-11-30", NULL, false, false},
        {"active to its Monday", "2026-11-30", NULL, "2026-11-23", true, true},
        {"active to the Sunday before", "2026-11-30", NULL, "2026-11-22", false, false},
        {"active on one day of it", "2026-11-30", "2026-11-25", "2026-11-25", true, true},
    };
    const struct iso_week week = {202648};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct date from = day(cases[i].from), to = day(cases[i].to);
        ck_assert_msg(week_is_active(week, from, to) == cases[i].active, "%s", cases[i].name);
        ck_assert_msg(week_is_due(week, day(cases[i].today), from, to) == cases[i].due, "%s",
                      cases[i].name);
    }
}
END_TEST

START_TEST(a_week_may_have_entries_when_one_of_its_dates_may)
{
    static const struct {
        int32_t week;
        bool allowed;
    } cases[] = {{199951, false}, {199952, true},  {200001, true},
                 {202653, true},  {202701, false}, {210052, false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(week_is_allowed((struct iso_week){cases[i].week}, day("2026-11-25")) ==
                          cases[i].allowed,
                      "%d", cases[i].week);
}
END_TEST

/* --- totals and warnings ------------------------------------------------------------------------- */

enum { ENTRIES_MAX = 16 };

struct line {
    int weekday;
    const char *project;
    int64_t minutes;
    enum entry_status status;
    const char *note;
};

struct fixture {
    struct entry entries[ENTRIES_MAX];
    struct sheet_day days[WEEK_DAYS];
    struct sheet_project projects[ENTRIES_MAX];
    struct sheet_warning warnings[64];
    struct sheet sheet;
};

static struct sheet *sum_up(struct fixture *f, const struct line *lines, size_t count)
{
    const struct sheet_room room = {f->days, f->projects, f->warnings};

    f->sheet = (struct sheet){.number = {202648},
                              .empty_status = ENTRY_REJECTED,
                              .reason = STR("why"),
                              .active_from = {DATE_NONE_DAYS},
                              .active_to = {DATE_NONE_DAYS}};
    for (size_t i = 0; i < count; i++)
        f->entries[i] = (struct entry){.id = (int64_t)(count - i),
                                       .date = {day("2026-11-23").days + lines[i].weekday},
                                       .project = str_of(lines[i].project),
                                       .minutes = lines[i].minutes,
                                       .status = lines[i].status,
                                       .note = str_of(lines[i].note)};
    sheet_sort(f->entries, count);
    f->sheet.entries = (struct field_list){f->entries, count};
    ck_assert_uint_le(sheet_warnings_max(count), sizeof f->warnings / sizeof f->warnings[0]);
    sheet_sum_up(&f->sheet, day("2026-12-31"), &room);
    return &f->sheet;
}

START_TEST(totals_are_per_day_project_and_status)
{
    static const struct line lines[] = {
        {6, "b", 5, ENTRY_REJECTED, "x"},   {0, "b", 10, ENTRY_DRAFT, ""},
        {0, "ab", 20, ENTRY_SUBMITTED, ""}, {0, "a", 30, ENTRY_APPROVED, ""},
        {2, "b", 40, ENTRY_SUBMITTED, ""},
    };
    struct fixture f;
    const struct sheet *sheet = sum_up(&f, lines, sizeof lines / sizeof lines[0]);

    ck_assert_int_eq(sheet->from.days, day("2026-11-23").days);
    ck_assert_int_eq(sheet->to.days, day("2026-11-29").days);
    ck_assert_int_eq(sheet->minutes, 105);
    ck_assert_int_eq(sheet->state, WEEK_REJECTED);
    ck_assert_uint_eq(sheet->reason.len, 0); /* the entries have their own */
    ck_assert_int_eq(sheet->count[ENTRY_DRAFT], 1);
    ck_assert_int_eq(sheet->count[ENTRY_SUBMITTED], 2);
    ck_assert_int_eq(sheet->count[ENTRY_APPROVED], 1);
    ck_assert_int_eq(sheet->count[ENTRY_REJECTED], 1);
    static const int64_t days[WEEK_DAYS] = {60, 0, 40, 0, 0, 0, 5};
    for (int i = 0; i < WEEK_DAYS; i++) {
        ck_assert_int_eq(f.days[i].minutes, days[i]);
        ck_assert_int_eq(f.days[i].date.days, sheet->from.days + i);
    }
    static const struct {
        const char *project;
        int64_t minutes;
    } projects[] = {{"a", 30}, {"ab", 20}, {"b", 55}}; /* by code */
    ck_assert_uint_eq(sheet->projects.count, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert(str_eq(f.projects[i].project, str_of(projects[i].project)));
        ck_assert_int_eq(f.projects[i].minutes, projects[i].minutes);
    }
    /* by date, then id: the ids here fall */
    for (size_t i = 1; i < sheet->entries.count; i++)
        ck_assert(f.entries[i - 1].date.days < f.entries[i].date.days ||
                  (f.entries[i - 1].date.days == f.entries[i].date.days &&
                   f.entries[i - 1].id < f.entries[i].id));
}
END_TEST

/* Rule 11: soft warnings. */
START_TEST(what_is_unusual_is_told)
{
    static const struct {
        const char *name;
        struct line lines[6];
        size_t count;
        struct {
            enum sheet_warning_code code;
            int weekday; /* -1: the week */
            int64_t minutes;
        } warnings[4];
        size_t warned;
    } cases[] = {
        {"10 hours on a day are fine", {{0, "a", 600, ENTRY_DRAFT, ""}}, 1, {{0}}, 0},
        {"a minute more is told",
         {{0, "a", 600, ENTRY_DRAFT, ""}, {0, "b", 1, ENTRY_APPROVED, ""}},
         2,
         {{WARNING_DAY_OVER_10H, 0, 601}},
         1},
        {"48 hours in a week are fine",
         {{0, "a", 600, ENTRY_DRAFT, ""},
          {1, "a", 600, ENTRY_DRAFT, ""},
          {2, "a", 600, ENTRY_DRAFT, ""},
          {3, "a", 600, ENTRY_DRAFT, ""},
          {4, "a", 480, ENTRY_DRAFT, ""}},
         5,
         {{0}},
         0},
        {"a minute more is told, and so is a weekend",
         {{0, "a", 600, ENTRY_DRAFT, ""},
          {1, "a", 600, ENTRY_DRAFT, ""},
          {2, "a", 600, ENTRY_DRAFT, ""},
          {3, "a", 600, ENTRY_DRAFT, ""},
          {4, "a", 480, ENTRY_DRAFT, ""},
          {5, "a", 1, ENTRY_DRAFT, ""}},
         6,
         {{WARNING_WEEK_OVER_48H, -1, 2881}, {WARNING_WEEKEND, 5, 1}},
         2},
        {"Sunday is a weekend too",
         {{6, "a", 700, ENTRY_DRAFT, ""}},
         1,
         {{WARNING_DAY_OVER_10H, 6, 700}, {WARNING_WEEKEND, 6, 700}},
         2},
        {"the same line twice, with other minutes and status",
         {{0, "a", 1, ENTRY_DRAFT, "n"}, {0, "a", 2, ENTRY_APPROVED, "n"}},
         2,
         {{WARNING_DUPLICATE, 0, 3}},
         1},
        {"three times is one warning",
         {{0, "a", 1, ENTRY_DRAFT, "n"},
          {0, "b", 1, ENTRY_DRAFT, "n"},
          {0, "a", 2, ENTRY_DRAFT, "n"},
          {0, "a", 4, ENTRY_DRAFT, "n"}},
         4,
         {{WARNING_DUPLICATE, 0, 7}},
         1},
        {"another day, project or note is another line",
         {{0, "a", 1, ENTRY_DRAFT, "n"},
          {1, "a", 1, ENTRY_DRAFT, "n"},
          {0, "b", 1, ENTRY_DRAFT, "n"},
          {0, "a", 1, ENTRY_DRAFT, "N"},
          {0, "a", 1, ENTRY_DRAFT, ""}},
         5,
         {{0}},
         0},
        {"two lines twice",
         {{0, "a", 1, ENTRY_DRAFT, ""},
          {0, "a", 1, ENTRY_DRAFT, ""},
          {1, "b", 2, ENTRY_DRAFT, ""},
          {1, "b", 2, ENTRY_DRAFT, ""}},
         4,
         {{WARNING_DUPLICATE, 0, 2}, {WARNING_DUPLICATE, 1, 4}},
         2},
    };
    struct fixture f;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sheet *sheet = sum_up(&f, cases[i].lines, cases[i].count);
        ck_assert_msg(sheet->warnings.count == cases[i].warned, "%s: %zu", cases[i].name,
                      sheet->warnings.count);
        for (size_t k = 0; k < cases[i].warned; k++) {
            const struct sheet_warning *w = &f.warnings[k];
            int weekday = cases[i].warnings[k].weekday;
            ck_assert_msg(w->code == cases[i].warnings[k].code, "%s", cases[i].name);
            ck_assert_msg(w->minutes == cases[i].warnings[k].minutes, "%s", cases[i].name);
            ck_assert_msg(w->date.days ==
                              (weekday < 0 ? DATE_NONE_DAYS : sheet->from.days + weekday),
                          "%s", cases[i].name);
            ck_assert_msg((w->project.len > 0) == (w->code == WARNING_DUPLICATE), "%s",
                          cases[i].name);
        }
    }
}
END_TEST

START_TEST(an_empty_week_tells_what_was_said_of_it)
{
    struct fixture f;
    struct sheet *sheet = sum_up(&f, NULL, 0);
    const struct sheet_room room = {f.days, f.projects, f.warnings};

    ck_assert_int_eq(sheet->state, WEEK_REJECTED);
    ck_assert(str_eq(sheet->reason, STR("why")));
    ck_assert(!sheet_depends_on_day(sheet));
    sheet->hidden_drafts = 1; /* others' drafts: not shown, but the week is not empty */
    sheet_sum_up(sheet, day("2026-12-31"), &room);
    ck_assert_int_eq(sheet->state, WEEK_OPEN);
    ck_assert_uint_eq(sheet->reason.len, 0);
    ck_assert_int_eq(sheet->count[ENTRY_DRAFT], 0);
    ck_assert(!sheet_depends_on_day(sheet));
    sheet->hidden_drafts = 0;
    sheet->empty_status = ENTRY_DRAFT;
    sheet_sum_up(sheet, day("2026-11-29"), &room);
    ck_assert_int_eq(sheet->state, WEEK_OPEN);
    ck_assert(sheet_depends_on_day(sheet));
    sheet_sum_up(sheet, day("2026-11-30"), &room);
    ck_assert_int_eq(sheet->state, WEEK_MISSING);
    ck_assert(sheet_depends_on_day(sheet));
}
END_TEST

/* --- tables ---------------------------------------------------------------------------------------- */

static void check_table(const struct schema *schema)
{
    ck_assert_uint_le(schema->count, FIELDS_MAX);
    for (size_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        ck_assert_ptr_eq(field_find(schema, str_of(field->name)), field);
        ck_assert_uint_le(strlen(field->name), FIELD_NAME_MAX);
        if (field->type == FIELD_IS) /* a member that is refused */
            continue;
        ck_assert_msg(field->doc != NULL, "%s.%s", schema->name, field->name);
        ck_assert_msg(field->type == FIELD_LIST || field->example != NULL, "%s.%s", schema->name,
                      field->name);
        if (field->type == FIELD_LIST)
            check_table(field->items);
    }
}

START_TEST(tables_are_complete)
{
    static const struct schema *const schemas[] = {&sheet_schema, &week_summary_schema,
                                                   &weeks_query_schema, &week_input_schema,
                                                   &submission_input_schema};

    for (size_t s = 0; s < sizeof schemas / sizeof schemas[0]; s++)
        check_table(schemas[s]);
    ck_assert_str_eq(sheet_schema.fields[0].name, "version");
}
END_TEST

START_TEST(indexes_name_their_rows)
{
    static const char *const queries[] = {"from", "to", "state", "user", "limit", "cursor"};
    static const char *const items[] = {"date", "project", "hours", "minutes",
                                        "note", "status",  "id",    "delete"};

    ck_assert_uint_eq(weeks_query_schema.count, sizeof queries / sizeof queries[0]);
    for (size_t i = 0; i < weeks_query_schema.count; i++)
        ck_assert_str_eq(weeks_query_schema.fields[i].name, queries[i]);
    ck_assert_uint_eq(entry_item_schema.count, sizeof items / sizeof items[0]);
    for (size_t i = 0; i < entry_item_schema.count; i++)
        ck_assert_str_eq(entry_item_schema.fields[i].name, items[i]);
    ck_assert_int_eq(ENTRY_ITEM_ID, 6);
    ck_assert_int_eq(ENTRY_ITEM_DELETE, 7);
}
END_TEST

/* An item's rows are those of an entry's input, whose functions read it. */
START_TEST(an_item_is_read_as_an_entry_is)
{
    struct entry_item item;
    struct field_error error;
    int64_t minutes = 0;
    const char *why = "";

    memset(&item, 0, sizeof item);
    ck_assert(field_read(&entry_item_schema, field_find(&entry_item_schema, STR("hours")),
                         STR("1.5"), &item, &error));
    ck_assert_int_eq(entry_input_minutes(&item.entry, true, &minutes, &why), STATUS_OK);
    ck_assert_int_eq(minutes, 90);
    ck_assert(field_read(&entry_item_schema, field_find(&entry_item_schema, STR("id")), STR("7"),
                         &item, &error));
    ck_assert(field_read(&entry_item_schema, field_find(&entry_item_schema, STR("delete")),
                         STR("true"), &item, &error));
    ck_assert_int_eq(item.id, 7);
    ck_assert_int_eq(item.remove, 1);
    ck_assert_uint_eq(item.entry.present,
                      1U << ENTRY_INPUT_HOURS | 1U << ENTRY_ITEM_ID | 1U << ENTRY_ITEM_DELETE);
    ck_assert(!field_read(&entry_item_schema, field_find(&entry_item_schema, STR("status")),
                          STR("draft"), &item, &error));
    ck_assert_str_eq(error.code, "read-only");
}
END_TEST

UNIT_MAIN("sheet", the_state_is_that_of_the_entry_that_needs_most, states_and_warnings_have_names,
          a_week_is_due_when_it_is_over_and_the_person_was_active_in_it,
          a_week_may_have_entries_when_one_of_its_dates_may, totals_are_per_day_project_and_status,
          what_is_unusual_is_told, an_empty_week_tells_what_was_said_of_it, tables_are_complete,
          indexes_name_their_rows, an_item_is_read_as_an_entry_is)
