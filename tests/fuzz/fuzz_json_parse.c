/* The gate and json-c: what the one takes the other takes, whole and with the same meaning; what
 * comes out of the document goes back in unchanged. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/json/json_priv.h"
#include "ts/parse.h"
#include "ts/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

/* A text written as JSON and read again is the same text. */
static void text_goes_round(TALLOC_CTX *mem, struct str text)
{
    const struct json *again = NULL;
    struct faults faults;
    struct buf b;

    require(utf8_valid(text) && (text.len == 0 || memchr(text.data, '\0', text.len) == NULL));
    buf_init(&b, mem, 1 << 24);
    json_write_text(&b, text);
    faults_init(&faults, mem);
    require(json_parse(mem, buf_str(&b), &faults, &again) == STATUS_OK);
    require(json_type(again) == JSON_STRING && str_eq(json_text(again), text));
}

static void number_is_as_written(const struct json *value)
{
    struct str text = json_text(value);
    double number = 0;
    int64_t integer;

    require(text.len > 0 && json_double(value, &number));
    require(number - number == 0); /* finite */
    if (json_type(value) == JSON_INT)
        require(parse_i64(text, INT64_MIN, INT64_MAX, &integer));
    else
        require(strcspn(text.data, ".eE") < text.len);
}

static void walk(TALLOC_CTX *mem, const struct json *value, int depth)
{
    const void *cursor = NULL;
    const struct json *member;
    struct str name;

    require(depth <= JSON_DEPTH_MAX);
    switch (json_type(value)) {
    case JSON_STRING:
        text_goes_round(mem, json_text(value));
        break;
    case JSON_INT:
    case JSON_DECIMAL:
        number_is_as_written(value);
        break;
    case JSON_ARRAY:
        for (size_t i = 0; i < json_count(value); i++)
            walk(mem, json_at(value, i), depth + 1);
        break;
    case JSON_OBJECT:
        while (json_next_member(value, &cursor, &name, &member)) {
            text_goes_round(mem, name);
            require(json_get(value, name.data) == member);
            walk(mem, member, depth + 1);
        }
        break;
    case JSON_NULL:
    case JSON_BOOL:
        require(json_text(value).len == 0);
        break;
    }
}

/* Members by json-c and names by the gate's rules: none may get lost on the way. */
static enum json_type type_by_first_byte(struct str text)
{
    size_t at = strspn(text.data, " \t\r\n");
    switch (text.data[at]) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    default:
        return strcspn(text.data, ".eE") < text.len ? JSON_DECIMAL : JSON_INT;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *json = NULL;
    const char *why;
    size_t at;
    struct faults faults;
    char *text = talloc_strndup(mem, (const char *)data, size); /* ends in NUL for strspn */

    faults_init(&faults, mem);
    enum status st = json_parse(mem, str_n((const char *)data, size), &faults, &json);
    if (json_check(str_n((const char *)data, size), &why, &at)) {
        require(st == STATUS_OK);
        require(json_type(json) == type_by_first_byte(str_n(text, size)));
        walk(mem, json, 0);
    } else {
        require(st == STATUS_BAD_JSON && faults.detail != NULL && json == NULL);
    }
    talloc_free(mem);
    return 0;
}
