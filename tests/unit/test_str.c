#include "ts/str.h"

#include "unit.h"

static const struct str none = {NULL, 0};

START_TEST(a_view_of_a_c_string)
{
    ck_assert_view(str_of("abc"), "abc");
    ck_assert_uint_eq(str_of("").len, 0);
    ck_assert_uint_eq(str_of(NULL).len, 0);
    ck_assert_ptr_nonnull(str_of(NULL).data);
    ck_assert_uint_eq(STR("a\0b").len, 3);
}
END_TEST

START_TEST(equality_is_of_bytes)
{
    static const struct {
        struct str a, b;
        bool equal, equal_nocase;
    } cases[] = {
        {STR_INIT("abc"), STR_INIT("abc"), true, true},
        {STR_INIT("abc"), STR_INIT("abd"), false, false},
        {STR_INIT("abc"), STR_INIT("ab"), false, false},
        {STR_INIT("Bearer"), STR_INIT("bEARER"), false, true},
        {STR_INIT("AZ"), STR_INIT("az"), false, true},
        {STR_INIT("@["), STR_INIT("`{"), false, false}, /* next to the letters, 0x20 apart */
        {STR_INIT("\xC3\x84"), STR_INIT("\xC3\xA4"), false, false},
        {STR_INIT("a\0b"), STR_INIT("a\0c"), false, false},
        {STR_INIT(""), {NULL, 0}, true, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(str_eq(cases[i].a, cases[i].b), cases[i].equal);
        ck_assert_int_eq(str_eq_secret(cases[i].a, cases[i].b), cases[i].equal);
        ck_assert_int_eq(str_eq_nocase(cases[i].a, cases[i].b), cases[i].equal_nocase);
    }
}
END_TEST

START_TEST(a_secret_differs_by_any_byte)
{
    char a[32] = {0}, b[32] = {0};

    ck_assert(str_eq_secret(str_n(a, sizeof a), str_n(b, sizeof b)));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] = (char)0x80;
        ck_assert(!str_eq_secret(str_n(a, sizeof a), str_n(b, sizeof b)));
        b[i] = 0;
    }
}
END_TEST

START_TEST(prefixes)
{
    ck_assert(str_starts(STR("Bearer x"), STR("Bearer ")));
    ck_assert(str_starts(STR("x"), STR("")));
    ck_assert(str_starts(none, none));
    ck_assert(!str_starts(STR("Bear"), STR("Bearer")));
    ck_assert(!str_starts(STR("bearer x"), STR("Bearer ")));
}
END_TEST

START_TEST(skipping_stops_at_the_end)
{
    ck_assert_view(str_skip(STR("abc"), 1), "bc");
    ck_assert_view(str_skip(STR("abc"), 3), "");
    ck_assert_view(str_skip(STR("abc"), 4), "");
    ck_assert_uint_eq(str_skip(STR("abc"), SIZE_MAX).len, 0);
}
END_TEST

START_TEST(finding_and_cutting)
{
    struct str rest;

    ck_assert_uint_eq(str_find(STR("a.b.c"), '.'), 1);
    ck_assert_uint_eq(str_find(STR("abc"), '.'), 3);
    ck_assert_uint_eq(str_find(none, '.'), 0);
    ck_assert_view(str_cut(STR("a.b.c"), '.', &rest), "a");
    ck_assert_view(rest, "b.c");
    ck_assert_view(str_cut(rest, '.', &rest), "b");
    ck_assert_view(str_cut(rest, '.', &rest), "c");
    ck_assert_ptr_null(rest.data);
    /* nothing after the last separator is not the same as no separator */
    ck_assert_view(str_cut(STR("a."), '.', &rest), "a");
    ck_assert_uint_eq(rest.len, 0);
    ck_assert_ptr_nonnull(rest.data);
    ck_assert_view(str_cut(STR(".a"), '.', &rest), "");
    ck_assert_view(rest, "a");
}
END_TEST

START_TEST(trimming_takes_spaces_and_tabs)
{
    static const struct {
        const char *text, *trimmed;
    } cases[] = {{"abc", "abc"}, {" abc", "abc"}, {"abc\t", "abc"},   {" \t a b \t", "a b"},
                 {"  ", ""},     {"", ""},        {"\nabc", "\nabc"}, {"\xC2\xA0x", "\xC2\xA0x"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_view(str_trim(str_of(cases[i].text)), cases[i].trimmed);
}
END_TEST

START_TEST(hashes_are_those_of_fnv_1a)
{
    ck_assert_uint_eq(str_hash(STR("")), 0x811c9dc5U);
    ck_assert_uint_eq(str_hash(STR("a")), 0xe40c292cU);
    ck_assert_uint_eq(str_hash(STR("foobar")), 0xbf9cf968U);
}
END_TEST

UNIT_MAIN("str", a_view_of_a_c_string, equality_is_of_bytes, a_secret_differs_by_any_byte, prefixes,
          skipping_stops_at_the_end, finding_and_cutting, trimming_takes_spaces_and_tabs,
          hashes_are_those_of_fnv_1a)
