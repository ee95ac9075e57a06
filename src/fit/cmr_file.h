/* What cmr_law.c hands to cmr_file.c to write: the law at the tolerance it was asked for. */
#ifndef TAMIS_FIT_CMR_FILE_H
#define TAMIS_FIT_CMR_FILE_H

#include "core/buf.h"
#include "fit/cmr_law.h"
#include "fit/runs.h"

struct cmr_result {
    struct cmr_critical without[CMR_RATIOS]; /* at the end, without each ratio; where `left_out` */
    bool left_out;                           /* there are ratios enough to miss one */
    double tolerance;
    struct cmr_power power;   /* NaN: too few critical shares */
    size_t points;
    double power_error;       /* largest, of the share */
    double first, last;       /* T that all ratios cover */
    struct cmr_critical at_last; /* the critical share at the end of the runs */
};

bool cmr_law_print(const struct cmr_law *law, const struct cmr_result *result, const struct runs *runs,
                   tamis_str warnings, struct buf *out) TAMIS_MUST_CHECK;
const char *cmr_verdict_name(enum cmr_verdict verdict);

#endif
