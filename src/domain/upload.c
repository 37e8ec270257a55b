#include "ts/upload.h"

#include <stddef.h>

enum { USER_MAX = 255, CURSOR_MAX = 20 };

const char *const upload_mode_names[] = {
    [UPLOAD_ATOMIC] = "atomic", [UPLOAD_PARTIAL] = "partial", NULL};
const char *const upload_state_names[] = {
    [UPLOAD_RUNNING] = "running", [UPLOAD_FINISHED] = "finished", NULL};
const char *const upload_outcome_names[] = {
    [UPLOAD_CREATED] = "created", [UPLOAD_UPDATED] = "updated",   [UPLOAD_UNCHANGED] = "unchanged",
    [UPLOAD_REMOVED] = "removed", [UPLOAD_REJECTED] = "rejected", NULL};

/* --- a row ----------------------------------------------------------------------------------- */

/* It is compared as bytes, and kept in a column of so many. */
static bool external_id_parse(struct str text, int64_t *out, const char **why)
{
    (void)out; /* a text has no number */
    *why = "must have at most 128 bytes of UTF-8";
    if (text.len > EXTERNAL_ID_MAX)
        return false;
    *why = "must not hold a tab or a newline";
    return str_find(text, '\t') == text.len && str_find(text, '\n') == text.len;
}
_Static_assert(EXTERNAL_ID_MAX == 128, "the sentence names the limit");

static const struct field row_fields[] = {
    [ENTRY_INPUT_DATE] = FIELD_NAMED(
        "date", FIELD_DATE, struct upload_row, entry.date, struct date, .parse = work_date_parse,
        .pattern = WORK_DATE_PATTERN,
        .doc = "The civil date of the work, from 2000-01-01 to the Sunday five weeks after this "
               "week. A date-time is taken as the date that is written in it.",
        .example = "\"2026-11-23\""),
    [ENTRY_INPUT_PROJECT] =
        FIELD_NAMED("project", FIELD_TEXT, struct upload_row, entry.project, struct str, .min = 1,
                    .max = PROJECT_CODE_MAX, .doc = "The code of an open project, byte for byte.",
                    .example = "\"StoreZero\""),
    [ENTRY_INPUT_HOURS] = FIELD_NAMED(
        "hours", FIELD_HOURS, struct upload_row, entry.hours_minutes, int64_t, .min = 1,
        .max = MINUTES_PER_DAY, .parse = hours_parse,
        .doc = "Decimal hours with at most 4 decimals, as a number or numeric text. Either hours "
               "or minutes is needed; if both are given they must agree.",
        .example = "7.5"),
    [ENTRY_INPUT_MINUTES] = FIELD_NAMED("minutes", FIELD_INT, struct upload_row, entry.minutes,
                                        int64_t, .min = 1, .max = MINUTES_PER_DAY,
                                        .doc = "The duration in whole minutes.", .example = "450"),
    [ENTRY_INPUT_NOTE] = FIELD_NAMED(
        "note", FIELD_TEXT, struct upload_row, entry.note, struct str, .max = NOTE_MAX,
        .doc = "What was done, at most 500 characters.", .example = "\"Checkout: tax rules\""),
    [UPLOAD_ROW_USER] = FIELD_NAMED(
        "user_id", FIELD_TEXT, struct upload_row, user, struct str, .min = 1, .max = USER_MAX,
        .doc = "Whose entry it is: exactly one person's e-mail address, employee number or "
               "subject.",
        .example = "\"007\""),
    [UPLOAD_ROW_EXTERNAL_ID] = FIELD_TEXT(
        struct upload_row, external_id, .min = 1, .max = EXTERNAL_ID_MAX,
        .parse = external_id_parse,
        .doc = "What the source calls the entry. With it a row is stored exactly once, however "
               "often it is sent; without it a row is simply new.",
        .example = "\"tool-4711\""),
    [UPLOAD_ROW_DELETED] =
        FIELD_NAMED("deleted", FIELD_BOOL, struct upload_row, removed, int64_t,
                    .doc = "true removes the entry with this external_id; nothing else is needed.",
                    .example = "false"),
    /* older clients send these; the server decides them */
    FIELD_SKIP("id"),
    FIELD_SKIP("approved"),
};
const struct schema upload_row_schema = SCHEMA_INPUT("UploadRow", struct upload_row, row_fields);

static bool has(const struct upload_row *row, int member)
{
    return field_is_present(&upload_row_schema, row, (size_t)member);
}

