/* See spool.h. */
#include "mix/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/file.h"

#define CAPACITY_LEAST ((size_t)4 << 10)
#define CAPACITY_MOST ((size_t)1 << 20)

tamis_status spool_path(struct path *path, const char *folder, size_t spool, tamis_err *err)
{
    return path_make(path, err, "%s/spool-%06zu", folder, spool);
}

tamis_status spools_open(struct spools *s, const char *folder, size_t count, size_t memory, tamis_err *err)
{
    *s = (struct spools){.folder = folder, .count = count, .memory = memory};
    const size_t share = memory / (count != 0 ? count : 1);
    s->capacity = share < CAPACITY_LEAST ? CAPACITY_LEAST : share > CAPACITY_MOST ? CAPACITY_MOST : share;
    s->at = calloc(count != 0 ? count : 1, sizeof *s->at);
    if (s->at == NULL) {
        return tamis_fail(err, TAMIS_IO, "out of memory for %zu shards", count);
    }
    for (size_t i = 0; i < count; i++) {
        buf_init(&s->at[i], BUF_UNLIMITED);
    }
    return TAMIS_OK;
}

void spools_release(struct spools *s)
{
    for (size_t i = 0; s->at != NULL && i < s->count; i++) {
        buf_release(&s->at[i]);
    }
    free(s->at);
    *s = (struct spools){0};
}

static int write_all(int fd, tamis_str bytes)
{
    while (bytes.len > 0) {
        const ssize_t written = write(fd, bytes.at, bytes.len);
        if (written >= 0) {
            bytes.at += written;
            bytes.len -= (size_t)written;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* Appends the buffer and `line` to the file of a spool. */
static tamis_status flush(struct spools *s, size_t spool, tamis_str line, bool last, tamis_err *err)
{
    struct path path;
    tamis_status status = spool_path(&path, s->folder, spool, err);
    if (status != TAMIS_OK) {
        return status;
    }
    const int fd = open(path.at, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    int error_number = fd < 0 ? errno : write_all(fd, buf_str(&s->at[spool]));
    if (error_number == 0) {
        error_number = write_all(fd, line);
    }
    if (error_number == 0 && last && fsync(fd) != 0) {
        error_number = errno;
    }
    if (fd >= 0 && close(fd) != 0 && error_number == 0 && errno != EINTR) {
        error_number = errno;
    }
    status = error_number != 0 ? file_fail(err, error_number, "cannot write", path.at) : TAMIS_OK;
    if (last) {
        buf_release(&s->at[spool]);
    } else {
        buf_clear(&s->at[spool]);
    }
    if (status == TAMIS_INPUT && err != NULL) {
        err->status = TAMIS_IO; /* a folder that has gone is not the fault of the input */
    }
    return status == TAMIS_INPUT ? TAMIS_IO : status;
}

static tamis_status no_memory(const struct spools *s, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the shards in %s", s->folder);
}

/* From memory to files: every buffer is written, given back, and small from now on. */
static tamis_status go_to_disk(struct spools *s, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    s->on_disk = true;
    for (size_t i = 0; status == TAMIS_OK && i < s->count; i++) {
        if (s->at[i].len > 0) {
            status = flush(s, i, (tamis_str){"", 0}, false, err);
        }
        buf_release(&s->at[i]);
        buf_init(&s->at[i], s->capacity);
    }
    return status;
}

static tamis_status add_on_disk(struct spools *s, size_t spool, struct spool_head head, tamis_str line, tamis_err *err)
{
    struct buf *const held = &s->at[spool];
    tamis_status status = TAMIS_OK;
    if (held->len + sizeof head + line.len > s->capacity && held->len != 0) {
        status = flush(s, spool, (tamis_str){"", 0}, false, err);
    }
    if (status == TAMIS_OK && (!buf_reserve(held, s->capacity - held->len) || !buf_add(held, &head, sizeof head))) {
        status = no_memory(s, err);
    }
    if (status != TAMIS_OK) {
        return status;
    }
    if (held->len + line.len > s->capacity) {
        return flush(s, spool, line, false, err);
    }
    return buf_add_str(held, line) ? TAMIS_OK : no_memory(s, err);
}

tamis_status spools_add(struct spools *s, size_t spool, struct spool_head head, tamis_str line, tamis_err *err)
{
    if (s->refers) {
        head.at = line.at;
        return buf_add(&s->at[spool], &head, sizeof head) ? TAMIS_OK : no_memory(s, err);
    }
    const size_t bytes = sizeof head + line.len;
    head.at = NULL;
    if (!s->on_disk && bytes > s->memory - s->held) {
        const tamis_status status = go_to_disk(s, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    if (s->on_disk) {
        return add_on_disk(s, spool, head, line, err);
    }
    s->held += bytes;
    return buf_add(&s->at[spool], &head, sizeof head) && buf_add_str(&s->at[spool], line) ? TAMIS_OK
                                                                                          : no_memory(s, err);
}

tamis_status spools_finish(struct spools *s, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; s->on_disk && status == TAMIS_OK && i < s->count; i++) {
        status = flush(s, i, (tamis_str){"", 0}, true, err);
    }
    return status;
}
