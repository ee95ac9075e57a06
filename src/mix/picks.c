/* See picks.h. */
#include "mix/picks.h"

#include <stdlib.h>
#include <string.h>

#include "core/str.h"

tamis_status picks_open(struct picks *p, const struct ledger *ledger, size_t rules, tamis_err *err)
{
    *p = (struct picks){.ledger = ledger, .rules = rules};
    p->of = calloc(rules + 1, sizeof *p->of);
    p->counts = calloc(rules + 1, sizeof *p->counts);
    return p->of != NULL && p->counts != NULL
               ? TAMIS_OK
               : tamis_fail(err, TAMIS_IO, "out of memory for the samples of %zu rules", rules);
}

void picks_release(struct picks *p)
{
    for (size_t r = 0; p->of != NULL && r < p->rules; r++) {
        free(p->of[r]);
    }
    free(p->of);
    free(p->counts);
    free(p->numbers);
    *p = (struct picks){0};
}

static bool before(const struct picks *p, struct pick a, struct pick b)
{
    if (a.hash != b.hash) {
        return a.hash < b.hash;
    }
    const int ids = str_compare(ledger_id(p->ledger, a.number), ledger_id(p->ledger, b.number));
    return ids != 0 ? ids < 0 : a.number < b.number;
}

tamis_status picks_offer(struct picks *p, size_t rule, uint64_t hash, uint64_t number, tamis_err *err)
{
    if (p->of[rule] == NULL) {
        p->of[rule] = calloc(PICKS_PER_RULE, sizeof *p->of[rule]);
        if (p->of[rule] == NULL) {
            return tamis_fail(err, TAMIS_IO, "out of memory for the sample of a rule");
        }
    }
    struct pick *const of = p->of[rule];
    const struct pick pick = {.hash = hash, .number = number};
    size_t count = p->counts[rule];
    if (count == PICKS_PER_RULE && !before(p, pick, of[count - 1])) {
        return TAMIS_OK;
    }
    count -= count == PICKS_PER_RULE;
    size_t to = count;
    while (to > 0 && before(p, pick, of[to - 1])) {
        to--;
    }
    memmove(of + to + 1, of + to, (count - to) * sizeof *of);
    of[to] = pick;
    p->counts[rule] = count + 1;
    return TAMIS_OK;
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

tamis_status picks_finish(struct picks *p, tamis_err *err)
{
    size_t all = 0;
    for (size_t r = 0; r < p->rules; r++) {
        all += p->counts[r];
    }
    p->numbers = malloc((all + 1) * sizeof *p->numbers);
    if (p->numbers == NULL) {
        return tamis_fail(err, TAMIS_IO, "out of memory for %zu sampled documents", all);
    }
    for (size_t r = 0; r < p->rules; r++) {
        for (size_t i = 0; i < p->counts[r]; i++) {
            p->numbers[p->count++] = p->of[r][i].number;
        }
    }
    qsort(p->numbers, p->count, sizeof *p->numbers, compare_numbers);
    return TAMIS_OK;
}

bool picks_hold(const struct picks *p, uint64_t number)
{
    return p->count != 0 && bsearch(&number, p->numbers, p->count, sizeof number, compare_numbers) != NULL;
}
