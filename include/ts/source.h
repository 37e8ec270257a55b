/* Where uploaded entries come from: an outside system and the one client that may upload for it. */
#ifndef TS_SOURCE_H
#define TS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/entry.h"
#include "ts/field.h"

enum { CLIENT_ID_MAX = 255 };

struct source {
    int64_t id;
    struct str name;      /* unique, fixed */
    struct str client_id; /* as tokens name it (azp, client_id) */
    int64_t client;       /* its number, from ACTOR_CLIENT_MIN */
    int64_t version;
};
/* name, client_id, version. */
extern const struct schema source_schema;

/* POST /sources and PATCH /sources/{name}. */
struct source_input {
    uint32_t present;
    struct str name, client_id;
};
enum { SOURCE_INPUT_NAME, SOURCE_INPUT_CLIENT };
extern const struct schema source_input_schema;
extern const struct schema source_patch_schema;

/* GET /sources: limit, cursor (the name after which to go on). */
struct source_query {
    uint32_t present;
    int64_t limit;
    struct str cursor;
};
extern const struct schema source_query_schema;

/* May a text be a source's name ([A-Za-z0-9._-], not "." or ".."), a client's id (ASCII characters
 * that can be seen)? field_parse_fn; *out is not used. */
bool source_name_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;
bool client_id_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;

#endif
