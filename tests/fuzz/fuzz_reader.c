/*
 * Fuzzes the JSON Lines and paragraphs readers: any bytes as a chunk of whole records. split() and parse() must find
 * the same records, a refused record must be empty, and what is kept must be valid UTF-8.
 */
#include "fuzz.h"

#include "io/json_shim.h"
#include "io/reader.h"

static bool known_without_parsing(enum reject reject)
{
    return reject == REJECT_NONE || reject == REJECT_EMPTY_LINE;
}

static void compare(const struct record *parsed, const struct record *split)
{
    check(parsed->raw.at == split->raw.at && parsed->raw.len == split->raw.len, "raw bytes differ");
    check(parsed->offset == split->offset && parsed->length == split->length, "places differ");
    check(split->reject == (known_without_parsing(parsed->reject) ? parsed->reject : REJECT_NONE), "rejects differ");
    check(dom_valid_utf8(parsed->text) && dom_valid_utf8(parsed->id) && dom_valid_utf8(parsed->language),
          "a field is no valid UTF-8");
    if (parsed->reject != REJECT_NONE) {
        check(parsed->text.len == 0 && parsed->id.len == 0 && parsed->tokens == 0, "a refused record is not empty");
    }
}

static void run(const struct reader_format *format, const struct chunk *chunk)
{
    static const struct record_fields fields = {.text = "text", .id = "id", .tokens = "n", .language = "meta.lang",
                                                .numbers = {"a", "a.b", "id", ""}};
    struct records parsed = {0}, split = {0};
    struct arena arena;
    arena_init(&arena);
    struct parser *parser = parser_new();
    check(parser != NULL, "no memory");
    struct record_cursor cursor = {.fields = &fields, .chunk = chunk, .texts = &arena, .arena = &arena};
    check(reader_parse(format, parser, &cursor, &parsed, NULL) == TAMIS_OK, "parse failed");
    check(format->split(chunk, &split, NULL) == TAMIS_OK, "split failed");
    check(parsed.count == split.count, "counts differ");
    for (size_t i = 0; i < parsed.count; i++) {
        compare(&parsed.at[i], &split.at[i]);
    }
    parser_free(parser);
    arena_release(&arena);
    records_release(&parsed);
    records_release(&split);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chunk chunk;
    chunk_init(&chunk);
    check(buf_add(&chunk.bytes, data, size), "no memory");
    chunk.length = size;
    run(&reader_jsonl, &chunk);
    run(&reader_paragraphs, &chunk);
    chunk_release(&chunk);
    return 0;
}
