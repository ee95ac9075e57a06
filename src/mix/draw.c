/*
 * The draw: floor(need / pool) uses of every document of a domain, and for the rest of the need one walk through the
 * domain in the order of draw_key(). What would overshoot is skipped, so what is left undrawn of a need is smaller
 * than every document that was not taken.
 *
 * Holds one bit per document and target, and the memory of one sorter.
 */
#include "mix/draw.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/path.h"
#include "mix/order.h"
#include "mix/pool.h"
#include "run/key.h"

#define SORT_MEMORY_LEAST ((size_t)16 << 20)

struct drawing {
    const struct run *run;
    const struct ledger *ledger;
    const struct plan *plan;
    uint8_t **taken; /* per target: a bit per document, set where it is part of the last epoch */
    uint64_t *left;  /* per domain: tokens of the last epoch still to be taken */
};

static uint64_t whole_epochs(const struct plan_need *need)
{
    return need->pool != 0 ? need->tokens / need->pool : 0;
}

static tamis_status stopped(tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while drawing documents; the same command continues");
}

/* ---- The last epoch --------------------------------------------------------------------------------------------- */

/* Rows are (key, number, domain << 32 | tokens): the walk needs nothing of the ledger. */
static tamis_status add_pool(const struct drawing *d, size_t t, struct order *order, tamis_err *err)
{
    const struct recipe *const recipe = d->run->recipe;
    for (size_t p = 0; p < d->ledger->part_count; p++) {
        const struct ledger_part *const part = &d->ledger->parts[p];
        const struct survey_row *const rows = part->survey.rows;
        if (run_stopped(d->run)) {
            return stopped(err);
        }
        for (size_t i = 0; i < part->count; i++) {
            if (!pool_holds(part, i) || d->left[rows[i].domain] == 0) {
                continue;
            }
            const uint64_t number = part->first + i;
            const uint64_t row[ORDER_WORDS] = {
                draw_key(recipe->seed, recipe->targets[t].name, ledger_id(d->ledger, number)),
                number,
                (uint64_t)rows[i].domain << 32 | rows[i].tokens,
            };
            const tamis_status status = order_add(order, row, err);
            if (status != TAMIS_OK) {
                return status;
            }
        }
    }
    return order_finish(order, err);
}

static tamis_status take(const struct drawing *d, size_t t, struct order *order, tamis_err *err)
{
    const uint64_t *row = NULL;
    tamis_status status = order_next(order, &row, err);
    for (uint64_t seen = 0; status == TAMIS_OK && row != NULL; seen++) {
        const uint64_t number = row[1], tokens = row[2] & UINT32_MAX;
        uint64_t *const left = &d->left[row[2] >> 32];
        if (tokens <= *left && *left != 0) {
            *left -= tokens;
            d->taken[t][number / 8] |= (uint8_t)(1u << (number % 8));
        }
        if (seen % 65536 == 0 && run_stopped(d->run)) {
            return stopped(err);
        }
        status = order_next(order, &row, err);
    }
    return status;
}

static tamis_status draw_target(const struct drawing *d, size_t t, tamis_err *err)
{
    bool any = false;
    for (size_t i = 0; i < d->run->recipe->domain_count; i++) {
        const struct plan_need *const need = &d->plan->targets[t].needs[i];
        d->left[i] = need->pool != 0 ? need->tokens % need->pool : 0;
        any = any || d->left[i] != 0;
    }
    if (!any) {
        return TAMIS_OK;
    }
    const size_t quarter = (size_t)(d->run->memory / 4);
    struct order order;
    tamis_status status = order_open(&order, d->run, d->ledger, "draw",
                                     quarter > SORT_MEMORY_LEAST ? quarter : SORT_MEMORY_LEAST, err);
    status = status != TAMIS_OK ? status : add_pool(d, t, &order, err);
    status = status != TAMIS_OK ? status : take(d, t, &order, err);
    order_release(&order);
    return status;
}

/* ---- mix.npy ---------------------------------------------------------------------------------------------------- */

