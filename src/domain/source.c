#include "ts/source.h"

#include "ts/label.h"

/* What the tables share: POST needs both, PATCH can only move the source to another client. */
#define CLIENT_ROW(must)                                                                           \
    FIELD_TEXT(struct source_input, client_id, .required = (must), .min = 1, .max = CLIENT_ID_MAX, \
               .parse = client_id_parse,                                                           \
               .doc = "The application that may upload for it, as the tenant names it.",           \
               .example = "\"TsM2m000000000000000000000000001\"")

static const struct field source_fields[] = {
    FIELD_TEXT(struct source, name, .min = 1, .max = SOURCE_NAME_MAX, .column = "name",
               .doc = "The name that uploads give, unique and fixed.",
               .example = "\"contractor-tool\""),
    FIELD_TEXT(struct source, client_id, .min = 1, .max = CLIENT_ID_MAX, .column = "client_id",
               .doc = "The application that may upload for it, as the tenant names it.",
               .example = "\"TsM2m000000000000000000000000001\""),
    FIELD_INT(struct source, version, .min = 1, .max = INT64_MAX, .column = "version",
              .doc = "Rises by one with every change; the ETag holds the same number.",
              .example = "1"),
};

const struct schema source_schema = SCHEMA("Source", struct source, source_fields);

static const struct field source_input_fields[] = {
    [SOURCE_INPUT_NAME] = FIELD_TEXT(
        struct source_input, name, .required = true, .min = 1, .max = SOURCE_NAME_MAX,
        .parse = source_name_parse, .pattern = "^[A-Za-z0-9._-]+$",
        .doc = "A new name of A-Z a-z 0-9 . _ - characters.", .example = "\"contractor-tool\""),
    [SOURCE_INPUT_CLIENT] = CLIENT_ROW(true),
};

const struct schema source_input_schema =
    SCHEMA_INPUT("SourceInput", struct source_input, source_input_fields);

static const struct field source_patch_fields[] = {
    [SOURCE_INPUT_NAME] = FIELD_READ_ONLY("name"),
    [SOURCE_INPUT_CLIENT] = CLIENT_ROW(false),
    FIELD_READ_ONLY("version"),
};

const struct schema source_patch_schema =
    SCHEMA_INPUT("SourcePatch", struct source_input, source_patch_fields);

static const struct field source_query_fields[] = {
    FIELD_INT(struct source_query, limit, .min = 1, .max = LIST_LIMIT_MAX,
              .doc = "How many sources to give at most; 1000 when left out.", .example = "100"),
    FIELD_TEXT(struct source_query, cursor, .min = 1, .max = SOURCE_NAME_MAX,
               .doc = "Where to go on, taken from the Link header of the page before.",
               .example = "\"contractor-tool\""),
};

const struct schema source_query_schema =
    SCHEMA_INPUT("SourceQuery", struct source_query, source_query_fields);

static bool is_name_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool source_name_parse(struct str text, int64_t *out, const char **why)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_name_character(text.data[i])) {
            *why = "must be of A-Z a-z 0-9 . _ -";
            return false;
        }
    }
    return label_segment_parse(text, out, why);
}

bool client_id_parse(struct str text, int64_t *out, const char **why)
{
    (void)out; /* a text has no number */
    *why = "must be of ASCII characters without spaces";
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    }
    return true;
}
