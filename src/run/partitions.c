/* SPDX-License-Identifier: Apache-2.0 */
#include "run/partitions.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/problem.h"
#include "run/workers.h"
#include "shuffle/spill_file.h"

/* Enough that workers end together, and that a commit is not the whole load. */
#define PARTITIONS_PER_WORKER 4
#define PARTITION_ROWS_MAX 1000000
#define PARTITIONS_MAX 4096

/* Now, and not when the first row does not fit any more; so it is a matter of the command line. */
#define UNFIT_DIRECTORY TIDE_PROBLEM_AS(TIDE_E_SPILL_DIRECTORY, TIDE_BAD_CONFIG)

static tide_code check_spill_directory(const char *path, tide_error *err)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode)) {
        return TIDE_FAIL(err, UNFIT_DIRECTORY, "%s, where data is to be spilled, is no directory",
                         path);
    }
    if (access(path, R_OK | W_OK | X_OK) != 0) {
        return TIDE_FAIL_ERRNO(err, UNFIT_DIRECTORY, errno,
                               "can't write to %s, where data is to be spilled (--spill DIR names "
                               "another directory)",
                               path);
    }
    return TIDE_OK;
}

tide_code tide_run_shuffle_create(tide_execution *execution, const tide_shuffle_keys *keys,
                                  tide_shuffle **shuffle, tide_error *err)
{
    const tide_shares *shares = &execution->shares;
    size_t removed_count = 0;
    TIDE_TRY(check_spill_directory(execution->options.spill_directory, err));
    TIDE_TRY(tide_spill_clean(execution->options.spill_directory, &removed_count, err));
    if (removed_count > 0) {
        tide_text_append_format(&execution->result->notes,
                                "removed %zu spill files of runs that were killed\n",
                                removed_count);
    }
    tide_shuffle_options options = {
        .schema = keys->schema,
        .key_columns = keys->key,
        .key_count = keys->key_count,
        .order_columns = keys->order,
        .order_count = keys->order_count,
        .spill_directory = execution->options.spill_directory,
        .budget = &execution->budget,
        .reserve = execution->options.sharing.reserve,
        .cancel = &execution->cancel,
        .resident_bytes_max = shares->rows_bytes,
        .stream_bytes_max = shares->stream_bytes,
        .batch_bytes_max = shares->batch_bytes,
    };
    return tide_shuffle_create(&options, shuffle, err);
}

static uint32_t partition_count_of(const tide_execution *execution, int64_t row_count)
{
    int64_t wanted = execution->pipeline->config->partitions;
    if (wanted == 0) {
        wanted = (int64_t)execution->options.worker_count * PARTITIONS_PER_WORKER;
        int64_t by_rows = row_count / PARTITION_ROWS_MAX + 1;
        wanted = by_rows > wanted ? by_rows : wanted;
        wanted = wanted > PARTITIONS_MAX ? PARTITIONS_MAX : wanted;
    }
    return (uint32_t)wanted;
}

typedef struct sized_partition {
    uint32_t partition;
    int64_t rows;
} sized_partition;

static int compare_sizes(const void *a, const void *b)
{
    const sized_partition *x = a;
    const sized_partition *y = b;
    if (x->rows != y->rows) {
        return x->rows > y->rows ? -1 : 1;
    }
    return x->partition < y->partition ? -1 : 1;
}

/* Largest first, so that no worker is left with a large one at the end. */
static tide_code order_partitions(const tide_shuffle *shuffle, tide_partitions *partitions,
                                  tide_error *err)
{
    uint32_t count = partitions->count;
    int64_t *rows = tide_alloc_zero(count, sizeof *rows);
    sized_partition *sized = tide_alloc_zero(count, sizeof *sized);
    partitions->order = tide_alloc_zero(count, sizeof *partitions->order);
    tide_code code = TIDE_OK;
    if (rows == NULL || sized == NULL || partitions->order == NULL) {
        code = TIDE_FAIL_MEMORY(err, "planning partitions");
    } else {
        tide_shuffle_partition_rows(shuffle, count, rows);
        for (uint32_t i = 0; i < count; i++) {
            sized[i] = (sized_partition){i, rows[i]};
        }
        qsort(sized, count, sizeof *sized, compare_sizes);
        for (uint32_t i = 0; i < count; i++) {
            partitions->order[i] = sized[i].partition;
        }
    }
    tide_free(rows);
    tide_free(sized);
    return code;
}

