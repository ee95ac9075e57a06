/* What the gate lets pass and nobody should overlook. */
#include "run/remarks.h"

#include <stdlib.h>

#include "run/gate.h"

#define LINES 5
#define RULES_NAMED 3

struct loss {
    size_t source;
    size_t first, end; /* the rules it is about: rejects or filters */
    bool of_tokens;
    double share;
};

struct losses {
    const struct run *run;
    const struct tally *tally;
    struct loss *at;
    size_t count;
};

static double share_of(const struct losses *l, size_t source, size_t rule, bool of_tokens)
{
    const struct tally_cell of = l->tally->source_input[source];
    const struct tally_cell part = l->tally->source_dropped[source * l->tally->rules + rule];
    const double all = (double)(of_tokens ? of.tokens : of.documents);
    return all > 0 ? (double)(of_tokens ? part.tokens : part.documents) / all : 0;
}

/* Whether people know of it: they accepted it, or the gate tells them. */
static bool is_known(const struct losses *l, size_t source, size_t rule, double share)
{
    const struct recipe *const recipe = l->run->recipe;
    const size_t domain = recipe->sources[source].domain;
    return recipe_accepts(recipe, l->run->rules->at[rule].name, 0) >= share ||
           (rule >= l->run->rules->first_filter &&
            gate_closes(recipe, l->run->rules->at[rule].name, domain, *tally_rule(l->tally, domain, rule),
                        l->tally->input[domain]));
}

static void see_rules(struct losses *l, struct loss loss)
{
    uint64_t documents = 0;
    double most = 0;
    for (size_t r = loss.first; r < loss.end; r++) {
        const double share = share_of(l, loss.source, r, loss.of_tokens);
        if (share > 0 && !is_known(l, loss.source, r, share)) {
            documents += l->tally->source_dropped[loss.source * l->tally->rules + r].documents;
            loss.share += share;
            most = share > most ? share : most;
        }
    }
    const bool rejects = loss.end == l->run->rules->first_filter;
    const double limit = rejects ? REMARK_SHARE : REMARK_SHARE_ALL;
    if (documents >= GATE_AT_LEAST && (most > REMARK_SHARE || loss.share > limit)) {
        l->at[l->count++] = loss;
    }
}

/* The larger of its two losses. */
static void see_source(struct losses *l, size_t source)
{
    const size_t first = l->run->rules->first_filter, count = l->count;
    see_rules(l, (struct loss){.source = source, .end = first});
    const size_t rejects = l->count - count;
    see_rules(l, (struct loss){.source = source, .first = first, .end = l->run->rules->exact});
    see_rules(l, (struct loss){.source = source, .first = first, .end = l->run->rules->exact, .of_tokens = true});
    if (l->count - count - rejects == 2) {
        l->count--;
        l->at[l->count - 1] = l->at[l->count].share > l->at[l->count - 1].share ? l->at[l->count] : l->at[l->count - 1];
    }
}

static int worst_first(const void *a, const void *b)
{
    const struct loss *const x = a, *const y = b;
    return x->share != y->share ? (x->share < y->share) - (x->share > y->share)
                                : (x->source > y->source) - (x->source < y->source);
}

/* The rule that takes most but for those named before it, which end with `after` and which it follows only if it takes
 * 1 %; rules->count: there is none. */
static size_t next_rule(const struct losses *l, const struct loss *loss, size_t after)
{
    const size_t none = l->run->rules->count;
    const double bound = after < none ? share_of(l, loss->source, after, loss->of_tokens) : 2;
    size_t worst = none;
    double most = after < none ? 0.01 : 0;
    for (size_t r = loss->first; r < loss->end; r++) {
        const double share = share_of(l, loss->source, r, loss->of_tokens);
        const bool comes = share < bound || (share == bound && r > after);
        if (comes && share > most && !is_known(l, loss->source, r, share)) {
            worst = r;
            most = share;
        }
    }
    return worst;
}

static bool say_cure(const struct losses *l, const struct loss *loss, size_t rule, struct buf *lines)
{
    if (loss->first == 0 || rule == l->run->rules->count) {
        return buf_printf(lines, "; look at these records and at the fields that the source names\n");
    }
    const char *const filter = l->run->recipe->filters[l->run->rules->at[rule].filter].filter->name;
    return buf_printf(lines, "; if that is not meant, list in `on: [..]` of %s the domains it is for\n", filter);
}

static bool say_loss(const struct losses *l, const struct loss *loss, struct buf *lines)
{
    const size_t none = l->run->rules->count, worst = next_rule(l, loss, none);
    bool fine = buf_printf(lines, "source %s %s %.0f %% of its %s (", l->run->recipe->sources[loss->source].name,
                           loss->first ? "loses" : "cannot be read:", 100 * loss->share,
                           loss->of_tokens ? "tokens" : loss->first ? "documents" : "records");
    size_t rule = worst;
    for (size_t i = 0; fine && rule < none && i < RULES_NAMED; i++) {
        fine = buf_printf(lines, "%s%s %.0f %%", i ? ", " : "", l->run->rules->at[rule].name,
                          100 * share_of(l, loss->source, rule, loss->of_tokens));
        rule = next_rule(l, loss, rule);
    }
    return fine && buf_printf(lines, "%s)", rule < none ? ", .." : "") && say_cure(l, loss, worst, lines);
}

bool remark_losses(const struct run *run, const struct tally *tally, struct buf *lines)
{
    struct losses l = {.run = run, .tally = tally, .at = calloc(3 * tally->sources + 1, sizeof *l.at)};
    bool fine = l.at != NULL;
    for (size_t s = 0; fine && s < tally->sources; s++) {
        see_source(&l, s);
    }
    if (fine) {
        qsort(l.at, l.count, sizeof *l.at, worst_first);
    }
    for (size_t i = 0; fine && i < l.count && i < LINES; i++) {
        fine = say_loss(&l, &l.at[i], lines);
    }
    if (fine && l.count > LINES) {
        fine = buf_printf(lines, "%zu more of this kind: see `domains` and `rules` of the report\n", l.count - LINES);
    }
    free(l.at);
    return fine;
}

/* Whether somebody trains on it: it is a target's own, or a target takes every domain. */
static bool is_wanted(const struct recipe *recipe, size_t domain)
{
    for (size_t t = 0; t < recipe->target_count; t++) {
        if (recipe->targets[t].natural || recipe->targets[t].domain == domain) {
            return true;
        }
    }
    return false;
}

bool remark_holdout(const struct recipe *recipe, const struct tally *tally, struct buf *lines)
{
    size_t empty = 0;
    bool fine = true;
    for (size_t d = 0; fine && recipe->holdout.on && recipe->holdout.max_documents && d < tally->domains; d++) {
        const uint64_t gone =
            tally_fate(tally, d, FATE_REJECTED)->documents + tally_fate(tally, d, FATE_DROPPED)->documents;
        const uint64_t left = tally->input[d].documents - gone;
        if (!left || tally_fate(tally, d, FATE_HELD_OUT)->documents || !is_wanted(recipe, d)) {
            continue;
        }
        if (empty++ < LINES) {
            fine = buf_printf(lines, "valid/ has nothing of %s: %g %% of %llu documents; set holdout.share\n",
                              recipe->domains[d].name, 100 * recipe->holdout.share, (unsigned long long)left);
        }
    }
    return fine && (empty <= LINES || buf_printf(lines, "valid/ has nothing of %zu more domains\n", empty - LINES));
}
