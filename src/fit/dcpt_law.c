/* tamis fit --law dcpt: from RUNS.csv to LAW.json and what is said of it. */
#include <math.h>

#include "fit/dcpt.h"
#include "fit/fitted.h"
#include "fit/law.h"

static tamis_status take_base(const struct law_job *job, struct dcpt_runs *runs, tamis_err *err)
{
    if (isnan(job->base_loss)) {
        return TAMIS_OK;
    }
    if (!isnan(runs->base_loss) && (job->base_loss < runs->base_loss || job->base_loss > runs->base_loss)) {
        return tamis_fail(err, TAMIS_USAGE, "%s says that the general loss was %g before the training went on, the "
                          "option says %g; give one of them", runs->source, runs->base_loss, job->base_loss);
    }
    runs->base_loss = job->base_loss;
    return TAMIS_OK;
}

static bool warnings_of(const struct dcpt_law *law, struct buf *words)
{
    struct buf lines;
    buf_init(&lines, BUF_UNLIMITED);
    const bool fine = dcpt_warnings(law, &lines) && fitted_say_warnings(buf_str(&lines), words);
    buf_release(&lines);
    return fine;
}

static tamis_status fit(const struct law_job *job, struct buf *json, struct buf *words, struct buf *svg,
                        tamis_err *err)
{
    const struct dcpt_effort effort = {job->seed, job->starts, job->replicates, job->may_rise, job->run_noise};
    struct arena arena;
    struct dcpt_runs runs = {.count = 0};
    struct dcpt_law law;
    arena_init(&arena);
    tamis_status status = dcpt_read_runs(job->runs, job->warm_up, &arena, &runs, err);
    status = status ? status : take_base(job, &runs, err);
    status = status ? status : dcpt_fit(&runs, job->name, &effort, &arena, &law, err);
    if (!status) {
        law.source = fitted_source(law.source);
    }
    if (!status && (!dcpt_print(&law, json) || !dcpt_describe(&law, words) || !warnings_of(&law, words))) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the law");
    }
    if (!status && svg) {
        status = dcpt_chart(&law, svg, err);
    }
    arena_release(&arena);
    return status;
}

static const char *const uses[] = {"base_loss", "warm_up", "starts", "replicates", "seed_noise", "may_rise", NULL};

const struct law law_dcpt = {
    .name = "dcpt",
    .uses = uses,
    .fit = fit,
};
