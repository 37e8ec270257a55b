/* src/api/reports.c: what a report says, to whom, and in which form. */
#include "api_fixture.h"

#define CSV_TYPE "text/csv; charset=utf-8; header=present"

struct office {
    struct site *s;
    const char *ann, *bob, *boss;
    int64_t ann_id, bob_id;
};

static struct office office_open(void)
{
    struct office o = {.s = site_open()};

    o.ann = LOGIN(o.s, .sub = "auth0|ann", .email = "ann@abc.example", .name = "Ann",
                  .scope = SCOPES_EMPLOYEE);
    o.bob = LOGIN(o.s, .sub = "auth0|bob", .email = "bob@abc.example", .name = "=Bob,\\\"B\\\"",
                  .kind = "contractor", .scope = SCOPES_EMPLOYEE);
    o.boss = LOGIN(o.s, .sub = "auth0|boss", .email = "boss@abc.example", .name = "Boss",
                   .scope = SCOPES_MANAGER);
    return o;
}

static int64_t add(struct office *o, const char *token, const char *date, const char *project,
                   int minutes, const char *more)
{
    return entry_made(o->s, token,
                      talloc_asprintf(o->s, "{\"date\":\"%s\",\"project\":\"%s\",\"minutes\":%d%s}",
                                      date, project, minutes, more));
}

#define DRAFT ",\"status\":\"draft\""

/* Twenty minutes three times, a draft, and Bob's. */
static void fill(struct office *o)
{
    add(o, o->ann, "2040-11-19", "StoreZero", 20, ",\"note\":\"-1+2\"");
    add(o, o->ann, "2040-11-20", "StoreZero", 20, "");
    add(o, o->ann, "2040-11-26", "OTHER", 20, "");
    add(o, o->ann, "2040-11-27", "OTHER", 60, DRAFT);
    add(o, o->bob, "2040-11-27", "OTHER", 450, ",\"note\":\"two\\nlines, \\\"quoted\\\"\"");
    o->ann_id = sql_number(o->s->w, "SELECT id FROM person WHERE user_id = 'ann@abc.example'");
    o->bob_id = sql_number(o->s->w, "SELECT id FROM person WHERE user_id = 'bob@abc.example'");
    sql_do(o->s->w, "UPDATE person SET employee_number = '007' WHERE id = %d", (int)o->ann_id);
    sql_do(o->s->w, "UPDATE project SET customer = '@Zero' WHERE code = 'StoreZero'");
}

static struct answer hours(struct office *o, const char *token, const char *query)
{
    struct answer a =
        ASK(o->s, .method = "GET", .path = "/api/reports/hours", .query = query, .token = token);

    ck_status(a, 200);
    ck_assert_str_eq(a.reply.content_type, "application/json");
    ck_assert_view(api_header(&a, "Vary"), "Accept");
    ck_assert_view(api_header(&a, "Cache-Control"), "no-store");
    ck_assert_uint_eq(api_header(&a, "Content-Disposition").len, 0);
    return a;
}

static struct answer csv(struct office *o, const char *token, const char *query)
{
    struct answer a = ASK(o->s, .method = "GET", .path = "/api/reports/hours", .query = query,
                          .token = token, .accept = "text/csv");

    ck_status(a, 200);
    ck_assert_str_eq(a.reply.content_type, CSV_TYPE);
    ck_assert_view(api_header(&a, "Vary"), "Accept");
    return a;
}

/* --- JSON ------------------------------------------------------------------------------------------- */

#define NO_LINE "\"date\":null,\"entry_id\":null,"
#define NO_PERSON                                                                                  \
    "\"user_id\":null,\"name\":null,\"kind\":null,\"employee_number\":null,\"person_id\":null,"
#define NO_PROJECT "\"project\":null,\"project_name\":null,\"customer\":null,"
#define NO_TIME "\"week\":null,\"month\":null,\"status\":null,\"note\":null,"

