/*
 * The steps of a run: found by hashing while they are read, put in order afterwards.
 */
#include "score/trajectories_reading.h"

#include <stdlib.h>

#include "core/rows.h"

#define FIRST_ROOM 64

static struct step *slot_for(struct step *slots, size_t room, uint64_t number)
{
    size_t at = (size_t)hash_mix(number) & (room - 1);
    while (slots[at].used && slots[at].number != number) {
        at = (at + 1) & (room - 1);
    }
    return &slots[at];
}

static tamis_status grow(struct steps *s, tamis_err *err)
{
    const size_t room = s->room > 0 ? 2 * s->room : FIRST_ROOM; /* bounded by the most checkpoints */
    struct step *const slots = calloc(room, sizeof *slots);
    if (!slots) {
        return reading_no_memory("the steps", err);
    }
    for (size_t i = 0; i < s->room; i++) {
        if (s->slots[i].used) {
            *slot_for(slots, room, s->slots[i].number) = s->slots[i];
        }
    }
    free(s->slots);
    s->slots = slots;
    s->room = room;
    return TAMIS_OK;
}

tamis_status steps_touch(struct steps *s, uint64_t number, struct step **step, tamis_err *err)
{
    const tamis_status status = 2 * s->count < s->room ? TAMIS_OK : grow(s, err);
    if (status) {
        return status;
    }
    *step = slot_for(s->slots, s->room, number);
    if ((*step)->used) {
        return TAMIS_OK;
    }
    if (s->count == TRAJECTORIES_MOST_CHECKPOINTS) {
        return tamis_fail(err, TAMIS_INPUT,
                          "more than %zu different steps: the step of a loss is the checkpoint whose weights it was "
                          "measured with, not the batch the document was in; where losses were taken in training, "
                          "write the epoch", TRAJECTORIES_MOST_CHECKPOINTS);
    }
    **step = (struct step){.number = number, .used = true};
    s->count++;
    return TAMIS_OK;
}

struct step *steps_find(const struct steps *s, uint64_t number)
{
    struct step *const slot = s->room > 0 ? slot_for(s->slots, s->room, number) : NULL;
    return slot && slot->used ? slot : NULL;
}

tamis_status steps_sort(struct steps *s, tamis_err *err)
{
    s->numbers = calloc(s->count + 1, sizeof *s->numbers);
    s->covered = calloc(s->count + 1, sizeof *s->covered);
    if (!s->numbers || !s->covered) {
        return reading_no_memory("the steps", err);
    }
    size_t count = 0;
    for (size_t i = 0; i < s->room; i++) {
        if (s->slots[i].used) {
            s->numbers[count++] = s->slots[i].number;
        }
    }
    rows_sort(s->numbers, count, 1, 0);
    for (size_t i = 0; i < count; i++) {
        slot_for(s->slots, s->room, s->numbers[i])->index = i;
    }
    return TAMIS_OK;
}

void steps_show_covered(struct steps *s)
{
    for (size_t i = 0; i < s->room; i++) {
        if (s->slots[i].used) {
            s->covered[s->slots[i].index] = s->slots[i].covered;
        }
    }
}

void steps_release(struct steps *s)
{
    free(s->slots);
    free(s->numbers);
    free(s->covered);
    *s = (struct steps){0};
}
