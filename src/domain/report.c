#include "ts/report.h"

#include <assert.h>

#include "ts/principal.h"
#include "ts/sheet.h"

enum { USER_MAX = 255, GROUP_BY_MAX = 64, WEEK_TEXT_MAX = 16, NAME_MAX_CHARS = 200 };

/* --- grouping -------------------------------------------------------------------------------- */

const char *const report_dimension_names[] = {
    [REPORT_PROJECT] = "project", [REPORT_PERSON] = "person", [REPORT_WEEK] = "week",
    [REPORT_MONTH] = "month",     [REPORT_STATUS] = "status", NULL};

size_t report_grouping_place(const struct report_grouping *grouping,
                             enum report_dimension dimension)
{
    for (size_t i = 0; i < grouping->count; i++) {
        if (grouping->order[i] == dimension)
            return i + 1;
    }
    return 0;
}

static bool add_dimension(struct report_grouping *grouping, struct str word, const char **why)
{
    for (int d = 0; d < REPORT_DIMENSION_COUNT; d++) {
        if (!str_eq(word, str_of(report_dimension_names[d])))
            continue;
        if (report_grouping_place(grouping, (enum report_dimension)d) != 0) {
            *why = "names a dimension twice";
            return false;
        }
        grouping->order[grouping->count++] = (enum report_dimension)d;
        return true;
    }
    *why = "must be entry, or a list of project, person, week, month and status with commas "
           "between them";
    return false;
}

bool report_grouping_parse(struct str text, struct report_grouping *out, const char **why)
{
    struct report_grouping grouping = {.count = 0};
    struct str rest = text;

    grouping.lines = str_eq(text, STR(REPORT_BY_ENTRY));
    while (!grouping.lines && rest.data != NULL) {
        if (!add_dimension(&grouping, str_cut(rest, ',', &rest), why))
            return false;
    }
    *out = grouping;
    return true;
}

/* --- hours ----------------------------------------------------------------------------------- */

enum { THIRDS = 3, THIRDS_PER_MINUTE = 5 /* thirds of a hundredth of an hour in a minute */ };

void hours_split_count(struct hours_split *split, int64_t minutes)
{
    int64_t remainder = minutes * THIRDS_PER_MINUTE % THIRDS;

    split->twos += remainder == 2;
    split->ones += remainder == 1;
}

void hours_split_begin(struct hours_split *split)
{
    /* The total is rounded half-up, and thirds are never a half. */
    int64_t missing = (2 * split->twos + split->ones + 1) / THIRDS;

    split->twos = missing < split->twos ? missing : split->twos;
    split->ones = missing - split->twos;
}

int64_t hours_split_take(struct hours_split *split, int64_t minutes)
{
    int64_t thirds = minutes * THIRDS_PER_MINUTE, remainder = thirds % THIRDS;
    int64_t *left = remainder == 2 ? &split->twos : &split->ones;
    bool more = remainder != 0 && *left > 0;

    *left -= more;
    return thirds / THIRDS + more;
}

int64_t hours_hundredths(int64_t minutes)
{
    return (minutes * THIRDS_PER_MINUTE + 1) / THIRDS;
}

size_t hundredths_format(int64_t value, char out[FIELD_NUMBER_MAX])
{
    enum { PER_HOUR = 100, DECIMALS = 2 };
    const int64_t limit = INT64_C(100000000000000); /* 13 characters and the point */
    int64_t whole = value / PER_HOUR, part = value % PER_HOUR;
    char digits[20];
    size_t len;

    assert(value >= 0 && value < limit);
    (void)limit; /* where assert is off */
    for (len = 0; len == 0 || whole > 0; whole /= 10)
        digits[len++] = (char)('0' + whole % 10);
    for (size_t i = 0; i < len; i++)
        out[i] = digits[len - 1 - i];
    out[len] = '.';
    out[len + 1] = (char)('0' + part / 10);
    out[len + 2] = (char)('0' + part % 10);
    return len + 1 + DECIMALS;
}

