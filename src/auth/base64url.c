#include "base64url_priv.h"

#include <stdint.h>

enum { FOREIGN = 0xFF };

static uint8_t digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0' + 52);
    if (c == '-')
        return 62;
    return c == '_' ? 63 : FOREIGN;
}

enum status base64url_decode(TALLOC_CTX *mem, struct str text, struct str *out)
{
    uint32_t bits = 0;
    unsigned int held = 0; /* how many of the low bits are still to be written: 0, 2, 4 or 6 */
    size_t len = 0;

    if (text.len % 4 == 1)
        return STATUS_INVALID;
    char *bytes = talloc_size(mem, text.len / 4 * 3 + 3);
    if (bytes == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = digit_of(text.data[i]);
        if (digit == FOREIGN)
            return STATUS_INVALID;
        bits = bits << 6 | digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[len++] = (char)(uint8_t)(bits >> held);
        }
    }
    if ((bits & ((1U << held) - 1)) != 0)
        return STATUS_INVALID;
    bytes[len] = '\0';
    *out = str_n(bytes, len);
    return STATUS_OK;
}
