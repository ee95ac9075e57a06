/*
 * Opens one part after the other and hands out their chunks.
 */
#include "run/feed.h"

#include <string.h>

void feed_init(struct feed *feed, const struct inputs *inputs, const struct recipe *recipe)
{
    *feed = (struct feed){.inputs = inputs, .options = {.max_line = recipe->max_line}};
}

static void close_part(struct feed *feed)
{
    if (feed->reader) {
        const struct reader_format *const format = feed->inputs->at[feed->input].format;
        feed->disk_before += format->read_from_disk(feed->reader);
        format->close(feed->reader);
        feed->reader = NULL;
    }
}

void feed_release(struct feed *feed)
{
    close_part(feed);
}

static tamis_status open_part(struct feed *feed, tamis_err *err)
{
    const struct input *const input = &feed->inputs->at[feed->input];
    feed->opened = false;
    return input->format->open(&feed->reader, input->path, &feed->options, err);
}

tamis_status feed_next(struct feed *feed, struct chunk *chunk, size_t *input, bool *end, tamis_err *err)
{
    *end = false;
    while (feed->input < feed->inputs->count) {
        tamis_status status = feed->reader ? TAMIS_OK : open_part(feed, err);
        bool part_end = false;
        if (!status) {
            status = feed->inputs->at[feed->input].format->next(feed->reader, chunk, &part_end, err);
        }
        if (status) {
            return status;
        }
        if (!part_end) {
            if (chunk->holds == CHUNK_DAMAGED && !feed->opened) {
                return tamis_fail(err, TAMIS_INPUT, "%s: nothing in it can be read: %s",
                                  feed->inputs->at[feed->input].path, chunk->note);
            }
            feed->opened = true;
            *input = feed->input;
            return TAMIS_OK;
        }
        close_part(feed);
        feed->input++;
    }
    *end = true;
    return TAMIS_OK;
}

tamis_status feed_seek(struct feed *feed, size_t input, uint64_t offset, tamis_err *err)
{
    feed_skip_to(feed, input);
    if (offset == 0) {
        return TAMIS_OK;
    }
    struct chunk chunk;
    chunk_init(&chunk);
    tamis_status status = open_part(feed, err);
    bool end = false;
    uint64_t at = 0;
    while (!status && !end && at < offset) {
        status = feed->inputs->at[input].format->next(feed->reader, &chunk, &end, err);
        at = end ? at : chunk.offset + chunk.length;
    }
    if (!status && at != offset) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: has changed since the survey began; remove the run folder and run again",
                            feed->inputs->at[input].path);
    }
    feed->opened = true;
    chunk_release(&chunk);
    return status;
}

void feed_skip_to(struct feed *feed, size_t input)
{
    if (feed->reader) {
        close_part(feed);
        feed->input += feed->input < input;
    }
    while (feed->input < input) {
        feed->disk_before += feed->inputs->at[feed->input].bytes;
        feed->input++;
    }
}

uint64_t feed_progress(const struct feed *feed)
{
    const struct reader *const reader = feed->reader;
    return feed->disk_before + (reader ? feed->inputs->at[feed->input].format->read_from_disk(reader) : 0);
}

tamis_status feed_records(const struct chunk *chunk, const struct reader_format *format, struct parser *parser,
                          const struct record_fields *fields, struct arena *arena, struct records *records,
                          tamis_err *err)
{
    if (chunk->holds == CHUNK_RECORDS) {
        return parser ? format->parse(parser, fields, chunk, arena, records, err) : format->split(chunk, records, err);
    }
    struct record *const record = records_add(records);
    if (!record) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the records of a chunk");
    }
    const bool too_long = chunk->holds == CHUNK_TOO_LONG;
    *record = (struct record){
        .offset = chunk->offset,
        .length = too_long ? chunk->length - chunk->ending : 0,
        .reject = too_long ? REJECT_LINE_TOO_LONG : REJECT_DAMAGED_STREAM,
    };
    return TAMIS_OK;
}

struct record_fields feed_fields(const struct recipe *recipe, uint16_t source)
{
    const struct recipe_source *const s = &recipe->sources[source];
    struct record_fields fields = {.text = s->text, .id = s->id, .tokens = s->tokens, .language = s->language,
                                   .folder = recipe->folder};
    memcpy(fields.numbers, recipe->dedup.numbers, sizeof fields.numbers);
    return fields;
}