enum status upload_row_complete(const struct upload_row *row, const char **pointer,
                                const char **why)
{
    static const struct {
        int member;
        const char *pointer;
    } needed[] = {{UPLOAD_ROW_USER, "/user_id"},
                  {ENTRY_INPUT_DATE, "/date"},
                  {ENTRY_INPUT_PROJECT, "/project"}};

    *why = "is missing";
    if (row->removed != 0) {
        *pointer = "/external_id";
        return has(row, UPLOAD_ROW_EXTERNAL_ID) ? STATUS_OK : STATUS_INVALID;
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        *pointer = needed[i].pointer;
        if (!has(row, needed[i].member))
            return STATUS_INVALID;
    }
    return STATUS_OK;
}

/* --- queries --------------------------------------------------------------------------------- */

static const struct field query_fields[] = {
    [UPLOAD_QUERY_SOURCE] =
        FIELD_TEXT(struct upload_query, source, .min = 1, .max = SOURCE_NAME_MAX,
                   .doc = "The outside system that the external ids belong to. May be left out by "
                          "a client that has one only.",
                   .example = "\"contractor-tool\""),
    [UPLOAD_QUERY_DRY_RUN] =
        FIELD_BOOL(struct upload_query, dry_run,
                   .doc = "true stores nothing, and says what would be.", .example = "true"),
    [UPLOAD_QUERY_MODE] = FIELD_ENUM(
        struct upload_query, mode, .min = UPLOAD_ATOMIC, .max = UPLOAD_PARTIAL,
        .names = upload_mode_names,
        .doc = "atomic (when left out): everything is stored, or with a rejected row nothing. "
               "partial: what is not rejected is stored, up to 500 rows at a time.",
        .example = "\"partial\""),
};
const struct schema upload_query_schema =
    SCHEMA_INPUT("UploadQuery", struct upload_query, query_fields);

static const struct field uploads_query_fields[] = {
    [UPLOADS_QUERY_LIMIT] =
        FIELD_INT(struct uploads_query, limit, .min = 1, .max = LIST_LIMIT_MAX,
                  .doc = "How many uploads to give at most; 50 when left out.", .example = "50"),
    [UPLOADS_QUERY_CURSOR] =
        FIELD_TEXT(struct uploads_query, cursor, .min = 1, .max = CURSOR_MAX,
                   .doc = "Where to go on, taken from the Link header of the page before.",
                   .example = "\"10737418240\""),
};
const struct schema uploads_query_schema =
    SCHEMA_INPUT("UploadsQuery", struct uploads_query, uploads_query_fields);

static const struct field rows_query_fields[] = {
    [UPLOAD_ROWS_QUERY_OUTCOME] =
        FIELD_ENUM(struct upload_rows_query, outcome, .min = UPLOAD_CREATED, .max = UPLOAD_REJECTED,
                   .names = upload_outcome_names, .doc = "Only rows with this outcome.",
                   .example = "\"rejected\""),
};
const struct schema upload_rows_query_schema =
    SCHEMA_INPUT("UploadRowsQuery", struct upload_rows_query, rows_query_fields);

/* --- reports --------------------------------------------------------------------------------- */

static const struct field fault_fields[] = {
    FIELD_TEXT(struct upload_fault, pointer, .max = 255,
               .doc = "The member it is about (RFC 6901).", .example = "\"/hours\""),
    FIELD_TEXT(struct upload_fault, code, .max = 40, .doc = "A fixed word.",
               .example = "\"hours\""),
    FIELD_TEXT(struct upload_fault, detail, .max = 500, .doc = "A sentence, with the limit.",
               .example = "\"must be more than 0 and at most 24 hours\""),
};
static const struct schema fault_schema = SCHEMA("UploadFault", struct upload_fault, fault_fields);

static const struct field problem_fields[] = {
    FIELD_TEXT(struct upload_problem, title, .max = 100, .doc = "What kind of problem it is.",
               .example = "\"Some fields are not valid\""),
    FIELD_TEXT(struct upload_problem, detail, .max = 500, .nullable = true,
               .doc = "A sentence on the whole row, or null.", .example = "null"),
    FIELD_LIST(struct upload_problem, errors, .items = &fault_schema, .max = 32,
               .doc = "Faults of single members.", .example = "[]"),
};
const struct schema upload_problem_schema =
    SCHEMA("UploadProblem", struct upload_problem, problem_fields);

