#include "ts/person.h"

#include "ts/entry.h"
#include "ts/label.h"
#include "ts/period.h"

enum { QUERY_TEXT_MAX = 100, EMAIL_MIN_LEN = 3 };

static const struct field person_fields[] = {
    FIELD_INT(struct person, id, .min = 1, .max = ACTOR_CLIENT_MIN - 1, .column = "id",
              .doc = "The person's number, as paths use it.", .example = "7"),
    FIELD_TEXT(struct person, user_id, .min = 1, .max = USER_ID_MAX, .column = "user_id",
               .doc = "What entries show: the e-mail address, else the token's subject, else the "
                      "employee number, as it was when the person was made.",
               .example = "\"carl@contractors.example\""),
    FIELD_TEXT(struct person, name, .max = PERSON_NAME_MAX, .column = "name",
               .doc = "What the person is called; may be empty.", .example = "\"Carl Contractor\""),
    FIELD_TEXT(struct person, email, .max = EMAIL_MAX_LEN, .column = "email", .nullable = true,
               .doc = "The e-mail address in lower case, by which a login claims the person; null "
                      "when none is known.",
               .example = "\"carl@contractors.example\""),
    FIELD_ENUM(struct person, kind, .min = PERSON_EMPLOYEE, .max = PERSON_CONTRACTOR,
               .names = person_kind_names, .column = "kind", .doc = "Employee or contractor.",
               .example = "\"contractor\""),
    FIELD_TEXT(struct person, employee_number, .max = EMPLOYEE_NUMBER_MAX,
               .column = "employee_number", .nullable = true,
               .doc = "The number by which uploads may name the person; null when there is none.",
               .example = "\"007\""),
    FIELD_DATE(struct person, active_from, .column = "active_from", .nullable = true,
               .doc = "The first date of work; null when it is not known.",
               .example = "\"2026-01-05\""),
    FIELD_DATE(struct person, active_to, .column = "active_to", .nullable = true,
               .doc =
                   "The last date of work: later weeks are not missing; null when there is none.",
               .example = "null"),
    FIELD_BOOL(struct person, claimed, .column = "claimed",
               .doc = "True when a login is bound to the person.", .example = "true"),
    FIELD_INT(struct person, version, .min = 1, .max = INT64_MAX, .column = "version",
              .doc = "Rises by one with every change; the ETag holds the same number.",
              .example = "1"),
};

const struct schema person_schema = SCHEMA("Person", struct person, person_fields);

/* The members that POST and PATCH share. */
#define NAME_ROW(must)                                                                             \
    FIELD_TEXT(struct person_input, name, .required = (must), .min = 1, .max = PERSON_NAME_MAX,    \
               .parse = label_parse, .doc = "What the person is called.",                          \
               .example = "\"Carl Contractor\"")
#define KIND_ROW(must)                                                                             \
    FIELD_ENUM(struct person_input, kind, .required = (must), .min = PERSON_EMPLOYEE,              \
               .max = PERSON_CONTRACTOR, .names = person_kind_names,                               \
               .doc = "Employee or contractor; what tokens say does not change it.",               \
               .example = "\"contractor\"")
#define EMAIL_ROW(text)                                                                            \
    FIELD_TEXT(struct person_input, email, .min = EMAIL_MIN_LEN, .max = EMAIL_MAX_LEN,             \
               .nullable = true, .parse = email_parse, .doc = (text),                              \
               .example = "\"carl@contractors.example\"")
#define NUMBER_ROW                                                                                 \
    FIELD_TEXT(struct person_input, employee_number, .min = 1, .max = EMPLOYEE_NUMBER_MAX,         \
               .nullable = true, .parse = employee_number_parse,                                   \
               .doc = "By which uploads may name the person; unique, without @ and |.",            \
               .example = "\"007\"")
#define FROM_ROW                                                                                   \
    FIELD_DATE(struct person_input, active_from, .nullable = true, .parse = bound_date_parse,      \
               .doc = "The first date of work.", .example = "\"2026-01-05\"")
#define TO_ROW                                                                                     \
    FIELD_DATE(struct person_input, active_to, .nullable = true, .parse = bound_date_parse,        \
               .doc = "The last date of work.", .example = "\"2027-06-30\"")

