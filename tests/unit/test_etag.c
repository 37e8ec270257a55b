/* src/http/etag.c: our entity tags and the lists that name them. */
#include "ts/http.h"
#include "unit.h"

START_TEST(a_tag_is_e_and_the_version)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buf b;

    buf_init(&b, mem, 64);
    etag_write(&b, ETAG_ENTRY, 12);
    ck_assert_view(buf_str(&b), "\"e12\"");
    talloc_free(mem);
}
END_TEST

START_TEST(lists_are_matched_by_version)
{
    static const struct {
        const char *header;
        bool matches_3;
    } cases[] = {
        {"\"e3\"", true},
        {"W/\"e3\"", true},
        {"\"e2\", \"e3\"", true},
        {"\"e2\",\"e3\"", true},
        {" \"e3\" ", true},
        {"*", true},
        {" * ", true},
        {"\"e33\"", false},
        {"\"e03\"", false},
        {"\"3\"", false},
        {"e3", false},
        {"\"e3", false},
        {"\"e\"", false},
        {"\"e-3\"", false},
        {"", false},
        {"\"e2\", *", false},
        {"w/\"e3\"", false},
        {"\"e3 \"", false},
        {"\"e2\",,\"e3\"", true},
        {"\"w3\"", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(etag_matches(str_of(cases[i].header), ETAG_ENTRY, 3) == cases[i].matches_3,
                      "%s", cases[i].header);
}
END_TEST

START_TEST(a_single_tag_gives_its_version)
{
    int64_t version = 0;

    ck_assert(etag_version(STR("\"e41\""), ETAG_ENTRY, &version));
    ck_assert_int_eq(version, 41);
    ck_assert(etag_version(STR(" W/\"e42\" "), ETAG_ENTRY, &version));
    ck_assert_int_eq(version, 42);
    ck_assert(!etag_version(STR("*"), ETAG_ENTRY, &version));
    ck_assert(!etag_version(STR("\"e1\", \"e2\""), ETAG_ENTRY, &version));
    ck_assert(!etag_version(STR("\"e99999999999999999999\""), ETAG_ENTRY, &version));
}
END_TEST

UNIT_MAIN("etag", a_tag_is_e_and_the_version, lists_are_matched_by_version,
          a_single_tag_gives_its_version)
