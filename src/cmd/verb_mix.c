/* tamis mix: shards at token ratios from pools that are taken as they are. */
#include "cmd/flow.h"
#include "cmd/say.h"
#include "cmd/verbs.h"

struct mix_options {
    struct common common;
    bool redo;
    double max_bad;
};

static const tamis_param params[] = {
    {"redo", TAMIS_BOOL, offsetof(struct mix_options, redo), "false", 0, 0, NULL,
     "do stages again whose part of the recipe, or whose input, has changed"},
    {"max_bad", TAMIS_REAL, offsetof(struct mix_options, max_bad), "0.01", 0, 1, NULL,
     "share of rejected records above which the exit code is 1"},
    {0},
};

/* Pools are taken as they are; what the user sets comes after and wins. */
static tamis_status pools_as_they_are(struct cli *cli, tamis_err *err)
{
    static const char *const first[] = {"filters=[]", "dedup=none", "holdout=none"};
    struct common *const common = cli->options;
    const size_t count = sizeof first / sizeof *first;
    const char **const sets = arena_alloc(&cli->arena, (count + common->set.count) * sizeof *sets);
    if (!sets) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the command line");
    }
    for (size_t i = 0; i < count + common->set.count; i++) {
        sets[i] = i < count ? first[i] : common->set.at[i - count];
    }
    common->set = (tamis_strings){.at = sets, .count = count + common->set.count};
    return TAMIS_OK;
}

static tamis_status mix(struct cli *cli, tamis_err *err)
{
    const struct mix_options *const options = cli->options;
    tamis_status status = cli_want(cli, 1, "one RECIPE", err);
    if (!status && !options->common.output) {
        status = tamis_fail(err, TAMIS_USAGE, "tamis mix: say where the shards go: -o FOLDER");
    }
    status = status ? status : pools_as_they_are(cli, err);
    if (status) {
        return status;
    }
    struct flow flow;
    status = flow_open(&flow, cli, cli->arguments[0], err);
    status = status ? status : flow_folder(&flow, options->common.output, err);
    status = status ? status : flow_all(&flow, FLOW_NO_CHECK | (options->redo ? FLOW_REDO : 0), err);
    status = status ? status : print_report(cli, flow.run.folder, err);
    status = status && status != TAMIS_CLOSED ? status : flow_verdict(&flow, options->max_bad, err);
    flow_close(&flow);
    return status;
}

static const char *const examples[] = {"tamis mix pools.yaml -o CORPUS", NULL};

const struct verb verb_mix = {
    .name = "mix",
    .synopsis = "RECIPE -o FOLDER [options]",
    .summary = "shards at token ratios; sources are mixed as they are, without filters, dedup or hold-out",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct mix_options),
    .run = mix,
};
