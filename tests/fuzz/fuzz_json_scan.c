/*
 * Fuzzes the fast scan of JSON Lines: any bytes as a chunk. Every kernel of this machine and the strict parser must
 * make the same records of them.
 */
#include "fuzz.h"

#include "io/units.h"

struct parsed {
    struct records records;
    struct arena texts, arena;
};

static void parse(struct parsed *p, json_unescape *unescape, const struct chunk *chunk)
{
    static const struct record_fields fields = {.text = "text", .id = "id", .tokens = "n", .language = "lang",
                                                .numbers = {"a", "n", "a longer name", ""}};
    struct parser *const parser = parser_new();
    check(parser != NULL, "no memory");
    parser->unescape = unescape;
    struct record_cursor cursor = {.fields = &fields, .chunk = chunk, .texts = &p->texts, .arena = &p->arena};
    check(reader_parse(&reader_jsonl, parser, &cursor, &p->records, NULL) == TAMIS_OK, "parse failed");
    parser_free(parser);
}

static void compare(const struct record *a, const struct record *b)
{
    check(a->raw.at == b->raw.at && a->raw.len == b->raw.len && a->offset == b->offset && a->length == b->length,
          "places differ");
    check(a->reject == b->reject, "rejects differ");
    check(str_equal(a->text, b->text) && str_equal(a->id, b->id) && str_equal(a->language, b->language),
          "strings differ");
    check(a->tokens == b->tokens && memcmp(a->numbers, b->numbers, sizeof a->numbers) == 0, "numbers differ");
}

static void parsed_release(struct parsed *p)
{
    records_release(&p->records);
    arena_release(&p->texts);
    arena_release(&p->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parsed strict = {0};
    char *const copy = malloc(size + BUF_PADDING); /* not a byte more than is promised */
    check(copy != NULL, "no memory");
    memcpy(copy, data, size);
    memset(copy + size, 0, BUF_PADDING);
    const struct chunk chunk = {.bytes = {.at = copy, .len = size, .cap = size + 1}, .length = size};
    parse(&strict, NULL, &chunk);
    for (int cpu = TAMIS_CPU_PLAIN; cpu <= (int)tamis_cpu_best(); cpu++) {
        struct parsed fast = {0};
        parse(&fast, json_unescape_for((tamis_cpu)cpu), &chunk);
        check(fast.records.count == strict.records.count, "counts differ");
        for (size_t i = 0; i < strict.records.count; i++) {
            compare(&fast.records.at[i], &strict.records.at[i]);
        }
        parsed_release(&fast);
    }
    parsed_release(&strict);
    free(copy);
    return 0;
}
