/* See lines.h: the record is handed to its format as a chunk of its own. */
#include "mix/lines.h"

#include "run/feed.h"

tamis_status lines_open(struct lines *d, const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    *d = (struct lines){.recipe = run->recipe, .ledger = ledger, .parser = parser_new()};
    arena_init(&d->arena);
    chunk_init(&d->chunk);
    buf_init(&d->line, BUF_UNLIMITED);
    return d->parser != NULL ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for reading documents");
}

void lines_release(struct lines *d)
{
    parser_free(d->parser);
    arena_release(&d->arena);
    chunk_release(&d->chunk);
    records_release(&d->records);
    buf_release(&d->line);
    *d = (struct lines){0};
}

static tamis_status decode(struct lines *d, const struct found *found, struct record **decoded, tamis_err *err)
{
    const struct record_fields fields = feed_fields(d->recipe, found->survey->source);
    const tamis_str raw = found->record->raw;
    arena_clear(&d->arena);
    records_clear(&d->records);
    buf_clear(&d->chunk.bytes);
    if (!buf_reserve(&d->chunk.bytes, raw.len + BUF_PADDING) || !buf_add_str(&d->chunk.bytes, raw)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a document of %zu bytes", raw.len);
    }
    d->chunk.holds = CHUNK_RECORDS;
    d->chunk.offset = found->record->offset;
    d->chunk.length = raw.len;
    struct record_cursor cursor = {.fields = &fields, .chunk = &d->chunk, .texts = &d->arena, .arena = &d->arena};
    const tamis_status status = reader_parse(found->format, d->parser, &cursor, &d->records, err);
    if (status != TAMIS_OK) {
        return status;
    }
    if (d->records.count != 1 || d->records.at[0].reject != REJECT_NONE) {
        return tamis_fail(err, TAMIS_INTERNAL, "document %llu reads differently the second time",
                          (unsigned long long)found->number);
    }
    *decoded = &d->records.at[0];
    return TAMIS_OK;
}

tamis_status lines_text(struct lines *d, const struct found *found, tamis_str *text, tamis_err *err)
{
    struct record *decoded = NULL;
    const tamis_status status = decode(d, found, &decoded, err);
    if (decoded != NULL) {
        *text = decoded->text;
    }
    return status;
}

tamis_status lines_line(struct lines *d, const struct found *found, tamis_str *line, tamis_err *err)
{
    if (!found->format->renders) {
        *line = found->record->raw;
        return TAMIS_OK;
    }
    struct record *decoded = NULL;
    tamis_status status = decode(d, found, &decoded, err);
    if (decoded == NULL) {
        return status;
    }
    decoded->id = ledger_id(d->ledger, found->number);
    buf_clear(&d->line);
    status = reader_render(decoded, &d->line, err);
    *line = buf_str(&d->line);
    return status;
}
