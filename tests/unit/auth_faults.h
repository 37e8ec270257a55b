/* What fails on demand: allocations, OpenSSL's by number and talloc's by a limit, and single
 * functions of libraries. */
#ifndef TS_TESTS_AUTH_FAULTS_H
#define TS_TESTS_AUTH_FAULTS_H

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <stdint.h>

#include "unit.h"

/* The n-th of OpenSSL's allocations from now on fails; 0 = none. */
static int64_t unit_calls_left;

static inline bool unit_alloc_fails(void)
{
    return unit_calls_left > 0 && --unit_calls_left == 0;
}

static void *unit_openssl_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return unit_alloc_fails() ? NULL : malloc(size);
}

static void *unit_openssl_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return unit_alloc_fails() ? NULL : realloc(old, size);
}

static void unit_openssl_free(void *data, const char *file, int line)
{
    (void)file, (void)line;
    free(data);
}

/* Before OpenSSL allocates anything (the keys of auth_unit.h come later). */
__attribute__((constructor(101))) static void unit_take_openssl(void)
{
    if (CRYPTO_set_mem_functions(unit_openssl_malloc, unit_openssl_realloc, unit_openssl_free) != 1)
        abort();
}

/* Takes a library function's place in this program: the unit_fail_NAME-th call from now gives
 * `failure`, all others go to the library. */
#define UNIT_FAILING(type, failure, name, params, args)                                            \
    static int64_t unit_fail_##name;                                                               \
    type name params                                                                               \
    {                                                                                              \
        static type(*real) params;                                                                 \
        if (real == NULL)                                                                          \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                             \
        return unit_fail_##name > 0 && --unit_fail_##name == 0 ? (failure) : real args;            \
    }

/* Limits what mem and its descendants may have in all. */
static inline void unit_limit(TALLOC_CTX *mem, size_t bytes)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored                                                                     \
    "-Wdeprecated-declarations" /* deprecated for servers; here it makes failures */
    ck_assert_int_eq(talloc_set_memlimit(mem, bytes), 0);
#pragma GCC diagnostic pop
}

/* A fresh parent with such a limit. */
static inline TALLOC_CTX *unit_limited(size_t bytes)
{
    TALLOC_CTX *mem = talloc_named_const(NULL, 0, "limited");
    unit_limit(mem, bytes);
    return mem;
}

#endif
