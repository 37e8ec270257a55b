/* Past uploads: the list, and one with its rows. */
#include "ts/upload.h"

#include "ts/parse.h"
#include "upload_priv.h"

/* The id of the last one is where the next page begins. */
static enum status add_upload(const struct upload *row, void *arg)
{
    char id[20];

    return page_add(arg, row, str_n(id, format_i64(id, row->id)));
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
    struct list_page page =
        page_begin(call, &upload_schema, query->limit == 0 ? LIST_LIMIT_DEFAULT : query->limit);
    int64_t before = INT64_MAX;
    struct principal who;

    (void)claims;
    if (query->cursor.len > 0 && !parse_id(query->cursor, &before))
        return query_bad_cursor(call);
    enum status st = who_asks(call, &who);
    if (st == STATUS_OK)
        st = store_uploads_each(call->api->store, &who, before, page.limit + 1, add_upload, &page);
    return st == STATUS_OK ? page_end(&page) : st;
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
