/* Draws by hashing what is drawn: seed, replicate, place. */
#include "fit/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "fit/numbers.h"

#define ATTEMPTS 200 /* draws of runs before the groups are served first */

/* What is drawn: each kind has draws of its own. */
enum drawn { DRAWN_RUN, DRAWN_SERVED, DRAWN_MEAN, DRAWN_REST, DRAWN_SIGN };

struct draws {
    uint64_t seed, replicate;
    enum drawn what;
    uint64_t next;
};

/* A number below `count` (< 2^32), each as likely but for 2^-32. */
static size_t draw(struct draws *d, size_t count)
{
    const uint64_t kind = hash_join(hash_join(hash_mix(d->seed), d->replicate), (uint64_t)d->what);
    const uint64_t hash = hash_join(kind, d->next++);
    return (size_t)((hash >> 32) * count >> 32);
}

/* ---- Runs ------------------------------------------------------------------------------------------------------- */

static bool is_served(const bool *group, size_t runs, const unsigned *times)
{
    bool empty = true;
    for (size_t run = 0; run < runs; run++) {
        if (group[run] && times[run]) {
            return true;
        }
        empty = empty && !group[run];
    }
    return empty;
}

static bool all_served(const bool *must, size_t groups, size_t runs, const unsigned *times)
{
    for (size_t g = 0; g < groups; g++) {
        if (!is_served(&must[g * runs], runs, times)) {
            return false;
        }
    }
    return true;
}

static size_t draw_of_group(struct draws *d, const bool *group, size_t runs)
{
    size_t members = 0, run = 0;
    for (size_t i = 0; i < runs; i++) {
        members += group[i];
    }
    for (size_t left = draw(d, members) + 1; left > 0; run++) {
        left -= group[run];
    }
    return run - 1;
}

/* One run of each group that has none yet, then the rest at random. */
static void serve_first(struct draws *d, const bool *must, size_t groups, size_t runs, unsigned *times)
{
    size_t drawn = 0;
    memset(times, 0, runs * sizeof *times);
    for (size_t g = 0; g < groups; g++) {
        if (!is_served(&must[g * runs], runs, times)) {
            times[draw_of_group(d, &must[g * runs], runs)]++;
            drawn++;
        }
    }
    for (; drawn < runs; drawn++) {
        times[draw(d, runs)]++;
    }
}

void resample_runs(uint64_t seed, uint64_t replicate, size_t runs, const bool *must, size_t groups, unsigned *times)
{
    struct draws d = {seed, replicate, DRAWN_RUN, 0};
    const size_t served = must ? groups : 0;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        memset(times, 0, runs * sizeof *times);
        for (size_t k = 0; k < runs; k++) {
            times[draw(&d, runs)]++;
        }
        if (all_served(must, served, runs, times)) {
            return;
        }
    }
    d = (struct draws){seed, replicate, DRAWN_SERVED, 0};
    serve_first(&d, must, served, runs, times);
}

/* ---- Residuals -------------------------------------------------------------------------------------------------- */

struct split {
    double *mean, *rest; /* of each run; of each row */
    double *rows;        /* of each run */
};

static void split_residuals(const struct resample_rows *r, const struct split *s)
{
    for (size_t i = 0; i < r->rows; i++) {
        s->rest[i] = tamis_log(r->fitted[i]) - tamis_log(r->measured[i]);
        s->mean[r->run[i]] += s->rest[i];
        s->rows[r->run[i]] += 1;
    }
    for (size_t run = 0; run < r->runs; run++) {
        s->mean[run] /= s->rows[run] > 0 ? s->rows[run] : 1;
    }
    for (size_t i = 0; i < r->rows; i++) {
        s->rest[i] -= s->mean[r->run[i]];
    }
}

/*
 * By how much the 97.5 % point of Student's t lies beyond the normal one: a few residuals know their own size badly.
 * Beyond 10 degrees of freedom by its series (Abramowitz and Stegun 1964, 26.7.5).
 */
