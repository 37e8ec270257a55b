#include "ts/entry.h"

#include <stddef.h>

enum { USER_MAX = 255, QUERY_TEXT_MAX = 100, CURSOR_MAX = 64, WEEK_TEXT_MAX = 16 };

const char *const entry_status_names[] = {[ENTRY_DRAFT] = "draft",
                                          [ENTRY_SUBMITTED] = "submitted",
                                          [ENTRY_APPROVED] = "approved",
                                          [ENTRY_REJECTED] = "rejected",
                                          NULL};

static const struct field entry_fields[] = {
    FIELD_INT(struct entry, id, .min = 1, .max = (INT64_C(1) << 53) - 1, .column = "id",
              .doc = "The entry's number, below 2^53; it never changes and is never used again.",
              .example = "10737418240"),
    FIELD_TEXT(struct entry, user_id, .min = 1, .max = USER_MAX, .column = "user_id",
               .doc = "Whose entry it is: the person's e-mail address, else the token's subject.",
               .example = "\"ann@abc.example\""),
    FIELD_DATE(struct entry, date, .column = "work_date", .doc = "The civil date of the work.",
               .example = "\"2026-11-23\""),
    FIELD_TEXT(struct entry, project, .min = 1, .max = PROJECT_CODE_MAX, .column = "project_code",
               .doc = "The code of the project.", .example = "\"StoreZero\""),
    FIELD_NAMED("hours", FIELD_HOURS, struct entry, minutes, int64_t, .min = 1,
                .max = MINUTES_PER_DAY, .format = hours_format,
                .doc = "The minutes as decimal hours, to at most 4 decimals.", .example = "7.5"),
    FIELD_INT(struct entry, minutes, .min = 1, .max = MINUTES_PER_DAY, .column = "minutes",
              .doc = "The duration in whole minutes; add these up rather than the hours.",
              .example = "450"),
    FIELD_TEXT(struct entry, note, .max = NOTE_MAX, .column = "note",
               .doc = "What was done; may be empty.", .example = "\"Checkout: tax rules\""),
    FIELD_ENUM(struct entry, status, .min = ENTRY_DRAFT, .max = ENTRY_REJECTED,
               .names = entry_status_names, .column = "status",
               .doc = "Where the entry stands between its owner and the approver.",
               .example = "\"submitted\""),
    FIELD_NAMED("approved", FIELD_IS, struct entry, status, int64_t, .min = ENTRY_APPROVED,
                .doc = "True when the status is approved.", .example = "false"),
    FIELD_TEXT(struct entry, reason, .max = NOTE_MAX, .column = "reason", .nullable = true,
               .doc = "Why the entry was rejected; null when it is not rejected.",
               .example = "null"),
    FIELD_INT(struct entry, version, .min = 1, .max = INT64_MAX, .column = "version",
              .doc = "Rises by one with every change; the ETag holds the same number.",
              .example = "1"),
    FIELD_NAMED("created_at", FIELD_INSTANT, struct entry, created_at, int64_t,
                .column = "created_at", .doc = "When the entry was made, UTC.",
                .example = "\"2026-11-23T17:40:20.095000Z\""),
    FIELD_NAMED("updated_at", FIELD_INSTANT, struct entry, updated_at, int64_t,
                .column = "updated_at", .doc = "When the entry was last changed, UTC.",
                .example = "\"2026-11-23T17:40:20.095000Z\""),
    FIELD_TEXT(struct entry, source, .max = SOURCE_NAME_MAX, .column = "source", .nullable = true,
               .doc = "The outside system an uploaded entry comes from, else null.",
               .example = "null"),
    FIELD_TEXT(struct entry, external_id, .max = EXTERNAL_ID_MAX, .column = "external_id",
               .nullable = true, .doc = "The entry's id in that system, else null.",
               .example = "null"),
};

const struct schema entry_schema = SCHEMA("Entry", struct entry, entry_fields);

/* The members that POST and PATCH share; what differs are the date's spellings and what must be there. */
#define DATE_ROW(reader, must, others, text)                                                       \
    FIELD_DATE(struct entry_input, date, .required = (must), .parse = (reader),                    \
               .pattern = (others), .doc = (text), .example = "\"2026-11-23\"")
