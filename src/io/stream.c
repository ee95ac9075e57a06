/*
 * Reading streams: opens the file, tells the codec by its first bytes, and keeps a failure so that it is said again on
 * every later read. The decoders are in decode_zstd.c and decode_gzip.c. Never looks at a file's name for its codec.
 */
#include "io/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/decode.h"

#define FIRST_BYTES 10 /* that tell what a file is */

/* ---- The encoded bytes ------------------------------------------------------------------------------------------ */

/* Some of the file's next bytes; *got = 0 at its end. */
static tamis_status source_read(struct source *s, uint8_t *bytes, size_t len, size_t *got, tamis_err *err)
{
    for (;;) {
        const ssize_t result = read(s->fd, bytes, len);
        if (result >= 0) {
            *got = (size_t)result;
            s->end = result == 0;
            s->from_disk += (uint64_t)result;
            return TAMIS_OK;
        }
        if (errno != EINTR) {
            return file_fail(err, errno, "cannot read", s->name);
        }
    }
}

static tamis_status make_room(struct source *s, size_t wanted, tamis_err *err)
{
    if (wanted <= s->cap) {
        return TAMIS_OK;
    }
    const size_t cap = (wanted + SOURCE_BYTES - 1) / SOURCE_BYTES * SOURCE_BYTES;
    uint8_t *const bytes = realloc(s->bytes, cap);
    if (bytes == NULL) {
        return file_fail(err, ENOMEM, "cannot read", s->name);
    }
    s->bytes = bytes;
    s->cap = cap;
    return TAMIS_OK;
}

tamis_status source_peek(struct source *s, size_t wanted, tamis_err *err)
{
    if (source_held(s) >= wanted || s->end) {
        return TAMIS_OK;
    }
    const tamis_status room = make_room(s, wanted, err);
    if (room != TAMIS_OK) {
        return room;
    }
    if (s->at > 0) {
        memmove(s->bytes, s->bytes + s->at, source_held(s));
        s->len -= s->at;
        s->at = 0;
    }
    while (source_held(s) < wanted && !s->end) {
        size_t got = 0;
        const tamis_status status = source_read(s, s->bytes + s->len, s->cap - s->len, &got, err);
        if (status != TAMIS_OK) {
            return status;
        }
        s->len += got;
    }
    return TAMIS_OK;
}

tamis_status source_damaged(const struct source *s, tamis_err *err, const char *format, ...)
{
    char reason[200];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    return tamis_fail(err, TAMIS_DAMAGED,
                      "%s at byte %" PRIu64 " of %s; get the file again",
                      reason, s->from_disk - source_held(s), s->name);
}

/* ---- No codec --------------------------------------------------------------------------------------------------- */

static tamis_status plain_open(void **self, const struct source *source, tamis_err *err)
{
    (void)source;
    (void)err;
    *self = NULL;
    return TAMIS_OK;
}

static tamis_status plain_read(void *self, struct source *source, uint8_t *bytes, size_t len, size_t *got,
                               tamis_err *err)
{
    (void)self;
    if (source_held(source) == 0 && len >= SOURCE_BYTES && !source->end) {
        return source_read(source, bytes, len, got, err);
    }
    const tamis_status status = source_peek(source, 1, err);
    if (status != TAMIS_OK) {
        return status;
    }
    *got = source_held(source) < len ? source_held(source) : len;
    if (*got > 0) {
        memcpy(bytes, source->bytes + source->at, *got);
        source->at += *got;
    }
    return TAMIS_OK;
}

static void plain_close(void *self)
{
    (void)self;
}

const struct decoder decoder_plain = {plain_open, plain_read, plain_close};

/* ---- Streams ---------------------------------------------------------------------------------------------------- */

static int open_file(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        errno = EISDIR;
        return -1;
    }
    if (fd >= 0) {
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return fd;
}

tamis_status stream_open(struct stream_in **stream, const char *path, tamis_err *err)
{
    const bool standard = strcmp(path, "-") == 0;
    struct stream_in *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return file_fail(err, ENOMEM, "cannot read", path);
    }
    s->source.fd = -1;
    s->name = strdup(standard ? "standard input" : path);
    s->source.bytes = malloc(SOURCE_BYTES);
    s->source.cap = SOURCE_BYTES;
    s->source.name = s->name;
    int error_number = s->name == NULL || s->source.bytes == NULL ? ENOMEM : 0;
    if (error_number == 0) {
        s->source.fd = standard ? STDIN_FILENO : open_file(path);
        error_number = s->source.fd < 0 ? errno : 0;
    }
    if (error_number != 0) {
        stream_close(s);
        return file_input_fail(err, error_number, "cannot read", path);
    }
    *stream = s;
    return TAMIS_OK;
}

