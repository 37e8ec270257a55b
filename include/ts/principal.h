/* Who acts: the one value that store functions take to touch somebody's data. Only
 * api/access.c makes one, from a verified token, a passed scope and the store. */
#ifndef TS_PRINCIPAL_H
#define TS_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "ts/str.h"

enum person_kind { PERSON_EMPLOYEE, PERSON_CONTRACTOR };
extern const char *const person_kind_names[];

/* Ids of clients begin where those of persons end. */
#define ACTOR_CLIENT_MIN INT64_C(2147483648)

struct principal {
    int64_t person_id;  /* 0 for a machine */
    int64_t actor_id;   /* who writes: the person, or a machine's client (from ACTOR_CLIENT_MIN) */
    struct str user_id; /* what replies show: the e-mail, else the subject; empty for a machine */
    bool sees_others; /* approve:timesheets: others' entries from `submitted` on (design rule 12) */
    bool administers; /* admin:timesheets */
};

#endif