#define PROJECT_ROW(must)                                                                          \
    FIELD_TEXT(struct entry_input, project, .required = (must), .min = 1, .max = PROJECT_CODE_MAX, \
               .doc = "The code of an open project, byte for byte.", .example = "\"StoreZero\"")
#define HOURS_ROW(other)                                                                           \
    FIELD_NAMED("hours", FIELD_HOURS, struct entry_input, hours_minutes, int64_t, .min = 1,        \
                .max = MINUTES_PER_DAY, .parse = hours_parse, .or_else = (other),                  \
                .doc = "Decimal hours, more than 0 and at most 24, with at most 4 decimals, as a " \
                       "number or numeric text; rounded half-up to the minute. Either hours or "   \
                       "minutes is needed for a new entry; if both are given they must agree.",    \
                .example = "7.5")
#define MINUTES_ROW                                                                                \
    FIELD_INT(struct entry_input, minutes, .min = 1, .max = MINUTES_PER_DAY,                       \
              .doc = "The duration in whole minutes.", .example = "450")
#define NOTE_ROW                                                                                   \
    FIELD_TEXT(struct entry_input, note, .max = NOTE_MAX,                                          \
               .doc = "What was done, at most 500 characters.",                                    \
               .example = "\"Checkout: tax rules\"")

static const struct field entry_input_fields[] = {
    [ENTRY_INPUT_DATE] =
        DATE_ROW(work_date_parse, true, WORK_DATE_PATTERN,
                 "The civil date of the work, from 2000-01-01 to the Sunday five weeks after this "
                 "week. A date-time is taken as the date that is written in it."),
    [ENTRY_INPUT_PROJECT] = PROJECT_ROW(true),
    [ENTRY_INPUT_HOURS] = HOURS_ROW("minutes"),
    [ENTRY_INPUT_MINUTES] = MINUTES_ROW,
    [ENTRY_INPUT_NOTE] = NOTE_ROW,
    [ENTRY_INPUT_STATUS] =
        FIELD_ENUM(struct entry_input, status, .min = ENTRY_DRAFT, .max = ENTRY_SUBMITTED,
                   .names = entry_status_names,
                   .doc = "submitted when left out; a draft is seen by its owner alone.",
                   .example = "\"submitted\""),
    /* older clients send these; the server decides them */
    FIELD_SKIP("id"),
    FIELD_SKIP("user_id"),
    FIELD_SKIP("approved"),
};

const struct schema entry_input_schema =
    SCHEMA_INPUT("EntryInput", struct entry_input, entry_input_fields);

static const struct field entry_patch_fields[] = {
    [ENTRY_INPUT_DATE] =
        DATE_ROW(civil_date_parse, false, NULL,
                 "The civil date of the work, from 2000-01-01 to the Sunday five weeks after this "
                 "week."),
    [ENTRY_INPUT_PROJECT] = PROJECT_ROW(false),
    [ENTRY_INPUT_HOURS] = HOURS_ROW(NULL),
    [ENTRY_INPUT_MINUTES] = MINUTES_ROW,
    [ENTRY_INPUT_NOTE] = NOTE_ROW,
    /* a change of status is a step of its own, never an edit (design rule 6) */
    [ENTRY_INPUT_STATUS] = FIELD_READ_ONLY("status"),
    FIELD_READ_ONLY("id"),
    FIELD_READ_ONLY("user_id"),
    FIELD_READ_ONLY("approved"),
    FIELD_READ_ONLY("version"),
    FIELD_READ_ONLY("reason"),
    FIELD_READ_ONLY("created_at"),
    FIELD_READ_ONLY("updated_at"),
    FIELD_READ_ONLY("source"),
    FIELD_READ_ONLY("external_id"),
};

const struct schema entry_patch_schema =
    SCHEMA_INPUT("EntryPatch", struct entry_input, entry_patch_fields);