/* --- GET /reports/hours ---------------------------------------------------------------------- */

#define DIMENSION "(project|person|week|month|status)"
static const struct field report_query_fields[] = {
    [REPORT_QUERY_FROM] = FIELD_DATE(
        struct report_query, from, .parse = civil_date_parse,
        .doc = "The first date, in the years 2000 to 2100; when left out, 1 January of the year of "
               "`to`, or of this year.",
        .example = "\"2026-11-01\""),
    [REPORT_QUERY_TO] = FIELD_DATE(
        struct report_query, to, .parse = civil_date_parse,
        .doc = "The last date, in the years 2000 to 2100; when left out, 31 December of this year, "
               "or of the year of `from` if that is later.",
        .example = "\"2026-11-30\""),
    [REPORT_QUERY_GROUP_BY] =
        FIELD_TEXT(struct report_query, group_by, .min = 1, .max = GROUP_BY_MAX,
                   .pattern = "^(entry|" DIMENSION "(," DIMENSION ")*)$",
                   .doc = "What hours are added up by: project, person, week, month and status in "
                          "any order, each at most once, with commas between them; rows are sorted "
                          "in this order. `entry` gives every entry as a row, by person and date. "
                          "project when left out.",
                   .example = "\"person,month\""),
    [REPORT_QUERY_PROJECT] =
        FIELD_TEXT(struct report_query, project, .min = 1, .max = PROJECT_CODE_MAX,
                   .doc = "Only work on the project with this code.", .example = "\"StoreZero\""),
    [REPORT_QUERY_USER] = FIELD_TEXT(
        struct report_query, user, .min = 1, .max = USER_MAX,
        .doc = "Only this person's work, by id or user_id. When left out, everybody's for managers "
               "and one's own for others.",
        .example = "\"ann@abc.example\""),
    [REPORT_QUERY_STATUS] =
        FIELD_ENUM(struct report_query, status, .min = ENTRY_DRAFT, .max = ENTRY_REJECTED,
                   .names = entry_status_names,
                   .doc = "Only entries in this status; approved for payroll. When left out, all "
                          "that the caller may see: drafts are in the report of their owner alone.",
                   .example = "\"approved\""),
};

const struct schema report_query_schema =
    SCHEMA_INPUT("HoursReportQuery", struct report_query, report_query_fields);

static int32_t year_of(struct date date)
{
    int32_t year, month, day;

    date_to_civil(date, &year, &month, &day);
    return year;
}

void report_dates(const struct report_query *query, struct date today, struct date *from,
                  struct date *to)
{
    bool has_from = field_is_present(&report_query_schema, query, REPORT_QUERY_FROM);
    bool has_to = field_is_present(&report_query_schema, query, REPORT_QUERY_TO);
    int32_t year = year_of(today);

    if (has_from)
        *from = query->from;
    else
        (void)!date_from_civil(has_to ? year_of(query->to) : year, 1, 1, from);
    if (has_to)
        *to = query->to;
    else
        (void)!date_from_civil(year_of(*from) > year ? year_of(*from) : year, 12, 31, to);
}

enum {
    ROW_DATE,
    ROW_ENTRY_ID,
    ROW_USER_ID,
    ROW_NAME,
    ROW_KIND,
    ROW_EMPLOYEE_NUMBER,
    ROW_PERSON_ID,
    ROW_PROJECT,
    ROW_PROJECT_NAME,
    ROW_CUSTOMER,
    ROW_WEEK,
    ROW_MONTH,
    ROW_STATUS,
    ROW_NOTE,
    ROW_ENTRIES,
    ROW_MINUTES,
    ROW_HOURS
};

