/* Lots: a walk over documents in the order of their keys. */
#include "select/lot.h"

#include <stdlib.h>

#include "core/sorter.h"

struct lot {
    struct sorter *sorter; /* rows: key, number, group and weight */
};

tamis_status lot_open(struct lot **out, const char *folder, const char *name, uint64_t memory, tamis_err *err)
{
    const struct sorter_options options = {
        .folder = folder, .name = name, .words = 3, .top = UINT64_MAX, .memory = memory};
    struct lot *const lot = calloc(1, sizeof *lot);
    const tamis_status status =
        lot ? sorter_open(&lot->sorter, &options, err) : tamis_fail(err, TAMIS_IO, "out of memory for a draw");
    if (status) {
        free(lot);
        return status;
    }
    *out = lot;
    return TAMIS_OK;
}

tamis_status lot_add(struct lot *lot, uint64_t key, uint64_t number, uint32_t group, uint32_t weight, tamis_err *err)
{
    const uint64_t row[3] = {key, number, (uint64_t)group << 32 | weight};
    return sorter_add(lot->sorter, row, err);
}

tamis_status lot_draw(struct lot *lot, struct lot_group *groups, void (*drop)(void *context, uint64_t number),
                      void *context, tamis_err *err)
{
    const uint64_t *row = NULL;
    tamis_status status = sorter_finish(lot->sorter, err);
    while (!status && !(status = sorter_next(lot->sorter, &row, err)) && row) {
        struct lot_group *const group = &groups[row[2] >> 32];
        const uint32_t weight = (uint32_t)row[2];
        const bool stays = group->reach ? group->kept < group->limit
                                        : group->limit >= group->kept && weight <= group->limit - group->kept;
        if (stays) {
            group->kept += weight;
        } else {
            drop(context, row[1]);
        }
    }
    return status;
}

void lot_free(struct lot *lot)
{
    if (lot) {
        sorter_free(lot->sorter);
        free(lot);
    }
}
