#include "ts/principal.h"

#include <stddef.h>

const char *const person_kind_names[] = {
    [PERSON_EMPLOYEE] = "employee", [PERSON_CONTRACTOR] = "contractor", NULL};
