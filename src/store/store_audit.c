/* Reading the audit trail: pages of it for the API, and all of it for who verifies it. */
#include <inttypes.h>
#include <stdio.h>

#include "store_priv.h"

/* --- words ------------------------------------------------------------------------------------- */
/* In the order of enum event_action; what a newer program wrote is "other". */
#define ACTIONS(X)                                                                                 \
    X(EVENT_ENTRY_CREATED, "entry_created")                                                        \
    X(EVENT_ENTRY_EDITED, "entry_edited")                                                          \
    X(EVENT_ENTRY_DELETED, "entry_deleted")                                                        \
    X(EVENT_ENTRY_MOVED_OUT, "entry_moved_out")                                                    \
    X(EVENT_ENTRY_APPROVED, "entry_approved")                                                      \
    X(EVENT_ENTRY_REJECTED, "entry_rejected")                                                      \
    X(EVENT_ENTRY_UPLOADED, "entry_uploaded")                                                      \
    X(EVENT_ENTRY_REMOVED, "entry_removed")                                                        \
    X(EVENT_WEEK_SAVED, "week_saved")                                                              \
    X(EVENT_WEEK_SUBMITTED, "week_submitted")                                                      \
    X(EVENT_WEEK_WITHDRAWN, "week_withdrawn")                                                      \
    X(EVENT_WEEK_APPROVED, "week_approved")                                                        \
    X(EVENT_WEEK_REJECTED, "week_rejected")                                                        \
    X(EVENT_WEEK_REOPENED, "week_reopened")                                                        \
    X(EVENT_PERSON_MADE, "person_made")                                                            \
    X(EVENT_PERSON_CLAIMED, "person_claimed")                                                      \
    X(EVENT_PERSON_ADDED, "person_added")                                                          \
    X(EVENT_PERSON_EDITED, "person_edited")                                                        \
    X(EVENT_PROJECT_ADDED, "project_added")                                                        \
    X(EVENT_PROJECT_EDITED, "project_edited")                                                      \
    X(EVENT_SOURCE_ADDED, "source_added")                                                          \
    X(EVENT_SOURCE_EDITED, "source_edited")                                                        \
    X(EVENT_PERIOD_LOCKED, "period_locked")                                                        \
    X(EVENT_UPLOAD_BEGUN, "upload_begun")

#define ACTION_NAME(action, name) name,
#define ACTION_VALUE(action, name) action,
const char *const audit_action_names[] = {ACTIONS(ACTION_NAME) "other", NULL};
static const enum event_action action_values[] = {ACTIONS(ACTION_VALUE)};
enum { ACTION_OTHER = sizeof action_values / sizeof action_values[0] };

static int64_t action_index(int64_t action)
{
    for (int64_t i = 0; i < ACTION_OTHER; i++) {
        if ((int64_t)action_values[i] == action)
            return i;
    }
    return ACTION_OTHER;
}

enum { AUDIT_STREAM_WEEK, AUDIT_STREAM_OTHERS };
const char *const audit_stream_names[] = {[AUDIT_STREAM_WEEK] = "week",
                                          [AUDIT_STREAM_OTHERS + STREAM_PERSON] = "person",
                                          [AUDIT_STREAM_OTHERS + STREAM_PROJECT] = "project",
                                          [AUDIT_STREAM_OTHERS + STREAM_PERIOD] = "period",
                                          [AUDIT_STREAM_OTHERS + STREAM_SOURCE] = "source",
                                          [AUDIT_STREAM_OTHERS + STREAM_UPLOAD] = "upload",
                                          NULL};

