/*
 * Reading a recipe, one function per section, and what they share. For recipe*.c only.
 * Every section may be absent (NULL or an empty value): then its defaults are filled in.
 */
#ifndef TAMIS_RECIPE_RECIPE_READ_H
#define TAMIS_RECIPE_RECIPE_READ_H

#include "recipe/recipe_tables.h"

/* In this order: later sections look up what earlier ones name. */
tamis_status recipe_read_sources(struct recipe *r, const struct tree *root, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status recipe_read_filters(struct recipe *r, const struct tree *filters, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status recipe_read_dedup(struct recipe *r, const struct tree *dedup, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status recipe_read_holdout(struct recipe *r, const struct tree *holdout, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status recipe_read_score(struct recipe *r, const struct tree *score, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status recipe_read_select(struct recipe *r, const struct tree *select, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status recipe_read_targets(struct recipe *r, const struct tree *targets, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status recipe_read_accept(struct recipe *r, const struct tree *accept, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status recipe_read_output(struct recipe *r, const struct tree *output, tamis_err *err) TAMIS_MUST_CHECK;

/* The ratio of a target by law, of which `map` gives `law`, `budget` and `against` (each may be absent) and the target
 * its domains; `has_general` is false where no source is of its general domain. */
tamis_status recipe_read_law(struct recipe *r, struct recipe_target *t, const struct tree *map, bool has_general,
                             tamis_err *err) TAMIS_MUST_CHECK;

void recipe_close_filters(struct recipe *r);
/* Thresholds of near-duplicates, where a domain has its own from the recipe and where it has not. */
void recipe_settle_thresholds(struct recipe *r, const double *values, const bool *given);

/* ---- Helpers ---- */

/* `count` zeroed elements from the recipe's arena; NULL: no memory, and `err` says so with TAMIS_IO. */
void *recipe_alloc(struct recipe *r, size_t count, size_t size, tamis_err *err) TAMIS_MUST_CHECK;

/* Nothing there, or null. */
static inline bool recipe_absent(const struct tree *node)
{
    return !node || tree_is_null(node);
}

bool recipe_says_off(const struct tree *node); /* the scalar none, false, no or off */
bool recipe_says_on(const struct tree *node);  /* the scalar true, yes or on */
struct tree recipe_key_of(const struct tree *value); /* for messages: stands where the key of `value` stands */
/* Errors unless `node` is a map, a list; `what` opens the message. */
tamis_status recipe_want_map(const struct tree *node, const char *what, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status recipe_want_list(const struct tree *node, const char *what, tamis_err *err) TAMIS_MUST_CHECK;

/* A path as written becomes one that can be opened: seen from the recipe's folder. */
tamis_status recipe_see_path(struct recipe *r, const char **path, tamis_err *err) TAMIS_MUST_CHECK;

/* Defaults, then the keys of `map` (NULL: none). The keys in `others` (ends with NULL, may be NULL) are known but left
 * to the caller, even where the table has them. */
tamis_status recipe_fill(struct recipe *r, const tamis_param *table, const char *const *others, void *values,
                         const struct tree *map, tamis_err *err) TAMIS_MUST_CHECK;

/* A name that is safe in a file name. */
tamis_status recipe_check_name(const struct tree *node, const char *what, const char *name, tamis_err *err)
    TAMIS_MUST_CHECK;
/* "unknown WHAT 'WORD' (did you mean ..?)"; `names` ends with NULL. */
tamis_status recipe_unknown(const struct tree *node, const char *what, const char *word, const char *const *names,
                            tamis_err *err);

/* The index of a domain, domain_count when there is none of that name. */
size_t recipe_domain_index(const struct recipe *r, const char *name);
tamis_status recipe_find_domain(struct recipe *r, const struct tree *node, const char *name, size_t *domain,
                                tamis_err *err) TAMIS_MUST_CHECK;
int recipe_find_kind(const char *name); /* KIND_UNKNOWN: there is no such kind */
void recipe_list_kinds(const char **names); /* TAMIS_KINDS of them, no NULL after */

/* A number from a scalar, in the range of `param` and greater than 0 where `positive`. */
tamis_status recipe_real(const struct tree *node, const tamis_param *param, bool positive, double *value,
                         tamis_err *err) TAMIS_MUST_CHECK;
/* One number for every domain, or a map from domain to number whose `default` sets the rest. given[d] becomes true
 * for the domains that were set; `given` may be NULL. */
tamis_status recipe_domain_reals(struct recipe *r, const struct tree *node, const tamis_param *param, double *values,
                                 bool *given, tamis_err *err) TAMIS_MUST_CHECK;

#endif