START_TEST(rule_1_rows_add_up_to_the_total)
{
    struct office o = office_open();

    fill(&o);
    struct answer a = hours(&o, o.ann, "group_by=project&status=submitted");
    ck_assert_str_eq(a.body,
                     "{\"from\":\"2040-01-01\",\"to\":\"2040-12-31\",\"group_by\":[\"project\"],"
                     "\"entries\":3,\"minutes\":60,\"hours\":1.00,\"rows\":[" //
                     "{" NO_LINE NO_PERSON
                     "\"project\":\"OTHER\",\"project_name\":\"Other\",\"customer\":null," NO_TIME
                     "\"entries\":1,\"minutes\":20,\"hours\":0.33}," //
                     "{" NO_LINE NO_PERSON "\"project\":\"StoreZero\",\"project_name\":"
                     "\"StoreZero\",\"customer\":\"@Zero\"," NO_TIME
                     "\"entries\":2,\"minutes\":40,\"hours\":0.67}]}\n");
    a = hours(&o, o.ann, "group_by=week&status=submitted&project=StoreZero");
    ck_assert_ptr_nonnull(strstr(a.body, "\"minutes\":40,\"hours\":0.67,\"rows\":[{"));
    a = hours(&o, o.ann, "group_by=entry&status=submitted");
    const char *at = a.body;
    static const char *const shares[] = {"0.34", "0.33", "0.33"};
    ck_assert_ptr_nonnull(at = strstr(at, "\"hours\":1.00,\"rows\":["));
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_nonnull(at = strstr(at + 1, "\"minutes\":20,\"hours\":"));
        ck_assert(strncmp(at + strlen("\"minutes\":20,\"hours\":"), shares[i], 4) == 0);
    }
    site_close(o.s);
}
END_TEST

START_TEST(nothing_to_report_is_a_report)
{
    struct office o = office_open();
    static const char *const queries[] = {"", "group_by=entry", "group_by=status,person",
                                          "from=2039-01-01&to=2039-01-01"};

    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct answer a = hours(&o, i % 2 == 0 ? o.ann : o.boss, queries[i]);
        ck_assert_msg(strstr(a.body, "\"entries\":0,\"minutes\":0,\"hours\":0.00,\"rows\":[]}\n") !=
                          NULL,
                      "%s", a.body);
    }
    struct answer a = csv(&o, o.boss, "group_by=person");
    ck_assert_str_eq(a.body, "user_id,name,kind,employee_number,person_id,entries,minutes,hours\r\n"
                             "total,,,,,0,0,0.00\r\n");
    site_close(o.s);
}
END_TEST

START_TEST(a_line_has_everything_of_its_entry)
{
    struct office o = office_open();

    fill(&o);
    struct answer a = hours(&o, o.bob, "group_by=entry");
    char *expected = talloc_asprintf(
        o.s,
        "\"rows\":[{\"date\":\"2040-11-27\",\"entry_id\":%lld,\"user_id\":\"bob@abc.example\","
        "\"name\":\"=Bob,\\\"B\\\"\",\"kind\":\"contractor\",\"employee_number\":null,"
        "\"person_id\":%lld,\"project\":\"OTHER\",\"project_name\":\"Other\",\"customer\":null,"
        "\"week\":\"2040-W48\",\"month\":null,\"status\":\"submitted\","
        "\"note\":\"two\\nlines, \\\"quoted\\\"\",\"entries\":1,\"minutes\":450,\"hours\":7.50}]}\n",
        (long long)sql_number(o.s->w, "SELECT id FROM entry WHERE person_id = %d", (int)o.bob_id),
        (long long)o.bob_id);
    ck_assert_msg(strstr(a.body, expected) != NULL, "%s", a.body);
    site_close(o.s);
}
END_TEST

/* --- CSV -------------------------------------------------------------------------------------------- */

