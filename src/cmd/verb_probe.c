/* tamis probe: the runs that a law is fitted to. */
#include "cmd/probe_job.h"
#include "cmd/verbs.h"

#define OPTION(field) offsetof(struct probe_verb_options, field)
static const tamis_param params[] = {
    {"export", TAMIS_STRING, OPTION(folder), NULL, 0, 0, NULL,
     "folder for corpora at every share, held-out text, configurations and an empty runs.csv: for your own trainer"},
    {"proxy", TAMIS_BOOL, OPTION(proxy), "false", 0, 0, NULL,
     "train the built-in byte model at every share; runs.csv goes to -o DIR"},
    {"target", TAMIS_STRING, OPTION(target), NULL, 0, 0, NULL,
     "which target of the recipe; the only one with a domain and general text when left out"},
    {"ratios", TAMIS_STRING, OPTION(ratios), "0,1/3,2/3,0.9,1", 0, 0, NULL, "shares of the domain, one run each"},
    {"tokens", TAMIS_COUNT, OPTION(tokens), "0", 0, 1e18, NULL,
     "tokens of every run of --export; 0: as many as the pools allow without repeats"},
    {"bytes", TAMIS_SIZE, OPTION(bytes), "8M", 4096, 1e15, NULL, "text of each run of --proxy, at most"},
    {"base_bytes", TAMIS_SIZE, OPTION(base_bytes), "16M", 4096, 1e15, NULL,
     "general text that the base of --proxy learns first, at most"},
    {"valid_bytes", TAMIS_SIZE, OPTION(valid_bytes), "512K", 1, 1e15, NULL,
     "held-out text of each kind that --proxy measures, about: the first 8 KiB of so many documents"},
    {"checkpoints", TAMIS_COUNT, OPTION(checkpoints), "10", 5, 1000, NULL,
     "how often the losses of a run of --proxy are measured"},
    {"from_scratch", TAMIS_BOOL, OPTION(from_scratch), "false", 0, 0, NULL,
     "--proxy without a base: what comes out is a law of mixtures to train from the start on, not of going on"},
    {"redo", TAMIS_BOOL, OPTION(redo), "false", 0, 0, NULL,
     "do stages again whose part of the recipe, or whose input, has changed"},
    {"no_check", TAMIS_BOOL, OPTION(no_check), "false", 0, 0, NULL, "leave out the sample before the survey"},
    {"max_bad", TAMIS_REAL, OPTION(max_bad), "0.01", 0, 1, NULL,
     "share of rejected records above which the exit code is 1"},
    {0},
};

static tamis_status probe(struct cli *cli, tamis_err *err)
{
    struct probe_job job;
    tamis_status status = probe_job_open(&job, cli, err);
    if (!status) {
        status = job.options->proxy ? probe_proxy(&job, err) : probe_export(&job, err);
    }
    probe_job_release(&job);
    return status;
}

static const char *const examples[] = {
    "tamis probe recipe.yaml --export PROBE",
    "tamis probe recipe.yaml --proxy -o PROBE && tamis fit PROBE/runs.csv -o law.json", NULL};

const struct verb verb_probe = {
    .name = "probe",
    .synopsis = "RECIPE --export DIR | RECIPE --proxy -o DIR",
    .summary = "the runs that a law is fitted to: for your trainer, or by the built-in model",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct probe_verb_options),
    .run = probe,
};
