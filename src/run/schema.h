/* RUN/ledger/schema.json: what the columns of a ledger mean, for other programs, and its version for ours. */
#ifndef TAMIS_RUN_SCHEMA_H
#define TAMIS_RUN_SCHEMA_H

#include "run/run.h"

tamis_status schema_write(const struct run *run, tamis_err *err) TAMIS_MUST_CHECK;
/* A ledger of another version is TAMIS_USAGE; one without a schema (nothing surveyed yet) is fine. */
tamis_status schema_check(const struct run *run, tamis_err *err) TAMIS_MUST_CHECK;

#endif
