/* UTF-8 by RFC 3629. */
#include "ts/utf8.h"

#include <stdint.h>

#include "unit.h"

/* The encoding of a code point, straight from the table of RFC 3629 section 3. */
static size_t encode(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3F));
    out[0] = (char)(lead[len] | point);
    return len;
}

START_TEST(takes_every_character_but_surrogates)
{
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        char text[4];
        size_t len = encode(point, text);
        bool surrogate = point >= 0xD800 && point <= 0xDFFF;
        ck_assert_uint_eq(utf8_sequence(str_n(text, len)), surrogate ? 0 : len);
        if (len > 1) /* cut short */
            ck_assert_uint_eq(utf8_sequence(str_n(text, len - 1)), 0);
    }
}
END_TEST

START_TEST(refuses_what_is_not_utf8)
{
    static const struct {
        const char *name;
        struct str text;
    } cases[] = {
        {"continuation alone", STR_INIT("\x80")},
        {"last continuation alone", STR_INIT("\xBF")},
        {"overlong slash, 2 bytes", STR_INIT("\xC0\xAF")},
        {"overlong 7F, 2 bytes", STR_INIT("\xC1\xBF")},
        {"overlong 7FF, 3 bytes", STR_INIT("\xE0\x9F\xBF")},
        {"overlong FFFF, 4 bytes", STR_INIT("\xF0\x8F\xBF\xBF")},
        {"first surrogate", STR_INIT("\xED\xA0\x80")},
        {"last surrogate", STR_INIT("\xED\xBF\xBF")},
        {"U+110000", STR_INIT("\xF4\x90\x80\x80")},
        {"lead F5", STR_INIT("\xF5\x80\x80\x80")},
        {"lead F8", STR_INIT("\xF8\x88\x80\x80\x80")},
        {"FE", STR_INIT("\xFE")},
        {"FF", STR_INIT("\xFF")},
        {"second byte is ASCII", STR_INIT("\xC3(")},
        {"second byte is a lead", STR_INIT("\xC3\xC3")},
        {"third byte is ASCII", STR_INIT("\xE2\x82(")},
        {"third byte is a lead", STR_INIT("\xE2\x82\xC3")},
        {"fourth byte is ASCII", STR_INIT("\xF0\x9F\x98(")},
        {"after good text", STR_INIT("good \xE2\x82\xAC\xFF")},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(!utf8_valid(cases[i].text), "%s", cases[i].name);
        ck_assert_msg(!utf8_is_text(cases[i].text), "%s", cases[i].name);
    }
    ck_assert_uint_eq(utf8_sequence(str_n(NULL, 0)), 0);
    ck_assert(utf8_valid(str_n(NULL, 0)));
}
END_TEST

START_TEST(counts_characters)
{
    ck_assert_uint_eq(utf8_length(STR("")), 0);
    ck_assert_uint_eq(utf8_length(STR("abc")), 3);
    ck_assert_uint_eq(utf8_length(STR("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80!")), 4);
}
END_TEST

START_TEST(text_has_no_control_characters_but_tab_and_newline)
{
    for (uint32_t point = 0; point < 0x200; point++) {
        char text[6] = "a";
        size_t len = 1 + encode(point, text + 1);
        bool control =
            (point < 0x20 && point != '\t' && point != '\n') || (point >= 0x7F && point < 0xA0);
        ck_assert_msg(utf8_is_text(str_n(text, len)) == !control, "U+%04X", point);
        ck_assert(utf8_valid(str_n(text, len)));
    }
    ck_assert(utf8_is_text(STR("\xE2\x82\xAC \xC3\xA9 \xF0\x9F\x98\x80")));
    ck_assert(utf8_is_text(STR("")));
}
END_TEST

UNIT_MAIN("utf8", takes_every_character_but_surrogates, refuses_what_is_not_utf8, counts_characters,
          text_has_no_control_characters_but_tab_and_newline)
