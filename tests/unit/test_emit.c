/*
 * Emit on ledgers made by hand: the lines it writes against a plain twin, and the same bytes whatever the threads and
 * the files the input is cut into.
 */
#include "emit_world.h"

#include "mix/place.h"

/* ---- The plain twin ---------------------------------------------------------------------------------------------- */

struct use {
    uint64_t key, repeat;
    const struct doc *doc;
};

static int compare_uses(const void *a, const void *b)
{
    const struct use *const x = a, *const y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    const int ids = strcmp(x->doc->id, y->doc->id);
    if (ids != 0) {
        return ids;
    }
    if (x->doc->number != y->doc->number) {
        return x->doc->number < y->doc->number ? -1 : 1;
    }
    return x->repeat < y->repeat ? -1 : x->repeat > y->repeat;
}

/* Every use of every document of a target, in order, from the ledger's draws. */
static struct use *use_plainly(const struct world *w, size_t t, size_t *count)
{
    struct use *uses = NULL;
    *count = 0;
    for (int pass = 0; pass < 2; pass++) {
        *count = 0;
        for (size_t i = 0; i < w->count; i++) {
            const struct doc *const doc = &w->docs[i];
            const size_t domain = w->recipe.sources[doc->source].domain;
            const uint64_t draw = draw_key(w->recipe.seed, w->recipe.targets[t].name, str_from(doc->id));
            for (uint64_t r = 0; r < ledger_draws(&w->ledger, i)[t]; r++, ++*count) {
                if (pass == 1) {
                    uses[*count] = (struct use){
                        .key = place_key(draw, r, &w->plan.targets[t].needs[domain]),
                        .repeat = r,
                        .doc = doc,
                    };
                }
            }
        }
        uses = pass == 0 ? calloc(*count + 1, sizeof *uses) : uses;
        assert_non_null(uses);
    }
    qsort(uses, *count, sizeof *uses, compare_uses);
    return uses;
}

/* Reads the shards of a target one after the other and holds every line against `uses`; *shards counts them. */
static void check_shards(const struct world *w, size_t t, const struct use *uses, size_t count, uint64_t *shards)
{
    struct path folder, manifest;
    struct arena arena;
    struct tree *root = NULL;
    tamis_err err;
    size_t at = 0;
    arena_init(&arena);
    must(path_make(&folder, &err, "%s/out/%s", w->run_folder.at, w->recipe.targets[t].name), &err);
    must(path_make(&manifest, &err, "%s/manifest.json", folder.at), &err);
    must(tree_load(&arena, manifest.at, &root, &err), &err);
    const struct tree *const list = tree_get(root, "shards");
    for (size_t s = 0; s < list->count; s++) {
        uint64_t bytes = 0, tokens = 0, said = 0;
        char name[64];
        snprintf(name, sizeof name, "train-%05zu-of-%05zu.jsonl.zst", s, list->count);
        assert_string_equal(tree_get(list->items[s], "file")->text, name);
        struct text text = read_lines(folder.at, name);
        for (size_t i = 0; i < text.count; i++, at++) {
            assert_true(at < count);
            assert_string_equal(text.lines[i], uses[at].doc->line);
            assert_true(bytes + i < w->recipe.output.shard_bytes); /* cut as soon as it is reached */
            bytes += strlen(text.lines[i]);
            tokens += uses[at].doc->tokens;
        }
        assert_true(s + 1 == list->count || bytes + text.count >= w->recipe.output.shard_bytes);
        assert_true(str_count(str_from(tree_get(list->items[s], "bytes")->text), &said) && said == bytes);
        assert_true(str_count(str_from(tree_get(list->items[s], "tokens")->text), &said) && said == tokens);
        assert_true(str_count(str_from(tree_get(list->items[s], "documents")->text), &said) && said == text.count);
        struct buf whole;
        char hash[24];
        buf_init(&whole, BUF_UNLIMITED);
        for (size_t i = 0; i < text.count; i++) {
            assert_true(buf_add_str(&whole, str_from(text.lines[i])) && buf_add_char(&whole, '\n'));
        }
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)hash_bytes(whole.at, whole.len, 0));
        assert_string_equal(tree_get(list->items[s], "xxh3")->text, hash);
        buf_release(&whole);
        text_release(&text);
    }
    assert_int_equal(at, count);
    *shards = list->count;
    arena_release(&arena);
}

