/* Bodies against a field table: what is accepted keeps the table's limits and comes back from the
 * writer; what is not has faults with proper pointers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ts/json.h"
#include "ts/parse.h"
#include "ts/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const colours[] = {"red", "green", "blue", NULL};

struct thing {
    uint32_t present;
    struct str name;
    int64_t count;
    struct date day;
    int64_t minutes;
    int64_t colour;
};

static bool whole_parse(struct str text, int64_t *out, const char **why)
{
    *why = "must be whole";
    return parse_i64(text, 1, 24, out);
}

static size_t whole_format(int64_t value, char out[FIELD_NUMBER_MAX])
{
    char digits[20];
    size_t len = format_i64(digits, value);
    memcpy(out, digits, len < FIELD_NUMBER_MAX ? len : FIELD_NUMBER_MAX);
    return len < FIELD_NUMBER_MAX ? len : FIELD_NUMBER_MAX;
}

enum { NAME, COUNT, DAY, HOURS, COLOUR };
static const struct field thing_fields[] = {
    [NAME] = FIELD_TEXT(struct thing, name, .required = true, .min = 1, .max = 40),
    [COUNT] = FIELD_INT(struct thing, count, .min = -5, .max = 5000),
    [DAY] = FIELD_DATE(struct thing, day, .required = true),
    [HOURS] = FIELD_NAMED("hours", FIELD_HOURS, struct thing, minutes, int64_t,
                          .parse = whole_parse, .format = whole_format),
    [COLOUR] = FIELD_ENUM(struct thing, colour, .min = 0, .max = 1, .names = colours),
    FIELD_SKIP("id"),
    FIELD_READ_ONLY("version"),
};
static const struct schema schema = SCHEMA_INPUT("Thing", struct thing, thing_fields);
/* the same without what only an input has */
static const struct schema shown = {.name = "Thing",
                                    .fields = thing_fields,
                                    .count = COLOUR + 1,
                                    .size = sizeof(struct thing),
                                    .present_offset = offsetof(struct thing, present)};

static void require(bool held)
{
    if (!held)
        abort();
}

static void accepted(TALLOC_CTX *mem, const struct thing *thing)
{
    const struct json *json = NULL;
    struct thing again = {.count = thing->count};
    struct faults faults;
    struct buf b;

    require(field_is_present(&schema, thing, NAME) && field_is_present(&schema, thing, DAY));
    require(utf8_is_text(thing->name));
    require(utf8_length(thing->name) >= 1 && utf8_length(thing->name) <= 40);
    require(thing->count >= -5 && thing->count <= 5000);
    require(thing->colour == 0 || thing->colour == 1);
    if (!field_is_present(&schema, thing, HOURS))
        return;
    buf_init(&b, mem, 1 << 20);
    json_write(&b, &shown, thing);
    faults_init(&faults, mem);
    require(json_parse(mem, buf_str(&b), &faults, &json) == STATUS_OK);
    require(json_read(mem, json, &shown, &again, &faults) == STATUS_OK);
    require(str_eq(again.name, thing->name) && again.count == thing->count &&
            again.day.days == thing->day.days && again.minutes == thing->minutes &&
            again.colour == thing->colour);
}

static void refused(const struct faults *faults)
{
    require(faults->count > 0);
    for (size_t i = 0; i < faults->count && i < FAULTS_MAX; i++) {
        const struct fault *fault = &faults->list[i];
        require(fault->pointer[0] == '/' && utf8_valid(str_of(fault->pointer)));
        require(strlen(fault->pointer) <= 205);
        require(fault->code != NULL && strlen(fault->detail) > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct json *json = NULL;
    struct faults faults;
    struct thing thing = {0};

    faults_init(&faults, mem);
    if (json_parse(mem, str_n((const char *)data, size), &faults, &json) == STATUS_OK) {
        enum status st = json_read(mem, json, &schema, &thing, &faults);
        require((st == STATUS_BAD_JSON) == (json_type(json) != JSON_OBJECT));
        if (st == STATUS_OK)
            accepted(mem, &thing);
        else if (st == STATUS_INVALID)
            refused(&faults);
    }
    talloc_free(mem);
    return 0;
}
