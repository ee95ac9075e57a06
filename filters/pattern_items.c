/*
 * Characters, classes and escapes. What they match, PCRE2 is asked, but for plain letters.
 */
#include "pattern_items.h"

#include <string.h>

#include "rule_pack.h"

struct need lose(struct reading *r)
{
    r->lost = true;
    return need_of_unknown(0);
}

struct factor sequence_of(uint32_t c)
{
    const unsigned bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    struct factor f = {.len = (uint16_t)bytes};
    for (unsigned i = bytes; i-- > 1; c >>= 6) {
        f.at[i] = (uint16_t)(0x80u | (c & 0x3fu));
    }
    f.at[0] = (uint16_t)(leads[bytes] | c);
    return f;
}

/* One of `members`. */
static struct need one_of(struct reading *r, const struct members *m)
{
    struct factors set = {NULL, 0};
    if (m->wide) {
        return need_of_unknown(CHARACTER);
    }
    if (m->ascii[0] | m->ascii[1]) {
        const uint16_t number = factor_class_number(&r->space, (struct byte_class){{m->ascii[0], m->ascii[1], 0, 0}});
        set = factors_one(&r->space, &(struct factor){.at = {number}, .len = 1});
    }
    for (size_t i = 0; i < m->count; i++) {
        /* These two come with every k and s in any case, and hardly ever in text: looked for by themselves. */
        if (set.count && (m->code[i] == 0x212a || m->code[i] == 0x17f)) {
            r->kelvin = r->kelvin || m->code[i] == 0x212a;
            r->long_s = r->long_s || m->code[i] == 0x17f;
            continue;
        }
        const struct factor f = sequence_of(m->code[i]);
        const struct factors one = factors_one(&r->space, &f);
        if (!set.count) {
            set = one;
        } else if (!factors_unite(&r->space, set, one, &set)) {
            return need_of_unknown(CHARACTER);
        }
    }
    return set.count ? need_of_one(set) : lose(r);
}

/* The item of `len` bytes that begins here, which is a class, an escape or a character: PCRE2 tells what it matches. */
static struct need ask(struct reading *r, size_t len)
{
    const uint32_t asked = PCRE2_CASELESS | PCRE2_UCP;
    struct members members;
    if (r->at + len > r->pattern.len ||
        !members_find(r->finder, (tamis_str){r->pattern.at + r->at, len}, r->flags & asked, &members)) {
        return lose(r);
    }
    r->at += len;
    return one_of(r, &members);
}

static struct need ascii_byte(struct reading *r, unsigned char c)
{
    struct members m = {{0}, {0}, 0, false};
    m.ascii[c >> 6] |= (uint64_t)1 << (c & 63u);
    if (is_letter(c) && (r->flags & PCRE2_CASELESS)) {
        const unsigned char other = c ^ 0x20u;
        m.ascii[other >> 6] |= (uint64_t)1 << (other & 63u);
        r->kelvin = r->kelvin || (c | 0x20u) == 'k';
        r->long_s = r->long_s || (c | 0x20u) == 's';
    }
    return one_of(r, &m);
}

/* White space beyond ASCII that an extended pattern may hold without meaning it. */
static bool is_pattern_space(const struct reading *r)
{
    const unsigned char a = peek(r, 0), b = peek(r, 1), c = peek(r, 2);
    return (a == 0xc2 && b == 0x85) || (a == 0xe2 && b == 0x80 && (c == 0x8e || c == 0x8f || c == 0xa8 || c == 0xa9));
}

struct need read_character(struct reading *r)
{
    const unsigned char c = peek(r, 0);
    if (c < 0x80) {
        r->at++;
        return ascii_byte(r, c);
    }
    if ((r->flags & PCRE2_EXTENDED) && is_pattern_space(r)) {
        return lose(r);
    }
    const size_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (r->flags & PCRE2_CASELESS) {
        return ask(r, len);
    }
    struct factor f = {.len = (uint16_t)len};
    for (size_t i = 0; i < len; i++) {
        f.at[i] = peek(r, i);
    }
    r->at += len;
    return need_of_one(factors_one(&r->space, &f));
}

/* ---- Classes and escapes ---------------------------------------------------------------------------------------- */

/* The length of [:name:] here, 0: it is none. */
static size_t posix_name(const struct reading *r, size_t from)
{
    size_t i = from + 2;
    while (is_letter(peek(r, i)) || peek(r, i) == '^') {
        i++;
    }
    return peek(r, i) == ':' && peek(r, i + 1) == ']' ? i + 2 - from : 0;
}

struct need read_class(struct reading *r)
{
    size_t i = 1;
    i += peek(r, i) == '^';
    i += peek(r, i) == ']';
    while (r->at + i < r->pattern.len && peek(r, i) != ']') {
        const unsigned char c = peek(r, i), next = peek(r, i + 1);
        if (c == '\\') {
            if (next == 'Q' || next == 'E') {
                return lose(r);
            }
            i += 2;
        } else if (c == '[' && (next == ':' || next == '.' || next == '=')) {
            const size_t len = next == ':' ? posix_name(r, i) : 0;
            if (!len) {
                return lose(r);
            }
            i += len;
        } else {
            i++;
        }
    }
    return ask(r, i + 1);
}

/* The length of the escape that stands for one character and is written \pL, \p{..}, \xhh or \x{..}. */
static size_t long_escape(const struct reading *r)
{
    const unsigned char kind = peek(r, 1);
    size_t i = 2;
    if (peek(r, i) == '{') {
        while (r->at + i < r->pattern.len && peek(r, i) != '}') {
            i++;
        }
        return i + 1;
    }
    if (kind != 'x') {
        return is_letter(peek(r, i)) ? i + 1 : SIZE_MAX;
    }
    while (i < 4 && (is_digit(peek(r, i)) || (is_letter(peek(r, i)) && (peek(r, i) | 0x20u) <= 'f'))) {
        i++;
    }
    return i;
}

struct need read_escape(struct reading *r)
{
    const unsigned char c = peek(r, 1);
    if (strchr("bBAZzG", c) && c) {
        r->at += 2;
        return need_of_nothing(&r->space);
    }
    if (c == 'R' || c == 'X' || (c == 'N' && peek(r, 2) != '{')) {
        r->at += 2;
        return need_of_unknown(c == 'X' ? NEED_ENDLESS : CHARACTER);
    }
    if (strchr("dDwWsShHvVtnrfea", c) && c) {
        return ask(r, 2);
    }
    if (c == 'p' || c == 'P' || c == 'x') {
        const size_t len = long_escape(r);
        return len == SIZE_MAX ? lose(r) : ask(r, len);
    }
    if (c < ' ' || c >= 0x7f || is_digit(c) || is_letter(c)) {
        return lose(r);
    }
    r->at += 2;
    return ascii_byte(r, c);
}
