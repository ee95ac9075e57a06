/*
 * Private to io: the encoded bytes of one file, and the decoders that read them.
 */
#ifndef TAMIS_IO_DECODE_H
#define TAMIS_IO_DECODE_H

#include "tamis.h"

struct source {
    const char *name; /* for messages */
    int fd;
    uint8_t *bytes;   /* room for `cap` of them */
    size_t cap;
    size_t at, len;   /* what is held and not yet decoded is [at, len) */
    bool end;         /* the file has no more */
    uint64_t from_disk;
};

#define SOURCE_BYTES ((size_t)1 << 20)

/* Reads until `wanted` bytes are held or the file ends; what is wanted beyond SOURCE_BYTES takes more memory. */
tamis_status source_peek(struct source *s, size_t wanted, tamis_err *err) TAMIS_MUST_CHECK;

static inline size_t source_held(const struct source *s)
{
    return s->len - s->at;
}

/* TAMIS_DAMAGED with the place in the file. */
tamis_status source_damaged(const struct source *s, tamis_err *err, const char *format, ...) TAMIS_PRINTF(3, 4);

/*
 * read() decodes up to `len` bytes; *got = 0 with TAMIS_OK only at the end. The *got bytes count even when it fails:
 * they are what could be decoded before. It waits for the file only when it has nothing to hand out.
 */
struct decoder {
    tamis_status (*open)(void **self, const struct source *source, tamis_err *err);
    tamis_status (*read)(void *self, struct source *source, uint8_t *bytes, size_t len, size_t *got, tamis_err *err);
    void (*close)(void *self); /* accepts NULL */
};

extern const struct decoder decoder_plain, decoder_zstd, decoder_gzip;

/* As decoder_zstd.read(), but stops where a frame ends: *got may be 0 there. */
tamis_status zstd_read_frame(void *self, struct source *source, uint8_t *bytes, size_t len, size_t *got,
                             tamis_err *err);
/*
 * After damage: goes on behind the frame if it ends where its headers say; *lost is what it states to hold beyond the
 * bytes that were decoded, 0 where it states nothing.
 */
tamis_status zstd_go_on(void *self, struct source *source, bool *goes_on, uint64_t *lost, tamis_err *err);
/* Between two frames: the next byte begins one. */
bool zstd_is_between(const void *self);

struct stream_in {
    struct source source;
    char *name;
    const struct decoder *decoder; /* NULL before the first read */
    void *self;                    /* the decoder's */
    tamis_err failure;             /* status TAMIS_OK: none yet */
};

/* Tells the codec by the first bytes, once; keeps a failure in `failure`. */
void stream_choose_decoder(struct stream_in *s);

#endif
