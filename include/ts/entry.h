/* A timesheet entry: its shape, its limits and what may happen to it (design section 4). */
#ifndef TS_ENTRY_H
#define TS_ENTRY_H

#include <stdint.h>

#include "ts/field.h"
#include "ts/hours.h"
#include "ts/status.h"
#include "ts/week.h"

/* The values are stored in the database. */
enum entry_status {
    ENTRY_DRAFT,
    ENTRY_SUBMITTED,
    ENTRY_APPROVED,
    ENTRY_REJECTED,
    ENTRY_STATUS_COUNT
};

/* NULL-terminated, in the order of enum entry_status. */
extern const char *const entry_status_names[];

enum { NOTE_MAX = 500, PROJECT_CODE_MAX = 40, SOURCE_NAME_MAX = 64, EXTERNAL_ID_MAX = 128 };

struct entry {
    int64_t id;
    int64_t person_id;
    struct str user_id; /* of the person */
    struct date date;
    struct str project; /* its code */
    int64_t minutes;
    struct str note;
    int64_t status;    /* enum entry_status */
    struct str reason; /* of a rejection, else empty */
    int64_t version;
    int64_t edited_by; /* person id */
    int64_t created_at, updated_at;
    struct str source, external_id; /* of an uploaded entry, else empty */
};

/* What a reply holds: id, user_id, date, project, hours, minutes, note, status, approved,
 * reason, version, created_at, updated_at, source, external_id; and, as columns, what the store reads. */
extern const struct schema entry_schema;

/* POST /timesheets. `hours` and `minutes` are separate members: entry_input_minutes reconciles them. */
struct entry_input {
    uint32_t present;
    struct date date;
    struct str project;
    int64_t hours_minutes; /* from `hours` */
    int64_t minutes;
    struct str note;
    int64_t status;
};
enum {
    ENTRY_INPUT_DATE,
    ENTRY_INPUT_PROJECT,
    ENTRY_INPUT_HOURS,
    ENTRY_INPUT_MINUTES,
    ENTRY_INPUT_NOTE,
    ENTRY_INPUT_STATUS
};

/* Bodies of POST (date in every spelling, id, user_id and approved ignored, status draft or
 * submitted) and of PATCH (ISO dates, nothing required, id, user_id, approved, status, version refused). */
extern const struct schema entry_input_schema;
extern const struct schema entry_patch_schema;

/* One item of PUT /weeks/{w}: without id a new entry, with it one that is there, to be changed or
 * deleted. Which members must be there depends on that, so that the table requires none. */
struct entry_item {
    struct entry_input entry; /* the first, as the rows it shares with the table above need */
    int64_t id;
    int64_t remove; /* `delete`: 1 = true */
};
enum { ENTRY_ITEM_ID = ENTRY_INPUT_STATUS + 1, ENTRY_ITEM_DELETE };
extern const struct schema entry_item_schema;

/* The minutes that `hours` and/or `minutes` say. STATUS_INVALID when they disagree or (with
 * `required`) both are absent: *why then is a sentence for the client. 0 = absent. */
enum status entry_input_minutes(const struct entry_input *in, bool required, int64_t *out,
                                const char **why) TS_MUST_CHECK;

/* What can be done to one entry, by itself or with its week. */
enum entry_operation {
    ENTRY_EDIT,
    ENTRY_DELETE,
    ENTRY_SUBMIT,
    ENTRY_WITHDRAW,
    ENTRY_APPROVE,
    ENTRY_REJECT,
    ENTRY_REOPEN,
    ENTRY_UPLOAD, /* with other content than before */
    ENTRY_OPERATION_COUNT
};
/* The state table of design section 4. Writes the status after the operation (ENTRY_STATUS_COUNT =
 * gone; the same status = nothing changes). STATUS_APPROVED, STATUS_NOT_SUBMITTED. */
enum status entry_transition(enum entry_operation op, enum entry_status from,
                             enum entry_status *out) TS_MUST_CHECK;

/* GET /timesheets. */
struct entry_query {
    uint32_t present;
    struct date from, to;
    struct str week; /* for week_parse */
    struct str project;
    int64_t status;
    struct str q;
    struct str user;
    int64_t limit;
    struct str cursor;
};
enum {
    ENTRY_QUERY_FROM,
    ENTRY_QUERY_TO,
    ENTRY_QUERY_WEEK,
    ENTRY_QUERY_PROJECT,
    ENTRY_QUERY_STATUS,
    ENTRY_QUERY_Q,
    ENTRY_QUERY_USER,
    ENTRY_QUERY_LIMIT,
    ENTRY_QUERY_CURSOR
};
enum { LIST_LIMIT_DEFAULT = 50, LIST_LIMIT_MAX = 1000 };
extern const struct schema entry_query_schema;

#endif
