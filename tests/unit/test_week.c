/* ISO weeks, the dates an entry may have, and the spellings of a date (design rules 3 and 4). */
#include <stdio.h>

#include "ts/week.h"
#include "unit.h"

static struct date day(int32_t year, int32_t month, int32_t of_month)
{
    struct date date;
    ck_assert(date_from_civil(year, month, of_month, &date));
    return date;
}

START_TEST(rule_4_weeks_are_iso_weeks)
{
    static const struct {
        int32_t year, month, day, week;
    } cases[] = {
        {2026, 11, 23, 202648}, {2026, 12, 31, 202653}, {2027, 1, 1, 202653},
        {2027, 1, 2, 202653},   {2027, 1, 3, 202653},   {2027, 1, 4, 202701},
        {2024, 12, 29, 202452}, {2024, 12, 30, 202501}, {2025, 1, 1, 202501},
        {2025, 12, 28, 202552}, {2025, 12, 29, 202601}, {2000, 1, 1, 199952},
        {2000, 1, 3, 200001},   {2020, 12, 31, 202053}, {2021, 1, 3, 202053},
        {2016, 2, 29, 201609},  {2100, 12, 31, 210052}, {2010, 1, 3, 200953},
        {1, 1, 1, 101},         {9998, 12, 31, 999853},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_int_eq(week_of(day(cases[i].year, cases[i].month, cases[i].day)).number,
                         cases[i].week);
}
END_TEST

/* Counted by hand: a year has 53 weeks when it begins on a Thursday, or on a Wednesday and is a leap
 * year; walk through the days and change the week on Mondays. */
START_TEST(weeks_agree_with_counting_day_by_day)
{
    struct date at = day(2000, 1, 3), end = day(2100, 12, 31);
    int32_t year = 2000, week = 1, weekday = 0;

    for (; at.days <= end.days; at.days++) {
        ck_assert_int_eq(week_of(at).number, year * 100 + week);
        ck_assert_int_eq(week_monday(week_of(at)).days, at.days - weekday);
        if (++weekday < 7)
            continue;
        weekday = 0;
        /* weekday of 1 January, by Gauss: 0 = Sunday */
        int32_t y = year - 1;
        int32_t first = (1 + 5 * (y % 4) + 4 * (y % 100) + 6 * (y % 400)) % 7;
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (++week > (first == 4 || (first == 3 && leap) ? 53 : 52)) {
            week = 1;
            year++;
        }
    }
}
END_TEST

START_TEST(reads_weeks_that_exist)
{
    static const struct {
        const char *text;
        int32_t week; /* 0 = refused */
    } cases[] = {
        {"2026-W48", 202648}, {"2026-W01", 202601}, {"2026-W53", 202653}, {"2020-W53", 202053},
        {"0001-W01", 101},    {"9998-W53", 999853}, {"1999-W52", 199952}, {"2025-W53", 0},
        {"2024-W53", 0},      {"2026-W54", 0},      {"2026-W00", 0},      {"2026-W99", 0},
        {"0000-W01", 0},      {"9999-W01", 0},      {"2026-w48", 0},      {"2026W48", 0},
        {"2026-W4", 0},       {"2026-W048", 0},     {"2026-48", 0},       {"", 0},
        {"2026_W48", 0},      {"2o26-W48", 0},      {"2026-W4x", 0},      {"2026-W+8", 0},
        {" 2026-W48", 0},     {"2026-W48 ", 0},     {"2026-W-1", 0},      {"-026-W48", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct iso_week week = {0};
        bool ok = week_parse(str_of(cases[i].text), &week);
        ck_assert_msg(ok == (cases[i].week != 0), "%s", cases[i].text);
        ck_assert_msg(week.number == cases[i].week, "%s: %d", cases[i].text, week.number);
    }
}
END_TEST

START_TEST(writes_a_week_as_it_is_read)
{
    for (int32_t days = day(1999, 12, 27).days; days <= day(2101, 1, 2).days; days += 7) {
        char text[WEEK_TEXT_LEN];
        struct iso_week week = week_of((struct date){days}), again = {0};
        week_format(week, text);
        ck_assert(week_parse(str_n(text, sizeof text), &again));
        ck_assert_int_eq(again.number, week.number);
    }
    char text[WEEK_TEXT_LEN];
    week_format((struct iso_week){202648}, text);
    ck_assert(str_eq(str_n(text, sizeof text), STR("2026-W48")));
}
END_TEST

START_TEST(rule_3_dates_end_on_the_sunday_five_weeks_ahead)
{
    struct date last = day(2027, 1, 3); /* of 2026-W48 */

    for (int32_t i = 0; i < 7; i++) {
        struct date today = {day(2026, 11, 23).days + i};
        ck_assert_int_eq(entry_last_date(today).days, last.days);
        ck_assert(entry_date_allowed(last, today));
        ck_assert(!entry_date_allowed((struct date){last.days + 1}, today));
    }
    ck_assert_int_eq(entry_last_date(day(2026, 11, 30)).days, last.days + 7);
    ck_assert_int_eq(entry_last_date(day(2026, 11, 22)).days, last.days - 7);
}
END_TEST

START_TEST(rule_3_years_are_2000_to_2100)
{
    struct date today = day(2026, 11, 23), late = day(2100, 12, 30);

    ck_assert(entry_date_allowed(day(2000, 1, 1), today));
    ck_assert(!entry_date_allowed(day(1999, 12, 31), today));
    ck_assert(entry_date_allowed(day(2100, 12, 31), late));
    ck_assert(!entry_date_allowed(day(2101, 1, 1), late));
}
END_TEST

#define SHAPE "must be a date YYYY-MM-DD (or a date-time that begins with one)"
#define CIVIL "must be a date YYYY-MM-DD"
#define UNREAL "is not a real date: that day does not exist in the calendar"

START_TEST(work_dates_in_every_spelling)
{
    static const struct {
        const char *text, *date; /* the date it is, NULL = refused with the sentence that follows */
        const char *why;
    } cases[] = {
        {"2026-11-23", "2026-11-23", NULL},
        {"2024-02-29", "2024-02-29", NULL},
        {"0001-01-01", "0001-01-01", NULL},
        {"2017-05-10T17:40:20.095Z", "2017-05-10", NULL},
        {"2017-05-10T17:40:20Z", "2017-05-10", NULL},
        {"2017-05-10T17:40Z", "2017-05-10", NULL},
        {"2017-05-10T17:40", "2017-05-10", NULL},
        {"2017-05-10T17:40:20", "2017-05-10", NULL},
        {"2017-05-10T23:59:60Z", "2017-05-10", NULL},
        {"2017-05-10T00:00:00.123456789+14:00", "2017-05-10", NULL}, /* as written: no conversion */
        {"2017-05-10T23:59:59-12:30", "2017-05-10", NULL},
        {"Wed May 10 00:00:00 GMT 2017", "2017-05-10", NULL},
        {"Wed May 10 23:59:59 CEST 2017", "2017-05-10", NULL},
        {"Wed May 10 00:00:00 GMT+05:30 2017", "2017-05-10", NULL},
        {"Wed May 10 00:00:00 GMT-03:00 2017", "2017-05-10", NULL},
        {"Sun Feb 29 12:30:00 UTC 2032", "2032-02-29", NULL},
        {"Mon Jan 01 00:00:00 Z 2018", "2018-01-01", NULL},
        {"2026-02-30", NULL, UNREAL},
        {"2026-02-29", NULL, UNREAL},
        {"2026-13-01", NULL, UNREAL},
        {"2026-00-10", NULL, UNREAL},
        {"2026-04-31", NULL, UNREAL},
        {"2026-04-00", NULL, UNREAL},
        {"0000-01-01", NULL, UNREAL},
        {"2026-02-30T10:00:00Z", NULL, UNREAL},
        {"Thu May 10 00:00:00 GMT 2017", NULL, UNREAL}, /* a Wednesday */
        {"Thu Feb 30 00:00:00 GMT 2017", NULL, UNREAL},
        {"", NULL, SHAPE},
        {"yesterday", NULL, SHAPE},
        {"2026-1-1", NULL, SHAPE},
        {"20261123", NULL, SHAPE},
        {"2026/11/23", NULL, SHAPE},
        {"2026-11/23", NULL, SHAPE},
        {"2026-11-2", NULL, SHAPE},
        {"23.11.2026", NULL, SHAPE},
        {"+2026-11-23", NULL, SHAPE},
        {" 2026-11-23", NULL, SHAPE},
        {"2026-11-23 ", NULL, SHAPE},
        {"2026-11-23x", NULL, SHAPE},
        {"2026-11-23T", NULL, SHAPE},
        {"2026-11-23 10:00", NULL, SHAPE},
        {"2026-11-23t10:00", NULL, SHAPE},
        {"2026-11-23T10", NULL, SHAPE},
        {"2026-11-23T10-00", NULL, SHAPE},
        {"2026-11-23T24:00", NULL, SHAPE},
        {"2026-11-23T10:60", NULL, SHAPE},
        {"2026-11-23T10:00:61", NULL, SHAPE},
        {"2026-11-23T10:00:", NULL, SHAPE},
        {"2026-11-23T10:00:0", NULL, SHAPE},
        {"2026-11-23T10:00:00.", NULL, SHAPE},
        {"2026-11-23T10:00:00.x", NULL, SHAPE},
        {"2026-11-23T10:00:00.1234567890", NULL, SHAPE},
        {"2026-11-23T10:00.5Z", NULL, SHAPE},
        {"2026-11-23T10:00z", NULL, SHAPE},
        {"2026-11-23T10:00ZZ", NULL, SHAPE},
        {"2026-11-23T10:00+1", NULL, SHAPE},
        {"2026-11-23T10:00+0100", NULL, SHAPE},
        {"2026-11-23T10:00+24:00", NULL, SHAPE},
        {"2026-11-23T10:00+01:00Z", NULL, SHAPE},
        {"Wed", NULL, SHAPE},
        {"Wed May", NULL, SHAPE},
        {"WedMay 10 00:00:00 GMT 2017", NULL, SHAPE},
        {"Mit May 10 00:00:00 GMT 2017", NULL, SHAPE},
        {"wed May 10 00:00:00 GMT 2017", NULL, SHAPE},
        {"Wed Mai 10 00:00:00 GMT 2017", NULL, SHAPE},
        {"Wed May10 00:00:00 GMT 2017", NULL, SHAPE},
        {"Wed May 1 00:00:00 GMT 2017", NULL, SHAPE},
        {"Wed May 10T00:00:00 GMT 2017", NULL, SHAPE},
        {"Wed May 10 24:00:00 GMT 2017", NULL, SHAPE},
        {"Wed May 10 00:00 GMT 2017", NULL, SHAPE},
        {"Wed May 10 00:00:61 GMT 2017", NULL, SHAPE},
        {"Wed May 10 00:00:00GMT 2017", NULL, SHAPE},
        {"Wed May 10 00:00:00  2017", NULL, SHAPE},
        {"Wed May 10 00:00:00 LONGZONE 2017", NULL, SHAPE},
        {"Wed May 10 00:00:00 {} 2017", NULL, SHAPE},
        {"Wed May 10 00:00:00 @@@ 2017", NULL, SHAPE},
        {"Wed May 10 00:00:00 CEST+01:00 2017", NULL, SHAPE},
        {"Wed May 10 00:00:00 GMT+5 2017", NULL, SHAPE},
        {"Wed May 10 00:00:00 GMT", NULL, SHAPE},
        {"Wed May 10 00:00:00 GMT 17", NULL, SHAPE},
        {"Wed May 10 00:00:00 GMT 2017 ", NULL, SHAPE},
        {"Wed May 10 00:00:00 GMT 20170", NULL, SHAPE},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t days = INT64_MIN;
        const char *why = NULL;
        bool ok = work_date_parse(str_of(cases[i].text), &days, &why);
        ck_assert_msg(ok == (cases[i].date != NULL), "%s", cases[i].text);
        if (ok) {
            struct date expected;
            ck_assert(date_parse_iso(str_of(cases[i].date), &expected));
            ck_assert_msg(days == expected.days, "%s", cases[i].text);
        } else {
            ck_assert_msg(strcmp(why, cases[i].why) == 0, "%s: %s", cases[i].text, why);
            ck_assert_int_eq(days, INT64_MIN);
        }
    }
}
END_TEST

START_TEST(civil_dates_in_one_spelling)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"2026-11-23", NULL},
        {"9999-12-31", NULL},
        {"2026-02-30", UNREAL},
        {"2026-11-23T10:00", CIVIL},
        {"Wed May 10 00:00:00 GMT 2017", CIVIL},
        {"2026-11-23 ", CIVIL},
        {"2026-11", CIVIL},
        {"", CIVIL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t days = INT64_MIN;
        const char *why = NULL;
        bool ok = civil_date_parse(str_of(cases[i].text), &days, &why);
        ck_assert_msg(ok == (cases[i].why == NULL), "%s", cases[i].text);
        if (!ok)
            ck_assert_str_eq(why, cases[i].why);
    }
}
END_TEST

/* Every date of a century, in the two spellings that carry all of it. */
START_TEST(every_date_reads_back)
{
    static const char *const weekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    for (struct date at = day(2000, 1, 1); at.days <= day(2100, 12, 31).days; at.days++) {
        char iso[DATE_TEXT_LEN], java[40];
        int32_t year, month, of_month;
        int64_t days = 0;
        const char *why;
        date_format(at, iso);
        ck_assert(civil_date_parse(str_n(iso, sizeof iso), &days, &why) && days == at.days);
        date_to_civil(at, &year, &month, &of_month);
        (void)snprintf(java, sizeof java, "%s %s %02d 08:15:00 GMT %d", weekdays[date_weekday(at)],
                       months[month - 1], of_month, year);
        ck_assert_msg(work_date_parse(str_of(java), &days, &why) && days == at.days, "%s", java);
    }
}
END_TEST

UNIT_MAIN("week", rule_4_weeks_are_iso_weeks, weeks_agree_with_counting_day_by_day,
          reads_weeks_that_exist, writes_a_week_as_it_is_read,
          rule_3_dates_end_on_the_sunday_five_weeks_ahead, rule_3_years_are_2000_to_2100,
          work_dates_in_every_spelling, civil_dates_in_one_spelling, every_date_reads_back)
