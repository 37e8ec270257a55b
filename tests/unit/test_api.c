/* src/api: what every route answers to whom, which of two mistakes is told, and what a write leaves. */
#include "api_fixture.h"

/* --- who may call what --------------------------------------------------------------------------- */

/* One good request a route; the path "{id}" is an entry of the caller, "{waiting}" the approval of
 * somebody else's, "{week}" the decision on their week. */
static const struct sample {
    enum http_method method;
    const char *route, *path, *body, *if_match;
    int status;
    int machine; /* what a machine with every scope is told */
} samples[] = {
    {HTTP_GET, "/timesheets", "/api/timesheets", NULL, NULL, 200, 403},
    {HTTP_POST, "/timesheets", "/api/timesheets", ENTRY_BODY, NULL, 201, 403},
    {HTTP_GET, "/timesheets/{id}", "{id}", NULL, NULL, 200, 403},
    {HTTP_PATCH, "/timesheets/{id}", "{id}", "{\"minutes\":61}", "\"e1\"", 200, 403},
    {HTTP_DELETE, "/timesheets/{id}", "{id}", NULL, "\"e1\"", 204, 403},
    {HTTP_GET, "/projects", "/api/projects", NULL, NULL, 200, 403},
    {HTTP_GET, "/weeks", "/api/weeks", NULL, NULL, 200, 403},
    {HTTP_GET, "/weeks/{week}", "/api/weeks/2040-W48", NULL, NULL, 200, 403},
    {HTTP_PUT, "/weeks/{week}", "/api/weeks/2040-W48", "{\"entries\":[]}", "*", 200, 403},
    {HTTP_PUT, "/weeks/{week}/submission", "/api/weeks/2040-W48/submission", NULL, "*", 200, 403},
    {HTTP_DELETE, "/weeks/{week}/submission", "/api/weeks/2040-W48/submission", NULL, "*", 200,
     403},
    {HTTP_GET, "/approvals", "/api/approvals", NULL, NULL, 200, 403},
    {HTTP_PUT, "/approvals/{id}", "{waiting}", "{}", "\"e1\"", 200, 403},
    {HTTP_GET, "/people/{id}/weeks/{week}", "/api/people/1/weeks/2040-W48", NULL, NULL, 200, 403},
    {HTTP_PUT, "/people/{id}/weeks/{week}/decision", "{week}", "{\"decision\":\"approved\"}",
     "\"w1\"", 200, 403},
    {HTTP_GET, "/projects/{code}", "/api/projects/StoreZero", NULL, NULL, 200, 403},
    {HTTP_POST, "/projects", "/api/projects", "{\"code\":\"NEW\",\"name\":\"New\"}", NULL, 201,
     403},
    {HTTP_PATCH, "/projects/{code}", "/api/projects/OTHER", "{\"name\":\"Renamed\"}", "\"p1\"", 200,
     403},
    {HTTP_GET, "/people", "/api/people", NULL, NULL, 200, 403},
    {HTTP_GET, "/people/{id}", "/api/people/1", NULL, NULL, 200, 403},
    {HTTP_POST, "/people", "/api/people",
     "{\"name\":\"New\",\"kind\":\"employee\",\"email\":\"new@abc.example\"}", NULL, 201, 403},
    {HTTP_PATCH, "/people/{id}", "/api/people/1", "{\"name\":\"Renamed\"}", "\"u1\"", 200, 403},
    {HTTP_POST, "/sources", "/api/sources", "{\"name\":\"tool\",\"client_id\":\"another\"}", NULL,
     201, 403},
    {HTTP_GET, "/sources", "/api/sources", NULL, NULL, 200, 403},
    {HTTP_GET, "/sources/{name}", "/api/sources/tool", NULL, NULL, 200, 403},
    {HTTP_PATCH, "/sources/{name}", "/api/sources/tool", "{\"client_id\":\"other\"}", "\"s1\"", 200,
     403},
    {HTTP_GET, "/periods/lock", "/api/periods/lock", NULL, NULL, 200, 403},
    {HTTP_PUT, "/periods/lock", "/api/periods/lock", "{\"locked_through\":null}", "\"l1\"", 200,
     403},
    {HTTP_POST, "/timesheets/upload", "/api/timesheets/upload",
     "{\"user_id\":\"auth0|ann\",\"date\":\"2040-11-26\",\"project\":\"StoreZero\","
     "\"minutes\":1}",
     NULL, 201, 201},
    {HTTP_GET, "/uploads", "/api/uploads", NULL, NULL, 200, 200},
    {HTTP_GET, "/uploads/{id}", "/api/uploads/1", NULL, NULL, 404, 404},
    {HTTP_GET, "/audit", "/api/audit", NULL, NULL, 200, 403},
    {HTTP_GET, "/reports/hours", "/api/reports/hours", NULL, NULL, 200, 403},
    {HTTP_GET, "/reports/missing", "/api/reports/missing", NULL, NULL, 200, 403},
    {HTTP_GET, "/me", "/api/me", NULL, NULL, 200, 200},
    {HTTP_GET, "/openapi.json", "/api/openapi.json", NULL, NULL, 200, 200},
    {HTTP_GET, "/health/live", "/api/health/live", NULL, NULL, 200, 200},
    {HTTP_GET, "/health/ready", "/api/health/ready", NULL, NULL, 200, 200},
};

static const struct sample *sample_of(const struct route *route)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        if (samples[i].method == route->method && strcmp(samples[i].route, route->path) == 0)
            return &samples[i];
    }
    ck_abort_msg("no sample request for %s %s", http_method_name(route->method), route->path);
    return NULL;
}

/* All listed scopes but those of the route. */
static char *other_scopes(struct site *s, uint32_t scopes)
{
    struct buf b;

    buf_init(&b, s, 512);
    buf_add_str(&b, STR("openid "));
    scope_write(&b, SCOPE_ANY & ~scopes);
    return talloc_strndup(s, b.data, b.len);
}

static struct answer ask_sample(struct site *s, const struct sample *sample, const char *path,
                                const char *token)
{
    return ASK(s, .method = http_method_name(sample->method), .path = path, .token = token,
               .body = sample->body, .if_match = sample->if_match);
}

static const char *path_of(struct site *s, const struct sample *sample, const char *owner)
{
    const char *other = LOGIN(s, .sub = "auth0|other", .scope = SCOPES_EMPLOYEE);

    if (sample->path[0] != '{')
        return sample->path;
    if (strcmp(sample->path, "{id}") == 0)
        return entry_path(s, entry_made(s, owner, ENTRY_BODY));
    if (strcmp(sample->path, "{waiting}") == 0)
        return talloc_asprintf(s, "/api/approvals/%lld",
                               (long long)entry_made(s, other, ENTRY_BODY));
    (void)entry_made(s, other, "{\"date\":\"2040-11-19\",\"project\":\"StoreZero\",\"minutes\":9}");
    return talloc_asprintf(
        s, "/api/people/%lld/weeks/2040-W47/decision",
        (long long)sql_number(s->w, "SELECT id FROM person WHERE sub = 'auth0|other'"));
}

