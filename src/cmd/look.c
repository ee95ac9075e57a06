/*
 * See look.h. Stage records say which files of the ledger can be trusted: files of a stage that is being redone stay in
 * place until they are replaced.
 */
#include "cmd/look.h"

#include <string.h>

#include "core/str.h"
#include "select/select.h"

const char *look_word(enum look_state state)
{
    static const char *const words[] = {"waiting", "begun", "done", "not needed"};
    return words[state];
}

static tamis_status read_state(struct look *look, enum flow_stage stage, tamis_err *err)
{
    struct path path;
    struct arena arena;
    struct tree *root = NULL;
    tamis_status status = path_make(&path, err, "%s/%s.json", look->flow.run.ledger, flow_name(stage));
    if (status || !file_exists(path.at)) {
        return status;
    }
    arena_init(&arena);
    status = tree_load(&arena, path.at, &root, err);
    if (!status) {
        const struct tree *const done = tree_get(root, "done");
        const bool is_done = done && done->kind == TREE_SCALAR && strcmp(done->text, "true") == 0;
        look->stages[stage] = is_done ? LOOK_DONE : LOOK_BEGUN;
    }
    arena_release(&arena);
    return status;
}

tamis_status look_open(struct look *look, const struct cli *cli, const char *folder, tamis_err *err)
{
    *look = (struct look){0};
    tamis_status status = flow_open_run(&look->flow, cli, folder, err);
    for (int s = 0; !status && s < FLOW_COUNT; s++) {
        status = read_state(look, (enum flow_stage)s, err);
    }
    if (!status && !look->flow.recipe.score.on) {
        look->stages[FLOW_SCORE] = LOOK_NOT_NEEDED;
    }
    if (!status && !select_needed(&look->flow.recipe)) {
        look->stages[FLOW_SELECT] = LOOK_NOT_NEEDED;
    }
    return status;
}

static unsigned files_of(const struct look *look)
{
    static const struct {
        enum flow_stage stage;
        unsigned file;
    } later[] = {{FLOW_RESOLVE, LEDGER_RESOLVE},
                 {FLOW_SCORE, LEDGER_SCORE},
                 {FLOW_SELECT, LEDGER_SELECT},
                 {FLOW_MIX, LEDGER_MIX}};
    unsigned files = 0;
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        const enum look_state state = look->stages[later[i].stage];
        if (state != LOOK_DONE && state != LOOK_NOT_NEEDED) {
            break;
        }
        files |= state == LOOK_DONE ? later[i].file : 0;
    }
    return LEDGER_SURVEY | (files & flow_ledger_files(&look->flow));
}

/* Kinds that the recipe leaves open were told from a sample; every row of the source remembers its kind. */
static void tell_kinds(struct look *look)
{
    struct recipe *const recipe = &look->flow.recipe;
    size_t unknown = 0;
    for (size_t s = 0; s < recipe->source_count; s++) {
        unknown += recipe->sources[s].kind == KIND_UNKNOWN;
    }
    for (uint64_t n = 0; unknown > 0 && n < look->ledger.documents; n++) {
        const struct survey_row *const row = ledger_survey(&look->ledger, n);
        if (row->source < recipe->source_count && row->kind < TAMIS_KINDS &&
            recipe->sources[row->source].kind == KIND_UNKNOWN) {
            recipe_tell_kind(recipe, row->source, (tamis_kind)row->kind);
            unknown--;
        }
    }
}

tamis_status look_open_ledger(struct look *look, const struct cli *cli, const char *folder, bool show_confidential,
                              tamis_err *err)
{
    tamis_status status = look_open(look, cli, folder, err);
    status = status ? status
                    : ledger_open(&look->ledger, look->flow.run.ledger, &look->flow.recipe, files_of(look), err);
    look->mapped = status == TAMIS_OK;
    if (!status && look->ledger.documents == 0 && look->stages[FLOW_SURVEY] != LOOK_DONE) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: no document was surveyed yet; wait for the run, or continue it with "
                            "the same tamis run command", folder);
    }
    if (!status) {
        tell_kinds(look);
        look->teller = (struct teller){&look->flow.run, &look->ledger, show_confidential};
    }
    return status;
}

tamis_status look_tell(const struct look *look, uint64_t number, struct story *story, tamis_err *err)
{
    const tamis_status status = story_tell(story, &look->teller, number, err);
    if (!status && look->stages[FLOW_EMIT] != LOOK_DONE) {
        story_not_emitted(story);
    }
    return status;
}

void look_close(struct look *look)
{
    if (look->mapped) {
        ledger_close(&look->ledger);
    }
    flow_close(&look->flow);
}

void look_note(const struct look *look)
{
    for (int s = 0; s < FLOW_COUNT; s++) {
        if (look->stages[s] != LOOK_DONE && look->stages[s] != LOOK_NOT_NEEDED) {
            cli_note(look->flow.cli, 0, "note: %s is not finished (%s: %s); what is %s",
                     look->flow.run.folder, flow_name((enum flow_stage)s), look_word(look->stages[s]),
                     s == FLOW_EMIT ? "to be emitted or held out is decided, and not written yet"
                                    : "not decided yet is left empty");
            return;
        }
    }
}
