/*
 * Emit on ledgers made by hand: what is written against a plain twin, and the same bytes whatever the threads, the
 * files the input is cut into, and the moment it is killed at.
 */
#include "mix_world.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/tree.h"
#include "mix/picks.h"
#include "mix/place.h"

static const char recipe_text[] = WORLD_SOURCES_YAML
    "targets:\n"
    "  - {name: small, domain: law, ratio: 0.3, tokens: 30000, max_epochs: {law: 2}}\n"
    "  - {name: repeats, domain: law, ratio: 0.4, tokens: 220000, max_epochs: {law: 5, general: 1}}\n";

/* ---- Helpers ---------------------------------------------------------------------------------------------------- */

struct text {
    char *at;
    char **lines;
    size_t count;
};

static struct text read_lines(const char *folder, const char *name)
{
    struct path path;
    struct stream_in *in = NULL;
    struct buf all;
    tamis_err err;
    size_t got = 0;
    must(path_make(&path, &err, "%s/%s", folder, name), &err);
    must(stream_open(&in, path.at, &err), &err);
    buf_init(&all, BUF_UNLIMITED);
    do {
        assert_true(buf_reserve(&all, 1 << 16));
        must(stream_read(in, all.at + all.len, 1 << 16, &got, &err), &err);
        all.len += got;
    } while (got > 0);
    stream_close(in);
    assert_true(buf_add_char(&all, '\0'));
    struct text text = {.at = all.at};
    text.lines = calloc(all.len + 1, sizeof *text.lines);
    assert_non_null(text.lines);
    for (char *line = text.at; *line != '\0';) {
        char *const end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        text.lines[text.count++] = line;
        line = end + 1;
    }
    return text;
}

static void text_release(struct text *text)
{
    free(text->at);
    free(text->lines);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names and bytes of everything below a folder, folded into one number; *files counts them. */
static uint64_t hash_tree(const char *folder, size_t *files)
{
    char *names[4096];
    size_t count = 0;
    uint64_t hash = 7;
    DIR *const dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            assert_true(count < 4096);
            names[count++] = strdup(entry->d_name);
        }
    }
    closedir(dir);
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++) {
        struct path path;
        tamis_err err;
        must(path_make(&path, &err, "%s/%s", folder, names[i]), &err);
        hash = hash_bytes(names[i], strlen(names[i]), hash);
        if (file_is_folder(path.at)) {
            hash = hash_join(hash, hash_tree(path.at, files));
        } else {
            struct buf bytes;
            buf_init(&bytes, BUF_UNLIMITED);
            must(file_read(path.at, 1 << 28, &bytes, &err), &err);
            hash = hash_bytes(bytes.at, bytes.len, hash);
            buf_release(&bytes);
            ++*files;
        }
        free(names[i]);
    }
    return hash;
}

static uint64_t hash_output(const struct world *w)
{
    struct path path;
    tamis_err err;
    size_t files = 0;
    must(path_make(&path, &err, "%s/out", w->run_folder.at), &err);
    uint64_t hash = hash_tree(path.at, &files);
    must(path_make(&path, &err, "%s/valid", w->run_folder.at), &err);
    hash = hash_join(hash, hash_tree(path.at, &files));
    assert_true(files > 4);
    return hash;
}

/* The locators name files, so dropped/ is only the same for the same files. */
static uint64_t hash_dropped(const struct world *w)
{
    struct path path;
    tamis_err err;
    size_t files = 0;
    must(path_make(&path, &err, "%s/dropped", w->run_folder.at), &err);
    return hash_tree(path.at, &files);
}

static void world_begin(struct world *w, uint64_t seed, size_t files, size_t parts, uint64_t shard_bytes)
{
    world_open(w);
    world_fill(w, 1500, 260, seed);
    world_write(w, recipe_text, files, parts);
    w->recipe.output.shard_bytes = shard_bytes;
    world_draw(w);
}

static void world_emit(struct world *w)
{
    struct emit_totals totals;
    tamis_err err;
    must(emit(&w->run, &w->ledger, &w->plan, &totals, &err), &err);
    emit_release(&totals);
}

/* ---- The plain twin --------------------------------------------------------------------------------------------- */

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

/* ---- The order within a target ---------------------------------------------------------------------------------- */

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

/* ---- valid, dropped, rejects ------------------------------------------------------------------------------------ */

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

static const char *field(const struct tree *record, const char *key)
{
    const struct tree *const node = tree_get(record, key);
    return node ? node->text : NULL;
}

