#include "ts/date.h"

#include "ts/parse.h"

/* Days before the Gregorian 400-year era that holds 1970-01-01, counting from 0000-03-01. */
enum { DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 };

static int32_t month_days(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Years are counted from March, so that the leap day is the last of its year. */
bool date_from_civil(int32_t year, int32_t month, int32_t day, struct date *out)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month))
        return false;
    int32_t y = month > 2 ? year : year - 1;
    int32_t era = y / 400, year_of_era = y % 400;
    int32_t month_from_march = (month + 9) % 12;
    int32_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    out->days = era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
    return true;
}

void date_to_civil(struct date date, int32_t *year, int32_t *month, int32_t *day)
{
    int32_t since = date.days + DAYS_TO_1970;
    int32_t era = since / DAYS_PER_ERA, day_of_era = since % DAYS_PER_ERA;
    int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *year = era * 400 + year_of_era + (*month <= 2 ? 1 : 0);
}

int32_t date_weekday(struct date date)
{
    int32_t from_monday = (date.days + 3) % 7; /* 1970-01-01 was a Thursday */
    return from_monday < 0 ? from_monday + 7 : from_monday;
}

bool date_parse_iso(struct str text, struct date *out)
{
    int32_t year, month, day;

    return text.len == DATE_TEXT_LEN && parse_digits(text, 4, &year) && text.data[4] == '-' &&
           parse_digits(str_skip(text, 5), 2, &month) && text.data[7] == '-' &&
           parse_digits(str_skip(text, 8), 2, &day) && date_from_civil(year, month, day, out);
}

static void two_digits(char *at, int32_t value)
{
    at[0] = (char)('0' + value / 10 % 10);
    at[1] = (char)('0' + value % 10);
}

void date_format(struct date date, char out[DATE_TEXT_LEN])
{
    int32_t year, month, day;

    date_to_civil(date, &year, &month, &day);
    two_digits(out, year / 100);
    two_digits(out + 2, year % 100);
    out[4] = out[7] = '-';
    two_digits(out + 5, month);
    two_digits(out + 8, day);
}
