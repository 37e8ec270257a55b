/* src/domain/report.c: grouping, hours that add up, the dates of a report. */
#include "ts/report.h"
#include "unit.h"

/* --- grouping --------------------------------------------------------------------------------- */

static const char *order_of(const struct report_grouping *g, char text[64])
{
    text[0] = '\0';
    if (g->lines)
        return strcat(text, "lines");
    for (size_t i = 0; i < g->count; i++) {
        strcat(text, i == 0 ? "" : ",");
        strcat(text, report_dimension_names[g->order[i]]);
    }
    return text;
}

START_TEST(group_by_takes_each_dimension_once_in_any_order)
{
    static const char *const good[] = {
        "project", "person",       "week",         "month",
        "status",  "person,month", "month,person", "status,month,week,person,project"};
    static const char *const bad[] = {"",        "project,",      ",project",     "project,project",
                                      "Project", "entry,person",  "person,entry", "project, person",
                                      "day",     "projectperson", "person;month", "entryx"};
    struct report_grouping g;
    const char *why = NULL;
    char text[64];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(report_grouping_parse(str_of(good[i]), &g, &why), "%s", good[i]);
        ck_assert_str_eq(order_of(&g, text), good[i]);
    }
    ck_assert(report_grouping_parse(STR("entry"), &g, &why));
    ck_assert_str_eq(order_of(&g, text), "lines");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why = NULL;
        ck_assert_msg(!report_grouping_parse(str_of(bad[i]), &g, &why), "%s", bad[i]);
        ck_assert_ptr_nonnull(why);
    }
}
END_TEST

START_TEST(places_count_from_one)
{
    struct report_grouping g;
    const char *why;

    ck_assert(report_grouping_parse(STR("month,project"), &g, &why));
    ck_assert_uint_eq(report_grouping_place(&g, REPORT_MONTH), 1);
    ck_assert_uint_eq(report_grouping_place(&g, REPORT_PROJECT), 2);
    ck_assert_uint_eq(report_grouping_place(&g, REPORT_WEEK), 0);
}
END_TEST

static const char *columns_of(const char *group_by)
{
    static char text[300];
    struct report_grouping g;
    const char *why;
    uint8_t places[FIELDS_MAX];

    ck_assert(report_grouping_parse(str_of(group_by), &g, &why));
    size_t count = report_columns(&g, places);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(text, i == 0 ? "" : " ");
        strcat(text, report_row_schema.fields[places[i]].name);
    }
    return text;
}

START_TEST(columns_are_those_of_the_dimensions_in_their_order)
{
    ck_assert_str_eq(columns_of("project"), "project project_name customer entries minutes hours");
    ck_assert_str_eq(columns_of("month,person"), "month user_id name kind employee_number"
                                                 " person_id entries minutes hours");
    ck_assert_str_eq(columns_of("status,week"), "status week entries minutes hours");
    ck_assert_str_eq(columns_of("entry"),
                     "date week user_id name kind employee_number person_id project project_name"
                     " customer status note entry_id minutes hours");
}
END_TEST

/* --- hours that add up (design rule 1) ---------------------------------------------------------- */

enum { ROWS_MAX = 2000 };

static int64_t split_rows(const int64_t *minutes, size_t count, int64_t *hundredths)
{
    struct hours_split split = {0, 0};
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        hours_split_count(&split, minutes[i]);
    hours_split_begin(&split);
    for (size_t i = 0; i < count; i++) {
        hundredths[i] = hours_split_take(&split, minutes[i]);
        sum += hundredths[i];
    }
    ck_assert_int_eq(split.twos, 0);
    ck_assert_int_eq(split.ones, 0);
    return sum;
}

START_TEST(rule_1_the_missing_hundredths_go_to_the_largest_remainders)
{
    static const struct {
        const char *name;
        int64_t minutes[6], hundredths[6];
        size_t count;
    } cases[] = {
        {"three times 20 minutes: an hour", {20, 20, 20}, {34, 33, 33}, 3},
        {"three times 40 minutes: two hours", {40, 40, 40}, {67, 67, 66}, 3},
        {"two thirds come before one third", {20, 40, 60}, {33, 67, 100}, 3},
        {"also when they stand behind", {20, 20, 40, 40}, {33, 33, 67, 67}, 4},
        {"equal ones in the order of rows", {40, 40, 40, 40}, {67, 67, 67, 66}, 4},
        {"one third twice: the total is rounded up", {20, 20}, {34, 33}, 2},
        {"one third alone: the total is rounded down", {20, 60}, {33, 100}, 2},
        {"exact ones stay exact", {3, 6, 450, 480}, {5, 10, 750, 800}, 4},
        {"a minute", {1}, {2}, 1},
        {"two minutes", {2}, {3}, 1},
        {"nothing", {0}, {0}, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t hundredths[6], total = 0;
        int64_t sum = split_rows(cases[i].minutes, cases[i].count, hundredths);
        for (size_t k = 0; k < cases[i].count; k++) {
            total += cases[i].minutes[k];
            ck_assert_msg(hundredths[k] == cases[i].hundredths[k], "%s: row %zu has %d",
                          cases[i].name, k, (int)hundredths[k]);
        }
        ck_assert_msg(sum == hours_hundredths(total), "%s", cases[i].name);
    }
}
END_TEST

static uint64_t random_below(uint64_t *state, uint64_t limit)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % limit;
}

