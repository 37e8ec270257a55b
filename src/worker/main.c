/* timesheets-api: one FastCGI worker. Single-threaded, one request at a time, no state but caches. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "ts/api.h"
#include "ts/clock.h"
#include "ts/fcgi.h"
#include "worker_priv.h"

enum { POOL_BYTES = 64 << 10, STARTUP_FAILURE_MS = 1000, EXIT_USAGE = 64, EXIT_CONFIG = 78 };

struct app {
    struct settings settings;
    struct verifier *verifier;
    struct store *store;
    struct api *api;
    struct fcgi *fcgi;
    TALLOC_CTX *pool; /* requests are children of it */
};

static void print_help(void)
{
    (void)printf(
        "Usage: timesheets-api [--check-config | --print-openapi | --print-reference |\n"
        "                       --version | --help]\n\n"
        "One worker of the Timesheets API. It answers FastCGI requests on the listening\n"
        "socket it finds as descriptor 0; spawn-fcgi and multiwatch start a pool:\n\n"
        "  spawn-fcgi -n -s SOCKET -- multiwatch -f 4 -- timesheets-api\n\n"
        "TERM, USR1 and USR2 let the request in hand finish, then it exits with 0.\n\n"
        "--print-openapi writes the OpenAPI 3.1 document of the API, --print-reference the\n"
        "reference page (HTML); they need no settings.\n\n"
        "Settings come from the environment:\n\n");
    settings_print_help();
}

/* A database that is away is no reason to stop: the worker says so and keeps trying. */
static enum status connect_store(struct app *app)
{
    store_request_begin(app->store);
    enum status st = store_connect(app->store);
    return st == STATUS_BAD_SCHEMA ? st : STATUS_OK;
}

static enum status app_open(TALLOC_CTX *mem, struct app **out)
{
    struct app *app = talloc_zero(mem, struct app);
    enum status st = app == NULL ? STATUS_NO_MEMORY : settings_read(&app->settings);

    if (st == STATUS_OK) {
        log_set_level(settings_log_level(&app->settings));
        st = clock_set_zone(app->settings.zone);
        if (st != STATUS_OK)
            LOG(LOG_ERROR, "unknown_zone", LOG_TEXT("zone", app->settings.zone));
    }
    if (st == STATUS_OK)
        st = store_open(app, &app->settings.store, &app->store);
    if (st == STATUS_OK)
        st = verifier_open(app, &app->settings.token, &app->verifier);
    if (st == STATUS_OK)
        st = api_open(app, app->verifier, app->store, app->settings.audit_key_file, &app->api);
    if (st != STATUS_OK)
        return talloc_free(app), st;
    api_spool_in(app->api, app->settings.spool_dir);
    *out = app;
    return STATUS_OK;
}

static enum status io_body(TALLOC_CTX *mem, void *peer, size_t length, struct str *out)
{
    return fcgi_body(mem, peer, length, out);
}

static enum status io_read(void *peer, char *data, size_t size, size_t *got)
{
    return fcgi_read(peer, data, size, got);
}

static enum status io_send(void *peer, struct http_reply *reply)
{
    return fcgi_send(peer, reply);
}

static void log_request(const struct http_request *request, const struct http_reply *reply,
                        const struct api_trace *trace, int64_t bytes, int64_t started_us)
{
    enum log_level level = reply->status >= 500 ? LOG_ERROR : LOG_INFO;

    LOG(level, "request", LOG_TEXT("method", http_method_name(request->method)),
        LOG_TEXT("route", trace->route), LOG_INT("status", reply->status), LOG_INT("bytes", bytes),
        LOG_INT("us", clock_mono_us() - started_us), LOG_TEXT("subject", trace->subject),
        LOG_TEXT("refused", trace->reason), LOG_INT("replayed", trace->replayed));
}

static void serve(struct app *app)
{
    int64_t started_us = clock_mono_us();
    TALLOC_CTX *mem = talloc_new(app->pool);
    struct http_request request;
    struct http_reply reply;
    struct api_trace trace;
    const struct api_io io = {.peer = app->fcgi, .body = io_body, .read = io_read, .send = io_send};
    int64_t bytes = -1;

    if (mem == NULL)
        exit(EXIT_FAILURE); /* not even an empty request fits: let multiwatch start anew */
    fcgi_request(app->fcgi, &request);
    log_set_request(request.request_id);
    api_handle(mem, app->api, &request, &io, &reply, &trace);
    if (trace.broken)
        fcgi_abort(app->fcgi);
    else
        bytes = fcgi_reply(app->fcgi, &reply);
    log_request(&request, &reply, &trace, bytes, started_us);
    log_set_request(STR(""));
    talloc_free(mem);
}

