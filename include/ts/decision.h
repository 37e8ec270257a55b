/* Decisions on entries and weeks (design section 4): what they may say, and who may take them. */
#ifndef TS_DECISION_H
#define TS_DECISION_H

#include <stdint.h>

#include "ts/entry.h"
#include "ts/field.h"
#include "ts/sheet.h"
#include "ts/status.h"

/* A reason has 1..REASON_MAX characters. */
enum { REASON_MAX = 500 };

enum decision_kind { DECISION_APPROVED, DECISION_REJECTED, DECISION_REOPENED, DECISION_COUNT };
/* NULL-terminated, in the order of enum decision_kind. */
extern const char *const decision_names[];

/* A decision as it was understood. */
struct decision {
    enum decision_kind kind;
    struct str reason; /* of a rejection and of a reopening, else empty */
};

/* What is wrong with one, for the client: a member (RFC 6901), a fixed word, a sentence. */
struct decision_fault {
    const char *pointer, *code, *detail;
};

/* PUT /approvals/{id}: an empty body, {}, {"approved": true} or {"status": "approved"} approves (older
 * clients send the first three); {"status": "rejected", "reason": "..."} rejects. */
struct approval_input {
    uint32_t present;
    int64_t status; /* enum entry_status */
    int64_t approved;
    struct str reason;
};
enum { APPROVAL_INPUT_STATUS, APPROVAL_INPUT_APPROVED, APPROVAL_INPUT_REASON };
extern const struct schema approval_input_schema;

/* PUT /people/{id}/weeks/{w}/decision. */
struct decision_input {
    uint32_t present;
    int64_t decision; /* enum decision_kind */
    struct str reason;
};
extern const struct schema decision_input_schema;

/* What the members mean together. STATUS_INVALID with *fault: a rejection or reopening without a
 * reason of more than blanks, an approval with one, members that contradict each other. */
enum status approval_read(const struct approval_input *in, struct decision *out,
                          struct decision_fault *fault) TS_MUST_CHECK;
enum status decision_read(const struct decision_input *in, struct decision *out,
                          struct decision_fault *fault) TS_MUST_CHECK;

/* May this actor decide somebody's entries or week? STATUS_PERSON_REQUIRED for a machine, and for
 * nobody; STATUS_SELF_APPROVAL (design rule 6). */
enum status decision_allowed(int64_t decider_id, int64_t owner_id) TS_MUST_CHECK;
/* The same for one entry, which was last changed by edited_by: also STATUS_FOUR_EYES. */
enum status decision_allowed_entry(int64_t decider_id, int64_t owner_id,
                                   int64_t edited_by) TS_MUST_CHECK;

/* What a decision does to each entry of its week, and the one status of entries that it changes. */
enum entry_operation decision_operation(enum decision_kind kind);
enum entry_status decision_changes(enum decision_kind kind);
/* The status that entries have afterwards. */
enum entry_status decision_makes(enum decision_kind kind);
/* May a week in this state be decided so? STATUS_OK: yes, *changes tells whether anything is left to
 * change (false: the week is in that state already). STATUS_NOT_SUBMITTED, STATUS_APPROVED.
 * any_approved: is anything in the week approved (its entries, or the week itself when it is empty)? */
enum status decision_transition(enum decision_kind kind, enum week_state state, bool any_approved,
                                bool *changes) TS_MUST_CHECK;

/* GET /approvals. */
struct inbox_query {
    uint32_t present;
    struct str user; /* id or user_id */
    struct str project;
    struct str week; /* for week_parse */
    int64_t limit;
    struct str cursor;
};
enum {
    INBOX_QUERY_USER,
    INBOX_QUERY_PROJECT,
    INBOX_QUERY_WEEK,
    INBOX_QUERY_LIMIT,
    INBOX_QUERY_CURSOR
};
extern const struct schema inbox_query_schema;

#endif
