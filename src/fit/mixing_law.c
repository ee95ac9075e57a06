/*
 * Fit of L = c + k exp(sum t_j r_j): linear in c and k for given t. One domain, that with the largest share on the
 * whole, is measured against (its t is 0), and shares are counted from their means. For a floor c, ln(L - c) is a plane
 * over the shares: planes for several floors are where the search starts.
 */
#include "fit/mixing_law.h"

#include <math.h>

#include "fit/cholesky.h"
#include "fit/fitted.h"

#define STEEPEST 500.0  /* bound of t against the domain measured against; small shares may matter much */
#define MOST_EXPONENT 600.0
#define MIXING_HUBER 0.02 /* as in the paper: the law is coarser than laws of scale are */
#define NARROW 0.3      /* span of every share below which c is not determined */
#define REPLICATE_NUMBERS 40000u /* that a law file may hold */
#define FEWEST_REPLICATES 20u
#define NO_SLOPE (-700.0) /* ln k of a law that does not depend on the mixture */

enum { LINEAR_C, LINEAR_K, LINEARS };
static const char *const linear_names[] = {"c", "k"};
static const double floors[] = {0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98}; /* shares of the lowest loss */
#define FLOORS (sizeof floors / sizeof *floors)

struct fitting {
    struct mixing_law law;
    struct mixing_rows rows;
    struct form form;
    size_t reference;
    double *mean;    /* share of each domain */
    double *inputs;  /* used x (domains - 1): shares less their means, without the reference */
    double *replicates;
    size_t replicate_count;
    double *mean_predicted, *mean_measured; /* of all losses, for each mixture */
    struct mixing_quality quality;
    struct buf warnings;
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the law");
}

size_t mixing_law_numbers(const struct mixing_law *law)
{
    return law->loss_count * (law->domain_count + 1);
}

/* ---- The form --------------------------------------------------------------------------------------------------- */

static void basis(const void *context, const double *shape, const double *input, double *values, double *slopes)
{
    const struct form *const form = context;
    double exponent = 0;
    for (size_t j = 0; j < form->shapes; j++) {
        exponent += shape[j] * input[j];
    }
    const bool inside = fabs(exponent) < MOST_EXPONENT;
    values[LINEAR_C] = 1;
    values[LINEAR_K] = tamis_exp(fmax(fmin(exponent, MOST_EXPONENT), -MOST_EXPONENT));
    for (size_t j = 0; slopes && inside && j < form->shapes; j++) {
        slopes[form->shapes + j] = input[j] * values[LINEAR_K];
    }
}

/* Place of a domain among the shapes; the reference has none. */
static size_t domain_of(const struct fitting *f, size_t shape)
{
    return shape < f->reference ? shape : shape + 1;
}

static tamis_status make_form(struct fitting *f, struct arena *arena, tamis_err *err)
{
    const size_t shapes = f->law.domain_count - 1;
    struct form_shape *const shape = arena_alloc(arena, shapes * sizeof *shape);
    if (!shape) {
        return no_memory(err);
    }
    for (size_t j = 0; j < shapes; j++) {
        shape[j] = (struct form_shape){f->law.domains[domain_of(f, j)], -STEEPEST, STEEPEST, false};
    }
    f->form = (struct form){.inputs = shapes, .linear = LINEARS, .shapes = shapes, .linear_names = linear_names,
                            .shape = shape, .basis = basis, .context = &f->form, .huber = MIXING_HUBER};
    return TAMIS_OK;
}

static tamis_status centre(struct fitting *f, struct arena *arena, tamis_err *err)
{
    const size_t domains = f->law.domain_count;
    f->mean = arena_alloc(arena, domains * sizeof *f->mean);
    f->inputs = arena_alloc(arena, f->rows.used * domains * sizeof *f->inputs);
    if (!f->mean || !f->inputs) {
        return no_memory(err);
    }
    for (size_t j = 0; j < domains; j++) {
        double sum = 0;
        for (size_t i = 0; i < f->rows.used; i++) {
            sum += f->rows.shares[i * domains + j];
        }
        f->mean[j] = sum / (double)f->rows.used;
        f->reference = f->mean[j] > f->mean[f->reference] ? j : f->reference;
    }
    for (size_t i = 0; i < f->rows.used; i++) {
        for (size_t j = 0; j + 1 < domains; j++) {
            const size_t domain = domain_of(f, j);
            f->inputs[i * (domains - 1) + j] = f->rows.shares[i * domains + domain] - f->mean[domain];
        }
    }
    return TAMIS_OK;
}

