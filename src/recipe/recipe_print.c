/*
 * The recipe written out, every default said: what is saved, shown and hashed.
 *
 * Printed as a whole it reads back as the same recipe and prints the same again. A section by itself holds what its
 * stage depends on and nothing else, so that a stage need not be redone for a change it cannot see, such as a law that
 * was moved; it is text to be hashed, not a recipe. What is not known before a sample is read (a kind) is null.
 *
 * A key that came with a later version is printed only where it means something, so that the stages of older runs keep
 * their hashes.
 */
#include <math.h>
#include <string.h>

#include "recipe/kind.h"
#include "recipe/recipe_read.h"

/* Where everything goes; the first failure is remembered. */
struct printer {
    const struct recipe *r;
    struct buf *out;
    bool whole;
    bool failed;
};

#define PUT(p, ...) ((p)->failed = (p)->failed || !buf_printf((p)->out, __VA_ARGS__))

/* ---- Values ----------------------------------------------------------------------------------------------------- */

static void put_value(struct printer *p, const tamis_param *param, const void *values)
{
    p->failed = p->failed || !param_print(param, values, p->out);
}

static void put_text(struct printer *p, const char *text)
{
    static const tamis_param param = {"text", TAMIS_STRING, 0, NULL, 0, 0, NULL, NULL};
    put_value(p, &param, &text);
}

static void put_real(struct printer *p, double value)
{
    static const tamis_param param = {"real", TAMIS_REAL, 0, NULL, 0, 0, NULL, NULL};
    put_value(p, &param, &value);
}

static void put_field(struct printer *p, const char *indent, const tamis_param *param, const void *values)
{
    PUT(p, "%s%s: ", indent, param->name);
    put_value(p, param, values);
    PUT(p, "\n");
}

static void put_named(struct printer *p, const char *indent, const tamis_param *table, const char *name,
                      const void *values)
{
    put_field(p, indent, param_find(table, (tamis_str){name, strlen(name)}), values);
}

/* One pair of {law: 4, general: 1}; NaN is not known yet. */
static void put_share(struct printer *p, const char **before, size_t domain, double value)
{
    PUT(p, "%s", *before);
    put_text(p, p->r->domains[domain].name);
    PUT(p, ": ");
    if (isnan(value)) {
        PUT(p, "null");
    } else {
        put_real(p, value);
    }
    *before = ", ";
}

/* A file by its path in the whole recipe, by its content for a stage. */
static void put_file(struct printer *p, const char *indent, const char *name, const char *path, uint64_t fingerprint)
{
    PUT(p, "%s%s: ", indent, name);
    put_text(p, p->whole ? path : NULL);
    PUT(p, " # fingerprint %016llx\n", (unsigned long long)fingerprint);
}

/* ---- Sections --------------------------------------------------------------------------------------------------- */

static void put_top(struct printer *p, unsigned sections)
{
    put_named(p, "", recipe_top_params, "version", p->r);
    if (sections & (SECTION_HOLDOUT | SECTION_SCORE | SECTION_SELECT | SECTION_TARGETS)) { /* the stages that draw */
        put_named(p, "", recipe_top_params, "seed", p->r);
    }
    if (sections & SECTION_SKETCH) {
        put_named(p, "", recipe_top_params, "tokenizer", p->r);
        put_named(p, "", recipe_top_params, "max_line", p->r);
    }
}

static void put_sources(struct printer *p)
{
    PUT(p, "sources:\n");
    for (size_t i = 0; i < p->r->source_count; i++) {
        struct recipe_source s = p->r->sources[i];
        s.kind_name = s.kind == KIND_UNKNOWN ? NULL : kind_name((tamis_kind)s.kind);
        for (const tamis_param *param = recipe_source_params; param->name; param++) {
            put_field(p, param == recipe_source_params ? "  - " : "    ", param, &s);
        }
    }
}

static void put_filters(struct printer *p)
{
    PUT(p, "filters:%s\n", p->r->filter_count ? "" : " []");
    for (size_t i = 0; i < p->r->filter_count; i++) {
        const struct recipe_filter *const f = &p->r->filters[i];
        PUT(p, "  - %s: # version %u", f->filter->name, (unsigned)f->filter->version);
        if (f->filter->fingerprint) {
            PUT(p, ", fingerprint %016llx", (unsigned long long)f->filter->fingerprint(f->self));
        }
        PUT(p, "\n");
        for (const tamis_param *param = f->filter->params; param && param->name; param++) {
            put_field(p, "      ", param, f->self);
        }
        PUT(p, "      on: %s\n", f->on_text ? f->on_text : "null");
    }
}