START_TEST(csv_is_quoted_guarded_and_ends_with_the_total)
{
    struct office o = office_open();

    fill(&o);
    struct answer a = csv(&o, o.boss, "group_by=person,project&from=2040-11-01");
    ck_assert_view(api_header(&a, "Content-Disposition"),
                   "attachment; filename=\"hours_2040-11-01_2040-12-31.csv\"");
    ck_assert_str_eq(
        a.body, talloc_asprintf(o.s,
                                "user_id,name,kind,employee_number,person_id,project,project_name,"
                                "customer,entries,minutes,hours\r\n"
                                "ann@abc.example,Ann,employee,007,%d,OTHER,Other,,1,20,0.33\r\n"
                                "ann@abc.example,Ann,employee,007,%d,StoreZero,StoreZero,'@Zero,"
                                "2,40,0.67\r\n"
                                "bob@abc.example,\"'=Bob,\"\"B\"\"\",contractor,,%d,OTHER,Other,,"
                                "1,450,7.50\r\n"
                                "total,,,,,,,,4,510,8.50\r\n",
                                (int)o.ann_id, (int)o.ann_id, (int)o.bob_id));
    a = csv(&o, o.boss, "group_by=entry&project=StoreZero");
    ck_assert_msg(strstr(a.body, "date,week,user_id,name,kind,employee_number,person_id,project,"
                                 "project_name,customer,status,note,entry_id,minutes,hours\r\n"
                                 "2040-11-19,2040-W47,ann@abc.example,Ann,employee,007,") == a.body,
                  "%s", a.body);
    ck_assert_ptr_nonnull(strstr(a.body, "StoreZero,StoreZero,'@Zero,submitted,'-1+2,"));
    ck_assert_ptr_nonnull(strstr(a.body, ",20,0.34\r\n2040-11-20,"));
    ck_assert_ptr_nonnull(strstr(a.body, ",20,0.33\r\ntotal,,,,,,,,,,,,,40,0.67\r\n"));
    site_close(o.s);
}
END_TEST

START_TEST(the_same_data_gives_the_same_bytes)
{
    static const char *const queries[] = {"", "group_by=entry", "group_by=month,person,status"};
    struct office o = office_open();

    fill(&o);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct answer a = csv(&o, o.boss, queries[i]), b = csv(&o, o.boss, queries[i]);
        ck_assert_str_eq(a.body, b.body);
        clock_fake(SITE_NOW_US + 3600 * INT64_C(1000000));
        b = ASK(o.s, .method = "GET", .path = "/api/reports/hours", .query = queries[i],
                .token = o.boss, .accept = "text/csv", .api = site_worker(o.s, o.s->verifier));
        ck_assert_str_eq(a.body, b.body);
    }
    site_close(o.s);
}
END_TEST

/* --- whose ------------------------------------------------------------------------------------------ */

START_TEST(rule_12_who_gets_what)
{
    struct office o = office_open();

    fill(&o);
    const char *ann = talloc_asprintf(o.s, "user=%lld", (long long)o.ann_id);
    const struct {
        const char *name, *token, *query;
        int64_t minutes;
    } cases[] = {
        {"one's own with drafts", o.ann, "", 120},
        {"one's own by name", o.ann, "user=ann%40abc.example", 120},
        {"one's own by number", o.ann, ann, 120},
        {"one's own drafts", o.ann, "status=draft", 60},
        {"everybody's without drafts", o.boss, "", 510},
        {"no drafts of others", o.boss, "status=draft", 0},
        {"somebody's without drafts", o.boss, "user=ann%40abc.example", 60},
        {"somebody's by number", o.boss, ann, 60},
        {"no drafts of somebody", o.boss, talloc_asprintf(o.s, "%s&status=draft", ann), 0},
        {"a manager's own", o.boss, "user=boss%40abc.example", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const char *const forms[] = {"", "&group_by=entry", "&group_by=person,week"};
        for (size_t k = 0; k < 3; k++) {
            struct answer a =
                hours(&o, cases[i].token, talloc_asprintf(o.s, "%s%s", cases[i].query, forms[k]));
            ck_assert_msg(number_of(&a, "minutes") == cases[i].minutes, "%s: %s", cases[i].name,
                          a.body);
        }
    }
    site_close(o.s);
}
END_TEST

START_TEST(a_managers_own_drafts_are_in_their_own_report_alone)
{
    struct office o = office_open();

    add(&o, o.boss, "2040-11-20", "OTHER", 30, DRAFT);
    add(&o, o.boss, "2040-11-21", "OTHER", 60, "");
    static const char *const forms[] = {"group_by=project", "group_by=entry", "group_by=status"};
    for (size_t i = 0; i < 3; i++) {
        struct answer all = hours(&o, o.boss, forms[i]);
        struct answer own =
            hours(&o, o.boss, talloc_asprintf(o.s, "%s&user=boss@abc.example", forms[i]));
        ck_assert_int_eq(number_of(&all, "minutes"), 60);
        ck_assert_int_eq(number_of(&own, "minutes"), 90);
    }
    site_close(o.s);
}
END_TEST

START_TEST(others_reports_need_approve)
{
    static const char *const paths[] = {"/api/reports/hours", "/api/reports/missing"};
    struct office o = office_open();

    fill(&o);
    const char *const queries[] = {"user=bob%40abc.example", "user=nobody%40abc.example",
                                   talloc_asprintf(o.s, "user=%lld", (long long)o.bob_id),
                                   "user=bob%40abc.example&to=2039-01-01",
                                   "user=bob%40abc.example&from=2040-W10"};
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 2; k++) {
            if ((k == 0 ? i == 4 : i == 3))
                continue;
            struct answer a =
                ASK(o.s, .method = "GET", .path = paths[k], .query = queries[i], .token = o.ann);
            ck_problem(a, 403, "insufficient-scope");
            ck_assert_view(api_header(&a, "WWW-Authenticate"),
                           "Bearer error=\"insufficient_scope\", scope=\"approve:timesheets\"");
        }
    }
    /* approve alone lets one in */
    const char *only = LOGIN(o.s, .sub = "auth0|boss", .scope = "approve:timesheets");
    struct answer a = hours(&o, only, "");
    ck_assert_int_eq(number_of(&a, "minutes"), 510);
    site_close(o.s);
}
END_TEST

