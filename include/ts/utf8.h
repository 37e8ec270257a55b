/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef TS_UTF8_H
#define TS_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "ts/str.h"

/* Length in bytes (1..4) of the well-formed sequence at the front of s, 0 if there is none. */
size_t utf8_sequence(struct str s);
bool utf8_valid(struct str s);
/* Characters (code points) in a valid view. */
size_t utf8_length(struct str s);
/* Valid UTF-8 without control characters other than tab and newline (U+0000..1F, U+007F..9F). */
bool utf8_is_text(struct str s);

#endif
