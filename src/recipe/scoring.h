/*
 * A scorer with its options, ready to score; one per thread, since it holds the state of a trajectory.
 */
#ifndef TAMIS_RECIPE_SCORING_H
#define TAMIS_RECIPE_SCORING_H

#include "core/arena.h"
#include "core/tree.h"

struct scoring {
    const tamis_scorer *scorer;
    void *self;
    void *state; /* NULL: scores texts */
};

struct score {
    double value;      /* NaN: none */
    uint32_t observed; /* losses measured, also where options leave some out; 0 for texts */
    bool shortened;    /* fewer observations than a window holds */
};

/* NULL when no scorer is called so. */
const tamis_scorer *scorer_find(const char *name);
/* Options from a map (NULL: none); keys in `others` (ends with NULL, may be NULL) are the caller's. An unknown key, or
 * a value out of range, is TAMIS_USAGE with its place. Close it even after a failure. */
tamis_status scoring_open(struct scoring *s, const tamis_scorer *scorer, const struct tree *options,
                          const char *const *others, struct arena *arena, tamis_err *err) TAMIS_MUST_CHECK;
/* "NAME" or "NAME:key=value,..", as on the command line. */
tamis_status scoring_parse(struct scoring *s, const char *spec, struct arena *arena, tamis_err *err) TAMIS_MUST_CHECK;
void scoring_close(struct scoring *s);

/* `losses` per checkpoint in step order, nats per unit; NaN: not measured. */
struct score scoring_losses(struct scoring *s, const double *losses, size_t count);

#endif
