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

#endif
