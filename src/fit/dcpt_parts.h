/*
 * What the parts of the D-CPT fit share: a side's rows in their order, the form of the law that they allow, and one fit
 * of it.
 */
#ifndef TAMIS_FIT_DCPT_PARTS_H
#define TAMIS_FIT_DCPT_PARTS_H

#include "fit/dcpt.h"
#include "fit/form.h"
#include "fit/runs.h"

#define DCPT_INPUTS 4 /* ln N, ln D (in billions), the share, ln share */

/* A run with rows that are used. */
struct dcpt_source {
    const char *name;
    double parameters, ratio;
};

/* The rows of one side that are used, by N, ratio, D and loss: so their order in the file does not matter. */
struct dcpt_rows {
    double *inputs, *loss, *weight; /* weight: every run weighs the same, their sum is the count */
    size_t *run;                    /* of struct dcpt_data.runs */
    size_t *own_run, own_runs;      /* the same, counting runs with rows of this side only */
    size_t count;
    bool alpha_held;                /* at DCPT_ALPHA_HELD, in the full form */
};

struct dcpt_data {
    struct dcpt_rows side[2]; /* domain, general */
    struct dcpt_source *runs; /* in the order of their first rows */
    size_t run_count;
    enum dcpt_form form;
    double least_tokens; /* the least D used, in ones; NaN: not said */
    bool may_rise;       /* the loss need not fall with the share */
};

struct form_layout;

/* The law of one side as form.h sees it; it points into itself: do not copy. */
struct dcpt_form_of {
    struct form form;
    enum dcpt_form which;
    const struct form_layout *layout;
    double least_log; /* ln of the least D used, in billions */
    bool may_rise;    /* the loss need not fall with the share at that D */
};
void dcpt_form_init(struct dcpt_form_of *of, const struct dcpt_data *data, bool may_rise);
size_t dcpt_form_parameters(enum dcpt_form form, bool alpha_held); /* fitted: 9, 8 with alpha held; 7; 4 */
/* The parameters of the form, in order, alpha also where it is held: at[] of them. */
size_t dcpt_form_list(enum dcpt_form form, enum dcpt_parameter *at);
double dcpt_parameter_of(const struct dcpt_curve *curve, enum dcpt_parameter parameter);
void dcpt_parameter_set(struct dcpt_curve *curve, enum dcpt_parameter parameter, double value);
extern const char *const dcpt_parameter_names[DCPT_PARAMETERS];
const char *dcpt_form_name(enum dcpt_form form, bool alpha_held); /* "full, several sizes", .. */

const struct form_shape *dcpt_shape_of(enum dcpt_parameter parameter); /* alpha to gamma: its bounds */

/* Fits one side; `weight` and `loss` replace the rows' own unless NULL, `from` is a curve to start from or NULL. */
struct dcpt_try {
    const double *weight, *loss;
    const struct dcpt_curve *from;
    unsigned starts;
    uint64_t seed;
    bool may_rise; /* as in struct dcpt_data, for this fit */
};
tamis_status dcpt_fit_once(const struct dcpt_data *data, const struct dcpt_rows *rows, const struct dcpt_try *with,
                           struct dcpt_curve *curve, struct dcpt_quality *quality, tamis_err *err) TAMIS_MUST_CHECK;

/* Of the single-point form: from a fit to the lowest point nearby. */
void dcpt_polish(const struct dcpt_rows *rows, struct dcpt_curve *curve, struct dcpt_quality *quality);

/* Bootstrap and refits without one run, from the curves of `law`; into `arena`. */
tamis_status dcpt_refit(const struct dcpt_data *data, const struct dcpt_effort *effort, struct arena *arena,
                        struct dcpt_law *law, tamis_err *err) TAMIS_MUST_CHECK;

/* Whether the smaller of two numbers is smaller by more than DCPT_SAME of the larger. */
bool dcpt_differ(double a, double b);

#endif
