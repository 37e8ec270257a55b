/* src/api: the OpenAPI document and the reference page say all that the tables say, and only that. */
#include "../../src/api/contract_priv.h"
#include "unit.h"

static char *document(TALLOC_CTX *mem, void (*write)(struct buf *out))
{
    struct buf b;

    buf_init(&b, mem, API_DOCUMENT_MAX);
    write(&b);
    ck_assert_int_eq(b.status, STATUS_OK);
    return talloc_strndup(mem, b.data, b.len);
}

static size_t times(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        n++;
    return n;
}

#define ck_holds(text, ...)                                                                        \
    do {                                                                                           \
        char *what = talloc_asprintf(NULL, __VA_ARGS__);                                           \
        ck_assert_msg(strstr((text), what) != NULL, "no %s", what);                                \
        talloc_free(what);                                                                         \
    } while (0)

START_TEST(both_are_the_same_bytes_each_time)
{
    TALLOC_CTX *mem = talloc_new(NULL);

    ck_assert_str_eq(document(mem, api_openapi), document(mem, api_openapi));
    ck_assert_str_eq(document(mem, api_reference), document(mem, api_reference));
    talloc_free(mem);
}
END_TEST

START_TEST(a_document_that_does_not_fit_fails_and_is_never_cut)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    size_t whole = strlen(document(mem, api_openapi));

    for (size_t limit = 0; limit < whole; limit += 997) {
        struct buf b;
        buf_init(&b, mem, limit);
        api_openapi(&b);
        ck_assert_int_eq(b.status, STATUS_TOO_LARGE);
        talloc_free(b.data);
    }
    talloc_free(mem);
}
END_TEST

/* --- what the tables must hold so that the documents can be made ------------------------------------ */
START_TEST(every_route_has_words_and_belongs_to_a_resource)
{
    for (size_t i = 0; i < api_route_count; i++) {
        const struct route *r = &api_routes[i];
        ck_assert_msg(contract_resource(r) != NULL,
                      "%s: its first segment is not in contract_resources", r->path);
        ck_assert_msg(r->summary != NULL && r->summary[0] != '\0', "%s has no summary", r->path);
        ck_assert_msg(r->summary[strlen(r->summary) - 1] != '.', "%s: the page adds the full stop",
                      r->path);
        struct str rest = str_of(r->path), name;
        while (contract_next_param(&rest, &name))
            ck_assert_msg(contract_path_param(name) != NULL, "%s: {%.*s} has no row", r->path,
                          (int)name.len, name.data);
    }
}
END_TEST

START_TEST(every_refusal_of_a_route_has_words)
{
    for (size_t i = 0; i < api_route_count; i++) {
        struct operation op = contract_operation(&api_routes[i]);
        for (int st = 0; st < STATUS_COUNT; st++) {
            if ((op.refuses >> st & 1) == 0)
                continue;
            ck_assert_msg(contract_problem((enum status)st) != NULL, "%s has no words",
                          status_slug((enum status)st));
            ck_assert_int_ge(status_http((enum status)st), 400);
        }
    }
}
END_TEST

START_TEST(only_what_clients_never_see_has_no_words)
{
    for (int st = 0; st < STATUS_COUNT; st++) {
        bool unseen = st == STATUS_OK || st == STATUS_NOT_MODIFIED || st == STATUS_BAD_CONFIG;
        ck_assert_msg((contract_problem((enum status)st) == NULL) == unseen, "%s",
                      status_slug((enum status)st));
    }
}
END_TEST

static void check_row(const struct schema *schema, const struct field *field, bool input)
{
    const char *why = "";
    size_t at;

    if (!contract_shows(field, input) || field->type == FIELD_IGNORED)
        return;
    ck_assert_msg(field->doc != NULL, "%s.%s has no doc", schema->name, field->name);
    ck_assert_msg(field->example != NULL || field->type == FIELD_LIST || field->type == FIELD_ENUM,
                  "%s.%s has no example", schema->name, field->name);
    if (field->example != NULL)
        ck_assert_msg(json_check(str_of(field->example), &why, &at),
                      "the example of %s.%s is no JSON: %s", schema->name, field->name, why);
    if (field->or_else != NULL)
        ck_assert_ptr_nonnull(field_find(schema, str_of(field->or_else)));
}

