/* How sure the shares of a mixture are: every refit of all laws, index by index. */
#include <math.h>
#include <stdlib.h>

#include "fit/resample.h"
#include "plan/several.h"

#define LOW 0.025
#define HIGH 0.975

struct refits {
    double *together;       /* of the domains, a value a refit */
    double *ratio;          /* a row a domain */
    struct several_share *shares;
    size_t count;
};

static void ask_all(const struct several_question *question, const struct refits *r,
                    struct budget_interval *together)
{
    struct several_question q = *question;
    for (size_t i = 0; i < r->count; i++) {
        struct several_answer a;
        q.refit = i;
        const bool feasible = several_answer(&q, r->shares, &a, NULL) == TAMIS_OK;
        r->together[i] = feasible ? 1 - a.general : 0;
        together->infeasible += !feasible;
        together->pinned_low += feasible && r->together[i] <= 0;
        together->pinned_high += feasible && r->together[i] >= 1;
        for (size_t d = 0; d < q.count; d++) {
            r->ratio[d * r->count + i] = feasible ? r->shares[d].ratio : 0;
        }
    }
}

static void close_intervals(const struct several_question *q, const struct refits *r, struct budget_interval *together,
                            double (*ends)[2])
{
    together->low = percentile(r->together, r->count, LOW);
    together->middle = percentile(r->together, r->count, 0.5);
    together->high = percentile(r->together, r->count, HIGH);
    together->wide = together->high - together->low > BUDGET_WIDE;
    for (size_t d = 0; d < q->count; d++) {
        double *const values = &r->ratio[d * r->count];
        ends[d][0] = percentile(values, r->count, LOW);
        ends[d][1] = percentile(values, r->count, HIGH);
    }
}

static const char *refits_by(const struct dcpt_law *law)
{
    return law->bootstrap == DCPT_BY_RUN ? "by run" : law->bootstrap == DCPT_BY_RESIDUAL ? "by residual" : NULL;
}

tamis_status several_interval(const struct several_question *question, const struct several_answer *answer,
                              struct budget_interval *together, double (*ends)[2], tamis_err *err)
{
    struct refits r = {.count = several_replicates(question)};
    *together = (struct budget_interval){
        .low = NAN, .middle = NAN, .high = NAN, .replicates = r.count, .loss_domain = {NAN, NAN},
        .loss_general = {NAN, NAN}, .left_out_low = NAN, .left_out_high = NAN, .add = NAN,
        .refits = refits_by(question->domains[0].law)};
    for (size_t d = 0; d < question->count; d++) {
        ends[d][0] = ends[d][1] = NAN;
    }
    if (r.count == 0 || question->count == 0) {
        return TAMIS_OK;
    }
    r.together = calloc(r.count, sizeof *r.together);
    r.ratio = question->count <= SIZE_MAX / sizeof *r.ratio / r.count
                  ? calloc(r.count * question->count, sizeof *r.ratio)
                  : NULL;
    r.shares = calloc(question->count, sizeof *r.shares);
    tamis_status status = TAMIS_OK;
    if (!r.together || !r.ratio || !r.shares) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for %zu refits of %zu laws", r.count, question->count);
    } else {
        ask_all(question, &r, together);
        close_intervals(question, &r, together, ends);
        together->add = together->wide ? 1 - answer->general : (double)NAN;
    }
    free(r.together);
    free(r.ratio);
    free(r.shares);
    return status;
}
