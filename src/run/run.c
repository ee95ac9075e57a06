/* See run.h. */
#include "run/run.h"

#include "run/shelf.h"

bool run_stopped(const struct run *run)
{
    return run->stop && atomic_load_explicit(run->stop, memory_order_relaxed) != 0;
}

uint64_t run_shelf_memory(uint64_t spare)
{
    return spare / 3 * 2;
}

void run_reserve(struct run *run)
{
    run->spare -= run_shelf_memory(run->spare);
    const uint64_t bytes = shelf_bytes(run->shelf) + run->spare;
    run->reserved = bytes < run->memory ? bytes : run->memory;
    run->memory -= run->reserved;
}
