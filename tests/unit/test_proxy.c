/*
 * The cache, the order of training, and training itself: with a small model, on a few texts.
 */
#include "documents.h"

#include <math.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/path.h"
#include "core/str.h"
#include "lm.h"
#include "score/proxy_inside.h"
#include "score/trajectories.h"

#define DOCUMENTS 40u
#define EMPTY 5u /* the document without text */

static const struct lm_shape small = {.row_bits = 10, .hidden = 8, .block = 16, .workers = 3};

struct world {
    struct path folder, cached, work, out;
    struct cache *cache;
    struct arena arena;
    tamis_err err;
};

static void path_in(struct path *path, const struct world *w, const char *name)
{
    assert_int_equal(path_make(path, NULL, "%s/%s", w->folder.at, name), TAMIS_OK);
}

static void world_init(struct world *w)
{
    *w = (struct world){0};
    char folder[] = "/tmp/tamis-proxy-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(path_make(&w->folder, NULL, "%s", folder), TAMIS_OK);
    path_in(&w->cached, w, "cache");
    path_in(&w->work, w, "work");
    path_in(&w->out, w, "out");
    arena_init(&w->arena);
}

static void world_release(struct world *w)
{
    cache_close(w->cache, true);
    assert_false(file_exists(w->cached.at));
    arena_release(&w->arena);
    assert_int_equal(file_remove_tree(w->folder.at, &w->err), TAMIS_OK);
}

static void begin_cache(struct world *w, uint64_t document_bytes)
{
    assert_int_equal(cache_create(&w->cache, w->cached.at, document_bytes, &w->err), TAMIS_OK);
}

static void add(struct world *w, uint64_t number, uint16_t group, const char *id, const char *text)
{
    assert_int_equal(cache_add(w->cache, number, group, str_from(id), str_from(text), &w->err), TAMIS_OK);
}

static void finish_cache(struct world *w)
{
    assert_int_equal(cache_finish(w->cache, &w->err), TAMIS_OK);
}

/* Two groups: sentences of few words, and letters by chance. */
static void add_texts(struct world *w)
{
    static const char *const words[] = {"the ", "cat ", "dog ", "sat ", "on ", "a ", "mat. "};
    uint64_t chance = 1;
    begin_cache(w, 0);
    for (unsigned n = 0; n < DOCUMENTS; n++) {
        char id[16], text[1024] = "";
        snprintf(id, sizeof id, "d%u", n);
        const size_t pieces = n == EMPTY ? 0 : 20 + random_below(&chance, 60);
        for (size_t i = 0; i < pieces; i++) {
            char letter[2] = {(char)('a' + random_below(&chance, 26)), '\0'};
            strcat(text, n % 4 == 3 ? letter : words[random_below(&chance, 7)]);
        }
        add(w, 3 * n + 1, n % 4 == 3, id, text);
    }
    finish_cache(w);
}

/* ---- The cache -------------------------------------------------------------------------------------------------- */

static void a_cache_gives_back_what_it_was_given(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    begin_cache(&w, 4);
    add(&w, 7, 2, "a", "abcdefg");
    add(&w, 9, 0, "", "\xc3\xa4\xc3\xa4\xc3\xa4");
    add(&w, 12, 1, "long id", "ab\xe2\x82\xac");
    add(&w, 13, 1, "e", "");
    finish_cache(&w);
    static const char *const texts[] = {"abcd", "\xc3\xa4\xc3\xa4", "ab", ""};
    static const char *const ids[] = {"a", "", "long id", "e"};
    static const uint64_t numbers[] = {7, 9, 12, 13};
    static const uint16_t groups[] = {2, 0, 1, 1};
    assert_int_equal(cache_count(w.cache), 4);
    assert_int_equal(cache_bytes(w.cache), 10);
    assert_int_equal(cache_groups(w.cache), 3);
    for (uint64_t i = 0; i < 4; i++) {
        assert_true(str_is(cache_text(w.cache, i), texts[i]));
        assert_true(str_is(cache_id(w.cache, i), ids[i]));
        assert_int_equal(cache_number(w.cache, i), numbers[i]);
        assert_int_equal(cache_group(w.cache, i), groups[i]);
    }
    world_release(&w);
}

