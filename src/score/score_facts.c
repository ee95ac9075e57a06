/* One table of the counts serves writing and reading. */
#include "score/score_facts.h"

#include <math.h>

#include "core/file.h"
#include "core/json.h"
#include "core/path.h"
#include "core/str.h"
#include "core/tree.h"

struct fact {
    const char *name;
    size_t offset;
};

static const struct fact facts[] = {
    {"eligible", offsetof(struct score_totals, eligible)},
    {"scored", offsetof(struct score_totals, scored)},
    {"shortened", offsetof(struct score_totals, shortened)},
    {"checkpoints", offsetof(struct score_totals, checkpoints)},
    {"least_covered", offsetof(struct score_totals, least_covered)},
    {"unknown_ids", offsetof(struct score_totals, unknown_ids)},
    {"unneeded_ids", offsetof(struct score_totals, unneeded_ids)},
    {"ambiguous_ids", offsetof(struct score_totals, ambiguous_ids)},
    {"records", offsetof(struct score_totals, records)},
    {"lossy", offsetof(struct score_totals, lossy)},
    {"not_finite", offsetof(struct score_totals, not_finite)},
    {"negative", offsetof(struct score_totals, negative)},
    {"broken", offsetof(struct score_totals, broken)},
    {"damaged", offsetof(struct score_totals, damaged)},
};

#define FACTS (sizeof facts / sizeof *facts)

static uint64_t *count_at(struct score_totals *totals, size_t fact)
{
    return (uint64_t *)(void *)((char *)totals + facts[fact].offset);
}

/* "loss": per checkpoint an object from each domain that was scored to nats per byte. */
static void write_losses(struct json *j, const struct run *run, const struct proxy_facts *proxy)
{
    json_key(j, "loss");
    json_open(j, '[');
    for (size_t t = 0; t < proxy->checkpoints; t++) {
        json_open(j, '{');
        for (size_t d = 0; d < run->recipe->domain_count && d < proxy->groups; d++) {
            const double loss = proxy->loss[t * proxy->groups + d];
            if (!isnan(loss)) {
                json_key_real(j, run->recipe->domains[d].name, loss);
            }
        }
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void write_proxy(struct json *j, const struct run *run, const struct proxy_facts *proxy)
{
    json_key(j, "proxy");
    json_open(j, '{');
    json_key_count(j, "parameters", proxy->parameters);
    json_key_count(j, "passes", run->recipe->score.proxy.passes);
    json_key_count(j, "documents", proxy->documents);
    json_key_count(j, "bytes", proxy->bytes);
    write_losses(j, run, proxy);
    json_close(j, '}');
}

tamis_status score_facts_write(const struct run *run, const struct score_totals *totals,
                               const struct proxy_facts *proxy, tamis_err *err)
{
    struct score_totals copy = *totals;
    struct path path;
    struct buf out;
    struct json j;
    const tamis_status status = path_make(&path, err, "%s/scores.json", run->folder);
    if (status) {
        return status;
    }
    buf_init(&out, BUF_UNLIMITED);
    json_init(&j, &out, 2);
    json_open(&j, '{');
    json_key_count(&j, "version", SCORES_VERSION);
    json_key_text(&j, "scorer", run->recipe->score.name);
    json_key_text(&j, "trajectories", run->recipe->score.trajectories);
    for (size_t f = 0; f < FACTS; f++) {
        json_key_count(&j, facts[f].name, *count_at(&copy, f));
    }
    if (proxy) {
        write_proxy(&j, run, proxy);
    }
    json_close(&j, '}');
    const bool fine = !j.failed && buf_add_char(&out, '\n');
    return file_write_text(path.at, &out, fine, err);
}

tamis_status score_recall(const struct run *run, struct score_totals *totals, tamis_err *err)
{
    struct path path;
    struct arena arena;
    struct tree *root = NULL;
    *totals = (struct score_totals){0};
    arena_init(&arena);
    tamis_status status = path_make(&path, err, "%s/scores.json", run->folder);
    status = status ? status : tree_load(&arena, path.at, &root, err);
    for (size_t f = 0; !status && f < FACTS; f++) {
        const struct tree *const node = root->kind == TREE_MAP ? tree_get(root, facts[f].name) : NULL;
        if (!node || node->kind != TREE_SCALAR || !str_count(str_from(node->text), count_at(totals, f))) {
            status = tamis_fail(err, TAMIS_INPUT, "%s: has no count `%s`; run again with --redo", path.at,
                                facts[f].name);
        }
    }
    arena_release(&arena);
    return status;
}

static bool say(struct buf *out, uint64_t count, const struct recipe *recipe, const char *what)
{
    return !count || buf_printf(out, "%s: %llu %s\n", recipe->score.trajectories, (unsigned long long)count, what);
}

bool score_say(const struct score_totals *totals, const struct recipe *recipe, struct buf *out)
{
    return say(out, totals->damaged, recipe, "stream was damaged: what could not be read of it is lost; restore it "
               "and run again") &&
           say(out, totals->broken, recipe, "records were rejected; `tamis score` says of each why") &&
           say(out, totals->lossy, recipe, "records hold a loss that is negative or not finite; it counts as not "
               "measured") &&
           say(out, totals->unknown_ids, recipe, "ids are of no document of this run") &&
           say(out, totals->ambiguous_ids, recipe,
               "ids stand for several documents, or twice for one step; these have no score: make ids unique");
}

tamis_status score_verdict(const struct score_totals *totals, double max_bad, tamis_err *err)
{
    const uint64_t bad = totals->broken + totals->lossy;
    if (totals->damaged) {
        return tamis_fail(err, TAMIS_DAMAGED, "done, but a stream of the trajectories was damaged: what "
                          "could not be read of it was rejected");
    }
    if ((double)bad > max_bad * (double)totals->records) {
        return tamis_fail(err, TAMIS_DAMAGED, "done, but %llu of %llu records of the trajectories were rejected or "
                          "hold a rejected loss (--max-bad allows %g)", (unsigned long long)bad,
                          (unsigned long long)totals->records, max_bad);
    }
    return TAMIS_OK;
}
