/*
 * What the makers of compat_signature() share: the normalised text, and its words.
 */
#ifndef TAMIS_SKETCH_COMPAT_TEXT_H
#define TAMIS_SKETCH_COMPAT_TEXT_H

#include "core/buf.h"

struct compat_range {
    uint32_t first, last;
};

/* Whether `c` is in one of some ranges that ascend. */
static inline bool compat_in(uint32_t c, const struct compat_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (c <= ranges[i].last) {
            return c >= ranges[i].first;
        }
    }
    return false;
}

#define COMPAT_IN(c, ranges) compat_in(c, ranges, sizeof(ranges) / sizeof(ranges)[0])

/* Code points. Words are parted by single spaces, and before every place that is marked in `cut`. */
struct compat_text {
    uint32_t *at;
    uint8_t *cut;
    size_t count;
    uint32_t *read; /* the text as it came */
    size_t cap;     /* code points, of each of the three */
};

/* Words in UTF-8, one space between two. Word i is bytes[begin[i], begin[i + 1] - 1). */
struct compat_words {
    struct buf bytes;
    size_t *begin; /* one more than there are words */
    size_t count, cap;
};

/* Each is false when memory runs out. All begin as {0}, or as the last call left them. */
bool compat_normalise(struct compat_text *t, tamis_str text) TAMIS_MUST_CHECK;
void compat_cut(struct compat_text *t); /* marks where words begin */
bool compat_collect(struct compat_words *w, const struct compat_text *t) TAMIS_MUST_CHECK;

#endif
