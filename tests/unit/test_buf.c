#include "ts/buf.h"

#include "unit.h"

START_TEST(appends_pieces_in_order)
{
    static const uint8_t bytes[] = {0x00, 0x0F, 0xA5, 0xFF};
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buf b;

    buf_init(&b, mem, 100);
    ck_assert_view(buf_str(&b), "");
    ck_assert_ptr_null(b.data);
    buf_add(&b, "abc", 2);
    buf_add_char(&b, '-');
    buf_add_str(&b, STR("str"));
    buf_add_i64(&b, -12);
    buf_add_hex(&b, bytes, sizeof bytes);
    buf_printf(&b, " %d%%", 50);
    buf_add(&b, "", 0);
    buf_add_hex(&b, bytes, 0);
    ck_assert_view(buf_str(&b), "ab-str-12000fa5ff 50%");
    ck_assert_int_eq(b.status, STATUS_OK);
    ck_assert_ptr_eq(talloc_parent(b.data), mem);
    talloc_free(mem);
}
END_TEST

START_TEST(grows_up_to_its_limit)
{
    static const size_t limits[] = {1, 1023, 1024, 1025, 1500, 5000};

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct buf b;
        buf_init(&b, NULL, limits[i]);
        for (size_t n = 0; n < limits[i]; n++)
            buf_add_char(&b, (char)('a' + n % 26));
        ck_assert_int_eq(b.status, STATUS_OK);
        for (size_t n = 0; n < limits[i]; n++)
            ck_assert_int_eq(b.data[n], (char)('a' + n % 26));
        buf_add_char(&b, 'x');
        ck_assert_int_eq(b.status, STATUS_TOO_LARGE);
        ck_assert_uint_eq(b.len, limits[i]);
        talloc_free(b.data);
    }
}
END_TEST

START_TEST(remembers_its_first_failure)
{
    struct buf b;

    buf_init(&b, NULL, 4);
    buf_add(&b, "abc", 3);
    buf_add(&b, "de", 2);
    ck_assert_int_eq(b.status, STATUS_TOO_LARGE);
    buf_add_char(&b, 'd'); /* would fit, but comes after the failure */
    buf_printf(&b, "%s", "");
    ck_assert_view(buf_str(&b), "abc");
    ck_assert_ptr_null(buf_reserve(&b, 0));
    talloc_free(b.data);
}
END_TEST

START_TEST(one_piece_over_the_limit_is_refused_whole)
{
    struct buf b;

    buf_init(&b, NULL, 4000);
    ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
    ck_assert_int_eq(b.status, STATUS_TOO_LARGE);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(an_allocation_that_fails_is_remembered)
{
    struct buf b;

    buf_init(&b, NULL, SIZE_MAX); /* talloc takes less than 256 MB at once */
    ck_assert_ptr_null(buf_reserve(&b, (size_t)1 << 30));
    ck_assert_int_eq(b.status, STATUS_NO_MEMORY);
    ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(a_format_that_gives_too_much_fails)
{
    struct buf b;

    buf_init(&b, NULL, 10000);
    buf_printf(&b, "%0511d", 1);
    ck_assert_int_eq(b.status, STATUS_OK);
    ck_assert_uint_eq(b.len, 511);
    buf_printf(&b, "%0512d", 1);
    ck_assert_int_eq(b.status, STATUS_TOO_LARGE);
    ck_assert_uint_eq(b.len, 511);
    b.status = STATUS_NO_MEMORY;
    buf_printf(&b, "%0512d", 1);
    ck_assert_int_eq(b.status, STATUS_NO_MEMORY);
    talloc_free(b.data);
}
END_TEST

START_TEST(reserved_bytes_are_the_callers_to_fill)
{
    struct buf b;

    buf_init(&b, NULL, 10);
    char *at = buf_reserve(&b, 3);
    ck_assert_ptr_nonnull(at);
    memcpy(at, "xyz", 3);
    ck_assert_view(buf_str(&b), "xyz");
    talloc_free(b.data);
}
END_TEST

START_TEST(integers_in_decimal)
{
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {{0, "0"},
                 {7, "7"},
                 {-1, "-1"},
                 {10, "10"},
                 {1234567890, "1234567890"},
                 {INT64_MAX, "9223372036854775807"},
                 {INT64_MIN, "-9223372036854775808"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[20];
        ck_assert_view(str_n(out, format_i64(out, cases[i].value)), cases[i].text);
    }
}
END_TEST

UNIT_MAIN("buf", appends_pieces_in_order, grows_up_to_its_limit, remembers_its_first_failure,
          one_piece_over_the_limit_is_refused_whole, an_allocation_that_fails_is_remembered,
          a_format_that_gives_too_much_fails, reserved_bytes_are_the_callers_to_fill,
          integers_in_decimal)
