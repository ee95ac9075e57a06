/*
 * Opens one part after the other and hands out their chunks.
 */
#include "run/feed.h"

#include <string.h>

void feed_init(struct feed *feed, const struct inputs *inputs, const struct recipe *recipe)
{
    *feed = (struct feed){.inputs = inputs, .options = {.max_line = recipe->max_line}, .joining = SIZE_MAX};
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
    cutter_free(feed->cutter);
    feed->cutter = NULL;
}

static tamis_status open_part(struct feed *feed, tamis_err *err)
{
    const struct input *const input = &feed->inputs->at[feed->input];
    const tamis_status status = input->format->open(&feed->reader, input->path, &feed->options, err);
    if (!status && feed->seek) {
        reader_seek(feed->reader, feed->seek);
    } else if (!status && feed->leave_out) {
        reader_leave_out(feed->reader, feed->leave_out, feed->context);
    }
    feed->seek = 0;
    return status;
}

/* A chunk of the part that is being handed out. */
static tamis_status see_chunk(struct feed *feed, size_t input, const struct chunk *chunk, tamis_err *err)
{
    if (chunk->holds == CHUNK_DAMAGED && !chunk->goes_on && !feed->opened) {
        return tamis_fail(err, TAMIS_INPUT, "%s: nothing in it can be read: %s", feed->inputs->at[input].path,
                          chunk->note);
    }
    feed->opened = feed->opened || chunk->holds != CHUNK_DAMAGED;
    return TAMIS_OK;
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
            *input = feed->input;
            return see_chunk(feed, feed->input, chunk, err);
        }
        close_part(feed);
        feed->opened = false;
        feed->input++;
    }
    *end = true;
    return TAMIS_OK;
}

static void next_part(struct feed *feed)
{
    close_part(feed);
    feed->input++;
}

/* A frame larger than a core's cache is dearer to decode at once than piece by piece, but only so beside others. */
void feed_spread(struct feed *feed, unsigned threads, bool copies_frames)
{
    feed->options.frames_alone = copies_frames;
    feed->options.frame_bytes = threads == 1 && !copies_frames ? PIECE_BYTES : PIECE_DECODED_MOST;
}

bool feed_is_between(struct feed *feed)
{
    if (feed->reader && feed->input < atomic_load(&feed->left)) {
        next_part(feed);
    }
    return feed->reader == NULL;
}

tamis_status feed_load(struct feed *feed, struct feed_piece *piece, bool *end, tamis_err *err)
{
    (void)feed_is_between(feed);
    *end = feed->input >= feed->inputs->count;
    tamis_status status = *end || feed->reader ? TAMIS_OK : open_part(feed, err);
    if (status || *end) {
        return status;
    }
    status = reader_load(feed->reader, &piece->piece, err);
    piece->input = feed->input;
    piece->disk = feed_progress(feed);
    if (!status && piece->piece.last) {
        next_part(feed);
    }
    return status;
}

tamis_status feed_join(struct feed *feed, struct feed_piece *piece, struct chunk *chunk, bool *made, tamis_err *err)
{
    if (!feed->cutter) {
        feed->cutter = cutter_new(feed->options.max_line, feed->options.frames_alone ? 0 : CHUNK_BYTES);
    }
    if (!feed->cutter) {
        return tamis_fail(err, TAMIS_IO, "out of memory for reading the inputs");
    }
    if (feed->joining != piece->input) {
        feed->joining = piece->input;
        feed->opened = false;
    }
    const tamis_status status =
        cutter_next(feed->cutter, feed->inputs->at[piece->input].path, &piece->piece, chunk, made, err);
    if (status || !*made) {
        return status;
    }
    if (chunk->holds == CHUNK_DAMAGED && !chunk->goes_on) {
        feed_leave(feed, piece->input);
    }
    return see_chunk(feed, piece->input, chunk, err);
}

void feed_leave(struct feed *feed, size_t input)
{
    atomic_store(&feed->left, input + 1);
}

void feed_seek(struct feed *feed, size_t input, uint64_t offset)
{
    feed_skip_to(feed, input);
    feed->seek = offset;
    feed->joining = input;
    feed->opened = offset > 0;
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

struct record_fields feed_fields(const struct recipe *recipe, uint16_t source)
{
    const struct recipe_source *const s = &recipe->sources[source];
    struct record_fields fields = {.text = s->text, .id = s->id, .tokens = s->tokens, .language = s->language,
                                   .folder = recipe->folder};
    memcpy(fields.numbers, recipe->dedup.numbers, sizeof fields.numbers);
    return fields;
}
