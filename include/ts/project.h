/* What time is booked on: a code, a name, a customer, open or closed, and dates. */
#ifndef TS_PROJECT_H
#define TS_PROJECT_H

#include <stdint.h>

#include "ts/field.h"

enum project_state { PROJECT_OPEN, PROJECT_CLOSED };
extern const char *const project_state_names[];

struct project {
    int64_t id;
    struct str code;
    struct str name;
    struct str customer;
    int64_t state;            /* enum project_state */
    struct date starts, ends; /* DATE_NONE_DAYS where there is no bound */
    int64_t version;
};

/* code, name, customer, state, starts_on, ends_on, version. A FIELD_DATE that holds DATE_NONE_DAYS is written as null. */
extern const struct schema project_schema;

/* POST /projects and PATCH /projects/{code}. */
struct project_input {
    uint32_t present;
    struct str code, name, customer;
    int64_t state;
    struct date starts, ends; /* DATE_NONE_DAYS: null was given */
};
enum {
    PROJECT_INPUT_CODE,
    PROJECT_INPUT_NAME,
    PROJECT_INPUT_CUSTOMER,
    PROJECT_INPUT_STATE,
    PROJECT_INPUT_STARTS,
    PROJECT_INPUT_ENDS
};
/* PATCH: nothing is required, the code is fixed. */
extern const struct schema project_input_schema;
extern const struct schema project_patch_schema;

/* GET /projects: state, q, limit, cursor (the code after which to go on). */
struct project_query {
    uint32_t present;
    int64_t state;
    struct str q;
    int64_t limit;
    struct str cursor;
};
enum { PROJECT_QUERY_STATE, PROJECT_QUERY_Q, PROJECT_QUERY_LIMIT, PROJECT_QUERY_CURSOR };
extern const struct schema project_query_schema;

/* May time be booked on it for that date? Open, and within starts..ends. */
bool project_takes(const struct project *project, struct date date);

#endif
