/*
 * The bootstrap by run (Efron 1979): what else might have been measured. Draws depend on seed and replicate only.
 */
#ifndef TAMIS_FIT_RESAMPLE_H
#define TAMIS_FIT_RESAMPLE_H

#include "tamis.h"

#define RESAMPLE_FEWEST_RUNS 8 /* with fewer, residuals are drawn instead of runs */

/*
 * How often each of `runs` runs is drawn when as many are drawn with replacement. Each group of `must` (groups x runs
 * booleans, row by row; may be NULL) keeps at least one of its runs: the runs of the lowest ratio, of the highest.
 */
void resample_runs(uint64_t seed, uint64_t replicate, size_t runs, const bool *must, size_t groups, unsigned *times);

/*
 * Losses of a replicate from a fit. Each log residual is split into its run's mean and the rest. Residuals are smaller
 * than errors, since the parameters were moved towards them, and a few know their own size badly: rests are multiplied
 * by sqrt(n / (n - p)) and by what Student's t of n - p degrees of freedom has above the normal distribution at 97.5
 * %, n rows, p the larger of the number of parameters and of runs; means by the same of the number of runs and
 * parameters, where that is possible, and by Student's factor only where nothing else tells how far runs are off. A
 * few runs are often met exactly by as many parameters, and their means then say nothing of how far a run is off. So a
 * run is taken to be off by the most (root mean squares) of: the means; the rests, as if a run were off by as much as
 * one of its rows; the means of runs of the same inputs from each other, where a run was made again; and `run_noise`.
 * Means are drawn where they are the most, else rests, made as large. Runs draw with replacement among these, rows
 * among rests:
 *
 *     loss_out[i] = fitted[i] * exp(- (drawn for its run + drawn for it)), residual = ln fitted - ln measured
 */
struct resample_rows {
    const size_t *run;     /* of each row, < runs */
    const double *fitted, *measured;
    size_t rows, runs;
    double parameters;     /* that were fitted */
    const size_t *alike;   /* of each run, the first one with the same inputs; NULL: none was made again */
    double run_noise;      /* by how much a run is known to be off through its seed, of ln loss; 0: not known */
};
tamis_status resample_residuals(const struct resample_rows *rows, uint64_t seed, uint64_t replicate, double *loss_out,
                                tamis_err *err) TAMIS_MUST_CHECK;

/* The value below which `share` of `count` values lie, between neighbours in a straight line; sorts `values`. */
double percentile(double *values, size_t count, double share);

#endif
