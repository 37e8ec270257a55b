/* Proves the audit trail: each stream's events are all there, in their order, as they were written,
 * and the rows of weeks are the sums of their entries. It goes on after a fault, to find them all. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "admin_priv.h"
#include "ts/audit.h"
#include "ts/clock.h"
#include "ts/principal.h"

enum {
    WHERE_MAX = 64,     /* a stream in words */
    BAR_CELLS = 40,     /* of the progress bar */
    BAR_EVENTS = 512,   /* a look at the clock after as many events */
    BAR_PERIOD_MS = 100 /* between two pictures of it */
};

struct verification {
    const struct verify_options *options;
    struct audit_key key;
    /* the stream that is being walked */
    int64_t person_id, seq, row_seq;
    struct iso_week week;
    bool begun, whole; /* no event of it was missing or wrong so far */
    uint8_t head[EVENT_MAC_LEN], row_head[EVENT_MAC_LEN];
    bool row_head_fits; /* it has the length it must have */
    /* in all */
    int64_t events, streams, erased, faults;
    int64_t expected, bar_ms, began_ms; /* bar_ms: when it is drawn next */
    bool bar;
};

/* --- faults ------------------------------------------------------------------------------------ */

static void name_stream(int64_t id, struct iso_week week, char out[WHERE_MAX])
{
    char text[WEEK_TEXT_LEN];

    if (week.number == STREAM_PERSON)
        (void)snprintf(out, WHERE_MAX, "person %" PRId64, id);
    else if (week.number == STREAM_PROJECT)
        (void)snprintf(out, WHERE_MAX, "project %" PRId64, id);
    else if (week.number == STREAM_PERIOD)
        (void)snprintf(out, WHERE_MAX, "period lock");
    else if (week.number == STREAM_SOURCE)
        (void)snprintf(out, WHERE_MAX, "source %" PRId64, id);
    else if (week.number == STREAM_UPLOAD)
        (void)snprintf(out, WHERE_MAX, "uploads of %s %" PRId64,
                       id < ACTOR_CLIENT_MIN ? "person" : "client", id);
    else if (week.number < 100001 || week.number > 999953)
        (void)snprintf(out, WHERE_MAX, "person %" PRId64 ", unknown stream %d", id, week.number);
    else {
        week_format(week, text);
        (void)snprintf(out, WHERE_MAX, "person %" PRId64 ", week %.*s", id, WEEK_TEXT_LEN, text);
    }
}

static void clear_bar(struct verification *v)
{
    if (v->bar && v->bar_ms > 0)
        (void)fputs("\r\033[K", v->options->err);
}

/* One line; seq 0 = not about one event. */
__attribute__((format(printf, 5, 6))) static void fault(struct verification *v, int64_t person_id,
                                                        struct iso_week week, int64_t seq,
                                                        const char *format, ...)
{
    char where[WHERE_MAX];
    va_list args;

    clear_bar(v);
    name_stream(person_id, week, where);
    (void)fputs(where, v->options->out);
    if (seq > 0)
        (void)fprintf(v->options->out, ", event %" PRId64, seq);
    (void)fputs(": ", v->options->out);
    va_start(args, format);
    (void)vfprintf(v->options->out, format, args);
    va_end(args);
    (void)fputc('\n', v->options->out);
    v->faults++;
}

#define STREAM_FAULT(v, ...) fault((v), (v)->person_id, (v)->week, 0, __VA_ARGS__)

/* --- the progress bar ------------------------------------------------------------------------------ */

static void draw_bar(struct verification *v)
{
    int64_t now = clock_mono_ms();
    char cells[BAR_CELLS + 1];

    if (!v->bar || now < v->bar_ms)
        return;
    v->bar_ms = now + BAR_PERIOD_MS;
    int64_t expected = v->expected < v->events ? v->events : v->expected;
    int64_t full = expected == 0 ? BAR_CELLS : v->events * BAR_CELLS / expected;
    int64_t percent = expected == 0 ? 100 : v->events * 100 / expected;
    memset(cells, '.', BAR_CELLS);
    memset(cells, '#', (size_t)full);
    cells[BAR_CELLS] = '\0';
    (void)fprintf(v->options->err, "\r[%s] %3" PRId64 " %%  %" PRId64 " events", cells, percent,
                  v->events);
    (void)fflush(v->options->err);
}

/* --- streams ---------------------------------------------------------------------------------------- */