static const struct field result_fields[] = {
    FIELD_INT(struct upload_result, row, .min = 1, .max = UPLOAD_ROWS_MAX, .column = "row_no",
              .doc = "The place of the row in what was sent, from 1; a CSV header is not counted.",
              .example = "1"),
    FIELD_TEXT(struct upload_result, external_id, .max = EXTERNAL_ID_MAX, .nullable = true,
               .column = "external_id", .doc = "As it was sent, or null.",
               .example = "\"tool-4711\""),
    FIELD_ENUM(struct upload_result, outcome, .min = UPLOAD_CREATED, .max = UPLOAD_REJECTED,
               .names = upload_outcome_names, .column = "outcome", .doc = "What became of it.",
               .example = "\"created\""),
    FIELD_INT(struct upload_result, entry_id, .min = 1, .max = (INT64_C(1) << 53) - 1,
              .nullable = true, .column = "entry_id", .doc = "The entry, or null.",
              .example = "10737418240"),
    FIELD_NAMED("problem", FIELD_JSON, struct upload_result, problem, struct str,
                .column = "problem", .items = &upload_problem_schema, .nullable = true,
                .doc = "Why it was rejected, or null.", .example = "null"),
};
const struct schema upload_result_schema =
    SCHEMA("UploadResult", struct upload_result, result_fields);

#define UPLOAD_ROWS(owner, prefix)                                                                 \
    FIELD_NAMED("upload_id", FIELD_INT, owner, prefix id, int64_t, .min = 1,                       \
                .max = (INT64_C(1) << 53) - 1, .nullable = true, .column = "id",                   \
                .doc = "The upload's number; null when nothing was stored.",                       \
                .example = "10737418240"),                                                         \
        FIELD_NAMED("source", FIELD_TEXT, owner, prefix source, struct str,                        \
                    .max = SOURCE_NAME_MAX, .nullable = true, .column = "source",                  \
                    .doc = "The outside system, or null.", .example = "\"contractor-tool\""),      \
        FIELD_NAMED("mode", FIELD_ENUM, owner, prefix mode, int64_t, .min = UPLOAD_ATOMIC,         \
                    .max = UPLOAD_PARTIAL, .names = upload_mode_names, .column = "mode",           \
                    .doc = "How it was stored.", .example = "\"atomic\""),                         \
        FIELD_NAMED("received", FIELD_INT, owner, prefix received, int64_t,                        \
                    .max = UPLOAD_ROWS_MAX, .column = "received", .doc = "Rows that were sent.",   \
                    .example = "1"),                                                               \
        FIELD_NAMED("created", FIELD_INT, owner, prefix count[UPLOAD_CREATED], int64_t,            \
                    .max = UPLOAD_ROWS_MAX, .column = "created", .doc = "Entries made.",           \
                    .example = "1"),                                                               \
        FIELD_NAMED("updated", FIELD_INT, owner, prefix count[UPLOAD_UPDATED], int64_t,            \
                    .max = UPLOAD_ROWS_MAX, .column = "updated", .doc = "Entries changed.",        \
                    .example = "0"),                                                               \
        FIELD_NAMED("unchanged", FIELD_INT, owner, prefix count[UPLOAD_UNCHANGED], int64_t,        \
                    .max = UPLOAD_ROWS_MAX, .column = "unchanged",                                 \
                    .doc = "Rows that said what was uploaded before.", .example = "0"),            \
        FIELD_NAMED("removed", FIELD_INT, owner, prefix count[UPLOAD_REMOVED], int64_t,            \
                    .max = UPLOAD_ROWS_MAX, .column = "removed", .doc = "Entries removed.",        \
                    .example = "0"),                                                               \
        FIELD_NAMED("rejected", FIELD_INT, owner, prefix count[UPLOAD_REJECTED], int64_t,          \
                    .max = UPLOAD_ROWS_MAX, .column = "rejected",                                  \
                    .doc = "Rows that were not taken.", .example = "0")

static const struct field report_fields[] = {
    UPLOAD_ROWS(struct upload_report, upload.),
    FIELD_LIST(struct upload_report, rows, .items = &upload_result_schema, .max = UPLOAD_ROWS_MAX,
               .doc = "What became of each row, in their order.", .example = "[]"),
};
const struct schema upload_report_schema =
    SCHEMA("UploadReport", struct upload_report, report_fields);

static const struct field upload_fields[] = {
    UPLOAD_ROWS(struct upload, ),
    FIELD_ENUM(struct upload, state, .min = UPLOAD_RUNNING, .max = UPLOAD_FINISHED,
               .names = upload_state_names, .column = "state",
               .doc =
                   "running: broken off; the same request with the same Idempotency-Key goes on.",
               .example = "\"finished\""),
    FIELD_NAMED("created_at", FIELD_INSTANT, struct upload, created_at, int64_t,
                .column = "created_at", .doc = "When it began, UTC.",
                .example = "\"2026-11-23T17:40:20.095000Z\""),
};
const struct schema upload_schema = SCHEMA("Upload", struct upload, upload_fields);
