/* See drops.h. Records come from the ledger alone, so most dropped documents are not read again. */
#include "mix/drops.h"

#include <stdio.h>
#include <string.h>

#include "core/path.h"
#include "mix/drop_record.h"
#include "run/ranges.h"

#define TEXTS_MEMORY ((size_t)16 << 20) /* bytes of records with texts; beyond that they wait on disk */
#define BLOCK_BYTES (3 * (uint64_t)STREAM_BLOCK) /* text and packed, as buffers grow */

/* What is made of a range: the records of each stage, and .. */
enum { MADE_REJECTS = STAGE_COUNT, MADE_MARKS, MADE_COUNT };

/* .. where a record with its text goes between them. */
struct mark {
    uint64_t number;
    enum stage stage;
    size_t at; /* in the records of the stage */
};

static enum dropped mode(const struct drops *d)
{
    return (enum dropped)d->run->recipe->output.dropped;
}

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the records of dropped documents");
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

static tamis_status open_lazily(const struct drops *d, struct stream_out **out, const char *folder, const char *name,
                                tamis_err *err)
{
    if (*out != NULL) {
        return TAMIS_OK;
    }
    const struct codec_choice codec = d->run->recipe->output.codec;
    struct path path;
    tamis_status status = path_make(&path, err, "%s%s", d->run->folder, folder);
    status = status != TAMIS_OK ? status : file_make_folders(path.at, err);
    status = status != TAMIS_OK ? status : path_make(&path, err, "%s%s/%s.jsonl%s", d->run->folder, folder, name,
                                                     codec_ending(codec.codec));
    return status != TAMIS_OK ? status : stream_out_open_threads(out, path.at, codec, d->packers, err);
}

static tamis_status open_stage(struct drops *d, struct stream_out **out, enum stage stage, const char *what,
                               tamis_err *err)
{
    char name[64];
    snprintf(name, sizeof name, "%s-00000%s", stage_name(stage), what);
    return open_lazily(d, out, "/dropped", name, err);
}

static tamis_status add_records(struct drops *d, enum stage stage, tamis_str records, tamis_err *err)
{
    if (records.len == 0) {
        return TAMIS_OK;
    }
    for (const char *at = records.at, *const end = at + records.len; at < end; d->written++) {
        const char *const stop = memchr(at, '\n', (size_t)(end - at));
        at = stop != NULL ? stop + 1 : end;
    }
    const tamis_status status =
        open_stage(d, &d->records[stage], stage, mode(d) == DROPPED_FULL ? ".verdicts" : "", err);
    return status != TAMIS_OK ? status : stream_out_add_lines(d->records[stage], records, err);
}

static tamis_status add_rejects(struct drops *d, tamis_str rejects, tamis_err *err)
{
    const tamis_status status = rejects.len > 0 ? open_lazily(d, &d->rejects, "", "rejects", err) : TAMIS_OK;
    return status != TAMIS_OK || rejects.len == 0 ? status : stream_out_add_lines(d->rejects, rejects, err);
}

/* ---- What the read brings --------------------------------------------------------------------------------------- */

bool drops_wants(const struct drops *d, const struct ledger_part *part, size_t row)
{
    struct drop drop;
    if (mode(d) == DROPPED_NONE || !drop_find(d->run, part, row, &drop) || drop.rule->stage == STAGE_PARSE) {
        return false;
    }
    return mode(d) == DROPPED_FULL ? !drop.withheld : picks_hold(&d->picks, drop.number);
}

static tamis_status add_line(struct drops *d, struct lines *lines, const struct found *found, enum stage stage,
                             tamis_err *err)
{
    tamis_str line = {0};
    tamis_status status = open_stage(d, &d->lines[stage], stage, "", err);
    status = status != TAMIS_OK ? status : lines_line(lines, found, &line, err);
    if (status != TAMIS_OK) {
        return status;
    }
    buf_clear(&d->line);
    if (!buf_add_str(&d->line, line) || !buf_add_char(&d->line, '\n')) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a document of %zu bytes", line.len);
    }
    d->copied++;
    return stream_out_add(d->lines[stage], buf_str(&d->line), err);
}

