/* src/api/week_save.c: saving a grid, cell by cell compared with what is there. */
#include "api_fixture.h"

#define WEEK_48 "/api/weeks/2040-W48" /* 2040-11-26 to 2040-12-02 */

static struct answer save(struct site *s, const char *token, const char *items, const char *tag)
{
    return ASK(s, .method = "PUT", .path = WEEK_48, .token = token,
               .body = talloc_asprintf(s, "{\"entries\":[%s]}", items), .if_match = tag);
}

/* The id of the entry with that note. */
static long long id_of(struct site *s, const char *note)
{
    return sql_number(s->w, "SELECT id FROM entry WHERE note = '%s'", note);
}

static const char *entries(struct site *s)
{
    return sql_ask(s->w,
                   "SELECT COALESCE(GROUP_CONCAT(note, ' ', DAY(work_date), ' ', project_code,"
                   " ' ', minutes, ' ', status, ' v', version ORDER BY note SEPARATOR ', '),"
                   " '') FROM entry");
}

static const char *week_row(struct site *s)
{
    return sql_ask(s->w, "SELECT CONCAT_WS(' ', d1, d2, d3, d4, d5, d6, d7, '|', n_draft,"
                         " n_submitted, n_approved, n_rejected, '|', version, seq) FROM week"
                         " WHERE week = 204048");
}

#define CELL(day, minutes, note)                                                                   \
    "{\"date\":\"2040-" day "\",\"project\":\"StoreZero\",\"minutes\":" minutes                    \
    ",\"note\":\"" note "\"}"

/* The item of an entry that is there. */
static const char *changed(struct site *s, long long id, int day_of_november, int minutes)
{
    return talloc_asprintf(s,
                           "{\"id\":%lld,\"date\":\"2040-11-%d\",\"project\":\"StoreZero\","
                           "\"minutes\":%d}",
                           id, day_of_november, minutes);
}

START_TEST(one_request_adds_changes_and_deletes)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    struct answer a =
        save(s, token,
             CELL("11-26", "10", "a") "," CELL("11-27", "20", "b") "," CELL("12-02", "30", "c"),
             "\"w0\"");
    ck_status(a, 200);
    ck_assert_view(api_header(&a, "ETag"), "\"w1\"");
    ck_assert_str_eq(week_row(s), "10 20 0 0 0 0 30 | 3 0 0 0 | 1 1");
    a = save(
        s, token,
        talloc_asprintf(s,
                        "{\"id\":%lld,\"date\":\"2040-11-28\",\"project\":\"OTHER\","
                        "\"hours\":0.5},{\"id\":%lld,\"delete\":true}," CELL("11-26", "5", "d"),
                        id_of(s, "a"), id_of(s, "b")),
        "\"w1\"");
    ck_status(a, 200);
    ck_assert_str_eq(entries(s),
                     "a 28 OTHER 30 0 v2, c 2 StoreZero 30 0 v1, d 26 StoreZero 5 0 v1");
    ck_assert_str_eq(week_row(s), "5 0 30 0 0 0 30 | 3 0 0 0 | 2 2");
    struct answer read = ASK(s, .method = "GET", .path = WEEK_48, .token = token);
    ck_assert_str_eq(read.body, a.body);
    ck_assert_str_eq(
        sql_ask(s->w, "SELECT GROUP_CONCAT(person_id, ' ', action ORDER BY seq) FROM event WHERE"
                      " week = 204048"),
        "1 10,1 10");
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry_deleted"), 1);
    site_close(s);
}
END_TEST

/* Rules 5 and 8: a cell in each status, sent as it is and changed. */
START_TEST(the_state_table_of_edit_and_delete)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    static const struct {
        enum entry_status from;
        int status;      /* of a change and of a removal */
        const char *now; /* after the change */
    } cases[] = {{ENTRY_DRAFT, 200, "x 26 StoreZero 11 0 v2"},
                 {ENTRY_SUBMITTED, 200, "x 26 StoreZero 11 1 v2"},
                 {ENTRY_APPROVED, 409, "x 26 StoreZero 10 2 v1"},
                 {ENTRY_REJECTED, 200, "x 26 StoreZero 11 0 v2"}};

    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const bool removes = i % 2 == 1;
        const enum entry_status from = cases[i / 2].from;
        ck_status(save(s, token, CELL("11-26", "10", "x"), "*"), 200);
        long long id = id_of(s, "x");
        sql_do(s->w, "UPDATE entry SET status = %d, reason = '%s'", (int)from,
               from == ENTRY_REJECTED ? "why" : "");
        sql_do(s->w,
               "UPDATE week SET n_draft = %d, n_submitted = %d, n_approved = %d,"
               " n_rejected = %d WHERE week = 204048",
               from == ENTRY_DRAFT, from == ENTRY_SUBMITTED, from == ENTRY_APPROVED,
               from == ENTRY_REJECTED);
        struct answer a = save(s, token, changed(s, id, 26, 10), "*");
        ck_status(a, 200); /* unchanged: no harm, whatever its status */
        a = save(s, token,
                 removes ? talloc_asprintf(s, "{\"id\":%lld,\"delete\":true}", id)
                         : changed(s, id, 26, 11),
                 "*");
        ck_status(a, cases[i / 2].status);
        if (a.status == 409)
            ck_problem(a, 409, "approved");
        ck_assert_str_eq(entries(s), removes && a.status == 200 ? "" : cases[i / 2].now);
        sql_do(s->w, "DELETE FROM entry");
        sql_do(s->w, "UPDATE week SET d1 = 0, n_draft = 0, n_submitted = 0, n_approved = 0,"
                     " n_rejected = 0 WHERE week = 204048");
    }
    site_close(s);
}
END_TEST

