/* POST /timesheets/upload without nginx (src/api/upload_*.c): each case of design rule 9, batches, what an
 * upload that was broken off leaves, and how it goes on. */
#include "api_fixture.h"

#define UPLOAD "/api/timesheets/upload"

#define ck_tells(answer, text)                                                                     \
    ck_assert_msg(strstr((answer).body, (text)) != NULL, "no %s in %s", (text), (answer).body)

/* --- a machine with a source, and people --------------------------------------------------------- */

static struct site *open_site(void)
{
    struct site *s = site_open();

    sql_do(s->w, "INSERT INTO client (client_id, created_at) VALUES ('app', NOW(6))");
    sql_do(s->w, "INSERT INTO source (name, client, created_at) VALUES"
                 " ('tool', LAST_INSERT_ID(), NOW(6)), ('other', 7, NOW(6))");
    sql_do(s->w,
           "INSERT INTO person (sub, email, user_id, kind, employee_number, created_at) VALUES"
           " ('auth0|ann', 'ann@abc.example', 'ann@abc.example', 0, '001', NOW(6)),"
           " ('auth0|bob', 'bob@abc.example', 'bob@abc.example', 0, '002', NOW(6)),"
           " ('001', 'eve@abc.example', 'eve@abc.example', 0, '003', NOW(6))");
    return s;
}

static const char *robot(struct site *s)
{
    return LOGIN(s, .sub = "app@clients", .scope = "batch:upload", .machine = true);
}

static struct answer send(struct site *s, const char *query, const char *body)
{
    return ASK(s, .method = "POST", .path = UPLOAD, .query = query, .token = robot(s),
               .body = body);
}

#define ROW(id, more)                                                                              \
    "{\"user_id\":\"002\",\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":60,"       \
    "\"external_id\":\"" id "\"" more "}"

/* The numbers of a report: "created updated unchanged removed rejected". */
static char *numbers(struct site *s, const struct answer *a)
{
    return talloc_asprintf(s, "%lld %lld %lld %lld %lld", (long long)number_of(a, "created"),
                           (long long)number_of(a, "updated"), (long long)number_of(a, "unchanged"),
                           (long long)number_of(a, "removed"), (long long)number_of(a, "rejected"));
}

static void ck_numbers(struct site *s, const struct answer *a, int status, const char *expected)
{
    ck_status(*a, status);
    ck_assert_msg(strcmp(numbers(s, a), expected) == 0, "not %s: %s", expected, a->body);
}

static const char *counts(struct site *s)
{
    return sql_ask(s->w,
                   "SELECT CONCAT_WS(' ', (SELECT COUNT(*) FROM entry), (SELECT COUNT(*) FROM"
                   " event), (SELECT COUNT(*) FROM entry_source), (SELECT COUNT(*) FROM upload),"
                   " (SELECT COUNT(*) FROM upload_row), (SELECT COUNT(*) FROM week))");
}

