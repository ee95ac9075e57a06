/*
 * What a user names and the files it means: plain paths, globs (with `**`), folders, and @list.txt.
 */
#ifndef TAMIS_IO_PATHS_H
#define TAMIS_IO_PATHS_H

#include "core/arena.h"

struct paths {
    const char **at; /* in `arena` */
    size_t count, cap;
};

/*
 * Appends what `pattern` means to `found`, relative patterns seen from `folder` (NULL: the working folder). Globs and
 * folders (searched to the bottom, hidden files left out) are sorted bytewise by whole path; the lines of @list.txt
 * are taken as given, relative to the list's folder, blank lines and lines that open with # left out. A pattern that
 * means no file is TAMIS_INPUT with the pattern and, when there is one, the nearest existing folder.
 */
tamis_status paths_expand(struct arena *arena, const char *folder, const char *pattern, struct paths *found,
                          tamis_err *err) TAMIS_MUST_CHECK;

#endif