/* --- what is asked -------------------------------------------------------------------------------------- */

static void check_fault(struct office *o, const char *path, const char *query, const char *pointer,
                        const char *code)
{
    struct answer a = ASK(o->s, .method = "GET", .path = path, .query = query, .token = o->boss);
    char *fault = talloc_asprintf(o->s, "{\"pointer\":\"%s\",\"code\":\"%s\"", pointer, code);

    ck_problem(a, 422, "validation");
    ck_assert_msg(strstr(a.body, fault) != NULL, "%s: %s", query, a.body);
}

START_TEST(a_wrong_query_is_told_by_parameter)
{
    static const struct {
        const char *query, *pointer, *code;
    } cases[] = {
        {"from=2040-02-30", "?from", "format"},
        {"from=1999-12-31", "?from", "range"},
        {"to=2101-01-01", "?to", "range"},
        {"from=2040-02-02&to=2040-02-01", "?to", "range"},
        {"group_by=day", "?group_by", "value"},
        {"group_by=person,person", "?group_by", "value"},
        {"group_by=entry,person", "?group_by", "value"},
        {"group_by=", "?group_by", "length"},
        {"project=nope", "?project", "unknown-project"},
        {"project=storezero", "?project", "unknown-project"},
        {"user=nobody", "?user", "unknown-person"},
        {"status=done", "?status", "value"},
        {"limit=5", "?limit", "unknown"},
        {"format=csv", "?format", "unknown"},
    };
    struct office o = office_open();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_fault(&o, "/api/reports/hours", cases[i].query, cases[i].pointer, cases[i].code);
    const char *all = "from=1990-01-01&to=2200-01-01&group_by=x&project=nope&user=nobody";
    static const char *const pointers[] = {"?from", "?to", "?group_by", "?project", "?user"};
    struct answer a =
        ASK(o.s, .method = "GET", .path = "/api/reports/hours", .query = all, .token = o.boss);
    for (size_t i = 0; i < 5; i++)
        ck_assert_msg(strstr(a.body, talloc_asprintf(o.s, "\"%s\"", pointers[i])) != NULL, "%s",
                      a.body);
    site_close(o.s);
}
END_TEST

