/* The bootstrap of a fit, and its refits without one run. Both sides see the same draws. */
#include <stdlib.h>

#include "fit/dcpt_parts.h"
#include "fit/resample.h"

#define STARTS 1 /* random ones, besides the best fit */
#define GROUPS 6 /* the lowest and highest ratio of each side; the smallest and the largest size */
#define FEWEST_RATIOS 3
#define FEWEST_SIZES 3 /* where alpha is fitted; two hold it */
#define ATTEMPTS 64    /* to draw runs that a law can be fitted to */

struct refitting {
    const struct dcpt_data *data;
    const struct dcpt_law *law;
    uint64_t seed;
    size_t most;           /* rows of the longer side */
    bool *must;            /* GROUPS x runs */
    size_t groups;
    unsigned *times;       /* each run is drawn */
    double *weight, *loss; /* of a side's rows */
    double *fitted[2];     /* by side */
    const struct dcpt_source **source; /* of each run of one side */
    size_t fewest_sizes[2]; /* that a side needs: 3, those there are where there are fewer, 1 where N is not fitted */
    size_t *alike[2];      /* of each run of a side, the first one of the same size and ratio */
    double run_noise;
    tamis_err *err;
};

static tamis_status no_memory(const struct refitting *r)
{
    return tamis_fail(r->err, TAMIS_IO, "out of memory for the refits of a law");
}

static const struct dcpt_side *side_of(const struct dcpt_law *law, size_t side)
{
    return side ? &law->general : &law->domain;
}

static struct dcpt_curve *curve_of(struct dcpt_pair *pair, size_t side)
{
    return side ? &pair->general : &pair->domain;
}

static bool same(double a, double b)
{
    return !(a < b) && !(a > b);
}

/* ---- Whether enough is drawn ----------------------------------------------------------------------------------- */

/* Whether the rows of a side that are drawn have so many different sizes or ratios at least, or there is no side. */
static bool varies(const struct refitting *r, size_t side, bool by_size, size_t fewest)
{
    const struct dcpt_rows *const rows = &r->data->side[side];
    double seen[FEWEST_RATIOS]; /* FEWEST_SIZES is no more */
    size_t count = 0;
    for (size_t i = 0; i < rows->count && count < fewest; i++) {
        const struct dcpt_source *const source = &r->data->runs[rows->run[i]];
        const double value = by_size ? source->parameters : source->ratio;
        bool is_new = r->times[rows->run[i]] > 0;
        for (size_t k = 0; is_new && k < count; k++) {
            is_new = by_size ? dcpt_differ(seen[k], value) : !same(seen[k], value);
        }
        if (is_new) {
            seen[count++] = value;
        }
    }
    return count >= fewest || rows->count == 0;
}

/* Whether the law can be fitted to the runs drawn. */
static bool is_enough(const struct refitting *r)
{
    bool enough = true;
    for (size_t s = 0; s < 2; s++) {
        enough = enough && varies(r, s, false, FEWEST_RATIOS) && varies(r, s, true, r->fewest_sizes[s]);
    }
    return enough;
}

static void count_sizes(struct refitting *r)
{
    for (size_t run = 0; run < r->data->run_count; run++) {
        r->times[run] = 1;
    }
    for (size_t s = 0; s < 2; s++) {
        r->fewest_sizes[s] = r->data->form == DCPT_FULL ? FEWEST_SIZES : 1;
        while (r->fewest_sizes[s] > 1 && !varies(r, s, true, r->fewest_sizes[s])) {
            r->fewest_sizes[s]--;
        }
    }
}


/* ---- What is worked with ---------------------------------------------------------------------------------------- */

/* Runs measured on a side at its lowest or highest ratio. */
static void add_ratio_group(struct refitting *r, size_t side, double ratio)
{
    const struct dcpt_rows *const rows = &r->data->side[side];
    bool *const group = &r->must[r->groups++ * r->data->run_count];
    for (size_t i = 0; i < rows->count; i++) {
        const size_t run = rows->run[i];
        group[run] = group[run] || same(r->data->runs[run].ratio, ratio);
    }
}

static void add_size_group(struct refitting *r, double size)
{
    bool *const group = &r->must[r->groups++ * r->data->run_count];
    for (size_t run = 0; run < r->data->run_count; run++) {
        group[run] = !dcpt_differ(r->data->runs[run].parameters, size);
    }
}

static void fill_groups(struct refitting *r)
{
    for (size_t s = 0; s < 2; s++) {
        if (side_of(r->law, s)->rows) {
            add_ratio_group(r, s, side_of(r->law, s)->lowest_ratio);
            add_ratio_group(r, s, side_of(r->law, s)->highest_ratio);
        }
    }
    if (r->data->form == DCPT_FULL) {
        add_size_group(r, r->law->lowest_size);
        add_size_group(r, r->law->highest_size);
    }
}

