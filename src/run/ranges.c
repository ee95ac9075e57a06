/* See ranges.h. */
#include "run/ranges.h"

#include <stdlib.h>

#include "run/pipeline.h"

struct ranging {
    const struct ranges *ranges;
    const struct run *run;
    const struct ledger *ledger;
    size_t part, row; /* where the next range begins */
};

struct job {
    struct range range;
    struct buf *made;
};

static tamis_status init(struct job *job, size_t texts, tamis_err *err)
{
    job->made = calloc(texts, sizeof *job->made);
    for (size_t i = 0; job->made != NULL && i < texts; i++) {
        buf_init(&job->made[i], BUF_UNLIMITED);
    }
    return job->made != NULL ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for lists of documents");
}

static tamis_status read_range(void *context, void *job, bool *end, tamis_err *err)
{
    struct ranging *const r = context;
    struct job *const next = job;
    if (run_stopped(r->run)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while writing; the same command continues");
    }
    while (r->part < r->ledger->part_count && r->row == r->ledger->parts[r->part].count) {
        r->part++;
        r->row = 0;
    }
    *end = r->part == r->ledger->part_count;
    if (*end) {
        return TAMIS_OK;
    }
    const struct ledger_part *const part = &r->ledger->parts[r->part];
    const size_t rows = part->count - r->row < RANGE_ROWS ? part->count - r->row : RANGE_ROWS;
    next->range = (struct range){.part = part, .from = r->row, .to = r->row + rows};
    r->row += rows;
    return next->made != NULL ? TAMIS_OK : init(next, r->ranges->texts, err);
}

static tamis_status make_range(void *context, unsigned thread, void *job, tamis_err *err)
{
    const struct ranges *const ranges = ((const struct ranging *)context)->ranges;
    struct job *const own = job;
    (void)thread;
    for (size_t i = 0; i < ranges->texts; i++) {
        buf_clear(&own->made[i]);
    }
    return ranges->make(ranges->context, own->range, own->made, err);
}

static tamis_status take_range(void *context, void *job, tamis_err *err)
{
    const struct ranges *const ranges = ((const struct ranging *)context)->ranges;
    return ranges->take(ranges->context, ((const struct job *)job)->made, err);
}

static void release(void *context, void *job)
{
    const struct ranging *const r = context;
    struct buf *const made = ((struct job *)job)->made;
    for (size_t i = 0; made != NULL && i < r->ranges->texts; i++) {
        buf_release(&made[i]);
    }
    free(made);
}

tamis_status ranges_run(const struct ranges *ranges, const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    struct ranging ranging = {.ranges = ranges, .run = run, .ledger = ledger};
    const struct pipeline pipeline = {
        .context = &ranging,
        .job_bytes = sizeof(struct job),
        .read = read_range,
        .work = make_range,
        .write = take_range,
        .release = release,
    };
    return pipeline_run(&pipeline, run->threads != 0 ? run->threads : 1, err);
}
