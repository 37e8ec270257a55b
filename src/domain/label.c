#include "ts/label.h"

const char *label_fault(struct str text)
{
    if (str_find(text, '\t') < text.len || str_find(text, '\n') < text.len)
        return "must not hold tabs or line breaks";
    if (text.len > 0 && (text.data[0] == ' ' || text.data[text.len - 1] == ' '))
        return "must not begin or end with a space";
    return NULL;
}

const char *label_segment_fault(struct str text)
{
    if (str_find(text, '/') < text.len)
        return "must not hold a slash";
    if (str_eq(text, STR(".")) || str_eq(text, STR("..")))
        return "must not be a dot or two";
    return label_fault(text);
}