static void fill_fitted(struct refitting *r)
{
    for (size_t s = 0; s < 2; s++) {
        const struct dcpt_rows *const rows = &r->data->side[s];
        const struct dcpt_curve *const curve = &side_of(r->law, s)->curve;
        for (size_t i = 0; i < rows->count; i++) {
            const double *const input = rows->inputs + i * DCPT_INPUTS;
            r->fitted[s][i] = dcpt_at(curve, DCPT_UNIT * tamis_exp(input[0]), DCPT_UNIT * tamis_exp(input[1]),
                                      input[2]);
        }
    }
}

/* Runs of a side that were made again, with another seed, are like the first of their kind. */
static void fill_alike(struct refitting *r)
{
    for (size_t s = 0; s < 2; s++) {
        const struct dcpt_rows *const rows = &r->data->side[s];
        for (size_t i = 0; i < rows->count; i++) {
            r->source[rows->own_run[i]] = &r->data->runs[rows->run[i]];
        }
        for (size_t own = 0; own < rows->own_runs; own++) {
            const struct dcpt_source *const source = r->source[own];
            size_t first = 0;
            while (first < own && (!same(r->source[first]->ratio, source->ratio) ||
                                   dcpt_differ(r->source[first]->parameters, source->parameters))) {
                first++;
            }
            r->alike[s][own] = first;
        }
    }
}

static bool any_made_again(const struct refitting *r)
{
    for (size_t s = 0; s < 2; s++) {
        for (size_t run = 0; run < r->data->side[s].own_runs; run++) {
            if (r->alike[s][run] != run) {
                return true;
            }
        }
    }
    return false;
}

static void release(struct refitting *r)
{
    free(r->source);
    free(r->alike[0]);
    free(r->alike[1]);
    free(r->must);
    free(r->times);
    free(r->weight);
    free(r->loss);
    free(r->fitted[0]);
    free(r->fitted[1]);
}

static tamis_status prepare(struct refitting *r)
{
    const size_t runs = r->data->run_count;
    r->most = r->data->side[0].count > r->data->side[1].count ? r->data->side[0].count : r->data->side[1].count;
    r->must = calloc(GROUPS * runs, sizeof *r->must);
    r->times = calloc(runs, sizeof *r->times);
    r->weight = calloc(r->most, sizeof *r->weight);
    r->loss = calloc(r->most, sizeof *r->loss);
    r->fitted[0] = calloc(r->most, sizeof **r->fitted);
    r->fitted[1] = calloc(r->most, sizeof **r->fitted);
    r->source = calloc(r->most, sizeof *r->source);
    r->alike[0] = calloc(r->most, sizeof **r->alike);
    r->alike[1] = calloc(r->most, sizeof **r->alike);
    if (!r->must || !r->times || !r->weight || !r->loss || !r->fitted[0] || !r->fitted[1] ||
        !r->source || !r->alike[0] || !r->alike[1]) {
        return no_memory(r);
    }
    fill_groups(r);
    fill_fitted(r);
    fill_alike(r);
    count_sizes(r);
    return TAMIS_OK;
}

/* ---- One refit -------------------------------------------------------------------------------------------------- */

static tamis_status refit_side(const struct refitting *r, size_t side, const double *weight, const double *loss,
                               uint64_t replicate, struct dcpt_pair *pair)
{
    struct dcpt_quality quality;
    const struct dcpt_try with = {.weight = weight, .loss = loss, .from = &side_of(r->law, side)->curve,
                                  .starts = STARTS, .seed = r->seed + 1 + replicate};
    return dcpt_fit_once(r->data, &r->data->side[side], &with, curve_of(pair, side), &quality, r->err);
}

/* With every run as often as times[] says. */
static tamis_status refit_runs(const struct refitting *r, uint64_t replicate, struct dcpt_pair *pair)
{
    tamis_status status = TAMIS_OK;
    *pair = (struct dcpt_pair){.domain = {.e = 0}};
    for (size_t s = 0; !status && s < 2; s++) {
        const struct dcpt_rows *const rows = &r->data->side[s];
        for (size_t i = 0; i < rows->count; i++) {
            r->weight[i] = rows->weight[i] * r->times[rows->run[i]];
        }
        status = rows->count ? refit_side(r, s, r->weight, NULL, replicate, pair) : TAMIS_OK;
    }
    return status;
}

