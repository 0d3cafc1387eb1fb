/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/locker.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/process_id.h"

/* Byte of the -shm file that a writer in WAL mode locks (WAL_WRITE_LOCK of the file format). */
#define WAL_WRITE_LOCK_BYTE 120

/* One line of /proc/locks: "1: POSIX  ADVISORY  WRITE 4711 08:01:1234 120 120"; `->` after the
 * first field marks one that waits. */
enum { LOCK_ACCESS = 3, LOCK_PID, LOCK_FILE, LOCK_BEGIN, LOCK_END, LOCK_FIELDS };

/* "08:01:1234": device in hexadecimal, inode in decimal. */
static bool names_file(const char *field, const struct stat *file)
{
    char *end;
    unsigned long device_major = strtoul(field, &end, 16);
    unsigned long device_minor = *end == ':' ? strtoul(end + 1, &end, 16) : 0;
    unsigned long long inode = *end == ':' ? strtoull(end + 1, &end, 10) : 0;
    return *end == '\0' && device_major == major(file->st_dev) &&
           device_minor == minor(file->st_dev) && inode == file->st_ino;
}

/* Its pid, or 0 when the line isn't a write lock on that byte of that file. The file itself must
 * not be opened: closing it would drop this process's own locks. */
static int64_t parse_lock(char *line, const struct stat *file)
{
    const char *fields[LOCK_FIELDS];
    char *rest = NULL;
    size_t count = 0;
    for (char *field = strtok_r(line, " \n", &rest); field != NULL && count < LOCK_FIELDS;
         field = strtok_r(NULL, " \n", &rest)) {
        fields[count++] = field;
    }
    if (count < LOCK_FIELDS || strcmp(fields[LOCK_ACCESS], "WRITE") != 0 ||
        !names_file(fields[LOCK_FILE], file)) {
        return 0;
    }
    long long begin = strtoll(fields[LOCK_BEGIN], NULL, 10);
    long long end =
        strcmp(fields[LOCK_END], "EOF") == 0 ? INT64_MAX : strtoll(fields[LOCK_END], NULL, 10);
    bool holds = begin <= WAL_WRITE_LOCK_BYTE && WAL_WRITE_LOCK_BYTE <= end;
    return holds ? strtoll(fields[LOCK_PID], NULL, 10) : 0;
}

static int64_t find_locker(const char *path)
{
    char shared_memory[4096 + 8];
    struct stat file;
    int length = snprintf(shared_memory, sizeof shared_memory, "%s-shm", path);
    if (length < 0 || (size_t)length >= sizeof shared_memory || stat(shared_memory, &file) != 0) {
        return 0;
    }
    FILE *locks = fopen("/proc/locks", "re");
    if (locks == NULL) {
        return 0;
    }
    char line[256];
    int64_t pid = 0;
    while (pid <= 0 && fgets(line, sizeof line, locks) != NULL) {
        pid = parse_lock(line, &file);
    }
    (void)fclose(locks);
    return pid;
}

bool tide_store_is_own_lock(const char *path)
{
    return find_locker(path) == getpid();
}

void tide_store_print_locker(const char *path, char out[TIDE_LOCKER_BYTES])
{
    int64_t pid = find_locker(path);
    if (pid <= 0) {
        (void)snprintf(out, TIDE_LOCKER_BYTES, "another process");
    } else {
        (void)snprintf(out, TIDE_LOCKER_BYTES, "process %lld%s", (long long)pid,
                       tide_process_is_stopped(pid) ? ", which is stopped" : "");
    }
}
