/* The gate. */
#include "run/gate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ACCEPT_LINES 64

struct accept {
    char rule[80];
    double share;
};

struct gate {
    const struct run *run;
    const struct tally *tally;
    const char *of_what;
    gate_find *find;
    void *context;
    struct buf *text;
    struct accept accept[ACCEPT_LINES]; /* what to write after `accept:`, a rule once */
    size_t accept_count;
    size_t closed, filters; /* shares; of these by filters */
    bool fine;
};

static bool is_own(const struct recipe *recipe, size_t domain)
{
    for (size_t t = 0; t < recipe->target_count; t++) {
        if (!recipe->targets[t].natural && recipe->targets[t].domain == domain) {
            return true;
        }
    }
    return false;
}

/* Upwards to the next whole five per cent, with room for the noise of the sample. */
static double share_to_accept(uint64_t dropped, uint64_t of)
{
    const double share = (double)dropped / (double)of;
    const double up = ceil(20 * (share + 2 * sqrt(share * (1 - share) / (double)of))) / 20;
    return up < 1 ? up : 1;
}

static void say(struct gate *g, bool fine)
{
    g->fine = g->fine && fine;
}

/* Ids come from strangers: control characters must not reach the terminal. */
static void say_clean(struct gate *g, const char *id)
{
    for (const char *at = id; *at; at++) {
        say(g, buf_add_char(g->text, (unsigned char)*at < 0x20 || *at == 0x7f ? '?' : *at));
    }
}

static void suggest(struct gate *g, const char *rule, double share)
{
    for (size_t i = 0; i < g->accept_count; i++) {
        if (strcmp(g->accept[i].rule, rule) == 0) {
            g->accept[i].share = share > g->accept[i].share ? share : g->accept[i].share;
            return;
        }
    }
    if (g->accept_count < ACCEPT_LINES) {
        struct accept *const a = &g->accept[g->accept_count++];
        snprintf(a->rule, sizeof a->rule, "%s", rule);
        a->share = share;
    }
}

/* A source can vanish inside a domain that is merely thinned: the one that suffers most is named. */
static void say_worst_source(struct gate *g, size_t domain, size_t rule)
{
    const struct recipe *const recipe = g->run->recipe;
    const struct tally *const t = g->tally;
    size_t worst = t->sources, sources = 0;
    double most = 0;
    for (size_t s = 0; s < t->sources; s++) {
        if (recipe->sources[s].domain == domain && t->source_input[s].documents) {
            const double share =
                (double)t->source_dropped[s * t->rules + rule].documents / (double)t->source_input[s].documents;
            sources++;
            worst = share > most ? s : worst;
            most = share > most ? share : most;
        }
    }
    if (sources > 1 && worst < t->sources) {
        say(g, buf_printf(g->text, "    most of all from source %s: %.1f %%, %llu of %llu\n",
                          recipe->sources[worst].name, 100 * most,
                          (unsigned long long)t->source_dropped[worst * t->rules + rule].documents,
                          (unsigned long long)t->source_input[worst].documents));
    }
}

static void close_for(struct gate *g, const char *rule, const char *kind, const char *name, struct tally_cell dropped,
                      struct tally_cell of, double limit, size_t index, size_t number)
{
    const struct rule *const r = &g->run->rules->at[number];
    struct gate_examples examples = {.count = 0};
    g->closed++;
    say(g, buf_printf(g->text, "%s takes %.1f %% of %s %s: %llu of %llu %s documents (the limit is %.0f %%)\n", rule,
                      100 * (double)dropped.documents / (double)of.documents, kind, name,
                      (unsigned long long)dropped.documents, (unsigned long long)of.documents, g->of_what,
                      100 * limit));
    if (r->stage == STAGE_FILTER) {
        g->filters++;
        say_worst_source(g, index, number);
    }
    if (g->find) {
        g->find(g->context, index, number, &examples);
    }
    for (size_t i = 0; i < examples.count; i++) {
        const struct gate_example *const e = &examples.at[i];
        if (e->keeper) {
            say(g, buf_printf(g->text, "    %-10.4g like ", e->value));
            say_clean(g, e->keeper);
            say(g, buf_printf(g->text, ": "));
        } else {
            say(g, buf_printf(g->text, "    %-10.4g %s %-10.4g ", e->value, r->side == TAMIS_DROP_BELOW ? "<" : ">",
                              r->threshold));
        }
        say_clean(g, e->id);
        say(g, buf_add_char(g->text, '\n'));
    }
    suggest(g, rule, share_to_accept(dropped.documents, of.documents));
}

static double limit_of(const struct recipe *recipe, const char *rule, size_t domain)
{
    return recipe_accepts(recipe, rule, is_own(recipe, domain) ? GATE_SHARE_OWN : GATE_SHARE);
}

bool gate_closes(const struct recipe *recipe, const char *rule, size_t domain, struct tally_cell dropped,
                 struct tally_cell of)
{
    return dropped.documents >= GATE_AT_LEAST &&
           (double)dropped.documents > limit_of(recipe, rule, domain) * (double)of.documents;
}

static void check_cell(struct gate *g, const char *rule, const char *kind, const char *name, struct tally_cell dropped,
                       struct tally_cell of, size_t domain, size_t index, size_t number)
{
    const struct recipe *const recipe = g->run->recipe;
    if (gate_closes(recipe, rule, domain, dropped, of)) {
        close_for(g, rule, kind, name, dropped, of, limit_of(recipe, rule, domain), index, number);
    }
}

static tamis_status refuse(const struct gate *g, tamis_err *err)
{
    char paste[900] = "";
    for (size_t i = 0; i < g->accept_count; i++) {
        const size_t len = strlen(paste);
        snprintf(paste + len, sizeof paste - len, "%s%s: %.2f", len ? ", " : "", g->accept[i].rule, g->accept[i].share);
    }
    return tamis_fail(err, TAMIS_USAGE,
                      "the gate is closed: %zu abnormal %s (see above). Read the examples, then\n"
                      "%schange the recipe, or accept by writing in it:\naccept: {%s}",
                      g->closed, g->closed == 1 ? "share" : "shares",
                      g->filters ? "keep the filter off that domain (its `on: [..]` lists the domains and kinds it is "
                                   "for),\n" : "", paste);
}

tamis_status gate_check(const struct run *run, const struct tally *tally, bool duplicates, const char *of_what,
                        gate_find *find, void *context, struct buf *text, tamis_err *err)
{
    struct gate g = {.run = run, .tally = tally, .of_what = of_what, .find = find, .context = context, .text = text,
                     .fine = true};
    const struct recipe *const recipe = run->recipe;
    for (size_t d = 0; d < tally->domains; d++) {
        for (size_t r = run->rules->first_filter; r < run->rules->exact; r++) {
            check_cell(&g, run->rules->at[r].name, "domain", recipe->domains[d].name, *tally_rule(tally, d, r),
                       tally->input[d], d, d, r);
        }
    }
    for (size_t s = 0; duplicates && s < tally->sources; s++) {
        char name[128];
        snprintf(name, sizeof name, "dedup.%s", recipe->sources[s].name);
        check_cell(&g, name, "source", recipe->sources[s].name, tally->source_duplicates[s], tally->source_input[s],
                   recipe->sources[s].domain, s, run->rules->minhash);
    }
    if (!g.fine) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the gate's report");
    }
    return g.closed ? refuse(&g, err) : TAMIS_OK;
}
