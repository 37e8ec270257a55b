/* The document behind the gate: what json-c holds comes out as it was written. */
#include <stdio.h>

#include "ts/json.h"
#include "unit.h"

static TALLOC_CTX *mem;
static struct faults faults;

static const struct json *parsed(const char *text)
{
    const struct json *json = NULL;

    faults_init(&faults, mem);
    ck_assert_msg(json_parse(mem, str_of(text), &faults, &json) == STATUS_OK, "%s", text);
    ck_assert_ptr_nonnull(json);
    return json;
}

START_TEST(knows_the_type_of_every_value)
{
    static const struct {
        const char *text;
        enum json_type type;
    } cases[] = {
        {"null", JSON_NULL},      {" null\n", JSON_NULL},   {"true", JSON_BOOL},
        {"false ", JSON_BOOL},    {"0", JSON_INT},          {"\t-0 ", JSON_INT},
        {"12\r\n", JSON_INT},     {"1.0", JSON_DECIMAL},    {"1e3", JSON_DECIMAL},
        {"1E-3\n", JSON_DECIMAL}, {"\"\"", JSON_STRING},    {"[]", JSON_ARRAY},
        {" [ ] ", JSON_ARRAY},    {" { } \n", JSON_OBJECT}, {"{}", JSON_OBJECT},
    };

    mem = talloc_new(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(json_type(parsed(cases[i].text)) == cases[i].type, "%s", cases[i].text);
    talloc_free(mem);
}
END_TEST

START_TEST(gives_text_as_it_was_written)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"\"abc\"", "abc"},
        {"\"\"", ""},
        {"\"a\\n\\u00e9\\ud83d\\ude00\\/\"", "a\n\xC3\xA9\xF0\x9F\x98\x80/"},
        {"1.50", "1.50"},
        {"1e3", "1e3"},
        {"-0.000", "-0.000"},
        {"7.3333333333333333333333333333333333333333",
         "7.3333333333333333333333333333333333333333"},
        {"1E+02", "1E+02"},
        {"0", "0"},
        {"-0", "0"},
        {"42", "42"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775807", "9223372036854775807"},
        {"true", ""},
        {"null", ""},
        {"[1]", ""},
        {"{\"a\":1}", ""},
    };

    mem = talloc_new(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_view(json_text(parsed(cases[i].json)), cases[i].text);
    ck_assert_view(json_text(NULL), "");
    talloc_free(mem);
}
END_TEST

START_TEST(finds_members_and_elements)
{
    mem = talloc_new(NULL);
    const struct json *doc =
        parsed("{\"a\":[1,null,\"x\"],\"n\":null,\"o\":{\"t\":true,\"f\":false}}");
    const struct json *array = json_get(doc, "a");

    ck_assert_int_eq(json_type(array), JSON_ARRAY);
    ck_assert_uint_eq(json_count(array), 3);
    ck_assert_view(json_text(json_at(array, 0)), "1");
    ck_assert_int_eq(json_type(json_at(array, 1)), JSON_NULL);
    ck_assert_view(json_text(json_at(array, 2)), "x");
    ck_assert_ptr_null(json_at(array, 3));
    ck_assert_int_eq(json_type(json_get(doc, "n")), JSON_NULL);
    ck_assert_ptr_null(json_get(doc, "b"));
    ck_assert(json_bool(json_get(json_get(doc, "o"), "t")));
    ck_assert(!json_bool(json_get(json_get(doc, "o"), "f")));
    talloc_free(mem);
}
END_TEST

START_TEST(answers_nothing_where_the_type_does_not_fit)
{
    double number = 1;

    mem = talloc_new(NULL);
    const struct json *one = parsed("1"), *null = parsed("null"), *text = parsed("\"1\"");
    ck_assert_ptr_null(json_get(NULL, "a"));
    ck_assert_ptr_null(json_get(one, "a"));
    ck_assert_ptr_null(json_get(null, "a"));
    ck_assert_uint_eq(json_count(NULL), 0);
    ck_assert_uint_eq(json_count(one), 0);
    ck_assert_ptr_null(json_at(one, 0));
    ck_assert(!json_bool(NULL));
    ck_assert(!json_bool(one));
    ck_assert(!json_double(NULL, &number));
    ck_assert(!json_double(text, &number));
    ck_assert(!json_double(null, &number));
    ck_assert_double_eq(number, 1);
    talloc_free(mem);
}
END_TEST

START_TEST(reads_numbers_as_doubles_for_numeric_dates)
{
    double number = 0;

    mem = talloc_new(NULL);
    ck_assert(json_double(parsed("1795443600"), &number));
    ck_assert_double_eq(number, 1795443600);
    ck_assert(json_double(parsed("1795443600.25"), &number));
    ck_assert_double_eq(number, 1795443600.25);
    ck_assert(json_double(parsed("-1e3"), &number));
    ck_assert_double_eq(number, -1000);
    talloc_free(mem);
}
END_TEST

