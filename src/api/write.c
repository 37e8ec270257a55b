/* What the writes share: running the transaction, the answer, and the same answer to a repeat. */
#include "api_priv.h"
#include "ts/clock.h"
#include "ts/parse.h"

enum { EVENT_TEXT_MAX = 8000, LOCATION_MAX = 4096 };

/* --- answers ------------------------------------------------------------------------------- */
static bool makes(enum event_action action)
{
    return action == EVENT_ENTRY_CREATED || action == EVENT_PERSON_ADDED ||
           action == EVENT_PROJECT_ADDED || action == EVENT_SOURCE_ADDED;
}

static enum status location(struct call *call, const struct write_kind *kind, struct str name)
{
    struct buf b;

    buf_init(&b, call->mem, LOCATION_MAX);
    buf_add_str(&b, str_of(kind->folder));
    add_encoded(&b, name);
    if (b.status == STATUS_OK)
        http_reply_header(call->reply, "Location", buf_str(&b));
    return b.status;
}

enum status reply_written(struct call *call, const struct write_kind *kind,
                          const struct written *written)
{
    bool made = makes(written->action);
    enum status st = STATUS_OK;

    if (written->action == EVENT_ENTRY_DELETED) {
        call->reply->status = 204;
        http_reply_header(call->reply, "Cache-Control", STR("no-store"));
        return STATUS_OK;
    }
    reply_json(call, made ? 201 : 200, "private, no-cache");
    if (made)
        st = location(call, kind, written->name);
    if (st == STATUS_OK)
        st = reply_etag(call, kind->tag, written->version);
    buf_add_str(&call->reply->body, written->body);
    buf_add_char(&call->reply->body, '\n');
    return st;
}

void reply_mark_replayed(struct call *call)
{
    call->trace->replayed = true;
    faults_init(&call->faults, call->mem); /* of the run that found it done */
    http_reply_header(call->reply, "Idempotency-Replayed", STR("true"));
}

static enum status version_of(const struct json *json, int64_t *out)
{
    return parse_i64(json_text(json_get(json, "version")), 1, INT64_MAX, out) ? STATUS_OK
                                                                              : STATUS_INTERNAL;
}

enum status replayed_version(struct call *call, struct str body, int64_t *out)
{
    const struct json *json = NULL;
    enum status st = json_parse(call->mem, body, &call->faults, &json);

    if (st == STATUS_OK)
        st = version_of(json, out);
    return st == STATUS_BAD_JSON ? STATUS_INTERNAL : st;
}

/* The event tells of an entry which it was; what else was made has no name any more. */
static enum status reply_as_it_is(struct call *call, const struct principal *who,
                                  const struct write_kind *kind, const struct replay *replay)
{
    if (replay->entry_id > 0) {
        char *id = talloc_asprintf(call->mem, "%lld", (long long)replay->entry_id);
        if (id == NULL)
            return STATUS_NO_MEMORY;
        call->params[0] = str_of(id);
    }
    call->request->if_none_match = STR(""); /* this is no GET */
    return kind->read(call, who);
}

/* The stored answer holds the version and the name it was given with. */
enum status reply_replayed(struct call *call, const struct principal *who,
                           const struct write_kind *kind, const struct replay *replay)
{
    struct written written = {.action = replay->action, .body = replay->after};
    const struct json *json = NULL;

    reply_mark_replayed(call);
    if (replay->action == EVENT_ENTRY_DELETED)
        return reply_written(call, kind, &written);
    if (replay->after.len == 0)
        return reply_as_it_is(call, who, kind, replay);
    enum status st = json_parse(call->mem, replay->after, &call->faults, &json);
    if (st == STATUS_OK)
        st = version_of(json, &written.version);
    if (st != STATUS_OK)
        return st == STATUS_BAD_JSON ? STATUS_INTERNAL : st;
    if (kind->member != NULL)
        written.name = json_text(json_get(json, kind->member));
    return reply_written(call, kind, &written);
}

/* --- resources with a stream of their own ------------------------------------------------------ */
/* A run of a body begins without what an earlier run left. */
void write_begin(struct write *w)
{
    faults_init(&w->call->faults, w->call->mem);
    buf_init(&w->before, w->call->mem, EVENT_TEXT_MAX);
    buf_init(&w->after, w->call->mem, EVENT_TEXT_MAX);
}

enum status write_change(struct write *w, const void *was, const void *now)
{
    if (was != NULL)
        json_write(&w->before, w->schema, was);
    json_write(&w->after, w->schema, now);
    return w->before.status == STATUS_OK ? w->after.status : w->before.status;
}

enum status write_event(struct write *w, struct tx *tx, int64_t id)
{
    struct event event = {.person_id = id,
                          .week = w->stream,
                          .action = w->action,
                          .at = clock_wall_us(),
                          .before = buf_str(&w->before),
                          .after = buf_str(&w->after)};
    int64_t seq = 0;
    enum status st = event_seal(w->call->api, &w->key, &event);

    if (st == STATUS_OK)
        st = tx_stream_advance(tx, &event, &seq);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

enum status write_run(struct write *w, store_tx_fn *body, void *arg)
{
    struct call *call = w->call;
    struct replay replay = {.found = false};
    enum status st = write_key(call, w->who, &w->key);

    if (st == STATUS_OK)
        st = store_transact(call->mem, call->api->store, &w->key, body, arg, &replay);
    if (st != STATUS_OK)
        return st;
    if (replay.found)
        return reply_replayed(call, w->who, w->kind, &replay);
    const struct written written = {
        .action = w->action, .version = w->version, .name = w->name, .body = buf_str(&w->after)};
    return reply_written(call, w->kind, &written);
}