START_TEST(every_row_has_words_and_an_example)
{
    struct used_schema schemas[CONTRACT_SCHEMAS_MAX];
    size_t count = contract_schemas(schemas);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < schemas[i].schema->count; k++)
            check_row(schemas[i].schema, &schemas[i].schema->fields[k], schemas[i].input);
    }
    for (size_t i = 0; i < api_route_count; i++) {
        const struct schema *query = api_routes[i].query;
        for (size_t k = 0; query != NULL && k < query->count; k++)
            check_row(query, &query->fields[k], true);
    }
}
END_TEST

START_TEST(a_schema_has_a_name_of_its_own_and_is_sent_or_received)
{
    struct used_schema schemas[CONTRACT_SCHEMAS_MAX];
    size_t count = contract_schemas(schemas);

    ck_assert_uint_lt(count, CONTRACT_SCHEMAS_MAX);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(schemas[i].schema->name, schemas[k].schema->name);
    }
    for (size_t i = 0; i < api_route_count; i++) {
        for (size_t k = 0; k < api_route_count; k++)
            ck_assert_msg(api_routes[i].body == NULL || api_routes[i].body != api_routes[k].output,
                          "%s is a body and a reply", api_routes[i].body->name);
    }
}
END_TEST

/* --- what the documents hold --------------------------------------------------------------------------- */
START_TEST(the_document_has_every_operation_once_with_its_scopes)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *text = document(mem, api_openapi);

    for (size_t i = 0; i < api_route_count; i++) {
        struct buf id;
        buf_init(&id, mem, 256);
        contract_operation_id(&id, &api_routes[i]);
        char *member =
            talloc_asprintf(mem, "\"operationId\": \"%.*s\"", (int)id.len, buf_str(&id).data);
        ck_assert_msg(times(text, member) == 1, "%zu times %s", times(text, member), member);
        ck_holds(text, "\"%s\": {", api_routes[i].path);
    }
    ck_assert_uint_eq(times(text, "\"operationId\": "), api_route_count);
    for (int i = 0; i < SCOPE_INDEX_COUNT; i++)
        ck_holds(text, "\"%s\": \"%s\"", contract_scope_name((enum scope_index)i),
                 contract_scope((enum scope_index)i));
    talloc_free(mem);
}
END_TEST

START_TEST(operation_ids_are_made_of_method_and_path)
{
    static const struct {
        enum http_method method;
        const char *path, *id;
    } cases[] = {
        {HTTP_GET, "/timesheets", "getTimesheets"},
        {HTTP_PATCH, "/timesheets/{id}", "patchTimesheetsById"},
        {HTTP_PUT, "/people/{id}/weeks/{week}/decision", "putPeopleByIdWeeksByWeekDecision"},
        {HTTP_GET, "/openapi.json", "getOpenapiJson"},
        {HTTP_DELETE, "/a-b/c2", "deleteABC2"},
    };
    TALLOC_CTX *mem = talloc_new(NULL);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct route route = {.method = cases[i].method, .path = cases[i].path};
        struct buf b;
        buf_init(&b, mem, 256);
        contract_operation_id(&b, &route);
        ck_assert_view(buf_str(&b), cases[i].id);
    }
    talloc_free(mem);
}
END_TEST

