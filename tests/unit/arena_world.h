/* An arena for each test, its state. */
#ifndef TAMIS_TESTS_ARENA_WORLD_H
#define TAMIS_TESTS_ARENA_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/arena.h"

static inline int set_up(void **state)
{
    struct arena *const arena = malloc(sizeof *arena);
    if (!arena) {
        return -1;
    }
    arena_init(arena);
    *state = arena;
    return 0;
}

static inline int tear_down(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

#endif
