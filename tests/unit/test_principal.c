#include "ts/principal.h"
#include "unit.h"

START_TEST(kinds_of_person_have_names)
{
    ck_assert_str_eq(person_kind_names[PERSON_EMPLOYEE], "employee");
    ck_assert_str_eq(person_kind_names[PERSON_CONTRACTOR], "contractor");
    ck_assert_ptr_null(person_kind_names[PERSON_CONTRACTOR + 1]);
}
END_TEST

UNIT_MAIN("principal", kinds_of_person_have_names)
