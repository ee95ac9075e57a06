/* See sample.h. Three reads of the columns: the limit, fails per rule, pairs of the rules that fail most. */
#include "report/sample.h"

#include <stdlib.h>
#include <string.h>

#include "run/sampling.h"

/* ---- One part --------------------------------------------------------------------------------------------------- */

tamis_status sample_open(struct sample_part *s, const struct ledger *ledger, size_t part, const struct rules *rules,
                         tamis_err *err)
{
    *s = (struct sample_part){.part = &ledger->parts[part], .rules = rules};
    return rules_signals(rules) ? sample_map(&s->npy, ledger, part, rules, err) : TAMIS_OK;
}

void sample_close(struct sample_part *s)
{
    npy_close(&s->npy);
    *s = (struct sample_part){0};
}

/* A row is the document's place in the part, then its values. */
static const void *row_at(const struct sample_part *s, size_t i)
{
    return (const char *)s->npy.rows + i * sample_row_bytes(s->rules);
}

static uint64_t index_at(const struct sample_part *s, size_t i)
{
    uint64_t index = 0;
    memcpy(&index, row_at(s, i), sizeof index);
    return index;
}

static const double *values_at(const struct sample_part *s, size_t i)
{
    return (const double *)row_at(s, i) + 1;
}

const double *sample_values(const struct sample_part *s, uint64_t number)
{
    const uint64_t wanted = number - s->part->first;
    size_t low = 0, high = s->npy.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (index_at(s, middle) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < s->npy.count && index_at(s, low) == wanted ? values_at(s, low) : NULL;
}

/* ---- What a rule would do --------------------------------------------------------------------------------------- */

bool sample_needs_language(const struct recipe *recipe, const struct rule *rule)
{
    return rule->language && !recipe->filters[rule->filter].any_language;
}

bool sample_applies(const struct recipe *recipe, const struct rules *rules, size_t rule, const struct survey_row *row)
{
    const struct recipe_filter *const filter = &recipe->filters[rules->at[rule].filter];
    const bool refrains = rules->at[rule].needs_spaces && !filter->any_language && (row->flags & SURVEY_UNSPACED);
    return (filter->kinds & TAMIS_KIND_BIT(row->kind)) && (!filter->domains || filter->domains[row->domain]) &&
           !refrains;
}

bool sample_fails(const struct recipe *recipe, const struct rules *rules, size_t rule, const struct survey_row *row,
                  double value)
{
    const struct rule *const r = &rules->at[rule];
    /* NaN compares false: a rule that is off or does not apply drops nothing. */
    return sample_applies(recipe, rules, rule, row) &&
           (r->side == TAMIS_DROP_BELOW ? value < r->threshold : value > r->threshold);
}

/* ---- Counting --------------------------------------------------------------------------------------------------- */

struct counting {
    const struct run *run;
    const struct ledger *ledger;
    struct sample_counts *counts;
    struct sample_limit limit;
    size_t *failed;    /* rules the document at hand fails, as indexes - first_filter */
    size_t failed_count;
    size_t *places;    /* per rule: its row in `pairs`, SIZE_MAX: none */
    size_t paired[SAMPLE_PAIRED_RULES]; /* per row: the rule */
    size_t paired_count;
    uint64_t *pairs;   /* SAMPLE_PAIRED_RULES squared */
};

static void find_failed(struct counting *c, const struct survey_row *row, const double *values)
{
    const struct rules *const rules = c->run->rules;
    c->failed_count = 0;
    for (size_t i = 0; i < c->counts->rule_count; i++) {
        const size_t rule = rules->first_filter + i;
        if (!sample_needs_language(c->run->recipe, &rules->at[rule]) &&
            sample_fails(c->run->recipe, rules, rule, row, values[i])) {
            c->failed[c->failed_count++] = i;
        }
    }
}

static void count_document(struct counting *c)
{
    c->counts->documents++;
    for (size_t i = 0; i < c->failed_count; i++) {
        c->counts->rules[c->failed[i]].fails++;
    }
    if (c->failed_count == 1) {
        c->counts->rules[c->failed[0]].only++;
    }
}

static void count_pairs(struct counting *c)
{
    for (size_t i = 0; i < c->failed_count; i++) {
        const size_t a = c->places[c->failed[i]];
        for (size_t k = i + 1; a != SIZE_MAX && k < c->failed_count; k++) {
            const size_t b = c->places[c->failed[k]];
            if (b != SIZE_MAX) {
                c->pairs[(a < b ? a : b) * SAMPLE_PAIRED_RULES + (a < b ? b : a)]++;
            }
        }
    }
}

static tamis_status walk_part(struct counting *c, size_t part, struct sample_limit *limit,
                              void (*count)(struct counting *), tamis_err *err)
{
    struct sample_part sample;
    const tamis_status status = sample_open(&sample, c->ledger, part, c->run->rules, err);
    if (status) {
        return status;
    }
    const struct survey_row *const rows = sample.part->survey.rows;
    for (size_t i = 0; i < sample.npy.count; i++) {
        const uint64_t index = index_at(&sample, i);
        if (index >= sample.part->count) {
            sample_close(&sample);
            return tamis_fail(err, TAMIS_INPUT, "%s/part-%06zu/sample.npy: names document %llu of %zu; the run folder "
                              "is damaged, remove it and run again", c->ledger->folder, part,
                              (unsigned long long)index, c->ledger->parts[part].count);
        }
        if (sample_limit_takes(limit, rows[index].hash_high)) {
            find_failed(c, &rows[index], values_at(&sample, i));
            count(c);
        }
    }
    sample_close(&sample);
    return TAMIS_OK;
}

static tamis_status walk(struct counting *c, void (*count)(struct counting *), tamis_err *err)
{
    struct sample_limit limit = c->limit;
    tamis_status status = TAMIS_OK;
    for (size_t part = 0; !status && part < c->ledger->part_count; part++) {
        status = run_stopped(c->run) ? tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues")
                                     : walk_part(c, part, &limit, count, err);
    }
    return status;
}

/* The rules that fail most, the first of equals; in rule order. */
static void choose_paired(struct counting *c)
{
    bool more = true;
    for (size_t i = 0; i < c->counts->rule_count; i++) {
        c->places[i] = SIZE_MAX;
    }
    while (more && c->paired_count < SAMPLE_PAIRED_RULES) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < c->counts->rule_count; i++) {
            const uint64_t fails = c->counts->rules[i].fails;
            if (fails > 0 && c->places[i] == SIZE_MAX && (best == SIZE_MAX || fails > c->counts->rules[best].fails)) {
                best = i;
            }
        }
        more = best != SIZE_MAX;
        if (more) {
            c->places[best] = c->paired_count;
            c->paired[c->paired_count++] = best;
        }
    }
}

