#include "../../src/auth/base64url_priv.h"

#include "auth_unit.h"

START_TEST(every_length_comes_back)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char bytes[256];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 167 + 13);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct str out;
        ck_assert_int_eq(base64url_decode(mem, str_of(unit_base64url(mem, bytes, len)), &out),
                         STATUS_OK);
        ck_assert(str_eq(out, str_n(bytes, len)));
        ck_assert_int_eq(out.data[out.len], '\0');
    }
    talloc_free(mem);
}
END_TEST

START_TEST(only_one_spelling_is_taken)
{
    static const struct {
        const char *what, *text;
        bool good;
    } cases[] = {
        {"nothing", "", true},
        {"one byte", "Zg", true},
        {"two bytes", "Zm8", true},
        {"three bytes", "Zm9v", true},
        {"all kinds of digits", "AZaz09-_", true},
        {"a length of 1", "Z", false},
        {"a length of 1, all bits zero", "A", false},
        {"a length of 1 mod 4, all bits zero", "Zm9vA", false},
        {"a length of 1 mod 4", "Zm9vZ", false},
        {"padding of one byte", "Zg==", false},
        {"padding of two bytes", "Zm8=", false},
        {"unused bits of one byte", "Zh", false},
        {"all unused bits of one byte", "Zv", false},
        {"unused bits of two bytes", "Zm9", false},
        {"plus of plain base64", "Zm+v", false},
        {"slash of plain base64", "Zm/v", false},
        {"a space", "Zm v", false},
        {"a newline", "Zm\nv", false},
        {"a dot", "Zm.v", false},
        {"a byte above 127", "Zm\xC3\xA9", false},
        {"a percent sign", "%m9v", false},
        {"characters beside the ranges: @", "@m9v", false},
        {"characters beside the ranges: [", "[m9v", false},
        {"characters beside the ranges: `", "`m9v", false},
        {"characters beside the ranges: {", "{m9v", false},
        {"characters beside the ranges: :", ":m9v", false},
    };
    TALLOC_CTX *mem = talloc_new(NULL);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str out;
        enum status st = base64url_decode(mem, str_of(cases[i].text), &out);
        ck_assert_msg((st == STATUS_OK) == cases[i].good, "%s: \"%s\"", cases[i].what,
                      cases[i].text);
    }
    struct str out;
    ck_assert_int_eq(base64url_decode(mem, str_n("Zm\0v", 4), &out), STATUS_INVALID);
    talloc_free(mem);
}
END_TEST

/* Of all texts of two and three characters exactly one spells each value. */
START_TEST(each_value_has_exactly_one_spelling)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    int good = 0;

    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            const char text[] = {(char)a, (char)b};
            struct str out;
            good += base64url_decode(mem, str_n(text, 2), &out) == STATUS_OK;
        }
        talloc_free_children(mem);
    }
    ck_assert_int_eq(good, 256);
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("base64url", every_length_comes_back, only_one_spelling_is_taken,
          each_value_has_exactly_one_spelling)
