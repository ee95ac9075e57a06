/*
 * Folders: made, removed, and written as a whole. Removal goes from folder to folder by descriptor.
 */
#include "core/file_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static tamis_status make_folder(const char *path, tamis_err *err)
{
    if (mkdir(path, 0777) == 0) {
        return file_sync_folder_of(path, err);
    }
    const int error_number = errno;
    if (file_is_folder(path)) {
        return TAMIS_OK;
    }
    return file_write_fail(err, error_number == EEXIST ? ENOTDIR : error_number, "cannot make the folder", path);
}

tamis_status file_make_folders(const char *path, tamis_err *err)
{
    char *prefix = strdup(path);
    if (prefix == NULL) {
        return file_fail(err, ENOMEM, "cannot make the folder", path);
    }
    size_t len = strlen(prefix);
    while (len > 1 && prefix[len - 1] == '/') {
        prefix[--len] = '\0';
    }
    tamis_status status = TAMIS_OK;
    for (size_t i = 1; i < len && status == TAMIS_OK; i++) {
        if (prefix[i] == '/' && prefix[i - 1] != '/') {
            prefix[i] = '\0';
            status = make_folder(prefix, err);
            prefix[i] = '/';
        }
    }
    status = status ? status : make_folder(prefix, err);
    free(prefix);
    return status;
}

static int remove_at(int parent, const char *name);

static int remove_entries(DIR *folder)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            return errno;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            const int error_number = remove_at(dirfd(folder), entry->d_name);
            if (error_number != 0) {
                return error_number;
            }
        }
    }
}

/* 0 or an error number. Works from folder to folder by descriptor, so a link put in the way is never followed. */
static int remove_at(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    const int refusal = errno; /* for a folder EISDIR on Linux, EPERM by POSIX */
    if (refusal != EISDIR && refusal != EPERM) {
        return refusal;
    }
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOTDIR ? refusal : errno;
    }
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        const int error_number = errno;
        close(fd);
        return error_number;
    }
    const int error_number = remove_entries(folder);
    closedir(folder);
    if (error_number != 0) {
        return error_number;
    }
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

tamis_status file_remove_tree(const char *path, tamis_err *err)
{
    const int error_number = remove_at(AT_FDCWD, path);
    return error_number == 0 ? TAMIS_OK : file_write_fail(err, error_number, "cannot remove", path);
}

tamis_status file_folder_begin(const char *temp, tamis_err *err)
{
    tamis_status status = file_remove_tree(temp, err);
    if (status == TAMIS_OK && mkdir(temp, 0777) != 0) {
        status = file_write_fail(err, errno, "cannot make the folder", temp);
    }
    return status;
}

/* 0 or an error number. All files were written before the first is waited for: the disk takes them together. */
static int sync_files(DIR *folder)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            return errno;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        const int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        int error_number = fd < 0 || fsync(fd) != 0 ? errno : 0;
        if (fd >= 0) {
            close(fd);
        }
        if (error_number != 0) {
            return error_number;
        }
    }
}

static tamis_status sync_folder(const char *path, tamis_err *err)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return file_write_fail(err, errno, "cannot read the folder", path);
    }
    int error_number = sync_files(folder);
    if (error_number == 0 && fsync(dirfd(folder)) != 0 && errno != EINVAL && errno != ENOTSUP) {
        error_number = errno;
    }
    closedir(folder);
    return error_number == 0 ? TAMIS_OK : file_write_fail(err, error_number, "cannot write to the disk", path);
}

tamis_status file_folder_commit(const char *temp, const char *path, bool lasts, tamis_err *err)
{
    if (lasts) {
        const tamis_status status = sync_folder(temp, err);
        return status != TAMIS_OK ? status : file_rename(temp, path, err);
    }
    return rename(temp, path) == 0 ? TAMIS_OK : file_write_fail(err, errno, "cannot rename", temp);
}
