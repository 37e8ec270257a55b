/* Every handler with the n-th allocation failing, for each n: the reply must be a whole document,
 * nothing may be stored by halves, and the next request must work.
 *
 * malloc, calloc, realloc and strdup of the whole process (talloc, json-c, the database client,
 * OpenSSL) are taken over here and fail on demand. Under a sanitizer or valgrind, which need them
 * for themselves, talloc's limit on the request stands in: each run may have a few bytes more. */
#include <dlfcn.h>
#include <fcntl.h>

#include "api_fixture.h"

/* --- allocations that fail ------------------------------------------------------------------------- */
#if defined(__SANITIZE_ADDRESS__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#ifndef OWN_MALLOC
#define OWN_MALLOC 1
#endif

static struct {
    bool armed, lasting; /* lasting: all later ones fail too */
    int64_t left;        /* until the first that fails, which is at 0 */
    int64_t blocks;      /* that are allocated now */
    int64_t kept;        /* of those, what requests have left behind */
} heap;

#if OWN_MALLOC
/* Allocations that libraries do not check: what a failure there does cannot be mended from here. */
static const struct {
    const char *library, *function, *what;
} unchecked[] = {
    {"libjson-c", "strdup", "0.16: the name of a member is NULL and then hashed: it crashes"},
    {"libjansson", "", "2.14: an object that cannot grow is freed twice"},
};

static bool is_unchecked(const char *function, const void *caller)
{
    Dl_info info;

    if (dladdr(caller, &info) == 0 || info.dli_fname == NULL)
        return false;
    for (size_t i = 0; i < sizeof unchecked / sizeof unchecked[0]; i++) {
        bool any = unchecked[i].function[0] == '\0';
        if ((any || strcmp(unchecked[i].function, function) == 0) &&
            strstr(info.dli_fname, unchecked[i].library) != NULL)
            return true;
    }
    return false;
}

static bool fails(const char *function, const void *caller)
{
    if (!heap.armed)
        return false;
    heap.left--;
    return (heap.left == 0 || (heap.left < 0 && heap.lasting)) && !is_unchecked(function, caller);
}

/* glibc's own, under the names it keeps for this use. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static void *counted(void *block)
{
    heap.blocks += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return fails("malloc", __builtin_return_address(0)) ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails("calloc", __builtin_return_address(0)) ? NULL
                                                        : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    if (fails("realloc", __builtin_return_address(0)))
        return NULL;
    return block == NULL ? counted(__libc_realloc(block, size)) : __libc_realloc(block, size);
}

char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = fails("strdup", __builtin_return_address(0)) ? NULL : counted(__libc_malloc(size));

    return copy == NULL ? NULL : memcpy(copy, text, size);
}

void free(void *block)
{
    heap.blocks -= block != NULL;
    __libc_free(block);
}
#endif

#if OWN_MALLOC
/* Connector/C 3.3 checks few of the allocations it makes while it connects, and crashes: there they
 * all succeed. What our side allocates for a connection before and after may fail. */
void *mysql_real_connect(void *handle, const char *host, const char *user, const char *password,
                         const char *database, unsigned int port, const char *socket,
                         unsigned long flags);

void *mysql_real_connect(void *handle, const char *host, const char *user, const char *password,
                         const char *database, unsigned int port, const char *socket,
                         unsigned long flags)
{
    void *(*next)(void *, const char *, const char *, const char *, const char *, unsigned int,
                  const char *, unsigned long);
    bool armed = heap.armed;

    heap.armed = false;
    *(void **)(void *)&next = dlsym(RTLD_NEXT, "mysql_real_connect");
    void *result = next(handle, host, user, password, database, port, socket, flags);
    heap.armed = armed;
    return result;
}
#endif

static struct {
    int64_t n;
    bool lasting;
} plan;

static void around(bool before)
{
    if (before) {
        heap.left = plan.n;
        heap.lasting = plan.lasting;
    }
    heap.armed = before;
    heap.kept += before ? -heap.blocks : heap.blocks;
}

/* Is it really this program's malloc that is called? valgrind puts its own in its place. */
static bool owns_malloc(void)
{
    plan.n = 1;
    plan.lasting = false;
    around(true);
    void *block = malloc(16);
    around(false);
    free(block);
    return block == NULL;
}