static struct tree *parse_line(struct arena *arena, const char *line)
{
    struct tree *root = NULL;
    tamis_err err;
    must(tree_parse(arena, "line", str_from(line), &root, &err), &err);
    return root;
}

/* 1500 + 260 documents, and 300 more that one rule drops, of which some come from a confidential source. */
static void open_drops(struct world *w, const char *dropped, const char *confidential)
{
    uint64_t random = 40;
    char yaml[2048];
    world_open(w);
    world_fill(w, 600, 200, 4);
    for (size_t i = 0; i < 300; i++) {
        char id[32];
        snprintf(id, sizeof id, "short-%zu", i);
        world_add(w, 0, id, &random, 3, DOC_FILTERED)->value = 4;
    }
    snprintf(yaml, sizeof yaml,
             "version: 1\nseed: 5\nsources:\n"
             "  - {name: web, paths: ['s0-*.jsonl'], domain: general, kind: prose}\n"
             "  - {name: court, paths: ['s1-*.jsonl'], domain: law, kind: prose, confidential: %s}\n"
             "filters:\n  - length: {min_words: 5}\n"
             "targets:\n  - {name: t, domain: law, ratio: 0.1}\noutput: {dropped: %s}\n",
             confidential, dropped);
    world_write(w, yaml, 2, 3);
    world_draw(w);
}

static void check_filtered(const struct world *w, const struct tree *record, const struct doc *doc)
{
    const struct survey_row *const row = ledger_survey(&w->ledger, doc->number);
    const struct tree *const locator = tree_get(record, "locator");
    uint64_t value = 0;
    assert_string_equal(field(record, "stage"), "filter");
    assert_string_equal(field(record, "rule"), w->rules.at[w->rules.first_filter].name);
    assert_true(strtod(field(record, "threshold"), NULL) >= 4.9);
    assert_null(field(record, "keeper"));
    assert_null(field(record, "similarity"));
    assert_string_equal(field(locator, "file"), w->inputs.at[row->part].path);
    assert_true(str_count(str_from(field(locator, "offset")), &value) && value == row->offset);
    assert_true(str_count(str_from(field(locator, "length")), &value) && value == row->length);
}

static void test_dropped_ids(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    struct path folder;
    struct arena arena;
    tamis_err err;
    size_t at[2] = {0}, texts = 0;
    open_drops(&w, "ids", "false");
    must(emit(&w.run, &w.ledger, &w.plan, &totals, &err), &err);
    must(path_make(&folder, &err, "%s/dropped", w.run_folder.at), &err);
    arena_init(&arena);
    struct text filter = read_lines(folder.at, "filter-00000.jsonl.zst");
    struct text dedup = read_lines(folder.at, "dedup-00000.jsonl.zst");
    for (size_t i = 0; i < w.count; i++) {
        const struct doc *const doc = &w.docs[i];
        if (doc->is != DOC_FILTERED && doc->is != DOC_MINHASH) {
            continue;
        }
        const bool filtered = doc->is == DOC_FILTERED;
        struct text *const text = filtered ? &filter : &dedup;
        assert_true(at[filtered] < text->count);
        const struct tree *const record = parse_line(&arena, text->lines[at[filtered]++]);
        uint64_t number = 0;
        assert_string_equal(field(record, "id"), doc->id);
        assert_true(str_count(str_from(field(record, "number")), &number) && number == i);
        assert_string_equal(field(record, "source"), doc->source == 0 ? "web" : "court");
        texts += field(record, "text") != NULL;
        if (field(record, "text")) {
            assert_int_equal(strncmp(field(record, "text"), "caf\xc3\xa9 \"", 7), 0);
        }
        if (filtered) {
            check_filtered(&w, record, doc);
        } else {
            assert_string_equal(field(record, "stage"), "dedup");
            assert_string_equal(field(record, "rule"), "minhash");
            assert_string_equal(field(record, "keeper"), w.docs[0].id);
            assert_string_equal(field(record, "similarity"), "0.875");
            assert_non_null(field(record, "threshold"));
        }
    }
    assert_int_equal(at[0], dedup.count);
    assert_int_equal(at[1], filter.count);
    assert_int_equal(totals.dropped_documents, dedup.count + filter.count);
    assert_int_equal(texts, PICKS_PER_RULE + dedup.count);
    text_release(&filter);
    text_release(&dedup);
    arena_release(&arena);
    emit_release(&totals);
    world_close(&w);
}

