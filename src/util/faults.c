#include "ts/faults.h"

#include <stdarg.h>

void faults_init(struct faults *f, TALLOC_CTX *mem)
{
    *f = (struct faults){.mem = mem};
}

void faults_add(struct faults *f, const char *pointer, const char *code, const char *format, ...)
{
    va_list args;

    if (f->count++ >= FAULTS_MAX)
        return;
    va_start(args, format);
    char *detail = talloc_vasprintf(f->mem, format, args);
    va_end(args);
    char *where = talloc_strdup(f->mem, pointer);
    /* out of memory: the fault is counted, its texts are lost */
    f->list[f->count - 1] =
        (struct fault){where == NULL ? "" : where, code, detail == NULL ? "" : detail};
}

void faults_detail(struct faults *f, const char *format, ...)
{
    va_list args;

    if (f->detail != NULL)
        return;
    va_start(args, format);
    f->detail = talloc_vasprintf(f->mem, format, args);
    va_end(args);
}