static void check_access(struct site *s, const struct route *route, const char *owner)
{
    const struct sample *sample = sample_of(route);
    const char *path = path_of(s, sample, owner);
    bool open = route->scopes == 0;
    int64_t people = sql_number(s->w, "SELECT COUNT(*) FROM person");
    struct answer a = ask_sample(s, sample, path, NULL);

    ck_assert_int_eq(a.status, open ? sample->status : 401);
    ck_assert_view(api_header(&a, "WWW-Authenticate"), open ? "" : "Bearer");
    ck_assert_str_eq(a.trace.route, route->path);
    a = ask_sample(s, sample, path, "Bearer not.a.token");
    ck_assert_int_eq(a.status, open ? sample->status : 401);
    ck_assert_view(api_header(&a, "WWW-Authenticate"),
                   open ? "" : "Bearer error=\"invalid_token\"");
    a = ask_sample(s, sample, path,
                   LOGIN(s, .sub = "auth0|nobody", .scope = other_scopes(s, route->scopes)));
    ck_status(a, open ? sample->status : 403);
    if (!open) {
        ck_problem(a, 403, "insufficient-scope");
        struct str challenge = api_header(&a, "WWW-Authenticate");
        struct buf names;
        buf_init(&names, s, 512);
        scope_write(&names, route->scopes);
        ck_assert_view(challenge,
                       talloc_asprintf(s, "Bearer error=\"insufficient_scope\", scope=\"%.*s\"",
                                       (int)names.len, names.data));
    }
    a = ask_sample(s, sample, path,
                   LOGIN(s, .sub = "robot@clients", .scope = SCOPES_ALL, .machine = true));
    ck_status(a, sample->machine);
    if (sample->machine == 403)
        ck_problem(a, 403, "person-required");
    ck_assert_msg(sql_number(s->w, "SELECT COUNT(*) FROM person") == people,
                  "%s: a caller who was refused became a person", route->path);
    a = ask_sample(s, sample, path, owner);
    ck_status(a, sample->status);
    ck_assert_str_eq(a.trace.route, route->path);
    ck_assert_ptr_null(a.trace.reason);
    ck_assert_uint_eq(strlen(a.trace.subject), open ? 0 : 16);
}

START_TEST(every_route_answers_each_kind_of_caller)
{
    struct site *s = site_open();
    const char *owner = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_ALL);

    sql_do(s->w, "INSERT INTO client (client_id, created_at) VALUES ('app', NOW(6))");
    sql_do(s->w, "INSERT INTO source (name, client, created_at) VALUES ('theirs', LAST_INSERT_ID(),"
                 " NOW(6))");
    for (size_t i = 0; i < api_route_count; i++)
        check_access(s, &api_routes[i], owner);
    site_close(s);
}
END_TEST

START_TEST(an_unknown_path_is_404_and_another_method_405)
{
    struct site *s = site_open();
    struct answer a = ASK(s, .method = "GET", .path = "/api/nothing");

    ck_problem(a, 404, "not-found");
    ck_assert_str_eq(a.trace.route, "");
    a = ASK(s, .method = "PUT", .path = "/api/timesheets");
    ck_problem(a, 405, "method-not-allowed");
    ck_assert_view(api_header(&a, "Allow"), "GET, HEAD, POST");
    a = ASK(s, .method = "BREW", .path = "/api/timesheets/1");
    ck_problem(a, 405, "method-not-allowed");
    ck_assert_view(api_header(&a, "Allow"), "GET, HEAD, PATCH, DELETE");
    a = ASK(s, .method = "HEAD", .path = "/api/health/live");
    ck_status(a, 200);
    a = ASK(s, .method = "HEAD", .path = "/api/timesheets");
    ck_status(a, 401);
    site_close(s);
}
END_TEST

/* --- which of two mistakes is told ------------------------------------------------------------------ */

/* In the order of design section 5. */
enum wrong {
    WRONG_TOKEN,
    WRONG_SCOPE,
    WRONG_LENGTH,
    WRONG_TYPE,
    WRONG_JSON,
    WRONG_KEY,
    WRONG_FIELD,
    WRONG_DAY,
    WRONG_ID,
    WRONG_NO_MATCH,
    WRONG_STALE,
    WRONG_OWNER,
    WRONG_APPROVED,
    WRONG_PROJECT,
    WRONG_COUNT
};

static const struct {
    int status;
    const char *slug;
} refusals[WRONG_COUNT] = {
    [WRONG_TOKEN] = {401, "invalid-token"},    [WRONG_SCOPE] = {403, "insufficient-scope"},
    [WRONG_LENGTH] = {413, "body-too-large"},  [WRONG_TYPE] = {415, "unsupported-media-type"},
    [WRONG_JSON] = {400, "malformed-json"},    [WRONG_KEY] = {400, "malformed-request"},
    [WRONG_FIELD] = {422, "validation"},       [WRONG_DAY] = {422, "day-over-24h"},
    [WRONG_ID] = {404, "not-found"},           [WRONG_NO_MATCH] = {428, "precondition-required"},
    [WRONG_STALE] = {412, "version-mismatch"}, [WRONG_OWNER] = {403, "not-yours"},
    [WRONG_APPROVED] = {409, "approved"},      [WRONG_PROJECT] = {409, "project-closed"},
};

#define IS(what) (UINT32_C(1) << (what))
enum {
    BEFORE_HANDLER =
        1 << WRONG_TOKEN | 1 << WRONG_SCOPE | 1 << WRONG_LENGTH | 1 << WRONG_KEY | 1 << WRONG_FIELD,
    OF_ONE = 1 << WRONG_ID | 1 << WRONG_NO_MATCH | 1 << WRONG_STALE | 1 << WRONG_OWNER |
             1 << WRONG_APPROVED,
    BODY = 1 << WRONG_TYPE | 1 << WRONG_JSON,
};

static const struct {
    const char *method;
    uint32_t possible;
} writes[] = {
    {"POST", BEFORE_HANDLER | BODY | IS(WRONG_DAY) | IS(WRONG_PROJECT)},
    /* a day can only be over once the entry is known, so after the entry's own refusals */
    {"PATCH", BEFORE_HANDLER | BODY | OF_ONE | IS(WRONG_PROJECT)},
    {"DELETE", BEFORE_HANDLER | OF_ONE},
};

struct mistakes {
    struct site *s;
    const char *token, *reader;
    int64_t own, others, approved, others_approved;
};

