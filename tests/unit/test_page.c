/* src/api/page.c: lists of every length against every limit. */
#include "api_fixture.h"

START_TEST(every_row_is_on_exactly_one_page)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = "read:timesheets");

    sql_do(s->w, "DELETE FROM project");
    for (int rows = 0; rows <= 5; rows++) {
        if (rows > 0)
            sql_do(s->w, "INSERT INTO project (code, name) VALUES ('P%d', '')", rows);
        for (int limit = 1; limit <= 6; limit++) {
            int seen = 0, pages = 0;
            char *cursor = talloc_strdup(s, "");
            for (bool more = true; more; pages++) {
                struct answer a = ASK(s, .method = "GET", .path = "/api/projects", .token = token,
                                      .query = talloc_asprintf(s, "limit=%d%s", limit, cursor));
                ck_status(a, 200);
                for (const char *at = a.body; (at = strstr(at, "\"code\":")) != NULL; at++)
                    seen++;
                struct str link = api_header(&a, "Link");
                more = link.len > 0;
                cursor = more ? talloc_asprintf(s, "&cursor=P%d", seen) : cursor;
                ck_assert_int_eq(more, seen < rows);
            }
            ck_assert_int_eq(seen, rows);
            ck_assert_int_eq(pages, rows == 0 ? 1 : (rows + limit - 1) / limit);
        }
    }
    site_close(s);
}
END_TEST

START_TEST(an_empty_list_is_an_empty_array)
{
    struct site *s = site_open();
    struct answer a = ASK(s, .method = "GET", .path = "/api/projects", .query = "q=nothing",
                          .token = LOGIN(s, .sub = "auth0|ann", .scope = "read:timesheets"));

    ck_status(a, 200);
    ck_assert_str_eq(a.body, "[]\n");
    site_close(s);
}
END_TEST

UNIT_MAIN("page", every_row_is_on_exactly_one_page, an_empty_list_is_an_empty_array)
