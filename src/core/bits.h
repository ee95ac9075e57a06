/* A double as the 64 bits it is made of, and back. */
#ifndef TAMIS_CORE_BITS_H
#define TAMIS_CORE_BITS_H

#include <stdint.h>
#include <string.h>

static inline uint64_t real_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double bits_real(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
