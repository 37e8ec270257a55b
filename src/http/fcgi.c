/* Signals and sharing of the listener, as measured: libfcgi's own handlers leave a window in which a
 * signal is lost, and a signal that interrupts its wait for the first bytes makes it drop the connection
 * it has just accepted. So the stopping signals stay blocked: they are asked for between requests, and
 * let in while waiting in epoll_pwait. EPOLLEXCLUSIVE wakes one worker a connection. FCGX_Detach skips
 * libfcgi's wait for nginx to close; it needs stdin read to its end first, or close() would reset the
 * connection. */
#include "ts/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ts/log.h"

enum { DRAIN_MAX = 32 << 20, REPLY_HEAD_MAX = 16 << 10 };

struct fcgi {
    FCGX_Request request;
    int listen_fd, epoll_fd;
    sigset_t open; /* the mask of epoll_pwait, in which the stopping signals come through */
};

static volatile sig_atomic_t stop_requested;

static void on_stop(int signal_number)
{
    (void)signal_number;
    stop_requested = 1;
}

static int fcgi_close(struct fcgi *fcgi)
{
    FCGX_Free(&fcgi->request, 1);
    if (fcgi->epoll_fd >= 0)
        close(fcgi->epoll_fd);
    return 0;
}

static const int stopping[] = {SIGTERM, SIGUSR1, SIGUSR2};
enum { STOPPING = sizeof stopping / sizeof stopping[0] };

static void take_signals(struct fcgi *fcgi)
{
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t blocked;

    sigemptyset(&blocked);
    sigprocmask(SIG_SETMASK, NULL, &fcgi->open);
    for (size_t i = 0; i < STOPPING; i++) {
        sigaction(stopping[i], &action, NULL);
        sigaddset(&blocked, stopping[i]);
        sigdelset(&fcgi->open, stopping[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Has a stopping signal come, or is one waiting to be let in? */
static bool must_stop(void)
{
    sigset_t pending;

    if (stop_requested || sigpending(&pending) != 0)
        return stop_requested != 0;
    for (size_t i = 0; i < STOPPING; i++) {
        if (sigismember(&pending, stopping[i]) == 1)
            return true;
    }
    return false;
}

static bool is_listener(int fd)
{
    int accepting = 0;
    socklen_t len = sizeof accepting;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &len) == 0 && accepting != 0;
}

enum status fcgi_open(TALLOC_CTX *mem, int listen_fd, struct fcgi **out)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    struct fcgi *fcgi;

    if (!is_listener(listen_fd)) {
        LOG(LOG_ERROR, "no_listener",
            LOG_TEXT("detail",
                     "descriptor 0 is no listening socket: start this program with spawn-fcgi"));
        return STATUS_BAD_CONFIG;
    }
    fcgi = talloc_zero(mem, struct fcgi);
    if (fcgi == NULL)
        return STATUS_NO_MEMORY;
    fcgi->listen_fd = listen_fd;
    fcgi->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    take_signals(fcgi); /* before FCGX_Init, which installs its own only where there are none */
    if (fcgi->epoll_fd < 0 || FCGX_Init() != 0 ||
        FCGX_InitRequest(&fcgi->request, listen_fd, 0) != 0 ||
        fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK) != 0 ||
        epoll_ctl(fcgi->epoll_fd, EPOLL_CTL_ADD, listen_fd, &event) != 0) {
        LOG(LOG_ERROR, "listener_failed", LOG_INT("errno", errno));
        talloc_free(fcgi);
        return STATUS_INTERNAL;
    }
    talloc_set_destructor(fcgi, fcgi_close);
    *out = fcgi;
    return STATUS_OK;
}

enum fcgi_event fcgi_wait(struct fcgi *fcgi, int64_t timeout_ms)
{
    while (!must_stop()) {
        struct epoll_event event;
        int rc = FCGX_Accept_r(&fcgi->request);

        if (rc == 0)
            return FCGI_REQUEST;
        if (rc != -EAGAIN && rc != -EINTR && rc != -ECONNABORTED) {
            LOG(LOG_ERROR, "accept_failed", LOG_INT("errno", -rc));
            return FCGI_STOP;
        }
        if (epoll_pwait(fcgi->epoll_fd, &event, 1,
                        timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms, &fcgi->open) == 0)
            return FCGI_IDLE;
    }
    return FCGI_STOP;
}

void fcgi_request(const struct fcgi *fcgi, struct http_request *out)
{
    const struct {
        struct str name;
        struct str *value;
    } wanted[] = {
        {STR_INIT("REQUEST_METHOD="), &out->method_text},
        {STR_INIT("DOCUMENT_URI="), &out->path},
        {STR_INIT("QUERY_STRING="), &out->query},
        {STR_INIT("CONTENT_TYPE="), &out->content_type},
        {STR_INIT("CONTENT_LENGTH="), &out->content_length},
        {STR_INIT("HTTP_AUTHORIZATION="), &out->authorization},
        {STR_INIT("HTTP_IDEMPOTENCY_KEY="), &out->idempotency_key},
        {STR_INIT("HTTP_IF_MATCH="), &out->if_match},
        {STR_INIT("HTTP_IF_NONE_MATCH="), &out->if_none_match},
        {STR_INIT("HTTP_ACCEPT="), &out->accept},
        {STR_INIT("REQUEST_ID="), &out->request_id},
    };

    *out = (struct http_request){.method = HTTP_OTHER};
    for (char **env = fcgi->request.envp; *env != NULL; env++) {
        struct str line = str_of(*env);
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
            if (str_starts(line, wanted[i].name)) {
                *wanted[i].value = str_skip(line, wanted[i].name.len);
                break;
            }
        }
    }
    out->method = http_method_of(out->method_text);
}

