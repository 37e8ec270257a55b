#include <assert.h>
#include <stdio.h>

#include "store_priv.h"
#include "ts/log.h"

#define PERSON_COLUMNS                                                                             \
    "id, user_id, name, email, kind, employee_number, active_from, active_to,"                     \
    " sub IS NOT NULL AS claimed, version"
#define PROJECT_COLUMNS "id, code, name, customer, state, starts_on, ends_on, version"
/* by sub-select, so that FOR UPDATE locks the source alone */
#define SOURCE_COLUMNS                                                                             \
    "s.id, s.name, s.client, (SELECT c.client_id FROM client c WHERE c.id = s.client)"             \
    " AS client_id, s.version FROM source s"
#define ENTRY_COLUMNS                                                                              \
    "e.person_id, e.work_date, e.id, e.project_code, e.minutes, e.status, e.version, e.note,"      \
    " e.reason, e.edited_by, e.created_at, e.updated_at, e.source, e.external_id"
/* The numbers of the streams that are no week (ts/store.h) stand in these texts. */
_Static_assert(STREAM_PERSON == 0 && STREAM_PROJECT == 1 && STREAM_PERIOD == 2 &&
                   STREAM_SOURCE == 3 && STREAM_UPLOAD == 4 && STREAM_COUNT == 5,
               "the statements of the audit trail name streams by number");
#define AUDIT_COLUMNS                                                                              \
    "e.person_id AS owner_id, e.week, e.seq, e.at, e.action, e.actor_id, e.entry_id,"              \
    " e.before_json, e.after_json, p.user_id, pr.code AS project_code, s.name AS source_name,"     \
    " COALESCE(a.user_id, c.client_id) AS actor"
/* Whose or of what the stream is, and who wrote. */
#define AUDIT_NAMES                                                                                \
    " LEFT JOIN person p ON p.id = e.person_id AND e.week NOT IN (1, 2, 3)"                        \
    " LEFT JOIN project pr ON pr.id = e.person_id AND e.week = 1"                                  \
    " LEFT JOIN source s ON s.id = e.person_id AND e.week = 3"                                     \
    " LEFT JOIN person a ON a.id = e.actor_id LEFT JOIN client c ON c.id = e.actor_id"
#define WHO_SEES_ENTRY "(e.person_id = ? OR (? = 1 AND e.status <> 0))"
#define ENTRY_WITH_OWNER                                                                           \
    "SELECT " ENTRY_COLUMNS ", p.user_id FROM entry e JOIN person p ON p.id = e.person_id"         \
    " WHERE e.id = ? AND " WHO_SEES_ENTRY
/* Reports: entries within dates and statuses, of one person or of everybody. `everybody` begins at
 * the projects, so that all is read from the index entry_project and none from the table. What takes
 * too long is ended by the server (MariaDB reads the comment with M, MySQL the one with +): without
 * that it would go on there when the answer is no longer waited for. */
#define REPORT_SELECT                                                                              \
    "/*M! SET STATEMENT max_statement_time = 1.8 FOR */ SELECT /*+ MAX_EXECUTION_TIME(1800) */ "
#define REPORT_SUMS "COUNT(*) AS entries, CAST(COALESCE(SUM(e.minutes), 0) AS SIGNED) AS minutes"
#define REPORT_REMAINDERS                                                                          \
    ", CAST(COALESCE(SUM(e.minutes * 5 MOD 3 = 2), 0) AS SIGNED) AS twos,"                         \
    " CAST(COALESCE(SUM(e.minutes * 5 MOD 3 = 1), 0) AS SIGNED) AS ones"
#define REPORT_KEYS                                                                                \
    "IF(?, e.project_id, 0) AS g_project, IF(?, e.person_id, 0) AS g_person,"                      \
    " IF(?, YEARWEEK(e.work_date, 3), 0) AS week_number,"                                          \
    " IF(?, EXTRACT(YEAR_MONTH FROM e.work_date), 0) AS month_number,"                             \
    " IF(?, e.status + 1, 0) AS status_number, "
#define REPORT_BY_KEYS                                                                             \
    " GROUP BY g_project, g_person, week_number, month_number, status_number LIMIT ?"
