/* What time may be booked on: which dates, which projects. */
#include "api_priv.h"
#include "ts/clock.h"

enum { PROJECT_AGE_MS = 1000 };

bool booking_date(struct call *call, struct date date, const char *pointer)
{
    char last[DATE_TEXT_LEN];

    if (entry_date_allowed(date, clock_today()))
        return true;
    date_format(entry_last_date(clock_today()), last);
    faults_add(&call->faults, pointer, "range", "must be from %d-01-01 to %.*s", ENTRY_YEAR_MIN,
               DATE_TEXT_LEN, last);
    return false;
}

bool booking_week(struct call *call, struct iso_week week)
{
    char last[DATE_TEXT_LEN];

    if (week_is_allowed(week, clock_today()))
        return true;
    date_format(entry_last_date(clock_today()), last);
    faults_detail(&call->faults, "Only dates from %d-01-01 to %.*s can be filled in.",
                  ENTRY_YEAR_MIN, DATE_TEXT_LEN, last);
    return false;
}

/* A remembered project that does not fit is asked for again before it is refused. */
static enum status find(struct call *call, struct str code, int64_t max_age_ms, const char *pointer,
                        struct project *out)
{
    enum status st = store_project_get(call->api->store, code, max_age_ms, out);

    if (st == STATUS_NOT_FOUND && max_age_ms > 0)
        st = store_project_get(call->api->store, code, 0, out);
    if (st != STATUS_NOT_FOUND)
        return st;
    faults_add(&call->faults, pointer, "unknown-project",
               "is no project's code; GET /api/projects lists them");
    return STATUS_INVALID;
}

enum status booking_find(struct call *call, struct str code, const char *pointer,
                         struct project *out)
{
    return find(call, code, PROJECT_AGE_MS, pointer, out);
}

enum status booking_project(struct call *call, struct str code, struct date date,
                            const char *pointer, int64_t *project_id)
{
    struct project project;
    enum status st = booking_find(call, code, pointer, &project);

    if (st == STATUS_OK && !project_takes(&project, date))
        st = find(call, code, 0, pointer, &project);
    if (st != STATUS_OK)
        return st;
    *project_id = project.id;
    if (project_takes(&project, date))
        return STATUS_OK;
    faults_detail(&call->faults, "The project %.*s takes no time for that date.", (int)code.len,
                  code.data);
    return STATUS_PROJECT_CLOSED;
}
