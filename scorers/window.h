/*
 * Private to scorers: the last values of a sequence in a ring, and how far they are spread.
 *
 * A ring of `size` places is an array of the scorer's state. `pushed` is how many values were ever put there; the ring
 * holds the last min(pushed, size) of them.
 */
#ifndef TAMIS_SCORERS_WINDOW_H
#define TAMIS_SCORERS_WINDOW_H

#include "tamis.h"

/* Puts a value behind the `pushed` earlier ones, over the oldest when the ring is full. */
void window_push(double *ring, uint64_t size, uint64_t pushed, double value);

/*
 * sqrt(sum (x - mean)^2 / divisor) over the values in the ring, at least one of them, finite. Values that are all the
 * same give exactly 0. The result depends on the values and their order only, not on where they stand in the ring.
 */
double window_spread(const double *ring, uint64_t size, uint64_t pushed, double divisor);

#endif
