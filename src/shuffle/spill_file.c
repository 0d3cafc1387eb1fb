/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/spill_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/problem.h"

/* Names that are taken, or locked away by a cleaner in the moment of creation, are tried again. */
#define CREATE_ATTEMPTS_MAX 16

void tide_spill_file_init(tide_spill_file *file, const char *directory)
{
    *file = (tide_spill_file){.directory = directory, .descriptor = -1};
    tide_mutex_init(&file->lock);
}

void tide_spill_file_clear(tide_spill_file *file)
{
    if (file->path != NULL) {
        (void)unlink(file->path);
        (void)close(file->descriptor);
        tide_free(file->path);
    }
    tide_mutex_clear(&file->lock);
    file->path = NULL;
    file->descriptor = -1;
}

static char *make_path(const char *directory)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        random = (uint64_t)(uintptr_t)&random; /* any number does: O_EXCL decides */
    }
    tide_text path;
    tide_text_init(&path);
    tide_text_append_format(&path, "%s/tidemill-%ld-%016llx.spill", directory, (long)getpid(),
                            (unsigned long long)random);
    return tide_text_take(&path);
}

/* Takes the lock, and makes sure that no cleaner was faster: it would have removed the name. File
 * systems without locks are used without: their files are never cleaned, only removed. */
static bool lock_new_file(int descriptor)
{
    struct stat facts;
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return false;
    }
    return fstat(descriptor, &facts) == 0 && facts.st_nlink > 0;
}

static tide_code try_create(tide_spill_file *file, bool *created, tide_error *err)
{
    *created = false;
    char *path = make_path(file->directory);
    if (path == NULL) {
        return TIDE_FAIL_MEMORY(err, "a spill file's name");
    }
    int descriptor = TIDE_FAULT_FAILS("spill.create")
                         ? (errno = EIO, -1)
                         : open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        int failure = errno;
        tide_code code = TIDE_OK;
        if (failure != EEXIST) {
            code = TIDE_FAIL_ERRNO(err, TIDE_E_SPILL_DIRECTORY, failure,
                                   "can't create the spill file %s (give a spill directory that "
                                   "can be written, or raise --memory)",
                                   path);
        }
        tide_free(path);
        return code;
    }
    if (!lock_new_file(descriptor)) {
        (void)unlink(path);
        (void)close(descriptor);
        tide_free(path);
        return TIDE_OK;
    }
    file->path = path;
    file->descriptor = descriptor;
    *created = true;
    return TIDE_OK;
}

static tide_code create(tide_spill_file *file, tide_error *err)
{
    bool created = false;
    if (mkdir(file->directory, 0700) != 0 && errno != EEXIST) {
        return TIDE_FAIL_ERRNO(err, TIDE_E_SPILL_DIRECTORY, errno,
                               "can't create the spill directory %s", file->directory);
    }
    for (int i = 0; i < CREATE_ATTEMPTS_MAX && !created; i++) {
        TIDE_TRY(try_create(file, &created, err));
    }
    if (!created) {
        return TIDE_FAIL(err, TIDE_E_SPILL_DIRECTORY,
                         "can't create a spill file in %s: all names are taken", file->directory);
    }
    return TIDE_OK;
}

static tide_code ensure_created(tide_spill_file *file, tide_error *err)
{
    tide_code code = TIDE_OK;
    tide_mutex_lock(&file->lock);
    if (file->path == NULL) {
        code = create(file, err);
    }
    tide_mutex_unlock(&file->lock);
    return code;
}

/* With what is there already and what is free, as the file system says it. */
static tide_code fail_write(const tide_spill_file *file, size_t bytes, int sys_errno,
                            tide_error *err)
{
    struct statvfs space;
    double free_mb = statvfs(file->directory, &space) == 0
                         ? (double)space.f_bavail * (double)space.f_frsize / 1048576
                         : 0;
    return TIDE_FAIL_ERRNO(err, TIDE_E_DISK_FULL, sys_errno,
                           "can't spill to %s: the next %.1f MB do not fit, beside %.1f MB that "
                           "are spilled and %.1f MB that are free. Give --spill a directory with "
                           "more space, or raise --memory; what is committed stays, the same "
                           "command resumes",
                           file->path, (double)bytes / 1048576,
                           (double)tide_atomic_get(&file->written_bytes) / 1048576, free_mb);
}

static tide_code write_at(const tide_spill_file *file, tide_str bytes, int64_t offset,
                          tide_error *err)
{
    while (bytes.size > 0) {
        ssize_t written = pwrite(file->descriptor, bytes.data, bytes.size, (off_t)offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return fail_write(file, bytes.size, written < 0 ? errno : ENOSPC, err);
        }
        bytes.data += written;
        bytes.size -= (size_t)written;
        offset += written;
    }
    return TIDE_OK;
}

tide_code tide_spill_file_write(tide_spill_file *file, tide_str bytes, int64_t *offset,
                                tide_error *err)
{
    TIDE_TRY(ensure_created(file, err));
    if (TIDE_FAULT_FAILS("spill.write.before")) {
        return fail_write(file, bytes.size, ENOSPC, err);
    }
    int64_t size = (int64_t)bytes.size;
    *offset = tide_atomic_add(&file->end, size) - size;
    TIDE_TRY(write_at(file, bytes, *offset, err));
    (void)tide_atomic_add(&file->written_bytes, size);
    TIDE_FAULT_POINT("spill.write.after");
    return TIDE_OK;
}

tide_code tide_spill_file_read(const tide_spill_file *file, int64_t offset, size_t size, char *out,
                               tide_error *err)
{
    if (TIDE_FAULT_FAILS("spill.read")) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, EIO, "can't read the spill file %s at %lld",
                               file->path, (long long)offset);
    }
    while (size > 0) {
        ssize_t got = pread(file->descriptor, out, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't read the spill file %s at %lld",
                                   file->path, (long long)offset);
        }
        if (got == 0) {
            return TIDE_FAIL(err, TIDE_E_SPILL_DAMAGED,
                             "the spill file %s ends at %lld, where rows should follow: something "
                             "else has changed it",
                             file->path, (long long)offset);
        }
        out += got;
        size -= (size_t)got;
        offset += got;
    }
    return TIDE_OK;
}

void tide_spill_file_release(tide_spill_file *file, int64_t offset, int64_t size)
{
    if (size > 0) {
        (void)fallocate(file->descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                        (off_t)size);
    }
}
