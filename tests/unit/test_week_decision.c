/* GET /people/{id}/weeks/{week} and PUT .../decision: weeks in every state, rules 6, 7 and 12, locks,
 * repeats. */
#include "decision_fixture.h"

#define APPROVED_BODY "{\"decision\":\"approved\"}"
#define REJECTED_BODY "{\"decision\":\"rejected\",\"reason\":\"Which part?\"}"
#define REOPENED_BODY "{\"decision\":\"reopened\",\"reason\":\"Wrong customer\"}"

static const char *week_path(struct office *o, int64_t person_id, const char *week)
{
    return talloc_asprintf(o->s, "/api/people/%lld/weeks/%s", (long long)person_id, week);
}

static const char *decision_path(struct office *o, int64_t person_id, const char *week)
{
    return talloc_asprintf(o->s, "%s/decision", week_path(o, person_id, week));
}

#define READ_WEEK(o, who, week, ...)                                                               \
    ASK((o)->s, .method = "GET", .path = week_path((o), (o)->ann_id, (week)), .token = (who),      \
        __VA_ARGS__)
#define DECIDE_WEEK(o, who, week, ...)                                                             \
    ASK((o)->s, .method = "PUT", .path = decision_path((o), (o)->ann_id, (week)), .token = (who),  \
        __VA_ARGS__)

/* The tag of Ann's week as it is now. */
static const char *tag_of(struct office *o, const char *week)
{
    struct answer a = READ_WEEK(o, o->mia, week);
    struct str tag = api_header(&a, "ETag");

    ck_status(a, 200);
    return talloc_strndup(o->s, tag.data, tag.len);
}

static struct answer decide_now(struct office *o, const char *who, const char *week,
                                const char *body)
{
    return DECIDE_WEEK(o, who, week, .body = body, .if_match = tag_of(o, week));
}

/* A Monday of a week of its own for each test case, and its name. */
struct some_week {
    char monday[DATE_TEXT_LEN + 1], name[WEEK_TEXT_LEN + 1];
    int32_t number;
};

static struct some_week week_number(int index)
{
    struct date monday = {day("2039-01-03").days + WEEK_DAYS * index};
    struct some_week week = {.number = week_of(monday).number};

    date_format(monday, week.monday);
    week_format(week_of(monday), week.name);
    return week;
}

static int64_t entry_there(struct office *o, const struct some_week *week, enum entry_status status)
{
    int64_t id = made(o, o->ann, week->monday, status == ENTRY_DRAFT ? "draft" : "submitted");

    if (status == ENTRY_APPROVED || status == ENTRY_REJECTED) {
        struct answer a =
            DECIDE(o, o->max, id, .body = status == ENTRY_APPROVED ? "{}" : REJECT_BODY);
        ck_status(a, 200);
    }
    return id;
}

/* D, S, A, R for each of the week's entries, in the order they were made. */
static const char *statuses_of(struct office *o, const struct some_week *week)
{
    return sql_ask(
        o->s->w,
        "SELECT COALESCE(GROUP_CONCAT(SUBSTR('DSAR', status + 1, 1) ORDER BY id SEPARATOR"
        " ''), '') FROM entry WHERE person_id = %d AND YEARWEEK(work_date, 3) = %d",
        (int)o->ann_id, (int)week->number);
}

static void make_week(struct office *o, const struct some_week *week, const char *statuses)
{
    static const char letters[] = "DSAR";

    for (const char *at = statuses; *at != '\0'; at++)
        (void)entry_there(o, week, (enum entry_status)(strchr(letters, *at) - letters));
    ck_assert_str_eq(statuses_of(o, week), statuses);
}

/* A week without entries of which something was said: by SQL, as nothing else is in the way. */
static void make_empty(struct office *o, const struct some_week *week, enum entry_status said)
{
    sql_do(o->s->w,
           "INSERT INTO week (person_id, week, head, empty_status, reason, decided_by) VALUES"
           " (%d, %d, REPEAT(X'00', 32), %d, '%s', %s)",
           (int)o->ann_id, (int)week->number, (int)said, said == ENTRY_REJECTED ? "why" : "",
           said == ENTRY_SUBMITTED ? "NULL" : talloc_asprintf(o->s, "%d", (int)o->max_id));
}

/* --- GET --------------------------------------------------------------------------------------------- */

