/* What the tests of fitted laws share: a fit from the text of a table to the text of a law. */
#ifndef TESTS_FIT_WORLD_H
#define TESTS_FIT_WORLD_H

#include "law_world.h"

#include "core/csv.h"
#include "core/str.h"
#include "fit/law.h"

struct fitted_text {
    struct buf json, words, svg;
    tamis_err err;
    tamis_status status;
};

static inline void fitted_text_release(struct fitted_text *f)
{
    buf_release(&f->json);
    buf_release(&f->words);
    buf_release(&f->svg);
}

static inline struct fitted_text fitted_from(const struct law *law, struct law_job job, const char *table)
{
    struct fitted_text f = {0};
    buf_init(&f.json, BUF_UNLIMITED);
    buf_init(&f.words, BUF_UNLIMITED);
    buf_init(&f.svg, BUF_UNLIMITED);
    job.runs = written(table);
    f.status = law->fit(&job, &f.json, &f.words, &f.svg, &f.err);
    return f;
}

/* The same, to be freed by the caller when it went well. */
static inline struct fitted_text fitted_well(const struct law *law, struct law_job job, const char *table)
{
    struct fitted_text f = fitted_from(law, job, table);
    if (f.status) {
        fail_msg("%s", f.err.text);
    }
    return f;
}

static inline void assert_refused(const struct law *law, struct law_job job, const char *table, const char *says)
{
    struct fitted_text f = fitted_from(law, job, table);
    assert_int_equal(f.status, TAMIS_INPUT);
    assert_says(f.err.text, says);
    fitted_text_release(&f);
}

/* A real table in the arena; false, and a message, where the folder is not there. */
static inline bool real_table(struct arena *arena, const char *name, struct csv *table)
{
    char path[256];
    struct buf text;
    tamis_str copy;
    (void)snprintf(path, sizeof path, "../shared/data/%s", name);
    buf_init(&text, BUF_UNLIMITED);
    if (!file_exists(path)) {
        print_message("skipped: %s is not here\n", path);
        return false;
    }
    if (file_read(path, (size_t)1 << 24, &text, NULL) || !arena_copy(arena, buf_str(&text), &copy) ||
        csv_parse(table, arena, path, copy, NULL)) {
        fail_msg("%s cannot be read", path);
    }
    buf_release(&text);
    return true;
}

static inline double number_in(const struct csv *table, size_t row, const char *head)
{
    size_t column = 0;
    double value = 0;
    if (csv_want(table, head, &column, NULL) || csv_real(table, row, column, &value, NULL)) {
        fail_msg("%s: no number in row %zu of '%s'", table->name, row, head);
    }
    return value;
}

static inline void add_line(struct buf *text, const char *format, ...) TAMIS_PRINTF(2, 3);
static inline void add_line(struct buf *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const bool fine = buf_vprintf(text, format, arguments);
    va_end(arguments);
    assert_true(fine);
}

#endif
