/*
 * Lines are parsed by several threads and written by one, which is where domains become numbers. The compact form is a
 * zstd stream of a head and an id per line.
 */
#include "select/score_lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/str.h"
#include "io/json_line.h"
#include "run/feed.h"
#include "run/pipeline.h"

enum {
    CHUNK = 1 << 19,          /* bytes of text per job */
    MOST_THREADS = 8,         /* more do not help: one thread reads and one writes */
    SLOTS = 4 * SCORE_DOMAINS_MAX,
    BLOCK = 1 << 20,          /* bytes read of the compact form at a time */
    LINES_BETWEEN_STOPS = 1 << 16,
    DOMAIN_BYTES_MAX = 1024
};

/* A line between parsing and writing: id and domain follow; in the compact form only the id, and `group` is set. */
struct head {
    double score;
    uint32_t tokens, group;
    uint32_t id_bytes, domain_bytes;
};
#define NO_DOMAIN UINT32_MAX
#define NO_TOKENS UINT32_MAX /* and so is no number of tokens */

struct bad_line {
    uint64_t offset;
    const char *reason;
};

struct job {
    bool open;
    struct chunk chunk;
    size_t input;
    uint64_t disk;
    struct records records;
    struct arena arena; /* ids */
    struct buf heads;   /* of the lines that were not rejected, each with what follows it */
    struct buf bad;     /* struct bad_line */
    bool tokens_estimated; /* of a line that was not rejected */
};

struct reading {
    struct score_lines *s;
    const struct run *run;
    const struct score_lines_options *options;
    struct feed feed;
    struct parser *parsers[MOST_THREADS];
    struct stream_out *out;
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for score lines; lower --threads or close other programs");
}

static tamis_status interrupted(tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; nothing was written");
}

/* ---- One line --------------------------------------------------------------------------------------------------- */

static bool read_score(const struct dom *dom, double *score)
{
    struct dom_value value;
    dom_find(dom, "score", &value);
    *score = dom_is_number(&value) ? value.real : (double)NAN;
    return dom_is_number(&value) ? isfinite(*score) : value.kind == DOM_NULL;
}

static bool read_tokens(const struct dom *dom, uint32_t *tokens)
{
    struct dom_value value;
    dom_find(dom, "tokens", &value);
    *tokens = NO_TOKENS;
    if (value.kind == DOM_MISSING || value.kind == DOM_NULL) {
        return true;
    }
    if (!dom_is_number(&value) || !(value.real >= 0 && value.real < NO_TOKENS) || value.real != floor(value.real)) {
        return false;
    }
    *tokens = (uint32_t)value.real;
    return true;
}

static bool says_estimated(const struct dom *dom)
{
    struct dom_value value;
    dom_find(dom, "tokens_estimated", &value);
    return value.kind == DOM_TRUE;
}

static bool read_domain(const struct dom *dom, tamis_str *domain, uint32_t *bytes)
{
    struct dom_value value;
    dom_find(dom, "domain", &value);
    *domain = value.kind == DOM_STRING ? value.string : (tamis_str){0};
    *bytes = value.kind == DOM_STRING ? (uint32_t)value.string.len : NO_DOMAIN;
    return value.kind == DOM_STRING ? domain->len <= DOMAIN_BYTES_MAX
                                    : value.kind == DOM_MISSING || value.kind == DOM_NULL;
}

/* NULL: it is a score line, and its head and what follows are appended. */
static const char *parse_fields(const struct reading *r, struct job *job, struct parser *parser, tamis_str raw,
                                bool *fine)
{
    const struct dom *const dom = json_line_dom(parser);
    struct head head = {.domain_bytes = NO_DOMAIN};
    struct dom_value value;
    tamis_str id = {0}, domain = {0};
    dom_find(dom, "id", &value);
    *fine = json_line_id(&value, raw, &job->arena, &id);
    if (id.len == 0) {
        return "no_id";
    }
    if (!read_score(dom, &head.score)) {
        return "no_score";
    }
    if (!read_tokens(dom, &head.tokens)) {
        return "bad_tokens";
    }
    if (r->options->domains && !read_domain(dom, &domain, &head.domain_bytes)) {
        return "bad_domain";
    }
    job->tokens_estimated = job->tokens_estimated || says_estimated(dom);
    head.id_bytes = (uint32_t)id.len;
    *fine = buf_add(&job->heads, &head, sizeof head) && buf_add_str(&job->heads, id) &&
            buf_add_str(&job->heads, domain);
    return NULL;
}

static tamis_status parse_record(const struct reading *r, struct job *job, struct parser *parser,
                                 const struct record *record, tamis_err *err)
{
    enum reject reject = record->reject;
    bool fine = true;
    tamis_status status = reject ? TAMIS_OK : json_line_parse(parser, record->raw, &reject, err);
    if (status) {
        return status;
    }
    const char *const reason = reject ? reject_name(reject) : parse_fields(r, job, parser, record->raw, &fine);
    if (reason) {
        const struct bad_line bad = {record->offset, reason};
        fine = fine && buf_add(&job->bad, &bad, sizeof bad);
    }
    return fine ? TAMIS_OK : no_memory(err);
}

