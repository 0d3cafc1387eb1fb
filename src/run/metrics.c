/* SPDX-License-Identifier: Apache-2.0 */
#include "run/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/calendar.h"

#define SAMPLE_MS 50

int64_t tide_resident_bytes(void)
{
    char line[128];
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return 0;
    }
    bool read = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file);
    char *rest = line;
    if (read) {
        (void)strtoll(line, &rest, 10); /* the whole address space comes first */
    }
    return read ? strtoll(rest, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static int64_t micros_of(struct timeval t)
{
    return (int64_t)t.tv_sec * TIDE_MICROS_PER_SECOND + t.tv_usec;
}

static int64_t cpu_micros_now(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
    return micros_of(usage.ru_utime) + micros_of(usage.ru_stime);
}

/* The operating system saw the peaks between the samples as well. Not ru_maxrss, which begins with
 * the peak of whoever has started this program. */
static int64_t peak_resident_bytes(void)
{
    static const char name[] = "VmHWM:";
    char line[128];
    int64_t kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && kilobytes == 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            kilobytes = strtoll(line + strlen(name), NULL, 10);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kilobytes * 1024;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Under the lock. */
static void take_sample(tide_metrics *metrics)
{
    tide_usage *usage = &metrics->usage;
    int64_t memory = tide_resident_bytes();
    metrics->sample_count++;
    metrics->memory_bytes_sum += memory;
    usage->memory_bytes_mean = metrics->memory_bytes_sum / metrics->sample_count;
    usage->memory_bytes_peak =
        larger(usage->memory_bytes_peak, larger(memory, peak_resident_bytes()));
    usage->cpu_micros = cpu_micros_now() - metrics->cpu_micros_begin;
    usage->wall_micros = tide_monotonic_micros() - metrics->wall_micros_begin;
}

static void sample_until_stopped(void *argument)
{
    tide_metrics *metrics = argument;
    tide_mutex_lock(&metrics->lock);
    while (!metrics->stopping) {
        take_sample(metrics);
        (void)tide_condition_wait_for(&metrics->wake, &metrics->lock, SAMPLE_MS);
    }
    tide_mutex_unlock(&metrics->lock);
}

tide_code tide_metrics_start(tide_metrics *metrics, tide_error *err)
{
    *metrics = (tide_metrics){0};
    metrics->cpu_micros_begin = cpu_micros_now();
    metrics->wall_micros_begin = tide_monotonic_micros();
    tide_mutex_init(&metrics->lock);
    tide_condition_init(&metrics->wake);
    tide_code code = tide_thread_start(&metrics->thread, sample_until_stopped, metrics, err);
    if (code != TIDE_OK) {
        tide_condition_clear(&metrics->wake);
        tide_mutex_clear(&metrics->lock);
    }
    metrics->running = code == TIDE_OK;
    return code;
}

tide_usage tide_metrics_usage(tide_metrics *metrics)
{
    if (!metrics->running) {
        return metrics->usage;
    }
    tide_mutex_lock(&metrics->lock);
    take_sample(metrics);
    tide_usage usage = metrics->usage;
    tide_mutex_unlock(&metrics->lock);
    return usage;
}

void tide_metrics_stop(tide_metrics *metrics)
{
    if (!metrics->running) {
        return;
    }
    tide_mutex_lock(&metrics->lock);
    take_sample(metrics);
    metrics->stopping = true;
    tide_condition_signal(&metrics->wake);
    tide_mutex_unlock(&metrics->lock);
    tide_thread_join(&metrics->thread);
    tide_condition_clear(&metrics->wake);
    tide_mutex_clear(&metrics->lock);
    metrics->running = false;
}
