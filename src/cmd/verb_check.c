/* tamis check: what a run would do, from a sample. */
#include "cmd/flow.h"
#include "cmd/say.h"
#include "cmd/verbs.h"
#include "core/json.h"
#include "recipe/kind.h"
#include "sketch/sketch.h"

static const double curve_at[] = {0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95};
#define CURVE_POINTS (sizeof curve_at / sizeof *curve_at)

static double share(uint64_t part, uint64_t of)
{
    return of ? (double)part / (double)of : 0;
}

static bool print_sources(const struct flow *flow, const struct check *check, struct buf *out)
{
    bool fine = buf_printf(out, "%-20s %-14s %-8s %6s %10s  %s\n", "source", "domain", "kind", "parts", "sampled",
                           "languages");
    for (size_t s = 0; fine && s < flow->recipe.source_count; s++) {
        const struct recipe_source *const source = &flow->recipe.sources[s];
        const struct check_source *const c = &check->sources[s];
        fine = buf_printf(out, "%-20s %-14s %-8s %6zu %10llu ", source->name, source->domain_name,
                          kind_name((tamis_kind)source->kind), c->parts, (unsigned long long)c->documents);
        for (size_t l = 0; fine && l < CHECK_LANGUAGES && c->languages[l].documents; l++) {
            fine = buf_printf(out, " %s %.0f %%", c->languages[l].code,
                              100 * share(c->languages[l].documents, c->told));
        }
        fine = fine && buf_add_char(out, '\n');
        int guessed = 0;
        for (int k = 0; k < TAMIS_KINDS; k++) {
            guessed = c->kinds[k] > c->kinds[guessed] ? k : guessed;
        }
        if (fine && c->documents && guessed != source->kind && share(c->kinds[guessed], c->documents) > 0.5) {
            fine = buf_printf(out, "    note: most of it looks like %s, the recipe says %s\n",
                              kind_name((tamis_kind)guessed), kind_name((tamis_kind)source->kind));
        }
    }
    return fine;
}

static bool print_domains(const struct flow *flow, const struct check *check, struct buf *out)
{
    bool fine = buf_printf(out, "\n%-30s %10s %8s\n", "domain, rule", "documents", "share");
    for (size_t d = 0; fine && d < flow->recipe.domain_count; d++) {
        const uint64_t of = check->tally.input[d].documents;
        const uint64_t kept = tally_fate(&check->tally, d, FATE_SURPLUS)->documents;
        fine = buf_printf(out, "%-30s %10llu %6.2f %% kept\n", flow->recipe.domains[d].name, (unsigned long long)of,
                          100 * share(kept, of));
        for (size_t r = 0; fine && r < flow->rules.count; r++) {
            const uint64_t taken = tally_rule(&check->tally, d, r)->documents;
            if (taken) {
                fine = buf_printf(out, "  %-28s %10llu %6.2f %%\n", flow->rules.at[r].name, (unsigned long long)taken,
                                  100 * share(taken, of));
            }
        }
    }
    return fine;
}

static bool print_curve(const struct flow *flow, struct buf *out)
{
    const unsigned bands = (unsigned)flow->recipe.dedup.bands, rows = (unsigned)flow->recipe.dedup.rows;
    if (!flow->recipe.dedup.minhash) {
        return true;
    }
    bool fine = buf_printf(out, "\nnear-duplicates: %u bands x %u rows; a pair of this Jaccard similarity is found "
                           "with\n  ", bands, rows);
    for (size_t i = 0; fine && i < CURVE_POINTS; i++) {
        fine = buf_printf(out, "%8.2f", curve_at[i]);
    }
    fine = fine && buf_printf(out, "\n  ");
    for (size_t i = 0; fine && i < CURVE_POINTS; i++) {
        fine = buf_printf(out, "%6.1f %%", 100 * sketch_s_curve(curve_at[i], bands, rows));
    }
    return fine && buf_printf(out, "\n");
}

static bool print_projection(const struct projection *p, const struct check *check, struct buf *out)
{
    return buf_printf(out,
                      "\nestimated from %llu documents: %llu documents, %.1f MB of text, memory %.0f MiB at most,\n"
                      "disk %.1f MB, %u reads of the input, about %.0f s\n",
                      (unsigned long long)check->tally.all.documents, (unsigned long long)p->documents,
                      (double)p->text_bytes / 1e6, (double)p->memory / (1u << 20), (double)p->disk / 1e6, p->reads,
                      p->seconds);
}

