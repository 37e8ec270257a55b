#include "ts/date.h"

#include "unit.h"

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* All days of the years 1..9999, counted one after the other from 0001-01-01, a Monday. */
START_TEST(conversions_agree_with_counting)
{
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t days = -719162, weekday = 0;

    for (int32_t year = 1; year <= 9999; year++) {
        for (int32_t month = 1; month <= 12; month++) {
            int32_t last = lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
            for (int32_t day = 1; day <= last; day++, days++, weekday = (weekday + 1) % 7) {
                struct date date = {0};
                int32_t y, m, d;
                bool ok = date_from_civil(year, month, day, &date);
                date_to_civil((struct date){days}, &y, &m, &d);
                if (!ok || date.days != days || y != year || m != month || d != day ||
                    date_weekday(date) != weekday)
                    ck_abort_msg("%04d-%02d-%02d", year, month, day);
            }
            struct date untouched = {42};
            ck_assert(!date_from_civil(year, month, last + 1, &untouched));
            ck_assert_int_eq(untouched.days, 42);
        }
    }
    ck_assert_int_eq(days, 2932897); /* 10000-01-01 */
}
END_TEST

START_TEST(known_days)
{
    static const struct {
        int32_t year, month, day, days, weekday;
    } cases[] = {
        {1970, 1, 1, 0, 3},       {1969, 12, 31, -1, 2},  {2000, 2, 29, 11016, 1},
        {2026, 11, 23, 20780, 0}, {2027, 1, 3, 20821, 6}, {2100, 12, 31, 47846, 4},
        {1969, 12, 28, -4, 6},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct date date;
        ck_assert(date_from_civil(cases[i].year, cases[i].month, cases[i].day, &date));
        ck_assert_int_eq(date.days, cases[i].days);
        ck_assert_int_eq(date_weekday(date), cases[i].weekday);
    }
}
END_TEST

START_TEST(dates_that_do_not_exist)
{
    static const int32_t cases[][3] = {{2026, 2, 29}, {2100, 2, 29},  {1900, 2, 29}, {2026, 4, 31},
                                       {2026, 0, 1},  {2026, 13, 1},  {2026, 1, 0},  {2026, 1, 32},
                                       {0, 12, 31},   {10000, 1, 1},  {-1, 1, 1},    {2026, -1, 1},
                                       {2026, 1, -1}, {2026, 1, 1000}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct date date = {42};
        ck_assert(!date_from_civil(cases[i][0], cases[i][1], cases[i][2], &date));
        ck_assert_int_eq(date.days, 42);
    }
}
END_TEST

START_TEST(iso_text)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"2026-11-23", true},   {"0001-01-01", true},  {"9999-12-31", true},
        {"2024-02-29", true},   {"2026-02-29", false}, {"2026-02-30", false},
        {"0000-01-01", false},  {"2026-11-2", false},  {"2026-11-023", false},
        {"2026-11-23 ", false}, {" 2026-11-2", false}, {"2026/11/23", false},
        {"2026-11/23", false},  {"20a6-11-23", false}, {"2026-1a-23", false},
        {"2026-11-2a", false},  {"2026-+1-23", false}, {"", false},
        {"2026-13-01", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct date date;
        bool ok = date_parse_iso(str_of(cases[i].text), &date);
        ck_assert_msg(ok == cases[i].ok, "%s", cases[i].text);
        if (ok) {
            char text[DATE_TEXT_LEN];
            date_format(date, text);
            ck_assert_view(str_n(text, sizeof text), cases[i].text);
        }
    }
}
END_TEST

UNIT_MAIN("date", conversions_agree_with_counting, known_days, dates_that_do_not_exist, iso_text)