/* --- what is asked ----------------------------------------------------------------------------------- */
struct operation {
    const char *name, *method, *path, *if_match; /* "{own week}": each run has another */
    const char *body;                            /* {n} in it is another text in each run */
    const char *query, *accept;
    int status;
    int events;          /* written by it */
    const char *reply;   /* what a good reply holds: everything that was sent */
    int64_t step;        /* how far apart the ns are after the first hundred; 0 = each n */
    bool manager;        /* asked by one, about what Ann has submitted */
    bool new_person;     /* each run is the first call of somebody */
    bool new_token;      /* no verified token is remembered */
    bool new_connection; /* the worker has just started */
};

static const struct operation operations[] = {
    {.name = "list",
     .method = "GET",
     .path = "/api/timesheets",
     .status = 200,
     .reply = "\"minutes\":7,"},
    {.name = "read",
     .method = "GET",
     .path = "{id}",
     .status = 200,
     .reply = "\"date\":\"2040-11-21\""},
    {.name = "create",
     .method = "POST",
     .path = "/api/timesheets",
     .status = 201,
     .events = 1,
     .body = "{\"date\":\"2040-11-20\",\"project\":\"OTHER\",\"hours\":0.0167,\"status\":\"draft\","
             "\"note\":\"A note of more bytes than a small buffer holds at first\"}",
     .reply =
         "\"date\":\"2040-11-20\",\"project\":\"OTHER\",\"hours\":0.0167,\"minutes\":1,\"note\":"
         "\"A note of more bytes than a small buffer holds at first\",\"status\":\"draft\""},
    {.name = "patch",
     .method = "PATCH",
     .path = "{id}",
     .status = 200,
     .events = 2,
     .if_match = "\"e1\"",
     .body = "{\"date\":\"2040-11-13\",\"project\":\"StoreZero\",\"minutes\":1,"
             "\"note\":\"A note of more bytes than a small buffer holds at first\"}",
     .reply =
         "\"date\":\"2040-11-13\",\"project\":\"StoreZero\",\"hours\":0.0167,\"minutes\":1,\"note\":"
         "\"A note of more bytes than a small buffer holds at first\",\"status\":\"submitted\""},
    {.name = "delete",
     .method = "DELETE",
     .path = "{id}",
     .status = 204,
     .events = 1,
     .if_match = "\"e1\"",
     .reply = ""},
    {.name = "projects",
     .method = "GET",
     .path = "/api/projects",
     .status = 200,
     .reply = "\"code\":\"StoreZero\""},
    {.name = "inbox",
     .method = "GET",
     .path = "/api/approvals",
     .status = 200,
     .manager = true,
     .reply = "\"minutes\":7,"},
    {.name = "approve",
     .method = "PUT",
     .path = "{approval}",
     .status = 200,
     .events = 1,
     .manager = true,
     .body = "{\"status\":\"rejected\",\"reason\":\"A reason of more bytes than a small buffer "
             "holds at first\"}",
     .reply = "\"status\":\"rejected\",\"approved\":false,\"reason\":\"A reason of more bytes than "
              "a small buffer holds at first\",\"version\":2"},
    {.name = "somebody's week",
     .method = "GET",
     .path = "/api/people/1/weeks/2040-W48",
     .status = 200,
     .manager = true,
     .reply = "\"state\":\"submitted\""},
    {.name = "decide a week",
     .method = "PUT",
     .path = "{week}",
     .status = 200,
     .events = 1,
     .manager = true,
     .body = "{\"decision\":\"rejected\",\"reason\":\"A reason of more bytes than a small buffer "
             "holds at first\"}",
     .reply = "\"state\":\"rejected\""},
    {.name = "weeks",
     .method = "GET",
     .path = "/api/weeks",
     .status = 200,
     .reply = "\"week\":\"2040-W48\""},
    {.name = "read week",
     .method = "GET",
     .path = "/api/weeks/2040-W48",
     .status = 200,
     .reply = "\"minutes\":7,"},
    {.name = "save week",
     .method = "PUT",
     .path = "{own week}",
     .status = 200,
     .events = 1,
     .if_match = "\"w2\"",
     .reply = "\"minutes\":12,\"hours\":0.2,\"draft\":1,\"submitted\":1,"},
    {.name = "submit week",
     .method = "PUT",
     .path = "{own week}/submission",
     .status = 200,
     .events = 1,
     .if_match = "\"w2\"",
     .reply = "\"minutes\":4,\"hours\":0.0667,\"draft\":0,\"submitted\":2,"},
    {.name = "withdraw week",
     .method = "DELETE",
     .path = "{own week}/submission",
     .status = 200,
     .events = 1,
     .if_match = "\"w2\"",
     .reply = "\"minutes\":4,\"hours\":0.0667,\"draft\":2,\"submitted\":0,"},
    {.name = "add a person",
     .method = "POST",
     .manager = true,
     .path = "/api/people",
     .status = 201,
     .events = 1,
     .body = "{\"name\":\"Carl Contractor\",\"kind\":\"contractor\",\"email\":\"P{n}@C.example\","
             "\"employee_number\":\"{n}\",\"active_from\":\"2026-01-05\"}",
     .reply = "@c.example\",\"name\":\"Carl Contractor\",\"email\":\"p"},
    {.name = "people",
     .method = "GET",
     .manager = true,
     .path = "/api/people",
     .status = 200,
     .reply = "\"user_id\":\"ann@abc.example\""},
    {.name = "change a project",
     .method = "PATCH",
     .manager = true,
     .path = "/api/projects/OTHER",
     .status = 200,
     .events = 1,
     .if_match = "*",
     .body =
         "{\"name\":\"{n}\",\"customer\":\"A customer of more bytes than a small buffer holds\"}",
     .reply = "\"customer\":\"A customer of more bytes than a small buffer holds\""},
    {.name = "add a source",
     .method = "POST",
     .manager = true,
     .path = "/api/sources",
     .status = 201,
     .events = 1,
     .body = "{\"name\":\"s{n}\",\"client_id\":\"c{n}\"}",
     .reply = "\"version\":1"},
    {.name = "upload",
     .method = "POST",
     .manager = true,
     .path = "/api/timesheets/upload",
     .query = "source=tool&mode=atomic",
     .status = 201,
     .events = 3, /* the upload, an entry, its removal */
     .body = "[{\"user_id\":\"ann@abc.example\",\"date\":\"2040-11-19\",\"project\":\"OTHER\","
             "\"minutes\":1,\"external_id\":\"{n}\",\"note\":\"A note of more bytes than a small "
             "buffer holds\"},{\"external_id\":\"{n}\",\"deleted\":true}]",
     .step = 7,
     .reply = "\"received\":2,\"created\":1,\"updated\":0,\"unchanged\":0,\"removed\":1,"
              "\"rejected\":0,\"rows\":[{\"row\":1,"},
    {.name = "past uploads",
     .method = "GET",
     .manager = true,
     .path = "/api/uploads",
     .status = 200,
     .reply = "[]"},
    {.name = "hours",
     .method = "GET",
     .path = "/api/reports/hours",
     .status = 200,
     .reply = "\"group_by\":[\"project\"],\"entries\":"},
    {.name = "hours, line by line",
     .method = "GET",
     .path = "/api/reports/hours",
     .query = "group_by=entry&project=OTHER",
     .accept = "text/csv",
     .status = 200,
     .reply = "\r\ntotal,"},
    {.name = "missing weeks",
     .method = "GET",
     .path = "/api/reports/missing",
     .status = 200,
     .reply = "[]"},
    {.name = "me",
     .method = "GET",
     .path = "/api/me",
     .status = 200,
     .reply = "\"user_id\":\"ann@abc.example\""},
    {.name = "live",
     .method = "GET",
     .path = "/api/health/live",
     .status = 200,
     .reply = "\"live\""},
    {.name = "ready",
     .method = "GET",
     .path = "/api/health/ready",
     .status = 200,
     .reply = "\"ready\""},
    {.name = "first call",
     .method = "GET",
     .path = "/api/me",
     .status = 200,
     .events = 1,
     .new_person = true,
     .reply = "@abc.example\",\"name\":\"New Person\",\"email\":\"p"},
    {.name = "new token",
     .method = "GET",
     .path = "/api/me",
     .status = 200,
     .new_token = true,
     .step = 29,
     .reply = "\"user_id\":\"ann@abc.example\""},
    {.name = "new worker",
     .method = "GET",
     .path = "/api/timesheets",
     .status = 200,
     .new_connection = true,
     .step = 3,
     .reply = "\"minutes\":7,"},
};
enum { OPERATIONS = sizeof operations / sizeof operations[0] };

