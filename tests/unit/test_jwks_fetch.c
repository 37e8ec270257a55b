#include "../../src/auth/jwks_fetch_priv.h"

#include <curl/curl.h>

#include "../../src/auth/jwks_priv.h"
#include "auth_faults.h"
#include "auth_server.h"
#include "ts/clock.h"

UNIT_FAILING(CURLcode, CURLE_FAILED_INIT, curl_global_init, (long flags), (flags))
UNIT_FAILING(CURL *, NULL, curl_easy_init, (void), ())

static const char body[] = "{\"keys\":[]}";

struct fixture {
    TALLOC_CTX *mem;
    struct unit_server *server;
    struct jwks_source source;
};

static struct fixture set_up(const char *certificate_name)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char *folder = unit_folder(mem), *ca = unit_path(folder, "ca.pem");
    struct unit_server *server = unit_server_new(mem, body, certificate_name, ca);
    return (struct fixture){mem, server, {unit_server_url(mem, server), ca, 2000, 5000}};
}

static enum status fetch(struct fixture *f, struct str *out)
{
    const char *why = "";
    enum status st = jwks_fetch(f->mem, &f->source, out, &why);
    ck_assert_msg(st == STATUS_OK || (st == STATUS_NO_KEYS && why[0] != '\0'), "%d %s", st, why);
    return st;
}

START_TEST(the_body_of_a_200_comes_back)
{
    struct fixture f = set_up("IP:127.0.0.1");
    struct str out;

    ck_assert_int_eq(fetch(&f, &out), STATUS_OK);
    ck_assert_view(out, body);
    ck_assert_int_eq(fetch(&f, &out), STATUS_OK);
    ck_assert_int_eq(f.server->requests, 2);
    ck_assert_msg(strncmp(f.server->last_request, "GET /keys HTTP/1.1\r\n", 20) == 0, "%s",
                  f.server->last_request);
    ck_assert_msg(strcasestr(f.server->last_request, "accept-encoding") == NULL, "%s",
                  f.server->last_request);
    ck_assert_msg(strstr(f.server->last_request, "User-Agent: timesheets-api/") != NULL, "%s",
                  f.server->last_request);
    talloc_free(f.mem);
}
END_TEST

START_TEST(a_misbehaving_endpoint_gives_no_set)
{
    static const struct {
        const char *what;
        enum server_mode mode;
        enum status status;
    } cases[] = {
        {"404", SERVER_404, STATUS_NO_KEYS},
        {"500", SERVER_500, STATUS_NO_KEYS},
        {"204", SERVER_204, STATUS_NO_KEYS},
        {"206", SERVER_206, STATUS_NO_KEYS},
        {"a redirect", SERVER_REDIRECT, STATUS_NO_KEYS},
        {"one byte more than 256 KB", SERVER_HUGE, STATUS_NO_KEYS},
        {"more than 256 KB by its length", SERVER_HUGE_DECLARED, STATUS_NO_KEYS},
        {"exactly 256 KB", SERVER_FULL, STATUS_OK},
        {"a body cut short", SERVER_CUT, STATUS_NO_KEYS},
        {"closed before the handshake", SERVER_CLOSE, STATUS_NO_KEYS},
        {"a good one after all of them", SERVER_GOOD, STATUS_OK},
    };
    struct fixture f = set_up("IP:127.0.0.1");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str out = {0};
        atomic_store(&f.server->mode, (int)cases[i].mode);
        int before = f.server->requests;
        ck_assert_msg(fetch(&f, &out) == cases[i].status, "%s", cases[i].what);
        ck_assert_msg(f.server->requests == before + 1, "%s: one request, no second try",
                      cases[i].what);
    }
    talloc_free(f.mem);
}
END_TEST

START_TEST(time_is_bounded)
{
    static const enum server_mode modes[] = {SERVER_SILENT, SERVER_TRICKLE};
    struct fixture f = set_up("IP:127.0.0.1");
    struct str out;

    f.source.total_ms = 300;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        atomic_store(&f.server->mode, (int)modes[i]);
        int64_t start_ms = clock_mono_ms();
        ck_assert_int_eq(fetch(&f, &out), STATUS_NO_KEYS);
        int64_t took_ms = clock_mono_ms() - start_ms;
        ck_assert_msg(took_ms >= 250 && took_ms < 3000, "%ld ms", (long)took_ms);
    }
    talloc_free(f.mem);
}
END_TEST

START_TEST(an_endpoint_that_is_down_is_noticed_at_once)
{
    struct fixture f = set_up("IP:127.0.0.1");
    struct str out;

    unit_server_stop(f.server);
    ck_assert_int_eq(fetch(&f, &out), STATUS_NO_KEYS);
    talloc_free(f.mem);
}
END_TEST