static void json_domains(const struct flow *flow, const struct check *check, struct json *j)
{
    json_key(j, "domains");
    json_open(j, '[');
    for (size_t d = 0; d < flow->recipe.domain_count; d++) {
        const uint64_t of = check->tally.input[d].documents;
        json_open(j, '{');
        json_key_text(j, "domain", flow->recipe.domains[d].name);
        json_key_count(j, "sampled", of);
        json_key_real(j, "keep_rate", share(tally_fate(&check->tally, d, FATE_SURPLUS)->documents, of));
        json_key(j, "rules");
        json_open(j, '[');
        for (size_t r = 0; r < flow->rules.count; r++) {
            const uint64_t taken = tally_rule(&check->tally, d, r)->documents;
            if (taken) {
                json_open(j, '{');
                json_key_text(j, "rule", flow->rules.at[r].name);
                json_key_count(j, "documents", taken);
                json_key_real(j, "share", share(taken, of));
                json_close(j, '}');
            }
        }
        json_close(j, ']');
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void json_sources(const struct flow *flow, const struct check *check, struct json *j)
{
    json_key(j, "sources");
    json_open(j, '[');
    for (size_t s = 0; s < flow->recipe.source_count; s++) {
        json_open(j, '{');
        json_key_text(j, "source", flow->recipe.sources[s].name);
        json_key_text(j, "domain", flow->recipe.sources[s].domain_name);
        json_key_text(j, "kind", kind_name((tamis_kind)flow->recipe.sources[s].kind));
        json_key_count(j, "parts", check->sources[s].parts);
        json_key_count(j, "sampled", check->sources[s].documents);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static bool print_json(const struct flow *flow, const struct check *check, const struct projection *p, bool open,
                       struct buf *out)
{
    struct json j;
    json_init(&j, out, 1);
    json_open(&j, '{');
    json_sources(flow, check, &j);
    json_domains(flow, check, &j);
    json_key(&j, "s_curve");
    json_open(&j, '[');
    for (size_t i = 0; flow->recipe.dedup.minhash && i < CURVE_POINTS; i++) {
        json_open(&j, '{');
        json_key_real(&j, "jaccard", curve_at[i]);
        json_key_real(&j, "found", sketch_s_curve(curve_at[i], (unsigned)flow->recipe.dedup.bands,
                                                  (unsigned)flow->recipe.dedup.rows));
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_key(&j, "estimates");
    json_open(&j, '{');
    json_key_count(&j, "documents", p->documents);
    json_key_count(&j, "text_bytes", p->text_bytes);
    json_key_count(&j, "memory_bytes", p->memory);
    json_key_count(&j, "disk_bytes", p->disk);
    json_key_count(&j, "reads", p->reads);
    json_key_real(&j, "seconds", p->seconds);
    json_close(&j, '}');
    json_key_text(&j, "gate", open ? "open" : "closed");
    json_close(&j, '}');
    return !j.failed && buf_add_char(out, '\n');
}

tamis_status check_and_print(struct flow *flow, const struct cli *cli, tamis_err *err)
{
    const struct common *const common = cli->options;
    struct check check = {0};
    struct projection projection;
    struct buf out, closed;
    buf_init(&out, BUF_UNLIMITED);
    buf_init(&closed, BUF_UNLIMITED);
    tamis_status status = flow_foresee(flow, err);
    status = status ? status : flow_can_train(flow, err);
    status = status ? status : check_heads(&flow->run, false, err);
    status = status ? status : check_sample(&check, &flow->run, err);
    if (!status) {
        check_project(&check, &flow->run, &projection);
        const tamis_status gate = check_gate(&check, &flow->run, &closed, err);
        const bool fine = common->json ? print_json(flow, &check, &projection, gate == TAMIS_OK, &out)
                                       : print_sources(flow, &check, &out) && print_domains(flow, &check, &out) &&
                                             print_curve(flow, &out) && print_projection(&projection, &check, &out);
        status = fine ? cli_print(buf_str(&out), err)
                      : tamis_fail(err, TAMIS_IO, "out of memory for the check's words");
        status = status ? status : say_losses(flow, &check, err);
        say_text(&closed);
        status = status ? status : gate;
        status = status ? status : check_memory(&projection, &flow->run, err);
    }
    check_release(&check);
    buf_release(&out);
    buf_release(&closed);
    return status;
}

static tamis_status check_verb(struct cli *cli, tamis_err *err)
{
    tamis_status status = cli_want(cli, 1, "one RECIPE", err);
    if (status) {
        return status;
    }
    struct flow flow;
    status = flow_open(&flow, cli, cli->arguments[0], err);
    status = status ? status : check_and_print(&flow, cli, err);
    flow_close(&flow);
    return status;
}

static const char *const examples[] = {"tamis check recipe.yaml", "tamis check recipe.yaml --json | jq .domains", NULL};

const struct verb verb_check = {
    .name = "check",
    .synopsis = "RECIPE [options]",
    .summary = "validates a recipe and tells from a sample what a run would do",
    .examples = examples,
    .options_bytes = sizeof(struct common),
    .without = "output tmp stats",
    .run = check_verb,
};
