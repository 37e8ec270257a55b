/* A person's ISO week: its state and totals, computed from its entries (design section 4). */
#ifndef TS_SHEET_H
#define TS_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/entry.h"

enum week_state { WEEK_OPEN, WEEK_SUBMITTED, WEEK_APPROVED, WEEK_REJECTED, WEEK_MISSING };
/* NULL-terminated, in the order of enum week_state. */
extern const char *const week_state_names[];

/* From the number of entries per status. empty_status is what was said of the week while it has
 * none: ENTRY_DRAFT = nothing. due: the week is over and the person was active in it. */
enum week_state week_state_of(const int64_t counts[ENTRY_STATUS_COUNT],
                              enum entry_status empty_status, bool due);

/* Was the person active on any day of the week? DATE_NONE_DAYS = no bound. */
bool week_is_active(struct iso_week week, struct date active_from, struct date active_to);
/* Is the week over, and was the person active in it? */
bool week_is_due(struct iso_week week, struct date today, struct date active_from,
                 struct date active_to);
/* May an entry have one of its dates? (design rule 3) */
bool week_is_allowed(struct iso_week week, struct date today);

/* --- one week --------------------------------------------------------------------- */
struct sheet_day {
    struct date date;
    int64_t minutes;
};

struct sheet_project {
    struct str project; /* its code */
    int64_t minutes;
};

/* What is worth a look, but never refused (design rule 11). */
enum sheet_warning_code {
    WARNING_DAY_OVER_10H,
    WARNING_WEEK_OVER_48H,
    WARNING_WEEKEND,
    WARNING_DUPLICATE /* the same date, project and note more than once */
};
/* NULL-terminated, in the order of enum sheet_warning_code. */
extern const char *const sheet_warning_names[];
enum { WARN_DAY_MINUTES = 600, WARN_WEEK_MINUTES = 2880 };

struct sheet_warning {
    int64_t code;
    struct date date;   /* DATE_NONE_DAYS for the whole week */
    struct str project; /* of a duplicate, else empty */
    int64_t minutes;    /* of the week, the day, or the lines that are the same */
};

/* A week as somebody sees it. Names of people and projects are no part of it: they change without
 * its version. */
struct sheet {
    int64_t version; /* 0 before the first change */
    int64_t person_id;
    struct str user_id;
    struct str week; /* YYYY-Www */
    struct date from, to;
    int64_t state; /* enum week_state */
    struct str reason;
    int64_t minutes;
    int64_t count[ENTRY_STATUS_COUNT];
    struct field_list days, projects, warnings; /* of sheet_day, sheet_project, sheet_warning */
    struct field_list entries;                  /* of struct entry, by date and id */
    /* what a reply does not hold */
    struct iso_week number;
    int64_t locked_days;                /* leading days inside the period lock, 0..7 */
    int64_t empty_status;               /* enum entry_status; what was said while there are none */
    int64_t hidden_drafts;              /* drafts that are not among the entries: others' */
    struct date active_from, active_to; /* of the person */
};

/* version, person_id, user_id, week, from, to, state, reason, minutes, hours, draft, submitted,
 * approved, rejected (numbers of entries), days, projects, warnings, entries. */
extern const struct schema sheet_schema;

/* Room for what is computed: the caller's, and as long-lived as the sheet. */
struct sheet_room {
    struct sheet_day *days;         /* WEEK_DAYS */
    struct sheet_project *projects; /* as many as there are entries */
    struct sheet_warning *warnings; /* sheet_warnings_max(number of entries) */
};
size_t sheet_warnings_max(size_t entry_count);
/* Entries in the order of a sheet: by date, then id. */
void sheet_sort(struct entry *entries, size_t count);
/* Computes dates, state, totals and warnings from number, entries (ordered by date) and what is
 * stored with the week. */
void sheet_sum_up(struct sheet *sheet, struct date today, const struct sheet_room *room);
/* Does the state change by itself, as days pass? */
bool sheet_depends_on_day(const struct sheet *sheet);

/* --- the list of weeks ---------------------------------------------------------------- */
struct week_summary {
    struct str week;
    struct date from, to;
    int64_t state;
    struct str reason; /* of the rejection of an empty week */
    int64_t minutes;
    int64_t entries;
    int64_t count[ENTRY_STATUS_COUNT];
    int64_t version;
};
extern const struct schema week_summary_schema;

/* GET /weeks. */
struct weeks_query {
    uint32_t present;
    struct str from, to; /* for week_parse */
    int64_t state;
    struct str user;
    int64_t limit;
    struct str cursor; /* the week after which, backwards, to go on */
};
enum {
    WEEKS_QUERY_FROM,
    WEEKS_QUERY_TO,
    WEEKS_QUERY_STATE,
    WEEKS_QUERY_USER,
    WEEKS_QUERY_LIMIT,
    WEEKS_QUERY_CURSOR
};
enum { WEEKS_LIST_DEFAULT = 12 /* weeks up to the current one, when no range is asked for */ };
extern const struct schema weeks_query_schema;

/* --- saving a week -------------------------------------------------------------------- */
/* PUT /weeks/{w}: a list of struct entry_item. */
struct week_input {
    uint32_t present;
    struct field_list entries;
};
enum { WEEK_ITEMS_MAX = 500 };
extern const struct schema week_input_schema;

/* PUT /weeks/{w}/submission: an empty object. */
struct submission_input {
    uint32_t present;
};
extern const struct schema submission_input_schema;

#endif
