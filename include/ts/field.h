/* Field tables: one row a member of a resource. A table drives parsing (JSON and
 * query), limits, serialisation, column binding and the OpenAPI document, so a
 * rule about a field stands once. Plain data; json, http and store read it.
 *
 * A member of the wrong C type for its row does not compile. */
#ifndef TS_FIELD_H
#define TS_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ts/date.h"
#include "ts/str.h"

enum field_type {
    FIELD_TEXT,  /* struct str; min..max in characters; valid UTF-8 without control characters;
                    .parse, if there is one, says whether the text may be (its number is not used) */
    FIELD_INT,   /* int64_t; min..max */
    FIELD_DATE,  /* struct date; text read by .parse (default date_parse_iso) */
    FIELD_HOURS, /* int64_t minutes, shown as decimal hours; number or numeric text read by .parse */
    FIELD_ENUM,  /* int64_t, index into .names */
    FIELD_BOOL,  /* int64_t, 0 or 1 */
    FIELD_LIST, /* struct field_list of structs described by .items; JSON only; at most max items */
    FIELD_TEXTS,   /* struct field_list of struct str; JSON output only */
    FIELD_IS,      /* output only: JSON true when the int64_t member equals .min */
    FIELD_INSTANT, /* int64_t, microseconds since 1970 UTC; output only, RFC 3339 text */
    FIELD_JSON,    /* output only: struct str of JSON text, written as it is; empty is null */
    FIELD_IGNORED, /* input only: accepted and thrown away (older clients send it) */
};

/* Reads text into a number (days of a date, minutes); false with *why = what was expected. */
typedef bool field_parse_fn(struct str text, int64_t *out, const char **why);
/* Writes a number as it is shown (decimal hours) and returns its length. */
enum { FIELD_NUMBER_MAX = 16 };
typedef size_t field_format_fn(int64_t value, char out[FIELD_NUMBER_MAX]);

struct schema;

/* An array in memory: count items, each as large as the row's .items says (FIELD_LIST) or a struct
 * str (FIELD_TEXTS). */
struct field_list {
    const void *items;
    size_t count;
};

struct field {
    const char *name; /* JSON member or query parameter */
    enum field_type type;
    size_t offset; /* of the member in the struct */
    bool required;
    int64_t min, max;
    const char *const *names; /* FIELD_ENUM: NULL-terminated */
    field_parse_fn *parse;
    field_format_fn *format;    /* FIELD_HOURS in an output table */
    const struct schema *items; /* FIELD_LIST */
    /* Output: an empty text is written as null, and so is a number of 0 (DATE_NONE_DAYS always is).
     * Input: JSON null is taken as an empty text, no date, 0. */
    bool nullable;
    const char *column; /* SQL column it is bound to, NULL = not from the database */
    /* For the OpenAPI document alone; what is enforced is .parse and the handler. */
    const char *doc;     /* one sentence */
    const char *example; /* JSON text */
    const char *pattern; /* ECMA-262: of a text; of a date's spellings beside YYYY-MM-DD */
    const char *or_else; /* the row or the one of this name must be there */
};

enum { FIELDS_MAX = 32, FIELD_NAME_MAX = 32 /* characters of a name */ };

/* A table and the struct it describes. `present` is a uint32_t member: bit i is set
 * when field i was there (JSON null counts as absent unless a row says otherwise). */
struct schema {
    const char *name;
    const struct field *fields;
    size_t count;
    size_t size;           /* of the struct */
    size_t present_offset; /* SCHEMA_NO_PRESENT when the struct has none */
};

#define SCHEMA_NO_PRESENT SIZE_MAX

/* clang-format breaks _Generic apart, and clang-tidy wants parentheses that types cannot have. */
/* clang-format off */
#define FIELD_OFFSET(owner, member, ctype)                                                         \
    (offsetof(owner, member) +                                                                     \
     0 * sizeof(char[_Generic(((owner *)0)->member, ctype: 1, default: -1)])) /* NOLINT(bugprone-macro-parentheses) */
/* clang-format on */

#define FIELD_TEXT(owner, member, ...)                                                             \
    {                                                                                              \
        .name = #member, .type = FIELD_TEXT, .offset = FIELD_OFFSET(owner, member, struct str),    \
        __VA_ARGS__                                                                                \
    }
