/* The outside systems that entries are uploaded from, and the client of each. */
#include "api_priv.h"
#include "ts/utf8.h"

/* --- reading --------------------------------------------------------------------------------- */
static enum status add_source(const struct source *row, void *arg)
{
    return page_add(arg, row, row->name);
}

enum status sources_list(struct call *call, const struct principal *who)
{
    const struct source_query *query = call->query;
    struct list_page page = page_begin(call, &source_schema, query->limit);

    (void)who; /* sources are nobody's; the route asks for the scope */
    enum status st =
        store_sources_each(call->api->store, query->cursor, page.limit + 1, add_source, &page);
    return st == STATUS_OK ? page_end(&page) : st;
}

enum status source_read(struct call *call, const struct principal *who)
{
    struct source source;
    enum status st = STATUS_NOT_FOUND;

    (void)who; /* as the list */
    if (utf8_valid(call->params[0]))
        st = store_source_get(call->mem, call->api->store, call->params[0], &source);
    return st == STATUS_OK
               ? reply_object(call, &source_schema, &source, ETAG_SOURCE, source.version)
               : st;
}

/* --- writing --------------------------------------------------------------------------------- */
static const struct write_kind source_kind = {ETAG_SOURCE, "/api/sources/", "name", source_read};

struct source_write {
    struct write w;
    struct source source; /* as it will be */
};

static struct source_write begin(struct call *call, const struct principal *who,
                                 enum event_action action)
{
    return (struct source_write){.w = {.call = call,
                                       .who = who,
                                       .kind = &source_kind,
                                       .schema = &source_schema,
                                       .stream = STREAM(STREAM_SOURCE),
                                       .action = action}};
}

static enum status create(struct tx *tx, void *arg)
{
    struct source_write *s = arg;
    const struct source_input *in = s->w.call->body;
    int64_t id = 0;

    write_begin(&s->w);
    s->source = (struct source){.name = in->name, .client_id = in->client_id, .version = 1};
    s->w.version = s->source.version;
    s->w.name = s->source.name;
    enum status st = tx_client_make(tx, s->w.who, in->client_id, &s->source.client);
    if (st == STATUS_OK)
        st = tx_source_insert(tx, s->w.who, &s->source, &id);
    if (st == STATUS_TAKEN)
        faults_add(&s->w.call->faults, "/name", "taken", "there is a source with this name");
    if (st == STATUS_OK)
        st = write_change(&s->w, NULL, &s->source);
    return st == STATUS_OK ? write_event(&s->w, tx, id) : st;
}

enum status source_create(struct call *call, const struct principal *who)
{
    struct source_write s = begin(call, who, EVENT_SOURCE_ADDED);

    return write_run(&s.w, create, &s);
}

static enum status patch(struct tx *tx, void *arg)
{
    struct source_write *s = arg;
    struct call *call = s->w.call;
    const struct source_input *in = call->body;
    struct source was;

    write_begin(&s->w);
    enum status st = utf8_valid(call->params[0])
                         ? tx_source_get(call->mem, tx, call->params[0], &was)
                         : STATUS_NOT_FOUND;
    if (st == STATUS_OK)
        st = require_version(call, ETAG_SOURCE, was.version, "The source");
    if (st != STATUS_OK)
        return st;
    s->source = was;
    s->w.version = was.version;
    if (in->client_id.len == 0 || str_eq(in->client_id, was.client_id))
        return write_change(&s->w, NULL, &was); /* nothing to change: the version stays */
    s->source.client_id = in->client_id;
    s->w.version = s->source.version = was.version + 1;
    st = tx_client_make(tx, s->w.who, in->client_id, &s->source.client);
    if (st == STATUS_OK)
        st = tx_source_update(tx, s->w.who, &s->source);
    if (st == STATUS_OK)
        st = write_change(&s->w, &was, &s->source);
    return st == STATUS_OK ? write_event(&s->w, tx, was.id) : st;
}

enum status source_patch(struct call *call, const struct principal *who)
{
    struct source_write s = begin(call, who, EVENT_SOURCE_EDITED);

    return write_run(&s.w, patch, &s);
}
