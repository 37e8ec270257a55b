#include "api_priv.h"

struct project_page {
    struct call *call;
    int64_t limit, count;
    struct str last_code;
};

static enum status add_project(const struct project *row, void *arg)
{
    struct project_page *page = arg;
    struct buf *b = &page->call->reply->body;

    if (page->count++ == page->limit) /* one more than asked for: there is a next page */
        return STATUS_OK;
    buf_add_char(b, page->count == 1 ? '[' : ',');
    json_write(b, &project_schema, row);
    if (page->count == page->limit) {
        char *code = talloc_strndup(page->call->mem, row->code.data, row->code.len);
        if (code == NULL)
            return STATUS_NO_MEMORY;
        page->last_code = str_n(code, row->code.len);
    }
    return b->status;
}

enum status projects_list(struct call *call, const struct principal *who)
{
    const struct project_query *query = call->query;
    bool any_state = !field_is_present(&project_query_schema, query, PROJECT_QUERY_STATE);
    struct project_page page = {.call = call,
                                .limit = query->limit == 0 ? LIST_LIMIT_MAX : query->limit};
    struct buf *b = &call->reply->body;

    (void)who; /* the pick list is the same for every person with the scope */
    enum status st = store_projects_each(call->api->store, any_state ? -1 : query->state, query->q,
                                         query->cursor, page.limit + 1, add_project, &page);
    if (st != STATUS_OK)
        return st;
    buf_add_str(b, page.count == 0 ? STR("[]\n") : STR("]\n"));
    reply_json(call, 200, "no-store");
    return page.count > page.limit ? reply_next(call, page.last_code) : STATUS_OK;
}