#define FIELD_INT(owner, member, ...)                                                              \
    {                                                                                              \
        .name = #member, .type = FIELD_INT, .offset = FIELD_OFFSET(owner, member, int64_t),        \
        __VA_ARGS__                                                                                \
    }
#define FIELD_DATE(owner, member, ...)                                                             \
    {                                                                                              \
        .name = #member, .type = FIELD_DATE, .offset = FIELD_OFFSET(owner, member, struct date),   \
        __VA_ARGS__                                                                                \
    }
#define FIELD_BOOL(owner, member, ...)                                                             \
    {                                                                                              \
        .name = #member, .type = FIELD_BOOL, .offset = FIELD_OFFSET(owner, member, int64_t),       \
        __VA_ARGS__                                                                                \
    }
#define FIELD_LIST(owner, member, ...)                                                             \
    {                                                                                              \
        .name = #member, .type = FIELD_LIST,                                                       \
        .offset = FIELD_OFFSET(owner, member, struct field_list), __VA_ARGS__                      \
    }
#define FIELD_TEXTS(owner, member, ...)                                                            \
    {                                                                                              \
        .name = #member, .type = FIELD_TEXTS,                                                      \
        .offset = FIELD_OFFSET(owner, member, struct field_list), __VA_ARGS__                      \
    }
#define FIELD_ENUM(owner, member, ...)                                                             \
    {                                                                                              \
        .name = #member, .type = FIELD_ENUM, .offset = FIELD_OFFSET(owner, member, int64_t),       \
        __VA_ARGS__                                                                                \
    }
/* Rows whose name in JSON is not the member's: hours (a view of minutes), approved (of status), instants. */
#define FIELD_NAMED(json_name, kind, owner, member, ctype, ...)                                    \
    {                                                                                              \
        .name = (json_name), .type = (kind), .offset = FIELD_OFFSET(owner, member, ctype),         \
        __VA_ARGS__                                                                                \
    }
#define FIELD_SKIP(json_name)                                                                      \
    {                                                                                              \
        .name = (json_name), .type = FIELD_IGNORED                                                 \
    }
/* A member of the resource that an input table refuses with the code "read-only". */
#define FIELD_READ_ONLY(json_name)                                                                 \
    {                                                                                              \
        .name = (json_name), .type = FIELD_IS                                                      \
    }

#define SCHEMA(schema_name, owner, table)                                                          \
    {                                                                                              \
        .name = (schema_name), .fields = (table), .count = sizeof(table) / sizeof((table)[0]),     \
        .size = sizeof(owner), .present_offset = SCHEMA_NO_PRESENT                                 \
    }
#define SCHEMA_INPUT(schema_name, owner, table)                                                    \
    {                                                                                              \
        .name = (schema_name), .fields = (table), .count = sizeof(table) / sizeof((table)[0]),     \
        .size = sizeof(owner), .present_offset = FIELD_OFFSET(owner, present, uint32_t)            \
    }

/* The row of that name, or NULL. */
const struct field *field_find(const struct schema *schema, struct str name);
/* Stores a checked number or text in the member of a row and marks it present. */
void field_put_i64(const struct schema *schema, const struct field *field, void *object,
                   int64_t value);
void field_put_str(const struct schema *schema, const struct field *field, void *object,
                   struct str value);
void field_put_list(const struct schema *schema, const struct field *field, void *object,
                    struct field_list value);
/* Puts what null stands for (of a .nullable row): an empty text, no date, 0. */
void field_put_null(const struct schema *schema, const struct field *field, void *object);
/* Was field number `index` (its place in the table) there? */
bool field_is_present(const struct schema *schema, const void *object, size_t index);

/* Checks text for a row (all types but FIELD_LIST, FIELD_TEXTS and FIELD_IGNORED) and stores it: the one place of
 * limits, for JSON members and query parameters alike. False with a code and a sentence. */
struct field_error {
    const char *code;
    char detail[160];
};
bool field_read(const struct schema *schema, const struct field *field, struct str text,
                void *object, struct field_error *error) TS_MUST_CHECK;

#endif