/* Pairs that no request can be wrong in at once, or that are the same refusal. */
static bool excludes(enum wrong a, enum wrong b)
{
    return (a == WRONG_TOKEN && b == WRONG_SCOPE) || (a == WRONG_JSON && b == WRONG_DAY) ||
           (a == WRONG_NO_MATCH && b == WRONG_STALE) || (a == WRONG_ID && b == WRONG_OWNER) ||
           (a == WRONG_ID && b == WRONG_APPROVED) || (a == WRONG_JSON && b == WRONG_PROJECT) ||
           (a == WRONG_JSON && b == WRONG_KEY) ||
           /* decided by the row, as the one who may not change it sees it */
           (a == WRONG_ID && b == WRONG_PROJECT);
}

static int64_t entry_for(const struct mistakes *m, uint32_t wrong)
{
    if ((wrong & IS(WRONG_ID)) != 0)
        return 1;
    if ((wrong & IS(WRONG_OWNER)) != 0)
        return (wrong & IS(WRONG_APPROVED)) != 0 ? m->others_approved : m->others;
    return (wrong & IS(WRONG_APPROVED)) != 0 ? m->approved : m->own;
}

/* A request that is wrong in just these ways. */
static struct answer ask_wrong(const struct mistakes *m, const char *method, uint32_t wrong)
{
    bool post = strcmp(method, "POST") == 0, has_body = strcmp(method, "DELETE") != 0;
    const char *project = (wrong & IS(WRONG_PROJECT)) != 0 ? "SHUT" : "StoreZero";
    const char *date = (wrong & IS(WRONG_DAY)) != 0 ? "2040-11-19" : "2040-11-27";
    struct ask q = {.method = method, .path = "/api/timesheets", .token = m->token};

    if (!post)
        q.path = entry_path(m->s, entry_for(m, wrong));
    if (has_body)
        q.body = (wrong & IS(WRONG_JSON)) != 0
                     ? "{\"date\":"
                     : talloc_asprintf(m->s, "{\"date\":\"%s\",\"project\":\"%s\",\"minutes\":600}",
                                       date, project);
    if (!post && (wrong & IS(WRONG_NO_MATCH)) == 0)
        q.if_match = (wrong & IS(WRONG_STALE)) != 0 ? "\"e9\"" : "\"e1\"";
    if ((wrong & IS(WRONG_TOKEN)) != 0)
        q.token = NULL;
    if ((wrong & IS(WRONG_SCOPE)) != 0)
        q.token = m->reader;
    if ((wrong & IS(WRONG_LENGTH)) != 0)
        q.length = "65537";
    if ((wrong & IS(WRONG_TYPE)) != 0)
        q.type = "text/plain";
    if ((wrong & IS(WRONG_KEY)) != 0)
        q.key = "too-short";
    if ((wrong & IS(WRONG_FIELD)) != 0)
        q.query = "nonsense=1";
    return api_ask(m->s, q);
}

static void check_pairs(const struct mistakes *m, const char *method, uint32_t possible)
{
    for (int a = 0; a < WRONG_COUNT; a++) {
        if ((possible & IS(a)) == 0)
            continue;
        for (int b = a; b < WRONG_COUNT; b++) {
            if ((possible & IS(b)) == 0 || excludes((enum wrong)a, (enum wrong)b))
                continue;
            struct answer answer = ask_wrong(m, method, IS(a) | IS(b));
            const char *slug = talloc_asprintf(m->s, "#%s\"", refusals[a].slug);
            ck_assert_msg(answer.status == refusals[a].status && strstr(answer.body, slug) != NULL,
                          "%s: of %s and %s the first was expected: %s", method, refusals[a].slug,
                          refusals[b].slug, answer.body);
        }
    }
}

static void make_mistakes(struct site *s, struct mistakes *m)
{
    const char *other = LOGIN(s, .sub = "auth0|bob", .scope = SCOPES_EMPLOYEE);

    m->s = s;
    m->token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_MANAGER);
    m->reader = LOGIN(s, .sub = "auth0|ann", .scope = "read:timesheets");
    m->own = entry_made(s, m->token, ENTRY_BODY);
    m->approved = entry_made(s, m->token, ENTRY_BODY);
    m->others = entry_made(s, other, ENTRY_BODY);
    m->others_approved = entry_made(s, other, ENTRY_BODY);
    (void)entry_made(s, m->token,
                     "{\"date\":\"2040-11-19\",\"project\":\"StoreZero\",\"minutes\":1000}");
    sql_do(s->w, "UPDATE entry SET status = 2 WHERE id IN (%lld, %lld)", (long long)m->approved,
           (long long)m->others_approved);
    sql_do(s->w, "UPDATE week SET n_submitted = n_submitted - 1, n_approved = n_approved + 1"
                 " WHERE week = 204048");
}

START_TEST(of_two_mistakes_the_first_in_the_contract_is_told)
{
    struct site *s = site_open();
    struct mistakes m;

    make_mistakes(s, &m);
    const char *before = sql_ask(s->w, "SELECT CONCAT(COUNT(*), ' ', SUM(version)) FROM entry");
    int64_t events = sql_number(s->w, "SELECT COUNT(*) FROM event");
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++)
        check_pairs(&m, writes[i].method, writes[i].possible);
    ck_assert_str_eq(sql_ask(s->w, "SELECT CONCAT(COUNT(*), ' ', SUM(version)) FROM entry"),
                     before);
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM event"), events);
    site_close(s);
}
END_TEST

START_TEST(all_faults_of_query_and_body_are_told_together)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    static const char *const told[] = {"\"/date\"",   "\"/project\"", "\"/minutes\"",
                                       "\"/colour\"", "\"?x\"",       "\"?y\""};
    struct answer a =
        ASK(s, .method = "POST", .path = "/api/timesheets", .query = "x=1&y=2", .token = token,
            .body = "{\"date\":\"2040-02-30\",\"project\":7,\"minutes\":0,\"colour\":\"red\"}");

    ck_problem(a, 422, "validation");
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        ck_assert_msg(strstr(a.body, told[i]) != NULL, "%s is missing: %s", told[i], a.body);
    a = ASK(s, .method = "POST", .path = "/api/timesheets", .token = token,
            .body = "{\"date\":\"2041-12-01\",\"project\":\"NONE\",\"minutes\":60,\"hours\":2}");
    ck_problem(a, 422, "validation");
    for (int i = 0; i < 2; i++) /* what only the handler can know, too */
        ck_assert_msg(strstr(a.body, told[i]) != NULL, "%s is missing: %s", told[i], a.body);
    ck_assert_msg(strstr(a.body, "\"/hours\"") != NULL, "%s", a.body);
    site_close(s);
}
END_TEST

