/*
 * Asks the filters for values and compares them with the thresholds. Kinds, domains, languages and scripts are looked
 * at here only: a filter does not know where it may drop.
 */
#include "run/chain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/str.h"
#include "text/text.h"

struct chain {
    const struct recipe *recipe;
    const struct rules *rules;
    void **scratch; /* per filter */
    bool *begun;    /* per filter, for the document at hand */
};

static tamis_status open_scratch(struct chain *chain, size_t filter, tamis_err *err)
{
    const struct recipe_filter *const f = &chain->recipe->filters[filter];
    void *const scratch = calloc(1, f->filter->scratch_bytes ? f->filter->scratch_bytes : 1);
    if (!scratch) {
        return tamis_fail(err, TAMIS_IO, "out of memory for filter %s", f->filter->name);
    }
    const tamis_status status = f->filter->scratch_open ? f->filter->scratch_open(f->self, scratch, err) : TAMIS_OK;
    if (status) {
        free(scratch);
        return status;
    }
    chain->scratch[filter] = scratch;
    return TAMIS_OK;
}

tamis_status chain_new(struct chain **chain, const struct recipe *recipe, const struct rules *rules, tamis_err *err)
{
    struct chain *const c = calloc(1, sizeof *c);
    if (!c) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the filters");
    }
    c->recipe = recipe;
    c->rules = rules;
    c->scratch = calloc(recipe->filter_count + 1, sizeof *c->scratch);
    c->begun = calloc(recipe->filter_count + 1, sizeof *c->begun);
    tamis_status status = c->scratch && c->begun ? TAMIS_OK
                                                  : tamis_fail(err, TAMIS_IO, "out of memory for the filters");
    for (size_t f = 0; !status && f < recipe->filter_count; f++) {
        status = open_scratch(c, f, err);
    }
    if (status) {
        chain_free(c);
        return status;
    }
    *chain = c;
    return TAMIS_OK;
}

void chain_free(struct chain *chain)
{
    if (!chain) {
        return;
    }
    for (size_t f = 0; chain->scratch && f < chain->recipe->filter_count; f++) {
        const struct recipe_filter *const filter = &chain->recipe->filters[f];
        if (chain->scratch[f] && filter->filter->scratch_close) {
            filter->filter->scratch_close(filter->self, chain->scratch[f]);
        }
        free(chain->scratch[f]);
    }
    free(chain->scratch);
    free(chain->begun);
    free(chain);
}

/* The filter's scratch, begun for this document. */
static void *begun(struct chain *chain, const struct chain_document *document, uint16_t filter)
{
    const struct recipe_filter *const f = &chain->recipe->filters[filter];
    void *const scratch = chain->scratch[filter];
    if (!chain->begun[filter]) {
        chain->begun[filter] = true;
        if (f->filter->begin) {
            f->filter->begin(f->self, scratch, document->text);
        }
    }
    return scratch;
}

static double measure(struct chain *chain, const struct chain_document *document, const struct rule *rule)
{
    const struct recipe_filter *const f = &chain->recipe->filters[rule->filter];
    return f->filter->measure(f->self, begun(chain, document, rule->filter), document->text, rule->number);
}

/* Whether the rule keeps the document for sure, without its value. */
static bool clears(struct chain *chain, const struct chain_document *document, const struct rule *rule)
{
    const struct recipe_filter *const f = &chain->recipe->filters[rule->filter];
    return f->filter->clears &&
           f->filter->clears(f->self, begun(chain, document, rule->filter), document->text, rule->number);
}

/* Comparisons with NaN are false: a rule that is off or does not apply drops nothing. */
static bool fails(const struct rule *rule, double value)
{
    return rule->side == TAMIS_DROP_BELOW ? value < rule->threshold : value > rule->threshold;
}

/* Whether the rule drops no text without spaces. */
static bool refrains(const struct rule *rule, const struct recipe_filter *filter)
{
    return rule->needs_spaces && !filter->any_language;
}

static bool may_drop(const struct rule *rule, const struct recipe_filter *filter, const struct chain_document *document)
{
    return (filter->kinds & TAMIS_KIND_BIT(document->kind)) &&
           (!filter->domains || filter->domains[document->domain]) &&
           !(refrains(rule, filter) && text_is_unspaced(document->text));
}

/* "en" speaks for "en", "en-GB" and "en_US". */
static bool language_is(tamis_str code, const char *language)
{
    const size_t len = strlen(language);
    return code.len >= len && memcmp(code.at, language, len) == 0 &&
           (code.len == len || code.at[len] == '-' || code.at[len] == '_');
}

static bool speaks(const struct rule *rule, const struct recipe_filter *filter, const struct chain_document *document)
{
    if (!rule->language || filter->any_language) {
        return true;
    }
    const bool told = document->language.len > 0;
    return language_is(told ? document->language : str_from(tamis_text_language(document->text)), rule->language);
}

void chain_begin(struct chain *chain)
{
    memset(chain->begun, 0, chain->recipe->filter_count * sizeof *chain->begun);
}

struct verdict chain_judge(struct chain *chain, const struct chain_document *document)
{
    for (size_t r = chain->rules->first_filter; r < chain->rules->exact; r++) {
        const struct rule *const rule = &chain->rules->at[r];
        const struct recipe_filter *const filter = &chain->recipe->filters[rule->filter];
        if (isnan(rule->threshold) || !may_drop(rule, filter, document) || clears(chain, document, rule)) {
            continue;
        }
        const double value = measure(chain, document, rule);
        if (fails(rule, value) && speaks(rule, filter, document)) {
            return (struct verdict){.rule = (uint16_t)(r + 1), .value = value};
        }
    }
    return (struct verdict){0};
}

void chain_measure(struct chain *chain, const struct chain_document *document, double *values, bool *would)
{
    for (size_t r = chain->rules->first_filter; r < chain->rules->exact; r++) {
        const struct rule *const rule = &chain->rules->at[r];
        const struct recipe_filter *const filter = &chain->recipe->filters[rule->filter];
        const size_t i = r - chain->rules->first_filter;
        values[i] = measure(chain, document, rule);
        if (would) {
            would[i] = fails(rule, values[i]) && may_drop(rule, filter, document) && speaks(rule, filter, document);
        }
    }
}

bool chain_refrains(const struct chain *chain, const struct chain_document *document)
{
    for (size_t r = chain->rules->first_filter; r < chain->rules->exact; r++) {
        if (refrains(&chain->rules->at[r], &chain->recipe->filters[chain->rules->at[r].filter])) {
            return text_is_unspaced(document->text);
        }
    }
    return false;
}

size_t chain_rules(const struct chain *chain)
{
    return rules_signals(chain->rules);
}
