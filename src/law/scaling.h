/*
 * Scaling laws of the loss (nats per token) over N parameters and D tokens, both in ones, and what follows from them in
 * closed form.
 */
#ifndef TAMIS_LAW_SCALING_H
#define TAMIS_LAW_SCALING_H

#include "tamis.h"

double real_power(double base, double exponent); /* base > 0, or 0 with exponent > 0; by tamis_exp() and tamis_log() */

/* L = [(Nc / N)^(aN / aD) + Dc / D]^aD; N without embeddings (Kaplan et al. 2020, arXiv 2001.08361, eq. 1.5). */
struct kaplan {
    double nc, an, dc, ad;
};
double kaplan_at(const struct kaplan *law, double parameters, double tokens);

/* L = E + A / N^alpha + B / D^beta (Hoffmann et al. 2022, arXiv 2203.15556, eq. 2); all > 0. */
struct chinchilla {
    double e, a, b, alpha, beta;
};
struct chinchilla_set {
    const char *name, *source;
    struct chinchilla law;
};
/* hoffmann (rounded), hoffmann_unrounded, besiroglu, c4 (tied exponents, Muennighoff et al. 2023); NULL ends it. */
extern const struct chinchilla_set chinchilla_sets[];
double chinchilla_at(const struct chinchilla *law, double parameters, double tokens);
/* Least loss for `flop` = 6 N D (eq. 4). */
struct chinchilla_best {
    double parameters, tokens, loss;
};
struct chinchilla_best chinchilla_optimum(const struct chinchilla *law, double flop);
/* Tokens for a loss at N; NaN: not to be reached, the floor E + A / N^alpha is not below it. */
double chinchilla_tokens(const struct chinchilla *law, double parameters, double loss);
/* N whose compute-optimal training takes `tokens`, and the tokens that the one of N takes (eq. 4, solved). */
double chinchilla_parameters_for(const struct chinchilla *law, double tokens);
double chinchilla_tokens_for(const struct chinchilla *law, double parameters);

/*
 * Data-constrained scaling (Muennighoff et al. 2023, arXiv 2305.16264, eq. 5 and 6): D tokens of which U are unique and
 * the rest repeats are worth D_eff = U + U R_D* (1 - exp(-R_D / R_D*)) unique ones, R_D = D / U - 1; parameters beyond
 * the compute-optimal N for U decay likewise with R_N*.
 */
struct constrained {
    struct chinchilla law;
    double repeats, excess; /* R_D*, R_N* */
};
extern const struct constrained constrained_published;
/* unique > 0; tokens <= unique are worth themselves. */
double constrained_tokens(const struct constrained *law, double unique, double tokens);
double constrained_parameters(const struct constrained *law, double unique, double parameters);
double constrained_at(const struct constrained *law, double parameters, double unique, double tokens);
/* The value of one more token relative to a fresh one: exp(-R_D / R_D*). */
double constrained_last(const struct constrained *law, double unique, double tokens);
#define CONSTRAINED_MOST_EPOCHS 40.0 /* beyond, and beyond 20 times the optimal N for U, the law says nothing */
#define CONSTRAINED_MOST_EXCESS 20.0

#endif