static struct mixing law_of(const struct fitting *f, const struct form_fit *fit, double *t)
{
    double shift = 0;
    t[f->reference] = 0;
    for (size_t j = 0; j < f->form.shapes; j++) {
        const size_t domain = domain_of(f, j);
        t[domain] = fit->shape[j];
        shift += t[domain] * f->mean[domain];
    }
    return (struct mixing){fit->linear[LINEAR_C], fit->linear[LINEAR_K] * tamis_exp(-shift), t, f->law.domain_count};
}

/* ---- Starts ----------------------------------------------------------------------------------------------------- */

/* Slopes of the plane through ln(L - c), by least squares; false where they are not determined. */
static bool plane(const struct fitting *f, const double *loss, double c, double *gram, double *slopes)
{
    const size_t count = f->form.shapes;
    double *const right = gram + count * count, *const factor = right + count, *const scale = factor + count * count;
    for (size_t k = 0; k < count * (count + 1); k++) {
        gram[k] = 0;
    }
    for (size_t i = 0; i < f->rows.used; i++) {
        const double *const x = f->inputs + i * count;
        const double y = tamis_log(loss[i] - c);
        for (size_t a = 0; a < count; a++) {
            right[a] += x[a] * y;
            for (size_t b = 0; b < count; b++) {
                gram[a * count + b] += x[a] * x[b];
            }
        }
    }
    if (!cholesky_factor(gram, count, factor, scale)) {
        return false;
    }
    cholesky_solve(factor, scale, count, right, slopes);
    return true;
}

static tamis_status fit_loss(const struct fitting *f, const double *loss, double *work, struct form_fit *best,
                             tamis_err *err)
{
    const struct form_rows rows = {f->inputs, loss, NULL, f->rows.used};
    struct form_fit fits[FLOORS];
    double lowest = INFINITY, from[FORM_SHAPES];
    size_t tried = 0;
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; i < f->rows.used; i++) {
        lowest = fmin(lowest, loss[i]);
    }
    for (size_t i = 0; !status && i < FLOORS; i++) {
        if (plane(f, loss, floors[i] * lowest, work, from)) {
            const struct form_search search = {.from = from};
            status = form_fit(&f->form, &rows, &search, &fits[tried++], err);
        }
    }
    if (!status && tried == 0) {
        status = tamis_fail(err, TAMIS_INPUT, "the shares of the runs do not determine the law: some of them always "
                            "change together; vary them against each other");
    }
    for (size_t i = 0; !status && i < tried; i++) {
        *best = i == 0 || fits[i].weighted < best->weighted ? fits[i] : *best;
    }
    if (!status) {
        best->starts = (unsigned)tried;
        best->agreeing = 0;
        for (size_t i = 0; i < tried; i++) {
            best->agreeing += fits[i].weighted <= 1.01 * best->weighted + 1e-13 * (double)f->rows.used;
        }
    }
    return status;
}

/* ---- All losses ------------------------------------------------------------------------------------------------- */