static void loop(struct app *app)
{
    enum fcgi_event event;
    int64_t served = 0;

    while ((event = fcgi_wait(app->fcgi, verifier_due_ms(app->verifier))) != FCGI_STOP) {
        if (event == FCGI_REQUEST) {
            serve(app);
            served++;
        }
        if (verifier_due_ms(app->verifier) <= 0)
            verifier_maintain(app->verifier);
        if (app->settings.max_requests > 0 && served >= app->settings.max_requests)
            break;
    }
    LOG(LOG_INFO, "worker_stopped", LOG_INT("served", served));
}

/* Requests share one pool of memory in release builds; sanitizers and valgrind see every chunk. The limit
 * is the pool's: a limit of each request's own would leave a record behind with every request. */
static TALLOC_CTX *make_pool(TALLOC_CTX *mem, size_t limit)
{
#ifdef TS_NO_POOL
    TALLOC_CTX *pool = talloc_new(mem);
#else
    TALLOC_CTX *pool = talloc_pool(mem, POOL_BYTES);
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored                                                                     \
    "-Wdeprecated-declarations" /* talloc 2.4 marks its limit deprecated and offers no other */
    return pool != NULL && talloc_set_memlimit(pool, limit) == 0 ? pool : NULL;
#pragma GCC diagnostic pop
}

static int run(TALLOC_CTX *mem)
{
    struct app *app = NULL;
    const struct rlimit no_core = {0, 0}; /* a core would hold tokens and personal data */
    enum status st = app_open(mem, &app);

    (void)setrlimit(RLIMIT_CORE, &no_core);
    if (st == STATUS_OK)
        st = connect_store(app);
    if (st == STATUS_OK)
        st = fcgi_open(app, 0, &app->fcgi);
    if (st == STATUS_OK &&
        (app->pool = make_pool(app, (size_t)app->settings.request_memory)) == NULL)
        st = STATUS_NO_MEMORY;
    if (st != STATUS_OK) {
        LOG(LOG_ERROR, "start_failed", LOG_TEXT("cause", status_title(st)));
        clock_sleep_ms(
            STARTUP_FAILURE_MS); /* the only back-off there is: multiwatch restarts at once */
        return st == STATUS_BAD_CONFIG ? EXIT_CONFIG : EXIT_FAILURE;
    }
    LOG(LOG_INFO, "worker_started", LOG_TEXT("version", TS_VERSION));
    loop(app);
    return EXIT_SUCCESS;
}

static int check_config(TALLOC_CTX *mem)
{
    struct app *app;

    if (app_open(mem, &app) != STATUS_OK) {
        (void)fprintf(stderr, "The configuration is not valid.\n");
        return EXIT_CONFIG;
    }
    (void)printf("The configuration is valid.\n");
    return EXIT_SUCCESS;
}

/* A document on standard output. */
static int print_document(TALLOC_CTX *mem, void (*write)(struct buf *out))
{
    struct buf b;

    buf_init(&b, mem, API_DOCUMENT_MAX);
    write(&b);
    bool whole =
        b.status == STATUS_OK && fwrite(b.data, 1, b.len, stdout) == b.len && fflush(stdout) == 0;
    if (!whole)
        (void)fprintf(stderr, "timesheets-api: the document could not be written\n");
    return whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct str option = argc == 2 ? str_of(argv[1]) : STR("");
    int code = EXIT_SUCCESS;

    if (argc == 1) {
        code = run(mem);
    } else if (str_eq(option, STR("--check-config"))) {
        code = check_config(mem);
    } else if (str_eq(option, STR("--print-openapi"))) {
        code = print_document(mem, api_openapi);
    } else if (str_eq(option, STR("--print-reference"))) {
        code = print_document(mem, api_reference);
    } else if (str_eq(option, STR("--version"))) {
        (void)printf("timesheets-api %s\n", TS_VERSION);
    } else if (str_eq(option, STR("--help"))) {
        print_help();
    } else {
        (void)fprintf(stderr, "timesheets-api: unknown argument; --help tells what there is\n");
        code = EXIT_USAGE;
    }
    talloc_free(mem);
    return code;
}
