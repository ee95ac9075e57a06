/* See journal.h. A journal file is an array of 64-bit numbers: version, digest, then the caller's. */
#include "mix/journal.h"

#include <stdlib.h>
#include <string.h>

#define JOURNAL_VERSION 2 /* raised with every change of what it speaks of: figures, heads of spools */
#define JOURNAL_HEAD 2
#define JOURNAL_DTYPE "'<u8'"

static uint64_t digest_rows(uint64_t digest, const struct npy *npy, size_t row_bytes)
{
    return npy->rows != NULL ? hash_bytes(npy->rows, npy->count * row_bytes, digest) : hash_join(digest, 1);
}

static uint64_t digest_part(uint64_t digest, const struct ledger *ledger, const struct ledger_part *part)
{
    digest = digest_rows(digest, &part->survey, sizeof(struct survey_row));
    digest = digest_rows(digest, &part->resolve, sizeof(struct resolve_row));
    digest = digest_rows(digest, &part->select, sizeof(struct select_row));
    digest = digest_rows(digest, &part->mix, ledger->targets);
    digest = digest_rows(digest, &part->id_offsets, sizeof(uint64_t));
    return hash_bytes(part->id_bytes, part->id_bytes_len, digest);
}

static uint64_t digest_plan(uint64_t digest, const struct plan *plan, size_t domains)
{
    for (size_t t = 0; t < plan->count; t++) {
        for (size_t d = 0; d < domains; d++) {
            digest = hash_join(digest, plan->targets[t].needs[d].pool);
            digest = hash_join(digest, plan->targets[t].needs[d].tokens);
        }
    }
    return digest;
}

tamis_status journal_digest(const struct run *run, const struct ledger *ledger, const struct plan *plan,
                            uint64_t *digest, tamis_err *err)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    if (!recipe_print(run->recipe, SECTION_WHOLE, &text)) {
        buf_release(&text);
        return tamis_fail(err, TAMIS_IO, "out of memory for the recipe");
    }
    uint64_t h = hash_bytes(text.at, text.len, run->recipe->seed);
    buf_release(&text);
    for (size_t i = 0; i < run->inputs->count; i++) {
        const char *const path = run->inputs->at[i].path;
        h = hash_bytes(path, strlen(path), h);
    }
    h = digest_plan(h, plan, run->recipe->domain_count);
    for (size_t p = 0; p < ledger->part_count; p++) {
        if (run_stopped(run)) {
            return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted before writing; the same command continues");
        }
        h = digest_part(h, ledger, &ledger->parts[p]);
    }
    *digest = h;
    return TAMIS_OK;
}

tamis_status journal_write(const char *path, uint64_t digest, const uint64_t *numbers, size_t count, tamis_err *err)
{
    uint64_t *const words = malloc((JOURNAL_HEAD + count) * sizeof *words);
    if (words == NULL) {
        return tamis_fail(err, TAMIS_IO, "out of memory for %s", path);
    }
    words[0] = JOURNAL_VERSION;
    words[1] = digest;
    memcpy(words + JOURNAL_HEAD, numbers, count * sizeof *words);
    const tamis_status status = npy_write(path, JOURNAL_DTYPE, sizeof *words, words, JOURNAL_HEAD + count, err);
    free(words);
    return status;
}

bool journal_read(const char *path, uint64_t digest, uint64_t *numbers, size_t count)
{
    struct npy npy;
    tamis_err ignored;
    if (!file_exists(path) || npy_open(&npy, path, JOURNAL_DTYPE, sizeof(uint64_t), &ignored) != TAMIS_OK) {
        return false;
    }
    const uint64_t *const words = npy.rows;
    const bool same = npy.count == JOURNAL_HEAD + count && words[0] == JOURNAL_VERSION && words[1] == digest;
    if (same) {
        memcpy(numbers, words + JOURNAL_HEAD, count * sizeof *numbers);
    }
    npy_close(&npy);
    return same;
}
