#include "ts/http.h"
#include "ts/parse.h"

void etag_write(struct buf *b, enum etag_kind kind, int64_t version)
{
    buf_add_char(b, '"');
    buf_add_char(b, (char)kind);
    buf_add_i64(b, version);
    buf_add_char(b, '"');
}

/* One member of a list: optional W/, then the kind's letter and the version in quotes. */
static bool read_tag(struct str tag, enum etag_kind kind, int64_t *out)
{
    if (str_starts(tag, STR("W/")))
        tag = str_skip(tag, 2);
    return tag.len > 3 && tag.data[0] == '"' && tag.data[1] == (char)kind &&
           tag.data[tag.len - 1] == '"' &&
           parse_i64(str_n(tag.data + 2, tag.len - 3), 0, INT64_MAX, out);
}

bool etag_matches(struct str header, enum etag_kind kind, int64_t version)
{
    struct str rest = header;

    if (str_eq(str_trim(header), STR("*")))
        return true;
    while (rest.data != NULL) {
        int64_t named;
        struct str tag = str_trim(str_cut(rest, ',', &rest));
        if (read_tag(tag, kind, &named) && named == version)
            return true;
    }
    return false;
}

bool etag_version(struct str header, enum etag_kind kind, int64_t *out)
{
    return read_tag(str_trim(header), kind, out);
}
