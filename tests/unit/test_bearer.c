#include "../../src/auth/bearer_priv.h"

#include "unit.h"

START_TEST(one_bearer_token_is_taken_and_nothing_else)
{
    static const struct {
        const char *what, *header, *token, *reason;
    } cases[] = {
        {"the usual form", "Bearer abc", "abc", NULL},
        {"lower case scheme", "bearer abc", "abc", NULL},
        {"upper case scheme", "BEARER abc", "abc", NULL},
        {"mixed case scheme", "bEaReR abc", "abc", NULL},
        {"several spaces", "Bearer    abc", "abc", NULL},
        {"every character of a token", "Bearer AZaz09-._~+/", "AZaz09-._~+/", NULL},
        {"padding at the end", "Bearer abc==", "abc==", NULL},
        {"no header", "", NULL, "absent"},
        {"another scheme", "Basic abc", NULL, "scheme"},
        {"a longer scheme", "Bearers abc", NULL, "scheme"},
        {"a shorter scheme", "Beare abc", NULL, "scheme"},
        {"no scheme", "abc.def.ghi", NULL, "scheme"},
        {"a space before the scheme", " Bearer abc", NULL, "scheme"},
        {"a tab after the scheme", "Bearer\tabc", NULL, "scheme"},
        {"a colon after the scheme", "Bearer: abc", NULL, "scheme"},
        {"the scheme alone", "Bearer", NULL, "shape"},
        {"the scheme and a space", "Bearer ", NULL, "shape"},
        {"the scheme and spaces", "Bearer   ", NULL, "shape"},
        {"a tab among the spaces", "Bearer \tabc", NULL, "shape"},
        {"a space at the end", "Bearer abc ", NULL, "shape"},
        {"two tokens", "Bearer abc def", NULL, "shape"},
        {"two headers joined by a proxy", "Bearer abc, Bearer abc", NULL, "shape"},
        {"a comma", "Bearer abc,", NULL, "shape"},
        {"padding alone", "Bearer ==", NULL, "shape"},
        {"padding in the middle", "Bearer ab=c", NULL, "shape"},
        {"quotes", "Bearer \"abc\"", NULL, "shape"},
        {"a newline", "Bearer abc\n", NULL, "shape"},
        {"a percent sign", "Bearer %61bc", NULL, "shape"},
        {"a byte above 127", "Bearer abc\xC3\xA9", NULL, "shape"},
        {"beside the ranges", "Bearer @", NULL, "shape"},
        {"beside the ranges", "Bearer [", NULL, "shape"},
        {"beside the ranges", "Bearer `", NULL, "shape"},
        {"beside the ranges", "Bearer {", NULL, "shape"},
        {"beside the ranges", "Bearer :", NULL, "shape"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *reason = NULL;
        struct str token;
        enum status st = bearer_token(str_of(cases[i].header), &token, &reason);
        ck_assert_msg((st == STATUS_OK) == (cases[i].token != NULL), "%s", cases[i].what);
        if (st == STATUS_OK)
            ck_assert_view(token, cases[i].token);
        else
            ck_assert_msg(st == STATUS_UNAUTHENTICATED && strcmp(reason, cases[i].reason) == 0,
                          "%s: %s", cases[i].what, reason);
    }
    struct str token;
    const char *reason;
    ck_assert_int_eq(bearer_token(str_n("Bearer a\0b", 10), &token, &reason),
                     STATUS_UNAUTHENTICATED);
}
END_TEST

START_TEST(a_token_has_at_most_8_kilobytes)
{
    char header[7 + TOKEN_MAX_BYTES + 1] = "Bearer ";
    struct str token;
    const char *reason;

    memset(header + 7, 'a', sizeof header - 7);
    ck_assert_int_eq(bearer_token(str_n(header, sizeof header - 1), &token, &reason), STATUS_OK);
    ck_assert_uint_eq(token.len, 8192);
    ck_assert_int_eq(bearer_token(str_n(header, sizeof header), &token, &reason),
                     STATUS_UNAUTHENTICATED);
    ck_assert_str_eq(reason, "shape");
}
END_TEST

UNIT_MAIN("bearer", one_bearer_token_is_taken_and_nothing_else, a_token_has_at_most_8_kilobytes)
