/*
 * A container or a batch job is told what it may hold by the control group it is in or by one above; the machine's own
 * size says nothing there. Inside a container the path of a group may be that of the host, which is not mounted: then
 * only its last parent, the root of what is mounted, is there to be read.
 */
#include "core/machine.h"

#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/path.h"
#include "core/str.h"

#define FILE_MOST ((size_t)64 << 10)

/* The number in a file, UINT64_MAX: no such file, or no number in it ("max"). */
static uint64_t read_limit(const char *folder, tamis_str group, const char *name)
{
    struct path path;
    struct buf text;
    uint64_t limit = UINT64_MAX;
    buf_init(&text, FILE_MOST);
    if (path_make(&path, NULL, "%s%.*s/%s", folder, (int)group.len, group.at, name) == TAMIS_OK &&
        file_read(path.at, FILE_MOST, &text, NULL) == TAMIS_OK) {
        tamis_str rest = buf_str(&text), line;
        limit = str_next_line(&rest, &line) && str_count(line, &limit) ? limit : UINT64_MAX;
    }
    buf_release(&text);
    return limit;
}

/* Of a group and all above it. */
static uint64_t least_limit(const char *folder, tamis_str group, const char *name)
{
    uint64_t least = UINT64_MAX;
    while (group.len > 0) {
        const uint64_t limit = read_limit(folder, group, name);
        least = limit < least ? limit : least;
        do {
            group.len--;
        } while (group.len > 0 && group.at[group.len] != '/');
    }
    const uint64_t limit = read_limit(folder, group, name);
    return limit < least ? limit : least;
}

/* A line is "number:controllers:path"; that of version 2 has no controllers. */
static uint64_t limit_of_line(const char *root, tamis_str line)
{
    const char *const first = memchr(line.at, ':', line.len);
    const char *const second =
        first != NULL ? memchr(first + 1, ':', line.len - (size_t)(first + 1 - line.at)) : NULL;
    struct path folder;
    if (second == NULL) {
        return UINT64_MAX;
    }
    const tamis_str controllers = {first + 1, (size_t)(second - first - 1)};
    tamis_str group = {second + 1, (size_t)(line.at + line.len - second - 1)};
    if (group.len >= 3 && memcmp(group.at, "/..", 3) == 0) { /* outside of what a namespace shows */
        group.len = 0;
    }
    const bool unified = controllers.len == 0;
    if ((!unified && !str_equal(controllers, STR("memory"))) ||
        path_make(&folder, NULL, unified ? "%s/sys/fs/cgroup" : "%s/sys/fs/cgroup/memory", root) != TAMIS_OK) {
        return UINT64_MAX;
    }
    return least_limit(folder.at, group, unified ? "memory.max" : "memory.limit_in_bytes");
}

uint64_t machine_memory_limit(const char *root)
{
    struct path path;
    struct buf text;
    tamis_str line;
    uint64_t least = UINT64_MAX;
    buf_init(&text, FILE_MOST);
    if (path_make(&path, NULL, "%s/proc/self/cgroup", root) == TAMIS_OK &&
        file_read(path.at, FILE_MOST, &text, NULL) == TAMIS_OK) {
        tamis_str rest = buf_str(&text);
        while (str_next_line(&rest, &line)) {
            const uint64_t limit = limit_of_line(root, line);
            least = limit < least ? limit : least;
        }
    }
    buf_release(&text);
    return least;
}

uint64_t machine_memory(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const uint64_t whole = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
    const uint64_t limit = machine_memory_limit("");
    const uint64_t least = limit < whole ? limit : whole;
    return least != UINT64_MAX ? least : 0;
}
