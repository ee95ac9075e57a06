/*
 * Private to io: where a zstd frame ends and how much it can hold, from its headers alone (RFC 8878, section 3.1).
 */
#ifndef TAMIS_IO_FRAME_H
#define TAMIS_IO_FRAME_H

#include "tamis.h"

#define FRAME_UNKNOWN UINT64_MAX

enum frame_state {
    FRAME_WHOLE,     /* all of it is there */
    FRAME_SKIPPABLE, /* all of it is there, and it holds nothing */
    FRAME_CUT,       /* `packed` bytes or more are needed */
    FRAME_ODD        /* no such frame, or one that only the streaming decoder should judge */
};

struct frame {
    size_t packed;    /* encoded bytes, those of all blocks and the checksum */
    uint64_t content; /* decoded bytes its header states; FRAME_UNKNOWN: it states none */
    uint64_t most;    /* decoded bytes the blocks seen can hold at most */
};

/*
 * Reads the headers of the frame that begins at `bytes` and of its blocks. Of a frame that is cut, `content` and `most`
 * are what is known so far.
 */
enum frame_state frame_scan(const uint8_t *bytes, size_t len, struct frame *frame);
/* Whether a frame or a skippable one may begin there. */
bool frame_begins(const uint8_t *bytes, size_t len);

#define FRAME_HEAD_MOST 18

enum frame_walk_step {
    FRAME_WALK_HEAD,
    FRAME_WALK_BLOCKS,
    FRAME_WALK_LAST, /* what is left is of the last block or the checksum */
    FRAME_WALK_DONE,
    FRAME_WALK_ODD   /* as FRAME_ODD */
};

/* The same, byte by byte as they come: where a frame ends that is too large to be held, or whose content is damaged. */
struct frame_walk {
    enum frame_walk_step step;
    uint8_t held[FRAME_HEAD_MOST]; /* of a header */
    size_t count, wanted;
    uint64_t passing;              /* bytes up to the next header or the end */
    uint64_t content, most;        /* as of struct frame */
    uint64_t block_most;
    bool checksum;
};

void frame_walk_start(struct frame_walk *w);
/* Takes the frame's next bytes, up to its end at most; how many they were. */
size_t frame_walk(struct frame_walk *w, const uint8_t *bytes, size_t len);

#endif
