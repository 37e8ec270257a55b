/* What the worker's files share: its settings. */
#ifndef TS_WORKER_PRIV_H
#define TS_WORKER_PRIV_H

#include "ts/log.h"
#include "ts/store.h"
#include "ts/token.h"

struct settings {
    struct token_config token;
    struct store_config store;
    const char *zone;
    const char *audit_key_file;
    const char *spool_dir;
    int64_t request_memory; /* bytes a request may allocate */
    int64_t max_requests;   /* exit after so many; 0 = never (for measuring tools) */
    const char *log_level;
};

/* Reads every setting from the environment (names and ranges: one table). Each fault is said on stderr; STATUS_BAD_CONFIG. */
enum status settings_read(struct settings *out) TS_MUST_CHECK;
/* The table as help text on stdout. */
void settings_print_help(void);
enum log_level settings_log_level(const struct settings *settings);

#endif
