/*
 * The option tables of a recipe. What a table cannot say (names that must be known, shares greater than 0, sums) is
 * checked where the section is read.
 */
#include "recipe/recipe_tables.h"

#include <math.h>

#define MOST_TOKENS 1e18
#define MOST_BYTES 1e18

#define TOP(field) offsetof(struct recipe, field)
const tamis_param recipe_top_params[] = {
    {"version", TAMIS_COUNT, TOP(version), NULL, 0, 0, NULL, "form of the recipe; 1, and always written"},
    {"seed", TAMIS_COUNT, TOP(seed), "0", 0, 0, NULL, "whole number that every draw follows from"},
    {"tokenizer", TAMIS_STRING, TOP(tokenizer), NULL, 0, 0, NULL,
     "label of the tokenizer that counted the `tokens` fields of the sources"},
    {"max_line", TAMIS_SIZE, TOP(max_line), "64M", 1024, 4294967295.0, NULL,
     "longest record that is read, bytes; longer ones are rejects (line_too_long)"},
    {0},
};

#define SOURCE(field) offsetof(struct recipe_source, field)
const tamis_param recipe_source_params[] = {
    {"name", TAMIS_STRING, SOURCE(name), NULL, 0, 0, NULL, "name of the source: letters, digits, `_`, `-`, `.`"},
    {"paths", TAMIS_STRINGS, SOURCE(paths), NULL, 0, 0, NULL,
     "files, folders, globs and @lists, seen from the recipe's folder"},
    {"domain", TAMIS_STRING, SOURCE(domain_name), "general", 0, 0, NULL, "label that quotas and mixtures go by"},
    {"kind", TAMIS_STRING, SOURCE(kind_name), NULL, 0, 0, NULL,
     "prose, code, math, markup, table or other; left out: told from a sample"},
    {"format", TAMIS_STRING, SOURCE(format_name), NULL, 0, 0, NULL,
     "jsonl, text (a document per file) or paragraphs; left out: by each file's name"},
    {"text", TAMIS_STRING, SOURCE(text), "text", 0, 0, NULL, "field of the text, a dotted path"},
    {"id", TAMIS_STRING, SOURCE(id), "id", 0, 0, NULL, "field of the id, a dotted path"},
    {"tokens", TAMIS_STRING, SOURCE(tokens), NULL, 0, 0, NULL,
     "field of the number of tokens, counted by `tokenizer`; left out: estimated from the bytes"},
    {"language", TAMIS_STRING, SOURCE(language), NULL, 0, 0, NULL,
     "field of the language; left out: told from the text"},
    {"date", TAMIS_STRING, SOURCE(date), NULL, 0, 0, NULL, "field of the date; noted, and not looked at yet"},
    {"confidential", TAMIS_BOOL, SOURCE(confidential), "false", 0, 0, NULL,
     "true: no text and no id of it in reports, drops and rejects"},
    {"take", TAMIS_COUNT, SOURCE(take), "0", 0, MOST_TOKENS, NULL, "a seeded cap on its size, tokens; 0: all of it"},
    {0},
};

#define HOLDOUT(field) offsetof(struct recipe_holdout, field)
const tamis_param recipe_holdout_params[] = {
    {"share", TAMIS_REAL, HOLDOUT(share), "0.005", 0, 0.5, NULL, "share of the documents of each domain, 0 to 0.5"},
    {"max_documents", TAMIS_COUNT, HOLDOUT(max_documents), "5000", 1, 1e15, NULL, "at most so many documents a domain"},
    {0},
};

#define DEDUP(field) offsetof(struct recipe_dedup, field)
const tamis_param recipe_dedup_params[] = {
    {"exact", TAMIS_BOOL, DEDUP(exact), "true", 0, 0, NULL, "true: documents of equal text are dropped but for one"},
    {0},
};

