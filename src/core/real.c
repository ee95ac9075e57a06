/*
 * e to the power of x and the natural logarithm from additions, multiplications and divisions alone, each rounded as
 * IEEE 754 says: the same bits on every machine. The series are Taylor's; quantities that would lose the last digit are
 * kept as a sum of two doubles, so that results are off by little more than half an ulp.
 */
#include "tamis.h"

#include <math.h>

#include "core/bits.h"

/* ln 2 in two parts. The first has 16 zeros at its end: its product with a whole number below 2^16 is exact. */
#define LN2_HIGH 0x1.62e42fefap-1
#define LN2_LOW 0x1.cf79abc9e3b3ap-40
#define LOG2_E 0x1.71547652b82fep+0
#define SQRT_2 0x1.6a09e667f3bcdp+0

/* 1/2!, 1/3!, .. 1/13!; what follows is below 2^-57 for |x| <= ln(2)/2 */
static const double exp_series[] = {1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,
                                    1.0 / 720,    1.0 / 5040,    1.0 / 40320,    1.0 / 362880,
                                    1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};

/* 2/3, 2/5, .. 2/21; what follows is below 2^-59 of the whole for sqrt(1/2) <= m <= sqrt(2) */
static const double log_series[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                    2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};

static double polynomial(const double *coefficients, size_t count, double x)
{
    double sum = coefficients[count - 1];
    for (size_t i = count - 1; i-- > 0;) {
        sum = sum * x + coefficients[i];
    }
    return sum;
}

/* 2 to the power of k, -1022 <= k <= 1023. */
static double power_of_2(int k)
{
    return bits_real((uint64_t)(k + 1023) << 52);
}

/* x times 2 to the power of k, -1100 <= k <= 1024, for x between 1/2 and 2; rounds once, where it must. */
static double scale(double x, int k)
{
    if (k > 1000) {
        return x * 0x1p1000 * power_of_2(k - 1000);
    }
    if (k < -1000) {
        return x * power_of_2(k + 1000) * 0x1p-1000;
    }
    return x * power_of_2(k);
}

double tamis_exp(double x)
{
    if (isnan(x)) {
        return x;
    }
    if (x > 710) {
        return INFINITY;
    }
    if (x < -746) {
        return 0;
    }
    /* x = k ln 2 + r + rest with |r| <= ln(2)/2; `high` is exact */
    const int k = (int)(x * LOG2_E + (x < 0 ? -0.5 : 0.5));
    const double high = x - k * LN2_HIGH;
    const double low = k * LN2_LOW;
    const double r = high - low;
    const double rest = (high - r) - low;
    /* e^r = 1 + r + tail; `sum` and `lost` are 1 + r */
    const double sum = 1 + r;
    const double lost = r - (sum - 1);
    const double tail = r * r * polynomial(exp_series, sizeof exp_series / sizeof *exp_series, r);
    return scale(sum + (lost + (rest + tail)), k);
}

/* ln(2^k (1 + f)) */
static double log_of_parts(int k, double f)
{
    /* with s = f/(2+f): ln(1+f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + 2/3 s^2 + 2/5 s^4 + ..) */
    const double s = f / (2 + f);
    const double series = s * s * polynomial(log_series, sizeof log_series / sizeof *log_series, s * s);
    /* f^2/2 in two parts: `front` has 26 digits, so that its square is exact */
    const double front = bits_real(real_bits(f) & ~(uint64_t)0x7ffffff);
    const double square = 0.5 * front * front;
    const double square_rest = 0.5 * (f - front) * (f + front);
    /* k ln 2 + f - f^2/2, with what each addition loses; the first term is the larger one in both */
    const double power = k * LN2_HIGH;
    const double high = k != 0 ? power + f : f;
    const double lost_first = k != 0 ? f - (high - power) : 0;
    const double sum = high - square;
    const double lost_second = (high - sum) - square;
    const double small = s * (square + square_rest + series) - square_rest;
    return sum + (small + (lost_second + (lost_first + k * LN2_LOW)));
}

double tamis_log(double x)
{
    if (isnan(x) || x == INFINITY) {
        return x;
    }
    if (x <= 0) {
        return x < 0 ? NAN : -INFINITY;
    }
    const bool subnormal = x < 0x1p-1022;
    const uint64_t bits = real_bits(subnormal ? x * 0x1p54 : x);
    int k = (int)(bits >> 52) - 1023 - (subnormal ? 54 : 0);
    double m = bits_real((bits & 0xfffffffffffffu) | (uint64_t)1023 << 52);
    if (m > SQRT_2) {
        m *= 0.5;
        k++;
    }
    return log_of_parts(k, m - 1);
}
