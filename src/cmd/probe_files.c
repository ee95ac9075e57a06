/*
 * What a probe leaves for a trainer: a configuration per run, what to do, and a table to be filled in (probe_runs.c).
 * Names and numbers only: no text and no id.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "cmd/probe_job.h"
#include "core/json.h"

#define TRAINER ".trainer.json"
#define MEGATRON ".megatron.json"

tamis_status probe_write_text(const struct probe_export *e, const char *name, struct buf *text, bool fine,
                              tamis_err *err)
{
    struct path path;
    tamis_status status = fine ? path_make(&path, err, "%s/%s", e->flow->run.folder, name)
                               : tamis_fail(err, TAMIS_IO, "out of memory for %s", name);
    status = status ? status : file_write(path.at, text->at, text->len, err);
    buf_release(text);
    return status;
}

/* The ending of the files of the run: ".jsonl.zst". */
static const char *ending(const struct probe_export *e)
{
    return codec_ending(e->flow->recipe.output.codec.codec);
}

/* The field that holds the text, of the first source of a domain. */
static const char *text_field(const struct probe_export *e, uint16_t domain)
{
    const struct recipe *const recipe = &e->flow->recipe;
    for (size_t s = 0; s < recipe->source_count; s++) {
        if (recipe->sources[s].domain == domain) {
            return recipe->sources[s].text;
        }
    }
    return "text";
}

static bool one_text_field(const struct probe_export *e)
{
    const struct recipe *const recipe = &e->flow->recipe;
    const struct recipe_target *const t = recipe->targets;
    bool one = true;
    for (size_t s = 0; s < recipe->source_count; s++) {
        const uint16_t domain = recipe->sources[s].domain;
        one = one && ((domain != t->domain && domain != t->general) ||
                      strcmp(recipe->sources[s].text, text_field(e, t->domain)) == 0);
    }
    return one;
}

/* ---- Configurations --------------------------------------------------------------------------------------------- */

static void add_path(struct json *j, const char *head, const char *name, const char *tail, const char *end)
{
    struct path path;
    tamis_err ignored;
    j->failed = j->failed || path_make(&path, &ignored, "%s%s%s%s", head, name, tail, end) != TAMIS_OK;
    json_text(j, path.at);
}

/* For load_dataset(**dataset) and TrainingArguments(**training_arguments) of HuggingFace. */
static bool print_trainer(const struct probe_export *e, const char *run, struct buf *text)
{
    const struct probe_job *const job = e->job;
    struct json j;
    json_init(&j, text, 2);
    json_open(&j, '{');
    json_key_text(&j, "text_field", text_field(e, e->flow->recipe.targets->domain));
    json_key(&j, "dataset");
    json_open(&j, '{');
    json_key_text(&j, "path", "json");
    json_key(&j, "data_files");
    json_open(&j, '{');
    json_key(&j, "train");
    add_path(&j, "out/", run, "/train-*.jsonl", ending(e));
    json_key(&j, "valid_domain");
    add_path(&j, "valid/", job->domain, ".jsonl", ending(e));
    json_key(&j, "valid_general");
    add_path(&j, "valid/", job->general, ".jsonl", ending(e));
    json_close(&j, '}');
    json_close(&j, '}');
    json_key(&j, "training_arguments");
    json_open(&j, '{');
    json_key(&j, "output_dir");
    add_path(&j, "models/", run, "", "");
    json_key_count(&j, "num_train_epochs", 1);
    json_key_text(&j, "lr_scheduler_type", "constant_with_warmup");
    json_key_text(&j, "eval_strategy", "steps");
    json_key_real(&j, "eval_steps", 0.05);
    json_key_text(&j, "save_strategy", "no");
    json_key_count(&j, "seed", e->flow->recipe.seed & 0xffffffffu);
    json_close(&j, '}');
    json_close(&j, '}');
    return !j.failed && buf_add_char(text, '\n');
}

/* For --per-split-data-args-path of Megatron-LM: prefixes of what tools/preprocess_data.py makes. */
static bool print_megatron(const struct probe_export *e, const char *run, struct buf *text)
{
    static const char *const splits[] = {"train", "valid", "test"};
    const char *const names[] = {run, e->job->domain, e->job->general};
    struct json j;
    json_init(&j, text, 2);
    json_open(&j, '{');
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        json_key(&j, splits[i]);
        json_open(&j, '[');
        add_path(&j, i == 0 ? "data/" : "data/valid-", names[i], "_text_document", "");
        json_close(&j, ']');
    }
    json_close(&j, '}');
    return !j.failed && buf_add_char(text, '\n');
}

