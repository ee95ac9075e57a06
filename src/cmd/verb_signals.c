/* tamis signals: every number measured on every document. */
#include <stdlib.h>
#include <string.h>

#include "cmd/files.h"
#include "cmd/verbs.h"
#include "core/json.h"

struct signals_options {
    struct files_options files;
    tamis_strings filter;
};

static const tamis_param params[] = {
    FILES_PARAMS,
    {"filter", TAMIS_STRINGS, offsetof(struct signals_options, filter), NULL, 0, 0, NULL,
     "NAME[:key=value,..]; may be given again; all filters when not given"},
    {0},
};

struct printing {
    struct flow *flow;
    struct stream_out *out;
    struct buf line, id;
};

/* Rules that share a signal measure the same thing: it is printed once. */
static bool is_first(const struct rules *rules, size_t rule)
{
    for (size_t r = rules->first_filter; r < rule; r++) {
        if (strcmp(rules->at[r].signal, rules->at[rule].signal) == 0) {
            return false;
        }
    }
    return true;
}

static tamis_status print_document(struct printing *p, const struct batch *batch, size_t index, uint64_t first,
                                   const double *values, tamis_err *err)
{
    const struct rules *const rules = &p->flow->rules;
    struct json json;
    buf_clear(&p->line);
    buf_clear(&p->id);
    const bool named = files_id(p->flow, batch, index, first, &p->id);
    json_init(&json, &p->line, 0);
    json_open(&json, '{');
    json_key_str(&json, "id", buf_str(&p->id));
    json_key(&json, "signals");
    json_open(&json, '{');
    for (size_t r = rules->first_filter; r < rules->exact; r++) {
        if (is_first(rules, r)) {
            json_key_real(&json, rules->at[r].signal, values[r - rules->first_filter]);
        }
    }
    json_close(&json, '}');
    json_close(&json, '}');
    if (!named || json.failed || !buf_add_char(&p->line, '\n')) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a line of signals");
    }
    return stream_out_add(p->out, buf_str(&p->line), err);
}

static tamis_status print_batch(void *context, const struct batch *batch, uint64_t first, tamis_err *err)
{
    struct printing *const p = context;
    const size_t rules = rules_signals(&p->flow->rules);
    const size_t row = 8 * (rules + 1);
    tamis_status status = TAMIS_OK;
    for (size_t at = 0; !status && at < batch->samples.len; at += row) {
        uint64_t index = 0;
        memcpy(&index, batch->samples.at + at, sizeof index);
        const double *const values = (const double *)(const void *)(batch->samples.at + at + sizeof index);
        status = print_document(p, batch, (size_t)index, first, values, err);
    }
    return status;
}

static tamis_status all_filters(struct buf *yaml, tamis_err *err)
{
    bool fine = buf_printf(yaml, "filters:\n");
    for (const tamis_filter *const *f = tamis_filters(); fine && *f; f++) {
        fine = strcmp((*f)->name, "regex") == 0 ? buf_printf(yaml, "- regex: {pack: boilerplate}\n")
                                                : buf_printf(yaml, "- %s\n", (*f)->name);
    }
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the filters");
}

static tamis_status signals(struct cli *cli, tamis_err *err)
{
    const struct signals_options *const options = cli->options;
    const char *const path = options->files.common.output ? options->files.common.output : "-";
    struct flow flow;
    struct printing p = {.flow = &flow};
    struct survey_totals totals = {0};
    struct buf yaml;
    buf_init(&yaml, BUF_UNLIMITED);
    buf_init(&p.line, BUF_UNLIMITED);
    buf_init(&p.id, BUF_UNLIMITED);
    flow_init(&flow, cli);
    tamis_status status =
        options->filter.count ? files_filters(&options->filter, &yaml, err) : all_filters(&yaml, err);
    if (!status && !buf_printf(&yaml, "dedup: none\n")) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the recipe");
    }
    status = status ? status : files_open(&flow, cli, buf_str(&yaml), NULL, err);
    status = status ? status : files_not_inputs(&flow, &path, 1, err);
    status = status ? status : stream_out_open(&p.out, path, codec_from_name(path), err);
    if (!status) {
        const struct files_sink sink = {.batch = print_batch, .context = &p};
        status = files_judge(&flow, true, &sink, &totals, err);
        if (status) {
            stream_out_discard(p.out);
        } else {
            status = stream_out_commit(p.out, err);
        }
    }
    flow_close(&flow);
    buf_release(&yaml);
    buf_release(&p.line);
    buf_release(&p.id);
    return status ? status : files_verdict(&totals, options->files.max_bad, err);
}

static const char *const examples[] = {
    "tamis signals corpus.jsonl.zst | head -3",
    "tamis signals --filter gopher_quality:dialect=tamis@1 corpus.jsonl.zst -o signals.jsonl.zst",
    NULL};

const struct verb verb_signals = {
    .name = "signals",
    .synopsis = "[options] [FILES]",
    .summary = "prints every number measured on every document, as JSON lines",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct signals_options),
    .without = "json memory tmp seed",
    .run = signals,
};
