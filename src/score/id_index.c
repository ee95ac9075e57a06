/* See id_index.h. Two ids of one 128-bit hash would pass for one; at 10^9 documents the odds are under 10^-20. */
#include "score/id_index.h"

#include "core/file.h"
#include "core/sorter.h"

#define ROW_WORDS 3
#define ROW_BYTES (ROW_WORDS * sizeof(uint64_t))

static tamis_status add_all(struct sorter *sorter, const struct ledger *ledger, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (uint64_t n = 0; !status && n < ledger->documents; n++) {
        const tamis_str id = ledger_id(ledger, n);
        const hash128 hash = hash128_bytes(id.at, id.len);
        status = sorter_add(sorter, (const uint64_t[ROW_WORDS]){hash.high, hash.low, n}, err);
    }
    return status ? status : sorter_finish(sorter, err);
}

static tamis_status write_sorted(struct id_index *index, struct sorter *sorter, tamis_err *err)
{
    struct file_out *out = NULL;
    const uint64_t *row = NULL;
    tamis_status status = file_out_open(&out, index->path.at, err);
    if (status) {
        return status;
    }
    while (!(status = sorter_next(sorter, &row, err)) && row) {
        status = file_out_add(out, row, ROW_BYTES, err);
        if (status) {
            break;
        }
        index->count++;
    }
    if (status) {
        file_out_discard(out);
        return status;
    }
    return file_out_commit(out, err);
}

tamis_status id_index_make(struct id_index *index, const struct run *run, const struct ledger *ledger,
                           const struct eligible *eligible, tamis_err *err)
{
    const struct sorter_options options = {
        .folder = run->tmp, .name = "ids", .words = ROW_WORDS, .top = UINT64_MAX, .memory = run->memory / 4};
    struct sorter *sorter = NULL;
    *index = (struct id_index){.eligible = eligible};
    tamis_status status = path_make(&index->path, err, "%s/ids.index", run->tmp);
    status = status ? status : sorter_open(&sorter, &options, err);
    status = status ? status : add_all(sorter, ledger, err);
    status = status ? status : write_sorted(index, sorter, err);
    sorter_free(sorter);
    if (!status && index->count) {
        const void *at = NULL;
        status = file_map(index->path.at, &at, &index->bytes, err);
        index->rows = at;
    }
    return status;
}

static bool before(const uint64_t *row, hash128 hash)
{
    return row[0] != hash.high ? row[0] < hash.high : row[1] < hash.low;
}

uint64_t id_index_find(const struct id_index *index, tamis_str id)
{
    const hash128 hash = hash128_bytes(id.at, id.len);
    size_t low = 0, high = index->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (before(index->rows + ROW_WORDS * middle, hash)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint64_t found = ID_UNKNOWN;
    for (size_t i = low; i < index->count && !before(index->rows + ROW_WORDS * i, hash); i++) {
        const uint64_t *const row = index->rows + ROW_WORDS * i;
        if (row[0] != hash.high || row[1] != hash.low) {
            break;
        }
        if (eligible_has(index->eligible, row[2])) {
            found = found < ID_AMBIGUOUS ? ID_AMBIGUOUS : row[2];
        } else if (found == ID_UNKNOWN) {
            found = ID_UNNEEDED;
        }
        if (found == ID_AMBIGUOUS) {
            break;
        }
    }
    return found;
}

tamis_status id_index_release(struct id_index *index, tamis_err *err)
{
    if (index->rows) {
        file_unmap(index->rows, index->bytes);
    }
    const tamis_status status = index->path.at[0] ? file_remove_tree(index->path.at, err) : TAMIS_OK;
    *index = (struct id_index){0};
    return status;
}