START_TEST(rule_12_a_week_of_somebody_else_is_shown_without_drafts)
{
    struct office o = office_open();
    int64_t draft = entry_in(&o, ENTRY_DRAFT), submitted = entry_in(&o, ENTRY_SUBMITTED);
    struct answer a = READ_WEEK(&o, o.mia, "2040-W48");

    ck_status(a, 200);
    ck_has(a, "\"user_id\":\"ann@abc.example\"");
    ck_has(a, "\"state\":\"open\""); /* there is a draft, but not what it says */
    ck_has(a, "\"minutes\":60,");
    ck_has(a, talloc_asprintf(o.s, "\"id\":%lld", (long long)submitted));
    ck_assert_ptr_null(strstr(a.body, talloc_asprintf(o.s, "\"id\":%lld", (long long)draft)));
    ck_assert_view(api_header(&a, "ETag"), "\"w2\"");
    a = READ_WEEK(&o, o.mia, "2040-W47");
    ck_status(a, 200);
    ck_assert_view(api_header(&a, "ETag"), "\"w0\"");
    office_close(&o);
}
END_TEST

START_TEST(one_s_own_week_is_shown_with_its_drafts)
{
    struct office o = office_open();
    int64_t draft = made(&o, o.mia, "2040-11-26", "draft");
    struct answer a =
        ASK(o.s, .method = "GET", .path = week_path(&o, o.mia_id, "2040-W48"), .token = o.mia);
    struct answer own = ASK(o.s, .method = "GET", .path = "/api/weeks/2040-W48", .token = o.mia);

    ck_status(a, 200);
    ck_assert_str_eq(a.body, own.body);
    ck_has(a, talloc_asprintf(o.s, "\"id\":%lld", (long long)draft));
    office_close(&o);
}
END_TEST

START_TEST(a_week_that_has_not_changed_is_304)
{
    struct office o = office_open();

    (void)entry_in(&o, ENTRY_SUBMITTED);
    struct answer a = READ_WEEK(&o, o.mia, "2040-W48", .if_none_match = "W/\"w1\"");
    ck_status(a, 304);
    (void)entry_in(&o, ENTRY_SUBMITTED);
    a = READ_WEEK(&o, o.mia, "2040-W48", .if_none_match = "W/\"w1\"");
    ck_status(a, 200);
    office_close(&o);
}
END_TEST

START_TEST(a_person_or_week_that_is_not_there_is_404)
{
    struct office o = office_open();
    static const char *const paths[] = {
        "/api/people/999999/weeks/2040-W48",     "/api/people/ann@abc.example/weeks/2040-W48",
        "/api/people/0/weeks/2040-W48",          "/api/people/01/weeks/2040-W48",
        "/api/people/1/weeks/2040-W53",          "/api/people/1/weeks/204048",
        "/api/people/4294967297/weeks/2040-W48",
    };

    (void)entry_in(&o, ENTRY_SUBMITTED);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct answer a = ASK(o.s, .method = "GET", .path = paths[i], .token = o.mia);
        ck_problem(a, 404, "not-found");
        a = ASK(o.s, .method = "PUT", .path = talloc_asprintf(o.s, "%s/decision", paths[i]),
                .token = o.mia, .body = APPROVED_BODY, .if_match = "\"w1\"");
        ck_problem(a, 404, "not-found");
    }
    struct answer a = READ_WEEK(&o, o.ann, "2040-W48"); /* even one's own */
    ck_problem(a, 403, "insufficient-scope");
    a = DECIDE_WEEK(&o, o.ann, "2040-W48", .body = APPROVED_BODY, .if_match = "\"w1\"");
    ck_problem(a, 403, "insufficient-scope");
    office_close(&o);
}
END_TEST

/* --- the states --------------------------------------------------------------------------------------- */

