/* The scopes of the API: the one list. A set of them is a uint32_t of SCOPE_ bits. */
#ifndef TS_SCOPE_H
#define TS_SCOPE_H

#include <stdint.h>

#include "ts/buf.h"
#include "ts/str.h"

#define TS_SCOPE_TABLE(X)                                                                          \
    X(READ, "read:timesheets")                                                                     \
    X(CREATE, "create:timesheets")                                                                 \
    X(DELETE, "delete:timesheets")                                                                 \
    X(APPROVE, "approve:timesheets")                                                               \
    X(UPLOAD, "batch:upload")                                                                      \
    X(ADMIN, "admin:timesheets")

enum scope_index {
#define TS_SCOPE_INDEX(ident, name) SCOPE_INDEX_##ident,
    TS_SCOPE_TABLE(TS_SCOPE_INDEX)
#undef TS_SCOPE_INDEX
        SCOPE_INDEX_COUNT
};

enum scope {
#define TS_SCOPE_BIT(ident, name) SCOPE_##ident = 1 << SCOPE_INDEX_##ident,
    TS_SCOPE_TABLE(TS_SCOPE_BIT)
#undef TS_SCOPE_BIT
};

enum { SCOPE_ANY = (1 << SCOPE_INDEX_COUNT) - 1 };

/* The bit of a scope name, byte for byte; 0 for a name that is none of ours. */
uint32_t scope_bit(struct str name);
/* The bits of a `scope` claim: names split at single spaces (RFC 6749 section 3.3). */
uint32_t scope_read(struct str claim);
/* Appends the names of a set, separated by single spaces. */
void scope_write(struct buf *b, uint32_t scopes);

#endif