static bool goes_before(const struct sample_pair *x, const struct sample_pair *y)
{
    if (x->documents != y->documents) {
        return x->documents > y->documents;
    }
    return x->a != y->a ? x->a < y->a : x->b < y->b;
}

static void offer_pair(struct sample_counts *counts_of, struct sample_pair pair)
{
    size_t at = counts_of->pair_count;
    while (at > 0 && goes_before(&pair, &counts_of->pairs[at - 1])) {
        at--;
    }
    if (at == SAMPLE_PAIRS) {
        return;
    }
    counts_of->pair_count += counts_of->pair_count < SAMPLE_PAIRS;
    memmove(&counts_of->pairs[at + 1], &counts_of->pairs[at],
            (counts_of->pair_count - at - 1) * sizeof *counts_of->pairs);
    counts_of->pairs[at] = pair;
}

static void choose_pairs(struct counting *c)
{
    for (size_t x = 0; x < c->paired_count; x++) {
        for (size_t y = x + 1; y < c->paired_count; y++) {
            const uint64_t documents = c->pairs[x * SAMPLE_PAIRED_RULES + y];
            const size_t i = c->paired[x], k = c->paired[y];
            if (documents > 0) {
                offer_pair(c->counts, (struct sample_pair){i < k ? i : k, i < k ? k : i, documents});
            }
        }
    }
}

static tamis_status counting_open(struct counting *c, tamis_err *err)
{
    const size_t rules = c->counts->rule_count;
    c->counts->rules = calloc(rules + 1, sizeof *c->counts->rules);
    c->failed = calloc(rules + 1, sizeof *c->failed);
    c->places = calloc(rules + 1, sizeof *c->places);
    c->pairs = calloc((size_t)SAMPLE_PAIRED_RULES * SAMPLE_PAIRED_RULES, sizeof *c->pairs);
    return c->counts->rules && c->failed && c->places && c->pairs
               ? TAMIS_OK
               : tamis_fail(err, TAMIS_IO, "out of memory for the report's sample");
}

tamis_status sample_count(struct sample_counts *counts_of, const struct run *run, const struct ledger *ledger,
                          tamis_err *err)
{
    struct counting c = {.run = run, .ledger = ledger, .counts = counts_of};
    *counts_of = (struct sample_counts){.rule_count = rules_signals(run->rules)};
    tamis_status status = counting_open(&c, err);
    if (!status && counts_of->rule_count > 0) {
        status = sample_limit_find(&c.limit, ledger, err);
        status = status ? status : walk(&c, count_document, err);
        choose_paired(&c);
        status = status ? status : walk(&c, count_pairs, err);
        choose_pairs(&c);
    }
    free(c.failed);
    free(c.places);
    free(c.pairs);
    return status;
}

void sample_release(struct sample_counts *counts_of)
{
    free(counts_of->rules);
    *counts_of = (struct sample_counts){0};
}