#define REPORT_EVERYBODY                                                                           \
    " FROM project j STRAIGHT_JOIN entry e FORCE INDEX (entry_project) ON e.project_id = j.id"     \
    " AND e.work_date BETWEEN ? AND ? AND e.status IN (?, ?, ?, ?) AND e.status <> 0"              \
    " WHERE ? = 1 AND j.id BETWEEN ? AND ?"
#define REPORT_ONE_PERSON                                                                          \
    " FROM entry e WHERE e.person_id = ? AND " WHO_SEES_ENTRY                                      \
    " AND e.work_date BETWEEN ? AND ? AND e.status IN (?, ?, ?, ?)"                                \
    " AND e.project_id BETWEEN ? AND ?"
/* Names are looked up when the sums are made. ELT picks the column of each place in the order. What
 * follows the columns is never picked: it tells the keys apart, because MariaDB drops one that looks
 * like another, and where two parameters happened to be equal it does so for good. */
#define REPORT_SORT_KEY(place)                                                                     \
    "ELT(?, j.code, p.user_id, g.week_number, g.month_number, g.status_number, '" place "')"
#define REPORT_ORDER                                                                               \
    REPORT_SORT_KEY("1")                                                                           \
    ", " REPORT_SORT_KEY("2") ", " REPORT_SORT_KEY("3") ", " REPORT_SORT_KEY(                      \
        "4") ", " REPORT_SORT_KEY("5")
#define REPORT_NAMED(sums)                                                                         \
    REPORT_SELECT                                                                                  \
    "COALESCE(p.id, 0) AS person_id, p.user_id, p.name, p.employee_number,"                        \
    " COALESCE(p.kind + 1, 0) AS kind_number, j.code AS project, j.name AS project_name,"          \
    " j.customer, g.week_number, g.month_number, g.status_number, g.entries, g.minutes"            \
    " FROM (" sums ") g LEFT JOIN project j ON j.id = g.g_project"                                 \
    " LEFT JOIN person p ON p.id = g.g_person ORDER BY " REPORT_ORDER
/* Persons with the week that is looked at; drafts show as the state `open` alone. */
#define MISSING_COLUMNS                                                                            \
    "p.id AS person_id, p.user_id, p.name, p.kind, p.employee_number,"                             \
    " COALESCE(w.n_draft, 0) AS drafts, COALESCE(w.n_submitted, 0) AS submitted,"                  \
    " COALESCE(w.n_approved, 0) AS approved, COALESCE(w.n_rejected, 0) AS rejected,"               \
    " COALESCE(w.empty_status, 0) AS empty_status"
#define MISSING_WEEK                                                                               \
    " LEFT JOIN week w ON w.person_id = p.id AND w.week = ?"                                       \
    " WHERE (p.id = ? OR ? = 1) AND COALESCE(p.active_from, DATE(p.created_at)) <= ?"              \
    " AND (p.active_to IS NULL OR p.active_to >= ?)"                                               \
    " AND (w.person_id IS NULL OR w.n_draft > 0 OR w.n_rejected > 0"                               \
    " OR (w.n_submitted + w.n_approved = 0 AND w.empty_status IN (0, 3)))"

/* Of a person's week: the person, the week's row and its entries in one result; what is not there is
 * NULL. A week without a row lies inside the period lock as far as the lock itself says. Not sorted: an
 * ORDER BY makes the server copy all of it first. */
#define SHEET_ROWS                                                                                 \
    "SELECT " ENTRY_COLUMNS ", p.user_id, p.id AS owner_id, w.version AS week_version,"            \
    " COALESCE(w.locked_days, LEAST(7, GREATEST(0, DATEDIFF(l.locked_through, ?) + 1)), 0)"        \
    " AS locked_days, w.empty_status, w.reason AS week_reason, w.n_draft, " ACTIVE_RANGE           \
    " FROM person p LEFT JOIN period_lock l ON l.id = 1"                                           \
    " LEFT JOIN week w ON w.person_id = p.id AND w.week = ?"                                       \
    " LEFT JOIN entry e ON e.person_id = p.id AND e.work_date BETWEEN ? AND ? AND " WHO_SEES_ENTRY \
    " WHERE p.id = ? AND (p.id = ? OR ? = 1)"
#define WEEK_TOTALS                                                                                \
    "w.week, w.n_draft, w.n_submitted, w.n_approved, w.n_rejected, w.empty_status, w.version,"     \
    " w.reason"
