/*
 * Reads a pattern from left to right: groups, alternatives, rows of items with their quantifiers.
 */
#include "pattern_needs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pattern_items.h"
#include "rule_pack.h"

#define DEPTH 60 /* of groups */

/* ---- Groups ----------------------------------------------------------------------------------------------------- */

static struct need read_alternatives(struct reading *r);

/* The flags of (?i-x) and (?i-x:, up to the character behind them. */
static void read_flags(struct reading *r)
{
    bool on = true;
    for (; more(r) && peek(r, 0) != ')' && peek(r, 0) != ':'; r->at++) {
        const unsigned char c = peek(r, 0);
        const uint32_t flag = c == 'i' ? PCRE2_CASELESS : c == 'x' ? PCRE2_EXTENDED : 0;
        if ((c == '-' && !on) || (c == 'x' && peek(r, 1) == 'x') || !strchr("ixmsnJU-", c)) {
            r->lost = true;
        }
        on = on && c != '-';
        r->flags = on ? r->flags | flag : r->flags & ~flag;
    }
}

/* (?<name>, (?'name' and (?P<name>, from the bracket on. */
static void read_name(struct reading *r)
{
    const unsigned char end = peek(r, 0) == '<' ? '>' : '\'', first = peek(r, 1);
    if (first != '_' && (first | 0x20u) - 'a' >= 26u && first < 0x80) { /* no name: (?<* looks behind */
        r->lost = true;
    }
    do {
        r->at++;
    } while (more(r) && peek(r, 0) != end);
    r->at++;
}

enum opening { GROUP, LOOK, SETTING };

/* From behind the round bracket to the first alternative. */
static enum opening read_opening(struct reading *r)
{
    if (peek(r, 0) == '*') {
        r->lost = true;
    }
    if (peek(r, 0) != '?') {
        return GROUP;
    }
    const unsigned char c = peek(r, 1), next = peek(r, 2);
    if (c == '=' || c == '!') {
        r->at += 2;
        return LOOK;
    }
    if (c == '<' && (next == '=' || next == '!')) {
        r->at += 3;
        return LOOK;
    }
    if (c == ':' || c == '|' || c == '>') {
        r->at += 2;
        return GROUP;
    }
    if (c == '<' || c == '\'' || (c == 'P' && next == '<')) {
        r->at += c == 'P' ? 2 : 1;
        read_name(r);
        return GROUP;
    }
    r->at++;
    read_flags(r);
    return peek(r, 0) == ':' && !r->lost ? (r->at++, GROUP) : SETTING;
}

static struct need read_group(struct reading *r)
{
    const uint32_t flags = r->flags;
    r->at++;
    const enum opening opening = read_opening(r);
    if (opening == SETTING) { /* until the group around it ends */
        r->lost = r->lost || peek(r, 0) != ')';
        r->at++;
        return need_of_nothing(&r->space);
    }
    if (++r->depth > DEPTH) {
        return lose(r);
    }
    const struct need inside = read_alternatives(r);
    r->depth--;
    if (peek(r, 0) != ')') {
        return lose(r);
    }
    r->at++;
    r->flags = flags;
    return opening == LOOK ? need_of_nothing(&r->space) : inside;
}

/* ---- Rows and quantifiers --------------------------------------------------------------------------------------- */

/* Comments, and in extended patterns white space: what stands between an item and its quantifier all the same. */
static void skip_ignored(struct reading *r)
{
    const bool extended = r->flags & PCRE2_EXTENDED;
    while (more(r)) {
        if (extended && is_space(peek(r, 0))) {
            r->at++;
        } else if (extended && peek(r, 0) == '#') {
            while (more(r) && peek(r, 0) != '\n' && peek(r, 0) != '\r') {
                r->at++;
            }
        } else if (peek(r, 0) == '(' && peek(r, 1) == '?' && peek(r, 2) == '#') {
            while (more(r) && peek(r, 0) != ')') {
                r->at++;
            }
            r->at++;
        } else {
            return;
        }
    }
}

static unsigned read_number(const struct reading *r, size_t *i)
{
    unsigned number = 0;
    for (; is_digit(peek(r, *i)); (*i)++) {
        number = number < 100000 ? number * 10 + peek(r, *i) - '0' : number;
    }
    return number;
}

