/*
 * Asks PCRE2 by letting it find every match of the item in a text of all characters there are.
 */
#include "members.h"

#include <stdlib.h>
#include <string.h>

#include "rule_pack.h"

#define LOW_END 0x20000u /* no character beyond has letters of the other case */

struct asked {
    char *item;
    size_t len;
    uint32_t flags;
    bool fine;
    struct members members;
};

void member_finder_release(struct member_finder *finder)
{
    for (size_t i = 0; i < finder->asked_count; i++) {
        free(finder->asked[i].item);
    }
    free(finder->asked);
    free(finder->every);
    *finder = (struct member_finder){0};
}

static size_t put(char *at, uint32_t c)
{
    if (c < 0x800) {
        at[0] = (char)(0xc0u | c >> 6);
        at[1] = (char)(0x80u | (c & 0x3fu));
        return 2;
    }
    if (c < 0x10000) {
        at[0] = (char)(0xe0u | c >> 12);
        at[1] = (char)(0x80u | (c >> 6 & 0x3fu));
        at[2] = (char)(0x80u | (c & 0x3fu));
        return 3;
    }
    at[0] = (char)(0xf0u | c >> 18);
    at[1] = (char)(0x80u | (c >> 12 & 0x3fu));
    at[2] = (char)(0x80u | (c >> 6 & 0x3fu));
    at[3] = (char)(0x80u | (c & 0x3fu));
    return 4;
}

static bool have_every(struct member_finder *finder)
{
    if (finder->every) {
        return true;
    }
    finder->every = malloc((size_t)0x110000 * 4);
    size_t len = 0;
    for (uint32_t c = 0x80; finder->every && c < 0x110000; c++) {
        if (c == LOW_END) {
            finder->low_len = len;
        }
        len += c >= 0xd800 && c < 0xe000 ? 0 : put(finder->every + len, c);
    }
    finder->every_len = len;
    return finder->every != NULL;
}

/* The code point at `at`, which is `len` bytes of UTF-8; UINT32_MAX: that is not one character. */
static uint32_t code_point(const char *at, size_t len)
{
    const unsigned char lead = (unsigned char)at[0];
    const size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t c = bytes == 1 ? lead : lead & (0x3fu >> (bytes - 1));
    for (size_t i = 1; i < len && i < bytes; i++) {
        c = c << 6 | ((unsigned char)at[i] & 0x3fu);
    }
    return bytes == len ? c : UINT32_MAX;
}

static void add_member(struct members *members, uint32_t c)
{
    if (c < 128) {
        members->ascii[c >> 6] |= (uint64_t)1 << (c & 63u);
        return;
    }
    for (size_t i = 0; i < members->count; i++) {
        if (members->code[i] == c) {
            return;
        }
    }
    if (members->count == MEMBERS_NAMED) {
        members->wide = true;
    } else {
        members->code[members->count++] = c;
    }
}

/* Adds every match in `subject`. */
static bool collect(const pcre2_code *code, pcre2_match_data *data, tamis_str subject, struct members *members)
{
    const PCRE2_SIZE *const range = pcre2_get_ovector_pointer(data);
    size_t at = 0;
    while (at < subject.len && !members->wide) {
        const int result = pcre2_match(code, (PCRE2_SPTR)subject.at, subject.len, at, PCRE2_NO_UTF_CHECK, data, NULL);
        if (result == PCRE2_ERROR_NOMATCH) {
            return true;
        }
        const uint32_t c = result > 0 && range[0] >= at && range[1] > range[0]
                               ? code_point(subject.at + range[0], range[1] - range[0])
                               : UINT32_MAX;
        if (c == UINT32_MAX) {
            return false;
        }
        add_member(members, c);
        at = range[1];
    }
    return true;
}

/* Whether the item lists its characters one by one or in ranges of ASCII, so that no other character gets in but by
 * case: no negation, no property, no escape but those of ASCII alone. */
static bool is_plain(tamis_str item, uint32_t flags, bool *ascii)
{
    bool plain = !(flags & PCRE2_UCP) && !(item.len > 1 && item.at[0] == '[' && item.at[1] == '^');
    *ascii = true;
    for (size_t i = 0; i < item.len && plain; i++) {
        const char c = item.at[i];
        *ascii = *ascii && (unsigned char)c < 0x80;
        if (c == '\\') {
            i++;
            plain = i < item.len && item.at[i] && strchr("dws.-/+*?|(){}[]^$&%#@!,:;=<>~'\"_ ", item.at[i]);
        } else if (c == '[') {
            plain = i == 0;
        } else if (c == '-' && i > 1 && i + 2 < item.len) { /* a range, when not at either end */
            plain = (unsigned char)item.at[i - 1] < 0x80 && (unsigned char)item.at[i + 1] < 0x80;
        }
    }
    return plain;
}

static bool find(struct member_finder *finder, tamis_str item, uint32_t flags, const pcre2_code *code,
                 pcre2_match_data *data, struct members *members)
{
    char ascii[128];
    for (size_t i = 0; i < sizeof ascii; i++) {
        ascii[i] = (char)i;
    }
    static const char specials[] = "\xc5\xbf\xe2\x84\xaa"; /* long s and the kelvin sign: s and k in another case */
    bool all_ascii = false;
    const bool plain = is_plain(item, flags, &all_ascii);
    if (!collect(code, data, (tamis_str){ascii, sizeof ascii}, members)) {
        return false;
    }
    if (plain && all_ascii) {
        return collect(code, data, (tamis_str){specials, sizeof specials - 1}, members);
    }
    if (!have_every(finder)) {
        return false;
    }
    return collect(code, data, item, members) &&
           collect(code, data, (tamis_str){finder->every, plain ? finder->low_len : finder->every_len}, members);
}

static bool ask(struct member_finder *finder, tamis_str item, uint32_t flags, struct members *members)
{
    int number = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *const code = pcre2_compile((PCRE2_SPTR)item.at, item.len, flags | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C,
                                           &number, &offset, NULL);
    pcre2_match_data *const data = code ? pcre2_match_data_create(1, NULL) : NULL;
    if (code) {
        (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    }
    const bool fine = data && find(finder, item, flags, code, data, members);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return fine;
}

static void remember(struct member_finder *finder, tamis_str item, uint32_t flags, bool fine,
                     const struct members *members)
{
    if (finder->asked_count == finder->asked_cap) {
        const size_t cap = finder->asked_cap ? finder->asked_cap * 2 : 16;
        struct asked *const asked = realloc(finder->asked, cap * sizeof *asked);
        if (!asked) {
            return;
        }
        finder->asked = asked;
        finder->asked_cap = cap;
    }
    char *const copy = malloc(item.len + 1);
    if (copy) {
        memcpy(copy, item.at, item.len);
        finder->asked[finder->asked_count++] = (struct asked){copy, item.len, flags, fine, *members};
    }
}

bool members_find(struct member_finder *finder, tamis_str item, uint32_t flags, struct members *members)
{
    for (size_t i = 0; i < finder->asked_count; i++) {
        const struct asked *const a = &finder->asked[i];
        if (a->flags == flags && a->len == item.len && memcmp(a->item, item.at, item.len) == 0) {
            *members = a->members;
            return a->fine;
        }
    }
    *members = (struct members){.count = 0};
    const bool fine = ask(finder, item, flags, members);
    remember(finder, item, flags, fine, members);
    return fine;
}
