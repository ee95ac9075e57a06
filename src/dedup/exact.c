/*
 * Exact duplicates. Documents whose hashes agree in the high word meet; where they agree in the low word as well, and
 * in the domain where classes do not reach across domains, they are one class, and its best document stands for it.
 */
#include "core/rows.h"
#include "dedup/keeper.h"
#include "dedup/meet.h"
#include "dedup/resolving.h"

/* What a class has in common besides the high word of the hash, one after the other. */
enum likeness { LIKE_LOW, LIKE_DOMAIN, LIKE_ALL };

static tamis_status read_hashes(void *context, struct meet_cursor *c, struct meet_row *rows, size_t *count,
                                tamis_err *err)
{
    const struct resolving *const r = context;
    (void)err;
    *count = 0;
    const struct stretch *const s = &r->stretches.at[c->stretch];
    const struct ledger_part *const part = &r->ledger->parts[s->part];
    const struct survey_row *const survey = part->survey.rows;
    while (*count == 0 && c->at < s->end - s->from) {
        const uint64_t begin = s->from + c->at, end = s->end - begin < MEET_CHUNK ? s->end : begin + MEET_CHUNK;
        for (uint64_t i = begin; i < end; i++) {
            rows[*count] = (struct meet_row){.key = survey[i].hash_high, .number = part->first + i};
            *count += survey[i].rule == 0;
        }
        c->at = end - s->from;
    }
    return TAMIS_OK;
}

/* Every document belongs to one class, so that threads write to different places. */
static void fold_class(struct resolving *r, const struct meet_row *rows, size_t count)
{
    uint64_t best = rows[0].number;
    for (size_t i = 1; i < count; i++) {
        if (keeper_before(r->ledger, &r->run->recipe->dedup, rows[i].number, best)) {
            best = rows[i].number;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].number != best) {
            resolving_drop(r, rows[i].number, best);
        }
    }
}

static uint64_t key_of(const struct resolving *r, enum likeness likeness, uint64_t number)
{
    const struct survey_row *const row = ledger_survey(r->ledger, number);
    return likeness == LIKE_LOW                              ? row->hash_low
           : r->run->recipe->dedup.scope == SCOPE_DOMAIN ? row->domain
                                                             : 0;
}

/* Rows that agree in all before `likeness`, by number. */
static void fold_alike(struct resolving *r, enum likeness likeness, struct meet_row *rows, size_t count)
{
    bool same = true;
    if (likeness == LIKE_ALL) {
        fold_class(r, rows, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        rows[i].key = key_of(r, likeness, rows[i].number);
        same = same && rows[i].key == rows[0].key;
    }
    if (!same) {
        rows_sort(&rows->key, count, 2, 0);
    }
    for (size_t from = 0, to = 1; from < count; from = to++) {
        while (to < count && rows[to].key == rows[from].key) {
            to++;
        }
        if (to - from > 1) {
            fold_alike(r, likeness + 1, rows + from, to - from);
        }
    }
}

static tamis_status fold_group(void *context, unsigned thread, struct meet_row *rows, size_t count, tamis_err *err)
{
    (void)thread;
    (void)err;
    fold_alike(context, LIKE_LOW, rows, count);
    return TAMIS_OK;
}

tamis_status exact_fold(struct resolving *r, tamis_err *err)
{
    const struct meeting meeting = {.run = r->run, .columns = 1, .stretches = r->stretches.count,
                                    .rows = r->ledger->documents, .memory = resolving_rows_memory(r),
                                    .context = r, .read = read_hashes, .group = fold_group};
    progress_stage(r->run->progress, "exact duplicates", "documents", r->ledger->documents);
    return meet(&meeting, err);
}
