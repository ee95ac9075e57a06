/*
 * Files that appear whole or not at all. A regular file grows under `.NAME.tmp-PID` beside its target and takes its
 * name only after its bytes are on the disk; what a killed process leaves behind has such a name and nothing reads it.
 * Devices, pipes and stdout are written as they are. A symbolic link is followed, not replaced.
 */
#include "core/file_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_BUFFER ((size_t)256 << 10)
#define READ_CHUNK ((size_t)64 << 10)

/* ---- Messages --------------------------------------------------------------------------------------------------- */

struct reason {
    int error_number;
    tamis_status status;
    const char *text; /* what is wrong; what to do */
};

static const struct reason reasons[] = {
    {ENOSPC, TAMIS_IO, "the disk is full; free space and run the same command again"},
    {EDQUOT, TAMIS_IO, "the disk quota is used up; free space and run the same command again"},
    {EFBIG, TAMIS_IO, "the file would be larger than allowed here; see ulimit -f, or use another file system"},
    {EACCES, TAMIS_IO, "permission denied; change the permissions or choose another path"},
    {EPERM, TAMIS_IO, "not permitted; change the owner or choose another path"},
    {EROFS, TAMIS_IO, "the file system is read-only; choose another path"},
    {ENOMEM, TAMIS_IO, "not enough memory; close other programs or lower --memory and --threads"},
    {EMFILE, TAMIS_IO, "too many open files; raise the limit with ulimit -n"},
    {ENFILE, TAMIS_IO, "too many open files on this machine; close other programs"},
    {EIO, TAMIS_IO, "the device reports an error; check the disk or the network mount"},
    {EPIPE, TAMIS_CLOSED, "the reader has gone"},
    {ENOENT, TAMIS_INPUT, "no such file or folder; check the path"},
    {ENOTDIR, TAMIS_INPUT, "a part of the path is not a folder; check the path"},
    {EISDIR, TAMIS_INPUT, "this is a folder, not a file; name a file"},
    {ELOOP, TAMIS_INPUT, "too many symbolic links; check the path"},
    {ENAMETOOLONG, TAMIS_INPUT, "the name is too long; choose a shorter one"},
};

tamis_status file_fail(tamis_err *err, int error_number, const char *what, const char *path)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].error_number == error_number) {
            return tamis_fail(err, reasons[i].status, "%s %s: %s", what, path, reasons[i].text);
        }
    }
    char text[128] = "";
    if (strerror_r(error_number, text, sizeof(text)) != 0) {
        snprintf(text, sizeof(text), "error %d", error_number);
    }
    return tamis_fail(err, TAMIS_IO, "%s %s: %s; check the path and the disk", what, path, text);
}

tamis_status file_input_fail(tamis_err *err, int error_number, const char *what, const char *path)
{
    const tamis_status status = file_fail(err, error_number, what, path);
    const bool ours = error_number == ENOMEM || error_number == EMFILE || error_number == ENFILE;
    if (status != TAMIS_IO || ours) {
        return status;
    }
    if (err != NULL) {
        err->status = TAMIS_INPUT;
    }
    return TAMIS_INPUT;
}

/* A path that cannot be written is never the fault of the input. */
tamis_status file_write_fail(tamis_err *err, int error_number, const char *what, const char *path)
{
    const tamis_status status = file_fail(err, error_number, what, path);
    if (status != TAMIS_INPUT) {
        return status;
    }
    if (err != NULL) {
        err->status = TAMIS_IO;
    }
    return TAMIS_IO;
}

/* ---- Paths ------------------------------------------------------------------------------------------------------ */

static size_t folder_length(const char *path) /* with the slash; 0: the working folder */
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

/* Makes the names in a folder durable. File systems that cannot are not an error. */
tamis_status file_sync_folder_of(const char *path, tamis_err *err)
{
    const size_t len = folder_length(path);
    char *folder = len > 0 ? strndup(path, len) : strdup(".");
    if (folder == NULL) {
        return file_fail(err, ENOMEM, "cannot make room for the name of", path);
    }
    tamis_status status = TAMIS_OK;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS) {
            status = file_write_fail(err, errno, "cannot write to the disk the folder", folder);
        }
        close(fd);
    }
    free(folder);
    return status;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

struct file_out {
    int fd;
    char *path;    /* the target, symbolic links resolved; for messages too */
    char *temp;    /* NULL: written directly */
    bool standard; /* the descriptor is not ours to close */
    bool broken;   /* an add failed: must not be committed */
    size_t held;   /* bytes in `buffer` */
    char *buffer;
};

static void file_out_free(struct file_out *f)
{
    if (f->fd >= 0 && !f->standard) {
        close(f->fd);
    }
    free(f->path);
    free(f->temp);
    free(f->buffer);
    free(f);
}

