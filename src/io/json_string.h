/*
 * Private to io: the text between the quotes of a JSON string. There is a kernel for each instruction set; all accept
 * the same strings, which are those of RFC 8259 that hold valid UTF-8 and no lone surrogate, and write the same bytes.
 */
#ifndef TAMIS_IO_JSON_STRING_H
#define TAMIS_IO_JSON_STRING_H

#include "tamis.h"

/*
 * Writes the text of the string whose opening quote is before `at` to *to, and moves *to behind it. Returns the place
 * behind the closing quote; NULL, and *to is where it was: this is no valid string.
 *
 * The scan stops at the first control character, which must be there: a NUL behind the input. JSON_STRING_BYTES from
 * that one on must be readable, and *to must have room for as many bytes as lie between `at` and it and
 * JSON_STRING_BYTES more: whole blocks are written, of which only the bytes before *to mean anything.
 */
typedef const char *json_unescape(const char *at, char **to);

#define JSON_STRING_BYTES 64

json_unescape json_unescape_plain;
#if defined(__x86_64__)
json_unescape json_unescape_avx2, json_unescape_avx512;
#endif
json_unescape *json_unescape_for(tamis_cpu cpu);

/* ---- For the kernels -------------------------------------------------------------------------------------------- */

/* What an escape of one letter stands for; 0: it is none. */
extern const char json_simple_escapes[256];
/*
 * Writes the characters of the escapes \uXXXX that follow one another as UTF-8 and moves *to behind them; `at` is
 * behind the u of the first. Returns the place behind the last; NULL: one is none, or half of a surrogate pair.
 */
const char *json_unicode_escapes(const char *at, char **to);

/*
 * Of a block of 64 bytes, those backslashes that escape the byte behind them: in a run of backslashes every other one,
 * from the first. A bit for each byte; `carried` is 1 when the first byte is itself escaped, else 0.
 */
static inline uint64_t json_escaping(uint64_t backslashes, uint64_t carried)
{
    const uint64_t even = 0x5555555555555555u;
    const uint64_t free = backslashes & ~carried;
    const uint64_t starts = free & ~(free << 1);
    /* adding its first bit to a run clears the run */
    const uint64_t even_runs = free & ~(free + (starts & even));
    return (even_runs & even) | (free & ~even_runs & ~even);
}

#endif
