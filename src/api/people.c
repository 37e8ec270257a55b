/* Who works here, for managers and admins, and what admins change of it. */
#include <stdio.h>

#include "api_priv.h"
#include "ts/parse.h"

/* --- reading --------------------------------------------------------------------------------- */
static enum status add_person(const struct person *row, void *arg)
{
    return page_add(arg, row, row->user_id);
}

enum status people_list(struct call *call, const struct principal *who)
{
    const struct person_query *query = call->query;
    struct list_page page = page_begin(call, &person_schema, query->limit);
    enum status st =
        store_people_each(call->api->store, who, query, page.limit + 1, add_person, &page);

    return st == STATUS_OK ? page_end(&page) : st;
}

enum status person_read(struct call *call, const struct principal *who)
{
    struct person person;
    int64_t id;
    enum status st = STATUS_NOT_FOUND;

    if (parse_id(call->params[0], &id))
        st = store_person_get(call->mem, call->api->store, who, id, &person);
    return st == STATUS_OK
               ? reply_object(call, &person_schema, &person, ETAG_PERSON, person.version)
               : st;
}

/* --- writing --------------------------------------------------------------------------------- */
static const struct write_kind person_kind = {ETAG_PERSON, "/api/people/", "id", person_read};

struct person_write {
    struct write w;
    int64_t id;           /* of the path */
    struct person person; /* as it will be */
};

static struct person_write begin(struct call *call, const struct principal *who,
                                 enum event_action action)
{
    return (struct person_write){.w = {.call = call,
                                       .who = who,
                                       .kind = &person_kind,
                                       .schema = &person_schema,
                                       .stream = STREAM(STREAM_PERSON),
                                       .action = action}};
}

static bool given(const struct call *call, int field)
{
    return field_is_present(call->route->body, call->body, (size_t)field);
}

static struct person merged(const struct call *call, const struct person *was)
{
    const struct person_input *in = call->body;
    struct person now = *was;

    if (given(call, PERSON_INPUT_NAME))
        now.name = in->name;
    if (given(call, PERSON_INPUT_KIND))
        now.kind = in->kind;
    if (given(call, PERSON_INPUT_EMAIL))
        now.email = in->email;
    if (given(call, PERSON_INPUT_NUMBER))
        now.employee_number = in->employee_number;
    if (given(call, PERSON_INPUT_FROM))
        now.active_from = in->active_from;
    if (given(call, PERSON_INPUT_TO))
        now.active_to = in->active_to;
    if (given(call, PERSON_INPUT_CLAIMED))
        now.claimed = in->claimed;
    now.version = was->version + 1;
    return now;
}

static void check_dates(struct call *call, const struct person *person)
{
    if (!bounds_in_order(person->active_from, person->active_to))
        faults_add(&call->faults, given(call, PERSON_INPUT_TO) ? "/active_to" : "/active_from",
                   "range", "active_to must not be before active_from");
}

/* In lower case, as a token's address is taken: ASCII letters only. */
static enum status fold_email(struct call *call)
{
    struct person_input *in = call->body;
    char *lower = talloc_strndup(call->mem, in->email.data, in->email.len);

    if (lower == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < in->email.len; i++)
        lower[i] = lower[i] >= 'A' && lower[i] <= 'Z' ? (char)(lower[i] - 'A' + 'a') : lower[i];
    in->email = str_n(lower, in->email.len);
    return STATUS_OK;
}

/* What can be said without the row, and comes before what the row says. */
static enum status check_input(struct call *call, struct person *out)
{
    const struct person blank = {.active_from = {DATE_NONE_DAYS}, .active_to = {DATE_NONE_DAYS}};
    const struct person_input *in = call->body;

    if (in->email.len > 0 && fold_email(call) != STATUS_OK)
        return STATUS_NO_MEMORY;
    if (in->claimed != 0)
        faults_add(&call->faults, "/claimed", "value",
                   "only a login claims a person; false unbinds it");
    *out = merged(call, &blank);
    check_dates(call, out);
    return call->faults.count > 0 ? STATUS_INVALID : STATUS_OK;
}

/* An address or a number that leads to somebody else. `was` is the row before; its own are its own. */
static enum status check_names(struct person_write *p, struct tx *tx, const struct person *was)
{
    const struct {
        struct str text, before;
        const char *pointer;
    } names[] = {{p->person.email, was->email, "/email"},
                 {p->person.employee_number, was->employee_number, "/employee_number"}};
    struct faults *faults = &p->w.call->faults;
    enum status st = STATUS_OK;
    bool taken;

