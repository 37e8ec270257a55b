#include "ts/project.h"

#include "ts/entry.h"
#include "ts/label.h"
#include "ts/period.h"

enum { QUERY_TEXT_MAX = 100, PROJECT_TEXT_MAX = 200 };

const char *const project_state_names[] = {
    [PROJECT_OPEN] = "open", [PROJECT_CLOSED] = "closed", NULL};

static const struct field project_fields[] = {
    FIELD_TEXT(struct project, code, .min = 1, .max = PROJECT_CODE_MAX, .column = "code",
               .doc = "The code that entries name, unique and fixed.", .example = "\"StoreZero\""),
    FIELD_TEXT(struct project, name, .max = PROJECT_TEXT_MAX, .column = "name",
               .doc = "What the project is called.", .example = "\"Store Zero relaunch\""),
    FIELD_TEXT(struct project, customer, .max = PROJECT_TEXT_MAX, .column = "customer",
               .doc = "Who it is done for; empty for internal work.",
               .example = "\"Zero Retail Ltd\""),
    FIELD_ENUM(struct project, state, .min = PROJECT_OPEN, .max = PROJECT_CLOSED,
               .names = project_state_names, .column = "state",
               .doc = "Whether time can be booked on it.", .example = "\"open\""),
    FIELD_NAMED("starts_on", FIELD_DATE, struct project, starts, struct date, .column = "starts_on",
                .nullable = true,
                .doc = "The first date that time can be booked on; null when there is no bound.",
                .example = "\"2026-01-01\""),
    FIELD_NAMED("ends_on", FIELD_DATE, struct project, ends, struct date, .column = "ends_on",
                .nullable = true,
                .doc = "The last date that time can be booked on; null when there is no bound.",
                .example = "null"),
    FIELD_INT(struct project, version, .min = 1, .max = INT64_MAX, .column = "version",
              .doc = "Rises by one with every change of the project.", .example = "1"),
};

const struct schema project_schema = SCHEMA("Project", struct project, project_fields);

/* The members that POST and PATCH share. */
#define NAME_ROW(must)                                                                             \
    FIELD_TEXT(struct project_input, name, .required = (must), .min = 1, .max = PROJECT_TEXT_MAX,  \
               .parse = label_parse, .doc = "What the project is called.",                         \
               .example = "\"Store Zero relaunch\"")
#define CUSTOMER_ROW                                                                               \
    FIELD_TEXT(struct project_input, customer, .max = PROJECT_TEXT_MAX, .parse = label_parse,      \
               .doc = "Who it is done for; empty for internal work.",                              \
               .example = "\"Zero Retail Ltd\"")
#define STATE_ROW(text)                                                                            \
    FIELD_ENUM(struct project_input, state, .min = PROJECT_OPEN, .max = PROJECT_CLOSED,            \
               .names = project_state_names, .doc = (text), .example = "\"open\"")
#define STARTS_ROW                                                                                 \
    FIELD_NAMED("starts_on", FIELD_DATE, struct project_input, starts, struct date,                \
                .nullable = true, .parse = bound_date_parse,                                       \
                .doc = "The first date that time can be booked on; null for no bound.",            \
                .example = "\"2026-01-01\"")
#define ENDS_ROW                                                                                   \
    FIELD_NAMED("ends_on", FIELD_DATE, struct project_input, ends, struct date, .nullable = true,  \
                .parse = bound_date_parse,                                                         \
                .doc = "The last date that time can be booked on; null for no bound.",             \
                .example = "null")

static const struct field project_input_fields[] = {
    [PROJECT_INPUT_CODE] =
        FIELD_TEXT(struct project_input, code, .required = true, .min = 1, .max = PROJECT_CODE_MAX,
                   .pattern = LABEL_SEGMENT_PATTERN, .parse = label_segment_parse,
                   .doc = "A new code, without a slash and without spaces at its ends. It never "
                          "changes.",
                   .example = "\"StoreZero\""),
    [PROJECT_INPUT_NAME] = NAME_ROW(true),
    [PROJECT_INPUT_CUSTOMER] = CUSTOMER_ROW,
    [PROJECT_INPUT_STATE] = STATE_ROW("open when left out."),
    [PROJECT_INPUT_STARTS] = STARTS_ROW,
    [PROJECT_INPUT_ENDS] = ENDS_ROW,
};

const struct schema project_input_schema =
    SCHEMA_INPUT("ProjectInput", struct project_input, project_input_fields);

static const struct field project_patch_fields[] = {
    [PROJECT_INPUT_CODE] = FIELD_READ_ONLY("code"),
    [PROJECT_INPUT_NAME] = NAME_ROW(false),
    [PROJECT_INPUT_CUSTOMER] = CUSTOMER_ROW,
    [PROJECT_INPUT_STATE] = STATE_ROW("A closed project keeps its entries and takes no new ones."),
    [PROJECT_INPUT_STARTS] = STARTS_ROW,
    [PROJECT_INPUT_ENDS] = ENDS_ROW,
    FIELD_READ_ONLY("version"),
};

const struct schema project_patch_schema =
    SCHEMA_INPUT("ProjectPatch", struct project_input, project_patch_fields);

static const struct field project_query_fields[] = {
    [PROJECT_QUERY_STATE] = FIELD_ENUM(
        struct project_query, state, .min = PROJECT_OPEN, .max = PROJECT_CLOSED,
        .names = project_state_names, .doc = "Only projects in this state.", .example = "\"open\""),
    [PROJECT_QUERY_Q] =
        FIELD_TEXT(struct project_query, q, .min = 1, .max = QUERY_TEXT_MAX,
                   .doc = "Text that the code, name or customer holds.", .example = "\"store\""),
    [PROJECT_QUERY_LIMIT] = FIELD_INT(
        struct project_query, limit, .min = 1, .max = LIST_LIMIT_MAX,
        .doc = "How many projects to give at most; 1000 when left out.", .example = "100"),
    [PROJECT_QUERY_CURSOR] =
        FIELD_TEXT(struct project_query, cursor, .min = 1, .max = PROJECT_CODE_MAX,
                   .doc = "Where to go on, taken from the Link header of the page before.",
                   .example = "\"StoreZero\""),
};

const struct schema project_query_schema =
    SCHEMA_INPUT("ProjectQuery", struct project_query, project_query_fields);

bool project_takes(const struct project *project, struct date date)
{
    bool begun = project->starts.days == DATE_NONE_DAYS || project->starts.days <= date.days;
    bool ended = project->ends.days != DATE_NONE_DAYS && project->ends.days < date.days;

    return project->state == PROJECT_OPEN && begun && !ended;
}
