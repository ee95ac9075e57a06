/* tamis plan: from laws to a mixture, a size, a price. Here are the options and the choice among the questions. */
#include <math.h>
#include <string.h>

#include "cmd/json_out.h"
#include "cmd/plan.h"
#include "cmd/verbs.h"
#include "core/file.h"
#include "core/str.h"
#include "core/tree.h"

#define AT(field) offsetof(struct plan_options, field)

static const tamis_param params[] = {
    {"parameters", TAMIS_COUNT, AT(parameters), NULL, 0, 0, NULL,
     "parameters of the model to be trained; the runs' when not given"},
    {"tokens", TAMIS_COUNT, AT(tokens), NULL, 0, 0, NULL, "tokens it is to be trained on"},
    {"budget", TAMIS_STRING, AT(budget), NULL, 0, 0, NULL,
     "what the general loss may rise to: difference=NATS (a number alone is one), relative=FRACTION (3 percent is "
     "0.03), absolute=LOSS; or weight=W: least W x domain loss + (1 - W) x general loss"},
    {"against", TAMIS_CHOICE, AT(against), "replay_only", 0, 0, "replay_only|base",
     "what difference and relative are held against: general data alone, or the model before"},
    {"base_loss", TAMIS_REAL, AT(base_loss), NULL, 0, 0, NULL,
     "general loss of the model before, where the law does not have it, or another than the law's"},
    {"pool", TAMIS_STRINGS, AT(pool), NULL, 0, 0, NULL,
     "domain=TOKENS or general=TOKENS: how much text there is; may be given again; not limited when not given; with "
     "several laws NAME=TOKENS"},
    {"max_epochs", TAMIS_REAL, AT(max_epochs), "4", 1, 255, NULL, "how often a pool may be used"},
    {"repeat_decay", TAMIS_BOOL, AT(repeat_decay), "false", 0, 0, NULL,
     "count repeats of the domain by what they are worth in its loss: a planning heuristic"},
    {"limited", TAMIS_BOOL, AT(limited), "false", 0, 0, NULL,
     "the domain's pool is all there is: the share, and so the tokens, with the least loss of the domain"},
    {"flop", TAMIS_REAL, AT(flop), NULL, 0, 0, NULL,
     "operations to be spent, 6 x parameters x tokens: the best size and tokens for them"},
    {"transfer_low", TAMIS_REAL, AT(transfer_low), "0", -1, 1, NULL,
     "least rise of the ratio per factor e of parameters, for a model larger than the runs'"},
    {"transfer_high", TAMIS_REAL, AT(transfer_high), "0.1", -1, 1, NULL, "largest rise; published shares rise by 0.1"},
    {"chart", TAMIS_STRING, AT(chart), NULL, 0, 0, NULL, "FILE.svg: the losses along the ratio, what was chosen"},
    {"weight", TAMIS_STRINGS, AT(weight), NULL, 0, 0, NULL,
     "NAME=W of a domain, with several laws in one mixture; may be given again; 1 when not given"},
    {"one_mixture", TAMIS_BOOL, AT(one_mixture), "false", 0, 0, NULL,
     "several laws are domains of one mixture, not a target each"},
    {"loss", TAMIS_REAL, AT(loss), NULL, 0, 0, NULL, "chinchilla: the loss wanted, for the tokens it takes"},
    {"unique", TAMIS_REAL, AT(unique), NULL, 0, 0, NULL, "data_constrained: unique tokens there are"},
    {"tolerance", TAMIS_REAL, AT(tolerance), NULL, 0, 0, NULL, "cmr: nats that the general loss may rise"},
    {"device", TAMIS_STRING, AT(device), NULL, 0, 0, NULL, "what is trained on: H100 when not given, A100, V100, .."},
    {"watts", TAMIS_REAL, AT(watts), NULL, 0, 0, NULL,
     "average power of a device with its share of the host; the device's own when not given"},
    {"utilisation_low", TAMIS_REAL, AT(utilisation_low), NULL, 0, 0, NULL,
     "least share of the device's peak that is reached; 0.16 when not given"},
    {"utilisation_high", TAMIS_REAL, AT(utilisation_high), NULL, 0, 0, NULL, "largest; 0.4 when not given"},
    {"pue", TAMIS_REAL, AT(pue), NULL, 0, 0, NULL, "power of the data centre by that of its machines; 1.1"},
    {"grid", TAMIS_STRING, AT(grid), NULL, 0, 0, NULL,
     "country of the electricity, three letters (USA, FRA, ..), or g CO2e per kWh; the world's when not given"},
    {"full_tokens", TAMIS_REAL, AT(full_tokens), NULL, 0, 0, NULL, "tokens before pruning, for what pruning saves"},
    {"scorer_parameters", TAMIS_REAL, AT(scorer_parameters), NULL, 0, 0, NULL, "parameters of the model that scored"},
    {"scorer_passes", TAMIS_REAL, AT(scorer_passes), NULL, 0, 0, NULL, "forward passes of it over the full corpus"},
    {"scorer_epochs", TAMIS_REAL, AT(scorer_epochs), NULL, 0, 0, NULL, "epochs it was trained on the full corpus"},
    {"probe_flop", TAMIS_REAL, AT(probe_flop), NULL, 0, 0, NULL, "operations spent on the runs; the law's"},
    {"downscale", TAMIS_REAL, AT(downscale), NULL, 0, 0, NULL,
     "parameters of one large model: when do several small ones do as well"},
    {"models", TAMIS_COUNT, AT(models), NULL, 0, 0, NULL, "how many small ones; as many as laws or pools"},
    {"ensemble_a", TAMIS_REAL, AT(ensemble_a), NULL, 0, 0, NULL, "of the deep-ensemble law"},
    {"ensemble_b", TAMIS_REAL, AT(ensemble_b), NULL, 0, 0, NULL, "of the deep-ensemble law, nats"},
    {"p2_gamma", TAMIS_REAL, AT(p2_gamma), NULL, 0, 0, NULL, "of the P2 law"},
    {"p2_delta", TAMIS_REAL, AT(p2_delta), NULL, 0, 0, NULL, "of the P2 law"},
    {0},
};

