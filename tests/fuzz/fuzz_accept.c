/* Any Accept header: a form that is on offer or none, the same each time; what is put behind a form
 * that was refused lets it be chosen, and nothing takes what has the weight 0. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ts/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNT = 2, HEADER_MAX = 8192 };
static const char *const offers[COUNT] = {"application/json;charset=utf-8",
                                          "text/csv;charset=utf-8;header=present"};

static void require(bool held)
{
    if (!held)
        abort();
}

static bool has_quote(struct str text)
{
    return str_find(text, '"') < text.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char more[] = ",application/json;charset=utf-8;q=0.001";
    static char longer[HEADER_MAX + sizeof more];
    struct str header = {(const char *)data, size};
    size_t chosen = COUNT, again = COUNT;
    enum status st = accept_choose(header, offers, COUNT, &chosen);

    require(st == STATUS_OK || st == STATUS_NOT_ACCEPTABLE);
    require(accept_choose(header, offers, COUNT, &again) == st && again == chosen);
    require(st == STATUS_OK ? chosen < COUNT : chosen == COUNT);
    if (st == STATUS_OK || size > HEADER_MAX || has_quote(header))
        return 0;
    /* Nothing was taken, so only a refusal by name of the exact type can keep this out. */
    memcpy(longer, data, size);
    memcpy(longer + size, more, sizeof more - 1);
    st = accept_choose(str_n(longer, size + sizeof more - 1), offers, COUNT, &chosen);
    require(st == STATUS_NOT_ACCEPTABLE || chosen == 0);
    return 0;
}
