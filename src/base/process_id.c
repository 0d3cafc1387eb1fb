/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process_id.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads a small file of /proc into a terminated buffer; false when it can't. */
static bool read_small_file(const char *path, char *buffer, size_t bytes)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    ssize_t size = read(file, buffer, bytes - 1);
    (void)close(file);
    buffer[size > 0 ? size : 0] = '\0';
    return size > 0;
}

/* State letter and start time of a process: the 3rd and 22nd field of its stat, counted after the
 * name in parentheses, which may hold anything. */
static bool read_process(int64_t pid, char *state, int64_t *started)
{
    char path[64];
    char line[1024];
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    if (!read_small_file(path, line, sizeof line)) {
        return false;
    }
    const char *field = strrchr(line, ')');
    if (field == NULL || field[1] != ' ') {
        return false;
    }
    field += 2;
    *state = *field;
    for (int i = 3; i < 22; i++) {
        field = strchr(field, ' ');
        if (field == NULL) {
            return false;
        }
        field++;
    }
    *started = strtoll(field, NULL, 10);
    return true;
}

void tide_process_self(tide_process_id *id)
{
    *id = (tide_process_id){.pid = getpid()};
    struct stat status;
    char state;
    if (read_small_file("/proc/sys/kernel/random/boot_id", id->boot, sizeof id->boot)) {
        id->boot[strcspn(id->boot, "\n")] = '\0';
    }
    if (stat("/proc/self/ns/pid", &status) == 0) {
        id->pid_namespace = (int64_t)status.st_ino;
    }
    if (!read_process(id->pid, &state, &id->started)) {
        id->started = 0;
    }
}

/* /proc may be mounted so that it hides the processes of others. */
static tide_process_life look_without_proc(int64_t pid)
{
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH ? TIDE_PROCESS_DEAD : TIDE_PROCESS_UNSEEN;
}

tide_process_life tide_process_look(const tide_process_id *id)
{
    tide_process_id self;
    tide_process_self(&self);
    if (self.boot[0] == '\0' || strcmp(self.boot, id->boot) != 0) {
        return TIDE_PROCESS_OTHER_BOOT;
    }
    if (id->pid <= 0 || self.pid_namespace == 0 || self.pid_namespace != id->pid_namespace) {
        return TIDE_PROCESS_UNSEEN;
    }
    char state;
    int64_t started;
    if (!read_process(id->pid, &state, &started)) {
        return look_without_proc(id->pid);
    }
    bool same = id->started == 0 || id->started == started;
    return same && state != 'Z' && state != 'X' ? TIDE_PROCESS_ALIVE : TIDE_PROCESS_DEAD;
}

bool tide_process_is_stopped(int64_t pid)
{
    char state;
    int64_t started;
    return read_process(pid, &state, &started) && (state == 'T' || state == 't');
}