static void test_every_line_is_where_the_plain_twin_has_it(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    tamis_err err;
    world_begin(&w, 1, 3, 4, 9000);
    must(emit(&w.run, &w.ledger, &w.plan, &totals, &err), &err);
    uint64_t documents = 0, bytes = 0, tokens = 0;
    for (size_t i = 0; i < w.count; i++) {
        const uint8_t *const draws = ledger_draws(&w.ledger, i);
        if (draws[0] != 0 || draws[1] != 0) {
            documents++;
            bytes += strlen(w.docs[i].line);
            tokens += w.docs[i].tokens;
        }
    }
    assert_int_equal(totals.emitted_documents, documents);
    assert_int_equal(totals.emitted_bytes, bytes);
    assert_int_equal(totals.emitted_tokens, tokens);
    for (size_t t = 0; t < 2; t++) {
        size_t count = 0;
        uint64_t shards = 0, used[2] = {0}, used_documents[2] = {0}, written = 0;
        struct use *const uses = use_plainly(&w, t, &count);
        check_shards(&w, t, uses, count, &shards);
        for (size_t i = 0; i < count; i++) {
            used[uses[i].doc->source] += uses[i].doc->tokens;
            used_documents[uses[i].doc->source]++;
            written += strlen(uses[i].doc->line);
        }
        const struct emit_target *const target = &totals.targets[t];
        assert_int_equal(target->documents, count);
        assert_int_equal(target->bytes, written);
        assert_int_equal(target->shards, shards);
        assert_true(shards > 3);
        assert_int_equal(target->tokens, used[0] + used[1]);
        for (size_t d = 0; d < 2; d++) {
            assert_int_equal(target->domain_tokens[d], used[d]);
            assert_int_equal(target->domain_documents[d], used_documents[d]);
        }
        free(uses);
    }
    emit_release(&totals);
    world_close(&w);
}

/* ---- The order within a target ----------------------------------------------------------------------------------- */

static void test_ratio_holds_all_along_and_repeats_lie_apart(void **state)
{
    (void)state;
    struct world w;
    size_t count = 0;
    world_open(&w);
    world_fill(&w, 8000, 1500, 2);
    world_write(&w, WORLD_SOURCES_YAML
                "targets:\n  - {name: t, domain: law, ratio: 0.25, tokens: 2400000, max_epochs: {law: 4}}\n", 1, 2);
    world_draw(&w);
    const double epochs = w.plan.targets[0].needs[w.recipe.targets[0].domain].epochs;
    assert_true(epochs > 2 && epochs < 4);
    struct use *const uses = use_plainly(&w, 0, &count);
    uint64_t law = 0, all = 0;
    for (size_t i = 0, tenth = 1; i < count; i++) {
        law += uses[i].doc->source == 1 ? uses[i].doc->tokens : 0;
        all += uses[i].doc->tokens;
        if (i + 1 == tenth * count / 10) { /* some 400 law documents a tenth: their share's deviation is about 0.012 */
            assert_true(fabs((double)law / (double)all - 0.25) < 0.045 / sqrt((double)tenth));
            tenth++;
        }
    }
    /* An even spread puts one repeat in 32 nearer than a quarter of an epoch; all copies in one heap would put all. */
    size_t *const last = calloc(w.count, sizeof *last);
    size_t repeats = 0, near = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t number = uses[i].doc->number;
        if (last[number] != 0) {
            repeats++;
            near += (double)(i + 1 - last[number]) < 0.25 * (double)count / epochs;
        }
        last[number] = i + 1;
    }
    assert_true(repeats > 2000);
    assert_true((double)near < 0.06 * (double)repeats);
    free(last);
    free(uses);
    world_close(&w);
}

/* ---- What is held out -------------------------------------------------------------------------------------------- */

static void test_held_out_documents_go_to_valid(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    struct path folder;
    tamis_err err;
    static const char *const names[] = {"general.jsonl.zst", "law.jsonl.zst"};
    uint64_t documents = 0, bytes = 0, tokens = 0;
    world_begin(&w, 3, 2, 2, 100000);
    must(emit(&w.run, &w.ledger, &w.plan, &totals, &err), &err);
    must(path_make(&folder, &err, "%s/valid", w.run_folder.at), &err);
    for (size_t source = 0; source < 2; source++) {
        struct text text = read_lines(folder.at, names[source]);
        size_t at = 0;
        for (size_t i = 0; i < w.count; i++) {
            if (w.docs[i].is == DOC_HELD_OUT && w.docs[i].source == source) {
                assert_true(at < text.count);
                assert_string_equal(text.lines[at++], w.docs[i].line);
                documents++;
                bytes += strlen(w.docs[i].line);
                tokens += w.docs[i].tokens;
            }
        }
        assert_int_equal(at, text.count);
        text_release(&text);
    }
    assert_true(documents > 10);
    assert_int_equal(totals.held_out_documents, documents);
    assert_int_equal(totals.held_out_bytes, bytes);
    assert_int_equal(totals.held_out_tokens, tokens);
    emit_release(&totals);
    world_close(&w);
}

/* ---- Formats that render ----------------------------------------------------------------------------------------- */

