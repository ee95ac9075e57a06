/*
 * A line of JSON as every reader of JSON lines takes it: strict (RFC 8259), numbers of any size; as a value, one beyond
 * the range of a double counts as 1e308 or -1e308.
 */
#ifndef TAMIS_IO_JSON_LINE_H
#define TAMIS_IO_JSON_LINE_H

#include "io/json_shim.h"
#include "io/reader.h"

/*
 * *reject tells whether `line` is an object; TAMIS_OK also when it is not. BUF_PADDING bytes behind it are readable.
 * REJECT_NOT_AN_OBJECT is JSON all the same.
 */
tamis_status json_line_parse(struct parser *p, tamis_str line, enum reject *reject, tamis_err *err) TAMIS_MUST_CHECK;
/* What was parsed, until the next line. */
const struct dom *json_line_dom(const struct parser *p);
/*
 * An id: a string as it is; a number as its text, whole numbers as they are written, whatever their length. Anything
 * else leaves *id as it was. `line` is what was parsed; *id points into `arena` or `line`. False: no memory.
 */
bool json_line_id(const struct dom_value *value, tamis_str line, struct arena *arena, tamis_str *id) TAMIS_MUST_CHECK;
/* A number of tokens: a whole one below 2^32; anything else is 0. */
uint32_t json_line_tokens(const struct dom_value *value);

#endif