static const struct field entry_item_fields[] = {
    [ENTRY_INPUT_DATE] = DATE_ROW(civil_date_parse, false, NULL,
                                  "The civil date of the work, in the week. Needed but to delete."),
    [ENTRY_INPUT_PROJECT] = PROJECT_ROW(false),
    [ENTRY_INPUT_HOURS] = HOURS_ROW(NULL),
    [ENTRY_INPUT_MINUTES] = MINUTES_ROW,
    [ENTRY_INPUT_NOTE] = NOTE_ROW,
    [ENTRY_INPUT_STATUS] = FIELD_READ_ONLY("status"),
    [ENTRY_ITEM_ID] =
        FIELD_INT(struct entry_item, id, .min = 1, .max = (INT64_C(1) << 53) - 1,
                  .doc = "An entry of the week; left out for a new one.", .example = "10737418240"),
    [ENTRY_ITEM_DELETE] = FIELD_NAMED("delete", FIELD_BOOL, struct entry_item, remove, int64_t,
                                      .doc = "True deletes the entry; only its id stands beside.",
                                      .example = "false"),
};

const struct schema entry_item_schema = {
    .name = "WeekInputEntry",
    .fields = entry_item_fields,
    .count = sizeof entry_item_fields / sizeof entry_item_fields[0],
    .size = sizeof(struct entry_item),
    .present_offset = offsetof(struct entry_item, entry.present),
};

enum status entry_input_minutes(const struct entry_input *in, bool required, int64_t *out,
                                const char **why)
{
    bool hours = field_is_present(&entry_input_schema, in, ENTRY_INPUT_HOURS);
    bool minutes = field_is_present(&entry_input_schema, in, ENTRY_INPUT_MINUTES);

    if (hours && minutes && in->hours_minutes != in->minutes) {
        *why = "hours and minutes say different durations";
        return STATUS_INVALID;
    }
    if (!hours && !minutes && required) {
        *why = "either hours or minutes is needed";
        return STATUS_INVALID;
    }
    *out = minutes ? in->minutes : hours ? in->hours_minutes : 0;
    return STATUS_OK;
}

/* The state table of design section 4: what may be done in which state, and what comes of it. */
static const struct {
    enum status outcome;
    enum entry_status after;
} transitions[ENTRY_OPERATION_COUNT][ENTRY_STATUS_COUNT] = {
    [ENTRY_EDIT] = {[ENTRY_DRAFT] = {STATUS_OK, ENTRY_DRAFT},
                    [ENTRY_SUBMITTED] = {STATUS_OK, ENTRY_SUBMITTED},
                    [ENTRY_APPROVED] = {STATUS_APPROVED, ENTRY_APPROVED},
                    [ENTRY_REJECTED] = {STATUS_OK, ENTRY_DRAFT}},
    [ENTRY_DELETE] = {[ENTRY_DRAFT] = {STATUS_OK, ENTRY_STATUS_COUNT},
                      [ENTRY_SUBMITTED] = {STATUS_OK, ENTRY_STATUS_COUNT},
                      [ENTRY_APPROVED] = {STATUS_APPROVED, ENTRY_APPROVED},
                      [ENTRY_REJECTED] = {STATUS_OK, ENTRY_STATUS_COUNT}},
    [ENTRY_SUBMIT] = {[ENTRY_DRAFT] = {STATUS_OK, ENTRY_SUBMITTED},
                      [ENTRY_SUBMITTED] = {STATUS_OK, ENTRY_SUBMITTED},
                      [ENTRY_APPROVED] = {STATUS_OK, ENTRY_APPROVED},
                      [ENTRY_REJECTED] = {STATUS_OK, ENTRY_SUBMITTED}},
    [ENTRY_WITHDRAW] = {[ENTRY_DRAFT] = {STATUS_OK, ENTRY_DRAFT},
                        [ENTRY_SUBMITTED] = {STATUS_OK, ENTRY_DRAFT},
                        [ENTRY_APPROVED] = {STATUS_OK, ENTRY_APPROVED},
                        [ENTRY_REJECTED] = {STATUS_OK, ENTRY_REJECTED}},
    [ENTRY_APPROVE] = {[ENTRY_DRAFT] = {STATUS_NOT_SUBMITTED, ENTRY_DRAFT},
                       [ENTRY_SUBMITTED] = {STATUS_OK, ENTRY_APPROVED},
                       [ENTRY_APPROVED] = {STATUS_OK, ENTRY_APPROVED},
                       [ENTRY_REJECTED] = {STATUS_NOT_SUBMITTED, ENTRY_REJECTED}},
    [ENTRY_REJECT] = {[ENTRY_DRAFT] = {STATUS_NOT_SUBMITTED, ENTRY_DRAFT},
                      [ENTRY_SUBMITTED] = {STATUS_OK, ENTRY_REJECTED},
                      [ENTRY_APPROVED] = {STATUS_APPROVED, ENTRY_APPROVED},
                      [ENTRY_REJECTED] = {STATUS_OK, ENTRY_REJECTED}},
    [ENTRY_REOPEN] = {[ENTRY_DRAFT] = {STATUS_OK, ENTRY_DRAFT},
                      [ENTRY_SUBMITTED] = {STATUS_OK, ENTRY_SUBMITTED},
                      [ENTRY_APPROVED] = {STATUS_OK, ENTRY_REJECTED},
                      [ENTRY_REJECTED] = {STATUS_OK, ENTRY_REJECTED}},
    [ENTRY_UPLOAD] = {[ENTRY_DRAFT] = {STATUS_OK, ENTRY_SUBMITTED},
                      [ENTRY_SUBMITTED] = {STATUS_OK, ENTRY_SUBMITTED},
                      [ENTRY_APPROVED] = {STATUS_APPROVED, ENTRY_APPROVED},
                      [ENTRY_REJECTED] = {STATUS_OK, ENTRY_SUBMITTED}},
};

