/*
 * The recipe: everything a run was asked to do, read from YAML, every default filled in.
 * Names are resolved to indexes here and nowhere else: an unknown source, domain, kind, filter or key is an error with
 * file, line, column and the nearest name.
 */
#ifndef TAMIS_RECIPE_RECIPE_H
#define TAMIS_RECIPE_RECIPE_H

#include "core/param.h"
#include "io/paths.h"
#include "io/reader.h"
#include "io/stream.h"
#include "recipe/scoring.h"

#define RECIPE_VERSION 1
#define RECIPE_MAX_SOURCES 4096
#define RECIPE_MAX_TARGETS 64
#define RECIPE_MAX_FILTERS 1024
#define KIND_UNKNOWN (-1) /* told from a sample before the run */

struct recipe_source {
    const char *name, *domain_name, *format_name, *kind_name;
    tamis_strings paths;           /* as written */
    const char *text, *id, *tokens, *language, *date; /* fields */
    bool confidential;
    uint64_t take;                 /* tokens; 0: all */
    uint16_t domain;               /* index */
    int kind;                      /* enum tamis_kind or KIND_UNKNOWN */
    double threshold;              /* of near-duplicates: what its domain says, else what follows from its kind */
    const struct reader_format *format; /* NULL: by each file's name */
};

struct recipe_domain {
    const char *name;
    double threshold; /* Jaccard at which two of its documents are near-duplicates; NaN: by the kind of each */
};

struct recipe_filter {
    const tamis_filter *filter;
    void *self;            /* opened */
    const char *on_text;   /* as written, NULL: where the filter was made for */
    uint32_t kinds;        /* bits: documents of these kinds can be dropped .. */
    const bool *domains;   /* .. in these domains, by index; NULL: every domain */
    bool any_language;     /* `on: all`: rules may drop text in languages and scripts they were not made for */
    const struct tree *options; /* its map in the recipe, NULL: none */
};

enum verify { VERIFY_EXACT, VERIFY_NONE };
enum scope { SCOPE_ALL, SCOPE_DOMAIN };
enum compat_with { COMPAT_NONE, COMPAT_DATATROVE };
enum keep_by { KEEP_SOURCE, KEEP_LONGEST, KEEP_MAX, KEEP_MIN };

struct keep_key {
    enum keep_by by;
    unsigned field; /* KEEP_MAX, KEEP_MIN: index into record.numbers */
};

struct recipe_dedup {
    bool exact, minhash;
    uint64_t shingle, bands, rows;
    int verify, scope, compat;
    struct keep_key keep[2 + RECORD_NUMBERS];
    size_t keep_count;
    const char *numbers[RECORD_NUMBERS]; /* fields that keep names */
    tamis_strings keep_text;             /* as written */
    double threshold;                    /* one number for all domains; see struct recipe_source for what counts */
};

struct recipe_holdout {
    bool on;
    double share;           /* of a domain's documents */
    uint64_t max_documents; /* of a domain */
};

enum policy { POLICY_TOP, POLICY_BOTTOM, POLICY_MIDDLE, POLICY_RANDOM };
enum unscored { UNSCORED_KEEP, UNSCORED_DROP, UNSCORED_RANDOM };

struct recipe_select {
    bool on;      /* some of the domain is to go: keep < 1 */
    double keep;  /* share of tokens that stays */
    int policy;   /* enum policy */
    int unscored; /* enum unscored: what becomes of documents without a score */
    bool prune_scarce;
};

struct recipe_proxy {
    uint64_t passes, checkpoints;
    uint64_t document_bytes; /* texts are cut there; 0: never */
    uint64_t max_bytes;      /* a seeded sample of the documents up to so many bytes of text; 0: all */
};

struct recipe_score {
    bool on;
    const char *name;          /* of the scorer */
    struct scoring scoring;    /* opened; copy its options with scoring_open() for other threads */
    const struct tree *options; /* its map in the recipe */
    const char *trajectories;  /* "proxy", or a folder or file, which may not be there yet; NULL: scores texts */
    struct recipe_proxy proxy;
    uint64_t fingerprint;      /* of imported trajectories: names, sizes and times of their files; 0: there are none */
};

enum budget { BUDGET_NONE, BUDGET_DIFFERENCE, BUDGET_RELATIVE, BUDGET_ABSOLUTE, BUDGET_WEIGHT };
const char *budget_name(enum budget budget); /* "difference" .., its key in a recipe; "none" */
enum against { AGAINST_REPLAY_ONLY, AGAINST_BASE };

struct ratio_facts; /* run/ratio_facts.h */

