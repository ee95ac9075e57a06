/* Scaling laws in closed form; every power is by tamis_exp() and tamis_log(). */
#include "law/scaling.h"

#include <math.h>

#define FLOP_PER_PARAMETER_AND_TOKEN 6.0

double real_power(double base, double exponent)
{
    return base > 0 ? tamis_exp(exponent * tamis_log(base)) : exponent > 0 ? 0 : exponent < 0 ? (double)INFINITY : 1;
}

/* ---- Kaplan ----------------------------------------------------------------------------------------------------- */

double kaplan_at(const struct kaplan *law, double parameters, double tokens)
{
    return real_power(real_power(law->nc / parameters, law->an / law->ad) + law->dc / tokens, law->ad);
}

/* ---- Chinchilla ------------------------------------------------------------------------------------------------- */

/* Where a source states logarithms, the numbers here are their exponentials. */
const struct chinchilla_set chinchilla_sets[] = {
    {"hoffmann", "Hoffmann et al. 2022, arXiv 2203.15556, eq. 10 (rounded as printed)", {1.69, 406.4, 410.7, 0.34,
                                                                                         0.28}},
    {"hoffmann_unrounded",
     "the estimates of Hoffmann et al. 2022 before rounding, as used by Besiroglu et al. 2024 (second-hand)",
     {1.693368939559284, 406.40085495909915, 410.7234019574002, 0.33917, 0.28491}},
    {"besiroglu", "Besiroglu et al. 2024, arXiv 2404.10102: a new fit to 240 points of Hoffmann et al., figure 4",
     {1.8172, 482.01, 2085.43, 0.3478, 0.3658}},
    {"c4", "Muennighoff et al. 2023, arXiv 2305.16264: C4, both exponents the same",
     {1.8691436784054858, 520.8249516599187, 1487.716093782861, 0.3526596, 0.3526596}},
    {0},
};

double chinchilla_at(const struct chinchilla *law, double parameters, double tokens)
{
    return law->e + law->a * real_power(parameters, -law->alpha) + law->b * real_power(tokens, -law->beta);
}

/* G of eq. 4: the best N is G (C / 6)^(beta / (alpha + beta)). */
static double balance(const struct chinchilla *law)
{
    return real_power(law->alpha * law->a / (law->beta * law->b), 1 / (law->alpha + law->beta));
}

struct chinchilla_best chinchilla_optimum(const struct chinchilla *law, double flop)
{
    const double product = flop / FLOP_PER_PARAMETER_AND_TOKEN;
    const double g = balance(law);
    struct chinchilla_best best;
    best.parameters = g * real_power(product, law->beta / (law->alpha + law->beta));
    best.tokens = real_power(product, law->alpha / (law->alpha + law->beta)) / g;
    best.loss = chinchilla_at(law, best.parameters, best.tokens);
    return best;
}

double chinchilla_tokens(const struct chinchilla *law, double parameters, double loss)
{
    const double left = loss - (law->e + law->a * real_power(parameters, -law->alpha));
    return left > 0 ? real_power(law->b / left, 1 / law->beta) : (double)NAN;
}

double chinchilla_parameters_for(const struct chinchilla *law, double tokens)
{
    const double g = balance(law);
    return g * real_power(tokens * g, law->beta / law->alpha);
}

double chinchilla_tokens_for(const struct chinchilla *law, double parameters)
{
    const double g = balance(law);
    return real_power(parameters / g, law->alpha / law->beta) / g;
}

/* ---- Data-constrained ------------------------------------------------------------------------------------------- */

const struct constrained constrained_published = {
    .law = {1.8691436784054858, 520.8249516599187, 1487.716093782861, 0.3526596, 0.3526596},
    .repeats = 15.387756,
    .excess = 5.309743,
};

/* What `whole` is worth when only `part` of it counts in full. */
static double decayed(double part, double whole, double scale)
{
    return whole <= part ? whole : part + part * scale * (1 - tamis_exp(-(whole / part - 1) / scale));
}

double constrained_tokens(const struct constrained *law, double unique, double tokens)
{
    return decayed(unique, tokens, law->repeats);
}

double constrained_parameters(const struct constrained *law, double unique, double parameters)
{
    return decayed(chinchilla_parameters_for(&law->law, unique), parameters, law->excess);
}

/* Unique tokens are those used, no more than there are in all (section 3 of the paper). */
double constrained_at(const struct constrained *law, double parameters, double unique, double tokens)
{
    const double used = fmin(unique, tokens);
    return chinchilla_at(&law->law, constrained_parameters(law, used, parameters),
                         constrained_tokens(law, used, tokens));
}

double constrained_last(const struct constrained *law, double unique, double tokens)
{
    return tokens <= unique ? 1 : tamis_exp(-(tokens / unique - 1) / law->repeats);
}
