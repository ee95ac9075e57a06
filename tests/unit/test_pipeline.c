/* The pipeline: every job once, written in order, and the first failure in job order, for any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/pipeline.h"

enum place { NOWHERE, READ, WORK, WRITE, LOAD, DECODE, JOIN, PLACES };

struct world {
    uint64_t jobs;          /* in all */
    uint64_t per_piece;     /* jobs of one piece; 0: there are no pieces */
    uint64_t loaded, made, written;
    enum place fails;
    uint64_t at;            /* the job, or the piece, that fails */
    int released_jobs, released_pieces;
};

struct job {
    uint64_t number, result;
};

struct piece_of_jobs {
    uint64_t number, first, left;
    bool decoded;
};

static tamis_status fail_at(const struct world *w, enum place place, uint64_t number, tamis_err *err)
{
    return w->fails == place && w->at == number ? tamis_fail(err, TAMIS_INPUT, "%d at %llu", (int)place,
                                                             (unsigned long long)number)
                                                : TAMIS_OK;
}

static tamis_status read_job(void *context, void *job, bool *end, tamis_err *err)
{
    struct world *w = context;
    *end = w->made == w->jobs;
    if (*end) {
        return TAMIS_OK;
    }
    ((struct job *)job)->number = w->made++;
    return fail_at(w, READ, w->made - 1, err);
}

static tamis_status load_piece(void *context, void *piece, bool *end, tamis_err *err)
{
    struct world *w = context;
    struct piece_of_jobs *p = piece;
    *end = w->loaded * w->per_piece >= w->jobs;
    p->number = w->loaded++;
    p->first = p->number * w->per_piece;
    p->left = w->jobs - (p->first < w->jobs ? p->first : w->jobs);
    p->left = p->left < w->per_piece ? p->left : w->per_piece;
    p->decoded = false;
    return *end ? TAMIS_OK : fail_at(w, LOAD, p->number, err);
}

static tamis_status decode_piece(void *context, void *piece, tamis_err *err)
{
    struct piece_of_jobs *p = piece;
    p->decoded = true;
    return fail_at(context, DECODE, p->number, err);
}

static tamis_status join_piece(void *context, void *piece, void *job, bool *made, tamis_err *err)
{
    struct world *w = context;
    struct piece_of_jobs *p = piece;
    assert_true(p->decoded);
    *made = p->left > 0;
    if (p->left == 0) {
        return fail_at(w, JOIN, p->number, err);
    }
    p->left--;
    assert_int_equal(w->made, p->first);
    p->first++;
    ((struct job *)job)->number = w->made++;
    return TAMIS_OK;
}

static tamis_status work_on(void *context, unsigned thread, void *job, tamis_err *err)
{
    struct job *j = job;
    (void)thread;
    j->result = j->number * j->number;
    return fail_at(context, WORK, j->number, err);
}

static tamis_status write_job(void *context, void *job, tamis_err *err)
{
    struct world *w = context;
    const struct job *j = job;
    assert_int_equal(j->number, w->written);
    assert_int_equal(j->result, j->number * j->number);
    const tamis_status status = fail_at(w, WRITE, j->number, err);
    w->written += status == TAMIS_OK;
    return status;
}

static void release_job(void *context, void *job)
{
    (void)job;
    ((struct world *)context)->released_jobs++;
}

static void release_piece(void *context, void *piece)
{
    (void)piece;
    ((struct world *)context)->released_pieces++;
}

static tamis_status run(struct world *w, unsigned threads, tamis_err *err)
{
    struct pipeline pipeline = {.context = w, .job_bytes = sizeof(struct job), .read = read_job, .work = work_on,
                                .write = write_job, .release = release_job};
    if (w->per_piece > 0) {
        pipeline.read = NULL;
        pipeline.piece_bytes = sizeof(struct piece_of_jobs);
        pipeline.load = load_piece;
        pipeline.decode = decode_piece;
        pipeline.join = join_piece;
        pipeline.release_piece = release_piece;
    }
    const tamis_status status = pipeline_run(&pipeline, threads, err);
    assert_int_equal(w->released_jobs, 2 * threads + 1);
    assert_int_equal(w->released_pieces, w->per_piece == 0 ? 0 : threads > 1 ? threads + 1 : 1);
    return status;
}

static void test_in_order(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        for (uint64_t per_piece = 0; per_piece < 5; per_piece++) {
            for (uint64_t jobs = 0; jobs < 300; jobs = jobs * 2 + 1) {
                struct world w = {.jobs = jobs, .per_piece = per_piece};
                assert_int_equal(run(&w, threads, NULL), TAMIS_OK);
                assert_int_equal(w.written, jobs);
            }
        }
    }
}

/* What is written before a failure is what comes before it. */
static void test_failures(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        for (enum place place = READ; place < PLACES; place++) {
            const bool of_pieces = place >= LOAD;
            for (uint64_t per_piece = of_pieces; per_piece < (place == READ ? 1 : 4); per_piece++) {
                for (uint64_t at = 0; at < 20; at += 3) {
                    struct world w = {.jobs = 100, .per_piece = per_piece, .fails = place, .at = at};
                    tamis_err err = {.status = TAMIS_OK};
                    assert_int_equal(run(&w, threads, &err), TAMIS_INPUT);
                    assert_int_equal(err.status, TAMIS_INPUT);
                    assert_int_equal(w.written, of_pieces ? (at + (place == JOIN)) * per_piece : at);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_in_order), cmocka_unit_test(test_failures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
