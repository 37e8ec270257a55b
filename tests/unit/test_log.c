/* Lines of the log, read back from a pipe. */
#include "ts/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "ts/clock.h"
#include "unit.h"

static int ends[2];

static void open_log(void)
{
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ne(fcntl(ends[0], F_SETFL, O_NONBLOCK), -1);
    log_set_fd(ends[1]);
    log_set_level(LOG_INFO);
    log_set_request(STR(""));
}

static void close_log(void)
{
    log_set_fd(2);
    close(ends[0]);
    close(ends[1]);
}

/* What was written since the last time, as a NUL-terminated text; "" when nothing was. */
static const char *logged(void)
{
    static char text[20000];
    ssize_t n = read(ends[0], text, sizeof text - 1);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

#define TS "{\"ts\":\"2026-11-23T17:40:20."

/* The line, of which the fraction of the second (the clock goes on) are cut out. */
static const char *logged_line(void)
{
    static char line[20000];
    const char *text = logged();
    size_t head = strlen(TS);
    if (strncmp(text, TS, head) != 0)
        return text;
    (void)snprintf(line, sizeof line, "%s", text + head + strlen("095000Z"));
    return line;
}

START_TEST(a_line_is_one_json_object)
{
    open_log();
    clock_fake(INT64_C(1795455620095000));
    LOG(LOG_INFO, "started");
    ck_assert_str_eq(logged_line(), "\",\"level\":\"info\",\"event\":\"started\"}\n");
    clock_fake(INT64_C(1795455620095000));
    LOG(LOG_WARN, "db_connect_failed", LOG_INT("errno", 2002), LOG_TEXT("message", "no \"socket\""),
        LOG_STR("part", STR("abc")), LOG_INT("least", INT64_MIN));
    ck_assert_str_eq(logged_line(), "\",\"level\":\"warn\",\"event\":\"db_connect_failed\","
                                    "\"errno\":2002,\"message\":\"no \\u0022socket\\u0022\","
                                    "\"part\":\"abc\",\"least\":-9223372036854775808}\n");
    clock_fake(0);
    close_log();
}
END_TEST

START_TEST(lines_name_their_request)
{
    char long_id[100];

    open_log();
    log_set_request(STR("abc-\"1\""));
    LOG(LOG_INFO, "request");
    ck_assert_ptr_nonnull(
        strstr(logged(), "\"event\":\"request\",\"request_id\":\"abc-\\u00221\\u0022\"}\n"));
    memset(long_id, 'x', sizeof long_id);
    log_set_request(str_n(long_id, sizeof long_id));
    memset(long_id, 'y', sizeof long_id); /* it was copied */
    LOG(LOG_INFO, "request");
    const char *id = strstr(logged(), "\"request_id\":\"");
    ck_assert_ptr_nonnull(id);
    ck_assert_uint_eq(strspn(id + strlen("\"request_id\":\""), "x"), 64);
    log_set_request(str_of(NULL));
    LOG(LOG_INFO, "request");
    ck_assert_ptr_null(strstr(logged(), "request_id"));
    close_log();
}
END_TEST

START_TEST(levels_below_the_one_set_are_dropped)
{
    open_log();
    LOG(LOG_DEBUG, "detail");
    ck_assert_str_eq(logged(), "");
    log_set_level(LOG_DEBUG);
    LOG(LOG_DEBUG, "detail");
    ck_assert_ptr_nonnull(strstr(logged(), "\"level\":\"debug\""));
    log_set_level(LOG_ERROR);
    LOG(LOG_WARN, "trouble");
    ck_assert_str_eq(logged(), "");
    LOG(LOG_ERROR, "trouble");
    ck_assert_ptr_nonnull(strstr(logged(), "\"level\":\"error\""));
    close_log();
}
END_TEST

START_TEST(text_cannot_break_a_line)
{
    static const struct {
        struct str text;
        const char *logged;
    } cases[] = {
        {STR_INIT("two\nlines\r\n"), "two\\u000alines\\u000d\\u000a"},
        {STR_INIT("a\\b\"c\x7F\0d"), "a\\u005cb\\u0022c\\u007f\\u0000d"},
        {STR_INIT("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
         "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
        {STR_INIT("bad \xFF\xC3 bytes"), "bad ?? bytes"},
        {STR_INIT("%s%n"), "%s%n"},
        {STR_INIT(""), ""},
    };

    open_log();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[200];
        LOG(LOG_INFO, "text", LOG_STR("v", cases[i].text));
        (void)snprintf(expected, sizeof expected, ",\"v\":\"%s\"}\n", cases[i].logged);
        const char *at = strstr(logged(), ",\"v\"");
        ck_assert_ptr_nonnull(at);
        ck_assert_str_eq(at, expected);
    }
    close_log();
}
END_TEST

START_TEST(long_text_is_cut_and_long_lines_still_end)
{
    static char text[100000];

    open_log();
    memset(text, 'x', sizeof text);
    LOG(LOG_INFO, "long", LOG_STR("v", str_n(text, sizeof text)));
    const char *line = logged();
    ck_assert_uint_eq(strspn(strstr(line, "\"v\":\"") + 5, "x"), 512);
    ck_assert_str_eq(line + strlen(line) - 3, "\"}\n");
    /* more than a line may hold: what does not fit is left out, the line ends as it should */
    memset(text, '\n', sizeof text);
    LOG(LOG_INFO, "long", LOG_STR("a", str_n(text, sizeof text)),
        LOG_STR("b", str_n(text, sizeof text)), LOG_INT("c", 1));
    line = logged();
    ck_assert_uint_le(strlen(line), 4000);
    ck_assert_str_eq(line + strlen(line) - 2, "}\n");
    close_log();
}
END_TEST

/* Takes a text in quotes, or digits; no quote inside is written as such (\u0022). */
static const char *skip_value(const char *at)
{
    if (*at != '"')
        return at + strspn(at, "0123456789");
    const char *end = strchr(at + 1, '"');
    return end == NULL ? "" : end + 1;
}

/* Is the line one object of names and values, and then a newline? */
static bool is_object(const char *at)
{
    if (*at++ != '{')
        return false;
    for (;; at++) {
        const char *name_end = skip_value(at);
        if (*at != '"' || *name_end != ':')
            return false;
        at = skip_value(name_end + 1);
        if (at == name_end + 1 || *at != ',')
            return strcmp(at, "}\n") == 0;
    }
}

/* A value that does not fit is left out whole, wherever in it the line is full. */
START_TEST(a_full_line_is_still_an_object)
{
    char text[600], short_text[600];

    open_log();
    memset(text, '\n', sizeof text);
    memset(short_text, 'x', sizeof short_text);
    for (size_t n = 0; n < 512; n++) {
        LOG(LOG_INFO, "long", LOG_STR("first", str_n(text, 512)),
            LOG_STR("second", str_n(short_text, n)), LOG_STR("third", str_n(text, 50)),
            LOG_STR("fourth", str_n(short_text, 20)), LOG_INT("fifth", 123456789));
        const char *line = logged();
        ck_assert_msg(is_object(line), "%zu: ...%s", n, line + strlen(line) - 80);
    }
    close_log();
}
END_TEST

START_TEST(a_log_that_cannot_be_written_stops_nothing)
{
    open_log();
    log_set_fd(-1);
    LOG(LOG_ERROR, "lost");
    ck_assert_str_eq(logged(), "");
    close_log();
}
END_TEST

UNIT_MAIN("log", a_line_is_one_json_object, lines_name_their_request,
          levels_below_the_one_set_are_dropped, text_cannot_break_a_line,
          long_text_is_cut_and_long_lines_still_end, a_full_line_is_still_an_object,
          a_log_that_cannot_be_written_stops_nothing)