START_TEST(a_body_is_read_to_its_stated_length_only)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    static const struct {
        const char *method, *body, *length;
        int status;
    } cases[] = {
        {"POST", ENTRY_BODY, "-1", 400},
        {"POST", ENTRY_BODY, "1e2", 400},
        {"POST", ENTRY_BODY, "", 400},
        {"POST", ENTRY_BODY, "0", 400},
        {"POST", ENTRY_BODY, "5", 400},
        {"POST", ENTRY_BODY, "65536", 400},
        {"POST", ENTRY_BODY, "65537", 413},
        {"POST", "[]", "2", 400},
        {"POST", "null", "4", 400},
        {"POST", "{}", "2", 422},
        {"GET", NULL, "0", 200},
        {"GET", "{}", "2", 400},
        {"GET", NULL, "1099511627776", 413},
        {"GET", NULL, "99999999999999999999", 400},
        {"POST", "\xEF\xBB\xBF{}", NULL, 400},
        {"POST", "{\"date\":NaN}", NULL, 400},
        {"POST", "{\"a\":1,\"a\":1}", NULL, 400},
        {"POST", "{\"note\":\"\xFF\"}", NULL, 400},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a = ASK(s, .method = cases[i].method, .path = "/api/timesheets",
                              .token = token, .body = cases[i].body, .length = cases[i].length);
        ck_assert_msg(a.status == cases[i].status, "case %zu: %d, expected %d: %s", i, a.status,
                      cases[i].status, a.body);
    }
    site_close(s);
}
END_TEST

/* --- what a write leaves ------------------------------------------------------------------------------ */

/* A body without its newline. */
static char *bare(struct site *s, const struct answer *a)
{
    return talloc_strndup(s, a->body, strlen(a->body) - 1);
}

static const char *stored_reply(struct site *s, int64_t id, int action)
{
    return sql_ask(
        s->w,
        "SELECT CAST(after_json AS CHAR CHARACTER SET utf8mb4) FROM event WHERE entry_id = %lld AND action = %d"
        " ORDER BY at DESC, seq DESC LIMIT 1",
        (long long)id, action);
}

static const char RICH_BODY[] =
    "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"hours\":1.3333,\"status\":\"draft\","
    "\"note\":\"Gr\xC3\xBC\xC3\x9F"
    "e \\\"quoted\\\" \\ud83d\\ude42 back\\\\slash\\nnew line </script>\"}";

START_TEST(what_a_post_replies_is_what_is_stored_read_and_listed)
{
    struct site *s = site_open();
    const char *token =
        LOGIN(s, .sub = "auth0|ann", .email = "Ann@ABC.example", .scope = SCOPES_EMPLOYEE);
    struct answer a =
        ASK(s, .method = "POST", .path = "/api/timesheets", .token = token, .body = RICH_BODY);

    ck_status(a, 201);
    int64_t id = number_of(&a, "id");
    const char *entry = bare(s, &a);
    ck_assert_view(api_header(&a, "Location"), entry_path(s, id));
    ck_assert_view(api_header(&a, "ETag"), "\"e1\"");
    ck_assert_ptr_nonnull(strstr(entry, "\"user_id\":\"ann@abc.example\""));
    ck_assert_ptr_nonnull(strstr(entry, "\"minutes\":80"));
    ck_assert_ptr_nonnull(strstr(entry, "\"status\":\"draft\",\"approved\":false"));
    ck_assert_str_eq(stored_reply(s, id, EVENT_ENTRY_CREATED), entry);
    a = ASK(s, .method = "GET", .path = entry_path(s, id), .token = token);
    ck_status(a, 200);
    ck_assert_str_eq(bare(s, &a), entry);
    ck_assert_view(api_header(&a, "ETag"), "\"e1\"");
    a = ASK(s, .method = "GET", .path = "/api/timesheets", .token = token);
    ck_assert_str_eq(a.body, talloc_asprintf(s, "[%s]\n", entry));
    a = ASK(s, .method = "GET", .path = "/api/timesheets", .query = "q=quoted&project=StoreZero",
            .token = token);
    ck_assert_str_eq(a.body, talloc_asprintf(s, "[%s]\n", entry));
    a = ASK(s, .method = "GET", .path = entry_path(s, id), .token = token,
            .if_none_match = "\"e7\", W/\"e1\"");
    ck_status(a, 304);
    ck_assert_view(api_header(&a, "ETag"), "\"e1\"");
    site_close(s);
}
END_TEST

START_TEST(the_digest_of_an_event_is_over_the_stored_reply)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    (void)entry_made(s, token, RICH_BODY);
    /* 8 bytes of length before each part: salt, before, after */
    ck_assert_int_eq(
        sql_number(s->w, "SELECT COUNT(*) FROM event WHERE digest = UNHEX(SHA2(CONCAT("
                         "UNHEX(LPAD(HEX(16), 16, '0')), salt, UNHEX(LPAD('0', 16, '0')),"
                         "UNHEX(LPAD(HEX(LENGTH(after_json)), 16, '0')), after_json), 256))"),
        2); /* the person and the entry */
    site_close(s);
}
END_TEST

START_TEST(a_repeated_post_replays_its_reply_byte_for_byte)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    struct ask q = {.method = "POST",
                    .path = "/api/timesheets",
                    .token = token,
                    .body = RICH_BODY,
                    .key = "key-0123456789abcdef"};
    struct answer first = api_ask(s, q), again;

    ck_status(first, 201);
    ck_assert_view(api_header(&first, "Idempotency-Replayed"), "");
    ck_assert(!first.trace.replayed);
    clock_fake(SITE_NOW_US + 3600 * INT64_C(1000000));
    /* what has happened since does not matter */
    struct answer change = ASK(s, .method = "PATCH", .path = entry_path(s, number_of(&first, "id")),
                               .token = token, .body = "{\"minutes\":5}", .if_match = "\"e1\"");
    ck_status(change, 200);
    for (int i = 0; i < 2; i++) {
        again = api_ask(s, q);
        ck_status(again, 201);
        ck_assert_str_eq(again.body, first.body);
        ck_assert_view(api_header(&again, "Idempotency-Replayed"), "true");
        ck_assert_view(api_header(&again, "ETag"), "\"e1\"");
        ck_assert_view(api_header(&again, "Location"), entry_path(s, number_of(&first, "id")));
        ck_assert(again.trace.replayed);
    }
    q.body = ENTRY_BODY;
    again = api_ask(s, q);
    ck_problem(again, 422, "idempotency-key-reused");
    q.token = LOGIN(s, .sub = "auth0|bob", .scope = SCOPES_EMPLOYEE);
    again = api_ask(s, q);
    ck_status(again, 201); /* keys are the caller's own */
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM entry"), 2);
    site_close(s);
}
END_TEST