static void judge_sum(struct fitting *f)
{
    const size_t used = f->rows.used, losses = f->law.loss_count;
    double mean = 0, left = 0, spread = 0;
    struct mixing_quality *const q = &f->quality;
    for (size_t k = 0; k < used * losses; k++) {
        mean += f->rows.measured[k] / (double)(used * losses);
    }
    q->sum_mape = q->sum_error = 0;
    for (size_t i = 0; i < used; i++) {
        double measured = 0, predicted = 0;
        for (size_t k = 0; k < losses; k++) {
            measured += f->rows.measured[k * used + i] / (double)losses;
            predicted += mixing_at(&f->law.laws[k], f->rows.shares + i * f->law.domain_count) / (double)losses;
        }
        f->mean_predicted[i] = predicted;
        f->mean_measured[i] = measured;
        left += (predicted - measured) * (predicted - measured);
        spread += (measured - mean) * (measured - mean);
        q->sum_mape += fabs(predicted / measured - 1) / (double)used;
        q->sum_error = fmax(q->sum_error, fabs(predicted - measured));
    }
    q->sum_r2 = spread > 0 ? 1 - left / spread : (double)NAN;
}

static tamis_status fit_losses(struct fitting *f, struct arena *arena, tamis_err *err)
{
    const size_t domains = f->law.domain_count, losses = f->law.loss_count, shapes = domains - 1;
    struct form_fit *const fits = arena_alloc(arena, losses * sizeof *fits);
    double *const work = arena_alloc(arena, 2 * (shapes * shapes + shapes) * sizeof *work);
    double *const t = arena_alloc(arena, losses * domains * sizeof *t);
    f->law.laws = arena_alloc(arena, losses * sizeof *f->law.laws);
    f->mean_predicted = arena_alloc(arena, f->rows.used * sizeof *f->mean_predicted);
    f->mean_measured = arena_alloc(arena, f->rows.used * sizeof *f->mean_measured);
    if (!fits || !work || !t || !f->law.laws || !f->mean_predicted || !f->mean_measured) {
        return no_memory(err);
    }
    tamis_status status = TAMIS_OK;
    for (size_t k = 0; !status && k < losses; k++) {
        status = fit_loss(f, f->rows.measured + k * f->rows.used, work, &fits[k], err);
        if (!status) {
            f->law.laws[k] = law_of(f, &fits[k], t + k * domains);
        }
    }
    f->quality.form = &f->form;
    f->quality.fits = fits;
    if (!status) {
        judge_sum(f);
    }
    return status;
}

/* ---- Bootstrap -------------------------------------------------------------------------------------------------- */

/* What a plan needs of a refit: c, and t with ln k in it. */
static void numbers_of(const struct fitting *f, const struct form_fit *fit, double *t, double *numbers)
{
    const struct mixing law = law_of(f, fit, t);
    numbers[0] = law.c;
    for (size_t j = 0; j < f->law.domain_count; j++) {
        numbers[1 + j] = law.k > 0 ? t[j] + tamis_log(law.k) : NO_SLOPE;
    }
}

/* All losses of a replicate come from the same draw of runs: a replicate is another set of runs. */
static tamis_status refit_loss(struct fitting *f, size_t loss, const struct law_job *job, struct form_fit *fits,
                               double *t, tamis_err *err)
{
    const size_t domains = f->law.domain_count, numbers = mixing_law_numbers(&f->law);
    const struct form_rows rows = {f->inputs, f->rows.measured + loss * f->rows.used, NULL, f->rows.used};
    const struct refits refits = {.form = &f->form, .rows = &rows, .run = f->rows.run, .runs = f->rows.runs.count,
                                  .fit = &f->quality.fits[loss], .seed = job->seed, .count = f->replicate_count};
    const tamis_status status = refit(&refits, fits, err);
    f->quality.bootstrap = (int)fitted_bootstrap_of(&refits);
    for (size_t i = 0; !status && i < f->replicate_count; i++) {
        numbers_of(f, &fits[i], t, f->replicates + i * numbers + loss * (domains + 1));
    }
    return status;
}

