/* src/http/accept.c: RFC 9110 section 12.5.1. */
#include "ts/http.h"
#include "unit.h"

enum { JSON, CSV, NONE };

static const char *const offers[] = {"application/json;charset=utf-8",
                                     "text/csv;charset=utf-8;header=present"};

START_TEST(the_heaviest_form_is_chosen)
{
    static const struct {
        const char *header;
        int chosen;
    } cases[] = {
        {"", JSON},
        {"  ", JSON},
        {"*/*", JSON},
        {"application/json", JSON},
        {"text/csv", CSV},
        {"TEXT/CSV", CSV},
        {"text/*", CSV},
        {"application/*", JSON},
        {"text/csv, application/json", JSON}, /* equal: ours to choose */
        {"text/csv, application/json;q=0.9", CSV},
        {"application/json;q=0.5, text/csv;q=0.6", CSV},
        {"text/csv;q=0.5,application/json;q=0.501", JSON},
        {"text/csv, */*;q=0.1", CSV},
        {"*/*;q=0.1, text/csv;q=0.2", CSV},
        {"text/html, application/xhtml+xml, */*;q=0.8", JSON},
        /* the more specific range counts, whatever its place or weight */
        {"*/*, application/json;q=0", CSV},
        {"application/json;q=0, */*", CSV},
        {"text/*;q=0.9, text/csv;q=0.1, application/json;q=0.5", JSON},
        {"text/csv;charset=utf-8;q=1, text/csv;q=0, application/json;q=0.5", CSV},
        {"text/csv;q=0.2, text/csv;header=present;q=0.9, application/json;q=0.5", CSV},
        {"text/csv;q=0.2, text/csv;header=absent;q=0.9, application/json;q=0.5", JSON},
        /* parameters */
        {"application/json; charset=utf-8", JSON},
        {"application/json;charset=UTF-8", JSON},
        {"text/csv ; charset=\"utf-8\" ; q=0.7", CSV},
        {"text/csv;header=absent", NONE},
        {"application/json;version=2", NONE},
        {"text/csv;charset=latin1", NONE},
        {"text/csv;", CSV},
        {"text/csv;;q=0.5", CSV},
        /* what follows the weight is no parameter of the media type */
        {"text/csv;q=0.5;level=1", CSV},
        /* nothing of ours */
        {"text/html", NONE},
        {"application/json;q=0", NONE},
        {"*/*;q=0", NONE},
        {"application/json;q=0.000, text/csv;q=0.0", NONE},
        {"text/csvx", NONE},
        {"text", NONE},
        /* malformed members take nothing; the others count */
        {"*", NONE},
        {"*/csv", NONE},
        {"text /csv", NONE},
        {"/", NONE},
        {"text/", NONE},
        {"text/csv/x", NONE},
        {"text/csv;q=2", NONE},
        {"text/csv;q=1.001", NONE},
        {"text/csv;q=0.1234", NONE},
        {"text/csv;q=.5", NONE},
        {"text/csv;q=", NONE},
        {"text/csv;q=-1", NONE},
        {"text/csv;q=a", NONE},
        {"text/csv;q=0x5", NONE},
        {"text/csv;=x", NONE},
        {"text/csv;q=1.000", CSV},
        {"text/csv;q=1.", CSV},
        {"text/csv;q=0.", NONE},
        {",,text/csv,,", CSV},
        {"nonsense, text/csv", CSV},
        /* separators within quotes separate nothing */
        {"text/html;a=\"x,text/csv\"", NONE},
        {"text/html;a=\"\\\",text/csv\"", NONE},
        {"text/html;a=\"x;q=0.1\", text/csv", CSV},
        {"text/html;a=\"x, text/csv", NONE},
        {"text/html;a=\"\\", NONE},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t chosen = 99;
        enum status st = accept_choose(str_of(cases[i].header), offers, 2, &chosen);
        if (cases[i].chosen == NONE)
            ck_assert_msg(st == STATUS_NOT_ACCEPTABLE, "%s: %zu", cases[i].header, chosen);
        else
            ck_assert_msg(st == STATUS_OK && chosen == (size_t)cases[i].chosen, "%s: %zu",
                          cases[i].header, chosen);
    }
}
END_TEST

START_TEST(a_long_header_is_read_to_its_end)
{
    char header[8192];
    size_t n = 0, chosen = 0;

    while (n < sizeof header - 32)
        n += (size_t)snprintf(header + n, sizeof header - n, "text/x%zu;q=0.5,", n);
    (void)snprintf(header + n, sizeof header - n, "text/csv");
    ck_assert_int_eq(accept_choose(str_of(header), offers, 2, &chosen), STATUS_OK);
    ck_assert_uint_eq(chosen, CSV);
}
END_TEST

UNIT_MAIN("accept", the_heaviest_form_is_chosen, a_long_header_is_read_to_its_end)
