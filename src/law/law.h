/*
 * The laws that can be fitted, by name: `tamis fit --law NAME`. A law reads its own columns of RUNS.csv and writes its
 * own LAW.json, of which law_file.h gives the common head.
 */
#ifndef TAMIS_LAW_LAW_H
#define TAMIS_LAW_LAW_H

#include "core/arena.h"
#include "core/buf.h"

struct law_job {
    const char *runs;  /* path of RUNS.csv */
    const char *name;  /* label, or NULL; valid UTF-8 */
    double base_loss;  /* general loss before the training went on; NaN: not said, or in the file */
};

struct law {
    const char *name;
    /* Appends LAW.json to `json` and lines for people, warnings among them, to `words`. */
    tamis_status (*fit)(const struct law_job *job, struct buf *json, struct buf *words, tamis_err *err);
};

/* All laws; ends with NULL. */
extern const struct law *const laws[];
/* TAMIS_USAGE names the nearest. */
tamis_status law_find(const char *name, const struct law **law, tamis_err *err) TAMIS_MUST_CHECK;

#endif
