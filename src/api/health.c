/* Liveness has no dependencies; readiness asks each one (security.md section 8, promise 6). */
#include "api_priv.h"

enum status health_live(struct call *call)
{
    reply_json(call, 200, "no-store");
    buf_add_str(&call->reply->body, STR("{\"status\":\"live\",\"version\":\"" TS_VERSION "\"}\n"));
    return STATUS_OK;
}

enum status health_ready(struct call *call)
{
    enum status database = store_ping(call->api->store);
    bool keys = verifier_has_keys(call->api->verifier);

    if (database != STATUS_OK)
        faults_add(&call->faults, "database", "unavailable",
                   "the database does not answer with the schema expected");
    if (!keys)
        faults_add(&call->faults, "keys", "unavailable",
                   "no key of the identity provider is known");
    if (call->faults.count > 0) {
        faults_detail(&call->faults, "Not ready to serve.");
        return database != STATUS_OK ? STATUS_UNAVAILABLE : STATUS_NO_KEYS;
    }
    reply_json(call, 200, "no-store");
    buf_add_str(&call->reply->body,
                STR("{\"status\":\"ready\",\"database\":true,\"keys\":true,\"schema\":"));
    buf_add_i64(&call->reply->body, SCHEMA_VERSION);
    buf_add_str(&call->reply->body, STR("}\n"));
    return STATUS_OK;
}
