/* A relay between the store and the database that counts commands and can cut or stall a connection
 * at a chosen command: what a network or a dying server does, but when the test wants it. */
#ifndef TS_TESTS_RELAY_H
#define TS_TESTS_RELAY_H

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "store_test.h"

enum { COM_QUERY = 3, COM_STMT_PREPARE = 0x16, COM_STMT_EXECUTE = 0x17, RELAY_CONNECTIONS = 32 };

enum relay_mode {
    RELAY_PASS,
    RELAY_CUT_BEFORE,  /* the command is not handed on, both sides are closed */
    RELAY_CUT_AFTER,   /* it is handed on; its answer is not */
    RELAY_STALL_AFTER, /* it is handed on; nothing ever comes back, the connection stays open */
    RELAY_HOLD, /* it is handed on only when `release` is set, even if the client is gone by then */
    RELAY_REFUSE /* new connections are closed at once */
};

/* Shared with the process of the relay. */
struct relay_control {
    volatile int mode;
    volatile bool at_commit; /* the mode acts on COMMIT ... */
    volatile int at_execute; /* ... or on the n-th COM_STMT_EXECUTE from now (1 = the next) */
    volatile int times;      /* how often it acts */
    volatile bool release;
    volatile bool then_refuse; /* after acting, new connections are closed at once */
    volatile int commands[256];
    volatile int connections;
};

struct relay {
    struct relay_control *control;
    pid_t pid;
    char path[108];
};

struct relay_link {
    int client, server;
    uint8_t buffer[70000]; /* of the client's bytes, up to whole packets */
    size_t len;
    bool preparing_commit, has_commit, cut_answer, stalled;
    uint32_t commit_id;
    uint8_t held[64]; /* a command that waits for the release */
    size_t held_len;
};

