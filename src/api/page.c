/* Lists: a bare array, and the way to the next page (design section 5). */
#include "api_priv.h"

struct list_page page_begin(struct call *call, const struct schema *schema, int64_t asked)
{
    return (struct list_page){
        .call = call, .schema = schema, .limit = asked == 0 ? LIST_LIMIT_MAX : asked};
}

enum status page_add(struct list_page *page, const void *row, struct str key)
{
    struct buf *b = &page->call->reply->body;

    if (page->count++ == page->limit) /* one more than asked for: there is a next page */
        return STATUS_OK;
    buf_add_char(b, page->count == 1 ? '[' : ',');
    json_write(b, page->schema, row);
    if (page->count == page->limit) {
        char *copy = talloc_strndup(page->call->mem, key.data, key.len);
        if (copy == NULL)
            return STATUS_NO_MEMORY;
        page->last = str_n(copy, key.len);
    }
    return b->status;
}

enum status page_end(struct list_page *page)
{
    buf_add_str(&page->call->reply->body, page->count == 0 ? STR("[]\n") : STR("]\n"));
    reply_json(page->call, 200, "no-store");
    return page->count > page->limit ? reply_next(page->call, page->last) : STATUS_OK;
}

enum status query_week(struct call *call, const char *pointer, struct str text,
                       struct iso_week *out)
{
    if (week_parse(text, out))
        return STATUS_OK;
    faults_add(&call->faults, pointer, "format", "must be an ISO week that exists, YYYY-Www");
    return STATUS_INVALID;
}

enum status query_bad_cursor(struct call *call)
{
    faults_add(&call->faults, "?cursor", "format",
               "must be the cursor of a Link header of this list");
    return STATUS_INVALID;
}
