/* SPDX-License-Identifier: Apache-2.0 */
/* What this process may use of the machine: cgroup v1 and v2 limits, affinity. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "run/metrics.h"

#define MEMORY_SHARE 4
#define CGROUP_PATH_BYTES 4096

static bool read_first_line(const char *path, char *line, int line_bytes)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    bool ok = fgets(line, line_bytes, file) != NULL;
    (void)fclose(file);
    return ok;
}

/* The path of our cgroup for a controller ("" = the v2 hierarchy), as /proc/self/cgroup says. */
static bool own_cgroup(const char *controller, char path[CGROUP_PATH_BYTES])
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL) {
        return false;
    }
    char line[CGROUP_PATH_BYTES];
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        char *names = strchr(line, ':');
        char *own = names == NULL ? NULL : strchr(names + 1, ':');
        if (own == NULL) {
            continue;
        }
        *own++ = '\0';
        found = controller[0] == '\0' ? names[1] == '\0' : strstr(names + 1, controller) != NULL;
        if (found) {
            own[strcspn(own, "\n")] = '\0';
            memcpy(path, own, strlen(own) + 1);
        }
    }
    (void)fclose(file);
    return found;
}

typedef void (*limit_reader)(const char *directory, void *smallest);

/* A limit may be set at our cgroup or at any of those above it. */
static void visit_cgroups(const char *mount, const char *controller, limit_reader read,
                          void *smallest)
{
    char own[CGROUP_PATH_BYTES];
    if (!own_cgroup(controller, own)) {
        return;
    }
    for (;;) {
        char directory[2 * CGROUP_PATH_BYTES];
        (void)snprintf(directory, sizeof directory, "%s%s", mount, own);
        read(directory, smallest);
        char *slash = strrchr(own, '/');
        if (slash == NULL || own[0] == '\0') {
            return;
        }
        *slash = '\0';
    }
}

static void read_memory_limit(const char *directory, const char *name, int64_t *smallest)
{
    char path[2 * CGROUP_PATH_BYTES + 64];
    char line[64];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    if (read_first_line(path, line, sizeof line)) {
        long long limit = strtoll(line, NULL, 10); /* "max" is 0 */
        if (limit > 0 && limit < *smallest) {
            *smallest = limit;
        }
    }
}

static void read_memory_v2(const char *directory, void *smallest)
{
    read_memory_limit(directory, "memory.max", smallest);
    read_memory_limit(directory, "memory.high", smallest);
}

static void read_memory_v1(const char *directory, void *smallest)
{
    read_memory_limit(directory, "memory.limit_in_bytes", smallest);
}

int64_t tide_memory_available(void)
{
    int64_t smallest = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    visit_cgroups("/sys/fs/cgroup", "", read_memory_v2, &smallest);
    visit_cgroups("/sys/fs/cgroup/memory", "memory", read_memory_v1, &smallest);
    return smallest;
}

int64_t tide_memory_default(void)
{
    int64_t share = tide_memory_available() / MEMORY_SHARE;
    return share > TIDE_MEMORY_BYTES_MIN ? share : TIDE_MEMORY_BYTES_MIN;
}

static void lower_cores(double quota, double period, double *smallest)
{
    if (quota > 0 && period > 0 && quota / period < *smallest) {
        *smallest = quota / period;
    }
}

static void read_cpu_v2(const char *directory, void *smallest)
{
    char path[2 * CGROUP_PATH_BYTES + 64];
    char line[64];
    (void)snprintf(path, sizeof path, "%s/cpu.max", directory);
    if (read_first_line(path, line, sizeof line)) {
        char *rest;
        double quota = strtod(line, &rest); /* "max" is 0 */
        lower_cores(quota, strtod(rest, NULL), smallest);
    }
}

unsigned tide_cores_available(void)
{
    cpu_set_t set;
    double cores = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        cores = CPU_COUNT(&set);
    }
    visit_cgroups("/sys/fs/cgroup", "", read_cpu_v2, &cores);
    return cores < 1 ? 1 : (unsigned)cores;
}

const char *tide_spill_directory(const char *given)
{
    const char *directory = given != NULL ? given : getenv("TMPDIR");
    return directory != NULL && directory[0] != '\0' ? directory : "/tmp";
}
