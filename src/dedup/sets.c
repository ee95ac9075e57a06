/*
 * The file is unlinked as soon as it is open: however the run ends, nothing of it is left.
 */
#include "dedup/sets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/path.h"

#define SETS_LEAST_WORDS 4096

tamis_status sets_init(struct sets *s, uint64_t capacity, const char *folder, size_t memory, tamis_err *err)
{
    const size_t limit = memory / sizeof(uint64_t);
    *s = (struct sets){
        .limit = limit < SETS_LEAST_WORDS ? SETS_LEAST_WORDS : limit,
        .ends = malloc((capacity ? capacity : 1) * sizeof(uint64_t)),
        .capacity = capacity,
        .file = -1,
        .folder = folder,
    };
    if (!s->ends) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the shingles of %llu documents; close other programs",
                          (unsigned long long)capacity);
    }
    return TAMIS_OK;
}

void sets_release(struct sets *s)
{
    if (s->file >= 0) {
        close(s->file);
    }
    free(s->at);
    free(s->ends);
    *s = (struct sets){.file = -1};
}

static tamis_status open_file(struct sets *s, tamis_err *err)
{
    struct path path;
    const tamis_status status = path_make(&path, err, "%s/shingles-XXXXXX", s->folder);
    if (status) {
        return status;
    }
    s->file = mkstemp(path.at);
    if (s->file < 0) {
        return file_fail(err, errno, "cannot make the temporary file", path.at);
    }
    fcntl(s->file, F_SETFD, FD_CLOEXEC);
    unlink(path.at);
    return TAMIS_OK;
}

static tamis_status write_words(struct sets *s, const uint64_t *words, size_t count, tamis_err *err)
{
    const char *at = (const char *)words;
    size_t left = count * sizeof *words;
    off_t offset = (off_t)(s->written * sizeof *words);
    while (left) {
        const ssize_t n = pwrite(s->file, at, left, offset);
        if (n < 0 && errno != EINTR) {
            return file_fail(err, errno, "cannot write temporary shingles in", s->folder);
        }
        const size_t done = n < 0 ? 0 : (size_t)n;
        at += done;
        left -= done;
        offset += (off_t)done;
    }
    s->written += count;
    return TAMIS_OK;
}

static tamis_status flush(struct sets *s, tamis_err *err)
{
    const tamis_status status = s->file < 0 ? open_file(s, err) : TAMIS_OK;
    const size_t used = s->used;
    s->used = 0;
    return status ? status : write_words(s, s->at, used, err);
}

static bool reserve(struct sets *s, size_t more)
{
    if (more <= s->cap - s->used) {
        return true;
    }
    size_t cap = s->cap ? 2 * s->cap : SETS_LEAST_WORDS;
    cap = cap < s->used + more ? s->used + more : cap;
    cap = cap > s->limit ? s->limit : cap;
    uint64_t *const bigger = realloc(s->at, cap * sizeof *bigger);
    if (bigger) {
        s->at = bigger;
        s->cap = cap;
    }
    return bigger != NULL;
}

tamis_status sets_add(struct sets *s, const struct shingles *set, tamis_err *err)
{
    if (s->count == s->capacity) {
        return tamis_fail(err, TAMIS_INTERNAL, "more documents were compared than were to be; please report this");
    }
    s->ends[s->count] = (s->count ? s->ends[s->count - 1] : 0) + set->count;
    s->count++;
    if (set->count > s->limit - s->used) {
        const tamis_status status = flush(s, err);
        if (status || set->count > s->limit) {
            return status ? status : write_words(s, set->at, set->count, err);
        }
    }
    if (set->count == 0) {
        return TAMIS_OK;
    }
    if (!reserve(s, set->count)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for shingles; lower --memory, so that they go to disk earlier");
    }
    memcpy(s->at + s->used, set->at, set->count * sizeof *s->at);
    s->used += set->count;
    return TAMIS_OK;
}

tamis_status sets_finish(struct sets *s, tamis_err *err)
{
    if (s->file < 0) {
        return TAMIS_OK;
    }
    const tamis_status status = flush(s, err);
    free(s->at);
    s->at = NULL;
    s->cap = 0;
    return status;
}

static int read_words(const struct sets *s, uint64_t begin, uint64_t *words, size_t count)
{
    char *at = (char *)words;
    size_t left = count * sizeof *words;
    off_t offset = (off_t)(begin * sizeof *words);
    while (left) {
        const ssize_t n = pread(s->file, at, left, offset);
        if (n == 0) {
            return EIO;
        }
        if (n < 0 && errno != EINTR) {
            return errno;
        }
        const size_t done = n < 0 ? 0 : (size_t)n;
        at += done;
        left -= done;
        offset += (off_t)done;
    }
    return 0;
}

int sets_get(const struct sets *s, uint64_t index, struct shingles *space, struct shingles *view)
{
    const uint64_t begin = index ? s->ends[index - 1] : 0;
    const size_t count = (size_t)(s->ends[index] - begin);
    if (s->file < 0) {
        *view = (struct shingles){.at = s->at + begin, .count = count};
        return 0;
    }
    if (count > space->cap) {
        free(space->at);
        space->at = malloc(count * sizeof *space->at);
        space->cap = space->at ? count : 0;
        if (!space->at) {
            return ENOMEM;
        }
    }
    *view = (struct shingles){.at = space->at, .count = count};
    return read_words(s, begin, space->at, count);
}
