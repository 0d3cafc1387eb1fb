/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/calendar.h"
#include "run/doctor.h"

#define SYNC_COUNT 15
#define SYNC_BYTES 8192
#define SYNC_WARNING_MICROS 50000
#define FREE_SHARE_MIN 0.05
#define FREE_BYTES_MIN (256.0 * (1 << 20))

/* From linux/magic.h and the file systems' own headers. */
static const struct {
    unsigned long magic;
    const char *name;
    bool network, memory;
} kinds[] = {
    {0x6969, "NFS", true, false},
    {0x517B, "SMB", true, false},
    {0xFF534D42, "CIFS", true, false},
    {0xFE534D42, "SMB2", true, false},
    {0x01021994, "tmpfs", false, true},
    {0x858458F6, "ramfs", false, true},
    {0x01021997, "9p", true, false},
    {0x65735546, "FUSE", true, false},
    {0xEF53, "ext4", false, false},
    {0x58465342, "XFS", false, false},
    {0x9123683E, "Btrfs", false, false},
    {0x2FC12FC1, "ZFS", false, false},
    {0x794C7630, "overlayfs", false, false},
};

static void look_at_kind(tide_findings *findings, const char *directory, bool holds_output)
{
    struct statfs facts;
    if (statfs(directory, &facts) != 0) {
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if ((unsigned long)facts.f_type != kinds[i].magic) {
            continue;
        }
        if (kinds[i].network && holds_output) {
            tide_findings_add(findings, TIDE_WARNING, "file system",
                              "use a local disk: locks and fsync of network file systems are not "
                              "to be relied on",
                              "%s is on %s", directory, kinds[i].name);
        } else if (kinds[i].memory) {
            tide_findings_add(findings, TIDE_WARNING, "file system",
                              holds_output ? "name a directory on a disk: this one is empty after "
                                             "a restart"
                                           : "name a directory on a disk (--spill DIR): what is "
                                             "spilled there takes memory after all",
                              "%s is on %s, in memory", directory, kinds[i].name);
        } else {
            tide_findings_add(findings, TIDE_FINE, "file system", NULL, "%s", kinds[i].name);
        }
    }
}

static void look_at_room(tide_findings *findings, const char *directory)
{
    struct statvfs facts;
    if (statvfs(directory, &facts) != 0) {
        return;
    }
    double free_bytes = (double)facts.f_bavail * (double)facts.f_frsize;
    double all_bytes = (double)facts.f_blocks * (double)facts.f_frsize;
    bool tight = free_bytes < FREE_BYTES_MIN || free_bytes < all_bytes * FREE_SHARE_MIN;
    tide_findings_add(findings, tight ? TIDE_WARNING : TIDE_FINE, "disk",
                      tight ? "make room, or name another directory" : NULL,
                      "%.1f of %.1f GB free in %s", free_bytes / 1e9, all_bytes / 1e9, directory);
}

static int compare_micros(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

/* The median of some small writes, each made durable; -1 with errno when that fails. */
static int64_t time_sync(int file)
{
    static const char page[SYNC_BYTES];
    int64_t micros[SYNC_COUNT];
    for (size_t i = 0; i < SYNC_COUNT; i++) {
        int64_t before = tide_monotonic_micros();
        if (pwrite(file, page, sizeof page, (off_t)(i * sizeof page)) != (ssize_t)sizeof page ||
            fsync(file) != 0) {
            return -1;
        }
        micros[i] = tide_monotonic_micros() - before;
    }
    qsort(micros, SYNC_COUNT, sizeof micros[0], compare_micros);
    return micros[SYNC_COUNT / 2];
}

static void look_at_sync(tide_findings *findings, const char *directory, int file)
{
    int64_t micros = time_sync(file);
    if (micros < 0) {
        tide_findings_add(findings, TIDE_FAILURE, "writing", "see to the disk",
                          "can't write to %s: %s", directory, strerror(errno));
        return;
    }
    bool slow = micros > SYNC_WARNING_MICROS;
    tide_findings_add(findings, slow ? TIDE_WARNING : TIDE_FINE, "fsync",
                      slow ? "every commit waits for that: larger units (unit_rows, unit_seconds) "
                             "need fewer, another disk needs less"
                           : NULL,
                      "%.2f ms", (double)micros / 1000);
}

void tide_doctor_directory(tide_findings *findings, const char *directory, bool holds_output)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/.tidemill-doctor-XXXXXX", directory);
    int file = length > 0 && (size_t)length < sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
    if (file < 0) {
        tide_findings_add(findings, TIDE_FAILURE, "writing",
                          "create it, or let this user write there", "can't write to %s: %s",
                          directory, strerror(errno));
        return;
    }
    look_at_room(findings, directory);
    look_at_kind(findings, directory, holds_output);
    if (holds_output) {
        look_at_sync(findings, directory, file);
    }
    (void)close(file);
    (void)unlink(path);
}
