/* What the files of the upload share: the rows of a body, and the job that stores them. */
#ifndef TS_UPLOAD_PRIV_H
#define TS_UPLOAD_PRIV_H

#include "api_priv.h"
#include "ts/csv.h"
#include "ts/spool.h"

/* --- the rows of a body, in any of its forms ------------------------------------------------------ */
enum { UPLOAD_COLUMNS_MAX = 16 };

struct upload_reader {
    struct str text;
    bool is_csv;
    struct json_rows json;
    struct csv csv;
    const struct field *columns[UPLOAD_COLUMNS_MAX]; /* of CSV: what each column is */
    size_t column_count;
    int64_t count; /* rows read */
};

/* STATUS_BAD_MEDIA_TYPE; for a CSV header that is wrong STATUS_BAD_REQUEST or STATUS_INVALID, with
 * faults. A reader may be copied to come back to where it stood. */
enum status upload_reader_init(struct call *call, struct str body,
                               struct upload_reader *out) TS_MUST_CHECK;
/* Is the body one JSON object? */
bool upload_is_single(const struct upload_reader *reader);
/* The next row, in mem; *found is false at the end. faults says what is wrong with the row, if that
 * makes it a rejected one. STATUS_BAD_JSON or STATUS_BAD_REQUEST when the body is broken there (then
 * the call's faults say where). */
enum status upload_next(TALLOC_CTX *mem, struct call *call, struct upload_reader *reader,
                        struct upload_row *row, struct faults *faults, bool *found) TS_MUST_CHECK;

/* --- storing them ------------------------------------------------------------------------------------ */
struct upload_people;

struct upload_job {
    struct call *call;
    struct principal who;
    struct upload_source source;
    struct write_key key;
    struct upload upload; /* id, mode, dry_run, received; its numbers as they are stored */
    bool single;          /* one JSON object: answered with its entry */
    bool begun;           /* the upload has its row in the database */
    struct upload_reader next;
    struct upload_people *people;
    struct spool *results; /* what became of the rows that this request has done */
    size_t results_size;   /* bytes of it that are about rows which are stored */
    int64_t first_result;  /* rows before were done by an earlier request */
    /* of the only row: what became of it */
    enum status single_status;
    struct faults single_faults;
    struct str single_entry; /* JSON */
    int64_t single_version, single_id;
};

/* Stores the rows in one transaction or many. STATUS_UPLOAD_REFUSED when an atomic one has rejected
 * rows; *replay is filled in when the key was used before by the same request. */
enum status upload_run(struct upload_job *job, struct replay *replay) TS_MUST_CHECK;
/* Keeps what became of rows, in a file: of the rejected ones it may be much. */
enum status upload_results_add(struct upload_job *job, const struct upload_result *rows,
                               size_t count) TS_MUST_CHECK;
/* All that was kept, in order. */
enum status upload_results_each(struct upload_job *job, store_upload_row_fn *each,
                                void *arg) TS_MUST_CHECK;
enum status upload_people_open(TALLOC_CTX *mem, struct upload_people **out) TS_MUST_CHECK;

/* --- reports -------------------------------------------------------------------------------------------- */
/* The members of a report but its rows, and `,"rows":[`. */
void upload_report_open(struct buf *b, const struct upload *upload);
/* Writes rows after each other; hand it to store_upload_rows_each. */
struct upload_rows_out {
    struct call *call;
    bool any;
};
enum status upload_row_write(const struct upload_result *row, void *arg);

#endif
