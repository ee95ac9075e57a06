/*
 * Stage records: what each stage depended on, and whether it finished.
 */
#include "run/stage.h"

#include <stdio.h>
#include <string.h>

#include "core/path.h"
#include "core/str.h"
#include "run/inputs_file.h"
#include "run/schema.h"
#include "sketch/sketch.h"

const char *flow_name(enum flow_stage stage)
{
    static const char *const names[FLOW_COUNT] = {"survey", "resolve", "score", "select", "mix", "emit"};
    return names[stage];
}

/* Raised whenever a stage would write something else for the same recipe and input. */
static const uint64_t versions[FLOW_COUNT] = {[FLOW_SURVEY] = 2, [FLOW_RESOLVE] = 2, 1, [FLOW_SELECT] = 2, 1, 1};

static const unsigned sections[FLOW_COUNT] = {
    [FLOW_SURVEY] = SECTION_SOURCES | SECTION_FILTERS | SECTION_SKETCH,
    [FLOW_RESOLVE] = SECTION_DEDUP | SECTION_HOLDOUT,
    [FLOW_SCORE] = SECTION_SCORE,
    [FLOW_SELECT] = SECTION_SELECT | SECTION_SOURCES,
    [FLOW_MIX] = SECTION_TARGETS,
    [FLOW_EMIT] = SECTION_OUTPUT,
};

static bool is_wanted(enum flow_stage stage, const struct recipe *recipe)
{
    return stage != FLOW_SCORE || recipe->score.on;
}

/* Pruning never goes below what the targets need, so where it is asked for it depends on them. */
static unsigned sections_of(enum flow_stage stage, const struct recipe *recipe)
{
    bool prunes = false;
    for (size_t d = 0; d < recipe->domain_count; d++) {
        prunes = prunes || recipe->select[d].on;
    }
    return sections[stage] | (stage == FLOW_SELECT && prunes ? SECTION_TARGETS : 0);
}

static tamis_status make_keys(struct stages *stages, const struct run *run, tamis_err *err)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    uint64_t key = hash_join(LEDGER_VERSION, SKETCH_VERSION);
    for (int s = 0; s < FLOW_COUNT; s++) {
        buf_clear(&text);
        /* Everything after the survey draws by the seed. */
        if (!recipe_print(run->recipe, sections_of((enum flow_stage)s, run->recipe), &text) ||
            (s > FLOW_SURVEY && !buf_printf(&text, "seed: %llu\n", (unsigned long long)run->recipe->seed))) {
            buf_release(&text);
            return tamis_fail(err, TAMIS_IO, "out of memory for the recipe's keys");
        }
        if (is_wanted((enum flow_stage)s, run->recipe)) {
            key = hash_join(key, hash_bytes(text.at, text.len, versions[s]));
        }
        stages->key[s] = key;
    }
    buf_release(&text);
    return TAMIS_OK;
}

static tamis_status record_path(struct path *path, const struct run *run, enum flow_stage stage, tamis_err *err)
{
    return path_make(path, err, "%s/%s.json", run->ledger, flow_name(stage));
}

static tamis_status read_record(const struct run *run, enum flow_stage stage, uint64_t *key, bool *done, bool *begun,
                                uint64_t *capped_pairs, tamis_err *err)
{
    struct path path;
    *begun = *done = false;
    tamis_status status = record_path(&path, run, stage, err);
    if (status || !file_exists(path.at)) {
        return status;
    }
    struct arena arena;
    struct tree *root = NULL;
    arena_init(&arena);
    status = tree_load(&arena, path.at, &root, err);
    if (!status) {
        const struct tree *const hex = tree_get(root, "key"), *const finished = tree_get(root, "done");
        unsigned long long value = 0;
        *begun = hex && hex->kind == TREE_SCALAR && sscanf(hex->text, "%16llx", &value) == 1;
        *done = *begun && finished && finished->kind == TREE_SCALAR && strcmp(finished->text, "true") == 0;
        *key = value;
        const struct tree *const capped = tree_get(root, "capped_pairs");
        if (capped && capped->kind == TREE_SCALAR && !str_count(str_from(capped->text), capped_pairs)) {
            *capped_pairs = 0;
        }
    }
    arena_release(&arena);
    return status;
}

static tamis_status write_record(const struct stages *stages, const struct run *run, enum flow_stage stage, bool done,
                                 tamis_err *err)
{
    struct path path;
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    tamis_status status = record_path(&path, run, stage, err);
    if (status) {
        return status;
    }
    bool fine = buf_printf(&text, "{\"stage\":\"%s\",\"version\":\"%s\",\"key\":\"%016llx\",\"done\":%s",
                           flow_name(stage), tamis_version(), (unsigned long long)stages->key[stage],
                           done ? "true" : "false");
    if (stage == FLOW_RESOLVE) {
        fine = fine && buf_printf(&text, ",\"capped_pairs\":%llu", (unsigned long long)stages->capped_pairs);
    }
    fine = fine && buf_printf(&text, "}\n");
    return file_write_text(path.at, &text, fine, err);
}

static tamis_status remove_record(const struct run *run, enum flow_stage stage, tamis_err *err)
{
    struct path path;
    const tamis_status status = record_path(&path, run, stage, err);
    return status ? status : file_remove_tree(path.at, err);
}

