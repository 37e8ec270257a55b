#include "ts/status.h"

struct status_row {
    int http;
    const char *slug, *title;
};

static const struct status_row rows[STATUS_COUNT] = {
#define STATUS_ROW(ident, http, slug, title) [STATUS_##ident] = {http, slug, title},
    TS_STATUS_TABLE(STATUS_ROW)
#undef STATUS_ROW
};

int status_http(enum status st)
{
    return rows[st].http;
}

const char *status_slug(enum status st)
{
    return rows[st].slug;
}

const char *status_title(enum status st)
{
    return rows[st].title;
}
