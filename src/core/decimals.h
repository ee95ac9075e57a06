/*
 * Reals as decimals: what printf() writes with %.15g, or with %.16g or %.17g where fewer digits do not read back as the
 * same value.
 */
#ifndef TAMIS_CORE_DECIMALS_H
#define TAMIS_CORE_DECIMALS_H

#include "tamis.h"

#define DECIMALS_BYTES 40 /* more than any text needs */

/* Of a finite value. Writes no NUL; returns the length. */
size_t decimals_write(double value, char text[DECIMALS_BYTES]);
/* The same by printing and reading back. */
size_t decimals_plain(double value, char text[DECIMALS_BYTES]);
/* A whole number; no longer than 20 digits. */
size_t decimals_count(uint64_t value, char *text);

#endif
