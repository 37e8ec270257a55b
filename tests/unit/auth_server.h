/* An HTTPS server on loopback that publishes a key set, misbehaves on demand and counts
 * requests. */
#ifndef TS_TESTS_AUTH_SERVER_H
#define TS_TESTS_AUTH_SERVER_H

#include <arpa/inet.h>
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "auth_unit.h"

enum server_mode {
    SERVER_GOOD,
    SERVER_404,
    SERVER_500,
    SERVER_204,
    SERVER_206,           /* the set, but not as a 200 */
    SERVER_REDIRECT,      /* to itself, where the set is */
    SERVER_JUNK,          /* a page */
    SERVER_EMPTY,         /* 200 and no byte */
    SERVER_HUGE,          /* the set, and spaces past the limit, without a length */
    SERVER_HUGE_DECLARED, /* a length past the limit */
    SERVER_FULL,          /* the set and spaces up to the limit exactly */
    SERVER_CUT,           /* half of the body, then closed */
    SERVER_SILENT,        /* takes the request and says nothing */
    SERVER_TRICKLE,       /* a byte now and then, without end */
    SERVER_CLOSE,         /* closes before the handshake */
};

struct unit_server {
    int listen_fd;
    int port;
    SSL_CTX *tls;
    pthread_t thread;
    atomic_int mode;
    atomic_int requests;  /* connections taken */
    pthread_mutex_t lock; /* for the two below */
    const char *body;     /* of SERVER_GOOD */
    char last_request[4096];
};

/* libssl is in the process as a part of libcurl; src/auth itself does not link it, so its functions
 * are looked up here. */
#define UNIT_SSL_CALLS(X)                                                                          \
    X(TLS_server_method)                                                                           \
    X(SSL_CTX_new)                                                                                 \
    X(SSL_CTX_free)                                                                                \
    X(SSL_CTX_use_certificate)                                                                     \
    X(SSL_CTX_use_PrivateKey)                                                                      \
    X(SSL_new)                                                                                     \
    X(SSL_set_fd)                                                                                  \
    X(SSL_accept)                                                                                  \
    X(SSL_read)                                                                                    \
    X(SSL_write)                                                                                   \
    X(SSL_shutdown)                                                                                \
    X(SSL_free)

static struct {
#define UNIT_SSL_MEMBER(name) __typeof__(name) *name;
    UNIT_SSL_CALLS(UNIT_SSL_MEMBER)
#undef UNIT_SSL_MEMBER
} unit_ssl;

static inline void unit_load_ssl(void)
{
#define UNIT_SSL_LOAD(name)                                                                        \
    *(void **)&unit_ssl.name = dlsym(RTLD_DEFAULT, #name);                                         \
    ck_assert_ptr_nonnull(*(void **)&unit_ssl.name);
    UNIT_SSL_CALLS(UNIT_SSL_LOAD)
#undef UNIT_SSL_LOAD
}

/* A certificate that signs itself, for `IP:127.0.0.1` or another name. */
static inline X509 *unit_certificate(EVP_PKEY *key, const char *name)
{
    X509 *cert = X509_new();
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);

    ck_assert_ptr_nonnull(names);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"unit test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    X509_add_ext(cert, names, -1);
    X509_EXTENSION_free(names);
    ck_assert_int_ne(X509_sign(cert, key, EVP_sha256()), 0);
    return cert;
}

static inline void unit_say(SSL *ssl, const char *text)
{
    (void)unit_ssl.SSL_write(ssl, text,
                             (int)strlen(text)); /* the client may have gone: that is a test */
}

static inline void unit_say_200(SSL *ssl, const char *body, size_t padding)
{
    char head[128];
    static const char spaces[1000] = {[0 ... 999] = ' '};

    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    unit_say(ssl, head);
    unit_say(ssl, body);
    while (padding > 0) {
        size_t piece = padding < sizeof spaces ? padding : sizeof spaces;
        if (unit_ssl.SSL_write(ssl, spaces, (int)piece) <= 0)
            return;
        padding -= piece;
    }
}

static inline void unit_wait_for_end(SSL *ssl, int fd)
{
    char byte;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    (void)poll(&wait, 1, 20000);
    (void)unit_ssl.SSL_read(ssl, &byte, 1);
}

