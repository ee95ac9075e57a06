/*
 * Fit of L = E + A / N^alpha + B / D^beta: for a given alpha and beta it is linear in E, A and B. N and D are divided
 * by their geometric means first, so that the three terms are of one size.
 */
#include "fit/chinchilla_law.h"

#include <math.h>
#include <string.h>

#include "fit/fitted.h"
#include "fit/law.h"

#define LAW_NAME "chinchilla"
#define STARTS 16
#define FEWEST_ROWS 6
#define FEWEST_DIFFERENT 3 /* N, and D */
#define SAME 0.01          /* logarithms that differ by less are of one N or D */
#define NUMBERS 5      /* E, A, B, alpha, beta */
#define ON_A_LINE 0.99 /* correlation of ln N and ln D beyond which the two terms cannot be told apart */

static const char *const heads[] = {"N", "D"};

enum { SHAPE_ALPHA, SHAPE_BETA, SHAPES };
enum { LINEAR_E, LINEAR_A, LINEAR_B, LINEARS };

struct fitting {
    struct fitted_rows rows; /* inputs: ln of N and D over their geometric means */
    double middle[2];        /* ln of the geometric means */
    struct form_fit fit;
    struct fitted_replicates replicates;
    double *scratch;
    struct chinchilla_law law;
    struct buf warnings;
};

/* ---- The form --------------------------------------------------------------------------------------------------- */

static void basis(const void *context, const double *shape, const double *input, double *values, double *slopes)
{
    (void)context;
    values[LINEAR_E] = 1;
    values[LINEAR_A] = tamis_exp(-shape[SHAPE_ALPHA] * input[0]);
    values[LINEAR_B] = tamis_exp(-shape[SHAPE_BETA] * input[1]);
    if (slopes) {
        for (size_t i = 0; i < (size_t)LINEARS * SHAPES; i++) {
            slopes[i] = 0;
        }
        slopes[LINEAR_A * SHAPES + SHAPE_ALPHA] = -input[0] * values[LINEAR_A];
        slopes[LINEAR_B * SHAPES + SHAPE_BETA] = -input[1] * values[LINEAR_B];
    }
}

static const char *const linear_names[] = {"E", "A", "B"};
static const struct form_shape shapes[] = {{"alpha", 0.05, 1.5, true}, {"beta", 0.05, 1.5, true}};
static const struct form form = {
    .inputs = 2, .linear = LINEARS, .shapes = SHAPES, .linear_names = linear_names, .shape = shapes, .basis = basis};

