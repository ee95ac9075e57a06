/*
 * Marks the documents to be scored. With a cap on the proxy's bytes it sees those with the smallest hash of their ids.
 */
#include "score/eligible.h"

#include <stdlib.h>

#include "core/sorter.h"
#include "run/key.h"

static bool bit(const uint8_t *bits, uint64_t number)
{
    return ((unsigned)bits[number / 8] >> (number % 8)) & 1u;
}

static void set(uint8_t *bits, uint64_t number)
{
    bits[number / 8] |= (uint8_t)(1u << (number % 8));
}

static void mark(struct eligible *e, const struct run *run, const struct ledger *ledger)
{
    const struct recipe *const recipe = run->recipe;
    const bool any = recipe_prunes_by_any_score(recipe);
    for (uint64_t n = 0; n < ledger->documents; n++) {
        const struct survey_row *const row = ledger_survey(ledger, n);
        const struct resolve_row *const resolve = ledger_resolve(ledger, n);
        const bool survives = !row->rule && !resolve->rule && !resolve->held_out;
        if (survives && (!any || recipe_prunes_by_score(recipe, row->domain))) {
            set(e->bits, n);
            e->count++;
        }
    }
}

static tamis_status sort_eligible(const struct eligible *e, const struct run *run, const struct ledger *ledger,
                                  struct sorter *sorter, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (uint64_t n = 0; !status && n < ledger->documents; n++) {
        if (eligible_has(e, n)) {
            const uint64_t row[2] = {draw_key(run->recipe->seed, "proxy", ledger_id(ledger, n)), n};
            status = sorter_add(sorter, row, err);
        }
    }
    return status ? status : sorter_finish(sorter, err);
}

static tamis_status sample(struct eligible *e, const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    const struct recipe_proxy *const proxy = &run->recipe->score.proxy;
    const struct sorter_options options = {
        .folder = run->tmp, .name = "proxy", .words = 2, .top = UINT64_MAX, .memory = run->memory / 4};
    struct sorter *sorter = NULL;
    const uint64_t *row = NULL;
    uint64_t bytes = 0;
    tamis_status status = sorter_open(&sorter, &options, err);
    status = status ? status : sort_eligible(e, run, ledger, sorter, err);
    while (!status && !(status = sorter_next(sorter, &row, err)) && row) {
        const uint64_t whole = ledger_survey(ledger, row[1])->text_bytes;
        const uint64_t seen = proxy->document_bytes && whole > proxy->document_bytes ? proxy->document_bytes : whole;
        if (bytes + seen > proxy->max_bytes) {
            break;
        }
        bytes += seen;
        set(e->sampled, row[1]);
    }
    sorter_free(sorter);
    return status;
}

tamis_status eligible_find(struct eligible *e, const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    const bool capped = run->recipe->score.proxy.max_bytes != 0;
    const size_t bytes = (size_t)(ledger->documents / 8 + 1);
    *e = (struct eligible){.bits = calloc(bytes, 1), .sampled = capped ? calloc(bytes, 1) : NULL};
    if (!e->bits || (capped && !e->sampled)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the documents to be scored (two bits each)");
    }
    mark(e, run, ledger);
    return capped ? sample(e, run, ledger, err) : TAMIS_OK;
}

void eligible_release(struct eligible *e)
{
    free(e->bits);
    free(e->sampled);
    *e = (struct eligible){0};
}

bool eligible_has(const struct eligible *e, uint64_t number)
{
    return bit(e->bits, number);
}

bool eligible_for_proxy(const struct eligible *e, uint64_t number)
{
    return bit(e->sampled ? e->sampled : e->bits, number);
}
