/* Looks through a folder for temporary files and removes them. Links are not followed. */
#include "core/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/path.h"

static bool is_temporary(const char *name)
{
    const char *const mark = strstr(name, ".tmp-");
    return name[0] == '.' && mark && mark[5] && strspn(mark + 5, "0123456789") == strlen(mark + 5);
}

static tamis_status sweep_entry(const char *folder, const char *name, tamis_err *err)
{
    struct path path;
    struct stat about;
    const tamis_status status = path_make(&path, err, "%s/%s", folder, name);
    if (status || lstat(path.at, &about) != 0) {
        return status; /* gone meanwhile */
    }
    if (S_ISDIR(about.st_mode)) {
        return sweep_temporaries(path.at, err);
    }
    if (S_ISREG(about.st_mode) && is_temporary(name) && unlink(path.at) != 0 && errno != ENOENT) {
        return file_fail(err, errno, "cannot remove", path.at);
    }
    return TAMIS_OK;
}

tamis_status sweep_temporaries(const char *folder, tamis_err *err)
{
    DIR *const open = opendir(folder);
    if (!open) {
        return errno == ENOENT ? TAMIS_OK : file_fail(err, errno, "cannot read", folder);
    }
    tamis_status status = TAMIS_OK;
    const struct dirent *entry = NULL;
    while (!status && (entry = readdir(open)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            status = sweep_entry(folder, entry->d_name, err);
        }
    }
    closedir(open);
    return status;
}