static struct chinchilla law_of(const struct fitting *f, const struct form_fit *fit)
{
    const double alpha = fit->shape[SHAPE_ALPHA], beta = fit->shape[SHAPE_BETA];
    return (struct chinchilla){
        .e = fit->linear[LINEAR_E],
        .a = fit->linear[LINEAR_A] * tamis_exp(alpha * f->middle[0]),
        .b = fit->linear[LINEAR_B] * tamis_exp(beta * f->middle[1]),
        .alpha = alpha,
        .beta = beta,
    };
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static void centre(struct fitting *f)
{
    struct fitted_rows *const rows = &f->rows;
    for (size_t k = 0; k < 2; k++) {
        double sum = 0;
        for (size_t i = 0; i < rows->used; i++) {
            rows->inputs[2 * i + k] = tamis_log(rows->inputs[2 * i + k]);
            sum += rows->inputs[2 * i + k];
        }
        f->middle[k] = sum / (double)rows->used;
        for (size_t i = 0; i < rows->used; i++) {
            rows->inputs[2 * i + k] -= f->middle[k];
        }
    }
}

static double correlation(const struct fitting *f)
{
    double xx = 0, xy = 0, yy = 0;
    for (size_t i = 0; i < f->rows.used; i++) {
        const double x = f->rows.inputs[2 * i], y = f->rows.inputs[2 * i + 1];
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    return xy / sqrt(xx * yy);
}

/* Both terms need two points each besides the floor. */
static tamis_status read_rows(struct fitting *f, const struct law_job *job, struct arena *arena, tamis_err *err)
{
    tamis_status status = fitted_read(job, heads, 2, arena, &f->rows, err);
    if (status) {
        return status;
    }
    const size_t room = f->rows.used > job->replicates ? f->rows.used : job->replicates;
    f->scratch = arena_alloc(arena, (room + 1) * sizeof *f->scratch);
    if (!f->scratch) {
        return runs_no_memory(job->runs, err);
    }
    const size_t sizes = fitted_distinct(&f->rows, 0, f->scratch), lengths = fitted_distinct(&f->rows, 1, f->scratch);
    if (f->rows.used < FEWEST_ROWS || sizes < FEWEST_DIFFERENT || lengths < FEWEST_DIFFERENT) {
        return tamis_fail(err, TAMIS_INPUT, "%s: %zu rows with %zu different N and %zu different D cannot tell the "
                          "five parameters of this law apart\nMeasure at least %d rows, with 3 sizes and 3 numbers of "
                          "tokens.", job->runs, f->rows.used, sizes, lengths, FEWEST_ROWS);
    }
    fitted_range(&f->rows, 0, &f->law.lowest_parameters, &f->law.highest_parameters);
    fitted_range(&f->rows, 1, &f->law.lowest_tokens, &f->law.highest_tokens);
    centre(f);
    return TAMIS_OK;
}

/* ---- Fit -------------------------------------------------------------------------------------------------------- */

static bool warn(struct fitting *f)
{
    const double r = correlation(f);
    bool fine = true;
    if (fabs(r) > ON_A_LINE) {
        fine = buf_printf(&f->warnings, "ln N and ln D of the runs lie on a line (correlation %.3f): what is owed to "
                          "size and what to tokens cannot be told apart; vary one at the other\n", r);
    }
    if (f->fit.linear_zero >> LINEAR_E & 1) {
        fine = fine && buf_printf(&f->warnings, "E is 0: the runs show no floor of the loss; do not plan beyond "
                                  "them\n");
    }
    if (f->fit.shape_low | f->fit.shape_high) {
        fine = fine && buf_printf(&f->warnings, "an exponent lies at its bound: the runs do not determine it\n");
    }
    if (2 * f->fit.agreeing < f->fit.starts) {
        fine = fine && buf_printf(&f->warnings, "only %u of %u starts agree; another fit may be as good\n",
                                  f->fit.agreeing, f->fit.starts);
    }
    if (f->rows.used > f->rows.runs.count) {
        fine = fine && buf_printf(&f->warnings, "checkpoints in the middle of a run are not the ends of shorter runs: "
                                  "their learning rate has not come down\n");
    }
    return fine;
}

static void numbers_of(const struct chinchilla *law, double *numbers)
{
    const double all[NUMBERS] = {law->e, law->a, law->b, law->alpha, law->beta};
    memcpy(numbers, all, sizeof all);
}

static struct chinchilla law_from(const double *numbers)
{
    return (struct chinchilla){numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
}

/* Different N or D without a run, up to FEWEST_DIFFERENT; they are logarithms here. */
static size_t differ(const struct fitting *f, size_t column, size_t without)
{
    double seen[FEWEST_DIFFERENT];
    size_t count = 0;
    for (size_t i = 0; i < f->rows.used && count < FEWEST_DIFFERENT; i++) {
        const double value = f->rows.inputs[2 * i + column];
        bool is_new = f->rows.run[i] != without;
        for (size_t k = 0; is_new && k < count; k++) {
            is_new = fabs(seen[k] - value) > SAME;
        }
        if (is_new) {
            seen[count++] = value;
        }
    }
    return count;
}

/* Both terms still have their points. */
static bool enough(const void *context, size_t without)
{
    const struct fitting *const f = context;
    size_t rows = 0;
    for (size_t i = 0; i < f->rows.used; i++) {
        rows += f->rows.run[i] != without;
    }
    return rows >= FEWEST_ROWS && differ(f, 0, without) >= FEWEST_DIFFERENT &&
           differ(f, 1, without) >= FEWEST_DIFFERENT;
}

static void take_numbers(const void *context, const struct form_fit *fit, double *numbers)
{
    const struct chinchilla law = law_of(context, fit);
    numbers_of(&law, numbers);
}

static tamis_status fit_rows(struct fitting *f, const struct law_job *job, struct arena *arena, tamis_err *err)
{
    const struct form_search search = {.starts = job->starts ? job->starts : STARTS, .seed = job->seed};
    const struct form_rows rows = fitted_form_rows(&f->rows);
    const struct fitted_refits want = {
        .refits = {.form = &form, .rows = &rows, .run = f->rows.run, .runs = f->rows.runs.count, .fit = &f->fit,
                   .seed = job->seed, .count = job->replicates},
        .rows = &f->rows, .heads = heads, .numbers = NUMBERS, .take = take_numbers, .enough = enough, .context = f};
    tamis_status status = form_fit(&form, &rows, &search, &f->fit, err);
    status = status ? status : fitted_refit(&want, arena, &f->replicates, &f->law.left_out, err);
    if (!status && !warn(f)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the law");
    }
    f->law.law = law_of(f, &f->fit);
    return status;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static const char *const names[] = {"E", "A", "B", "alpha", "beta"};

static void print_parameters(struct json *json, const struct chinchilla *law)
{
    double numbers[NUMBERS];
    numbers_of(law, numbers);
    json_key(json, "parameters");
    json_open(json, '{');
    for (size_t k = 0; k < NUMBERS; k++) {
        json_key_real(json, names[k], numbers[k]);
    }
    json_close(json, '}');
}

static bool print(const struct fitting *f, const struct law_job *job, struct buf *out)
{
    struct json json;
    json_init(&json, out, 2);
    law_file_begin(&json, LAW_NAME, job->name);
    json_key_text(&json, "form", "L = E + A / N^alpha + B / D^beta");
    print_parameters(&json, &f->law.law);
    fitted_print(&json, &form, &f->fit);
    fitted_print_intervals(&json, names, &f->replicates, f->scratch);
    fitted_print_replicates(&json, &f->replicates);
    law_left_out_print(&json, &f->law.left_out);
    json_key(&json, "probe");
    json_open(&json, '{');
    json_key_range(&json, "N", f->law.lowest_parameters, f->law.highest_parameters);
    json_key_range(&json, "D", f->law.lowest_tokens, f->law.highest_tokens);
    json_key_real(&json, "flop", runs_flop(&f->rows.runs));
    json_close(&json, '}');
    json_key_count(&json, "rows", f->rows.used);
    json_key_count(&json, "runs", f->rows.runs.count);
    runs_print_warm_up(&f->rows.runs, &json);
    json_key_text(&json, "source", fitted_source(job->runs));
    fitted_print_warnings(&json, buf_str(&f->warnings));
    json_close(&json, '}');
    return !json.failed && buf_add_char(out, '\n');
}

static bool describe(const struct fitting *f, struct buf *words)
{
    const struct chinchilla *const law = &f->law.law;
    return buf_printf(words, "law chinchilla: %zu rows, N %g to %g, D %g to %g\n"
                      "  L = %.4f + %.4g / N^%.4f + %.4g / D^%.4f   R2 %.4f, MAPE %.2f %%, %u of %u starts agree\n",
                      f->rows.used, f->law.lowest_parameters, f->law.highest_parameters, f->law.lowest_tokens,
                      f->law.highest_tokens, law->e, law->a, law->alpha, law->b, law->beta, f->fit.r2,
                      100 * f->fit.mape, f->fit.agreeing, f->fit.starts) &&
           runs_say_warm_up(&f->rows.runs, words) && fitted_say_warnings(buf_str(&f->warnings), words);
}

static tamis_status draw(const struct fitting *f, const char *name, struct arena *arena, struct buf *svg,
                         tamis_err *err)
{
    const size_t count = f->rows.used;
    struct chinchilla_law law = f->law;
    struct chinchilla *const replicates = arena_alloc(arena, (f->replicates.count + 1) * sizeof *replicates);
    double *const parameters = arena_alloc(arena, (count + 1) * sizeof *parameters);
    double *const tokens = arena_alloc(arena, (count + 1) * sizeof *tokens);
    if (!replicates || !parameters || !tokens) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the chart");
    }
    for (size_t i = 0; i < count; i++) {
        parameters[i] = tamis_exp(f->rows.inputs[2 * i] + f->middle[0]);
        tokens[i] = tamis_exp(f->rows.inputs[2 * i + 1] + f->middle[1]);
    }
    for (size_t i = 0; i < f->replicates.count; i++) {
        replicates[i] = law_from(f->replicates.values + i * NUMBERS);
    }
    law.replicates = replicates;
    law.replicate_count = f->replicates.count;
    return chinchilla_chart(&law, name, &(struct chinchilla_rows){parameters, tokens, f->rows.loss, count}, svg, err);
}

static tamis_status fit_chinchilla(const struct law_job *job, struct buf *json, struct buf *words, struct buf *svg,
                                   tamis_err *err)
{
    struct arena arena;
    struct fitting f = {0};
    arena_init(&arena);
    buf_init(&f.warnings, BUF_UNLIMITED);
    tamis_status status = read_rows(&f, job, &arena, err);
    status = status ? status : fit_rows(&f, job, &arena, err);
    if (!status && (!print(&f, job, json) || !describe(&f, words))) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the law");
    }
    if (!status && svg) {
        status = draw(&f, job->name, &arena, svg, err);
    }
    buf_release(&f.warnings);
    arena_release(&arena);
    return status;
}

static const char *const uses[] = {"warm_up", "starts", "replicates", NULL};

const struct law law_chinchilla = {
    .name = LAW_NAME,
    .uses = uses,
    .fit = fit_chinchilla,
};

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status load_parameters(const struct tree *root, struct chinchilla *law, tamis_err *err)
{
    struct tree *map = NULL;
    tamis_status status = law_file_map(root, "parameters", false, &map, err);
    status = status ? status : law_file_real(map, "E", false, 0, 1e6, &law->e, err);
    status = status ? status : law_file_real(map, "A", false, 0, 1e300, &law->a, err);
    status = status ? status : law_file_real(map, "B", false, 0, 1e300, &law->b, err);
    status = status ? status : law_file_real(map, "alpha", false, 1e-9, 10, &law->alpha, err);
    return status ? status : law_file_real(map, "beta", false, 1e-9, 10, &law->beta, err);
}

static tamis_status load_replicates(const struct tree *root, struct arena *arena, struct chinchilla_law *law,
                                    tamis_err *err)
{
    const double *values = NULL;
    size_t count = 0;
    const tamis_status status = fitted_read_table(root, "replicates", NUMBERS, arena, &values, &count, err);
    struct chinchilla *const all = arena_alloc(arena, (count + 1) * sizeof *all);
    if (!status && !all) {
        return tamis_fail(err, TAMIS_IO, "%s: out of memory for the law", root->file);
    }
    for (size_t i = 0; !status && i < count; i++) {
        all[i] = law_from(values + NUMBERS * i);
    }
    law->replicates = all;
    law->replicate_count = status ? 0 : count;
    return status;
}

tamis_status chinchilla_law_parse(const char *path, tamis_str text, struct arena *arena, struct chinchilla_law *law,
                                  tamis_err *err)
{
    struct tree *root = NULL, *probe = NULL;
    double rows = 0;
    *law = (struct chinchilla_law){0};
    tamis_status status = law_file_parse(arena, path, text, LAW_NAME, &root, err);
    status = status ? status : load_parameters(root, &law->law, err);
    status = status ? status : load_replicates(root, arena, law, err);
    status = status ? status : law_left_out_read(root, NUMBERS, arena, &law->left_out, err);
    status = status ? status : law_file_map(root, "probe", false, &probe, err);
    status = status ? status : fitted_read_range(probe, "N", false, &law->lowest_parameters, &law->highest_parameters,
                                                 err);
    status = status ? status : fitted_read_range(probe, "D", false, &law->lowest_tokens, &law->highest_tokens, err);
    status = status ? status : law_file_real(probe, "flop", true, 0, 1e300, &law->probe_flop, err);
    status = status ? status : law_file_real(root, "rows", false, 1, 1e9, &rows, err);
    if (!status) {
        law->rows = (size_t)rows;
        law->name = fitted_read_text(root, "name");
    }
    return status;
}
