/* Uploads: the look-ups, the weeks they hold, and what they write, many rows at a time. */
#include "store_priv.h"
#include "ts/clock.h"

/* --- rows of results ------------------------------------------------------------------------- */

static const struct field source_columns[] = {
    FIELD_NAMED("source_id", FIELD_INT, struct upload_source, id, int64_t, .column = "source_id"),
    FIELD_TEXT(struct upload_source, name, .column = "source"),
};
static const struct schema source_columns_schema =
    SCHEMA("upload_source", struct upload_source, source_columns);
const struct rows upload_source_rows = {&source_columns_schema, NULL};

static const struct field match_columns[] = {
    FIELD_INT(struct person_match, person_id, .column = "person_id"),
    FIELD_TEXT(struct person_match, user_id, .column = "user_id"),
};
static const struct schema match_schema =
    SCHEMA("person_match", struct person_match, match_columns);
const struct rows person_match_rows = {&match_schema, NULL};

struct held_row {
    int64_t seq, d1, d2, d3, d4, d5, d6, d7;
    struct str head;
};
static const struct field held_columns[] = {
    FIELD_INT(struct held_row, seq, .column = "seq"),
    FIELD_TEXT(struct held_row, head, .column = "head"),
    FIELD_INT(struct held_row, d1, .column = "d1"),
    FIELD_INT(struct held_row, d2, .column = "d2"),
    FIELD_INT(struct held_row, d3, .column = "d3"),
    FIELD_INT(struct held_row, d4, .column = "d4"),
    FIELD_INT(struct held_row, d5, .column = "d5"),
    FIELD_INT(struct held_row, d6, .column = "d6"),
    FIELD_INT(struct held_row, d7, .column = "d7"),
};
static const struct schema held_schema = SCHEMA("held_week", struct held_row, held_columns);
const struct rows held_week_rows = {&held_schema, NULL};

/* The entry is the first member, so that the table of entries fits. */
struct uploaded_row {
    struct entry entry;
    int64_t entry_id;
    struct str external_id, content_hash;
};
static const struct field uploaded_columns[] = {
    FIELD_INT(struct uploaded_row, entry.person_id, .column = "person_id"),
    FIELD_INT(struct uploaded_row, entry.edited_by, .column = "edited_by"),
    FIELD_INT(struct uploaded_row, entry_id, .column = "uploaded_entry"),
    FIELD_TEXT(struct uploaded_row, external_id, .column = "uploaded_id"),
    FIELD_TEXT(struct uploaded_row, content_hash, .column = "content_hash"),
};
static const struct schema uploaded_schema =
    SCHEMA("uploaded", struct uploaded_row, uploaded_columns);
const struct rows uploaded_rows = {&entry_schema, &uploaded_schema};

static const struct field upload_columns[] = {FIELD_INT(struct upload, done, .column = "done")};
static const struct schema upload_more = SCHEMA("upload_row", struct upload, upload_columns);
const struct rows upload_rows = {&upload_schema, &upload_more};
const struct rows upload_result_rows = {&upload_result_schema, NULL};

/* --- reading --------------------------------------------------------------------------------- */

enum status store_client_id(struct store *store, struct str client_id, int64_t *out)
{
    struct number_row row = {0};
    enum status st = read_one(NULL, store, STMT_CLIENT_ID, VALUES(V_BYTES(client_id)), &row);

    if (st != STATUS_OK && st != STATUS_NOT_FOUND)
        return st;
    *out = row.number;
    return STATUS_OK;
}

/* Of a result of at most two rows, the first, and their number. */
static enum status first_of(TALLOC_CTX *mem, struct store *store, enum stmt_id id, void *row,
                            void *spare, int64_t *count)
{
    bool found = false;
    enum status st = read_next(store, id, row, &found);

    *count = found;
    if (st == STATUS_OK && found)
        st = stmt_keep(mem, &store->reader, id, row);
    if (st == STATUS_OK && found) {
        st = read_next(store, id, spare, &found);
        *count += found;
    }
    stmt_done(&store->reader, id);
    return st;
}

enum status store_upload_source(TALLOC_CTX *mem, struct store *store, int64_t client,
                                struct str name, struct upload_source *out, int64_t *count)
{
    struct upload_source row = {.id = 0}, spare;
    enum status st =
        read_run(store, STMT_CLIENT_SOURCES, VALUES(V_INT(client), V_TEXT(name), V_TEXT(name)));

