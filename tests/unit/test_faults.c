#include "ts/faults.h"

#include <stdio.h>

#include "unit.h"

START_TEST(keeps_copies_in_order)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char pointer[] = "/note", format_data[] = "%s%n";
    struct faults f;

    faults_init(&f, mem);
    ck_assert_uint_eq(f.count, 0);
    ck_assert_ptr_null(f.detail);
    faults_add(&f, pointer, "length", "has %d characters, not %s", 501, format_data);
    memcpy(pointer, "/xxxx", 5);
    memcpy(format_data, "xxxx", 4);
    faults_add(&f, "?limit", "range", "too large");
    ck_assert_uint_eq(f.count, 2);
    ck_assert_str_eq(f.list[0].pointer, "/note");
    ck_assert_str_eq(f.list[0].code, "length");
    ck_assert_str_eq(f.list[0].detail, "has 501 characters, not %s%n");
    ck_assert_str_eq(f.list[1].pointer, "?limit");
    ck_assert_ptr_eq(talloc_parent(f.list[0].detail), mem);
    ck_assert_ptr_eq(talloc_parent(f.list[0].pointer), mem);
    talloc_free(mem);
}
END_TEST

START_TEST(counts_past_what_it_keeps)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct faults f;

    faults_init(&f, mem);
    for (int i = 0; i < FAULTS_MAX + 5; i++)
        faults_add(&f, "/x", "unknown", "number %d", i);
    ck_assert_uint_eq(f.count, FAULTS_MAX + 5);
    for (int i = 0; i < FAULTS_MAX; i++) {
        char detail[32];
        (void)snprintf(detail, sizeof detail, "number %d", i);
        ck_assert_str_eq(f.list[i].detail, detail);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(the_first_sentence_stays)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct faults f;

    faults_init(&f, mem);
    faults_detail(&f, "%s comes %d", "this", 1);
    faults_detail(&f, "this does not");
    ck_assert_str_eq(f.detail, "this comes 1");
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("faults", keeps_copies_in_order, counts_past_what_it_keeps, the_first_sentence_stays)
