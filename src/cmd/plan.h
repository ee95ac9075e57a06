/*
 * tamis plan, in parts: each kind of question has a file of its own. verb_plan.c reads the options and the head of the
 * first LAW.json and chooses.
 */
#ifndef TAMIS_CMD_PLAN_H
#define TAMIS_CMD_PLAN_H

#include "cmd/cli.h"
#include "core/json.h"
#include "plan/budget.h"
#include "law/carbon.h"

struct plan_options {
    struct common common;        /* numbers in ones; a REAL that was not given is NaN, but where a default is named */
    uint64_t parameters, tokens;
    const char *budget;
    int against;
    double base_loss, max_epochs; /* epochs: 4 */
    tamis_strings pool;          /* NAME=TOKENS; domain, general, or the name of a law */
    tamis_strings weight;        /* NAME=W of a domain in one mixture; default: all the same */
    bool one_mixture;            /* several laws are one mixture, not a target each */
    bool limited;                /* usage 2: the domain's pool is all there is; tokens follow from the ratio */
    bool repeat_decay;           /* count repeats by their decaying value (planning heuristic), not by the cap alone */
    double flop;                 /* usage 3 and chinchilla: operations there are */
    double loss;                 /* chinchilla: the loss wanted */
    double unique;               /* data_constrained: unique tokens */
    double tolerance;            /* cmr: nats the general loss may rise */
    double transfer_low, transfer_high; /* slope of the ratio per factor e of N: 0, 0.1 */
    /* the price */
    const char *device, *grid;   /* grid: ISO3 or g/kWh */
    double watts, pue, utilisation_low, utilisation_high;
    double full_tokens;          /* of the corpus before pruning */
    double scorer_parameters, scorer_passes; /* of the model that scored it: forward passes over the full corpus, .. */
    double scorer_epochs;        /* .. and epochs it was trained on it, for scores by training dynamics; 0: none */
    double probe_flop;           /* spent on the runs; NaN: the law's */
    /* downscaling */
    double downscale;            /* N0 of the large model; NaN: no downscaling */
    uint64_t models;             /* n; 0: as many as there are laws or pools */
    double ensemble_a, ensemble_b, p2_gamma, p2_delta;
    const char *chart;           /* FILE.svg */
};

/* ---- plan_read.c: what several questions read and print ---------------------------------------------------------- */

/* "name=rest" of `text`; false: there is no '='. */
bool plan_split(const char *text, tamis_str *name, tamis_str *rest);
tamis_status plan_unknown_name(const char *option, tamis_str name, const char *const *names, const char *list,
                               tamis_err *err) TAMIS_MUST_CHECK;
/* --budget, --against and --base-loss into `question`. */
tamis_status plan_read_budget(const struct cli *cli, struct budget_question *question, tamis_err *err) TAMIS_MUST_CHECK;
/* --pool domain=TOKENS and general=TOKENS; what is not given stays. */
tamis_status plan_read_pools(const struct cli *cli, struct budget_question *question, tamis_err *err) TAMIS_MUST_CHECK;
void plan_print_budget(struct json *json, const struct budget_question *question, const struct budget_answer *answer);
void plan_print_lines(struct json *json, const char *key, const char *lines); /* every line a string of a list */
void plan_say_lines(const struct cli *cli, const char *before, const char *lines);

/* ---- plan_uses.c: which options a question looks at -------------------------------------------------------------- */

enum plan_kind {
    PLAN_TRADE_OFF, PLAN_LIMITED, PLAN_RESOURCES, PLAN_TARGETS, PLAN_TARGETS_LIMITED, PLAN_TARGETS_RESOURCES,
    PLAN_ONE_MIXTURE, PLAN_CHINCHILLA, PLAN_CONSTRAINED, PLAN_MIXING, PLAN_CMR, PLAN_DOWNSCALE, PLAN_DOWNSCALE_NO_LAW,
    PLAN_DOWNSCALE_NO_BUDGET
};
/* Options that were given and say nothing here, or train nothing: TAMIS_USAGE names the first. */
tamis_status plan_refuse(const struct cli *cli, enum plan_kind kind, tamis_err *err) TAMIS_MUST_CHECK;

/* ---- plan_price.c: what a plan costs ----------------------------------------------------------------------------- */

/* Device, grid, power, utilisation from the options. */
tamis_status plan_price_read(const struct plan_options *options, struct price_question *question, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Keys flop, gpu_hours, kwh, kg_co2e (each [least, most] but flop), embodied_kg, price_of {device, watts, ..}, and
 * where the options say enough `net` {gross saved by pruning, scoring, probing, net, break_even_scorer_parameters}. */
tamis_status plan_price_print(const struct plan_options *options, double parameters, double tokens, double probe_flop,
                              struct json *json, tamis_err *err) TAMIS_MUST_CHECK;
/* For people: what the training costs, then what pruning saves (`net`). Nothing where N or D is not known (NaN, 0). */
tamis_status plan_price_say(const struct cli *cli, double parameters, double tokens, double probe_flop, tamis_err *err)
    TAMIS_MUST_CHECK;
tamis_status plan_cost_say(const struct cli *cli, double parameters, double tokens, tamis_err *err) TAMIS_MUST_CHECK;
void plan_net_say(const struct cli *cli, double parameters, double tokens, double probe_flop); /* terms were checked */

/* Written when the whole question is answered: first the JSON, then the chart where one was asked for. */
struct plan_output {
    struct json json;
    struct buf chart; /* SVG; empty: none */
};

/* ---- Each prints one JSON object to `out->json` and says its lines to people by cli_note() ----------------------- */

/* plan_dcpt.c: one D-CPT law, one target. */
tamis_status plan_dcpt(struct cli *cli, struct plan_output *out, tamis_err *err) TAMIS_MUST_CHECK;
/* plan_several.c: several D-CPT laws. */
tamis_status plan_several(struct cli *cli, struct plan_output *out, tamis_err *err) TAMIS_MUST_CHECK;
/* plan_mixing.c: mixing_exp. */
tamis_status plan_mixing(struct cli *cli, struct plan_output *out, tamis_err *err) TAMIS_MUST_CHECK;
/* plan_scaling.c: chinchilla, data_constrained. */
tamis_status plan_scaling(struct cli *cli, struct plan_output *out, tamis_err *err) TAMIS_MUST_CHECK;
/* plan_cmr.c: cmr. */
tamis_status plan_cmr(struct cli *cli, struct plan_output *out, tamis_err *err) TAMIS_MUST_CHECK;
/* plan_downscale.c: --downscale. */
tamis_status plan_downscale(struct cli *cli, struct plan_output *out, tamis_err *err) TAMIS_MUST_CHECK;
/* plan_chart.c: both losses along the ratio, with the band of the refits, as the text of an SVG file. */
tamis_status plan_chart(const struct budget_question *question, const struct budget_answer *answer,
                        const struct budget_interval *interval, struct buf *svg, tamis_err *err) TAMIS_MUST_CHECK;

#endif