static void end_stream(struct verification *v)
{
    if (!v->begun)
        return;
    v->begun = false;
    if (v->row_seq == 0) {
        STREAM_FAULT(v, "has events but no row in the table week");
        return;
    }
    if (v->row_seq > v->seq)
        STREAM_FAULT(v, "ends with event %" PRId64 ", but its row tells of %" PRId64, v->seq,
                     v->row_seq);
    if (v->row_seq < v->seq)
        STREAM_FAULT(v, "has an event %" PRId64 ", but its row tells of %" PRId64 " only", v->seq,
                     v->row_seq);
    /* where events are missing the head cannot fit, and that has been said */
    bool fits = v->row_head_fits && memcmp(v->head, v->row_head, sizeof v->head) == 0;
    if (v->whole && v->row_seq == v->seq && !fits)
        STREAM_FAULT(v, "the head in its row is not the one its events make");
}

static void begin_stream(struct verification *v, const struct stored_event *row)
{
    v->person_id = row->event.person_id;
    v->week = row->event.week;
    v->seq = 0;
    v->row_seq = row->row_seq;
    v->row_head_fits = row->row_head.len == sizeof v->row_head;
    if (v->row_head_fits)
        memcpy(v->row_head, row->row_head.data, sizeof v->row_head);
    memset(v->head, 0, sizeof v->head);
    v->begun = v->whole = true;
    v->streams++;
}

#define EVENT_FAULT(v, row, ...)                                                                   \
    fault((v), (row)->event.person_id, (row)->event.week, (row)->seq, __VA_ARGS__)

static void check_place(struct verification *v, const struct stored_event *row)
{
    int64_t missing = row->seq - v->seq - 1;

    if (missing == 1)
        STREAM_FAULT(v, "event %" PRId64 " is missing", v->seq + 1);
    else if (missing > 1)
        STREAM_FAULT(v, "events %" PRId64 " to %" PRId64 " are missing", v->seq + 1, row->seq - 1);
    v->whole = v->whole && missing == 0;
    v->seq = row->seq;
}

/* The lengths of what is hashed; NULL is a length of 0. */
static bool check_lengths(struct verification *v, const struct stored_event *row)
{
    const struct {
        const char *name;
        struct str bytes;
        size_t len;
        bool needed;
    } columns[] = {
        {"salt", row->salt, EVENT_SALT_LEN, false},
        {"digest", row->digest, EVENT_MAC_LEN, true},
        {"mac", row->mac, EVENT_MAC_LEN, true},
        {"request_hash", row->request_hash, REQUEST_HASH_LEN, row->event.ikey.len > 0},
    };
    bool fit = true;

    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (columns[i].bytes.len == columns[i].len ||
            (columns[i].bytes.len == 0 && !columns[i].needed))
            continue;
        EVENT_FAULT(v, row, "its %s has %zu bytes instead of %zu", columns[i].name,
                    columns[i].bytes.len, columns[i].len);
        fit = false;
    }
    return fit;
}

static enum status check_payload(struct verification *v, const struct stored_event *row)
{
    uint8_t digest[EVENT_MAC_LEN];

    if (row->salt.len == 0) {
        if (row->event.before.len > 0 || row->event.after.len > 0)
            EVENT_FAULT(v, row, "has a payload without the salt that its digest needs");
        else
            v->erased++;
        return STATUS_OK;
    }
    enum status st = audit_digest(&row->event, digest);
    if (st == STATUS_OK && memcmp(digest, row->event.digest, sizeof digest) != 0)
        EVENT_FAULT(v, row, "the digest does not fit: salt, before or after has changed");
    return st;
}

static enum status check_event(const struct stored_event *row, void *arg)
{
    struct verification *v = arg;
    uint8_t link[EVENT_MAC_LEN], mac[EVENT_MAC_LEN];

    if (!v->begun || row->event.person_id != v->person_id ||
        row->event.week.number != v->week.number) {
        end_stream(v);
        begin_stream(v, row);
    }
    if (++v->events % BAR_EVENTS == 0)
        draw_bar(v);
    check_place(v, row);
    if (!check_lengths(v, row)) {
        v->whole = false;
        return STATUS_OK;
    }
    if (row->event.ikey.len == 0 && row->request_hash.len > 0)
        EVENT_FAULT(v, row, "has the hash of a request without its key");
    enum status st = check_payload(v, row);
    if (st == STATUS_OK)
        st = audit_link(&v->key, &row->event, link);
    if (st == STATUS_OK)
        st = audit_mac(&v->key, link, row->seq, mac);
    if (st == STATUS_OK && memcmp(mac, row->mac.data, sizeof mac) != 0) {
        EVENT_FAULT(v, row,
                    "the mac does not fit: the event or its place has changed, or the key "
                    "is another");
        v->whole = false; /* its true link is not known, so no head can be told */
    }
    return st == STATUS_OK ? audit_head_next(v->head, link) : st;
}

