#include "ts/field.h"
#include "ts/label.h"
#include "unit.h"

static bool may(field_parse_fn *parse, struct str text)
{
    const char *why = NULL;
    int64_t unused = 0;
    bool ok = parse(text, &unused, &why);

    ck_assert(ok || why != NULL);
    return ok;
}

START_TEST(a_label_is_one_line_with_nothing_hidden_at_its_ends)
{
    static const struct {
        const char *text;
        bool label, segment;
    } cases[] = {
        {"", true, true},     {"Store Zero", true, true}, {"Müller & Söhne", true, true},
        {"a", true, true},    {" a", false, false},       {"a ", false, false},
        {" ", false, false},  {"a\tb", false, false},     {"a\nb", false, false},
        {"\n", false, false}, {"a/b", true, false},       {"/", true, false},
        {".", true, false},   {"..", true, false},        {"...", true, true},
        {".a", true, true},   {"100%", true, true},       {"A?B#C", true, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str text = str_of(cases[i].text);
        ck_assert_msg(may(label_parse, text) == cases[i].label, "label \"%s\"", cases[i].text);
        ck_assert_msg(may(label_segment_parse, text) == cases[i].segment, "segment \"%s\"",
                      cases[i].text);
    }
}
END_TEST

UNIT_MAIN("label", a_label_is_one_line_with_nothing_hidden_at_its_ends)