/* Every row has every member; those that were not asked for are null. */
static const struct field report_row_fields[] = {
    [ROW_DATE] = FIELD_DATE(struct report_row, date, .nullable = true, .column = "work_date",
                            .doc = "The date of an entry, line by line.", .example = "null"),
    [ROW_ENTRY_ID] = FIELD_INT(struct report_row, entry_id, .min = 1, .max = (INT64_C(1) << 53) - 1,
                               .nullable = true, .column = "entry_id",
                               .doc = "The number of an entry, line by line.", .example = "null"),
    [ROW_USER_ID] = FIELD_TEXT(
        struct report_row, user_id, .max = USER_MAX, .nullable = true, .column = "user_id",
        .doc = "Whose hours, by person or line by line.", .example = "\"ann@abc.example\""),
    [ROW_NAME] =
        FIELD_TEXT(struct report_row, name, .max = NAME_MAX_CHARS, .nullable = true,
                   .column = "name", .doc = "The person's name.", .example = "\"Ann Employee\""),
    [ROW_KIND] = FIELD_TEXT(struct report_row, kind, .max = 16, .nullable = true,
                            .doc = "employee or contractor.", .example = "\"employee\""),
    [ROW_EMPLOYEE_NUMBER] = FIELD_TEXT(
        struct report_row, employee_number, .max = 64, .nullable = true,
        .column = "employee_number", .doc = "The person's employee number.", .example = "\"007\""),
    [ROW_PERSON_ID] =
        FIELD_INT(struct report_row, person_id, .min = 1, .max = UINT32_MAX, .nullable = true,
                  .column = "person_id", .doc = "The person's number.", .example = "17"),
    [ROW_PROJECT] = FIELD_TEXT(
        struct report_row, project, .max = PROJECT_CODE_MAX, .nullable = true, .column = "project",
        .doc = "The code of the project, by project or line by line.", .example = "null"),
    [ROW_PROJECT_NAME] =
        FIELD_TEXT(struct report_row, project_name, .max = 200, .nullable = true,
                   .column = "project_name", .doc = "The project's name.", .example = "null"),
    [ROW_CUSTOMER] =
        FIELD_TEXT(struct report_row, customer, .max = 200, .nullable = true, .column = "customer",
                   .doc = "Who the project is for; null for internal work.", .example = "null"),
    [ROW_WEEK] = FIELD_TEXT(struct report_row, week, .max = WEEK_TEXT_LEN, .nullable = true,
                            .doc = "The ISO week, by week or line by line.", .example = "null"),
    [ROW_MONTH] = FIELD_TEXT(struct report_row, month, .max = MONTH_TEXT_LEN, .nullable = true,
                             .doc = "The month, YYYY-MM.", .example = "\"2026-11\""),
    [ROW_STATUS] =
        FIELD_TEXT(struct report_row, status, .max = 16, .nullable = true,
                   .doc = "draft, submitted, approved or rejected, by status or line by line.",
                   .example = "null"),
    [ROW_NOTE] =
        FIELD_TEXT(struct report_row, note, .max = NOTE_MAX, .nullable = true, .column = "note",
                   .doc = "What was done, line by line.", .example = "null"),
    [ROW_ENTRIES] =
        FIELD_INT(struct report_row, entries, .min = 1, .max = INT64_MAX, .column = "entries",
                  .doc = "How many entries the row adds up.", .example = "19"),
    [ROW_MINUTES] =
        FIELD_INT(struct report_row, minutes, .min = 1, .max = INT64_MAX, .column = "minutes",
                  .doc = "The duration in whole minutes.", .example = "8455"),
    [ROW_HOURS] = FIELD_NAMED("hours", FIELD_HOURS, struct report_row, hundredths, int64_t,
                              .format = hundredths_format,
                              .doc = "The duration in decimal hours. Rounded so that the rows add "
                                     "up to the total, each less than 0.01 off.",
                              .example = "140.92"),
};
/* What stands in the database as a number. */
const struct schema report_row_schema =
    SCHEMA("HoursReportRow", struct report_row, report_row_fields);

static void put_digits(char *at, size_t digits, int64_t value)
{
    for (size_t i = digits; i > 0; i--, value /= 10)
        at[i - 1] = (char)('0' + value % 10);
}