START_TEST(the_form_is_what_accept_asks_for)
{
    static const struct {
        const char *accept, *type;
    } cases[] = {
        {NULL, "application/json"},
        {"*/*", "application/json"},
        {"application/json", "application/json"},
        {"application/json; charset=utf-8", "application/json"},
        {"text/csv", CSV_TYPE},
        {"text/csv;q=0.9, application/json;q=0.1", CSV_TYPE},
        {"text/html,application/xhtml+xml,*/*;q=0.8", "application/json"},
        {"text/html", NULL},
        {"application/json;q=0", NULL},
    };
    static const char *const paths[] = {"/api/reports/hours", "/api/reports/missing"};
    struct office o = office_open();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; k < 2; k++) {
            struct answer a = ASK(o.s, .method = "GET", .path = paths[k], .token = o.ann,
                                  .accept = cases[i].accept);
            if (cases[i].type == NULL) {
                ck_problem(a, 406, "not-acceptable");
                continue;
            }
            ck_status(a, 200);
            ck_assert_str_eq(a.reply.content_type, cases[i].type);
            ck_assert_view(api_header(&a, "Vary"), "Accept");
        }
    }
    site_close(o.s);
}
END_TEST

START_TEST(too_many_rows_are_a_422)
{
    struct office o = office_open();

    sql_do(o.s->w, "INSERT INTO person (id, sub, user_id, kind, created_at)"
                   " SELECT 1000 + seq, CONCAT('s', seq), CONCAT('s', seq), 0, NOW(6)"
                   " FROM seq_1_to_200");
    sql_do(
        o.s->w,
        "INSERT INTO entry (person_id, work_date, id, project_id, project_code, minutes, status,"
        " note, edited_by, created_at, updated_at) SELECT 1001 + seq DIV 1001,"
        " DATE_ADD('2001-01-01', INTERVAL seq %% 1001 WEEK), 1 + seq, 1, 'StoreZero', 60, 2, 'x',"
        " 1, NOW(6), NOW(6) FROM seq_0_to_100100");
    check_fault(&o, "/api/reports/hours", "group_by=week,person&from=2000-01-01", "?group_by",
                "too-much");
    /* parts make a whole */
    const char *some = "group_by=entry&from=2001-01-01&to=2001-02-28";
    int64_t count =
        sql_number(o.s->w, "SELECT COUNT(*) FROM entry WHERE work_date <= '2001-02-28'");
    struct answer a = hours(&o, o.boss, some);
    ck_assert(strlen(a.body) > (size_t)3 * REPLY_PART);
    ck_assert_int_eq(number_of(&a, "entries"), count);
    a = csv(&o, o.boss, some);
    int64_t lines = 0;
    for (const char *at = a.body; (at = strstr(at, "\r\n")) != NULL; at += 2)
        lines++;
    ck_assert_int_eq(lines, count + 2);
    sql_do(o.s->w, "DELETE FROM entry");
    site_close(o.s);
}
END_TEST

/* --- missing weeks --------------------------------------------------------------------------------------- */

static struct answer missing(struct office *o, const char *token, const char *query)
{
    struct answer a =
        ASK(o->s, .method = "GET", .path = "/api/reports/missing", .query = query, .token = token);

    ck_status(a, 200);
    return a;
}

/* Weeks and user_ids in the order of the rows. */
static const char *late(struct office *o, const char *token, const char *query)
{
    struct answer a = missing(o, token, query);
    char *text = talloc_strdup(o->s, "");

    for (const char *at = a.body; (at = strstr(at, "\"week\":\"")) != NULL; at++) {
        const char *user = strstr(at, "\"user_id\":\"") + strlen("\"user_id\":\"");
        const char *state = strstr(at, "\"state\":\"") + strlen("\"state\":\"");
        text = talloc_asprintf_append(text, "%.3s %.3s %.4s, ", at + strlen("\"week\":\"2040-"),
                                      user, state);
    }
    return text;
}

