/* tamis select: the ids that stay, from lines of scores. As the stage of a run does it, without a run. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/files.h"
#include "cmd/verbs.h"
#include "core/json.h"
#include "core/str.h"
#include "run/repeats.h"
#include "select/line_picks.h"

#define GROUPS_NAMED 10

struct select_options {
    struct common common;
    int policy, unscored, within;
    double keep, max_bad;
};

enum within { WITHIN_DOMAIN, WITHIN_ALL };

static const tamis_param params[] = {
    {"policy", TAMIS_CHOICE, offsetof(struct select_options, policy), NULL, 0, 0, "top|bottom|middle|random",
     "which scores stay: the highest, the lowest, those between; random: drawn by --seed"},
    {"keep", TAMIS_REAL, offsetof(struct select_options, keep), NULL, 0, 1, NULL,
     "share that stays, above 0 to 1: of tokens where every line has tokens, else of documents"},
    {"unscored", TAMIS_CHOICE, offsetof(struct select_options, unscored), "keep", 0, 0, "keep|drop|random",
     "documents whose score is null: all stay, all go, or the share of them stays, drawn by --seed"},
    {"within", TAMIS_CHOICE, offsetof(struct select_options, within), "domain", 0, 0, "domain|all",
     "the share is of each domain, where lines name domains, or of everything"},
    {"max_bad", TAMIS_REAL, offsetof(struct select_options, max_bad), "0.01", 0, 1, NULL,
     "share of rejected lines above which the exit code is 1"},
    {0},
};

/* What is counted of a group while the ids that stay are written. */
struct kept {
    uint64_t documents, tokens;
};

struct selecting {
    const struct cli *cli;
    const struct select_options *options;
    struct flow flow; /* threads, memory, inputs and a folder for temporary files; no recipe */
    struct path scratch;
    struct score_lines lines;
    struct line_picks picks;
    struct kept *kept; /* per group */
    struct sorter *ids;
    uint64_t rejects, repeated;
    struct stream_out *out;
    struct buf line;
};

/* ---- Input ------------------------------------------------------------------------------------------------------ */

static tamis_status check_options(const struct cli *cli, tamis_err *err)
{
    const struct select_options *const options = cli->options;
    if (!cli_given(cli, "policy") || !cli_given(cli, "keep")) {
        return tamis_fail(err, TAMIS_USAGE, "tamis select: --policy and --keep have no default: which scores are good "
                          "depends on the scorer;\nsay --policy top|bottom|middle|random, and the share that stays, "
                          "for example --keep 0.7");
    }
    if (!(options->keep > 0)) {
        return tamis_fail(err, TAMIS_USAGE, "--keep: the share that stays must be above 0");
    }
    if (options->policy == POLICY_RANDOM && cli_given(cli, "unscored")) {
        return tamis_fail(err, TAMIS_USAGE, "--unscored goes with policies that look at scores; --policy random draws "
                          "among all documents");
    }
    return TAMIS_OK;
}

static tamis_status find_files(const struct cli *cli, struct arena *arena, struct paths *found, tamis_err *err)
{
    const bool pipe = cli->argument_count == 0 || (cli->argument_count == 1 && strcmp(cli->arguments[0], "-") == 0);
    static const char *const standard[] = {"-"};
    const char **const at = pipe ? arena_alloc(arena, sizeof *at) : NULL;
    if (pipe) {
        *found = (struct paths){.at = at, .count = 1};
        if (!at) {
            return tamis_fail(err, TAMIS_IO, "out of memory for the list of files");
        }
        at[0] = standard[0];
    }
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && !pipe && i < cli->argument_count; i++) {
        status = strcmp(cli->arguments[i], "-") == 0
                     ? tamis_fail(err, TAMIS_USAGE, "'-' (stdin) cannot be read together with files")
                     : paths_expand(arena, NULL, cli->arguments[i], found, err);
    }
    return status;
}

static tamis_status open_inputs(struct selecting *s, tamis_err *err)
{
    struct flow *const flow = &s->flow;
    struct arena *const arena = &flow->recipe.arena;
    const struct common *const common = s->cli->options;
    struct paths found = {0};
    uint64_t bytes = 0;
    tamis_status status = find_files(s->cli, arena, &found, err);
    flow->inputs.at = status ? NULL : arena_alloc(arena, found.count * sizeof *flow->inputs.at);
    if (!status && !flow->inputs.at) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the list of files");
    }
    for (size_t i = 0; !status && i < found.count; i++) {
        struct stat about = {0};
        const bool regular = stat(found.at[i], &about) == 0 && S_ISREG(about.st_mode);
        flow->inputs.at[flow->inputs.count++] = (struct input){
            .path = found.at[i], .format = &reader_jsonl, .bytes = regular ? (uint64_t)about.st_size : 0};
        bytes += flow->inputs.at[i].bytes;
    }
    flow->run.progress = progress_new(common->quiet ? PROGRESS_NEVER : (enum progress_mode)common->progress, NULL);
    progress_stage(flow->run.progress, "select", "bytes", bytes);
    return status;
}