static double students(double freedom)
{
    static const double points[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281};
    const double z = 1.959964;
    const size_t most = sizeof points / sizeof *points;
    if (freedom <= (double)most) {
        return points[freedom < 1 ? 0 : (size_t)freedom - 1] / z;
    }
    const double z3 = z * z * z, z5 = z3 * z * z;
    return 1 + ((z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom)) / z;
}

/* Residuals are smaller than errors, since the parameters were moved towards them. */
static double grown(size_t count, double parameters, bool known)
{
    const double n = (double)count;
    return n > parameters ? sqrt(n / (n - parameters)) * (known ? 1 : students(n - parameters)) : 1;
}

static double spread(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i] * values[i];
    }
    return sqrt(sum / (double)count);
}

/* By how much runs of the same inputs are off from each other; 0: none was made again. */
static double repeated_spread(const struct resample_rows *r, const struct split *s)
{
    double squares = 0, freedom = 0;
    for (size_t first = 0; r->alike && first < r->runs; first++) {
        double sum = 0, count = 0;
        for (size_t run = first; run < r->runs; run++) {
            sum += r->alike[run] == first ? s->mean[run] : 0;
            count += r->alike[run] == first;
        }
        for (size_t run = first; run < r->runs; run++) {
            const double off = r->alike[run] == first ? s->mean[run] - sum / count : 0;
            squares += off * off;
        }
        freedom += count > 1 ? count - 1 : 0;
    }
    return freedom > 0 ? sqrt(squares / freedom) : 0;
}

/* A rest made as large as `size` is among all of them, or that size up or down where there are none. */
static double sized_rest(const struct resample_rows *r, const struct split *s, double size, double all,
                         struct draws *rests, struct draws *signs)
{
    return all > 0 ? s->rest[draw(rests, r->rows)] * (size / all) : draw(signs, 2) ? size : -size;
}

static void draw_means(const struct resample_rows *r, const struct split *s, double rest_factor,
                       const struct draws *from, double *drawn)
{
    struct draws d = *from, signs = *from;
    const double known = fmax(r->run_noise, repeated_spread(r, s)), all = spread(s->rest, r->rows);
    const double factor = grown(r->runs, r->parameters, known > 0);
    const double means = spread(s->mean, r->runs) * factor, size = fmax(all * rest_factor, known);
    signs.what = DRAWN_SIGN;
    for (size_t run = 0; run < r->runs; run++) {
        drawn[run] = means < size ? sized_rest(r, s, size, all, &d, &signs) : s->mean[draw(&d, r->runs)] * factor;
    }
}

tamis_status resample_residuals(const struct resample_rows *rows, uint64_t seed, uint64_t replicate, double *loss_out,
                                tamis_err *err)
{
    double *const block = calloc(3 * rows->runs + rows->rows, sizeof *block);
    if (!block) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a replicate of %zu losses", rows->rows);
    }
    const struct split s = {block, block + 3 * rows->runs, block + rows->runs};
    double *const drawn = block + 2 * rows->runs;
    const double factor = grown(rows->rows, fmax(rows->parameters, (double)rows->runs), false);
    struct draws means = {seed, replicate, DRAWN_MEAN, 0}, rests = {seed, replicate, DRAWN_REST, 0};
    split_residuals(rows, &s);
    draw_means(rows, &s, factor, &means, drawn);
    for (size_t i = 0; i < rows->rows; i++) {
        const double rest = s.rest[draw(&rests, rows->rows)] * factor;
        loss_out[i] = rows->fitted[i] * tamis_exp(-(drawn[rows->run[i]] + rest));
    }
    free(block);
    return TAMIS_OK;
}

/* ---- Percentiles ------------------------------------------------------------------------------------------------ */

double percentile(double *values, size_t count, double share)
{
    if (count == 0) {
        return NAN;
    }
    qsort(values, count, sizeof *values, ascending);
    const double at = share * (double)(count - 1);
    const size_t below = (size_t)fmin(fmax(floor(at), 0), (double)(count - 1));
    const size_t above = below + 1 < count ? below + 1 : below;
    const double rest = at - (double)below;
    const bool flat = !(rest > 0) || values[above] <= values[below]; /* also where both are infinite */
    return flat ? values[below] : values[below] + (values[above] - values[below]) * rest;
}