static tamis_status refit_residuals(const struct refitting *r, uint64_t replicate, struct dcpt_pair *pair)
{
    tamis_status status = TAMIS_OK;
    *pair = (struct dcpt_pair){.domain = {.e = 0}};
    for (size_t s = 0; !status && s < 2; s++) {
        const struct dcpt_rows *const rows = &r->data->side[s];
        const struct resample_rows measured = {
            .run = rows->own_run, .fitted = r->fitted[s], .measured = rows->loss, .rows = rows->count,
            .runs = rows->own_runs, .parameters = (double)dcpt_form_parameters(r->data->form, rows->alpha_held),
            .alike = r->alike[s], .run_noise = r->run_noise};
        if (rows->count > 0) {
            status = resample_residuals(&measured, r->seed, replicate, r->loss, r->err);
            status = status ? status : refit_side(r, s, NULL, r->loss, replicate, pair);
        }
    }
    return status;
}

/* ---- The bootstrap ---------------------------------------------------------------------------------------------- */

/* As many parameters as rows, or a row a run and as many as runs, leave no residuals to draw from. */
static bool tells_nothing(const struct refitting *r)
{
    for (size_t s = 0; s < 2; s++) {
        const struct dcpt_rows *const rows = &r->data->side[s];
        if (rows->count > 0 && rows->count <= dcpt_form_parameters(r->data->form, rows->alpha_held)) {
            return true;
        }
    }
    return false;
}

/* Runs with fewer than 3 ratios on a side, or sizes, are drawn again. */
static void draw_runs(const struct refitting *r, uint64_t replicate)
{
    bool enough = false;
    for (uint64_t attempt = 0; !enough && attempt < ATTEMPTS; attempt++) {
        resample_runs(r->seed, replicate | attempt << 32, r->data->run_count, r->must, r->groups, r->times);
        enough = is_enough(r);
    }
}

static tamis_status bootstrap(const struct refitting *r, unsigned count, struct arena *arena, struct dcpt_law *law)
{
    if (count == 0 || (tells_nothing(r) && !law->run_noise_known)) {
        return TAMIS_OK;
    }
    struct dcpt_pair *const pairs = arena_alloc(arena, count * sizeof *pairs);
    tamis_status status = TAMIS_OK;
    if (!pairs) {
        return no_memory(r);
    }
    law->bootstrap = r->data->run_count >= RESAMPLE_FEWEST_RUNS ? DCPT_BY_RUN : DCPT_BY_RESIDUAL;
    for (unsigned i = 0; !status && i < count; i++) {
        if (law->bootstrap == DCPT_BY_RUN) {
            draw_runs(r, i);
            status = refit_runs(r, i, &pairs[i]);
        } else {
            status = refit_residuals(r, i, &pairs[i]);
        }
    }
    law->replicates = pairs;
    law->replicate_count = status ? 0 : count;
    return status;
}

/* ---- Without one run -------------------------------------------------------------------------------------------- */

static tamis_status leave_out(const struct refitting *r, struct arena *arena, struct dcpt_law *law)
{
    const size_t runs = r->data->run_count;
    if (runs > DCPT_LEFT_OUT_MOST) {
        return TAMIS_OK;
    }
    struct dcpt_left_out *const left = arena_alloc(arena, runs * sizeof *left);
    tamis_status status = TAMIS_OK;
    if (!left) {
        return no_memory(r);
    }
    for (size_t out = 0; !status && out < runs; out++) {
        for (size_t run = 0; run < runs; run++) {
            r->times[run] = run != out;
        }
        if (is_enough(r)) {
            struct dcpt_left_out *const own = &left[law->left_out_count++];
            const struct dcpt_source *const source = &r->data->runs[out];
            *own = (struct dcpt_left_out){.run = source->name, .parameters = source->parameters,
                                          .ratio = source->ratio};
            status = refit_runs(r, out, &own->pair);
        }
    }
    law->left_out = left;
    law->left_out_count = status ? 0 : law->left_out_count;
    return status;
}

tamis_status dcpt_refit(const struct dcpt_data *data, const struct dcpt_effort *effort, struct arena *arena,
                        struct dcpt_law *law, tamis_err *err)
{
    struct refitting r = {.data = data, .law = law, .seed = effort->seed, .run_noise = effort->run_noise,
                          .err = err};
    tamis_status status = prepare(&r);
    law->replicates_asked = effort->replicates > 0;
    law->run_noise_known = !status && (effort->run_noise > 0 || any_made_again(&r));
    status = status ? status : leave_out(&r, arena, law);
    status = status ? status : bootstrap(&r, effort->replicates, arena, law);
    release(&r);
    return status;
}
