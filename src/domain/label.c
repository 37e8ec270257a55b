#include "ts/label.h"

bool label_parse(struct str text, int64_t *out, const char **why)
{
    (void)out; /* a text has no number */
    if (str_find(text, '\t') < text.len || str_find(text, '\n') < text.len) {
        *why = "must not hold tabs or line breaks";
        return false;
    }
    *why = "must not begin or end with a space";
    return text.len == 0 || (text.data[0] != ' ' && text.data[text.len - 1] != ' ');
}

bool label_segment_parse(struct str text, int64_t *out, const char **why)
{
    if (str_find(text, '/') < text.len) {
        *why = "must not hold a slash";
        return false;
    }
    *why = "must not be a dot or two";
    return !str_eq(text, STR(".")) && !str_eq(text, STR("..")) && label_parse(text, out, why);
}