#define WEEK_MINUTES "(w.d1 + w.d2 + w.d3 + w.d4 + w.d5 + w.d6 + w.d7)"
#define ACTIVE_RANGE "COALESCE(p.active_from, DATE(p.created_at)) AS active_from, p.active_to"

/* A row many times over: STMT_BLOCK. */
#define TIMES_4(row) row row row row
#define TIMES_32(row)                                                                              \
    TIMES_4(row)                                                                                   \
    TIMES_4(row) TIMES_4(row) TIMES_4(row) TIMES_4(row) TIMES_4(row) TIMES_4(row) TIMES_4(row)
#define COMMA_4(row) row ", " row ", " row ", " row
#define COMMA_16(row) COMMA_4(row) ", " COMMA_4(row) ", " COMMA_4(row) ", " COMMA_4(row)
#define COMMA_32(row) COMMA_16(row) ", " COMMA_16(row)
#define EVENT_LETTERS "iiiiiimbbbbbbb"
#define EVENT_INTO                                                                                 \
    "INSERT INTO event (person_id, week, seq, actor_id, action, entry_id, at, ikey,"               \
    " request_hash, salt, digest, mac, before_json, after_json) VALUES "
#define EVENT_ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
/* What was last uploaded, with the entry that it became if that is still there. */
#define UPLOADED_ROWS                                                                                              \
    "SELECT s.external_id AS uploaded_id, s.entry_id AS uploaded_entry, s.content_hash, p.user_id, " ENTRY_COLUMNS \
    " FROM entry_source s LEFT JOIN entry e ON e.id = s.entry_id"                                                  \
    " LEFT JOIN person p ON p.id = e.person_id WHERE s.source_id = ? AND s.external_id IN "
#define ENTRY_ADD_LETTERS "idiititiimmtb"
#define ENTRY_ADD_INTO                                                                             \
    "INSERT INTO entry (person_id, work_date, id, project_id, project_code, minutes, note,"        \
    " status, reason, edited_by, created_at, updated_at, source, external_id, version) VALUES "
#define ENTRY_ADD_ROW "(?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, 1)"
#define EXTERNAL_ADD_INTO                                                                          \
    "INSERT INTO entry_source (source_id, external_id, entry_id, content_hash) VALUES "
#define UPLOAD_COLUMNS                                                                             \
    "u.id, s.name AS source, u.mode, u.state, u.received, u.done, u.created, u.updated,"           \
    " u.unchanged, u.removed, u.rejected, u.created_at"                                            \
    " FROM upload u LEFT JOIN source s ON s.id = u.source_id"
#define UPLOAD_ROW_INTO                                                                            \
    "INSERT INTO upload_row (upload_id, row_no, external_id, outcome, entry_id, problem) VALUES "

