/*
 * What the fit of the D-CPT law costs and what it can know, on tables made from a known truth: laws WHAT [TABLES] with
 * WHAT time, spread, coverage, noise-coverage or more-coverage. Prints rows of Markdown tables. Losses are off by 0.2 %
 * once a run and once a checkpoint, each side by itself, where a design does not say otherwise.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plan/budget.h"
#include "fit/resample.h"

#define MOST_SETS 1000
#define TARGET_SIZE 4e9
#define TARGET_TOKENS 20e9
#define REPLICATES 200

static const struct dcpt_pair truth = {
    .domain = {.e = 0.9, .a = 0.35, .b = 0.08, .c = 0.30, .alpha = 0.35, .beta = 0.35, .eta = 1.2, .eps = 0.15,
               .gamma = 0.7},
    .general = {.e = 1.9, .a = 0.45, .b = 0.05, .c = 0.12, .alpha = 0.30, .beta = 0.30, .eta = 1.3, .eps = 0.05,
                .gamma = 0.55},
};

struct design {
    const char *name;
    double sizes[3], ratios[9]; /* sizes end with 0 */
    size_t ratio_count, repeats, checkpoints; /* repeats: runs of the last but one ratio with another seed */
    double noise;   /* of a run, and of a checkpoint unless `scatter` says otherwise */
    double scatter; /* of a checkpoint; 0: as of a run */
    double said;    /* to the fit, of runs */
};

#define ALL_RATIOS {0, 0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 1}
static const struct design designs[] = {
    {"1 size x 3 ratios {.2,.5,.9}", {0.07e9}, {0.2, 0.5, 0.9}, 3, 0, 5, 0.002, 0, 0},
    {"1 size x 4 {.2,.5,.8,.95}", {0.07e9}, {0.2, 0.5, 0.8, 0.95}, 4, 0, 5, 0.002, 0, 0},
    {"1 size x 4 {0,.33,.67,.9}", {0.07e9}, {0, 0.33, 0.67, 0.9}, 4, 0, 5, 0.002, 0, 0},
    {"1 size x 5 {0,.33,.67,.9,1}", {0.07e9}, {0, 0.33, 0.67, 0.9, 1}, 5, 0, 5, 0.002, 0, 0},
    {"the same, noise 0.05 %", {0.07e9}, {0, 0.33, 0.67, 0.9, 1}, 5, 0, 5, 0.0005, 0, 0},
    {"the same, noise 0.5 %", {0.07e9}, {0, 0.33, 0.67, 0.9, 1}, 5, 0, 5, 0.005, 0, 0},
    {"1 size x 5 and one run again", {0.07e9}, {0, 0.33, 0.67, 0.9, 1}, 5, 1, 5, 0.002, 0, 0},
    {"1 size x 9", {0.07e9}, ALL_RATIOS, 9, 0, 5, 0.002, 0, 0},
    {"2 sizes x 5", {0.5e9, 1.8e9}, {0, 0.33, 0.67, 0.9, 1}, 5, 0, 5, 0.002, 0, 0},
    {"3 small sizes x 4", {0.07e9, 0.16e9, 0.41e9}, {0, 0.33, 0.67, 0.9}, 4, 0, 5, 0.002, 0, 0},
    {"3 sizes with the target's x 9", {0.5e9, 1.8e9, 4e9}, ALL_RATIOS, 9, 0, 5, 0.002, 0, 0},
};
#define RECOMMENDED 3 /* of these */
#define FIVE {0.07e9}, {0, 0.33, 0.67, 0.9, 1}, 5
static const struct design noisy[] = { /* runs that are off by more, or less, than their checkpoints tell */
    {"runs 0 %, checkpoints 0.2 %", FIVE, 0, 5, 0, 0.002, 0},
    {"runs 0.3 %, checkpoints 0.1 %", FIVE, 0, 5, 0.003, 0.001, 0},
    {"the same, one run again", FIVE, 1, 5, 0.003, 0.001, 0},
    {"the same, two runs again", FIVE, 2, 5, 0.003, 0.001, 0},
    {"the same, --seed-noise 0.003", FIVE, 0, 5, 0.003, 0.001, 0.003},
};
static const struct design papers = {"27 runs x 20", {0.5e9, 1.8e9, 4e9}, ALL_RATIOS, 9, 0, 20, 0.002, 0, 0};

/* ---- Tables of runs --------------------------------------------------------------------------------------------- */

static double next_real(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) * 0x1p-53;
}

static double next_normal(uint64_t *seed)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        sum += next_real(seed);
    }
    return sum;
}

