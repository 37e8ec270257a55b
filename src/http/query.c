#include "ts/http.h"
#include "ts/parse.h"
#include "ts/utf8.h"

enum { QUERY_MAX = 4096 };

/* RFC 3986 section 2.1 and the form rule that '+' is a space. False for a broken escape. */
static bool percent_decode(struct str in, char *out, size_t *out_len)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        char c = in.data[i];
        if (c == '%') {
            uint8_t byte;
            if (in.len - i < 3 || !parse_hex(str_n(in.data + i + 1, 2), &byte, 1))
                return false;
            c = (char)byte;
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        out[n++] = c;
    }
    *out_len = n;
    return true;
}

static enum status decode(TALLOC_CTX *mem, struct str in, struct str *out, bool *well_formed)
{
    size_t len = 0;
    char *text = talloc_size(mem, in.len + 1);

    if (text == NULL)
        return STATUS_NO_MEMORY;
    *well_formed = percent_decode(in, text, &len) && utf8_is_text(str_n(text, len));
    *out = str_n(text, len);
    return STATUS_OK;
}

static void add_fault(struct faults *faults, struct str name, const char *code, const char *detail)
{
    char pointer[64];
    size_t n = name.len < sizeof pointer - 2 ? name.len : sizeof pointer - 2;

    pointer[0] = '?';
    for (size_t i = 0; i < n; i++) /* the name is the client's: keep it printable */
        pointer[i + 1] = name.data[i] >= ' ' && name.data[i] <= '~' ? name.data[i] : '.';
    pointer[n + 1] = '\0';
    faults_add(faults, pointer, code, "%s", detail);
}

static enum status read_pair(TALLOC_CTX *mem, const struct schema *schema, struct str pair,
                             void *out, struct faults *faults)
{
    bool name_ok = false, value_ok = false;
    struct str raw_value, name, value;
    struct field_error error = {.code = NULL};
    enum status st = decode(mem, str_cut(pair, '=', &raw_value), &name, &name_ok);

    if (st == STATUS_OK)
        st = decode(mem, raw_value, &value, &value_ok);
    if (st != STATUS_OK)
        return st;
    const struct field *field = schema == NULL || !name_ok ? NULL : field_find(schema, name);
    if (field == NULL)
        add_fault(faults, name, "unknown", "is not a parameter of this request");
    else if (!value_ok)
        add_fault(faults, name, "encoding",
                  "must be percent-encoded UTF-8 text without control characters");
    else if (field_is_present(schema, out, (size_t)(field - schema->fields)))
        add_fault(faults, name, "duplicate", "may be given once");
    else if (!field_read(schema, field, value, out, &error))
        add_fault(faults, name, error.code, error.detail);
    return STATUS_OK;
}

enum status query_read(TALLOC_CTX *mem, const struct schema *schema, struct str query, void *out,
                       struct faults *faults)
{
    size_t before = faults->count;
    struct str rest = query;

    if (query.len > QUERY_MAX) {
        faults_add(faults, "?", "length", "the query string may have at most %d bytes", QUERY_MAX);
        return STATUS_INVALID;
    }
    while (rest.len > 0) {
        struct str pair = str_cut(rest, '&', &rest);
        enum status st = pair.len == 0 ? STATUS_OK : read_pair(mem, schema, pair, out, faults);
        if (st != STATUS_OK)
            return st;
    }
    return faults->count == before ? STATUS_OK : STATUS_INVALID;
}

static bool is_safe(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~%+=:@/", c) != NULL);
}

/* Names are compared as they are read: decoded. One that is too long for the room is none of ours. */
static bool is_named(struct str pair, struct str name)
{
    enum { NAME_ROOM = 3 * 32 };
    char decoded[NAME_ROOM];
    size_t len = 0;
    struct str value, raw = str_cut(pair, '=', &value);

    return raw.len <= sizeof decoded && percent_decode(raw, decoded, &len) &&
           str_eq(str_n(decoded, len), name);
}

void query_rewrite(struct buf *b, struct str query, struct str without)
{
    struct str rest = query;

    while (rest.len > 0) {
        struct str pair = str_cut(rest, '&', &rest);
        if (pair.len == 0 || is_named(pair, without))
            continue;
        for (size_t i = 0; i < pair.len; i++) {
            uint8_t byte = (uint8_t)pair.data[i];
            if (is_safe(pair.data[i])) {
                buf_add_char(b, pair.data[i]);
            } else {
                buf_add_char(b, '%');
                buf_add_hex(b, &byte, 1);
            }
        }
        buf_add_char(b, '&');
    }
}
