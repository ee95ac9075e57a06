/*
 * The smaller sections of a recipe: dedup, holdout, select, accept, output.
 */
#include "recipe/recipe_read.h"

#include <stdio.h>
#include <string.h>

#include "core/str.h"
#include "sketch/compat_datatrove.h"

#define MOST_SLOTS 1024u /* bands x rows of a signature */

/* ---- dedup ------------------------------------------------------------------------------------------------------ */

static tamis_status number_field(struct recipe_dedup *d, const struct tree *node, const char *field,
                                 unsigned *number, tamis_err *err)
{
    unsigned n = 0;
    while (n < RECORD_NUMBERS && d->numbers[n] && strcmp(d->numbers[n], field) != 0) {
        n++;
    }
    if (field[0] == '\0') {
        return tree_fail(node, err, "keep: `max:` and `min:` want a field, as in max:meta.score");
    }
    if (n == RECORD_NUMBERS) {
        return tree_fail(node, err, "keep: more than %d fields; take some out", RECORD_NUMBERS);
    }
    if (d->numbers[n]) {
        return tree_fail(node, err, "keep: the field '%s' stands twice; the second says nothing new, take it out",
                         field);
    }
    d->numbers[n] = field;
    *number = n;
    return TAMIS_OK;
}

static tamis_status add_keep(struct recipe_dedup *d, const struct tree *node, const char *text, tamis_err *err)
{
    static const char *const known[] = {"source", "longest", "max:FIELD", "min:FIELD", NULL};
    struct keep_key key = {.by = KEEP_SOURCE};
    tamis_status status = TAMIS_OK;
    if (strncmp(text, "max:", 4) == 0 || strncmp(text, "min:", 4) == 0) {
        key.by = text[1] == 'a' ? KEEP_MAX : KEEP_MIN;
        status = number_field(d, node, text + 4, &key.field, err);
    } else if (strcmp(text, "longest") == 0) {
        key.by = KEEP_LONGEST;
    } else if (strcmp(text, "source") != 0) {
        return recipe_unknown(node, "order of keepers", text, known, err);
    }
    for (size_t k = 0; !status && key.by <= KEEP_LONGEST && k < d->keep_count; k++) {
        if (d->keep[k].by == key.by) {
            return tree_fail(node, err, "keep: '%s' stands twice; take one out", text);
        }
    }
    if (!status) {
        d->keep[d->keep_count++] = key;
    }
    return status;
}

static tamis_status read_keep(struct recipe *r, const struct tree *node, tamis_err *err)
{
    struct recipe_dedup *const d = &r->dedup;
    tamis_status status = TAMIS_OK;
    for (size_t k = 0; !status && k < d->keep_text.count; k++) {
        const bool listed = node && node->kind == TREE_LIST && k < node->count;
        status = add_keep(d, listed ? node->items[k] : node, d->keep_text.at[k], err);
    }
    return status;
}

static tamis_status read_thresholds(struct recipe *r, const struct tree *node, tamis_err *err)
{
    double *const values = recipe_alloc(r, r->domain_count, sizeof *values, err);
    bool *const given = values ? recipe_alloc(r, r->domain_count, sizeof *given, err) : NULL;
    tamis_status status = given ? TAMIS_OK : TAMIS_IO;
    if (!status && !recipe_absent(node)) {
        status = recipe_domain_reals(r, node, param_find(recipe_minhash_params, STR("threshold")), values, given, err);
    }
    if (!status) {
        recipe_settle_thresholds(r, values, given);
    }
    return status;
}

/* A key of `map` that `compat` leaves no choice. */
static bool is_given(const struct tree *map, const char *key)
{
    return !recipe_absent(map ? tree_get(map, key) : NULL);
}

static tamis_status contradicts(const struct tree *map, const char *key, const char *what, tamis_err *err)
{
    return tree_fail_key(tree_get(map, key), err, "compat: datatrove %s; take `%s` out, or `compat`", what, key);
}

