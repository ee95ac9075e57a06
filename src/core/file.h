/*
 * Files that appear whole or not at all, folders, and plain reads.
 * A path that names a device or a pipe is written directly; "-" is stdout.
 */
#ifndef TAMIS_CORE_FILE_H
#define TAMIS_CORE_FILE_H

#include "core/buf.h"

/* Reads a whole file of at most `limit` bytes. */
tamis_status file_read(const char *path, size_t limit, struct buf *out, tamis_err *err) TAMIS_MUST_CHECK;
/* Writes a whole file under a temporary name in the same folder, fsyncs, renames, fsyncs the folder. */
tamis_status file_write(const char *path, const void *bytes, size_t len, tamis_err *err) TAMIS_MUST_CHECK;
/* The same of a text that was put together, if that went `fine`: else memory ran out. Releases the text. */
tamis_status file_write_text(const char *path, struct buf *text, bool fine, tamis_err *err) TAMIS_MUST_CHECK;
/* The same, piece by piece. */
struct file_out;
tamis_status file_out_open(struct file_out **f, const char *path, tamis_err *err) TAMIS_MUST_CHECK;
/* In a folder that is not committed yet, or goes away at the end: written under its own name and never fsynced. */
tamis_status file_out_open_loose(struct file_out **f, const char *path, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status file_out_add(struct file_out *f, const void *bytes, size_t len, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status file_out_commit(struct file_out *f, tamis_err *err) TAMIS_MUST_CHECK; /* frees f, also on failure */
void file_out_discard(struct file_out *f); /* removes what was written; accepts NULL */

bool file_exists(const char *path);
bool file_is_folder(const char *path);
tamis_status file_make_folders(const char *path, tamis_err *err) TAMIS_MUST_CHECK; /* mkdir -p */
tamis_status file_remove_tree(const char *path, tamis_err *err) TAMIS_MUST_CHECK;  /* rm -rf; absent is fine */
/*
 * A folder that appears whole or not at all: begun empty under a temporary name, filled, renamed. `lasts`: its files
 * and its new name are on the disk before the call returns; else it is for a process that removes it again.
 */
tamis_status file_folder_begin(const char *temp, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status file_folder_commit(const char *temp, const char *path, bool lasts, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status file_rename(const char *from, const char *to, tamis_err *err) TAMIS_MUST_CHECK; /* and fsync the folder */
tamis_status file_map(const char *path, const void **at, size_t *len, tamis_err *err) TAMIS_MUST_CHECK; /* read-only */
void file_unmap(const void *at, size_t len);
/* Status and message for a failed system call on `path`: ENOSPC, EACCES.. with what to do; EPIPE is TAMIS_CLOSED.
 * `what` is the thing that failed: "cannot read". */
tamis_status file_fail(tamis_err *err, int error_number, const char *what, const char *path);
/* The same of a path that the user gave to be read: TAMIS_INPUT, unless it is for want of memory or descriptors. */
tamis_status file_input_fail(tamis_err *err, int error_number, const char *what, const char *path);

#endif
