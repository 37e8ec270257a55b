/* A company's timesheets at scale: people, projects, and years of weeks with their entries and events,
 * as the API would have written them. Everything follows from the options, so that two databases made
 * with the same ones hold the same. */
#ifndef TS_BENCH_DATASET_H
#define TS_BENCH_DATASET_H

#include "../../../src/store/sql.h"
#include "ts/audit.h"
#include "ts/date.h"

struct dataset_options {
    int64_t people;  /* 0 = as many as the entries need */
    int64_t years;   /* of weeks that end with the one of `until` */
    int64_t entries; /* as many at most; 0 = all that the people write */
    int64_t seed;
    struct date until; /* the day the data is of: the last entries are of this day or before */
    struct audit_key key;
    void (*progress)(int64_t people, int64_t expected); /* after each person; NULL = nobody looks */
};

struct dataset_counts {
    int64_t people, projects, weeks, entries, events;
};

/* Fills a database that has the schema, beside what it holds. False when something failed, or the
 * database has such data already; why is printed. */
bool dataset_make(TALLOC_CTX *mem, struct sql *sql, const struct dataset_options *options,
                  struct dataset_counts *out) TS_MUST_CHECK;

#endif
