/*
 * Private to io: where a zstd frame ends and how much it can hold, from its headers alone (RFC 8878, section 3.1).
 */
#ifndef TAMIS_IO_FRAME_H
#define TAMIS_IO_FRAME_H

#include "tamis.h"

#define FRAME_UNKNOWN UINT64_MAX

#define FRAME_HEAD_MOST 18
#define FRAME_WINDOW_USUAL ((uint64_t)1 << 27) /* the largest that zstd -d takes unasked */

enum frame_step {
    FRAME_HEAD,
    FRAME_BLOCKS,
    FRAME_LAST, /* what is left is of the last block or the checksum */
    FRAME_DONE,
    FRAME_ODD   /* no such frame, or one that only the streaming decoder should judge */
};

/* A frame, as far as its bytes were walked: it may be too large to be held, or its content damaged. */
struct frame {
    enum frame_step step;
    uint8_t held[FRAME_HEAD_MOST]; /* of a header */
    size_t count, wanted;
    uint64_t passing;    /* bytes up to the next header or the end */
    size_t packed;       /* encoded bytes; the least it can have, as long as it is not FRAME_DONE */
    uint64_t content;    /* decoded bytes its header states; FRAME_UNKNOWN: it states none, or is not read yet */
    uint64_t most;       /* decoded bytes the blocks seen can hold at most; 0: it is a skippable one, or empty */
    uint64_t window;     /* bytes a decoder must keep besides its output */
    uint64_t block_most;
    bool checksum;
};

void frame_start(struct frame *f);
/* Bytes up to the next header, or of it, or up to the end; 0: it is done or odd. */
size_t frame_next(const struct frame *f);
/* Takes the frame's next bytes, up to its end at most; how many they were. */
size_t frame_walk(struct frame *f, const uint8_t *bytes, size_t len);
/* Walks one from its beginning and sets `packed`. */
enum frame_step frame_scan(const uint8_t *bytes, size_t len, struct frame *f);
/* Whether a frame or a skippable one may begin there. */
bool frame_begins(const uint8_t *bytes, size_t len);

#endif