static void test_rejects_say_where_and_why(void **state)
{
    (void)state;
    struct world w;
    struct arena arena;
    size_t at = 0;
    open_drops(&w, "none", "true");
    world_emit(&w);
    arena_init(&arena);
    struct text text = read_lines(w.run_folder.at, "rejects.jsonl.zst");
    for (size_t i = 0; i < w.count; i++) {
        if (w.docs[i].is != DOC_REJECT) {
            continue;
        }
        const struct survey_row *const row = ledger_survey(&w.ledger, i);
        assert_true(at < text.count);
        assert_null(strstr(text.lines[at], "no json at all"));
        const struct tree *const record = parse_line(&arena, text.lines[at++]);
        uint64_t value = 0;
        assert_string_equal(field(record, "reason"), "invalid_json");
        assert_string_equal(field(record, "file"), w.inputs.at[row->part].path);
        assert_true(str_count(str_from(field(record, "offset")), &value) && value == row->offset);
        assert_true(str_count(str_from(field(record, "length")), &value) && value == row->length);
        assert_true(str_count(str_from(field(record, "number")), &value) && value == i);
    }
    assert_true(at > 5);
    assert_int_equal(at, text.count);
    text_release(&text);
    arena_release(&arena);
    world_close(&w);
}

static void test_dropped_none_writes_none(void **state)
{
    (void)state;
    struct world w;
    struct path path;
    tamis_err err;
    open_drops(&w, "none", "false");
    world_emit(&w);
    must(path_make(&path, &err, "%s/dropped", w.run_folder.at), &err);
    assert_false(file_exists(path.at));
    world_close(&w);
}

static void test_dropped_full(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    struct path folder;
    struct arena arena;
    tamis_err err;
    size_t at = 0, hidden = 0;
    open_drops(&w, "full", "true");
    must(emit(&w.run, &w.ledger, &w.plan, &totals, &err), &err);
    must(path_make(&folder, &err, "%s/dropped", w.run_folder.at), &err);
    arena_init(&arena);
    struct text lines = read_lines(folder.at, "filter-00000.jsonl.zst");
    struct text verdicts = read_lines(folder.at, "filter-00000.verdicts.jsonl.zst");
    for (size_t i = 0; i < w.count; i++) {
        const struct doc *const doc = &w.docs[i];
        if (doc->is != DOC_FILTERED) {
            continue;
        }
        if (doc->source == 1) {
            hidden++;
            continue;
        }
        assert_true(at < lines.count && at < verdicts.count);
        assert_string_equal(lines.lines[at], doc->line);
        const struct tree *const record = parse_line(&arena, verdicts.lines[at++]);
        assert_string_equal(field(record, "id"), doc->id);
        assert_null(field(record, "text"));
        check_filtered(&w, record, doc);
    }
    assert_true(hidden > 0);
    assert_int_equal(at, lines.count);
    assert_int_equal(at, verdicts.count);
    text_release(&lines);
    text_release(&verdicts);
    lines = read_lines(folder.at, "dedup-00000.jsonl.zst");
    assert_int_equal(totals.dropped_documents, at + lines.count);
    text_release(&lines);
    arena_release(&arena);
    emit_release(&totals);
    world_close(&w);
}

static void test_confidential_sources_show_neither_text_nor_id(void **state)
{
    (void)state;
    struct world w;
    struct path folder;
    struct arena arena;
    tamis_err err;
    size_t seen = 0;
    open_drops(&w, "ids", "true");
    world_emit(&w);
    must(path_make(&folder, &err, "%s/dropped", w.run_folder.at), &err);
    arena_init(&arena);
    struct text text = read_lines(folder.at, "filter-00000.jsonl.zst");
    for (size_t i = 0; i < text.count; i++) {
        const struct tree *const record = parse_line(&arena, text.lines[i]);
        if (strcmp(field(record, "source"), "court") == 0) {
            seen++;
            assert_null(strstr(text.lines[i], "law-"));
            assert_null(field(record, "text"));
            assert_int_equal(strncmp(field(record, "id"), "confidential:", 13), 0);
            assert_int_equal(strlen(field(record, "id")), 13 + 16);
        }
    }
    assert_true(seen > 0);
    text_release(&text);
    arena_release(&arena);
    world_close(&w);
}

/* ---- Formats that render ---------------------------------------------------------------------------------------- */

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

/* ---- The same bytes --------------------------------------------------------------------------------------------- */

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

/* ---- Interruptions ---------------------------------------------------------------------------------------------- */

