/* Counts repeated ids by sorting their hashes. */
#include "run/repeats.h"

tamis_status repeats_open(struct sorter **ids, const struct run *run, tamis_err *err)
{
    const struct sorter_options options = {
        .folder = run->tmp, .name = "repeats", .words = 1, .top = UINT64_MAX, .memory = run->memory / 4};
    return sorter_open(ids, &options, err);
}

tamis_status repeats_add(struct sorter *ids, tamis_str id, tamis_err *err)
{
    return sorter_add(ids, (const uint64_t[]){hash_bytes(id.at, id.len, 0)}, err);
}

tamis_status repeats_finish(struct sorter *ids, uint64_t *repeated, tamis_err *err)
{
    const uint64_t *row = NULL;
    uint64_t last = 0;
    tamis_status status = sorter_finish(ids, err);
    *repeated = 0;
    for (bool first = true; !status && !(status = sorter_next(ids, &row, err)) && row; first = false) {
        *repeated += !first && row[0] == last;
        last = row[0];
    }
    return status;
}

tamis_status repeats_count(const struct run *run, const struct ledger *ledger, uint64_t *repeated, tamis_err *err)
{
    struct sorter *ids = NULL;
    tamis_status status = repeats_open(&ids, run, err);
    for (uint64_t n = 0; !status && n < ledger->documents; n++) {
        if (ledger_survey(ledger, n)->flags & SURVEY_HAS_ID) {
            status = repeats_add(ids, ledger_id(ledger, n), err);
        }
    }
    status = status ? status : repeats_finish(ids, repeated, err);
    sorter_free(ids);
    return status;
}