START_TEST(every_kind_of_week_decided_every_way)
{
    struct office o = office_open();
    static const struct {
        const char *entries, *body;
        int status;
        const char *slug, *after; /* NULL: as before */
    } cases[] = {
        {"S", APPROVED_BODY, 200, NULL, "A"},
        {"SSS", APPROVED_BODY, 200, NULL, "AAA"},
        {"AS", APPROVED_BODY, 200, NULL, "AA"},
        {"A", APPROVED_BODY, 200, NULL, NULL},
        {"D", APPROVED_BODY, 409, "not-submitted", NULL},
        {"DS", APPROVED_BODY, 409, "not-submitted", NULL},
        {"DA", APPROVED_BODY, 409, "not-submitted", NULL},
        {"R", APPROVED_BODY, 409, "not-submitted", NULL},
        {"RSA", APPROVED_BODY, 409, "not-submitted", NULL},
        {"", APPROVED_BODY, 409, "not-submitted", NULL},
        {"S", REJECTED_BODY, 200, NULL, "R"},
        {"SS", REJECTED_BODY, 200, NULL, "RR"},
        {"AS", REJECTED_BODY, 200, NULL, "AR"}, /* what was approved stands */
        {"A", REJECTED_BODY, 409, "approved", NULL},
        {"D", REJECTED_BODY, 409, "not-submitted", NULL},
        {"DS", REJECTED_BODY, 409, "not-submitted", NULL},
        {"R", REJECTED_BODY, 200, NULL, NULL},
        {"RSA", REJECTED_BODY, 200, NULL, NULL},
        {"", REJECTED_BODY, 409, "not-submitted", NULL},
        {"A", REOPENED_BODY, 200, NULL, "R"},
        {"DSAR", REOPENED_BODY, 200, NULL, "DSRR"},
        {"DSR", REOPENED_BODY, 200, NULL, NULL},
        {"S", REOPENED_BODY, 200, NULL, NULL},
        {"", REOPENED_BODY, 200, NULL, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct some_week week = week_number((int)i);
        make_week(&o, &week, cases[i].entries);
        const char *after = cases[i].after == NULL ? cases[i].entries : cases[i].after;
        int64_t before = events(&o);
        struct answer a = decide_now(&o, o.mia, week.name, cases[i].body);
        ck_assert_msg(a.status == cases[i].status, "case %zu, %s %s: %d %s", i, cases[i].entries,
                      cases[i].body, a.status, a.body);
        if (cases[i].slug != NULL)
            ck_has(a, talloc_asprintf(o.s, "#%s\"", cases[i].slug));
        ck_assert_str_eq(statuses_of(&o, &week), after);
        ck_assert_int_eq(events(&o) - before, cases[i].after != NULL);
        if (a.status == 200) { /* the reply is the week as it now is */
            struct answer read = READ_WEEK(&o, o.mia, week.name);
            ck_assert_str_eq(read.body, a.body);
            struct str tag = api_header(&a, "ETag");
            ck_assert(str_eq(api_header(&read, "ETag"), tag));
        }
    }
    office_close(&o);
}
END_TEST

START_TEST(every_kind_of_empty_week_decided_every_way)
{
    struct office o = office_open();
    static const struct {
        enum entry_status said;
        const char *body;
        int status;
        const char *slug;
        const char *after, *reason; /* after NULL: as before */
    } cases[] = {
        {ENTRY_SUBMITTED, APPROVED_BODY, 200, NULL, "approved", NULL},
        {ENTRY_SUBMITTED, REJECTED_BODY, 200, NULL, "rejected", "Which part?"},
        {ENTRY_SUBMITTED, REOPENED_BODY, 200, NULL, NULL, NULL},
        {ENTRY_APPROVED, APPROVED_BODY, 200, NULL, NULL, NULL},
        {ENTRY_APPROVED, REJECTED_BODY, 409, "approved", NULL, NULL},
        {ENTRY_APPROVED, REOPENED_BODY, 200, NULL, "rejected", "Wrong customer"},
        {ENTRY_REJECTED, APPROVED_BODY, 409, "not-submitted", NULL, NULL},
        {ENTRY_REJECTED, REJECTED_BODY, 200, NULL, NULL, NULL},
        {ENTRY_REJECTED, REOPENED_BODY, 200, NULL, NULL, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct some_week week = week_number((int)i);
        make_empty(&o, &week, cases[i].said);
        int64_t before = events(&o);
        struct answer a = decide_now(&o, o.mia, week.name, cases[i].body);
        ck_assert_msg(a.status == cases[i].status, "case %zu: %d %s", i, a.status, a.body);
        if (cases[i].slug != NULL)
            ck_has(a, talloc_asprintf(o.s, "#%s\"", cases[i].slug));
        ck_assert_int_eq(events(&o) - before, cases[i].after != NULL);
        struct answer read = READ_WEEK(&o, o.mia, week.name);
        const char *state =
            cases[i].after != NULL ? cases[i].after : entry_status_names[cases[i].said];
        ck_has(read, talloc_asprintf(o.s, "\"state\":\"%s\"", state));
        if (a.status == 200)
            ck_assert_str_eq(read.body, a.body);
        if (cases[i].reason != NULL)
            ck_has(read, talloc_asprintf(o.s, "\"reason\":\"%s\"", cases[i].reason));
        if (cases[i].after != NULL)
            ck_assert_int_eq(
                sql_number(o.s->w, "SELECT decided_by FROM week WHERE week = %d", (int)week.number),
                o.mia_id);
    }
    office_close(&o);
}
END_TEST

START_TEST(a_decision_is_one_event_with_what_was_and_the_reply)
{
    struct office o = office_open();
    const struct some_week week = week_number(0);

    make_week(&o, &week, "ASS");
    struct answer a = decide_now(&o, o.mia, week.name, REJECTED_BODY);
    ck_status(a, 200);
    ck_has(a, "\"state\":\"rejected\"");
    const char *where = talloc_asprintf(
        o.s, "action = %d AND actor_id = %d AND person_id = %d AND week = %d AND entry_id IS NULL",
        EVENT_WEEK_REJECTED, (int)o.mia_id, (int)o.ann_id, (int)week.number);
    ck_assert_int_eq(sql_number(o.s->w, "SELECT COUNT(*) FROM event WHERE %s", where), 1);
    ck_assert_str_eq(
        talloc_asprintf(
            o.s, "%s\n",
            sql_ask(o.s->w, "SELECT CAST(after_json AS CHAR) FROM event WHERE %s", where)),
        a.body);
    /* the two that changed, as they were */
    ck_assert_int_eq(
        sql_number(o.s->w, "SELECT JSON_LENGTH(before_json) FROM event WHERE %s", where), 2);
    ck_assert_str_eq(
        sql_ask(o.s->w,
                "SELECT GROUP_CONCAT(CONCAT_WS(' ', j.status, j.version)) FROM event,"
                " JSON_TABLE(before_json, '$[*]' COLUMNS (status VARCHAR(20) PATH '$.status',"
                " version INT PATH '$.version')) j WHERE %s",
                where),
        "submitted 1,submitted 1");
    ck_assert_str_eq(sql_ask(o.s->w,
                             "SELECT GROUP_CONCAT(CONCAT_WS(' ', version, decided_by = %d, reason,"
                             " decided_at = updated_at) ORDER BY id) FROM entry",
                             (int)o.mia_id),
                     "2 0  1,2 1 Which part? 1,2 1 Which part? 1");
    office_close(&o);
}
END_TEST

START_TEST(the_roll_up_is_right_after_a_mix_of_decisions)
{
    struct office o = office_open();
    const struct some_week week = week_number(0);
    int64_t one = entry_there(&o, &week, ENTRY_SUBMITTED);
    int64_t two = entry_there(&o, &week, ENTRY_SUBMITTED);
    struct answer a = DECIDE(&o, o.mia, one, .body = "{}");

    ck_status(a, 200);
    a = READ_WEEK(&o, o.mia, week.name);
    ck_has(a, "\"state\":\"submitted\"");
    a = DECIDE(&o, o.max, two, .body = "{}");
    ck_status(a, 200);
    a = READ_WEEK(&o, o.mia, week.name);
    ck_has(a, "\"state\":\"approved\"");
    int64_t three = entry_there(&o, &week, ENTRY_SUBMITTED); /* a week never refuses an entry */
    a = READ_WEEK(&o, o.mia, week.name);
    ck_has(a, "\"state\":\"submitted\"");
    a = DECIDE(&o, o.max, three, .body = REJECT_BODY);
    ck_status(a, 200);
    a = READ_WEEK(&o, o.mia, week.name);
    ck_has(a, "\"state\":\"rejected\"");
    a = decide_now(&o, o.mia, week.name, REOPENED_BODY);
    ck_status(a, 200);
    ck_assert_str_eq(statuses_of(&o, &week), "RRR");
    ck_assert_str_eq(sql_ask(o.s->w, "SELECT GROUP_CONCAT(reason ORDER BY id) FROM entry"),
                     "Wrong customer,Wrong customer,Which part?");
    office_close(&o);
}
END_TEST

/* --- who --------------------------------------------------------------------------------------------- */

START_TEST(rule_6_nobody_decides_their_own_week)
{
    struct office o = office_open();
    static const char *const bodies[] = {APPROVED_BODY, REJECTED_BODY, REOPENED_BODY};

    (void)made(&o, o.mia, "2040-11-26", "submitted");
    for (size_t i = 0; i < 3; i++) {
        struct answer a = ASK(o.s, .method = "PUT", .path = decision_path(&o, o.mia_id, "2040-W48"),
                              .token = o.mia, .body = bodies[i], .if_match = "\"w1\"");
        ck_problem(a, 403, "self-approval");
        a = ASK(o.s, .method = "PUT", .path = decision_path(&o, o.mia_id, "2040-W30"),
                .token = o.mia, .body = bodies[i], .if_match = "\"w0\"");
        ck_problem(a, 403, "self-approval");
    }
    ck_assert_int_eq(sql_number(o.s->w, "SELECT status FROM entry"), ENTRY_SUBMITTED);
    office_close(&o);
}
END_TEST

START_TEST(rule_6_who_last_edited_one_entry_decides_nothing_of_its_week)
{
    struct office o = office_open();
    static const struct {
        const char *entries; /* the first was edited by Mia */
        const char *body;
        int status;
        const char *after;
    } cases[] = {
        {"SSS", APPROVED_BODY, 403, "SSS"}, {"SS", REJECTED_BODY, 403, "SS"},
        {"AA", REOPENED_BODY, 403, "AA"},   {"AS", APPROVED_BODY, 200, "AA"},
        {"SA", REOPENED_BODY, 200, "SR"}, /* hers is not decided by it */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct some_week week = week_number((int)i);
        make_week(&o, &week, cases[i].entries);
        sql_do(
            o.s->w,
            "UPDATE entry SET edited_by = %d WHERE YEARWEEK(work_date, 3) = %d ORDER BY id LIMIT 1",
            (int)o.mia_id, (int)week.number);
        int64_t before = events(&o);
        struct answer a = decide_now(&o, o.mia, week.name, cases[i].body);
        ck_status(a, cases[i].status);
        if (a.status == 403)
            ck_problem(a, 403, "four-eyes");
        ck_assert_str_eq(statuses_of(&o, &week), cases[i].after);
        ck_assert_int_eq(events(&o) - before, a.status == 200);
        a = decide_now(&o, o.max, week.name, cases[i].body); /* another pair of eyes */
        ck_status(a, 200);
    }
    office_close(&o);
}
END_TEST

START_TEST(a_machine_decides_no_week)
{
    struct office o = office_open();
    const char *robot = LOGIN(o.s, .sub = "robot@clients", .scope = SCOPES_ALL, .machine = true);

    (void)entry_in(&o, ENTRY_SUBMITTED);
    struct answer a =
        DECIDE_WEEK(&o, robot, "2040-W48", .body = APPROVED_BODY, .if_match = "\"w1\"");
    ck_problem(a, 403, "person-required");
    a = READ_WEEK(&o, robot, "2040-W48");
    ck_problem(a, 403, "person-required");
    office_close(&o);
}
END_TEST

/* --- which version ------------------------------------------------------------------------------------ */

START_TEST(rule_7_a_decision_names_the_version_that_was_seen)
{
    struct office o = office_open();
    int64_t id = entry_in(&o, ENTRY_SUBMITTED), other = entry_in(&o, ENTRY_SUBMITTED);
    struct answer a = DECIDE_WEEK(&o, o.mia, "2040-W48", .body = APPROVED_BODY);

    ck_problem(a, 428, "precondition-required");
    a = DECIDE_WEEK(&o, o.mia, "2040-W48", .body = APPROVED_BODY, .if_match = "*");
    ck_problem(a, 428, "precondition-required"); /* any version is none */
    /* whatever changes, what was seen is not what is there */
    const struct {
        const char *name, *method, *path, *body, *if_match, *token;
        int status;
    } changes[] = {
        {"a new entry", "POST", "/api/timesheets", ENTRY_BODY, NULL, o.ann, 201},
        {"a new draft", "POST", "/api/timesheets",
         "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":1,\"status\":\"draft\"}",
         NULL, o.ann, 201},
        {"other minutes", "PATCH", entry_path(o.s, id), "{\"minutes\":480}", "\"e1\"", o.ann, 200},
        {"another note", "PATCH", entry_path(o.s, id), "{\"note\":\"x\"}", "\"e2\"", o.ann, 200},
        {"away", "PATCH", entry_path(o.s, id), "{\"date\":\"2040-11-19\"}", "\"e3\"", o.ann, 200},
        {"and back", "PATCH", entry_path(o.s, id), "{\"date\":\"2040-11-26\"}", "\"e4\"", o.ann,
         200},
        {"a decision", "PUT", approval_path(&o, other), "{}", NULL, o.max, 200},
        {"one less", "DELETE", entry_path(o.s, id), NULL, "\"e5\"", o.ann, 204},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const char *seen = tag_of(&o, "2040-W48");
        a = ASK(o.s, .method = changes[i].method, .path = changes[i].path,
                .token = changes[i].token, .body = changes[i].body,
                .if_match = changes[i].if_match);
        ck_assert_msg(a.status == changes[i].status, "%s: %s", changes[i].name, a.body);
        int64_t before = events(&o);
        a = DECIDE_WEEK(&o, o.mia, "2040-W48", .body = APPROVED_BODY, .if_match = seen);
        ck_assert_msg(a.status == 412, "%s: %d %s", changes[i].name, a.status, a.body);
        ck_assert_int_eq(events(&o), before);
    }
    a = DECIDE_WEEK(&o, o.mia, "2040-W48", .body = APPROVED_BODY, .if_match = "\"e9\"");
    ck_problem(a, 412, "version-mismatch");
    office_close(&o);
}
END_TEST

/* nginx sends a PUT again after the worker that had it died. */
START_TEST(a_repeated_decision_answers_as_the_first)
{
    struct office o = office_open();
    static const struct {
        const char *entries, *body, *other;
    } cases[] = {
        {"S", APPROVED_BODY, REJECTED_BODY},
        {"SS", REJECTED_BODY, "{\"decision\":\"rejected\",\"reason\":\"Another one\"}"},
        {"AS", REOPENED_BODY, "{\"decision\":\"reopened\",\"reason\":\"Another one\"}"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct some_week week = week_number((int)i);
        make_week(&o, &week, cases[i].entries);
        const char *seen = tag_of(&o, week.name);
        struct answer first =
            DECIDE_WEEK(&o, o.mia, week.name, .body = cases[i].body, .if_match = seen);
        ck_status(first, 200);
        int64_t before = events(&o);
        struct answer again =
            DECIDE_WEEK(&o, o.mia, week.name, .body = cases[i].body, .if_match = seen);
        ck_status(again, 200);
        ck_assert_str_eq(again.body, first.body);
        again = DECIDE_WEEK(&o, o.mia, week.name, .body = cases[i].other, .if_match = seen);
        ck_problem(again, 412, "version-mismatch");
        ck_assert_int_eq(events(&o), before);
        (void)entry_there(&o, &week, ENTRY_SUBMITTED);
        again = DECIDE_WEEK(&o, o.mia, week.name, .body = cases[i].body, .if_match = seen);
        ck_problem(again, 412, "version-mismatch");
    }
    const struct some_week week = week_number(5);
    make_empty(&o, &week, ENTRY_SUBMITTED);
    for (int i = 0; i < 2; i++) {
        struct answer a =
            DECIDE_WEEK(&o, o.mia, week.name, .body = REJECTED_BODY, .if_match = "\"w0\"");
        ck_status(a, 200);
        ck_assert_view(api_header(&a, "ETag"), "\"w1\"");
    }
    office_close(&o);
}
END_TEST

START_TEST(a_keyed_decision_replays)
{
    struct office o = office_open();
    const char *key = "key-0123456789abcdef";
    const struct some_week week = week_number(0);

    make_week(&o, &week, "SS");
    const char *seen = tag_of(&o, week.name);
    struct answer first =
        DECIDE_WEEK(&o, o.mia, week.name, .body = APPROVED_BODY, .if_match = seen, .key = key);
    ck_status(first, 200);
    (void)entry_there(&o, &week, ENTRY_SUBMITTED);
    int64_t before = events(&o);
    struct answer again =
        DECIDE_WEEK(&o, o.mia, week.name, .body = APPROVED_BODY, .if_match = seen, .key = key);
    ck_status(again, 200);
    ck_assert_str_eq(again.body, first.body);
    ck_assert_view(api_header(&again, "ETag"), "\"w3\"");
    ck_assert_view(api_header(&again, "Idempotency-Replayed"), "true");
    ck_assert(again.trace.replayed);
    again =
        DECIDE_WEEK(&o, o.mia, week.name, .body = REOPENED_BODY, .if_match = "\"w4\"", .key = key);
    ck_problem(again, 422, "idempotency-key-reused");
    ck_assert_int_eq(events(&o), before);
    office_close(&o);
}
END_TEST

/* --- locks, mistakes ------------------------------------------------------------------------------------ */

START_TEST(a_week_with_a_locked_day_is_decided_unless_that_would_change_it)
{
    struct office o = office_open();
    static const struct {
        const char *days[2]; /* status and weekday of two entries */
        int locked_days;
        const char *body;
        int status;
    } cases[] = {
        {{"S1", "S2"}, 1, APPROVED_BODY, 409}, {{"S1", "S2"}, 0, APPROVED_BODY, 200},
        {{"A1", "S2"}, 1, APPROVED_BODY, 200}, /* the locked one does not change */
        {{"A1", "S2"}, 2, APPROVED_BODY, 409}, {{"A1", "S2"}, 2, REJECTED_BODY, 409},
        {{"A1", "S2"}, 1, REOPENED_BODY, 409}, {{"S1", "A2"}, 1, REOPENED_BODY, 200},
        {{"A1", "A2"}, 7, APPROVED_BODY, 200}, /* nothing changes */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct some_week week = week_number((int)i);
        for (int k = 0; k < 2; k++) {
            const char *text = cases[i].days[k];
            char date[DATE_TEXT_LEN + 1] = {0};
            date_format((struct date){day(week.monday).days + text[1] - '1'}, date);
            int64_t id = made(&o, o.ann, date, "submitted");
            struct answer a = {.status = 200};
            if (text[0] == 'A')
                a = DECIDE(&o, o.max, id, .body = "{}");
            ck_status(a, 200);
        }
        const char *before = statuses_of(&o, &week);
        sql_do(o.s->w, "UPDATE week SET locked_days = %d WHERE week = %d", cases[i].locked_days,
               (int)week.number);
        struct answer a = decide_now(&o, o.mia, week.name, cases[i].body);
        ck_assert_msg(a.status == cases[i].status, "case %zu: %d %s", i, a.status, a.body);
        if (a.status != 409)
            continue;
        ck_problem(a, 409, "period-locked");
        ck_assert_str_eq(statuses_of(&o, &week), before);
    }
    office_close(&o);
}
END_TEST

START_TEST(an_empty_week_is_locked_when_all_of_its_days_are)
{
    struct office o = office_open();
    const struct some_week week = week_number(0);

    make_empty(&o, &week, ENTRY_SUBMITTED);
    sql_do(o.s->w, "UPDATE week SET locked_days = 7");
    struct answer a = decide_now(&o, o.mia, week.name, APPROVED_BODY);
    ck_problem(a, 409, "period-locked");
    sql_do(o.s->w, "UPDATE week SET locked_days = 6");
    a = decide_now(&o, o.mia, week.name, APPROVED_BODY);
    ck_status(a, 200);
    office_close(&o);
}
END_TEST

START_TEST(what_is_no_decision_is_refused_field_by_field)
{
    struct office o = office_open();
    static const struct {
        const char *body, *pointer, *code;
    } bad[] = {
        {"{}", "/decision", "required"},
        {"{\"decision\":\"maybe\"}", "/decision", "value"},
        {"{\"decision\":null}", "/decision", "type"},
        {"{\"decision\":\"submitted\"}", "/decision", "value"},
        {"{\"decision\":\"rejected\"}", "/reason", "required"},
        {"{\"decision\":\"rejected\",\"reason\":\"\"}", "/reason", "length"},
        {"{\"decision\":\"rejected\",\"reason\":\"  \"}", "/reason", "blank"},
        {"{\"decision\":\"reopened\"}", "/reason", "required"},
        {"{\"decision\":\"approved\",\"reason\":\"good\"}", "/reason", "unexpected"},
        {"{\"decision\":\"approved\",\"entries\":[]}", "/entries", "unknown"},
    };

    (void)entry_in(&o, ENTRY_SUBMITTED);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer a =
            DECIDE_WEEK(&o, o.mia, "2040-W48", .body = bad[i].body, .if_match = "\"w1\"");
        ck_problem(a, 422, "validation");
        ck_has(a, talloc_asprintf(o.s, "\"pointer\":\"%s\",\"code\":\"%s\"", bad[i].pointer,
                                  bad[i].code));
    }
    struct answer a = DECIDE_WEEK(&o, o.mia, "2040-W48", .if_match = "\"w1\"");
    ck_assert_int_ge(a.status, 400);
    a = DECIDE_WEEK(&o, o.mia, "2040-W48", .body = "{\"decision\":\"approved\",\"reason\":null}",
                    .if_match = "\"w1\"");
    ck_status(a, 200);
    office_close(&o);
}
END_TEST

START_TEST(of_two_mistakes_the_first_in_the_contract_is_told)
{
    struct office o = office_open();
    const struct some_week edited = week_number(0), draft = week_number(1);

    make_week(&o, &edited, "RS"); /* not submitted, and its last entry is Mia's */
    make_week(&o, &draft, "D");
    sql_do(o.s->w, "UPDATE entry SET edited_by = %d WHERE status = %d", (int)o.mia_id,
           ENTRY_SUBMITTED);
    sql_do(o.s->w, "UPDATE week SET locked_days = 7");
    (void)made(&o, o.mia, "2040-11-26", "draft");
    const char *own = decision_path(&o, o.mia_id, "2040-W48");
    const char *nobody = decision_path(&o, 99999, "2040-W48");
    const char *of_ann = decision_path(&o, o.ann_id, edited.name);
    const char *drafts = decision_path(&o, o.ann_id, draft.name);
    const struct {
        const char *name, *path, *body, *length, *type, *if_match;
        int status;
        const char *slug;
    } pairs[] = {
        {"413, 415", own, "x", "70000", "text/plain", NULL, 413, "body-too-large"},
        {"415, 400", own, "{", NULL, "text/plain", NULL, 415, "unsupported-media-type"},
        {"400, 404", nobody, "{", NULL, NULL, NULL, 400, "malformed-json"},
        {"422, 404", nobody, "{}", NULL, NULL, NULL, 422, "validation"},
        {"404, 428", nobody, APPROVED_BODY, NULL, NULL, NULL, 404, "not-found"},
        {"428, 403", own, APPROVED_BODY, NULL, NULL, NULL, 428, "precondition-required"},
        {"412, 403", own, APPROVED_BODY, NULL, NULL, "\"w9\"", 412, "version-mismatch"},
        {"403, 409", own, APPROVED_BODY, NULL, NULL, "\"w1\"", 403, "self-approval"},
        {"403, 409", of_ann, APPROVED_BODY, NULL, NULL, "\"w3\"", 403, "four-eyes"},
        {"409, locked", drafts, APPROVED_BODY, NULL, NULL, "\"w1\"", 409, "not-submitted"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct answer a =
            ASK(o.s, .method = "PUT", .path = pairs[i].path, .token = o.mia, .body = pairs[i].body,
                .length = pairs[i].length, .type = pairs[i].type, .if_match = pairs[i].if_match);
        ck_assert_msg(a.status == pairs[i].status &&
                          strstr(a.body, talloc_asprintf(o.s, "#%s\"", pairs[i].slug)) != NULL,
                      "%s: %s", pairs[i].name, a.body);
    }
    office_close(&o);
}
END_TEST

UNIT_MAIN("week_decision", rule_12_a_week_of_somebody_else_is_shown_without_drafts,
          one_s_own_week_is_shown_with_its_drafts, a_week_that_has_not_changed_is_304,
          a_person_or_week_that_is_not_there_is_404, every_kind_of_week_decided_every_way,
          every_kind_of_empty_week_decided_every_way,
          a_decision_is_one_event_with_what_was_and_the_reply,
          the_roll_up_is_right_after_a_mix_of_decisions, rule_6_nobody_decides_their_own_week,
          rule_6_who_last_edited_one_entry_decides_nothing_of_its_week, a_machine_decides_no_week,
          rule_7_a_decision_names_the_version_that_was_seen,
          a_repeated_decision_answers_as_the_first, a_keyed_decision_replays,
          a_week_with_a_locked_day_is_decided_unless_that_would_change_it,
          an_empty_week_is_locked_when_all_of_its_days_are,
          what_is_no_decision_is_refused_field_by_field,
          of_two_mistakes_the_first_in_the_contract_is_told)
