/*
 * The Chinchilla law fitted to runs (columns N, D, loss), there and back as LAW.json. Only the curve is to be trusted:
 * A and B trade off against their exponents, so that each alone is known within a factor or so.
 */
#ifndef TAMIS_FIT_CHINCHILLA_LAW_H
#define TAMIS_FIT_CHINCHILLA_LAW_H

#include "core/arena.h"
#include "core/buf.h"
#include "fit/law_file.h"
#include "law/scaling.h"

struct chinchilla_law {
    const char *name; /* may be NULL */
    struct chinchilla law;
    const struct chinchilla *replicates; /* refits of the bootstrap */
    size_t replicate_count, rows;
    struct law_left_out left_out; /* E, A, B, alpha, beta of each */
    double lowest_parameters, highest_parameters, lowest_tokens, highest_tokens; /* of the rows used */
    double probe_flop;         /* NaN: not known */
};

/* chinchilla_chart.c: loss over D at up to four sizes, with the band of the replicates. `title` may be NULL. */
struct chinchilla_rows {
    const double *parameters, *tokens, *loss;
    size_t count;
};
tamis_status chinchilla_chart(const struct chinchilla_law *law, const char *title, const struct chinchilla_rows *rows,
                              struct buf *svg, tamis_err *err) TAMIS_MUST_CHECK;

/* The text of a file (`path` is for messages); everything lives in `arena`. TAMIS_INPUT: it is no such law. */
tamis_status chinchilla_law_parse(const char *path, tamis_str text, struct arena *arena, struct chinchilla_law *law,
                                  tamis_err *err) TAMIS_MUST_CHECK;

#endif
