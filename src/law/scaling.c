/* Powers. */
#include "law/scaling.h"

#include <math.h>

double real_power(double base, double exponent)
{
    return base > 0 ? tamis_exp(exponent * tamis_log(base)) : exponent > 0 ? 0 : exponent < 0 ? (double)INFINITY : 1;
}
