/*
 * Which documents a probe is made of, and their texts in a cache.
 */
#include <stdlib.h>

#include "core/sorter.h"
#include "core/str.h"
#include "run/key.h"
#include "run/visit.h"
#include "score/probe.h"

#define FIRST_ROOM ((size_t)1024)
#define VALID_DOCUMENT ((size_t)8192) /* bytes of a held-out document that are measured: rather many than long ones */

struct chosen {
    uint64_t number;
    enum probe_part part;
};

struct choice {
    const struct run *run;
    const struct ledger *ledger;
    struct probe_texts *texts;
    uint16_t domain, general;
    uint64_t room[PROBE_PARTS], bytes[PROBE_PARTS];
    struct chosen *at; /* in the order of their numbers */
    size_t count, cap, next, next_read;
};

/* ---- Which documents -------------------------------------------------------------------------------------------- */

/* Where a document may go; PROBE_PARTS: nowhere. A general document may go to the base as well. */
static enum probe_part part_of(const struct choice *c, const struct ledger_part *part, size_t row)
{
    const struct survey_row *const survey = (const struct survey_row *)part->survey.rows + row;
    const struct resolve_row *const resolve = (const struct resolve_row *)part->resolve.rows + row;
    const struct select_row *const select = part->select.rows;
    const bool is_domain = survey->domain == c->domain;
    if (survey->rule || resolve->rule || survey->text_bytes == 0 || (!is_domain && survey->domain != c->general)) {
        return PROBE_PARTS;
    }
    if (resolve->held_out) {
        return is_domain ? PROBE_VALID_DOMAIN : PROBE_VALID_GENERAL;
    }
    if (select && select[row].rule) {
        return PROBE_PARTS;
    }
    return is_domain ? PROBE_DOMAIN : PROBE_GENERAL;
}

static size_t bytes_of(enum probe_part part, size_t bytes)
{
    return part >= PROBE_VALID_DOMAIN && bytes > VALID_DOCUMENT ? VALID_DOCUMENT : bytes;
}

static tamis_status sort_documents(struct choice *c, struct sorter *sorter, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t p = 0; !status && p < c->ledger->part_count; p++) {
        const struct ledger_part *const part = &c->ledger->parts[p];
        const struct survey_row *const survey = part->survey.rows;
        for (size_t i = 0; !status && i < part->count; i++) {
            const enum probe_part place = part_of(c, part, i);
            if (place == PROBE_PARTS) {
                continue;
            }
            const uint64_t number = part->first + i;
            const uint64_t row[4] = {draw_key(c->run->recipe->seed, "probe", ledger_id(c->ledger, number)), number,
                                     (uint64_t)place, bytes_of(place, survey[i].text_bytes)};
            status = sorter_add(sorter, row, err);
            if (place == PROBE_DOMAIN || place == PROBE_GENERAL) {
                struct probe_pool *const pool = place == PROBE_DOMAIN ? &c->texts->domain : &c->texts->general;
                pool->documents++;
                pool->bytes += survey[i].text_bytes;
                pool->tokens += survey[i].tokens;
            }
        }
    }
    return status ? status : sorter_finish(sorter, err);
}

/* The base and a run have no document in common: what is there is divided between them. */
static void make_room(struct choice *c, const struct probe_sizes *sizes)
{
    const double wanted = (double)sizes->run + (double)sizes->base, there = (double)c->texts->general.bytes;
    const double share = there < wanted ? there / wanted : 1;
    c->room[PROBE_DOMAIN] = sizes->run;
    c->room[PROBE_GENERAL] = (uint64_t)((double)sizes->run * share);
    c->room[PROBE_BASE] = (uint64_t)((double)sizes->base * share);
    c->room[PROBE_VALID_DOMAIN] = c->room[PROBE_VALID_GENERAL] = sizes->valid;
}

static tamis_status choose_one(struct choice *c, uint64_t number, enum probe_part part, uint64_t bytes, tamis_err *err)
{
    if (part == PROBE_GENERAL && c->bytes[part] >= c->room[part]) {
        part = PROBE_BASE;
    }
    if (c->bytes[part] >= c->room[part]) {
        return TAMIS_OK;
    }
    if (c->count == c->cap) {
        const size_t cap = c->cap ? c->cap * 2 : FIRST_ROOM;
        struct chosen *const more = cap <= SIZE_MAX / sizeof *more ? realloc(c->at, cap * sizeof *more) : NULL;
        if (!more) {
            return tamis_fail(err, TAMIS_IO, "out of memory for the documents of the probe (16 bytes each)");
        }
        c->at = more;
        c->cap = cap;
    }
    c->bytes[part] += bytes;
    c->at[c->count++] = (struct chosen){number, part};
    return TAMIS_OK;
}