static bool is_zstd(const uint8_t *b, size_t len)
{
    static const uint8_t frame[4] = {0x28, 0xb5, 0x2f, 0xfd}, skippable[4] = {0x50, 0x2a, 0x4d, 0x18};
    if (len < sizeof(frame)) { /* a whole file of a few bytes: one byte may be text, two are no UTF-8 */
        return len >= 2 && memcmp(b, frame, len) == 0;
    }
    return memcmp(b, frame, 4) == 0 || ((b[0] & 0xf0u) == skippable[0] && memcmp(b + 1, skippable + 1, 3) == 0);
}

static bool is_gzip(const uint8_t *b, size_t len)
{
    return len >= 1 && b[0] == 0x1f && (len == 1 || b[1] == 0x8b);
}

/* Formats that are taken for text otherwise, and rejected line by line. None of these beginnings is text. */
static tamis_status refuse_binary(const struct source *s, tamis_err *err)
{
    static const struct {
        const char *begins;
        size_t len;
        const char *name, *cure;
    } formats[] = {
        {"PAR1\x15", 5, "a Parquet file",
         "turn it into JSON Lines, for example with\nDuckDB: COPY (FROM 'x.parquet') TO 'x.jsonl'"},
        {"ARROW1\0\0", 8, "an Arrow file", "turn it into JSON Lines"},
        {"PK\3\4", 4, "a zip archive", "unpack it, and name the files in it"},
        {"\xfd""7zXZ\0", 6, "packed by xz", "unpack it, or pack it with zstd or gzip"},
        {"BZh91AY&SY", 10, "packed by bzip2", "unpack it, or pack it with zstd or gzip"},
        {"\x04\x22\x4d\x18", 4, "packed by lz4", "unpack it, or pack it with zstd or gzip"},
    };
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (source_held(s) >= formats[i].len && memcmp(s->bytes + s->at, formats[i].begins, formats[i].len) == 0) {
            return tamis_fail(err, TAMIS_INPUT, "%s: is %s, which is not read; %s", s->name, formats[i].name,
                              formats[i].cure);
        }
    }
    return TAMIS_OK;
}

static tamis_status choose_decoder(struct stream_in *s, tamis_err *err)
{
    tamis_status status = source_peek(&s->source, FIRST_BYTES, err);
    status = status != TAMIS_OK ? status : refuse_binary(&s->source, err);
    if (status != TAMIS_OK) {
        return status;
    }
    const uint8_t *first = s->source.bytes + s->source.at;
    const size_t len = source_held(&s->source);
    const struct decoder *decoder = is_zstd(first, len)   ? &decoder_zstd
                                    : is_gzip(first, len) ? &decoder_gzip
                                                          : &decoder_plain;
    status = decoder->open(&s->self, &s->source, err);
    if (status == TAMIS_OK) {
        s->decoder = decoder;
    }
    return status;
}

void stream_choose_decoder(struct stream_in *s)
{
    if (s->failure.status == TAMIS_OK && s->decoder == NULL) {
        (void)choose_decoder(s, &s->failure);
    }
}

tamis_status stream_read(struct stream_in *s, void *bytes, size_t len, size_t *got, tamis_err *err)
{
    *got = 0;
    stream_choose_decoder(s);
    if (s->failure.status == TAMIS_OK && len > 0) {
        (void)s->decoder->read(s->self, &s->source, bytes, len, got, &s->failure);
    }
    if (s->failure.status == TAMIS_OK || *got > 0) {
        return TAMIS_OK;
    }
    return tamis_fail(err, s->failure.status, "%s", s->failure.text);
}

tamis_status stream_go_on(struct stream_in *s, bool *goes_on, uint64_t *lost, tamis_err *err)
{
    *goes_on = false;
    if (s->failure.status != TAMIS_DAMAGED || s->decoder != &decoder_zstd) {
        return TAMIS_OK;
    }
    const tamis_status status = zstd_go_on(s->self, &s->source, goes_on, lost, err);
    s->failure.status = *goes_on ? TAMIS_OK : s->failure.status;
    return status;
}

uint64_t stream_read_from_disk(const struct stream_in *s)
{
    return s->source.from_disk - source_held(&s->source);
}

void stream_close(struct stream_in *s)
{
    if (s == NULL) {
        return;
    }
    if (s->decoder != NULL) {
        s->decoder->close(s->self);
    }
    if (s->source.fd > STDERR_FILENO) {
        close(s->source.fd);
    }
    free(s->source.bytes);
    free(s->name);
    free(s);
}
