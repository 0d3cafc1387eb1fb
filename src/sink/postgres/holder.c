/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/holder.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct identity {
    char host[65];
    long pid;
    unsigned long long start;
    char boot[65];
    unsigned long long namespace_number;
} identity;

#define IDENTITY_FORMAT "host=%s pid=%ld start=%llu boot=%s pidns=%llu"

static bool read_file(const char *path, char *out, size_t capacity)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    size_t size = fread(out, 1, capacity - 1, file);
    (void)fclose(file);
    out[size] = '\0';
    return size > 0;
}

/* Fields 3 (state) and 22 (start time) of /proc/PID/stat; the name before them may hold anything.
 */
static bool read_process(long pid, char *state, unsigned long long *start)
{
    char path[64];
    char text[1024];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    if (!read_file(path, text, sizeof text)) {
        return false;
    }
    const char *at = strrchr(text, ')');
    if (at == NULL || at[1] != ' ') {
        return false;
    }
    *state = at[2];
    for (int field = 2; field < 22 && at != NULL; field++) {
        at = strchr(at + 1, ' ');
    }
    return at != NULL && (*start = strtoull(at, NULL, 10)) > 0;
}

static void read_self(identity *self)
{
    *self = (identity){.pid = (long)getpid()};
    char state;
    if (!read_process(self->pid, &state, &self->start)) {
        self->start = 0;
    }
    if (gethostname(self->host, sizeof self->host - 1) != 0 || self->host[0] == '\0') {
        (void)snprintf(self->host, sizeof self->host, "unknown");
    }
    char boot[128];
    bool known = read_file("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    boot[known ? strcspn(boot, "\n") : 0] = '\0';
    (void)snprintf(self->boot, sizeof self->boot, "%.64s", known ? boot : "unknown");
    struct stat status;
    if (stat("/proc/self/ns/pid", &status) == 0) {
        self->namespace_number = (unsigned long long)status.st_ino;
    }
}

void tide_pg_holder_print(char *out, size_t capacity)
{
    identity self;
    read_self(&self);
    (void)snprintf(out, capacity, IDENTITY_FORMAT, self.host, self.pid, self.start, self.boot,
                   self.namespace_number);
}

/* The value after " name=" (or at the beginning), up to the next space; "" when absent. */
static void find_value(const char *text, const char *name, char *out, size_t capacity)
{
    const char *at = strstr(text, name);
    size_t size = 0;
    for (at = at == NULL ? "" : at + strlen(name); *at != '\0' && *at != ' '; at++) {
        if (size + 1 < capacity) {
            out[size++] = *at;
        }
    }
    out[size] = '\0';
}

static void parse(const char *text, identity *out)
{
    char number[32];
    *out = (identity){0};
    find_value(text, " pid=", number, sizeof number);
    out->pid = strtol(number, NULL, 10);
    find_value(text, " start=", number, sizeof number);
    out->start = strtoull(number, NULL, 10);
    find_value(text, " pidns=", number, sizeof number);
    out->namespace_number = strtoull(number, NULL, 10);
    find_value(text, " boot=", out->boot, sizeof out->boot);
}

bool tide_pg_holder_is_dead(const char *holder)
{
    identity self;
    identity other;
    read_self(&self);
    parse(holder, &other);
    if (other.pid <= 0 || strcmp(self.boot, "unknown") == 0 || self.namespace_number == 0 ||
        strcmp(self.boot, other.boot) != 0 || self.namespace_number != other.namespace_number) {
        return false;
    }
    char state;
    unsigned long long start;
    if (!read_process(other.pid, &state, &start)) {
        return kill((pid_t)other.pid, 0) != 0 && errno == ESRCH; /* /proc may hide others' */
    }
    return state == 'Z' || state == 'X' || (other.start != 0 && start != other.start);
}