START_TEST(all_that_stands_in_the_way_is_told)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    ck_status(save(s, token, CELL("11-26", "10", "a") "," CELL("11-28", "10", "b"), "\"w0\""), 200);
    sql_do(s->w, "UPDATE entry SET status = 2 WHERE note = 'b'");
    sql_do(s->w,
           "UPDATE week SET n_draft = 1, n_approved = 1, locked_days = 1 WHERE week = 204048");
    const char *items =
        talloc_asprintf(s,
                        "{\"date\":\"2040-11-29\",\"project\":\"SHUT\",\"minutes\":1}," /* 0 */
                        "{\"id\":%lld,\"delete\":true},"                                /* 1 */
                        "{\"id\":%lld,\"delete\":true}",                                /* 2 */
                        id_of(s, "a"), id_of(s, "b"));
    static const char *const told[] = {"\"/entries/0/project\",\"code\":\"project-closed\"",
                                       "\"/entries/1/id\",\"code\":\"period-locked\"",
                                       "\"/entries/2/id\",\"code\":\"approved\""};
    struct answer a = save(s, token, items, "\"w1\"");
    ck_problem(a, 409, "approved"); /* the first in the contract's order */
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        ck_assert_msg(strstr(a.body, told[i]) != NULL, "%s: %s", told[i], a.body);
    items = talloc_strndup(s, items, (size_t)(strrchr(items, ',') - items));
    items = talloc_strndup(s, items, (size_t)(strrchr(items, '{') - 1 - items));
    sql_do(s->w, "UPDATE week SET locked_days = 4 WHERE week = 204048");
    a = save(s, token, items, "\"w1\"");
    ck_problem(a, 409, "period-locked");
    ck_assert_ptr_nonnull(strstr(a.body, "\"/entries/0/date\",\"code\":\"period-locked\""));
    sql_do(s->w, "UPDATE week SET locked_days = 0 WHERE week = 204048");
    a = save(s, token, items, "\"w1\"");
    ck_problem(a, 409, "project-closed");
    site_close(s);
}
END_TEST

START_TEST(a_stale_request_whose_effect_holds_is_a_repetition)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    static const char two[] = CELL("11-26", "10", "a") "," CELL("11-26", "10", "a");

    ck_status(save(s, token, two, "\"w0\""), 200);
    ck_status(save(s, token, two, "\"w0\""), 200);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry"), 2);
    /* one item stands for one entry: a third is not there */
    struct answer a =
        save(s, token, talloc_asprintf(s, "%s,%s", two, CELL("11-26", "10", "a")), "\"w0\"");
    ck_problem(a, 412, "version-mismatch");
    /* an entry that is named is no other item's */
    long long id = sql_number(s->w, "SELECT MIN(id) FROM entry");
    a = save(s, token,
             talloc_asprintf(s,
                             "%s,{\"id\":%lld,\"date\":\"2040-11-26\",\"project\":\"StoreZero\","
                             "\"minutes\":10}",
                             two, id),
             "\"w0\"");
    ck_problem(a, 412, "version-mismatch");
    /* with the version that is there, they are new */
    ck_status(save(s, token, two, "\"w1\""), 200);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry"), 4);
    /* with "*" what holds is not done twice, and what does not is done */
    ck_status(save(s, token, two, "*"), 200);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry"), 4);
    ck_status(save(s, token, CELL("11-27", "1", "b"), "*"), 200);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry"), 5);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM event WHERE action = 10"), 3);
    site_close(s);
}
END_TEST

