/*
 * Exact duplicates. Hashes are sorted on disk; within a class of equal ones every document points to a better one, and
 * a last walk over all documents makes the best of the class of it.
 */
#include "dedup/keeper.h"
#include "dedup/resolving.h"

#include <string.h>

/* high, low, the domain where classes do not reach across domains, number */
static unsigned row_words(const struct resolving *r)
{
    return r->run->recipe->dedup.scope == SCOPE_DOMAIN ? 4 : 3;
}

static tamis_status add_hashes(struct resolving *r, struct sorter *hashes, tamis_err *err)
{
    const unsigned words = row_words(r);
    for (size_t p = 0; p < r->ledger->part_count; p++) {
        const struct ledger_part *const part = &r->ledger->parts[p];
        const struct survey_row *const rows = part->survey.rows;
        for (size_t i = 0; i < part->count; i++) {
            const uint64_t number = part->first + i;
            tamis_status status = resolving_pause(r, number, err);
            if (!status && rows[i].rule == 0) {
                uint64_t row[4] = {rows[i].hash_high, rows[i].hash_low, rows[i].domain};
                row[words - 1] = number;
                status = sorter_add(hashes, row, err);
            }
            if (status) {
                return status;
            }
        }
        progress_update(r->run->progress, part->first + part->count, part->first + part->count);
    }
    return sorter_finish(hashes, err);
}

static tamis_status fold_classes(struct resolving *r, struct sorter *hashes, tamis_err *err)
{
    const unsigned words = row_words(r);
    uint64_t class[4] = {0}, best = LEDGER_NOBODY;
    for (uint64_t step = 0;; step++) {
        const uint64_t *row = NULL;
        tamis_status status = resolving_pause(r, step, err);
        status = status ? status : sorter_next(hashes, &row, err);
        if (status || !row) {
            return status;
        }
        const uint64_t number = row[words - 1];
        if (best == LEDGER_NOBODY || memcmp(class, row, (words - 1) * sizeof class[0]) != 0) {
            memcpy(class, row, (words - 1) * sizeof class[0]);
            best = number;
        } else if (keeper_before(r->ledger, &r->run->recipe->dedup, number, best)) {
            r->keeper[best] = number;
            best = number;
        } else {
            r->keeper[number] = best;
        }
    }
}

static uint64_t follow(uint64_t *keeper, uint64_t number)
{
    uint64_t end = number;
    while (keeper[end] != LEDGER_NOBODY) {
        end = keeper[end];
    }
    while (keeper[number] != LEDGER_NOBODY) {
        const uint64_t next = keeper[number];
        keeper[number] = end;
        number = next;
    }
    return end;
}

tamis_status exact_fold(struct resolving *r, tamis_err *err)
{
    struct sorter *hashes = NULL;
    progress_stage(r->run->progress, "exact duplicates", "documents", r->ledger->documents);
    tamis_status status = resolving_sorter(&hashes, r, "hashes", row_words(r), UINT64_MAX, r->memory / 2, err);
    status = status ? status : add_hashes(r, hashes, err);
    status = status ? status : fold_classes(r, hashes, err);
    resolving_close_sorter(r, hashes);
    for (uint64_t n = 0; !status && n < r->ledger->documents; n++) {
        follow(r->keeper, n);
    }
    return status;
}
