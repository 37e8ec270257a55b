/* POST /timesheets/upload: the body goes to a file, is looked over as a whole, and is then stored row
 * by row; the report says what became of each. */
#include "ts/upload.h"

#include <inttypes.h>

#include "ts/parse.h"
#include "upload_priv.h"

enum { PIECE = 64 << 10 };

/* --- the body ------------------------------------------------------------------------------------ */

/* Bytes read must equal what was announced, else nothing is done. */
static enum status read_body(struct call *call, struct str *out)
{
    const struct api_io *io = call->io;
    struct spool *spool = NULL;
    char *piece = talloc_size(call->mem, PIECE);
    int64_t length = 0, total = 0;
    size_t got = 1;

    if (piece == NULL)
        return STATUS_NO_MEMORY;
    enum status st = http_content_length(call->request, &length) ? STATUS_OK : STATUS_BAD_REQUEST;
    if (st == STATUS_OK)
        st = spool_open(call->mem, call->api->spool_folder, &spool);
    while (st == STATUS_OK && got > 0 && total <= length) {
        st = io->read(io->peer, piece, PIECE, &got);
        if (st == STATUS_OK)
            st = spool_add(spool, piece, got);
        total += (int64_t)got;
    }
    talloc_free(piece);
    if (st == STATUS_OK && total != length)
        st = STATUS_BAD_REQUEST;
    return st == STATUS_OK ? spool_view(spool, out) : st;
}

/* All of it has to be well-formed before any of it is done. */
static enum status look_over(struct call *call, const struct upload_reader *start, int64_t *count)
{
    struct upload_reader reader = *start;
    enum status st = STATUS_OK;
    bool found = true;

    while (st == STATUS_OK && found) {
        TALLOC_CTX *mem = talloc_new(call->mem);
        struct upload_row row;
        struct faults faults;
        if (mem == NULL)
            return STATUS_NO_MEMORY;
        st = upload_next(mem, call, &reader, &row, &faults, &found);
        talloc_free(mem);
        if (st == STATUS_OK && reader.count > UPLOAD_ROWS_MAX) {
            faults_detail(&call->faults, "An upload may have at most %d rows.", UPLOAD_ROWS_MAX);
            st = STATUS_TOO_LARGE;
        }
    }
    if (st == STATUS_OK && reader.count == 0) {
        faults_detail(&call->faults, "There are no rows.");
        st = STATUS_INVALID;
    }
    *count = reader.count;
    return st;
}

/* --- for whom, from where --------------------------------------------------------------------------- */

static enum status find_source(struct upload_job *job, int64_t client)
{
    struct call *call = job->call;
    const struct upload_query *query = call->query;
    int64_t count = 0;
    enum status st = store_upload_source(call->mem, call->api->store, client, query->source,
                                         &job->source, &count);