const struct stmt_spec stmt_specs[STMT_COUNT] = {
#define STATEMENT(ident, connection, parameters, rows, text)                                       \
    {#ident, DB_##connection, parameters, rows, text},
#include "statements.def"
#undef STATEMENT
};

/* A column that may be wider than this begins with as much room and grows with what is read. */
enum { COLUMN_ROOM_MAX = 16384, TEXT_ROOM_FIRST = 64 };

/* Where a parameter's value is copied to: bound once, so that types are sent once. */
struct slot {
    char *text;
    unsigned long length, room;
    long long number;
    MYSQL_TIME time;
    db_bool is_null;
};

struct column {
    enum field_type type; /* FIELD_TEXT, FIELD_DATE, FIELD_INSTANT, else an integer */
    size_t offset;
    struct slot slot;
    db_bool error;
};

struct stmt {
    const struct stmt_spec *spec;
    MYSQL_STMT *handle;
    unsigned int param_count, column_count;
    struct slot *params;
    struct column *columns;
    MYSQL_BIND *param_binds, *column_binds;
    bool rebind; /* a text buffer has moved */
};

/* --- preparing ------------------------------------------------------------------------------- */

static void bind_time(MYSQL_BIND *bind, struct slot *slot, enum enum_field_types type)
{
    bind->buffer_type = type;
    bind->buffer = &slot->time;
    bind->buffer_length = sizeof slot->time;
}

static void bind_number(MYSQL_BIND *bind, struct slot *slot)
{
    bind->buffer_type = MYSQL_TYPE_LONGLONG;
    bind->buffer = &slot->number;
    bind->buffer_length = sizeof slot->number;
}

static void bind_text(MYSQL_BIND *bind, struct slot *slot, enum enum_field_types type)
{
    bind->buffer_type = type;
    bind->buffer = slot->text;
    bind->buffer_length = slot->room;
}

static bool slot_text_new(TALLOC_CTX *mem, struct slot *slot, unsigned long room)
{
    slot->room = room;
    slot->text = talloc_size(mem, room);
    return slot->text != NULL;
}

static bool bind_param(struct stmt *s, size_t i)
{
    MYSQL_BIND *bind = &s->param_binds[i];
    struct slot *slot = &s->params[i];

    bind->is_null = &slot->is_null;
    bind->length = &slot->length;
    switch (s->spec->parameters[i]) {
    case 'i':
        bind_number(bind, slot);
        return true;
    case 'd':
        bind_time(bind, slot, MYSQL_TYPE_DATE);
        return true;
    case 'm':
        bind_time(bind, slot, MYSQL_TYPE_DATETIME);
        return true;
    default:
        if (!slot_text_new(s, slot, TEXT_ROOM_FIRST))
            return false;
        bind_text(bind, slot, s->spec->parameters[i] == 't' ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB);
        return true;
    }
}

static const struct field *find_column(const struct schema *schema, const char *column)
{
    for (size_t i = 0; schema != NULL && i < schema->count; i++) {
        if (schema->fields[i].column != NULL && strcmp(schema->fields[i].column, column) == 0)
            return &schema->fields[i];
    }
    return NULL;
}

static bool bind_column(struct stmt *s, size_t i, const MYSQL_FIELD *meta)
{
    struct column *column = &s->columns[i];
    MYSQL_BIND *bind = &s->column_binds[i];
    const struct field *field = find_column(s->spec->rows->resource, meta->name);

    if (field == NULL)
        field = find_column(s->spec->rows->more, meta->name);
    if (field == NULL)
        return false;
    column->type = field->type == FIELD_JSON ? FIELD_TEXT : field->type;
    column->offset = field->offset;
    bind->is_null = &column->slot.is_null;
    bind->length = &column->slot.length;
    bind->error = &column->error;
    if (column->type == FIELD_TEXT) {
        unsigned long room = meta->length < COLUMN_ROOM_MAX ? meta->length + 1 : COLUMN_ROOM_MAX;
        if (!slot_text_new(s, &column->slot, room))
            return false;
        bind_text(bind, &column->slot, MYSQL_TYPE_STRING);
    } else if (field->type == FIELD_DATE) {
        bind_time(bind, &column->slot, MYSQL_TYPE_DATE);
    } else if (field->type == FIELD_INSTANT) {
        bind_time(bind, &column->slot, MYSQL_TYPE_DATETIME);
    } else {
        bind_number(bind, &column->slot);
    }
    return true;
}

static enum status bind_columns(struct stmt *s)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(s->handle);
    enum status st = STATUS_OK;

    /* without a result there is no description of one; with one it takes memory */
    if (meta == NULL)
        return mysql_stmt_field_count(s->handle) == 0 && s->spec->rows == NULL ? STATUS_OK
                                                                               : STATUS_NO_MEMORY;
    assert(s->spec->rows != NULL); /* a row of statements.def is wrong */
    s->column_count = mysql_num_fields(meta);
    s->columns = talloc_zero_array(s, struct column, s->column_count);
    s->column_binds = talloc_zero_array(s, MYSQL_BIND, s->column_count);
    if (s->columns == NULL || s->column_binds == NULL)
        st = STATUS_NO_MEMORY;
    for (size_t i = 0; st == STATUS_OK && i < s->column_count; i++) {
        const MYSQL_FIELD *field = mysql_fetch_field_direct(meta, (unsigned int)i);
        if (field->name == NULL) { /* the library does not check its copies of names */
            st = STATUS_NO_MEMORY;
        } else if (!bind_column(s, i, field)) {
            LOG(LOG_ERROR, "db_column_unknown", LOG_TEXT("statement", s->spec->name),
                LOG_TEXT("column", field->name), LOG_INT("length", field->length));
            st = STATUS_BAD_SCHEMA;
        }
    }
    mysql_free_result(meta);
    if (st == STATUS_OK && mysql_stmt_bind_result(s->handle, s->column_binds) != 0)
        st = STATUS_NO_MEMORY;
    return st;
}

