/* Accept (RFC 9110 sections 12.4.2, 12.5.1, 5.6.6): a list of media ranges, each with parameters and
 * a weight. The most specific range that takes a media type decides its weight. */
#include "ts/http.h"

enum { WEIGHT_FULL = 1000 };

/* How exactly a range names a media type; the larger, the more. */
enum fit { FIT_NONE = -1, FIT_ANY, FIT_TYPE, FIT_SUBTYPE, FIT_PARAMETER /* and more with each */ };

static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return text.len > 0;
}

/* `0[.ddd]` or `1[.000]`, in thousandths. */
static bool read_weight(struct str text, int32_t *out)
{
    int32_t weight = 0, scale = WEIGHT_FULL;

    if (text.len < 1 || text.len > 5 || (text.len > 1 && text.data[1] != '.'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (i == 1)
            continue;
        if (c < '0' || c > '9')
            return false;
        weight += (c - '0') * scale;
        scale /= 10;
    }
    if (weight > WEIGHT_FULL)
        return false;
    *out = weight;
    return true;
}

/* The text up to the first sep outside of quotes, as str_cut. */
static struct str cut_unquoted(struct str text, char sep, struct str *rest)
{
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == sep && !quoted) {
            *rest = str_skip(text, i + 1);
            return str_n(text.data, i);
        }
    }
    *rest = (struct str){NULL, 0};
    return text;
}

/* A parameter's value without the quotes of a quoted string (escapes are for characters that no value of ours has). */
static struct str unquoted(struct str value)
{
    bool quoted = value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"';

    return quoted ? str_n(value.data + 1, value.len - 2) : value;
}

/* Has the media type this parameter? */
static bool has_parameter(struct str offer, struct str name, struct str value)
{
    struct str rest;

    (void)str_cut(offer, ';', &rest);
    while (rest.data != NULL) {
        struct str its_value,
            its_name = str_cut(str_trim(str_cut(rest, ';', &rest)), '=', &its_value);
        if (str_eq_nocase(its_name, name) && str_eq_nocase(its_value, value))
            return true;
    }
    return false;
}

static enum fit fit_of_type(struct str range, struct str offer)
{
    struct str subtype, offered_subtype, parameters;
    struct str type = str_cut(range, '/', &subtype);
    struct str offered = str_trim(str_cut(offer, ';', &parameters));
    struct str offered_type = str_cut(offered, '/', &offered_subtype);

    if (!is_token(type) || !is_token(subtype))
        return FIT_NONE;
    bool any_subtype = str_eq(subtype, STR("*"));
    if (str_eq(type, STR("*")))
        return any_subtype ? FIT_ANY : FIT_NONE;
    if (!str_eq_nocase(type, offered_type))
        return FIT_NONE;
    if (any_subtype)
        return FIT_TYPE;
    return str_eq_nocase(subtype, offered_subtype) ? FIT_SUBTYPE : FIT_NONE;
}

/* One member of the list against one media type. A member that is malformed takes nothing. */
static int fit_of(struct str member, struct str offer, int32_t *weight)
{
    struct str rest, value;
    int fit = fit_of_type(str_trim(cut_unquoted(member, ';', &rest)), offer);

    *weight = WEIGHT_FULL;
    while (fit != FIT_NONE && rest.data != NULL) {
        struct str parameter = str_trim(cut_unquoted(rest, ';', &rest));
        struct str name = str_cut(parameter, '=', &value);
        if (parameter.len == 0)
            continue;
        if (str_eq_nocase(name, STR("q")))
            return read_weight(value, weight) ? fit : FIT_NONE; /* what follows is no parameter */
        if (!is_token(name) || !has_parameter(offer, name, unquoted(value)))
            return FIT_NONE;
        fit++;
    }
    return fit;
}

static int32_t weight_of(struct str header, struct str offer)
{
    struct str rest = header;
    int best = FIT_NONE;
    int32_t best_weight = 0;

    while (rest.data != NULL) {
        int32_t weight;
        int fit = fit_of(str_trim(cut_unquoted(rest, ',', &rest)), offer, &weight);
        if (fit > best) {
            best = fit;
            best_weight = weight;
        }
    }
    return best_weight;
}

enum status accept_choose(struct str header, const char *const *offers, size_t count, size_t *out)
{
    int32_t best = 0;

    if (str_trim(header).len == 0) {
        *out = 0;
        return STATUS_OK;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t weight = weight_of(header, str_of(offers[i]));
        if (weight > best) {
            best = weight;
            *out = i;
        }
    }
    return best > 0 ? STATUS_OK : STATUS_NOT_ACCEPTABLE;
}
