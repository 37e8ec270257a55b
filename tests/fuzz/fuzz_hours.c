/* Decimal hours as clients write them, against binary floating point (which may be off by a
 * hair where half a minute decides, and nowhere else). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ts/hours.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    int64_t minutes = INT64_MIN, again = 0;
    const char *why = NULL;
    char copy[64], shown[HOURS_TEXT_MAX];

    if (!hours_parse(text, &minutes, &why)) {
        require(why != NULL && minutes == INT64_MIN);
        return 0;
    }
    require(minutes >= 1 && minutes <= MINUTES_PER_DAY);
    require(size < sizeof copy);
    memcpy(copy, data, size);
    copy[size] = '\0';
    require(strspn(copy, "0123456789.") == size);
    double exact = strtod(copy, NULL) * 60, off = exact - (double)minutes;
    require(off >= -0.5000001 && off <= 0.5000001);
    size_t len = hours_format(minutes, shown);
    require(len >= 1 && len <= sizeof shown);
    require(hours_parse(str_n(shown, len), &again, &why) && again == minutes);
    return 0;
}
