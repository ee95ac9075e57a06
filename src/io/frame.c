/*
 * The headers of zstd frames. Nothing is decoded; a frame that breaks a rule of the format is FRAME_ODD, so that there
 * is one place where damage is judged.
 */
#include "io/frame.h"

#define MAGIC 0xfd2fb528u
#define SKIPPABLE_MAGIC 0x184d2a50u
#define SKIPPABLE_HEADER 8
#define BLOCK_HEADER 3
#define BLOCK_MOST ((uint64_t)128 << 10)
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

static bool is_skippable(const uint8_t *bytes)
{
    return (little(bytes, 4) & 0xfffffff0u) == SKIPPABLE_MAGIC;
}

bool frame_begins(const uint8_t *bytes, size_t len)
{
    return len >= 4 && (little(bytes, 4) == MAGIC || is_skippable(bytes));
}

void frame_start(struct frame *f)
{
    *f = (struct frame){.wanted = 5, .content = FRAME_UNKNOWN};
}

/* The window in bytes; 0: larger than any decoder takes. */
static uint64_t window_size(uint8_t descriptor)
{
    const unsigned log = 10u + (descriptor >> 3);
    const uint64_t base = (uint64_t)1 << log;
    return log <= WINDOW_LOG_MAX ? base + base / 8 * (descriptor & 7u) : 0;
}

static void take_skippable(struct frame *f)
{
    f->wanted = SKIPPABLE_HEADER;
    if (f->count == SKIPPABLE_HEADER) {
        f->content = 0;
        f->passing = little(f->held + 4, 4);
        f->step = f->passing > 0 ? FRAME_LAST : FRAME_DONE;
    }
}

/* What is held of the header: five bytes, which tell its length, or all of it. */
static void take_head(struct frame *f)
{
    static const uint8_t dictionary_bytes[4] = {0, 1, 2, 4}, content_bytes[4] = {0, 2, 4, 8};
    const uint8_t about = f->held[4];
    const bool single = about & 0x20u, reserved = about & 0x08u;
    const size_t stated = single && about >> 6 == 0 ? 1 : content_bytes[about >> 6];
    if (is_skippable(f->held)) {
        take_skippable(f);
        return;
    }
    if (little(f->held, 4) != MAGIC || reserved || dictionary_bytes[about & 3u] != 0) {
        f->step = FRAME_ODD;
        return;
    }
    f->wanted = 5 + (single ? 0u : 1u) + stated;
    if (f->count < f->wanted) {
        return;
    }
    if (stated != 0) {
        f->content = little(f->held + f->wanted - stated, stated) + (stated == 2 ? 256 : 0);
    }
    f->window = single ? 0 : window_size(f->held[5]);
    const uint64_t reach = single ? f->content : f->window;
    f->block_most = reach < BLOCK_MOST ? reach : BLOCK_MOST;
    f->checksum = about & 0x04u;
    f->step = single || f->window != 0 ? FRAME_BLOCKS : FRAME_ODD;
    f->count = 0;
    f->wanted = BLOCK_HEADER;
}

static void take_block(struct frame *f)
{
    const uint64_t header = little(f->held, BLOCK_HEADER), size = header >> 3;
    const enum block_type type = (enum block_type)(header >> 1 & 3);
    f->count = 0;
    if (type == BLOCK_RESERVED || size > f->block_most) {
        f->step = FRAME_ODD;
        return;
    }
    f->most += type == BLOCK_COMPRESSED ? f->block_most : size;
    f->passing = type == BLOCK_REPEATED ? 1 : size;
    if (header & 1) {
        f->passing += f->checksum ? 4 : 0;
        f->step = f->passing > 0 ? FRAME_LAST : FRAME_DONE;
    }
}

size_t frame_next(const struct frame *f)
{
    return f->step >= FRAME_DONE ? 0 : f->passing > 0 ? (size_t)f->passing : f->wanted - f->count;
}

size_t frame_walk(struct frame *f, const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    while (at < len && f->step < FRAME_DONE) {
        if (f->passing > 0) {
            const size_t pass = f->passing < len - at ? (size_t)f->passing : len - at;
            at += pass;
            f->passing -= pass;
            f->step = f->passing == 0 && f->step == FRAME_LAST ? FRAME_DONE : f->step;
        } else {
            f->held[f->count++] = bytes[at++];
            if (f->count == f->wanted) {
                (f->step == FRAME_HEAD ? take_head : take_block)(f);
            }
        }
    }
    return at;
}

enum frame_step frame_scan(const uint8_t *bytes, size_t len, struct frame *f)
{
    frame_start(f);
    f->packed = frame_walk(f, bytes, len);
    f->packed += frame_next(f);
    return f->step;
}
