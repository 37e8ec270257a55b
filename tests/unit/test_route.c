/* src/api/route.c and the route table: what is open, and how paths are found. */
#include "../../src/api/api_priv.h"
#include "unit.h"

static enum status find(const char *method, const char *path, struct call *call)
{
    static struct http_request request;

    request = (struct http_request){.method = http_method_of(str_of(method)), .path = str_of(path)};
    *call = (struct call){.request = &request};
    return route_find(call);
}

START_TEST(open_routes_are_these_and_no_others)
{
    static const char *const open[] = {"/openapi.json", "/health/live", "/health/ready"};
    size_t found = 0;

    for (size_t i = 0; i < api_route_count; i++) {
        const struct route *route = &api_routes[i];
        if (route->scopes != 0)
            continue;
        ck_assert_msg(found < sizeof open / sizeof open[0], "%s is open", route->path);
        ck_assert_str_eq(route->path, open[found++]);
    }
    ck_assert_uint_eq(found, sizeof open / sizeof open[0]);
}
END_TEST

START_TEST(every_route_has_one_handler_that_fits_its_scopes)
{
    for (size_t i = 0; i < api_route_count; i++) {
        const struct route *r = &api_routes[i];
        ck_assert_int_eq((r->open != NULL) + (r->person != NULL) + (r->caller != NULL), 1);
        ck_assert_int_eq(r->scopes == 0, r->open != NULL);
        ck_assert_ptr_nonnull(r->summary);
    }
}
END_TEST

START_TEST(paths_are_matched_by_segment)
{
    static const struct {
        const char *method, *path;
        enum status status;
        const char *template, *param;
    } cases[] = {
        {"GET", "/api/timesheets", STATUS_OK, "/timesheets", ""},
        {"HEAD", "/api/timesheets", STATUS_OK, "/timesheets", ""},
        {"GET", "/api/timesheets/12", STATUS_OK, "/timesheets/{id}", "12"},
        {"PATCH", "/api/timesheets/x", STATUS_OK, "/timesheets/{id}", "x"},
        {"GET", "/api/health/live", STATUS_OK, "/health/live", ""},
        {"PUT", "/api/timesheets", STATUS_BAD_METHOD, NULL, NULL},
        {"TRACE", "/api/timesheets", STATUS_BAD_METHOD, NULL, NULL},
        {"POST", "/api/timesheets/12", STATUS_BAD_METHOD, NULL, NULL},
        {"GET", "/api/timesheets/", STATUS_NOT_FOUND, NULL, NULL},
        {"GET", "/api/timesheets/1/2", STATUS_NOT_FOUND, NULL, NULL},
        {"GET", "/api/Timesheets", STATUS_NOT_FOUND, NULL, NULL},
        {"GET", "/api", STATUS_NOT_FOUND, NULL, NULL},
        {"GET", "/api/", STATUS_NOT_FOUND, NULL, NULL},
        {"GET", "/apitimesheets", STATUS_NOT_FOUND, NULL, NULL},
        {"GET", "/timesheets", STATUS_NOT_FOUND, NULL, NULL},
        {"GET", "", STATUS_NOT_FOUND, NULL, NULL},
        {"GET", "/api//timesheets", STATUS_NOT_FOUND, NULL, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call call;
        ck_assert_msg(find(cases[i].method, cases[i].path, &call) == cases[i].status, "%s %s",
                      cases[i].method, cases[i].path);
        if (cases[i].status != STATUS_OK)
            continue;
        ck_assert_str_eq(call.route->path, cases[i].template);
        if (cases[i].param[0] != '\0')
            ck_assert_view(call.params[0], cases[i].param);
    }
}
END_TEST

START_TEST(another_method_is_told_which_there_are)
{
    struct call call;

    ck_assert_int_eq(find("PUT", "/api/timesheets/7", &call), STATUS_BAD_METHOD);
    ck_assert_uint_eq(call.allowed_methods, 1U << HTTP_GET | 1U << HTTP_PATCH | 1U << HTTP_DELETE);
}
END_TEST

UNIT_MAIN("route", open_routes_are_these_and_no_others,
          every_route_has_one_handler_that_fits_its_scopes, paths_are_matched_by_segment,
          another_method_is_told_which_there_are)
