/* The law as a form that is linear in E, A, B and C, and one fit of it. */
#include <math.h>

#include "fit/dcpt_parts.h"

enum input { LN_SIZE, LN_TOKENS, SHARE, LN_SHARE };

const char *const dcpt_parameter_names[DCPT_PARAMETERS] = {"E", "A", "B", "C", "alpha", "beta", "eta", "eps", "gamma"};
static const char *const form_names[] = {"full, several sizes", "single size: differences only",
                                         "r-effect, single size"};
#define TWO_SIZES_NAME "full, two sizes: alpha held at 0.34"

/* Shape variables, by form: the single-size form lacks the first, the single-point form all but the last two. */
static const struct form_shape shapes[] = {
    {"alpha", 0.05, 1.5, true}, {"beta", 0.05, 1.5, true}, {"eta", 1, 4, false},
    {"eps", 1e-5, 1, true},     {"gamma", 0.05, 2, true},
}; /* with two sizes alpha is no variable */
static const enum dcpt_parameter shape_parameters[] = {DCPT_ALPHA, DCPT_BETA, DCPT_ETA, DCPT_EPS, DCPT_GAMMA};
enum { SHAPES = 5 };

static const struct form_layout {
    size_t linear, first_shape;
    enum dcpt_parameter linear_parameters[FORM_LINEAR];
    const char *linear_names[FORM_LINEAR];
} layouts[] = {
    [DCPT_FULL] = {4, 0, {DCPT_E, DCPT_A, DCPT_B, DCPT_C}, {"E", "A", "B", "C"}},
    [DCPT_SINGLE_SIZE] = {3, 1, {DCPT_E, DCPT_B, DCPT_C}, {"E", "B", "C"}},
    [DCPT_SINGLE_POINT] = {2, 3, {DCPT_E, DCPT_C}, {"E", "C"}},
}, of_two_sizes = {4, 1, {DCPT_E, DCPT_A, DCPT_B, DCPT_C}, {"E", "A", "B", "C"}};

static const struct form_layout *layout_of(enum dcpt_form form, bool alpha_held)
{
    return form == DCPT_FULL && alpha_held ? &of_two_sizes : &layouts[form];
}

const char *dcpt_form_name(enum dcpt_form form, bool alpha_held)
{
    return form == DCPT_FULL && alpha_held ? TWO_SIZES_NAME : form_names[form];
}

/* ---- Parameters ------------------------------------------------------------------------------------------------- */

static double *place(struct dcpt_curve *curve, enum dcpt_parameter parameter)
{
    double *const places[DCPT_PARAMETERS] = {&curve->e,    &curve->a,   &curve->b,   &curve->c,    &curve->alpha,
                                             &curve->beta, &curve->eta, &curve->eps, &curve->gamma};
    return places[parameter];
}

double dcpt_parameter_of(const struct dcpt_curve *curve, enum dcpt_parameter parameter)
{
    struct dcpt_curve copy = *curve;
    return *place(&copy, parameter);
}

void dcpt_parameter_set(struct dcpt_curve *curve, enum dcpt_parameter parameter, double value)
{
    *place(curve, parameter) = value;
}

size_t dcpt_form_list(enum dcpt_form form, enum dcpt_parameter *at)
{
    const struct form_layout *const layout = &layouts[form];
    size_t count = 0;
    for (size_t i = 0; i < layout->linear; i++) {
        at[count++] = layout->linear_parameters[i];
    }
    for (size_t i = layout->first_shape; i < SHAPES; i++) {
        at[count++] = shape_parameters[i];
    }
    return count;
}

size_t dcpt_form_parameters(enum dcpt_form form, bool alpha_held)
{
    const struct form_layout *const layout = layout_of(form, alpha_held);
    return layout->linear + SHAPES - layout->first_shape;
}

bool dcpt_differ(double a, double b)
{
    return fabs(a - b) > DCPT_SAME * fmax(a, b);
}

const struct form_shape *dcpt_shape_of(enum dcpt_parameter parameter)
{
    return &shapes[parameter - DCPT_ALPHA];
}

/* ---- The form --------------------------------------------------------------------------------------------------- */

