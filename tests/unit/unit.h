/* What every unit test shares: the runner and checks on views. */
#ifndef TS_TESTS_UNIT_H
#define TS_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>
#include <talloc.h>

#include "ts/str.h"

#define ck_assert_view(view, expected)                                                             \
    do {                                                                                           \
        struct str unit_a = (view), unit_b = str_of(expected);                                     \
        ck_assert_msg(str_eq(unit_a, unit_b), "got \"%.*s\", expected \"%s\"", (int)unit_a.len,    \
                      unit_a.data, (expected));                                                    \
    } while (0)

/* Runs one suite and returns main's exit status. CK_FORK=no in the environment keeps it in one process. */
static inline int unit_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define UNIT_MAIN(name, ...)                                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        Suite *suite = suite_create(name);                                                         \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        TCase *cases = tcase_create(name);                                                         \
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)                                \
            tcase_add_test(cases, tests[i]);                                                       \
        tcase_set_timeout(cases, 60);                                                              \
        suite_add_tcase(suite, cases);                                                             \
        return unit_run(suite);                                                                    \
    }

#endif