/* What datatrove does by default; with anything else its signatures and verdicts would not be had. */
static tamis_status read_compat(struct recipe *r, const struct tree *dedup, const struct tree *map, tamis_err *err)
{
    struct recipe_dedup *const d = &r->dedup;
    const struct {
        const char *key, *what;
        uint64_t *value, wanted;
    } counts[] = {{"bands", "has 14 bands", &d->bands, COMPAT_BANDS},
                  {"rows", "has 8 rows in a band", &d->rows, COMPAT_ROWS},
                  {"shingle", "has shingles of 5 words", &d->shingle, COMPAT_SHINGLE}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (is_given(map, counts[i].key) && *counts[i].value != counts[i].wanted) {
            return contradicts(map, counts[i].key, counts[i].what, err);
        }
        *counts[i].value = counts[i].wanted;
    }
    if (is_given(map, "verify") && d->verify != VERIFY_NONE) {
        return contradicts(map, "verify", "verifies nothing", err);
    }
    if (is_given(map, "scope") && d->scope != SCOPE_ALL) {
        return contradicts(map, "scope", "knows no domains", err);
    }
    if (is_given(map, "threshold")) {
        return contradicts(map, "threshold", "has no threshold", err);
    }
    if (is_given(map, "keep")) {
        return contradicts(map, "keep", "chooses by a rule of its own who stays", err);
    }
    if (is_given(dedup, "exact") && d->exact) {
        return contradicts(dedup, "exact", "folds no exact copies first", err);
    }
    d->verify = VERIFY_NONE;
    d->exact = false;
    return TAMIS_OK;
}

/* NULL: every default. */
static tamis_status read_minhash(struct recipe *r, const struct tree *dedup, const struct tree *map, tamis_err *err)
{
    static const char *const apart[] = {"threshold", NULL};
    struct recipe_dedup *const d = &r->dedup;
    tamis_status status = recipe_fill(r, recipe_minhash_params, apart, d, map, err);
    if (!status && d->compat == COMPAT_DATATROVE) {
        status = read_compat(r, dedup, map, err);
    }
    if (!status && d->bands * d->rows > MOST_SLOTS) { /* the table keeps both at or under 1024 */
        const unsigned bands = (unsigned)d->bands, rows = (unsigned)d->rows;
        status = tree_fail(map, err, "minhash: %u bands of %u rows need a signature of %u numbers, %u are allowed; "
                           "lower one of them", bands, rows, bands * rows, MOST_SLOTS);
    }
    status = status ? status : read_thresholds(r, map ? tree_get(map, "threshold") : NULL, err);
    return status ? status : read_keep(r, map ? tree_get(map, "keep") : NULL, err);
}

tamis_status recipe_read_dedup(struct recipe *r, const struct tree *dedup, tamis_err *err)
{
    static const char *const apart[] = {"minhash", NULL};
    const bool off = dedup && recipe_says_off(dedup);
    const bool plain = recipe_absent(dedup) || off || recipe_says_on(dedup);
    tamis_status status = plain ? TAMIS_OK : recipe_want_map(dedup, "dedup", err);
    const struct tree *const map = plain ? NULL : dedup;
    status = status ? status : recipe_fill(r, recipe_dedup_params, apart, &r->dedup, map, err);
    const struct tree *minhash = !status && map ? tree_get(map, "minhash") : NULL;
    r->dedup.exact = r->dedup.exact && !off;
    r->dedup.minhash = !off && !(minhash && recipe_says_off(minhash));
    if (recipe_absent(minhash) || recipe_says_off(minhash) || recipe_says_on(minhash)) {
        minhash = NULL;
    }
    status = status || !minhash ? status : recipe_want_map(minhash, "minhash", err);
    return status ? status : read_minhash(r, map, minhash, err);
}

/* ---- holdout ---------------------------------------------------------------------------------------------------- */

tamis_status recipe_read_holdout(struct recipe *r, const struct tree *holdout, tamis_err *err)
{
    const bool off = holdout && recipe_says_off(holdout);
    const bool plain = recipe_absent(holdout) || off || recipe_says_on(holdout);
    const tamis_status status = plain ? TAMIS_OK : recipe_want_map(holdout, "holdout", err);
    r->holdout.on = !off;
    return status ? status : recipe_fill(r, recipe_holdout_params, NULL, &r->holdout, plain ? NULL : holdout, err);
}

/* ---- select ----------------------------------------------------------------------------------------------------- */

/* What a high score means differs from scorer to scorer, so no policy is the usual one where there are scores. */
static tamis_status check_policy(const struct recipe *r, const char *domain, const struct recipe_select *s,
                                 const struct tree *map, tamis_err *err)
{
    const struct tree *const policy = tree_get(map, "policy");
    if (s->policy != POLICY_RANDOM && !r->score.on) {
        return tree_fail(policy ? policy : map, err, "select: %s: the policies top, bottom and middle go by scores, "
                         "and the recipe makes none; add `score: {scorer: NAME}`, or say `policy: random`", domain);
    }
    if (r->score.on && s->keep < 1 && recipe_absent(policy)) {
        return tree_fail(map, err, "select: %s: say policy: top, bottom, middle or random: what a high score means "
                         "depends on the scorer", domain);
    }
    return TAMIS_OK;
}

