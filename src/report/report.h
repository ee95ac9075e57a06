/*
 * The report: everything the ledger says, added up; for machines (report.json) and for a terminal.
 */
#ifndef TAMIS_REPORT_REPORT_H
#define TAMIS_REPORT_REPORT_H

#include "run/guard_facts.h"
#include "run/survey.h"
#include "run/tally.h"

#define REPORT_VERSION 1

/* One target as it was written. */
struct report_target {
    uint64_t documents, bytes, tokens, shards; /* repeats counted */
    const uint64_t *domain_tokens, *domain_documents; /* per domain index */
    uint64_t wanted_tokens;
    const double *epochs;                      /* per domain index */
    const uint64_t *needed_tokens;             /* per domain index, repeats counted; NULL: not known */
    /* Of a target with a law, what the law predicts, nats per token: at its ratio, and with no share of its domain. */
    double loss_domain, loss_general, loss_replay_only;
};

/* How the scores of a run came about. */
struct report_scores {
    uint64_t checkpoints;     /* of the trajectories; 0: texts were scored */
    uint64_t least_covered;   /* documents measured at the checkpoint with the fewest */
    uint64_t unknown_ids, ambiguous_ids; /* of imported trajectories: borne by no document to be scored, or by many */
    uint64_t rejected_losses, broken_records;
    const struct guards *guards;               /* NULL: not measured */
};

/* What the ledger cannot say. */
struct report_facts {
    const char *command;
    const struct survey_totals *survey; /* NULL: nothing is damaged */
    uint64_t processes;               /* that worked on the run; what follows is of all of them */
    double wall_seconds, cpu_seconds;
    uint64_t peak_rss_bytes;
    uint64_t emitted_documents, emitted_bytes, emitted_tokens; /* counted from what was written */
    uint64_t held_out_documents, held_out_bytes, held_out_tokens;
    uint64_t repeated_ids;                                     /* documents whose id an earlier one has */
    uint64_t capped_pairs;                                     /* see resolve_totals */
    bool unverified;
    const struct report_target *targets;                       /* per target index */
    const struct report_scores *scores;                        /* NULL: the recipe scores nothing */
    const char *warnings;                                      /* sentences, one a line; NULL: none */
};

/* Adds up the ledger (LEDGER_SURVEY, RESOLVE, MIX mapped; SCORE and SELECT where the run scored and pruned) and writes
 * `json`, indented, ending with a newline. *conserved: both checks of conservation hold. */
tamis_status report_make(const struct run *run, const struct ledger *ledger, const struct report_facts *facts,
                         struct buf *json, bool *conserved, tamis_err *err) TAMIS_MUST_CHECK;

/* One sentence about a damaged input: "FILE: the stream breaks at byte N ..". See struct survey_damage. */
bool report_say_damage(struct buf *out, const char *file, uint64_t offset, uint64_t stretches, bool cut)
    TAMIS_MUST_CHECK;

/* The terminal table of a report.json: by stage, rule and domain: documents, bytes, tokens, share. `width` columns. */
tamis_status report_table(tamis_str json, unsigned width, struct buf *text, tamis_err *err) TAMIS_MUST_CHECK;

#endif
