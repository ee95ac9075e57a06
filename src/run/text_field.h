/*
 * A text field that no record has: where the records hold their strings instead.
 */
#ifndef TAMIS_RUN_TEXT_FIELD_H
#define TAMIS_RUN_TEXT_FIELD_H

#include "run/run.h"

/* TAMIS_USAGE. `record` is the line of one that has no text, of part `input`; it is looked at for other strings. */
tamis_status text_field_missing(const struct run *run, size_t input, tamis_str record, tamis_err *err);

#endif
