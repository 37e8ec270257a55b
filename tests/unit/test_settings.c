/* src/worker/settings.c: the settings table, its ranges and its defaults. */
#include <stdio.h>

#include "../../src/worker/worker_priv.h"
#include "unit.h"

static void set_required(void)
{
    clearenv();
    setenv("TS_ISSUER", "https://tenant.example/", 1);
    setenv("TS_AUDIENCE", "https://api.example/", 1);
    setenv("TS_JWKS_URL", "https://tenant.example/.well-known/jwks.json", 1);
    setenv("TS_JWKS_CACHE", "jwks.cache", 1);
    setenv("TS_DB_SOCKET", "db.sock", 1);
    setenv("TS_DB_USER", "ts_app", 1);
    setenv("TS_DB_PASSWORD_FILE", "password", 1);
    setenv("TS_AUDIT_KEY_FILE", "key", 1);
}

/* Faults are said on stderr: they belong to the test, not to its output. */
static enum status read_quietly(struct settings *out)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    return settings_read(out);
}

START_TEST(the_required_ones_are_enough)
{
    struct settings s;

    set_required();
    ck_assert_int_eq(read_quietly(&s), STATUS_OK);
    ck_assert_str_eq(s.token.issuer, "https://tenant.example/");
    ck_assert_int_eq(s.token.fresh_s, 600);
    ck_assert_int_eq(s.token.leeway_s, 30);
    ck_assert_int_eq(s.store.connect_s, 1);
    ck_assert_int_eq(s.store.request_ms, 4000);
    ck_assert_str_eq(s.zone, "Europe/Berlin");
    ck_assert_ptr_null(s.token.allowed_clients);
    ck_assert_ptr_null(s.store.host);
    ck_assert_int_eq(settings_log_level(&s), LOG_INFO);
}
END_TEST

START_TEST(each_required_one_is_missed)
{
    static const char *const required[] = {"TS_ISSUER",           "TS_AUDIENCE",      "TS_JWKS_URL",
                                           "TS_JWKS_CACHE",       "TS_DB_SOCKET",     "TS_DB_USER",
                                           "TS_DB_PASSWORD_FILE", "TS_AUDIT_KEY_FILE"};

    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        struct settings s;
        set_required();
        unsetenv(required[i]);
        ck_assert_msg(read_quietly(&s) == STATUS_BAD_CONFIG, "without %s", required[i]);
        set_required();
        setenv(required[i], "", 1);
        ck_assert_msg(read_quietly(&s) == STATUS_BAD_CONFIG, "with an empty %s", required[i]);
    }
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
    static const struct {
        const char *name, *value;
    } cases[] = {
        {"TS_LEEWAY_S", "301"},
        {"TS_LEEWAY_S", "-1"},
        {"TS_LEEWAY_S", "30s"},
        {"TS_JWKS_FRESH_S", "9"},
        {"TS_JWKS_COOLDOWN_S", "0"},
        {"TS_DB_PORT", "65536"},
        {"TS_DB_IO_S", "0"},
        {"TS_REQUEST_MS", "99"},
        {"TS_REQUEST_MEMORY", "1"},
        {"TS_LOG_LEVEL", "loud"},
        {"TS_TOKEN_CACHE", "1e3"},
        {"TS_JWKS_URL", "http://tenant.example/jwks"},
        {"TS_MAX_REQUESTS", "99999999999999999999"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct settings s;
        set_required();
        setenv(cases[i].name, cases[i].value, 1);
        ck_assert_msg(read_quietly(&s) == STATUS_BAD_CONFIG, "%s=%s", cases[i].name,
                      cases[i].value);
    }
}
END_TEST

START_TEST(a_host_does_instead_of_a_socket)
{
    struct settings s;

    set_required();
    unsetenv("TS_DB_SOCKET");
    setenv("TS_DB_HOST", "db.example", 1);
    setenv("TS_DB_PORT", "3307", 1);
    setenv("TS_LOG_LEVEL", "warn", 1);
    ck_assert_int_eq(read_quietly(&s), STATUS_OK);
    ck_assert_ptr_null(s.store.socket);
    ck_assert_int_eq(s.store.port, 3307);
    ck_assert_int_eq(settings_log_level(&s), LOG_WARN);
}
END_TEST

UNIT_MAIN("settings", the_required_ones_are_enough, each_required_one_is_missed,
          values_out_of_range_are_refused, a_host_does_instead_of_a_socket)