/* ---- Which question --------------------------------------------------------------------------------------------- */

typedef tamis_status plan_question(struct cli *cli, struct plan_output *out, tamis_err *err);

/* The law that a file names; "dcpt" where it names none or is none, so that reading it says what is wrong. */
static const char *law_of(struct cli *cli, const char *path)
{
    struct buf text;
    struct tree *root = NULL;
    buf_init(&text, TREE_MAX_BYTES);
    const bool read = !file_read(path, TREE_MAX_BYTES, &text, NULL) &&
                      !tree_parse(&cli->arena, path, buf_str(&text), &root, NULL);
    const struct tree *const law = read && root && root->kind == TREE_MAP ? tree_get(root, "law") : NULL;
    buf_release(&text);
    return law && law->kind == TREE_SCALAR && law->text[0] ? law->text : "dcpt";
}

static tamis_status one_law(const struct cli *cli, const char *law, tamis_err *err)
{
    return cli->argument_count == 1 ? TAMIS_OK
                                    : tamis_fail(err, TAMIS_USAGE, "tamis plan: give one LAW.json of the law %s, here "
                                                 "are %zu; only laws of dcpt are planned together", law,
                                                 cli->argument_count);
}

static tamis_status choose(struct cli *cli, plan_question **question, tamis_err *err)
{
    static const struct {
        const char *law;
        plan_question *question;
    } laws[] = {
        {"dcpt", plan_dcpt},
        {"chinchilla", plan_scaling},
        {"data_constrained", plan_scaling},
        {"mixing_exp", plan_mixing},
        {"cmr", plan_cmr},
    };
    const char *names[sizeof laws / sizeof *laws + 1] = {NULL};
    const struct plan_options *const options = cli->options;
    if (!isnan(options->downscale)) {
        *question = plan_downscale;
        return TAMIS_OK;
    }
    const char *const law = law_of(cli, cli->arguments[0]);
    if (strcmp(law, "dcpt") == 0 && (cli->argument_count > 1 || options->one_mixture)) {
        *question = plan_several;
        return TAMIS_OK;
    }
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        names[i] = laws[i].law;
        if (strcmp(law, laws[i].law) == 0) {
            *question = laws[i].question;
            return one_law(cli, law, err);
        }
    }
    const char *const near = tamis_nearest(str_from(law), names);
    return tamis_fail(err, TAMIS_INPUT, "%s: no plan is made with the law '%s'%s%s%s", cli->arguments[0], law,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- The verb --------------------------------------------------------------------------------------------------- */

static tamis_status check_outputs(const struct cli *cli, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    tamis_status status = output_is_not_input(cli, "--chart", options->chart, NULL, err);
    for (size_t i = 0; !status && i < cli->argument_count; i++) {
        status = json_out_check(cli, cli->arguments[i], err);
        status = status ? status : output_is_not_input(cli, "--chart", options->chart, cli->arguments[i], err);
    }
    return status;
}

static tamis_status write_chart(const struct cli *cli, const struct buf *svg, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    return svg->len ? file_write(options->chart, svg->at, svg->len, err) : TAMIS_OK;
}

static tamis_status ask(struct cli *cli, plan_question *question, tamis_err *err)
{
    struct buf text;
    struct plan_output out;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&out.chart, BUF_UNLIMITED);
    json_init(&out.json, &text, 2);
    tamis_status status = question(cli, &out, err);
    if (!status && (out.json.failed || !buf_add_char(&text, '\n'))) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the plan");
    }
    status = status ? status : json_out(cli, cli->argument_count ? cli->arguments[0] : "", buf_str(&text), err);
    status = status ? status : write_chart(cli, &out.chart, err);
    buf_release(&out.chart);
    buf_release(&text);
    return status;
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    plan_question *question = NULL;
    if (cli->argument_count == 0 && isnan(options->downscale)) {
        return cli_want(cli, 1, "one LAW.json", err);
    }
    tamis_status status = check_outputs(cli, err);
    status = status ? status : choose(cli, &question, err);
    return status ? status : ask(cli, question, err);
}

static const char *const examples[] = {
    "tamis plan law.json --parameters 1.5e9 --tokens 20e9 --budget difference=0.05",
    "tamis plan law.json --tokens 20e9 --budget relative=0.03 --against base --base-loss 2.87 --pool domain=2e9",
    "tamis plan law.json --limited --pool domain=5e9 --max-epochs 1", NULL};

const struct verb verb_plan = {
    .name = "plan",
    .synopsis = "LAW.json.. [--budget KIND=X] [--parameters N] [--tokens D] [--pool NAME=TOKENS].. [--max-epochs E]",
    .summary = "the domain share that a law and a budget allow, how sure it is, and what it takes",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct plan_options),
    .without = "threads memory tmp seed set progress json stats",
    .run = run,
};