START_TEST(a_replay_comes_before_any_refusal)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    struct ask post = {.method = "POST",
                       .path = "/api/timesheets",
                       .token = token,
                       .body = "{\"date\":\"2040-11-26\",\"project\":\"OTHER\",\"minutes\":1440}",
                       .key = "key-of-the-post-0001"};
    struct answer first = api_ask(s, post);

    ck_status(first, 201);
    struct ask patch = {.method = "PATCH",
                        .path = entry_path(s, number_of(&first, "id")),
                        .token = token,
                        .body = "{\"note\":\"x\"}",
                        .if_match = "\"e1\"",
                        .key = "key-of-the-patch-001"};
    struct answer changed = api_ask(s, patch);
    ck_status(changed, 200);
    /* now the day is full, the project closed, the date locked and the version another */
    sql_do(s->w, "UPDATE project SET state = 1 WHERE code = 'OTHER'");
    sql_do(s->w, "UPDATE week SET locked_days = 7 WHERE week = 204048");
    clock_fake(SITE_NOW_US + 5 * INT64_C(1000000)); /* past what is remembered of projects */
    struct answer again = api_ask(s, post);
    ck_status(again, 201);
    ck_assert_str_eq(again.body, first.body);
    again = api_ask(s, patch);
    ck_status(again, 200);
    ck_assert_str_eq(again.body, changed.body);
    ck_assert_view(api_header(&again, "ETag"), "\"e2\"");
    post.key = "key-of-another-post1";
    again = api_ask(s, post);
    ck_status(again, 409);
    site_close(s);
}
END_TEST

START_TEST(a_patch_that_changes_nothing_leaves_the_version)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    struct answer made =
        ASK(s, .method = "POST", .path = "/api/timesheets", .token = token, .body = ENTRY_BODY);
    static const char *const nothing[] = {"{}", ENTRY_BODY, "{\"hours\":1}", "{\"note\":\"\"}"};

    ck_status(made, 201);
    int64_t events = sql_number(s->w, "SELECT COUNT(*) FROM event");
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        struct answer a = ASK(s, .method = "PATCH", .path = entry_path(s, number_of(&made, "id")),
                              .token = token, .body = nothing[i], .if_match = "\"e1\"");
        ck_status(a, 200);
        ck_assert_str_eq(a.body, made.body);
        ck_assert_view(api_header(&a, "ETag"), "\"e1\"");
    }
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM event"), events);
    site_close(s);
}
END_TEST

/* Moves an entry and returns its two events as "action week|action week", the older week first. */
static const char *events_of_move(struct site *s, const char *token, int64_t id, int version,
                                  const char *date)
{
    struct answer a = ASK(s, .method = "PATCH", .path = entry_path(s, id), .token = token,
                          .body = talloc_asprintf(s, "{\"date\":\"%s\"}", date),
                          .if_match = talloc_asprintf(s, "\"e%d\"", version));

    ck_status(a, 200);
    ck_assert_str_eq(stored_reply(s, id, EVENT_ENTRY_EDITED), bare(s, &a));
    ck_assert_str_eq(stored_reply(s, id, EVENT_ENTRY_MOVED_OUT), bare(s, &a));
    return sql_ask(s->w,
                   "SELECT GROUP_CONCAT(action, ' ', week ORDER BY week SEPARATOR '|') FROM event"
                   " WHERE at = (SELECT MAX(at) FROM event)");
}

START_TEST(a_move_to_another_week_is_an_event_in_both)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    int64_t id = entry_made(s, token, ENTRY_BODY);

    ck_assert_str_eq(events_of_move(s, token, id, 1, "2040-12-03"), "4 204048|2 204049");
    ck_assert_str_eq(events_of_move(s, token, id, 2, "2040-11-18"), "2 204046|4 204049");
    struct answer a = ASK(s, .method = "PATCH", .path = entry_path(s, id), .token = token,
                          .body = "{\"date\":\"2040-11-12\"}", .if_match = "\"e3\"");
    ck_status(a, 200);
    ck_assert_str_eq(
        sql_ask(s->w, "SELECT GROUP_CONCAT(week, ':', d1, ':', d7, ':', n_submitted, ':', version"
                      " ORDER BY week) FROM week WHERE week > 0"),
        "204046:60:0:1:2,204048:0:0:0:2,204049:0:0:0:2");
    site_close(s);
}
END_TEST

START_TEST(a_moved_entry_must_fit_the_new_day)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    int64_t id = entry_made(s, token, ENTRY_BODY);

    (void)entry_made(s, token,
                     "{\"date\":\"2040-12-04\",\"project\":\"StoreZero\",\"minutes\":1400}");
    static const struct {
        const char *body;
        int status;
    } cases[] = {
        {"{\"date\":\"2040-12-04\"}", 422},
        {"{\"date\":\"2040-12-04\",\"minutes\":41}", 422},
        {"{\"date\":\"2040-11-26\",\"minutes\":1440}", 200},
        {"{\"date\":\"2040-12-04\",\"minutes\":40}", 200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a = ASK(s, .method = "PATCH", .path = entry_path(s, id), .token = token,
                              .body = cases[i].body, .if_match = "*");
        ck_status(a, cases[i].status);
        if (a.status == 422)
            ck_problem(a, 422, "day-over-24h");
    }
    site_close(s);
}
END_TEST

START_TEST(a_repeated_delete_answers_as_the_first)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    const char *other = LOGIN(s, .sub = "auth0|bob", .scope = SCOPES_EMPLOYEE);
    const char *path = entry_path(s, entry_made(s, token, ENTRY_BODY));
    struct ask q = {.method = "DELETE", .path = path, .token = token, .if_match = "\"e1\""};
    struct answer a;

    for (int i = 0; i < 3; i++) {
        a = api_ask(s, q);
        ck_status(a, 204);
    }
    ck_assert_int_eq(sql_number(s->w, "SELECT COUNT(*) FROM event WHERE action = 3"), 1);
    q.if_match = "\"e2\""; /* that version was never there */
    a = api_ask(s, q);
    ck_problem(a, 404, "not-found");
    q.if_match = "\"e1\"";
    q.token = other;
    a = api_ask(s, q);
    ck_problem(a, 404, "not-found");
    a = ASK(s, .method = "GET", .path = path, .token = token);
    ck_problem(a, 404, "not-found");
    site_close(s);
}
END_TEST

START_TEST(a_keyed_delete_replays)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    struct ask q = {.method = "DELETE",
                    .path = entry_path(s, entry_made(s, token, ENTRY_BODY)),
                    .token = token,
                    .if_match = "*",
                    .key = "key-of-the-delete-01"};
    struct answer a = api_ask(s, q);

    ck_status(a, 204);
    a = api_ask(s, q);
    ck_status(a, 204);
    ck_assert_view(api_header(&a, "Idempotency-Replayed"), "true");
    q.if_match = "\"e1\""; /* If-Match is no part of what the key stands for */
    a = api_ask(s, q);
    ck_status(a, 204);
    site_close(s);
}
END_TEST

