/* Short texts that name things: one line, nothing at the ends that cannot be seen. */
#ifndef TS_LABEL_H
#define TS_LABEL_H

#include "ts/str.h"

/* Why a text (valid UTF-8) cannot be a name of somebody or something, as a sentence for the client: it holds a tab
 * or a line break, or begins or ends with a space. NULL when it can; the empty text can. */
const char *label_fault(struct str text);
/* The same for a name that also stands in an address as one segment: besides, no '/', and not "."
 * or "..", which addresses take for folders. */
const char *label_segment_fault(struct str text);

/* For the OpenAPI document (ECMA-262): what label_segment_fault takes, and dots. */
#define LABEL_SEGMENT_PATTERN "^[^ /\\t\\n]([^/\\t\\n]*[^ /\\t\\n])?$"

#endif
