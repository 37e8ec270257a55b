#include "ts/decision.h"

#include <stddef.h>

#include "ts/principal.h"
#include "ts/utf8.h"

enum { USER_MAX = 255, WEEK_TEXT_MAX = 16, CURSOR_MAX = 64 };

const char *const decision_names[] = {[DECISION_APPROVED] = "approved",
                                      [DECISION_REJECTED] = "rejected",
                                      [DECISION_REOPENED] = "reopened",
                                      NULL};

/* --- inputs ---------------------------------------------------------------------------------- */

static const struct field approval_fields[] = {
    [APPROVAL_INPUT_STATUS] =
        FIELD_ENUM(struct approval_input, status, .min = ENTRY_APPROVED, .max = ENTRY_REJECTED,
                   .names = entry_status_names,
                   .doc = "The decision; approved when left out, as in an empty body.",
                   .example = "\"rejected\""),
    [APPROVAL_INPUT_APPROVED] = FIELD_BOOL(
        struct approval_input, approved,
        .doc = "true approves, for older clients; false is no decision.", .example = "true"),
    [APPROVAL_INPUT_REASON] =
        FIELD_TEXT(struct approval_input, reason, .min = 1, .max = REASON_MAX, .nullable = true,
                   .doc = "Why the entry is rejected, 1 to 500 characters, for its owner to read. "
                          "Needed to reject, refused to approve.",
                   .example = "\"Which part of the checkout was this?\""),
};
const struct schema approval_input_schema =
    SCHEMA_INPUT("ApprovalInput", struct approval_input, approval_fields);

static const struct field decision_fields[] = {
    FIELD_ENUM(struct decision_input, decision, .required = true, .min = DECISION_APPROVED,
               .max = DECISION_REOPENED, .names = decision_names,
               .doc = "approved and rejected decide the submitted entries of a submitted week; "
                      "reopened gives the approved ones back to their owner.",
               .example = "\"approved\""),
    FIELD_TEXT(struct decision_input, reason, .min = 1, .max = REASON_MAX, .nullable = true,
               .doc = "Why the week is rejected or reopened, 1 to 500 characters, for its owner to "
                      "read. Needed for these two, refused to approve.",
               .example = "null"),
};
const struct schema decision_input_schema =
    SCHEMA_INPUT("DecisionInput", struct decision_input, decision_fields);

static const struct field inbox_fields[] = {
    [INBOX_QUERY_USER] = FIELD_TEXT(struct inbox_query, user, .min = 1, .max = USER_MAX,
                                    .doc = "Only entries of this person, by id or user_id.",
                                    .example = "\"ann@abc.example\""),
    [INBOX_QUERY_PROJECT] = FIELD_TEXT(
        struct inbox_query, project, .min = 1, .max = PROJECT_CODE_MAX,
        .doc = "Only entries of the project with this code.", .example = "\"StoreZero\""),
    [INBOX_QUERY_WEEK] = FIELD_TEXT(
        struct inbox_query, week, .min = 1, .max = WEEK_TEXT_MAX, .pattern = WEEK_PATTERN,
        .doc = "Only entries of this ISO week.", .example = "\"2026-W48\""),
    [INBOX_QUERY_LIMIT] =
        FIELD_INT(struct inbox_query, limit, .min = 1, .max = LIST_LIMIT_MAX,
                  .doc = "How many entries to give at most; 50 when left out.", .example = "50"),
    [INBOX_QUERY_CURSOR] =
        FIELD_TEXT(struct inbox_query, cursor, .min = 1, .max = CURSOR_MAX,
                   .doc = "Where to go on, taken from the Link header of the page before.",
                   .example = "\"0000511200000280000000\""),
};
const struct schema inbox_query_schema =
    SCHEMA_INPUT("InboxQuery", struct inbox_query, inbox_fields);

/* --- what an input means ----------------------------------------------------------------------- */

/* White space and what has no form of its own: marks that need a letter, joiners, directions. */
static const struct {
    uint32_t first, last;
} unseen[] = {
    {0x09, 0x0A},     {0x20, 0x20},     {0xA0, 0xA0},     {0xAD, 0xAD},     {0x300, 0x36F},
    {0x1680, 0x1680}, {0x180B, 0x180E}, {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F},
    {0x3000, 0x3000}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
};

static bool is_unseen(uint32_t c)
{
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++) {
        if (c >= unseen[i].first && c <= unseen[i].last)
            return true;
    }
    return false;
}

