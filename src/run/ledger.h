/*
 * The ledger: the columns that hold every document's numbers and verdict. Everything after the survey works on it.
 *
 *   RUN/ledger/schema.json             version, rules, sources, domains
 *   RUN/ledger/inputs.json             the parts, with size and time
 *   RUN/ledger/part-000000/survey.npy  one row per document, in number order; never rewritten
 *                         /ids.npy /ids.bin   offsets (count + 1) and bytes of the ids
 *                         /bands.npy   band keys, shape (bands, n): those of the n documents flagged SKETCHED, in
 *                                      number order, band by band
 *                         /sample.npy  every signal of the sampled documents
 *                         /numbers.npy fields the keeper order asks for, when it asks
 *                         /resolve.npy duplicates and hold-out
 *                         /score.npy   scores and what they are held against
 *                         /select.npy  pruned by score, by lot, or over a source's cap
 *                         /mix.npy     how often each target drew the document
 *
 * A ledger part is a block of 64 MiB of raw text or 2^18 documents, or more, the unit of resume; it appears by one
 * rename. The verdict of a document is the first non-zero rule in stage order.
 */
#ifndef TAMIS_RUN_LEDGER_H
#define TAMIS_RUN_LEDGER_H

#include "core/hash.h"
#include "core/npy.h"
#include "core/npy_columns.h"
#include "recipe/rules.h"

#define LEDGER_VERSION 2
#define LEDGER_BLOCK ((uint64_t)64 << 20)
#define LEDGER_BLOCK_DOCUMENTS ((uint64_t)256 << 10) /* or as many, where they are that short */
#define LEDGER_NOBODY UINT64_MAX

struct survey_row {
    uint64_t offset;      /* of the raw record in its decoded part */
    uint64_t hash_high, hash_low; /* XXH3-128 of the text as dedup sees it; 0,0 for rejects */
    double value;         /* what the rule measured; for a line too long its length in bytes */
    uint32_t part;        /* index into inputs */
    uint32_t length;      /* raw bytes without the newline; of a damaged stretch: what is lost; at most UINT32_MAX */
    uint32_t text_bytes;  /* decoded text */
    uint32_t tokens;
    uint16_t source, domain; /* indexes into the recipe */
    uint16_t rule;        /* index into rules + 1; 0: kept so far */
    uint8_t kind;         /* enum tamis_kind */
    uint8_t flags;        /* SURVEY_ */
};

enum { SURVEY_HAS_ID = 1, SURVEY_SKETCHED = 2, SURVEY_TOKENS_COUNTED = 4, SURVEY_UNSPACED = 8 };

static inline bool survey_tokens_estimated(const struct survey_row *row)
{
    return row->tokens && !(row->flags & SURVEY_TOKENS_COUNTED);
}

struct resolve_row {
    uint64_t keeper;    /* number of the document that stays, LEDGER_NOBODY: not a duplicate */
    double similarity;  /* verified Jaccard with the keeper; NaN when not verified */
    uint16_t rule;      /* index + 1; 0: stays */
    uint8_t held_out;   /* 1: goes to valid/ */
    uint8_t clustered;  /* 1: some other document was found similar to it */
    uint32_t unused;
};

struct score_row {
    double score;       /* NaN: none */
    double mean_loss, final_loss; /* over its checkpoints, nats per unit; NaN: not measured */
    double compression; /* bytes of its text by bytes of it compressed (zstd 3); NaN: not scored */
    uint32_t observed;  /* checkpoints it was measured at */
    uint8_t shortened;  /* 1: fewer than the scorer's window holds */
    uint8_t eligible;   /* 1: its domain was to be scored */
    uint8_t unused[2];
};

struct select_row {
    double value;       /* the score; the tokens of documents drawn by lot or over a cap */
    double threshold;   /* the score at the cut; the share or the cap */
    uint16_t rule;      /* index + 1; 0: stays */
    uint16_t unused[3];
};

#define SURVEY_DTYPE \
    "[('offset','<u8'),('hash_high','<u8'),('hash_low','<u8'),('value','<f8'),('part','<u4'),('length','<u4')," \
    "('text_bytes','<u4'),('tokens','<u4'),('source','<u2'),('domain','<u2'),('rule','<u2'),('kind','|u1')," \
    "('flags','|u1')]"