static void put_thresholds(struct printer *p)
{
    const char *before = "{";
    PUT(p, "    threshold: ");
    for (size_t d = 0; d < p->r->domain_count; d++) {
        put_share(p, &before, d, p->r->domains[d].threshold);
    }
    PUT(p, "} # null: by the kind of each source\n");
}

static void put_numbers(struct printer *p)
{
    const struct recipe_dedup *const d = &p->r->dedup;
    PUT(p, "    numbers: [");
    for (size_t n = 0; n < RECORD_NUMBERS && d->numbers[n]; n++) {
        PUT(p, "%s", n ? ", " : "");
        put_text(p, d->numbers[n]);
    }
    PUT(p, "]\n");
}

/* The two sections that share the key `dedup`. */
static void put_dedup(struct printer *p, unsigned sections)
{
    const struct recipe_dedup *const d = &p->r->dedup;
    static const char *const sketch[] = {"bands", "rows", "shingle", "scope", NULL};
    static const char *const resolve[] = {"verify", "keep", NULL};
    const bool compat = d->minhash && d->compat != COMPAT_NONE; /* leaves no choice */
    PUT(p, "dedup:\n");
    if (sections & SECTION_SKETCH) {
        put_named(p, "  ", recipe_dedup_params, "exact", d);
    }
    PUT(p, "  minhash:%s\n", d->minhash ? "" : " none");
    for (size_t i = 0; d->minhash && (sections & SECTION_SKETCH) && sketch[i]; i++) {
        put_named(p, "    ", recipe_minhash_params, sketch[i], d);
    }
    if (compat && (sections & SECTION_SKETCH)) {
        put_named(p, "    ", recipe_minhash_params, "compat", d);
    }
    if (d->minhash && (sections & SECTION_DEDUP) && !compat) {
        put_thresholds(p);
    }
    for (size_t i = 0; d->minhash && (sections & SECTION_DEDUP) && !compat && resolve[i]; i++) {
        put_named(p, "    ", recipe_minhash_params, resolve[i], d);
    }
    if (d->minhash && !(sections & SECTION_DEDUP)) {
        put_numbers(p); /* all that the survey wants of `keep` */
    }
}

static void put_holdout(struct printer *p)
{
    PUT(p, "holdout:%s\n", p->r->holdout.on ? "" : " none");
    for (const tamis_param *param = recipe_holdout_params; p->r->holdout.on && param->name; param++) {
        put_field(p, "  ", param, &p->r->holdout);
    }
}

/* Only documents of these are scored; of all domains when there are none. */
static void put_scored_domains(struct printer *p)
{
    const char *before = "";
    PUT(p, "  domains: [");
    for (size_t d = 0; d < p->r->domain_count; d++) {
        if (recipe_prunes_by_score(p->r, d)) {
            PUT(p, "%s", before);
            put_text(p, p->r->domains[d].name);
            before = ", ";
        }
    }
    PUT(p, "]\n");
}

static void put_losses(struct printer *p)
{
    const struct recipe_score *const s = &p->r->score;
    if (strcmp(s->trajectories, "proxy") != 0) {
        put_file(p, "  ", "trajectories", s->trajectories, s->fingerprint);
        return;
    }
    PUT(p, "  trajectories: proxy\n  proxy:\n");
    for (const tamis_param *param = recipe_proxy_params; param->name; param++) {
        put_field(p, "    ", param, &s->proxy);
    }
}

static void put_score(struct printer *p)
{
    const struct recipe_score *const s = &p->r->score;
    if (!s->on) {
        return;
    }
    PUT(p, "score:\n  scorer: %s # version %u\n", s->name, (unsigned)s->scoring.scorer->version);
    for (const tamis_param *param = s->scoring.scorer->params; param && param->name; param++) {
        put_field(p, "  ", param, s->scoring.self);
    }
    if (s->trajectories) {
        put_losses(p);
    }
    if (!p->whole) {
        put_scored_domains(p);
    }
}