static void write_run(FILE *out, const struct design *d, double size, double ratio, unsigned number, uint64_t *seed)
{
    const double scatter = d->scatter > 0 ? d->scatter : d->noise;
    const double domain = d->noise * next_normal(seed), general = d->noise * next_normal(seed);
    for (size_t i = 1; i <= d->checkpoints; i++) {
        const double tokens = TARGET_TOKENS * (double)i / (double)d->checkpoints;
        fprintf(out, "run %u,%.10g,%.10g,%.10g,%.12g,%.12g\n", number, size, tokens, ratio,
                dcpt_at(&truth.domain, size, tokens, ratio) * exp(domain + scatter * next_normal(seed)),
                dcpt_at(&truth.general, size, tokens, 1 - ratio) * exp(general + scatter * next_normal(seed)));
    }
}

static void write_runs(const char *path, const struct design *d, uint64_t seed)
{
    FILE *const out = fopen(path, "w");
    unsigned number = 0;
    if (!out) {
        perror(path);
        exit(4);
    }
    fputs("run,N,D,ratio,loss_domain,loss_general\n", out);
    for (size_t s = 0; s < 3 && d->sizes[s] > 0; s++) {
        for (size_t r = 0; r < d->ratio_count; r++) {
            write_run(out, d, d->sizes[s], d->ratios[r], ++number, &seed);
        }
        for (size_t again = 0; again < d->repeats; again++) {
            write_run(out, d, d->sizes[s], d->ratios[d->ratio_count - 2], ++number, &seed);
        }
    }
    if (fclose(out)) {
        perror(path);
        exit(4);
    }
}

static void must(tamis_status status, const tamis_err *err)
{
    if (status) {
        fprintf(stderr, "laws: %s\n", err->text);
        exit((int)status);
    }
}