/* A configuration that an earlier probe of other shares wrote here. */
static bool is_stale(const struct probe_export *e, const char *name)
{
    const size_t dot = strcspn(name, ".");
    const tamis_str run = {name, dot};
    return (strcmp(name + dot, TRAINER) == 0 || strcmp(name + dot, MEGATRON) == 0) && probe_is_run(run) &&
           !probe_has_run(e->job, run);
}

static tamis_status remove_stale(const struct probe_export *e, const char *folder, tamis_err *err)
{
    DIR *const open = opendir(folder);
    if (!open) {
        return file_fail(err, errno, "cannot read", folder);
    }
    tamis_status status = TAMIS_OK;
    const struct dirent *entry = NULL;
    while (!status && (entry = readdir(open)) != NULL) {
        struct path path;
        if (is_stale(e, entry->d_name)) {
            status = path_make(&path, err, "%s/%s", folder, entry->d_name);
            status = status || file_is_folder(path.at) ? status : file_remove_tree(path.at, err);
        }
    }
    closedir(open);
    return status;
}

static tamis_status write_configs(const struct probe_export *e, tamis_err *err)
{
    struct path path;
    tamis_status status = path_make(&path, err, "%s/configs", e->flow->run.folder);
    status = status ? status : file_make_folders(path.at, err);
    status = status ? status : remove_stale(e, path.at, err);
    for (size_t r = 0; !status && r < e->job->count; r++) {
        const char *const run = e->job->runs[r].name;
        struct buf text;
        buf_init(&text, BUF_UNLIMITED);
        bool fine = print_trainer(e, run, &text);
        status = path_make(&path, err, "configs/%s" TRAINER, run);
        status = status ? status : probe_write_text(e, path.at, &text, fine, err);
        buf_init(&text, BUF_UNLIMITED);
        fine = print_megatron(e, run, &text);
        status = status ? status : path_make(&path, err, "configs/%s" MEGATRON, run);
        status = status ? status : probe_write_text(e, path.at, &text, fine, err);
    }
    return status;
}

/* ---- TRAIN.md --------------------------------------------------------------------------------------------------- */

static bool print_head(const struct probe_export *e, struct buf *text)
{
    const struct probe_job *const job = e->job;
    bool fine = buf_printf(text,
                           "# A probe: %s against %s\n\n"
                           "%zu corpora of as many tokens, which differ in their share of %s. Train a small model on\n"
                           "each, write its losses into runs.csv, and `tamis fit` makes a law of them.\n\n"
                           "| run | share of %s | tokens | text |\n|---|---|---|---|\n",
                           job->domain, job->general, job->count, job->domain, job->domain);
    for (size_t r = 0; r < job->count; r++) {
        fine = fine && buf_printf(text, "| %s | %.6f | %llu | out/%s/train-*.jsonl%s |\n", job->runs[r].name,
                                  (double)e->domain_tokens[r] / (double)e->tokens[r], (unsigned long long)e->tokens[r],
                                  job->runs[r].name, ending(e));
    }
    return fine;
}

static bool print_texts(const struct probe_export *e, struct buf *text)
{
    const struct probe_job *const job = e->job;
    const bool estimated = e->flow->recipe.tokens_estimated;
    return buf_printf(text,
                      "\nTokens are %s. Held out, in no corpus: valid/%s.jsonl%s (%llu documents)\n"
                      "and valid/%s.jsonl%s (%llu).%s\n\n",
                      estimated ? "estimates, 4.2 bytes of text each" : "those that the documents state", job->domain,
                      ending(e), (unsigned long long)e->held_out[0], job->general, ending(e),
                      (unsigned long long)e->held_out[1],
                      one_text_field(e) ? "" : " The sources call their text by different\n"
                                               "names; the configurations know the first source's only.");
}

