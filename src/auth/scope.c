#include "ts/scope.h"

static const struct str names[SCOPE_INDEX_COUNT] = {
#define SCOPE_NAME(ident, name) [SCOPE_INDEX_##ident] = STR_INIT(name),
    TS_SCOPE_TABLE(SCOPE_NAME)
#undef SCOPE_NAME
};

uint32_t scope_bit(struct str name)
{
    for (uint32_t i = 0; i < SCOPE_INDEX_COUNT; i++) {
        if (str_eq(names[i], name))
            return UINT32_C(1) << i;
    }
    return 0;
}

uint32_t scope_read(struct str claim)
{
    uint32_t scopes = 0;

    while (claim.len > 0)
        scopes |= scope_bit(str_cut(claim, ' ', &claim));
    return scopes;
}

void scope_write(struct buf *b, uint32_t scopes)
{
    bool first = true;

    for (uint32_t i = 0; i < SCOPE_INDEX_COUNT; i++) {
        if ((scopes & UINT32_C(1) << i) == 0)
            continue;
        if (!first)
            buf_add_char(b, ' ');
        buf_add_str(b, names[i]);
        first = false;
    }
}