enum status fcgi_body(TALLOC_CTX *mem, struct fcgi *fcgi, size_t length, struct str *out)
{
    char *data;

    if (length > INT32_MAX - 1)
        return STATUS_TOO_LARGE;
    data = talloc_size(mem, length + 1);
    if (data == NULL)
        return STATUS_NO_MEMORY;
    /* one byte more is asked for, so that a body longer than announced is noticed */
    int got = FCGX_GetStr(data, (int)length + 1, fcgi->request.in);
    if (got < 0 || (size_t)got != length)
        return STATUS_BAD_REQUEST;
    *out = str_n(data, length);
    return STATUS_OK;
}

enum status fcgi_read(struct fcgi *fcgi, char *data, size_t size, size_t *got)
{
    int n = FCGX_GetStr(data, size > INT32_MAX ? INT32_MAX : (int)size, fcgi->request.in);

    if (n < 0)
        return STATUS_BAD_REQUEST;
    *got = (size_t)n;
    return STATUS_OK;
}

/* Reads what is left of stdin. False when there is more than anybody may send. */
static bool drain(FCGX_Stream *in)
{
    char waste[8192];
    size_t total = 0;
    int got;

    while ((got = FCGX_GetStr(waste, sizeof waste, in)) > 0 && total < DRAIN_MAX)
        total += (size_t)got;
    return total < DRAIN_MAX;
}

static bool send_head(struct fcgi *fcgi, const struct http_reply *reply, size_t *length)
{
    struct buf head;

    *length = 0;
    if (reply->begun)
        return true;
    buf_init(&head, reply->mem, REPLY_HEAD_MAX);
    http_reply_head(&head, reply);
    *length = head.len;
    return head.status == STATUS_OK &&
           FCGX_PutStr(head.data, (int)head.len, fcgi->request.out) == (int)head.len;
}

enum status fcgi_send(struct fcgi *fcgi, struct http_reply *reply)
{
    FCGX_Stream *out = fcgi->request.out;
    size_t head;

    reply->parted = true;
    if (!send_head(fcgi, reply, &head))
        return STATUS_UNAVAILABLE;
    reply->begun = true;
    if (FCGX_PutStr(reply->body.data, (int)reply->body.len, out) != (int)reply->body.len)
        return STATUS_UNAVAILABLE;
    reply->body.len = 0;
    return STATUS_OK;
}

/* The socket is closed without FastCGI's end of request: nginx then closes its client's connection
 * before the end of the body. */
void fcgi_abort(struct fcgi *fcgi)
{
    FCGX_Free(&fcgi->request, 1);
}

int64_t fcgi_reply(struct fcgi *fcgi, const struct http_reply *reply)
{
    FCGX_Stream *out = fcgi->request.out;
    size_t head;
    bool sent = send_head(fcgi, reply, &head);

    if (sent && reply->content_type != NULL && reply->body.len > 0)
        sent = FCGX_PutStr(reply->body.data, (int)reply->body.len, out) == (int)reply->body.len;
    bool drained = drain(fcgi->request.in);
    fcgi->request.keepConnection = 0; /* a kept connection would pin this worker to it */
    if (drained)
        FCGX_Detach(&fcgi->request);
    FCGX_Finish_r(&fcgi->request);
    return sent ? (int64_t)(head + reply->body.len) : -1;
}
