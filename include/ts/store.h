/* The database: people, projects, entries, weeks, events. The only user of MySQL's
 * client library. A worker has two connections: one that reads (autocommit, READ ONLY)
 * and one that writes (autocommit off, READ COMMITTED), so that a write needs no
 * BEGIN round trip and a read cannot change anything.
 *
 * Every function that touches somebody's data takes the principal and has the
 * ownership in its SQL. Failures: STATUS_UNAVAILABLE (no database in time),
 * STATUS_NO_MEMORY, STATUS_INTERNAL, and what each function names. */
#ifndef TS_STORE_H
#define TS_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

#include "ts/entry.h"
#include "ts/period.h"
#include "ts/person.h"
#include "ts/principal.h"
#include "ts/project.h"
#include "ts/report.h"
#include "ts/sheet.h"
#include "ts/source.h"
#include "ts/status.h"
#include "ts/upload.h"

struct store_config {
    const char *socket; /* unix socket; NULL = TCP to host:port */
    const char *host;
    int64_t port;
    const char *name, *user;
    const char *password_file;            /* first line is the password */
    const char *ca_file;                  /* TLS for TCP, verified; NULL = no TLS (unix socket) */
    int64_t connect_s, io_s, lock_wait_s; /* 1, 2, 1 */
    int64_t request_ms;                   /* for a request with its retries; 4000 */
};

enum { SCHEMA_VERSION = 18 /* the newest migration this program knows */ };

struct store;

/* Reads the password and makes the (unconnected) store. STATUS_BAD_CONFIG, STATUS_NO_MEMORY. */
enum status store_open(TALLOC_CTX *mem, const struct store_config *config,
                       struct store **out) TS_MUST_CHECK;
/* Connects what is not connected, checks the schema version and prepares every statement.
 * STATUS_UNAVAILABLE; STATUS_BAD_SCHEMA (logged with the reason) is final. After a failed
 * connect it fails fast for a second. */
enum status store_connect(struct store *store) TS_MUST_CHECK;
/* Readiness: does the database answer, with the right schema? */
enum status store_ping(struct store *store) TS_MUST_CHECK;
/* Starts the clock of a request's database work (config request_ms). */
void store_request_begin(struct store *store);
/* Gives the request's database work that much time from now on: for uploads, and for replies that
 * are streamed. */
void store_request_allow(struct store *store, int64_t ms);

/* --- people --------------------------------------------------------------- */
/* What a token says of a person who is not known yet. */
struct identity {
    struct str sub, name, email; /* email only when verified */
    int64_t kind;                /* enum person_kind */
};
/* By subject, bytes. STATUS_NOT_FOUND. */
enum status store_person_by_sub(TALLOC_CTX *mem, struct store *store, struct str sub,
                                struct person *out) TS_MUST_CHECK;
/* By numeric id (text of digits) or user_id, for who sees others or administers. STATUS_NOT_FOUND. */
enum status store_person_find(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                              struct str user, struct person *out) TS_MUST_CHECK;

/* --- projects ------------------------------------------------------------- */
typedef enum status store_project_fn(const struct project *row, void *arg);
/* Ordered by code, after `after` (empty = from the start), at most limit rows; state < 0 = any;
 * q matches code, name, customer. */
enum status store_projects_each(struct store *store, int64_t state, struct str q, struct str after,
                                int64_t limit, store_project_fn *each, void *arg) TS_MUST_CHECK;
/* STATUS_NOT_FOUND. Answers up to max_age_ms old may come from the worker's cache (0 = ask the
 * database). */
enum status store_project_get(struct store *store, struct str code, int64_t max_age_ms,
                              struct project *out) TS_MUST_CHECK;

/* --- entries, reading ------------------------------------------------------ */
struct entry_filter {
    int64_t person_id;
    struct date from, to;
    struct date before_date; /* cursor: entries before (date, id), newest first */
    int64_t before_id;
    uint32_t statuses;  /* bit 1 << enum entry_status */
    struct str project; /* empty = any */
    struct str q;       /* text in the note, any case; empty = any */
    int64_t limit;
};
typedef enum status store_entry_fn(const struct entry *row, void *arg);
/* Newest first by (date, id). user_id is left empty. Others' drafts never appear, whatever the
 * filter says. */