/* A stream of another kind than a person's with the same number is not theirs. */
static bool is_wanted(const struct verification *v, struct iso_week week)
{
    return v->options->person_id == 0 || !is_stream(week) || week.number == STREAM_PERSON ||
           week.number == STREAM_UPLOAD;
}

static enum status check_wanted(const struct stored_event *row, void *arg)
{
    return is_wanted(arg, row->event.week) ? check_event(row, arg) : STATUS_OK;
}

static enum status report_empty(const struct stored_stream *row, void *arg)
{
    struct verification *v = arg;

    if (is_wanted(v, row->week))
        fault(v, row->person_id, row->week, 0,
              "its row tells of %" PRId64 " events, but there are none", row->seq);
    return STATUS_OK;
}

static enum status report_week(const struct week_difference *row, void *arg)
{
    static const char *const days[WEEK_DAYS] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                "Friday", "Saturday", "Sunday"};
    struct verification *v = arg;

    if (!is_wanted(v, row->week))
        return STATUS_OK;
    if (row->has_row == 0) {
        fault(v, row->person_id, row->week, 0, "has entries but no row in the table week");
        return STATUS_OK;
    }
    for (int i = 0; i < WEEK_DAYS; i++) {
        if (row->minutes[i] != 0)
            fault(v, row->person_id, row->week, 0,
                  "its row has %" PRId64 " minutes %s on %s than its entries",
                  row->minutes[i] < 0 ? -row->minutes[i] : row->minutes[i],
                  row->minutes[i] < 0 ? "less" : "more", days[i]);
    }
    for (int i = 0; i < ENTRY_STATUS_COUNT; i++) {
        if (row->count[i] != 0)
            fault(v, row->person_id, row->week, 0,
                  "its row counts %" PRId64 " %s entries %s than there are",
                  row->count[i] < 0 ? -row->count[i] : row->count[i], entry_status_names[i],
                  row->count[i] < 0 ? "less" : "more");
    }
    return STATUS_OK;
}

/* --- the command ---------------------------------------------------------------------------------------- */

static enum status walk(struct verification *v, struct audit_reader *reader)
{
    int64_t id = v->options->person_id;
    enum status st = audit_count(reader, id, &v->expected);

    if (st == STATUS_OK)
        st = audit_events_each(reader, id, check_wanted, v);
    if (st != STATUS_OK)
        return st;
    end_stream(v);
    st = audit_empty_each(reader, id, report_empty, v);
    return st == STATUS_OK ? audit_weeks_each(reader, id, report_week, v) : st;
}

static void summarise(struct verification *v)
{
    int64_t ms = clock_mono_ms() - v->began_ms;

    clear_bar(v);
    if (v->options->quiet && v->faults == 0)
        return;
    (void)fprintf(v->options->out,
                  "%" PRId64 " events in %" PRId64 " streams, %" PRId64 " of them erased: %" PRId64
                  " faults (%" PRId64 ".%01" PRId64 " s)\n",
                  v->events, v->streams, v->erased, v->faults, ms / 1000, ms % 1000 / 100);
}

int audit_verify(const struct store_config *config, const struct verify_options *options)
{
    struct verification v = {.options = options, .began_ms = clock_mono_ms()};
    struct audit_reader *reader = NULL;
    struct store *store = NULL;
    TALLOC_CTX *mem = talloc_new(NULL);

    if (audit_key_read(options->key_file, &v.key) != STATUS_OK) {
        (void)fprintf(options->err,
                      "timesheets-admin: %s does not hold a key of at least %d bytes in its first "
                      "line\n",
                      options->key_file, AUDIT_KEY_MIN);
        talloc_free(mem);
        return EXIT_USAGE;
    }
    v.bar = !options->quiet && isatty(fileno(options->err)) == 1;
    enum status st = store_open(mem, config, &store);
    if (st == STATUS_OK)
        st = audit_reader_open(mem, store, &reader);
    if (st == STATUS_OK)
        st = walk(&v, reader);
    if (st == STATUS_OK)
        summarise(&v);
    talloc_free(mem);
    explicit_bzero(&v.key, sizeof v.key);
    if (st != STATUS_OK) {
        clear_bar(&v);
        (void)fprintf(options->err, "timesheets-admin: not verified to the end: %s\n",
                      status_title(st));
        return st == STATUS_BAD_CONFIG ? EXIT_USAGE : EXIT_NO_DATABASE;
    }
    return v.faults == 0 ? EXIT_DONE : EXIT_REFUSED;
}
