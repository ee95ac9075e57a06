/*
 * Rings of values. Sums are made anew for each window, on differences from its first value, and in the order of the
 * values: sums that run along lose digits, and never come back to 0 when the values stop moving.
 */
#include "window.h"

#include <math.h>

/* The values in order of arrival, told by where the oldest stands. */
struct view {
    const double *ring;
    uint64_t count, oldest;
};

static struct view view_of(const double *ring, uint64_t size, uint64_t pushed)
{
    const bool full = pushed >= size;
    return (struct view){ring, full ? size : pushed, full ? pushed % size : 0};
}

static double value_at(const struct view *v, uint64_t i)
{
    const uint64_t place = v->oldest + i;
    return v->ring[place < v->count ? place : place - v->count];
}

void window_push(double *ring, uint64_t size, uint64_t pushed, double value)
{
    ring[pushed % size] = value;
}

/*
 * A power of two that brings differences near 1, so that squares neither vanish (probabilities of e^-400) nor
 * overflow. It changes no digit.
 */
static double scale_for(const struct view *v, double first)
{
    double largest = 0;
    for (uint64_t i = 1; i < v->count; i++) {
        const double size = fabs(value_at(v, i) - first);
        largest = size > largest ? size : largest;
    }
    if (largest > 0x1p400) {
        return 0x1p-600;
    }
    return largest < 0x1p-400 ? 0x1p600 : 1;
}

double window_spread(const double *ring, uint64_t size, uint64_t pushed, double divisor)
{
    const struct view v = view_of(ring, size, pushed);
    const double first = value_at(&v, 0);
    const double scale = scale_for(&v, first);
    double sum = 0;
    for (uint64_t i = 1; i < v.count; i++) {
        sum += (value_at(&v, i) - first) * scale;
    }
    const double mean = sum / (double)v.count;
    double squares = 0;
    for (uint64_t i = 0; i < v.count; i++) {
        const double off = (value_at(&v, i) - first) * scale - mean;
        squares += off * off;
    }
    return sqrt(squares / divisor) / scale;
}
