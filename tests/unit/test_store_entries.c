#include "store_test.h"

START_TEST(test_post_stores_everything)
{
    struct world *w = world_open();
    struct post p = {.who = person(w, "ann"), .date = day("2026-11-25"), .minutes = 450,
                     .status = ENTRY_SUBMITTED, .note = "Grüße, 日本語 🙂", .key = "key-0123456789abcdef"};
    struct entry e;

    ck_assert_int_eq(post(w, &p), STATUS_OK);
    ck_assert_int_eq(p.runs, 1);
    ck_assert_int_eq(p.seq, 1);
    ck_assert_int_eq(store_entry_get(w, w->store, &p.who, p.id, &e), STATUS_OK);
    ck_assert_int_eq(e.id, p.id);
    ck_assert_int_eq(e.date.days, p.date.days);
    ck_assert_int_eq(e.minutes, 450);
    ck_assert_int_eq(e.version, 1);
    ck_assert_int_eq(e.status, ENTRY_SUBMITTED);
    ck_assert_view(e.note, "Grüße, 日本語 🙂");
    ck_assert_view(e.project, "StoreZero");
    ck_assert_view(e.user_id, "ann");
    ck_assert_view(e.reason, "");
    ck_assert_int_eq(e.edited_by, p.who.person_id);
    ck_assert(clock_wall_us() - e.created_at < 5000000);
    check_truth(w);
    world_close(w);
}
END_TEST

UNIT_MAIN("store_entries", test_post_stores_everything)