START_TEST(says_what_is_wrong_and_where)
{
    const struct json *json = NULL;

    mem = talloc_new(NULL);
    faults_init(&faults, mem);
    ck_assert_int_eq(json_parse(mem, STR("{\"a\":1,\"a\":2}"), &faults, &json), STATUS_BAD_JSON);
    ck_assert_str_eq(faults.detail, "a member name appears twice in one object (at byte 7)");
    ck_assert_uint_eq(faults.count, 0);
    faults_init(&faults, mem);
    ck_assert_int_eq(json_parse(mem, STR(""), &faults, &json), STATUS_BAD_JSON);
    ck_assert_str_eq(faults.detail, "a value is expected (at byte 0)");
    ck_assert_ptr_null(json);
    talloc_free(mem);
}
END_TEST

START_TEST(refuses_more_than_json_c_can_count)
{
    const struct json *json = NULL;

    /* the text is not looked at, so that it need not be there */
    ck_assert_int_eq(json_parse(NULL, str_n("", (size_t)INT32_MAX + 1), &faults, &json),
                     STATUS_TOO_LARGE);
    ck_assert_ptr_null(json);
}
END_TEST

START_TEST(takes_the_deepest_document_the_gate_takes)
{
    char text[2 * JSON_DEPTH_MAX + 1];

    mem = talloc_new(NULL);
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    text[2 * JSON_DEPTH_MAX] = '\0';
    const struct json *at = parsed(text);
    for (int depth = 1; depth < JSON_DEPTH_MAX; depth++)
        at = json_at(at, 0);
    ck_assert_int_eq(json_type(at), JSON_ARRAY);
    ck_assert_uint_eq(json_count(at), 0);
    talloc_free(mem);
}
END_TEST

START_TEST(reads_a_view_that_ends_in_the_middle_of_a_text)
{
    const struct json *json = NULL;

    mem = talloc_new(NULL);
    faults_init(&faults, mem);
    ck_assert_int_eq(json_parse(mem, str_n("12345", 3), &faults, &json), STATUS_OK);
    ck_assert_view(json_text(json), "123");
    ck_assert_int_eq(json_parse(mem, str_n("{}{}", 2), &faults, &json), STATUS_OK);
    ck_assert_int_eq(json_type(json), JSON_OBJECT);
    talloc_free(mem);
}
END_TEST

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MALLOC_TESTS
#else
/* talloc and json-c allocate with malloc: each allocation fails once. The sanitizers have an allocator
 * of their own, so that this test is left out there. The document has no objects: json-c 0.16 does
 * not check its copy of a member name, which no caller can make up for. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static long allocations_left = -1; /* until the one that fails; below 0 none does */

static bool allocation_fails(void)
{
    return allocations_left >= 0 && allocations_left-- == 0;
}

void *malloc(size_t size)
{
    return allocation_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return allocation_fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return allocation_fails() ? NULL : __libc_realloc(old, size);
}

START_TEST(survives_every_allocation_failing)
{
    const struct str text =
        STR("[450,\"2026-11-23\",7.5,[1,2.5,null,true],\"a text that json-c stores apart\"]");
    enum { MORE_THAN_IT_NEEDS = 500 };
    int failed = 0, passed = 0;

    mem = talloc_new(NULL);
    faults_init(&faults, mem);
    for (long n = 0; n < MORE_THAN_IT_NEEDS; n++) {
        const struct json *json = NULL;
        TALLOC_CTX *request = talloc_new(mem);
        allocations_left = n;
        enum status st = json_parse(request, text, &faults, &json);
        bool out_of_memory = allocations_left < 0;
        allocations_left = -1;
        ck_assert_msg(st == (out_of_memory ? STATUS_NO_MEMORY : STATUS_OK) ||
                          (out_of_memory && st == STATUS_OK),
                      "allocation %ld: status %d", n, (int)st);
        if (st != STATUS_OK) {
            ck_assert_ptr_null(json);
        } else { /* nothing may be missing */
            ck_assert_uint_eq(json_count(json), 5);
            ck_assert_view(json_text(json_at(json, 0)), "450");
            ck_assert_view(json_text(json_at(json, 2)), "7.5");
            ck_assert_uint_eq(json_count(json_at(json, 3)), 4);
        }
        failed += st != STATUS_OK;
        passed += st == STATUS_OK;
        talloc_free(request);
    }
    ck_assert_int_gt(failed, 10);
    ck_assert_int_gt(passed, 10);
    talloc_free(mem);
}
END_TEST
#define MALLOC_TESTS , survives_every_allocation_failing
#endif

UNIT_MAIN("json_parse", knows_the_type_of_every_value, gives_text_as_it_was_written,
          finds_members_and_elements, answers_nothing_where_the_type_does_not_fit,
          reads_numbers_as_doubles_for_numeric_dates, says_what_is_wrong_and_where,
          refuses_more_than_json_c_can_count, takes_the_deepest_document_the_gate_takes,
          reads_a_view_that_ends_in_the_middle_of_a_text MALLOC_TESTS)