/* The remainders taken one by one from the largest, as the method is defined. */
static void check_largest_first(const int64_t *minutes, const int64_t *hundredths, size_t count)
{
    bool one_got = false, two_missed = false, missed[3] = {false, false, false};

    for (size_t i = 0; i < count; i++) {
        int64_t remainder = minutes[i] * 5 % 3;
        bool got = hundredths[i] > minutes[i] * 5 / 3;
        ck_assert_msg(!(got && missed[remainder]), "row %zu got what an earlier one missed", i);
        missed[remainder] = missed[remainder] || !got;
        one_got = one_got || (remainder == 1 && got);
        two_missed = two_missed || (remainder == 2 && !got);
    }
    ck_assert(!(one_got && two_missed));
}

START_TEST(rule_1_rows_add_up_to_the_total_whatever_they_are)
{
    uint64_t state = 0x9E3779B97F4A7C15;
    int64_t minutes[ROWS_MAX], hundredths[ROWS_MAX];

    for (int round = 0; round < 5000; round++) {
        size_t count = 1 + random_below(&state, round % 50 == 0 ? ROWS_MAX : 40);
        int64_t total = 0, longest = round % 2 == 0 ? 1440 : INT64_C(10000000000);
        for (size_t i = 0; i < count; i++) {
            minutes[i] = (int64_t)random_below(&state, (uint64_t)longest) + 1;
            total += minutes[i];
        }
        ck_assert_int_eq(split_rows(minutes, count, hundredths), hours_hundredths(total));
        for (size_t i = 0; i < count; i++) {
            int64_t off = hundredths[i] * 3 - minutes[i] * 5; /* in thirds of a hundredth */
            ck_assert_msg(off > -3 && off < 3, "%d minutes are off by a hundredth",
                          (int)minutes[i]);
            ck_assert(minutes[i] % 3 != 0 || off == 0);
        }
        check_largest_first(minutes, hundredths, count);
    }
}
END_TEST

START_TEST(a_total_is_rounded_half_up_to_the_hundredth)
{
    for (int64_t minutes = 0; minutes < 100000; minutes++) {
        int64_t off = hours_hundredths(minutes) * 3 - minutes * 5;
        ck_assert(off >= -1 && off <= 1);
    }
    ck_assert_int_eq(hours_hundredths(450), 750);
}
END_TEST

START_TEST(hundredths_have_two_decimals)
{
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {{0, "0.00"},         {1, "0.01"},
                 {10, "0.10"},        {33, "0.33"},
                 {750, "7.50"},       {100, "1.00"},
                 {123456, "1234.56"}, {INT64_C(99999999999999), "999999999999.99"}};
    char out[FIELD_NUMBER_MAX];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_view(str_n(out, hundredths_format(cases[i].value, out)), cases[i].text);
}
END_TEST

/* --- dates ---------------------------------------------------------------------------------------- */

static struct date day(const char *text)
{
    struct date date;
    ck_assert(date_parse_iso(str_of(text), &date));
    return date;
}

START_TEST(dates_that_are_left_out_make_whole_years)
{
    static const struct {
        const char *from, *to, *first, *last;
    } cases[] = {
        {NULL, NULL, "2026-01-01", "2026-12-31"},
        {"2026-03-01", NULL, "2026-03-01", "2026-12-31"},
        {"2024-03-01", NULL, "2024-03-01", "2026-12-31"},
        {"2027-03-01", NULL, "2027-03-01", "2027-12-31"},
        {NULL, "2026-03-01", "2026-01-01", "2026-03-01"},
        {NULL, "2024-03-01", "2024-01-01", "2024-03-01"},
        {"2024-03-01", "2025-01-31", "2024-03-01", "2025-01-31"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report_query query = {.present = 0};
        struct date from, to;
        if (cases[i].from != NULL)
            field_put_i64(&report_query_schema, &report_query_schema.fields[REPORT_QUERY_FROM],
                          &query, day(cases[i].from).days);
        if (cases[i].to != NULL)
            field_put_i64(&report_query_schema, &report_query_schema.fields[REPORT_QUERY_TO],
                          &query, day(cases[i].to).days);
        report_dates(&query, day("2026-11-23"), &from, &to);
        ck_assert_int_eq(from.days, day(cases[i].first).days);
        ck_assert_int_eq(to.days, day(cases[i].last).days);
    }
}
END_TEST

START_TEST(a_row_shows_its_numbers_as_texts)
{
    struct report_row row = {
        .week_number = 202653, .month_number = 202701, .status_number = 3, .kind_number = 2};

    report_row_show(&row);
    ck_assert_view(row.week, "2026-W53");
    ck_assert_view(row.month, "2027-01");
    ck_assert_view(row.status, "approved");
    ck_assert_view(row.kind, "contractor");
    row = (struct report_row){.week_number = 0};
    report_row_show(&row);
    ck_assert_uint_eq(row.week.len + row.month.len + row.status.len + row.kind.len, 0);
}
END_TEST

UNIT_MAIN("report", group_by_takes_each_dimension_once_in_any_order, places_count_from_one,
          columns_are_those_of_the_dimensions_in_their_order,
          rule_1_the_missing_hundredths_go_to_the_largest_remainders,
          rule_1_rows_add_up_to_the_total_whatever_they_are,
          a_total_is_rounded_half_up_to_the_hundredth, hundredths_have_two_decimals,
          dates_that_are_left_out_make_whole_years, a_row_shows_its_numbers_as_texts)
