/* Forms to fit in tests: Chinchilla's law and D-CPT's, and rows made of known parameters. */
#ifndef TESTS_FORM_WORLD_H
#define TESTS_FORM_WORLD_H

#include "fit/form.h"
#include "law_world.h"

static inline double next_real(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) * 0x1p-53;
}

static inline double next_normal(uint64_t *seed)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        sum += next_real(seed);
    }
    return sum;
}

/* E + A / N^alpha + B / D^beta of inputs ln N, ln D. */
static inline void chinchilla_basis(const void *context, const double *shape, const double *input, double *basis,
                                    double *slopes)
{
    (void)context;
    basis[0] = 1;
    basis[1] = tamis_exp(-shape[0] * input[0]);
    basis[2] = tamis_exp(-shape[1] * input[1]);
    if (slopes) {
        slopes[2] = -input[0] * basis[1];
        slopes[5] = -input[1] * basis[2];
    }
}

static const char *const chinchilla_names[] = {"E", "A", "B"};
static const struct form_shape chinchilla_shapes[] = {{"alpha", 0.05, 2, true}, {"beta", 0.05, 2, true}};
static const struct form chinchilla_form = {.inputs = 2, .linear = 3, .shapes = 2, .linear_names = chinchilla_names,
                                            .shape = chinchilla_shapes, .basis = chinchilla_basis};

enum { ALPHA, BETA, ETA, EPS, GAMMA, DCPT_SHAPES };

/* E, A / N^alpha, B r^eta / D^beta, C / (r + eps)^gamma of inputs ln N, ln D, r, ln r. */
static inline void dcpt_basis(const void *context, const double *shape, const double *input, double *basis,
                              double *slopes)
{
    (void)context;
    const double r = input[2] + shape[EPS], ln_r = tamis_log(r);
    basis[0] = 1;
    basis[1] = tamis_exp(-shape[ALPHA] * input[0]);
    basis[2] = input[2] > 0 ? tamis_exp(shape[ETA] * input[3] - shape[BETA] * input[1]) : 0;
    basis[3] = tamis_exp(-shape[GAMMA] * ln_r);
    if (slopes) {
        slopes[DCPT_SHAPES + ALPHA] = -input[0] * basis[1];
        slopes[2 * DCPT_SHAPES + BETA] = -input[1] * basis[2];
        slopes[2 * DCPT_SHAPES + ETA] = input[2] > 0 ? input[3] * basis[2] : 0;
        slopes[3 * DCPT_SHAPES + EPS] = -shape[GAMMA] * basis[3] / r;
        slopes[3 * DCPT_SHAPES + GAMMA] = -ln_r * basis[3];
    }
}

static const char *const dcpt_names[] = {"E", "A", "B", "C"};
static const struct form_shape dcpt_shapes[] = {{"alpha", 0.05, 1.5, true}, {"beta", 0.05, 1.5, true},
                                                {"eta", 1, 4, false},       {"eps", 1e-3, 1, true},
                                                {"gamma", 0.05, 2, true}};
static const struct form dcpt_form = {.inputs = 4, .linear = 4, .shapes = DCPT_SHAPES, .linear_names = dcpt_names,
                                      .shape = dcpt_shapes, .basis = dcpt_basis};

#define DCPT_ROWS 540 /* 3 sizes x 9 shares x 20 checkpoints */

struct dcpt_world {
    double inputs[DCPT_ROWS * 4], loss[DCPT_ROWS], linear[4], shape[DCPT_SHAPES];
};

/* `noise`: relative, once a run and once a row; `first`: billions of tokens at the first checkpoint. */
static inline struct form_rows dcpt_world_fill(struct dcpt_world *w, bool general, double noise, double first,
                                               uint64_t seed)
{
    static const double linears[2][4] = {{0.9, 0.35, 0.08, 0.30}, {1.9, 0.45, 0.05, 0.12}};
    static const double shapes[2][DCPT_SHAPES] = {{0.35, 0.35, 1.2, 0.15, 0.7}, {0.30, 0.30, 1.3, 0.05, 0.55}};
    static const double sizes[] = {0.5, 1.8, 4}, shares[] = {0, 0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 1};
    double run = 0;
    memcpy(w->linear, linears[general], sizeof w->linear);
    memcpy(w->shape, shapes[general], sizeof w->shape);
    for (size_t i = 0; i < DCPT_ROWS; i++) {
        double *const input = &w->inputs[4 * i];
        const double share = general ? 1 - shares[i / 20 % 9] : shares[i / 20 % 9];
        run = i % 20 ? run : noise * next_normal(&seed);
        input[0] = log(sizes[i / 180]);
        input[1] = log(first) + log(26 / first) * (double)(i % 20) / 19;
        input[2] = share;
        input[3] = log(share);
        w->loss[i] = form_at(&dcpt_form, w->linear, w->shape, input) * exp(run + noise * next_normal(&seed));
    }
    return (struct form_rows){.inputs = w->inputs, .loss = w->loss, .count = DCPT_ROWS};
}

static inline struct form_fit fitted(const struct form *form, const struct form_rows *rows,
                                     const struct form_search *search)
{
    struct form_fit fit;
    tamis_err err = {0};
    if (form_fit(form, rows, search, &fit, &err)) {
        fail_msg("%s", err.text);
    }
    return fit;
}

#endif
