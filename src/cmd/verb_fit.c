/* tamis fit: a law from the losses of a few runs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/json_out.h"
#include "cmd/verbs.h"
#include "core/file.h"
#include "core/str.h"
#include "io/json_shim.h"
#include "fit/law.h"

struct fit_options {
    struct common common;
    const char *law, *name, *chart;
    double base_loss, warm_up, seed_noise;
    uint64_t starts, replicates;
    bool may_rise;
    const char *constants;
};

#define AT(field) offsetof(struct fit_options, field)

static const tamis_param params[] = {
    {"law", TAMIS_STRING, AT(law), "dcpt", 0, 0, NULL,
     "which law; dcpt: columns N,D,ratio,loss_domain,loss_general, ratio = domain share of the tokens, 0 to 1"},
    {"base_loss", TAMIS_REAL, AT(base_loss), NULL, 0, 0, NULL,
     "general loss of the model before its training went on, nats per token; for budgets against the base"},
    {"name", TAMIS_STRING, AT(name), NULL, 0, 0, NULL, "a label to keep with the law"},
    {"warm_up", TAMIS_REAL, AT(warm_up), "0.25", 0, 0.95, NULL,
     "share of each run's steps, or of its tokens, whose checkpoints are left out; needs a column run"},
    {"starts", TAMIS_COUNT, AT(starts), "0", 0, 10000, NULL, "random starts of the search; 0: the law's own number"},
    {"replicates", TAMIS_COUNT, AT(replicates), "200", 0, 10000, NULL,
     "refits of the bootstrap, from which a plan has its intervals; 0: none"},
    {"seed_noise", TAMIS_REAL, AT(seed_noise), "0", 0, 0.5, NULL,
     "dcpt, under 8 runs: standard deviation of a run's loss from seed to seed, as a share of the loss (0.003); runs "
     "that were made twice tell it by themselves"},
    {"constants", TAMIS_STRING, AT(constants), NULL, 0, 0, NULL,
     "data_constrained: the constants of the Chinchilla law underneath: c4 when not given, besiroglu, hoffmann, .."},
    {"may_rise", TAMIS_BOOL, AT(may_rise), "false", 0, 0, NULL,
     "dcpt: the loss need not fall as its share grows; the law demands that it does at every D used"},
    {"chart", TAMIS_STRING, AT(chart), NULL, 0, 0, NULL, "FILE.svg: a chart of the fit"},
    {0},
};

static tamis_status not_used(const struct law *law, const char *option, tamis_err *err)
{
    struct buf users;
    char name[32];
    bool fine = true;
    buf_init(&users, BUF_UNLIMITED);
    for (const struct law *const *other = laws; *other; other++) {
        if (law_uses(*other, option)) {
            fine = fine && buf_printf(&users, "%s%s", users.len > 0 ? ", " : "", (*other)->name);
        }
    }
    (void)snprintf(name, sizeof name, "%s", option);
    for (char *at = name; *at; at++) {
        *at = *at == '_' ? '-' : *at;
    }
    const tamis_status status =
        fine ? tamis_fail(err, TAMIS_USAGE, "--%s: the law %s does not use it; it is for %s", name, law->name, users.at)
             : tamis_fail(err, TAMIS_IO, "out of memory for a message");
    buf_release(&users);
    return status;
}

/* An option that the law does not look at would be thought to have done something. */
static tamis_status check_used(const struct cli *cli, const struct law *law, tamis_err *err)
{
    static const char *const options[] = {"base_loss",  "warm_up",  "starts",    "replicates",
                                          "seed_noise", "may_rise", "constants", NULL};
    for (const char *const *option = options; *option; option++) {
        if (cli_given(cli, *option) && !law_uses(law, *option)) {
            return not_used(law, *option, err);
        }
    }
    return TAMIS_OK;
}

static tamis_status check(const struct cli *cli, tamis_err *err)
{
    const struct fit_options *const options = cli->options;
    const tamis_status status = cli_want(cli, 1, "one RUNS.csv", err);
    if (status) {
        return status;
    }
    if (!isnan(options->base_loss) && !(options->base_loss > 0)) {
        return tamis_fail(err, TAMIS_USAGE, "--base-loss: %g is no loss; it must be above 0", options->base_loss);
    }
    if (options->name && !dom_valid_utf8(str_from(options->name))) {
        return tamis_fail(err, TAMIS_USAGE, "--name: it is not valid UTF-8");
    }
    const char *const runs = cli->arguments[0];
    const tamis_status chart = output_is_not_input(cli, "--chart", options->chart, runs, err);
    return chart ? chart : json_out_check(cli, runs, err);
}

struct answer {
    struct buf json, words, svg;
};

static tamis_status fit(struct cli *cli, const struct law *law, struct answer *answer, tamis_err *err)
{
    const struct fit_options *const options = cli->options;
    const struct law_job job = {
        .runs = cli->arguments[0], .name = options->name, .base_loss = options->base_loss,
        .warm_up = options->warm_up, .seed = options->common.seed, .starts = (unsigned)options->starts,
        .replicates = (unsigned)options->replicates, .may_rise = options->may_rise, .run_noise = options->seed_noise,
        .constants = options->constants};
    tamis_status status = law->fit(&job, &answer->json, &answer->words, options->chart ? &answer->svg : NULL, err);
    status = status ? status : json_out(cli, job.runs, buf_str(&answer->json), err);
    if (!status && options->chart) {
        status = file_write(options->chart, answer->svg.at, answer->svg.len, err);
    }
    if (!status && answer->words.len > 0) {
        cli_note(cli, 0, "%.*s", (int)answer->words.len - 1, answer->words.at);
    }
    return status;
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    const struct fit_options *const options = cli->options;
    const struct law *law = NULL;
    struct answer answer;
    tamis_status status = check(cli, err);
    status = status ? status : law_find(options->law, &law, err);
    status = status ? status : check_used(cli, law, err);
    if (status) {
        return status;
    }
    buf_init(&answer.json, BUF_UNLIMITED);
    buf_init(&answer.words, BUF_UNLIMITED);
    buf_init(&answer.svg, BUF_UNLIMITED);
    status = fit(cli, law, &answer, err);
    buf_release(&answer.json);
    buf_release(&answer.words);
    buf_release(&answer.svg);
    return status;
}

static const char *const examples[] = {"tamis fit --law dcpt runs.csv -o law.json --chart law.svg",
                                       "tamis fit runs.csv --base-loss 2.87 --name chemistry | jq .parameters", NULL};

const struct verb verb_fit = {
    .name = "fit",
    .synopsis = "[--law NAME] RUNS.csv [-o LAW.json] [--base-loss X] [--chart FILE.svg]",
    .summary = "a law from the losses of a few runs: how they depend on the mixture",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct fit_options),
    .without = "threads memory tmp set progress json verbose stats",
    .run = run,
};
