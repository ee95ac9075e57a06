/*
 * Private to io: what can be wrong with a byte of UTF-8 and the one before it, as three tables of half bytes, for
 * vector code. A pair breaks every rule that all three entries name. After J. Keiser, D. Lemire: Validating UTF-8 in
 * less than one instruction per byte, 2021.
 */
#ifndef TAMIS_IO_UTF8_PAIRS_H
#define TAMIS_IO_UTF8_PAIRS_H

#include <stdint.h>

enum utf8_pair {
    UTF8_CUT = 0x01,        /* a lead, no tail */
    UTF8_NO_LEAD = 0x02,    /* ASCII, a tail */
    UTF8_OVERLONG_3 = 0x04, /* e0, 80..9f */
    UTF8_SURROGATE = 0x08,  /* ed, a0..bf */
    UTF8_OVERLONG_2 = 0x10, /* c0 or c1, a tail */
    UTF8_LARGE = 0x20,      /* f4 and more, 90..bf */
    UTF8_OVERLONG_4 = 0x40, /* f0, or f5 and more, 80..8f */
    UTF8_TAILS = 0x80,      /* two tails: right, and a must, two behind e0..ff or three behind f0..ff */
    UTF8_ANY_LOW = UTF8_CUT | UTF8_NO_LEAD | UTF8_TAILS, /* the lower half of the first byte does not matter */
    UTF8_BEYOND = UTF8_ANY_LOW | UTF8_LARGE | UTF8_OVERLONG_4,
    UTF8_TAIL = UTF8_NO_LEAD | UTF8_OVERLONG_2 | UTF8_TAILS
};

static const uint8_t utf8_first_high[16] = {
    UTF8_NO_LEAD, UTF8_NO_LEAD, UTF8_NO_LEAD, UTF8_NO_LEAD, UTF8_NO_LEAD, UTF8_NO_LEAD, UTF8_NO_LEAD, UTF8_NO_LEAD,
    UTF8_TAILS, UTF8_TAILS, UTF8_TAILS, UTF8_TAILS, UTF8_CUT | UTF8_OVERLONG_2, UTF8_CUT,
    UTF8_CUT | UTF8_OVERLONG_3 | UTF8_SURROGATE, UTF8_CUT | UTF8_LARGE | UTF8_OVERLONG_4,
};
static const uint8_t utf8_first_low[16] = {
    UTF8_ANY_LOW | UTF8_OVERLONG_2 | UTF8_OVERLONG_3 | UTF8_OVERLONG_4, UTF8_ANY_LOW | UTF8_OVERLONG_2,
    UTF8_ANY_LOW, UTF8_ANY_LOW, UTF8_ANY_LOW | UTF8_LARGE, UTF8_BEYOND, UTF8_BEYOND, UTF8_BEYOND,
    UTF8_BEYOND, UTF8_BEYOND, UTF8_BEYOND, UTF8_BEYOND, UTF8_BEYOND, UTF8_BEYOND | UTF8_SURROGATE,
    UTF8_BEYOND, UTF8_BEYOND,
};
static const uint8_t utf8_second_high[16] = {
    UTF8_CUT, UTF8_CUT, UTF8_CUT, UTF8_CUT, UTF8_CUT, UTF8_CUT, UTF8_CUT, UTF8_CUT,
    UTF8_TAIL | UTF8_OVERLONG_3 | UTF8_OVERLONG_4, UTF8_TAIL | UTF8_OVERLONG_3 | UTF8_LARGE,
    UTF8_TAIL | UTF8_SURROGATE | UTF8_LARGE, UTF8_TAIL | UTF8_SURROGATE | UTF8_LARGE,
    UTF8_CUT, UTF8_CUT, UTF8_CUT, UTF8_CUT,
};

#endif
