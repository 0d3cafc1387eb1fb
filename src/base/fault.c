/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#ifdef TIDE_FAULT_POINTS

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/thread.h"

/* What the environment asked for, read once at the first passing. */
static struct {
    char name[128]; /* "" = nothing, "*" = any point */
    int64_t nth;
    bool reports_error;
    bool stops;
    int log_file; /* -1 = none */
} plan = {"", 0, false, false, -1};

static pthread_once_t plan_once = PTHREAD_ONCE_INIT;
static tide_atomic passings; /* of the points that the plan names */

static void read_fault(const char *fault)
{
    const char *colon = strchr(fault, ':');
    if (colon == NULL || (size_t)(colon - fault) >= sizeof plan.name) {
        return;
    }
    char *end;
    plan.nth = strtoll(colon + 1, &end, 10);
    plan.reports_error = strcmp(end, ":error") == 0;
    plan.stops = strcmp(end, ":stop") == 0;
    memcpy(plan.name, fault, (size_t)(colon - fault));
    plan.name[colon - fault] = '\0';
}

static void read_plan(void)
{
    const char *fault = getenv("TIDEMILL_FAULT");
    const char *log = getenv("TIDEMILL_FAULT_LOG");
    if (fault != NULL) {
        read_fault(fault);
    }
    if (log != NULL) {
        plan.log_file = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    }
}

/* One write call a line, so that lines of several threads and processes don't mix. */
static void write_log(const char *line, int size)
{
    if (plan.log_file >= 0 && size > 0) {
        while (write(plan.log_file, line, (size_t)size) < 0 && errno == EINTR) {
        }
    }
}

bool tide_fault_pass(const char *name)
{
    char line[256];
    (void)pthread_once(&plan_once, read_plan);
    write_log(line, snprintf(line, sizeof line, "%.200s\n", name));
    if (plan.name[0] == '\0' || (strcmp(plan.name, "*") != 0 && strcmp(plan.name, name) != 0)) {
        return false;
    }
    if (tide_atomic_add(&passings, 1) != plan.nth) {
        return false;
    }
    if (plan.reports_error) {
        return true;
    }
    if (plan.stops) {
        (void)kill(getpid(), SIGSTOP);
        return false;
    }
    write_log(line, snprintf(line, sizeof line, "killed %.200s %lld\n", name, (long long)plan.nth));
    (void)kill(getpid(), SIGKILL);
    return false;
}

int64_t tide_fault_number(const char *name, int64_t otherwise)
{
    const char *number = getenv(name);
    return number == NULL ? otherwise : strtoll(number, NULL, 10);
}

#else

/* ISO C wants something in every file. */
typedef int tide_fault_points_left_out;

#endif
