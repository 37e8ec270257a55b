/* What became of an upload's rows until it is told: kept in a file, so that the memory of a request
 * does not depend on how many rows it has and how much is wrong with them. */
#include "ts/upload.h"

#include "upload_priv.h"

enum { PIECE = 64 << 10 };

/* A row in the file; its external id and its problem follow. */
struct kept {
    int64_t row, outcome, entry_id;
    size_t external_id_len, problem_len;
};

enum status upload_results_add(struct upload_job *job, const struct upload_result *rows,
                               size_t count)
{
    struct buf b;
    enum status st = STATUS_OK;

    buf_init(&b, job, (size_t)2 * PIECE); /* a row is smaller than a piece */
    for (size_t i = 0; st == STATUS_OK && i < count; i++) {
        const struct upload_result *row = &rows[i];
        const struct kept kept = {row->row, row->outcome, row->entry_id, row->external_id.len,
                                  row->problem.len};
        buf_add(&b, &kept, sizeof kept);
        buf_add_str(&b, row->external_id);
        buf_add_str(&b, row->problem);
        st = b.status;
        if (st == STATUS_OK && (b.len >= PIECE || i == count - 1)) {
            st = spool_add(job->results, b.data, b.len);
            b.len = 0;
        }
    }
    talloc_free(b.data);
    return st;
}

enum status upload_results_each(struct upload_job *job, store_upload_row_fn *each, void *arg)
{
    struct str rest = STR("");
    struct kept kept;
    enum status st = spool_view(job->results, &rest);

    while (st == STATUS_OK && rest.len > 0) {
        memcpy(&kept, rest.data, sizeof kept);
        rest = str_skip(rest, sizeof kept);
        const struct str external_id = str_n(rest.data, kept.external_id_len);
        rest = str_skip(rest, kept.external_id_len);
        const struct upload_result row = {.row = kept.row,
                                          .external_id = external_id,
                                          .outcome = kept.outcome,
                                          .entry_id = kept.entry_id,
                                          .problem = str_n(rest.data, kept.problem_len)};
        rest = str_skip(rest, kept.problem_len);
        st = each(&row, arg);
    }
    return st;
}
