/* src/domain/sheet.c: the state of a week from its entries. */
#include "ts/sheet.h"
#include "unit.h"

START_TEST(the_state_is_that_of_the_entry_that_needs_most)
{
    static const struct {
        const char *name;
        int64_t counts[ENTRY_STATUS_COUNT]; /* draft, submitted, approved, rejected */
        enum entry_status empty_status;
        bool due;
        enum week_state state;
    } cases[] = {
        {"any rejected: rejected", {1, 1, 1, 1}, ENTRY_DRAFT, true, WEEK_REJECTED},
        {"else any draft: open", {1, 1, 1, 0}, ENTRY_DRAFT, true, WEEK_OPEN},
        {"else any submitted: submitted", {0, 1, 1, 0}, ENTRY_DRAFT, true, WEEK_SUBMITTED},
        {"else any approved: approved", {0, 0, 1, 0}, ENTRY_DRAFT, true, WEEK_APPROVED},
        {"empty and submitted", {0, 0, 0, 0}, ENTRY_SUBMITTED, true, WEEK_SUBMITTED},
        {"empty and approved", {0, 0, 0, 0}, ENTRY_APPROVED, false, WEEK_APPROVED},
        {"empty and rejected", {0, 0, 0, 0}, ENTRY_REJECTED, true, WEEK_REJECTED},
        {"empty and due: missing", {0, 0, 0, 0}, ENTRY_DRAFT, true, WEEK_MISSING},
        {"empty and not due: open", {0, 0, 0, 0}, ENTRY_DRAFT, false, WEEK_OPEN},
        {"entries count before what was said of the empty week",
         {0, 1, 0, 0},
         ENTRY_APPROVED,
         true,
         WEEK_SUBMITTED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(week_state_of(cases[i].counts, cases[i].empty_status, cases[i].due) ==
                          cases[i].state,
                      "%s", cases[i].name);
}
END_TEST

START_TEST(states_have_names)
{
    ck_assert_str_eq(week_state_names[WEEK_OPEN], "open");
    ck_assert_str_eq(week_state_names[WEEK_SUBMITTED], "submitted");
    ck_assert_str_eq(week_state_names[WEEK_APPROVED], "approved");
    ck_assert_str_eq(week_state_names[WEEK_REJECTED], "rejected");
    ck_assert_str_eq(week_state_names[WEEK_MISSING], "missing");
    ck_assert_ptr_null(week_state_names[WEEK_MISSING + 1]);
}
END_TEST

UNIT_MAIN("sheet", the_state_is_that_of_the_entry_that_needs_most, states_have_names)