static void note_reject(void *context, size_t input, uint64_t offset, const char *reason)
{
    struct selecting *const s = context;
    files_note_reject(&s->flow, ++s->rejects, input, offset, reason);
}

/* ---- Output ----------------------------------------------------------------------------------------------------- */

static tamis_status write_id(struct selecting *s, tamis_str id, tamis_err *err)
{
    struct json json;
    bool fine = true;
    buf_clear(&s->line);
    if (s->options->common.json) {
        json_init(&json, &s->line, 0);
        json_open(&json, '{');
        json_key_str(&json, "id", id);
        json_close(&json, '}');
        fine = !json.failed;
    } else if (memchr(id.at, '\n', id.len)) {
        return tamis_fail(err, TAMIS_INPUT, "an id holds a newline, and ids are written one a line; give --json");
    } else {
        fine = buf_add_str(&s->line, id);
    }
    return fine && buf_add_char(&s->line, '\n') ? stream_out_add(s->out, buf_str(&s->line), err)
                                                : tamis_fail(err, TAMIS_IO, "out of memory for a line");
}

static tamis_status write_kept(void *taker, const struct score_line *line, tamis_err *err)
{
    struct selecting *const s = taker;
    const tamis_status status = repeats_add(s->ids, line->id, err);
    if (status || !line_picks_keeps(&s->picks, line)) {
        return status;
    }
    s->kept[line->group].documents++;
    s->kept[line->group].tokens += line->tokens;
    return write_id(s, line->id, err);
}

static tamis_status write_all(struct selecting *s, const char *output, tamis_err *err)
{
    s->kept = calloc(s->lines.group_count, sizeof *s->kept);
    tamis_status status = s->kept ? stream_out_open(&s->out, output, codec_from_name(output), err)
                                  : tamis_fail(err, TAMIS_IO, "out of memory for the counts");
    if (status) {
        return status;
    }
    status = repeats_open(&s->ids, &s->flow.run, err);
    status = status ? status : score_lines_each(&s->lines, &s->flow.run, write_kept, s, err);
    status = status ? status : repeats_finish(s->ids, &s->repeated, err);
    sorter_free(s->ids);
    if (status) {
        stream_out_discard(s->out);
        return status;
    }
    return stream_out_commit(s->out, err);
}

/* ---- What is said ----------------------------------------------------------------------------------------------- */

static bool add_score(struct buf *out, double score)
{
    if (isinf(score)) {
        return buf_printf(out, "%sinfinity", score < 0 ? "-" : "");
    }
    struct json json;
    json_init(&json, out, 0);
    json_real(&json, score);
    return !json.failed;
}

/* "; scores from 0.25 to 0.5 stay, ..." of a group that was cut. */
static bool add_cut(struct buf *out, const struct kept_range *range)
{
    if (range->kept == range->scored || range->nothing) {
        return true;
    }
    bool fine = buf_printf(out, "; scores %s", range->policy == POLICY_MIDDLE ? "from " : "of ");
    fine = fine && (range->policy != POLICY_MIDDLE || (add_score(out, range->low.score) && buf_printf(out, " to ")));
    fine = fine && add_score(out, range->high.score);
    fine = fine && buf_printf(out, "%s stay", range->policy == POLICY_TOP      ? " and above"
                                              : range->policy == POLICY_BOTTOM ? " and below"
                                                                               : "");
    return fine && (!range->cut_by_ties || buf_printf(out, ", of equal scores at the cut the smaller ids"));
}

/* Somebody else's bytes: quoted, control characters escaped. */
static bool add_domain(struct buf *out, tamis_str domain)
{
    struct json json;
    json_init(&json, out, 0);
    json_str(&json, domain);
    return !json.failed && buf_printf(out, ": ");
}

static void say_group(const struct selecting *s, size_t g)
{
    const struct score_group *const group = &s->lines.groups[g];
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    bool fine = s->lines.group_count == 1 ? true
                : g == 0                  ? buf_printf(&text, "without a domain: ")
                                          : add_domain(&text, group->domain);
    fine = fine && buf_printf(&text, "%llu of %llu documents stay", (unsigned long long)s->kept[g].documents,
                              (unsigned long long)(group->scored_lines + group->unscored_lines));
    fine = fine && (!s->picks.by_tokens ||
                    buf_printf(&text, ", %llu of %llu tokens", (unsigned long long)s->kept[g].tokens,
                               (unsigned long long)(group->scored_tokens + group->unscored_tokens)));
    fine = fine && (!s->picks.cuts.groups || add_cut(&text, &s->picks.cuts.groups[g]));
    if (fine) {
        cli_note(s->cli, 0, "%s", text.at);
    }
    buf_release(&text);
}