/* --- GET /audit -------------------------------------------------------------------------------- */
static const struct field event_fields[] = {
    FIELD_NAMED("at", FIELD_INSTANT, struct audit_event, at, int64_t, .column = "at",
                .doc = "When it happened, UTC.", .example = "\"2026-11-23T17:40:20.095000Z\""),
    FIELD_ENUM(struct audit_event, stream, .max = AUDIT_STREAM_OTHERS + STREAM_UPLOAD,
               .names = audit_stream_names,
               .doc = "What the event is about; each week, person, project and so on has events of "
                      "its own, numbered and chained.",
               .example = "\"week\""),
    FIELD_INT(struct audit_event, person_id, .max = UINT32_MAX, .nullable = true,
              .doc = "The person's number, when it is about a person or their week or upload.",
              .example = "17"),
    FIELD_TEXT(struct audit_event, user_id, .max = 255, .nullable = true, .column = "user_id",
               .doc = "The same person, as other replies name them.",
               .example = "\"ann@abc.example\""),
    FIELD_TEXT(struct audit_event, project, .max = PROJECT_CODE_MAX, .nullable = true,
               .column = "project_code", .doc = "The project's code, when it is about a project.",
               .example = "null"),
    FIELD_TEXT(struct audit_event, source, .max = SOURCE_NAME_MAX, .nullable = true,
               .column = "source_name", .doc = "The source's name, when it is about a source.",
               .example = "null"),
    FIELD_TEXT(struct audit_event, week, .max = WEEK_TEXT_LEN, .nullable = true,
               .doc = "The ISO week, when it is about a week.", .example = "\"2026-W48\""),
    FIELD_INT(struct audit_event, seq, .min = 1, .max = UINT32_MAX, .column = "seq",
              .doc = "The event's place in its stream, from 1 without gaps.", .example = "3"),
    FIELD_ENUM(struct audit_event, action, .max = ACTION_OTHER, .names = audit_action_names,
               .doc = "What was done.", .example = "\"week_submitted\""),
    FIELD_TEXT(struct audit_event, actor, .max = 255, .nullable = true, .column = "actor",
               .doc = "Who did it: a person's user_id, or the client_id of a machine.",
               .example = "\"ann@abc.example\""),
    FIELD_INT(struct audit_event, actor_id, .min = 1, .max = UINT32_MAX, .column = "actor_id",
              .doc = "The number of who did it; those of machines are from 2147483648 on.",
              .example = "17"),
    FIELD_INT(struct audit_event, entry_id, .max = (INT64_C(1) << 53) - 1, .nullable = true,
              .column = "entry_id", .doc = "The entry, when it is about one; else null.",
              .example = "10737418240"),
    FIELD_NAMED("before", FIELD_JSON, struct audit_event, before, struct str,
                .column = "before_json",
                .doc = "What was there before; null when there was nothing, or it was erased.",
                .example = "null"),
    FIELD_NAMED("after", FIELD_JSON, struct audit_event, after, struct str, .column = "after_json",
                .doc = "What the change answered; null when that was nothing, or it was erased.",
                .example = "null"),
};
const struct schema audit_event_schema = SCHEMA("AuditEvent", struct audit_event, event_fields);

/* A row as it is read: what is shown, and numbers that are shown as words. */
struct event_row {
    struct audit_event event;
    int64_t owner_id, week, action;
};
static const struct field row_columns[] = {
    FIELD_NAMED("owner_id", FIELD_INT, struct event_row, owner_id, int64_t, .column = "owner_id"),
    FIELD_NAMED("week", FIELD_INT, struct event_row, week, int64_t, .column = "week"),
    FIELD_NAMED("action", FIELD_INT, struct event_row, action, int64_t, .column = "action"),
};
static const struct schema row_schema = SCHEMA("audit_row", struct event_row, row_columns);
const struct rows audit_event_rows = {&audit_event_schema, &row_schema};
_Static_assert(offsetof(struct event_row, event) == 0, "columns are bound by both tables");

static void complete(struct event_row *row, char week_text[WEEK_TEXT_LEN])
{
    struct iso_week week = {(int32_t)row->week};
    bool of_actor = row->week == STREAM_PERSON || row->week == STREAM_UPLOAD;

    row->event.stream = is_stream(week) ? AUDIT_STREAM_OTHERS + row->week : AUDIT_STREAM_WEEK;
    row->event.week = STR("");
    if (!is_stream(week)) {
        week_format(week, week_text);
        row->event.week = str_n(week_text, WEEK_TEXT_LEN);
    }
    bool of_person = (of_actor || !is_stream(week)) && row->owner_id < ACTOR_CLIENT_MIN;
    row->event.person_id = of_person ? row->owner_id : 0;
    row->event.action = action_index(row->action);
}

static enum status each_event(struct store *store, enum stmt_id id, store_audit_fn *each, void *arg)
{
    struct event_row row = {0};
    char week[WEEK_TEXT_LEN];
    bool found = true, stop = false;
    enum status st = STATUS_OK;