START_TEST(only_a_trusted_certificate_of_that_host_counts)
{
    struct fixture f = set_up("IP:127.0.0.1"), other = set_up("DNS:other.example");
    struct str out;

    ck_assert_int_eq(fetch(&f, &out), STATUS_OK);
    ck_assert_msg(fetch(&other, &out) == STATUS_NO_KEYS, "the certificate of another host");
    f.source.ca_file = NULL;
    ck_assert_msg(fetch(&f, &out) == STATUS_NO_KEYS, "no trust anchor");
    f.source.ca_file = "no-such-file";
    ck_assert_msg(fetch(&f, &out) == STATUS_NO_KEYS, "a trust anchor that is not there");
    f.source.ca_file = other.source.ca_file;
    ck_assert_msg(fetch(&f, &out) == STATUS_NO_KEYS, "another trust anchor");
    talloc_free(f.mem);
    talloc_free(other.mem);
}
END_TEST

START_TEST(no_other_scheme_is_spoken)
{
    struct fixture f = set_up("IP:127.0.0.1");
    char *folder = unit_folder(f.mem), *path = unit_path(folder, "other");
    struct str out;

    unit_write_file(path, str_of(body));
    const char *const urls[] = {
        talloc_asprintf(f.mem, "http://127.0.0.1:%d/keys", f.server->port),
        talloc_asprintf(f.mem, "file://%s", path),
        talloc_asprintf(f.mem, "ftp://127.0.0.1:%d/keys", f.server->port),
        talloc_asprintf(f.mem, "https://user:secret@127.0.0.1:%d/keys", f.server->port),
        "no url at all",
        "",
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        f.source.url = urls[i];
        ck_assert_msg(fetch(&f, &out) == STATUS_NO_KEYS, "%s", urls[i]);
    }
    ck_assert_int_eq(f.server->requests, 0);
    talloc_free(f.mem);
}
END_TEST

START_TEST(proxies_of_the_environment_are_not_used)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy",
                                        "ALL_PROXY"};
    struct fixture f = set_up("IP:127.0.0.1");
    struct str out;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        setenv(names[i], "http://127.0.0.1:1/", 1);
    enum status st = fetch(&f, &out);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    ck_assert_int_eq(st, STATUS_OK);
    talloc_free(f.mem);
}
END_TEST

/* curl's allocator with one call that fails. */
static int64_t curl_calls_left;

static bool curl_fails(void)
{
    return curl_calls_left > 0 && --curl_calls_left == 0;
}

static void *curl_malloc(size_t size)
{
    return curl_fails() ? NULL : malloc(size);
}

static void *curl_realloc(void *old, size_t size)
{
    return curl_fails() ? NULL : realloc(old, size);
}

static void *curl_calloc(size_t count, size_t size)
{
    return curl_fails() ? NULL : calloc(count, size);
}

static char *curl_strdup(const char *text)
{
    return curl_fails() ? NULL : strdup(text);
}

START_TEST(curl_running_out_of_memory_is_an_error)
{
    struct fixture f = set_up("IP:127.0.0.1");
    enum status st = STATUS_NO_MEMORY;
    struct str out;
    const char *why = "";

    unit_fail_curl_global_init = 1;
    ck_assert_int_eq(jwks_fetch(f.mem, &f.source, &out, &why), STATUS_NO_MEMORY);
    unit_fail_curl_easy_init = 1;
    ck_assert_int_eq(jwks_fetch(f.mem, &f.source, &out, &why), STATUS_NO_MEMORY);
    /* the settings alone: a port that refuses ends the way before the threads of name look-ups */
    unit_server_stop(f.server);
    ck_assert_int_eq(curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, free, curl_realloc,
                                          curl_strdup, curl_calloc),
                     CURLE_OK);
    for (int64_t nth = 1; st == STATUS_NO_MEMORY && nth < 2000; nth++) {
        curl_calls_left = nth;
        st = jwks_fetch(f.mem, &f.source, &out, &why);
        ck_assert(st == STATUS_NO_MEMORY || st == STATUS_NO_KEYS);
    }
    curl_calls_left = 0;
    curl_global_cleanup();
    talloc_free(f.mem);
}
END_TEST

START_TEST(short_memory_is_an_error)
{
    struct fixture f = set_up("IP:127.0.0.1");
    TALLOC_CTX *limited = unit_limited(100);
    struct str out;
    const char *why = "";

    ck_assert_int_eq(jwks_fetch(limited, &f.source, &out, &why), STATUS_NO_MEMORY);
    talloc_free(limited);
    talloc_free(f.mem);
}
END_TEST

UNIT_MAIN("jwks_fetch", the_body_of_a_200_comes_back, a_misbehaving_endpoint_gives_no_set,
          time_is_bounded, an_endpoint_that_is_down_is_noticed_at_once,
          only_a_trusted_certificate_of_that_host_counts, no_other_scheme_is_spoken,
          proxies_of_the_environment_are_not_used, curl_running_out_of_memory_is_an_error,
          short_memory_is_an_error)