static tamis_status inputs_same(const struct run *run, bool *same, tamis_err *err)
{
    struct path path;
    struct buf then, now;
    *same = true;
    tamis_status status = path_make(&path, err, "%s/inputs.json", run->ledger);
    if (status || !file_exists(path.at)) {
        return status;
    }
    buf_init(&then, BUF_UNLIMITED);
    buf_init(&now, BUF_UNLIMITED);
    status = file_read(path.at, (size_t)1 << 32, &then, err);
    if (!status && !inputs_print(run->inputs, run->recipe, &now)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the list of inputs");
    }
    *same = !status && str_equal(buf_str(&then), buf_str(&now));
    buf_release(&then);
    buf_release(&now);
    return status;
}

static tamis_status write_inputs(const struct run *run, tamis_err *err)
{
    struct path path;
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    const tamis_status status = path_make(&path, err, "%s/inputs.json", run->ledger);
    return status ? status : file_write_text(path.at, &text, inputs_print(run->inputs, run->recipe, &text), err);
}

static tamis_status refuse_changed(const struct run *run, const bool *changed, tamis_err *err)
{
    char names[128] = "";
    for (int s = 0; s < FLOW_COUNT; s++) {
        if (changed[s]) {
            const size_t len = strlen(names);
            snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "", flow_name((enum flow_stage)s));
        }
    }
    return tamis_fail(err, TAMIS_USAGE,
                      "%s: the recipe, or a law or trajectories that it names, has changed since this run began: "
                      "%s would be done again.\n"
                      "Add --redo to do so (all other stages are kept), or give another folder with -o.",
                      run->folder, names);
}

static tamis_status refuse_inputs(const struct run *run, tamis_err *err)
{
    struct path path;
    struct buf what;
    buf_init(&what, BUF_UNLIMITED);
    tamis_status status = path_make(&path, err, "%s/inputs.json", run->ledger);
    status = status ? status : inputs_difference(run->inputs, run->recipe, path.at, &what, err);
    if (!status) {
        status = tamis_fail(err, TAMIS_INPUT,
                            "%s: the input files are not those of the survey (see ledger/inputs.json)%s%s.\n"
                            "Restore them, add --redo to begin again with the files as they are, or give another "
                            "folder.", run->folder, what.len ? ": " : "", buf_str(&what).at);
    }
    buf_release(&what);
    return status;
}

tamis_status stages_load(struct stages *stages, const struct run *run, bool redo, tamis_err *err)
{
    *stages = (struct stages){0};
    bool changed[FLOW_COUNT] = {false}, any = false, same = true;
    tamis_status status = schema_check(run, err);
    status = status ? status : make_keys(stages, run, err);
    status = status ? status : inputs_same(run, &same, err);
    if (!status && !same && !redo) {
        return refuse_inputs(run, err);
    }
    for (int s = 0; !status && s < FLOW_COUNT; s++) {
        uint64_t key = 0;
        status = read_record(run, (enum flow_stage)s, &key, &stages->done[s], &stages->begun[s],
                             &stages->capped_pairs, err);
        const bool wanted = is_wanted((enum flow_stage)s, run->recipe);
        changed[s] = wanted && stages->begun[s] && (key != stages->key[s] || !same);
        any = any || changed[s];
        if (any) {
            stages->done[s] = stages->begun[s] = false;
        } else if (!wanted) {
            stages->done[s] = !stages->begun[s];
        }
    }
    return status ? status : any && !redo ? refuse_changed(run, changed, err) : TAMIS_OK;
}

static tamis_status remove_parts(const struct run *run, tamis_err *err)
{
    struct path path;
    size_t count = 0;
    tamis_status status = ledger_count_parts(run->ledger, &count, err);
    /* From the end, so that an interruption leaves a run of parts without a gap. */
    while (!status && count > 0) {
        status = path_make(&path, err, "%s/part-%06zu", run->ledger, --count);
        status = status ? status : file_remove_tree(path.at, err);
    }
    return status;
}

tamis_status stage_begin(struct stages *stages, enum flow_stage stage, const struct run *run, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    const bool afresh = !stages->begun[stage];
    /* Records go before what they vouch for, so that an interruption leaves nothing that looks finished. */
    for (int s = (int)stage + !afresh; !status && s < FLOW_COUNT; s++) {
        stages->begun[s] = false;
        status = remove_record(run, (enum flow_stage)s, err);
    }
    for (int s = (int)stage; s < FLOW_COUNT; s++) {
        stages->done[s] = false;
    }
    if (!status && stage == FLOW_SURVEY && afresh) {
        status = remove_parts(run, err);
        status = status ? status : write_inputs(run, err);
        status = status ? status : schema_write(run, err);
    }
    stages->begun[stage] = true;
    return status ? status : write_record(stages, run, stage, false, err);
}

tamis_status stage_finish(struct stages *stages, enum flow_stage stage, const struct run *run, tamis_err *err)
{
    stages->done[stage] = true;
    return is_wanted(stage, run->recipe) ? write_record(stages, run, stage, true, err) : remove_record(run, stage, err);
}
