/*
 * Closed formulas by name: `tamis law NAME k=v ..`. Each is a row of numbers in and numbers out; names carry the unit
 * (tokens, flop, loss_nats, watts, kg_per_kwh), and the usual symbol (N, D, r) is accepted as well.
 */
#ifndef TAMIS_LAW_FORMULA_H
#define TAMIS_LAW_FORMULA_H

#include "core/json.h"

#define FORMULA_INPUTS 20

struct formula_input {
    const char *name, *symbol; /* symbol NULL: none; name NULL ends the table */
    double fallback;           /* NaN: must be given */
    double low, high;          /* the law's range, inclusive; values outside are refused with it */
    const char *help;          /* what it is, with the unit */
    bool list;                 /* several numbers, "1e9,1e8,1e7": values[] of the one list a formula may have */
    bool open;                 /* `low` itself is outside */
};

struct formula_values {
    double at[FORMULA_INPUTS];
    const double *list;
    size_t count;
};

struct formula {
    const char *name, *equation, *source;
    const char *const *sets;   /* names for set=NAME that fill constants (chinchilla: hoffmann, besiroglu, ..); NULL */
    const struct formula_input *inputs;
    /* Writes the results as keys of an open object, and a key `notes`: caveats, for what must be said with them.
     * TAMIS_INPUT: no answer exists (infeasible), with why. */
    tamis_status (*work)(const struct formula *formula, const struct formula_values *values, struct json *json,
                         tamis_err *err);
    bool (*use_set)(const char *set, double *values); /* fills constants; false: no such set; NULL: none */
};

extern const struct formula *const formulas[]; /* ends with NULL */
tamis_status formula_find(const char *name, const struct formula **formula, tamis_err *err) TAMIS_MUST_CHECK;
/* `pairs` are "k=v" texts. TAMIS_USAGE: an unknown key ("did you mean"), one that is missing, a value outside its range.
 * Prints {"law", "equation", "source", "inputs": {..}, results..}. */
tamis_status formula_evaluate(const struct formula *formula, const char *const *pairs, size_t count, struct json *json,
                              tamis_err *err) TAMIS_MUST_CHECK;

#endif
