/* Uploads: entries of contractors' own tools, row by row (design rule 9). What a row may say, how an
 * upload runs, and what becomes of its rows. */
#ifndef TS_UPLOAD_H
#define TS_UPLOAD_H

#include <stdint.h>

#include "ts/entry.h"
#include "ts/field.h"

enum {
    UPLOAD_ROWS_MAX = 10000,
    UPLOAD_BATCH = 500,       /* rows of one transaction of a partial upload */
    UPLOAD_PROBLEM_MAX = 3900 /* bytes of what is kept of a row's problem */
};

/* The values are stored. */
enum upload_mode { UPLOAD_ATOMIC, UPLOAD_PARTIAL };
enum upload_state { UPLOAD_RUNNING, UPLOAD_FINISHED };
enum upload_outcome {
    UPLOAD_CREATED,
    UPLOAD_UPDATED,
    UPLOAD_UNCHANGED,
    UPLOAD_REMOVED,
    UPLOAD_REJECTED,
    UPLOAD_OUTCOME_COUNT
};
/* NULL-terminated, in the order of the enums. */
extern const char *const upload_mode_names[], *const upload_state_names[],
                                                  *const upload_outcome_names[];

/* One row. Members are as in POST /timesheets, with whose it is and what it is called outside. */
struct upload_row {
    uint32_t present;
    struct str user; /* user_id: e-mail, employee number or subject */
    struct str external_id;
    struct entry_input entry; /* date, project, hours, minutes, note */
    int64_t removed;          /* deleted */
};
enum {
    UPLOAD_ROW_USER = ENTRY_INPUT_STATUS, /* the rows before it are those of struct entry_input */
    UPLOAD_ROW_EXTERNAL_ID,
    UPLOAD_ROW_DELETED
};
extern const struct schema upload_row_schema;

/* Whatever a row needs to be stored. STATUS_INVALID: *pointer and *why say what is missing. */
enum status upload_row_complete(const struct upload_row *row, const char **pointer,
                                const char **why) TS_MUST_CHECK;

/* POST /timesheets/upload. */
struct upload_query {
    uint32_t present;
    struct str source;
    int64_t dry_run;
    int64_t mode;
};
enum { UPLOAD_QUERY_SOURCE, UPLOAD_QUERY_DRY_RUN, UPLOAD_QUERY_MODE };
extern const struct schema upload_query_schema;

/* What is wrong with a rejected row: the members of a problem document that are about it. */
struct upload_fault {
    struct str pointer, code, detail;
};
extern const struct schema upload_problem_schema;
struct upload_problem {
    struct str title;
    struct str detail;
    struct field_list errors; /* of struct upload_fault */
};

/* What became of a row. */
struct upload_result {
    int64_t row; /* from 1 */
    struct str external_id;
    int64_t outcome;    /* enum upload_outcome */
    int64_t entry_id;   /* 0 = none */
    struct str problem; /* JSON, empty when not rejected */
};
extern const struct schema upload_result_schema;

struct upload {
    int64_t id;        /* 0: nothing was stored (a dry run, a refused upload) */
    struct str source; /* empty: none */
    int64_t mode, state, dry_run;
    int64_t received;
    int64_t done; /* rows whose outcome is stored */
    int64_t count[UPLOAD_OUTCOME_COUNT];
    int64_t created_at;
};
/* The report's members before its rows; the whole of it for the document; an item of GET /uploads. */
extern const struct schema upload_report_schema, upload_schema;
struct upload_report {
    struct upload upload;
    struct field_list rows; /* of struct upload_result */
};

/* GET /uploads, GET /uploads/{id}. */
struct uploads_query {
    uint32_t present;
    int64_t limit;
    struct str cursor;
};
enum { UPLOADS_QUERY_LIMIT, UPLOADS_QUERY_CURSOR };
extern const struct schema uploads_query_schema;
struct upload_rows_query {
    uint32_t present;
    int64_t outcome;
};
enum { UPLOAD_ROWS_QUERY_OUTCOME };
extern const struct schema upload_rows_query_schema;

#endif
