/*
 * Trajectories v1: the loss of documents at the checkpoints of a training run, imported from files.
 *
 * Forms (docs/FORMATS.md): a folder with or without manifest.json and with parts, or a bare JSON Lines file, its form
 * told by its first line that can be read; long lines {"id","step","loss_sum","n_tokens"} or {"id","step","loss"
 * [,"n_tokens"]}, whose pieces of one document at one step add up; wide lines {"id","losses":[..][,"steps":[..]]
 * [,"n_tokens"]}; `ids` with loss.npy. Losses come out in nats per unit (token or byte), whatever the unit of the file.
 * Not measured is NaN, never 0.
 *
 * Trajectories do not depend on the order of lines and parts, to the last bit; only their own order does. Memory does
 * not grow with the documents: long forms are sorted on disk, wide ones are streamed twice.
 */
#ifndef TAMIS_SCORE_TRAJECTORIES_H
#define TAMIS_SCORE_TRAJECTORIES_H

#include <stdatomic.h>

#include "core/hash.h"
#include "run/progress.h"

#define TRAJECTORIES_VERSION 1
#define TRAJECTORIES_MOST_CHECKPOINTS ((size_t)100000)

struct trajectories;

struct trajectories_options {
    const char *tmp;            /* folder for temporary files; exists */
    uint64_t memory;            /* bytes it may hold */
    uint64_t max_line;          /* bytes; longer lines are broken; 0: 64 MiB */
    const atomic_int *stop;     /* non-zero: TAMIS_INTERRUPTED soon; may be NULL */
    struct progress *progress;  /* may be NULL */
};

/* Why a record has no part in any trajectory. */
enum broken {
    BROKEN_LINE,   /* not a JSON object, too long, not UTF-8 */
    BROKEN_ID,     /* no id: neither a string nor a number */
    BROKEN_STEP,   /* no step, or a step that is no whole number from 0 to 2^53 */
    BROKEN_LOSS,   /* nothing that is a loss */
    BROKEN_COUNT,  /* loss_sum without n_tokens, or n_tokens that is no count */
    BROKEN_LENGTH, /* another number of losses than of steps */
    BROKEN_MANY,   /* more losses than there may be checkpoints */
    BROKEN_FORM,   /* wide among long, or long among wide */
    BROKEN_STREAM, /* stands for the rest of a damaged part */
    BROKEN_REASONS
};
const char *broken_name(enum broken reason); /* "no id" */

/* What losses seem to be, from how they grow with n_tokens. */
enum slip { SLIP_NONE, SLIP_SUM_FOR_MEAN, SLIP_MEAN_FOR_SUM };

struct trajectories_facts {
    const char *unit;        /* "nat" or "bit", as the files say */
    const char *per;         /* "token", "byte" or "unknown" */
    uint64_t documents;      /* distinct ids that have a trajectory, be it without any loss */
    uint64_t records;        /* lines, or rows of a matrix */
    uint64_t merged;         /* records that were added to an earlier one of the same id and step */
    uint64_t not_finite;     /* losses rejected: infinite, or NaN spelled out in text */
    uint64_t negative;       /* losses rejected */
    uint64_t lossy;          /* records that hold a rejected loss */
    uint64_t broken;         /* records rejected whole */
    uint64_t broken_by[BROKEN_REASONS];
    const char *first_broken; /* where the first of them was; NULL: there was none */
    bool damaged;            /* a compressed stream broke: what follows in that part is lost */
    uint64_t ambiguous;      /* ids with two losses at one step that cannot be told apart; they have no trajectory */
    enum slip slip;
    size_t checkpoints;
    const uint64_t *steps;   /* ascending */
    const uint64_t *covered; /* per checkpoint: documents measured there */
};

struct trajectory {
    tamis_str id;
    tamis_str domain;     /* empty: the files name none */
    uint64_t ordinal;     /* place by first appearance, from 0 */
    const double *losses; /* facts.checkpoints many, nats per unit; NaN: not measured */
    uint64_t tokens;      /* largest number of units seen at a checkpoint; 0: unknown */
};

/*
 * Reads what must be known beforehand: ids, steps, coverage. `path` "-" is stdin. TAMIS_INPUT: unreadable, of a form
 * nobody knows, or nothing in it; TAMIS_USAGE: a newer version. Close it even after a failure.
 */
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