    while (st == STATUS_OK && found && !stop) {
        st = read_next(store, id, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        complete(&row, week);
        st = each(&row.event,
                  &(const struct audit_place){row.event.at, row.owner_id, row.week, row.event.seq},
                  arg, &stop);
    }
    stmt_done(&store->reader, id);
    return st;
}

static enum status of_owner(struct store *store, const struct audit_filter *f, bool uploads)
{
    enum { WEEK_LAST = 999999, ENTRY_TEXT_ROOM = 40 };
    char text[ENTRY_TEXT_ROOM];
    int64_t owner = f->project_id > 0 ? f->project_id : f->owner_id;
    int64_t kind = f->project_id > 0 ? STREAM_PROJECT : STREAM_PERSON;
    int64_t other = f->project_id == 0 && uploads ? STREAM_UPLOAD : kind;
    int64_t first = f->week.number > 0 ? f->week.number : kind;
    int64_t last = f->week.number > 0 ? f->week.number : f->project_id > 0 ? kind : WEEK_LAST;

    /* an entry in a list of them, as its field table writes it */
    (void)snprintf(text, sizeof text, "{\"id\":%" PRId64 ",", f->entry_id);
    return read_run(store, STMT_AUDIT_OF_OWNER,
                    VALUES(V_INT(owner), V_INT(first), V_INT(last), V_INT(kind), V_INT(other),
                           V_TIME(f->from_us), V_TIME(f->to_us), V_INT(f->after.week),
                           V_INT(f->after.week), V_INT(f->after.seq), V_INT(f->entry_id),
                           V_INT(f->entry_id), V_BYTES(str_of(text)), V_BYTES(str_of(text)),
                           V_INT(f->limit)));
}

static enum status of_week(struct store *store, const struct audit_filter *f)
{
    const struct audit_place *after = &f->after;

    /* of the person where the page before ended there may be nothing left */
    return read_run(store, STMT_AUDIT_OF_WEEK,
                    VALUES(V_INT(f->week.number), V_INT(after->owner_id), V_TIME(f->from_us),
                           V_TIME(f->to_us), V_INT(f->limit + 1), V_TIME(f->from_us),
                           V_TIME(f->to_us), V_INT(after->owner_id), V_INT(after->seq),
                           V_INT(f->limit)));
}

static enum status by_time(struct store *store, const struct audit_filter *f)
{
    const struct audit_place *after = &f->after;
    int64_t from = after->at > f->from_us ? after->at : f->from_us;

    return read_run(store, STMT_AUDIT_BY_TIME,
                    VALUES(V_TIME(from), V_TIME(f->to_us), V_TIME(after->at),
                           V_INT(after->owner_id), V_INT(after->owner_id), V_INT(after->week),
                           V_INT(after->week), V_INT(after->seq), V_INT(f->limit)));
}

enum status store_audit_each(struct store *store, const struct principal *who,
                             const struct audit_filter *filter, store_audit_fn *each, void *arg)
{
    struct audit_filter f = *filter;
    enum stmt_id id;
    enum status st;

    if (!who->administers) {
        f.owner_id = who->person_id;
        f.project_id = 0;
    }
    if (f.owner_id > 0 || f.project_id > 0) {
        id = STMT_AUDIT_OF_OWNER;
        st = of_owner(store, &f, who->administers);
    } else if (f.week.number > 0) {
        id = STMT_AUDIT_OF_WEEK;
        st = of_week(store, &f);
    } else {
        id = STMT_AUDIT_BY_TIME;
        st = by_time(store, &f);
    }
    return st == STATUS_OK ? each_event(store, id, each, arg) : st;
}

enum status store_entry_owner(struct store *store, const struct principal *who, int64_t entry_id,
                              int64_t *person_id)
{
    struct number_row row;
    enum status st = !who->administers ? STATUS_NOT_FOUND
                                       : read_one(NULL, store, STMT_ENTRY_OWNER,
                                                  VALUES(V_INT(entry_id), V_INT(entry_id)), &row);

    if (st == STATUS_OK)
        *person_id = row.number;
    return st;
}

/* --- verifying ----------------------------------------------------------------------------------- */
struct audit_reader {
    struct db db;
};

static int close_reader(struct audit_reader *reader)
{
    db_close(&reader->db);
    return 0;
}

enum status audit_reader_open(TALLOC_CTX *mem, struct store *store, struct audit_reader **out)
{
    struct audit_reader *reader = talloc_zero(mem, struct audit_reader);

