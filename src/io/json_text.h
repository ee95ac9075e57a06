/*
 * Small pure functions on the text of JSON, for the rare lines where the parser's answer is not enough.
 */
#ifndef TAMIS_IO_JSON_TEXT_H
#define TAMIS_IO_JSON_TEXT_H

#include "core/buf.h"

/* Deepest nesting of objects and arrays in valid JSON: 1 for {}. */
size_t json_text_nesting(tamis_str json);
/* A \ud800..\udfff escape without its partner, anywhere. */
bool json_text_lone_surrogate(tamis_str json);
/*
 * Copies `json` with those numbers replaced that a parser of 64-bit numbers refuses although they are legal: a long
 * integer becomes the same number as a real, a number beyond the range of a double becomes 1e308 or -1e308. What is
 * no JSON number is copied as it is. False: no memory.
 */
bool json_text_tame_numbers(tamis_str json, struct buf *out);
/*
 * Copies `json` with NaN, Infinity and -Infinity, which are no JSON but what Python writes, as 1e308 and -1e308; *any
 * tells whether there were some. False: no memory.
 */
bool json_text_tame_names(tamis_str json, struct buf *out, bool *any);
/*
 * The bytes of the value reached by taking the steps[0]-th member of the outermost object, of that one the
 * steps[1]-th, and so on, in valid JSON. Empty: there is none.
 */
tamis_str json_text_value(tamis_str json, const uint32_t *steps, size_t depth);

#endif
