/* The table of formulas, and how one is asked: pairs to values, each held against its range, and results to JSON. */
#include "law/formula.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/str.h"

const struct formula *const formulas[] = {
    &formula_kaplan,       &formula_chinchilla,  &formula_chinchilla_optimum, &formula_chinchilla_tokens,
    &formula_quality,      &formula_data_constrained,
    &formula_dcpt,         &formula_dcpt_cross_domain, &formula_dcpt_budget,  &formula_dcpt_weighted,
    &formula_dcpt_limited, &formula_dcpt_resources,    &formula_repeats,
    &formula_mixing_exp,   &formula_mixing_critical,   &formula_bimix,        &formula_temperature,
    &formula_unimax,       &formula_cmr,         &formula_cmr_change,
    &formula_ensemble,     &formula_p2,          &formula_p2_tokens,          &formula_proposition,
    &formula_flop,         &formula_carbon,      &formula_embodied,           &formula_pruning,
    NULL,
};

tamis_status formula_find(const char *name, const struct formula **formula, tamis_err *err)
{
    const char *names[sizeof formulas / sizeof *formulas] = {NULL};
    for (size_t i = 0; formulas[i]; i++) {
        if (strcmp(formulas[i]->name, name) == 0) {
            *formula = formulas[i];
            return TAMIS_OK;
        }
        names[i] = formulas[i]->name;
    }
    const char *const near = tamis_nearest(str_from(name), names);
    return tamis_fail(err, TAMIS_USAGE, "there is no formula '%s'%s%s%s; tamis law --list shows them all", name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- Asking ----------------------------------------------------------------------------------------------------- */

struct asking {
    const struct formula *formula;
    struct formula_values values;
    const char *given[FORMULA_INPUTS]; /* the text of each input; NULL: not given */
    const char *set;
    struct arena arena;
    tamis_err *err;
};

static size_t input_count(const struct formula *formula)
{
    size_t count = 0;
    while (formula->inputs[count].name) {
        count++;
    }
    return count;
}

static size_t find_input(const struct formula *formula, tamis_str key)
{
    for (size_t i = 0; formula->inputs[i].name; i++) {
        const char *const symbol = formula->inputs[i].symbol;
        if (str_is(key, formula->inputs[i].name) || (symbol && str_is(key, symbol))) {
            return i;
        }
    }
    return SIZE_MAX;
}

static tamis_status unknown_key(const struct asking *a, tamis_str key)
{
    const char *names[2 * FORMULA_INPUTS + 2] = {NULL};
    size_t count = 0;
    for (size_t i = 0; a->formula->inputs[i].name; i++) {
        names[count++] = a->formula->inputs[i].name;
        if (a->formula->inputs[i].symbol) {
            names[count++] = a->formula->inputs[i].symbol;
        }
    }
    if (a->formula->sets) {
        names[count] = "set";
    }
    const char *const near = tamis_nearest(key, names);
    return tamis_fail(a->err, TAMIS_USAGE, "%s has no input '%.*s'%s%s%s; tamis law --list %s shows them",
                      a->formula->name, STR_ARGS(key), near ? "; did you mean '" : "", near ? near : "",
                      near ? "'?" : "", a->formula->name);
}

static tamis_status take_pair(struct asking *a, const char *pair)
{
    const char *const equals = strchr(pair, '=');
    if (!equals || equals == pair) {
        return tamis_fail(a->err, TAMIS_USAGE, "'%s' is no NAME=VALUE; tamis law --list %s shows the inputs", pair,
                          a->formula->name);
    }
    const tamis_str key = {pair, (size_t)(equals - pair)};
    if (a->formula->sets && str_is(key, "set")) {
        if (a->set) {
            return tamis_fail(a->err, TAMIS_USAGE, "set is given twice, %s and %s; constants come from one set", a->set,
                              equals + 1);
        }
        a->set = equals + 1;
        return TAMIS_OK;
    }
    const size_t at = find_input(a->formula, key);
    if (at == SIZE_MAX) {
        return unknown_key(a, key);
    }
    if (a->given[at]) {
        return tamis_fail(a->err, TAMIS_USAGE, "%s is given twice", a->formula->inputs[at].name);
    }
    a->given[at] = equals + 1;
    return TAMIS_OK;
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

static void range_text(const struct formula_input *input, char text[80])
{
    const bool above = input->low > 0 && input->low <= FORMULA_ABOVE_0, below = input->low <= -FORMULA_ANY;
    if (input->high >= FORMULA_ANY && (below || above)) {
        (void)snprintf(text, 80, "%s", below ? "any number" : "above 0");
    } else if (input->high >= FORMULA_ANY) {
        (void)snprintf(text, 80, "%g or more", input->low);
    } else {
        (void)snprintf(text, 80, "%s%g to %g", above ? "above " : "", above ? 0 : input->low, input->high);
    }
}

static tamis_status read_number(const struct asking *a, const struct formula_input *input, tamis_str text,
                                double *value)
{
    char range[80];
    range_text(input, range);
    if (!str_real(text, value)) {
        return tamis_fail(a->err, TAMIS_USAGE, "%s=%.*s: this is no number such as 0.05 or 1.8e9 (%s; %s)", input->name,
                          STR_ARGS(text), input->help, range);
    }
    if (!(*value >= input->low && *value <= input->high)) {
        return tamis_fail(a->err, TAMIS_USAGE, "%s=%.*s lies outside the range of %s: %s (%s)", input->name,
                          STR_ARGS(text), a->formula->name, range, input->help);
    }
    return TAMIS_OK;
}

static tamis_status read_list(struct asking *a, const struct formula_input *input, tamis_str text,
                              struct formula_list *list)
{
    size_t most = 1;
    for (size_t i = 0; i < text.len; i++) {
        most += text.at[i] == ',';
    }
    double *const values = arena_alloc(&a->arena, most * sizeof *values);
    if (!values) {
        return tamis_fail(a->err, TAMIS_IO, "out of memory for %s", input->name);
    }
    for (list->count = 0; list->count < most; list->count++) {
        const char *const comma = memchr(text.at, ',', text.len);
        const size_t len = comma ? (size_t)(comma - text.at) : text.len;
        const tamis_status status = read_number(a, input, (tamis_str){text.at, len}, &values[list->count]);
        if (status) {
            return status;
        }
        text = (tamis_str){text.at + len + 1, comma ? text.len - len - 1 : 0};
    }
    list->at = values;
    return TAMIS_OK;
}

static tamis_status missing(const struct asking *a, const struct formula_input *input)
{
    char range[80];
    range_text(input, range);
    return tamis_fail(a->err, TAMIS_USAGE, "%s needs %s=..: %s (%s)%s%s%s", a->formula->name, input->name, input->help,
                      range, a->formula->sets ? "; or set=NAME of " : "", a->formula->sets ? a->formula->sets : "",
                      a->formula->sets ? " where it is a constant" : "");
}

static tamis_status read_values(struct asking *a)
{
    size_t lists = 0;
    for (size_t i = 0; a->formula->inputs[i].name; i++) {
        const struct formula_input *const input = &a->formula->inputs[i];
        const tamis_str text = str_from(a->given[i]);
        tamis_status status = TAMIS_OK;
        if (!a->given[i] && !input->optional && (input->list || isnan(a->values.at[i]))) {
            status = missing(a, input);
        } else if (a->given[i] && input->list) {
            status = read_list(a, input, text, &a->values.list[lists]);
        } else if (a->given[i]) {
            status = read_number(a, input, text, &a->values.at[i]);
        }
        if (status) {
            return status;
        }
        lists += input->list;
    }
    return TAMIS_OK;
}

static tamis_status apply_set(struct asking *a)
{
    if (a->set && !a->formula->use_set(a->set, a->values.at)) {
        return tamis_fail(a->err, TAMIS_USAGE, "set=%s: the sets of constants of %s are %s", a->set, a->formula->name,
                          a->formula->sets);
    }
    return TAMIS_OK;
}

/* ---- The answer ------------------------------------------------------------------------------------------------- */

static void print_inputs(const struct asking *a, struct json *json)
{
    size_t lists = 0;
    json_key(json, "inputs");
    json_open(json, '{');
    for (size_t i = 0; a->formula->inputs[i].name; i++) {
        const struct formula_input *const input = &a->formula->inputs[i];
        if (!input->list) {
            if (!isnan(a->values.at[i])) {
                json_key_real(json, input->name, a->values.at[i]);
            }
            continue;
        }
        const struct formula_list *const list = &a->values.list[lists++];
        json_key(json, input->name);
        json_open(json, '[');
        for (size_t k = 0; k < list->count; k++) {
            json_real(json, list->at[k]);
        }
        json_close(json, ']');
    }
    json_close(json, '}');
}

static tamis_status answer(struct asking *a, struct json *json)
{
    json_open(json, '{');
    json_key_text(json, "law", a->formula->name);
    json_key_text(json, "equation", a->formula->equation);
    json_key_text(json, "source", a->formula->source);
    print_inputs(a, json);
    const tamis_status status = a->formula->work(&a->values, json, a->err);
    json_close(json, '}');
    return status;
}

tamis_status formula_evaluate(const struct formula *formula, const char *const *pairs, size_t count, struct json *json,
                              tamis_err *err)
{
    struct asking a = {.formula = formula, .err = err};
    arena_init(&a.arena);
    for (size_t i = 0; i < input_count(formula); i++) {
        a.values.at[i] = formula->inputs[i].fallback;
    }
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < count; i++) {
        status = take_pair(&a, pairs[i]);
    }
    status = status ? status : apply_set(&a);
    status = status ? status : read_values(&a);
    status = status ? status : answer(&a, json);
    arena_release(&a.arena);
    return status;
}

void formula_notes(struct json *json, const char *const *notes)
{
    if (!notes[0]) {
        return;
    }
    json_key(json, "notes");
    json_open(json, '[');
    for (size_t i = 0; notes[i]; i++) {
        json_text(json, notes[i]);
    }
    json_close(json, ']');
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

bool formula_print_all(struct buf *out)
{
    bool fine = true;
    for (size_t i = 0; fine && formulas[i]; i++) {
        fine = buf_printf(out, "%-20s %s\n%-20s %s\n", formulas[i]->name, formulas[i]->equation, "",
                          formulas[i]->source);
    }
    return fine;
}

static bool print_input(const struct formula_input *input, struct buf *out)
{
    char range[80];
    range_text(input, range);
    bool fine = buf_printf(out, "  %-22s %-8s %s%s; %s", input->name, input->symbol ? input->symbol : "", input->help,
                           input->list ? ", several by commas" : "", range);
    if (input->optional) {
        fine = fine && buf_printf(out, "; may be left out");
    } else if (!isnan(input->fallback)) {
        fine = fine && buf_printf(out, "; usually %.10g", input->fallback);
    }
    return fine && buf_add_char(out, '\n');
}

bool formula_print_inputs(const struct formula *formula, struct buf *out)
{
    bool fine = buf_printf(out, "%s: %s\n  source: %s\n", formula->name, formula->equation, formula->source);
    for (size_t i = 0; fine && formula->inputs[i].name; i++) {
        fine = print_input(&formula->inputs[i], out);
    }
    return fine && (!formula->sets || buf_printf(out, "  set=NAME of %s fills the constants\n", formula->sets));
}
