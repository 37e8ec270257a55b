/* From a token to a caller. The only place that makes a principal. */
#include <inttypes.h>
#include <stdio.h>

#include "api_priv.h"
#include "ts/clock.h"
#include "ts/crypto.h"
#include "ts/log.h"
#include "ts/parse.h"

/* --- people seen lately -------------------------------------------------------------
 * A worker remembers who a subject is, so that a request needs no look-up: an id never changes while it
 * is bound, and an unbound login ends with the entry's age. Direct-mapped: a clash replaces. */
enum { PEOPLE_SLOTS = 1024, PEOPLE_AGE_MS = 60000 };

struct known_person {
    struct str sub, user_id;
    int64_t person_id, until_ms;
};

struct person_cache {
    struct known_person *slots[PEOPLE_SLOTS];
};

enum status person_cache_open(TALLOC_CTX *mem, struct person_cache **out)
{
    struct person_cache *cache = talloc_zero(mem, struct person_cache);

    if (cache == NULL)
        return STATUS_NO_MEMORY;
    *out = cache;
    return STATUS_OK;
}

static size_t slot_of(struct str sub)
{
    return str_hash(sub) % PEOPLE_SLOTS;
}

static const struct known_person *recall(const struct person_cache *cache, struct str sub)
{
    const struct known_person *known = cache->slots[slot_of(sub)];

    return known != NULL && str_eq(known->sub, sub) && clock_boot_ms() < known->until_ms ? known
                                                                                         : NULL;
}

static void remember(struct person_cache *cache, struct str sub, int64_t person_id,
                     struct str user_id)
{
    struct known_person **slot = &cache->slots[slot_of(sub)];
    char *text = NULL;

    TALLOC_FREE(*slot);
    *slot = talloc_zero(cache, struct known_person);
    if (*slot != NULL)
        text = talloc_size(*slot, sub.len + user_id.len);
    if (text == NULL) { /* not remembered: looked up again next time */
        TALLOC_FREE(*slot);
        return;
    }
    memcpy(text, sub.data, sub.len);
    memcpy(text + sub.len, user_id.data, user_id.len);
    **slot = (struct known_person){.sub = str_n(text, sub.len),
                                   .user_id = str_n(text + sub.len, user_id.len),
                                   .person_id = person_id,
                                   .until_ms = clock_boot_ms() + PEOPLE_AGE_MS};
}

/* --- token and scope ----------------------------------------------------------------- */
enum status access_refuse(struct call *call, uint32_t scopes_wanted)
{
    struct buf scopes, header;

    buf_init(&scopes, call->mem, 512);
    scope_write(&scopes, scopes_wanted);
    buf_init(&header, call->mem, 1024);
    buf_add_str(&header, STR("Bearer error=\"insufficient_scope\", scope=\""));
    buf_add_str(&header, buf_str(&scopes));
    buf_add_char(&header, '"');
    if (scopes.status != STATUS_OK || header.status != STATUS_OK)
        return STATUS_NO_MEMORY;
    http_reply_header(call->reply, "WWW-Authenticate", buf_str(&header));
    faults_detail(&call->faults, "This needs the scope %.*s.", (int)scopes.len, scopes.data);
    return STATUS_NO_SCOPE;
}

static void trace_subject(struct call *call)
{
    uint8_t digest[SHA256_LEN];

    if (crypto_sha256(&call->claims->sub, 1, 0, digest) != STATUS_OK)
        return;
    for (int i = 0; i < 8; i++)
        (void)snprintf(call->trace->subject + (size_t)2 * (size_t)i, 3, "%02x", digest[i]);
}

enum status access_check(struct call *call)
{
    const char *reason = NULL;