struct sweep {
    struct site *s;
    const struct operation *op;
    const char *ann, *me; /* her token and what /me says of her */
    const char *boss;
    bool own_malloc, lasting;
    int64_t n, refused;
};

static int64_t count_events(struct sweep *w)
{
    return sql_number(w->s->w, "SELECT COUNT(*) FROM event");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* as the worker does */
static TALLOC_CTX *request_memory(struct sweep *w)
{
    TALLOC_CTX *mem = talloc_named_const(w->s, 0, "request");

    plan.n = w->n;
    plan.lasting = w->lasting;
    if (!w->own_malloc)
        ck_assert_int_eq(talloc_set_memlimit(mem, (size_t)w->n * 64), 0);
    return mem;
}
#pragma GCC diagnostic pop

/* The token of somebody who has never called: it is remembered, its person is not there. */
static const char *new_person(struct sweep *w)
{
    char *name = talloc_asprintf(w->s, "p%d-%lld", w->lasting, (long long)w->n);
    const char *token = LOGIN(w->s, .sub = talloc_asprintf(w->s, "auth0|%s", name),
                              .email = talloc_asprintf(w->s, "%s@abc.example", name),
                              .name = "New Person", .scope = "read:timesheets");
    struct answer a =
        ASK(w->s, .method = "POST", .path = "/api/timesheets", .token = token, .body = ENTRY_BODY);

    ck_problem(a, 403, "insufficient-scope");
    return token;
}

/* A week of its own for each run, with one entry: `q` decides it. */
static void ask_week(struct sweep *w, struct ask *q)
{
    enum { WEEKS = 900 };
    const int64_t index = w->n % WEEKS + (w->lasting ? WEEKS : 0);
    const struct date monday = {day("2003-01-06").days + (int32_t)index * WEEK_DAYS};
    char date[DATE_TEXT_LEN], week[WEEK_TEXT_LEN];

    date_format(monday, date);
    week_format(week_of(monday), week);
    struct answer a =
        ASK(w->s, .method = "POST", .path = "/api/timesheets", .token = w->ann,
            .body = talloc_asprintf(w->s, "{\"date\":\"%.*s\",\"project\":\"OTHER\",\"minutes\":2}",
                                    DATE_TEXT_LEN, date));
    ck_status(a, 201);
    q->path = talloc_asprintf(w->s, "/api/people/1/weeks/%.*s/decision", WEEK_TEXT_LEN, week);
    q->if_match = talloc_asprintf(
        w->s, "\"w%s\"",
        sql_ask(w->s->w, "SELECT version FROM week WHERE person_id = 1 AND week = %d",
                (int)week_of(monday).number));
}

/* A week with a draft and a submitted entry, and what becomes of them when it is saved. */
static void make_week(struct sweep *w, struct ask *q)
{
    static int weeks;
    char week[WEEK_TEXT_LEN], monday[DATE_TEXT_LEN];
    struct date date = week_monday((struct iso_week){200001});

    date.days += WEEK_DAYS * weeks++;
    date_format(date, monday);
    week_format(week_of(date), week);
    const char *entry = talloc_asprintf(
        w->s, "{\"date\":\"%.*s\",\"project\":\"OTHER\",\"minutes\":2}", DATE_TEXT_LEN, monday);
    int64_t submitted = entry_made(w->s, w->ann, entry);
    int64_t draft = entry_made(
        w->s, w->ann,
        talloc_asprintf(w->s, "%.*s,\"status\":\"draft\"}", (int)strlen(entry) - 1, entry));
    q->path = talloc_asprintf(w->s, "/api/weeks/%.*s%s", WEEK_TEXT_LEN, week,
                              w->op->path + strlen("{own week}"));
    if (w->op->path[strlen("{own week}")] == '\0')
        q->body = talloc_asprintf(
            w->s,
            "{\"entries\":[{\"id\":%lld,\"delete\":true},{\"id\":%lld,\"date\":\"%.*s\","
            "\"project\":\"OTHER\",\"minutes\":5},{\"date\":\"%.*s\",\"project\":\"StoreZero\","
            "\"minutes\":7,\"note\":\"A note of more bytes than a small buffer holds\"}]}",
            (long long)draft, (long long)submitted, DATE_TEXT_LEN, monday, DATE_TEXT_LEN, monday);
}

static char *body_of_run(struct sweep *w)
{
    char *body = talloc_strdup(w->s, w->op->body), *at;

    while ((at = strstr(body, "{n}")) != NULL) {
        *at = '\0';
        body = talloc_asprintf(w->s, "%s%d-%lld%s", body, w->lasting, (long long)w->n, at + 3);
    }
    return body;
}

static struct ask request_of_run(struct sweep *w)
{
    const struct operation *op = w->op;
    struct ask q = {.method = op->method,
                    .path = op->path,
                    .query = op->query,
                    .accept = op->accept,
                    .body = op->body == NULL ? NULL : body_of_run(w),
                    .if_match = op->if_match,
                    .token = w->ann};

    if (strcmp(op->path, "{week}") == 0) {
        ask_week(w, &q);
    } else if (strncmp(op->path, "{own week}", strlen("{own week}")) == 0) {
        make_week(w, &q);
    } else if (op->path[0] == '{') {
        int64_t id = entry_made(w->s, w->ann,
                                "{\"date\":\"2040-11-21\",\"project\":\"OTHER\",\"minutes\":1}");
        q.path = op->manager ? talloc_asprintf(w->s, "/api/approvals/%lld", (long long)id)
                             : entry_path(w->s, id);
    }
    if (op->manager)
        q.token = w->boss;
    if (strcmp(op->method, "GET") != 0)
        q.key = talloc_asprintf(w->s, "key-%d-%012lld", w->lasting, (long long)w->n);
    if (op->new_person)
        q.token = new_person(w);
    if (op->new_connection)
        q.api = site_worker(w->s, w->s->verifier);
    return q;
}

/* --- what must be true -------------------------------------------------------------------------------- */
#define ck_run(w, condition, a)                                                                    \
    ck_assert_msg((condition), "%s, %s %lld failing%s: " #condition ": %d %s", (w)->op->name,      \
                  (w)->own_malloc ? "allocation" : "limit", (long long)(w)->n,                     \
                  (w)->lasting ? " with all later ones" : "", (a)->status, (a)->body)

static void check_run(struct sweep *w, const struct answer *a)
{
    const struct operation *op = w->op;
    /* libjwt has one word for a token that is wrong and one that it has no memory for */
    bool excused = op->new_token && a->status == 401;

    if (a->status == op->status)
        ck_run(w, strstr(a->body, op->reply) != NULL, a);
    else
        ck_run(w, a->status == 503 || a->status == 500 || excused, a);
}

/* Sends a request in memory of its own, and adds up what it leaves behind when that is freed. */
static struct answer ask_and_count(struct sweep *w, struct ask q, TALLOC_CTX *mem)
{
    q.mem = mem;
    q.around = w->own_malloc ? around : NULL;
    struct answer a = api_ask(w->s, q);
    int64_t before = heap.blocks;
    talloc_free(mem);
    heap.kept += heap.blocks - before;
    a.reply = (struct http_reply){.status = a.status}; /* its memory is gone */
    return a;
}

/* With all the memory it wants. */
static struct answer ask_again(struct sweep *w, struct ask q)
{
    plan.n = INT64_MAX;
    return ask_and_count(w, q, talloc_new(w->s));
}

/* The same request again: exactly once is what was done. */
static void repeat(struct sweep *w, struct ask q, int64_t events)
{
    struct answer a = ask_again(w, q);

    if (a.status == 503) { /* a failed connect is not tried again for a second */
        clock_fake(clock_wall_us() + 1100000);
        a = ask_again(w, q);
    }
    ck_run(w, a.status == w->op->status, &a);
    ck_run(w, strstr(a.body, w->op->reply) != NULL, &a);
    ck_run(w, count_events(w) == events + w->op->events, &a);
    a = ask_again(w, (struct ask){.method = "GET", .path = "/api/me", .token = w->ann});
    ck_run(w, strcmp(a.body, w->me) == 0, &a);
}

/* One run with the n-th allocation failing. False when there was none to fail. */
static bool run_one(struct sweep *w)
{
    int64_t events = count_events(w), blocks = heap.blocks;
    struct ask q = request_of_run(w);
    bool short_of_memory;

    events = count_events(w);
    heap.kept = w->op->new_connection ? heap.blocks - blocks : 0;
    struct answer a = ask_and_count(w, q, request_memory(w));
    short_of_memory = w->own_malloc ? heap.left <= 0 : a.status != w->op->status;
    int64_t now = count_events(w);
    check_run(w, &a);
    ck_run(w, now == events || now == events + w->op->events, &a);
    ck_run(w, a.status != w->op->status || now == events + w->op->events, &a);
    w->refused += a.status != w->op->status;
    repeat(w, q, events);
    blocks = heap.blocks;
    if (q.api != NULL) {
        talloc_free(q.api->store);
        talloc_free(q.api);
    }
    heap.kept += heap.blocks - blocks;
    return short_of_memory;
}

/* Libraries leave a block or two behind when they fail while a connection or a key is made; in the
 * requests of a worker that runs, every block is found again. */
static void check_kept(struct sweep *w, int64_t normally)
{
    ck_assert_msg(w->op->new_token || w->op->new_connection || heap.kept == normally,
                  "%s, allocation %lld failing: %lld blocks are left behind", w->op->name,
                  (long long)w->n, (long long)(heap.kept - normally));
}

static void run_all(struct sweep *w)
{
    int64_t step = w->op->step == 0 ? 1 : w->op->step, normally;
    bool more = true;

    for (w->n = INT32_MAX - 1; w->n < INT32_MAX + INT64_C(1); w->n++)
        ck_assert(!run_one(w)); /* fills the caches, then shows what is normal */
    normally = heap.kept;
    w->refused = 0;
    for (w->n = 1; more; w->n += w->n < 100 ? 1 : step) {
        ck_assert_msg(w->n < 100000, "%s always fails", w->op->name);
        more = run_one(w);
        check_kept(w, normally);
    }
    ck_assert_msg(w->refused > 0 || strcmp(w->op->name, "live") == 0, "%s was never refused",
                  w->op->name);
    check_truth(w->s->w);
}

static void open_sweep(struct sweep *w, const struct operation *op)
{
    struct site *s = site_open();

    *w = (struct sweep){.s = s, .op = op, .own_malloc = OWN_MALLOC && owns_malloc()};
    log_set_fd(open("/dev/null", O_WRONLY)); /* each failure is logged */
    if (op->new_token) {
        s->verifier = site_verifier(s, 0);
        s->api = site_worker(s, s->verifier);
    }
    sql_do(s->w, "INSERT INTO client (client_id, created_at) VALUES ('app', NOW(6))");
    sql_do(s->w, "INSERT INTO source (name, client, created_at) VALUES"
                 " ('tool', LAST_INSERT_ID(), NOW(6))");
    w->ann = LOGIN(s, .sub = "auth0|ann", .email = "ann@abc.example", .name = "Ann",
                   .scope = SCOPES_EMPLOYEE);
    w->boss = LOGIN(s, .sub = "auth0|boss", .email = "boss@abc.example", .scope = SCOPES_ALL);
    (void)entry_made(s, w->ann,
                     "{\"date\":\"2040-11-26\",\"project\":\"StoreZero\",\"minutes\":7}");
    if (op->manager) { /* a caller whom the worker knows */
        struct answer a = ASK(s, .method = "GET", .path = "/api/me", .token = w->boss);
        ck_status(a, 200);
    }
    w->me = ASK(s, .method = "GET", .path = "/api/me", .token = w->ann).body;
}

START_TEST(each_allocation_may_fail)
{
    struct sweep w;

    open_sweep(&w, &operations[_i]);
    for (int lasting = 0; lasting < (w.own_malloc ? 2 : 1); lasting++) {
        w.lasting = lasting == 1;
        run_all(&w);
    }
    site_close(w.s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_memory");
    TCase *cases = tcase_create("api_memory");

    if (!OWN_MALLOC || !owns_malloc())
        (void)printf("api_memory: talloc's limit stands in for malloc\n");
    tcase_add_loop_test(cases, each_allocation_may_fail, 0, OPERATIONS);
    tcase_set_timeout(cases, 120);
    suite_add_tcase(suite, cases);
    return unit_run(suite);
}