enum status store_entries_each(struct store *store, const struct principal *who,
                               const struct entry_filter *filter, store_entry_fn *each,
                               void *arg) TS_MUST_CHECK;
/* One entry with its owner's user_id, if `who` may see it: own, or not a draft for who sees
 * others. STATUS_NOT_FOUND. */
enum status store_entry_get(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                            int64_t id, struct entry *out) TS_MUST_CHECK;

/* --- writing ---------------------------------------------------------------- */
enum { EVENT_MAC_LEN = 32, EVENT_SALT_LEN = 16, REQUEST_HASH_LEN = 32, IDEMPOTENCY_KEY_MAX = 64 };

/* The values are stored. */
enum event_action {
    EVENT_ENTRY_CREATED = 1,
    EVENT_ENTRY_EDITED,
    EVENT_ENTRY_DELETED,
    EVENT_ENTRY_MOVED_OUT,
    EVENT_ENTRY_APPROVED,
    EVENT_ENTRY_REJECTED,
    EVENT_ENTRY_UPLOADED, /* created or changed by an upload; before tells which */
    EVENT_ENTRY_REMOVED,  /* deleted by an upload */
    EVENT_WEEK_SAVED = 10,
    EVENT_WEEK_SUBMITTED,
    EVENT_WEEK_WITHDRAWN,
    EVENT_WEEK_APPROVED,
    EVENT_WEEK_REJECTED,
    EVENT_WEEK_REOPENED,
    EVENT_PERSON_MADE = 20,
    EVENT_PERSON_CLAIMED,
    EVENT_PERSON_ADDED, /* by an admin */
    EVENT_PERSON_EDITED,
    EVENT_PROJECT_ADDED = 30,
    EVENT_PROJECT_EDITED,
    EVENT_SOURCE_ADDED = 40,
    EVENT_SOURCE_EDITED,
    EVENT_PERIOD_LOCKED = 50,
    EVENT_UPLOAD_BEGUN = 60
};

/* Events are chained in streams. That of a person's ISO week is (person, week). The others stand in
 * the same table under numbers that are no week: (person, STREAM_PERSON), (project,
 * STREAM_PROJECT), (1, STREAM_PERIOD), (source, STREAM_SOURCE), (actor, STREAM_UPLOAD). Each has
 * its row in `week`, which is its lock and holds its head. */
enum { STREAM_PERSON, STREAM_PROJECT, STREAM_PERIOD, STREAM_SOURCE, STREAM_UPLOAD, STREAM_COUNT };
/* An event's week for a stream that is no week. */
#define STREAM(kind) ((struct iso_week){kind})
static inline bool is_stream(struct iso_week week)
{
    return week.number < STREAM_COUNT;
}

/* A change, for its stream. `after` is the reply's body. `digest` stands for salt, before and after,
 * so that these can be erased. `link` covers everything but the event's number, which is known only
 * when the stream's row has been written; the chain of heads is made of links, and they are stored
 * nowhere, so that a head cannot be computed without the key. `mac`, which is stored, covers number
 * and link. */
struct event {
    int64_t person_id; /* or what else the stream is of */
    struct iso_week week;
    enum event_action action;
    int64_t actor_id;
    int64_t entry_id; /* 0 = none */
    int64_t at;       /* microseconds UTC */
    struct str ikey;  /* empty = none */
    uint8_t request_hash[REQUEST_HASH_LEN];
    uint8_t salt[EVENT_SALT_LEN];
    uint8_t digest[EVENT_MAC_LEN];
    uint8_t link[EVENT_MAC_LEN];
    struct str before, after; /* JSON, may be empty */
};

/* Computes the mac of an event that is number seq of its stream. */
typedef enum status store_seal_fn(void *arg, const struct event *event, int64_t seq,
                                  uint8_t mac[EVENT_MAC_LEN]);
/* Who has the key; to be said before the first write. A store without one stores links. */
void store_set_seal(struct store *store, store_seal_fn *seal, void *arg);

struct
    tx; /* an open transaction; its functions may only be called from the body of store_transact */
