/* Rows of (number, score, mean, final, observed and shortened); doubles travel as their bits. */
#include "score/measured.h"

#include <math.h>

#include "core/bits.h"
#include "core/sorter.h"

#define ROW_WORDS 5

struct measured measure(struct scoring *scoring, uint64_t number, const double *losses, size_t count)
{
    struct measured m = {.number = number, .score = NAN, .mean_loss = NAN, .final_loss = NAN};
    double sum = 0;
    for (size_t t = 0; t < count; t++) {
        if (!isnan(losses[t])) {
            sum += losses[t];
            m.final_loss = losses[t];
            m.observed++;
        }
    }
    if (m.observed && isfinite(sum)) {
        m.mean_loss = sum / m.observed;
    }
    const struct score score = scoring_losses(scoring, losses, count);
    m.score = score.value;
    m.shortened = score.shortened;
    return m;
}

tamis_status measured_open(struct sorter **sorter, const struct run *run, uint64_t documents, tamis_err *err)
{
    const struct sorter_options options = {
        .folder = run->tmp, .name = "scores", .words = ROW_WORDS, .top = documents, .memory = run->memory / 4};
    return sorter_open(sorter, &options, err);
}

tamis_status measured_add(struct sorter *sorter, const struct measured *m, tamis_err *err)
{
    const uint64_t row[ROW_WORDS] = {m->number, real_bits(m->score), real_bits(m->mean_loss), real_bits(m->final_loss),
                                     (uint64_t)m->observed << 1 | m->shortened};
    return sorter_add(sorter, row, err);
}

tamis_status measured_next(struct sorter *sorter, struct measured *m, bool *end, tamis_err *err)
{
    const uint64_t *row = NULL;
    const tamis_status status = sorter_next(sorter, &row, err);
    *end = !row;
    if (!status && row) {
        *m = (struct measured){
            .number = row[0],
            .score = bits_real(row[1]),
            .mean_loss = bits_real(row[2]),
            .final_loss = bits_real(row[3]),
            .observed = (uint32_t)(row[4] >> 1),
            .shortened = row[4] & 1,
        };
    }
    return status;
}