START_TEST(a_rejected_entry_becomes_a_draft_when_it_is_edited)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    int64_t id = entry_made(s, token, ENTRY_BODY);

    sql_do(s->w, "UPDATE entry SET status = 3, reason = 'Which task?', version = 2 WHERE id = %lld",
           (long long)id);
    sql_do(s->w, "UPDATE week SET n_submitted = 0, n_rejected = 1 WHERE week = 204048");
    struct answer a = ASK(s, .method = "GET", .path = entry_path(s, id), .token = token);
    ck_assert_ptr_nonnull(
        strstr(a.body, "\"status\":\"rejected\",\"approved\":false,\"reason\":\"Which task?\""));
    a = ASK(s, .method = "PATCH", .path = entry_path(s, id), .token = token,
            .body = "{\"note\":\"task 7\"}", .if_match = "\"e2\"");
    ck_status(a, 200);
    ck_assert_ptr_nonnull(
        strstr(a.body, "\"status\":\"draft\",\"approved\":false,\"reason\":null,\"version\":3"));
    ck_assert_str_eq(
        sql_ask(s->w,
                "SELECT CONCAT(n_draft, n_submitted, n_rejected) FROM week WHERE week = 204048"),
        "100");
    site_close(s);
}
END_TEST

START_TEST(a_closed_project_takes_no_more_but_its_entries_can_be_put_right)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    const char *path = entry_path(
        s, entry_made(s, token, "{\"date\":\"2040-11-26\",\"project\":\"OTHER\",\"minutes\":60}"));
    static const struct {
        const char *body;
        int status;
    } cases[] = {
        {"{\"minutes\":61}", 409},
        {"{\"date\":\"2040-11-27\"}", 409},
        {"{\"project\":\"SHUT\"}", 409},
        {"{\"project\":\"LATER\"}", 409},
        {"{\"note\":\"put right\"}", 200},
        {"{\"minutes\":59}", 200},
        {"{\"project\":\"StoreZero\",\"minutes\":90}", 200},
    };

    sql_do(s->w, "UPDATE project SET state = 1 WHERE code = 'OTHER'");
    clock_fake(SITE_NOW_US + 5 * INT64_C(1000000)); /* past what is remembered of projects */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a = ASK(s, .method = "PATCH", .path = path, .token = token,
                              .body = cases[i].body, .if_match = "*");
        ck_assert_msg(a.status == cases[i].status, "%s: %d %s", cases[i].body, a.status, a.body);
        if (a.status == 409)
            ck_problem(a, 409, "project-closed");
    }
    site_close(s);
}
END_TEST

START_TEST(a_day_over_24_hours_is_told_before_a_closed_project)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    int64_t id =
        entry_made(s, token, "{\"date\":\"2040-11-26\",\"project\":\"OTHER\",\"minutes\":60}");

    (void)entry_made(s, token,
                     "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":1380}");
    sql_do(s->w, "UPDATE project SET state = 1 WHERE code = 'OTHER'");
    clock_fake(SITE_NOW_US + 5 * INT64_C(1000000)); /* past what is remembered of projects */
    struct answer a = ASK(s, .method = "PATCH", .path = entry_path(s, id), .token = token,
                          .body = "{\"hours\":1.5}", .if_match = "*");
    ck_problem(a, 422, "day-over-24h");
    ck_assert_msg(strstr(a.body, "\"detail\":\"2040-11-26 already has 23:00 hours.\"") != NULL,
                  "%s", a.body);
    ck_assert_msg(strstr(a.body, "\"pointer\":\"/hours\"") != NULL, "%s", a.body);
    a = ASK(s, .method = "POST", .path = "/api/timesheets", .token = token,
            .body = "{\"date\":\"2040-11-26\",\"project\":\"OTHER\",\"minutes\":1}");
    ck_problem(a, 422, "day-over-24h");
    ck_assert_msg(strstr(a.body, "already has 24:00 hours.") != NULL, "%s", a.body);
    ck_assert_int_eq(sql_number(s->w, "SELECT SUM(minutes) FROM entry"), 1440);
    site_close(s);
}
END_TEST

/* --- the calendar ------------------------------------------------------------------------------------- */

static int64_t instant(int32_t month, int32_t day_of_month, int hour, int minute, int second)
{
    struct date date;

    ck_assert(date_from_civil(2040, month, day_of_month, &date));
    return ((int64_t)date.days * 86400 + hour * 3600 + minute * 60 + second) * 1000000;
}

/* Rule 3: at most to the Sunday five weeks after the current week, in TS_ZONE. */
START_TEST(the_last_date_moves_at_midnight_of_the_zone)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    static const struct {
        const char *zone;
        int month, day, hour, minute, second;
        const char *date;
        int status;
    } cases[] = {
        {"Europe/Berlin", 11, 28, 10, 0, 0, "2041-01-06", 201},
        {"Europe/Berlin", 11, 28, 10, 0, 0, "2041-01-07", 422},
        {"Europe/Berlin", 11, 26, 0, 0, 0, "2041-01-06", 201},
        /* Sunday 23:59:59 in Berlin, and a second later */
        {"Europe/Berlin", 12, 2, 22, 59, 59, "2041-01-07", 422},
        {"Europe/Berlin", 12, 2, 23, 0, 0, "2041-01-07", 201},
        {"Europe/Berlin", 12, 2, 23, 0, 0, "2041-01-14", 422},
        {"UTC", 12, 2, 23, 0, 0, "2041-01-07", 422},
        {"Pacific/Auckland", 12, 2, 11, 0, 0, "2041-01-07", 201},
        {"Pacific/Auckland", 12, 2, 10, 59, 59, "2041-01-07", 422},
        {"America/Los_Angeles", 12, 3, 7, 59, 59, "2041-01-07", 422},
        {"America/Los_Angeles", 12, 3, 8, 0, 0, "2041-01-07", 201},
        {"Europe/Berlin", 11, 28, 10, 0, 0, "2000-01-01", 201},
        {"Europe/Berlin", 11, 28, 10, 0, 0, "1999-12-31", 422},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(clock_set_zone(cases[i].zone), STATUS_OK);
        clock_fake(
            instant(cases[i].month, cases[i].day, cases[i].hour, cases[i].minute, cases[i].second));
        struct answer a =
            ASK(s, .method = "POST", .path = "/api/timesheets", .token = token,
                .body = talloc_asprintf(
                    s, "{\"date\":\"%s\",\"project\":\"StoreZero\",\"minutes\":1}", cases[i].date));
        ck_assert_msg(a.status == cases[i].status, "case %zu: %d %s", i, a.status, a.body);
        if (a.status == 422)
            ck_assert_msg(strstr(a.body, "\"pointer\":\"/date\",\"code\":\"range\"") != NULL, "%s",
                          a.body);
    }
    site_close(s);
}
END_TEST

