/* Fit of R_D* and R_N*: a grid of starts, every valley it leads to, the deepest first. */
#include "fit/constrained_law.h"

#include <math.h>
#include <string.h>

#include "core/str.h"
#include "fit/fitted.h"
#include "fit/law.h"

#define LAW_NAME "data_constrained"
#define DEFAULT_SET "c4"
#define FEWEST_ROWS 4
#define MORE_THAN_ONCE 1.01
#define SAME_BASIN 0.05  /* difference of the logarithms */
#define AS_DEEP 1.05     /* a valley counts while its objective is no more than this times the best */
#define LOOK_AT_EPOCHS 4.0

enum { INPUT_PARAMETERS, INPUT_UNIQUE, INPUT_TOKENS, INPUTS };
enum { SHAPE_REPEATS, SHAPE_EXCESS, SHAPES };

static const char *const heads[] = {"N", "unique", "D"};
static const double repeat_starts[] = {2, 5, 10, 20, 40, 100}, excess_starts[] = {1, 3, 5, 10, 20};
#define REPEAT_STARTS (sizeof repeat_starts / sizeof *repeat_starts)
#define EXCESS_STARTS (sizeof excess_starts / sizeof *excess_starts)

struct fitting {
    struct fitted_rows rows;
    struct form form;
    struct form_fit fit, basin_fits[CONSTRAINED_BASINS];
    struct fitted_replicates replicates;
    double *scratch;
    struct constrained_law law;
    struct buf warnings;
};

bool constrained_outside(const struct constrained *law, double parameters, double unique, double tokens)
{
    return tokens > CONSTRAINED_MOST_EPOCHS * unique ||
           parameters > CONSTRAINED_MOST_EXCESS * chinchilla_parameters_for(&law->law, fmin(unique, tokens));
}

/* ---- The form --------------------------------------------------------------------------------------------------- */

/* d / d scale of part (1 + scale (1 - exp(-x / scale))) with x = whole / part - 1. */
static double decay_slope(double part, double whole, double scale)
{
    if (whole <= part) {
        return 0;
    }
    const double x = (whole / part - 1) / scale;
    const double left = tamis_exp(-x);
    return part * (1 - left - x * left);
}

static void basis(const void *context, const double *shape, const double *input, double *values, double *slopes)
{
    const struct chinchilla *const under = context;
    const struct constrained law = {*under, shape[SHAPE_REPEATS], shape[SHAPE_EXCESS]};
    const double tokens = input[INPUT_TOKENS], unique = fmin(input[INPUT_UNIQUE], tokens);
    const double worth = constrained_tokens(&law, unique, tokens);
    const double size = constrained_parameters(&law, unique, input[INPUT_PARAMETERS]);
    values[0] = chinchilla_at(under, size, worth);
    if (slopes) {
        slopes[SHAPE_REPEATS] = -under->beta * under->b * real_power(worth, -under->beta - 1) *
                                decay_slope(unique, tokens, law.repeats);
        slopes[SHAPE_EXCESS] = -under->alpha * under->a * real_power(size, -under->alpha - 1) *
                               decay_slope(chinchilla_parameters_for(under, unique), input[INPUT_PARAMETERS],
                                           law.excess);
    }
}

static const struct form_shape shapes[] = {{"R_D", 0.1, 1000, true}, {"R_N", 0.1, 1000, true}};

