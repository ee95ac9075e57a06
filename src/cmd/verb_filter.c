/* tamis filter: kept lines as they were, and a record of every drop. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/drop_line.h"
#include "cmd/files.h"
#include "cmd/verbs.h"
#include "core/str.h"

struct filter_options {
    struct files_options files;
    const char *recipe, *drops;
    tamis_strings filter;
    bool no_text, copy_frames;
};

static const tamis_param params[] = {
    FILES_PARAMS,
    {"filter", TAMIS_STRINGS, offsetof(struct filter_options, filter), NULL, 0, 0, NULL,
     "NAME[:key=value,..,on=KIND|all]; may be given again; tested in the order given"},
    {"recipe", TAMIS_STRING, offsetof(struct filter_options, recipe), NULL, 0, 0, NULL,
     "take the filters of this recipe"},
    {"drops", TAMIS_STRING, offsetof(struct filter_options, drops), NULL, 0, 0, NULL,
     "write id, stage, rule, value and threshold of every dropped document here"},
    {"no_text", TAMIS_BOOL, offsetof(struct filter_options, no_text), "false", 0, 0, NULL,
     "decide only: write no kept lines"},
    {"copy_frames", TAMIS_BOOL, offsetof(struct filter_options, copy_frames), "false", 0, 0, NULL,
     "copy zstd frames of which every line is kept as they are, instead of compressing them again"},
    {0},
};

struct filtering {
    struct flow *flow;
    struct stream_out *kept, *drops; /* NULL: not wanted */
    struct buf line, id;
    uint64_t dropped, copied; /* documents; frames */
};

static tamis_status keep_record(struct filtering *f, const struct batch *batch, const struct record *record,
                                tamis_err *err)
{
    buf_clear(&f->line);
    const tamis_status status = reader_line(f->flow->inputs.at[batch->input].format, record, &f->line, err);
    return status ? status : stream_out_add(f->kept, buf_str(&f->line), err);
}

static tamis_status record_drop(struct filtering *f, const struct batch *batch, size_t i, uint64_t first,
                                const struct survey_row *row, tamis_err *err)
{
    const struct rule *const rule = &f->flow->rules.at[row->rule - 1];
    buf_clear(&f->line);
    buf_clear(&f->id);
    const bool fine = files_id(f->flow, batch, i, first, &f->id) &&
                      drop_line(&f->line, &(struct drop_line){.id = buf_str(&f->id), .rule = rule, .value = row->value,
                                                              .threshold = rule->threshold});
    return fine ? stream_out_add(f->drops, buf_str(&f->line), err)
                : tamis_fail(err, TAMIS_IO, "out of memory for a drop");
}

static bool keeps_all(const struct batch *batch)
{
    const struct survey_row *const rows = (const struct survey_row *)(const void *)batch->rows.at;
    for (size_t i = 0; i < batch->records.count; i++) {
        if (rows[i].rule) {
            return false;
        }
    }
    return true;
}

static tamis_status filter_batch(void *context, const struct batch *batch, uint64_t first, tamis_err *err)
{
    struct filtering *const f = context;
    const struct survey_row *const rows = (const struct survey_row *)(const void *)batch->rows.at;
    tamis_status status = TAMIS_OK;
    const bool renders = f->flow->inputs.at[batch->input].format->renders;
    if (f->kept && f->flow->run.copies_frames && batch->chunk.packed.len > 0 && !renders && keeps_all(batch)) {
        f->copied++;
        return stream_out_add_packed(f->kept, buf_str(&batch->chunk.packed), err);
    }
    for (size_t i = 0; !status && i < batch->records.count; i++) {
        if (rows[i].rule) {
            f->dropped += !batch->records.at[i].reject;
            status = f->drops ? record_drop(f, batch, i, first, &rows[i], err) : TAMIS_OK;
        } else if (f->kept) {
            status = keep_record(f, batch, &batch->records.at[i], err);
        }
    }
    return status;
}

/* The filters section of another recipe, as text. Domains it names are unknown here, so `on:` may only name kinds. */
static tamis_status borrow_filters(const char *path, struct buf *yaml, tamis_err *err)
{
    struct recipe recipe;
    const tamis_strings none = {0};
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    tamis_status status = recipe_load(&recipe, path, &none, err);
    if (!status) {
        const bool fine = recipe_print(&recipe, SECTION_FILTERS, &text);
        const char *const filters = fine ? strstr(text.at, "filters:") : NULL;
        status = filters && buf_add_str(yaml, str_from(filters))
                     ? TAMIS_OK
                     : tamis_fail(err, TAMIS_IO, "out of memory for the filters");
    }
    buf_release(&text);
    recipe_release(&recipe);
    return status;
}

