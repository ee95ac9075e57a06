/* What several verbs say to people: on stderr, and the report on stdout. */
#ifndef TAMIS_CMD_SAY_H
#define TAMIS_CMD_SAY_H

#include "cmd/files.h"
#include "run/check.h"

void say_text(const struct buf *text);
/* A note of each line, which is `what`: "note", "warning". */
void say_lines(const struct cli *cli, const char *what, tamis_str lines);
void say_projection(const struct cli *cli, const struct projection *projection);

/* Sources that lose much by the sample, and nobody stops it. */
tamis_status say_losses(const struct flow *flow, const struct check *check, tamis_err *err) TAMIS_MUST_CHECK;
/* When the disk of the run folder has less room than the run may need. */
void say_disk(const struct flow *flow, const struct projection *projection);

/* The check's sample, its table (or --json) on stdout, and the gate. */
tamis_status check_and_print(struct flow *flow, const struct cli *cli, tamis_err *err) TAMIS_MUST_CHECK;
/* RUN/report.json as a table, or with --json as it is. */
tamis_status print_report(const struct cli *cli, const char *folder, tamis_err *err) TAMIS_MUST_CHECK;

#endif
