/*
 * From one large model to n small ones: the deep-ensemble law, the P2 law and the proposition that joins them.
 */
#ifndef TAMIS_LAW_DOWNSCALING_H
#define TAMIS_LAW_DOWNSCALING_H

#include "core/json.h"

/* L(n) = L0 - b + b / n^a (Lobacheva et al. 2020, arXiv 2007.08483); n >= 1, a > 0, 0 < b <= L0. */
double ensemble_at(double loss, double a, double b, double models);

/*
 * L = L0 + rho^-gamma N0^-delta (N_C / N0^alpha + D_C / D^beta + E) (Chen et al. 2025, arXiv 2411.10272): the loss
 * after a share rho of the N0 parameters was pruned away and the rest trained on D tokens. The constants belong to N0
 * and D in billions (P2_UNIT); arguments here are in ones. rho = 0 is a pole of the formula and nothing pruned: L0.
 */
#define P2_UNIT 1e9
struct p2 {
    double gamma, delta, nc, alpha, dc, beta, e;
};
#define P2_LOWEST_RATE 0.15 /* the pruning rates it was fitted to */
#define P2_HIGHEST_RATE 0.35
double p2_at(const struct p2 *law, double loss, double rate, double parameters, double tokens);
/* Whether more pruning predicts no less loss, as it must: dL/drho >= 0 at a rate > 0. With gamma > 0 it does not,
 * unless the bracket is negative. */
bool p2_grows(const struct p2 *law, double rate, double parameters, double tokens);
/* Tokens for a loss; NaN: not to be reached. With a rate of 0: 0 where the target is not below L0. */
double p2_tokens(const struct p2 *law, double loss, double rate, double parameters, double target);

/* n members of N0 / n parameters beat one of N0 where g(n) >= 1 / (b N0^delta), N0 in billions,
 * g(n) = (n^a - 1) (n - 1)^gamma / n^(a + gamma). */
struct proposition {
    double a, b, gamma, delta;
};
#define PROPOSITION_UNIT 1e9
extern const struct proposition proposition_published; /* a = b = 0.83, gamma 1.08, delta 0.29 */
double proposition_left(const struct proposition *p, double models);
double proposition_right(const struct proposition *p, double parameters); /* in ones */
#define PROPOSITION_MOST 1000000u
/* The fewest models, 2 and up; 0: never (with gamma >= 0 the limit of g is 1), or beyond PROPOSITION_MOST. */
unsigned proposition_models(const struct proposition *p, double parameters);

/* No n fulfils it: the left side stays below 1, which the right side is not. (gamma < 0: false, not known.) */
bool proposition_never(const struct proposition *p, double parameters);

/* As JSON: `fewest_models` (null: none was found), `never`, and where that is not known `none_up_to`. */
void proposition_print_fewest(struct json *json, const struct proposition *p, double parameters);
/* `sweep`, the same for ten values of b from 0.1 to 1: {ensemble_b, right, fewest_models, never, none_up_to}. */
void proposition_print_sweep(struct json *json, const struct proposition *p, double parameters);

#endif
