/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shuffle/spill_file.h"

static bool is_spill_name(const char *name)
{
    static const char end[] = ".spill";
    size_t size = strlen(name);
    return strncmp(name, "tidemill-", 9) == 0 && size > sizeof end &&
           strcmp(name + size - (sizeof end - 1), end) == 0;
}

/* The lock is held while the name is removed, so that a creator that has not locked its new file
 * yet either keeps us out or finds that its file has lost its name. */
static bool remove_if_dead(int directory, const char *name)
{
    if (directory < 0) {
        return false;
    }
    int descriptor = openat(directory, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return false;
    }
    struct stat facts;
    bool dead = fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode) &&
                flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    bool removed = dead && unlinkat(directory, name, 0) == 0;
    (void)close(descriptor);
    return removed;
}

tide_code tide_spill_clean(const char *directory, size_t *removed_count, tide_error *err)
{
    *removed_count = 0;
    DIR *listing = opendir(directory);
    if (listing == NULL) {
        if (errno == ENOENT) {
            return TIDE_OK;
        }
        return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't list the spill directory %s", directory);
    }
    const struct dirent *item;
    while ((item = readdir(listing)) != NULL) {
        if (is_spill_name(item->d_name) && remove_if_dead(dirfd(listing), item->d_name)) {
            (*removed_count)++;
        }
    }
    (void)closedir(listing);
    return TIDE_OK;
}
