/* Design rule 1: hours are exact decimals, rounded half-up to the minute, never a double. */
#include <stdio.h>

#include "ts/hours.h"
#include "unit.h"

#define LIMIT "must be more than 0 and at most 24 hours"
#define SHAPE "must be a decimal number of hours such as 7.5"
#define DECIMALS "must have at most 4 decimals"

START_TEST(rule_1_reads_exact_decimals)
{
    static const struct {
        const char *text;
        int64_t minutes; /* 0 = refused with the sentence that follows */
        const char *why;
    } cases[] = {
        {"7.5", 450, NULL},
        {"7.50", 450, NULL},
        {"7.5000", 450, NULL},
        {"8", 480, NULL},
        {"24", 1440, NULL},
        {"24.0000", 1440, NULL},
        {"0.0167", 1, NULL},
        {"0.3333", 20, NULL},
        {"0.6667", 40, NULL},
        {"1.1", 66, NULL},
        {"0.0084", 1, NULL},  /* 0.504 minutes */
        {"0.0083", 0, LIMIT}, /* 0.498 minutes round to none */
        {"0.025", 2, NULL},   /* 1.5 minutes: half goes up */
        {"0.0250", 2, NULL},
        {"0.0249", 1, NULL},
        {"0.575", 35, NULL},     /* 34.5: binary floating point would say 34 */
        {"1.225", 74, NULL},     /* 73.5 */
        {"24.0083", 1440, NULL}, /* 1440.498 */
        {"24.0084", 0, LIMIT},
        {"24.5", 0, LIMIT},
        {"25", 0, LIMIT},
        {"0", 0, LIMIT},
        {"0.0", 0, LIMIT},
        {"0.0000", 0, LIMIT},
        {"-0", 0, LIMIT},
        {"-1", 0, LIMIT},
        {"-7.5", 0, LIMIT},
        {"999999999", 0, LIMIT},
        {"9999999999", 0, LIMIT},
        {"1844674407370955162500", 0, LIMIT}, /* would wrap to a small number */
        {"18446744073709551617.5", 0, LIMIT},
        {"7.50000", 0, DECIMALS},
        {"0.33333333333", 0, DECIMALS},
        {"-1.00000", 0, DECIMALS},
        {"", 0, SHAPE},
        {"-", 0, SHAPE},
        {".", 0, SHAPE},
        {".5", 0, SHAPE},
        {"5.", 0, SHAPE},
        {"+5", 0, SHAPE},
        {"--5", 0, SHAPE},
        {"05", 0, SHAPE},
        {"00", 0, SHAPE},
        {"7,5", 0, SHAPE},
        {"7:30", 0, SHAPE},
        {"7.5h", 0, SHAPE},
        {"7.5.0", 0, SHAPE},
        {"1e1", 0, SHAPE},
        {"7.5e0", 0, SHAPE},
        {"0x7", 0, SHAPE},
        {"NaN", 0, SHAPE},
        {"Infinity", 0, SHAPE},
        {" 7.5", 0, SHAPE},
        {"7.5 ", 0, SHAPE},
        {"7. 5", 0, SHAPE},
        {"\xD9\xA7", 0, SHAPE}, /* a digit, but not one of ours */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t minutes = -1;
        const char *why = NULL;
        bool ok = hours_parse(str_of(cases[i].text), &minutes, &why);
        ck_assert_msg(ok == (cases[i].minutes != 0), "%s", cases[i].text);
        ck_assert_msg(minutes == (ok ? cases[i].minutes : -1), "%s: %d", cases[i].text,
                      (int)minutes);
        if (!ok)
            ck_assert_msg(strcmp(why, cases[i].why) == 0, "%s: %s", cases[i].text, why);
    }
}
END_TEST

/* All decimals with four places, against whole-number arithmetic in another form. */
START_TEST(rule_1_rounds_every_decimal_half_up)
{
    for (int64_t units = 0; units <= 245000; units++) {
        char text[32];
        int64_t minutes = 0, expected = 0;
        const char *why;
        /* units / 10000 h = units * 6 / 1000 min; the part below a minute decides */
        expected = units * 6 / 1000 + (units * 6 % 1000 >= 500 ? 1 : 0);
        (void)snprintf(text, sizeof text, "%d.%04d", (int)(units / 10000), (int)(units % 10000));
        bool ok = hours_parse(str_of(text), &minutes, &why);
        ck_assert_msg(ok == (expected >= 1 && expected <= 1440), "%s", text);
        ck_assert_msg(!ok || minutes == expected, "%s: %d", text, (int)minutes);
    }
}
END_TEST

START_TEST(writes_minutes_as_decimal_hours)
{
    static const struct {
        int64_t minutes;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "0.0167"},
        {2, "0.0333"},
        {3, "0.05"},
        {6, "0.1"},
        {15, "0.25"},
        {20, "0.3333"},
        {40, "0.6667"},
        {59, "0.9833"},
        {60, "1"},
        {66, "1.1"},
        {450, "7.5"},
        {480, "8"},
        {600, "10"},
        {1439, "23.9833"},
        {1440, "24"},
        {6000, "100"},
        {60015, "1000.25"},
        {59999999999, "999999999.9833"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[HOURS_TEXT_MAX];
        size_t len = hours_format(cases[i].minutes, text);
        ck_assert_uint_le(len, HOURS_TEXT_MAX);
        ck_assert_view(str_n(text, len), cases[i].text);
    }
}
END_TEST

START_TEST(every_duration_reads_back_as_it_was)
{
    for (int64_t minutes = 1; minutes <= MINUTES_PER_DAY; minutes++) {
        char text[HOURS_TEXT_MAX];
        int64_t again = 0;
        const char *why;
        size_t len = hours_format(minutes, text);
        ck_assert(hours_parse(str_n(text, len), &again, &why));
        ck_assert_int_eq(again, minutes);
        ck_assert(len == 1 || memchr(text, '.', len) == NULL || text[len - 1] != '0');
    }
}
END_TEST

UNIT_MAIN("hours", rule_1_reads_exact_decimals, rule_1_rounds_every_decimal_half_up,
          writes_minutes_as_decimal_hours, every_duration_reads_back_as_it_was)
