/* Somebody who works here: how they are known, and between which dates. */
#ifndef TS_PERSON_H
#define TS_PERSON_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/field.h"
#include "ts/principal.h"

enum {
    PERSON_NAME_MAX = 200,
    EMAIL_MAX_LEN = 254, /* bytes */
    EMPLOYEE_NUMBER_MAX = 64,
    USER_ID_MAX = 255
};

struct person {
    int64_t id;
    struct str user_id; /* fixed when the row is made */
    struct str name;
    struct str email;                   /* lower-cased; empty = none */
    int64_t kind;                       /* enum person_kind */
    struct str employee_number;         /* empty = none */
    struct date active_from, active_to; /* DATE_NONE_DAYS where there is no bound */
    int64_t claimed;                    /* 1: bound to a login */
    int64_t version;
};
/* id, user_id, name, email, kind, employee_number, active_from, active_to, claimed, version. */
extern const struct schema person_schema;

/* POST /people and PATCH /people/{id} (nothing required, `claimed`: false unbinds the login). */
struct person_input {
    uint32_t present;
    struct str name;
    int64_t kind;
    struct str email, employee_number;
    struct date active_from, active_to;
    int64_t claimed;
};
enum {
    PERSON_INPUT_NAME,
    PERSON_INPUT_KIND,
    PERSON_INPUT_EMAIL,
    PERSON_INPUT_NUMBER,
    PERSON_INPUT_FROM,
    PERSON_INPUT_TO,
    PERSON_INPUT_CLAIMED
};
extern const struct schema person_input_schema;
extern const struct schema person_patch_schema;

/* GET /people. */
struct person_query {
    uint32_t present;
    struct str q;
    int64_t kind;
    struct date active;
    int64_t limit;
    struct str cursor; /* the user_id after which to go on */
};
enum {
    PERSON_QUERY_Q,
    PERSON_QUERY_KIND,
    PERSON_QUERY_ACTIVE,
    PERSON_QUERY_LIMIT,
    PERSON_QUERY_CURSOR
};
extern const struct schema person_query_schema;

/* May a text be an e-mail address (as a token's is checked), an employee number (no '@', no '|': it
 * must not look like an address or a subject)? field_parse_fn; *out is not used. */
bool email_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;
bool employee_number_parse(struct str text, int64_t *out, const char **why) TS_MUST_CHECK;

#endif