static hash128 digest_of(struct world *w, const char *id, const char *text, const char *next_id)
{
    begin_cache(w, 0);
    add(w, 1, 0, id, text);
    add(w, 2, 0, next_id, "more");
    finish_cache(w);
    const hash128 digest = cache_digest(w->cache);
    cache_close(w->cache, true);
    w->cache = NULL;
    return digest;
}

static void a_digest_tells_texts_and_ids_apart(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    const hash128 one = digest_of(&w, "a", "text", "b");
    assert_int_equal(hash128_compare(one, digest_of(&w, "a", "text", "b")), 0);
    assert_int_not_equal(hash128_compare(one, digest_of(&w, "b", "text", "a")), 0);
    assert_int_not_equal(hash128_compare(one, digest_of(&w, "a", "texts", "b")), 0);
    assert_int_not_equal(hash128_compare(one, digest_of(&w, "at", "ext", "b")), 0);
    world_release(&w);
}

/* ---- The order of training -------------------------------------------------------------------------------------- */

static struct proxy_options usual(void)
{
    return (struct proxy_options){.passes = 3, .checkpoints = 4, .seed = 5, .threads = 2};
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *const x = a, *const y = b;
    return (*x > *y) - (*x < *y);
}

static uint64_t place_hash(const struct lm_place *place)
{
    return hash_join(hash_join(place->before, place->word), place->next);
}

static size_t walk_plainly(const struct cache *cache, uint64_t passes, uint64_t *hashes)
{
    size_t count = 0;
    for (uint64_t i = 0; i < passes * cache_count(cache); i++) {
        const tamis_str text = cache_text(cache, i % cache_count(cache));
        struct lm_place place = {0};
        for (size_t at = 0; at < text.len; at++) {
            place.next = (uint8_t)text.at[at];
            hashes[count++] = place_hash(&place);
            lm_place_pass(&place, place.next);
        }
    }
    return count;
}

static size_t walk_lanes(const struct proxy *p, size_t batch, size_t most, uint64_t *hashes)
{
    struct lanes *lanes = NULL;
    tamis_err err;
    size_t count = 0, got = 0;
    struct lm_place places[300];
    assert_int_equal(lanes_open(&lanes, p, batch, &err), TAMIS_OK);
    do {
        assert_int_equal(lanes_take(lanes, places, most, &got, &err), TAMIS_OK);
        for (size_t i = 0; i < got; i++) {
            hashes[count++] = place_hash(&places[i]);
        }
    } while (got == most);
    assert_int_equal(lanes_take(lanes, places, most, &got, &err), TAMIS_OK);
    assert_int_equal(got, 0);
    assert_int_equal(lanes_documents(lanes), (DOCUMENTS - 1) * p->options->passes);
    lanes_close(lanes);
    return count;
}

static void lanes_read_every_byte_of_every_pass(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    add_texts(&w);
    const struct proxy_options options = usual();
    const struct proxy p = {.cache = w.cache, .options = &options, .work = w.folder.at};
    const size_t total = (size_t)(cache_bytes(w.cache) * options.passes);
    uint64_t *const plain = calloc(total, sizeof *plain), *const laned = calloc(total, sizeof *laned);
    assert_non_null(plain);
    assert_non_null(laned);
    assert_int_equal(walk_plainly(w.cache, options.passes, plain), total);
    qsort(plain, total, sizeof *plain, by_value);
    static const size_t batches[] = {300, 16, 1, 1000};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(walk_lanes(&p, batches[i], 111, laned), total);
        qsort(laned, total, sizeof *laned, by_value);
        assert_memory_equal(plain, laned, total * sizeof *plain);
    }
    free(plain);
    free(laned);
    world_release(&w);
}

static void what_is_taken_at_a_time_changes_nothing(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    add_texts(&w);
    struct proxy_options options = usual();
    const struct proxy p = {.cache = w.cache, .options = &options, .work = w.folder.at};
    const size_t total = (size_t)(cache_bytes(w.cache) * options.passes);
    uint64_t *const a = calloc(total, sizeof *a), *const b = calloc(total, sizeof *b);
    assert_non_null(a);
    assert_non_null(b);
    walk_lanes(&p, 100, 300, a);
    walk_lanes(&p, 100, 7, b);
    assert_memory_equal(a, b, total * sizeof *a);
    options.seed++;
    walk_lanes(&p, 100, 7, b);
    assert_true(memcmp(a, b, total * sizeof *a) != 0);
    free(a);
    free(b);
    world_release(&w);
}