/* What a route may answer follows from its row. */
START_TEST(refusals_follow_from_the_row_of_a_route)
{
    static const struct field version[] = {{.name = "version", .type = FIELD_INT}};
    static const struct schema tagged = {.name = "T", .fields = version, .count = 1};
    static const struct {
        const char *what;
        struct route route;
        int http;
        bool answered;
    } cases[] = {
        {"open", {.path = "/a"}, 401, false},
        {"secured", {.path = "/a", .scopes = SCOPE_READ}, 401, true},
        {"secured", {.path = "/a", .scopes = SCOPE_READ}, 403, true},
        {"no parameter", {.path = "/a"}, 404, false},
        {"parameter", {.path = "/a/{id}"}, 404, true},
        {"no body", {.path = "/a", .method = HTTP_POST}, 415, false},
        {"body", {.path = "/a", .method = HTTP_POST, .body = &tagged}, 415, true},
        {"a body of its own", {.path = "/a", .method = HTTP_POST, .streams = true}, 415, true},
        {"any", {.path = "/a"}, 422, true},
        {"versioned", {.path = "/a", .method = HTTP_DELETE, .versioned = true}, 428, true},
        {"versioned", {.path = "/a", .method = HTTP_DELETE, .versioned = true}, 412, true},
        {"a tag that may be named",
         {.path = "/a", .method = HTTP_PUT, .output = &tagged},
         412,
         true},
        {"a tag that may be named",
         {.path = "/a", .method = HTTP_PUT, .output = &tagged},
         428,
         false},
        {"made anew", {.path = "/a", .method = HTTP_POST, .output = &tagged}, 412, false},
        {"read", {.path = "/a", .output = &tagged}, 412, false},
        {"its own", {.path = "/a", .refuses = REFUSES(TAKEN)}, 409, true},
        {"not its own", {.path = "/a"}, 409, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct operation op = contract_operation(&cases[i].route);
        ck_assert_msg((contract_refuses(&op, cases[i].http) != 0) == cases[i].answered, "%s: %d",
                      cases[i].what, cases[i].http);
    }
    struct operation list =
        contract_operation(&(const struct route){.path = "/a", .output = &tagged, .list = true});
    ck_assert(!list.tagged && !list.not_modified);
    struct operation one =
        contract_operation(&(const struct route){.path = "/a", .output = &tagged});
    ck_assert(one.tagged && one.not_modified && !one.writes && !one.if_match);
}
END_TEST

START_TEST(the_page_has_a_place_for_every_problem_and_every_link_leads_somewhere)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *page = document(mem, api_reference);

    for (int st = 0; st < STATUS_COUNT; st++) {
        if (contract_problem((enum status)st) == NULL)
            continue;
        char *id = talloc_asprintf(mem, " id=\"%s\"", status_slug((enum status)st));
        ck_assert_msg(times(page, id) == 1, "%zu times%s", times(page, id), id);
    }
    for (const char *at = strstr(page, "href=\"#"); at != NULL; at = strstr(at + 1, "href=\"#")) {
        const char *name = at + strlen("href=\"#");
        char *id = talloc_asprintf(mem, " id=\"%.*s\"", (int)strcspn(name, "\""), name);
        ck_assert_msg(times(page, id) == 1, "%zu times%s", times(page, id), id);
    }
    ck_assert_uint_eq(times(page, "<script"), 0);
    ck_assert_uint_eq(times(page, " style="), 0);
    ck_assert_uint_eq(times(page, "<article"), times(page, "</article>"));
    ck_assert_uint_eq(times(page, "<table"), times(page, "</table>"));
    ck_assert_uint_eq(times(page, "<tr>"), times(page, "</tr>"));
    ck_assert_uint_eq(times(page, "<code>"), times(page, "</code>"));
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("openapi", both_are_the_same_bytes_each_time,
          a_document_that_does_not_fit_fails_and_is_never_cut,
          every_route_has_words_and_belongs_to_a_resource, every_refusal_of_a_route_has_words,
          only_what_clients_never_see_has_no_words, every_row_has_words_and_an_example,
          a_schema_has_a_name_of_its_own_and_is_sent_or_received,
          the_document_has_every_operation_once_with_its_scopes,
          operation_ids_are_made_of_method_and_path, refusals_follow_from_the_row_of_a_route,
          the_page_has_a_place_for_every_problem_and_every_link_leads_somewhere)
