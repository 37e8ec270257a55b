/* A view of text or bytes: pointer and length. It owns nothing and need not end
 * in NUL. Everything that is being parsed travels as one of these. */
#ifndef TS_STR_H
#define TS_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *data;
    size_t len;
};

/* A view of a string literal, usable in static initialisers. */
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define STR(literal) ((struct str)STR_INIT(literal))

/* A view of a C string; NULL gives the empty view. */
static inline struct str str_of(const char *text)
{
    return (struct str){text == NULL ? "" : text, text == NULL ? 0 : strlen(text)};
}

static inline struct str str_n(const char *data, size_t len)
{
    return (struct str){data, len};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* The view without its first n bytes (all of it when n is larger). */
static inline struct str str_skip(struct str s, size_t n)
{
    n = n < s.len ? n : s.len;
    return (struct str){s.data + n, s.len - n};
}

/* Equal but for the case of ASCII letters. */
bool str_eq_nocase(struct str a, struct str b);
/* Does s begin with prefix, byte for byte? */
bool str_starts(struct str s, struct str prefix);
/* Index of the first c, or s.len. */
size_t str_find(struct str s, char c);
/* The view up to the first sep; *rest is what follows it (empty, data NULL when there is no sep). */
struct str str_cut(struct str s, char sep, struct str *rest);
/* Without leading and trailing spaces and tabs. */
struct str str_trim(struct str s);
/* A hash for tables that compare what they find (FNV-1a); not against chosen clashes. */
uint32_t str_hash(struct str s);
/* Equality whose time depends on the lengths only: for tokens, keys and MACs. */
bool str_eq_secret(struct str a, struct str b);

#endif