/* ---- Training --------------------------------------------------------------------------------------------------- */

static tamis_status train(struct world *w, const struct proxy_options *options, struct proxy_facts *facts)
{
    struct proxy p = {.cache = w->cache, .options = options, .work = w->work.at};
    return proxy_train_shape(&p, &small, w->out.at, &w->arena, facts, &w->err);
}

/* The bytes of what a training wrote, as a number. */
static uint64_t written(struct world *w)
{
    static const char *const files[] = {"loss.npy", "ids.jsonl", "manifest.json"};
    uint64_t hash = 0;
    for (size_t i = 0; i < 3; i++) {
        struct path path;
        struct buf bytes;
        buf_init(&bytes, BUF_UNLIMITED);
        assert_int_equal(path_make(&path, NULL, "%s/%s", w->out.at, files[i]), TAMIS_OK);
        assert_int_equal(file_read(path.at, BUF_UNLIMITED / 2, &bytes, &w->err), TAMIS_OK);
        hash = hash_bytes(bytes.at, bytes.len, hash);
        buf_release(&bytes);
    }
    return hash;
}

static uint64_t train_afresh(struct world *w, const struct proxy_options *options, struct proxy_facts *facts)
{
    assert_int_equal(file_remove_tree(w->work.at, &w->err), TAMIS_OK);
    assert_int_equal(file_remove_tree(w->out.at, &w->err), TAMIS_OK);
    assert_int_equal(train(w, options, facts), TAMIS_OK);
    return written(w);
}

static void losses_fall_and_are_what_was_written(void **state)
{
    (void)state;
    struct world w;
    struct proxy_facts facts;
    struct proxy_options options = usual();
    options.passes = 20;
    world_init(&w);
    add_texts(&w);
    train_afresh(&w, &options, &facts);
    assert_int_equal(facts.documents, DOCUMENTS);
    assert_int_equal(facts.held_out_documents, 0);
    assert_int_equal(facts.bytes, cache_bytes(w.cache));
    assert_int_equal(facts.checkpoints, 4);
    assert_int_equal(facts.groups, 2);
    assert_int_equal(facts.learnt, 20 * facts.bytes);
    assert_int_equal(facts.measured, 4 * facts.bytes);
    assert_null(facts.held_out);
    for (size_t t = 0; t < 4; t++) {
        assert_int_equal(facts.steps[t], facts.bytes * 20 * (t + 1) / 4);
        assert_true(facts.loss[t * 2] < facts.loss[t * 2 + 1]); /* words are easier than chance */
        assert_true(t == 0 || facts.whole[t] < facts.whole[t - 1]);
    }
    assert_true(facts.loss[0] < log(16) && facts.loss[6] < facts.loss[0] && facts.loss[7] < 0.8 * facts.loss[1]);
    world_release(&w);
}

static void trajectories_can_be_read(void **state)
{
    (void)state;
    struct world w;
    struct proxy_facts facts;
    const struct proxy_options options = usual();
    struct trajectories *trajectories = NULL;
    const struct trajectory *t = NULL;
    world_init(&w);
    add_texts(&w);
    train_afresh(&w, &options, &facts);
    const struct trajectories_options how = {.tmp = w.folder.at, .memory = 1u << 20};
    assert_int_equal(trajectories_open(&trajectories, w.out.at, &how, &w.err), TAMIS_OK);
    const struct trajectories_facts *const read = trajectories_facts(trajectories);
    assert_int_equal(read->documents, DOCUMENTS);
    assert_int_equal(read->checkpoints, 4);
    assert_string_equal(read->per, "byte");
    assert_memory_equal(read->steps, facts.steps, 4 * sizeof *read->steps);
    for (uint64_t n = 0; n < DOCUMENTS; n++) {
        assert_int_equal(trajectories_next(trajectories, &t, &w.err), TAMIS_OK);
        assert_true(str_equal(t->id, cache_id(w.cache, n)));
        for (size_t i = 0; i < 4; i++) {
            assert_true(n == EMPTY ? isnan(t->losses[i]) : t->losses[i] > 0 && t->losses[i] < 20);
        }
    }
    assert_int_equal(trajectories_next(trajectories, &t, &w.err), TAMIS_OK);
    assert_null(t);
    trajectories_close(trajectories);
    world_release(&w);
}