static char *temporary_name(const char *path)
{
    const size_t folder = folder_length(path);
    const size_t size = strlen(path) + 32;
    char *temp = malloc(size);
    if (temp != NULL) {
        snprintf(temp, size, "%.*s.%s.tmp-%ld", (int)folder, path, path + folder, (long)getpid());
    }
    return temp;
}

/* A file of that name can only be what a killed process with our number left. */
static int open_temporary(const char *temp)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(temp, flags, 0666);
    if (fd < 0 && errno == EEXIST && unlink(temp) == 0) {
        fd = open(temp, flags, 0666);
    }
    return fd;
}

static int open_target(struct file_out *f)
{
    struct stat st;
    const bool there = stat(f->path, &st) == 0;
    if (there && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    if (there && !S_ISREG(st.st_mode)) {
        return open(f->path, O_WRONLY | O_CLOEXEC);
    }
    if (there) {
        if (access(f->path, W_OK) != 0) {
            return -1;
        }
        char *real = realpath(f->path, NULL);
        if (real == NULL) {
            return -1;
        }
        free(f->path);
        f->path = real;
    }
    if (f->path[folder_length(f->path)] == '\0') { /* "" or "folder/" */
        errno = f->path[0] == '\0' ? ENOENT : EISDIR;
        return -1;
    }
    f->temp = temporary_name(f->path);
    if (f->temp == NULL) {
        errno = ENOMEM;
        return -1;
    }
    const int fd = open_temporary(f->temp);
    if (fd >= 0 && there && fchmod(fd, st.st_mode & 0777) != 0 && errno != EPERM && errno != ENOTSUP) {
        const int error_number = errno;
        unlink(f->temp);
        close(fd);
        errno = error_number;
        return -1;
    }
    return fd;
}

static tamis_status open_out(struct file_out **out, const char *path, bool loose, tamis_err *err)
{
    struct file_out *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        return file_fail(err, ENOMEM, "cannot write", path);
    }
    f->fd = -1;
    f->standard = !loose && strcmp(path, "-") == 0;
    f->path = strdup(f->standard ? "standard output" : path);
    f->buffer = malloc(WRITE_BUFFER);
    int error_number = f->path == NULL || f->buffer == NULL ? ENOMEM : 0;
    if (error_number == 0) {
        f->fd = loose ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
                      : f->standard ? STDOUT_FILENO : open_target(f);
        error_number = f->fd < 0 ? errno : 0;
    }
    if (error_number != 0) {
        file_out_free(f);
        return file_write_fail(err, error_number, "cannot write", path);
    }
    *out = f;
    return TAMIS_OK;
}

tamis_status file_out_open(struct file_out **out, const char *path, tamis_err *err)
{
    return open_out(out, path, false, err);
}

tamis_status file_out_open_loose(struct file_out **out, const char *path, tamis_err *err)
{
    return open_out(out, path, true, err);
}