/* ---- The pipeline ----------------------------------------------------------------------------------------------- */

static tamis_status read_job(void *context, void *at, bool *end, tamis_err *err)
{
    struct reading *const r = context;
    struct job *const job = at;
    if (run_stopped(r->run)) {
        return interrupted(err);
    }
    if (!job->open) {
        job->open = true;
        chunk_init(&job->chunk);
        arena_init(&job->arena);
        buf_init(&job->heads, BUF_UNLIMITED);
        buf_init(&job->bad, BUF_UNLIMITED);
    }
    const tamis_status status = feed_next(&r->feed, &job->chunk, &job->input, end, err);
    job->disk = feed_progress(&r->feed);
    return status;
}

static tamis_status parse_job(void *context, unsigned thread, void *at, tamis_err *err)
{
    struct reading *const r = context;
    struct job *const job = at;
    records_clear(&job->records);
    arena_clear(&job->arena);
    buf_clear(&job->heads);
    buf_clear(&job->bad);
    job->tokens_estimated = false;
    tamis_status status = reader_jsonl.split(&job->chunk, &job->records, err);
    for (size_t i = 0; !status && i < job->records.count; i++) {
        status = parse_record(r, job, r->parsers[thread], &job->records.at[i], err);
    }
    return status;
}

/* The group of a domain; a new one when it was not met before. */
static tamis_status find_group(struct score_lines *s, tamis_str domain, uint32_t *group, tamis_err *err)
{
    size_t slot = hash_bytes(domain.at, domain.len, 0) % SLOTS;
    while (s->slots[slot] && !str_equal(s->groups[s->slots[slot]].domain, domain)) {
        slot = (slot + 1) % SLOTS;
    }
    if (!s->slots[slot]) {
        if (s->group_count > SCORE_DOMAINS_MAX) {
            return tamis_fail(err, TAMIS_INPUT, "the lines name more than %d domains; select over all of them with "
                              "--within all", SCORE_DOMAINS_MAX);
        }
        if (domain.len && !arena_copy(&s->arena, domain, &domain)) {
            return no_memory(err);
        }
        s->slots[slot] = (uint32_t)s->group_count;
        s->groups[s->group_count++].domain = domain;
    }
    *group = s->slots[slot];
    return TAMIS_OK;
}

static void count_line(struct score_lines *s, const struct head *head)
{
    struct score_group *const group = &s->groups[head->group];
    s->lines++;
    const uint32_t tokens = head->tokens == NO_TOKENS ? 0 : head->tokens;
    const bool scored = !isnan(head->score);
    *(scored ? &group->scored_lines : &group->unscored_lines) += 1;
    *(scored ? &group->scored_tokens : &group->unscored_tokens) += tokens;
    s->without_tokens += head->tokens == NO_TOKENS;
}

static tamis_status write_lines(struct reading *r, const struct job *job, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t at = 0; !status && at < job->heads.len;) {
        struct head head;
        memcpy(&head, job->heads.at + at, sizeof head);
        const char *const id = job->heads.at + at + sizeof head;
        const size_t domain_bytes = head.domain_bytes == NO_DOMAIN ? 0 : head.domain_bytes;
        const tamis_str domain = {id + head.id_bytes, domain_bytes};
        status = head.domain_bytes == NO_DOMAIN ? TAMIS_OK : find_group(r->s, domain, &head.group, err);
        if (!status) {
            count_line(r->s, &head);
            memcpy(job->heads.at + at, &head, sizeof head); /* with its group */
            status = stream_out_add(r->out, (tamis_str){job->heads.at + at, sizeof head + head.id_bytes}, err);
        }
        at += sizeof head + head.id_bytes + domain_bytes;
    }
    return status;
}

static tamis_status write_job(void *context, void *at, tamis_err *err)
{
    struct reading *const r = context;
    const struct job *const job = at;
    const struct bad_line *const bad = (const struct bad_line *)(const void *)job->bad.at;
    for (size_t i = 0; i < job->bad.len / sizeof *bad; i++) {
        r->s->lines++;
        r->s->rejected++;
        if (r->options->rejected) {
            r->options->rejected(r->options->context, job->input, bad[i].offset, bad[i].reason);
        }
    }
    r->s->tokens_estimated = r->s->tokens_estimated || job->tokens_estimated;
    r->s->damaged = r->s->damaged || job->chunk.holds == CHUNK_DAMAGED;
    const tamis_status status = write_lines(r, job, err);
    progress_update(r->run->progress, job->disk, r->s->lines);
    return status;
}

static void release_job(void *context, void *at)
{
    struct job *const job = at;
    (void)context;
    if (job->open) {
        chunk_release(&job->chunk);
        records_release(&job->records);
        arena_release(&job->arena);
        buf_release(&job->heads);
        buf_release(&job->bad);
    }
}