    if (call->route->scopes == 0)
        return STATUS_OK;
    enum status st =
        token_verify(call->api->verifier, call->request->authorization, &call->claims, &reason);
    call->trace->reason = st == STATUS_OK ? NULL : reason;
    if (st == STATUS_UNAUTHENTICATED) {
        /* RFC 6750 section 3: no error code when no credentials were sent */
        bool absent = reason != NULL && strcmp(reason, "absent") == 0;
        http_reply_header(call->reply, "WWW-Authenticate",
                          absent ? STR("Bearer") : STR("Bearer error=\"invalid_token\""));
    }
    if (st != STATUS_OK)
        return st;
    trace_subject(call);
    return (call->claims->scopes & call->route->scopes) == 0
               ? access_refuse(call, call->route->scopes)
               : STATUS_OK;
}

/* --- persons --------------------------------------------------------------------------- */
enum { ADMIT_TRIES = 2, PERSON_TEXT_MAX = 8000 };

struct admission {
    struct call *call;
    struct identity identity;
    struct person person; /* as it will be */
};

static struct identity identity_of(const struct claims *claims)
{
    struct identity identity = {
        .sub = claims->sub, .name = claims->name, .email = claims->email, .kind = PERSON_EMPLOYEE};

    for (int64_t kind = 0; person_kind_names[kind] != NULL; kind++) {
        if (str_eq(claims->kind, str_of(person_kind_names[kind])))
            identity.kind = kind;
    }
    return identity;
}

/* `was` NULL: the person is new. */
static enum status write_person_event(struct admission *a, struct tx *tx, const struct person *was)
{
    const struct write_key no_key = {.actor_id = a->person.id};
    struct event event = {.person_id = a->person.id,
                          .action = was == NULL ? EVENT_PERSON_MADE : EVENT_PERSON_CLAIMED,
                          .at = clock_wall_us()};
    int64_t seq = 0;
    struct buf before, after;

    buf_init(&before, a->call->mem, PERSON_TEXT_MAX);
    buf_init(&after, a->call->mem, PERSON_TEXT_MAX);
    if (was != NULL)
        json_write(&before, &person_schema, was);
    json_write(&after, &person_schema, &a->person);
    event.before = buf_str(&before);
    event.after = buf_str(&after);
    enum status st = before.status == STATUS_OK ? after.status : before.status;
    if (st == STATUS_OK)
        st = event_seal(a->call->api, &no_key, &event);
    if (st == STATUS_OK)
        st = tx_stream_advance(tx, &event, &seq);
    return st == STATUS_OK ? tx_event_insert(tx, &event, seq) : st;
}

/* What an admin wrote stands; a name that is missing comes from the token. */
static enum status claim(struct admission *a, struct tx *tx, const struct person *unclaimed)
{
    enum status st = tx_person_claim(tx, unclaimed->id, &a->identity);

    a->person = *unclaimed;
    a->person.claimed = 1;
    a->person.version++;
    if (unclaimed->name.len == 0)
        a->person.name = a->identity.name;
    return st == STATUS_OK ? write_person_event(a, tx, unclaimed) : st;
}

/* The e-mail, unless somebody has it already (a second login of the same address); the subject,
 * unless somebody has that (their login was unbound since, and claimed by another); else a text of
 * its own. */
static enum status choose_user_id(struct admission *a, struct tx *tx, struct str *out)
{
    const struct str candidates[] = {a->identity.email, a->identity.sub};
    enum status st = STATUS_OK;
    bool taken = true;

    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        if (candidates[i].len == 0)
            continue;
        st = tx_user_id_taken(tx, candidates[i], &taken);
        if (st != STATUS_OK)
            return st;
        *out = candidates[i];
        if (!taken)
            return STATUS_OK;
    }
    char *text = talloc_asprintf(a->call->mem, "login-%" PRIx64, (uint64_t)clock_wall_us());
    *out = str_of(text);
    return text == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* An unclaimed row with the verified e-mail is taken over, once; else a row is made. */
static enum status admit(struct tx *tx, void *arg)
{
    struct admission *a = arg;
    struct person unclaimed = {.id = 0};
    enum status st = STATUS_NOT_FOUND;

