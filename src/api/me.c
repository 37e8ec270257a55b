/* Who is calling, by its token and by what is known of it. */
#include "api_priv.h"
#include "ts/clock.h"

enum { SCOPE_NAME_MAX = 64, SCOPE_NAMES_MAX = SCOPE_INDEX_COUNT * SCOPE_NAME_MAX };

enum caller_type { CALLER_PERSON, CALLER_MACHINE };
static const char *const caller_type_names[] = {
    [CALLER_PERSON] = "person", [CALLER_MACHINE] = "machine", NULL};

struct me {
    int64_t type, person_id;
    struct str user_id, name, email;
    int64_t kind;
    struct str client_id;
    struct field_list scopes;
    struct date today;
    struct str current_week;
};

#define TYPE_ROW(only)                                                                             \
    FIELD_ENUM(struct me, type, .min = (only), .max = (only), .names = caller_type_names,          \
               .doc = "A person, or a machine client.",                                            \
               .example = (only) == CALLER_PERSON ? "\"person\"" : "\"machine\"")
#define SHARED_ROWS                                                                                \
    FIELD_TEXT(struct me, client_id, .max = CLIENT_ID_MAX,                                         \
               .doc = "The application that the token was issued to.",                             \
               .example = "\"TsSpa000000000000000000000000001\""),                                 \
        FIELD_TEXTS(struct me, scopes, .max = SCOPE_INDEX_COUNT,                                   \
                    .doc = "The scopes of this API that the token has.",                           \
                    .example = "[\"read:timesheets\",\"create:timesheets\"]"),                     \
        FIELD_DATE(struct me, today, .doc = "Today's date in the company's time zone.",            \
                   .example = "\"2026-11-23\""),                                                   \
        FIELD_TEXT(struct me, current_week, .min = WEEK_TEXT_LEN, .max = WEEK_TEXT_LEN,            \
                   .doc = "The ISO week of today.", .example = "\"2026-W48\"")

static const struct field me_fields[] = {
    TYPE_ROW(CALLER_PERSON),
    FIELD_INT(struct me, person_id, .min = 1, .max = ACTOR_CLIENT_MIN - 1,
              .doc = "The person's number, as paths use it.", .example = "7"),
    FIELD_TEXT(struct me, user_id, .min = 1, .max = USER_ID_MAX, .doc = "What one's entries show.",
               .example = "\"ann@abc.example\""),
    FIELD_TEXT(struct me, name, .max = PERSON_NAME_MAX,
               .doc = "What the person is called; may be empty.", .example = "\"Ann Arbor\""),
    FIELD_TEXT(struct me, email, .max = EMAIL_MAX_LEN,
               .doc = "The verified e-mail address in lower case; empty when none is known.",
               .example = "\"ann@abc.example\""),
    FIELD_ENUM(struct me, kind, .min = PERSON_EMPLOYEE, .max = PERSON_CONTRACTOR,
               .names = person_kind_names, .doc = "Employee or contractor.",
               .example = "\"employee\""),
    SHARED_ROWS,
};
const struct schema me_schema = SCHEMA("Me", struct me, me_fields);

static const struct field me_machine_fields[] = {
    TYPE_ROW(CALLER_MACHINE),
    SHARED_ROWS,
};
const struct schema me_machine_schema = SCHEMA("MeMachine", struct me, me_machine_fields);

/* The names of a set of scopes, in the order of the list of them. */
static enum status list_scopes(struct call *call, uint32_t scopes, struct field_list *out)
{
    struct str *names = talloc_array(call->mem, struct str, SCOPE_INDEX_COUNT), rest;
    struct buf text;
    size_t count = 0;

    buf_init(&text, call->mem, SCOPE_NAMES_MAX);
    scope_write(&text, scopes);
    if (names == NULL || text.status != STATUS_OK)
        return STATUS_NO_MEMORY;
    for (rest = buf_str(&text); rest.len > 0;)
        names[count++] = str_cut(rest, ' ', &rest);
    *out = (struct field_list){names, count};
    return STATUS_OK;
}

static enum status look_up(struct call *call, struct me *me)
{
    struct principal who;
    struct person person;
    enum status st = access_principal(call, &who);

    if (st == STATUS_OK)
        st = store_person_get(call->mem, call->api->store, &who, who.person_id, &person);
    if (st != STATUS_OK)
        return st;
    me->person_id = person.id;
    me->user_id = person.user_id;
    me->name = person.name;
    me->email = person.email;
    me->kind = person.kind;
    return STATUS_OK;
}

enum status me_read(struct call *call, const struct claims *claims)
{
    char week[WEEK_TEXT_LEN];
    struct me me = {.type = claims->machine ? CALLER_MACHINE : CALLER_PERSON,
                    .client_id = claims->client_id,
                    .today = clock_today()};
    enum status st = claims->machine ? STATUS_OK : look_up(call, &me);

    if (st == STATUS_OK)
        st = list_scopes(call, claims->scopes, &me.scopes);
    if (st != STATUS_OK)
        return st;
    week_format(week_of(me.today), week);
    me.current_week = str_n(week, sizeof week);
    json_write(&call->reply->body, claims->machine ? &me_machine_schema : &me_schema, &me);
    buf_add_char(&call->reply->body, '\n');
    reply_json(call, 200, "no-store");
    return STATUS_OK;
}
