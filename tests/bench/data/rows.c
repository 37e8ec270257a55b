#include "rows.h"

#include <stdio.h>
#include <string.h>

#include "ts/clock.h"

/* A statement is sent when it has as many bytes; the servers take 16 MB and more. */
enum { STATEMENT_BYTES = 1 << 20, STATEMENT_LIMIT = 12 << 20 };

void rows_init(struct rows_out *rows, TALLOC_CTX *mem, struct sql *sql, const char *head)
{
    *rows = (struct rows_out){.sql = sql, .head = head};
    buf_init(&rows->text, mem, STATEMENT_LIMIT);
}

static void comma(struct rows_out *rows)
{
    if (rows->text.len > 0 && rows->text.data[rows->text.len - 1] != '(')
        buf_add_char(&rows->text, ',');
}

void row_begin(struct rows_out *rows)
{
    if (rows->text.len == 0)
        buf_add_str(&rows->text, str_of(rows->head));
    else
        buf_add_char(&rows->text, ',');
    buf_add_char(&rows->text, '(');
    rows->count++;
}

void row_end(struct rows_out *rows)
{
    buf_add_char(&rows->text, ')');
    if (rows->text.len >= STATEMENT_BYTES)
        (void)rows_flush(rows); /* the failure stays for the last flush to tell */
}

bool rows_flush(struct rows_out *rows)
{
    if (rows->text.status != STATUS_OK && !rows->failed) {
        rows->failed = true;
        (void)fputs("out of memory for rows\n", stderr);
    }
    if (!rows->failed && rows->text.len > 0 && !sql_run(rows->sql, buf_str(&rows->text))) {
        rows->failed = true;
        (void)fprintf(stderr, "%s: %s\n", rows->head, sql_message(rows->sql));
    }
    rows->text.len = 0;
    return !rows->failed;
}

void put_int(struct rows_out *rows, int64_t value)
{
    comma(rows);
    buf_add_i64(&rows->text, value);
}

void put_null(struct rows_out *rows)
{
    comma(rows);
    buf_add_str(&rows->text, STR("NULL"));
}

void put_text(struct rows_out *rows, struct str text)
{
    comma(rows);
    buf_add_char(&rows->text, '\'');
    while (text.len > 0) {
        size_t plain = 0;
        while (plain < text.len && text.data[plain] != '\'' && text.data[plain] != '\\')
            plain++;
        buf_add(&rows->text, text.data, plain);
        if (plain < text.len) {
            buf_add_char(&rows->text, '\\');
            buf_add_char(&rows->text, text.data[plain++]);
        }
        text = str_skip(text, plain);
    }
    buf_add_char(&rows->text, '\'');
}

void put_text_or_null(struct rows_out *rows, struct str text)
{
    if (text.len == 0)
        put_null(rows);
    else
        put_text(rows, text);
}

void put_bytes(struct rows_out *rows, const uint8_t *bytes, size_t len)
{
    comma(rows);
    buf_add_str(&rows->text, STR("X'"));
    buf_add_hex(&rows->text, bytes, len);
    buf_add_char(&rows->text, '\'');
}

void put_date(struct rows_out *rows, struct date date)
{
    char text[DATE_TEXT_LEN];

    date_format(date, text);
    put_text(rows, str_n(text, sizeof text));
}

void put_time(struct rows_out *rows, int64_t at_us)
{
    char text[INSTANT_TEXT_LEN];

    instant_format(at_us, text);
    text[DATE_TEXT_LEN] = ' ';
    put_text(rows, str_n(text, sizeof text - 1)); /* without the Z */
}
