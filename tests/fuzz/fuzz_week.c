/* Dates and weeks as clients write them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ts/week.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void week_of_text(struct str text)
{
    struct iso_week week = {0};
    char again[WEEK_TEXT_LEN];

    if (!week_parse(text, &week))
        return;
    week_format(week, again);
    require(str_eq(str_n(again, sizeof again), text));
    struct date monday = week_monday(week);
    require(date_weekday(monday) == 0);
    require(week_of(monday).number == week.number);
    require(week_of((struct date){monday.days + 6}).number == week.number);
    require(week_of((struct date){monday.days + 7}).number != week.number);
}

static void date_of_text(struct str text)
{
    int64_t work = INT64_MIN, civil = INT64_MIN;
    const char *why_work = NULL, *why_civil = NULL;
    struct date plain;
    bool is_work = work_date_parse(text, &work, &why_work);
    bool is_civil = civil_date_parse(text, &civil, &why_civil);

    require(is_work || (why_work != NULL && work == INT64_MIN));
    require(is_civil || (why_civil != NULL && civil == INT64_MIN));
    require(date_parse_iso(text, &plain) == is_civil);
    require(!is_civil || (is_work && civil == work && plain.days == civil));
    if (!is_work)
        return;
    char again[DATE_TEXT_LEN];
    struct date date = {(int32_t)work};
    date_format(date, again);
    require(date_parse_iso(str_n(again, sizeof again), &plain) && plain.days == work);
    /* an ISO spelling begins with its date, the other one ends in its year */
    bool iso = text.data[0] >= '0' && text.data[0] <= '9';
    require(memcmp(iso ? text.data : text.data + text.len - 4, again, iso ? sizeof again : 4) == 0);
    if (date.days < INT32_MAX - 100)
        require(entry_date_allowed(date, date) ==
                (again[0] == '2' && memcmp(again, "2101", 4) < 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};

    week_of_text(text);
    date_of_text(text);
    return 0;
}
