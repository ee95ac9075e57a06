/*
 * The command line: verbs as a table, options as tables. Parsing, --help and the manual come from the same lines.
 */
#ifndef TAMIS_CMD_CLI_H
#define TAMIS_CMD_CLI_H

#include <stdatomic.h>
#include <stdio.h>

#include "core/param.h"
#include "run/progress.h"

/* Options every verb has; each verb's options struct starts with it. */
struct common {
    const char *output;
    uint64_t threads, memory, seed;
    const char *tmp;
    int progress;
    bool json, quiet, verbose, stats;
    tamis_strings set;
};

struct cli {
    const struct verb *verb;
    struct arena arena;      /* strings of the options */
    void *options;           /* the verb's struct; opens with struct common */
    const char **given;      /* names of the options that were given; ends with NULL */
    const char **arguments;  /* what is no option */
    size_t argument_count;
    const char *line;        /* the command as typed, for reports */
    const atomic_int *stop;
};

struct verb {
    const char *name;
    const char *synopsis;        /* after "tamis NAME " */
    const char *summary;         /* one line */
    const char *const *examples; /* command lines; ends with NULL */
    const tamis_param *params;   /* besides those of struct common; NULL: none */
    size_t options_bytes;
    const char *without;         /* common options that mean nothing here, "json set": hidden and refused */
    tamis_status (*run)(struct cli *cli, tamis_err *err);
};

/* All verbs, in the order of --help; ends with NULL. */
extern const struct verb *const verbs[];

/* Fills options and arguments. *help is true when --help was asked for. */
tamis_status cli_parse(struct cli *cli, const struct verb *verb, int argc, char **argv, bool *help, tamis_err *err)
    TAMIS_MUST_CHECK;
void cli_release(struct cli *cli);
bool cli_given(const struct cli *cli, const char *option);
void cli_help(const struct verb *verb, FILE *out);
void cli_overview(FILE *out);
/* Exactly `count` arguments, named for the message ("RECIPE"). */
tamis_status cli_want(const struct cli *cli, size_t count, const char *names, tamis_err *err) TAMIS_MUST_CHECK;

/* An option as it is typed: "--from-scratch" for from_scratch. */
struct cli_option {
    char at[80];
};
struct cli_option cli_option(const char *name);
/* A note on stderr unless -q, control characters hidden as in errors; `level` 1: only with -v. */
void cli_note(const struct cli *cli, int level, const char *format, ...) TAMIS_PRINTF(3, 4);
/* Everything to stdout; a reader that went away is TAMIS_CLOSED, a full disk TAMIS_IO. */
tamis_status cli_print(tamis_str text, tamis_err *err) TAMIS_MUST_CHECK;

#endif