/* Today is Wednesday of 2040-W48; who is made today is active from today on. */
START_TEST(weeks_that_are_over_are_missed_by_week_and_person)
{
    struct office o = office_open();

    fill(&o);
    ck_assert_str_eq(late(&o, o.boss, ""), "");
    sql_do(o.s->w, "UPDATE person SET active_from = '2040-11-01'"); /* Thursday of W44 */
    ck_assert_str_eq(late(&o, o.ann, ""), "W44 ann miss, W45 ann miss, W46 ann miss, ");
    add(&o, o.ann, "2040-11-06", "OTHER", 60, DRAFT);
    ck_assert_str_eq(late(&o, o.ann, "from=2040-W45"), "W45 ann open, W46 ann miss, ");
    ck_assert_str_eq(late(&o, o.boss, "from=2040-W45&to=2040-W46"),
                     "W45 ann open, W45 bob miss, W45 bos miss, "
                     "W46 ann miss, W46 bob miss, W46 bos miss, ");
    ck_assert_str_eq(late(&o, o.boss, "from=2040-W47&to=2041-W10"), "W47 bob miss, W47 bos miss, ");
    ck_assert_str_eq(late(&o, o.boss, "from=2040-W48&to=2040-W48"), "");
    ck_assert_str_eq(late(&o, o.boss, "from=2041-W01"), "");
    ck_assert_str_eq(late(&o, o.boss, "from=2040-W46&user=ann@abc.example"), "W46 ann miss, ");
    ck_assert_str_eq(late(&o, o.boss, "to=2040-W45&user=ann@abc.example"),
                     "W44 ann miss, W45 ann open, ");
    site_close(o.s);
}
END_TEST

START_TEST(a_missing_week_as_json_and_csv)
{
    struct office o = office_open();

    fill(&o);
    sql_do(o.s->w, "UPDATE person SET active_from = '2040-11-12' WHERE user_id LIKE 'bob%%'");
    struct answer a = missing(&o, o.boss, "from=2040-W46&to=2040-W46");
    ck_assert_str_eq(a.body,
                     talloc_asprintf(o.s,
                                     "[{\"week\":\"2040-W46\",\"user_id\":\"bob@abc.example\","
                                     "\"name\":\"=Bob,\\\"B\\\"\",\"kind\":\"contractor\","
                                     "\"employee_number\":null,\"person_id\":%lld,"
                                     "\"state\":\"missing\",\"since\":\"2040-11-19\"}]\n",
                                     (long long)o.bob_id));
    a = ASK(o.s, .method = "GET", .path = "/api/reports/missing",
            .query = "from=2040-W46&to=2040-W46", .token = o.boss, .accept = "text/csv");
    ck_status(a, 200);
    ck_assert_view(api_header(&a, "Content-Disposition"),
                   "attachment; filename=\"missing_2040-W46_2040-W46.csv\"");
    ck_assert_str_eq(
        a.body,
        talloc_asprintf(
            o.s,
            "week,user_id,name,kind,employee_number,person_id,state,since\r\n"
            "2040-W46,bob@abc.example,\"'=Bob,\"\"B\"\"\",contractor,,%lld,missing,2040-11-19"
            "\r\n",
            (long long)o.bob_id));
    site_close(o.s);
}
END_TEST

START_TEST(a_wrong_range_of_weeks_is_told)
{
    static const struct {
        const char *query, *pointer, *code;
    } cases[] = {
        {"from=2041-W54", "?from", "format"},
        {"from=2040-11-01", "?from", "format"},
        {"to=2041-W53", "?to", "format"},
        {"to=x", "?to", "format"},
        {"from=2040-W10&to=2040-W09", "?to", "range"},
        {"from=2038-W01&to=2040-W03", "?from", "range"},
        {"from=2000-W01", "?from", "range"},
        {"user=nobody", "?user", "unknown-person"},
        {"group_by=week", "?group_by", "unknown"},
    };
    struct office o = office_open();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_fault(&o, "/api/reports/missing", cases[i].query, cases[i].pointer, cases[i].code);
    ck_assert_str_eq(missing(&o, o.boss, "from=2038-W01&to=2040-W02").body, "[]\n");
    site_close(o.s);
}
END_TEST

UNIT_MAIN("reports", rule_1_rows_add_up_to_the_total, nothing_to_report_is_a_report,
          a_line_has_everything_of_its_entry, csv_is_quoted_guarded_and_ends_with_the_total,
          the_same_data_gives_the_same_bytes, rule_12_who_gets_what,
          a_managers_own_drafts_are_in_their_own_report_alone, others_reports_need_approve,
          a_wrong_query_is_told_by_parameter, the_form_is_what_accept_asks_for,
          too_many_rows_are_a_422, weeks_that_are_over_are_missed_by_week_and_person,
          a_missing_week_as_json_and_csv, a_wrong_range_of_weeks_is_told)
