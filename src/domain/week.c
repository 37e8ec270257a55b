#include "ts/week.h"

#include "ts/parse.h"

/* ISO 8601: a week belongs to the year of its Thursday. */
enum { THURSDAY = 3, YEAR_LAST = 9998 /* all weeks up to here end before the year 10000 */ };

static struct date plus(struct date date, int32_t days)
{
    return (struct date){date.days + days};
}

static struct date monday_of(struct date date)
{
    return plus(date, -date_weekday(date));
}

/* 4 January is always in week 1. */
static struct date first_monday(int32_t year)
{
    struct date january_4 = {0};
    (void)!date_from_civil(year, 1, 4, &january_4); /* a real date of every year */
    return monday_of(january_4);
}

struct iso_week week_of(struct date date)
{
    struct date monday = monday_of(date);
    int32_t year, month, day;

    date_to_civil(plus(monday, THURSDAY), &year, &month, &day);
    int32_t week = (monday.days - first_monday(year).days) / WEEK_DAYS + 1;
    return (struct iso_week){year * 100 + week};
}

struct date week_monday(struct iso_week week)
{
    return plus(first_monday(week.number / 100), (week.number % 100 - 1) * WEEK_DAYS);
}

bool week_parse(struct str text, struct iso_week *out)
{
    int32_t year, number;

    if (text.len != WEEK_TEXT_LEN || !parse_digits(text, 4, &year) || text.data[4] != '-' ||
        text.data[5] != 'W' || !parse_digits(str_skip(text, 6), 2, &number) || year < 1 ||
        year > YEAR_LAST || number < 1)
        return false;
    /* a number past the year's last week names a week of the next year */
    struct iso_week week = {year * 100 + number};
    if (week_of(week_monday(week)).number != week.number)
        return false;
    *out = week;
    return true;
}

static void two_digits(char *at, int32_t value)
{
    at[0] = (char)('0' + value / 10 % 10);
    at[1] = (char)('0' + value % 10);
}

void week_format(struct iso_week week, char out[WEEK_TEXT_LEN])
{
    int32_t year = week.number / 100;

    two_digits(out, year / 100);
    two_digits(out + 2, year % 100);
    out[4] = '-';
    out[5] = 'W';
    two_digits(out + 6, week.number % 100);
}

struct date entry_last_date(struct date today)
{
    return plus(monday_of(today), ENTRY_WEEKS_AHEAD * WEEK_DAYS + WEEK_DAYS - 1);
}

bool entry_date_allowed(struct date date, struct date today)
{
    int32_t year, month, day;

    date_to_civil(date, &year, &month, &day);
    return year >= ENTRY_YEAR_MIN && year <= ENTRY_YEAR_MAX &&
           date.days <= entry_last_date(today).days;
}

/* --- spellings of a date ------------------------------------------------------ */

static const char NOT_REAL[] = "is not a real date: that day does not exist in the calendar";

/* What is left of the text while its parts are taken off the front. */
static bool take_char(struct str *rest, char c)
{
    if (rest->len == 0 || rest->data[0] != c)
        return false;
    *rest = str_skip(*rest, 1);
    return true;
}

