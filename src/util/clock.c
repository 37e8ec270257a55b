#include "ts/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t fake_step_ns; /* how far the clocks have been moved by clock_fake */
static bool zone_is_set;

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now); /* cannot fail for these clocks */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + fake_step_ns;
}

int64_t clock_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_wall_us(void)
{
    return clock_wall_ns() / 1000;
}

int64_t clock_boot_ms(void)
{
    return read_clock(CLOCK_BOOTTIME) / 1000000;
}

int64_t clock_mono_us(void)
{
    return read_clock(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

/* glibc takes an unknown name for UTC without a word, so the zone's file is looked for first. */
enum status clock_set_zone(const char *zone)
{
    char path[256];
    int len = snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);

    if (zone[0] == '\0' || zone[0] == '/' || strstr(zone, "..") != NULL || len < 0 ||
        (size_t)len >= sizeof path || access(path, R_OK) != 0 || setenv("TZ", zone, 1) != 0)
        return STATUS_BAD_CONFIG;
    tzset();
    zone_is_set = true;
    return STATUS_OK;
}

struct date clock_today(void)
{
    time_t now = (time_t)(clock_wall_us() / 1000000);
    struct tm civil;
    struct date today = {0};

    if ((zone_is_set ? localtime_r(&now, &civil) : gmtime_r(&now, &civil)) != NULL)
        (void)!date_from_civil(civil.tm_year + 1900, civil.tm_mon + 1, civil.tm_mday, &today);
    return today;
}

void clock_sleep_ms(int64_t ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

void clock_fake(int64_t wall_us)
{
    fake_step_ns = 0;
    if (wall_us != 0)
        fake_step_ns = wall_us * 1000 - clock_wall_ns();
}

static void digits(char *at, int width, int64_t value)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
}

void instant_format(int64_t wall_us, char out[INSTANT_TEXT_LEN])
{
    const int64_t day_us = INT64_C(86400000000);
    int64_t days = wall_us / day_us, rest = wall_us % day_us;

    if (rest < 0) {
        rest += day_us;
        days--;
    }
    memcpy(out, "0000-00-00T00:00:00.000000Z", INSTANT_TEXT_LEN);
    date_format((struct date){(int32_t)days}, out);
    digits(out + 11, 2, rest / INT64_C(3600000000));
    digits(out + 14, 2, rest / 60000000 % 60);
    digits(out + 17, 2, rest / 1000000 % 60);
    digits(out + 20, 6, rest % 1000000);
}