const tamis_param recipe_minhash_params[] = {
    {"bands", TAMIS_COUNT, DEDUP(bands), "16", 1, 1024, NULL, "bands; bands x rows is at most 1024"},
    {"rows", TAMIS_COUNT, DEDUP(rows), "6", 1, 1024, NULL, "rows of a band"},
    {"shingle", TAMIS_COUNT, DEDUP(shingle), "5", 1, 64, NULL, "words of a shingle"},
    {"threshold", TAMIS_REAL, DEDUP(threshold), NULL, 0.01, 1, NULL,
     "Jaccard similarity of a near-duplicate, 0.01 to 1: one number, or a map from domain (or `default`) to number; "
     "left out: 0.95 for code, tables and law, 0.8 for the rest"},
    {"verify", TAMIS_CHOICE, DEDUP(verify), "exact", 0, 0, "exact|none",
     "exact: pairs are verified by the Jaccard similarity of their shingles; none: taken on trust"},
    {"keep", TAMIS_STRINGS, DEDUP(keep_text), "source,longest", 0, 0, NULL,
     "who stays: source (the first), longest, max:FIELD, min:FIELD, one after the other"},
    {"scope", TAMIS_CHOICE, DEDUP(scope), "all", 0, 0, "all|domain", "all: duplicates are sought across domains"},
    {"compat", TAMIS_CHOICE, DEDUP(compat), "none", 0, 0, "none|datatrove",
     "datatrove: its signatures and verdicts (0.10, English); 14 bands, 8 rows, no threshold, nothing verified"},
    {0},
};

#define SCORE(field) offsetof(struct recipe_score, field)
const tamis_param recipe_score_params[] = {
    {"scorer", TAMIS_STRING, SCORE(name), NULL, 0, 0, NULL, "name of the scorer; its own options stand beside it"},
    {"trajectories", TAMIS_STRING, SCORE(trajectories), "proxy", 0, 0, NULL,
     "proxy: losses of the built-in model; or a folder or file of them, seen from the recipe's folder; not for scorers "
     "of texts"},
    {0},
};

#define PROXY(field) offsetof(struct recipe_proxy, field)
const tamis_param recipe_proxy_params[] = {
    {"passes", TAMIS_COUNT, PROXY(passes), "3", 1, 1000, NULL, "how often the proxy reads the documents"},
    {"checkpoints", TAMIS_COUNT, PROXY(checkpoints), "12", 2, 10000, NULL,
     "states of the proxy at which every document's loss is measured, evenly over the passes"},
    {"document_bytes", TAMIS_SIZE, PROXY(document_bytes), "8K", 0, MOST_BYTES, NULL,
     "bytes of a document that the proxy sees; 0: all of it"},
    {"max_bytes", TAMIS_SIZE, PROXY(max_bytes), "0", 0, MOST_BYTES, NULL,
     "bytes of text that the proxy sees, a seeded sample of the documents; 0: all of them"},
    {0},
};

#define SELECT(field) offsetof(struct recipe_select, field)
const tamis_param recipe_select_params[] = {
    {"keep", TAMIS_REAL, SELECT(keep), "1", 0, 1, NULL, "share of the domain's tokens that stays, greater than 0 to 1"},
    {"policy", TAMIS_CHOICE, SELECT(policy), "random", 0, 0, "top|bottom|middle|random",
     "which documents stay: of the highest scores, the lowest, those between, or by lot; must be said where there are "
     "scores"},
    {"unscored", TAMIS_CHOICE, SELECT(unscored), "keep", 0, 0, "keep|drop|random",
     "what becomes of documents without a score; of no effect under `policy: random`"},
    {"prune_scarce", TAMIS_BOOL, SELECT(prune_scarce), "false", 0, 0, NULL,
     "true: prune below what the targets need, too"},
    {0},
};

