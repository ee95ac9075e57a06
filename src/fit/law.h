/*
 * The laws that can be fitted, by name: `tamis fit --law NAME`. A law reads its own columns of RUNS.csv and writes its
 * own LAW.json, of which law_file.h gives the common head.
 */
#ifndef TAMIS_FIT_LAW_H
#define TAMIS_FIT_LAW_H

#include "core/arena.h"
#include "core/buf.h"

struct law_job {
    const char *runs;  /* path of RUNS.csv */
    const char *name;  /* label, or NULL; valid UTF-8 */
    double base_loss;  /* general loss before the training went on; NaN: not said, or in the file */
    double warm_up;    /* share of every run that is left out, [0, 1) */
    uint64_t seed;     /* of starts and of the bootstrap */
    unsigned starts;   /* of the search; 0: the law's own number */
    unsigned replicates; /* of the bootstrap; 0: none */
    bool may_rise;     /* dcpt: the loss need not fall with the share */
    double run_noise;  /* dcpt: by how much runs are off through their seed, a share of the loss; 0: not known */
    const char *constants; /* of chinchilla_sets, frozen by data_constrained; NULL: c4 */
};

struct law {
    const char *name;
    const char *const *uses; /* options of tamis fit for fields of struct law_job that it looks at; ends with NULL */
    /* Appends LAW.json to `json`, lines for people, warnings too, to `words`, and unless NULL a chart to `svg`. */
    tamis_status (*fit)(const struct law_job *job, struct buf *json, struct buf *words, struct buf *svg,
                        tamis_err *err);
};

extern const struct law law_dcpt; /* each in a file of its own */
extern const struct law law_chinchilla;
extern const struct law law_constrained;
extern const struct law law_mixing;
extern const struct law law_cmr;

/* All laws; ends with NULL. */
extern const struct law *const laws[];
bool law_uses(const struct law *law, const char *option);
/* TAMIS_USAGE names the nearest. */
tamis_status law_find(const char *name, const struct law **law, tamis_err *err) TAMIS_MUST_CHECK;

#endif
