/*
 * A piece of a part on its way from the file to chunks: loaded in order by one thread at a time, decoded by any, taken
 * in order by one at a time. It owns its memory and is used again.
 */
#ifndef TAMIS_IO_PIECE_H
#define TAMIS_IO_PIECE_H

#include "core/buf.h"

/* Decoded bytes a piece aims at: what a core's cache holds. A frame that is larger is a piece of its own. */
#define PIECE_BYTES ((size_t)1 << 20)
/* Larger frames, encoded or decoded, are decoded as they are loaded, in pieces of PIECE_BYTES. */
#define PIECE_PACKED_MOST ((size_t)8 << 20)
#define PIECE_DECODED_MOST ((uint64_t)8 << 20)
/* Bytes free before the decoded ones: what is left of the piece before fits there most of the time. */
#define PIECE_MARGIN ((size_t)64 << 10)

/* Of a message about damage. */
#define NOTE_BYTES 160

struct unit_rule;
struct stream_in;

/* Decoded bytes that are lost, and the part goes on behind them. */
struct piece_gap {
    size_t at; /* in the piece's bytes: they would lie before that one */
    uint64_t lost;
    char note[NOTE_BYTES]; /* why */
};

struct piece {
    const struct unit_rule *rule; /* of its part; private to io */
    bool first;       /* it goes on from nothing: the part's first, or what lies before was left out */
    bool last;        /* of its part */
    bool begun, taken; /* by a cutter */
    uint64_t offset;  /* of a first one: where it begins in the decoded part .. */
    uint64_t resume;  /* .. and where the first record of interest does */
    struct buf packed; /* whole zstd frames; empty: decoded already */
    uint64_t place;    /* of `packed` in the file */
    struct buf name;   /* of the file, for messages */
    struct buf bytes;  /* decoded, from `from` */
    size_t from;
    struct buf gaps;   /* struct piece_gap, in order */
    size_t gaps_taken;
    tamis_err damage;  /* status TAMIS_DAMAGED: the stream breaks behind `bytes` */
    void *decoder;     /* libzstd's, made when it is needed */
};

/* A zeroed piece may be loaded too. */
void piece_init(struct piece *p);
void piece_release(struct piece *p);
/*
 * Decodes what is packed. Damage is no failure: what comes before it is decoded, and then there is a gap, or the piece
 * is the last.
 */
tamis_status piece_decode(struct piece *p, tamis_err *err) TAMIS_MUST_CHECK;
/* As much of a message as fits, not cut inside a character. */
void piece_note(char note[NOTE_BYTES], const char *text);
/*
 * Reads up to `about` bytes more of a stream, at most to the end of a frame. Damage becomes a gap if the stream goes on
 * behind it; else the piece is the last, as it is at the end.
 */
tamis_status piece_fill(struct piece *p, struct stream_in *s, size_t about, tamis_err *err) TAMIS_MUST_CHECK;

#endif