    if (reader == NULL)
        return STATUS_NO_MEMORY;
    reader->db = (struct db){.store = store, .role = DB_VERIFY};
    talloc_set_destructor(reader, close_reader);
    enum status st = db_ready(&reader->db);
    if (st != STATUS_OK)
        return talloc_free(reader), st;
    *out = reader;
    return STATUS_OK;
}

/* The result of a statement for a range of owners, row by row. */
static enum status run_range(struct audit_reader *reader, enum stmt_id id, int64_t first,
                             int64_t last)
{
    const struct value range[] = {V_INT(first), V_INT(last), V_INT(first), V_INT(last)};

    return db_fault_status(stmt_run(&reader->db, id, range, strlen(stmt_specs[id].parameters)));
}

static enum status run_for(struct audit_reader *reader, enum stmt_id id, int64_t person_id)
{
    return run_range(reader, id, person_id, person_id > 0 ? person_id : UINT32_MAX);
}

static enum status next_of(struct audit_reader *reader, enum stmt_id id, void *row, bool *found)
{
    return db_fault_status(stmt_next(&reader->db, id, row, found));
}

enum status audit_count(struct audit_reader *reader, int64_t person_id, int64_t *out)
{
    struct number_row row = {0};
    bool found = false;
    enum status st = run_for(reader, STMT_VERIFY_COUNT, person_id);

    if (st == STATUS_OK)
        st = next_of(reader, STMT_VERIFY_COUNT, &row, &found);
    stmt_done(&reader->db, STMT_VERIFY_COUNT);
    if (st == STATUS_OK)
        *out = row.number;
    return st;
}

struct stored_row {
    int64_t person_id, week, seq, actor_id, action, entry_id, at, row_seq;
    struct str ikey, request_hash, salt, digest, mac, before, after, row_head;
};
static const struct field stored_columns[] = {
    FIELD_INT(struct stored_row, person_id, .column = "person_id"),
    FIELD_INT(struct stored_row, week, .column = "week"),
    FIELD_INT(struct stored_row, seq, .column = "seq"),
    FIELD_INT(struct stored_row, actor_id, .column = "actor_id"),
    FIELD_INT(struct stored_row, action, .column = "action"),
    FIELD_INT(struct stored_row, entry_id, .column = "entry_id"),
    FIELD_NAMED("at", FIELD_INSTANT, struct stored_row, at, int64_t, .column = "at"),
    FIELD_INT(struct stored_row, row_seq, .column = "row_seq"),
    FIELD_TEXT(struct stored_row, ikey, .column = "ikey"),
    FIELD_TEXT(struct stored_row, request_hash, .column = "request_hash"),
    FIELD_TEXT(struct stored_row, salt, .column = "salt"),
    FIELD_TEXT(struct stored_row, digest, .column = "digest"),
    FIELD_TEXT(struct stored_row, mac, .column = "mac"),
    FIELD_TEXT(struct stored_row, before, .column = "before_json"),
    FIELD_TEXT(struct stored_row, after, .column = "after_json"),
    FIELD_TEXT(struct stored_row, row_head, .column = "row_head"),
};
static const struct schema stored_schema =
    SCHEMA("stored_event", struct stored_row, stored_columns);
const struct rows stored_event_rows = {&stored_schema, NULL};

static void copy_bytes(uint8_t *out, size_t len, struct str bytes)
{
    if (bytes.len == len)
        memcpy(out, bytes.data, len);
}

static struct stored_event stored_event_of(const struct stored_row *row)
{
    struct stored_event stored = {.event = {.person_id = row->person_id,
                                            .week = {(int32_t)row->week},
                                            .action = (enum event_action)row->action,
                                            .actor_id = row->actor_id,
                                            .entry_id = row->entry_id,
                                            .at = row->at,
                                            .ikey = row->ikey,
                                            .before = row->before,
                                            .after = row->after},
                                  .seq = row->seq,
                                  .salt = row->salt,
                                  .digest = row->digest,
                                  .mac = row->mac,
                                  .request_hash = row->request_hash,
                                  .row_seq = row->row_seq,
                                  .row_head = row->row_head};

