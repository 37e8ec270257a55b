#include "ts/decision.h"
#include "ts/principal.h"
#include "unit.h"

enum { CLIENT = 1, PERSON = 7, OWNER = 8 };

START_TEST(who_may_decide)
{
    static const struct {
        const char *name;
        int64_t decider, owner, edited_by;
        enum status all, one; /* of a week, of an entry in it */
    } cases[] = {
        {"somebody else", PERSON, OWNER, OWNER, STATUS_OK, STATUS_OK},
        {"the owner", OWNER, OWNER, OWNER, STATUS_SELF_APPROVAL, STATUS_SELF_APPROVAL},
        {"the owner, last edited by another", OWNER, OWNER, PERSON, STATUS_SELF_APPROVAL,
         STATUS_SELF_APPROVAL},
        {"the last editor", PERSON, OWNER, PERSON, STATUS_OK, STATUS_FOUR_EYES},
        {"after an upload by a client", PERSON, OWNER, ACTOR_CLIENT_MIN + CLIENT, STATUS_OK,
         STATUS_OK},
        {"the last person id", ACTOR_CLIENT_MIN - 1, OWNER, OWNER, STATUS_OK, STATUS_OK},
        {"the first client", ACTOR_CLIENT_MIN, OWNER, OWNER, STATUS_PERSON_REQUIRED,
         STATUS_PERSON_REQUIRED},
        {"a client", ACTOR_CLIENT_MIN + CLIENT, OWNER, OWNER, STATUS_PERSON_REQUIRED,
         STATUS_PERSON_REQUIRED},
        {"the client that uploaded", ACTOR_CLIENT_MIN, OWNER, ACTOR_CLIENT_MIN,
         STATUS_PERSON_REQUIRED, STATUS_PERSON_REQUIRED},
        {"nobody", 0, OWNER, OWNER, STATUS_PERSON_REQUIRED, STATUS_PERSON_REQUIRED},
        {"nobody, of nobody", 0, 0, 0, STATUS_PERSON_REQUIRED, STATUS_PERSON_REQUIRED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(decision_allowed(cases[i].decider, cases[i].owner) == cases[i].all, "%s",
                      cases[i].name);
        ck_assert_msg(decision_allowed_entry(cases[i].decider, cases[i].owner,
                                             cases[i].edited_by) == cases[i].one,
                      "%s, one entry", cases[i].name);
    }
}
END_TEST

/* An input of members that are there when they are not left out here. */
enum { OUT = -1 };

START_TEST(what_an_approval_means)
{
    static const struct {
        const char *name;
        int64_t status, approved;
        const char *reason;
        enum decision_kind kind; /* when it is valid */
        const char *pointer, *code;
    } cases[] = {
        {"nothing", OUT, OUT, NULL, DECISION_APPROVED, NULL, NULL},
        {"approved: true", OUT, 1, NULL, DECISION_APPROVED, NULL, NULL},
        {"status approved", ENTRY_APPROVED, OUT, NULL, DECISION_APPROVED, NULL, NULL},
        {"both", ENTRY_APPROVED, 1, NULL, DECISION_APPROVED, NULL, NULL},
        {"reason null", OUT, OUT, "", DECISION_APPROVED, NULL, NULL},
        {"approved: false", OUT, 0, NULL, 0, "/approved", "value"},
        {"status approved, approved: false", ENTRY_APPROVED, 0, NULL, 0, "/approved", "value"},
        {"approval with a reason", OUT, OUT, "fine", 0, "/reason", "unexpected"},
        {"rejection", ENTRY_REJECTED, OUT, "why", DECISION_REJECTED, NULL, NULL},
        {"rejection, approved: false", ENTRY_REJECTED, 0, "why", DECISION_REJECTED, NULL, NULL},
        {"rejection, approved: true", ENTRY_REJECTED, 1, "why", 0, "/approved", "value"},
        {"rejection without reason", ENTRY_REJECTED, OUT, NULL, 0, "/reason", "required"},
        {"rejection, reason null", ENTRY_REJECTED, OUT, "", 0, "/reason", "required"},
        {"only blanks", ENTRY_REJECTED, OUT, " \t\n ", 0, "/reason", "blank"},
        {"no-break space, soft hyphen", ENTRY_REJECTED, OUT, "\u00a0\u00ad", 0, "/reason", "blank"},
        {"an accent on nothing", ENTRY_REJECTED, OUT, "\u0301", 0, "/reason", "blank"},
        {"zero width", ENTRY_REJECTED, OUT, "\u200b\ufeff", 0, "/reason", "blank"},
        {"a wide space", ENTRY_REJECTED, OUT, "\u3000 ", 0, "/reason", "blank"},
        {"a letter with an accent", ENTRY_REJECTED, OUT, "e\u0301", DECISION_REJECTED, NULL, NULL},
        {"one letter of two bytes", ENTRY_REJECTED, OUT, " \u00e9", DECISION_REJECTED, NULL, NULL},
        {"one of three", ENTRY_REJECTED, OUT, "\u65e5", DECISION_REJECTED, NULL, NULL},
        {"one of four", ENTRY_REJECTED, OUT, "\U0001F642 ", DECISION_REJECTED, NULL, NULL},
        {"one word among blanks", ENTRY_REJECTED, OUT, " x ", DECISION_REJECTED, NULL, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct approval_input in = {.status = cases[i].status == OUT ? 0 : cases[i].status,
                                    .approved = cases[i].approved == 1,
                                    .reason = str_of(cases[i].reason)};
        struct decision out = {DECISION_COUNT, STR("")};
        struct decision_fault fault = {NULL, NULL, NULL};

        in.present = (cases[i].status != OUT) << APPROVAL_INPUT_STATUS |
                     (cases[i].approved != OUT) << APPROVAL_INPUT_APPROVED |
                     (cases[i].reason != NULL) << APPROVAL_INPUT_REASON;
        enum status st = approval_read(&in, &out, &fault);
        if (cases[i].pointer == NULL) {
            ck_assert_msg(st == STATUS_OK && out.kind == cases[i].kind, "%s", cases[i].name);
            ck_assert_view(out.reason, cases[i].reason == NULL ? "" : cases[i].reason);
            continue;
        }
        ck_assert_msg(st == STATUS_INVALID && out.kind == DECISION_COUNT, "%s", cases[i].name);
        ck_assert_msg(strcmp(fault.pointer, cases[i].pointer) == 0 &&
                          strcmp(fault.code, cases[i].code) == 0,
                      "%s: %s %s", cases[i].name, fault.pointer, fault.code);
        ck_assert_uint_gt(strlen(fault.detail), 0);
    }
}
END_TEST

START_TEST(a_rejection_and_a_reopening_need_a_reason)
{
    static const struct {
        enum decision_kind kind;
        const char *reason, *code;
    } cases[] = {
        {DECISION_APPROVED, "", NULL},          {DECISION_APPROVED, "fine", "unexpected"},
        {DECISION_REJECTED, "why", NULL},       {DECISION_REJECTED, "", "required"},
        {DECISION_REJECTED, "  ", "blank"},     {DECISION_REOPENED, "why", NULL},
        {DECISION_REOPENED, "", "required"},    {DECISION_REOPENED, "\n", "blank"},
        {DECISION_APPROVED, " ", "unexpected"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct decision_input in = {.decision = cases[i].kind,
                                          .reason = str_of(cases[i].reason)};
        struct decision out;
        struct decision_fault fault;
        enum status st = decision_read(&in, &out, &fault);

        ck_assert_int_eq(st, cases[i].code == NULL ? STATUS_OK : STATUS_INVALID);
        if (st == STATUS_OK)
            ck_assert_int_eq(out.kind, cases[i].kind);
        else
            ck_assert_str_eq(fault.code, cases[i].code);
    }
}
END_TEST

/* What a decision changes is what the state table of entries says of its operation. */
START_TEST(a_week_is_decided_as_its_entries_are)
{
    for (int kind = 0; kind < DECISION_COUNT; kind++) {
        enum entry_operation op = decision_operation((enum decision_kind)kind);
        for (int from = 0; from < ENTRY_STATUS_COUNT; from++) {
            enum entry_status after = (enum entry_status)from;
            enum status st = entry_transition(op, (enum entry_status)from, &after);
            bool changes = st == STATUS_OK && after != (enum entry_status)from;
            ck_assert_int_eq(changes, from == (int)decision_changes((enum decision_kind)kind));
            if (changes)
                ck_assert_int_eq(after, decision_makes((enum decision_kind)kind));
        }
    }
}
END_TEST

START_TEST(which_weeks_can_be_decided)
{
    static const struct {
        enum decision_kind kind;
        enum week_state state;
        bool any_approved;
        enum status outcome;
        bool changes;
    } cases[] = {
        {DECISION_APPROVED, WEEK_OPEN, false, STATUS_NOT_SUBMITTED, false},
        {DECISION_APPROVED, WEEK_OPEN, true, STATUS_NOT_SUBMITTED, false},
        {DECISION_APPROVED, WEEK_SUBMITTED, false, STATUS_OK, true},
        {DECISION_APPROVED, WEEK_SUBMITTED, true, STATUS_OK, true},
        {DECISION_APPROVED, WEEK_APPROVED, true, STATUS_OK, false},
        {DECISION_APPROVED, WEEK_REJECTED, false, STATUS_NOT_SUBMITTED, false},
        {DECISION_APPROVED, WEEK_REJECTED, true, STATUS_NOT_SUBMITTED, false},
        {DECISION_APPROVED, WEEK_MISSING, false, STATUS_NOT_SUBMITTED, false},
        {DECISION_REJECTED, WEEK_OPEN, false, STATUS_NOT_SUBMITTED, false},
        {DECISION_REJECTED, WEEK_SUBMITTED, false, STATUS_OK, true},
        {DECISION_REJECTED, WEEK_SUBMITTED, true, STATUS_OK, true},
        {DECISION_REJECTED, WEEK_APPROVED, true, STATUS_APPROVED, false},
        {DECISION_REJECTED, WEEK_REJECTED, false, STATUS_OK, false},
        {DECISION_REJECTED, WEEK_MISSING, false, STATUS_NOT_SUBMITTED, false},
        {DECISION_REOPENED, WEEK_OPEN, false, STATUS_OK, false},
        {DECISION_REOPENED, WEEK_OPEN, true, STATUS_OK, true},
        {DECISION_REOPENED, WEEK_SUBMITTED, false, STATUS_OK, false},
        {DECISION_REOPENED, WEEK_SUBMITTED, true, STATUS_OK, true},
        {DECISION_REOPENED, WEEK_APPROVED, true, STATUS_OK, true},
        {DECISION_REOPENED, WEEK_REJECTED, false, STATUS_OK, false},
        {DECISION_REOPENED, WEEK_REJECTED, true, STATUS_OK, true},
        {DECISION_REOPENED, WEEK_MISSING, false, STATUS_OK, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool changes = false;
        enum status st =
            decision_transition(cases[i].kind, cases[i].state, cases[i].any_approved, &changes);
        ck_assert_msg(st == cases[i].outcome && changes == cases[i].changes,
                      "%s of a week that is %s", decision_names[cases[i].kind],
                      week_state_names[cases[i].state]);
    }
}
END_TEST

START_TEST(decisions_have_names)
{
    ck_assert_str_eq(decision_names[DECISION_APPROVED], "approved");
    ck_assert_str_eq(decision_names[DECISION_REJECTED], "rejected");
    ck_assert_str_eq(decision_names[DECISION_REOPENED], "reopened");
    ck_assert_ptr_null(decision_names[DECISION_COUNT]);
}
END_TEST

UNIT_MAIN("decision", who_may_decide, what_an_approval_means,
          a_rejection_and_a_reopening_need_a_reason, a_week_is_decided_as_its_entries_are,
          which_weeks_can_be_decided, decisions_have_names)