static tamis_status make_sections(const struct filter_options *options, struct buf *yaml, tamis_err *err)
{
    if (options->recipe && options->filter.count) {
        return tamis_fail(err, TAMIS_USAGE, "tamis filter: give --filter or --recipe, not both");
    }
    if (!options->recipe && !options->filter.count) {
        return tamis_fail(err, TAMIS_USAGE,
                          "tamis filter: say what to filter by: --filter NAME (again and again) or --recipe RECIPE");
    }
    const tamis_status status =
        options->recipe ? borrow_filters(options->recipe, yaml, err) : files_filters(&options->filter, yaml, err);
    return status || buf_printf(yaml, "dedup: none\n") ? status : tamis_fail(err, TAMIS_IO, "out of memory");
}

static tamis_status open_outputs(struct filtering *f, const struct filter_options *options, tamis_err *err)
{
    const char *const path = options->files.common.output ? options->files.common.output : "-";
    const char *const outputs[] = {options->no_text ? NULL : path, options->drops};
    tamis_status apart = files_apart(outputs, 2, err);
    apart = apart ? apart : files_not_inputs(f->flow, outputs, 2, err);
    if (apart) {
        return apart;
    }
    tamis_status status =
        options->no_text ? TAMIS_OK
                         : stream_out_open_threads(&f->kept, path, codec_from_name(path), f->flow->run.threads, err);
    if (!status && options->drops) {
        status = stream_out_open(&f->drops, options->drops, codec_from_name(options->drops), err);
    }
    return status;
}

/* Kept lines and drops stand together or not at all. */
static tamis_status close_outputs(struct filtering *f, tamis_status status, tamis_err *err)
{
    if (status) {
        stream_out_discard(f->kept);
        stream_out_discard(f->drops);
        return status;
    }
    if (f->drops) {
        status = stream_out_commit(f->drops, err);
    }
    if (f->kept && status) {
        stream_out_discard(f->kept);
    } else if (f->kept) {
        status = stream_out_commit(f->kept, err);
    }
    return status;
}

static tamis_status filter(struct cli *cli, tamis_err *err)
{
    const struct filter_options *const options = cli->options;
    struct flow flow;
    struct filtering f = {.flow = &flow};
    struct survey_totals totals = {0};
    struct buf yaml;
    buf_init(&yaml, BUF_UNLIMITED);
    buf_init(&f.line, BUF_UNLIMITED);
    buf_init(&f.id, BUF_UNLIMITED);
    flow_init(&flow, cli);
    tamis_status status = make_sections(options, &yaml, err);
    status = status ? status : files_open(&flow, cli, buf_str(&yaml), NULL, err);
    status = status ? status : files_check_output(&flow, options->files.common.output, options->no_text,
                                                  options->copy_frames, err);
    status = status ? status : open_outputs(&f, options, err);
    const struct files_sink sink = {.batch = filter_batch, .context = &f};
    status = status ? status : files_judge(&flow, false, &sink, &totals, err);
    status = close_outputs(&f, status, err);
    if (!status) {
        cli_note(cli, 0, "%llu documents: %llu kept, %llu dropped, %llu rejected",
                 (unsigned long long)totals.documents,
                 (unsigned long long)(totals.documents - totals.rejects - f.dropped), (unsigned long long)f.dropped,
                 (unsigned long long)totals.rejects);
        files_note_copied(&flow, f.copied);
    }
    flow_close(&flow);
    buf_release(&yaml);
    buf_release(&f.line);
    buf_release(&f.id);
    return status ? status : files_verdict(&totals, options->files.max_bad, err);
}

static const char *const examples[] = {
    "zstdcat in.jsonl.zst | tamis filter --filter gopher_quality:dialect=tamis@1 --drops drops.jsonl > kept.jsonl",
    "tamis filter --filter length:min_words=20,on=all --filter regex:pack=boilerplate in.jsonl.zst -o kept.jsonl.zst",
    NULL};

const struct verb verb_filter = {
    .name = "filter",
    .synopsis = "--filter NAME[:key=value,..] .. [options] [FILES]",
    .summary = "writes the lines that pass, byte for byte, and records every drop",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct filter_options),
    .without = "json memory tmp seed",
    .run = filter,
};
