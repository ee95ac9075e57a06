/*
 * Byte streams: plain, zstd (any number of frames, skippable frames, windows up to 2 GiB) and gzip (any number of
 * members) behind one interface. The codec is told by the first bytes, never by the name. "-" is stdin.
 */
#ifndef TAMIS_IO_STREAM_H
#define TAMIS_IO_STREAM_H

#include "core/file.h"

struct stream_in;

/* Cannot be opened, or is a folder: TAMIS_INPUT. */
tamis_status stream_open(struct stream_in **s, const char *path, tamis_err *err) TAMIS_MUST_CHECK;
/*
 * Up to `len` decoded bytes; *got = 0 only at the end. A truncated or corrupt stream hands out all that could be
 * decoded first and then returns TAMIS_DAMAGED, again and again; the message names file and reason.
 */
tamis_status stream_read(struct stream_in *s, void *bytes, size_t len, size_t *got, tamis_err *err) TAMIS_MUST_CHECK;
/*
 * After TAMIS_DAMAGED: whether what follows can be read, because the damage is inside a zstd frame whose headers tell
 * where it ends. Then *lost decoded bytes are missing where stream_read() goes on, as far as the frame states its size.
 */
tamis_status stream_go_on(struct stream_in *s, bool *goes_on, uint64_t *lost, tamis_err *err) TAMIS_MUST_CHECK;
/*
 * The same bytes as pieces: whole zstd frames, not decoded, where they are small enough, several together up to `about`
 * decoded bytes; else up to `about` bytes, decoded. piece->last is set at the end, and at damage behind which nothing can
 * be read; a failure that is no damage is returned. Not to be mixed with stream_read(). With `skip`, frames that state
 * their size may be left out: skip() is asked whether the decoded bytes [from, to) may be, and says in *resume (from `to`
 * on; UINT64_MAX: nowhere) where those of interest go on.
 */
struct stream_skip {
    bool (*skip)(void *context, uint64_t from, uint64_t to, uint64_t *resume); /* NULL: everything is wanted */
    void *context;
    uint64_t decoded;    /* where the stream is in the decoded part; set to 0 before the first piece */
    bool lost;           /* `decoded` is not known since a frame stated no size */
    uint64_t whole;      /* larger frames are decoded at once */
    bool alone;          /* no two frames are one piece */
};
struct piece;
tamis_status stream_load(struct stream_in *s, struct piece *piece, size_t about, struct stream_skip *skip,
                         tamis_err *err) TAMIS_MUST_CHECK;
uint64_t stream_read_from_disk(const struct stream_in *s); /* encoded bytes read so far, for progress */
void stream_close(struct stream_in *s); /* accepts NULL */

enum codec { CODEC_PLAIN, CODEC_ZSTD, CODEC_GZIP };

struct codec_choice {
    enum codec codec;
    int level; /* zstd and gzip; 0: the default (zstd 3, gzip 6) */
};

/* By the ending: .zst .gz, else plain; "-" is plain. */
struct codec_choice codec_from_name(const char *path);
/* "zstd", "zstd:1", "gzip:6", "none". False: not such a choice. */
bool codec_parse(tamis_str text, struct codec_choice *choice);
const char *codec_ending(enum codec codec); /* ".zst", ".gz" or "" */

/*
 * Writes whole blocks (frames, members), so that any part of a zstd file can be read by itself and blocks may be
 * compressed by several threads. codec_compress() is pure: same bytes in, same bytes out.
 */
tamis_status codec_compress(struct codec_choice choice, tamis_str bytes, struct buf *out, tamis_err *err)
    TAMIS_MUST_CHECK;

#define STREAM_BLOCK ((size_t)4 << 20) /* bytes of text per frame */

/* A line-oriented compressed output file: cuts blocks of about STREAM_BLOCK at the ends of what was added. */
struct stream_out;
tamis_status stream_out_open(struct stream_out **s, const char *path, struct codec_choice choice, tamis_err *err)
    TAMIS_MUST_CHECK;
/* The same with up to `threads` blocks compressed at once, 8 at most, each of twice STREAM_BLOCK bytes or more. Same
 * bytes. */
tamis_status stream_out_open_threads(struct stream_out **s, const char *path, struct codec_choice choice,
                                     unsigned threads, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status stream_out_add(struct stream_out *s, tamis_str bytes, tamis_err *err) TAMIS_MUST_CHECK;
/* Whole lines, as if each were added by itself. */
tamis_status stream_out_add_lines(struct stream_out *s, tamis_str lines, tamis_err *err) TAMIS_MUST_CHECK;
/* Frames or members of its codec, made elsewhere, written as they are; what was added before becomes a block. */
tamis_status stream_out_add_packed(struct stream_out *s, tamis_str packed, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status stream_out_commit(struct stream_out *s, tamis_err *err) TAMIS_MUST_CHECK; /* frees s, also on failure */
void stream_out_discard(struct stream_out *s); /* accepts NULL */

#endif
