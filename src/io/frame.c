/*
 * The headers of zstd frames. Nothing is decoded; a frame that breaks a rule of the format is FRAME_ODD, so that there
 * is one place where damage is judged.
 */
#include "io/frame.h"

#define MAGIC 0xfd2fb528u
#define SKIPPABLE_MAGIC 0x184d2a50u
#define SKIPPABLE_HEADER 8
#define BLOCK_MOST ((uint64_t)128 << 10)
#define WINDOW_USUAL ((uint64_t)1 << 27) /* the largest that zstd -d takes unasked */
#define WINDOW_LOG_MAX 31

enum block_type { BLOCK_RAW, BLOCK_REPEATED, BLOCK_COMPRESSED, BLOCK_RESERVED };

static uint64_t little(const uint8_t *bytes, size_t len)
{
    uint64_t value = 0;
    for (size_t i = len; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

static enum frame_state cut(struct frame *frame, size_t needed)
{
    frame->packed = needed;
    return FRAME_CUT;
}

static enum frame_state scan_skippable(const uint8_t *bytes, size_t len, struct frame *frame)
{
    if (len < SKIPPABLE_HEADER) {
        return cut(frame, SKIPPABLE_HEADER);
    }
    frame->content = 0;
    frame->packed = SKIPPABLE_HEADER + (size_t)little(bytes + 4, 4);
    return frame->packed <= len ? FRAME_SKIPPABLE : FRAME_CUT;
}

/* From the first block to the end. `at` is where it begins. */
static enum frame_state scan_blocks(const uint8_t *bytes, size_t len, size_t at, uint64_t block_most, bool checksum,
                                    struct frame *frame)
{
    for (bool last = false; !last;) {
        if (len < at + 3) {
            return cut(frame, at + 3);
        }
        const uint64_t header = little(bytes + at, 3);
        const enum block_type type = (enum block_type)(header >> 1 & 3);
        const uint64_t size = header >> 3;
        if (type == BLOCK_RESERVED || size > block_most) {
            return FRAME_ODD;
        }
        last = header & 1;
        at += 3 + (type == BLOCK_REPEATED ? 1 : (size_t)size);
        frame->most += type == BLOCK_COMPRESSED ? block_most : size;
        if (at > len) {
            return cut(frame, at);
        }
    }
    frame->packed = at + (checksum ? 4 : 0);
    return frame->packed <= len ? FRAME_WHOLE : FRAME_CUT;
}

/* The window in bytes; 0: larger than any decoder takes. */
static uint64_t window_size(uint8_t descriptor)
{
    const unsigned log = 10u + (descriptor >> 3);
    const uint64_t base = (uint64_t)1 << log;
    return log <= WINDOW_LOG_MAX ? base + base / 8 * (descriptor & 7u) : 0;
}

enum frame_state frame_scan(const uint8_t *bytes, size_t len, struct frame *frame)
{
    static const uint8_t dictionary_bytes[4] = {0, 1, 2, 4}, content_bytes[4] = {0, 2, 4, 8};
    *frame = (struct frame){.content = FRAME_UNKNOWN};
    if (len < 5) {
        return cut(frame, 5);
    }
    const uint32_t magic = (uint32_t)little(bytes, 4);
    if ((magic & 0xfffffff0u) == SKIPPABLE_MAGIC) {
        return scan_skippable(bytes, len, frame);
    }
    const uint8_t about = bytes[4];
    const bool reserved = about & 0x08u;
    if (magic != MAGIC || reserved || dictionary_bytes[about & 3u] != 0) {
        return FRAME_ODD;
    }
    const bool single = about & 0x20u;
    const size_t stated = single && about >> 6 == 0 ? 1 : content_bytes[about >> 6];
    const size_t at = 5 + (single ? 0u : 1u) + stated;
    if (len < at) {
        return cut(frame, at);
    }
    if (stated != 0) {
        frame->content = little(bytes + at - stated, stated) + (stated == 2 ? 256 : 0);
    }
    const uint64_t window = single ? frame->content : window_size(bytes[5]);
    if (!single && (window == 0 || window > WINDOW_USUAL)) {
        return FRAME_ODD; /* nor is it to be copied: zstd -d refuses it */
    }
    return scan_blocks(bytes, len, at, window < BLOCK_MOST ? window : BLOCK_MOST, about & 0x04u, frame);
}
