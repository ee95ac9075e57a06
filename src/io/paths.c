/*
 * What a user names and the files it means. A name that exists is itself, whatever characters it is made of; only then
 * may it be a glob. Each component of a glob is matched by fnmatch(3); `**` is any number of folders. Links to folders
 * are followed where they are named, not in searches, so that a search ends.
 */
#include "io/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/str.h"

#define LIST_BYTES ((size_t)1 << 30)
#define SEARCH_DEPTH 256

/* ---- The list of what was found --------------------------------------------------------------------------------- */

struct search {
    struct arena *arena;
    struct paths *found;
    tamis_err *err;
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "cannot list the input files: not enough memory; close other programs or name "
                      "fewer files");
}

static tamis_status add(const struct search *s, tamis_str path)
{
    struct paths *found = s->found;
    if (found->count == found->cap) {
        const size_t cap = found->cap == 0 ? 16 : found->cap * 2;
        const char **at = cap <= SIZE_MAX / 2 / sizeof(*at) ? arena_alloc(s->arena, cap * sizeof(*at)) : NULL;
        if (at == NULL) {
            return no_memory(s->err);
        }
        if (found->count > 0) {
            memcpy(at, found->at, found->count * sizeof(*at));
        }
        found->at = at;
        found->cap = cap;
    }
    const char *copy = arena_strdup(s->arena, path);
    if (copy == NULL) {
        return no_memory(s->err);
    }
    found->at[found->count++] = copy;
    return TAMIS_OK;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts what was found from `first` on; a file found in two ways counts once. */
static void sort_from(struct paths *found, size_t first)
{
    if (found->count - first < 2) {
        return;
    }
    qsort(found->at + first, found->count - first, sizeof(*found->at), compare_paths);
    size_t kept = first + 1;
    for (size_t i = first + 1; i < found->count; i++) {
        if (strcmp(found->at[i], found->at[kept - 1]) != 0) {
            found->at[kept++] = found->at[i];
        }
    }
    found->count = kept;
}

/* ---- Folders ---------------------------------------------------------------------------------------------------- */

enum entry_kind { ENTRY_FILE, ENTRY_FOLDER, ENTRY_LINKED_FOLDER, ENTRY_GONE };

static enum entry_kind kind_of(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return ENTRY_GONE;
    }
    if (S_ISDIR(st.st_mode)) {
        return ENTRY_FOLDER;
    }
    if (!S_ISLNK(st.st_mode)) {
        return ENTRY_FILE;
    }
    if (stat(path, &st) != 0) {
        return ENTRY_GONE;
    }
    return S_ISDIR(st.st_mode) ? ENTRY_LINKED_FOLDER : ENTRY_FILE;
}

/* Appends "/name", or "name" to an empty path. */
static bool path_push(struct buf *path, tamis_str name)
{
    const bool slash = path->len > 0 && path->at[path->len - 1] != '/';
    return (!slash || buf_add_char(path, '/')) && buf_add_str(path, name);
}

static void path_cut(struct buf *path, size_t len)
{
    path->len = len;
    path->at[len] = '\0';
}

/* Calls `each` with `path` grown by the name of every entry but "." and "..". */
static tamis_status each_entry(const struct search *s, struct buf *path, void *context,
                               tamis_status (*each)(const struct search *s, struct buf *path, const char *name,
                                                    void *context))
{
    DIR *folder = opendir(path->len > 0 ? path->at : ".");
    if (folder == NULL) {
        return file_input_fail(s->err, errno, "cannot list the folder", path->len > 0 ? path->at : ".");
    }
    const size_t len = path->len;
    tamis_status status = TAMIS_OK;
    while (status == TAMIS_OK) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            status = errno != 0 ? file_input_fail(s->err, errno, "cannot list the folder", path->at) : TAMIS_OK;
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            status = path_push(path, str_from(entry->d_name)) ? each(s, path, entry->d_name, context)
                                                              : no_memory(s->err);
            path_cut(path, len);
        }
    }
    closedir(folder);
    return status;
}

static tamis_status search_folder(const struct search *s, struct buf *path, unsigned depth);

static tamis_status search_entry(const struct search *s, struct buf *path, const char *name, void *context)
{
    const unsigned *depth = context;
    if (name[0] == '.') {
        return TAMIS_OK;
    }
    switch (kind_of(path->at)) {
    case ENTRY_FILE: return add(s, buf_str(path));
    case ENTRY_FOLDER: return search_folder(s, path, *depth + 1);
    default: return TAMIS_OK;
    }
}

