/*
 * Scores made from trajectories, document by document in any order; put into the order of their numbers on disk.
 */
#ifndef TAMIS_SCORE_MEASURED_H
#define TAMIS_SCORE_MEASURED_H

#include "run/run.h"

struct sorter;

struct measured {
    uint64_t number;
    double score, mean_loss, final_loss; /* NaN: none */
    uint32_t observed;
    bool shortened;
};

/* `scoring` makes the score; losses as in scoring_losses(). */
struct measured measure(struct scoring *scoring, uint64_t number, const double *losses, size_t count);

tamis_status measured_open(struct sorter **sorter, const struct run *run, uint64_t documents, tamis_err *err)
    TAMIS_MUST_CHECK;
tamis_status measured_add(struct sorter *sorter, const struct measured *m, tamis_err *err) TAMIS_MUST_CHECK;
/* After sorter_finish(): the next by number; *end when there is none. */
tamis_status measured_next(struct sorter *sorter, struct measured *m, bool *end, tamis_err *err) TAMIS_MUST_CHECK;

#endif
