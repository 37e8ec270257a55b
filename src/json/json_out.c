/* JSON laid out for people. */
#include "ts/json.h"

enum { STEP = 2 };

void json_out_init(struct json_out *o, struct buf *b)
{
    *o = (struct json_out){.b = b, .depth = 0, .fresh = true};
}

static void new_line(struct json_out *o)
{
    buf_add_char(o->b, '\n');
    for (int i = 0; i < STEP * o->depth; i++)
        buf_add_char(o->b, ' ');
}

/* What stands before a value: a comma, its line, its name. */
static void begin_value(struct json_out *o, const char *name)
{
    if (!o->fresh)
        buf_add_char(o->b, ',');
    if (o->depth > 0)
        new_line(o);
    o->fresh = false;
    if (name != NULL) {
        json_write_text(o->b, str_of(name));
        buf_add_str(o->b, STR(": "));
    }
}

void json_out_open(struct json_out *o, const char *name, char bracket)
{
    begin_value(o, name);
    buf_add_char(o->b, bracket);
    o->depth++;
    o->fresh = true;
}

void json_out_close(struct json_out *o, char bracket)
{
    o->depth--;
    if (!o->fresh)
        new_line(o);
    o->fresh = false;
    buf_add_char(o->b, bracket);
}

void json_out_text(struct json_out *o, const char *name, struct str text)
{
    begin_value(o, name);
    json_write_text(o->b, text);
}

void json_out_i64(struct json_out *o, const char *name, int64_t value)
{
    begin_value(o, name);
    buf_add_i64(o->b, value);
}

void json_out_raw(struct json_out *o, const char *name, struct str json)
{
    begin_value(o, name);
    buf_add_str(o->b, json);
}