    for (size_t i = 0; st == STATUS_OK && i < sizeof names / sizeof names[0]; i++) {
        if (names[i].text.len == 0 || str_eq(names[i].text, names[i].before))
            continue;
        taken = false;
        st = tx_person_named(tx, names[i].text, was->id, &taken);
        if (taken)
            faults_add(faults, names[i].pointer, "taken", "is somebody else's already");
    }
    return st == STATUS_OK && faults->count > 0 ? STATUS_TAKEN : st;
}

/* Somebody who is not claimed can only be found by one of these. */
static void check_reachable(struct call *call, const struct person *person)
{
    if (person->claimed == 0 && person->email.len == 0 && person->employee_number.len == 0)
        faults_add(&call->faults, "/email", "required",
                   "an e-mail address or an employee number is needed while nobody has claimed the "
                   "person");
}

static enum status name_location(struct person_write *p)
{
    char *text = talloc_asprintf(p->w.call->mem, "%lld", (long long)p->person.id);

    p->w.name = str_of(text);
    return text == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status create(struct tx *tx, void *arg)
{
    struct person_write *p = arg;
    const struct person nobody = {.id = 0};

    write_begin(&p->w);
    p->person.user_id = p->person.email.len > 0 ? p->person.email : p->person.employee_number;
    p->w.version = p->person.version;
    enum status st = check_names(p, tx, &nobody);
    if (st == STATUS_OK)
        st = tx_person_add(tx, p->w.who, &p->person, &p->person.id);
    if (st == STATUS_OK)
        st = name_location(p);
    if (st == STATUS_OK)
        st = write_change(&p->w, NULL, &p->person);
    return st == STATUS_OK ? write_event(&p->w, tx, p->person.id) : st;
}

enum status person_create(struct call *call, const struct principal *who)
{
    struct person_write p = begin(call, who, EVENT_PERSON_ADDED);
    enum status st = check_input(call, &p.person);

    if (st == STATUS_OK || st == STATUS_INVALID) {
        check_reachable(call, &p.person);
        st = call->faults.count > 0 ? STATUS_INVALID : STATUS_OK;
    }
    return st == STATUS_OK ? write_run(&p.w, create, &p) : st;
}

static bool is_same(const struct person *a, const struct person *b)
{
    return str_eq(a->name, b->name) && a->kind == b->kind && str_eq(a->email, b->email) &&
           str_eq(a->employee_number, b->employee_number) &&
           a->active_from.days == b->active_from.days && a->active_to.days == b->active_to.days &&
           a->claimed == b->claimed;
}

/* What only the row can tell to be wrong with the request. */
static enum status check_row(struct person_write *p, const struct person *was)
{
    struct call *call = p->w.call;

    check_dates(call, &p->person);
    check_reachable(call, &p->person);
    if (p->person.claimed != 0 && !str_eq(p->person.email, was->email))
        faults_add(&call->faults, "/email", "claimed",
                   "is the login's while the person is claimed");
    return call->faults.count > 0 ? STATUS_INVALID : STATUS_OK;
}

static enum status patch(struct tx *tx, void *arg)
{
    struct person_write *p = arg;
    struct call *call = p->w.call;
    struct person was;

    write_begin(&p->w);
    enum status st = tx_person_get(call->mem, tx, p->w.who, p->id, &was);
    if (st == STATUS_OK)
        st = require_version(call, ETAG_PERSON, was.version, "The person");
    if (st != STATUS_OK)
        return st;
    p->person = merged(call, &was);
    st = check_row(p, &was);
    if (st == STATUS_OK && is_same(&was, &p->person)) { /* nothing to change: the version stays */
        p->w.version = was.version;
        return write_change(&p->w, NULL, &was);
    }
    p->w.version = p->person.version;
    if (st == STATUS_OK)
        st = check_names(p, tx, &was);
    if (st == STATUS_OK)
        st = tx_person_update(tx, p->w.who, &p->person);
    if (st == STATUS_OK)
        st = write_change(&p->w, &was, &p->person);
    return st == STATUS_OK ? write_event(&p->w, tx, was.id) : st;
}

enum status person_patch(struct call *call, const struct principal *who)
{
    struct person_write p = begin(call, who, EVENT_PERSON_EDITED);
    enum status st = check_input(call, &p.person);

    if (st != STATUS_OK)
        return st;
    return parse_id(call->params[0], &p.id) ? write_run(&p.w, patch, &p) : STATUS_NOT_FOUND;
}