    copy_bytes(stored.event.request_hash, REQUEST_HASH_LEN, row->request_hash);
    copy_bytes(stored.event.salt, EVENT_SALT_LEN, row->salt);
    copy_bytes(stored.event.digest, EVENT_MAC_LEN, row->digest);
    return stored;
}

enum status audit_events_each(struct audit_reader *reader, int64_t person_id, stored_event_fn *each,
                              void *arg)
{
    struct stored_row row;
    bool found = false;
    enum status st = run_for(reader, STMT_VERIFY_EVENTS, person_id);

    while (st == STATUS_OK) {
        st = next_of(reader, STMT_VERIFY_EVENTS, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        struct stored_event stored = stored_event_of(&row);
        st = each(&stored, arg);
    }
    stmt_done(&reader->db, STMT_VERIFY_EVENTS);
    return st;
}

struct stream_row {
    int64_t person_id, week, seq;
};
static const struct field stream_columns[] = {
    FIELD_INT(struct stream_row, person_id, .column = "person_id"),
    FIELD_INT(struct stream_row, week, .column = "week"),
    FIELD_INT(struct stream_row, seq, .column = "seq"),
};
static const struct schema stream_schema = SCHEMA("stream_row", struct stream_row, stream_columns);
const struct rows stream_rows = {&stream_schema, NULL};

enum status audit_empty_each(struct audit_reader *reader, int64_t person_id, stored_stream_fn *each,
                             void *arg)
{
    struct stream_row row;
    bool found = false;
    enum status st = run_for(reader, STMT_VERIFY_ROWS, person_id);

    while (st == STATUS_OK) {
        st = next_of(reader, STMT_VERIFY_ROWS, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        st = each(&(const struct stored_stream){row.person_id, row.seq, {(int32_t)row.week}}, arg);
    }
    stmt_done(&reader->db, STMT_VERIFY_ROWS);
    return st;
}

struct difference_row {
    struct week_difference difference;
    int64_t week;
};
#define MINUTES_ROW(day)                                                                           \
    FIELD_NAMED("d" #day, FIELD_INT, struct difference_row, difference.minutes[(day)-1], int64_t,  \
                .column = "d" #day)
#define COUNT_ROW(text, status)                                                                    \
    FIELD_NAMED(text, FIELD_INT, struct difference_row, difference.count[status], int64_t,         \
                .column = (text))
static const struct field difference_columns[] = {
    FIELD_NAMED("person_id", FIELD_INT, struct difference_row, difference.person_id, int64_t,
                .column = "person_id"),
    FIELD_NAMED("has_row", FIELD_INT, struct difference_row, difference.has_row, int64_t,
                .column = "has_row"),
    FIELD_INT(struct difference_row, week, .column = "week"),
    MINUTES_ROW(1),
    MINUTES_ROW(2),
    MINUTES_ROW(3),
    MINUTES_ROW(4),
    MINUTES_ROW(5),
    MINUTES_ROW(6),
    MINUTES_ROW(7),
    COUNT_ROW("n_draft", ENTRY_DRAFT),
    COUNT_ROW("n_submitted", ENTRY_SUBMITTED),
    COUNT_ROW("n_approved", ENTRY_APPROVED),
    COUNT_ROW("n_rejected", ENTRY_REJECTED),
};
static const struct schema difference_schema =
    SCHEMA("week_difference", struct difference_row, difference_columns);
const struct rows week_difference_rows = {&difference_schema, NULL};

static enum status weeks_of(struct audit_reader *reader, int64_t first, int64_t last,
                            week_difference_fn *each, void *arg)
{
    struct difference_row row;
    bool found = false;
    enum status st = run_range(reader, STMT_VERIFY_WEEKS, first, last);

    while (st == STATUS_OK) {
        st = next_of(reader, STMT_VERIFY_WEEKS, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        row.difference.week.number = (int32_t)row.week;
        st = each(&row.difference, arg);
    }
    stmt_done(&reader->db, STMT_VERIFY_WEEKS);
    return st;
}

/* The first owner of weeks or entries from this number on; beyond all numbers when there is none. */
static enum status next_owner(struct audit_reader *reader, int64_t from, int64_t *out)
{
    struct number_row row = {0};
    bool found = false;
    enum status st = run_range(reader, STMT_VERIFY_NEXT, from, from);

    if (st == STATUS_OK)
        st = next_of(reader, STMT_VERIFY_NEXT, &row, &found);
    stmt_done(&reader->db, STMT_VERIFY_NEXT);
    if (st == STATUS_OK)
        *out = row.number;
    return st;
}

/* Some owners at a time, so that the server can group their weeks in its memory. */
enum status audit_weeks_each(struct audit_reader *reader, int64_t person_id,
                             week_difference_fn *each, void *arg)
{
    enum { OWNERS = 32 };
    int64_t first = person_id;
    enum status st = STATUS_OK;

    if (person_id > 0)
        return weeks_of(reader, person_id, person_id, each, arg);
    while (st == STATUS_OK) {
        st = next_owner(reader, first, &first);
        if (st != STATUS_OK || first > UINT32_MAX)
            break;
        st = weeks_of(reader, first, first + OWNERS - 1, each, arg);
        first += OWNERS;
    }
    return st;
}