/* --- rule 9, as a table ------------------------------------------------------------------------------ */
/* Before each case A-1 is stored as it was uploaded, submitted, in its first version. */
static const struct {
    const char *name, *before; /* what happens to the entry before, as SQL; NULL = nothing */
    const char *row;           /* that is uploaded then */
    const char *code;          /* of a rejected row, else NULL */
    const char *numbers;
    const char *after; /* status, version, minutes and note of the entry; "" = there is none */
} cases[] = {
    {"the same", NULL, ROW("A-1", ""), NULL, "0 0 1 0 0", "1 1 60 "},
    {"other minutes", NULL, ROW("A-1", ",\"hours\":1"), NULL, "0 0 1 0 0", "1 1 60 "},
    {"changed", NULL, ROW("A-1", ",\"note\":\"new\""), NULL, "0 1 0 0 0", "1 2 60 new"},
    {"changed, a draft", "UPDATE entry SET status = 0", ROW("A-1", ",\"note\":\"new\""), NULL,
     "0 1 0 0 0", "1 2 60 new"},
    {"changed, rejected", "UPDATE entry SET status = 3, reason = 'r', decided_by = 1",
     ROW("A-1", ",\"note\":\"new\""), NULL, "0 1 0 0 0", "1 2 60 new"},
    {"changed, approved", "UPDATE entry SET status = 2, decided_by = 1",
     ROW("A-1", ",\"note\":\"new\""), "approved", "0 0 0 0 1", "2 1 60 "},
    {"the same, approved", "UPDATE entry SET status = 2, decided_by = 1", ROW("A-1", ""), NULL,
     "0 0 1 0 0", "2 1 60 "},
    {"changed, edited by its owner", "UPDATE entry SET note = 'mine', edited_by = person_id",
     ROW("A-1", ",\"note\":\"new\""), "edited-by-owner", "0 0 0 0 1", "1 1 60 mine"},
    {"the same, edited by its owner", "UPDATE entry SET note = 'mine', edited_by = person_id",
     ROW("A-1", ""), NULL, "0 0 1 0 0", "1 1 60 mine"},
    {"changed, deleted by its owner", "DELETE FROM entry", ROW("A-1", ",\"note\":\"new\""),
     "deleted-by-owner", "0 0 0 0 1", ""},
    {"the same, deleted by its owner", "DELETE FROM entry", ROW("A-1", ""), NULL, "0 0 1 0 0", ""},
    {"removed", NULL, "{\"external_id\":\"A-1\",\"deleted\":true}", NULL, "0 0 0 1 0", ""},
    {"removed, approved", "UPDATE entry SET status = 2, decided_by = 1",
     "{\"external_id\":\"A-1\",\"deleted\":true}", "approved", "0 0 0 0 1", "2 1 60 "},
    {"removed, edited by its owner", "UPDATE entry SET note = 'mine', edited_by = person_id",
     "{\"external_id\":\"A-1\",\"deleted\":true}", "edited-by-owner", "0 0 0 0 1", "1 1 60 mine"},
    {"removed, deleted by its owner", "DELETE FROM entry",
     "{\"external_id\":\"A-1\",\"deleted\":true}", NULL, "0 0 1 0 0", ""},
    {"removed, never uploaded", NULL, "{\"external_id\":\"A-2\",\"deleted\":true}", NULL,
     "0 0 1 0 0", "1 1 60 "},
    {"changed, locked", "UPDATE period_lock SET locked_through = '2040-11-26'",
     ROW("A-1", ",\"note\":\"new\""), "period-locked", "0 0 0 0 1", "1 1 60 "},
    {"removed, locked", "UPDATE period_lock SET locked_through = '2040-11-26'",
     "{\"external_id\":\"A-1\",\"deleted\":true}", "period-locked", "0 0 0 0 1", "1 1 60 "},
    {"the same, locked", "UPDATE period_lock SET locked_through = '2040-11-26'", ROW("A-1", ""),
     NULL, "0 0 1 0 0", "1 1 60 "},
    {"another, a day after the lock", "UPDATE period_lock SET locked_through = '2040-11-25'",
     ROW("A-1", ",\"note\":\"new\""), NULL, "0 1 0 0 0", "1 2 60 new"},
    {"changed, project closed, no more", "UPDATE project SET state = 1 WHERE code = 'StoreZero'",
     ROW("A-1", ",\"note\":\"new\""), NULL, "0 1 0 0 0", "1 2 60 new"},
    {"nobody's", NULL,
     "{\"user_id\":\"x\",\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":60}",
     "unknown-person", "0 0 0 0 1", "1 1 60 "},
    {"of two people", NULL,
     "{\"user_id\":\"001\",\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":60}",
     "ambiguous-person", "0 0 0 0 1", "1 1 60 "},
    {"an unknown project", NULL,
     "{\"user_id\":\"002\",\"date\":\"2040-11-26\",\"project\":\"NONE\",\"minutes\":60}",
     "unknown-project", "0 0 0 0 1", "1 1 60 "},
    {"a closed project", NULL,
     "{\"user_id\":\"002\",\"date\":\"2040-11-26\",\"project\":\"SHUT\",\"minutes\":60}",
     "project-closed", "0 0 0 0 1", "1 1 60 "},
    {"over the day", NULL,
     "{\"user_id\":\"002\",\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":1381}",
     "day-over-24h", "0 0 0 0 1", "1 1 60 "},
};

