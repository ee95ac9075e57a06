/*
 * Recipes that are wrong: refused by name and place; mangled ones do no harm.
 */
#include "recipes.h"

#include "core/hash.h"

struct refusal {
    const char *head, *more; /* the recipe */
    const char *where;       /* "line:column" */
    const char *says;        /* part of the message */
};

#define TARGET_BY_LAW "targets: [{name: t, domain: law, law: no/l.json, "

static const struct refusal refusals[] = {
    {"", "", "1:1", "no recipe"},
    {"", "[1]", "1:1", "no recipe"},
    {"", "sources: []", "1:1", "version"},
    {"", "version: one", "1:10", "version"},
    {"", "version: 2\nnew_key: 1", "1:10", "newer"},
    {"", "version: 1", "1:1", "sources"},
    {"", "version: 1\nsources: {a: 1}", "2:10", "list"},
    {"", "version: 1\nsources: [a]", "2:11", "sources"},
    {"", "version: 1\nsources: [{paths: a}]", "2:11", "name"},
    {"", "version: 1\nsources: [{name: a}]", "2:11", "paths"},
    {"", "version: 1\nsources: [{name: a, paths: []}]", "2:28", "no files"},
    {"", "version: 1\nsources: [{name: a, paths: -}]", "2:28", "recipes read files"},
    {"", "version: 1\nsources: [{name: a, paths: [b, -]}]", "2:32", "recipes read files"},
    {"", "version: 1\nsources: [{name: ../a, paths: b}]", "2:18", "name"},
    {"", "version: 1\nsources: [{name: .., paths: b}]", "2:18", "name"},
    {"", "version: 1\nsources: [{name: \"\", paths: b}]", "2:18", "name"},
    {"", "version: 1\nsources: [{name: a, paths: b}, {name: a, paths: c}]", "2:39", "two sources"},
    {"", "version: 1\nsources: [{name: a, paths: b, domain: a/b}]", "2:39", "name"},
    {"", "version: 1\nsources: [{name: a, paths: b, domain: all}]", "2:39", "all"},
    {"", "version: 1\nsources: [{name: a, paths: b, kind: pros}]", "2:37", "did you mean 'prose'"},
    {"", "version: 1\nsources: [{name: a, paths: b, format: jsnl}]", "2:39", "did you mean 'jsonl'"},
    {"", "version: 1\nsources: [{name: a, paths: b, text_field: c}]", "2:31", "unknown key 'text_field'"},
    {"", "version: 1\nsources: [{name: a, paths: b, text: \"\"}]", "2:37", "empty"},
    {"", "version: 1\nsources: [{name: a, paths: b, take: -1}]", "2:37", "take"},
    {"", "version: 1\nsources: [{name: a, paths: b, tokens: n}]", "2:39", "tokenizer"},
    {SOURCE_A, "tokenizer: x.json\n", "3:12", "tokens: FIELD"},
    {SOURCE_A, "seeds: 1\n", "3:1", "did you mean 'seed'"},
    {SOURCE_A, "seed: -1\n", "3:7", "seed"},
    {SOURCE_A, "score: dynamic_uncertainty\n", "3:8", "keys and values"},
    {SOURCE_A, "score: {window: 3}\n", "3:8", "scorer"},
    {SOURCE_A, "score: {scorer: [tdds]}\n", "3:17", "scorer"},
    {SOURCE_A, "score: {scorer: mean_los}\n", "3:17", "did you mean 'mean_loss'"},
    {SOURCE_A, "score: {scorer: tdds, windows: 3}\n", "3:23", "did you mean 'window'"},
    {SOURCE_A, "score: {scorer: tdds, trajectory: x}\n", "3:23", "did you mean 'trajectories'"},
    {SOURCE_A, "score: {scorer: tdds, window: x}\n", "3:31", "window"},
    {SOURCE_A, "score: {scorer: tdds, decay: 0}\n", "3:8", "decay"},
    {SOURCE_A, "score: {scorer: tdds, trajectories: \"\"}\n", "3:37", "trajectories"},
    {SOURCE_A, "score: {scorer: tdds, trajectories: [a]}\n", "3:37", "trajectories"},
    {SOURCE_A, "score: {scorer: tdds, trajectories: -}\n", "3:37", "recipes read files"},
    {SOURCE_A, "score: {scorer: tdds, trajectories: a, proxy: {passes: 1}}\n", "3:40", "one of them"},
    {SOURCE_A, "score: {scorer: tdds, proxy: 3}\n", "3:30", "proxy"},
    {SOURCE_A, "score: {scorer: tdds, proxy: {steps: 3}}\n", "3:31", "steps"},
    {SOURCE_A, "score: {scorer: tdds, proxy: {passes: 0}}\n", "3:39", "1 to 1000"},
    {SOURCE_A, "score: {scorer: tdds, proxy: {passes: 1001}}\n", "3:39", "1 to 1000"},
    {SOURCE_A, "score: {scorer: tdds, proxy: {checkpoints: 1}}\n", "3:44", "2 to 10000"},
    {SOURCE_A, "score: {scorer: tdds, proxy: {checkpoints: 10001}}\n", "3:44", "2 to 10000"},
    {SOURCE_A, "score: {scorer: tdds, proxy: {document_bytes: -1}}\n", "3:47", "document_bytes"},
    {SOURCE_A, "score: {scorer: tdds, proxy: {max_bytes: x}}\n", "3:42", "max_bytes"},
    {SOURCE_A, "score: {scorer: compression, trajectories: proxy}\n", "3:30", "scores texts"},
    {SOURCE_A, "score: {scorer: compression, proxy: {passes: 1}}\n", "3:30", "scores texts"},
    {SOURCE_A, "filters: length\n", "3:10", "list"},
    {SOURCE_A, "filters: [lenght]\n", "3:11", "did you mean 'length'"},
    {SOURCE_A, "filters:\n  - length: {}\n    on: all\n", "4:5", "deeper"},
    {SOURCE_A, "filters: [length: 20]\n", "3:19", "length"},
    {SOURCE_A, "filters: [length: {min_word: 20}]\n", "3:20", "did you mean 'min_words'"},
    {SOURCE_A, "filters: [length: {min_words: x}]\n", "3:31", "min_words"},
    {SOURCE_A, "filters: [length: {on: []}]\n", "3:24", "empty"},
    {SOURCE_A, "filters: [length: {on: [all, code]}]\n", "3:25", "alone"},
    {SOURCE_A, "filters: [length: {on: [prosa]}]\n", "3:25", "did you mean 'prose'"},
    {SOURCE_A, "filters: [length: {on: generl}]\n", "3:24", "did you mean 'general'"},
    {SOURCE_A, "filters: [length: {on: {a: b}}]\n", "3:24", "domain"},
    {SOURCES_LAW_GENERAL, "filters: [length: {on: [law, code]}]\n", "5:24", "no source is of both"},
    {"version: 1\nsources: [{name: a, paths: b, domain: code}]\n", "filters: [length: {on: code}]\n", "3:24", "both"},
    {SOURCE_A, "filters: [regex: {pack: no_such_pack}]\n", "3:11", "no_such_pack"},
    {SOURCE_A, "dedup: [exact]\n", "3:8", "dedup"},
    {SOURCE_A, "dedup: {exakt: true}\n", "3:9", "did you mean 'exact'"},
    {SOURCE_A, "dedup: {minhash: 5}\n", "3:18", "minhash"},
    {SOURCE_A, "dedup: {minhash: {bands: 0}}\n", "3:26", "bands"},
    {SOURCE_A, "dedup: {minhash: {bands: 100, rows: 11}}\n", "3:18", "1100"},
    {SOURCE_A, "dedup: {minhash: {threshold: 1.5}}\n", "3:30", "threshold"},
    {SOURCE_A, "dedup: {minhash: {threshold: [0.5]}}\n", "3:30", "threshold"},
    {SOURCE_A, "dedup: {minhash: {threshold: {genral: 0.5}}}\n", "3:31", "did you mean 'general'"},
    {SOURCE_A, "dedup: {minhash: {threshold: {general: x}}}\n", "3:40", "threshold"},
    {SOURCE_A, "dedup: {minhash: {threshold: {default: {general: 1}}}}\n", "3:40", "threshold"},
    {SOURCE_A, "dedup: {minhash: {verify: maybe}}\n", "3:27", "exact"},
    {SOURCE_A, "dedup: {minhash: {compat: datatrov}}\n", "3:27", "datatrove"},
    {SOURCE_A, "dedup: {minhash: {compat: datatrove, bands: 16}}\n", "3:38", "14 bands"},
    {SOURCE_A, "dedup: {minhash: {compat: datatrove, rows: 6}}\n", "3:38", "8 rows"},
    {SOURCE_A, "dedup: {minhash: {compat: datatrove, shingle: 4}}\n", "3:38", "5 words"},
    {SOURCE_A, "dedup: {minhash: {compat: datatrove, verify: exact}}\n", "3:38", "verifies nothing"},
    {SOURCE_A, "dedup: {minhash: {compat: datatrove, threshold: 0.7}}\n", "3:38", "no threshold"},
    {SOURCE_A, "dedup: {minhash: {compat: datatrove, keep: longest}}\n", "3:38", "who stays"},
    {SOURCE_A, "dedup: {minhash: {compat: datatrove, scope: domain}}\n", "3:38", "no domains"},
    {SOURCE_A, "dedup: {exact: true, minhash: {compat: datatrove}}\n", "3:9", "exact"},
    {SOURCE_A, "dedup: {minhash: {keep: [longets]}}\n", "3:26", "did you mean 'longest'"},
    {SOURCE_A, "dedup: {minhash: {keep: [source, source]}}\n", "3:34", "twice"},
    {SOURCE_A, "dedup: {minhash: {keep: [max:x, min:x]}}\n", "3:33", "twice"},
    {SOURCE_A, "dedup: {minhash: {keep: [\"max:\"]}}\n", "3:26", "field"},
    {SOURCE_A, "dedup: {minhash: {keep: [max:a, max:b, max:c, max:d, max:e]}}\n", "3:54", "4 fields"},
    {SOURCE_A, "holdout: {share: 0.6}\n", "3:18", "share"},
    {SOURCE_A, "holdout: 0.1\n", "3:10", "holdout"},
    {SOURCE_A, "select: {law: {keep: 0.5}}\n", "3:10", "unknown domain 'law'"},
    {SOURCE_A, "select: {general: 0.5}\n", "3:19", "general"},
    {SOURCE_A, "select: {general: {policy: random}}\n", "3:19", "keep"},
    {SOURCE_A, "select: {general: {keep: 0}}\n", "3:26", "greater than 0"},
    {SOURCE_A, "select: {general: {keep: 1.1}}\n", "3:26", "keep"},
    {SOURCE_A, "select: {general: {keep: 0.5, policy: top}}\n", "3:39", "add `score:"},
    {SOURCE_A, "select: {general: {keep: 1, policy: middle}}\n", "3:37", "add `score:"},
    {SOURCE_A, "score: none\nselect: {general: {keep: 0.5, policy: bottom}}\n", "4:39", "add `score:"},
    {SOURCE_A, "score: {scorer: tdds}\nselect: {general: {keep: 0.5}}\n", "4:19", "say policy: top"},
    {SOURCE_A, "score: {scorer: tdds}\nselect: {general: {keep: 0.5, policy: best}}\n", "4:39", "policy"},
    {SOURCE_A, "score: {scorer: tdds}\nselect: {general: {keep: 1, unscored: dropp}}\n", "4:39", "'drop'"},
    {SOURCE_A, "targets: {name: t}\n", "3:10", "list"},
    {SOURCE_A, "targets: [{domain: general, ratio: 1}]\n", "3:11", "name"},
    {SOURCE_A, "targets: [{name: a/b, domain: general, ratio: 1}]\n", "3:18", "name"},
    {SOURCE_A, "targets: [{name: t, domain: general}]\n", "3:11", "ratio"},
    {SOURCE_A, "targets: [{name: t, domain: law, ratio: 1}]\n", "3:29", "unknown domain 'law'"},
    {SOURCE_A, "targets: [{name: t, ratio: 1}]\n", "3:28", "domain"},
    {SOURCE_A, "targets: [{name: t, domain: general, ratio: 0.5}]\n", "3:45", "only be 1"},
    {SOURCE_A, "targets: [{name: t, domain: general, ratio: 1.5}]\n", "3:45", "ratio"},
    {SOURCE_A, "targets: [{name: t, domain: general, ratio: 1, law: l.json}]\n", "3:38", "one of them"},
    {SOURCE_A, "targets: [{name: t, domain: general, budget: {difference: 1}}]\n", "3:38", "add `law:"},
    {SOURCE_A, "targets: [{name: t, domain: general, ratio: 1, against: base}]\n", "3:48", "add `law:"},
    {SOURCE_A, "targets: [{name: t, domain: general, law: l.json}]\n", "3:38", "budget: {difference"},
    {SOURCE_A, "targets: [{name: t, law: l.json, budget: {weight: 0.5}}]\n", "3:21", "no `domain`"},
    {SOURCE_A, "targets: [{name: t, domain: general, law: l.json, budget: {weight: 0.5}}]\n", "3:38", "two domains"},
    {"version: 1\nsources: [{name: a, paths: b, domain: law}]\n",
     "targets: [{name: t, domain: law, law: l.json, budget: {weight: 0.5}}]\n", "3:34", "no source belongs"},
    {SOURCES_LAW_GENERAL, TARGET_BY_LAW "budget: 0.05}]\n", "5:58", "budget"},
    {SOURCES_LAW_GENERAL, TARGET_BY_LAW "budget: {}}]\n", "5:58", "here are 0"},
    {SOURCES_LAW_GENERAL, TARGET_BY_LAW "budget: {weight: 0.5, relative: 1}}]\n", "5:58", "here are 2"},
    {SOURCES_LAW_GENERAL, TARGET_BY_LAW "budget: {diff: 1}}]\n", "5:59", "unknown key 'diff'"},
    {SOURCES_LAW_GENERAL, TARGET_BY_LAW "budget: {difference: -0.1}}]\n", "5:71", "at least 0"},
    {SOURCES_LAW_GENERAL, TARGET_BY_LAW "budget: {relative: nan}}]\n", "5:69", "at least 0"},
    {SOURCES_LAW_GENERAL, TARGET_BY_LAW "budget: {weight: 1.1}}]\n", "5:67", "0 to 1"},
    {SOURCES_LAW_GENERAL, TARGET_BY_LAW "budget: {weight: 1}, against: replay}]\n", "5:80", "did you mean"},
    {SOURCES_LAW_GENERAL, TARGET_BY_LAW "budget: {weight: 1}}]\n", "5:39", "cannot read no/l.json"},
    {SOURCES_LAW_GENERAL, "targets: [{name: t, domain: law, law: \"\", budget: {weight: 1}}]\n", "5:39", "empty"},
    {SOURCES_LAW_GENERAL, "targets: [{name: t, domain: law, law: /, budget: {weight: 1}}]\n", "5:39", "cannot read /"},
    {SOURCE_A, "targets: [{name: t, domain: general, ratio: 1, max_epochs: 0}]\n", "3:60", "max_epochs"},
    {SOURCE_A, "targets: [{name: t, domain: general, ratio: 1, max_epochs: {x: 2}}]\n", "3:61", "unknown domain 'x'"},
    {SOURCE_A, "targets: [{name: t, ratio: {general: 0.9}}]\n", "3:28", "sum"},
    {SOURCE_A, "targets: [{name: t, ratio: {}}]\n", "3:28", "sum"},
    {SOURCE_A, "targets: [{name: t, ratio: {generl: 1}}]\n", "3:29", "did you mean 'general'"},
    {SOURCES_LAW_GENERAL, "targets: [{name: t, domain: law, ratio: {general: 1}}]\n", "5:41", "does not name"},
    {SOURCES_LAW_GENERAL, "targets: [{name: t, domain: law, general: x, ratio: 1}]\n", "5:43", "unknown domain 'x'"},
    {"version: 1\nsources: [{name: a, paths: b, domain: law}]\n", "targets: [{name: t, domain: law, ratio: 0.5}]\n",
     "3:41", "no source belongs"},
    {SOURCE_A, "targets: [{name: t, domain: general, ratio: 1}, {name: t, domain: general, ratio: 1}]\n", "3:56",
     "two targets"},
    {SOURCE_A, "accept: 0.5\n", "3:9", "accept"},
    {SOURCE_A, "accept: {exact: 0}\n", "3:17", "greater than 0"},
    {SOURCE_A, "accept: {exact: 1.5}\n", "3:17", "1.5"},
    {SOURCE_A, "output: {compression: brotli}\n", "3:23", "brotli"},
    {SOURCE_A, "output: {shard_bytes: 1K}\n", "3:23", "shard_bytes"},
    {SOURCE_A, "output: {dropped: id}\n", "3:19", "ids"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *const c = &refusals[i];
        char yaml[4096], where[64];
        tamis_err err = {0};
        struct recipe r;
        snprintf(yaml, sizeof yaml, "%s%s", c->head, c->more);
        snprintf(where, sizeof where, "r.yaml:%s: ", c->where);
        const tamis_status status = recipe_parse(&r, "r.yaml", NULL, str_from(yaml), NULL, &err);
        recipe_release(&r);
        if (status != TAMIS_USAGE || strncmp(err.text, where, strlen(where)) != 0 || !strstr(err.text, c->says)) {
            fail_msg("%s%s\n  gave %d '%s'\n  wanted %s.. %s ..", c->head, c->more, (int)status, err.text, where,
                     c->says);
        }
    }
}

