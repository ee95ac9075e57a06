/* Verbs that read one small file and answer with one JSON document. */
#ifndef TAMIS_CMD_JSON_OUT_H
#define TAMIS_CMD_JSON_OUT_H

#include "cmd/cli.h"

/* To the file of -o, whole or not at all, or to stdout. An output that is `input` would destroy it: TAMIS_USAGE. */
tamis_status json_out(const struct cli *cli, const char *input, tamis_str json, tamis_err *err) TAMIS_MUST_CHECK;
/* The same check alone, to be made before any work. */
tamis_status json_out_check(const struct cli *cli, const char *input, tamis_err *err) TAMIS_MUST_CHECK;
/* A second output, named by `option` ("--chart"), must be neither `input` nor the file of -o, by whatever names:
   TAMIS_USAGE. `output` NULL: nothing to check; `input` NULL: only -o. Once for every input. */
tamis_status output_is_not_input(const struct cli *cli, const char *option, const char *output, const char *input,
                                 tamis_err *err) TAMIS_MUST_CHECK;

#endif