static void threads_change_no_loss(void **state)
{
    (void)state;
    struct world w;
    struct proxy_facts facts;
    struct proxy_options options = usual();
    world_init(&w);
    add_texts(&w);
    options.threads = 1;
    const uint64_t one = train_afresh(&w, &options, &facts);
    for (options.threads = 2; options.threads <= 5; options.threads++) {
        assert_true(train_afresh(&w, &options, &facts) == one);
    }
    options.seed++;
    assert_true(train_afresh(&w, &options, &facts) != one);
    world_release(&w);
}

/* ---- Continuing ------------------------------------------------------------------------------------------------- */

/* Documents are asked about in every pass, so that counting the questions stops a run at any point of it. */
struct stopping {
    atomic_int stop;
    uint64_t questions, stop_after;
};

static bool trains_until(const void *context, uint64_t i)
{
    struct stopping *const s = (struct stopping *)(uintptr_t)context;
    (void)i;
    if (++s->questions == s->stop_after) {
        atomic_store(&s->stop, 1);
    }
    return true;
}

static void an_interrupted_training_goes_on(void **state)
{
    (void)state;
    struct world w;
    struct proxy_facts facts;
    struct stopping stopping = {0};
    struct proxy_options options = usual();
    options.passes = 5;
    world_init(&w);
    add_texts(&w);
    const uint64_t whole = train_afresh(&w, &options, &facts);
    options.trains = trains_until;
    options.context = &stopping;
    options.stop = &stopping.stop;
    assert_int_equal(file_remove_tree(w.work.at, &w.err), TAMIS_OK);
    assert_int_equal(file_remove_tree(w.out.at, &w.err), TAMIS_OK);
    unsigned stops = 0;
    /* Each call gets further: two passes are asked about before it learns, each pass of its own adds one. */
    for (stopping.stop_after = 2 * DOCUMENTS + 1;; stopping.stop_after += DOCUMENTS - 1, stops++) {
        stopping.questions = 0;
        atomic_store(&stopping.stop, 0);
        options.threads = 1 + stops % 3;
        const tamis_status status = train(&w, &options, &facts);
        if (!status) {
            break;
        }
        assert_int_equal(status, TAMIS_INTERRUPTED);
        assert_non_null(strstr(w.err.text, "the same command continues"));
        assert_false(file_exists(w.out.at));
    }
    assert_true(stops >= 3);
    assert_true(facts.learnt < 5 * facts.bytes);
    assert_true(written(&w) == whole);
    /* What is finished is written again without learning anything. */
    assert_int_equal(train(&w, &options, &facts), TAMIS_OK);
    assert_int_equal(facts.learnt, 0);
    assert_true(written(&w) == whole);
    world_release(&w);
}

static void another_training_begins_afresh(void **state)
{
    (void)state;
    struct world w;
    struct proxy_facts facts;
    struct proxy_options options = usual();
    world_init(&w);
    add_texts(&w);
    options.seed = 6;
    const uint64_t other = train_afresh(&w, &options, &facts);
    options.seed = 5;
    assert_true(train_afresh(&w, &options, &facts) != other);
    options.seed = 6;
    assert_int_equal(train(&w, &options, &facts), TAMIS_OK);
    assert_int_equal(facts.learnt, 3 * facts.bytes);
    assert_true(written(&w) == other);
    world_release(&w);
}