static uint64_t next_random(uint64_t *seed)
{
    return *seed = hash_mix(*seed + 0x9e3779b97f4a7c15u);
}

/* Cut anywhere, or with bytes changed: refused or read, and then printed as itself; never more than that. */
static void test_mangled(void **state)
{
    (void)state;
    uint64_t seed = 7;
    const size_t len = sizeof FULL_RECIPE - 1;
    for (size_t i = 0; i < 2 * len; i++) {
        char yaml[sizeof FULL_RECIPE];
        memcpy(yaml, FULL_RECIPE, sizeof yaml);
        for (size_t change = 0; i >= len && change < 2; change++) {
            static const char bytes[] = "0-:{}[],\n\"# axe.";
            yaml[next_random(&seed) % len] = bytes[next_random(&seed) % (sizeof bytes - 1)];
        }
        tamis_err err = {0};
        struct recipe r;
        const tamis_str text = {yaml, i < len ? i : len};
        const tamis_status status = recipe_parse(&r, "r.yaml", NULL, text, NULL, &err);
        if (status == TAMIS_OK) {
            assert_prints_as_itself(&r);
        } else {
            assert_int_equal(status, TAMIS_USAGE);
            assert_int_equal(strncmp(err.text, "r.yaml", 6), 0);
        }
        recipe_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_mangled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