static int close_handle(struct stmt *s)
{
    if (s->handle != NULL)
        (void)mysql_stmt_close(s->handle); /* the connection may be gone: nothing to do about it */
    return 0;
}

static enum status prepare_failed(struct stmt *s)
{
    enum db_fault fault = db_fault_of(mysql_stmt_errno(s->handle));

    LOG(LOG_ERROR, "db_prepare_failed", LOG_TEXT("statement", s->spec->name),
        LOG_INT("errno", mysql_stmt_errno(s->handle)),
        LOG_TEXT("message", mysql_stmt_error(s->handle)));
    return fault == DB_BROKEN ? STATUS_BAD_SCHEMA : db_fault_status(fault);
}

enum status stmt_prepare(struct db *db, enum stmt_id id)
{
    const struct stmt_spec *spec = &stmt_specs[id];
    struct stmt *s = talloc_zero(db->mem, struct stmt);

    if (s == NULL || (s->handle = mysql_stmt_init(db->handle)) == NULL)
        return STATUS_NO_MEMORY;
    talloc_set_destructor(s, close_handle);
    s->spec = spec;
    if (mysql_stmt_prepare(s->handle, spec->text, strlen(spec->text)) != 0)
        return prepare_failed(s);
    s->param_count = (unsigned int)strlen(spec->parameters);
    if (mysql_stmt_param_count(s->handle) != s->param_count) {
        LOG(LOG_ERROR, "db_parameter_count", LOG_TEXT("statement", spec->name));
        return STATUS_BAD_SCHEMA;
    }
    s->params = talloc_zero_array(s, struct slot, s->param_count);
    s->param_binds = talloc_zero_array(s, MYSQL_BIND, s->param_count);
    if (s->params == NULL || s->param_binds == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < s->param_count; i++) {
        if (!bind_param(s, i))
            return STATUS_NO_MEMORY;
    }
    s->rebind = s->param_count > 0;
    db->stmts[id] = s;
    return bind_columns(s);
}

enum status stmt_prepare_all(struct db *db)
{
    enum status st = STATUS_OK;

    for (int id = 0; st == STATUS_OK && id < STMT_COUNT; id++) {
        enum db_role role = stmt_specs[id].role == DB_STREAM ? DB_READ : stmt_specs[id].role;
        if (role == db->role && db->stmts[id] == NULL)
            st = stmt_prepare(db, (enum stmt_id)id);
    }
    return st;
}

/* --- running --------------------------------------------------------------------------------- */

static void put_time(MYSQL_TIME *out, int64_t wall_us)
{
    const int64_t day_us = INT64_C(86400000000);
    int64_t days = wall_us / day_us, rest = wall_us % day_us;
    int32_t year, month, day;

    if (rest < 0) {
        rest += day_us;
        days--;
    }
    date_to_civil((struct date){(int32_t)days}, &year, &month, &day);
    *out = (MYSQL_TIME){.year = (unsigned int)year,
                        .month = (unsigned int)month,
                        .day = (unsigned int)day,
                        .hour = (unsigned int)(rest / INT64_C(3600000000)),
                        .minute = (unsigned int)(rest / 60000000 % 60),
                        .second = (unsigned int)(rest / 1000000 % 60),
                        .second_part = (unsigned long)(rest % 1000000),
                        .time_type = MYSQL_TIMESTAMP_DATETIME};
}

static void put_date(MYSQL_TIME *out, int64_t days)
{
    int32_t year, month, day;

    date_to_civil((struct date){(int32_t)days}, &year, &month, &day);
    *out = (MYSQL_TIME){.year = (unsigned int)year,
                        .month = (unsigned int)month,
                        .day = (unsigned int)day,
                        .time_type = MYSQL_TIMESTAMP_DATE};
}

static bool put_text(struct stmt *s, size_t i, struct str text)
{
    struct slot *slot = &s->params[i];

    if (text.len > slot->room) {
        char *moved = talloc_realloc_size(s, slot->text, 2 * text.len);
        if (moved == NULL)
            return false;
        slot->text = moved;
        slot->room = 2 * text.len;
        s->param_binds[i].buffer = moved;
        s->param_binds[i].buffer_length = slot->room;
        s->rebind = true;
    }
    if (text.len > 0)
        memcpy(slot->text, text.data, text.len);
    slot->length = text.len;
    return true;
}