#define RESOLVE_DTYPE \
    "[('keeper','<u8'),('similarity','<f8'),('rule','<u2'),('held_out','|u1'),('clustered','|u1'),('unused','<u4')]"
#define SCORE_DTYPE \
    "[('score','<f8'),('mean_loss','<f8'),('final_loss','<f8'),('compression','<f8'),('observed','<u4')," \
    "('shortened','|u1'),('eligible','|u1'),('unused','|u1',(2,))]"
#define SELECT_DTYPE "[('value','<f8'),('threshold','<f8'),('rule','<u2'),('unused','<u2',(3,))]"

struct input {
    const char *path;      /* as opened */
    uint16_t source;
    const struct reader_format *format;
    uint64_t bytes, time;  /* size and modification time (ns) when surveyed; 0 for a pipe */
};

struct inputs {
    struct input *at;
    size_t count;
};

/* Every source's files in number order. Memory from the recipe's arena. */
tamis_status inputs_find(struct inputs *inputs, struct recipe *recipe, tamis_err *err) TAMIS_MUST_CHECK;
uint64_t inputs_bytes(const struct inputs *inputs); /* of all, encoded */

struct ledger_part {
    uint64_t first; /* number of its first document */
    size_t count;
    struct npy survey, id_offsets, numbers, resolve, score, select, mix;
    struct npy_columns bands; /* zero: not asked for */
    const char *id_bytes;
    size_t id_bytes_len;
};

struct ledger {
    const char *folder; /* RUN/ledger, borrowed */
    struct ledger_part *parts;
    size_t part_count;
    uint64_t documents;
    unsigned bands;   /* keys per sketched document */
    unsigned numbers; /* fields per document in numbers.npy */
    unsigned targets; /* columns of mix.npy */
};

/* Which files to map, in stage order; every part must have them. */
enum {
    LEDGER_SURVEY = 1,
    LEDGER_BANDS = 2,
    LEDGER_NUMBERS = 4,
    LEDGER_RESOLVE = 8,
    LEDGER_SELECT = 16,
    LEDGER_MIX = 32,
    LEDGER_SCORE = 64
};

tamis_status ledger_open(struct ledger *l, const char *folder, const struct recipe *recipe, unsigned files,
                         tamis_err *err) TAMIS_MUST_CHECK;
void ledger_close(struct ledger *l);
/* Committed parts in a ledger folder; none when it does not exist. */
tamis_status ledger_count_parts(const char *folder, size_t *count, tamis_err *err) TAMIS_MUST_CHECK;

/* The part that holds a document; log(parts). */
const struct ledger_part *ledger_part_of(const struct ledger *l, uint64_t number);
const struct survey_row *ledger_survey(const struct ledger *l, uint64_t number);
const struct resolve_row *ledger_resolve(const struct ledger *l, uint64_t number);
const struct score_row *ledger_score(const struct ledger *l, uint64_t number);
tamis_str ledger_id(const struct ledger *l, uint64_t number);
const double *ledger_numbers(const struct ledger *l, uint64_t number);
const uint8_t *ledger_draws(const struct ledger *l, uint64_t number); /* one count per target */
uint64_t survey_bytes(const struct survey_row *row, const struct rules *rules); /* raw bytes it stands for */

/*
 * Some keys of one band: of the documents of a part that are flagged SURVEY_SKETCHED, from the `first` of them on.
 * There are part.bands.rows. Read from the file, from any thread.
 */
tamis_status ledger_keys(const struct ledger *l, size_t part, unsigned band, uint64_t first, uint64_t *keys,
                         size_t count, tamis_err *err) TAMIS_MUST_CHECK;

enum fate { FATE_REJECTED, FATE_DROPPED, FATE_HELD_OUT, FATE_EMITTED, FATE_SURPLUS, FATE_COUNT };
const char *fate_name(enum fate fate);

/* What became of a document, from the stages that are mapped; *rule is index + 1 or 0. */
enum fate ledger_fate(const struct ledger *l, uint64_t number, const struct rules *rules, uint16_t *rule);

#endif