static tamis_status keep_text(struct drops *d, struct lines *lines, const struct found *found, const struct drop *drop,
                              tamis_err *err)
{
    tamis_str text = {0};
    const tamis_status status = lines_text(lines, found, &text, err);
    if (status != TAMIS_OK) {
        return status;
    }
    buf_clear(&d->line);
    if (!drop_record(d->run, d->ledger, drop, &text, &d->line)) {
        return no_memory(err);
    }
    return spools_add(&d->texts, 0, (struct spool_head){.number = drop->number, .length = d->line.len},
                      buf_str(&d->line), err);
}

tamis_status drops_record(struct drops *d, struct lines *lines, const struct found *found, tamis_err *err)
{
    const struct ledger_part *const part = ledger_part_of(d->ledger, found->number);
    struct drop drop;
    if (!drop_find(d->run, part, (size_t)(found->number - part->first), &drop)) {
        return TAMIS_OK;
    }
    return mode(d) == DROPPED_FULL ? add_line(d, lines, found, drop.rule->stage, err)
                                   : keep_text(d, lines, found, &drop, err);
}

/* ---- What the ledger tells -------------------------------------------------------------------------------------- */

static bool make_drop(const struct drops *d, const struct drop *drop, struct buf *made)
{
    const enum stage stage = drop->rule->stage;
    if (stage == STAGE_PARSE) {
        return drop_reject(d->run, drop, &made[MADE_REJECTS]);
    }
    if (mode(d) == DROPPED_NONE || (mode(d) == DROPPED_FULL && drop->withheld)) {
        return true;
    }
    if (mode(d) == DROPPED_IDS && picks_hold(&d->picks, drop->number)) {
        const struct mark mark = {.number = drop->number, .stage = stage, .at = made[stage].len};
        return buf_add(&made[MADE_MARKS], &mark, sizeof mark);
    }
    return drop_record(d->run, d->ledger, drop, NULL, &made[stage]);
}

static tamis_status make_drops(void *context, struct range range, struct buf *made, tamis_err *err)
{
    const struct drops *const d = context;
    struct drop drop;
    for (size_t row = range.from; row < range.to; row++) {
        if (drop_find(d->run, range.part, row, &drop) && !make_drop(d, &drop, made)) {
            return no_memory(err);
        }
    }
    return TAMIS_OK;
}

/* The next record that waits with its text. */
static tamis_status add_waiting(struct drops *d, const struct mark *mark, tamis_err *err)
{
    struct spool_head head = {0};
    const bool any = d->waiting.len >= sizeof head;
    if (any) {
        memcpy(&head, d->waiting.at, sizeof head);
    }
    if (!any || head.number != mark->number || head.length > d->waiting.len - sizeof head) {
        return tamis_fail(err, TAMIS_INTERNAL, "the text of dropped document %llu, which is to be shown, is missing",
                          (unsigned long long)mark->number);
    }
    const tamis_str record = {d->waiting.at + sizeof head, (size_t)head.length};
    d->waiting = (tamis_str){record.at + record.len, d->waiting.len - spool_step(&head)};
    return add_records(d, mark->stage, record, err);
}

static tamis_str between(const struct buf *b, size_t from, size_t to)
{
    return from < to ? (tamis_str){b->at + from, to - from} : (tamis_str){"", 0};
}

static tamis_status take_drops(void *context, const struct buf *made, tamis_err *err)
{
    struct drops *const d = context;
    const struct mark *const marks = (const struct mark *)(const void *)made[MADE_MARKS].at;
    const size_t count = made[MADE_MARKS].len / sizeof *marks;
    size_t done[STAGE_COUNT] = {0};
    tamis_status status = add_rejects(d, buf_str(&made[MADE_REJECTS]), err);
    for (size_t i = 0; status == TAMIS_OK && i < count; i++) {
        const enum stage stage = marks[i].stage;
        status = add_records(d, stage, between(&made[stage], done[stage], marks[i].at), err);
        status = status != TAMIS_OK ? status : add_waiting(d, &marks[i], err);
        done[stage] = marks[i].at;
    }
    for (int stage = 0; status == TAMIS_OK && stage < STAGE_COUNT; stage++) {
        status = add_records(d, (enum stage)stage, between(&made[stage], done[stage], made[stage].len), err);
    }
    return status;
}

