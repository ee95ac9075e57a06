/*
 * Variable projection. For given coordinates z let a_j(z) be the columns of the linear problem (the basis over the
 * measured losses), c the best c_j >= 0 and P the columns in use. The residuals are sum_j a_j c_j - 1; their slopes
 * along z_k, after Kaufman, are d_k = sum_j c_j da_j/dz_k less the part of d_k that the columns of P can make.
 */
#include <math.h>
#include <string.h>

#include "fit/cholesky.h"
#include "fit/descent.h"
#include "fit/form_work.h"
#include "fit/nonneg.h"

#define TOLERANCE 1e-7   /* the polish goes on from here */
#define STEPS 100

struct projection {
    size_t used, member[FORM_LINEAR];
    double factor[FORM_LINEAR * FORM_LINEAR], scale[FORM_LINEAR];
    double made[FORM_LINEAR * FORM_SHAPES]; /* [j * shapes + k]: of d_k by the j-th used column; - d c_j / d z_k */
};

static double unit_of(const struct form_work *work, size_t row)
{
    return work->form->plain ? 1 : 1 / work->loss[row];
}

static double aim_of(const struct form_work *work, size_t row)
{
    return work->form->plain ? work->loss[row] : 1;
}

/* Divides basis and slopes by the losses, so that they are the columns of the linear problem. */
static void make_relative(struct form_work *work)
{
    const size_t linear = work->form->linear, slopes = linear * work->form->shapes;
    for (size_t i = 0; i < work->rows && !work->form->plain; i++) {
        const double unit = unit_of(work, i);
        for (size_t j = 0; j < linear; j++) {
            work->basis[i * linear + j] *= unit;
        }
        for (size_t j = 0; j < slopes; j++) {
            work->slopes[i * slopes + j] *= unit;
        }
    }
}

/* Finds the c_j; `gram` is left as the products of all columns. */
static bool solve_linear(struct form_work *work, double *gram)
{
    const size_t linear = work->form->linear;
    double right[FORM_LINEAR] = {0}, square = 0;
    memset(gram, 0, linear * linear * sizeof *gram);
    for (size_t i = 0; i < work->rows; i++) {
        const double *const a = &work->basis[i * linear];
        const double weight = work->weight[i], aim = aim_of(work, i);
        square += weight * aim * aim;
        for (size_t j = 0; j < linear; j++) {
            const double column = weight * a[j];
            right[j] += column * aim;
            for (size_t l = 0; l <= j; l++) {
                gram[j * linear + l] += column * a[l];
            }
        }
    }
    for (size_t j = 0; j < linear; j++) {
        for (size_t l = j + 1; l < linear; l++) {
            gram[j * linear + l] = gram[l * linear + j];
        }
    }
    const double sum = nonneg_solve(gram, right, square, linear, work->form->free_linear, work->linear);
    return sum < INFINITY;
}

static void find_used(const struct form_work *work, const double *gram, struct projection *p)
{
    const size_t linear = work->form->linear;
    double own[FORM_LINEAR * FORM_LINEAR];
    p->used = 0;
    for (size_t j = 0; j < linear; j++) {
        if (work->linear[j] > 0 || work->linear[j] < 0) {
            p->member[p->used++] = j;
        }
    }
    for (size_t i = 0; i < p->used; i++) {
        for (size_t j = 0; j < p->used; j++) {
            own[i * p->used + j] = gram[p->member[i] * linear + p->member[j]];
        }
    }
    if (!cholesky_factor(own, p->used, p->factor, p->scale)) {
        p->used = 0;
    }
}

/* Residuals, and d_k in the place of the slopes. */
static void follow(struct form_work *work, double *residuals, double *slopes)
{
    const size_t linear = work->form->linear, shapes = work->form->shapes;
    memset(slopes, 0, work->rows * shapes * sizeof *slopes);
    for (size_t i = 0; i < work->rows; i++) {
        double sum = -aim_of(work, i);
        for (size_t j = 0; j < linear; j++) {
            const double c = work->linear[j], *const along = &work->slopes[(i * linear + j) * shapes];
            sum += c * work->basis[i * linear + j];
            for (size_t k = 0; k < shapes && c != 0; k++) {
                slopes[i * shapes + k] += c * along[k];
            }
        }
        residuals[i] = sum;
    }
}

/* How much of each d_k the used columns make. */
static void find_made(const struct form_work *work, const double *slopes, struct projection *p)
{
    const size_t linear = work->form->linear, shapes = work->form->shapes;
    memset(p->made, 0, sizeof p->made);
    for (size_t i = 0; i < work->rows; i++) {
        for (size_t j = 0; j < p->used; j++) {
            const double a = work->weight[i] * work->basis[i * linear + p->member[j]];
            for (size_t k = 0; k < shapes; k++) {
                p->made[j * shapes + k] += a * slopes[i * shapes + k];
            }
        }
    }
    for (size_t k = 0; k < shapes; k++) {
        double x[FORM_LINEAR];
        for (size_t j = 0; j < p->used; j++) {
            x[j] = p->made[j * shapes + k];
        }
        cholesky_solve(p->factor, p->scale, p->used, x, x);
        for (size_t j = 0; j < p->used; j++) {
            p->made[j * shapes + k] = x[j];
        }
    }
}

static void take_away(const struct form_work *work, const struct projection *p, double *slopes)
{
    const size_t linear = work->form->linear, shapes = work->form->shapes;
    for (size_t i = 0; i < work->rows; i++) {
        for (size_t j = 0; j < p->used; j++) {
            const double a = work->basis[i * linear + p->member[j]];
            for (size_t k = 0; k < shapes; k++) {
                slopes[i * shapes + k] -= a * p->made[j * shapes + k];
            }
        }
    }
}

static bool project(void *context, const double *coordinates, double *residuals, double *slopes)
{
    struct form_work *const work = context;
    double gram[FORM_LINEAR * FORM_LINEAR];
    struct projection p;
    form_evaluate(work, coordinates);
    make_relative(work);
    if (!solve_linear(work, gram)) {
        return false;
    }
    find_used(work, gram, &p);
    follow(work, residuals, slopes);
    find_made(work, slopes, &p);
    take_away(work, &p, slopes);
    return true;
}

tamis_status form_search_shape(struct form_work *work, double *coordinates, double *value, tamis_err *err)
{
    const struct descent_problem problem = {
        .variables = work->form->shapes, .residuals = work->rows, .low = work->low, .high = work->high,
        .weight = work->weight, .huber = INFINITY, .tolerance = TOLERANCE, .steps = STEPS,
        .residuals_at = project, .context = work};
    return descend(&problem, coordinates, value, err);
}

/* The linear part that belongs to the coordinates. */
bool form_project(struct form_work *work, const double *coordinates, double *linear)
{
    double gram[FORM_LINEAR * FORM_LINEAR];
    form_evaluate(work, coordinates);
    make_relative(work);
    const bool found = solve_linear(work, gram);
    memcpy(linear, work->linear, sizeof work->linear);
    return found;
}
