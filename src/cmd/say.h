/* What several verbs say to people: on stderr, and the report on stdout. */
#ifndef TAMIS_CMD_SAY_H
#define TAMIS_CMD_SAY_H

#include "cmd/files.h"
#include "run/check.h"

void say_text(const struct buf *text);
void say_projection(const struct cli *cli, const struct projection *projection);

/* The check's sample, its table (or --json) on stdout, and the gate. */
tamis_status check_and_print(struct flow *flow, const struct cli *cli, tamis_err *err) TAMIS_MUST_CHECK;
/* RUN/report.json as a table, or with --json as it is. */
tamis_status print_report(const struct cli *cli, const char *folder, tamis_err *err) TAMIS_MUST_CHECK;

#endif
