/* Who is calling: a person or a machine, with what rights, and in which week. */
#include "api_priv.h"
#include "ts/clock.h"

enum { CALLER_PERSON, CALLER_MACHINE };
static const char *const caller_names[] = {
    [CALLER_PERSON] = "person", [CALLER_MACHINE] = "machine", NULL};

struct me {
    int64_t type;
    struct person person;
    struct str client_id;
    struct field_list scopes;
    struct date today;
    struct str current_week;
};

#define TYPE_ROW(which, text)                                                                      \
    FIELD_ENUM(struct me, type, .min = (which), .max = (which), .names = caller_names,             \
               .doc = (text))
#define CLIENT_ROW                                                                                 \
    FIELD_TEXT(struct me, client_id,                                                               \
               .doc = "The application that asked for the token; empty when the token names "      \
                      "none.",                                                                     \
               .example = "\"TsSpa000000000000000000000000001\"")
#define SCOPES_ROW                                                                                 \
    FIELD_TEXTS(struct me, scopes, .doc = "What the token allows, of the scopes of this API.",     \
                .example = "[\"read:timesheets\",\"create:timesheets\"]")
#define TODAY_ROW                                                                                  \
    FIELD_DATE(struct me, today, .doc = "Today's date where the company is.",                      \
               .example = "\"2026-11-23\"")
#define WEEK_ROW                                                                                   \
    FIELD_TEXT(struct me, current_week, .pattern = WEEK_PATTERN, .doc = "The ISO week of today.",  \
               .example = "\"2026-W48\"")

static const struct field person_fields[] = {
    TYPE_ROW(CALLER_PERSON, "A person."),
    FIELD_NAMED("person_id", FIELD_INT, struct me, person.id, int64_t, .min = 1,
                .doc = "The person's number, as paths name it.", .example = "17"),
    FIELD_NAMED("user_id", FIELD_TEXT, struct me, person.user_id, struct str, .min = 1, .max = 255,
                .doc = "What entries call the person: the e-mail address, else the token's "
                       "subject. It never changes.",
                .example = "\"ann@abc.example\""),
    FIELD_NAMED("name", FIELD_TEXT, struct me, person.name, struct str,
                .doc = "As people know them; may be empty.", .example = "\"Ann Example\""),
    FIELD_NAMED("email", FIELD_TEXT, struct me, person.email, struct str,
                .doc = "The address the tenant has verified; empty without one.",
                .example = "\"ann@abc.example\""),
    FIELD_NAMED("kind", FIELD_ENUM, struct me, person.kind, int64_t, .min = PERSON_EMPLOYEE,
                .max = PERSON_CONTRACTOR, .names = person_kind_names,
                .doc = "Employee or contractor.", .example = "\"employee\""),
    CLIENT_ROW,
    SCOPES_ROW,
    TODAY_ROW,
    WEEK_ROW,
};

static const struct field machine_fields[] = {
    TYPE_ROW(CALLER_MACHINE, "A machine client."), CLIENT_ROW, SCOPES_ROW, TODAY_ROW, WEEK_ROW,
};

const struct schema me_schema = SCHEMA("Me", struct me, person_fields);
const struct schema me_machine_schema = SCHEMA("MeMachine", struct me, machine_fields);

/* The names of a set of scopes, one a text. */
static enum status list_scopes(TALLOC_CTX *mem, uint32_t scopes, struct field_list *out)
{
    struct str *names = talloc_array(mem, struct str, SCOPE_INDEX_COUNT);
    size_t count = 0;

    if (names == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t bit = 1; bit < SCOPE_ANY; bit <<= 1) {
        struct buf b;
        if ((scopes & bit) == 0)
            continue;
        buf_init(&b, mem, 64);
        scope_write(&b, bit);
        if (b.status != STATUS_OK)
            return b.status;
        names[count++] = buf_str(&b);
    }
    *out = (struct field_list){names, count};
    return STATUS_OK;
}

static enum status read_person(struct call *call, const struct claims *claims, struct me *me)
{
    struct principal who;
    enum status st = access_principal(call, &who);

    return st == STATUS_OK
               ? store_person_by_sub(call->mem, call->api->store, claims->sub, &me->person)
               : st;
}

enum status me_read(struct call *call, const struct claims *claims)
{
    char week[WEEK_TEXT_LEN];
    struct me me = {.type = claims->machine ? CALLER_MACHINE : CALLER_PERSON,
                    .client_id = claims->client_id,
                    .today = clock_today(),
                    .current_week = str_n(week, sizeof week)};
    enum status st = list_scopes(call->mem, claims->scopes, &me.scopes);

    if (st == STATUS_OK && !claims->machine)
        st = read_person(call, claims, &me);
    if (st != STATUS_OK)
        return st;
    week_format(week_of(me.today), week);
    json_write(&call->reply->body, claims->machine ? &me_machine_schema : &me_schema, &me);
    buf_add_char(&call->reply->body, '\n');
    reply_json(call, 200, "no-store");
    return STATUS_OK;
}