typedef enum status store_tx_fn(struct tx *tx, void *arg);

/* The request's key, if it has one. */
struct write_key {
    int64_t actor_id;
    struct str key; /* empty = none */
    uint8_t request_hash[REQUEST_HASH_LEN];
};
/* The stored outcome of an earlier request with the same key. */
struct replay {
    bool found;
    enum event_action action;
    int64_t entry_id;
    struct str after;
};

/* Runs body in one transaction and commits. Repeats it whole (at most three times more, with
 * jitter) after a deadlock, a lock time-out, a connection lost before COMMIT or a clash of entry
 * ids; when the connection is lost during COMMIT it finds out by the last event written whether
 * it took place. Before any refusal, and when the key turns out to be used, it rolls back and
 * looks the key up: the same request gives STATUS_OK with replay->found, another one
 * STATUS_KEY_REUSED. Otherwise the body's status; STATUS_CONTENDED or STATUS_UNAVAILABLE when
 * the tries or the time ran out. body must be repeatable. */
enum status store_transact(TALLOC_CTX *mem, struct store *store, const struct write_key *key,
                           store_tx_fn *body, void *arg, struct replay *replay) TS_MUST_CHECK;

/* The outcome of an earlier request with this key, outside a transaction. STATUS_NOT_FOUND,
 * STATUS_KEY_REUSED. */
enum status store_replay(TALLOC_CTX *mem, struct store *store, const struct write_key *key,
                         struct replay *out) TS_MUST_CHECK;

/* A new entry id: 128 ns ticks since 2026-01-01T00:00:00Z, rising, below 2^53. */
int64_t store_entry_id(struct store *store);

/* What a change does to its week row. */
struct week_change {
    int16_t minutes[WEEK_DAYS];        /* added to Monday..Sunday */
    int16_t count[ENTRY_STATUS_COUNT]; /* added to the counts per status */
    int8_t first_day;                  /* earliest weekday touched, 0..6; -1 = none (week 0) */
};
/* Writes the week row of the event (making it when missing), which is the lock of its entries,
 * and advances the stream's chain by the event's link; *seq is the event's place in it.
 * STATUS_PERIOD_LOCKED; STATUS_DAY_OVER_24H (then minutes_there holds what Monday..Sunday have
 * without this change). Several weeks: in ascending order. */
enum status tx_week_change(struct tx *tx, const struct principal *who,
                           const struct week_change *change, const struct event *event,
                           int64_t *seq, int64_t minutes_there[WEEK_DAYS]) TS_MUST_CHECK;
/* The same for a stream that is no week: takes its lock and advances its chain. */
enum status tx_stream_advance(struct tx *tx, const struct event *event, int64_t *seq) TS_MUST_CHECK;
/* Writes the event at its place, after the weeks and entries (lock order). */
enum status tx_event_insert(struct tx *tx, const struct event *event, int64_t seq) TS_MUST_CHECK;
/* The entry, if `who` may see it, read inside the transaction. STATUS_NOT_FOUND. */
enum status tx_entry_get(TALLOC_CTX *mem, struct tx *tx, const struct principal *who, int64_t id,
                         struct entry *out) TS_MUST_CHECK;
/* Own entries only. update and delete name the date and version that were read: STATUS_STALE
 * when they moved. */
enum status tx_entry_insert(struct tx *tx, const struct principal *who, const struct entry *entry,
                            int64_t project_id) TS_MUST_CHECK;
enum status tx_entry_update(struct tx *tx, const struct principal *who, const struct entry *entry,
                            int64_t project_id, struct date old_date,
                            int64_t old_version) TS_MUST_CHECK;
enum status tx_entry_delete(struct tx *tx, const struct principal *who, int64_t id,
                            struct date date, int64_t version) TS_MUST_CHECK;
/* Was that version of an own entry deleted? (a repeated DELETE answers as the first did) */
enum status tx_entry_was_deleted(struct tx *tx, const struct principal *who, int64_t id,
                                 int64_t version, bool *out) TS_MUST_CHECK;

/* Makes a row for a new subject. STATUS_STALE when another worker was faster (look it up again).
 * The id is in *out. */
