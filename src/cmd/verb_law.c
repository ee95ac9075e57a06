/* tamis law: one closed formula, evaluated. */
#include <stdio.h>
#include <string.h>

#include "cmd/json_out.h"
#include "cmd/verbs.h"
#include "law/formula.h"

struct law_options {
    struct common common;
    bool list;
};

static const tamis_param params[] = {
    {"list", TAMIS_BOOL, offsetof(struct law_options, list), "false", 0, 0, NULL,
     "show all formulas with their sources, or with a NAME its inputs and their ranges"},
    {0},
};

static tamis_status list(const struct cli *cli, tamis_err *err)
{
    const struct formula *formula = NULL;
    struct buf text;
    tamis_status status = cli->argument_count > 1
                              ? tamis_fail(err, TAMIS_USAGE, "tamis law --list: at most one NAME")
                          : cli->argument_count == 1 ? formula_find(cli->arguments[0], &formula, err)
                                                     : TAMIS_OK;
    buf_init(&text, BUF_UNLIMITED);
    if (!status && !(formula ? formula_print_inputs(formula, &text) : formula_print_all(&text))) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the list");
    }
    status = status ? status : cli_print(buf_str(&text), err);
    buf_release(&text);
    return status;
}

static tamis_status evaluate(const struct cli *cli, tamis_err *err)
{
    const struct formula *formula = NULL;
    struct buf out;
    struct json json;
    tamis_status status = formula_find(cli->arguments[0], &formula, err);
    buf_init(&out, BUF_UNLIMITED);
    json_init(&json, &out, 2);
    status = status ? status
                    : formula_evaluate(formula, cli->arguments + 1, cli->argument_count - 1, &json, err);
    if (!status && (json.failed || !buf_add_char(&out, '\n'))) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the result");
    }
    status = status ? status : json_out(cli, "", buf_str(&out), err);
    buf_release(&out);
    return status;
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    const struct law_options *const options = cli->options;
    if (options->list) {
        return list(cli, err);
    }
    if (cli->argument_count == 0) {
        return tamis_fail(err, TAMIS_USAGE, "tamis law: name a formula; tamis law --list shows them all");
    }
    return evaluate(cli, err);
}

static const char *const examples[] = {"tamis law --list", "tamis law --list chinchilla",
                                       "tamis law chinchilla N=1.5e9 D=30e9 set=besiroglu",
                                       "tamis law unimax tokens=1e9,1e8,1e7 budget=1e9 | jq .tokens_taken", NULL};

const struct verb verb_law = {
    .name = "law",
    .synopsis = "NAME k=v .. | --list [NAME]",
    .summary = "a closed formula, evaluated: scaling, mixtures, ensembles, energy and carbon",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct law_options),
    .without = "threads memory tmp seed set progress json verbose stats",
    .run = run,
};