#define TARGET(field) offsetof(struct recipe_target, field)
const tamis_param recipe_target_params[] = {
    {"name", TAMIS_STRING, TARGET(name), NULL, 0, 0, NULL, "name of the target: letters, digits, `_`, `-`, `.`"},
    {"domain", TAMIS_STRING, TARGET(domain_name), NULL, 0, 0, NULL, "domain it is made for"},
    {"general", TAMIS_STRING, TARGET(general_name), "general", 0, 0, NULL, "domain of the rest"},
    {"parameters", TAMIS_REAL, TARGET(parameters), "0", 0, 1e18, NULL, "parameters of the model; 0: not said"},
    {"tokens", TAMIS_COUNT, TARGET(tokens), "0", 0, MOST_TOKENS, NULL,
     "size, tokens; 0: as large as the pools allow without repeats"},
    {"ratio", TAMIS_REAL, TARGET(ratio), NULL, 0, 1, NULL,
     "share of the tokens that is of `domain`, 0 to 1; or a map from domain to share that sums to 1"},
    {"law", TAMIS_STRING, TARGET(law), NULL, 0, 0, NULL,
     "instead of `ratio`: LAW.json, seen from the recipe's folder; the ratio then follows from it and `budget`"},
    {"against", TAMIS_CHOICE, TARGET(against), "replay_only", 0, 0, "replay_only|base",
     "what the general loss is held against: training on the general domain alone, or the model before it"},
    {"max_epochs", TAMIS_REAL, TARGET(epochs), "4", 1, 255, NULL,
     "how often a document may be used, 1 to 255: one number, or a map from domain (or `default`) to number"},
    {0},
};

const tamis_param recipe_budget_params[RECIPE_BUDGETS + 1] = {
    {"difference", TAMIS_REAL, 0 * sizeof(double), NULL, 0, INFINITY, NULL,
     "nats by which the general loss may lie above what it is held against"},
    {"relative", TAMIS_REAL, 1 * sizeof(double), NULL, 0, INFINITY, NULL,
     "the same as a fraction of the loss: 0.03 is 3 %"},
    {"absolute", TAMIS_REAL, 2 * sizeof(double), NULL, 0, INFINITY, NULL, "the general loss that may be reached, nats"},
    {"weight", TAMIS_REAL, 3 * sizeof(double), NULL, 0, 1, NULL,
     "weight w of the domain's loss, 0 to 1: w x domain loss + (1 - w) x general loss is made smallest"},
    {0},
};

const char *budget_name(enum budget budget)
{
    return budget == BUDGET_NONE ? "none" : recipe_budget_params[budget - BUDGET_DIFFERENCE].name;
}

#define OUTPUT(field) offsetof(struct recipe_output, field)
const tamis_param recipe_output_params[] = {
    {"shard_bytes", TAMIS_SIZE, OUTPUT(shard_bytes), "256M", 65536, 1099511627776.0, NULL,
     "size of a shard before compression, bytes"},
    {"compression", TAMIS_STRING, OUTPUT(compression_text), "zstd:3", 0, 0, NULL, "zstd:LEVEL, gzip:LEVEL or none"},
    {"dropped", TAMIS_CHOICE, OUTPUT(dropped), "ids", 0, 0, "ids|full|none",
     "what is written of dropped documents: ids and verdicts, the whole lines, or nothing"},
    {0},
};

const struct recipe_table recipe_tables[] = {
    {"", "map", "the recipe itself", recipe_top_params},
    {"sources", "list of maps", "named sets of input files; their order says who wins a duplicate",
     recipe_source_params},
    {"holdout", "map, or none", "documents of each domain that are set aside for validation", recipe_holdout_params},
    {"filters", "list of names, or of maps from name to options",
     "what drops documents, in this order; `on` names the kinds and domains a filter may drop from", NULL},
    {"dedup", "map, or none", "exact and near duplicates", recipe_dedup_params},
    {"dedup.minhash", "map, or none", "near duplicates, found by MinHash", recipe_minhash_params},
    {"score", "map, or none", "a number for each document, from its text or from its losses along a training run",
     recipe_score_params},
    {"score.proxy", "map", "the model that is trained for its losses, where no trajectories are given",
     recipe_proxy_params},
    {"select", "map from domain to map", "pruning; nothing is pruned where nothing is said", recipe_select_params},
    {"targets", "list of maps", "the models to be trained; left out: one target of everything", recipe_target_params},
    {"targets.budget", "map with one key", "what a target by law may cost in general loss", recipe_budget_params},
    {"accept", "map from rule to share, or all", "shares of a domain that a rule may drop, greater than 0 to 1", NULL},
    {"output", "map", "how the shards are written", recipe_output_params},
    {0},
};
