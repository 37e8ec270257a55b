/* What is wrong with a request, for its sender: one sentence on the whole and a
 * list of faults of single fields. Filled in by whoever validates, written out
 * by http/problem.c only. The texts name fields and limits, never causes. */
#ifndef TS_FAULTS_H
#define TS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

enum { FAULTS_MAX = 32 };

struct fault {
    const char *pointer; /* RFC 6901 into the body, or "?name" for a query parameter */
    const char
        *code; /* fixed word: "required", "type", "range", "length", "format", "unknown", ... */
    const char *detail;
};

struct faults {
    TALLOC_CTX *mem;    /* owns the texts */
    const char *detail; /* NULL until set */
    struct fault list[FAULTS_MAX];
    size_t count; /* faults past FAULTS_MAX are counted but not kept */
};

void faults_init(struct faults *f, TALLOC_CTX *mem);
/* Adds a fault; pointer is copied, code is static text. */
void faults_add(struct faults *f, const char *pointer, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Sets the sentence on the whole; the first one stays. */
void faults_detail(struct faults *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
