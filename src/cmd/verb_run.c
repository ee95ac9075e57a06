/* tamis run: the whole flow. */
#include "cmd/flow.h"
#include "cmd/say.h"
#include "cmd/verbs.h"
#include "report/report.h"

struct run_options {
    struct common common;
    bool redo, no_check, no_text, dry_run;
    double max_bad;
};

static const tamis_param params[] = {
    {"redo", TAMIS_BOOL, offsetof(struct run_options, redo), "false", 0, 0, NULL,
     "do stages again whose part of the recipe, or whose input, has changed"},
    {"dry_run", TAMIS_BOOL, offsetof(struct run_options, dry_run), "false", 0, 0, NULL,
     "stop after the check: nothing is written"},
    {"no_check", TAMIS_BOOL, offsetof(struct run_options, no_check), "false", 0, 0, NULL,
     "leave out the sample; the gate still looks at what the survey finds"},
    {"no_text", TAMIS_BOOL, offsetof(struct run_options, no_text), "false", 0, 0, NULL,
     "decide only: fill the ledger, write no text and no report; the same command without it goes on from there"},
    {"max_bad", TAMIS_REAL, offsetof(struct run_options, max_bad), "0.01", 0, 1, NULL,
     "share of rejected records above which the exit code is 1"},
    {0},
};

tamis_status print_report(const struct cli *cli, const char *folder, tamis_err *err)
{
    const struct common *const common = cli->options;
    struct path path;
    struct buf json, table;
    buf_init(&json, BUF_UNLIMITED);
    buf_init(&table, BUF_UNLIMITED);
    tamis_status status = path_make(&path, err, "%s/report.json", folder);
    status = status ? status : file_read(path.at, (size_t)1 << 30, &json, err);
    status = status || common->json ? status : report_table(buf_str(&json), 100, &table, err);
    status = status ? status : cli_print(buf_str(common->json ? &json : &table), err);
    buf_release(&json);
    buf_release(&table);
    return status;
}

static tamis_status run_into(struct flow *flow, const struct cli *cli, tamis_err *err)
{
    const struct run_options *const options = cli->options;
    const unsigned how = (options->redo ? FLOW_REDO : 0) | (options->no_check ? FLOW_NO_CHECK : 0) |
                         (options->no_text ? FLOW_NO_TEXT : 0);
    tamis_status status = flow_folder(flow, options->common.output, err);
    status = status ? status : flow_all(flow, how, err);
    status = status || options->no_text ? status : print_report(cli, flow->run.folder, err);
    return status && status != TAMIS_CLOSED ? status : flow_verdict(flow, options->max_bad, err);
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    const struct run_options *const options = cli->options;
    tamis_status status = cli_want(cli, 1, "one RECIPE", err);
    if (!status && !options->dry_run && !options->common.output) {
        status = tamis_fail(err, TAMIS_USAGE, "tamis run: say where the run goes: -o FOLDER");
    }
    if (status) {
        return status;
    }
    struct flow flow;
    status = flow_open(&flow, cli, cli->arguments[0], err);
    if (!status) {
        status = options->dry_run ? check_and_print(&flow, cli, err) : run_into(&flow, cli, err);
    }
    flow_close(&flow);
    return status;
}

static const char *const examples[] = {"tamis run recipe.yaml -o RUN", "tamis run recipe.yaml -o RUN --dry-run",
                                       "tamis run recipe.yaml -o RUN --set targets.law.ratio=0.4 --redo", NULL};

const struct verb verb_run = {
    .name = "run",
    .synopsis = "RECIPE -o RUN [options]",
    .summary = "check, prune, mix and report; continues an interrupted RUN",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct run_options),
    .run = run,
};