enum status tx_person_insert(struct tx *tx, const struct identity *identity, struct str user_id,
                             int64_t *out) TS_MUST_CHECK;
/* The unclaimed row an admin made with this verified e-mail. STATUS_NOT_FOUND. */
enum status tx_person_unclaimed(TALLOC_CTX *mem, struct tx *tx, struct str email,
                                struct person *out) TS_MUST_CHECK;
/* Binds it to the subject, once. STATUS_STALE when it was claimed meanwhile. */
enum status tx_person_claim(struct tx *tx, int64_t person_id,
                            const struct identity *identity) TS_MUST_CHECK;
/* Does a person with this user_id exist? */
enum status tx_user_id_taken(struct tx *tx, struct str user_id, bool *out) TS_MUST_CHECK;

/* --- weeks ------------------------------------------------------------------- */
/* A person's week. */
struct sheet_id {
    int64_t person_id;
    struct iso_week week;
};
/* What is stored of it: whose it is, version, reason, entries (others' drafts are only counted) and
 * what a reply does not hold; sheet_sum_up computes the rest. One statement, so that all of it is of
 * one version. A week without a row has version 0 and no entries. Outside a transaction, and inside
 * one (nothing is locked by it). STATUS_NOT_FOUND when `who` may not see that person. */
enum status store_sheet_get(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                            struct sheet_id id, struct sheet *out) TS_MUST_CHECK;
enum status tx_sheet_get(TALLOC_CTX *mem, struct tx *tx, const struct principal *who,
                         struct sheet_id id, struct sheet *out) TS_MUST_CHECK;
/* What was read before a lock was taken has been changed meanwhile: ends this run, so that
 * store_transact runs the body again. */
enum status tx_repeat(struct tx *tx) TS_MUST_CHECK;

/* Is this the version of the week after tx_week_change, which locked it? If not, something came
 * between reading the week and its lock: tx_repeat. */
enum status tx_week_is(struct tx *tx, const struct principal *who, struct sheet_id id,
                       int64_t version) TS_MUST_CHECK;

/* Of the week's entries in a status that `op` changes, moves all to the status after it and their
 * versions by one (the bulk of submit and withdraw; own weeks only); the decision that stood is
 * cleared. `changed` is their number as it was read: another one ends the run (tx_repeat). */
enum status tx_entries_submit(struct tx *tx, const struct principal *who, struct sheet_id id,
                              int64_t changed, int64_t at) TS_MUST_CHECK;
enum status tx_entries_withdraw(struct tx *tx, const struct principal *who, struct sheet_id id,
                                int64_t changed, int64_t at) TS_MUST_CHECK;
/* What is said of a week without entries: ENTRY_DRAFT = nothing; a reason for ENTRY_REJECTED; who
 * decided it, 0 = nobody. After tx_week_change, which made the row and locked it. Own weeks, or of
 * others for who sees them. */
enum status tx_week_say(struct tx *tx, const struct principal *who, struct sheet_id id,
                        enum entry_status said, struct str reason,
                        int64_t decided_by) TS_MUST_CHECK;

/* From when to when a person was active, as far as that is known: from the day the row was made on
 * unless an admin said otherwise; DATE_NONE_DAYS: to this day. STATUS_NOT_FOUND when `who` may not
 * see that person. */
struct active_range {
    struct date from, to;
};
enum status store_person_active(struct store *store, const struct principal *who, int64_t person_id,
                                struct active_range *out) TS_MUST_CHECK;
/* The weeks of a person that have a row; others' drafts are only counted. */
struct week_total {
    struct iso_week week;
    int64_t minutes;
    int64_t count[ENTRY_STATUS_COUNT];
    int64_t empty_status, version;
    struct str reason;
    int64_t hidden_drafts;
};
typedef enum status store_week_fn(const struct week_total *row, void *arg);
struct week_filter {
    int64_t person_id;
    struct iso_week from, to;
    int64_t limit;
};
/* Newest first. */
enum status store_weeks_each(struct store *store, const struct principal *who,
                             const struct week_filter *filter, store_week_fn *each,
                             void *arg) TS_MUST_CHECK;