/* The week's row after what SQL has done to the entry. */
static void mend_week(struct site *s)
{
    sql_do(s->w, "UPDATE week SET d1 = COALESCE((SELECT SUM(minutes) FROM entry), 0),"
                 " n_draft = (SELECT COUNT(*) FROM entry WHERE status = 0),"
                 " n_submitted = (SELECT COUNT(*) FROM entry WHERE status = 1),"
                 " n_approved = (SELECT COUNT(*) FROM entry WHERE status = 2),"
                 " n_rejected = (SELECT COUNT(*) FROM entry WHERE status = 3) WHERE week = 204048");
}

static const char *entry_now(struct site *s)
{
    return sql_ask(s->w, "SELECT CONCAT_WS(' ', status, version, minutes, note) FROM entry");
}

static void check_case(size_t i)
{
    struct site *s = open_site();
    const char *mode = "source=tool&mode=partial";
    struct answer a = send(s, "source=tool", "[" ROW("A-1", "") "]");

    ck_numbers(s, &a, 201, "1 0 0 0 0");
    if (cases[i].before != NULL)
        sql_do(s->w, "%s", cases[i].before);
    mend_week(s);
    clock_fake(clock_wall_us() + 2000000); /* the worker asks for projects again */
    const char *before = counts(s);
    char *body = talloc_asprintf(s, "[%s]", cases[i].row);
    a = send(s, "source=tool&dry_run=true", body);
    ck_numbers(s, &a, 200, cases[i].numbers);
    ck_assert_str_eq(counts(s), before);
    if (cases[i].code != NULL) {
        a = send(s, "source=tool", body);
        ck_problem(a, 422, "upload-refused");
        ck_assert_str_eq(numbers(s, &a), cases[i].numbers);
        ck_tells(a, talloc_asprintf(s, "\"code\":\"%s\"", cases[i].code));
        ck_assert_str_eq(counts(s), before);
    }
    a = send(s, mode, body);
    ck_assert_msg(strcmp(numbers(s, &a), cases[i].numbers) == 0, "%s: %s", cases[i].name, a.body);
    ck_assert_msg(strcmp(entry_now(s), cases[i].after) == 0, "%s: %s", cases[i].name, entry_now(s));
    ck_assert_str_eq(sql_ask(s->w, "SELECT COUNT(*) FROM entry WHERE decided_by IS NOT NULL"),
                     strncmp(cases[i].after, "2 ", 2) == 0 ? "1" : "0");
    site_close(s);
}

START_TEST(each_case_of_rule_9)
{
    check_case((size_t)_i);
}
END_TEST

/* --- many rows ------------------------------------------------------------------------------------------ */

enum { PEOPLE = 600 };

static struct str many(struct site *s, int count, int people, int minutes)
{
    struct buf b;

    buf_init(&b, s, 1 << 22);
    for (int i = 0; i < count; i++)
        buf_printf(&b,
                   "{\"user_id\":\"P-%d\",\"date\":\"2040-11-%02d\",\"project\":\"OTHER\","
                   "\"minutes\":%d,\"external_id\":\"P-%d %d\"}\n",
                   i % people, 1 + i / people % 25, minutes, i % people, i);
    ck_assert_int_eq(b.status, STATUS_OK);
    buf_add_char(&b, '\0');
    return buf_str(&b);
}

