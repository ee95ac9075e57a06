/* One line of --drops, as filter and dedup write it. */
#ifndef TAMIS_CMD_DROP_LINE_H
#define TAMIS_CMD_DROP_LINE_H

#include "recipe/rules.h"

struct drop_line {
    tamis_str id;
    const tamis_str *keeper; /* its id; NULL: there is none */
    const struct rule *rule;
    double value, threshold; /* NaN writes null */
};

/* Appended with its newline. False: out of memory. */
bool drop_line(struct buf *out, const struct drop_line *line) TAMIS_MUST_CHECK;

#endif
