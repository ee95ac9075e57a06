/*
 * Which documents every signal is measured of: those whose text hash is under a rate, and the smallest hashes of the
 * run. Which those are is known at the end only, so that while reading it is guessed who will be among them. Who was
 * left out wrongly is measured in a second look, who was let in wrongly is taken out: the files hold whoever counts.
 */
#ifndef TAMIS_RUN_SAMPLING_H
#define TAMIS_RUN_SAMPLING_H

#include "core/smallest.h"
#include "run/run.h"

/* Text hash (its high half) under this share of the range .. */
#define SURVEY_SAMPLE_ONE_IN 100
/* .. and this many smallest hashes of the run, the first in number order of equal ones. */
#define SURVEY_SAMPLE_SMALLEST 10000

/* ---- While reading ---------------------------------------------------------------------------------------------- */

struct sampling {
    struct smallest smallest;
    uint64_t documents;     /* seen, that have a text */
    uint64_t disk;          /* encoded bytes of all inputs */
    _Atomic uint64_t below; /* documents whose hash_high is less are measured in full */
};

tamis_status sampling_init(struct sampling *s, const struct inputs *inputs, tamis_err *err) TAMIS_MUST_CHECK;
void sampling_release(struct sampling *s);
/* The next rows in number order, and the encoded bytes read for all of them so far; by one thread at a time. */
void sampling_see(struct sampling *s, const struct survey_row *rows, size_t count, uint64_t disk_read);

/* ---- Afterwards ------------------------------------------------------------------------------------------------- */

/* The documents that count. */
struct sample_limit {
    uint64_t rate;
    struct smallest_limit smallest;
};

tamis_status sample_limit_find(struct sample_limit *limit, const struct ledger *ledger, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Whether the next document counts; asked in number order, of all that may count. */
bool sample_limit_takes(struct sample_limit *limit, uint64_t hash_high);

/* sample.npy of a part: rows of the number within the part (u64), then every filter rule's value (f64); ascending. The
 * run has filters. Until the survey is done it holds those that were guessed, afterwards exactly those that count. */
tamis_status sample_map(struct npy *npy, const struct ledger *ledger, size_t part, const struct rules *rules,
                        tamis_err *err) TAMIS_MUST_CHECK;
#define SAMPLE_DTYPE_BYTES 64
void sample_dtype(char dtype[SAMPLE_DTYPE_BYTES], const struct rules *rules);
size_t sample_row_bytes(const struct rules *rules);

/*
 * Makes every sample.npy hold those that count and nobody else, so that the files do not depend on threads and
 * interruptions either. What counts and is in none, mostly nothing, is read again and measured. A part's file is
 * replaced as a whole, and only where it differs; after an interruption the call does the rest. The survey's blocks all
 * stand, and the survey is not recorded as done before.
 */
tamis_status sampling_complete(const struct run *run, tamis_err *err) TAMIS_MUST_CHECK;

#endif
