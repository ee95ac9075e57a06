/* std::to_chars() seen from C. */
#ifndef TAMIS_CORE_DECIMALS_SHIM_H
#define TAMIS_CORE_DECIMALS_SHIM_H

#include "tamis.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DECIMALS_MOST 17 /* digits that any double needs */

/*
 * The fewest digits that read back as `value`, finite and above 0, and of these the nearest to it; the last is not 0
 * where there are several. Returns how many. The first stands for so many times 10^exponent.
 */
size_t decimals_shortest(double value, char digits[DECIMALS_MOST], int *exponent);

#ifdef __cplusplus
}
#endif

#endif
