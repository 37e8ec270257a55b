#include "ts/http.h"
#include "ts/parse.h"

void etag_write(struct buf *b, int64_t version)
{
    buf_add_str(b, STR("\"e"));
    buf_add_i64(b, version);
    buf_add_char(b, '"');
}

/* One member of a list: optional W/, then "e<version>". */
static bool read_tag(struct str tag, int64_t *out)
{
    if (str_starts(tag, STR("W/")))
        tag = str_skip(tag, 2);
    return tag.len > 3 && str_starts(tag, STR("\"e")) && tag.data[tag.len - 1] == '"' &&
           parse_i64(str_n(tag.data + 2, tag.len - 3), 0, INT64_MAX, out);
}

bool etag_matches(struct str header, int64_t version)
{
    struct str rest = header;

    if (str_eq(str_trim(header), STR("*")))
        return true;
    while (rest.data != NULL) {
        int64_t named;
        struct str tag = str_trim(str_cut(rest, ',', &rest));
        if (read_tag(tag, &named) && named == version)
            return true;
    }
    return false;
}

bool etag_version(struct str header, int64_t *out)
{
    return read_tag(str_trim(header), out);
}