static tamis_status choose_set(struct fitting *f, const char *wanted, tamis_err *err)
{
    const char *names[16] = {NULL};
    for (size_t i = 0; chinchilla_sets[i].name && i < 15; i++) {
        names[i] = chinchilla_sets[i].name;
        if (strcmp(names[i], wanted) == 0) {
            f->law.set = names[i];
            f->law.law.law = chinchilla_sets[i].law;
            f->form = (struct form){.inputs = INPUTS, .linear = 1, .shapes = SHAPES, .shape = shapes, .basis = basis,
                                    .context = &f->law.law.law, .fixed_linear = true};
            return TAMIS_OK;
        }
    }
    const char *const near = tamis_nearest(str_from(wanted), names);
    return tamis_fail(err, TAMIS_USAGE, "there are no constants '%s'%s%s%s", wanted, near ? "; did you mean '" : "",
                      near ? near : "", near ? "'?" : "; tamis law --list names the sets of chinchilla");
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static void look_at_epochs(struct fitting *f)
{
    struct constrained_law *const law = &f->law;
    law->lowest_epochs = INFINITY;
    for (size_t i = 0; i < f->rows.used; i++) {
        const double *const input = f->rows.inputs + i * INPUTS;
        const double epochs = fmax(input[INPUT_TOKENS] / input[INPUT_UNIQUE], 1);
        law->lowest_epochs = fmin(law->lowest_epochs, epochs);
        law->highest_epochs = fmax(law->highest_epochs, epochs);
        law->outside += constrained_outside(&law->law, input[INPUT_PARAMETERS], input[INPUT_UNIQUE],
                                            input[INPUT_TOKENS]);
    }
}

static tamis_status read_rows(struct fitting *f, const struct law_job *job, struct arena *arena, tamis_err *err)
{
    const tamis_status status = fitted_read(job, heads, INPUTS, arena, &f->rows, err);
    if (status) {
        return status;
    }
    if (f->rows.used < FEWEST_ROWS) {
        return tamis_fail(err, TAMIS_INPUT, "%s: %zu rows do not tell how repeats lose their worth; measure at least "
                          "%d", job->runs, f->rows.used, FEWEST_ROWS);
    }
    fitted_range(&f->rows, INPUT_PARAMETERS, &f->law.lowest_parameters, &f->law.highest_parameters);
    fitted_range(&f->rows, INPUT_TOKENS, &f->law.lowest_tokens, &f->law.highest_tokens);
    look_at_epochs(f);
    if (!(f->law.highest_epochs > MORE_THAN_ONCE)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: D is no more than unique in every row, so nothing was repeated and "
                          "there is no R_D* to be found\nAdd runs whose D is 4 and more times unique.", job->runs);
    }
    f->scratch = arena_alloc(arena, (job->replicates + 1u) * sizeof *f->scratch);
    return f->scratch ? TAMIS_OK : runs_no_memory(job->runs, err);
}

/* ---- Valleys ---------------------------------------------------------------------------------------------------- */

static bool same_basin(const struct form_fit *a, const struct form_fit *b)
{
    return fabs(tamis_log(a->shape[SHAPE_REPEATS] / b->shape[SHAPE_REPEATS])) < SAME_BASIN &&
           fabs(tamis_log(a->shape[SHAPE_EXCESS] / b->shape[SHAPE_EXCESS])) < SAME_BASIN;
}

/* Into its place among the valleys, or into the valley it belongs to. */
static void add_basin(struct fitting *f, const struct form_fit *fit)
{
    struct constrained_law *const law = &f->law;
    size_t at = 0;
    unsigned starts = 1;
    while (at < law->basin_count && !same_basin(fit, &f->basin_fits[at])) {
        at++;
    }
    if (at < law->basin_count) {
        starts += law->basins[at].starts;
        if (f->basin_fits[at].weighted <= fit->weighted) {
            law->basins[at].starts = starts;
            return;
        }
        law->basin_count--;
        memmove(&law->basins[at], &law->basins[at + 1], (law->basin_count - at) * sizeof *law->basins);
        memmove(&f->basin_fits[at], &f->basin_fits[at + 1], (law->basin_count - at) * sizeof *f->basin_fits);
    }
    for (at = 0; at < law->basin_count && f->basin_fits[at].weighted <= fit->weighted;) {
        at++;
    }
    if (at == CONSTRAINED_BASINS) {
        return;
    }
    law->basin_count += law->basin_count < CONSTRAINED_BASINS;
    memmove(&law->basins[at + 1], &law->basins[at], (law->basin_count - at - 1) * sizeof *law->basins);
    memmove(&f->basin_fits[at + 1], &f->basin_fits[at], (law->basin_count - at - 1) * sizeof *f->basin_fits);
    f->basin_fits[at] = *fit;
    law->basins[at] = (struct constrained_basin){fit->shape[SHAPE_REPEATS], fit->shape[SHAPE_EXCESS], fit->objective,
                                                 starts};
}

static tamis_status find_basins(struct fitting *f, const struct form_rows *rows, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < REPEAT_STARTS * EXCESS_STARTS; i++) {
        const double from[SHAPES] = {repeat_starts[i / EXCESS_STARTS], excess_starts[i % EXCESS_STARTS]};
        const struct form_search search = {.from = from};
        struct form_fit fit;
        status = form_fit(&f->form, rows, &search, &fit, err);
        if (!status) {
            add_basin(f, &fit);
        }
    }
    while (!status && f->basin_fits[f->law.basin_count - 1].weighted > AS_DEEP * f->basin_fits[0].weighted) {
        f->law.basin_count--;
    }
    f->fit = f->basin_fits[0];
    f->fit.starts = REPEAT_STARTS * EXCESS_STARTS;
    f->fit.agreeing = f->law.basins[0].starts;
    f->law.law.repeats = f->fit.shape[SHAPE_REPEATS];
    f->law.law.excess = f->fit.shape[SHAPE_EXCESS];
    return status;
}

