#include "ts/sheet.h"

#include <stddef.h>

enum { USER_TEXT_MAX = 255, WEEK_NAME_MAX = 16, COUNT_MAX = WEEK_DAYS * MINUTES_PER_DAY };
enum { SATURDAY = 5 };

/* --- the state ---------------------------------------------------------------------------- */

const char *const week_state_names[] = {
    [WEEK_OPEN] = "open",         [WEEK_SUBMITTED] = "submitted", [WEEK_APPROVED] = "approved",
    [WEEK_REJECTED] = "rejected", [WEEK_MISSING] = "missing",     NULL};

enum week_state week_state_of(const int64_t counts[ENTRY_STATUS_COUNT],
                              enum entry_status empty_status, bool due)
{
    static const enum week_state said[] = {[ENTRY_SUBMITTED] = WEEK_SUBMITTED,
                                           [ENTRY_APPROVED] = WEEK_APPROVED,
                                           [ENTRY_REJECTED] = WEEK_REJECTED};

    if (counts[ENTRY_REJECTED] > 0)
        return WEEK_REJECTED;
    if (counts[ENTRY_DRAFT] > 0)
        return WEEK_OPEN;
    if (counts[ENTRY_SUBMITTED] > 0)
        return WEEK_SUBMITTED;
    if (counts[ENTRY_APPROVED] > 0)
        return WEEK_APPROVED;
    if (empty_status != ENTRY_DRAFT)
        return said[empty_status];
    return due ? WEEK_MISSING : WEEK_OPEN;
}

static struct date sunday_of(struct iso_week week)
{
    return (struct date){week_monday(week).days + WEEK_DAYS - 1};
}

bool week_is_active(struct iso_week week, struct date active_from, struct date active_to)
{
    bool begun = active_from.days == DATE_NONE_DAYS || active_from.days <= sunday_of(week).days;
    bool ended = active_to.days != DATE_NONE_DAYS && active_to.days < week_monday(week).days;

    return begun && !ended;
}

bool week_is_due(struct iso_week week, struct date today, struct date active_from,
                 struct date active_to)
{
    return sunday_of(week).days < today.days && week_is_active(week, active_from, active_to);
}

/* The first and the last allowed date can be in the middle of a week. */
bool week_is_allowed(struct iso_week week, struct date today)
{
    return entry_date_allowed(week_monday(week), today) ||
           entry_date_allowed(sunday_of(week), today);
}

static bool is_later(const struct entry *one, const struct entry *other)
{
    if (one->date.days != other->date.days)
        return one->date.days > other->date.days;
    return one->id > other->id;
}