static tamis_status read_selection(struct recipe *r, const char *domain, struct recipe_select *s,
                                   const struct tree *map, tamis_err *err)
{
    tamis_status status = recipe_want_map(map, domain, err);
    status = status ? status : recipe_fill(r, recipe_select_params, NULL, s, map, err);
    if (status) {
        return status;
    }
    const struct tree *const keep = tree_get(map, "keep");
    if (recipe_absent(keep)) {
        return tree_fail(keep ? keep : map, err, "select: %s: `keep` is missing, the share of the domain's tokens "
                         "that stays", domain);
    }
    if (!(s->keep > 0)) {
        return tree_fail(keep, err, "select: %s: `keep` must be greater than 0; to leave a domain out, leave out its "
                         "sources", domain);
    }
    s->on = s->keep < 1;
    return check_policy(r, domain, s, map, err);
}

tamis_status recipe_read_select(struct recipe *r, const struct tree *select, tamis_err *err)
{
    r->select = recipe_alloc(r, r->domain_count, sizeof *r->select, err);
    tamis_status status = r->select ? TAMIS_OK : TAMIS_IO;
    for (size_t d = 0; !status && d < r->domain_count; d++) {
        status = recipe_fill(r, recipe_select_params, NULL, &r->select[d], NULL, err);
    }
    if (status || recipe_absent(select) || recipe_says_off(select)) {
        return status;
    }
    status = recipe_want_map(select, "select", err);
    for (size_t i = 0; !status && i < select->count; i++) {
        const struct tree key = recipe_key_of(select->items[i]);
        size_t domain = 0;
        status = recipe_find_domain(r, &key, select->keys[i], &domain, err);
        status = status ? status : read_selection(r, select->keys[i], &r->select[domain], select->items[i], err);
    }
    return status;
}

/* ---- accept ----------------------------------------------------------------------------------------------------- */

tamis_status recipe_read_accept(struct recipe *r, const struct tree *accept, tamis_err *err)
{
    if (recipe_absent(accept) || recipe_says_off(accept)) {
        return TAMIS_OK;
    }
    const bool all = accept->kind == TREE_SCALAR && strcmp(accept->text, "all") == 0;
    if (!all && accept->kind != TREE_MAP) {
        return tree_fail(accept, err, "accept: say {RULE: SHARE}, or `all`");
    }
    const size_t count = all ? 1 : accept->count;
    r->accept = recipe_alloc(r, count, sizeof *r->accept, err);
    tamis_status status = r->accept ? TAMIS_OK : TAMIS_IO;
    for (size_t i = 0; !status && i < count; i++) {
        r->accept[i] = (struct recipe_accept){all ? "all" : accept->keys[i], 1};
        const tamis_param share = {r->accept[i].rule, TAMIS_REAL, 0, NULL, 0, 1, NULL, NULL};
        status = all ? TAMIS_OK : recipe_real(accept->items[i], &share, true, &r->accept[i].share, err);
    }
    r->accept_count = status ? 0 : count;
    return status;
}

/* ---- output ----------------------------------------------------------------------------------------------------- */

/* The level written out, so that two ways to say the same are the same. */
static tamis_status settle_codec(struct recipe *r, tamis_err *err)
{
    struct recipe_output *const o = &r->output;
    if (o->codec.codec != CODEC_PLAIN && o->codec.level == 0) {
        o->codec.level = o->codec.codec == CODEC_ZSTD ? 3 : 6;
    }
    char text[32] = "none";
    if (o->codec.codec != CODEC_PLAIN) {
        snprintf(text, sizeof text, "%s:%d", o->codec.codec == CODEC_ZSTD ? "zstd" : "gzip", o->codec.level);
    }
    o->compression_text = arena_strdup(&r->arena, str_from(text));
    return o->compression_text ? TAMIS_OK
                               : tamis_fail(err, TAMIS_IO, "%s: out of memory while reading the recipe", r->path);
}

tamis_status recipe_read_output(struct recipe *r, const struct tree *output, tamis_err *err)
{
    const struct tree *const map = recipe_absent(output) ? NULL : output;
    tamis_status status = map ? recipe_want_map(map, "output", err) : TAMIS_OK;
    status = status ? status : recipe_fill(r, recipe_output_params, NULL, &r->output, map, err);
    if (status) {
        return status;
    }
    if (!r->output.compression_text) {
        r->output.compression_text = param_find(recipe_output_params, STR("compression"))->fallback;
    }
    if (!codec_parse(str_from(r->output.compression_text), &r->output.codec)) {
        return tree_fail(tree_get(map, "compression"), err, "compression: '%.100s' is not known; say zstd:LEVEL, "
                         "gzip:LEVEL or none", r->output.compression_text);
    }
    return settle_codec(r, err);
}