static tamis_status bootstrap(struct fitting *f, const struct law_job *job, struct arena *arena, tamis_err *err)
{
    const size_t numbers = mixing_law_numbers(&f->law);
    const size_t most = numbers > 0 ? REPLICATE_NUMBERS / numbers : 0;
    f->replicate_count = job->replicates < most ? job->replicates : most < FEWEST_REPLICATES ? 0 : most;
    struct form_fit *const fits = arena_alloc(arena, (f->replicate_count + 1) * sizeof *fits);
    double *const t = arena_alloc(arena, f->law.domain_count * sizeof *t);
    f->replicates = arena_alloc(arena, (f->replicate_count * numbers + 1) * sizeof *f->replicates);
    if (!fits || !t || !f->replicates) {
        return no_memory(err);
    }
    tamis_status status = TAMIS_OK;
    for (size_t k = 0; !status && f->replicate_count > 0 && k < f->law.loss_count; k++) {
        status = refit_loss(f, k, job, fits, t, err);
    }
    f->law.replicates = f->replicates;
    f->law.replicate_count = f->replicate_count;
    return status;
}

/* ---- Without one run -------------------------------------------------------------------------------------------- */

/* As many mixtures as a fit asks for, and every share varies. */
static bool enough(const void *context, size_t without)
{
    const struct fitting *const f = context;
    const size_t domains = f->law.domain_count;
    bool varies = f->rows.used > domains + 2;
    for (size_t j = 0; varies && j < domains; j++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < f->rows.used; i++) {
            if (f->rows.run[i] != without) {
                low = fmin(low, f->rows.shares[i * domains + j]);
                high = fmax(high, f->rows.shares[i * domains + j]);
            }
        }
        varies = high > low;
    }
    return varies;
}

static tamis_status leave_out(struct fitting *f, const struct law_job *job, struct arena *arena, tamis_err *err)
{
    const size_t domains = f->law.domain_count, numbers = mixing_law_numbers(&f->law);
    double *const t = arena_alloc(arena, domains * sizeof *t);
    tamis_status status = TAMIS_OK;
    if (!t) {
        return no_memory(err);
    }
    for (size_t k = 0; !status && k < f->law.loss_count; k++) {
        const struct form_rows rows = {f->inputs, f->rows.measured + k * f->rows.used, NULL, f->rows.used};
        const struct refits refits = {.form = &f->form, .rows = &rows, .run = f->rows.run,
                                      .runs = f->rows.runs.count, .fit = &f->quality.fits[k], .seed = job->seed};
        struct fitted_left_out left;
        status = fitted_left_out(&refits, &f->rows.runs, f->law.domains, domains, enough, f, numbers, arena, &left,
                                 err);
        f->law.left_out = k == 0 ? left.left : f->law.left_out;
        for (size_t i = 0; !status && i < left.left.count; i++) {
            numbers_of(f, &left.fits[i], t, f->law.left_out.values + i * numbers + k * (domains + 1));
        }
    }
    return status;
}

/* ---- What is refused and warned of ------------------------------------------------------------------------------ */

static tamis_status check(const struct fitting *f, tamis_err *err)
{
    const struct mixing_law *const law = &f->law;
    if (f->rows.used < law->domain_count + 2) {
        return tamis_fail(err, TAMIS_INPUT, "%s: %zu mixtures of %zu domains; the law has %zu parameters for each "
                          "loss, so measure at least %zu mixtures, better %zu", f->rows.runs.source, f->rows.used,
                          law->domain_count, law->domain_count + 1, law->domain_count + 2, 2 * (law->domain_count + 1));
    }
    for (size_t j = 0; j < law->domain_count; j++) {
        if (!(law->highest[j] > law->lowest[j])) {
            return tamis_fail(err, TAMIS_INPUT, "%s: the share of '%s' is %g in every run, so nothing can be said of "
                              "it\nVary it, or leave the column out where it is 0.", f->rows.runs.source,
                              law->domains[j], law->lowest[j]);
        }
    }
    return TAMIS_OK;
}

static bool warn_of_loss(struct fitting *f, size_t loss)
{
    const struct form_fit *const fit = &f->quality.fits[loss];
    const char *const name = f->law.losses[loss];
    bool fine = true;
    if (fit->linear_zero >> LINEAR_K & 1) {
        fine = buf_printf(&f->warnings, "loss '%s' does not depend on the mixture by this fit\n", name);
    } else if (fit->linear_zero >> LINEAR_C & 1) {
        fine = buf_printf(&f->warnings, "loss '%s': c is 0, the runs do not determine the floor\n", name);
    }
    if (fit->shape_low | fit->shape_high) {
        fine = fine && buf_printf(&f->warnings, "loss '%s': a t lies at its bound\n", name);
    }
    return fine;
}

