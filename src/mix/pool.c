/* The pool of a domain: its documents that survived every stage so far and are not held out. */
#include "mix/pool.h"

static bool held_out(const struct ledger_part *part, size_t row)
{
    const struct resolve_row *const resolve = part->resolve.rows;
    return resolve != NULL && resolve[row].held_out != 0;
}

uint16_t pool_verdict(const struct ledger_part *part, size_t row)
{
    const struct survey_row *const survey = part->survey.rows;
    const struct resolve_row *const resolve = part->resolve.rows;
    const struct select_row *const select = part->select.rows;
    if (survey[row].rule != 0) {
        return survey[row].rule;
    }
    if (resolve != NULL && resolve[row].rule != 0) {
        return resolve[row].rule;
    }
    return select != NULL && !held_out(part, row) ? select[row].rule : 0;
}

bool pool_held_out(const struct ledger_part *part, size_t row)
{
    return held_out(part, row) && pool_verdict(part, row) == 0;
}

bool pool_holds(const struct ledger_part *part, size_t row)
{
    return !held_out(part, row) && pool_verdict(part, row) == 0;
}

const struct ledger_part *pool_part(const struct ledger *ledger, const struct ledger_part *near, uint64_t number)
{
    if (near != NULL && number >= near->first && number - near->first < near->count) {
        return near;
    }
    return ledger_part_of(ledger, number);
}