static void count_draws(const struct drawing *d, const struct ledger_part *part, size_t row, uint8_t *draws)
{
    const struct survey_row *const survey = part->survey.rows;
    const uint64_t number = part->first + row;
    for (size_t t = 0; t < d->plan->count; t++) {
        const unsigned last = (unsigned)d->taken[t][number / 8] >> (number % 8) & 1u;
        draws[t] = (uint8_t)(whole_epochs(&d->plan->targets[t].needs[survey[row].domain]) + last);
    }
}

static tamis_status write_part(const struct drawing *d, size_t p, tamis_err *err)
{
    const struct ledger_part *const part = &d->ledger->parts[p];
    const size_t targets = d->plan->count;
    struct path path;
    char descr[64];
    snprintf(descr, sizeof descr, "[('draws','|u1',(%u,))]", (unsigned)targets);
    tamis_status status = path_make(&path, err, "%s/part-%06zu/mix.npy", d->ledger->folder, p);
    if (status != TAMIS_OK) {
        return status;
    }
    uint8_t *const draws = calloc(part->count * targets + 1, 1);
    if (draws == NULL) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the draws of %zu documents", part->count);
    }
    for (size_t i = 0; i < part->count; i++) {
        if (pool_holds(part, i)) {
            count_draws(d, part, i, draws + i * targets);
        }
    }
    status = npy_write(path.at, descr, targets, draws, part->count, err);
    free(draws);
    return status;
}

static tamis_status write_parts(const struct drawing *d, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t p = 0; status == TAMIS_OK && p < d->ledger->part_count; p++) {
        status = run_stopped(d->run) ? stopped(err) : write_part(d, p, err);
    }
    return status;
}

/* ---- The whole -------------------------------------------------------------------------------------------------- */

static tamis_status check_memory(const struct run *run, const struct ledger *ledger, const struct plan *plan,
                                 tamis_err *err)
{
    const uint64_t bits = (ledger->documents / 8 + 1) * plan->count;
    if (run->memory != 0 && bits > run->memory / 2) {
        return tamis_fail(err, TAMIS_IO,
                          "drawing %llu documents for %zu targets takes %llu bytes beside a sorter's, and --memory is "
                          "%llu; set it to %llu or more",
                          (unsigned long long)ledger->documents, plan->count, (unsigned long long)bits,
                          (unsigned long long)(run->memory + run->reserved),
                          (unsigned long long)(2 * bits + run->reserved));
    }
    for (size_t t = 0; t < plan->count; t++) {
        for (size_t i = 0; i < run->recipe->domain_count; i++) {
            const struct plan_need *const need = &plan->targets[t].needs[i];
            const bool part = need->pool != 0 && need->tokens % need->pool != 0;
            if (whole_epochs(need) + part > UINT8_MAX || (need->pool == 0 && need->tokens != 0)) {
                return tamis_fail(err, TAMIS_INTERNAL, "the plan of target %s cannot be drawn from the pool of %s",
                                  run->recipe->targets[t].name, run->recipe->domains[i].name);
            }
        }
    }
    return TAMIS_OK;
}

static bool drawing_open(struct drawing *d)
{
    d->left = calloc(d->run->recipe->domain_count + 1, sizeof *d->left);
    d->taken = calloc(d->plan->count + 1, sizeof *d->taken);
    bool room = d->left != NULL && d->taken != NULL;
    for (size_t t = 0; room && t < d->plan->count; t++) {
        d->taken[t] = calloc((size_t)(d->ledger->documents / 8 + 1), 1);
        room = d->taken[t] != NULL;
    }
    return room;
}

static void drawing_release(struct drawing *d)
{
    for (size_t t = 0; d->taken != NULL && t < d->plan->count; t++) {
        free(d->taken[t]);
    }
    free(d->taken);
    free(d->left);
}

tamis_status draw(const struct run *run, const struct ledger *ledger, const struct plan *plan, tamis_err *err)
{
    struct drawing d = {.run = run, .ledger = ledger, .plan = plan};
    tamis_status status = check_memory(run, ledger, plan, err);
    if (status != TAMIS_OK) {
        return status;
    }
    if (!drawing_open(&d)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for drawing %llu documents",
                            (unsigned long long)ledger->documents);
    }
    for (size_t t = 0; status == TAMIS_OK && t < plan->count; t++) {
        status = draw_target(&d, t, err);
    }
    status = status != TAMIS_OK ? status : write_parts(&d, err);
    drawing_release(&d);
    return status;
}