/* Merges on as many threads as have a place. */
static tide_code seal(tide_execution *execution, tide_shuffle *shuffle, tide_error *err)
{
    TIDE_TRY(tide_pool_take(&execution->member, &execution->cancel, err));
    unsigned more = tide_pool_take_free(&execution->member, execution->options.worker_count - 1);
    tide_code code = tide_shuffle_seal(shuffle, 1 + more, err);
    tide_pool_give_back(&execution->member, 1 + more);
    return code;
}

tide_code tide_partitions_plan(tide_execution *execution, tide_shuffle *shuffle,
                               tide_partitions *partitions, tide_error *err)
{
    *partitions = (tide_partitions){0};
    TIDE_TRY(seal(execution, shuffle, err));
    tide_shuffle_facts facts = tide_shuffle_get_facts(shuffle);
    execution->result->spilled_bytes = facts.spilled_bytes;
    tide_atomic_set(&execution->progress->spilled_bytes, facts.spilled_bytes);
    tide_atomic_set(&execution->progress->rows_to_process, facts.row_count);
    partitions->row_count = facts.row_count;
    partitions->count = partition_count_of(execution, facts.row_count);
    tide_atomic_set(&execution->progress->partitions_total, partitions->count);
    return order_partitions(shuffle, partitions, err);
}

void tide_partitions_clear(tide_partitions *partitions)
{
    tide_free(partitions->order);
    partitions->order = NULL;
}

static bool take_partition(tide_partitions *partitions, uint32_t *partition)
{
    int64_t i = tide_atomic_add(&partitions->next, 1) - 1;
    if (i >= (int64_t)partitions->count) {
        return false;
    }
    *partition = partitions->order[i];
    return true;
}

typedef struct partitions_run {
    tide_execution *execution;
    tide_partitions *partitions;
    tide_partition_body body;
    void *context;
} partitions_run;

/* A place is given back after each partition, so that another run's worker may be next. */
static tide_code take_partitions(const partitions_run *run, tide_sink_worker *worker,
                                 tide_error *err)
{
    tide_execution *execution = run->execution;
    for (;;) {
        uint32_t partition;
        TIDE_TRY(tide_pool_take(&execution->member, &execution->cancel, err));
        bool taken = take_partition(run->partitions, &partition);
        tide_code code = taken ? tide_cancel_check(&execution->cancel, err) : TIDE_OK;
        if (taken && code == TIDE_OK) {
            code = run->body(run->context, partition, worker, err);
            (void)tide_atomic_add(&execution->progress->partitions_done, 1);
        }
        tide_pool_give_back(&execution->member, 1);
        if (!taken || code != TIDE_OK) {
            return code;
        }
    }
}

static tide_code run_worker(void *context, unsigned number, tide_error *err)
{
    const partitions_run *run = context;
    tide_sink *sink = run->execution->sink;
    tide_sink_worker *worker = NULL;
    (void)number;
    TIDE_TRY(tide_on_side(sink->vtable->open_worker(sink, &worker, err), TIDE_SIDE_SINK, err));
    tide_code code = take_partitions(run, worker, err);
    sink->vtable->close_worker(worker);
    return tide_on_side(code, TIDE_SIDE_PROCESS, err);
}

tide_code tide_partitions_run(tide_execution *execution, tide_partitions *partitions,
                              tide_partition_body body, void *context, tide_error *err)
{
    partitions_run run = {execution, partitions, body, context};
    unsigned workers = execution->options.worker_count < partitions->count
                           ? execution->options.worker_count
                           : partitions->count;
    return tide_workers_run(workers, run_worker, &run, &execution->cancel, err);
}
