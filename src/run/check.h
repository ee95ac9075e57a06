/*
 * Check: what a run would do, told from a sample before it starts.
 *
 * Of every source up to CHECK_PARTS parts, evenly spread, are read from their beginnings until each domain has
 * CHECK_DOCUMENTS documents or its parts are used up. Everything here is an estimate.
 */
#ifndef TAMIS_RUN_CHECK_H
#define TAMIS_RUN_CHECK_H

#include "run/gate.h"

#define CHECK_PARTS 16
#define CHECK_DOCUMENTS 2000
#define CHECK_LANGUAGES 4

struct check_source {
    size_t parts;
    uint64_t disk_bytes;     /* encoded size of its parts; 0 where unknown */
    uint64_t disk_read, text_read; /* encoded and decoded bytes of the sample */
    uint64_t documents;      /* in the sample */
    uint64_t kinds[TAMIS_KINDS];
    uint64_t told;           /* documents whose language was looked at: the first, then one of several */
    struct {
        char code[8];
        uint64_t documents;
    } languages[CHECK_LANGUAGES]; /* of these */
    uint64_t with_id, with_tokens, with_language, with_number[RECORD_NUMBERS]; /* documents that have the field */
};

#define CHECK_REJECTS 5

struct check_reject {
    size_t input;
    uint64_t offset;
    const char *reason;
};

struct check {
    struct arena arena;
    struct check_source *sources;
    struct tally tally;      /* of the sample; fates: rejected, dropped, surplus (would be kept) */
    double seconds;          /* the sample took, on one thread */
    struct gate_examples *examples; /* domain x rules */
    struct check_reject rejects[CHECK_REJECTS]; /* the first of them */
    size_t rejects_named;
};

/*
 * The beginning of every source: kinds that the recipe leaves open are guessed from the first documents and set in it.
 * A source whose records have no text in the field that is named for it is TAMIS_USAGE; where sources stand `together`,
 * only if none of them has.
 */
tamis_status check_heads(const struct run *run, bool together, tamis_err *err) TAMIS_MUST_CHECK;
/* The sample. Release it even after a failure. */
tamis_status check_sample(struct check *check, const struct run *run, tamis_err *err) TAMIS_MUST_CHECK;
void check_release(struct check *check);
/* The gate on the sample. */
tamis_status check_gate(struct check *check, const struct run *run, struct buf *text, tamis_err *err) TAMIS_MUST_CHECK;

/* Projections for the whole corpus. */
struct projection {
    uint64_t documents, text_bytes; /* decoded input */
    uint64_t memory;                /* bytes held at most .. */
    uint64_t spare;                 /* .. and, of these, what run->spare is to be */
    uint64_t disk;                  /* bytes of ledger, temporary files and output */
    double seconds;                 /* with run->threads */
    unsigned reads;                 /* of the whole input, at most */
};
/* What a run may hold besides without asking what it needs. */
uint64_t check_spare(uint64_t memory);
/* TAMIS_IO with both figures when the run would hold more than --memory. */
tamis_status check_memory(const struct projection *projection, const struct run *run, tamis_err *err) TAMIS_MUST_CHECK;
void check_project(const struct check *check, const struct run *run, struct projection *projection);

#endif