/* The law that users get for such a table, every checkpoint used. */
static void fit(const struct design *d, uint64_t seed, unsigned replicates, struct arena *arena, struct dcpt_law *law)
{
    char path[] = "/tmp/tamis-bench-laws-XXXXXX";
    const int descriptor = mkstemp(path);
    const struct dcpt_effort effort = {.seed = seed, .replicates = replicates, .run_noise = d->said};
    struct dcpt_runs *const runs = arena_alloc(arena, sizeof *runs);
    tamis_err err = {0};
    if (descriptor < 0 || close(descriptor) || !runs) {
        fprintf(stderr, "laws: no temporary file, or no memory\n");
        exit(4);
    }
    write_runs(path, d, seed);
    must(dcpt_read_runs(path, 0, arena, runs, &err), &err);
    (void)unlink(path);
    must(dcpt_fit(runs, "bench", &effort, arena, law, &err), &err);
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- Questions -------------------------------------------------------------------------------------------------- */

enum { DIFFERENCE, WEIGHTED, ABSOLUTE };
static const char *const question_names[] = {"difference", "weighted", "absolute"};
static const double true_ratios[] = {0.85, 0.6625, 0.85};

static struct budget_question ask(const struct dcpt_law *law, int kind)
{
    static const enum budget budgets[] = {BUDGET_DIFFERENCE, BUDGET_WEIGHT, BUDGET_ABSOLUTE};
    const double limits[] = {0.1554, 0.5, dcpt_at(&truth.general, TARGET_SIZE, TARGET_TOKENS, 0.15)};
    return (struct budget_question){
        .law = law, .parameters = TARGET_SIZE, .tokens = TARGET_TOKENS, .budget = budgets[kind], .limit = limits[kind],
        .against = AGAINST_REPLAY_ONLY, .domain_tokens = UINT64_MAX, .general_tokens = UINT64_MAX, .domain_epochs = 4,
        .general_epochs = 4, .domain = "domain", .general = "general"};
}

/* 0: no answer. */
static double ratio_of(const struct budget_question *question, struct budget_answer *answer)
{
    return budget_answer(question, answer, NULL) ? 0 : answer->wanted_ratio;
}

/* ---- What is measured ------------------------------------------------------------------------------------------- */

static void measure_time(void)
{
    double wall[3], processor[3];
    struct dcpt_law law;
    for (int round = 0; round < 3; round++) {
        struct arena arena;
        arena_init(&arena);
        const double wall_before = seconds(CLOCK_MONOTONIC), before = seconds(CLOCK_PROCESS_CPUTIME_ID);
        fit(&papers, (uint64_t)round + 1, REPLICATES, &arena, &law);
        wall[round] = seconds(CLOCK_MONOTONIC) - wall_before;
        processor[round] = seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
        arena_release(&arena);
    }
    printf("| %s, both sides, 9 parameters, %d replicates, without each run | %.2f | %.2f |\n", papers.name, REPLICATES,
           percentile(wall, 3, 0.5), percentile(processor, 3, 0.5));
}

static void print_range(double *values, size_t count, int digits)
{
    const double low = percentile(values, count, 0.025), high = percentile(values, count, 0.975);
    printf(" | %.*g [%.*g, %.*g]", digits, percentile(values, count, 0.5), digits, low, digits, high);
}

/* Over many tables of one design: the ratios, and the general loss's parameters. */
static void measure_spread(const struct design *d, size_t sets)
{
    static double ratios[3][MOST_SETS], parameters[DCPT_PARAMETERS][MOST_SETS];
    for (size_t i = 0; i < sets; i++) {
        struct arena arena;
        struct dcpt_law law;
        arena_init(&arena);
        fit(d, i + 1, 0, &arena, &law);
        const struct dcpt_curve *const c = &law.general.curve;
        const double values[DCPT_PARAMETERS] = {c->e, c->a, c->b, c->c, c->alpha, c->beta, c->eta, c->eps, c->gamma};
        for (size_t p = 0; p < DCPT_PARAMETERS; p++) {
            parameters[p][i] = values[p];
        }
        for (int kind = 0; kind < 3; kind++) {
            const struct budget_question question = ask(&law, kind);
            struct budget_answer answer;
            ratios[kind][i] = ratio_of(&question, &answer);
        }
        arena_release(&arena);
    }
    printf("| %s", d->name);
    print_range(ratios[DIFFERENCE], sets, 3);
    print_range(ratios[WEIGHTED], sets, 3);
    if (d->sizes[1] > 0) {
        print_range(ratios[ABSOLUTE], sets, 3);
    } else {
        printf(" | -");
    }
    for (size_t p = 0; p < DCPT_PARAMETERS; p++) {
        const bool fitted = d->sizes[1] > 0 || (p != DCPT_A && p != DCPT_ALPHA);
        if (fitted) {
            print_range(parameters[p], sets, 2);
        } else {
            printf(" | -");
        }
    }
    printf(" |\n");
    fflush(stdout);
}

/* How often the 95 % interval holds the truth, and how wide it is. */
static void measure_coverage(const struct design *d, int kinds, size_t sets)
{
    static double widths[3][MOST_SETS], ratios[3][MOST_SETS];
    size_t below[3] = {0}, above[3] = {0};
    for (size_t i = 0; i < sets; i++) {
        struct arena arena;
        struct dcpt_law law;
        arena_init(&arena);
        fit(d, i + 1, REPLICATES, &arena, &law);
        for (int kind = 0; kind < kinds; kind++) {
            const struct budget_question question = ask(&law, kind);
            struct budget_answer answer;
            struct budget_interval interval;
            tamis_err err = {0};
            ratios[kind][i] = ratio_of(&question, &answer);
            must(budget_interval(&question, &answer, &interval, &err), &err);
            widths[kind][i] = interval.high - interval.low;
            below[kind] += interval.high < true_ratios[kind] - 1e-4; /* the truth is known to 4 digits */
            above[kind] += interval.low > true_ratios[kind] + 1e-4;
        }
        arena_release(&arena);
    }
    for (int kind = 0; kind < kinds; kind++) {
        printf("| %s | %s | %.4f", d->name, question_names[kind], true_ratios[kind]);
        print_range(ratios[kind], sets, 3);
        printf(" | %.1f %% | %zu | %zu", 100 * (1 - (double)(below[kind] + above[kind]) / (double)sets), below[kind],
               above[kind]);
        print_range(widths[kind], sets, 3);
        printf(" |\n");
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *const what = argc > 1 ? argv[1] : "";
    const unsigned long asked = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
    const size_t sets = asked < 1 ? 1 : asked < MOST_SETS ? asked : MOST_SETS;
    if (strcmp(what, "time") == 0) {
        measure_time();
    } else if (strcmp(what, "spread") == 0) {
        for (size_t i = 0; i < sizeof designs / sizeof *designs; i++) {
            measure_spread(&designs[i], sets);
        }
    } else if (strcmp(what, "coverage") == 0) {
        measure_coverage(&designs[RECOMMENDED], 2, sets);
    } else if (strcmp(what, "noise-coverage") == 0) {
        for (size_t i = 0; i < sizeof noisy / sizeof *noisy; i++) {
            measure_coverage(&noisy[i], 2, sets);
        }
    } else if (strcmp(what, "more-coverage") == 0) {
        for (size_t i = 4; i < sizeof designs / sizeof *designs; i++) {
            measure_coverage(&designs[i], designs[i].sizes[1] > 0 ? 3 : 2, sets);
        }
    } else {
        fprintf(stderr, "usage: laws time|spread|coverage|noise-coverage|more-coverage [TABLES]\n");
        return 2;
    }
    return 0;
}