START_TEST(me_tells_today_and_the_week_in_the_zone)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = "read:timesheets");

    clock_fake(instant(12, 2, 22, 59, 59));
    struct answer a = ASK(s, .method = "GET", .path = "/api/me", .token = token);
    ck_assert_msg(strstr(a.body, "\"today\":\"2040-12-02\",\"current_week\":\"2040-W48\"") != NULL,
                  "%s", a.body);
    clock_fake(instant(12, 2, 23, 0, 0));
    a = ASK(s, .method = "GET", .path = "/api/me", .token = token);
    ck_assert_msg(strstr(a.body, "\"today\":\"2040-12-03\",\"current_week\":\"2040-W49\"") != NULL,
                  "%s", a.body);
    site_close(s);
}
END_TEST

/* --- lists ---------------------------------------------------------------------------------------------- */

/* The query of a Link header, or "" for none. */
static const char *next_query(struct site *s, const struct answer *a, const char *path)
{
    struct str link = api_header(a, "Link"), rest;
    char *start = talloc_asprintf(s, "<%s?", path);

    if (link.len == 0)
        return "";
    ck_assert(str_starts(link, str_of(start)));
    struct str query = str_cut(str_skip(link, strlen(start)), '>', &rest);
    ck_assert_view(rest, "; rel=\"next\"");
    return talloc_strndup(s, query.data, query.len);
}

/* Follows the links of a list to its end: how many rows there were, with the texts of a member joined. */
static const char *walk(struct site *s, const char *token, const char *path, const char *query,
                        const char *member)
{
    char *all = talloc_strdup(s, ""), *start = talloc_asprintf(s, "\"%s\":", member);

    for (int pages = 0; pages < 50; pages++) {
        struct answer a = ASK(s, .method = "GET", .path = path, .query = query, .token = token);
        ck_status(a, 200);
        for (const char *at = a.body; (at = strstr(at, start)) != NULL;) {
            at += strlen(start);
            all = talloc_asprintf_append(all, "%.*s ", (int)strcspn(at, ",}"), at);
        }
        query = next_query(s, &a, path);
        if (query[0] == '\0')
            return all;
    }
    ck_abort_msg("the list has no end");
    return NULL;
}

START_TEST(pages_of_entries_hold_each_once)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    for (int i = 1; i <= 7; i++)
        (void)entry_made(
            s, token,
            talloc_asprintf(s,
                            "{\"date\":\"2040-11-%02d\",\"project\":\"StoreZero\",\"minutes\":%d,"
                            "\"note\":\"Task & more\"}",
                            20 + i / 3, i));
    const char *expected = "7 6 5 4 3 2 1 ";
    for (int limit = 1; limit <= 8; limit++)
        ck_assert_str_eq(
            walk(s, token, "/api/timesheets", talloc_asprintf(s, "limit=%d", limit), "minutes"),
            expected);
    ck_assert_str_eq(walk(s, token, "/api/timesheets", "limit=2&q=task+%26", "minutes"), expected);
    ck_assert_str_eq(
        walk(s, token, "/api/timesheets", "limit=2&from=2040-11-21&to=2040-11-21", "minutes"),
        "5 4 3 ");
    ck_assert_str_eq(walk(s, token, "/api/timesheets", "week=2040-W47&limit=3", "minutes"),
                     expected);
    ck_assert_str_eq(walk(s, token, "/api/timesheets", "from=2040-11-22&to=2040-11-21", "minutes"),
                     "");
    site_close(s);
}
END_TEST

/* A code is any text of up to 40 characters; in a Link it must come back as it is. */
START_TEST(pages_of_projects_survive_any_code)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);

    sql_do(s->w, "DELETE FROM project");
    sql_do(
        s->w,
        "INSERT INTO project (code, name, version) VALUES ('A&B=1', '', 1), ('B C>', '', 2), ('C%%41+', '', 3),"
        " ('D\xC3\xA9#', '', 4), (CONCAT('E', CHAR(9), 'x'), '', 5), (CONCAT('F', CHAR(10), 'Set-Cookie: a'), '', 6),"
        " ('G\\\";<', '', 7), ('H', '', 8)");
    for (int limit = 1; limit <= 3; limit++)
        ck_assert_str_eq(
            walk(s, token, "/api/projects", talloc_asprintf(s, "limit=%d", limit), "version"),
            "1 2 3 4 5 6 7 8 ");
    site_close(s);
}
END_TEST

START_TEST(the_list_refuses_what_it_does_not_know)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    static const char *const wrong[] = {
        "limit=0",
        "limit=1001",
        "limit=1&limit=1",
        "page=2",
        "from=2040-02-30",
        "week=2025-W53",
        "status=done",
        "cursor=zz",
        "cursor=0000000000000000000000",
        "cursor=ffffffff00000000000001",
        "q=",
        "q=%00",
        "q=%FF",
        "project=%",
        "cursor=0000652b0000000000000g",
        "user=",
        "to=2040-1-1",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct answer a =
            ASK(s, .method = "GET", .path = "/api/timesheets", .query = wrong[i], .token = token);
        ck_assert_msg(a.status == 422, "%s: %d %s", wrong[i], a.status, a.body);
    }
    site_close(s);
}
END_TEST

/* --- a request has so much memory and no more ----------------------------------------------------------- */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* as the worker does */
static TALLOC_CTX *limited(struct site *s, size_t bytes)
{
    TALLOC_CTX *mem = talloc_named_const(s, 0, "request");

    ck_assert_int_eq(talloc_set_memlimit(mem, bytes), 0);
    return mem;
}
#pragma GCC diagnostic pop

START_TEST(a_list_that_outgrows_its_memory_is_503)
{
    struct site *s = site_open();
    const char *token = LOGIN(s, .sub = "auth0|ann", .scope = SCOPES_EMPLOYEE);
    char note[NOTE_MAX + 1];
    bool refused = false, answered = false;

    memset(note, 'n', NOTE_MAX);
    note[NOTE_MAX] = '\0';
    for (int i = 1; i <= 40; i++)
        (void)entry_made(
            s, token,
            talloc_asprintf(s,
                            "{\"date\":\"2040-11-%02d\",\"project\":\"StoreZero\",\"minutes\":1,"
                            "\"note\":\"%s\"}",
                            1 + i % 28, note));
    struct answer whole = ASK(s, .method = "GET", .path = "/api/timesheets", .token = token);
    for (size_t bytes = 256; bytes < 256 * 1024; bytes = bytes * 5 / 4) {
        TALLOC_CTX *mem = limited(s, bytes);
        struct answer a =
            ASK(s, .method = "GET", .path = "/api/timesheets", .token = token, .mem = mem);
        if (a.status == 200) {
            ck_assert_str_eq(a.body, whole.body);
            answered = true;
        } else {
            ck_status(a, 503);
            ck_assert_msg(strcasestr(a.body, "memory") != NULL, "%s", a.body);
            ck_assert_msg(!answered, "%zu bytes are too few, fewer were enough", bytes);
            refused = true;
        }
        talloc_free(mem);
    }
    ck_assert(refused && answered);
    site_close(s);
}
END_TEST

