#include "api_priv.h"
#include "ts/clock.h"

static void write_scopes(struct buf *b, uint32_t scopes)
{
    bool first = true;

    buf_add_str(b, STR(",\"scopes\":["));
    for (uint32_t bit = 1; bit < SCOPE_ANY; bit <<= 1) {
        if ((scopes & bit) == 0)
            continue;
        buf_add_str(b, first ? STR("\"") : STR(",\""));
        scope_write(b, bit);
        buf_add_char(b, '"');
        first = false;
    }
    buf_add_char(b, ']');
}

static void write_member(struct buf *b, struct str name, struct str value)
{
    buf_add_str(b, name);
    json_write_text(b, value);
}

static enum status write_person(struct call *call, const struct claims *claims)
{
    struct buf *b = &call->reply->body;
    struct principal who;
    struct person person;
    enum status st = access_principal(call, &who);

    if (st == STATUS_OK)
        st = store_person_by_sub(call->mem, call->api->store, claims->sub, &person);
    if (st != STATUS_OK)
        return st;
    buf_add_str(b, STR("{\"type\":\"person\",\"person_id\":"));
    buf_add_i64(b, person.id);
    write_member(b, STR(",\"user_id\":"), person.user_id);
    write_member(b, STR(",\"name\":"), person.name);
    write_member(b, STR(",\"email\":"), person.email);
    write_member(b, STR(",\"kind\":"), str_of(person_kind_names[person.kind]));
    return STATUS_OK;
}

enum status me_read(struct call *call, const struct claims *claims)
{
    struct buf *b = &call->reply->body;
    char week[WEEK_TEXT_LEN], today[DATE_TEXT_LEN];

    if (claims->machine) {
        buf_add_str(b, STR("{\"type\":\"machine\""));
    } else {
        enum status st = write_person(call, claims);
        if (st != STATUS_OK)
            return st;
    }
    write_member(b, STR(",\"client_id\":"), claims->client_id);
    write_scopes(b, claims->scopes);
    week_format(week_of(clock_today()), week);
    date_format(clock_today(), today);
    write_member(b, STR(",\"today\":"), str_n(today, sizeof today));
    write_member(b, STR(",\"current_week\":"), str_n(week, sizeof week));
    buf_add_str(b, STR("}\n"));
    reply_json(call, 200, "no-store");
    return STATUS_OK;
}