static bool take_number(struct str *rest, size_t digits, int32_t max, int32_t *out)
{
    if (!parse_digits(*rest, digits, out) || *out > max)
        return false;
    *rest = str_skip(*rest, digits);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* `YYYY-MM-DD` off the front; *real says whether it names a day of the calendar. */
static bool take_civil(struct str *rest, struct date *date, bool *real)
{
    int32_t year, month, day;

    if (!take_number(rest, 4, 9999, &year) || !take_char(rest, '-') ||
        !take_number(rest, 2, 99, &month) || !take_char(rest, '-') ||
        !take_number(rest, 2, 99, &day))
        return false;
    *real = date_from_civil(year, month, day, date);
    return true;
}

/* `hh:mm` */
static bool take_hour_minute(struct str *rest)
{
    int32_t hour, minute;
    return take_number(rest, 2, 23, &hour) && take_char(rest, ':') &&
           take_number(rest, 2, 59, &minute);
}

/* `.` and one to nine digits, if there is a point */
static bool take_fraction(struct str *rest)
{
    enum { DIGITS_MAX = 9 };
    size_t n = 0;

    if (!take_char(rest, '.'))
        return true;
    while (n < rest->len && is_digit(rest->data[n]))
        n++;
    *rest = str_skip(*rest, n);
    return n >= 1 && n <= DIGITS_MAX;
}

/* `HH:MM[:SS[.fff]]`; RFC 3339 has a second 60 */
static bool take_time(struct str *rest)
{
    int32_t second;

    if (!take_hour_minute(rest))
        return false;
    return !take_char(rest, ':') || (take_number(rest, 2, 60, &second) && take_fraction(rest));
}

/* Nothing, `Z`, or an offset from UTC. */
static bool take_offset(struct str *rest)
{
    if (rest->len == 0 || take_char(rest, 'Z'))
        return true;
    return (take_char(rest, '+') || take_char(rest, '-')) && take_hour_minute(rest);
}

static bool finish(struct date date, bool real, int64_t *out, const char **why)
{
    if (real)
        *out = date.days;
    else
        *why = NOT_REAL;
    return real;
}

bool civil_date_parse(struct str text, int64_t *out, const char **why)
{
    struct date date;
    bool real;

    if (!take_civil(&text, &date, &real) || text.len != 0) {
        *why = "must be a date YYYY-MM-DD";
        return false;
    }
    return finish(date, real, out, why);
}

/* The place (from 0) of the three letters at the front in a list of such, or -1. */
static int32_t take_word(struct str *rest, const char *list)
{
    for (size_t i = 0; list[3 * i] != '\0'; i++) {
        if (str_starts(*rest, str_n(list + 3 * i, 3))) {
            *rest = str_skip(*rest, 3);
            return (int32_t)i;
        }
    }
    return -1;
}

/* A zone by name (`GMT`, `CEST`) or as an offset (`GMT+05:30`). The date stands as it is written,
 * so that only its shape matters. */
static bool take_zone(struct str *rest)
{
    enum { LETTERS_MAX = 6 };
    size_t n = 0;

    while (n < rest->len && (rest->data[n] | 0x20) >= 'a' && (rest->data[n] | 0x20) <= 'z')
        n++;
    bool offset_may_follow = str_eq(str_n(rest->data, n), STR("GMT"));
    *rest = str_skip(*rest, n);
    if (offset_may_follow && (take_char(rest, '+') || take_char(rest, '-')))
        return take_hour_minute(rest);
    return n >= 1 && n <= LETTERS_MAX;
}

/* java.util.Date.toString(): `Wed May 10 00:00:00 GMT 2017`. *real also says whether the weekday fits. */
static bool java_date(struct str text, struct date *date, bool *real)
{
    int32_t weekday, month, day, year, second;

    weekday = take_word(&text, "MonTueWedThuFriSatSun");
    if (weekday < 0 || !take_char(&text, ' '))
        return false;
    month = take_word(&text, "JanFebMarAprMayJunJulAugSepOctNovDec");
    if (month < 0 || !take_char(&text, ' ') || !take_number(&text, 2, 99, &day) ||
        !take_char(&text, ' ') || !take_hour_minute(&text) || !take_char(&text, ':') ||
        !take_number(&text, 2, 60, &second) || !take_char(&text, ' ') || !take_zone(&text) ||
        !take_char(&text, ' ') || !take_number(&text, 4, 9999, &year) || text.len != 0)
        return false;
    *real = date_from_civil(year, month + 1, day, date) && date_weekday(*date) == weekday;
    return true;
}

/* `YYYY-MM-DD`, or that with a time. */
static bool iso_date(struct str text, struct date *date, bool *real)
{
    if (!take_civil(&text, date, real))
        return false;
    return text.len == 0 ||
           (take_char(&text, 'T') && take_time(&text) && take_offset(&text) && text.len == 0);
}

bool work_date_parse(struct str text, int64_t *out, const char **why)
{
    struct date date;
    bool real;

    if (!iso_date(text, &date, &real) && !java_date(text, &date, &real)) {
        *why = "must be a date YYYY-MM-DD (or a date-time that begins with one)";
        return false;
    }
    return finish(date, real, out, why);
}