/* --- decisions ----------------------------------------------------------------- */
/* What waits for who sees others: submitted entries of others. */
struct inbox_filter {
    int64_t person_id;  /* whose; 0 = anybody's */
    int64_t project_id; /* 0 = any */
    struct date from, to;
    struct date after_date; /* cursor: entries after (date, id), oldest first */
    int64_t after_id;
    int64_t limit;
};
/* Oldest first by (date, id), each with its owner's user_id. Own entries never appear. */
enum status store_inbox_each(struct store *store, const struct principal *who,
                             const struct inbox_filter *filter, store_entry_fn *each,
                             void *arg) TS_MUST_CHECK;
/* Writes a decision by `who` on one entry, `entry` being what it becomes (status, reason,
 * updated_at) and `was` what was read, in the week that tx_week_change has locked. When the row is not
 * that any more, or may not be decided by `who`, the transaction runs again. */
enum status tx_entry_decide(struct tx *tx, const struct principal *who, const struct entry *was,
                            const struct entry *entry) TS_MUST_CHECK;
/* The same for all entries of a week in one status. */
struct entries_decision {
    struct sheet_id id;
    enum entry_status from, to;
    struct str reason; /* of a rejection, else empty */
    int64_t changed;   /* how many were read; another number runs the transaction again */
    int64_t at;        /* microseconds UTC */
};
enum status tx_entries_decide(struct tx *tx, const struct principal *who,
                              const struct entries_decision *decision) TS_MUST_CHECK;

/* --- uploads -------------------------------------------------------------------- */
/* Reading. The number of an application, 0 when no source was ever made for it. */
enum status store_client_id(struct store *store, struct str client_id, int64_t *out) TS_MUST_CHECK;
struct upload_source {
    int64_t id; /* 0 = none */
    struct str name;
};
/* The source of that name (empty: any) that the client may upload for; how many there are, 2 meaning
 * more than one. */
enum status store_upload_source(TALLOC_CTX *mem, struct store *store, int64_t client,
                                struct str name, struct upload_source *out,
                                int64_t *count) TS_MUST_CHECK;
struct person_match {
    int64_t person_id;
    struct str user_id;
};
/* Who has this e-mail address (in any letter case), employee number or subject, and how many do, 2
 * meaning more than one. */
enum status store_person_match(TALLOC_CTX *mem, struct store *store, struct str user,
                               struct person_match *out, int64_t *count) TS_MUST_CHECK;
typedef enum status store_upload_fn(const struct upload *row, void *arg);
/* Own ones, or with `who->administers` everybody's; newest first, those before the id `before`. */
enum status store_uploads_each(struct store *store, const struct principal *who, int64_t before,
                               int64_t limit, store_upload_fn *each, void *arg) TS_MUST_CHECK;
/* STATUS_NOT_FOUND. */
enum status store_upload_get(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                             int64_t id, struct upload *out) TS_MUST_CHECK;
typedef enum status store_upload_row_fn(const struct upload_result *row, void *arg);
/* The rows of an upload that was got, in order; outcome < 0: all. */
enum status store_upload_rows_each(struct store *store, int64_t id, int64_t outcome,
                                   store_upload_row_fn *each, void *arg) TS_MUST_CHECK;

/* Writing, in a transaction. Locks are taken in this order: the upload, the period, weeks ascending
 * by (person, week). The period stands still until the transaction ends. */
enum status tx_period_hold(struct tx *tx, struct date *locked_through) TS_MUST_CHECK;
/* A week that this transaction has locked and will write back as it says. */
struct held_week {
    int64_t person_id;
    struct iso_week week;
    int64_t seq;
    uint8_t head[EVENT_MAC_LEN];
    int64_t minutes[WEEK_DAYS];
    int64_t added[ENTRY_STATUS_COUNT]; /* to the counts per status */
    bool touched;
};
/* Locks the week named by person_id and week, which is made when it is missing, and reads it. */
enum status tx_week_hold(struct tx *tx, struct date locked_through,
                         struct held_week *week) TS_MUST_CHECK;
enum status tx_week_store(struct tx *tx, const struct held_week *week) TS_MUST_CHECK;

