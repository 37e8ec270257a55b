#include "ts/period.h"

static const struct field period_lock_fields[] = {
    FIELD_DATE(struct period_lock, locked_through, .column = "locked_through", .nullable = true,
               .doc = "No entry of this date or an earlier one can change; null when no date is "
                      "locked.",
               .example = "\"2026-10-31\""),
    FIELD_INT(struct period_lock, version, .min = 1, .max = INT64_MAX, .column = "version",
              .doc = "Rises by one with every change; the ETag holds the same number.",
              .example = "1"),
};

const struct schema period_lock_schema =
    SCHEMA("PeriodLock", struct period_lock, period_lock_fields);

static const struct field period_lock_input_fields[] = {
    FIELD_DATE(struct period_lock_input, locked_through, .required = true, .nullable = true,
               .parse = civil_date_parse,
               .doc = "The last locked date, from 2000-01-01 to today; null locks nothing.",
               .example = "\"2026-10-31\""),
};

const struct schema period_lock_input_schema =
    SCHEMA_INPUT("PeriodLockInput", struct period_lock_input, period_lock_input_fields);

bool period_lock_allowed(struct date locked_through, struct date today)
{
    return locked_through.days == DATE_NONE_DAYS ||
           (entry_date_allowed(locked_through, today) && locked_through.days <= today.days);
}

int32_t period_locked_days(struct iso_week week, struct date locked_through)
{
    if (locked_through.days == DATE_NONE_DAYS)
        return 0;
    int32_t days = locked_through.days - week_monday(week).days + 1;
    return days < 0 ? 0 : days > WEEK_DAYS ? WEEK_DAYS : days;
}

bool bound_date_parse(struct str text, int64_t *out, const char **why)
{
    int32_t year, month, day;
    struct date date;

    *why = "must be a date YYYY-MM-DD of the years 1900 to 2199";
    if (!date_parse_iso(text, &date))
        return false;
    date_to_civil(date, &year, &month, &day);
    if (year < BOUND_YEAR_MIN || year > BOUND_YEAR_MAX)
        return false;
    *out = date.days;
    return true;
}

bool bounds_in_order(struct date first, struct date last)
{
    return first.days == DATE_NONE_DAYS || last.days == DATE_NONE_DAYS || first.days <= last.days;
}
