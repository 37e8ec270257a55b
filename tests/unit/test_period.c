#include "ts/period.h"
#include "unit.h"

static struct date day(const char *text)
{
    struct date date;
    ck_assert(date_parse_iso(str_of(text), &date));
    return date;
}

START_TEST(the_lock_reaches_from_2000_to_today)
{
    const struct date today = day("2026-11-25"), none = {DATE_NONE_DAYS};

    ck_assert(period_lock_allowed(none, today));
    ck_assert(period_lock_allowed(today, today));
    ck_assert(period_lock_allowed(day("2000-01-01"), today));
    ck_assert(!period_lock_allowed(day("1999-12-31"), today));
    ck_assert(!period_lock_allowed(day("2026-11-26"), today));
    ck_assert(!period_lock_allowed(day("9999-12-31"), today));
    ck_assert(!period_lock_allowed(day("2100-12-31"), day("2100-12-30")));
}
END_TEST

START_TEST(leading_days_of_a_week_are_locked)
{
    static const struct {
        int32_t week;
        const char *through;
        int32_t days;
    } cases[] = {
        {202648, "2026-11-22", 0}, /* the Sunday before */
        {202648, "2026-11-23", 1}, /* its Monday */
        {202648, "2026-11-25", 3}, /* in mid-week */
        {202648, "2026-11-29", 7}, /* its Sunday */
        {202648, "2026-11-30", 7}, /* the Monday after */
        {202648, "2000-01-01", 0}, {202648, "2100-12-31", 7},
        {202653, "2027-01-01", 5}, /* a week of two years */
        {202553, "2026-01-05", 7},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t days = period_locked_days((struct iso_week){cases[i].week}, day(cases[i].through));
        ck_assert_msg(days == cases[i].days, "%d through %s: %d", (int)cases[i].week,
                      cases[i].through, (int)days);
    }
    ck_assert_int_eq(period_locked_days((struct iso_week){202648}, (struct date){DATE_NONE_DAYS}),
                     0);
}
END_TEST

START_TEST(bounds_are_dates_of_1900_to_2199_in_order)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"1900-01-01", true},  {"2199-12-31", true},  {"1994-04-01", true},
        {"1899-12-31", false}, {"2200-01-01", false}, {"2026-02-30", false},
        {"", false},           {"2026-1-1", false},   {"2026-01-01T00:00:00Z", false},
    };
    const struct date none = {DATE_NONE_DAYS}, first = {10}, last = {11};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t days = -1;
        const char *why = NULL;
        bool ok = bound_date_parse(str_of(cases[i].text), &days, &why);
        ck_assert_msg(ok == cases[i].ok, "%s", cases[i].text);
        ck_assert_msg(!ok || days == day(cases[i].text).days, "%s", cases[i].text);
        ck_assert_ptr_nonnull(why);
    }
    ck_assert(bounds_in_order(none, none));
    ck_assert(bounds_in_order(none, first));
    ck_assert(bounds_in_order(first, none));
    ck_assert(bounds_in_order(first, first));
    ck_assert(bounds_in_order(first, last));
    ck_assert(!bounds_in_order(last, first));
}
END_TEST

START_TEST(the_input_must_say_a_date_or_null)
{
    const struct field *field = field_find(&period_lock_input_schema, STR("locked_through"));

    ck_assert_uint_eq(period_lock_input_schema.count, 1);
    ck_assert(field->required && field->nullable);
    ck_assert_uint_eq(period_lock_schema.count, 2);
}
END_TEST

UNIT_MAIN("period", the_lock_reaches_from_2000_to_today, leading_days_of_a_week_are_locked,
          bounds_are_dates_of_1900_to_2199_in_order, the_input_must_say_a_date_or_null)