/* Every file below, hidden ones left out. */
static tamis_status search_folder(const struct search *s, struct buf *path, unsigned depth)
{
    if (depth > SEARCH_DEPTH) {
        return tamis_fail(s->err, TAMIS_INPUT, "cannot search %s: folders lie more than %d deep; name a deeper folder",
                          path->at, SEARCH_DEPTH);
    }
    return each_entry(s, path, &depth, search_entry);
}

/* ---- Globs ------------------------------------------------------------------------------------------------------ */

static bool is_glob(tamis_str component)
{
    for (size_t i = 0; i < component.len; i++) {
        if (component.at[i] == '*' || component.at[i] == '?' || component.at[i] == '[') {
            return true;
        }
    }
    return false;
}

/* What is still to be matched, below a folder. */
struct rest {
    const char *pattern; /* starts with a component; NUL-terminated */
    unsigned depth;
};

static tamis_status match(const struct search *s, struct buf *path, struct rest rest);

static tamis_str next_component(const char *pattern)
{
    return (tamis_str){pattern, strcspn(pattern, "/")};
}

static const char *behind_component(const char *pattern)
{
    pattern += strcspn(pattern, "/");
    return pattern + strspn(pattern, "/");
}

static bool is_any_folders(const char *pattern)
{
    return str_is(next_component(pattern), "**");
}

/* `path` matches all of a pattern. */
static tamis_status take(const struct search *s, struct buf *path)
{
    switch (kind_of(path->at)) {
    case ENTRY_FILE: return add(s, buf_str(path));
    case ENTRY_FOLDER:
    case ENTRY_LINKED_FOLDER: return search_folder(s, path, 0);
    default: return TAMIS_OK;
    }
}

static tamis_status descend(const struct search *s, struct buf *path, struct rest rest)
{
    const char *behind = behind_component(rest.pattern);
    if (*behind == '\0') {
        return take(s, path);
    }
    return file_is_folder(path->at) ? match(s, path, (struct rest){behind, rest.depth + 1}) : TAMIS_OK;
}

static tamis_status match_entry(const struct search *s, struct buf *path, const char *name, void *context)
{
    const struct rest *rest = context;
    char component[256]; /* no name is longer */
    const tamis_str wanted = next_component(rest->pattern);
    if (wanted.len >= sizeof(component)) {
        return TAMIS_OK;
    }
    memcpy(component, wanted.at, wanted.len);
    component[wanted.len] = '\0';
    return fnmatch(component, name, FNM_PERIOD) == 0 ? descend(s, path, *rest) : TAMIS_OK;
}

static tamis_status match_below(const struct search *s, struct buf *path, const char *name, void *context)
{
    const struct rest *rest = context;
    if (name[0] == '.' || kind_of(path->at) != ENTRY_FOLDER) {
        return TAMIS_OK;
    }
    return match(s, path, (struct rest){rest->pattern, rest->depth + 1});
}

static tamis_status match(const struct search *s, struct buf *path, struct rest rest)
{
    if (rest.depth > SEARCH_DEPTH) {
        return tamis_fail(s->err, TAMIS_INPUT, "cannot search %s: folders lie more than %d deep; name a deeper folder",
                          path->at, SEARCH_DEPTH);
    }
    if (is_any_folders(rest.pattern)) {
        const char *behind = behind_component(rest.pattern);
        if (*behind == '\0') {
            return search_folder(s, path, rest.depth);
        }
        const tamis_status status = match(s, path, (struct rest){behind, rest.depth});
        const bool again = is_any_folders(behind); /* `**` twice is `**` */
        return status == TAMIS_OK && !again ? each_entry(s, path, &rest, match_below) : status;
    }
    const tamis_str component = next_component(rest.pattern);
    if (is_glob(component)) {
        return each_entry(s, path, &rest, match_entry);
    }
    const size_t len = path->len;
    if (!path_push(path, component)) {
        return no_memory(s->err);
    }
    const tamis_status status = descend(s, path, rest);
    path_cut(path, len);
    return status;
}

/* ---- What a pattern means --------------------------------------------------------------------------------------- */

/* The nearest folder on the way to `path` that exists; cuts `path`. */
static const char *nearest_folder(struct buf *path)
{
    while (path->len > 0) {
        size_t len = path->len;
        while (len > 0 && path->at[len - 1] != '/') {
            len--;
        }
        while (len > 1 && path->at[len - 1] == '/') {
            len--;
        }
        path_cut(path, len);
        if (len > 0 && file_is_folder(path->at)) {
            return path->at;
        }
    }
    return NULL;
}

/* `path` is where the pattern is seen from, joined with it. */
static bool join(const char *folder, const char *pattern, struct buf *path)
{
    buf_clear(path);
    return (pattern[0] == '/' || folder == NULL || buf_add_str(path, str_from(folder))) &&
           path_push(path, str_from(pattern));
}