/* --- nothing of one request is in another ------------------------------------------------------------------ */
START_TEST(two_callers_take_turns_on_one_worker)
{
    struct site *s = site_open();
    static const char *const names[] = {"ann", "bob"};
    const char *tokens[2], *replies[2];
    int64_t ids[2];

    for (int i = 0; i < 2; i++) {
        tokens[i] = LOGIN(s, .sub = talloc_asprintf(s, "auth0|%s", names[i]),
                          .email = talloc_asprintf(s, "%s@abc.example", names[i]),
                          .scope = SCOPES_EMPLOYEE);
        ids[i] = entry_made(s, tokens[i],
                            talloc_asprintf(s,
                                            "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\","
                                            "\"minutes\":1,\"note\":\"of %s\"}",
                                            names[i]));
        struct answer a =
            ASK(s, .method = "GET", .path = entry_path(s, ids[i]), .token = tokens[i]);
        replies[i] = bare(s, &a);
    }
    for (int round = 0; round < 20; round++) {
        int me = round % 2, other = 1 - me;
        struct answer a = ASK(s, .method = "GET", .path = "/api/timesheets", .token = tokens[me]);
        ck_assert_str_eq(a.body, talloc_asprintf(s, "[%s]\n", replies[me]));
        a = ASK(s, .method = "GET", .path = entry_path(s, ids[other]), .token = tokens[me]);
        ck_problem(a, 404, "not-found");
        a = ASK(s, .method = "PATCH", .path = entry_path(s, ids[other]), .token = tokens[me],
                .body = "{\"note\":\"taken\"}", .if_match = "*");
        ck_problem(a, 404, "not-found");
        a = ASK(s, .method = "DELETE", .path = entry_path(s, ids[other]), .token = tokens[me],
                .if_match = "*");
        ck_problem(a, 404, "not-found");
        a = ASK(s, .method = "GET", .path = "/api/timesheets", .query = "user=bob@abc.example",
                .token = tokens[0]);
        ck_problem(a, 403, "insufficient-scope");
        a = ASK(s, .method = "GET", .path = "/api/me", .token = tokens[me]);
        ck_assert_msg(strstr(a.body, names[me]) != NULL && strstr(a.body, names[other]) == NULL,
                      "%s", a.body);
        a = ASK(s, .method = "GET", .path = "/api/timesheets", .query = "q=nothing&limit=1");
        ck_status(a, 401);
    }
    site_close(s);
}
END_TEST

START_TEST(a_manager_sees_what_was_submitted_and_no_drafts)
{
    struct site *s = site_open();
    const char *ann =
        LOGIN(s, .sub = "auth0|ann", .email = "ann@abc.example", .scope = SCOPES_EMPLOYEE);
    const char *boss = LOGIN(s, .sub = "auth0|boss", .scope = SCOPES_MANAGER);
    int64_t draft = entry_made(
        s, ann,
        "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":1,\"status\":\"draft\"}");
    int64_t open =
        entry_made(s, ann, "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":2}");
    int64_t person_id = sql_number(s->w, "SELECT id FROM person WHERE sub = 'auth0|ann'");
    static const char *const queries[] = {"user=ann@abc.example",
                                          "user=ann%%40abc.example&status=submitted", "user=%lld"};
    struct answer a = ASK(s, .method = "GET", .path = entry_path(s, draft), .token = boss);

    ck_problem(a, 404, "not-found");
    a = ASK(s, .method = "GET", .path = entry_path(s, open), .token = boss);
    ck_status(a, 200);
    ck_assert_ptr_nonnull(strstr(a.body, "\"user_id\":\"ann@abc.example\""));
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        char query[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the table above */
        (void)snprintf(query, sizeof query, queries[i], (long long)person_id);
#pragma GCC diagnostic pop
        struct answer list =
            ASK(s, .method = "GET", .path = "/api/timesheets", .query = query, .token = boss);
        ck_assert_str_eq(list.body, talloc_asprintf(s, "[%s]\n", bare(s, &a)));
    }
    a = ASK(s, .method = "GET", .path = "/api/timesheets",
            .query = "user=ann@abc.example&status=draft", .token = boss);
    ck_assert_str_eq(a.body, "[]\n");
    a = ASK(s, .method = "GET", .path = "/api/timesheets", .query = "user=nobody@abc.example",
            .token = boss);
    ck_problem(a, 422, "validation");
    a = ASK(s, .method = "PATCH", .path = entry_path(s, open), .token = boss,
            .body = "{\"minutes\":9}", .if_match = "*");
    ck_problem(a, 403, "not-yours");
    a = ASK(s, .method = "DELETE", .path = entry_path(s, draft), .token = boss, .if_match = "*");
    ck_problem(a, 404, "not-found");
    site_close(s);
}
END_TEST

UNIT_MAIN("api", every_route_answers_each_kind_of_caller,
          an_unknown_path_is_404_and_another_method_405,
          of_two_mistakes_the_first_in_the_contract_is_told,
          all_faults_of_query_and_body_are_told_together, a_body_is_read_to_its_stated_length_only,
          what_a_post_replies_is_what_is_stored_read_and_listed,
          the_digest_of_an_event_is_over_the_stored_reply,
          a_repeated_post_replays_its_reply_byte_for_byte, a_replay_comes_before_any_refusal,
          a_patch_that_changes_nothing_leaves_the_version,
          a_move_to_another_week_is_an_event_in_both, a_moved_entry_must_fit_the_new_day,
          a_repeated_delete_answers_as_the_first, a_keyed_delete_replays,
          a_rejected_entry_becomes_a_draft_when_it_is_edited,
          a_closed_project_takes_no_more_but_its_entries_can_be_put_right,
          a_day_over_24_hours_is_told_before_a_closed_project,
          the_last_date_moves_at_midnight_of_the_zone, me_tells_today_and_the_week_in_the_zone,
          pages_of_entries_hold_each_once, pages_of_projects_survive_any_code,
          the_list_refuses_what_it_does_not_know, a_list_that_outgrows_its_memory_is_503,
          two_callers_take_turns_on_one_worker, a_manager_sees_what_was_submitted_and_no_drafts)