struct recipe_target {
    const char *name, *domain_name, *general_name;
    uint16_t domain, general; /* indexes; equal when the recipe has no general domain */
    double parameters;        /* 0: not said */
    uint64_t tokens;          /* 0: as many as the pools allow without repeats */
    double ratio;             /* share of the tokens that is of `domain` */
    double *shares;           /* per domain index; sums to 1 */
    double *max_epochs;       /* per domain index; at least 1 */
    double epochs;            /* one max_epochs for all domains; see max_epochs for what counts */
    const char *law;          /* LAW.json; NULL: the ratio is given. By law, ratio and shares are 0 until the plan */
    tamis_str law_text;       /* its bytes; empty in a run that is only looked at */
    uint64_t law_hash;        /* of its bytes */
    int budget, against;      /* enum budget, enum against */
    double budget_limit;      /* nats, a fraction or a loss, as the budget says */
    const char *binding;      /* what set a ratio by law, once it is known; NULL: not by law */
    const struct ratio_facts *facts; /* how sure it is, with `binding` */
    bool natural;             /* every pool whole and once; ratio and shares are 0 until the pools are known */
};

struct recipe_accept {
    const char *rule; /* "all", a rule, or dedup.SOURCE */
    double share;
};

struct recipe_output {
    uint64_t shard_bytes;
    const char *compression_text;
    struct codec_choice codec;
    int dropped; /* enum dropped */
};

enum dropped { DROPPED_IDS, DROPPED_FULL, DROPPED_NONE };

struct recipe {
    struct arena arena; /* owns everything here */
    const char *path, *folder; /* for messages; what its paths are relative to, NULL: the working folder */
    bool saved;                /* see recipe_load_saved() */
    uint64_t version, seed;
    const char *tokenizer;
    uint64_t max_line;
    struct recipe_source *sources;
    size_t source_count;
    struct recipe_domain *domains; /* in the order sources name them */
    size_t domain_count;
    struct recipe_filter *filters;
    size_t filter_count;
    struct recipe_dedup dedup;
    struct recipe_holdout holdout;
    struct recipe_score score;
    struct recipe_select *select; /* per domain index */
    struct recipe_target *targets;
    size_t target_count;
    struct recipe_accept *accept;
    size_t accept_count;
    struct recipe_output output;
    bool tokens_estimated, ratio_exact;
};

/* `sets` are --set arguments "a.b=c". The recipe is to be released even when loading failed. */
tamis_status recipe_load(struct recipe *r, const char *path, const tamis_strings *sets, tamis_err *err)
    TAMIS_MUST_CHECK;
/* A recipe saved in a run folder, only to look at that run: laws and trajectories are not looked for, since they may be
 * gone by now, and have no hash. */
tamis_status recipe_load_saved(struct recipe *r, const char *path, tamis_err *err) TAMIS_MUST_CHECK;
/* Any recipe in that way, with `sets`: what it says, before its laws are made. */
tamis_status recipe_look(struct recipe *r, const char *path, const tamis_strings *sets, tamis_err *err)
    TAMIS_MUST_CHECK;
/* The same as recipe_load() from YAML text; `folder` is what its paths are relative to. For the verbs that work on
 * files. */
tamis_status recipe_parse(struct recipe *r, const char *name, const char *folder, tamis_str yaml,
                          const tamis_strings *sets, tamis_err *err) TAMIS_MUST_CHECK;
void recipe_release(struct recipe *r);

/*
 * Sections of the recipe as canonical YAML, every default written out: what is saved, shown and hashed. Files that
 * decide something (laws, imported trajectories) are named in the whole recipe; in a section they stand for what is in
 * them.
 */
enum recipe_section {
    SECTION_SOURCES = 1,
    SECTION_FILTERS = 2,
    SECTION_SKETCH = 4,  /* what the survey needs to know of dedup */
    SECTION_DEDUP = 8,
    SECTION_HOLDOUT = 16,
    SECTION_SELECT = 32,
    SECTION_TARGETS = 64,
    SECTION_OUTPUT = 128,
    SECTION_ACCEPT = 256,
    SECTION_SCORE = 512,
    SECTION_WHOLE = 1023
};
bool recipe_print(const struct recipe *r, unsigned sections, struct buf *out) TAMIS_MUST_CHECK;

/* What a sample told about a source whose kind was left out: sets it, and the threshold that follows from it. */
void recipe_tell_kind(struct recipe *r, size_t source, tamis_kind kind);

/* The stricter threshold of documents of two sources. */
double recipe_threshold(const struct recipe *r, uint16_t source_a, uint16_t source_b);
/* Whether documents of the domain are to go by their score. */
bool recipe_prunes_by_score(const struct recipe *r, size_t domain);
bool recipe_prunes_by_any_score(const struct recipe *r); /* documents of any domain */
/* Tokens that a share of `whole` is, rounded up; one meant as a decimal (0.28 of 100) does not round to one more. */
uint64_t recipe_share_of(double share, uint64_t whole);
/* The share accepted for a rule, or `usual` when nothing was said. */
double recipe_accepts(const struct recipe *r, const char *rule, double usual);

#endif