/* What was last uploaded under an external id. */
struct uploaded {
    struct str external_id;
    int64_t entry_id;        /* that it became */
    struct str content_hash; /* empty: removed by its source */
    struct entry entry;      /* id 0: it is gone */
};
typedef enum status tx_uploaded_fn(const struct uploaded *row, void *arg);
enum status tx_uploaded_each(struct tx *tx, int64_t source_id, const struct str *external_ids,
                             size_t count, tx_uploaded_fn *each, void *arg) TS_MUST_CHECK;
/* A new entry of an upload, and what it is known by. */
struct upload_entry {
    struct entry entry;
    int64_t project_id;
    uint8_t content_hash[REQUEST_HASH_LEN];
    bool known; /* has an external id that was uploaded before */
};
enum status tx_upload_entries_add(struct tx *tx, const struct upload_entry *rows,
                                  size_t count) TS_MUST_CHECK;
/* The external ids of those that have one and are not known. */
enum status tx_external_ids_add(struct tx *tx, int64_t source_id, const struct upload_entry *rows,
                                size_t count) TS_MUST_CHECK;
/* hash NULL: removed. was_entry: the entry it named before. */
enum status tx_external_id_set(struct tx *tx, int64_t source_id, struct str external_id,
                               int64_t was_entry, int64_t entry_id,
                               const uint8_t *hash) TS_MUST_CHECK;
/* Writes new content over the entry as it was; its version rises by one. */
enum status tx_upload_entry_renew(struct tx *tx, const struct upload_entry *now,
                                  const struct entry *was) TS_MUST_CHECK;
enum status tx_upload_entry_remove(struct tx *tx, const struct entry *was) TS_MUST_CHECK;
/* As tx_event_insert, for many events that have no key. */
enum status tx_events_insert(struct tx *tx, const struct event *events, const int64_t *seqs,
                             size_t count) TS_MUST_CHECK;
enum status tx_upload_add(struct tx *tx, int64_t id, int64_t actor_id, int64_t source_id,
                          const struct upload *upload) TS_MUST_CHECK;
/* Locks an own upload and reads how far it is. STATUS_NOT_FOUND. */
enum status tx_upload_hold(struct tx *tx, int64_t id, int64_t actor_id,
                           struct upload *out) TS_MUST_CHECK;
/* Stores what became of rows of the upload. */
enum status tx_upload_rows_add(struct tx *tx, int64_t id, const struct upload_result *rows,
                               size_t count) TS_MUST_CHECK;
/* Adds `step` and that many rows to the upload's numbers and sets its state. */
enum status tx_upload_progress(struct tx *tx, const struct upload *step,
                               int64_t rows) TS_MUST_CHECK;

/* --- what admins change: people, projects, sources, the period lock --------------- */
/* Reading. What is about people answers who sees others or administers: STATUS_NOT_FOUND, or nobody,
 * for the rest. */
typedef enum status store_person_fn(const struct person *row, void *arg);
/* Ordered by user_id, after query->cursor, at most limit rows. */
enum status store_people_each(struct store *store, const struct principal *who,
                              const struct person_query *query, int64_t limit,
                              store_person_fn *each, void *arg) TS_MUST_CHECK;
enum status store_person_get(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                             int64_t id, struct person *out) TS_MUST_CHECK;
typedef enum status store_source_fn(const struct source *row, void *arg);
/* Ordered by name, after `after` (empty = from the start), at most limit rows. */
enum status store_sources_each(struct store *store, struct str after, int64_t limit,
                               store_source_fn *each, void *arg) TS_MUST_CHECK;
enum status store_source_get(TALLOC_CTX *mem, struct store *store, struct str name,
                             struct source *out) TS_MUST_CHECK;
enum status store_period_get(struct store *store, struct period_lock *out) TS_MUST_CHECK;

/* Writing, in a transaction, for who administers. get locks the row until the transaction ends
 * (STATUS_NOT_FOUND). insert: STATUS_TAKEN when a name is another's; the id is in *out. update writes
 * all but what is fixed, as version row->version over the version before it: STATUS_STALE when that
 * is not there. */
enum status tx_project_get(TALLOC_CTX *mem, struct tx *tx, struct str code,
                           struct project *out) TS_MUST_CHECK;