    if (st == STATUS_OK)
        st = first_of(mem, store, STMT_CLIENT_SOURCES, &row, &spare, count);
    if (st == STATUS_OK)
        *out = row;
    return st;
}

enum status store_person_match(TALLOC_CTX *mem, struct store *store, struct str user,
                               struct person_match *out, int64_t *count)
{
    struct person_match row = {.person_id = 0}, spare;
    char *lower = talloc_memdup(mem, user.data, user.len);

    if (lower == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < user.len; i++) /* as addresses are stored */
        lower[i] = lower[i] >= 'A' && lower[i] <= 'Z' ? (char)(lower[i] - 'A' + 'a') : lower[i];
    enum status st =
        read_run(store, STMT_PERSON_MATCH,
                 VALUES(V_BYTES(str_n(lower, user.len)), V_BYTES(user), V_BYTES(user)));
    talloc_free(lower);

    if (st == STATUS_OK)
        st = first_of(mem, store, STMT_PERSON_MATCH, &row, &spare, count);
    if (st == STATUS_OK)
        *out = row;
    return st;
}

enum status store_uploads_each(struct store *store, const struct principal *who, int64_t before,
                               int64_t limit, store_upload_fn *each, void *arg)
{
    enum stmt_id id = who->administers ? STMT_UPLOADS_ALL : STMT_UPLOADS;
    int64_t whose = who->administers ? 1 : who->actor_id;
    struct upload row = {.id = 0};
    bool found = false;
    enum status st = read_run(store, id, VALUES(V_INT(whose), V_INT(before), V_INT(limit)));

    if (st != STATUS_OK)
        return st;
    while (st == STATUS_OK) {
        st = read_next(store, id, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        st = each(&row, arg);
    }
    stmt_done(&store->reader, id);
    return st;
}

enum status store_upload_get(TALLOC_CTX *mem, struct store *store, const struct principal *who,
                             int64_t id, struct upload *out)
{
    struct upload row = {.id = 0};
    enum status st =
        read_one(mem, store, STMT_UPLOAD_GET,
                 VALUES(V_INT(id), V_INT(who->actor_id), V_INT(who->administers)), &row);

    if (st == STATUS_OK)
        *out = row;
    return st;
}

/* Some of the rows, those after *after, which moves on; *more: there may be others. */
static enum status some_rows(struct store *store, int64_t id, int64_t outcome, int64_t *after,
                             bool *more, store_upload_row_fn *each, void *arg)
{
    int64_t from = outcome < 0 ? UPLOAD_CREATED : outcome, count = 0;
    int64_t to = outcome < 0 ? UPLOAD_REJECTED : outcome;
    struct upload_result row;
    bool found = true;
    enum status st =
        read_run(store, STMT_UPLOAD_ROWS,
                 VALUES(V_INT(id), V_INT(*after), V_INT(from), V_INT(to), V_INT(UPLOAD_BATCH)));

    if (st != STATUS_OK)
        return st;
    while (st == STATUS_OK) {
        st = read_next(store, STMT_UPLOAD_ROWS, &row, &found);
        if (st != STATUS_OK || !found)
            break;
        *after = row.row;
        count++;
        st = each(&row, arg);
    }
    stmt_done(&store->reader, STMT_UPLOAD_ROWS);
    *more = count == UPLOAD_BATCH;
    return st;
}

/* A result is on this side as a whole before its first row is read, so it must not be large. */
enum status store_upload_rows_each(struct store *store, int64_t id, int64_t outcome,
                                   store_upload_row_fn *each, void *arg)
{
    enum status st = STATUS_OK;
    int64_t after = 0;
    bool more = true;

    while (st == STATUS_OK && more)
        st = some_rows(store, id, outcome, &after, &more, each, arg);
    return st;
}

/* --- weeks ----------------------------------------------------------------------------------- */

enum status tx_period_hold(struct tx *tx, struct date *locked_through)
{
    struct date lock = {DATE_NONE_DAYS}; /* the row has this one column */
    enum status st = tx_one(NULL, tx, STMT_PERIOD_HOLD, NULL, 0, &lock);

    *locked_through = lock;
    return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status read_held(struct tx *tx, struct held_week *week)
{
    struct held_row row = {.seq = 0};
    enum status st = tx_one(NULL, tx, STMT_WEEK_HOLD,
                            VALUES(V_INT(week->person_id), V_INT(week->week.number)), &row);

    if (st != STATUS_OK)
        return st;
    const int64_t minutes[WEEK_DAYS] = {row.d1, row.d2, row.d3, row.d4, row.d5, row.d6, row.d7};
    *week = (struct held_week){.person_id = week->person_id, .week = week->week, .seq = row.seq};
    memcpy(week->minutes, minutes, sizeof minutes);
    if (row.head.len == sizeof week->head)
        memcpy(week->head, row.head.data, sizeof week->head);
    return STATUS_OK;
}

static int64_t locked_days(struct iso_week week, struct date locked_through)
{
    int64_t days = locked_through.days == DATE_NONE_DAYS
                       ? 0
                       : (int64_t)locked_through.days - week_monday(week).days + 1;
    return days < 0 ? 0 : days > WEEK_DAYS ? WEEK_DAYS : days;
}

enum status tx_week_hold(struct tx *tx, struct date locked_through, struct held_week *week)
{
    static const char first_head[EVENT_MAC_LEN] = {0};
    enum status st = read_held(tx, week);

    if (st != STATUS_NOT_FOUND)
        return st;
    st = tx_run(tx, STMT_WEEK_MAKE,
                VALUES(V_INT(week->person_id), V_INT(week->week.number),
                       V_INT(locked_days(week->week, locked_through)),
                       V_BYTES_N(first_head, sizeof first_head)));
    if (st == STATUS_OK) /* somebody else may have made it */
        st = read_held(tx, week);
    return st == STATUS_NOT_FOUND ? tx_end(tx, DB_REPEAT) : st;
}

enum status tx_week_store(struct tx *tx, const struct held_week *week)
{
    const int64_t *m = week->minutes, *n = week->added;

    return tx_run(tx, STMT_WEEK_STORE,
                  VALUES(V_INT(m[0]), V_INT(m[1]), V_INT(m[2]), V_INT(m[3]), V_INT(m[4]),
                         V_INT(m[5]), V_INT(m[6]), V_INT(n[ENTRY_DRAFT]), V_INT(n[ENTRY_SUBMITTED]),
                         V_INT(n[ENTRY_APPROVED]), V_INT(n[ENTRY_REJECTED]), V_INT(week->seq),
                         V_BYTES_N(week->head, sizeof week->head), V_INT(week->person_id),
                         V_INT(week->week.number)));
}

/* --- entries --------------------------------------------------------------------------------- */

static enum status each_uploaded(struct tx *tx, enum stmt_id id, tx_uploaded_fn *each, void *arg)
{
    struct uploaded_row row = {.entry_id = 0};
    enum status st = STATUS_OK;
    bool found = false;

    while (st == STATUS_OK) {
        enum db_fault fault = stmt_next(tx->db, id, &row, &found);
        if (fault != DB_FINE)
            st = tx_end(tx, fault);
        if (st != STATUS_OK || !found)
            break;
        const struct uploaded uploaded = {row.external_id, row.entry_id, row.content_hash,
                                          row.entry};
        st = each(&uploaded, arg);
    }
    stmt_done(tx->db, id);
    return st;
}

enum status tx_uploaded_each(struct tx *tx, int64_t source_id, const struct str *external_ids,
                             size_t count, tx_uploaded_fn *each, void *arg)
{
    struct value values[1 + STMT_BLOCK];
    enum status st = STATUS_OK;

    values[0] = V_INT(source_id);
    for (size_t i = 0; st == STATUS_OK && i < count;) {
        size_t n = count - i >= STMT_BLOCK ? STMT_BLOCK : 1;
        enum stmt_id id = n == 1 ? STMT_UPLOADED : STMT_UPLOADED_BLOCK;
        for (size_t k = 0; k < n; k++)
            values[1 + k] = V_BYTES(external_ids[i + k]);
        st = tx_run(tx, id, values, 1 + n);
        if (st == STATUS_OK)
            st = each_uploaded(tx, id, each, arg);
        i += n;
    }
    return st;
}

/* A key that is there already was made by somebody else just now: the next run sees it. */
static enum status add_block(struct tx *tx, enum stmt_id one, enum stmt_id block,
                             const struct value *values, size_t n, size_t width)
{
    enum db_fault fault = tx_try(tx, n == 1 ? one : block, values, n * width);

    return fault == DB_FINE ? STATUS_OK : tx_end(tx, fault == DB_DUPLICATE ? DB_REPEAT : fault);
}

enum { ENTRY_VALUES = 13, EXTERNAL_VALUES = 4, ROW_VALUES = 6 };

static struct value text_or_null(struct str text)
{
    struct value value = V_TEXT(text);

    value.null = text.len == 0;
    return value;
}

static void put_entry(struct value *at, const struct upload_entry *row)
{
    const struct entry *e = &row->entry;
    const struct value values[ENTRY_VALUES] = {V_INT(e->person_id),
                                               V_DATE(e->date),
                                               V_INT(e->id),
                                               V_INT(row->project_id),
                                               V_TEXT(e->project),
                                               V_INT(e->minutes),
                                               V_TEXT(e->note),
                                               V_INT(e->status),
                                               V_INT(e->edited_by),
                                               V_TIME(e->created_at),
                                               V_TIME(e->updated_at),
                                               text_or_null(e->source),
                                               V_BYTES_OR_NULL(e->external_id)};
    memcpy(at, values, sizeof values);
}

enum status tx_upload_entries_add(struct tx *tx, const struct upload_entry *rows, size_t count)
{
    struct value values[STMT_BLOCK * ENTRY_VALUES];
    enum status st = STATUS_OK;

    for (size_t i = 0; st == STATUS_OK && i < count;) {
        size_t n = count - i >= STMT_BLOCK ? STMT_BLOCK : 1;
        for (size_t k = 0; k < n; k++)
            put_entry(values + k * ENTRY_VALUES, &rows[i + k]);
        st = add_block(tx, STMT_ENTRY_ADD, STMT_ENTRY_ADD_BLOCK, values, n, ENTRY_VALUES);
        i += n;
    }
    return st;
}

static void put_external(struct value *at, int64_t source_id, const struct upload_entry *row)
{
    const struct value values[EXTERNAL_VALUES] = {
        V_INT(source_id), V_BYTES(row->entry.external_id), V_INT(row->entry.id),
        V_BYTES_N(row->content_hash, sizeof row->content_hash)};
    memcpy(at, values, sizeof values);
}

enum status tx_external_ids_add(struct tx *tx, int64_t source_id, const struct upload_entry *rows,
                                size_t count)
{
    struct value values[STMT_BLOCK * EXTERNAL_VALUES];
    enum status st = STATUS_OK;
    size_t held = 0;

    for (size_t i = 0; st == STATUS_OK && i < count; i++) {
        if (rows[i].known || rows[i].entry.external_id.len == 0)
            continue;
        put_external(values + held++ * EXTERNAL_VALUES, source_id, &rows[i]);
        if (held == STMT_BLOCK) {
            st = add_block(tx, STMT_EXTERNAL_ADD, STMT_EXTERNAL_ADD_BLOCK, values, held,
                           EXTERNAL_VALUES);
            held = 0;
        }
    }
    for (size_t k = 0; st == STATUS_OK && k < held; k++)
        st = add_block(tx, STMT_EXTERNAL_ADD, STMT_EXTERNAL_ADD_BLOCK, values + k * EXTERNAL_VALUES,
                       1, EXTERNAL_VALUES);
    return st;
}

/* Under the week's lock nothing can have moved; if it has, the next run sees it. */
static enum status one_or_repeat(struct tx *tx, enum stmt_id id, enum status st)
{
    return st == STATUS_OK && stmt_affected(tx->db, id) != 1 ? tx_end(tx, DB_REPEAT) : st;
}

enum status tx_external_id_set(struct tx *tx, int64_t source_id, struct str external_id,
                               int64_t was_entry, int64_t entry_id, const uint8_t *hash)
{
    struct value content = V_BYTES_N(hash, REQUEST_HASH_LEN);

    content.null = hash == NULL;
    enum status st = tx_run(
        tx, STMT_EXTERNAL_SET,
        VALUES(V_INT(entry_id), content, V_INT(source_id), V_BYTES(external_id), V_INT(was_entry)));
    return one_or_repeat(tx, STMT_EXTERNAL_SET, st);
}

enum status tx_upload_entry_renew(struct tx *tx, const struct upload_entry *now,
                                  const struct entry *was)
{
    const struct entry *e = &now->entry;
    enum status st = tx_run(
        tx, STMT_ENTRY_RENEW,
        VALUES(V_DATE(e->date), V_INT(now->project_id), V_TEXT(e->project), V_INT(e->minutes),
               V_INT(e->status), V_TEXT(e->note), V_INT(e->edited_by), V_TIME(e->updated_at),
               V_INT(was->person_id), V_DATE(was->date), V_INT(was->id), V_INT(was->version)));

    return one_or_repeat(tx, STMT_ENTRY_RENEW, st);
}

enum status tx_upload_entry_remove(struct tx *tx, const struct entry *was)
{
    enum status st = tx_run(
        tx, STMT_ENTRY_DELETE,
        VALUES(V_INT(was->person_id), V_DATE(was->date), V_INT(was->id), V_INT(was->version)));

    st = one_or_repeat(tx, STMT_ENTRY_DELETE, st);
    if (st != STATUS_OK)
        return st;
    return tx_run(tx, STMT_TOMBSTONE_INSERT,
                  VALUES(V_INT(was->id), V_INT(was->person_id), V_INT(was->version),
                         V_TIME(clock_wall_us())));
}

/* --- the upload itself ------------------------------------------------------------------------- */

enum status tx_upload_add(struct tx *tx, int64_t id, int64_t actor_id, int64_t source_id,
                          const struct upload *upload)
{
    enum db_fault fault =
        tx_try(tx, STMT_UPLOAD_ADD,
               VALUES(V_INT(id), V_INT(actor_id), V_INT_OR_NULL(source_id), V_INT(upload->mode),
                      V_INT(upload->received), V_TIME(upload->created_at)));

    return fault == DB_FINE ? STATUS_OK : tx_end(tx, fault == DB_DUPLICATE ? DB_REPEAT : fault);
}

enum status tx_upload_hold(struct tx *tx, int64_t id, int64_t actor_id, struct upload *out)
{
    struct upload row = {.id = 0};
    enum status st = tx_one(NULL, tx, STMT_UPLOAD_HOLD, VALUES(V_INT(id), V_INT(actor_id)), &row);

    if (st == STATUS_OK)
        *out = row;
    return st;
}

static void put_result(struct value *at, int64_t upload_id, const struct upload_result *row)
{
    const struct value values[ROW_VALUES] = {V_INT(upload_id),
                                             V_INT(row->row),
                                             V_BYTES_OR_NULL(row->external_id),
                                             V_INT(row->outcome),
                                             V_INT_OR_NULL(row->entry_id),
                                             V_BYTES_OR_NULL(row->problem)};
    memcpy(at, values, sizeof values);
}

enum status tx_upload_rows_add(struct tx *tx, int64_t id, const struct upload_result *rows,
                               size_t count)
{
    struct value values[STMT_BLOCK * ROW_VALUES];
    enum status st = STATUS_OK;

    for (size_t i = 0; st == STATUS_OK && i < count;) {
        size_t block = count - i >= STMT_BLOCK ? STMT_BLOCK : 1;
        for (size_t k = 0; k < block; k++)
            put_result(values + k * ROW_VALUES, id, &rows[i + k]);
        st = add_block(tx, STMT_UPLOAD_ROW_ADD, STMT_UPLOAD_ROW_ADD_BLOCK, values, block,
                       ROW_VALUES);
        i += block;
    }
    return st;
}

enum status tx_upload_progress(struct tx *tx, const struct upload *step, int64_t rows)
{
    struct value finished = V_TIME(clock_wall_us());
    const int64_t *n = step->count;

    finished.null = step->state != UPLOAD_FINISHED;
    enum status st =
        tx_run(tx, STMT_UPLOAD_PROGRESS,
               VALUES(V_INT(rows), V_INT(n[UPLOAD_CREATED]), V_INT(n[UPLOAD_UPDATED]),
                      V_INT(n[UPLOAD_UNCHANGED]), V_INT(n[UPLOAD_REMOVED]),
                      V_INT(n[UPLOAD_REJECTED]), V_INT(step->state), finished, V_INT(step->id)));
    return one_or_repeat(tx, STMT_UPLOAD_PROGRESS, st);
}
