/*
 * How fast repeats and excess parameters lose their worth, fitted to runs (columns N, D, unique, loss) with the
 * Chinchilla law underneath frozen, as Muennighoff et al. 2023 did; there and back as LAW.json. The objective has
 * several valleys that are about as deep, so all of them are kept: where they differ, the runs do not say.
 */
#ifndef TAMIS_FIT_CONSTRAINED_LAW_H
#define TAMIS_FIT_CONSTRAINED_LAW_H

#include "core/arena.h"
#include "fit/law_file.h"
#include "law/scaling.h"

#define CONSTRAINED_BASINS 6

struct constrained_basin {
    double repeats, excess, objective;
    unsigned starts; /* that led here */
};

struct constrained_law {
    const char *name;             /* may be NULL */
    const char *set;              /* of chinchilla_sets: the law underneath */
    struct constrained law;
    struct constrained_basin basins[CONSTRAINED_BASINS]; /* the best first */
    size_t basin_count;
    const double *replicates;     /* pairs of R_D*, R_N* of the bootstrap */
    size_t replicate_count, rows, outside; /* rows beyond the epochs or the size the law is made for */
    struct law_left_out left_out; /* R_D*, R_N* of each */
    double lowest_parameters, highest_parameters, lowest_tokens, highest_tokens, lowest_epochs, highest_epochs;
    double probe_flop;            /* NaN: not known */
};

#define CONSTRAINED_SAFE_EPOCHS 5.0 /* beyond, the valleys of the published runs differ */

bool constrained_outside(const struct constrained *law, double parameters, double unique, double tokens);

/* The text of a file (`path` is for messages); everything lives in `arena`. TAMIS_INPUT: it is no such law. */
tamis_status constrained_law_parse(const char *path, tamis_str text, struct arena *arena, struct constrained_law *law,
                                   tamis_err *err) TAMIS_MUST_CHECK;

#endif
