/*
 * tamis: downscale training data.
 *
 * The one installed header, in tiers: values and errors; the text of a document and its views; filters; scorers.
 *
 * One rule of ownership holds everywhere: a function never keeps a pointer it was passed unless its name says `take`.
 * Functions that return tamis_status leave their tamis_err untouched on success. The library never prints and never
 * exits.
 */
#ifndef TAMIS_H
#define TAMIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TAMIS_PRINTF(text_at, first) __attribute__((format(printf, text_at, first)))
#define TAMIS_MUST_CHECK __attribute__((warn_unused_result))
#define TAMIS_API __attribute__((visibility("default")))
#else
#define TAMIS_PRINTF(text_at, first)
#define TAMIS_MUST_CHECK
#define TAMIS_API
#endif

#define TAMIS_VERSION "0.1.0"
#define TAMIS_FILTER_ABI 3u
#define TAMIS_SCORER_ABI 1u

/* ---- Values and errors ------------------------------------------------------------------------------------------ */

/* Bytes somebody else owns; never NUL-terminated by promise. */
typedef struct tamis_str {
    const char *at;
    size_t len;
} tamis_str;

/* What an operation came to. The numbers are the exit codes of the program. */
typedef enum tamis_status {
    TAMIS_OK = 0,
    TAMIS_DAMAGED = 1,      /* finished, but a stream was damaged or too many records were rejected */
    TAMIS_USAGE = 2,        /* the command line or the recipe is wrong, or the gate closed */
    TAMIS_INPUT = 3,        /* the input cannot be read or is invalid, or the plan is infeasible */
    TAMIS_IO = 4,           /* disk full, permission, not enough memory */
    TAMIS_INTERNAL = 5,     /* a promise of ours is broken */
    TAMIS_CLOSED = 6,       /* whoever read our output has gone: quiet, exit 0 */
    TAMIS_INTERRUPTED = 130 /* stopped by a signal; the same command continues */
} tamis_status;

typedef struct tamis_err {
    tamis_status status;
    char text[1024]; /* one or more lines: what happened, where, what to do; no trailing newline */
} tamis_err;

/* Fills `err` (which may be NULL) and returns `status`, so that callers write `return tamis_fail(...)`. */
TAMIS_API tamis_status tamis_fail(tamis_err *err, tamis_status status, const char *format, ...) TAMIS_PRINTF(3, 4);

TAMIS_API const char *tamis_version(void);

/*
 * Instruction sets that vector code is written for, each including those before it. AVX2 includes BMI and POPCNT;
 * AVX-512 means F, BW, DQ, VL and VBMI2. What is decided never depends on them.
 */
typedef enum tamis_cpu { TAMIS_CPU_PLAIN, TAMIS_CPU_AVX2, TAMIS_CPU_AVX512 } tamis_cpu;

/* The best this machine has, or what the environment variable TAMIS_CPU (plain, avx2, avx512) lowers it to. */
TAMIS_API tamis_cpu tamis_cpu_best(void);
TAMIS_API const char *tamis_cpu_name(tamis_cpu cpu);
/* Whether TAMIS_CPU is unset or names one of them. */
TAMIS_API bool tamis_cpu_known(void);

/* The entry of `names` (ends with NULL) nearest to `word`, or NULL when none is near enough to be meant. */
TAMIS_API const char *tamis_nearest(tamis_str word, const char *const *names);

/* ---- The text of a document ------------------------------------------------------------------------------------- */

/*
 * One document's text with its views: tokens, lines, paragraphs, language. Every view is made on first use and lives
 * until the text is set again. A tamis_text serves one thread at a time. Texts are valid UTF-8 of at most 4 GiB - 1.
 * When memory runs out a view is empty and tamis_text_failed() is true: the caller discards what it measured.
 */
typedef struct tamis_text tamis_text;

TAMIS_API tamis_text *tamis_text_new(void); /* NULL when memory runs out */
TAMIS_API void tamis_text_free(tamis_text *text); /* accepts NULL */
/* Points `text` at `bytes`, which must be valid UTF-8 and outlive its use; forgets all views. */
TAMIS_API void tamis_text_set(tamis_text *text, tamis_str bytes);
TAMIS_API bool tamis_text_failed(const tamis_text *text);
/* For filters and scorers that run out of memory of their own: tamis_text_failed() is true until the next set. */
TAMIS_API void tamis_text_fail(tamis_text *text);

TAMIS_API tamis_str tamis_text_bytes(const tamis_text *text);
TAMIS_API uint64_t tamis_text_chars(tamis_text *text); /* Unicode code points */

/*
 * A token of dialect words-1. A word is a run of letters (L*), digits (N*), `_` and the combining marks (M*) that
 * follow one of these; in scripts without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar) every letter with its
 * combining marks is a word. Every other character that is not white space is a token by itself, a mark.
 */
typedef struct tamis_token {
    uint32_t at;    /* byte offset in the text */
    uint32_t bytes; /* length */
    uint32_t chars; /* length in code points */
    uint32_t is;    /* TAMIS_TOKEN_ flags */
} tamis_token;