static void add_people(struct site *s)
{
    for (int i = 0; i < PEOPLE; i++)
        sql_do(s->w,
               "INSERT INTO person (user_id, kind, employee_number, created_at)"
               " VALUES ('P-%d', 1, 'P-%d', NOW(6))",
               i, i);
}

static struct answer send_lines(struct site *s, const char *query, const char *key, struct str body)
{
    return ASK(s, .method = "POST", .path = UPLOAD, .query = query, .token = robot(s),
               .body = body.data, .type = "application/x-ndjson", .key = key);
}

/* More people than are remembered without any of them taking the place of another. */
START_TEST(every_row_is_its_own_persons)
{
    struct site *s = open_site();
    const char *query = "source=tool&mode=partial";

    add_people(s);
    struct answer a = send_lines(s, query, NULL, many(s, 1300, PEOPLE, 1));
    ck_numbers(s, &a, 201, "1300 0 0 0 0");
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry e JOIN person p ON p.id ="
                                      " e.person_id WHERE LOCATE(CONCAT(p.employee_number, ' '),"
                                      " e.external_id) <> 1"),
                     0);
    a = send_lines(s, "source=tool", NULL, many(s, 1300, PEOPLE, 1));
    ck_numbers(s, &a, 200, "0 0 1300 0 0");
    a = send_lines(s, "source=tool", NULL, many(s, 1300, PEOPLE, 2));
    ck_numbers(s, &a, 200, "0 1300 0 0 0");
    /* three transactions of 500 and one of all */
    ck_assert_int_eq(sql_number(s->w, "SELECT MAX(version) FROM week"), 4);
    site_close(s);
}
END_TEST

/* The second transaction fails: what the first has stored stays, and the same key goes on after it. */
START_TEST(an_upload_that_was_broken_off_goes_on_under_its_key)
{
    struct site *s = open_site();
    const char *key = "0123456789abcdef", *query = "source=tool&mode=partial";
    struct str body;

    add_people(s);
    body = many(s, 1200, 7, 1);
    sql_do(s->w, "CREATE TRIGGER stop BEFORE INSERT ON upload_row FOR EACH ROW BEGIN"
                 " IF NEW.row_no > 500 THEN SIGNAL SQLSTATE '45000'; END IF; END");
    struct answer a = send_lines(s, query, key, body);
    ck_problem(a, 500, "internal");
    ck_assert_str_eq(
        sql_ask(s->w, "SELECT CONCAT_WS(' ', state, received, done, created) FROM upload"),
        "0 1200 500 500");
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry"), 500);
    a = ASK(s, .method = "GET", .path = "/api/uploads", .token = robot(s));
    ck_tells(a, "\"state\":\"running\"");
    sql_do(s->w, "DROP TRIGGER stop");
    a = send_lines(s, query, key, body);
    ck_numbers(s, &a, 201, "1200 0 0 0 0");
    ck_assert_view(api_header(&a, "Idempotency-Replayed"), "true");
    ck_tells(a, "{\"row\":1,");
    ck_tells(a, "{\"row\":1200,");
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry"), 1200);
    struct answer again = send_lines(s, query, key, body);
    ck_status(again, 201);
    ck_assert_str_eq(again.body, a.body);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM upload"), 1);
    a = send_lines(s, query, key, many(s, 1199, 7, 1));
    ck_problem(a, 422, "idempotency-key-reused");
    site_close(s);
}
END_TEST