/* The first character of valid UTF-8, and its length. */
static uint32_t first_of(struct str text, size_t *len)
{
    const unsigned char lead = (unsigned char)text.data[0];
    uint32_t c = lead;

    *len = utf8_sequence(text);
    if (*len > 1)
        c &= 0xFFU >> (*len + 1);
    for (size_t i = 1; i < *len; i++)
        c = c << 6 | ((unsigned char)text.data[i] & 0x3FU);
    return c;
}

static bool is_blank(struct str text)
{
    size_t len;

    for (; text.len > 0; text = str_skip(text, len)) {
        if (!is_unseen(first_of(text, &len)))
            return false;
    }
    return true;
}

static enum status refuse(struct decision_fault *fault, const char *pointer, const char *code,
                          const char *detail)
{
    *fault = (struct decision_fault){pointer, code, detail};
    return STATUS_INVALID;
}

static enum status check_reason(const struct decision *decision, struct decision_fault *fault)
{
    bool given = decision->reason.len > 0;

    if (decision->kind == DECISION_APPROVED)
        return given ? refuse(fault, "/reason", "unexpected", "an approval has no reason")
                     : STATUS_OK;
    if (!given)
        return refuse(fault, "/reason", "required", "is missing: say why, in 1 to 500 characters");
    return is_blank(decision->reason)
               ? refuse(fault, "/reason", "blank", "must have something to read in it")
               : STATUS_OK;
}

enum status approval_read(const struct approval_input *in, struct decision *out,
                          struct decision_fault *fault)
{
    bool status = field_is_present(&approval_input_schema, in, APPROVAL_INPUT_STATUS);
    bool approved = field_is_present(&approval_input_schema, in, APPROVAL_INPUT_APPROVED);
    bool rejects = status && in->status == ENTRY_REJECTED;
    const struct decision read = {rejects ? DECISION_REJECTED : DECISION_APPROVED, in->reason};

    if (approved && rejects == (in->approved != 0))
        return refuse(fault, "/approved", "value",
                      rejects ? "contradicts the status rejected"
                              : "must be true; to reject, send status rejected and a reason");
    enum status st = check_reason(&read, fault);
    if (st == STATUS_OK)
        *out = read;
    return st;
}

enum status decision_read(const struct decision_input *in, struct decision *out,
                          struct decision_fault *fault)
{
    const struct decision read = {(enum decision_kind)in->decision, in->reason};
    enum status st = check_reason(&read, fault);

    if (st == STATUS_OK)
        *out = read;
    return st;
}

/* --- who may decide, and what comes of it -------------------------------------------------------- */

enum status decision_allowed(int64_t decider_id, int64_t owner_id)
{
    if (decider_id <= 0 || decider_id >= ACTOR_CLIENT_MIN)
        return STATUS_PERSON_REQUIRED;
    return decider_id == owner_id ? STATUS_SELF_APPROVAL : STATUS_OK;
}

enum status decision_allowed_entry(int64_t decider_id, int64_t owner_id, int64_t edited_by)
{
    enum status st = decision_allowed(decider_id, owner_id);

    return st == STATUS_OK && decider_id == edited_by ? STATUS_FOUR_EYES : st;
}

static const struct {
    enum entry_operation operation;
    enum entry_status changes, makes;
} kinds[DECISION_COUNT] = {
    [DECISION_APPROVED] = {ENTRY_APPROVE, ENTRY_SUBMITTED, ENTRY_APPROVED},
    [DECISION_REJECTED] = {ENTRY_REJECT, ENTRY_SUBMITTED, ENTRY_REJECTED},
    [DECISION_REOPENED] = {ENTRY_REOPEN, ENTRY_APPROVED, ENTRY_REJECTED},
};

enum entry_operation decision_operation(enum decision_kind kind)
{
    return kinds[kind].operation;
}

enum entry_status decision_changes(enum decision_kind kind)
{
    return kinds[kind].changes;
}

enum entry_status decision_makes(enum decision_kind kind)
{
    return kinds[kind].makes;
}

enum status decision_transition(enum decision_kind kind, enum week_state state, bool any_approved,
                                bool *changes)
{
    static const enum week_state reached[] = {
        [DECISION_APPROVED] = WEEK_APPROVED, [DECISION_REJECTED] = WEEK_REJECTED};

    if (kind == DECISION_REOPENED) {
        *changes = any_approved;
        return STATUS_OK;
    }
    if (state != WEEK_SUBMITTED && state != reached[kind])
        return state == WEEK_APPROVED ? STATUS_APPROVED : STATUS_NOT_SUBMITTED;
    *changes = state == WEEK_SUBMITTED;
    return STATUS_OK;
}