enum status tx_project_insert(struct tx *tx, const struct principal *who, const struct project *row,
                              int64_t *out) TS_MUST_CHECK;
enum status tx_project_update(struct tx *tx, const struct principal *who,
                              const struct project *row) TS_MUST_CHECK;
enum status tx_person_get(TALLOC_CTX *mem, struct tx *tx, const struct principal *who, int64_t id,
                          struct person *out) TS_MUST_CHECK;
/* Is the text the user_id, e-mail address or employee number of anybody but person `except` (0 =
 * nobody)? Two that take one address at the same time do not see each other: an address has no
 * unique key, since two logins may share it. */
enum status tx_person_named(struct tx *tx, struct str text, int64_t except,
                            bool *out) TS_MUST_CHECK;
enum status tx_person_add(struct tx *tx, const struct principal *who, const struct person *row,
                          int64_t *out) TS_MUST_CHECK;
/* `claimed` 0 unbinds the login. STATUS_TAKEN: the employee number is another's. */
enum status tx_person_update(struct tx *tx, const struct principal *who,
                             const struct person *row) TS_MUST_CHECK;
/* The number of a client, which is made when it is new. */
enum status tx_client_make(struct tx *tx, const struct principal *who, struct str client_id,
                           int64_t *out) TS_MUST_CHECK;
enum status tx_source_get(TALLOC_CTX *mem, struct tx *tx, struct str name,
                          struct source *out) TS_MUST_CHECK;
enum status tx_source_insert(struct tx *tx, const struct principal *who, const struct source *row,
                             int64_t *out) TS_MUST_CHECK;
enum status tx_source_update(struct tx *tx, const struct principal *who,
                             const struct source *row) TS_MUST_CHECK;
enum status tx_period_get(struct tx *tx, struct period_lock *out) TS_MUST_CHECK;
/* Moves the lock from `was`, which tx_period_get has given, to `now`, and with it locked_days of the
 * week rows in between. Writers in flight are waited for, later ones find the new date. */
enum status tx_period_set(struct tx *tx, const struct principal *who, const struct period_lock *was,
                          const struct period_lock *now) TS_MUST_CHECK;

/* --- reports -------------------------------------------------------------------- */
struct report_filter {
    int64_t person_id; /* 0 = everybody: needs sees_others, and has no drafts, not even one's own */
    int64_t project_id; /* 0 = any */
    struct date from, to;
    uint32_t statuses; /* bits 1 << enum entry_status */
};
struct report_total {
    int64_t entries, minutes;
    struct hours_split split; /* of all rows, counted */
};
/* begin is called once, before the rows, which add up to the total. The texts of a row live until the
 * next one. hundredths are left to the caller. A status other than STATUS_OK ends the report. */
struct report_sink {
    enum status (*begin)(const struct report_total *total, void *arg);
    enum status (*row)(const struct report_row *row, void *arg);
    void *arg;
};
/* The hours of the entries that `who` may see, added up, sorted by the grouping's order (texts by
 * their bytes). STATUS_TOO_LARGE, before begin, when there are more than REPORT_ROWS_MAX rows or it
 * takes the database too long to add them up. */
enum { REPORT_ROWS_MAX = 100000 };
enum status store_report_groups(struct store *store, const struct principal *who,
                                const struct report_filter *filter,
                                const struct report_grouping *grouping,
                                const struct report_sink *sink) TS_MUST_CHECK;
/* The entries themselves, by (user_id, date, id), any number of them in constant memory; total and
 * rows are from one moment. STATUS_TOO_LARGE when it takes too long to add up the total. */
enum status store_report_lines(struct store *store, const struct principal *who,
                               const struct report_filter *filter,
                               const struct report_sink *sink) TS_MUST_CHECK;

/* Who has not handed in the week, by user_id: persons active in it (from active_from, or the date
 * their row was made; through active_to) for whom it is missing, open or rejected. person_id 0 =
 * everybody, which needs sees_others. The week must be over. */
typedef enum status store_missing_fn(const struct missing_row *row, void *arg);
enum status store_missing_each(struct store *store, const struct principal *who, int64_t person_id,
                               struct iso_week week, store_missing_fn *each,
                               void *arg) TS_MUST_CHECK;

