/*
 * One sequential re-read of the records of a run, by number: how verify, cache and emit see the text again.
 * The parts no wanted document lies in are not opened. What is read is held against the survey: another number of
 * records or another length than the ledger says is TAMIS_INPUT ("changed since the survey").
 */
#ifndef TAMIS_RUN_VISIT_H
#define TAMIS_RUN_VISIT_H

#include "run/run.h"

struct visit {
    bool (*wants)(void *context, uint64_t number); /* called in number order by one thread; NULL: every record */
    bool parse; /* decode text and id; else only raw */
    /* Called for wanted records in number order, by one thread. The record lives until the call returns. */
    tamis_status (*record)(void *context, uint64_t number, const struct record *record,
                           const struct reader_format *format, tamis_err *err);
    void *context;
};

tamis_status visit_records(const struct run *run, const struct ledger *ledger, const struct visit *visit,
                           tamis_err *err) TAMIS_MUST_CHECK;

#endif