/* The length of {2}, {2,} or {2,5} here; 0: it is none, and the bracket a character. */
static size_t read_braces(struct reading *r, unsigned *min, unsigned *max)
{
    size_t i = 1;
    const bool counted = is_digit(peek(r, i));
    *min = *max = read_number(r, &i);
    if (counted && peek(r, i) == ',') {
        i++;
        *max = is_digit(peek(r, i)) ? read_number(r, &i) : UINT32_MAX;
    }
    if (counted && peek(r, i) == '}') {
        return i + 1;
    }
    /* later versions of PCRE2 read {,5} and { 2 } too */
    i = 1;
    while (is_digit(peek(r, i)) || is_space(peek(r, i)) || peek(r, i) == ',') {
        i++;
    }
    r->lost = r->lost || (i > 1 && peek(r, i) == '}');
    return 0;
}

/* False, and *min and *max as they were, where there is none. */
static bool read_quantifier(struct reading *r, unsigned *min, unsigned *max)
{
    const unsigned char c = peek(r, 0);
    unsigned least = c == '+', most = c == '?' ? 1 : UINT32_MAX;
    size_t len = c == '*' || c == '+' || c == '?';
    if (c == '{') {
        len = read_braces(r, &least, &most);
    }
    if (len) {
        *min = least;
        *max = most;
    }
    r->at += len;
    return len > 0;
}

static struct need read_item(struct reading *r)
{
    switch (peek(r, 0)) {
    case '(':
        return read_group(r);
    case '[':
        return read_class(r);
    case '\\':
        return read_escape(r);
    case '^':
    case '$':
        r->at++;
        return need_of_nothing(&r->space);
    case '.':
        r->at++;
        return need_of_unknown(CHARACTER);
    default:
        return read_character(r);
    }
}

static struct need read_row(struct reading *r)
{
    struct row row = row_begin(&r->space);
    for (skip_ignored(r); more(r) && peek(r, 0) != '|' && peek(r, 0) != ')'; skip_ignored(r)) {
        const struct need need = read_item(r);
        unsigned min = 1, max = 1;
        skip_ignored(r);
        if (more(r) && read_quantifier(r, &min, &max)) {
            r->at += peek(r, 0) == '+' || peek(r, 0) == '?';
            skip_ignored(r);
            unsigned again = 0;
            r->lost = r->lost || (more(r) && read_quantifier(r, &again, &again));
        }
        if (r->lost || r->space.failed) {
            return lose(r);
        }
        row_add(&r->space, &row, &need, min, max);
    }
    return row_end(&r->space, &row);
}

static struct need read_alternatives(struct reading *r)
{
    struct need all = read_row(r);
    while (more(r) && peek(r, 0) == '|') {
        r->at++;
        const struct need next = read_row(r);
        need_unite(&r->space, &all, &next);
    }
    return all;
}

/* ---- The answer ------------------------------------------------------------------------------------------------- */

static void add_special(struct needs *needs, uint32_t c)
{
    struct needle *const needle = &needs->at[needs->count++];
    const struct factor f = sequence_of(c);
    needle->lead = NEED_ENDLESS;
    needle->len = f.len;
    for (size_t i = 0; i < f.len; i++) {
        byte_class_add(&needle->at[i], (unsigned char)f.at[i]);
    }
}

static struct needs take_needs(const struct reading *r, const struct need *need)
{
    const size_t count = need->best.count;
    struct needs needs = {calloc(count + 2, sizeof *needs.at), count, need->cost};
    for (size_t i = 0; needs.at && i < count; i++) {
        const struct factor *const f = &need->best.at[i];
        needs.at[i].len = f->len;
        needs.at[i].lead = f->lead;
        for (size_t k = 0; k < f->len; k++) {
            needs.at[i].at[k] = factor_class(&r->space, f->at[k]);
        }
    }
    if (needs.at && r->kelvin) {
        add_special(&needs, 0x212a);
    }
    if (needs.at && r->long_s) {
        add_special(&needs, 0x17f);
    }
    return needs.at ? needs : (struct needs){.cost = INFINITY};
}

struct needs pattern_needs(struct member_finder *finder, tamis_str pattern, uint32_t flags)
{
    struct reading r = {.finder = finder, .pattern = pattern};
    r.flags = flags & (PCRE2_CASELESS | PCRE2_UCP | PCRE2_EXTENDED);
    const struct need need = read_alternatives(&r);
    const bool known = !r.lost && r.at == pattern.len && !r.space.failed && isfinite(need.cost) && need.best.count > 0;
    const struct needs needs = known ? take_needs(&r, &need) : (struct needs){.cost = INFINITY};
    factor_space_release(&r.space);
    return needs;
}

void pattern_needs_release(struct needs *needs)
{
    free(needs->at);
    *needs = (struct needs){.cost = INFINITY};
}
