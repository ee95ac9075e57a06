/*
 * The filters of a recipe, ready to judge: one chain per thread.
 */
#ifndef TAMIS_RUN_CHAIN_H
#define TAMIS_RUN_CHAIN_H

#include "recipe/rules.h"

struct chain;

tamis_status chain_new(struct chain **chain, const struct recipe *recipe, const struct rules *rules, tamis_err *err)
    TAMIS_MUST_CHECK;
void chain_free(struct chain *chain); /* accepts NULL */

/* What the rules need to know of a document besides its text. */
struct chain_document {
    tamis_text *text; /* set to the document's text */
    uint16_t domain;
    tamis_kind kind;
    tamis_str language; /* ISO 639 from the source; empty: told from the text when a rule asks */
};

struct verdict {
    uint16_t rule; /* index into rules + 1; 0: kept */
    double value;
};

/* A new document: before it is judged and measured, which share what the filters find out. */
void chain_begin(struct chain *chain);
/* The first failing rule in recipe order. */
struct verdict chain_judge(struct chain *chain, const struct chain_document *document);
/*
 * Every filter rule's value, by index - rules->first_filter, whether or not the rule may drop this document; NaN where
 * it does not apply. `fails` (may be NULL) receives whether it would drop the document were it the only rule.
 */
void chain_measure(struct chain *chain, const struct chain_document *document, double *values, bool *fails);
/* Whether rules that need spaces between words refrain from dropping the document. */
bool chain_refrains(const struct chain *chain, const struct chain_document *document);
size_t chain_rules(const struct chain *chain); /* how many values that are */

#endif
