/* The period lock: the date up to which nobody changes anything. */
#include "api_priv.h"
#include "ts/clock.h"

enum { PERIOD_ID = 1 };

enum status period_read(struct call *call, const struct principal *who)
{
    struct period_lock lock;
    enum status st = store_period_get(call->api->store, &lock);

    (void)who; /* the lock holds for everybody */
    return st == STATUS_OK
               ? reply_object(call, &period_lock_schema, &lock, ETAG_PERIOD, lock.version)
               : st;
}

/* nginx repeats a PUT after a worker died: where the lock is where it should be, a version that has
 * passed is no refusal. One that is missing is. */
static enum status check_version(struct call *call, const struct period_lock *was, bool same)
{
    enum status st = require_version(call, ETAG_PERIOD, was->version, "The period lock");

    if (st != STATUS_STALE || !same)
        return st;
    faults_init(&call->faults, call->mem);
    return STATUS_OK;
}

static enum status put(struct tx *tx, void *arg)
{
    struct write *w = arg;
    const struct period_lock_input *in = w->call->body;
    struct period_lock was, now;

    write_begin(w);
    enum status st = tx_period_get(tx, &was);
    if (st != STATUS_OK)
        return st;
    bool same = was.locked_through.days == in->locked_through.days;
    st = check_version(w->call, &was, same);
    if (st != STATUS_OK)
        return st;
    now = (struct period_lock){in->locked_through, same ? was.version : was.version + 1};
    w->version = now.version;
    st = write_change(w, same ? NULL : &was, &now);
    if (st != STATUS_OK || same)
        return st;
    st = tx_period_set(tx, w->who, &was, &now);
    return st == STATUS_OK ? write_event(w, tx, PERIOD_ID) : st;
}

enum status period_put(struct call *call, const struct principal *who)
{
    static const struct write_kind kind = {ETAG_PERIOD, NULL, NULL, period_read};
    const struct period_lock_input *in = call->body;
    struct write w = {.call = call,
                      .who = who,
                      .kind = &kind,
                      .schema = &period_lock_schema,
                      .stream = STREAM(STREAM_PERIOD),
                      .action = EVENT_PERIOD_LOCKED};

    if (!period_lock_allowed(in->locked_through, clock_today())) {
        faults_add(&call->faults, "/locked_through", "range",
                   "must be from %d-01-01 to today: a lock in the future would stop everybody",
                   ENTRY_YEAR_MIN);
        return STATUS_INVALID;
    }
    return write_run(&w, put, &w);
}
