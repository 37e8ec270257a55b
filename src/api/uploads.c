/* Past uploads: the list, and one with its rows. */
#include "ts/upload.h"

#include "ts/parse.h"
#include "upload_priv.h"

struct uploads_page {
    struct call *call;
    int64_t limit, count, last_id;
};

static enum status add_upload(const struct upload *row, void *arg)
{
    struct uploads_page *page = arg;
    struct buf *b = &page->call->reply->body;

    if (page->count++ == page->limit) /* one more than asked for: there is a next page */
        return STATUS_OK;
    buf_add_char(b, page->count == 1 ? '[' : ',');
    json_write(b, &upload_schema, row);
    page->last_id = row->id;
    return b->status;
}

/* A machine without a source has uploaded nothing. */
static enum status who_asks(struct call *call, struct principal *who)
{
    int64_t client = 0;
    enum status st = access_uploader(call, who, &client);

    return st == STATUS_NO_SOURCE ? STATUS_OK : st;
}

enum status uploads_list(struct call *call, const struct claims *claims)
{
    const struct uploads_query *query = call->query;
    struct uploads_page page = {.call = call, .limit = LIST_LIMIT_DEFAULT};
    int64_t before = INT64_MAX;
    struct principal who;

    (void)claims;
    if (query->cursor.len > 0 && !parse_id(query->cursor, &before)) {
        faults_add(&call->faults, "?cursor", "format",
                   "must be the cursor of a Link header of this list");
        return STATUS_INVALID;
    }
    if (field_is_present(&uploads_query_schema, query, UPLOADS_QUERY_LIMIT))
        page.limit = query->limit;
    enum status st = who_asks(call, &who);
    if (st == STATUS_OK)
        st = store_uploads_each(call->api->store, &who, before, page.limit + 1, add_upload, &page);
    if (st != STATUS_OK)
        return st;
    buf_add_str(&call->reply->body, page.count == 0 ? STR("[]\n") : STR("]\n"));
    reply_json(call, 200, "no-store");
    if (page.count <= page.limit)
        return STATUS_OK;
    char *cursor = talloc_size(call->mem, 20);
    return cursor == NULL ? STATUS_NO_MEMORY
                          : reply_next(call, str_n(cursor, format_i64(cursor, page.last_id)));
}

enum status upload_read(struct call *call, const struct claims *claims)
{
    const struct upload_rows_query *query = call->query;
    bool one = field_is_present(&upload_rows_query_schema, query, UPLOAD_ROWS_QUERY_OUTCOME);
    struct upload_rows_out out = {.call = call};
    struct principal who;
    struct upload upload;
    int64_t id;

    (void)claims;
    if (!parse_id(call->params[0], &id))
        return STATUS_NOT_FOUND;
    enum status st = who_asks(call, &who);
    if (st == STATUS_OK)
        st = store_upload_get(call->mem, call->api->store, &who, id, &upload);
    if (st != STATUS_OK)
        return st;
    reply_json(call, 200, "no-store");
    upload_report_open(&call->reply->body, &upload);
    st = store_upload_rows_each(call->api->store, id, one ? query->outcome : -1, upload_row_write,
                                &out);
    buf_add_str(&call->reply->body, STR("]}\n"));
    return st == STATUS_OK ? call->reply->body.status : st;
}