static int by_number(const void *a, const void *b)
{
    const struct chosen *const x = a, *const y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static tamis_status choose(struct choice *c, const struct probe_sizes *sizes, tamis_err *err)
{
    const struct sorter_options how = {.folder = c->run->tmp, .name = "probe", .words = 4, .top = UINT64_MAX,
                                       .memory = (size_t)(c->run->memory / 4)};
    struct sorter *sorter = NULL;
    const uint64_t *row = NULL;
    tamis_status status = sorter_open(&sorter, &how, err);
    status = status ? status : sort_documents(c, sorter, err);
    make_room(c, sizes);
    while (!status && !(status = sorter_next(sorter, &row, err)) && row) {
        status = choose_one(c, row[1], (enum probe_part)row[2], row[3], err);
    }
    sorter_free(sorter);
    if (c->count > 0) {
        qsort(c->at, c->count, sizeof *c->at, by_number);
    }
    return status;
}

static tamis_status check_parts(const struct choice *c, tamis_err *err)
{
    static const char *const whats[PROBE_PARTS] = {"to train on", "to train on", "for the base", "held out",
                                                   "held out"};
    const struct recipe *const recipe = c->run->recipe;
    for (int part = 0; part < PROBE_PARTS; part++) {
        const bool is_domain = part == PROBE_DOMAIN || part == PROBE_VALID_DOMAIN, valid = part >= PROBE_VALID_DOMAIN;
        if (c->bytes[part] == 0 && (part != PROBE_BASE || c->room[part] > 0)) {
            return tamis_fail(err, TAMIS_INPUT, "no document of %s is left %s; %s",
                              recipe->domains[is_domain ? c->domain : c->general].name, whats[part],
                              valid ? "raise the recipe's holdout.share" : "loosen its rules, or add a source");
        }
    }
    return TAMIS_OK;
}

/* ---- Their texts ------------------------------------------------------------------------------------------------ */

static bool wants(void *context, uint64_t number)
{
    struct choice *const c = context;
    while (c->next < c->count && c->at[c->next].number < number) {
        c->next++;
    }
    return c->next < c->count && c->at[c->next].number == number;
}

static tamis_status read_one(void *context, uint64_t number, const struct record *record,
                             const struct reader_format *format, tamis_err *err)
{
    struct choice *const c = context;
    (void)format;
    if (c->next_read == c->count || c->at[c->next_read].number != number) {
        return tamis_fail(err, TAMIS_INTERNAL, "document %llu was read for the probe, and it was not chosen",
                          (unsigned long long)number);
    }
    const enum probe_part part = c->at[c->next_read++].part;
    const tamis_str text = {record->text.at, bytes_of(part, record->text.len)};
    c->texts->bytes[part] += text.len;
    return cache_add(c->texts->cache, number, (uint16_t)part, STR(""), text, err);
}

tamis_status probe_texts_read(struct probe_texts *texts, const struct run *run, const struct ledger *ledger,
                              uint16_t domain, uint16_t general, const struct probe_sizes *sizes, const char *folder,
                              tamis_err *err)
{
    struct choice c = {.run = run, .ledger = ledger, .texts = texts, .domain = domain, .general = general};
    const struct visit visit = {.wants = wants, .parse = true, .record = read_one, .context = &c};
    *texts = (struct probe_texts){0};
    tamis_status status = choose(&c, sizes, err);
    status = status ? status : check_parts(&c, err);
    status = status ? status : cache_create(&texts->cache, folder, 0, err);
    status = status ? status : visit_records(run, ledger, &visit, err);
    status = status ? status : cache_finish(texts->cache, err);
    free(c.at);
    return status;
}

void probe_texts_release(struct probe_texts *texts)
{
    cache_close(texts->cache, true);
    *texts = (struct probe_texts){0};
}

double probe_token_bytes(const struct probe_pool *pool)
{
    return (double)pool->bytes / (double)pool->tokens;
}

uint64_t probe_tokens(const struct probe_texts *texts, uint64_t run)
{
    const uint64_t domain = texts->bytes[PROBE_DOMAIN], general = texts->bytes[PROBE_GENERAL];
    const double d = (double)(domain < run ? domain : run) / probe_token_bytes(&texts->domain);
    const double g = (double)(general < run ? general : run) / probe_token_bytes(&texts->general);
    return (uint64_t)(d < g ? d : g);
}
