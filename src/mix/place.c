/* See place.h. All positions are whole numbers; memory is that of two sorters, never of the corpus. */
#include "mix/place.h"

#include <stdlib.h>

#include "core/sorter.h"
#include "mix/draw.h"
#include "mix/order.h"
#include "run/key.h"

__extension__ typedef unsigned __int128 u128;

#define PLACE_SALT 0x706c616365u /* the place of a document must not follow from its turn in the draw */
#define SORT_MEMORY_LEAST ((size_t)16 << 20)
#define TARGET_SHIFT 58
#define SHARD_SHIFT 32
#define SHARD_MASK (((uint64_t)1 << (TARGET_SHIFT - SHARD_SHIFT)) - 1)

static uint64_t place_pack(struct place place)
{
    return (uint64_t)place.target << TARGET_SHIFT | (uint64_t)place.shard << SHARD_SHIFT | place.position;
}

struct place place_unpack(uint64_t packed)
{
    return (struct place){
        .target = (unsigned)(packed >> TARGET_SHIFT),
        .shard = (uint32_t)(packed >> SHARD_SHIFT & SHARD_MASK),
        .position = (uint32_t)packed,
    };
}

uint64_t place_key(uint64_t draw, uint64_t repeat, const struct plan_need *need)
{
    const uint64_t u = hash_join(draw, PLACE_SALT + repeat);
    if (need->tokens <= need->pool) {
        return u;
    }
    uint64_t pool = need->pool, tokens = need->tokens;
    while (tokens >> 48 != 0) { /* 8 bits of repeats + 64 + 48 stay within 128 */
        tokens >>= 1;
        pool >>= 1;
    }
    const uint64_t epochs = tokens / pool;
    const uint64_t length = repeat < epochs ? pool : tokens - epochs * pool;
    const u128 at = ((u128)repeat << 64) * pool + (u128)u * length;
    return (uint64_t)(at / tokens);
}

/* ---- One target in its order ------------------------------------------------------------------------------------ */

struct placing {
    const struct run *run;
    const struct ledger *ledger;
    const struct plan *plan;
    struct placement *placement;
    size_t memory; /* of one sorter */
};

static tamis_status stopped(tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while placing documents; the same command continues");
}

/* Rows are (place, number, repeat << 32 | length). */
static tamis_status add_uses(const struct placing *p, size_t t, struct order *order, uint64_t number,
                             const struct survey_row *survey, unsigned draws, tamis_err *err)
{
    const struct recipe *const recipe = p->run->recipe;
    const struct plan_need *const need = &p->plan->targets[t].needs[survey->domain];
    const uint64_t key = draw_key(recipe->seed, recipe->targets[t].name, ledger_id(p->ledger, number));
    tamis_status status = TAMIS_OK;
    for (uint64_t repeat = 0; status == TAMIS_OK && repeat < draws; repeat++) {
        const uint64_t row[ORDER_WORDS] = {place_key(key, repeat, need), number, repeat << 32 | survey->length};
        status = order_add(order, row, err);
    }
    return status;
}

static tamis_status add_target(const struct placing *p, size_t t, struct order *order, tamis_err *err)
{
    for (size_t i = 0; i < p->ledger->part_count; i++) {
        const struct ledger_part *const part = &p->ledger->parts[i];
        const struct survey_row *const rows = part->survey.rows;
        const uint8_t *const draws = part->mix.rows;
        if (run_stopped(p->run)) {
            return stopped(err);
        }
        for (size_t row = 0; row < part->count; row++) {
            const unsigned uses = draws[row * p->ledger->targets + t];
            const tamis_status status =
                uses != 0 ? add_uses(p, t, order, part->first + row, &rows[row], uses, err) : TAMIS_OK;
            if (status != TAMIS_OK) {
                return status;
            }
        }
    }
    return order_finish(order, err);
}

/* Walks along the target, cuts its shards and hands every use over to the order of numbers. */
static tamis_status cut_shards(const struct placing *p, size_t t, struct order *order, tamis_err *err)
{
    struct placement *const placement = p->placement;
    struct place place = {.target = (unsigned)t};
    uint64_t bytes = 0;
    const uint64_t *row = NULL;
    tamis_status status = order_next(order, &row, err);
    for (uint64_t seen = 0; status == TAMIS_OK && row != NULL; seen++) {
        status = sorter_add(placement->by_number, (const uint64_t[]){row[1], place_pack(place)}, err);
        place.position++;
        bytes += (row[2] & UINT32_MAX) + 1;
        placement->bytes += (row[2] & UINT32_MAX) + 1;
        placement->lines++;
        placement->largest = bytes > placement->largest ? bytes : placement->largest;
        if (bytes >= p->run->recipe->output.shard_bytes || place.position == UINT32_MAX) {
            place.shard++;
            place.position = 0;
            bytes = 0;
        }
        if (place.shard >= PLACE_SHARDS_MAX) {
            return tamis_fail(err, TAMIS_USAGE,
                              "target %s would be cut into more than %llu shards; raise output.shard_bytes (now %llu)",
                              p->run->recipe->targets[t].name, (unsigned long long)PLACE_SHARDS_MAX,
                              (unsigned long long)p->run->recipe->output.shard_bytes);
        }
        if (seen % 65536 == 0 && run_stopped(p->run)) {
            return stopped(err);
        }
        status = status != TAMIS_OK ? status : order_next(order, &row, err);
    }
    placement->shards[t] = place.shard + (place.position != 0 ? 1u : 0u);
    return status;
}

static tamis_status place_target(const struct placing *p, size_t t, tamis_err *err)
{
    struct order order;
    tamis_status status = order_open(&order, p->run, p->ledger, "place", p->memory, err);
    status = status != TAMIS_OK ? status : add_target(p, t, &order, err);
    status = status != TAMIS_OK ? status : cut_shards(p, t, &order, err);
    order_release(&order);
    return status;
}

/* ---- All targets ------------------------------------------------------------------------------------------------ */

tamis_status place_documents(struct placement *placement, const struct run *run, const struct ledger *ledger,
                             const struct plan *plan, tamis_err *err)
{
    const size_t quarter = (size_t)(run->memory / 4);
    const struct placing p = {
        .run = run,
        .ledger = ledger,
        .plan = plan,
        .placement = placement,
        .memory = quarter > SORT_MEMORY_LEAST ? quarter : SORT_MEMORY_LEAST,
    };
    const struct sorter_options options = {
        .folder = run->tmp,
        .name = "placed",
        .words = 2,
        .top = ledger->documents != 0 ? ledger->documents - 1 : 0,
        .memory = p.memory,
    };
    *placement = (struct placement){.shards = calloc(plan->count + 1, sizeof *placement->shards)};
    if (placement->shards == NULL) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the shards of %zu targets", plan->count);
    }
    tamis_status status = sorter_open(&placement->by_number, &options, err);
    for (size_t t = 0; status == TAMIS_OK && t < plan->count; t++) {
        status = place_target(&p, t, err);
    }
    return status != TAMIS_OK ? status : sorter_finish(placement->by_number, err);
}

void placement_release(struct placement *p)
{
    sorter_free(p->by_number);
    free(p->shards);
    *p = (struct placement){0};
}
