/*
 * The list of formats, chunks, and a parser's workspace. To add a format: write its struct reader_format, name it
 * here.
 */
#include "io/reader.h"

#include <stdlib.h>

#include "core/json.h"
#include "core/str.h"
#include "io/units.h"

const struct reader_format *const reader_formats[] = {&reader_jsonl, &reader_text, &reader_paragraphs, NULL};

tamis_status reader_for_name(const struct reader_format **format, const char *path, tamis_err *err)
{
    static const char *const endings[] = {".txt", ".txt.zst", ".txt.gz"};
    *format = &reader_jsonl;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (str_ends_with(str_from(path), endings[i])) {
            *format = &reader_text;
        }
    }
    if (str_ends_with(str_from(path), ".parquet")) {
        return tamis_fail(err, TAMIS_INPUT, "%s: Parquet is not built in; leave it out, or turn it into JSON Lines, for "
                          "example with DuckDB: COPY (FROM 'x.parquet') TO 'x.jsonl'", path);
    }
    return TAMIS_OK;
}

const struct reader_format *reader_by_name(const char *name)
{
    for (size_t i = 0; reader_formats[i] != NULL; i++) {
        if (str_is(str_from(name), reader_formats[i]->name)) {
            return reader_formats[i];
        }
    }
    return NULL;
}

void chunk_init(struct chunk *c)
{
    *c = (struct chunk){.holds = CHUNK_RECORDS};
    buf_init(&c->bytes, BUF_UNLIMITED);
    buf_init(&c->packed, BUF_UNLIMITED);
}

void chunk_release(struct chunk *c)
{
    buf_release(&c->bytes);
    buf_release(&c->packed);
    chunk_init(c);
}

struct parser *parser_new(void)
{
    struct parser *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return NULL;
    }
    buf_init(&p->copy, BUF_UNLIMITED);
    p->unescape = json_unescape_for(tamis_cpu_best());
    p->dom = dom_new();
    if (p->dom == NULL) {
        parser_free(p);
        return NULL;
    }
    return p;
}

void parser_free(struct parser *p)
{
    if (p != NULL) {
        dom_free(p->dom);
        buf_release(&p->copy);
        free(p);
    }
}

tamis_status reader_parse(const struct reader_format *format, struct parser *parser, struct record_cursor *cursor,
                          struct records *records, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    size_t before = 0;
    do {
        before = records->count;
        status = format->parse(parser, cursor, records, err);
    } while (status == TAMIS_OK && records->count > before);
    return status;
}

tamis_status reader_render(const struct record *record, struct buf *out, tamis_err *err)
{
    struct json j;
    json_init(&j, out, 0);
    json_open(&j, '{');
    if (record->id.len > 0) {
        json_key_str(&j, "id", record->id);
    }
    json_key_str(&j, "text", record->text);
    json_close(&j, '}');
    return j.failed ? units_no_memory(err) : TAMIS_OK;
}

tamis_status reader_line(const struct reader_format *format, const struct record *record, struct buf *out,
                         tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    if (format->renders) {
        status = reader_render(record, out, err);
    } else if (!buf_add_str(out, record->raw)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for a line");
    }
    if (!status && !buf_add_char(out, '\n')) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for a line");
    }
    return status;
}
