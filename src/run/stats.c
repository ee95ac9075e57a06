/*
 * Rows of counters, added up when they are printed.
 */
#include "run/stats.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STAGES_MAX 32

struct stage_time {
    char name[32];
    uint64_t ns;
};

struct stats {
    unsigned threads;
    struct stats_row *rows; /* threads, and one for the serial steps */
    struct stage_time stages[STAGES_MAX];
    size_t count, current;  /* current == count: no stage */
    uint64_t since, documents;
};

uint64_t stats_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct stats *stats_new(unsigned threads)
{
    struct stats *const s = calloc(1, sizeof *s);
    struct stats_row *const rows = calloc((size_t)threads + 1, sizeof *rows);
    if (!s || !rows) {
        free(s);
        free(rows);
        return NULL;
    }
    s->threads = threads;
    s->rows = rows;
    return s;
}

void stats_free(struct stats *s)
{
    if (s) {
        free(s->rows);
        free(s);
    }
}

struct stats_row *stats_row(struct stats *s, unsigned thread)
{
    return s ? &s->rows[thread < s->threads ? thread : s->threads] : NULL;
}

static void end_stage(struct stats *s, uint64_t now)
{
    if (s->current < s->count) {
        s->stages[s->current].ns += now - s->since;
    }
    s->since = now;
}

/* The same name twice is one stage; one too many counts as the last. */
void stats_stage(struct stats *s, const char *name)
{
    if (!s) {
        return;
    }
    end_stage(s, stats_clock());
    size_t i = 0;
    while (i < s->count && strcmp(s->stages[i].name, name) != 0) {
        i++;
    }
    if (!name[0]) {
        i = s->count;
    } else if (i == s->count) {
        i -= s->count == STAGES_MAX;
        s->count += s->count < STAGES_MAX;
        strncpy(s->stages[i].name, name, sizeof s->stages[i].name - 1);
    }
    s->current = i;
}

void stats_documents(struct stats *s, uint64_t count)
{
    if (s) {
        s->documents += count;
    }
}

static bool print_stages(const struct stats *s, struct buf *out)
{
    uint64_t total = 0;
    for (size_t i = 0; i < s->count; i++) {
        total += s->stages[i].ns;
    }
    bool fine = buf_printf(out, "%-18s %10s %7s\n", "stage", "seconds", "share");
    for (size_t i = 0; fine && i < s->count; i++) {
        fine = buf_printf(out, "%-18s %10.3f %6.1f%%\n", s->stages[i].name, 1e-9 * (double)s->stages[i].ns,
                          total ? 100 * (double)s->stages[i].ns / (double)total : 0);
    }
    return fine;
}

static bool print_steps(const struct stats *s, struct buf *out)
{
    static const char *const names[STATS_STEPS] = {
        [STATS_READ] = "read",         [STATS_DECODE] = "decode", [STATS_JOIN] = "join",
        [STATS_PARSE] = "parse",       [STATS_EXACT] = "exact hash", [STATS_FILTER] = "filters",
        [STATS_SKETCH] = "sketch",     [STATS_SAMPLE] = "sample", [STATS_WRITE] = "rows or lines",
    };
    const double documents = s->documents ? (double)s->documents : 1;
    bool fine = buf_printf(out, "%-18s %10s %12s %12s %10s\n", "step", "seconds", "ns/document", "B/document", "MB/s");
    for (size_t step = 0; fine && step < STATS_STEPS; step++) {
        uint64_t ns = 0, bytes = 0;
        for (unsigned t = 0; t <= s->threads; t++) {
            ns += s->rows[t].at[step].ns;
            bytes += s->rows[t].at[step].bytes;
        }
        if (ns) {
            fine = buf_printf(out, "%-18s %10.3f %12.0f %12.0f %10.0f\n", names[step], 1e-9 * (double)ns,
                              (double)ns / documents, (double)bytes / documents, 1e3 * (double)bytes / (double)ns);
        }
    }
    return fine;
}

bool stats_print(struct stats *s, struct buf *out)
{
    end_stage(s, stats_clock());
    return print_stages(s, out) && print_steps(s, out) &&
           buf_printf(out, "Steps are summed over %u thread%s; %llu documents.\n", s->threads,
                      s->threads == 1 ? "" : "s", (unsigned long long)s->documents);
}