static const struct field person_input_fields[] = {
    [PERSON_INPUT_NAME] = NAME_ROW(true),
    [PERSON_INPUT_KIND] = KIND_ROW(true),
    [PERSON_INPUT_EMAIL] =
        EMAIL_ROW("The first login with this verified address claims the person. An address or an "
                  "employee number is needed."),
    [PERSON_INPUT_NUMBER] = NUMBER_ROW,
    [PERSON_INPUT_FROM] = FROM_ROW,
    [PERSON_INPUT_TO] = TO_ROW,
};

const struct schema person_input_schema =
    SCHEMA_INPUT("PersonInput", struct person_input, person_input_fields);

static const struct field person_patch_fields[] = {
    [PERSON_INPUT_NAME] = NAME_ROW(false),
    [PERSON_INPUT_KIND] = KIND_ROW(false),
    [PERSON_INPUT_EMAIL] =
        EMAIL_ROW("The first login with this verified address claims the person. It can change "
                  "only while the person is not claimed."),
    [PERSON_INPUT_NUMBER] = NUMBER_ROW,
    [PERSON_INPUT_FROM] = FROM_ROW,
    [PERSON_INPUT_TO] = TO_ROW,
    [PERSON_INPUT_CLAIMED] =
        FIELD_BOOL(struct person_input, claimed,
                   .doc = "false unbinds the login: the next one with the verified address claims "
                          "the person. Workers remember a login for up to a minute.",
                   .example = "false"),
    FIELD_READ_ONLY("id"),
    FIELD_READ_ONLY("user_id"),
    FIELD_READ_ONLY("version"),
};

const struct schema person_patch_schema =
    SCHEMA_INPUT("PersonPatch", struct person_input, person_patch_fields);

static const struct field person_query_fields[] = {
    [PERSON_QUERY_Q] = FIELD_TEXT(
        struct person_query, q, .min = 1, .max = QUERY_TEXT_MAX,
        .doc = "Text that the name, user_id, e-mail address or employee number holds, in any "
               "letter case.",
        .example = "\"carl\""),
    [PERSON_QUERY_KIND] =
        FIELD_ENUM(struct person_query, kind, .min = PERSON_EMPLOYEE, .max = PERSON_CONTRACTOR,
                   .names = person_kind_names, .doc = "Only people of this kind.",
                   .example = "\"contractor\""),
    [PERSON_QUERY_ACTIVE] = FIELD_DATE(struct person_query, active, .parse = bound_date_parse,
                                       .doc = "Only people whose dates of work hold this one.",
                                       .example = "\"2026-11-23\""),
    [PERSON_QUERY_LIMIT] =
        FIELD_INT(struct person_query, limit, .min = 1, .max = LIST_LIMIT_MAX,
                  .doc = "How many people to give at most; 1000 when left out.", .example = "100"),
    [PERSON_QUERY_CURSOR] =
        FIELD_TEXT(struct person_query, cursor, .min = 1, .max = USER_ID_MAX,
                   .doc = "Where to go on, taken from the Link header of the page before.",
                   .example = "\"carl@contractors.example\""),
};

const struct schema person_query_schema =
    SCHEMA_INPUT("PersonQuery", struct person_query, person_query_fields);

bool email_parse(struct str text, int64_t *out, const char **why)
{
    size_t at = str_find(text, '@');
    struct str domain = str_skip(text, at + 1);

    *why = "must have at most 254 bytes";
    if (text.len > EMAIL_MAX_LEN)
        return false;
    *why = "must have one @ with something before and after it";
    if (at == 0 || domain.len == 0 || str_find(domain, '@') < domain.len)
        return false;
    *why = "must not hold spaces";
    return str_find(text, ' ') == text.len && label_parse(text, out, why);
}

bool employee_number_parse(struct str text, int64_t *out, const char **why)
{
    *why = "must have at most 64 bytes";
    if (text.len > EMPLOYEE_NUMBER_MAX)
        return false;
    *why = "must not hold @ or |";
    return str_find(text, '@') == text.len && str_find(text, '|') == text.len &&
           label_parse(text, out, why);
}