static void say_all(const struct selecting *s)
{
    static const char *const unscored[] = {" (all stay)", " (all go)", " (the share of them stays)"};
    const struct score_lines *const lines = &s->lines;
    const unsigned long long good = lines->lines - lines->rejected;
    unsigned long long scored = 0;
    size_t said = 0;
    for (size_t g = 0; g < lines->group_count; g++) {
        scored += lines->groups[g].scored_lines;
    }
    const bool bucket = good > scored && s->options->policy != POLICY_RANDOM;
    cli_note(s->cli, 0, "%llu documents: %llu with a score, %llu without%s; %llu lines rejected", good, scored,
             good - scored, bucket ? unscored[s->options->unscored] : "", (unsigned long long)lines->rejected);
    if (s->repeated) {
        cli_note(s->cli, 0, "warning: %llu lines repeat the id of an earlier line; each stays or goes by itself, so an "
                 "id may be written more than once", (unsigned long long)s->repeated);
    }
    if (s->picks.by_tokens) {
        cli_note(s->cli, 0, "the share is of %stokens", lines->tokens_estimated ? "estimated " : "");
    } else {
        cli_note(s->cli, 0, "the share is of documents (lines without tokens: %llu)",
                 (unsigned long long)lines->without_tokens);
    }
    for (size_t g = 0; g < lines->group_count; g++) {
        if (lines->groups[g].scored_lines + lines->groups[g].unscored_lines == 0) {
            continue;
        }
        if (said++ < GROUPS_NAMED || s->options->common.verbose) {
            say_group(s, g);
        }
    }
    if (said > GROUPS_NAMED && !s->options->common.verbose) {
        cli_note(s->cli, 0, "and %zu more domains (-v names them)", said - GROUPS_NAMED);
    }
}

/* ---- The verb --------------------------------------------------------------------------------------------------- */

static tamis_status select_all(struct selecting *s, tamis_err *err)
{
    const struct select_options *const options = s->options;
    const char *const output = options->common.output ? options->common.output : "-";
    const struct score_lines_options reading = {
        .domains = options->within == WITHIN_DOMAIN, .rejected = note_reject, .context = s};
    const struct pick_options picking = {.policy = options->policy,
                                         .unscored = options->unscored,
                                         .keep = options->keep,
                                         .seed = options->common.seed};
    tamis_status status = open_inputs(s, err);
    status = status ? status : files_not_inputs(&s->flow, &output, 1, err);
    status = status ? status : score_lines_read(&s->lines, &s->flow.run, &reading, err);
    if (!status && cli_given(s->cli, "within") && reading.domains && s->lines.group_count == 1) {
        status = tamis_fail(err, TAMIS_INPUT, "--within domain: no line names a `domain`");
    }
    status = status ? status : line_picks_make(&s->picks, &s->lines, &s->flow.run, &picking, err);
    status = status ? status : write_all(s, output, err);
    if (!status) {
        const struct survey_totals totals = {
            .documents = s->lines.lines, .rejects = s->lines.rejected, .damaged = s->lines.damaged};
        progress_done(s->flow.run.progress);
        say_all(s);
        status = files_verdict(&totals, options->max_bad, err);
    }
    return status;
}

static tamis_status select_ids(struct cli *cli, tamis_err *err)
{
    struct selecting s = {.cli = cli, .options = cli->options};
    tamis_status status = check_options(cli, err);
    if (status) {
        return status;
    }
    flow_init(&s.flow, cli);
    buf_init(&s.line, BUF_UNLIMITED);
    status = files_scratch(cli, &s.scratch, err);
    const bool scratch = status == TAMIS_OK;
    s.flow.run.tmp = s.scratch.at;
    status = status ? status : select_all(&s, err);
    line_picks_release(&s.picks);
    score_lines_release(&s.lines);
    if (scratch) {
        tamis_err ignored;
        const tamis_status removed = file_remove_tree(s.scratch.at, status ? &ignored : err);
        status = status ? status : removed;
    }
    flow_close(&s.flow);
    buf_release(&s.line);
    free(s.kept);
    return status;
}

static const char *const examples[] = {
    "tamis select --policy top --keep 0.7 scores.jsonl.zst -o kept.txt",
    "tamis score --scorer dynamic_uncertainty trajectories/ | tamis select --policy top --keep 0.5 --unscored drop -",
    NULL};

const struct verb verb_select = {
    .name = "select",
    .synopsis = "--policy P --keep SHARE [options] [SCORES]",
    .summary = "writes the ids that a policy keeps of documents with scores",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct select_options),
    .without = "set stats",
    .run = select_ids,
};
