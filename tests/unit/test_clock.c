#include "ts/clock.h"

#include "unit.h"

static const int64_t day_us = INT64_C(86400000000);

START_TEST(instants_as_rfc_3339)
{
    static const struct {
        int64_t wall_us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {INT64_C(-86400000000), "1969-12-31T00:00:00.000000Z"},
        {INT64_C(86399999999), "1970-01-01T23:59:59.999999Z"},
        {INT64_C(951827696123456), "2000-02-29T12:34:56.123456Z"},
        {INT64_C(1795455620095000), "2026-11-23T17:40:20.095000Z"},
        {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[INSTANT_TEXT_LEN];
        instant_format(cases[i].wall_us, text);
        ck_assert_view(str_n(text, sizeof text), cases[i].text);
    }
}
END_TEST

START_TEST(the_clock_can_be_set)
{
    const int64_t then = 20780 * day_us; /* 2026-11-23 */
    int64_t mono = clock_mono_ms(), boot = clock_boot_ms(), wall = clock_wall_us();

    clock_fake(then);
    int64_t step_ms = (then - wall) / 1000;
    ck_assert_int_ge(clock_wall_us(), then);
    ck_assert_int_lt(clock_wall_us(), then + 10000000);
    ck_assert_int_ge(clock_wall_ns(), then * 1000);
    /* the others move along; 10 s are room for a slow machine */
    ck_assert_int_ge(clock_mono_ms() - mono, step_ms - 10000);
    ck_assert_int_le(clock_mono_ms() - mono, step_ms + 10000);
    ck_assert_int_ge(clock_boot_ms() - boot, step_ms - 10000);
    ck_assert_int_le(clock_boot_ms() - boot, step_ms + 10000);
    ck_assert_int_eq(clock_today().days, 20780);
    clock_fake(then + day_us);
    ck_assert_int_eq(clock_today().days, 20781);
    clock_fake(0);
    ck_assert_int_ge(clock_wall_us(), wall);
    ck_assert_int_lt(clock_wall_us(), wall + 10000000);
}
END_TEST

START_TEST(clocks_do_not_go_back)
{
    int64_t mono_us = clock_mono_us(), boot_ms = clock_boot_ms(), mono_ms = clock_mono_ms();

    for (int i = 0; i < 1000; i++) {
        int64_t us = clock_mono_us();
        ck_assert_int_ge(us, mono_us);
        mono_us = us;
    }
    ck_assert_int_ge(clock_boot_ms(), boot_ms);
    ck_assert_int_ge(clock_mono_ms(), mono_ms);
}
END_TEST

START_TEST(sleeping_lasts_at_least_as_long_as_asked)
{
    int64_t before = clock_mono_us();

    clock_sleep_ms(2);
    ck_assert_int_ge(clock_mono_us() - before, 2000);
    clock_sleep_ms(0);
}
END_TEST

START_TEST(today_is_the_date_in_the_zone)
{
    static const struct {
        const char *zone;
        int64_t hour; /* UTC on 2026-11-23 */
        int32_t days;
    } cases[] = {
        {"UTC", 0, 20780},
        {"UTC", 23, 20780},
        {"Europe/Berlin", 22, 20780},
        {"Europe/Berlin", 23, 20781},
        {"America/New_York", 4, 20779},
        {"America/New_York", 5, 20780},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(clock_set_zone(cases[i].zone), STATUS_OK);
        clock_fake(20780 * day_us + cases[i].hour * INT64_C(3600000000));
        ck_assert_int_eq(clock_today().days, cases[i].days);
    }
}
END_TEST

START_TEST(zones_that_are_not_there)
{
    static const char *const names[] = {"", "Atlantis/Capital", "/etc/localtime", "../zoneinfo/UTC",
                                        "Europe/../UTC"};
    char long_name[400];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_int_eq(clock_set_zone(names[i]), STATUS_BAD_CONFIG);
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    ck_assert_int_eq(clock_set_zone(long_name), STATUS_BAD_CONFIG);
}
END_TEST

UNIT_MAIN("clock", instants_as_rfc_3339, the_clock_can_be_set, clocks_do_not_go_back,
          sleeping_lasts_at_least_as_long_as_asked, today_is_the_date_in_the_zone,
          zones_that_are_not_there)