static size_t count_shards(const struct world *w, const char *target)
{
    struct path path;
    tamis_err err;
    size_t count = 0;
    must(path_make(&path, &err, "%s/out/%s", w->run_folder.at, target), &err);
    DIR *const dir = opendir(path.at);
    for (const struct dirent *entry = dir ? readdir(dir) : NULL; entry != NULL; entry = readdir(dir)) {
        count += strncmp(entry->d_name, "train-", 6) == 0;
    }
    if (dir) {
        closedir(dir);
    }
    return count;
}

/* A child emits and is killed as soon as `enough` shards of a target stand, or after a while. */
static void emit_and_kill(struct world *w, const char *target, size_t enough, long nanoseconds)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct emit_totals totals;
        tamis_err err;
        w->run.threads = 1;
        _exit((int)emit(&w->run, &w->ledger, &w->plan, &totals, &err));
    }
    const struct timespec pause = {.tv_nsec = nanoseconds};
    int how = 0;
    for (int waited = 0; waited < 20000 && count_shards(w, target) < enough; waited++) {
        nanosleep(&pause, NULL);
        if (enough == SIZE_MAX || waitpid(child, &how, WNOHANG) == child) {
            break;
        }
    }
    kill(child, SIGKILL);
    waitpid(child, &how, 0);
}

static uint64_t expected_output(uint64_t seed, uint64_t shard_bytes)
{
    struct world w;
    world_begin(&w, seed, 2, 2, shard_bytes);
    world_emit(&w);
    const uint64_t hash = hash_output(&w);
    world_close(&w);
    return hash;
}

static void test_killed_while_writing_shards(void **state)
{
    (void)state;
    const uint64_t wanted = expected_output(6, 9000);
    struct world w;
    world_begin(&w, 6, 2, 2, 9000);
    emit_and_kill(&w, "small", 1, 200000);
    emit_and_kill(&w, "repeats", 3, 200000);
    emit_and_kill(&w, "repeats", 9, 200000);
    for (size_t i = 0; i < w.inputs.count; i++) { /* shards stand, so the read was over: nothing is read again */
        tamis_err err;
        must(file_remove_tree(w.inputs.at[i].path, &err), &err);
    }
    world_emit(&w);
    assert_int_equal(hash_output(&w), wanted);
    world_close(&w);
}

static void test_killed_at_any_time(void **state)
{
    (void)state;
    const uint64_t wanted = expected_output(7, 9000);
    struct world w;
    world_begin(&w, 7, 2, 2, 9000);
    for (long moment = 200000; moment < 60000000; moment *= 3) {
        emit_and_kill(&w, "small", SIZE_MAX, moment);
    }
    world_emit(&w);
    assert_int_equal(hash_output(&w), wanted);
    world_close(&w);
}

/* A reader that asks for a stop when it opens part number `stop_at`. */
static struct {
    atomic_int *stop;
    unsigned opened, stop_at;
} stopper;

static tamis_status open_and_stop(struct reader **r, const char *path, const struct reader_options *options,
                                  tamis_err *err)
{
    if (++stopper.opened == stopper.stop_at) {
        atomic_store(stopper.stop, 1);
    }
    return reader_jsonl.open(r, path, options, err);
}

static void test_stopped_while_reading(void **state)
{
    (void)state;
    struct reader_format stopping = reader_jsonl;
    stopping.open = open_and_stop;
    const uint64_t wanted = expected_output(8, 9000);
    for (unsigned stop_at = 1; stop_at <= 5; stop_at += 2) {
        struct world w;
        struct emit_totals totals;
        tamis_err err;
        world_begin(&w, 8, 3, 2, 9000);
        stopper.stop = &w.stop;
        stopper.opened = 0;
        stopper.stop_at = stop_at;
        for (size_t i = 0; i < w.inputs.count; i++) {
            w.inputs.at[i].format = &stopping;
        }
        assert_int_equal(emit(&w.run, &w.ledger, &w.plan, &totals, &err), TAMIS_INTERRUPTED);
        emit_release(&totals);
        assert_int_equal(count_shards(&w, "small"), 0);
        atomic_store(&w.stop, 0);
        world_emit(&w);
        assert_int_equal(hash_output(&w), wanted);
        world_close(&w);
    }
}

