/* Small helpers of a run. */
#include "run/run.h"

#include <string.h>

bool run_stopped(const struct run *run)
{
    return run->stop && atomic_load_explicit(run->stop, memory_order_relaxed) != 0;
}

const char *run_path(const struct run *run, const char *first, const char *second)
{
    const size_t a = strlen(first), b = strlen(second);
    char *const path = arena_alloc(&run->recipe->arena, a + b + 2);
    if (path) {
        memcpy(path, first, a);
        path[a] = '/';
        memcpy(path + a + 1, second, b + 1);
    }
    return path;
}