    if (a->identity.email.len > 0)
        st = tx_person_unclaimed(a->call->mem, tx, a->identity.email, &unclaimed);
    if (st == STATUS_OK)
        return claim(a, tx, &unclaimed);
    if (st != STATUS_NOT_FOUND)
        return st;
    a->person = (struct person){.name = a->identity.name,
                                .email = a->identity.email,
                                .kind = a->identity.kind,
                                .active_from = {DATE_NONE_DAYS},
                                .active_to = {DATE_NONE_DAYS},
                                .claimed = 1,
                                .version = 1};
    st = choose_user_id(a, tx, &a->person.user_id);
    if (st == STATUS_OK)
        st = tx_person_insert(tx, &a->identity, a->person.user_id, &a->person.id);
    return st == STATUS_OK ? write_person_event(a, tx, NULL) : st;
}

static enum status find_or_admit(struct call *call, struct person *out)
{
    struct str sub = call->claims->sub;
    struct replay replay = {.found = false};
    const struct write_key no_key = {.actor_id = 0};
    struct admission a = {.call = call, .identity = identity_of(call->claims)};
    enum status st = store_person_by_sub(call->mem, call->api->store, sub, out);

    /* Another worker may make this person, or somebody else claim the row, at the same time: then
     * it is looked up, and if need be tried again. */
    for (int tries = 0; st == STATUS_NOT_FOUND && tries < ADMIT_TRIES; tries++) {
        st = store_transact(call->mem, call->api->store, &no_key, admit, &a, &replay);
        if (st == STATUS_OK || st == STATUS_STALE)
            st = store_person_by_sub(call->mem, call->api->store, sub, out);
    }
    if (st == STATUS_NOT_FOUND) { /* never the client's 404: it is about the caller */
        LOG(LOG_ERROR, "person_not_admitted", LOG_TEXT("subject", call->trace->subject));
        st = STATUS_CONTENDED;
    }
    return st;
}

enum status access_uploader(struct call *call, struct principal *out, int64_t *client)
{
    const struct claims *claims = call->claims;
    enum status st = store_client_id(call->api->store, claims->client_id, client);

    if (st != STATUS_OK)
        return st;
    if (!claims->machine)
        return access_principal(call, out);
    *out = (struct principal){.actor_id = *client}; /* whatever its scopes */
    if (*client == 0) {
        faults_detail(&call->faults, "No source was made for this client: ask an administrator.");
        return STATUS_NO_SOURCE;
    }
    return STATUS_OK;
}

enum status access_principal(struct call *call, struct principal *out)
{
    const struct claims *claims = call->claims;
    const struct known_person *known = NULL;
    struct person person;

    if (claims->machine) {
        faults_detail(&call->faults, "A machine client may only upload and ask who it is.");
        return STATUS_PERSON_REQUIRED;
    }
    *out = (struct principal){.sees_others = (claims->scopes & SCOPE_APPROVE) != 0,
                              .administers = (claims->scopes & SCOPE_ADMIN) != 0};
    known = recall(call->api->people, claims->sub);
    if (known != NULL) {
        out->person_id = out->actor_id = known->person_id;
        out->user_id = known->user_id;
        return STATUS_OK;
    }
    enum status st = find_or_admit(call, &person);
    if (st != STATUS_OK)
        return st;
    remember(call->api->people, claims->sub, person.id, person.user_id);
    out->person_id = out->actor_id = person.id;
    out->user_id = person.user_id;
    return STATUS_OK;
}

enum status access_whose(struct call *call, const struct principal *who, struct str user,
                         int64_t *person_id, struct str *user_id)
{
    struct person person = {.id = who->person_id, .user_id = who->user_id};
    enum status st = STATUS_OK;
    int64_t id;
    bool own = user.len == 0 || str_eq(user, who->user_id) ||
               (parse_id(user, &id) && id == who->person_id);

    if (!own && !who->sees_others)
        return access_refuse(call, SCOPE_APPROVE);
    if (!own)
        st = store_person_find(call->mem, call->api->store, who, user, &person);
    if (st == STATUS_NOT_FOUND) {
        faults_add(&call->faults, "?user", "unknown-person", "is nobody's user_id or id");
        return STATUS_INVALID;
    }
    if (st == STATUS_OK) {
        *person_id = person.id;
        *user_id = person.user_id;
    }
    return st;
}