/* By insertion: what comes from the database is in order but for a few. */
void sheet_sort(struct entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct entry entry = entries[i];
        size_t at = i;
        for (; at > 0 && is_later(&entries[at - 1], &entry); at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

/* --- totals --------------------------------------------------------------------------------- */

static void sum_days(struct sheet *sheet, struct sheet_day *days)
{
    const struct entry *entries = sheet->entries.items;

    for (int i = 0; i < WEEK_DAYS; i++)
        days[i] = (struct sheet_day){.date = {sheet->from.days + i}};
    sheet->minutes = 0;
    for (int i = 0; i < ENTRY_STATUS_COUNT; i++)
        sheet->count[i] = 0;
    for (size_t i = 0; i < sheet->entries.count; i++) {
        days[date_weekday(entries[i].date)].minutes += entries[i].minutes;
        sheet->minutes += entries[i].minutes;
        sheet->count[entries[i].status]++;
    }
    sheet->days = (struct field_list){days, WEEK_DAYS};
}

static bool is_before(struct str a, struct str b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return order < 0 || (order == 0 && a.len < b.len);
}

/* By code, so that the same entries give the same bytes. */
static void sum_projects(struct sheet *sheet, struct sheet_project *projects)
{
    const struct entry *entries = sheet->entries.items;
    size_t count = 0;

    for (size_t i = 0; i < sheet->entries.count; i++) {
        size_t at = 0;
        while (at < count && is_before(projects[at].project, entries[i].project))
            at++;
        if (at == count || !str_eq(projects[at].project, entries[i].project)) {
            memmove(projects + at + 1, projects + at, (count - at) * sizeof projects[0]);
            projects[at] = (struct sheet_project){entries[i].project, 0};
            count++;
        }
        projects[at].minutes += entries[i].minutes;
    }
    sheet->projects = (struct field_list){projects, count};
}

/* --- warnings ---------------------------------------------------------------------------------- */

const char *const sheet_warning_names[] = {[WARNING_DAY_OVER_10H] = "day-over-10h",
                                           [WARNING_WEEK_OVER_48H] = "week-over-48h",
                                           [WARNING_WEEKEND] = "weekend",
                                           [WARNING_DUPLICATE] = "duplicate",
                                           NULL};

/* The week, each day twice over, and each pair of entries. */
size_t sheet_warnings_max(size_t entry_count)
{
    return 1 + (size_t)2 * WEEK_DAYS + entry_count / 2;
}

static bool is_same_line(const struct entry *a, const struct entry *b)
{
    return a->date.days == b->date.days && str_eq(a->project, b->project) &&
           str_eq(a->note, b->note);
}

/* One warning for each line that is there more than once, at its first entry. Entries of a day
 * stand together. */
static size_t warn_duplicates(const struct sheet *sheet, struct sheet_warning *warnings)
{
    const struct entry *e = sheet->entries.items;
    size_t count = 0, day = 0;

    for (size_t i = 0; i < sheet->entries.count; i++) {
        bool first = true;
        int64_t minutes = e[i].minutes;
        if (e[day].date.days != e[i].date.days)
            day = i;
        for (size_t k = day; first && k < i; k++)
            first = !is_same_line(&e[k], &e[i]);
        for (size_t k = i + 1;
             first && k < sheet->entries.count && e[k].date.days == e[i].date.days; k++)
            minutes += is_same_line(&e[k], &e[i]) ? e[k].minutes : 0;
        if (first && minutes > e[i].minutes)
            warnings[count++] =
                (struct sheet_warning){WARNING_DUPLICATE, e[i].date, e[i].project, minutes};
    }
    return count;
}

static void warn(struct sheet *sheet, struct sheet_warning *warnings)
{
    const struct sheet_day *days = sheet->days.items;
    const struct str none = STR("");
    size_t count = 0;

    if (sheet->minutes > WARN_WEEK_MINUTES)
        warnings[count++] =
            (struct sheet_warning){WARNING_WEEK_OVER_48H, {DATE_NONE_DAYS}, none, sheet->minutes};
    for (int i = 0; i < WEEK_DAYS; i++) {
        if (days[i].minutes > WARN_DAY_MINUTES)
            warnings[count++] =
                (struct sheet_warning){WARNING_DAY_OVER_10H, days[i].date, none, days[i].minutes};
        if (i >= SATURDAY && days[i].minutes > 0)
            warnings[count++] =
                (struct sheet_warning){WARNING_WEEKEND, days[i].date, none, days[i].minutes};
    }
    count += warn_duplicates(sheet, warnings + count);
    sheet->warnings = (struct field_list){warnings, count};
}

/* --- the whole ------------------------------------------------------------------------------------ */

static bool is_empty(const struct sheet *sheet)
{
    return sheet->entries.count == 0 && sheet->hidden_drafts == 0;
}

void sheet_sum_up(struct sheet *sheet, struct date today, const struct sheet_room *room)
{
    int64_t counts[ENTRY_STATUS_COUNT];

    sheet->from = week_monday(sheet->number);
    sheet->to = sunday_of(sheet->number);
    sum_days(sheet, room->days);
    sum_projects(sheet, room->projects);
    warn(sheet, room->warnings);
    memcpy(counts, sheet->count, sizeof counts);
    counts[ENTRY_DRAFT] += sheet->hidden_drafts;
    sheet->state =
        week_state_of(counts, (enum entry_status)sheet->empty_status,
                      week_is_due(sheet->number, today, sheet->active_from, sheet->active_to));
    if (!is_empty(sheet) || sheet->empty_status != ENTRY_REJECTED)
        sheet->reason = STR("");
}

bool sheet_depends_on_day(const struct sheet *sheet)
{
    return is_empty(sheet) && sheet->empty_status == ENTRY_DRAFT;
}

/* --- tables ------------------------------------------------------------------------------------------ */

#define HOURS_ROW(owner)                                                                           \
    FIELD_NAMED("hours", FIELD_HOURS, owner, minutes, int64_t, .format = hours_format,             \
                .doc = "The minutes as decimal hours, to at most 4 decimals.", .example = "7.5")
#define MINUTES_ROW(owner, what)                                                                   \
    FIELD_INT(owner, minutes, .max = COUNT_MAX, .doc = (what), .example = "450")

static const struct field day_fields[] = {
    FIELD_DATE(struct sheet_day, date, .doc = "The civil date.", .example = "\"2026-11-23\""),
    MINUTES_ROW(struct sheet_day, "The minutes of that day."),
    HOURS_ROW(struct sheet_day),
};
static const struct schema day_schema = SCHEMA("WeekDay", struct sheet_day, day_fields);

static const struct field project_fields[] = {
    FIELD_TEXT(struct sheet_project, project, .min = 1, .max = PROJECT_CODE_MAX,
               .doc = "The code of the project.", .example = "\"StoreZero\""),
    MINUTES_ROW(struct sheet_project, "The minutes on that project in the week."),
    HOURS_ROW(struct sheet_project),
};
static const struct schema project_schema_of_week =
    SCHEMA("WeekProject", struct sheet_project, project_fields);

static const struct field warning_fields[] = {
    FIELD_ENUM(struct sheet_warning, code, .min = WARNING_DAY_OVER_10H, .max = WARNING_DUPLICATE,
               .names = sheet_warning_names,
               .doc =
                   "What is unusual: more than 10 hours on a day, more than 48 in the week, work "
                   "on a weekend, or the same date, project and note more than once.",
               .example = "\"day-over-10h\""),
    FIELD_DATE(struct sheet_warning, date, .nullable = true,
               .doc = "The day it is about; null for the whole week.", .example = "\"2026-11-23\""),
    FIELD_TEXT(struct sheet_warning, project, .max = PROJECT_CODE_MAX, .nullable = true,
               .doc = "The project of a duplicate, else null.", .example = "null"),
    MINUTES_ROW(struct sheet_warning, "The minutes of the week, of the day, or of the lines that "
                                      "are the same."),
};
static const struct schema warning_schema =
    SCHEMA("WeekWarning", struct sheet_warning, warning_fields);

#define WEEK_ROW(owner)                                                                            \
    FIELD_TEXT(owner, week, .min = WEEK_TEXT_LEN, .max = WEEK_TEXT_LEN, .pattern = WEEK_PATTERN,   \
               .doc = "The ISO 8601 week.", .example = "\"2026-W48\"")
#define FROM_ROW(owner)                                                                            \
    FIELD_DATE(owner, from, .doc = "Monday of the week.", .example = "\"2026-11-23\"")
#define TO_ROW(owner)                                                                              \
    FIELD_DATE(owner, to, .doc = "Sunday of the week.", .example = "\"2026-11-29\"")
#define STATE_ROW(owner)                                                                           \
    FIELD_ENUM(owner, state, .min = WEEK_OPEN, .max = WEEK_MISSING, .names = week_state_names,     \
               .doc = "Where the week stands. Any rejected entry makes it rejected; else any "     \
                      "draft open, any submitted one submitted, any approved one approved. "       \
                      "Without entries: what was said of the empty week, else missing once it is " \
                      "over, and open before.",                                                    \
               .example = "\"open\"")
#define REASON_ROW(owner)                                                                          \
    FIELD_TEXT(owner, reason, .max = NOTE_MAX, .nullable = true,                                   \
               .doc = "Why a week without entries was rejected, else null. The reasons of "        \
                      "rejected entries stand with the entries.",                                  \
               .example = "null")
#define COUNT_ROW(owner, member_name, which, what)                                                 \
    FIELD_NAMED(member_name, FIELD_INT, owner, count[which], int64_t, .max = COUNT_MAX,            \
                .doc = (what), .example = "0")
#define COUNT_ROWS(owner)                                                                          \
    COUNT_ROW(owner, "draft", ENTRY_DRAFT, "How many entries are drafts."),                        \
        COUNT_ROW(owner, "submitted", ENTRY_SUBMITTED, "How many entries wait for a decision."),   \
        COUNT_ROW(owner, "approved", ENTRY_APPROVED, "How many entries are approved."),            \
        COUNT_ROW(owner, "rejected", ENTRY_REJECTED, "How many entries are rejected.")
#define VERSION_ROW(owner)                                                                         \
    FIELD_INT(owner, version, .max = INT64_MAX,                                                    \
              .doc = "Rises by one with every change of the week or its entries; 0 before the "    \
                     "first. The ETag holds the same number.",                                     \
              .example = "4")

#define FREE_DAY(text) "{\"date\":\"" text "\",\"minutes\":0,\"hours\":0}"
#define DAYS_EXAMPLE                                                                                                            \
    "[{\"date\":\"2026-11-23\",\"minutes\":450,\"hours\":7.5}," FREE_DAY("2026-11-24") "," FREE_DAY("2026-11-25") "," FREE_DAY( \
        "2026-11-26") "," FREE_DAY("2026-11-27") "," FREE_DAY("2026-11-28") "," FREE_DAY("2026-11-29") "]"

/* The version comes first: a stored reply is asked for it. */
static const struct field sheet_fields[] = {
    VERSION_ROW(struct sheet),
    FIELD_INT(struct sheet, person_id, .min = 1, .max = UINT32_MAX,
              .doc = "The number of the person whose week it is.", .example = "7"),
    FIELD_TEXT(struct sheet, user_id, .min = 1, .max = USER_TEXT_MAX,
               .doc = "The person's e-mail address, else the token's subject.",
               .example = "\"ann@abc.example\""),
    WEEK_ROW(struct sheet),
    FROM_ROW(struct sheet),
    TO_ROW(struct sheet),
    STATE_ROW(struct sheet),
    REASON_ROW(struct sheet),
    MINUTES_ROW(struct sheet, "The minutes of all entries that are shown."),
    HOURS_ROW(struct sheet),
    COUNT_ROWS(struct sheet),
    FIELD_LIST(struct sheet, days, .items = &day_schema, .min = WEEK_DAYS, .max = WEEK_DAYS,
               .doc = "The totals of Monday to Sunday.", .example = DAYS_EXAMPLE),
    FIELD_LIST(struct sheet, projects, .items = &project_schema_of_week, .max = COUNT_MAX,
               .doc = "The totals per project, by code."),
    FIELD_LIST(struct sheet, warnings, .items = &warning_schema, .max = COUNT_MAX,
               .doc = "What is unusual; nothing is refused because of it."),
    FIELD_LIST(struct sheet, entries, .items = &entry_schema, .max = COUNT_MAX,
               .doc = "The entries, by date and id. Others than the owner do not see drafts."),
};
const struct schema sheet_schema = SCHEMA("Week", struct sheet, sheet_fields);

static const struct field summary_fields[] = {
    WEEK_ROW(struct week_summary),
    FROM_ROW(struct week_summary),
    TO_ROW(struct week_summary),
    STATE_ROW(struct week_summary),
    REASON_ROW(struct week_summary),
    MINUTES_ROW(struct week_summary, "The minutes of all entries that are counted."),
    HOURS_ROW(struct week_summary),
    FIELD_INT(struct week_summary, entries, .max = COUNT_MAX,
              .doc = "How many entries there are; others than the owner do not see drafts.",
              .example = "5"),
    COUNT_ROWS(struct week_summary),
    VERSION_ROW(struct week_summary),
};
const struct schema week_summary_schema =
    SCHEMA("WeekSummary", struct week_summary, summary_fields);

static const struct field weeks_query_fields[] = {
    [WEEKS_QUERY_FROM] = FIELD_TEXT(
        struct weeks_query, from, .min = 1, .max = WEEK_NAME_MAX, .pattern = WEEK_PATTERN,
        .doc = "Only this ISO week or later; 12 weeks up to the current week (or to "
               "`to`) when left out.",
        .example = "\"2026-W40\""),
    [WEEKS_QUERY_TO] =
        FIELD_TEXT(struct weeks_query, to, .min = 1, .max = WEEK_NAME_MAX, .pattern = WEEK_PATTERN,
                   .doc = "Only this ISO week or earlier. When left out, weeks after the current "
                          "one are given as far as they were filled in.",
                   .example = "\"2026-W48\""),
    [WEEKS_QUERY_STATE] = FIELD_ENUM(struct weeks_query, state, .min = WEEK_OPEN,
                                     .max = WEEK_MISSING, .names = week_state_names,
                                     .doc = "Only weeks in this state.", .example = "\"missing\""),
    [WEEKS_QUERY_USER] =
        FIELD_TEXT(struct weeks_query, user, .min = 1, .max = USER_TEXT_MAX,
                   .doc = "Whose weeks, by id or user_id; for managers. One's own when left out.",
                   .example = "\"ann@abc.example\""),
    [WEEKS_QUERY_LIMIT] =
        FIELD_INT(struct weeks_query, limit, .min = 1, .max = LIST_LIMIT_MAX,
                  .doc = "How many weeks to give at most; 50 when left out.", .example = "50"),
    [WEEKS_QUERY_CURSOR] =
        FIELD_TEXT(struct weeks_query, cursor, .min = 1, .max = WEEK_NAME_MAX,
                   .doc = "Where to go on, taken from the Link header of the page before.",
                   .example = "\"2026-W37\""),
};
const struct schema weeks_query_schema =
    SCHEMA_INPUT("WeeksQuery", struct weeks_query, weeks_query_fields);

static const struct field week_input_fields[] = {
    FIELD_LIST(struct week_input, entries, .required = true, .items = &entry_item_schema,
               .max = WEEK_ITEMS_MAX,
               .doc = "What to add, change or delete. An entry of the week that is not named here "
                      "stays as it is; one that is named with the content it has already stays "
                      "too, also when it is approved or locked."),
};
const struct schema week_input_schema =
    SCHEMA_INPUT("WeekInput", struct week_input, week_input_fields);

const struct schema submission_input_schema = {
    .name = "SubmissionInput",
    .size = sizeof(struct submission_input),
    .present_offset = offsetof(struct submission_input, present),
};
