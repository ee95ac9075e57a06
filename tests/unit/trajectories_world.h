/* A folder for files of trajectories and one for temporaries, and trajectories as text to be compared. */
#ifndef TAMIS_TESTS_TRAJECTORIES_WORLD_H
#define TAMIS_TESTS_TRAJECTORIES_WORLD_H

#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chance.h"
#include "core/file.h"
#include "core/npy_header.h"
#include "core/path.h"
#include "core/str.h"
#include "score/trajectories.h"

struct world {
    char folder[64];
    struct path tmp;
    struct path path; /* of the last in_world() */
    tamis_err err;
    struct trajectories *open;
    const struct trajectories_facts *facts;
    uint64_t memory;
    const atomic_int *stop;
};

static inline int world_open(void **state)
{
    struct world *const w = calloc(1, sizeof *w);
    *state = w;
    assert_non_null(w);
    snprintf(w->folder, sizeof w->folder, "/tmp/tamis-trajectories-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    assert_int_equal(path_make(&w->tmp, &w->err, "%s-tmp", w->folder), TAMIS_OK);
    assert_int_equal(file_make_folders(w->tmp.at, &w->err), TAMIS_OK);
    w->memory = (uint64_t)64 << 20;
    return 0;
}

static inline void world_shut(struct world *w)
{
    trajectories_close(w->open);
    w->open = NULL;
}

/* Nothing temporary may be left. */
static inline int world_close(void **state)
{
    struct world *const w = *state;
    world_shut(w);
    const int left = rmdir(w->tmp.at);
    const int removed = file_remove_tree(w->folder, NULL) == TAMIS_OK && file_remove_tree(w->tmp.at, NULL) == TAMIS_OK;
    free(w);
    return left == 0 && removed ? 0 : -1;
}

static inline const char *in_world(struct world *w, const char *name)
{
    assert_int_equal(path_make(&w->path, &w->err, "%s/%s", w->folder, name), TAMIS_OK);
    return w->path.at;
}

/* Makes the folders above it too. */
static inline const char *put_bytes(struct world *w, const char *name, const void *bytes, size_t len)
{
    const char *const path = in_world(w, name);
    char above[PATH_BYTES];
    snprintf(above, sizeof above, "%s", path);
    *strrchr(above, '/') = '\0';
    assert_int_equal(file_make_folders(above, &w->err), TAMIS_OK);
    FILE *const f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(len == 0 || fwrite(bytes, 1, len, f) == len);
    assert_int_equal(fclose(f), 0);
    return path;
}

static inline const char *put(struct world *w, const char *name, const char *text)
{
    return put_bytes(w, name, text, strlen(text));
}

/* An array of the given dtype and shape (columns 0: a list). */
static inline void put_npy(struct world *w, const char *name, const char *descr, uint64_t rows, uint64_t columns,
                           const void *data, size_t len)
{
    struct buf b;
    const uint64_t shape[2] = {rows, columns};
    buf_init(&b, BUF_UNLIMITED);
    assert_true(npy_header_add(&b, descr, shape, columns > 0 ? 2 : 1) && buf_add(&b, data, len));
    put_bytes(w, name, b.at, b.len);
    buf_release(&b);
}

static inline tamis_status try_open(struct world *w, const char *name)
{
    struct path path;
    const struct trajectories_options options = {.tmp = w->tmp.at, .memory = w->memory, .stop = w->stop};
    world_shut(w);
    w->err = (tamis_err){.status = TAMIS_OK};
    assert_int_equal(path_make(&path, NULL, "%s/%s", w->folder, name), TAMIS_OK);
    const tamis_status status = trajectories_open(&w->open, path.at, &options, &w->err);
    assert_int_equal(status, w->err.status);
    w->facts = status ? NULL : trajectories_facts(w->open);
    return status;
}

/* "id[/domain][#tokens]: step=loss .." and a newline; losses to the last bit. */
static inline void add_trajectory(struct buf *out, const struct trajectories_facts *f, const struct trajectory *t)
{
    assert_true(buf_printf(out, "%.*s", (int)t->id.len, t->id.at));
    assert_true(t->domain.len == 0 || buf_printf(out, "/%.*s", (int)t->domain.len, t->domain.at));
    assert_true(t->tokens == 0 || buf_printf(out, "#%llu", (unsigned long long)t->tokens));
    assert_true(buf_add_char(out, ':'));
    for (size_t i = 0; i < f->checkpoints; i++) {
        const double loss = t->losses[i];
        assert_true(isnan(loss) || buf_printf(out, " %llu=%.17g", (unsigned long long)f->steps[i], loss));
        assert_false(loss < 0 || isinf(loss));
    }
    assert_true(buf_add_char(out, '\n'));
}

/* All that is open, in order; the facts' counts are held against it. */
static inline tamis_status try_rest(struct world *w, struct buf *out)
{
    const struct trajectory *t = NULL;
    tamis_status status = TAMIS_OK;
    uint64_t count = 0;
    uint64_t *const covered = calloc(w->facts->checkpoints + 1, sizeof *covered);
    buf_clear(out);
    assert_non_null(covered);
    while (!(status = trajectories_next(w->open, &t, &w->err)) && t) {
        assert_int_equal(t->ordinal, count++);
        add_trajectory(out, w->facts, t);
        for (size_t i = 0; i < w->facts->checkpoints; i++) {
            covered[i] += isnan(t->losses[i]) ? 0 : 1;
        }
    }
    for (size_t i = 0; !status && i < w->facts->checkpoints; i++) {
        assert_int_equal(covered[i], w->facts->covered[i]);
        assert_true(i == 0 || w->facts->steps[i] > w->facts->steps[i - 1]);
    }
    assert_true(status || count == w->facts->documents);
    free(covered);
    return status;
}

static inline void read_all(struct world *w, const char *name, struct buf *out)
{
    if (try_open(w, name) != TAMIS_OK || try_rest(w, out) != TAMIS_OK) {
        fail_msg("%s: %s", name, w->err.text);
    }
}

static inline void expect(struct world *w, const char *name, const char *text)
{
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    read_all(w, name, &out);
    assert_string_equal(out.len > 0 ? out.at : "", text);
    buf_release(&out);
}

static inline void refuse(struct world *w, const char *name, tamis_status status, const char *says)
{
    assert_int_equal(try_open(w, name), status);
    if (!strstr(w->err.text, says)) {
        fail_msg("'%s' does not say '%s'", w->err.text, says);
    }
    world_shut(w);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines in bytewise order. */
static inline void sort_lines(struct buf *b)
{
    size_t count = 0;
    char **const lines = calloc(b->len + 1, sizeof *lines);
    char *const copy = strdup(b->at ? b->at : "");
    assert_true(lines && copy);
    for (char *save = NULL, *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        lines[count++] = line;
    }
    qsort(lines, count, sizeof *lines, compare_text);
    buf_clear(b);
    for (size_t i = 0; i < count; i++) {
        assert_true(buf_add_str(b, str_from(lines[i])) && buf_add_char(b, '\n'));
    }
    free(lines);
    free(copy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

#endif