void report_row_show(struct report_row *row)
{
    row->week = row->month = row->status = row->kind = STR("");
    if (row->week_number != 0) {
        week_format((struct iso_week){(int32_t)row->week_number}, row->week_text);
        row->week = str_n(row->week_text, WEEK_TEXT_LEN);
    }
    if (row->month_number != 0) {
        put_digits(row->month_text, 4, row->month_number / 100);
        row->month_text[4] = '-';
        put_digits(row->month_text + 5, 2, row->month_number % 100);
        row->month = str_n(row->month_text, MONTH_TEXT_LEN);
    }
    if (row->status_number != 0)
        row->status = str_of(entry_status_names[row->status_number - 1]);
    if (row->kind_number != 0)
        row->kind = str_of(person_kind_names[row->kind_number - 1]);
}

#define PERSON_COLUMNS ROW_USER_ID, ROW_NAME, ROW_KIND, ROW_EMPLOYEE_NUMBER, ROW_PERSON_ID
#define PROJECT_COLUMNS ROW_PROJECT, ROW_PROJECT_NAME, ROW_CUSTOMER
#define COLUMNS(...)                                                                               \
    {                                                                                              \
        sizeof((const uint8_t[]){__VA_ARGS__}),                                                    \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

struct columns {
    size_t count;
    uint8_t places[FIELDS_MAX];
};

static const struct columns dimension_columns[REPORT_DIMENSION_COUNT] = {
    [REPORT_PROJECT] = COLUMNS(PROJECT_COLUMNS), [REPORT_PERSON] = COLUMNS(PERSON_COLUMNS),
    [REPORT_WEEK] = COLUMNS(ROW_WEEK),           [REPORT_MONTH] = COLUMNS(ROW_MONTH),
    [REPORT_STATUS] = COLUMNS(ROW_STATUS),
};
static const struct columns line_columns =
    COLUMNS(ROW_DATE, ROW_WEEK, PERSON_COLUMNS, PROJECT_COLUMNS, ROW_STATUS, ROW_NOTE, ROW_ENTRY_ID,
            ROW_MINUTES, ROW_HOURS);
static const struct columns sum_columns = COLUMNS(ROW_ENTRIES, ROW_MINUTES, ROW_HOURS);

static size_t add_columns(const struct columns *columns, uint8_t *out, size_t count)
{
    for (size_t i = 0; i < columns->count; i++)
        out[count + i] = columns->places[i];
    return count + columns->count;
}

size_t report_columns(const struct report_grouping *grouping, uint8_t out[FIELDS_MAX])
{
    size_t count = 0;

    if (grouping->lines)
        return add_columns(&line_columns, out, 0);
    for (size_t i = 0; i < grouping->count; i++)
        count = add_columns(&dimension_columns[grouping->order[i]], out, count);
    return add_columns(&sum_columns, out, count);
}

static const struct field report_hours_fields[] = {
    FIELD_DATE(struct report_hours, from, .doc = "The first date of the report.",
               .example = "\"2026-01-01\""),
    FIELD_DATE(struct report_hours, to, .doc = "The last date of the report.",
               .example = "\"2026-12-31\""),
    FIELD_TEXTS(struct report_hours, group_by, .doc = "What the rows are added up and sorted by.",
                .example = "[\"person\",\"month\"]"),
    FIELD_INT(struct report_hours, entries, .max = INT64_MAX, .doc = "How many entries there are.",
              .example = "19"),
    FIELD_INT(struct report_hours, minutes, .max = INT64_MAX,
              .doc = "All rows' minutes; add up minutes rather than hours.", .example = "8455"),
    FIELD_NAMED(
        "hours", FIELD_HOURS, struct report_hours, hundredths, int64_t, .format = hundredths_format,
        .doc = "The minutes as decimal hours; the rows' hours add up to it.", .example = "140.92"),
    FIELD_LIST(struct report_hours, rows, .items = &report_row_schema,
               .doc = "The rows, in the order of group_by."),
};

const struct schema report_hours_schema =
    SCHEMA("HoursReport", struct report_hours, report_hours_fields);

/* --- GET /reports/missing -------------------------------------------------------------------- */

static const struct field missing_query_fields[] = {
    [MISSING_QUERY_FROM] = FIELD_TEXT(
        struct missing_query, from, .min = 1, .max = WEEK_TEXT_MAX, .pattern = WEEK_PATTERN,
        .doc = "The first ISO week; when left out, the eighth before `to` and it "
               "included. At most 106 weeks can be asked for at once.",
        .example = "\"2026-W40\""),
    [MISSING_QUERY_TO] = FIELD_TEXT(
        struct missing_query, to, .min = 1, .max = WEEK_TEXT_MAX, .pattern = WEEK_PATTERN,
        .doc = "The last ISO week; the last one that is over when left out. Weeks that "
               "are not over are never missing.",
        .example = "\"2026-W47\""),
    [MISSING_QUERY_USER] = FIELD_TEXT(
        struct missing_query, user, .min = 1, .max = USER_MAX,
        .doc = "Only this person, by id or user_id. When left out, everybody for managers and "
               "oneself for others.",
        .example = "\"ann@abc.example\""),
};

const struct schema missing_query_schema =
    SCHEMA_INPUT("MissingReportQuery", struct missing_query, missing_query_fields);

enum {
    MISSING_WEEK,
    MISSING_USER_ID,
    MISSING_NAME,
    MISSING_KIND,
    MISSING_EMPLOYEE_NUMBER,
    MISSING_PERSON_ID,
    MISSING_STATE,
    MISSING_SINCE
};

static const struct field missing_row_fields[] = {
    [MISSING_WEEK] =
        FIELD_TEXT(struct missing_row, week, .min = WEEK_TEXT_LEN, .max = WEEK_TEXT_LEN,
                   .doc = "The ISO week that is over.", .example = "\"2026-W47\""),
    [MISSING_USER_ID] =
        FIELD_TEXT(struct missing_row, user_id, .min = 1, .max = USER_MAX, .column = "user_id",
                   .doc = "Who has not handed it in.", .example = "\"ann@abc.example\""),
    [MISSING_NAME] =
        FIELD_TEXT(struct missing_row, name, .max = NAME_MAX_CHARS, .column = "name",
                   .doc = "The person's name; may be empty.", .example = "\"Ann Employee\""),
    [MISSING_KIND] =
        FIELD_ENUM(struct missing_row, kind, .min = PERSON_EMPLOYEE, .max = PERSON_CONTRACTOR,
                   .names = person_kind_names, .column = "kind", .doc = "Employee or contractor.",
                   .example = "\"employee\""),
    [MISSING_EMPLOYEE_NUMBER] = FIELD_TEXT(
        struct missing_row, employee_number, .max = 64, .nullable = true,
        .column = "employee_number", .doc = "The person's employee number.", .example = "\"007\""),
    [MISSING_PERSON_ID] =
        FIELD_INT(struct missing_row, person_id, .min = 1, .max = UINT32_MAX, .column = "person_id",
                  .doc = "The person's number.", .example = "17"),
    [MISSING_STATE] = FIELD_ENUM(
        struct missing_row, state, .min = WEEK_OPEN, .max = WEEK_MISSING, .names = week_state_names,
        .doc =
            "missing: nothing is there; open: there are drafts; rejected: it is to be put right.",
        .example = "\"missing\""),
    [MISSING_SINCE] = FIELD_DATE(struct missing_row, since, .doc = "The first day after the week.",
                                 .example = "\"2026-11-23\""),
};

const struct schema missing_row_schema =
    SCHEMA("MissingWeek", struct missing_row, missing_row_fields);

size_t missing_columns(uint8_t out[FIELDS_MAX])
{
    static const struct columns columns =
        COLUMNS(MISSING_WEEK, MISSING_USER_ID, MISSING_NAME, MISSING_KIND, MISSING_EMPLOYEE_NUMBER,
                MISSING_PERSON_ID, MISSING_STATE, MISSING_SINCE);

    return add_columns(&columns, out, 0);
}