static void put_select(struct printer *p)
{
    static const char *const always[] = {"keep", "policy", "prune_scarce", NULL};
    PUT(p, "select:\n");
    for (size_t d = 0; d < p->r->domain_count; d++) {
        const struct recipe_select *const s = &p->r->select[d];
        PUT(p, "  ");
        put_text(p, p->r->domains[d].name);
        PUT(p, ":\n");
        for (size_t k = 0; always[k]; k++) {
            put_named(p, "    ", recipe_select_params, always[k], s);
        }
        if (s->policy != POLICY_RANDOM) {
            put_named(p, "    ", recipe_select_params, "unscored", s);
        }
    }
}

/* One number says it all when the rest is the general domain's, and only that. */
static bool is_one_ratio(const struct recipe *r, const struct recipe_target *t)
{
    for (size_t d = 0; d < r->domain_count; d++) {
        const double wanted = d == t->domain ? t->ratio : d == t->general ? 1 - t->ratio : 0;
        if (t->shares[d] < wanted || t->shares[d] > wanted) {
            return false;
        }
    }
    return t->domain != t->general || !(t->ratio < 1);
}

static void put_ratio(struct printer *p, const struct recipe_target *t)
{
    PUT(p, "    ratio: ");
    if (is_one_ratio(p->r, t)) {
        put_real(p, t->ratio);
        PUT(p, "\n");
        return;
    }
    const char *before = "{";
    for (size_t d = 0; d < p->r->domain_count; d++) {
        if (t->shares[d] > 0 || d == t->domain) {
            put_share(p, &before, d, t->shares[d]);
        }
    }
    PUT(p, "}\n");
}

static void put_law(struct printer *p, const struct recipe_target *t)
{
    const tamis_param *const budget = &recipe_budget_params[t->budget - BUDGET_DIFFERENCE];
    put_file(p, "    ", "law", t->law, t->law_hash);
    PUT(p, "    budget: {%s: ", budget->name);
    put_real(p, t->budget_limit);
    PUT(p, "}\n");
    put_named(p, "    ", recipe_target_params, "against", t);
}

static void put_epochs(struct printer *p, const struct recipe_target *t)
{
    const char *before = "{";
    PUT(p, "    max_epochs: ");
    for (size_t d = 0; d < p->r->domain_count; d++) {
        put_share(p, &before, d, t->max_epochs[d]);
    }
    PUT(p, "}\n");
}

static void put_targets(struct printer *p)
{
    static const char *const plain[] = {"name", "domain", "general", "parameters", "tokens", NULL};
    const bool natural = p->r->target_count == 1 && p->r->targets[0].natural;
    PUT(p, "targets:%s\n", natural ? " []" : "");
    for (size_t i = 0; !natural && i < p->r->target_count; i++) {
        const struct recipe_target *const t = &p->r->targets[i];
        for (size_t k = 0; plain[k]; k++) {
            put_named(p, k ? "    " : "  - ", recipe_target_params, plain[k], t);
        }
        if (t->law) {
            put_law(p, t);
        } else {
            put_ratio(p, t);
        }
        put_epochs(p, t);
    }
}

static void put_accept(struct printer *p)
{
    PUT(p, "accept:%s\n", p->r->accept_count ? "" : " {}");
    for (size_t i = 0; i < p->r->accept_count; i++) {
        PUT(p, "  ");
        put_text(p, p->r->accept[i].rule);
        PUT(p, ": ");
        put_real(p, p->r->accept[i].share);
        PUT(p, "\n");
    }
}

static void put_output(struct printer *p)
{
    PUT(p, "output:\n");
    for (const tamis_param *param = recipe_output_params; param->name; param++) {
        put_field(p, "  ", param, &p->r->output);
    }
}

bool recipe_print(const struct recipe *r, unsigned sections, struct buf *out)
{
    struct printer p = {r, out, sections == SECTION_WHOLE, false};
    put_top(&p, sections);
    if (sections & SECTION_SOURCES) {
        put_sources(&p);
    }
    if (sections & SECTION_HOLDOUT) {
        put_holdout(&p);
    }
    if (sections & SECTION_FILTERS) {
        put_filters(&p);
    }
    if (sections & (SECTION_SKETCH | SECTION_DEDUP)) {
        put_dedup(&p, sections);
    }
    if (sections & SECTION_SCORE) {
        put_score(&p);
    }
    if (sections & SECTION_SELECT) {
        put_select(&p);
    }
    if (sections & SECTION_TARGETS) {
        put_targets(&p);
    }
    if (sections & SECTION_ACCEPT) {
        put_accept(&p);
    }
    if (sections & SECTION_OUTPUT) {
        put_output(&p);
    }
    return !p.failed;
}