enum {
    TAMIS_TOKEN_WORD = 1,       /* a word; without it, a mark */
    TAMIS_TOKEN_ALPHABETIC = 2, /* holds at least one letter */
    TAMIS_TOKEN_PUNCTUATION = 4 /* nothing but punctuation (P*, ASCII punctuation) and control characters */
};

typedef struct tamis_tokens {
    const tamis_token *at;
    size_t count; /* words and marks, in text order */
    size_t words;
} tamis_tokens;

TAMIS_API tamis_tokens tamis_text_tokens(tamis_text *text);

/*
 * The same tokens as columns, for work that needs no more: where each begins and ends (byte offsets) and a hash of its
 * bytes with letters folded to lower case (simple case folding). Tokens with equal folded bytes have equal hashes; the
 * reverse holds but for chance (64 bits).
 */
typedef struct tamis_outline {
    const uint32_t *begin, *end;
    const uint64_t *hash;
    size_t count;
} tamis_outline;

TAMIS_API tamis_outline tamis_text_outline(tamis_text *text);

/* Sums over the tokens, without a list of them being made. */
typedef struct tamis_counts {
    uint64_t tokens, words;
    uint64_t unspaced;               /* words that are a letter of a script without spaces */
    uint64_t alphabetic;             /* tokens with TAMIS_TOKEN_ALPHABETIC */
    uint64_t sounding, sounding_chars; /* tokens without TAMIS_TOKEN_PUNCTUATION, and their code points */
} tamis_counts;

TAMIS_API tamis_counts tamis_text_counts(tamis_text *text);

typedef struct tamis_span {
    uint32_t at;    /* byte offset in the text */
    uint32_t bytes; /* length */
    uint32_t chars; /* length in code points */
} tamis_span;

typedef struct tamis_spans {
    const tamis_span *at;
    size_t count;
} tamis_spans;

typedef enum tamis_split {
    TAMIS_SPLIT_LINES,      /* at LF CR CRLF VT FF FS GS RS NEL U+2028 U+2029; no empty last line */
    TAMIS_SPLIT_NEWLINES,   /* at runs of LF; a text that ends in LF has an empty last piece */
    TAMIS_SPLIT_PARAGRAPHS, /* of the text without white space at its ends, at runs of two and more LF */
    TAMIS_SPLIT_KINDS
} tamis_split;

TAMIS_API tamis_spans tamis_text_split(tamis_text *text, tamis_split how);

/* `s` without the white space (Unicode White_Space, U+001C to U+001F) at its ends. For filters that look at lines. */
TAMIS_API tamis_str tamis_trim(tamis_str s);

/* ISO 639 code of the language CLD2 finds most of, "un" when it is not sure. Static storage. */
TAMIS_API const char *tamis_text_language(tamis_text *text);

/* ---- Kinds of text ---------------------------------------------------------------------------------------------- */

typedef enum tamis_kind {
    TAMIS_PROSE,
    TAMIS_CODE,
    TAMIS_MATH,
    TAMIS_MARKUP,
    TAMIS_TABLE,
    TAMIS_OTHER,
    TAMIS_KINDS
} tamis_kind;

#define TAMIS_KIND_BIT(kind) (1u << (kind))
#define TAMIS_EVERY_KIND ((1u << TAMIS_KINDS) - 1u)

/* ---- Options ---------------------------------------------------------------------------------------------------- */

typedef enum tamis_param_type {
    TAMIS_BOOL,   /* bool */
    TAMIS_COUNT,  /* uint64_t; 20e9 256K 1.5M, powers of 1000 */
    TAMIS_SIZE,   /* uint64_t bytes; 64M is 64 MiB, powers of 1024 */
    TAMIS_REAL,   /* double; `none` is NaN where the fallback or the help says so */
    TAMIS_STRING, /* const char *, NULL when unset */
    TAMIS_CHOICE, /* int: index into `choices` */
    TAMIS_STRINGS /* tamis_strings */
} tamis_param_type;

typedef struct tamis_strings {
    const char **at;
    size_t count;
} tamis_strings;

/* One line of an option table. Parser, help, documentation and resolved recipes are all made from such tables. */
typedef struct tamis_param {
    const char *name;     /* NULL ends a table */
    tamis_param_type type;
    size_t offset;        /* of the field in the struct that holds the values */
    const char *fallback; /* the default as text; NULL: unset, NaN, empty */
    double min, max;      /* inclusive range of COUNT, SIZE and REAL; both 0: any */
    const char *choices;  /* "exact|none" for TAMIS_CHOICE, else NULL */
    const char *help;     /* one line, with the unit */
} tamis_param;

/* ---- Filters ---------------------------------------------------------------------------------------------------- */

typedef enum tamis_side { TAMIS_DROP_BELOW, TAMIS_DROP_ABOVE } tamis_side;

