/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/csv/part_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/problem.h"

tide_code tide_part_file_create(tide_part_file *part, const char *path, tide_error *err)
{
    *part = (tide_part_file){.path = path, .file = -1};
    tide_text_init(&part->buffer);
    part->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return part->file >= 0 ? TIDE_OK
                           : TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't create %s", path);
}

static tide_code write_all(tide_part_file *part, tide_error *err)
{
    size_t done = 0;
    while (done < part->buffer.size) {
        ssize_t written =
            TIDE_FAULT_FAILS("csv.write")
                ? (errno = EIO, -1)
                : write(part->file, part->buffer.data + done, part->buffer.size - done);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return TIDE_FAIL_ERRNO(err, TIDE_IO, errno,
                                   "can't write %s; nothing of this unit was committed",
                                   part->path);
        }
        done += (size_t)written;
    }
    part->byte_count += (int64_t)done;
    tide_text_reset(&part->buffer);
    return TIDE_OK;
}

tide_code tide_part_file_flush(tide_part_file *part, tide_error *err)
{
    if (tide_text_failed(&part->buffer)) {
        return TIDE_FAIL_MEMORY(err, "lines of a CSV file");
    }
    return part->buffer.size >= TIDE_PART_BUFFER_BYTES ? write_all(part, err) : TIDE_OK;
}

/* errno, 0 when it went well. */
static int sync_file(int file)
{
    if (TIDE_FAULT_FAILS("csv.fsync")) {
        return EIO;
    }
    return fsync(file) == 0 ? 0 : errno;
}

tide_code tide_part_file_finish(tide_part_file *part, tide_error *err)
{
    if (tide_text_failed(&part->buffer)) {
        return TIDE_FAIL_MEMORY(err, "lines of a CSV file");
    }
    TIDE_TRY(write_all(part, err));
    int sys_errno = sync_file(part->file);
    if (sys_errno != 0) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, sys_errno, "can't make %s durable", part->path);
    }
    int file = part->file;
    part->file = -1;
    return close(file) == 0 ? TIDE_OK
                            : TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't close %s", part->path);
}

void tide_part_file_end(tide_part_file *part, bool keep)
{
    if (part->file >= 0) {
        (void)close(part->file);
        part->file = -1;
    }
    if (!keep) {
        (void)unlink(part->path);
    }
    tide_text_clear(&part->buffer);
}

bool tide_path_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool tide_path_is_link(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

int64_t tide_path_size(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}

tide_code tide_folder_sync(const char *path, tide_error *err)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't open the folder %s", path);
    }
    int result = fsync(folder);
    int sys_errno = errno;
    (void)close(folder);
    return result == 0 ? TIDE_OK
                       : TIDE_FAIL_ERRNO(err, TIDE_IO, sys_errno, "can't make %s durable", path);
}

/* "a/b" -> "a", "a" -> ".". */
static tide_code sync_parent(const char *path, tide_error *err)
{
    tide_text parent;
    tide_text_init(&parent);
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (slash == path) {
        tide_text_append(&parent, "/");
    } else if (length == 0) {
        tide_text_append(&parent, ".");
    } else {
        tide_text_append_str(&parent, (tide_str){path, length});
    }
    tide_code code = tide_text_failed(&parent) ? TIDE_FAIL_MEMORY(err, "a path")
                                               : tide_folder_sync(tide_text_c(&parent), err);
    tide_text_clear(&parent);
    return code;
}

tide_code tide_folder_create(const char *path, tide_error *err)
{
    if (mkdir(path, 0777) == 0) {
        return sync_parent(path, err);
    }
    if (errno == EEXIST && tide_path_is_folder(path)) {
        return TIDE_OK;
    }
    return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't create the folder %s", path);
}

/* Two names of one file: what a link and an unlink leave that were cut in between. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat of_a;
    struct stat of_b;
    return lstat(a, &of_a) == 0 && lstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

/* rename(), where there are no links either. Only who holds the lease gives names, so nothing of
 * ours comes in between. */
