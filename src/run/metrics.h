/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics: memory and CPU of this process, sampled by a thread of their own while something runs.
 */
#ifndef TIDE_RUN_METRICS_H
#define TIDE_RUN_METRICS_H

#include "base/thread.h"

typedef struct tide_usage {
    int64_t memory_bytes_peak, memory_bytes_mean; /* resident */
    int64_t cpu_micros, wall_micros;              /* since the start */
} tide_usage;

typedef struct tide_metrics {
    tide_thread thread;
    bool running;    /* known to the owner's thread only */
    tide_mutex lock; /* guards what follows, and wakes the thread for its end */
    tide_condition wake;
    bool stopping;
    int64_t sample_count;
    int64_t memory_bytes_sum; /* of the samples */
    int64_t cpu_micros_begin, wall_micros_begin;
    tide_usage usage;
} tide_metrics;

TIDE_MUST_CHECK tide_code tide_metrics_start(tide_metrics *metrics, tide_error *err);
/* What was used up to now; for the thread that started it, also after the stop. */
tide_usage tide_metrics_usage(tide_metrics *metrics);
/* Takes a last sample and joins the thread; nothing if it does not run. */
void tide_metrics_stop(tide_metrics *metrics);

/* Now. */
int64_t tide_resident_bytes(void);

/* Memory that this process may use: the smaller of RAM and the limits of its cgroups. */
int64_t tide_memory_available(void);
/* What a run takes unless told otherwise: a quarter of it, if that is enough to run at all. */
int64_t tide_memory_default(void);
/* Cores that this process may use: affinity and cgroup quota respected, at least 1. */
unsigned tide_cores_available(void);
/* Where rows are spilled: the directory that is given, or what the environment says. */
const char *tide_spill_directory(const char *given);

#endif