static void test_plain_text_is_rendered_with_the_ids_of_the_ledger(void **state)
{
    (void)state;
    struct world w;
    tamis_err err;
    char line[64];
    world_open(&w);
    for (size_t i = 0; i < 50; i++) {
        char id[32];
        snprintf(id, sizeof id, "notes#%zu", i);
        snprintf(line, sizeof line, "para \"%zu\"", i);
        world_add_line(&w, 0, id, line, 4, i % 10 == 3 ? DOC_HELD_OUT : DOC_KEPT);
    }
    world_write(&w, "version: 1\nsources:\n  - {name: notes, paths: ['s0-*.jsonl'], kind: prose, format: paragraphs}\n",
                1, 1);
    /* one paragraph per line, parted by blank lines, where world_write() wrote lines */
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    struct survey_row *const rows = calloc(w.count, sizeof *rows);
    for (size_t i = 0; i < w.count; i++) {
        rows[i] = *ledger_survey(&w.ledger, i);
        rows[i].offset = text.len;
        assert_true(buf_printf(&text, "%s\n\n", w.docs[i].line));
    }
    must(file_write(w.inputs.at[0].path, text.at, text.len, &err), &err);
    buf_release(&text);
    ledger_close(&w.ledger);
    world_write_part(&w, 0, 0, w.count, rows);
    free(rows);
    world_remap(&w, LEDGER_SURVEY | LEDGER_RESOLVE);
    world_draw(&w);
    world_emit(&w);

    struct path folder;
    struct arena arena;
    bool seen[50] = {false};
    arena_init(&arena);
    for (int valid = 0; valid < 2; valid++) {
        must(path_make(&folder, &err, "%s/%s", w.run_folder.at, valid ? "valid" : "out/all"), &err);
        struct text lines = read_lines(folder.at, valid ? "general.jsonl.zst" : "train-00000-of-00001.jsonl.zst");
        for (size_t i = 0; i < lines.count; i++) {
            const struct tree *const record = parse_line(&arena, lines.lines[i]);
            const size_t number = strtoul(field(record, "id") + strlen("notes#"), NULL, 10);
            assert_true(number < 50 && !seen[number]);
            seen[number] = true;
            assert_string_equal(field(record, "text"), w.docs[number].line);
            assert_int_equal(valid, number % 10 == 3);
        }
        text_release(&lines);
    }
    for (size_t i = 0; i < 50; i++) {
        assert_true(seen[i]);
    }
    arena_release(&arena);
    world_close(&w);
}

/* ---- The same bytes ---------------------------------------------------------------------------------------------- */

static void test_same_bytes_for_any_threads_files_and_parts(void **state)
{
    (void)state;
    uint64_t first = 0, dropped = 0;
    for (unsigned round = 0; round < 4; round++) {
        struct world w;
        world_begin(&w, 5, round == 3 ? 6 : 2, round == 3 ? 5 : 2, 20000);
        w.run.threads = round == 1 ? 2 : round == 2 ? 4 : 1;
        world_emit(&w);
        const uint64_t hash = hash_output(&w);
        first = round == 0 ? hash : first;
        assert_int_equal(hash, first);
        if (round == 0) {
            dropped = hash_dropped(&w);
        }
        assert_true(dropped != 0);
        world_close(&w);
    }
}

/* Large enough that a shard has several blocks, so that threads have something to share. */
static void test_same_bytes_when_a_shard_has_many_blocks(void **state)
{
    (void)state;
    uint64_t first = 0;
    for (unsigned threads = 1; threads <= 4; threads *= 2) {
        struct world w;
        world_open(&w);
        uint64_t random = 3;
        char *const line = malloc(300001);
        assert_non_null(line);
        for (size_t i = 0; i < 60; i++) {
            char id[16];
            snprintf(id, sizeof id, "big-%zu", i);
            const size_t len = 1000 + (size_t)random_below(&random, 299000);
            for (size_t c = 0; c < len; c++) {
                line[c] = "abcdefgh"[next_random(&random) % 8];
            }
            snprintf(line + len - 4, 5, "\"}  ");
            const int head = snprintf(NULL, 0, "{\"text\":\"");
            char keep = line[head];
            snprintf(line, 300000, "{\"text\":\"");
            line[head] = keep;
            world_add_line(&w, 0, id, line, 100, i % 20 == 19 ? DOC_HELD_OUT : DOC_KEPT);
        }
        free(line);
        world_write(&w, "version: 1\nsources:\n  - {name: s, paths: ['s0-*.jsonl'], kind: prose}\n", 3, 1);
        world_draw(&w);
        w.run.threads = threads;
        struct emit_totals totals;
        tamis_err err;
        must(emit(&w.run, &w.ledger, &w.plan, &totals, &err), &err);
        assert_int_equal(totals.targets[0].shards, 1);
        assert_true(totals.targets[0].bytes > 2 * STREAM_BLOCK);
        emit_release(&totals);
        struct path path;
        size_t files = 0;
        must(path_make(&path, &err, "%s/out", w.run_folder.at), &err);
        const uint64_t hash = hash_tree(path.at, &files);
        first = threads == 1 ? hash : first;
        assert_int_equal(hash, first);
        assert_int_equal(files, 2);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_line_is_where_the_plain_twin_has_it),
        cmocka_unit_test(test_ratio_holds_all_along_and_repeats_lie_apart),
        cmocka_unit_test(test_held_out_documents_go_to_valid),
        cmocka_unit_test(test_plain_text_is_rendered_with_the_ids_of_the_ledger),
        cmocka_unit_test(test_same_bytes_for_any_threads_files_and_parts),
        cmocka_unit_test(test_same_bytes_when_a_shard_has_many_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
