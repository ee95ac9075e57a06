/* See texts.h. What is measured goes to a file beside, since it is joined with the trajectories later. */
#include "score/texts.h"

#include <math.h>

#include "core/file.h"
#include "run/visit.h"

struct reading {
    const struct run *run;
    const struct ledger *ledger;
    const struct eligible *eligible;
    struct cache *cache;
    struct file_out *out;
    struct scoring compression;
    tamis_text *text;
};

static bool wants(void *context, uint64_t number)
{
    const struct reading *const r = context;
    return eligible_has(r->eligible, number);
}

static tamis_status read_one(void *context, uint64_t number, const struct record *record,
                             const struct reader_format *format, tamis_err *err)
{
    const struct reading *const r = context;
    const struct scoring *const scoring = &r->run->recipe->score.scoring;
    (void)format;
    tamis_text_set(r->text, record->text);
    const struct text_row row = {
        .compression = r->compression.scorer->text(r->compression.self, r->text),
        .score = scoring->scorer->text ? scoring->scorer->text(scoring->self, r->text) : NAN,
    };
    if (tamis_text_failed(r->text)) {
        return tamis_fail(err, TAMIS_IO, "out of memory while scoring document %llu", (unsigned long long)number);
    }
    tamis_status status = file_out_add(r->out, &row, sizeof row, err);
    if (!status && r->cache && eligible_for_proxy(r->eligible, number)) {
        status = cache_add(r->cache, number, ledger_survey(r->ledger, number)->domain, ledger_id(r->ledger, number),
                           record->text, err);
    }
    return status;
}

static tamis_status read_all(struct reading *r, const struct texts *texts, tamis_err *err)
{
    const struct visit visit = {.wants = wants, .parse = true, .record = read_one, .context = r};
    struct arena *const arena = &r->run->recipe->arena;
    tamis_status status = scoring_open(&r->compression, scorer_find("compression"), NULL, NULL, arena, err);
    r->text = tamis_text_new();
    if (!status && !r->text) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the texts to be scored");
    }
    status = status ? status : file_out_open(&r->out, texts->path.at, err);
    status = status ? status : visit_records(r->run, r->ledger, &visit, err);
    if (!status) {
        status = file_out_commit(r->out, err);
    } else if (r->out) {
        file_out_discard(r->out);
    }
    scoring_close(&r->compression);
    tamis_text_free(r->text);
    return status;
}

tamis_status texts_read(struct texts *texts, const struct run *run, const struct ledger *ledger,
                        const struct eligible *eligible, struct cache *cache, tamis_err *err)
{
    struct reading r = {.run = run, .ledger = ledger, .eligible = eligible, .cache = cache};
    *texts = (struct texts){0};
    tamis_status status = path_make(&texts->path, err, "%s/texts.scored", run->tmp);
    status = status ? status : read_all(&r, texts, err);
    if (!status && eligible->count) {
        const void *at = NULL;
        status = file_map(texts->path.at, &at, &texts->bytes, err);
        texts->rows = at;
    }
    if (!status && texts->bytes != eligible->count * sizeof *texts->rows) {
        status = tamis_fail(err, TAMIS_INTERNAL, "%s: %llu documents were to be scored, %zu were read",
                            texts->path.at, (unsigned long long)eligible->count, texts->bytes / sizeof *texts->rows);
    }
    return status;
}

tamis_status texts_release(struct texts *texts, tamis_err *err)
{
    if (texts->rows) {
        file_unmap(texts->rows, texts->bytes);
    }
    const tamis_status status = texts->path.at[0] ? file_remove_tree(texts->path.at, err) : TAMIS_OK;
    *texts = (struct texts){0};
    return status;
}