static tamis_status nothing_found(const struct search *s, const char *folder_name, const char *pattern,
                                  struct buf *path)
{
    if (!join(folder_name, pattern, path)) {
        return no_memory(s->err);
    }
    const bool folder = file_is_folder(path->at);
    const char *nearest = folder ? NULL : nearest_folder(path);
    if (folder) {
        return tamis_fail(s->err, TAMIS_INPUT, "the folder %s holds no files; check the path", pattern);
    }
    if (nearest != NULL) {
        return tamis_fail(s->err, TAMIS_INPUT, "no file is meant by %s; the folder %s exists, check what follows it",
                          pattern, nearest);
    }
    return tamis_fail(s->err, TAMIS_INPUT, "no file is meant by %s; check the path and the working folder", pattern);
}

static tamis_status expand(const struct search *s, const char *folder, const char *pattern, struct buf *path)
{
    if (!join(folder, pattern, path)) {
        return no_memory(s->err);
    }
    if (!is_glob(str_from(pattern)) || file_exists(path->at)) {
        return take(s, path);
    }
    const char *rest = pattern + strspn(pattern, "/");
    path_cut(path, pattern[0] == '/' ? 1 : folder != NULL ? strlen(folder) : 0);
    return match(s, path, (struct rest){rest, 0});
}

/* ---- Lists ------------------------------------------------------------------------------------------------------ */

static tamis_status add_listed(const struct search *s, const char *list, size_t line_number, tamis_str line,
                               struct buf *path)
{
    const char *slash = strrchr(list, '/');
    const tamis_str folder = {list, slash != NULL && line.at[0] != '/' ? (size_t)(slash - list) + 1 : 0};
    buf_clear(path);
    if (!buf_add_str(path, folder) || !buf_add_str(path, line)) {
        return no_memory(s->err);
    }
    if (memchr(line.at, '\0', line.len) != NULL || !file_exists(path->at)) {
        return tamis_fail(s->err, TAMIS_INPUT, "%s, line %zu: there is no file %s; paths in a list are seen from the "
                          "list's folder", list, line_number, path->at);
    }
    return add(s, buf_str(path));
}

static tamis_status add_lines(const struct search *s, const char *list, tamis_str all, struct buf *path)
{
    const size_t before = s->found->count;
    size_t line_number = 0;
    for (const char *at = all.at, *end = all.at + all.len; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        tamis_str line = {at, (size_t)((newline != NULL ? newline : end) - at)};
        at += line.len + 1;
        line_number++;
        line.len -= line.len > 0 && line.at[line.len - 1] == '\r';
        if (line.len == 0 || line.at[0] == '#' || strspn(line.at, " \t") >= line.len) {
            continue;
        }
        const tamis_status status = add_listed(s, list, line_number, line, path);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    if (s->found->count == before) {
        return tamis_fail(s->err, TAMIS_INPUT, "the list %s names no file; write one path a line", list);
    }
    return TAMIS_OK;
}

static tamis_status expand_list(const struct search *s, const char *folder, const char *name, struct buf *path)
{
    struct buf list, lines;
    buf_init(&list, BUF_UNLIMITED);
    buf_init(&lines, LIST_BYTES);
    tamis_status status = join(folder, name, &list) ? TAMIS_OK : no_memory(s->err);
    if (status == TAMIS_OK) {
        status = file_read(list.at, LIST_BYTES, &lines, s->err);
    }
    if (status == TAMIS_OK) {
        status = add_lines(s, list.at, buf_str(&lines), path);
    }
    buf_release(&list);
    buf_release(&lines);
    return status;
}

tamis_status paths_expand(struct arena *arena, const char *folder, const char *pattern, struct paths *found,
                          tamis_err *err)
{
    const struct search s = {arena, found, err};
    if (strcmp(pattern, "-") == 0) {
        return add(&s, STR("-"));
    }
    if (pattern[0] == '\0') {
        return tamis_fail(err, TAMIS_INPUT, "a path is empty; name a file, a folder or a pattern");
    }
    const size_t before = found->count;
    struct buf path;
    buf_init(&path, BUF_UNLIMITED);
    tamis_status status = TAMIS_OK;
    if (pattern[0] == '@') {
        status = expand_list(&s, folder, pattern + 1, &path);
    } else {
        status = expand(&s, folder, pattern, &path);
        sort_from(found, before);
        if (status == TAMIS_OK && found->count == before) {
            status = nothing_found(&s, folder, pattern, &path);
        }
    }
    buf_release(&path);
    return status;
}