START_TEST(an_atomic_upload_that_fails_leaves_nothing)
{
    struct site *s = open_site();

    add_people(s);
    sql_do(s->w, "CREATE TRIGGER stop BEFORE INSERT ON upload_row FOR EACH ROW BEGIN"
                 " IF NEW.row_no > 1100 THEN SIGNAL SQLSTATE '45000'; END IF; END");
    const char *before = counts(s);
    struct answer a = send_lines(s, "source=tool", "0123456789abcdef", many(s, 1200, 7, 1));
    ck_problem(a, 500, "internal");
    ck_assert_str_eq(counts(s), before);
    sql_do(s->w, "DROP TRIGGER stop");
    a = send_lines(s, "source=tool", "0123456789abcdef", many(s, 1200, 7, 1));
    ck_numbers(s, &a, 201, "1200 0 0 0 0");
    ck_assert_view(api_header(&a, "Idempotency-Replayed"), "");
    site_close(s);
}
END_TEST

START_TEST(an_external_id_that_comes_again_finds_what_the_row_before_has_done)
{
    struct site *s = open_site();
    const char *gone = "{\"external_id\":\"A-1\",\"deleted\":true}";
    char *body = talloc_asprintf(s, "[%s,%s,%s,%s,%s,%s]", ROW("A-1", ""), ROW("A-1", ""),
                                 ROW("A-1", ",\"note\":\"b\""), gone, gone, ROW("A-1", ""));

    for (int i = 0; i < 2; i++) {
        struct answer a = send(s, i == 0 ? "source=tool" : "source=tool&mode=partial", body);
        ck_numbers(s, &a, 201, "2 1 2 1 0");
        ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry"), 1);
        a = send(s, "source=tool", talloc_asprintf(s, "[%s]", gone));
        ck_numbers(s, &a, 200, "0 0 0 1 0");
    }
    site_close(s);
}
END_TEST

START_TEST(a_move_to_another_week_or_person_leaves_both_weeks_right)
{
    struct site *s = open_site();
    struct answer a = send(s, "source=tool", "[" ROW("A-1", "") "]");
    int64_t id = sql_number(s->w, "SELECT id FROM entry");

    a = send(s, "source=tool",
             "[{\"user_id\":\"002\",\"date\":\"2040-11-19\",\"project\":\"OTHER\",\"minutes\":60,"
             "\"external_id\":\"A-1\"}]");
    ck_numbers(s, &a, 200, "0 1 0 0 0");
    ck_assert_int_eq(sql_number(s->w, "SELECT id FROM entry"), id);
    ck_assert_str_eq(sql_ask(s->w, "SELECT GROUP_CONCAT(action ORDER BY week, seq) FROM event"
                                   " WHERE week > 100"),
                     "7,7,4"); /* uploaded in the new week; uploaded and moved out of the old one */
    a = send(s, "source=tool",
             "[{\"user_id\":\"003\",\"date\":\"2040-11-19\",\"project\":\"OTHER\",\"minutes\":60,"
             "\"external_id\":\"A-1\"}]");
    ck_numbers(s, &a, 200, "0 1 0 0 0");
    ck_assert_int_ne(sql_number(s->w, "SELECT id FROM entry"), id);
    ck_assert_int_eq(sql_number(s->w, "SELECT person_id FROM entry"), 3);
    ck_assert_int_eq(
        sql_number(s->w, "SELECT COUNT(*) FROM entry_deleted WHERE id = %lld", (long long)id), 1);
    site_close(s);
}
END_TEST

/* --- who, and in which form ------------------------------------------------------------------------------- */

START_TEST(sources_belong_to_their_client)
{
    struct site *s = open_site();
    const char *body = "[" ROW("A-1", "") "]";
    struct answer a = send(s, "source=other", body);

    ck_problem(a, 403, "no-source");
    a = send(s, "source=Tool", body);
    ck_problem(a, 403, "no-source");
    a = send(s, NULL, body);
    ck_numbers(s, &a, 201, "1 0 0 0 0"); /* it has just one */
    sql_do(s->w, "UPDATE source SET client = 7");
    a = send(s, NULL, body);
    ck_problem(a, 403, "no-source");
    sql_do(s->w, "UPDATE source SET client = 2147483648");
    a = send(s, NULL, body);
    ck_problem(a, 422, "validation");
    ck_tells(a, "\"pointer\":\"?source\",\"code\":\"required\"");
    sql_do(s->w, "UPDATE source SET client = 7");
    a = ASK(s, .method = "POST", .path = UPLOAD, .query = "mode=partial",
            .token = LOGIN(s, .sub = "auth0|bob", .scope = SCOPES_ALL), .body = body);
    ck_numbers(s, &a, 200, "0 0 0 0 1");
    ck_tells(a, "\"code\":\"source-required\"");
    site_close(s);
}
END_TEST