static bool print_rules(const struct probe_export *e, struct buf *text)
{
    const struct probe_job *const job = e->job;
    return buf_printf(
        text,
        "## What must be the same in all runs\n\n"
        "* The base model: every run begins at the same checkpoint. The law is of going on from there. (From\n"
        "  drawn weights it is one of mixtures for pretraining: write `from scratch` under base_model.)\n"
        "* Batch size, sequence length, optimizer, tokenizer and tokens: one pass over each corpus.\n"
        "* The learning rate: the same peak and warm-up for every share, then constant, so that a checkpoint\n"
        "  on the way is what a shorter run would have come to. Under a cosine only the last one is: write\n"
        "  that row alone.\n\n"
        "Leave out neither the run without %s nor the one without %s: no curve through the others knows\n"
        "their losses.\n\n",
        job->general, job->domain);
}

static bool print_columns(const struct probe_export *e, struct buf *text)
{
    const struct probe_job *const job = e->job;
    return buf_printf(
        text,
        "## What to measure\n\n"
        "Every 5 %% of the steps, the mean loss in nats per token of all of valid/%s and of all of valid/%s.\n"
        "A row of runs.csv each time:\n\n"
        "| column | what it is |\n|---|---|\n"
        "| run | the run's name, the same in all its rows |\n"
        "| step | the optimizer's step |\n"
        "| N | parameters of the model |\n"
        "| D | tokens trained on at that step, by your tokenizer. What stands there is the whole corpus |\n"
        "| ratio | share of %s in the tokens, 0 to 1; as it stands there |\n"
        "| loss_domain | loss on valid/%s |\n"
        "| loss_general | loss on valid/%s |\n"
        "| base_model, lr_peak, warmup, schedule, tokenizer | how they were made, the same in all rows; or empty |\n\n"
        "base_loss_general, the loss on valid/%s before the first step, may be added as a column: budgets can\n"
        "then be held against it.\n\n",
        job->domain, job->general, job->domain, job->domain, job->general, job->general);
}

static bool print_trainers(const struct probe_export *e, struct buf *text)
{
    const char *const end = ending(e), *const domain = e->job->domain, *const general = e->job->general;
    const char *const cat = *end == '\0' ? "cat" : strcmp(end, ".gz") == 0 ? "zcat" : "zstd -dc";
    return buf_printf(
        text,
        "## Configurations\n\n"
        "configs/RUN.trainer.json, paths as seen from this folder: `load_dataset(**c[\"dataset\"])` of\n"
        "HuggingFace datasets and `TrainingArguments(**c[\"training_arguments\"])` of transformers (4.41 or\n"
        "later; eval_steps below 1 is a share of all steps). Add learning_rate, warmup_steps and the batch\n"
        "size, the same in all. With `eval_dataset={\"domain\": .., \"general\": ..}` the Trainer logs\n"
        "eval_domain_loss and eval_general_loss.\n\n"
        "configs/RUN.megatron.json, for `--per-split-data-args-path` of Megatron-LM: `valid` is the domain,\n"
        "`test`, which is evaluated at the end, general text. What they name is made by\n\n"
        "    %s out/RUN/train-*.jsonl%s > RUN.jsonl\n"
        "    python tools/preprocess_data.py --input RUN.jsonl --output-prefix data/RUN --append-eod ..\n\n"
        "and so from valid/%s.jsonl%s to data/valid-%s and from valid/%s.jsonl%s to data/valid-%s.\n\n",
        cat, end, domain, end, domain, general, end, general);
}

static bool print_then(const struct probe_export *e, struct buf *text)
{
    const struct probe_job *const job = e->job;
    return buf_printf(
        text,
        "## Then\n\n"
        "    tamis fit runs.csv -o law.json\n"
        "    tamis plan law.json --parameters N --tokens D --budget difference=0.05\n\n"
        "or in the recipe, in place of a ratio:\n\n"
        "    {name: %s, domain: %s, general: %s, law: law.json, budget: {difference: 0.05}}\n",
        job->target, job->domain, job->general);
}

static tamis_status write_guide(const struct probe_export *e, tamis_err *err)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    const bool fine = print_head(e, &text) && print_texts(e, &text) && print_rules(e, &text) &&
                      print_columns(e, &text) && print_trainers(e, &text) && print_then(e, &text);
    return probe_write_text(e, "TRAIN.md", &text, fine, err);
}

tamis_status probe_write_files(const struct probe_export *e, struct buf *kept, tamis_err *err)
{
    tamis_status status = write_configs(e, err);
    status = status ? status : write_guide(e, err);
    return status ? status : probe_write_runs(e, kept, err);
}
