/*
 * One sequential re-read of the records of a run, by number: how verify, cache and emit see the text again. Where
 * run->shelf is whole they are taken from there, and no file is opened.
 * The parts no wanted document lies in are not opened, and frames in which none lies are not decoded where their sizes
 * are stated. What is read is held against the survey: another number of records or another length than the ledger says
 * is TAMIS_INPUT ("changed since the survey"). Takes one bit of memory per document of the run.
 */
#ifndef TAMIS_RUN_VISIT_H
#define TAMIS_RUN_VISIT_H

#include "run/run.h"

struct visit {
    bool (*wants)(void *context, uint64_t number); /* called in number order before anything is read; NULL: all are */
    bool parse; /* decode text and id of the wanted records; else only raw */
    /*
     * Called for wanted records in number order, by one thread at a time. The record lives until the call returns; the
     * bytes of its line stay as long as run->shelf where that is whole.
     */
    tamis_status (*record)(void *context, uint64_t number, const struct record *record,
                           const struct reader_format *format, tamis_err *err);
    /*
     * For what can be done with several records at once: in place of record(), work() is called in any order by thread
     * `thread` (below run->threads) and appends what it makes of the record to `made`; then take() is handed that, in
     * number order, by one thread at a time. What is appended in multiples of 8 bytes is aligned to 8. NULL: record().
     */
    tamis_status (*work)(void *context, unsigned thread, uint64_t number, const struct record *record,
                         struct buf *made, tamis_err *err);
    tamis_status (*take)(void *context, uint64_t number, tamis_str made, tamis_err *err);
    /*
     * In place of record() for the records [first, end), all of them wanted, whose lines are what `packed`, whole zstd
     * frames of the input, holds; records that lie otherwise still go to record(). Only frames that were read as they
     * stand come here, so run->copies_frames is set, and the files are read whatever is on the shelf. NULL: record().
     */
    tamis_status (*frames)(void *context, uint64_t first, uint64_t end, tamis_str packed, tamis_err *err);
    void *context;
};

tamis_status visit_records(const struct run *run, const struct ledger *ledger, const struct visit *visit,
                           tamis_err *err) TAMIS_MUST_CHECK;

#endif