static bool put_value(struct stmt *s, size_t i, const struct value *value)
{
    struct slot *slot = &s->params[i];

    slot->is_null = value->null;
    if (value->null)
        return true;
    switch (value->type) {
    case 'i':
        slot->number = value->number;
        return true;
    case 'd':
        put_date(&slot->time, value->number);
        return true;
    case 'm':
        put_time(&slot->time, value->number);
        return true;
    default:
        return put_text(s, i, value->text);
    }
}

/* Values whose letters are not the statement's are a mistake of ours that tests find. */
static bool signature_fits(const struct stmt *s, const struct value *values, size_t count)
{
    bool fits = count == s->param_count;

    for (size_t i = 0; fits && i < count; i++)
        fits = values[i].type == s->spec->parameters[i];
    return fits;
}

/* Logs without the server's message, which may quote a key or a name. */
static enum db_fault run_failed(struct db *db, const struct stmt *s)
{
    unsigned int error = mysql_stmt_errno(s->handle);
    enum db_fault fault = db_fault_of(error);
    bool expected = fault == DB_DUPLICATE || fault == DB_CHECK;

    db->slow = fault == DB_SLOW;

    (void)snprintf(db->fault_text, sizeof db->fault_text, "%s", mysql_stmt_error(s->handle));
    LOG(fault == DB_BROKEN ? LOG_ERROR
        : expected         ? LOG_DEBUG
                           : LOG_WARN,
        "db_statement_failed", LOG_TEXT("statement", s->spec->name), LOG_INT("errno", error),
        LOG_TEXT("sqlstate", mysql_stmt_sqlstate(s->handle)));
    /* Out of memory in the middle of an answer, the library no longer knows what of it is still to
     * come, and would wait for that in the next statement. */
    if (fault == DB_GONE || fault == DB_NO_MEMORY)
        db_close(db);
    return fault;
}

enum db_fault stmt_run(struct db *db, enum stmt_id id, const struct value *values, size_t count)
{
    struct stmt *s = db->stmts[id];

    if (store_is_late(db->store))
        return DB_LATE;
    if (!signature_fits(s, values, count)) {
        LOG(LOG_ERROR, "db_signature", LOG_TEXT("statement", s->spec->name));
        return DB_BROKEN;
    }
    for (size_t i = 0; i < count; i++) {
        if (!put_value(s, i, &values[i]))
            return DB_NO_MEMORY;
    }
    if (s->rebind && mysql_stmt_bind_param(s->handle, s->param_binds) != 0)
        return run_failed(db, s);
    s->rebind = false;
    bool one_by_one = s->spec->role == DB_STREAM || s->spec->role == DB_VERIFY;
    if (mysql_stmt_execute(s->handle) != 0 ||
        (s->column_count > 0 && !one_by_one && mysql_stmt_store_result(s->handle) != 0))
        return run_failed(db, s);
    return DB_FINE;
}

static int64_t get_days(const MYSQL_TIME *time)
{
    struct date date = {DATE_NONE_DAYS};

    /* NO_ZERO_DATE keeps dates real; anything else reads as none */
    (void)!date_from_civil((int32_t)time->year, (int32_t)time->month, (int32_t)time->day, &date);
    return date.days;
}

static int64_t get_time(const MYSQL_TIME *time)
{
    int64_t seconds = get_days(time) * 86400 + (int64_t)time->hour * 3600 +
                      (int64_t)time->minute * 60 + (int64_t)time->second;
    return seconds * 1000000 + (int64_t)time->second_part;
}

static void get_column(const struct column *column, void *row)
{
    const struct slot *slot = &column->slot;
    void *member = (char *)row + column->offset;

    if (column->type == FIELD_TEXT)
        *(struct str *)member = slot->is_null ? STR("") : str_n(slot->text, slot->length);
    else if (column->type == FIELD_DATE)
        ((struct date *)member)->days =
            slot->is_null ? DATE_NONE_DAYS : (int32_t)get_days(&slot->time);
    else if (slot->is_null)
        *(int64_t *)member = 0;
    else
        *(int64_t *)member =
            column->type == FIELD_INSTANT ? get_time(&slot->time) : (int64_t)slot->number;
}

