/*
 * Closed formulas by name: `tamis law NAME k=v ..`. Each is a row of numbers in and numbers out; names carry the unit
 * (tokens, flop, loss_nats, watts, kg_per_kwh), and the usual symbol (N, D, r) is accepted as well.
 */
#ifndef TAMIS_LAW_FORMULA_H
#define TAMIS_LAW_FORMULA_H

#include <math.h>

#include "core/json.h"

#define FORMULA_INPUTS 20
#define FORMULA_LISTS 2

struct formula_input {
    const char *name, *symbol; /* symbol NULL: none; name NULL ends the table */
    double fallback;           /* NaN: must be given */
    double low, high;          /* the law's range, inclusive; values outside are refused with it */
    const char *help;          /* what it is, with the unit */
    bool list;                 /* several numbers, "1e9,1e8,1e7" */
    bool optional;             /* may be left out; then it is NaN */
};

struct formula_list {
    const double *at;
    size_t count;
};

struct formula_values {
    double at[FORMULA_INPUTS];               /* in the order of the table */
    struct formula_list list[FORMULA_LISTS]; /* of the inputs that are lists, in the order of the table */
};

struct formula {
    const char *name, *equation, *source;
    const struct formula_input *inputs;
    /*
     * Writes the results as keys of an open object, and a list `notes` where something must be said with them.
     * TAMIS_INPUT: there is no answer, with why.
     */
    tamis_status (*work)(const struct formula_values *values, struct json *json, tamis_err *err);
    const char *sets; /* for set=NAME that fills constants, "hoffmann, besiroglu"; NULL: there are none */
    bool (*use_set)(const char *set, double *values); /* false: no such set */
};

extern const struct formula *const formulas[]; /* ends with NULL */
tamis_status formula_find(const char *name, const struct formula **formula, tamis_err *err) TAMIS_MUST_CHECK;
/*
 * Evaluates "k=v" texts into one object: law, equation, source, inputs, results. TAMIS_USAGE: an unknown key ("did you
 * mean"), one that is missing or given twice, a value outside its range.
 */
tamis_status formula_evaluate(const struct formula *formula, const char *const *pairs, size_t count, struct json *json,
                              tamis_err *err) TAMIS_MUST_CHECK;
/* Name, equation and source of all, for people; or the inputs of one. */
bool formula_print_all(struct buf *out) TAMIS_MUST_CHECK;
bool formula_print_inputs(const struct formula *formula, struct buf *out) TAMIS_MUST_CHECK;

/* ---- For the tables --------------------------------------------------------------------------------------------- */

#define FORMULA_ABOVE_0 1e-300 /* a `low` that keeps 0 out */
#define FORMULA_ANY 1e300
#define FORMULA_NEEDED(name, symbol, low, high, help) {name, symbol, NAN, low, high, help, false, false}
#define FORMULA_USUAL(name, symbol, fallback, low, high, help) \
    {name, symbol, fallback, low, high, help, false, false}
#define FORMULA_OPTIONAL(name, symbol, low, high, help) {name, symbol, NAN, low, high, help, false, true}
#define FORMULA_LIST(name, symbol, low, high, help) {name, symbol, NAN, low, high, help, true, false}
#define FORMULA_FEWEST 1e4 /* parameters or tokens: fewer are meant in another unit */
#define FORMULA_PARAMETERS FORMULA_NEEDED("parameters", "N", FORMULA_FEWEST, 1e18, "parameters of the model, in ones")
#define FORMULA_TOKENS FORMULA_NEEDED("tokens", "D", FORMULA_FEWEST, 1e18, "training tokens, in ones")
#define FORMULA_END {0}

/* A list of sentences under `notes`; NULL ends them. None: nothing is written. */
void formula_notes(struct json *json, const char *const *notes);

extern const struct formula formula_kaplan, formula_chinchilla, formula_chinchilla_optimum, formula_chinchilla_tokens,
    formula_quality, formula_data_constrained;                                           /* formula_scaling.c */
extern const struct formula formula_dcpt, formula_dcpt_cross_domain, formula_dcpt_budget, formula_dcpt_weighted,
    formula_dcpt_limited, formula_dcpt_resources, formula_repeats;                       /* formula_dcpt.c */
extern const struct formula formula_mixing_exp, formula_mixing_critical, formula_bimix, formula_temperature,
    formula_unimax, formula_cmr, formula_cmr_change;                                     /* formula_mixing.c */
extern const struct formula formula_ensemble, formula_p2, formula_p2_tokens,
    formula_proposition;                                                                 /* formula_downscaling.c */
extern const struct formula formula_flop, formula_carbon, formula_embodied, formula_pruning; /* formula_carbon.c */

#endif
