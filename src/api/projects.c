/* The pick list of projects, one of them, and what admins change of them. */
#include "api_priv.h"
#include "ts/utf8.h"

/* --- reading --------------------------------------------------------------------------------- */
static enum status add_project(const struct project *row, void *arg)
{
    return page_add(arg, row, row->code);
}

enum status projects_list(struct call *call, const struct principal *who)
{
    const struct project_query *query = call->query;
    bool any_state = !field_is_present(&project_query_schema, query, PROJECT_QUERY_STATE);
    struct list_page page = page_begin(call, &project_schema, query->limit);

    (void)who; /* the pick list is the same for every person with the scope */
    enum status st = store_projects_each(call->api->store, any_state ? -1 : query->state, query->q,
                                         query->cursor, page.limit + 1, add_project, &page);
    return st == STATUS_OK ? page_end(&page) : st;
}

enum status project_read(struct call *call, const struct principal *who)
{
    struct project project;
    enum status st = STATUS_NOT_FOUND;

    (void)who; /* as the list */
    if (utf8_valid(call->params[0]))
        st = store_project_get(call->api->store, call->params[0], 0, &project);
    return st == STATUS_OK
               ? reply_object(call, &project_schema, &project, ETAG_PROJECT, project.version)
               : st;
}

/* --- writing --------------------------------------------------------------------------------- */
static const struct write_kind project_kind = {ETAG_PROJECT, "/api/projects/", "code",
                                               project_read};

struct project_write {
    struct write w;
    struct project project; /* as it will be */
};

static struct project_write begin(struct call *call, const struct principal *who,
                                  enum event_action action)
{
    return (struct project_write){.w = {.call = call,
                                        .who = who,
                                        .kind = &project_kind,
                                        .schema = &project_schema,
                                        .stream = STREAM(STREAM_PROJECT),
                                        .action = action}};
}

static bool given(const struct call *call, int field)
{
    return field_is_present(call->route->body, call->body, (size_t)field);
}

static struct project merged(const struct call *call, const struct project *was)
{
    const struct project_input *in = call->body;
    struct project now = *was;

    if (given(call, PROJECT_INPUT_NAME))
        now.name = in->name;
    if (given(call, PROJECT_INPUT_CUSTOMER))
        now.customer = in->customer;
    if (given(call, PROJECT_INPUT_STATE))
        now.state = in->state;
    if (given(call, PROJECT_INPUT_STARTS))
        now.starts = in->starts;
    if (given(call, PROJECT_INPUT_ENDS))
        now.ends = in->ends;
    now.version = was->version + 1;
    return now;
}

static void check_dates(struct call *call, const struct project *project)
{
    if (!bounds_in_order(project->starts, project->ends))
        faults_add(&call->faults, given(call, PROJECT_INPUT_ENDS) ? "/ends_on" : "/starts_on",
                   "range", "ends_on must not be before starts_on");
}

/* What can be said without the row, and comes before what the row says. */
static enum status check_input(struct call *call, struct project *out)
{
    const struct project blank = {.starts = {DATE_NONE_DAYS}, .ends = {DATE_NONE_DAYS}};
    const struct project_input *in = call->body;

    *out = merged(call, &blank);
    out->code = in->code;
    check_dates(call, out);
    return call->faults.count > 0 ? STATUS_INVALID : STATUS_OK;
}

static enum status create(struct tx *tx, void *arg)
{
    struct project_write *p = arg;
    int64_t id = 0;

    write_begin(&p->w);
    p->w.version = p->project.version;
    p->w.name = p->project.code;
    enum status st = tx_project_insert(tx, p->w.who, &p->project, &id);
    if (st == STATUS_TAKEN)
        faults_add(&p->w.call->faults, "/code", "taken", "there is a project with this code");
    if (st == STATUS_OK)
        st = write_change(&p->w, NULL, &p->project);
    return st == STATUS_OK ? write_event(&p->w, tx, id) : st;
}

enum status project_create(struct call *call, const struct principal *who)
{
    struct project_write p = begin(call, who, EVENT_PROJECT_ADDED);
    enum status st = check_input(call, &p.project);

    return st == STATUS_OK ? write_run(&p.w, create, &p) : st;
}

static bool is_same(const struct project *a, const struct project *b)
{
    return str_eq(a->name, b->name) && str_eq(a->customer, b->customer) && a->state == b->state &&
           a->starts.days == b->starts.days && a->ends.days == b->ends.days;
}

static enum status patch(struct tx *tx, void *arg)
{
    struct project_write *p = arg;
    struct call *call = p->w.call;
    struct project was;

    write_begin(&p->w);
    enum status st = utf8_valid(call->params[0])
                         ? tx_project_get(call->mem, tx, call->params[0], &was)
                         : STATUS_NOT_FOUND;
    if (st == STATUS_OK)
        st = require_version(call, ETAG_PROJECT, was.version, "The project");
    if (st != STATUS_OK)
        return st;
    p->project = merged(call, &was);
    check_dates(call, &p->project);
    if (call->faults.count > 0)
        return STATUS_INVALID;
    if (is_same(&was, &p->project)) { /* nothing to change: the version stays */
        p->w.version = was.version;
        return write_change(&p->w, NULL, &was);
    }
    p->w.version = p->project.version;
    st = tx_project_update(tx, p->w.who, &p->project);
    if (st == STATUS_OK)
        st = write_change(&p->w, &was, &p->project);
    return st == STATUS_OK ? write_event(&p->w, tx, was.id) : st;
}

enum status project_patch(struct call *call, const struct principal *who)
{
    struct project_write p = begin(call, who, EVENT_PROJECT_EDITED);
    enum status st = check_input(call, &p.project);

    return st == STATUS_OK ? write_run(&p.w, patch, &p) : st;
}