/* Enough rows, and some that repeat. */
static bool enough(const void *context, size_t without)
{
    const struct fitting *const f = context;
    size_t rows = 0;
    bool repeats = false;
    for (size_t i = 0; i < f->rows.used; i++) {
        const double *const input = f->rows.inputs + i * INPUTS;
        rows += f->rows.run[i] != without;
        repeats = repeats || (f->rows.run[i] != without && input[INPUT_TOKENS] > MORE_THAN_ONCE * input[INPUT_UNIQUE]);
    }
    return rows >= FEWEST_ROWS && repeats;
}

static void take_shape(const void *context, const struct form_fit *fit, double *numbers)
{
    (void)context;
    memcpy(numbers, fit->shape, SHAPES * sizeof *numbers);
}

/* Every refit is begun in every valley. */
static tamis_status refit_all(struct fitting *f, const struct form_rows *rows, const struct law_job *job,
                              struct arena *arena, tamis_err *err)
{
    double from[CONSTRAINED_BASINS * SHAPES];
    for (size_t i = 0; i < f->law.basin_count; i++) {
        from[i * SHAPES + SHAPE_REPEATS] = f->law.basins[i].repeats;
        from[i * SHAPES + SHAPE_EXCESS] = f->law.basins[i].excess;
    }
    const struct fitted_refits want = {
        .refits = {.form = &f->form, .rows = rows, .run = f->rows.run, .runs = f->rows.runs.count, .fit = &f->fit,
                   .from = from, .froms = f->law.basin_count, .seed = job->seed, .count = job->replicates},
        .rows = &f->rows, .heads = heads, .numbers = SHAPES, .take = take_shape, .enough = enough, .context = f};
    return fitted_refit(&want, arena, &f->replicates, &f->law.left_out, err);
}

/* ---- Warnings --------------------------------------------------------------------------------------------------- */

/* The valleys with the lowest and the highest R_D*: what lies between them the runs do not say. */
static bool warn_of_valleys(struct fitting *f)
{
    const struct constrained_law *const law = &f->law;
    struct constrained low = law->law, high = law->law;
    for (size_t i = 1; i < law->basin_count; i++) {
        low.repeats = fmin(low.repeats, law->basins[i].repeats);
        high.repeats = fmax(high.repeats, law->basins[i].repeats);
    }
    if (law->basin_count < 2) {
        return buf_printf(&f->warnings, "beyond 4 to %g epochs the worth of repeats is known poorly (published runs "
                          "allow an R_D* of 15 as well as of 47 and of 95)\n", CONSTRAINED_SAFE_EPOCHS);
    }
    return buf_printf(&f->warnings, "%zu valleys fit about as well, with R_D* from %.3g to %.3g; the best is returned. "
                      "At %g epochs they call the tokens worth %.3g and %.3g times the unique ones, at 16 epochs %.3g "
                      "and %.3g; beyond %g epochs trust none\n", law->basin_count, low.repeats, high.repeats,
                      LOOK_AT_EPOCHS,
                      constrained_tokens(&low, 1, LOOK_AT_EPOCHS), constrained_tokens(&high, 1, LOOK_AT_EPOCHS),
                      constrained_tokens(&low, 1, 16), constrained_tokens(&high, 1, 16), CONSTRAINED_SAFE_EPOCHS);
}

