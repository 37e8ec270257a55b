#include "ts/status.h"

#include "unit.h"

START_TEST(every_outcome_has_code_slug_and_title)
{
    for (int st = 0; st < STATUS_COUNT; st++) {
        int http = status_http((enum status)st);
        ck_assert_msg(http >= 200 && http <= 599, "status %d: %d", st, http);
        const char *slug = status_slug((enum status)st);
        ck_assert_uint_gt(strlen(slug), 1);
        ck_assert_uint_eq(strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(slug));
        ck_assert_uint_gt(strlen(status_title((enum status)st)), 1);
        for (int other = 0; other < st; other++)
            ck_assert_str_ne(slug, status_slug((enum status)other));
    }
}
END_TEST

START_TEST(outcomes_that_the_contract_names)
{
    static const struct {
        enum status status;
        int http;
        const char *slug;
    } cases[] = {
        {STATUS_OK, 200, "ok"},
        {STATUS_BAD_JSON, 400, "malformed-json"},
        {STATUS_UNAUTHENTICATED, 401, "invalid-token"},
        {STATUS_NO_SCOPE, 403, "insufficient-scope"},
        {STATUS_NOT_FOUND, 404, "not-found"},
        {STATUS_APPROVED, 409, "approved"},
        {STATUS_STALE, 412, "version-mismatch"},
        {STATUS_TOO_LARGE, 413, "body-too-large"},
        {STATUS_BAD_MEDIA_TYPE, 415, "unsupported-media-type"},
        {STATUS_INVALID, 422, "validation"},
        {STATUS_DAY_OVER_24H, 422, "day-over-24h"},
        {STATUS_VERSION_REQUIRED, 428, "precondition-required"},
        {STATUS_UNAVAILABLE, 503, "database-unavailable"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(status_http(cases[i].status), cases[i].http);
        ck_assert_str_eq(status_slug(cases[i].status), cases[i].slug);
    }
    ck_assert_str_eq(status_title(STATUS_UNAUTHENTICATED), "Missing or invalid token");
}
END_TEST

UNIT_MAIN("status", every_outcome_has_code_slug_and_title, outcomes_that_the_contract_names)