static int rename_when_free(const char *from, const char *to)
{
    if (tide_path_size(to) >= 0) {
        return EEXIST;
    }
    return rename(from, to) == 0 ? 0 : errno;
}

static int link_new(const char *from, const char *to)
{
    if (link(from, to) == 0) {
        return unlink(from) == 0 ? 0 : errno;
    }
    bool lacks_links = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
    return lacks_links ? rename_when_free(from, to) : errno;
}

/* errno, 0 when it went well: EEXIST when something else has the name. */
static int rename_new(const char *from, const char *to)
{
    int sys_errno = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
    if (sys_errno == EINVAL || sys_errno == ENOSYS) {
        sys_errno = link_new(from, to);
    }
    if (sys_errno == EEXIST && is_same_file(from, to)) {
        return unlink(from) == 0 ? 0 : errno;
    }
    return sys_errno == EEXIST && tide_path_size(from) < 0 ? ENOENT : sys_errno;
}

static int rename_over(const char *from, const char *to)
{
    return rename(from, to) == 0 ? 0 : errno;
}

static tide_code move_once(const char *from, const char *to,
                           int (*move)(const char *from, const char *to), tide_error *err)
{
    if (TIDE_FAULT_FAILS("csv.rename.before")) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, EIO, "can't rename %s to %s", from, to);
    }
    int sys_errno = move(from, to);
    if (sys_errno == 0) {
        TIDE_FAULT_POINT("csv.rename.after");
        return TIDE_OK;
    }
    if (sys_errno == ENOENT && tide_path_size(to) >= 0) {
        return TIDE_OK;
    }
    if (sys_errno == EEXIST) {
        return TIDE_FAIL(err, TIDE_E_TABLE_UNFIT,
                         "%s holds committed rows and is to be named %s, but another file has that "
                         "name: move the other one elsewhere and run the same command again; "
                         "nothing is lost",
                         from, to);
    }
    return TIDE_FAIL_ERRNO(err, TIDE_IO, sys_errno, "can't rename %s to %s", from, to);
}

tide_code tide_path_rename_once(const char *from, const char *to, tide_error *err)
{
    return move_once(from, to, rename_new, err);
}

tide_code tide_path_replace_once(const char *from, const char *to, tide_error *err)
{
    return move_once(from, to, rename_over, err);
}

tide_code tide_folder_exchange(const char *from, const char *to, const char *aside, tide_error *err)
{
    if (tide_path_is_folder(to)) {
        if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0) {
            return sync_parent(to, err);
        }
        if (errno != EINVAL && errno != ENOSYS) {
            return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't swap %s and %s", from, to);
        }
        if (rename(to, aside) != 0) {
            return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't move %s aside", to);
        }
    }
    if (rename(from, to) != 0) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't rename %s to %s", from, to);
    }
    return sync_parent(to, err);
}

tide_code tide_path_remove(const char *path, tide_error *err)
{
    if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR) {
        return TIDE_OK;
    }
    return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't remove %s", path);
}

tide_code tide_folder_remove(const char *path, tide_error *err)
{
    if (rmdir(path) == 0 || errno == ENOENT) {
        return TIDE_OK;
    }
    if (errno == ENOTDIR && tide_path_is_link(path)) {
        return tide_path_remove(path, err);
    }
    return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't remove the folder %s", path);
}

static tide_code visit_entries(DIR *folder, const char *path, tide_entry_visit visit, void *context,
                               tide_error *err)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            return errno == 0 ? TIDE_OK
                              : TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't read %s", path);
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            TIDE_TRY(visit(context, entry->d_name, err));
        }
    }
}

tide_code tide_folder_visit(const char *path, tide_entry_visit visit, void *context,
                            tide_error *err)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return errno == ENOENT ? TIDE_OK
                               : TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't read %s", path);
    }
    tide_code code = visit_entries(folder, path, visit, context, err);
    (void)closedir(folder);
    return code;
}
