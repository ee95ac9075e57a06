/*
 * The points are kept sorted by value; ties keep their order. A simplex that has shrunk onto a bound or a ridge is
 * unfolded again by the next round, with smaller steps.
 */
#include "fit/simplex.h"

#include <math.h>
#include <string.h>

#define ROUNDS 40          /* fresh simplices at most */
#define MOVES 400          /* per variable and round */
#define FLAT 1e-15         /* a simplex whose values differ by less, relative to the lowest, is done */
#define SMALL 1e-13        /* or one whose points do */
#define GAIN 1e-13         /* a round that gains less, relative, is the last but for the confirming ones */
#define CONFIRMING 3       /* rounds without gain, each with other steps, before it is over */

struct point {
    double x[SIMPLEX_MOST], value;
};

struct simplex {
    const struct simplex_problem *problem;
    struct point points[SIMPLEX_MOST + 1]; /* lowest value first */
};

static void measure(const struct simplex_problem *problem, struct point *p)
{
    for (size_t i = 0; i < problem->count; i++) {
        p->x[i] = fmin(fmax(p->x[i], problem->low[i]), problem->high[i]);
    }
    p->value = problem->value(problem->context, p->x);
}

/* Puts `p` in its place among the first `count` points, which are sorted. */
static void insert(struct point *points, size_t count, const struct point *p)
{
    const struct point moved = *p;
    size_t at = count;
    while (at > 0 && points[at - 1].value > moved.value) {
        points[at] = points[at - 1];
        at--;
    }
    points[at] = moved;
}

/* A corner at `x` and one a step along each variable, away from the bound where it lies on one. */
static void unfold(struct simplex *s, const double *x, double scale)
{
    const struct simplex_problem *const problem = s->problem;
    for (size_t i = 0; i <= problem->count; i++) {
        struct point p = {{0}, 0};
        memcpy(p.x, x, problem->count * sizeof *x);
        if (i > 0) {
            const double step = problem->step[i - 1] * scale;
            p.x[i - 1] += x[i - 1] + step <= problem->high[i - 1] ? step : -step;
        }
        measure(problem, &p);
        insert(s->points, i, &p);
    }
}

/* The worst point mirrored at the middle of the others: middle + by * (worst - middle). */
static struct point mirrored(const struct simplex *s, double by)
{
    const size_t count = s->problem->count;
    struct point p = {{0}, 0};
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t k = 0; k < count; k++) {
            sum += s->points[k].x[i];
        }
        const double middle = sum / (double)count;
        p.x[i] = middle + by * (s->points[count].x[i] - middle);
    }
    measure(s->problem, &p);
    return p;
}

static void shrink(struct simplex *s)
{
    const size_t count = s->problem->count;
    for (size_t k = 1; k <= count; k++) {
        struct point p = s->points[k];
        for (size_t i = 0; i < count; i++) {
            p.x[i] = s->points[0].x[i] + (p.x[i] - s->points[0].x[i]) / 2;
        }
        measure(s->problem, &p);
        insert(s->points, k, &p);
    }
}

static void move(struct simplex *s)
{
    const size_t last = s->problem->count;
    const struct point reflected = mirrored(s, -1);
    struct point taken = reflected;
    if (reflected.value < s->points[0].value) {
        const struct point expanded = mirrored(s, -2);
        taken = expanded.value < reflected.value ? expanded : reflected;
    } else if (!(reflected.value < s->points[last - 1].value)) {
        const bool outside = reflected.value < s->points[last].value;
        taken = mirrored(s, outside ? -0.5 : 0.5);
        if (!(taken.value < (outside ? reflected.value : s->points[last].value))) {
            shrink(s);
            return;
        }
    }
    insert(s->points, last, &taken);
}

static bool settled(const struct simplex *s)
{
    const size_t last = s->problem->count;
    double widest = 0;
    for (size_t i = 0; i < s->problem->count; i++) {
        const double size = fabs(s->points[last].x[i] - s->points[0].x[i]);
        widest = fmax(widest, size / fmax(fabs(s->points[0].x[i]), 1));
    }
    const double spread = s->points[last].value - s->points[0].value;
    return widest <= SMALL || spread <= FLAT * fabs(s->points[0].value);
}

double simplex_minimise(const struct simplex_problem *problem, double *x)
{
    struct simplex s = {.problem = problem};
    double best = INFINITY;
    double scale = 1;
    for (int round = 0, idle = 0; round < ROUNDS && idle < CONFIRMING; round++) {
        unfold(&s, x, scale);
        for (size_t i = 0; i < MOVES * problem->count && !settled(&s); i++) {
            move(&s);
        }
        const double value = s.points[0].value;
        idle = best - value > GAIN * fabs(best) ? 0 : idle + 1;
        scale = idle > 0 ? scale / 8 : 1;
        if (value <= best) {
            best = value;
            memcpy(x, s.points[0].x, problem->count * sizeof *x);
        }
    }
    return best;
}
