/*
 * tamis plan, in parts: each kind of question has a file of its own. verb_plan.c reads the options and the head of the
 * first LAW.json and chooses.
 */
#ifndef TAMIS_CMD_PLAN_H
#define TAMIS_CMD_PLAN_H

#include "cmd/cli.h"
#include "core/json.h"
#include "law/budget.h"
#include "law/carbon.h"

struct plan_options {
    struct common common;
    uint64_t parameters, tokens;
    const char *budget;
    int against;
    double base_loss, max_epochs;
    tamis_strings pool;          /* NAME=TOKENS; domain, general, or the name of a law */
    tamis_strings weight;        /* NAME=W of a domain in one mixture; default: all the same */
    bool one_mixture;            /* several laws are one mixture, not a target each */
    bool limited;                /* usage 2: the domain's pool is all there is; tokens follow from the ratio */
    bool repeat_decay;           /* count repeats by their decaying value (planning heuristic), not by the cap alone */
    double flop;                 /* usage 3 and chinchilla: operations there are */
    double loss;                 /* chinchilla: the loss wanted */
    double unique;               /* data_constrained: unique tokens */
    double tolerance;            /* cmr: nats the general loss may rise */
    double transfer_low, transfer_high; /* slope of the ratio per factor e of N */
    /* the price */
    const char *device, *grid;   /* grid: ISO3 or g/kWh */
    double watts, pue, utilisation_low, utilisation_high;
    double full_tokens;          /* of the corpus before pruning */
    double scorer_parameters, scorer_passes; /* of the model that scored it */
    double probe_flop;           /* spent on the runs; NaN: the law's */
    /* downscaling */
    double downscale;            /* N0 of the large model */
    uint64_t models;             /* n; 0: as many as there are laws or pools */
    double ensemble_a, ensemble_b, p2_gamma, p2_delta;
    const char *chart;           /* FILE.svg */
};

/* ---- plan_price.c: what a plan costs ----------------------------------------------------------------------------- */

/* Device, grid, power, utilisation from the options. */
tamis_status plan_price_read(const struct plan_options *options, struct price_question *question, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Keys flop, gpu_hours, kwh, kg_co2e (each [least, most] but flop), embodied_kg, price_of {device, watts, ..}, and where
 * the options say enough `net` {gross saved by pruning, scoring, probing, net, break_even_scorer_parameters}. */
tamis_status plan_price_print(const struct plan_options *options, double parameters, double tokens, double probe_flop,
                              struct json *json, tamis_err *err) TAMIS_MUST_CHECK;
void plan_price_say(const struct cli *cli, const struct price *price);

/* ---- Each prints one JSON object to `json` and says its lines to people by cli_note() ----------------------------- */

tamis_status plan_dcpt(struct cli *cli, struct json *json, tamis_err *err) TAMIS_MUST_CHECK;       /* plan_dcpt.c: one law, one target */
tamis_status plan_several(struct cli *cli, struct json *json, tamis_err *err) TAMIS_MUST_CHECK;    /* plan_several.c: several D-CPT laws */
tamis_status plan_mixing(struct cli *cli, struct json *json, tamis_err *err) TAMIS_MUST_CHECK;     /* plan_mixing.c: mixing_exp */
tamis_status plan_scaling(struct cli *cli, struct json *json, tamis_err *err) TAMIS_MUST_CHECK;    /* plan_scaling.c: chinchilla, data_constrained */
tamis_status plan_cmr(struct cli *cli, struct json *json, tamis_err *err) TAMIS_MUST_CHECK;        /* plan_cmr.c */
tamis_status plan_downscale(struct cli *cli, struct json *json, tamis_err *err) TAMIS_MUST_CHECK;  /* plan_downscale.c: --downscale */

#endif