static tamis_status write_all(struct file_out *f, const char *bytes, size_t len, tamis_err *err)
{
    while (len > 0) {
        const ssize_t written = write(f->fd, bytes, len);
        if (written >= 0) {
            bytes += written;
            len -= (size_t)written;
        } else if (errno == EAGAIN) {
            poll(&(struct pollfd){.fd = f->fd, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            f->broken = true;
            return file_write_fail(err, errno, "cannot write", f->path);
        }
    }
    return TAMIS_OK;
}

static tamis_status flush(struct file_out *f, tamis_err *err)
{
    const size_t held = f->held;
    f->held = 0;
    return write_all(f, f->buffer, held, err);
}

tamis_status file_out_add(struct file_out *f, const void *bytes, size_t len, tamis_err *err)
{
    if (f->broken) {
        return tamis_fail(err, TAMIS_INTERNAL, "%s: written to after a write had failed; please report this", f->path);
    }
    if (len > WRITE_BUFFER - f->held) {
        const tamis_status status = flush(f, err);
        if (status != TAMIS_OK) {
            return status;
        }
        if (len >= WRITE_BUFFER) {
            return write_all(f, bytes, len, err);
        }
    }
    if (len > 0) {
        memcpy(f->buffer + f->held, bytes, len);
        f->held += len;
    }
    return TAMIS_OK;
}

static tamis_status close_checked(struct file_out *f, tamis_err *err)
{
    const int fd = f->fd;
    f->fd = -1;
    if (!f->standard && close(fd) != 0 && errno != EINTR) {
        return file_write_fail(err, errno, "cannot write", f->path);
    }
    return TAMIS_OK;
}

static tamis_status publish(struct file_out *f, tamis_err *err)
{
    if (f->temp != NULL && fsync(f->fd) != 0) {
        return file_write_fail(err, errno, "cannot write to the disk", f->path);
    }
    const tamis_status status = close_checked(f, err);
    if (status != TAMIS_OK || f->temp == NULL) {
        return status;
    }
    if (rename(f->temp, f->path) != 0) {
        return file_write_fail(err, errno, "cannot write", f->path);
    }
    free(f->temp);
    f->temp = NULL;
    return file_sync_folder_of(f->path, err);
}

tamis_status file_out_commit(struct file_out *f, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    if (f->broken) {
        status = tamis_fail(err, TAMIS_INTERNAL, "%s was to be kept after a write had failed; please report this",
                            f->path);
    }
    if (status == TAMIS_OK) {
        status = flush(f, err);
    }
    if (status == TAMIS_OK) {
        status = publish(f, err);
    }
    file_out_discard(f);
    return status;
}

void file_out_discard(struct file_out *f)
{
    if (f == NULL) {
        return;
    }
    if (f->temp != NULL) {
        unlink(f->temp);
    }
    file_out_free(f);
}

tamis_status file_write(const char *path, const void *bytes, size_t len, tamis_err *err)
{
    struct file_out *f = NULL;
    tamis_status status = file_out_open(&f, path, err);
    if (f == NULL) {
        return status;
    }
    status = file_out_add(f, bytes, len, err);
    if (status != TAMIS_OK) {
        file_out_discard(f);
        return status;
    }
    return file_out_commit(f, err);
}

tamis_status file_write_text(const char *path, struct buf *text, bool fine, tamis_err *err)
{
    const tamis_status status =
        fine ? file_write(path, text->at, text->len, err) : tamis_fail(err, TAMIS_IO, "out of memory for %s", path);
    buf_release(text);
    return status;
}

tamis_status file_rename(const char *from, const char *to, tamis_err *err)
{
    if (rename(from, to) != 0) {
        const int error_number = errno;
        return file_write_fail(err, error_number, "cannot rename", file_exists(from) ? to : from);
    }
    const tamis_status status = file_sync_folder_of(to, err);
    const size_t len = folder_length(from);
    if (status != TAMIS_OK || (len == folder_length(to) && strncmp(from, to, len) == 0)) {
        return status;
    }
    return file_sync_folder_of(from, err);
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status too_large(tamis_err *err, const char *path, size_t limit)
{
    return tamis_fail(err, TAMIS_INPUT, "cannot read %s: it is larger than %zu bytes; is it the right file?", path,
                      limit);
}

static tamis_status read_all(int fd, const char *path, size_t limit, struct buf *out, tamis_err *err)
{
    for (;;) {
        /* one byte more than allowed shows that there is more */
        const size_t room = limit - out->len < READ_CHUNK ? limit - out->len + 1 : READ_CHUNK;
        if (!buf_reserve(out, room < out->limit - out->len ? room : out->limit - out->len)) {
            return file_fail(err, ENOMEM, "cannot read", path);
        }
        char spare = 0;
        const bool full = out->len == out->limit;
        const ssize_t got = full ? read(fd, &spare, 1) : read(fd, out->at + out->len, out->cap - out->len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return file_fail(err, errno, "cannot read", path);
        }
        if (got == 0) {
            break;
        }
        if (full || (size_t)got > limit - out->len) {
            return too_large(err, path, limit < out->limit ? limit : out->limit);
        }
        out->len += (size_t)got;
    }
    out->at[out->len] = '\0';
    return TAMIS_OK;
}

tamis_status file_read(const char *path, size_t limit, struct buf *out, tamis_err *err)
{
    buf_clear(out);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return file_fail(err, errno, "cannot read", path);
    }
    struct stat st;
    tamis_status status = TAMIS_OK;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        const uint64_t size = (uint64_t)st.st_size;
        if (size > limit || size > out->limit) {
            status = too_large(err, path, limit < out->limit ? limit : out->limit);
        } else if (!buf_reserve(out, (size_t)size)) {
            status = file_fail(err, ENOMEM, "cannot read", path);
        }
    }
    if (status == TAMIS_OK) {
        status = read_all(fd, path, limit, out, err);
    }
    close(fd);
    if (status != TAMIS_OK) {
        buf_clear(out);
    }
    return status;
}

tamis_status file_map(const char *path, const void **at, size_t *len, tamis_err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not hang us */
    if (fd < 0) {
        return file_fail(err, errno, "cannot read", path);
    }
    struct stat st;
    tamis_status status = TAMIS_OK;
    if (fstat(fd, &st) != 0) {
        status = file_fail(err, errno, "cannot read", path);
    } else if (!S_ISREG(st.st_mode)) {
        status = S_ISDIR(st.st_mode)
                     ? file_fail(err, EISDIR, "cannot read", path)
                     : tamis_fail(err, TAMIS_INPUT, "cannot read %s: a regular file is needed here", path);
    } else if (st.st_size == 0) {
        *at = "";
        *len = 0;
    } else {
        const void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) {
            status = file_fail(err, errno, "cannot read", path);
        } else {
            *at = map;
            *len = (size_t)st.st_size;
        }
    }
    close(fd);
    return status;
}

void file_unmap(const void *at, size_t len)
{
    if (len > 0) {
        munmap((void *)(uintptr_t)at, len);
    }
}