    if (st != STATUS_OK)
        return st;
    bool machine = job->who.person_id == 0;
    if (count == 0 && (query->source.len > 0 || machine)) {
        faults_detail(&call->faults, "This client uploads for no source%s.",
                      query->source.len > 0 ? " of that name" : "");
        return STATUS_NO_SOURCE;
    }
    if (count > 1) {
        faults_add(&call->faults, "?source", "required",
                   "must be given: this client has more than one source");
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

/* --- the report --------------------------------------------------------------------------------------- */

void upload_report_open(struct buf *b, const struct upload *upload)
{
    const struct upload_report report = {.upload = *upload};

    json_write(b, &upload_report_schema, &report);
    b->len -= b->status == STATUS_OK ? 2 : 0; /* the end of the empty list, and of the object */
}

enum status upload_row_write(const struct upload_result *row, void *arg)
{
    struct upload_rows_out *out = arg;
    struct buf *b = &out->call->reply->body;

    if (out->any)
        buf_add_char(b, ',');
    out->any = true;
    json_write(b, &upload_result_schema, row);
    return b->status == STATUS_OK ? reply_part(out->call) : b->status;
}

/* A row of what was not stored: the entry would have been made. */
static enum status write_undone(const struct upload_result *row, void *arg)
{
    struct upload_result undone = *row;

    if (undone.outcome == UPLOAD_CREATED)
        undone.entry_id = 0;
    return upload_row_write(&undone, arg);
}

static enum status write_rows(struct upload_job *job)
{
    struct upload_rows_out out = {.call = job->call};
    enum status st = STATUS_OK;

    if (job->first_result > 0) /* some were done by an earlier request */
        st = store_upload_rows_each(job->call->api->store, job->upload.id, -1, upload_row_write,
                                    &out);
    else
        st = upload_results_each(job, job->upload.id == 0 ? write_undone : upload_row_write, &out);
    buf_add_str(&job->call->reply->body, STR("]}\n"));
    return st == STATUS_OK ? job->call->reply->body.status : st;
}

static enum status reply_report(struct upload_job *job)
{
    struct call *call = job->call;

    reply_json(call, job->upload.id != 0 && job->upload.count[UPLOAD_CREATED] > 0 ? 201 : 200,
               "no-store");
    upload_report_open(&call->reply->body, &job->upload);
    return write_rows(job);
}

/* A problem document that holds the report's members too. */
static enum status reply_refused(struct upload_job *job)
{
    struct call *call = job->call;
    struct buf *b = &call->reply->body;

    faults_init(&call->faults, call->mem);
    faults_detail(&call->faults,
                  "%" PRId64 " of %" PRId64 " rows are not valid; nothing was stored.",
                  job->upload.count[UPLOAD_REJECTED], job->upload.received);
    problem_open(call->reply, STATUS_UPLOAD_REFUSED, &call->faults, call->request->request_id);
    http_reply_header(call->reply, "Cache-Control", STR("no-store"));
    buf_add_char(b, ',');
    const size_t at = b->len;
    job->upload.id = 0;
    upload_report_open(b, &job->upload);
    if (b->status != STATUS_OK)
        return b->status;
    memmove(b->data + at, b->data + at + 1, b->len - at - 1); /* its opening brace */
    b->len--;
    return write_rows(job);
}

/* --- one row ------------------------------------------------------------------------------------------- */

static enum status reply_entry(struct call *call, bool made, struct str entry)
{
    const struct json *json = NULL;
    int64_t version = 0;
    enum status st = json_parse(call->mem, entry, &call->faults, &json);

    if (st != STATUS_OK || !parse_i64(json_text(json_get(json, "version")), 1, INT64_MAX, &version))
        return st == STATUS_NO_MEMORY ? st : STATUS_INTERNAL;
    reply_json(call, made ? 201 : 200, "private, no-cache");
    if (made) {
        char *location =
            talloc_asprintf(call->mem, "/api/timesheets/%s", json_text(json_get(json, "id")).data);
        if (location == NULL)
            return STATUS_NO_MEMORY;
        http_reply_header(call->reply, "Location", str_of(location));
    }
    st = reply_etag(call, ETAG_ENTRY, version);
    buf_add_str(&call->reply->body, entry);
    buf_add_char(&call->reply->body, '\n');
    return st;
}

static enum status reply_single(struct upload_job *job)
{
    struct call *call = job->call;

    if (job->single_status != STATUS_OK) {
        call->faults = job->single_faults;
        return job->single_status;
    }
    if (job->upload.dry_run != 0 || job->single_entry.len == 0) /* nothing there to show */
        return reply_report(job);
    return reply_entry(call, job->upload.count[UPLOAD_CREATED] > 0, job->single_entry);
}

/* --- the request ------------------------------------------------------------------------------------------ */

/* An upload with this key is there: its report again, or the rest of it. */
static enum status resume(struct upload_job *job, const struct replay *replay, bool *whole)
{
    struct call *call = job->call;
    struct upload stored;
    enum status st =
        store_upload_get(call->mem, call->api->store, &job->who, replay->entry_id, &stored);

    if (st != STATUS_OK)
        return st == STATUS_NOT_FOUND ? STATUS_INTERNAL : st;
    job->upload = stored;
    job->begun = true;
    *whole = stored.state == UPLOAD_FINISHED;
    if (*whole)
        job->first_result = stored.received;
    call->trace->replayed = true;
    http_reply_header(call->reply, "Idempotency-Replayed", STR("true"));
    return STATUS_OK;
}

static enum status answer_replay(struct upload_job *job, const struct replay *replay)
{
    if (job->single && replay->after.len > 0)
        return reply_entry(job->call, job->upload.count[UPLOAD_CREATED] > 0, replay->after);
    return reply_report(job);
}

static enum status run(struct upload_job *job)
{
    struct call *call = job->call;
    struct replay replay = {.found = false};
    bool whole = false;
    enum status st = STATUS_NOT_FOUND;

    if (job->upload.dry_run == 0)
        st = store_replay(call->mem, call->api->store, &job->key, &replay);
    if (st == STATUS_OK)
        st = resume(job, &replay, &whole);
    if (st == STATUS_NOT_FOUND)
        st = STATUS_OK;
    /* a second time when the same request was faster with the first transaction */
    for (int tries = 0; st == STATUS_OK && !whole && tries < 2; tries++) {
        replay.found = false;
        st = upload_run(job, &replay);
        if (st != STATUS_OK || !replay.found)
            break;
        st = resume(job, &replay, &whole);
    }
    if (st == STATUS_OK && whole)
        return answer_replay(job, &replay);
    bool dry = st == STATUS_UPLOAD_REFUSED && job->upload.dry_run != 0;
    bool refused = st == STATUS_UPLOAD_REFUSED && !dry;
    if (st != STATUS_OK && !dry && !refused)
        return st;
    faults_init(&call->faults, call->mem);
    if (job->single)
        return reply_single(job);
    return refused ? reply_refused(job) : reply_report(job);
}

static enum status open_job(struct upload_job *job, const struct claims *claims)
{
    struct call *call = job->call;
    struct upload_reader start;
    int64_t client = 0, count = 0;

    (void)claims; /* who it is, access_uploader asks of the call */
    enum status st = read_body(call, &call->request->body);
    if (st == STATUS_OK)
        st = upload_reader_init(call, call->request->body, &start);
    if (st == STATUS_OK)
        st = look_over(call, &start, &count);
    if (st == STATUS_OK)
        st = call_query(call);
    if (st == STATUS_OK)
        st = access_uploader(call, &job->who, &client);
    if (st == STATUS_OK)
        st = find_source(job, client);
    if (st == STATUS_OK)
        st = write_key(call, &job->who, &job->key);
    if (st == STATUS_OK)
        st = upload_people_open(call->mem, &job->people);
    if (st != STATUS_OK)
        return st;
    const struct upload_query *query = call->query;
    job->next = start;
    job->single = upload_is_single(&start);
    job->upload = (struct upload){.mode = query->mode,
                                  .dry_run = query->dry_run,
                                  .received = count,
                                  .source = job->source.name};
    return spool_open(job, call->api->spool_folder, &job->results);
}

enum status upload_write(struct call *call, const struct claims *claims)
{
    struct upload_job *job = talloc_zero(call->mem, struct upload_job);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    job->call = call;
    enum status st = open_job(job, claims);
    return st == STATUS_OK ? run(job) : st;
}
