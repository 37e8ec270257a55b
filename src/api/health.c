/* Liveness has no dependencies; readiness asks each one (security.md section 8, promise 6). */
#include "api_priv.h"

struct health {
    struct str status, version;
    int64_t database, keys, schema;
};

static const struct field live_fields[] = {
    FIELD_TEXT(struct health, status, .doc = "Always \"live\".", .example = "\"live\""),
    FIELD_TEXT(struct health, version, .doc = "Of the program.", .example = "\"" TS_VERSION "\""),
};

static const struct field ready_fields[] = {
    FIELD_TEXT(struct health, status, .doc = "Always \"ready\".", .example = "\"ready\""),
    FIELD_BOOL(struct health, database, .doc = "The database answers.", .example = "true"),
    FIELD_BOOL(struct health, keys, .doc = "Keys of the identity provider are known.",
               .example = "true"),
    FIELD_INT(struct health, schema, .min = 1, .doc = "The version of the database's schema.",
              .example = "18"),
};

const struct schema live_schema = SCHEMA("Live", struct health, live_fields);
const struct schema ready_schema = SCHEMA("Ready", struct health, ready_fields);

static enum status reply(struct call *call, const struct schema *schema,
                         const struct health *health)
{
    reply_json(call, 200, "no-store");
    json_write(&call->reply->body, schema, health);
    buf_add_char(&call->reply->body, '\n');
    return STATUS_OK;
}

enum status health_live(struct call *call)
{
    return reply(call, &live_schema,
                 &(const struct health){.status = STR("live"), .version = STR(TS_VERSION)});
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
    return reply(
        call, &ready_schema,
        &(const struct health){
            .status = STR("ready"), .database = true, .keys = true, .schema = SCHEMA_VERSION});
}