/* C's basis (share + eps)^-gamma and its slopes along eps and gamma. */
static double share_basis(const double *input, double eps, double gamma, double *slopes)
{
    const double logarithm = tamis_log(input[SHARE] + eps);
    const double value = tamis_exp(-gamma * logarithm);
    if (slopes) {
        slopes[0] = -gamma * value / (input[SHARE] + eps);
        slopes[1] = -logarithm * value;
    }
    return value;
}

static void basis_of_point(const void *context, const double *shape, const double *input, double *basis,
                           double *slopes)
{
    (void)context;
    basis[0] = 1;
    basis[1] = share_basis(input, shape[0], shape[1], slopes ? slopes + 2 : NULL);
}

/* B's basis share^eta / D^beta and its slopes along beta and eta; share 0 gives 0, eta being 1 or more. */
static double tokens_basis(const double *input, double beta, double eta, double *slopes)
{
    const bool none = !(input[SHARE] > 0);
    const double value = none ? 0 : tamis_exp(eta * input[LN_SHARE] - beta * input[LN_TOKENS]);
    if (slopes) {
        slopes[0] = -input[LN_TOKENS] * value;
        slopes[1] = none ? 0 : input[LN_SHARE] * value;
    }
    return value;
}

/*
 * With eta >= 1 the curve is steepest at r = 1. There and at the least D used it falls where C is at least q B. So that
 * it does, C is fitted as what it is above q B: B's basis gets q times C's. q and its slopes along beta, eta, eps and
 * gamma; all 0 where the loss may rise.
 */
struct demand {
    double q, slopes[4];
};

static struct demand demanded(const struct dcpt_form_of *of, const double *shape)
{
    const double beta = shape[0], eta = shape[1], eps = shape[2], gamma = shape[3];
    struct demand d = {.q = 0};
    if (!of->may_rise) {
        const double logarithm = tamis_log(1 + eps);
        d.q = eta / gamma * tamis_exp((gamma + 1) * logarithm - beta * of->least_log);
        d.slopes[0] = -of->least_log * d.q;
        d.slopes[1] = d.q / eta;
        d.slopes[2] = d.q * (gamma + 1) / (1 + eps);
        d.slopes[3] = d.q * (logarithm - 1 / gamma);
    }
    return d;
}

/* The bases of B and C, which follow each other, and their slopes; `shape` begins at beta. */
static void basis_of_shares(const struct dcpt_form_of *of, const double *shape, const double *input, double *basis,
                            double *slopes, size_t stride)
{
    const struct demand d = demanded(of, shape);
    double *const of_c = slopes ? slopes + stride : NULL;
    basis[0] = tokens_basis(input, shape[0], shape[1], slopes);
    basis[1] = share_basis(input, shape[2], shape[3], of_c ? of_c + 2 : NULL);
    basis[0] += d.q * basis[1];
    for (size_t k = 0; slopes && k < 4; k++) {
        slopes[k] += d.slopes[k] * basis[1] + d.q * of_c[k];
    }
}

static void basis_of_size(const void *context, const double *shape, const double *input, double *basis, double *slopes)
{
    basis[0] = 1;
    basis_of_shares(context, shape, input, basis + 1, slopes ? slopes + 4 : NULL, 4);
}

static void basis_of_all(const void *context, const double *shape, const double *input, double *basis, double *slopes)
{
    basis[0] = 1;
    basis[1] = tamis_exp(-shape[0] * input[LN_SIZE]);
    if (slopes) {
        slopes[5] = -input[LN_SIZE] * basis[1];
    }
    basis_of_shares(context, shape + 1, input, basis + 2, slopes ? slopes + 10 + 1 : NULL, 5);
}

static void basis_of_two_sizes(const void *context, const double *shape, const double *input, double *basis,
                               double *slopes)
{
    basis[0] = 1;
    basis[1] = tamis_exp(-DCPT_ALPHA_HELD * input[LN_SIZE]);
    basis_of_shares(context, shape, input, basis + 2, slopes ? slopes + 8 : NULL, 4);
}