START_TEST(one_object_is_answered_with_the_entry)
{
    struct site *s = open_site();
    const char *key = "0123456789abcdef";
    struct ask q = {.method = "POST",
                    .path = UPLOAD,
                    .query = "source=tool",
                    .token = robot(s),
                    .body = ROW("A-1", ""),
                    .key = key};
    struct answer a = api_ask(s, q);

    ck_status(a, 201);
    ck_assert_view(api_header(&a, "ETag"), "\"e1\"");
    ck_assert_view(api_header(&a, "Location"),
                   talloc_asprintf(s, "/api/timesheets/%s", sql_ask(s->w, "SELECT id FROM entry")));
    ck_tells(a, "\"user_id\":\"bob@abc.example\"");
    struct answer again = api_ask(s, q);
    ck_status(again, 201);
    ck_assert_str_eq(again.body, a.body);
    ck_assert_view(api_header(&again, "Idempotency-Replayed"), "true");
    a = send(s, "source=tool", ROW("A-1", ",\"hours\":2"));
    ck_problem(a, 422, "validation");
    ck_tells(a, "\"pointer\":\"/hours\"");
    sql_do(s->w, "UPDATE entry SET status = 2, decided_by = 1");
    mend_week(s);
    a = send(s, "source=tool", ROW("A-1", ",\"note\":\"new\""));
    ck_problem(a, 409, "approved");
    site_close(s);
}
END_TEST

/* --- past uploads ------------------------------------------------------------------------------------------- */

START_TEST(past_uploads_are_their_senders_and_the_admins)
{
    struct site *s = open_site();
    const char *admin = LOGIN(s, .sub = "auth0|root", .scope = "admin:timesheets");
    struct answer a =
        send(s, "source=tool&mode=partial", "[" ROW("A-1", "") "," ROW("A-2", ",\"hours\":2") "]");
    ck_numbers(s, &a, 201, "1 0 0 0 1");
    const char *path =
        talloc_asprintf(s, "/api/uploads/%lld", (long long)number_of(&a, "upload_id"));

    struct answer read = ASK(s, .method = "GET", .path = path, .token = robot(s));
    ck_assert_str_eq(read.body, a.body);
    read = ASK(s, .method = "GET", .path = path, .query = "outcome=rejected", .token = admin);
    ck_status(read, 200);
    ck_tells(read, "\"rows\":[{\"row\":2,");
    read = ASK(s, .method = "GET", .path = path,
               .token = LOGIN(s, .sub = "auth0|bob", .scope = SCOPES_EMPLOYEE " batch:upload"));
    ck_problem(read, 404, "not-found");
    read = ASK(s, .method = "GET", .path = "/api/uploads", .token = admin);
    ck_tells(read, "\"state\":\"finished\"");
    site_close(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_row_is_its_own_persons,
        an_upload_that_was_broken_off_goes_on_under_its_key,
        an_atomic_upload_that_fails_leaves_nothing,
        an_external_id_that_comes_again_finds_what_the_row_before_has_done,
        a_move_to_another_week_or_person_leaves_both_weeks_right,
        sources_belong_to_their_client,
        one_object_is_answered_with_the_entry,
        past_uploads_are_their_senders_and_the_admins};
    Suite *suite = suite_create("upload_run");
    TCase *tcase = tcase_create("upload_run");

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, each_case_of_rule_9, 0, sizeof cases / sizeof cases[0]);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