static tamis_status write_made(struct drops *d, tamis_err *err)
{
    const struct ranges ranges = {.context = d, .texts = MADE_COUNT, .make = make_drops, .take = take_drops};
    const tamis_status status = ranges_run(&ranges, d->run, d->ledger, err);
    if (status == TAMIS_OK && mode(d) == DROPPED_FULL && d->copied != d->written) {
        return tamis_fail(err, TAMIS_INTERNAL, "%llu lines and %llu records of dropped documents were written",
                          (unsigned long long)d->copied, (unsigned long long)d->written);
    }
    return status;
}

/* The same with the waiting records within reach. */
static tamis_status write_all(struct drops *d, tamis_err *err)
{
    struct path path;
    const void *map = NULL;
    size_t len = 0;
    tamis_status status = spools_finish(&d->texts, err);
    if (status != TAMIS_OK || !d->texts.on_disk) {
        d->waiting = buf_str(&d->texts.at[0]);
        return status != TAMIS_OK ? status : write_made(d, err);
    }
    status = spool_path(&path, d->folder.at, 0, err);
    status = status != TAMIS_OK ? status : file_map(path.at, &map, &len, err);
    if (status != TAMIS_OK) {
        return status;
    }
    d->waiting = (tamis_str){map, len};
    status = write_made(d, err);
    file_unmap(map, len);
    return status;
}

/* ---- Opening and finishing -------------------------------------------------------------------------------------- */

static tamis_status offer_part(struct drops *d, const struct ledger_part *part, tamis_err *err)
{
    struct drop drop;
    for (size_t row = 0; row < part->count; row++) {
        if (!drop_find(d->run, part, row, &drop) || drop.rule->stage == STAGE_PARSE || drop.withheld) {
            continue;
        }
        const tamis_str id = ledger_id(d->ledger, drop.number);
        const tamis_status status = picks_offer(&d->picks, (size_t)(drop.rule - d->run->rules->at),
                                                hash_bytes(id.at, id.len, d->run->recipe->seed), drop.number, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    return TAMIS_OK;
}

/* What an interrupted run left in the folder goes. */
static tamis_status open_texts(struct drops *d, tamis_err *err)
{
    tamis_status status = path_make(&d->folder, err, "%s/dropped", d->run->tmp);
    status = status != TAMIS_OK ? status : file_remove_tree(d->folder.at, err);
    status = status != TAMIS_OK ? status : file_make_folders(d->folder.at, err);
    return status != TAMIS_OK ? status : spools_open(&d->texts, d->folder.at, 1, TEXTS_MEMORY, err);
}

/* As many as an eighth of the memory has room for. */
static unsigned packers_for(const struct run *run)
{
    unsigned threads = run->threads != 0 ? run->threads : 1;
    while (threads > 1 && run->memory != 0 && (STAGE_COUNT * threads + 1) * BLOCK_BYTES > run->memory / 8) {
        threads--;
    }
    return threads;
}

tamis_status drops_open(struct drops *d, const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    *d = (struct drops){.run = run, .ledger = ledger, .packers = packers_for(run)};
    buf_init(&d->line, BUF_UNLIMITED);
    tamis_status status = picks_open(&d->picks, ledger, run->rules->count, err);
    status = status != TAMIS_OK ? status : open_texts(d, err);
    for (size_t p = 0; status == TAMIS_OK && mode(d) == DROPPED_IDS && p < ledger->part_count; p++) {
        status = run_stopped(run) ? tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues")
                                  : offer_part(d, &ledger->parts[p], err);
    }
    return status != TAMIS_OK ? status : picks_finish(&d->picks, err);
}

static tamis_status commit(struct stream_out **out, tamis_status status, tamis_err *err)
{
    struct stream_out *const s = *out;
    if (status == TAMIS_OK && s != NULL) {
        *out = NULL;
        status = stream_out_commit(s, err);
    }
    return status;
}

tamis_status drops_finish(struct drops *d, tamis_err *err)
{
    tamis_status status = write_all(d, err);
    status = status != TAMIS_OK ? status : file_remove_tree(d->folder.at, err);
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        status = commit(&d->lines[stage], status, err);
        status = commit(&d->records[stage], status, err);
    }
    return commit(&d->rejects, status, err);
}

void drops_release(struct drops *d)
{
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        stream_out_discard(d->lines[stage]);
        stream_out_discard(d->records[stage]);
    }
    stream_out_discard(d->rejects);
    picks_release(&d->picks);
    spools_release(&d->texts);
    buf_release(&d->line);
    *d = (struct drops){0};
}