/* --- audit trail ------------------------------------------------------------------ */
/* One event as GET /audit shows it. */
struct audit_event {
    int64_t at;     /* microseconds UTC */
    int64_t stream; /* index into audit_stream_names */
    int64_t person_id;
    struct str user_id;
    struct str project, source; /* of the stream of a project (its code) or source (its name) */
    struct str week;            /* as text; empty when the stream is no week */
    int64_t seq;
    int64_t action; /* index into audit_action_names */
    struct str actor;
    int64_t actor_id;
    int64_t entry_id;
    struct str before, after;
};
extern const char *const audit_stream_names[], *const audit_action_names[];
extern const struct schema audit_event_schema;

/* A place in the trail: the key of the last event given. */
struct audit_place {
    int64_t at, owner_id, week, seq;
};
struct audit_filter {
    int64_t owner_id;       /* whose streams (or which project's); 0 = everybody's */
    int64_t project_id;     /* the stream of this project alone; 0 = any */
    struct iso_week week;   /* of that week alone; 0 = any */
    int64_t entry_id;       /* events of the owner in which this entry occurs; 0 = any */
    int64_t from_us, to_us; /* instants, from <= at < to */
    struct audit_place after;
    int64_t limit;
};
/* Sets *stop when it wants no more. */
typedef enum status store_audit_fn(const struct audit_event *row, const struct audit_place *place,
                                   void *arg, bool *stop);
/* Events oldest first: of one owner by week and number (a person's own stream first), of one week by
 * person and number, else by instant. Who does not administer gets the streams of their own person
 * and weeks, whatever the filter says. Rows come one by one from the server. */
enum status store_audit_each(struct store *store, const struct principal *who,
                             const struct audit_filter *filter, store_audit_fn *each,
                             void *arg) TS_MUST_CHECK;
/* Whose entry it is or was, for who administers. STATUS_NOT_FOUND. */
enum status store_entry_owner(struct store *store, const struct principal *who, int64_t entry_id,
                              int64_t *person_id) TS_MUST_CHECK;

/* Verifying the trail: a connection of its own that sees one state of the database, so that the
 * service may go on meanwhile. Any account that may read will do. */
struct audit_reader;
/* To be freed before the store. STATUS_UNAVAILABLE, STATUS_BAD_SCHEMA. */
enum status audit_reader_open(TALLOC_CTX *mem, struct store *store,
                              struct audit_reader **out) TS_MUST_CHECK;

/* An event as it is stored. Bytes of another length than they must have are left out of `event`. */
struct stored_event {
    struct event event; /* without its link, which is not stored */
    int64_t seq;
    struct str salt, digest, mac, request_hash; /* empty for NULL */
    int64_t row_seq;                            /* of its stream; 0 = there is no row */
    struct str row_head;
};
/* A stream whose row tells of events that are not there. */
struct stored_stream {
    int64_t person_id, seq;
    struct iso_week week;
};
/* What a week row has more than its entries (less: negative). */
struct week_difference {
    int64_t person_id, has_row;
    struct iso_week week;
    int64_t minutes[WEEK_DAYS], count[ENTRY_STATUS_COUNT];
};
typedef enum status stored_event_fn(const struct stored_event *row, void *arg);
typedef enum status stored_stream_fn(const struct stored_stream *row, void *arg);
typedef enum status week_difference_fn(const struct week_difference *row, void *arg);

/* person_id 0 = all streams, else those whose owner has this id (also a project's or source's). */
/* How many events the rows of the streams tell of. */
enum status audit_count(struct audit_reader *reader, int64_t person_id, int64_t *out) TS_MUST_CHECK;
/* All events, ordered by owner, week and number. */
enum status audit_events_each(struct audit_reader *reader, int64_t person_id, stored_event_fn *each,
                              void *arg) TS_MUST_CHECK;
enum status audit_empty_each(struct audit_reader *reader, int64_t person_id, stored_stream_fn *each,
                             void *arg) TS_MUST_CHECK;
enum status audit_weeks_each(struct audit_reader *reader, int64_t person_id,
                             week_difference_fn *each, void *arg) TS_MUST_CHECK;

#endif