static bool warn(struct fitting *f, const struct law_job *job)
{
    double span = 0;
    bool fine = true;
    for (size_t j = 0; j < f->law.domain_count; j++) {
        span = fmax(span, f->law.highest[j] - f->law.lowest[j]);
    }
    if (span < NARROW) {
        fine = buf_printf(&f->warnings, "no share varies by more than %.3g: the floor c is not determined, and no plan "
                          "should go far from the runs\n", span);
    }
    if (f->rows.used < 2 * (f->law.domain_count + 1)) {
        fine = fine && buf_printf(&f->warnings, "%zu mixtures for %zu parameters of each loss: what lies between them "
                                  "is a guess; measure %zu\n", f->rows.used, f->law.domain_count + 1,
                                  2 * (f->law.domain_count + 1));
    }
    if (job->replicates > f->replicate_count) {
        fine = fine && buf_printf(&f->warnings, "%zu replicates of the bootstrap instead of %u, for the size of the "
                                  "file\n", f->replicate_count, job->replicates);
    }
    for (size_t k = 0; fine && k < f->law.loss_count; k++) {
        fine = warn_of_loss(f, k);
    }
    return fine;
}

/* ---- The law ---------------------------------------------------------------------------------------------------- */

static bool describe(const struct fitting *f, struct buf *words)
{
    const struct mixing_quality *const q = &f->quality;
    bool fine = buf_printf(words, "law mixing_exp: %zu mixtures of %zu domains, %zu losses; mean of the losses: R2 "
                           "%.4f, MAPE %.2f %%, error at most %.4f\n", f->rows.used, f->law.domain_count,
                           f->law.loss_count, q->sum_r2, 100 * q->sum_mape, q->sum_error);
    for (size_t k = 0; fine && k < f->law.loss_count; k++) {
        const struct form_fit *const fit = &q->fits[k];
        fine = buf_printf(words, "  %-16s c %.4f   R2 %.4f, MAPE %.2f %%, error at most %.4f, %u of %u starts agree\n",
                          f->law.losses[k], fit->linear[LINEAR_C], fit->r2, 100 * fit->mape, fit->max_error,
                          fit->agreeing, fit->starts);
    }
    return fine && fitted_say_warnings(buf_str(&f->warnings), words);
}

static tamis_status fit_mixing(const struct law_job *job, struct buf *json, struct buf *words, struct buf *svg,
                               tamis_err *err)
{
    struct arena arena;
    struct fitting f = {0};
    arena_init(&arena);
    buf_init(&f.warnings, BUF_UNLIMITED);
    tamis_status status = mixing_read(job, &arena, &f.law, &f.rows, err);
    status = status ? status : check(&f, err);
    status = status ? status : centre(&f, &arena, err);
    status = status ? status : make_form(&f, &arena, err);
    status = status ? status : fit_losses(&f, &arena, err);
    status = status ? status : leave_out(&f, job, &arena, err);
    status = status ? status : bootstrap(&f, job, &arena, err);
    if (!status) {
        f.law.name = job->name;
        f.law.source = fitted_source(job->runs);
    }
    if (!status && (!warn(&f, job) ||
                    !mixing_law_print(&f.law, &f.quality, &f.rows, buf_str(&f.warnings), json) ||
                    !describe(&f, words))) {
        status = no_memory(err);
    }
    if (!status && svg) {
        status = fitted_chart("mixing_exp, mean of the losses", job->name, f.mean_predicted, f.mean_measured,
                              f.rows.used, svg, err);
    }
    buf_release(&f.warnings);
    arena_release(&arena);
    return status;
}

static const char *const uses[] = {"replicates", NULL};

const struct law law_mixing = {
    .name = "mixing_exp",
    .uses = uses,
    .fit = fit_mixing,
};
