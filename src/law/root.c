/* Bisection. */
#include "law/root.h"

#include <math.h>

double rising_root(double (*value)(const void *context, double x), const void *context, double low, double high)
{
    const double width = ROOT_WIDTH * fmax(1, fmax(fabs(low), fabs(high)));
    if (value(context, high) <= 0) {
        return high;
    }
    while (high - low > width) {
        const double middle = low + (high - low) / 2;
        *(value(context, middle) <= 0 ? &low : &high) = middle;
    }
    return low;
}
