/* Reports: how hours are grouped, how decimal hours are made to add up, and the tables of what is
 * asked and answered. Pure, as the rest of the domain. */
#ifndef TS_REPORT_H
#define TS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/entry.h"
#include "ts/field.h"
#include "ts/week.h"

/* --- what hours are added up by ------------------------------------------------------------- */
enum report_dimension {
    REPORT_PROJECT,
    REPORT_PERSON,
    REPORT_WEEK,
    REPORT_MONTH,
    REPORT_STATUS,
    REPORT_DIMENSION_COUNT
};
/* The word of `group_by` that stands for line by line. */
#define REPORT_BY_ENTRY "entry"
/* In the order of enum report_dimension. */
extern const char *const report_dimension_names[];

/* In which order rows are grouped and sorted; lines: no grouping, each entry is a row. */
struct report_grouping {
    enum report_dimension order[REPORT_DIMENSION_COUNT];
    size_t count;
    bool lines;
};
/* Reads a comma list of dimensions, each at most once, or REPORT_BY_ENTRY alone. False with a
 * sentence. */
bool report_grouping_parse(struct str text, struct report_grouping *out,
                           const char **why) TS_MUST_CHECK;
/* The place of a dimension in the order, from 1; 0 = it is not in it. */
size_t report_grouping_place(const struct report_grouping *grouping,
                             enum report_dimension dimension);

/* --- decimal hours that add up (design rule 1) ------------------------------------------------
 * A minute is 5/3 of a hundredth of an hour, so that a row is a whole number of hundredths and a
 * remainder of none, one or two thirds. Each row gets the hundredths below it; those that are then
 * missing from the rounded total go, one each, to the rows with the largest remainder, and among
 * equal ones to the first (the method of the largest remainder). Rows are gone through twice:
 * counted first, then given their hours in the same order. No row is off by a whole hundredth, and
 * one that is exact stays so. */
struct hours_split {
    int64_t twos, ones; /* rows with two thirds and with one third; then hundredths left for them */
};
void hours_split_count(struct hours_split *split, int64_t minutes);
/* After the last row was counted. */
void hours_split_begin(struct hours_split *split);
/* The hundredths of an hour of the next row. */
int64_t hours_split_take(struct hours_split *split, int64_t minutes);
/* Of one duration alone, rounded half-up: what a total has. 0 <= minutes < 2^59. */
int64_t hours_hundredths(int64_t minutes);
/* Hundredths as decimal hours with two decimals ("7.50"); a field_format_fn. 0 <= value < 10^14. */
size_t hundredths_format(int64_t value, char out[FIELD_NUMBER_MAX]);

/* --- GET /reports/hours ----------------------------------------------------------------------- */
struct report_query {
    uint32_t present;
    struct date from, to;
    struct str group_by; /* for report_grouping_parse */
    struct str project;
    struct str user;
    int64_t status;
};
enum {
    REPORT_QUERY_FROM,
    REPORT_QUERY_TO,
    REPORT_QUERY_GROUP_BY,
    REPORT_QUERY_PROJECT,
    REPORT_QUERY_USER,
    REPORT_QUERY_STATUS
};
extern const struct schema report_query_schema;

/* The dates asked for, or what stands for them: from the first day of the year of `to`, or of this
 * one; to the last day of this year, or of the year of `from` if that is later. */
void report_dates(const struct report_query *query, struct date today, struct date *from,
                  struct date *to);

enum { MONTH_TEXT_LEN = 7 };

/* What belongs to a dimension that was not asked for is empty, 0 or DATE_NONE_DAYS: null in JSON. */
struct report_row {
    struct date date;   /* of an entry */
    int64_t entry_id;   /* line by line only */
    struct str user_id; /* of the person */
    struct str name, kind, employee_number;
    int64_t person_id;
    struct str project; /* its code */
    struct str project_name, customer;
    struct str week, month, status; /* made by report_row_show */
    struct str note;
    int64_t entries, minutes;
    int64_t hundredths; /* of an hour */
    /* As they are stored: ISO week 202648, month 202611, status and kind plus 1; 0 = none. */
    int64_t week_number, month_number, status_number, kind_number;
    char week_text[WEEK_TEXT_LEN], month_text[MONTH_TEXT_LEN];
};
/* Makes the texts of week, month, status and kind; those of week and month lie in the row. */
void report_row_show(struct report_row *row);
extern const struct schema report_row_schema;

/* The columns of a CSV report, as places in report_row_schema. Returns their number. */
size_t report_columns(const struct report_grouping *grouping, uint8_t out[FIELDS_MAX]);

/* The whole answer; its rows are written one by one. */
struct report_hours {
    struct date from, to;
    struct field_list group_by; /* struct str */
    int64_t entries, minutes, hundredths;
    struct field_list rows; /* struct report_row */
};
extern const struct schema report_hours_schema;

/* --- GET /reports/missing --------------------------------------------------------------------- */
enum { MISSING_WEEKS_DEFAULT = 8, MISSING_WEEKS_MAX = 106 };

struct missing_query {
    uint32_t present;
    struct str from, to; /* for week_parse */
    struct str user;
};
enum { MISSING_QUERY_FROM, MISSING_QUERY_TO, MISSING_QUERY_USER };
extern const struct schema missing_query_schema;

/* A person who has not handed in a week that is over. */
struct missing_row {
    struct str week;
    struct str user_id, name;
    int64_t kind; /* enum person_kind */
    struct str employee_number;
    int64_t person_id;
    int64_t state;     /* enum week_state: WEEK_MISSING, WEEK_OPEN or WEEK_REJECTED */
    struct date since; /* the Monday after the week */
    /* as it is stored: entries per status, and what was said of the empty week */
    int64_t drafts, submitted, approved, rejected, empty_status;
};
extern const struct schema missing_row_schema;
/* As report_columns. */
size_t missing_columns(uint8_t out[FIELDS_MAX]);

#endif
