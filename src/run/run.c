/* Whether a run is to stop. */
#include "run/run.h"

bool run_stopped(const struct run *run)
{
    return run->stop && atomic_load_explicit(run->stop, memory_order_relaxed) != 0;
}
