/* What the tests of laws share: an arena per test, files to read back, and the chemistry table. */
#ifndef TESTS_LAW_WORLD_H
#define TESTS_LAW_WORLD_H

#include "arena_world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "fit/dcpt.h"
#include "fit/runs.h"

#define CHEMISTRY "corpora/laws/que2024_chemistry.csv"

static inline void assert_near(double value, double expected, double within)
{
    if (!(fabs(value - expected) <= within)) {
        fail_msg("%.12g is not within %g of %.12g", value, within, expected);
    }
}

static inline void assert_says(const char *text, const char *part)
{
    if (!text || !strstr(text, part)) {
        fail_msg("'%s' does not say '%s'", text ? text : "nothing", part);
    }
}

static inline const char *scratch_path(void)
{
    static char path[64];
    (void)snprintf(path, sizeof path, "/tmp/tamis-test-law-%ld", (long)getpid());
    return path;
}

/* The path of a file that holds `text`, until the next one is written. */
static inline const char *written(const char *text)
{
    tamis_err err = {0};
    if (file_write(scratch_path(), text, strlen(text), &err)) {
        fail_msg("%s", err.text);
    }
    return scratch_path();
}

static inline int remove_written(void **state)
{
    (void)state;
    (void)unlink(scratch_path());
    return 0;
}

static inline struct dcpt_law chemistry(struct arena *arena)
{
    struct dcpt_runs runs;
    struct dcpt_law law = {0};
    static const struct dcpt_effort effort = {.replicates = 0};
    tamis_err err = {0};
    if (dcpt_read_runs(CHEMISTRY, RUNS_WARM_UP, arena, &runs, &err) ||
        dcpt_fit(&runs, "chemistry", &effort, arena, &law, &err)) {
        fail_msg("%s", err.text);
    }
    return law;
}

#endif
