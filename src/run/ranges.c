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

/* What is made of a row holds its id and its keeper's. */
static uint64_t id_bytes(const struct ranging *r, const struct ledger_part *part, size_t row)
{
    const uint64_t *const offsets = part->id_offsets.rows;
    const struct resolve_row *const resolved = part->resolve.rows;
    const uint64_t keeper = resolved != NULL ? resolved[row].keeper : LEDGER_NOBODY;
    const uint64_t own = offsets[row + 1] - offsets[row];
    return keeper < r->ledger->documents ? own + ledger_id(r->ledger, keeper).len : own;
}

static size_t range_end(const struct ranging *r, const struct ledger_part *part)
{
    uint64_t bytes = 0;
    size_t to = r->row;
    while (to < part->count && to - r->row < RANGE_ROWS && (to == r->row || bytes < RANGE_ID_BYTES)) {
        bytes += id_bytes(r, part, to++);
    }
    return to;
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
    next->range = (struct range){.part = part, .from = r->row, .to = range_end(r, part)};
    r->row = next->range.to;
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