enum status entry_transition(enum entry_operation op, enum entry_status from,
                             enum entry_status *out)
{
    enum status outcome = transitions[op][from].outcome;

    if (outcome == STATUS_OK)
        *out = transitions[op][from].after;
    return outcome;
}

static const struct field entry_query_fields[] = {
    [ENTRY_QUERY_FROM] =
        FIELD_DATE(struct entry_query, from, .parse = civil_date_parse,
                   .doc = "Only entries of this date or later.", .example = "\"2026-11-01\""),
    [ENTRY_QUERY_TO] =
        FIELD_DATE(struct entry_query, to, .parse = civil_date_parse,
                   .doc = "Only entries of this date or earlier.", .example = "\"2026-11-30\""),
    [ENTRY_QUERY_WEEK] = FIELD_TEXT(
        struct entry_query, week, .min = 1, .max = WEEK_TEXT_MAX, .pattern = WEEK_PATTERN,
        .doc = "Only entries of this ISO week.", .example = "\"2026-W48\""),
    [ENTRY_QUERY_PROJECT] = FIELD_TEXT(
        struct entry_query, project, .min = 1, .max = PROJECT_CODE_MAX,
        .doc = "Only entries of the project with this code.", .example = "\"StoreZero\""),
    [ENTRY_QUERY_STATUS] =
        FIELD_ENUM(struct entry_query, status, .min = ENTRY_DRAFT, .max = ENTRY_REJECTED,
                   .names = entry_status_names, .doc = "Only entries in this status.",
                   .example = "\"rejected\""),
    [ENTRY_QUERY_Q] = FIELD_TEXT(struct entry_query, q, .min = 1, .max = QUERY_TEXT_MAX,
                                 .doc = "Text that the note holds, in any letter case.",
                                 .example = "\"checkout\""),
    [ENTRY_QUERY_USER] =
        FIELD_TEXT(struct entry_query, user, .min = 1, .max = USER_MAX,
                   .doc = "Whose entries, by id or user_id; for managers. One's own when left out.",
                   .example = "\"ann@abc.example\""),
    [ENTRY_QUERY_LIMIT] =
        FIELD_INT(struct entry_query, limit, .min = 1, .max = LIST_LIMIT_MAX,
                  .doc = "How many entries to give at most; 50 when left out.", .example = "50"),
    [ENTRY_QUERY_CURSOR] =
        FIELD_TEXT(struct entry_query, cursor, .min = 1, .max = CURSOR_MAX,
                   .doc = "Where to go on, taken from the Link header of the page before.",
                   .example = "\"000050d100000280000000\""),
};

const struct schema entry_query_schema =
    SCHEMA_INPUT("EntryQuery", struct entry_query, entry_query_fields);
