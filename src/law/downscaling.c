/* Ensembles, pruning and the proposition: closed forms. */
#include "law/downscaling.h"

#include <math.h>

#include "law/scaling.h"

const struct proposition proposition_published = {.a = 0.83, .b = 0.83, .gamma = 1.08, .delta = 0.29};

double ensemble_at(double loss, double a, double b, double models)
{
    return loss - b + b * real_power(models, -a);
}

/* ---- P2 --------------------------------------------------------------------------------------------------------- */

/* What the part that depends on rate and size multiplies. */
static double p2_factor(const struct p2 *law, double rate, double parameters)
{
    return real_power(rate, -law->gamma) * real_power(parameters / P2_UNIT, -law->delta);
}

static double p2_floor(const struct p2 *law, double parameters)
{
    return law->nc * real_power(parameters / P2_UNIT, -law->alpha) + law->e;
}

static double p2_bracket(const struct p2 *law, double parameters, double tokens)
{
    return p2_floor(law, parameters) + law->dc * real_power(tokens / P2_UNIT, -law->beta);
}

double p2_at(const struct p2 *law, double loss, double rate, double parameters, double tokens)
{
    return rate > 0 ? loss + p2_factor(law, rate, parameters) * p2_bracket(law, parameters, tokens) : loss;
}

/* dL / drho = -gamma / rho x (L - L0), and the factor is positive. */
bool p2_grows(const struct p2 *law, double rate, double parameters, double tokens)
{
    return rate > 0 && -law->gamma * p2_bracket(law, parameters, tokens) >= 0;
}

double p2_tokens(const struct p2 *law, double loss, double rate, double parameters, double target)
{
    if (!(rate > 0)) {
        return target >= loss ? 0 : (double)NAN;
    }
    const double left = (target - loss) / p2_factor(law, rate, parameters) - p2_floor(law, parameters);
    return left / law->dc > 0 ? P2_UNIT * real_power(law->dc / left, 1 / law->beta) : (double)NAN;
}

/* ---- The proposition -------------------------------------------------------------------------------------------- */

double proposition_left(const struct proposition *p, double models)
{
    return (1 - real_power(models, -p->a)) * real_power((models - 1) / models, p->gamma);
}

double proposition_right(const struct proposition *p, double parameters)
{
    return 1 / (p->b * real_power(parameters / PROPOSITION_UNIT, p->delta));
}

/* With gamma < 0 the left side need not grow with n: one by one. */
static unsigned first_of_all(const struct proposition *p, double right)
{
    for (unsigned n = 2; n <= PROPOSITION_MOST; n++) {
        if (proposition_left(p, n) >= right) {
            return n;
        }
    }
    return 0;
}

unsigned proposition_models(const struct proposition *p, double parameters)
{
    const double right = proposition_right(p, parameters);
    unsigned below = 1, holds = PROPOSITION_MOST;
    if (p->gamma < 0) {
        return first_of_all(p, right);
    }
    if (!(proposition_left(p, holds) >= right)) {
        return 0;
    }
    while (holds - below > 1) {
        const unsigned middle = below + (holds - below) / 2;
        *(proposition_left(p, middle) >= right ? &holds : &below) = middle;
    }
    return holds;
}

bool proposition_never(const struct proposition *p, double parameters)
{
    return p->gamma >= 0 && proposition_right(p, parameters) >= 1;
}

void proposition_print_fewest(struct json *json, const struct proposition *p, double parameters)
{
    const unsigned fewest = proposition_models(p, parameters);
    const bool never = proposition_never(p, parameters);
    json_key(json, "fewest_models");
    if (fewest) {
        json_count(json, fewest);
    } else {
        json_null(json);
    }
    json_key_bool(json, "never", never);
    json_key_real(json, "none_up_to", fewest || never ? (double)NAN : PROPOSITION_MOST);
}

void proposition_print_sweep(struct json *json, const struct proposition *p, double parameters)
{
    static const double sweep[] = {0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.83, 1};
    json_key(json, "sweep");
    json_open(json, '[');
    for (size_t i = 0; i < sizeof sweep / sizeof *sweep; i++) {
        struct proposition with = *p;
        with.b = sweep[i];
        json_open(json, '{');
        json_key_real(json, "ensemble_b", with.b);
        json_key_real(json, "right", proposition_right(&with, parameters));
        proposition_print_fewest(json, &with, parameters);
        json_close(json, '}');
    }
    json_close(json, ']');
}