static inline void unit_answer(struct unit_server *server, SSL *ssl, int fd, const char *request)
{
    enum { LIMIT = 256 * 1024 };
    pthread_mutex_lock(&server->lock);
    const char *body = server->body;
    snprintf(server->last_request, sizeof server->last_request, "%s", request);
    pthread_mutex_unlock(&server->lock);
    char where[128];

    switch ((enum server_mode)atomic_load(&server->mode)) {
    case SERVER_GOOD:
        unit_say_200(ssl, body, 0);
        break;
    case SERVER_404:
        unit_say(ssl, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}");
        break;
    case SERVER_500:
        unit_say(ssl, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
        break;
    case SERVER_204:
        unit_say(ssl, "HTTP/1.1 204 No Content\r\n\r\n");
        break;
    case SERVER_206:
        unit_say(ssl, "HTTP/1.1 206 Partial Content\r\nConnection: close\r\n\r\n");
        unit_say(ssl, body);
        break;
    case SERVER_REDIRECT:
        if (strncmp(request, "GET /keys ", 10) != 0) {
            unit_say_200(ssl, body, 0);
            break;
        }
        snprintf(where, sizeof where,
                 "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:%d/there\r\n", server->port);
        unit_say(ssl, where);
        unit_say(ssl, "Content-Length: 0\r\nConnection: close\r\n\r\n");
        break;
    case SERVER_JUNK:
        unit_say_200(ssl, "<!doctype html><title>Sign in</title>", 0);
        break;
    case SERVER_EMPTY:
        unit_say_200(ssl, "", 0);
        break;
    case SERVER_HUGE:
        unit_say_200(ssl, body, LIMIT + 1 - strlen(body));
        break;
    case SERVER_HUGE_DECLARED:
        unit_say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n");
        unit_wait_for_end(ssl, fd);
        break;
    case SERVER_FULL:
        unit_say_200(ssl, body, LIMIT - strlen(body));
        break;
    case SERVER_CUT:
        unit_say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n");
        unit_say(ssl, body);
        break;
    case SERVER_SILENT:
        unit_wait_for_end(ssl, fd);
        break;
    case SERVER_TRICKLE:
        unit_say(ssl, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        for (struct pollfd wait = {.fd = fd, .events = POLLIN}; poll(&wait, 1, 20) == 0;)
            unit_say(ssl, " ");
        break;
    case SERVER_CLOSE:
        break;
    }
}

static inline void unit_serve_one(struct unit_server *server, int fd)
{
    char request[4096];
    SSL *ssl = unit_ssl.SSL_new(server->tls);

    atomic_fetch_add(&server->requests, 1);
    unit_ssl.SSL_set_fd(ssl, fd);
    if (atomic_load(&server->mode) != SERVER_CLOSE && unit_ssl.SSL_accept(ssl) == 1) {
        int len = unit_ssl.SSL_read(ssl, request, sizeof request - 1);
        if (len > 0) {
            request[len] = '\0';
            unit_answer(server, ssl, fd, request);
            (void)unit_ssl.SSL_shutdown(ssl); /* the client may have gone */
        }
    }
    ERR_clear_error();
    unit_ssl.SSL_free(ssl);
    close(fd);
}

static inline void *unit_serve(void *arg)
{
    struct unit_server *server = arg;
    int fd;

    while ((fd = accept(server->listen_fd, NULL, NULL)) >= 0)
        unit_serve_one(server, fd);
    return NULL;
}

/* No more connections are taken: the port then refuses. */
static inline void unit_server_stop(struct unit_server *server)
{
    if (server->listen_fd < 0)
        return;
    shutdown(server->listen_fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listen_fd);
    server->listen_fd = -1;
}

static inline int unit_server_free(struct unit_server *server)
{
    unit_server_stop(server);
    unit_ssl.SSL_CTX_free(server->tls);
    pthread_mutex_destroy(&server->lock);
    return 0;
}

/* Runs until its talloc parent goes. The certificate, for that name, is written to ca_path. */
static inline struct unit_server *unit_server_new(TALLOC_CTX *mem, const char *body,
                                                  const char *name, const char *ca_path)
{
    struct unit_server *server = talloc_zero(mem, struct unit_server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    X509 *cert = unit_certificate(unit_keys[UNIT_KEYS - 1], name);

    unit_load_ssl();
    signal(SIGPIPE, SIG_IGN); /* as a worker does */
    server->tls = unit_ssl.SSL_CTX_new(unit_ssl.TLS_server_method());
    ck_assert_int_eq(unit_ssl.SSL_CTX_use_certificate(server->tls, cert), 1);
    ck_assert_int_eq(unit_ssl.SSL_CTX_use_PrivateKey(server->tls, unit_keys[UNIT_KEYS - 1]), 1);
    FILE *file = fopen(ca_path, "w");
    ck_assert(file != NULL && PEM_write_X509(file, cert) == 1 && fclose(file) == 0);
    X509_free(cert);
    server->body = body;
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server->listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(server->listen_fd, 16), 0);
    ck_assert_int_eq(getsockname(server->listen_fd, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    pthread_mutex_init(&server->lock, NULL);
    ck_assert_int_eq(pthread_create(&server->thread, NULL, unit_serve, server), 0);
    talloc_set_destructor(server, unit_server_free);
    return server;
}

static inline void unit_server_set(struct unit_server *server, enum server_mode mode,
                                   const char *body)
{
    pthread_mutex_lock(&server->lock);
    server->body = body;
    pthread_mutex_unlock(&server->lock);
    atomic_store(&server->mode, mode);
}

static inline const char *unit_server_url(TALLOC_CTX *mem, const struct unit_server *server)
{
    return talloc_asprintf(mem, "https://127.0.0.1:%d/keys", server->port);
}

#endif
