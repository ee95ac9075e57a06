/* tamis fit: a law from the losses of a few runs. */
#include <math.h>

#include "cmd/json_out.h"
#include "cmd/verbs.h"
#include "core/str.h"
#include "io/json_shim.h"
#include "law/dcpt.h"
#include "law/law.h"

struct fit_options {
    struct common common;
    const char *law, *name;
    double base_loss;
};

static const tamis_param params[] = {
    {"law", TAMIS_STRING, offsetof(struct fit_options, law), "dcpt", 0, 0, NULL,
     "which law; dcpt: columns " DCPT_COLUMNS ", ratio = domain share of the tokens, 0 to 1"},
    {"base_loss", TAMIS_REAL, offsetof(struct fit_options, base_loss), NULL, 0, 0, NULL,
     "general loss of the model before its training went on, nats per token; for budgets against the base"},
    {"name", TAMIS_STRING, offsetof(struct fit_options, name), NULL, 0, 0, NULL, "a label to keep with the law"},
    {0},
};

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
    return json_out_check(cli, cli->arguments[0], err);
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    const struct fit_options *const options = cli->options;
    const struct law *law = NULL;
    struct buf json, words;
    tamis_status status = check(cli, err);
    status = status ? status : law_find(options->law, &law, err);
    if (status) {
        return status;
    }
    const struct law_job job = {.runs = cli->arguments[0], .name = options->name, .base_loss = options->base_loss};
    buf_init(&json, BUF_UNLIMITED);
    buf_init(&words, BUF_UNLIMITED);
    status = law->fit(&job, &json, &words, NULL, err);
    status = status ? status : json_out(cli, job.runs, buf_str(&json), err);
    if (!status && words.len > 0) {
        cli_note(cli, 0, "%.*s", (int)words.len - 1, words.at);
    }
    buf_release(&json);
    buf_release(&words);
    return status;
}

static const char *const examples[] = {"tamis fit --law dcpt runs.csv -o law.json",
                                       "tamis fit runs.csv --base-loss 2.87 --name chemistry | jq .parameters", NULL};

const struct verb verb_fit = {
    .name = "fit",
    .synopsis = "[--law NAME] RUNS.csv [-o LAW.json] [--base-loss X]",
    .summary = "a law from the losses of a few runs: how they depend on the mixture",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct fit_options),
    .without = "threads memory tmp seed set progress json verbose stats",
    .run = run,
};