static bool warn(struct fitting *f)
{
    const struct constrained_law *const law = &f->law;
    bool fine = warn_of_valleys(f);
    if (f->fit.shape_low | f->fit.shape_high) {
        fine = fine && buf_printf(&f->warnings, "R_D* or R_N* lies at its bound: the runs do not determine it\n");
    }
    if (law->outside > 0) {
        fine = fine && buf_printf(&f->warnings, "%zu of %zu rows have more than %g epochs or more than %g times the "
                                  "best N for their unique tokens; there loss may rise with repeats, which this law "
                                  "cannot say\n",
                                  law->outside, f->rows.used, CONSTRAINED_MOST_EPOCHS, CONSTRAINED_MOST_EXCESS);
    }
    return fine;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void print_parameters(const struct constrained_law *law, struct json *json)
{
    const struct chinchilla *const under = &law->law.law;
    json_key(json, "parameters");
    json_open(json, '{');
    json_key_text(json, "set", law->set);
    json_key_real(json, "E", under->e);
    json_key_real(json, "A", under->a);
    json_key_real(json, "B", under->b);
    json_key_real(json, "alpha", under->alpha);
    json_key_real(json, "beta", under->beta);
    json_key_real(json, "R_D", law->law.repeats);
    json_key_real(json, "R_N", law->law.excess);
    json_close(json, '}');
}

static void print_basins(const struct constrained_law *law, struct json *json)
{
    json_key(json, "basins");
    json_open(json, '[');
    for (size_t i = 0; i < law->basin_count; i++) {
        json_open(json, '{');
        json_key_real(json, "R_D", law->basins[i].repeats);
        json_key_real(json, "R_N", law->basins[i].excess);
        json_key_real(json, "objective", law->basins[i].objective);
        json_key_count(json, "starts", law->basins[i].starts);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_probe(const struct fitting *f, struct json *json)
{
    const struct constrained_law *const law = &f->law;
    json_key(json, "probe");
    json_open(json, '{');
    json_key_range(json, "N", law->lowest_parameters, law->highest_parameters);
    json_key_range(json, "D", law->lowest_tokens, law->highest_tokens);
    json_key_range(json, "epochs", law->lowest_epochs, law->highest_epochs);
    json_key_real(json, "flop", runs_flop(&f->rows.runs));
    json_close(json, '}');
}

static bool print(const struct fitting *f, const struct law_job *job, struct buf *out)
{
    static const char *const names[] = {"R_D", "R_N"};
    struct json json;
    json_init(&json, out, 2);
    law_file_begin(&json, LAW_NAME, job->name);
    json_key_text(&json, "form", "L = E + A / N_eff^alpha + B / D_eff^beta, "
                  "D_eff = U + U R_D (1 - exp(-(D / U - 1) / R_D)), N_eff alike with R_N");
    print_parameters(&f->law, &json);
    fitted_print(&json, &f->form, &f->fit);
    print_basins(&f->law, &json);
    fitted_print_intervals(&json, names, &f->replicates, f->scratch);
    fitted_print_replicates(&json, &f->replicates);
    law_left_out_print(&json, &f->law.left_out);
    print_probe(f, &json);
    json_key_count(&json, "rows", f->rows.used);
    json_key_count(&json, "rows_outside", f->law.outside);
    json_key_count(&json, "runs", f->rows.runs.count);
    runs_print_warm_up(&f->rows.runs, &json);
    json_key_text(&json, "source", fitted_source(job->runs));
    fitted_print_warnings(&json, buf_str(&f->warnings));
    json_close(&json, '}');
    return !json.failed && buf_add_char(out, '\n');
}

static bool describe(const struct fitting *f, struct buf *words)
{
    const struct constrained_law *const law = &f->law;
    bool fine = buf_printf(words, "law data_constrained on the constants '%s': %zu rows, %.3g to %.3g epochs, R2 %.4f, "
                           "MAPE %.2f %%\n", law->set, f->rows.used, law->lowest_epochs, law->highest_epochs, f->fit.r2,
                           100 * f->fit.mape);
    for (size_t i = 0; fine && i < law->basin_count; i++) {
        fine = buf_printf(words, "  %s R_D* %.3f, R_N* %.3f, objective %.8g, from %u of %u starts\n",
                          i == 0 ? "best  " : "valley", law->basins[i].repeats, law->basins[i].excess,
                          law->basins[i].objective, law->basins[i].starts, f->fit.starts);
    }
    return fine && runs_say_warm_up(&f->rows.runs, words) && fitted_say_warnings(buf_str(&f->warnings), words);
}

static tamis_status fit_constrained(const struct law_job *job, struct buf *json, struct buf *words, struct buf *svg,
                                    tamis_err *err)
{
    struct arena arena;
    struct fitting f = {0};
    arena_init(&arena);
    buf_init(&f.warnings, BUF_UNLIMITED);
    tamis_status status = choose_set(&f, job->constants ? job->constants : DEFAULT_SET, err);
    status = status ? status : read_rows(&f, job, &arena, err);
    const struct form_rows rows = fitted_form_rows(&f.rows);
    status = status ? status : find_basins(&f, &rows, err);
    status = status ? status : refit_all(&f, &rows, job, &arena, err);
    if (!status && (!warn(&f) || !print(&f, job, json) || !describe(&f, words))) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the law");
    }
    if (!status && svg) {
        status = fitted_chart_rows(LAW_NAME, job->name, &f.form, &f.fit, &rows, svg, err);
    }
    buf_release(&f.warnings);
    arena_release(&arena);
    return status;
}

static const char *const uses[] = {"warm_up", "replicates", "constants", NULL};

const struct law law_constrained = {
    .name = LAW_NAME,
    .uses = uses,
    .fit = fit_constrained,
};

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status load_parameters(const struct tree *root, struct constrained_law *law, tamis_err *err)
{
    struct chinchilla *const under = &law->law.law;
    struct tree *map = NULL;
    tamis_status status = law_file_map(root, "parameters", false, &map, err);
    status = status ? status : law_file_real(map, "E", false, 0, 1e6, &under->e, err);
    status = status ? status : law_file_real(map, "A", false, 1e-300, 1e300, &under->a, err);
    status = status ? status : law_file_real(map, "B", false, 1e-300, 1e300, &under->b, err);
    status = status ? status : law_file_real(map, "alpha", false, 1e-9, 10, &under->alpha, err);
    status = status ? status : law_file_real(map, "beta", false, 1e-9, 10, &under->beta, err);
    status = status ? status : law_file_real(map, "R_D", false, 1e-9, 1e9, &law->law.repeats, err);
    status = status ? status : law_file_real(map, "R_N", false, 1e-9, 1e9, &law->law.excess, err);
    if (!status) {
        law->set = fitted_read_text(map, "set");
    }
    return status;
}

static tamis_status load_basins(const struct tree *root, struct constrained_law *law, tamis_err *err)
{
    const struct tree *const list = tree_get(root, "basins");
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; list && list->kind == TREE_LIST && !status && i < list->count && i < CONSTRAINED_BASINS; i++) {
        struct constrained_basin *const basin = &law->basins[i];
        double starts = 0;
        status = law_file_real(list->items[i], "R_D", false, 1e-9, 1e9, &basin->repeats, err);
        status = status ? status : law_file_real(list->items[i], "R_N", false, 1e-9, 1e9, &basin->excess, err);
        status = status ? status : law_file_real(list->items[i], "objective", false, 0, 1e9, &basin->objective, err);
        status = status ? status : law_file_real(list->items[i], "starts", false, 0, 1e6, &starts, err);
        basin->starts = status ? 0 : (unsigned)starts;
        law->basin_count = i + 1;
    }
    return status;
}

static tamis_status load_probe(const struct tree *root, struct constrained_law *law, tamis_err *err)
{
    struct tree *probe = NULL;
    tamis_status status = law_file_map(root, "probe", false, &probe, err);
    status = status ? status : fitted_read_range(probe, "N", false, &law->lowest_parameters, &law->highest_parameters,
                                                 err);
    status = status ? status : fitted_read_range(probe, "D", false, &law->lowest_tokens, &law->highest_tokens, err);
    status = status ? status : fitted_read_range(probe, "epochs", false, &law->lowest_epochs, &law->highest_epochs,
                                                 err);
    return status ? status : law_file_real(probe, "flop", true, 0, 1e300, &law->probe_flop, err);
}

tamis_status constrained_law_parse(const char *path, tamis_str text, struct arena *arena, struct constrained_law *law,
                                   tamis_err *err)
{
    struct tree *root = NULL;
    double rows = 0;
    *law = (struct constrained_law){0};
    tamis_status status = law_file_parse(arena, path, text, LAW_NAME, &root, err);
    status = status ? status : load_parameters(root, law, err);
    status = status ? status : load_basins(root, law, err);
    status = status ? status : load_probe(root, law, err);
    status = status ? status : fitted_read_table(root, "replicates", SHAPES, arena, &law->replicates,
                                                 &law->replicate_count, err);
    status = status ? status : law_left_out_read(root, SHAPES, arena, &law->left_out, err);
    status = status ? status : law_file_real(root, "rows", false, 1, 1e9, &rows, err);
    if (!status) {
        law->rows = (size_t)rows;
        law->name = fitted_read_text(root, "name");
    }
    return status;
}
