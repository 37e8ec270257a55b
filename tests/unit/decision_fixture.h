/* What the tests of decisions share: people, entries in every status, and what must be true after. */
#ifndef TS_TESTS_DECISION_FIXTURE_H
#define TS_TESTS_DECISION_FIXTURE_H

#include "api_fixture.h"
#include "ts/decision.h"

/* An employee and two managers. */
struct office {
    struct site *s;
    const char *ann, *mia, *max; /* Authorization headers */
    int64_t ann_id, mia_id, max_id;
};

static inline int64_t person_id_of(struct site *s, const char *sub)
{
    return sql_number(s->w, "SELECT id FROM person WHERE sub = '%s'", sub);
}

static inline const char *enter(struct site *s, const char *name, const char *scope, int64_t *id)
{
    const char *sub = talloc_asprintf(s, "auth0|%s", name);
    const char *email = talloc_asprintf(s, "%s@abc.example", name);
    const char *token = LOGIN(s, .sub = sub, .email = email, .scope = scope);
    struct answer a = ASK(s, .method = "GET", .path = "/api/me", .token = token);

    ck_status(a, 200);
    *id = person_id_of(s, sub);
    return token;
}

static inline struct office office_open(void)
{
    struct office o = {.s = site_open()};

    o.ann = enter(o.s, "ann", SCOPES_EMPLOYEE, &o.ann_id);
    o.mia = enter(o.s, "mia", SCOPES_MANAGER, &o.mia_id);
    o.max = enter(o.s, "max", SCOPES_MANAGER, &o.max_id);
    return o;
}

/* Every week row says how many entries there are in each status (the roll-up), and every decided
 * entry by whom. */
static inline void office_close(struct office *o)
{
    static const char *const columns[] = {"n_draft", "n_submitted", "n_approved", "n_rejected"};

    for (int status = 0; status < ENTRY_STATUS_COUNT; status++)
        ck_assert_int_eq(sql_number(o->s->w,
                                    "SELECT COUNT(*) FROM week WHERE %s <> (SELECT COUNT(*) FROM"
                                    " entry e WHERE e.person_id = week.person_id AND e.status = %d"
                                    " AND YEARWEEK(e.work_date, 3) = week.week)",
                                    columns[status], status),
                         0);
    ck_assert_int_eq(sql_number(o->s->w, "SELECT COUNT(*) FROM entry WHERE status >= 2 AND"
                                         " (decided_by IS NULL OR decided_at IS NULL)"),
                     0);
    site_close(o->s);
}

static inline int64_t made(struct office *o, const char *token, const char *date,
                           const char *status)
{
    return entry_made(o->s, token,
                      talloc_asprintf(o->s,
                                      "{\"date\":\"%s\",\"project\":\"StoreZero\",\"minutes\":60,"
                                      "\"status\":\"%s\"}",
                                      date, status));
}

static inline const char *approval_path(struct office *o, int64_t id)
{
    return talloc_asprintf(o->s, "/api/approvals/%lld", (long long)id);
}

#define REJECT_BODY "{\"status\":\"rejected\",\"reason\":\"Which part?\"}"
#define DECIDE(o, who, id, ...)                                                                    \
    ASK((o)->s, .method = "PUT", .path = approval_path((o), (id)), .token = (who), __VA_ARGS__)

/* An entry of Ann's in that status, the way it comes there. */
static inline int64_t entry_in(struct office *o, enum entry_status status)
{
    int64_t id = made(o, o->ann, "2040-11-26", status == ENTRY_DRAFT ? "draft" : "submitted");
    struct answer a;

    if (status == ENTRY_APPROVED || status == ENTRY_REJECTED) {
        a = DECIDE(o, o->max, id, .body = status == ENTRY_APPROVED ? "{}" : REJECT_BODY);
        ck_status(a, 200);
    }
    return id;
}

static inline int64_t events(struct office *o)
{
    return sql_number(o->s->w, "SELECT COUNT(*) FROM event");
}

#define ck_has(answer, text)                                                                       \
    ck_assert_msg(strstr((answer).body, (text)) != NULL, "no %s in %s", (text), (answer).body)

#endif
