/* Short texts that name things: one line, nothing at the ends that cannot be seen. */
#ifndef TS_LABEL_H
#define TS_LABEL_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/status.h"
#include "ts/str.h"

/* May a text (valid UTF-8) name somebody or something (field_parse_fn; *out is not used)? Not when
 * it holds a tab or a line break, or begins or ends with a space. The empty text may. */
bool label_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;
/* The same for a name that also stands in an address as one segment: besides, no '/', and not "."
 * or "..", which addresses take for folders. */
bool label_segment_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;

/* For the OpenAPI document (ECMA-262): what label_segment_fault takes, and dots. */
#define LABEL_SEGMENT_PATTERN "^[^ /\\t\\n]([^/\\t\\n]*[^ /\\t\\n])?$"

#endif