static tamis_status read_all(struct reading *r, tamis_err *err)
{
    const unsigned threads = r->run->threads < MOST_THREADS ? r->run->threads : MOST_THREADS;
    const struct recipe recipe = {.max_line = SCORE_LINE_MAX};
    tamis_status status = TAMIS_OK;
    for (unsigned t = 0; !status && t < threads; t++) {
        r->parsers[t] = parser_new();
        status = r->parsers[t] ? TAMIS_OK : no_memory(err);
    }
    if (!status) {
        const struct pipeline pipeline = {.context = r,
                                          .job_bytes = sizeof(struct job),
                                          .read = read_job,
                                          .work = parse_job,
                                          .write = write_job,
                                          .release = release_job};
        feed_init(&r->feed, r->run->inputs, &recipe);
        r->feed.options.chunk_bytes = CHUNK;
        status = pipeline_run(&pipeline, threads, err);
        feed_release(&r->feed);
    }
    for (unsigned t = 0; t < threads; t++) {
        parser_free(r->parsers[t]);
    }
    return status;
}

tamis_status score_lines_read(struct score_lines *s, const struct run *run, const struct score_lines_options *options,
                              tamis_err *err)
{
    struct reading r = {.s = s, .run = run, .options = options};
    *s = (struct score_lines){.group_count = 1};
    arena_init(&s->arena);
    s->groups = calloc(SCORE_DOMAINS_MAX + 1, sizeof *s->groups);
    s->slots = calloc(SLOTS, sizeof *s->slots);
    tamis_status status = s->groups && s->slots ? TAMIS_OK : no_memory(err);
    status = status ? status : path_make(&s->path, err, "%s/scores", run->tmp);
    status = status ? status : stream_out_open(&r.out, s->path.at, (struct codec_choice){CODEC_ZSTD, 1}, err);
    status = status ? status : read_all(&r, err);
    if (status) {
        stream_out_discard(r.out);
        return status;
    }
    return stream_out_commit(r.out, err);
}

void score_lines_release(struct score_lines *s)
{
    arena_release(&s->arena);
    free(s->groups);
    free(s->slots);
    if (s->path.at[0]) {
        (void)unlink(s->path.at);
    }
}

/* ---- Going through them ----------------------------------------------------------------------------------------- */

struct walking {
    struct stream_in *in;
    struct buf held; /* read, not yet handed over: [at, len) */
    size_t at;
    bool end;
};

/* Reads until `wanted` bytes are held; fewer only at the end. */
static tamis_status hold(struct walking *w, size_t wanted, tamis_err *err)
{
    if (w->held.len - w->at >= wanted || w->end) {
        return TAMIS_OK;
    }
    const size_t left = w->held.len - w->at;
    memmove(w->held.at, w->held.at + w->at, left);
    w->held.len = left;
    w->at = 0;
    if (!buf_reserve(&w->held, (wanted > BLOCK ? wanted : BLOCK) - left)) {
        return no_memory(err);
    }
    tamis_status status = TAMIS_OK;
    while (!status && !w->end && w->held.len < wanted) {
        size_t got = 0;
        status = stream_read(w->in, w->held.at + w->held.len, w->held.cap - w->held.len, &got, err);
        w->held.len += got;
        w->end = got == 0;
    }
    return status;
}

static tamis_status next_line(struct walking *w, struct score_line *line, bool *end, tamis_err *err)
{
    struct head head;
    tamis_status status = hold(w, sizeof head, err);
    *end = w->held.len - w->at < sizeof head;
    if (status || *end) {
        return status;
    }
    memcpy(&head, w->held.at + w->at, sizeof head);
    status = hold(w, sizeof head + head.id_bytes, err);
    if (!status && w->held.len - w->at < sizeof head + head.id_bytes) {
        status = tamis_fail(err, TAMIS_IO, "the temporary file of the scores is shorter than what was written to it; "
                            "another program changed it, run the command again");
    }
    line->score = head.score;
    line->tokens = head.tokens == NO_TOKENS ? 0 : head.tokens;
    line->group = head.group;
    line->id = (tamis_str){w->held.at + w->at + sizeof head, head.id_bytes};
    w->at += sizeof head + head.id_bytes;
    return status;
}

tamis_status score_lines_each(const struct score_lines *s, const struct run *run,
                              tamis_status (*take)(void *taker, const struct score_line *line, tamis_err *err),
                              void *taker, tamis_err *err)
{
    struct walking w = {0};
    struct score_line line = {0};
    bool end = false;
    buf_init(&w.held, BUF_UNLIMITED);
    tamis_status status = buf_reserve(&w.held, BLOCK) ? TAMIS_OK : no_memory(err);
    status = status ? status : stream_open(&w.in, s->path.at, err);
    while (!status && !(status = next_line(&w, &line, &end, err)) && !end) {
        status = take(taker, &line, err);
        line.number++;
        if (line.number % LINES_BETWEEN_STOPS == 0 && !status && run_stopped(run)) {
            status = interrupted(err);
        }
    }
    stream_close(w.in);
    buf_release(&w.held);
    return status;
}
