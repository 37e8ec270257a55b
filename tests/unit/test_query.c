/* src/http/query.c: query strings by field table. */
#include "ts/http.h"
#include "unit.h"

struct sample {
    uint32_t present;
    struct str q;
    int64_t limit;
    struct date from;
};

static const struct field sample_fields[] = {
    FIELD_TEXT(struct sample, q, .min = 1, .max = 5),
    FIELD_INT(struct sample, limit, .min = 1, .max = 100),
    FIELD_DATE(struct sample, from, .doc = "first day"),
};
static const struct schema sample_schema = SCHEMA_INPUT("sample", struct sample, sample_fields);

static enum status parse(TALLOC_CTX *mem, const char *query, struct sample *out,
                         struct faults *faults)
{
    *out = (struct sample){.present = 0};
    faults_init(faults, mem);
    return query_read(mem, &sample_schema, str_of(query), out, faults);
}

START_TEST(parameters_are_decoded)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct faults faults;
    struct sample s;

    ck_assert_int_eq(parse(mem, "q=a+%C3%A9%26&limit=7&from=2026-11-23", &s, &faults), STATUS_OK);
    ck_assert_view(s.q, "a \xc3\xa9&");
    ck_assert_int_eq(s.limit, 7);
    ck_assert_int_eq(s.from.days, 20780);
    ck_assert_int_eq(s.present, 7);
    ck_assert_int_eq(parse(mem, "", &s, &faults), STATUS_OK);
    ck_assert_int_eq(parse(mem, "&&limit=1&", &s, &faults), STATUS_OK);
    ck_assert_int_eq(parse(mem, "%6cimit=9", &s, &faults), STATUS_OK);
    ck_assert_int_eq(s.limit, 9);
    talloc_free(mem);
}
END_TEST

START_TEST(each_fault_names_its_parameter)
{
    static const struct {
        const char *query, *pointer, *code;
    } cases[] = {
        {"nosuch=1", "?nosuch", "unknown"},
        {"limit=1&limit=2", "?limit", "duplicate"},
        {"limit=0", "?limit", "range"},
        {"limit=101", "?limit", "range"},
        {"limit=1x", "?limit", "range"},
        {"limit=", "?limit", "range"},
        {"limit", "?limit", "range"},
        {"limit=+1", "?limit", "range"},
        {"limit=01", "?limit", "range"},
        {"q=", "?q", "length"},
        {"q=123456", "?q", "length"},
        {"q=%", "?q", "encoding"},
        {"q=%4", "?q", "encoding"},
        {"q=%zz", "?q", "encoding"},
        {"q=%00", "?q", "encoding"},
        {"q=%ff", "?q", "encoding"},
        {"q=%C3", "?q", "encoding"},
        {"from=2026-02-30", "?from", "format"},
        {"from=23.11.2026", "?from", "format"},
        {"=1", "?", "unknown"},
        {"%ff=1", "?.", "unknown"},
    };
    TALLOC_CTX *mem = talloc_new(NULL);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct faults faults;
        struct sample s;
        ck_assert_msg(parse(mem, cases[i].query, &s, &faults) == STATUS_INVALID, "%s",
                      cases[i].query);
        ck_assert_uint_eq(faults.count, 1);
        ck_assert_str_eq(faults.list[0].pointer, cases[i].pointer);
        ck_assert_msg(strcmp(faults.list[0].code, cases[i].code) == 0, "%s: %s", cases[i].query,
                      faults.list[0].code);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(without_a_schema_nothing_is_allowed)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct faults faults;

    faults_init(&faults, mem);
    ck_assert_int_eq(query_read(mem, NULL, STR(""), NULL, &faults), STATUS_OK);
    ck_assert_int_eq(query_read(mem, NULL, STR("a=1&b=2"), NULL, &faults), STATUS_INVALID);
    ck_assert_uint_eq(faults.count, 2);
    talloc_free(mem);
}
END_TEST

START_TEST(a_query_too_long_is_one_fault)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char *query = talloc_zero_size(mem, 5001);
    struct faults faults;
    struct sample s = {.present = 0};

    memset(query, '&', 5000);
    faults_init(&faults, mem);
    ck_assert_int_eq(query_read(mem, &sample_schema, str_of(query), &s, &faults), STATUS_INVALID);
    ck_assert_str_eq(faults.list[0].code, "length");
    talloc_free(mem);
}
END_TEST

START_TEST(rewriting_drops_one_name_and_stays_safe)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buf b;

    buf_init(&b, mem, 4096);
    query_rewrite(&b, STR("limit=5&cursor=abc&q=a%20b<>\r\n\"&from=2026-11-23"), STR("cursor"));
    ck_assert_view(buf_str(&b), "limit=5&q=a%20b%3c%3e%0d%0a%22&from=2026-11-23&");
    buf_init(&b, mem, 4096);
    query_rewrite(&b, STR("curso%72=abc&limit=5&cursor%zz=1"), STR("cursor"));
    ck_assert_view(buf_str(&b), "limit=5&cursor%zz=1&");
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("query", parameters_are_decoded, each_fault_names_its_parameter,
          without_a_schema_nothing_is_allowed, a_query_too_long_is_one_fault,
          rewriting_drops_one_name_and_stays_safe)
