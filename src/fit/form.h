/*
 * A law that is linear in some of its parameters, L(x) = sum_j c_j basis_j(x; shape), and its fit to measured losses.
 *
 * Variable projection (Golub and Pereyra 1973, with the slopes of Kaufman 1975): for a given shape the c_j are found
 * exactly, >= 0, by least squares of predicted / measured - 1, so only the shape is searched, from several starts; then
 * all parameters move to the lowest weighted sum of Huber(1e-3) of ln predicted - ln measured (Hoffmann et al. 2022,
 * appendix D.3). Same rows in the same order, same bits.
 */
#ifndef TAMIS_FIT_FORM_H
#define TAMIS_FIT_FORM_H

#include "tamis.h"

#define FORM_LINEAR 4
#define FORM_SHAPES 64
#define FORM_HUBER 1e-3

struct form_shape {
    const char *name;
    double low, high;
    bool log; /* searched as its logarithm; low > 0 */
};

struct form {
    size_t inputs, linear, shapes; /* linear >= 1 */
    const char *const *linear_names;
    const struct form_shape *shape;
    /*
     * basis[linear] at one point, and unless NULL slopes[linear * shapes]: slopes[j * shapes + k] = d basis_j /
     * d shape_k. `slopes` comes zeroed. Called for every row at every step of the fit: inputs are best stored as the
     * logarithms it needs.
     */
    void (*basis)(const void *context, const double *shape, const double *input, double *basis, double *slopes);
    const void *context;
    bool fixed_linear;    /* the c_j are all 1, not fitted */
    unsigned free_linear; /* bits: these c_j may be negative */
    bool plain;           /* residuals are predicted - measured (losses may be <= 0), not logarithms */
    double huber;         /* 0: FORM_HUBER */
};

struct form_rows {
    const double *inputs; /* count x form.inputs */
    const double *loss;   /* > 0, unless plain */
    const double *weight; /* >= 0; NULL: all 1 */
    size_t count;
};

struct form_search {
    unsigned starts;    /* random shapes inside the box, besides `from`; the first ones are the same for any number */
    uint64_t seed;
    const double *from; /* a shape to start from as well, moved into the box; NULL: none */
};

struct form_fit {
    double linear[FORM_LINEAR], shape[FORM_SHAPES];
    double weighted;    /* the sum that was brought down */
    double objective;   /* the plain sum over rows of weight > 0, each once, of Huber of the residual */
    double r2;          /* of the losses, rows of weight > 0; NaN when all are equal */
    double mape;        /* mean |predicted / measured - 1|; NaN where plain */
    double max_error;   /* largest |predicted - measured| */
    /*
     * Starts tried, and those whose search came within 1 % of the lowest sum of squares of all starts, or below 1e-13 a
     * row. Different ones among the best, by that sum, are then moved on to the lowest Huber sum, and the lowest is
     * returned. With fixed_linear there is no search: every start is moved, and Huber sums are compared.
     */
    unsigned starts, agreeing;
    uint64_t shape_low, shape_high; /* bits: shapes at a bound */
    unsigned linear_zero;           /* bits: c_j that are 0 */
};

double form_at(const struct form *form, const double *linear, const double *shape, const double *input);
/* TAMIS_INPUT: no rows of positive weight, or none where the law has a value. TAMIS_IO: out of memory. */
tamis_status form_fit(const struct form *form, const struct form_rows *rows, const struct form_search *search,
                      struct form_fit *fit, tamis_err *err) TAMIS_MUST_CHECK;

#endif
