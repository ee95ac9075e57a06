/* Small helpers on borrowed bytes, strict numbers, and "did you mean". */
#ifndef TAMIS_CORE_STR_H
#define TAMIS_CORE_STR_H

#include "tamis.h"

#define STR(literal) ((tamis_str){(literal), sizeof(literal) - 1})
#define STR_ARGS(s) (int)((s).len > 200 ? 200 : (s).len), (s).at /* for "%.*s" in messages */

tamis_str str_from(const char *text); /* NULL gives an empty string */
bool str_equal(tamis_str a, tamis_str b);
bool str_is(tamis_str a, const char *text);
bool str_ends_with(tamis_str s, const char *tail);
int str_compare(tamis_str a, tamis_str b); /* bytewise: <0, 0, >0 */
/* The next line of `rest` that is not empty, without its newline; `rest` becomes what follows it. False: no more. */
bool str_next_line(tamis_str *rest, tamis_str *line);
/* Control characters of C0 and C1 but newline and tab become '?': what foreign text may do to a terminal. */
void str_hide_controls(char *text);

/* Whole-string numbers; no white space, no sign on counts, nothing left over. False: not such a number. */
bool str_count(tamis_str s, uint64_t *value); /* 20e9 1.5M 256K: powers of 1000; a fraction must come out whole */
bool str_size(tamis_str s, uint64_t *value);  /* 64M 1.5G: powers of 1024, optional iB or B */
bool str_real(tamis_str s, double *value);    /* finite decimals, independent of locale */

#endif
