/*
 * The files that tamis init looks at, in groups that become the sources of a recipe.
 */
#ifndef TAMIS_CMD_INIT_FILES_H
#define TAMIS_CMD_INIT_FILES_H

#include "cmd/files.h"

/* Files of one argument and one kind. */
struct init_group {
    const char *owner; /* a file, a folder, a glob or a list; of very many files FOLDER/ and a star */
    tamis_kind kind;
    size_t files;
};

struct init_files {
    struct arena arena;  /* owns the strings */
    struct paths paths;
    const char **owners; /* one per path */
    size_t left_out;     /* files of folders that are neither JSON Lines nor text, or cannot be read .. */
    const char *example; /* .. and one of them */
    struct init_group *groups;
    size_t group_count;
};

/* What the arguments mean. To be released even on failure. */
tamis_status init_files_find(struct init_files *f, const struct cli *cli, tamis_err *err) TAMIS_MUST_CHECK;
/* Looks at every file, which `flow` has opened as one source: groups them by argument and kind, gives each group a
 * source in the flow's recipe, and puts the flow's inputs into the order of the groups. */
tamis_status init_files_group(struct init_files *f, struct flow *flow, tamis_err *err) TAMIS_MUST_CHECK;
void init_files_release(struct init_files *f);

/* The `paths` of a group as YAML: a glob where that means just its files. */
bool init_files_paths(const struct init_files *f, const struct flow *flow, size_t group, struct buf *out)
    TAMIS_MUST_CHECK;

#endif
