/* What the tests of readers share: a part of a scratch folder read whole, parsed and split. */
#ifndef TESTS_READER_WORLD_H
#define TESTS_READER_WORLD_H

#include "scratch_folder.h"

#include <string.h>

#include "core/str.h"
#include "io/reader.h"

/* All chunks of one part, with the records of all of them. */
struct part {
    struct chunk *chunks;
    size_t count;
    struct arena arena;
    struct records parsed, split;
};

static const struct record_fields usual = {.text = "text", .id = "id"};

static inline void part_read(struct part *p, const struct reader_format *format, const char *path,
                      struct reader_options options, const struct record_fields *fields)
{
    struct reader *r = NULL;
    *p = (struct part){.chunks = calloc(5000, sizeof(*p->chunks))};
    arena_init(&p->arena);
    struct parser *parser = parser_new();
    assert_non_null(parser);
    assert_int_equal(format->open(&r, path, &options, NULL), TAMIS_OK);
    uint64_t place = UINT64_MAX;
    for (;;) {
        bool end = false;
        assert_in_range(p->count, 0, 4999);
        struct chunk *chunk = &p->chunks[p->count];
        chunk_init(chunk);
        assert_int_equal(format->next(r, chunk, &end, NULL), TAMIS_OK);
        if (end) {
            assert_null(chunk->bytes.at); /* untouched */
            break;
        }
        assert_true(place == UINT64_MAX || chunk->offset == place); /* no gap, no overlap */
        place = chunk->offset + chunk->length;
        struct record_cursor cursor = {.fields = fields, .chunk = chunk, .texts = &p->arena, .arena = &p->arena};
        assert_int_equal(reader_parse(format, parser, &cursor, &p->parsed, NULL), TAMIS_OK);
        assert_int_equal(format->split(chunk, &p->split, NULL), TAMIS_OK);
        p->count++;
    }
    bool end = false;
    assert_int_equal(format->next(r, &p->chunks[p->count], &end, NULL), TAMIS_OK);
    assert_true(end);
    format->close(r);
    parser_free(parser);
}

static inline void part_release(struct part *p)
{
    for (size_t i = 0; i < p->count; i++) {
        chunk_release(&p->chunks[i]);
    }
    free(p->chunks);
    arena_release(&p->arena);
    records_release(&p->parsed);
    records_release(&p->split);
}

static inline bool known_without_parsing(enum reject reject)
{
    return reject == REJECT_NONE || reject == REJECT_EMPTY_LINE || reject == REJECT_LINE_TOO_LONG ||
           reject == REJECT_DAMAGED_STREAM;
}

static inline void assert_split_agrees(const struct part *p)
{
    assert_int_equal(p->split.count, p->parsed.count);
    for (size_t i = 0; i < p->split.count; i++) {
        const struct record *a = &p->split.at[i], *b = &p->parsed.at[i];
        assert_true(a->raw.at == b->raw.at && a->raw.len == b->raw.len);
        assert_true(a->offset == b->offset && a->length == b->length);
        assert_int_equal(a->reject, known_without_parsing(b->reject) ? b->reject : REJECT_NONE);
        assert_true(b->reject == REJECT_NONE || (b->text.len == 0 && b->id.len == 0 && b->language.len == 0));
    }
}

/* One record made of `line`, read as JSONL. Exactly as many bytes as needed are behind it. */
struct one {
    struct part part;
    const struct record *record;
};

static inline void one_read(struct one *one, tamis_str line, const struct record_fields *fields)
{
    put("one", line);
    part_read(&one->part, &reader_jsonl, in_folder("one"), (struct reader_options){.max_line = 1 << 24}, fields);
    assert_int_equal(one->part.parsed.count, 1);
    assert_split_agrees(&one->part);
    one->record = &one->part.parsed.at[0];
    assert_true(str_equal(one->record->raw, line));
}

#endif
