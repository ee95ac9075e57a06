/* The question put to every refit of the law, and to the law without each run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plan/budget.h"
#include "fit/resample.h"

/* The ratio by other curves; 0 where they have no answer. */
static double ratio_by(const struct budget_question *question, const struct dcpt_pair *refit, bool *feasible)
{
    struct budget_question q = *question;
    struct budget_answer a;
    q.refit = refit;
    *feasible = budget_answer(&q, &a, NULL) == TAMIS_OK;
    return *feasible ? a.ratio : 0;
}

static double loss_by(const struct dcpt_curve *curve, const struct budget_question *q, const struct budget_answer *a,
                      double share)
{
    return dcpt_at(curve, a->parameters, a->tokens > 0 ? a->tokens : q->law->tokens, share);
}

static void percentiles(double *values, size_t count, double ends[2])
{
    ends[0] = percentile(values, count, 0.025);
    ends[1] = percentile(values, count, 0.975);
}

static void count_ratio(struct budget_interval *i, double ratio, bool feasible)
{
    i->infeasible += !feasible;
    i->pinned_low += feasible && ratio <= 0;
    i->pinned_high += feasible && ratio >= 1;
}

static tamis_status measure(const struct budget_question *q, const struct budget_answer *a, struct budget_interval *i,
                            tamis_err *err)
{
    const struct dcpt_law *const law = q->law;
    const size_t count = law->replicate_count;
    double *const values = count <= SIZE_MAX / 3 / sizeof *values ? malloc(3 * count * sizeof *values) : NULL;
    if (!values) {
        return tamis_fail(err, TAMIS_IO, "out of memory for %zu refits of the law", count);
    }
    double *const domain = values + count, *const general = domain + count;
    for (size_t r = 0; r < count; r++) {
        const struct dcpt_pair *const refit = &law->replicates[r];
        bool feasible;
        values[r] = ratio_by(q, refit, &feasible);
        count_ratio(i, values[r], feasible);
        domain[r] = law->domain.rows ? loss_by(&refit->domain, q, a, a->worth_ratio) : 0;
        general[r] = law->general.rows ? loss_by(&refit->general, q, a, 1 - a->ratio) : 0;
    }
    double ends[2];
    percentiles(values, count, ends);
    i->low = ends[0];
    i->high = ends[1];
    i->middle = percentile(values, count, 0.5);
    if (!isnan(a->loss_domain)) {
        percentiles(domain, count, i->loss_domain);
    }
    if (!isnan(a->loss_general)) {
        percentiles(general, count, i->loss_general);
    }
    free(values);
    return TAMIS_OK;
}

static void leave_out(const struct budget_question *q, const struct budget_answer *a, struct budget_interval *i)
{
    double farthest = 0;
    for (size_t r = 0; r < q->law->left_out_count; r++) {
        const struct dcpt_left_out *const without = &q->law->left_out[r];
        bool feasible;
        const double ratio = ratio_by(q, &without->pair, &feasible);
        i->left_out_low = r == 0 ? ratio : fmin(i->left_out_low, ratio);
        i->left_out_high = r == 0 ? ratio : fmax(i->left_out_high, ratio);
        if (fabs(ratio - a->ratio) > farthest) {
            farthest = fabs(ratio - a->ratio);
            snprintf(i->left_out_run, sizeof i->left_out_run, "%s", without->run ? without->run : "");
        }
    }
}

tamis_status budget_interval(const struct budget_question *question, const struct budget_answer *answer,
                             struct budget_interval *interval, tamis_err *err)
{
    const struct dcpt_law *const law = question->law;
    *interval = (struct budget_interval){
        .low = NAN, .middle = NAN, .high = NAN, .replicates = law->replicate_count, .loss_domain = {NAN, NAN},
        .loss_general = {NAN, NAN}, .left_out_low = NAN, .left_out_high = NAN, .add = NAN,
        .refits = law->bootstrap == DCPT_BY_RUN        ? "by run"
                  : law->bootstrap == DCPT_BY_RESIDUAL ? "by residual"
                                                       : NULL};
    const tamis_status status = law->replicate_count ? measure(question, answer, interval, err) : TAMIS_OK;
    if (!status) {
        leave_out(question, answer, interval);
        interval->wide = law->replicate_count == 0 || interval->high - interval->low > BUDGET_WIDE;
        interval->add = interval->wide ? answer->ratio : (double)NAN;
    }
    return status;
}