/* The second run has no input to read: it must not need it, and must count the same. */
static void test_what_stands_is_not_written_again(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals first, second;
    tamis_err err;
    world_begin(&w, 9, 2, 2, 9000);
    must(emit(&w.run, &w.ledger, &w.plan, &first, &err), &err);
    const uint64_t hash = hash_output(&w);
    for (size_t i = 0; i < w.inputs.count; i++) {
        must(file_remove_tree(w.inputs.at[i].path, &err), &err);
    }
    must(emit(&w.run, &w.ledger, &w.plan, &second, &err), &err);
    assert_int_equal(hash_output(&w), hash);
    assert_int_equal(first.emitted_documents, second.emitted_documents);
    assert_int_equal(first.emitted_bytes, second.emitted_bytes);
    assert_int_equal(first.emitted_tokens, second.emitted_tokens);
    assert_int_equal(first.held_out_bytes, second.held_out_bytes);
    assert_int_equal(first.dropped_documents, second.dropped_documents);
    for (size_t t = 0; t < 2; t++) {
        assert_int_equal(first.targets[t].documents, second.targets[t].documents);
        assert_int_equal(first.targets[t].bytes, second.targets[t].bytes);
        assert_int_equal(first.targets[t].shards, second.targets[t].shards);
        assert_memory_equal(first.targets[t].domain_tokens, second.targets[t].domain_tokens, 2 * sizeof(uint64_t));
    }
    emit_release(&first);
    emit_release(&second);
    world_close(&w);
}

static void test_a_lost_shard_is_made_again(void **state)
{
    (void)state;
    struct world w;
    struct path path;
    tamis_err err;
    world_begin(&w, 10, 2, 2, 50000);
    world_emit(&w);
    const uint64_t hash = hash_output(&w);
    const size_t shards = count_shards(&w, "repeats");
    must(path_make(&path, &err, "%s/out/repeats/train-00001-of-%05zu.jsonl.zst", w.run_folder.at, shards), &err);
    must(file_remove_tree(path.at, &err), &err);
    world_emit(&w);
    assert_int_equal(hash_output(&w), hash);
    must(file_write(path.at, "x", 1, &err), &err);
    world_emit(&w);
    assert_int_equal(hash_output(&w), hash);
    world_close(&w);
}

/* A run with other shards, begun over an older one, leaves nothing of it. */
static void test_old_shards_go(void **state)
{
    (void)state;
    const uint64_t wanted = expected_output(11, 30000);
    struct world w;
    world_begin(&w, 11, 2, 2, 5000);
    world_emit(&w);
    const size_t before = count_shards(&w, "repeats");
    w.recipe.output.shard_bytes = 30000;
    world_emit(&w);
    assert_true(count_shards(&w, "repeats") < before);
    assert_int_equal(hash_output(&w), wanted);
    world_close(&w);
}

static void test_memory_too_small_for_a_shard(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    tamis_err err = {0};
    world_begin(&w, 12, 1, 1, 9000);
    w.run.memory = 1 << 20;
    assert_int_equal(emit(&w.run, &w.ledger, &w.plan, &totals, &err), TAMIS_IO);
    assert_non_null(strstr(err.text, "--memory"));
    assert_non_null(strstr(err.text, "shard_bytes"));
    emit_release(&totals);
    world_close(&w);
}

static void test_changed_input_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    tamis_err err;
    world_begin(&w, 13, 1, 1, 9000);
    must(file_write(w.inputs.at[1].path, "{\"text\":\"x\"}\n", 13, &err), &err);
    assert_int_equal(emit(&w.run, &w.ledger, &w.plan, &totals, &err), TAMIS_INPUT);
    emit_release(&totals);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* first, while this process has no threads that a child would miss */
        cmocka_unit_test(test_killed_while_writing_shards),
        cmocka_unit_test(test_killed_at_any_time),
        cmocka_unit_test(test_every_line_is_where_the_plain_twin_has_it),
        cmocka_unit_test(test_ratio_holds_all_along_and_repeats_lie_apart),
        cmocka_unit_test(test_held_out_documents_go_to_valid),
        cmocka_unit_test(test_dropped_ids),
        cmocka_unit_test(test_rejects_say_where_and_why),
        cmocka_unit_test(test_dropped_none_writes_none),
        cmocka_unit_test(test_dropped_full),
        cmocka_unit_test(test_confidential_sources_show_neither_text_nor_id),
        cmocka_unit_test(test_plain_text_is_rendered_with_the_ids_of_the_ledger),
        cmocka_unit_test(test_same_bytes_for_any_threads_files_and_parts),
        cmocka_unit_test(test_same_bytes_when_a_shard_has_many_blocks),
        cmocka_unit_test(test_stopped_while_reading),
        cmocka_unit_test(test_what_stands_is_not_written_again),
        cmocka_unit_test(test_a_lost_shard_is_made_again),
        cmocka_unit_test(test_old_shards_go),
        cmocka_unit_test(test_memory_too_small_for_a_shard),
        cmocka_unit_test(test_changed_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
