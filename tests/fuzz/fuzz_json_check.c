/* The gate: whatever comes in, it answers the same twice, says where, and what it takes stands on
 * its own: white space around it changes nothing, and no part from its front is JSON too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ts/json.h"
#include "ts/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static bool check(struct str text)
{
    const char *why = NULL;
    size_t at = SIZE_MAX;
    bool ok = json_check(text, &why, &at);

    if (!ok)
        require(why != NULL && strlen(why) > 5 && at <= text.len);
    return ok;
}

static bool ends_in_a_bracket(struct str text)
{
    size_t last = text.len;
    while (last > 0 && strchr(" \t\r\n", text.data[last - 1]) != NULL)
        last--;
    return last > 0 && strchr("]}\"", text.data[last - 1]) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    bool ok = check(text);

    require(check(text) == ok);
    char *padded = malloc(size + 4);
    if (padded == NULL)
        return 0;
    memcpy(padded, "\n ", 2);
    memcpy(padded + 2, data, size);
    memcpy(padded + 2 + size, "\t\r", 2);
    require(check(str_n(padded, size + 4)) == ok);
    free(padded);
    if (!ok)
        return 0;
    require(utf8_valid(text));
    require(memchr(data, '\0', size) == NULL);
    if (!ends_in_a_bracket(text))
        return 0;
    size_t end = text.len;
    while (strchr("]}\"", text.data[end - 1]) == NULL)
        end--;
    for (size_t step = 1; step < end; step *= 2)
        require(!check(str_n(text.data, end - step)));
    return 0;
}
