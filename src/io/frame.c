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

/* What a frame's header says. */
struct head {
    size_t bytes;       /* of the header */
    uint64_t content;   /* FRAME_UNKNOWN: not stated */
    uint64_t window;
    uint64_t block_most;
    bool checksum;
};

/* FRAME_WHOLE: the header is there; FRAME_CUT: head->bytes are needed. */
static enum frame_state scan_head(const uint8_t *bytes, size_t len, struct head *head)
{
    static const uint8_t dictionary_bytes[4] = {0, 1, 2, 4}, content_bytes[4] = {0, 2, 4, 8};
    *head = (struct head){.bytes = 5, .content = FRAME_UNKNOWN};
    if (len < 5) {
        return FRAME_CUT;
    }
    const uint8_t about = bytes[4];
    const bool reserved = about & 0x08u;
    if (little(bytes, 4) != MAGIC || reserved || dictionary_bytes[about & 3u] != 0) {
        return FRAME_ODD;
    }
    const bool single = about & 0x20u;
    const size_t stated = single && about >> 6 == 0 ? 1 : content_bytes[about >> 6];
    head->bytes = 5 + (single ? 0u : 1u) + stated;
    if (len < head->bytes) {
        return FRAME_CUT;
    }
    if (stated != 0) {
        head->content = little(bytes + head->bytes - stated, stated) + (stated == 2 ? 256 : 0);
    }
    head->window = single ? head->content : window_size(bytes[5]);
    head->block_most = head->window < BLOCK_MOST ? head->window : BLOCK_MOST;
    head->checksum = about & 0x04u;
    return single || head->window != 0 ? FRAME_WHOLE : FRAME_ODD;
}

static bool is_skippable(const uint8_t *bytes)
{
    return (little(bytes, 4) & 0xfffffff0u) == SKIPPABLE_MAGIC;
}

bool frame_begins(const uint8_t *bytes, size_t len)
{
    return len >= 4 && (little(bytes, 4) == MAGIC || is_skippable(bytes));
}

enum frame_state frame_scan(const uint8_t *bytes, size_t len, struct frame *frame)
{
    struct head head;
    *frame = (struct frame){.content = FRAME_UNKNOWN};
    if (len < 5) {
        return cut(frame, 5);
    }
    if (is_skippable(bytes)) {
        return scan_skippable(bytes, len, frame);
    }
    const enum frame_state state = scan_head(bytes, len, &head);
    frame->content = head.content;
    if (state == FRAME_CUT) {
        return cut(frame, head.bytes);
    }
    const bool single = state == FRAME_WHOLE && (bytes[4] & 0x20u);
    if (state == FRAME_ODD || (!single && head.window > WINDOW_USUAL)) {
        return FRAME_ODD; /* nor is it to be copied: zstd -d refuses it */
    }
    return scan_blocks(bytes, len, head.bytes, head.block_most, head.checksum, frame);
}

/* ---- Walking ---------------------------------------------------------------------------------------------------- */

void frame_walk_start(struct frame_walk *w)
{
    *w = (struct frame_walk){.wanted = 5, .content = FRAME_UNKNOWN};
}

/* All of a frame's header is held, perhaps. */
static void walk_head(struct frame_walk *w)
{
    struct head head;
    if (w->count == 5 && is_skippable(w->held)) {
        w->wanted = SKIPPABLE_HEADER;
    }
    if (w->count == SKIPPABLE_HEADER && is_skippable(w->held)) {
        w->content = 0;
        w->passing = little(w->held + 4, 4);
        w->step = w->passing > 0 ? FRAME_WALK_LAST : FRAME_WALK_DONE;
        return;
    }
    if (w->count < w->wanted) {
        return;
    }
    const enum frame_state state = scan_head(w->held, w->count, &head);
    w->wanted = head.bytes;
    if (state == FRAME_WHOLE) {
        w->content = head.content;
        w->block_most = head.block_most;
        w->checksum = head.checksum;
        w->step = FRAME_WALK_BLOCKS;
        w->count = 0;
        w->wanted = 3;
    } else if (state == FRAME_ODD) {
        w->step = FRAME_WALK_ODD;
    }
}

static void walk_block(struct frame_walk *w)
{
    const uint64_t header = little(w->held, 3), size = header >> 3;
    const enum block_type type = (enum block_type)(header >> 1 & 3);
    w->count = 0;
    if (type == BLOCK_RESERVED || size > w->block_most) {
        w->step = FRAME_WALK_ODD;
        return;
    }
    w->most += type == BLOCK_COMPRESSED ? w->block_most : size;
    w->passing = type == BLOCK_REPEATED ? 1 : size;
    if (header & 1) {
        w->passing += w->checksum ? 4 : 0;
        w->step = w->passing > 0 ? FRAME_WALK_LAST : FRAME_WALK_DONE;
    }
}

size_t frame_walk(struct frame_walk *w, const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    while (at < len && w->step < FRAME_WALK_DONE) {
        if (w->passing > 0) {
            const size_t pass = w->passing < len - at ? (size_t)w->passing : len - at;
            at += pass;
            w->passing -= pass;
            w->step = w->passing == 0 && w->step == FRAME_WALK_LAST ? FRAME_WALK_DONE : w->step;
        } else {
            w->held[w->count++] = bytes[at++];
            if (w->step == FRAME_WALK_HEAD) {
                walk_head(w);
            } else if (w->count == w->wanted) {
                walk_block(w);
            }
        }
    }
    return at;
}