static inline void close_end(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static inline void link_close(struct relay_link *l)
{
    close_end(&l->client);
    close_end(&l->server);
}

static inline void relay_write(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

static inline uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Does the mode act on this command? */
static inline bool relay_acts(struct relay_control *c, const struct relay_link *l,
                              const uint8_t *packet, bool command)
{
    if (c->mode == RELAY_PASS || c->mode == RELAY_REFUSE || !command ||
        packet[4] != COM_STMT_EXECUTE)
        return false;
    if (c->at_commit ? !(l->has_commit && get_u32(packet + 5) == l->commit_id)
                     : c->at_execute == 0 || --c->at_execute > 0)
        return false;
    if (c->times <= 0)
        return false;
    c->times--;
    return true;
}

/* One whole packet of the client. False: the connection has ended. */
static inline bool relay_packet(struct relay_control *c, struct relay_link *l,
                                const uint8_t *packet, size_t len)
{
    bool command = packet[3] == 0 && len > 4;

    if (command)
        c->commands[packet[4]]++;
    bool acts = relay_acts(c, l, packet, command);
    if (acts && c->mode == RELAY_CUT_BEFORE) {
        link_close(l);
        return false;
    }
    if (acts && c->mode == RELAY_HOLD) {
        memcpy(l->held, packet, len);
        l->held_len = len;
        return true;
    }
    l->preparing_commit = command && packet[4] == COM_STMT_PREPARE && len == 11 &&
                          memcmp(packet + 5, "COMMIT", 6) == 0;
    l->cut_answer = acts && c->mode == RELAY_CUT_AFTER;
    l->stalled = l->stalled || (acts && c->mode == RELAY_STALL_AFTER);
    if (acts && c->then_refuse)
        c->mode = RELAY_REFUSE;
    relay_write(l->server, packet, len);
    return true;
}

static inline void relay_from_client(struct relay_control *c, struct relay_link *l)
{
    ssize_t n = recv(l->client, l->buffer + l->len, sizeof l->buffer - l->len, 0);

    if (n <= 0) {
        close_end(&l->client);
        if (l->held_len == 0)
            close_end(&l->server);
        return;
    }
    l->len += (size_t)n;
    while (l->len >= 4) {
        size_t size = 4 + (get_u32(l->buffer) & 0xFFFFFF);
        if (size > l->len)
            return;
        if (!relay_packet(c, l, l->buffer, size))
            return;
        l->len -= size;
        memmove(l->buffer, l->buffer + size, l->len);
    }
}

static inline void relay_from_server(struct relay_link *l)
{
    static uint8_t data[70000];
    ssize_t n = recv(l->server, data, sizeof data, 0);

    if (n <= 0 || l->cut_answer) {
        link_close(l);
        return;
    }
    if (l->preparing_commit && n >= 9 && data[4] == 0) {
        l->has_commit = true;
        l->commit_id = get_u32(data + 5);
    }
    if (!l->stalled && l->client >= 0)
        relay_write(l->client, data, (size_t)n);
}

static inline int unix_socket(const char *path, struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    (void)snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
    return fd;
}

static inline void relay_accept(struct relay_control *c, int listener, struct relay_link *links)
{
    struct sockaddr_un address;
    struct relay_link *l = links;
    int client = accept(listener, NULL, NULL);

    if (client < 0)
        return;
    c->connections++;
    while (l < links + RELAY_CONNECTIONS && (l->client >= 0 || l->server >= 0))
        l++;
    int server = unix_socket(getenv("TS_TEST_DB_SOCKET"), &address);
    if (c->mode == RELAY_REFUSE || l == links + RELAY_CONNECTIONS ||
        connect(server, (struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(client);
        (void)close(server);
        return;
    }
    memset(l, 0, sizeof *l);
    l->client = client;
    l->server = server;
}

__attribute__((noreturn)) static inline void relay_serve(struct relay_control *c, int listener)
{
    static struct relay_link links[RELAY_CONNECTIONS];
    struct pollfd fds[1 + 2 * RELAY_CONNECTIONS];

    for (int i = 0; i < RELAY_CONNECTIONS; i++)
        links[i].client = links[i].server = -1;
    for (;;) {
        fds[0] = (struct pollfd){listener, POLLIN, 0};
        for (int i = 0; i < RELAY_CONNECTIONS; i++) {
            fds[1 + 2 * i] = (struct pollfd){links[i].client, POLLIN, 0};
            fds[2 + 2 * i] = (struct pollfd){links[i].server, POLLIN, 0};
        }
        if (poll(fds, 1 + 2 * RELAY_CONNECTIONS, 20) < 0)
            continue;
        for (int i = 0; i < RELAY_CONNECTIONS; i++) {
            if (c->release && links[i].held_len > 0) {
                relay_write(links[i].server, links[i].held, links[i].held_len);
                links[i].held_len = 0;
            }
            if (fds[1 + 2 * i].revents != 0 && links[i].client >= 0)
                relay_from_client(c, &links[i]);
            if (fds[2 + 2 * i].revents != 0 && links[i].server >= 0)
                relay_from_server(&links[i]);
        }
        if (fds[0].revents != 0)
            relay_accept(c, listener, links);
    }
}

/* From now on the store of `w` goes through the relay. */
static inline void relay_open(struct world *w, struct relay *r)
{
    struct sockaddr_un address;
    const char *folder = getenv("TMPDIR");

    (void)snprintf(r->path, sizeof r->path, "%s/relay.%d", folder == NULL ? P_tmpdir : folder,
                   (int)getpid());
    (void)unlink(r->path);
    r->control =
        mmap(NULL, sizeof *r->control, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(r->control != MAP_FAILED);
    int listener = unix_socket(r->path, &address);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 64), 0);
    r->pid = fork();
    if (r->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no relay behind */
        relay_serve(r->control, listener);
    }
    (void)close(listener);
    TALLOC_FREE(w->store);
    w->config.socket = r->path;
    ck_assert_int_eq(store_open(w, &w->config, &w->store), STATUS_OK);
    ck_assert_int_eq(store_connect(w->store), STATUS_OK);
}

static inline void relay_close(struct relay *r)
{
    (void)kill(r->pid, SIGKILL);
    ck_assert_int_eq(waitpid(r->pid, NULL, 0), r->pid);
    (void)unlink(r->path);
}

static inline void relay_at_commit(struct relay *r, enum relay_mode mode, int times)
{
    r->control->at_commit = true;
    r->control->times = times;
    r->control->mode = mode;
}

/* At the n-th statement from now. */
static inline void relay_at(struct relay *r, enum relay_mode mode, int n)
{
    r->control->at_commit = false;
    r->control->at_execute = n;
    r->control->times = 1;
    r->control->mode = mode;
}

static inline int relay_commands(const struct relay *r)
{
    int sum = 0;
    for (int i = 0; i < 256; i++)
        sum += r->control->commands[i];
    return sum;
}

#endif
