/*
 * Trajectories v1: the loss of documents at the checkpoints of a training run, imported from files.
 *
 * Forms (docs/FORMATS.md): a folder with manifest.json and parts, or a bare JSON Lines file, its form told by its keys;
 * long lines {"id","step","loss_sum","n_tokens"} or {"id","step","loss"[,"n_tokens"]}, whose pieces of one document at
 * one step add up; wide lines {"id","losses":[..][,"steps":[..]]}; `ids` with loss.npy. Losses come out in nats per unit
 * (token or byte), whatever the unit of the file. Not measured is NaN, never 0.
 *
 * Memory does not grow with the documents: long forms are sorted on disk, wide ones streamed.
 */
#ifndef TAMIS_SCORE_TRAJECTORIES_H
#define TAMIS_SCORE_TRAJECTORIES_H

#include "core/hash.h"

#define TRAJECTORIES_VERSION 1

struct trajectories;

struct trajectories_options {
    const char *tmp;     /* folder for temporary files; exists */
    uint64_t memory;     /* bytes it may hold */
};

struct trajectories_facts {
    const char *unit;       /* "nat" or "bit", as the files say */
    const char *per;        /* "token", "byte" or "unknown" */
    uint64_t documents;     /* distinct ids with at least one loss */
    uint64_t records;       /* lines, or rows of a matrix */
    uint64_t merged;        /* records that were added to an earlier one of the same id and step */
    uint64_t not_finite;    /* losses rejected: NaN spelled out in text, infinite */
    uint64_t negative;      /* losses rejected */
    uint64_t broken;        /* records rejected: not JSON, no id, no step, nothing that is a loss */
    uint64_t ambiguous;     /* ids with two losses at one step that cannot be told apart; they have no trajectory */
    size_t checkpoints;
    const uint64_t *steps;   /* ascending */
    const uint64_t *covered; /* per checkpoint: documents measured there */
};

struct trajectory {
    tamis_str id;
    uint64_t ordinal;     /* place by first appearance, from 0 */
    const double *losses; /* facts.checkpoints many, nats per unit; NaN: not measured */
    uint64_t tokens;      /* largest number of units seen at a checkpoint; 0: unknown */
};

/* Reads what must be known beforehand: ids, steps, coverage. `path` "-" is stdin. TAMIS_INPUT: unreadable or of a form
 * nobody knows; TAMIS_USAGE: a newer version. Close it even after a failure. */
tamis_status trajectories_open(struct trajectories **t, const char *path, const struct trajectories_options *options,
                               tamis_err *err) TAMIS_MUST_CHECK;
const struct trajectories_facts *trajectories_facts(const struct trajectories *t);
/* The next one by first appearance, NULL at the end; valid until the next call. */
tamis_status trajectories_next(struct trajectories *t, const struct trajectory **trajectory, tamis_err *err)
    TAMIS_MUST_CHECK;
void trajectories_close(struct trajectories *t); /* accepts NULL */

/*
 * Writes a folder of the wide binary form: manifest.json, ids.jsonl (one JSON string per line), loss.npy (rows in the
 * order of the ids, '<f4', NaN: not measured). The folder appears whole: manifest last.
 */
struct trajectories_writing {
    const char *per, *model, *scope; /* unit of the losses ("byte"), what trained, what was scored; free text */
    const uint64_t *steps;           /* ascending, checkpoints many */
    size_t checkpoints;
    uint64_t seed, documents;
    /* Fills the losses (nats per unit) and the id of row `row`; rows are asked for once each, in order. */
    tamis_status (*row)(void *context, uint64_t row, float *losses, tamis_str *id, tamis_err *err);
    void *context;
};
tamis_status trajectories_write(const char *folder, const struct trajectories_writing *w, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