/* A test of one signal against one threshold, strict on both sides. */
typedef struct tamis_rule {
    const char *name;     /* unique within the program: the name in verdicts, `accept` and `restore` */
    const char *signal;   /* the measured number; rules with the same signal measure the same thing */
    tamis_side side;
    double threshold;     /* NaN: the rule is switched off */
    const char *language; /* the rule drops only text in this language (ISO 639); NULL: any */
    bool needs_spaces;    /* the rule drops only text in which at most a third of the words are letters of scripts
                             without spaces (tamis_counts.unspaced) */
} tamis_rule;

/*
 * A filter measures; the program compares and decides. It never frees, reorders, edits or prints. `self` holds the
 * options and what open() loads, is read-only afterwards and shared by all threads; `scratch` belongs to one thread.
 * Both come zeroed. Callbacks may be NULL where nothing is to be done, except rules and measure.
 */
typedef struct tamis_filter {
    uint32_t abi;     /* TAMIS_FILTER_ABI */
    uint32_t version; /* raised whenever a verdict can change */
    const char *name; /* the name of its file */
    const char *summary;
    uint32_t kinds;   /* bits of the kinds it was made for: elsewhere it is measured and never drops unless asked */
    const tamis_param *params;
    size_t self_bytes, scratch_bytes;
    tamis_status (*open)(void *self, tamis_err *err);
    void (*close)(void *self);
    tamis_status (*scratch_open)(const void *self, void *scratch, tamis_err *err);
    void (*scratch_close)(const void *self, void *scratch);
    /* The rules in the order they are tested. They live as long as `self`. */
    size_t (*rules)(const void *self, const tamis_rule **rules);
    /* A hash of what verdicts depend on besides the options: files that open() read. NULL: nothing. */
    uint64_t (*fingerprint)(const void *self);
    /* Called once per document before the first measure(). */
    void (*begin)(const void *self, void *scratch, tamis_text *text);
    /* The value of rule `rule`'s signal; NaN when it does not apply to this text. Rules are asked in any order. */
    double (*measure)(const void *self, void *scratch, tamis_text *text, size_t rule);
    /*
     * Whether rule `rule` surely keeps the text, found for less than measuring costs: true only when the value of
     * measure() would not fail the rule's test. Asked where only the verdict matters. NULL: always measure.
     */
    bool (*clears)(const void *self, void *scratch, tamis_text *text, size_t rule);
    /* What people should know of the options given, such as that they are slow: lines without "warning:", or NULL. They
     * live as long as `self`. NULL: nothing ever. */
    const char *(*warning)(const void *self);
} tamis_filter;

/* All filters linked in, by name; ends with NULL. */
TAMIS_API const tamis_filter *const *tamis_filters(void);

/*
 * Rule packs: where a pack named NAME is found (filters/packs/NAME.yaml). The packs are compiled in, so that a copied
 * binary has them. `*yaml` receives static storage. False: there is no such pack.
 */
TAMIS_API bool tamis_pack(const char *name, tamis_str *yaml);
/* The name of a pack that may have been meant, or NULL. */
TAMIS_API const char *tamis_pack_nearest(const char *name);

/* ---- Scorers ---------------------------------------------------------------------------------------------------- */

/*
 * A scorer turns a text, or a document's losses along a training run, into one number; never into a verdict. Options
 * and `self` are as with filters. Exactly one of `text` and `observe` is set.
 *
 * A trajectory is folded: begin(), observe() for every measured loss in the order of the checkpoints, score(). The
 * state is state_bytes(self) large, whatever the number of checkpoints, and holds no pointers. Checkpoints at which the
 * document was not measured are left out by the caller and shift nothing but `checkpoint`.
 */
typedef struct tamis_scorer {
    uint32_t abi;     /* TAMIS_SCORER_ABI */
    uint32_t version; /* raised whenever a score can change */
    const char *name; /* the name of its file */
    const char *summary;
    const tamis_param *params;
    size_t self_bytes;
    tamis_status (*open)(void *self, tamis_err *err);
    void (*close)(void *self);
    /* The score of a text; NaN: it has none. */
    double (*text)(const void *self, tamis_text *text);
    size_t (*state_bytes)(const void *self);
    void (*begin)(const void *self, void *state);
    /* `checkpoint`: place among the run's checkpoints, from 0; `loss`: nats per token or byte, finite, >= 0. */
    void (*observe)(const void *self, void *state, uint64_t checkpoint, double loss);
    /* NaN: too few observations. *shortened: there were fewer than a window holds, and the window was made as short. */
    double (*score)(const void *self, const void *state, bool *shortened);
} tamis_scorer;

/* All scorers linked in, by name; ends with NULL. */
TAMIS_API const tamis_scorer *const *tamis_scorers(void);

/*
 * e to the power of x and the natural logarithm in plain arithmetic, within 1 ulp: the same bits on every machine,
 * which the C library does not promise. Limits as in C99: exp(-inf) 0, exp(inf) inf, log(0) -inf, log(<0) NaN.
 */
TAMIS_API double tamis_exp(double x);
TAMIS_API double tamis_log(double x);

#ifdef __cplusplus
}
#endif
#endif
