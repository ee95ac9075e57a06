/* Row by row, on a matrix scaled to a diagonal of 1. */
#include "fit/cholesky.h"

#include <math.h>

#define SINGULAR 1e-13 /* share of a column that the ones before it do not explain */

bool cholesky_factor(const double *gram, size_t count, double *factor, double *scale)
{
    for (size_t i = 0; i < count; i++) {
        const double size = gram[i * count + i];
        if (!(size > 0 && size < INFINITY)) {
            return false;
        }
        scale[i] = 1 / sqrt(size);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = gram[i * count + j] * scale[i] * scale[j];
            for (size_t k = 0; k < j; k++) {
                sum -= factor[i * count + k] * factor[j * count + k];
            }
            if (i > j) {
                factor[i * count + j] = sum / factor[j * count + j];
            } else if (sum > SINGULAR) {
                factor[i * count + i] = sqrt(sum);
            } else {
                return false;
            }
        }
    }
    return true;
}

void cholesky_solve(const double *factor, const double *scale, size_t count, const double *right, double *x)
{
    for (size_t i = 0; i < count; i++) {
        double sum = right[i] * scale[i];
        for (size_t k = 0; k < i; k++) {
            sum -= factor[i * count + k] * x[k];
        }
        x[i] = sum / factor[i * count + i];
    }
    for (size_t i = count; i-- > 0;) {
        double sum = x[i];
        for (size_t k = i + 1; k < count; k++) {
            sum -= factor[k * count + i] * x[k];
        }
        x[i] = sum / factor[i * count + i];
    }
    for (size_t i = 0; i < count; i++) {
        x[i] *= scale[i];
    }
}
