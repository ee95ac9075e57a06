/*
 * See decimals.h. The shortest digits are those that printf() would find, with two exceptions, which are left to it:
 * among subnormal values 15 digits are not told apart, and below a power of two the next value is only half as far as
 * above, so that of its 16 digits the nearest need not read back while others do.
 */
#include "core/decimals.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bits.h"
#include "core/decimals_shim.h"

#define DECIMALS_LEAST 15     /* of %g, trailing zeros not written */
#define WHOLE_BELOW 1000000000000000.0 /* whole numbers of 15 digits and less are written with all of them */
#define EXPONENT_LEAST (-4) /* of what %g writes without one */

size_t decimals_plain(double value, char text[DECIMALS_BYTES])
{
    int len = 0;
    for (int digits = DECIMALS_LEAST; digits <= DECIMALS_MOST; digits++) {
        len = snprintf(text, DECIMALS_BYTES, "%.*g", digits, value);
        const double back = strtod(text, NULL);
        if (!(back < value) && !(back > value)) {
            break;
        }
    }
    return (size_t)len;
}

static size_t add(char *text, size_t at, const char *bytes, size_t len)
{
    memcpy(text + at, bytes, len);
    return at + len;
}

static size_t add_zeros(char *text, size_t at, size_t count)
{
    memset(text + at, '0', count);
    return at + count;
}

size_t decimals_count(uint64_t value, char *text)
{
    char digits[24];
    size_t from = sizeof digits;
    do {
        digits[--from] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return add(text, 0, digits + from, sizeof digits - from);
}

/* d.ddde+XX, of the exponent two digits or more */
static size_t scientific(const char *digits, size_t count, int exponent, char *text, size_t at)
{
    const unsigned size = (unsigned)abs(exponent);
    text[at++] = digits[0];
    if (count > 1) {
        text[at++] = '.';
        at = add(text, at, digits + 1, count - 1);
    }
    text[at++] = 'e';
    text[at++] = exponent < 0 ? '-' : '+';
    at = size < 10 ? add_zeros(text, at, 1) : at;
    return at + decimals_count(size, text + at);
}

static size_t positional(const char *digits, size_t count, int exponent, char *text, size_t at)
{
    if (exponent < 0) {
        at = add(text, at, "0.", 2);
        at = add_zeros(text, at, (size_t)(-exponent - 1));
        return add(text, at, digits, count);
    }
    const size_t before = (size_t)exponent + 1; /* the point */
    if (count <= before) {
        at = add(text, at, digits, count);
        return add_zeros(text, at, before - count);
    }
    at = add(text, at, digits, before);
    text[at++] = '.';
    return add(text, at, digits + before, count - before);
}

size_t decimals_write(double value, char text[DECIMALS_BYTES])
{
    const double size = fabs(value);
    size_t at = 0;
    if (signbit(value)) {
        text[at++] = '-';
    }
    if (size < WHOLE_BELOW && size == (double)(uint64_t)size) {
        return at + decimals_count((uint64_t)size, text + at);
    }
    if (size < DBL_MIN) {
        return decimals_plain(value, text);
    }
    char digits[DECIMALS_MOST];
    int exponent = 0;
    const size_t count = decimals_shortest(size, digits, &exponent);
    if (count > DECIMALS_LEAST && real_bits(size) << 12 == 0) {
        return decimals_plain(value, text);
    }
    const int precision = count > DECIMALS_LEAST ? (int)count : DECIMALS_LEAST;
    return exponent < EXPONENT_LEAST || exponent >= precision ? scientific(digits, count, exponent, text, at)
                                                              : positional(digits, count, exponent, text, at);
}