START_TEST(a_removal_that_took_place_is_a_repetition_too)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    ck_status(save(s, token, CELL("11-26", "10", "a") "," CELL("11-27", "10", "b"), "\"w0\""), 200);
    const char *removal = talloc_asprintf(s, "{\"id\":%lld,\"delete\":true}", id_of(s, "a"));
    const char *other = talloc_asprintf(s, "{\"id\":%lld,\"delete\":true}", id_of(s, "b"));
    struct answer first = save(s, token, removal, "\"w1\""), again;
    ck_status(first, 200);
    again = save(s, token, removal, "\"w1\"");
    ck_status(again, 200);
    ck_assert_str_eq(again.body, first.body);
    ck_problem(save(s, token, other, "\"w1\""), 412, "version-mismatch");
    again = save(s, token, removal, "\"w2\""); /* no repetition: there is no such entry */
    ck_problem(again, 422, "validation");
    ck_assert_ptr_nonnull(strstr(again.body, "\"/entries/0/id\",\"code\":\"unknown-entry\""));
    site_close(s);
}
END_TEST

/* Rule 2. */
START_TEST(a_day_holds_24_hours_after_the_whole_request)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    struct answer a =
        save(s, token, CELL("11-26", "780", "a") "," CELL("11-26", "780", "b"), "\"w0\"");
    ck_problem(a, 422, "day-over-24h");
    ck_assert_ptr_nonnull(strstr(a.body, "\"/entries/0/minutes\""));
    ck_assert_ptr_nonnull(strstr(a.body, "\"/entries/1/minutes\""));
    ck_status(save(s, token, CELL("11-26", "1440", "a") "," CELL("11-27", "1440", "b"), "\"w0\""),
              200);
    long long id_a = id_of(s, "a"), id_b = id_of(s, "b");
    /* swapped: each day is full before and after */
    a = save(s, token,
             talloc_asprintf(s, "%s,%s", changed(s, id_a, 27, 1440), changed(s, id_b, 26, 1440)),
             "\"w1\"");
    ck_status(a, 200);
    ck_assert_str_eq(week_row(s), "1440 1440 0 0 0 0 0 | 2 0 0 0 | 2 2");
    /* only what puts more on the full day is named: not the entry that leaves it */
    a = save(s, token,
             talloc_asprintf(s, "%s,%s", changed(s, id_a, 26, 61), changed(s, id_b, 26, 1380)),
             "\"w2\"");
    ck_problem(a, 422, "day-over-24h");
    ck_assert_ptr_nonnull(strstr(a.body, "\"/entries/0/minutes\""));
    ck_assert_ptr_null(strstr(a.body, "\"/entries/1/minutes\""));
    site_close(s);
}
END_TEST

START_TEST(no_more_projects_are_looked_up_than_faults_are_told)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    char *items = talloc_strdup(s, "");

    for (int i = 0; i < 500; i++)
        items = talloc_asprintf_append(
            items, "%s{\"date\":\"2040-11-26\",\"project\":\"none%d\",\"minutes\":1}",
            i == 0 ? "" : ",", i);
    (void)ASK(s, .method = "GET", .path = WEEK_48, .token = token);
    int64_t before = sql_number(s->w, "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
                                      " WHERE VARIABLE_NAME = 'COM_STMT_EXECUTE'");
    struct answer a = save(s, token, items, "\"w0\"");
    int64_t after = sql_number(s->w, "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
                                     " WHERE VARIABLE_NAME = 'COM_STMT_EXECUTE'");
    ck_problem(a, 422, "validation");
    ck_assert_ptr_nonnull(strstr(a.body, "\"/entries/31/project\""));
    ck_assert_ptr_null(strstr(a.body, "\"/entries/32/project\""));
    ck_assert_int_le(after - before, 2 * FAULTS_MAX + 8);
    site_close(s);
}
END_TEST

START_TEST(a_removal_needs_its_scope)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = "read:timesheets create:timesheets");
    struct answer a = save(s, token, "{\"id\":1,\"delete\":true}", NULL);

    ck_problem(a, 403, "insufficient-scope"); /* before everything else that is wrong */
    ck_assert_view(api_header(&a, "WWW-Authenticate"),
                   "Bearer error=\"insufficient_scope\", scope=\"delete:timesheets\"");
    ck_problem(save(s, token, "{\"id\":1,\"delete\":false}", NULL), 422, "validation");
    site_close(s);
}
END_TEST

UNIT_MAIN("week_save", one_request_adds_changes_and_deletes, the_state_table_of_edit_and_delete,
          all_that_stands_in_the_way_is_told, a_stale_request_whose_effect_holds_is_a_repetition,
          a_removal_that_took_place_is_a_repetition_too,
          a_day_holds_24_hours_after_the_whole_request,
          no_more_projects_are_looked_up_than_faults_are_told, a_removal_needs_its_scope)