/* A text that did not fit: makes room for it and reads it again. The new buffers serve the next rows. */
static enum db_fault grow_columns(struct stmt *s)
{
    for (size_t i = 0; i < s->column_count; i++) {
        struct column *column = &s->columns[i];
        MYSQL_BIND *bind = &s->column_binds[i];
        if (column->type != FIELD_TEXT || column->slot.is_null ||
            column->slot.length <= column->slot.room)
            continue;
        char *moved = talloc_realloc_size(s, column->slot.text, column->slot.length);
        if (moved == NULL)
            return DB_NO_MEMORY;
        column->slot.text = moved;
        column->slot.room = column->slot.length;
        bind_text(bind, &column->slot, MYSQL_TYPE_STRING);
        if (mysql_stmt_fetch_column(s->handle, bind, (unsigned int)i, 0) != 0)
            return DB_BROKEN;
    }
    return mysql_stmt_bind_result(s->handle, s->column_binds) == 0 ? DB_FINE : DB_NO_MEMORY;
}

/* Truncation of a number or a date means that the schema is not ours. */
static bool only_texts_grew(const struct stmt *s)
{
    for (size_t i = 0; i < s->column_count; i++) {
        if (s->columns[i].type != FIELD_TEXT && s->columns[i].error)
            return false;
    }
    return true;
}

enum db_fault stmt_next(struct db *db, enum stmt_id id, void *row, bool *found)
{
    struct stmt *s = db->stmts[id];
    int rc = mysql_stmt_fetch(s->handle);

    if (rc == MYSQL_DATA_TRUNCATED && only_texts_grew(s)) {
        enum db_fault fault = grow_columns(s);
        if (fault != DB_FINE)
            return fault;
        rc = 0;
    }
    *found = rc == 0;
    if (rc == MYSQL_NO_DATA)
        return DB_FINE;
    if (rc == MYSQL_DATA_TRUNCATED) {
        LOG(LOG_ERROR, "db_truncated", LOG_TEXT("statement", s->spec->name));
        return DB_BROKEN;
    }
    if (rc != 0)
        return run_failed(db, s);
    for (size_t i = 0; i < s->column_count; i++)
        get_column(&s->columns[i], row);
    return DB_FINE;
}

void stmt_rewind(struct db *db, enum stmt_id id)
{
    mysql_stmt_data_seek(db->stmts[id]->handle, 0);
}

void stmt_done(struct db *db, enum stmt_id id)
{
    if (db->stmts[id] != NULL) /* a lost connection has closed it */
        (void)mysql_stmt_free_result(db->stmts[id]->handle);
}

int64_t stmt_affected(const struct db *db, enum stmt_id id)
{
    return (int64_t)mysql_stmt_affected_rows(db->stmts[id]->handle);
}

int64_t stmt_insert_id(const struct db *db, enum stmt_id id)
{
    return (int64_t)mysql_stmt_insert_id(db->stmts[id]->handle);
}

enum status stmt_keep(TALLOC_CTX *mem, const struct db *db, enum stmt_id id, void *row)
{
    const struct stmt *s = db->stmts[id];
    size_t room = 0;

    for (size_t i = 0; i < s->column_count; i++) {
        if (s->columns[i].type == FIELD_TEXT && !s->columns[i].slot.is_null)
            room += s->columns[i].slot.length + 1;
    }
    char *at = talloc_size(mem, room + 1);
    if (at == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < s->column_count; i++) {
        struct str *text = (struct str *)(void *)((char *)row + s->columns[i].offset);
        if (s->columns[i].type != FIELD_TEXT || text->len == 0)
            continue;
        memcpy(at, text->data, text->len);
        at[text->len] = '\0';
        text->data = at;
        at += text->len + 1;
    }
    return STATUS_OK;
}

/* MySQL says "... for key 't.k'", MariaDB "... for key 'k'". Only the end counts: what stands
 * before quotes the client's value. */
bool stmt_fault_key(const struct db *db, const char *key)
{
    size_t len = strlen(db->fault_text), key_len = strlen(key);

    if (len < key_len + 2 || db->fault_text[len - 1] != '\'')
        return false;
    const char *at = db->fault_text + len - 1 - key_len;
    return memcmp(at, key, key_len) == 0 && (at[-1] == '\'' || at[-1] == '.');
}
