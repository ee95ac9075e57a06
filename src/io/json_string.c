/*
 * The kernel for any machine: eight bytes at a time, up to what is no plain byte. And what all kernels need for escapes.
 */
#include "io/json_string.h"

#include <string.h>

#include "io/json_shim.h"

json_unescape *json_unescape_for(tamis_cpu cpu)
{
#if defined(__x86_64__)
    switch (cpu) {
    case TAMIS_CPU_AVX512: return json_unescape_avx512;
    case TAMIS_CPU_AVX2: return json_unescape_avx2;
    case TAMIS_CPU_PLAIN: break;
    }
#else
    (void)cpu;
#endif
    return json_unescape_plain;
}

/* ---- Escapes ---------------------------------------------------------------------------------------------------- */

const char json_simple_escapes[256] = {
    ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

/* One more than the value of a hexadecimal digit; 0: it is none. */
static const uint8_t hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

#define NO_UNIT 0xffffffffu

/* The value of four hexadecimal digits, or NO_UNIT. */
static inline uint32_t utf16_unit(const char *at)
{
    const uint32_t a = hex_digits[(unsigned char)at[0]], b = hex_digits[(unsigned char)at[1]];
    const uint32_t c = hex_digits[(unsigned char)at[2]], d = hex_digits[(unsigned char)at[3]];
    if (a == 0 || b == 0 || c == 0 || d == 0) {
        return NO_UNIT;
    }
    return ((a - 1) << 12) + ((b - 1) << 8) + ((c - 1) << 4) + (d - 1);
}

static inline char *put_code_point(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to = (char)code;
        return to + 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xc0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3f));
        return to + 2;
    }
    if (code < 0x10000) {
        to[0] = (char)(0xe0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 0x3f));
        to[2] = (char)(0x80 | (code & 0x3f));
        return to + 3;
    }
    to[0] = (char)(0xf0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 0x3f));
    to[2] = (char)(0x80 | (code >> 6 & 0x3f));
    to[3] = (char)(0x80 | (code & 0x3f));
    return to + 4;
}

static inline bool is_unicode_escape(const char *at)
{
    return at[0] == '\\' && at[1] == 'u';
}

const char *json_unicode_escapes(const char *at, char **to)
{
    char *out = *to;
    for (;; at += 2) {
        uint32_t code = utf16_unit(at);
        if (code == NO_UNIT) {
            return NULL;
        }
        at += 4;
        if (code >= 0xd800 && code <= 0xdfff) {
            const uint32_t partner = code < 0xdc00 && is_unicode_escape(at) ? utf16_unit(at + 2) : NO_UNIT;
            if (partner < 0xdc00 || partner > 0xdfff) {
                return NULL;
            }
            code = 0x10000 + ((code - 0xd800) << 10) + (partner - 0xdc00);
            at += 6;
        }
        out = put_code_point(out, code);
        if (!is_unicode_escape(at)) {
            *to = out;
            return at;
        }
    }
}

/* ---- The plain kernel ------------------------------------------------------------------------------------------- */

#define EACH_BYTE(byte) (0x0101010101010101u * (uint64_t)(byte))

/* The top bit of the first zero byte is set, and none before it; 0: there is none. */
static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

/* The same for the first quote, backslash or control character. */
static inline uint64_t odd_bytes(uint64_t word)
{
    const uint64_t control = (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80);
    return control | zero_bytes(word ^ EACH_BYTE('"')) | zero_bytes(word ^ EACH_BYTE('\\'));
}

/* Eight bytes, the first one lowest. */
static inline uint64_t load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The escape at `at`. NULL: it is none. */
static const char *take_escape(const char *at, char **to)
{
    if (at[1] == 'u') {
        return json_unicode_escapes(at + 2, to);
    }
    **to = json_simple_escapes[(unsigned char)at[1]];
    return *(*to)++ != '\0' ? at + 2 : NULL;
}

const char *json_unescape_plain(const char *at, char **to)
{
    const char *const first = at;
    char *out = *to;
    uint64_t seen = 0;
    for (;;) {
        const uint64_t word = load(at), odd = odd_bytes(word);
        const size_t plain = odd != 0 ? (size_t)__builtin_ctzll(odd) / 8 : sizeof word;
        memcpy(out, at, sizeof word);
        seen |= word;
        at += plain;
        out += plain;
        if (odd == 0) {
            continue;
        }
        if (*at != '\\') {
            break;
        }
        at = take_escape(at, &out);
        if (at == NULL) {
            return NULL;
        }
    }
    const bool ascii = (seen & EACH_BYTE(0x80)) == 0;
    if (*at != '"' || (!ascii && !dom_valid_utf8((tamis_str){first, (size_t)(at - first)}))) {
        return NULL;
    }
    *to = out;
    return at + 1;
}