void dcpt_form_init(struct dcpt_form_of *of, const struct dcpt_data *data, bool may_rise)
{
    const struct form_layout *const layout = &layouts[data->form];
    *of = (struct dcpt_form_of){.which = data->form, .layout = layout, .may_rise = may_rise || data->may_rise};
    of->least_log = data->form == DCPT_SINGLE_POINT ? 0 : tamis_log(data->least_tokens / DCPT_UNIT);
    of->form = (struct form){
        .inputs = DCPT_INPUTS, .linear = layout->linear, .shapes = SHAPES - layout->first_shape,
        .linear_names = layout->linear_names, .shape = shapes + layout->first_shape, .context = of,
        .basis = data->form == DCPT_FULL          ? basis_of_all
                 : data->form == DCPT_SINGLE_SIZE ? basis_of_size
                                                  : basis_of_point};
}

/* Of the full form. */
static void hold_alpha(struct dcpt_form_of *of)
{
    of->layout = &of_two_sizes;
    of->form.shapes = SHAPES - of->layout->first_shape;
    of->form.shape = shapes + of->layout->first_shape;
    of->form.basis = basis_of_two_sizes;
}

static struct dcpt_curve curve_of(const struct dcpt_form_of *of, const struct form_fit *fit)
{
    const struct form_layout *const layout = of->layout;
    struct dcpt_curve curve = {.alpha = layout == &of_two_sizes ? DCPT_ALPHA_HELD : 1, .beta = 1, .eta = 1};
    for (size_t i = 0; i < layout->linear; i++) {
        *place(&curve, layout->linear_parameters[i]) = fit->linear[i];
    }
    for (size_t i = layout->first_shape; i < SHAPES; i++) {
        *place(&curve, shape_parameters[i]) = fit->shape[i - layout->first_shape];
    }
    if (of->which != DCPT_SINGLE_POINT) {
        const double shape[] = {curve.beta, curve.eta, curve.eps, curve.gamma};
        curve.c += demanded(of, shape).q * curve.b;
    }
    return curve;
}

/* The shape variables of a curve, to start from. */
static void take_shape(const struct dcpt_form_of *of, const struct dcpt_curve *curve, double *shape)
{
    const size_t first = of->layout->first_shape;
    for (size_t i = first; i < SHAPES; i++) {
        shape[i - first] = dcpt_parameter_of(curve, shape_parameters[i]);
    }
}

/* ---- One fit ---------------------------------------------------------------------------------------------------- */

static void note_bounds(const struct dcpt_form_of *of, const struct form_fit *fit, const struct dcpt_curve *curve,
                        struct dcpt_quality *quality)
{
    const struct form_layout *const layout = of->layout;
    quality->at_low = quality->at_high = 0;
    for (size_t i = 0; i < layout->linear; i++) {
        const enum dcpt_parameter parameter = layout->linear_parameters[i];
        quality->at_low |= dcpt_parameter_of(curve, parameter) > 0 ? 0 : 1u << parameter;
    }
    for (size_t i = layout->first_shape; i < SHAPES; i++) {
        const size_t at = i - layout->first_shape;
        quality->at_low |= fit->shape_low >> at & 1u ? 1u << shape_parameters[i] : 0;
        quality->at_high |= fit->shape_high >> at & 1u ? 1u << shape_parameters[i] : 0;
    }
}

tamis_status dcpt_fit_once(const struct dcpt_data *data, const struct dcpt_rows *rows, const struct dcpt_try *with,
                           struct dcpt_curve *curve, struct dcpt_quality *quality, tamis_err *err)
{
    struct dcpt_form_of of;
    struct form_fit fit;
    double from[SHAPES];
    dcpt_form_init(&of, data, with->may_rise);
    if (rows->alpha_held) {
        hold_alpha(&of);
    }
    if (with->from) {
        take_shape(&of, with->from, from);
    }
    const struct form_rows measured = {.inputs = rows->inputs, .loss = with->loss ? with->loss : rows->loss,
                                       .weight = with->weight ? with->weight : rows->weight, .count = rows->count};
    const struct form_search search = {with->starts, with->seed, with->from ? from : NULL};
    const tamis_status status = form_fit(&of.form, &measured, &search, &fit, err);
    if (!status) {
        *curve = curve_of(&of, &fit);
        *quality = (struct dcpt_quality){
            .objective = fit.objective, .r2 = fit.r2, .mape = fit.mape, .max_error = fit.max_error,
            .unbound = NAN, .starts = fit.starts, .agreeing = fit.agreeing};
        note_bounds(&of, &fit, curve, quality);
    }
    return status;
}
