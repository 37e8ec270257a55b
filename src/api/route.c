#include "api_priv.h"

/* Matches a path below /api against a template, segment by segment; {name} takes one segment that is not empty. */
static bool match(const char *template, struct str path, struct str params[PARAMS_MAX])
{
    struct str want = str_of(template), have = path;
    size_t count = 0;

    while (want.data != NULL && have.data != NULL) {
        struct str expected = str_cut(want, '/', &want);
        struct str segment = str_cut(have, '/', &have);
        if (expected.len > 0 && expected.data[0] == '{') {
            if (segment.len == 0 || count == PARAMS_MAX)
                return false;
            params[count++] = segment;
        } else if (!str_eq(expected, segment)) {
            return false;
        }
    }
    return want.data == NULL && have.data == NULL;
}

enum status route_find(struct call *call)
{
    const struct str prefix = STR("/api");
    struct str path = call->request->path;
    enum http_method wanted = call->request->method == HTTP_HEAD ? HTTP_GET : call->request->method;

    if (!str_starts(path, prefix))
        return STATUS_NOT_FOUND;
    path = str_skip(path, prefix.len);
    for (size_t i = 0; i < api_route_count; i++) {
        const struct route *route = &api_routes[i];
        struct str params[PARAMS_MAX] = {{NULL, 0}};
        if (!match(route->path, path, params))
            continue;
        call->allowed_methods |= UINT32_C(1) << route->method;
        if (route->method == wanted) {
            call->route = route;
            memcpy(call->params, params, sizeof params);
            return STATUS_OK;
        }
    }
    return call->allowed_methods == 0 ? STATUS_NOT_FOUND : STATUS_BAD_METHOD;
}