static void a_damaged_model_is_not_believed(void **state)
{
    (void)state;
    struct world w;
    struct proxy_facts facts;
    const struct proxy_options options = usual();
    struct path path;
    world_init(&w);
    add_texts(&w);
    const uint64_t whole = train_afresh(&w, &options, &facts);
    static const char *const files[] = {"model-00004", "training.json", "loss-00002.f4"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(path_make(&path, NULL, "%s/%s", w.work.at, files[i]), TAMIS_OK);
        assert_true(file_exists(path.at));
        assert_int_equal(i == 2 ? unlink(path.at) : truncate(path.at, 20), 0);
        assert_int_equal(train(&w, &options, &facts), TAMIS_OK);
        assert_int_equal(facts.learnt, 3 * facts.bytes);
        assert_true(written(&w) == whole);
    }
    world_release(&w);
}

/* ---- Who is trained on ------------------------------------------------------------------------------------------ */

static bool trains_odd(const void *context, uint64_t i)
{
    (void)context;
    return i % 4 == 3 || i % 8 == 1;
}

static bool trains_none(const void *context, uint64_t i)
{
    (void)context;
    (void)i;
    return false;
}

static void held_out_documents_are_only_measured(void **state)
{
    (void)state;
    struct world w;
    struct proxy_facts facts;
    struct proxy_options options = usual();
    struct path path;
    struct buf ids;
    world_init(&w);
    add_texts(&w);
    options.trains = trains_odd;
    train_afresh(&w, &options, &facts);
    assert_int_equal(facts.documents, DOCUMENTS * 3 / 8);
    assert_int_equal(facts.held_out_documents, DOCUMENTS * 5 / 8);
    assert_true(facts.bytes < cache_bytes(w.cache));
    assert_non_null(facts.held_out);
    for (size_t t = 0; t < 4; t++) {
        /* all of the second group are trained on */
        assert_true(facts.held_out[t * 2] > 0 && isnan(facts.held_out[t * 2 + 1]));
        assert_true(facts.held_out_whole[t] == facts.held_out[t * 2]);
        assert_true(facts.loss[t * 2] > 0 && facts.loss[t * 2 + 1] > 0);
    }
    buf_init(&ids, BUF_UNLIMITED);
    assert_int_equal(path_make(&path, NULL, "%s/ids.jsonl", w.out.at), TAMIS_OK);
    assert_int_equal(file_read(path.at, BUF_UNLIMITED, &ids, &w.err), TAMIS_OK);
    assert_int_equal(strncmp(ids.at, "\"d1\"\n\"d3\"\n\"d7\"\n\"d9\"\n", 20), 0);
    buf_release(&ids);
    world_release(&w);
}

static void too_little_text_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct proxy_facts facts;
    struct proxy_options options = usual();
    world_init(&w);
    begin_cache(&w, 0);
    finish_cache(&w);
    assert_int_equal(train(&w, &options, &facts), TAMIS_INPUT);
    cache_close(w.cache, true);
    begin_cache(&w, 0);
    add(&w, 0, 0, "a", "");
    add(&w, 1, 0, "b", "x");
    finish_cache(&w);
    assert_int_equal(train(&w, &options, &facts), TAMIS_INPUT); /* 3 bytes to learn, 4 checkpoints */
    options.checkpoints = 3;
    assert_int_equal(train(&w, &options, &facts), TAMIS_OK);
    assert_int_equal(facts.steps[2], 3);
    options.trains = trains_none;
    assert_int_equal(train(&w, &options, &facts), TAMIS_INPUT);
    options.trains = NULL;
    options.passes = UINT64_MAX;
    assert_int_equal(train(&w, &options, &facts), TAMIS_USAGE);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cache_gives_back_what_it_was_given),
        cmocka_unit_test(a_digest_tells_texts_and_ids_apart),
        cmocka_unit_test(lanes_read_every_byte_of_every_pass),
        cmocka_unit_test(what_is_taken_at_a_time_changes_nothing),
        cmocka_unit_test(losses_fall_and_are_what_was_written),
        cmocka_unit_test(trajectories_can_be_read),
        cmocka_unit_test(threads_change_no_loss),
        cmocka_unit_test(an_interrupted_training_goes_on),
        cmocka_unit_test(another_training_begins_afresh),
        cmocka_unit_test(a_damaged_model_is_not_believed),
        cmocka_unit_test(held_out_documents_are_only_measured),
        cmocka_unit_test(too_little_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
