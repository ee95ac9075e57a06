/* Counts repeated ids by sorting their hashes. */
#include "run/repeats.h"

#include "core/sorter.h"

tamis_status repeats_count(const struct run *run, const struct ledger *ledger, uint64_t *repeated, tamis_err *err)
{
    const struct sorter_options options = {
        .folder = run->tmp, .name = "repeats", .words = 1, .top = UINT64_MAX, .memory = run->memory / 4};
    struct sorter *sorter = NULL;
    *repeated = 0;
    tamis_status status = sorter_open(&sorter, &options, err);
    for (uint64_t n = 0; !status && n < ledger->documents; n++) {
        if (ledger_survey(ledger, n)->flags & SURVEY_HAS_ID) {
            const tamis_str id = ledger_id(ledger, n);
            status = sorter_add(sorter, (const uint64_t[]){hash_bytes(id.at, id.len, 0)}, err);
        }
    }
    status = status ? status : sorter_finish(sorter, err);
    const uint64_t *row = NULL;
    uint64_t last = 0;
    for (bool first = true; !status && !(status = sorter_next(sorter, &row, err)) && row; first = false) {
        *repeated += !first && row[0] == last;
        last = row[0];
    }
    sorter_free(sorter);
    return status;
}
