/* SPDX-License-Identifier: Apache-2.0 */
/* Merge passes: too many runs on the disk are made fewer, before streams open all of them at once.
 *
 * Always the smallest runs are merged, and no more of them than needed, so that large runs are
 * written once:
 *
 *   limit 3:   9 8 7 2 1 1  -> merge {2 1 1} ->  9 8 7 4  -> merge {7 4} ->  11 9 8
 *
 * Threads take merges from one list, under the shuffle's lock; a run that is being merged is in
 * nobody's list but the merge's. A merged run's inputs are released at once.
 */
#include <stdlib.h>

#include "base/fault.h"
#include "base/limits.h"
#include "base/memory.h"
#include "shuffle/shuffle_parts.h"

#define FAN_IN_MIN 2

typedef struct merge_pass {
    tide_shuffle *shuffle;
    tide_run_list waiting; /* runs on the disk that nobody merges */
    size_t in_flight;      /* merges; each will give one run back */
    size_t limit;          /* of runs on the disk */
    bool failed;
    tide_error err; /* of the first that failed */
} merge_pass;

typedef struct merge_job {
    tide_sorted_run *inputs[TIDE_MERGE_FAN_IN_MAX];
    size_t input_count;
} merge_job;

/* How many blocks a stream can hold: decoded ones with their entries and hashes, half as much. */
static size_t choose_limit(const tide_shuffle *shuffle, const tide_run_list *runs)
{
    int64_t raw_bytes = 0;
    size_t block_count = 0;
    for (size_t i = 0; i < runs->count; i++) {
        raw_bytes += runs->runs[i]->raw_bytes;
        block_count += runs->runs[i]->block_count;
    }
    if (block_count == 0) {
        return TIDE_MERGE_FAN_IN_MAX;
    }
    int64_t block_bytes = raw_bytes / (int64_t)block_count * 3 / 2 + 1;
    int64_t limit = shuffle->options.stream_bytes_max / block_bytes;
    limit = limit < FAN_IN_MIN ? FAN_IN_MIN : limit;
    return limit > TIDE_MERGE_FAN_IN_MAX ? TIDE_MERGE_FAN_IN_MAX : (size_t)limit;
}

static int compare_larger_first(const void *a, const void *b)
{
    const tide_sorted_run *x = *(tide_sorted_run *const *)a;
    const tide_sorted_run *y = *(tide_sorted_run *const *)b;
    return (x->raw_bytes < y->raw_bytes) - (x->raw_bytes > y->raw_bytes);
}

/* Under the lock. Waits for other merges when too few runs are there now. False: nothing is left to
 * do. */
static bool take_job(merge_pass *pass, merge_job *job)
{
    tide_run_list *waiting = &pass->waiting;
    for (;;) {
        size_t total = waiting->count + pass->in_flight;
        if (pass->failed || total <= pass->limit) {
            return false;
        }
        size_t wanted = total - pass->limit + 1;
        wanted = wanted > pass->limit ? pass->limit : wanted;
        if (waiting->count >= wanted) {
            qsort(waiting->runs, waiting->count, sizeof(waiting->runs[0]), compare_larger_first);
            job->input_count = wanted;
            waiting->count -= wanted;
            memcpy(job->inputs, waiting->runs + waiting->count, wanted * sizeof job->inputs[0]);
            pass->in_flight++;
            return true;
        }
        tide_condition_wait(&pass->shuffle->moved, &pass->shuffle->lock);
    }
}

static tide_code merge(tide_shuffle *shuffle, const merge_job *job, tide_sorted_run **merged,
                       tide_error *err)
{
    const tide_sorted_run *from[TIDE_MERGE_FAN_IN_MAX];
    memcpy(from, job->inputs, sizeof from);
    if (TIDE_FAULT_FAILS("merge.pass.before")) {
        return TIDE_FAIL(err, TIDE_IO, "can't merge spilled rows");
    }
    TIDE_TRY(tide_shuffle_make_run(shuffle, 0, merged, err));
    (*merged)->place = TIDE_PLACE_DISK;
    tide_code code = tide_shuffle_write_run(shuffle, from, job->input_count, *merged, err);
    if (code != TIDE_OK) {
        tide_shuffle_free_run(shuffle, *merged);
        return code;
    }
    TIDE_FAULT_POINT("merge.pass.after");
    for (size_t i = 0; i < job->input_count; i++) {
        (*merged)->held_bytes += job->inputs[i]->held_bytes;
        tide_shuffle_free_run(shuffle, job->inputs[i]);
    }
    return TIDE_OK;
}

/* Under the lock. The list has held all of these before, so there is room. */
static void end_job(merge_pass *pass, const merge_job *job, tide_sorted_run *merged, tide_code code,
                    const tide_error *err)
{
    pass->in_flight--;
    if (code == TIDE_OK) {
        pass->waiting.runs[pass->waiting.count++] = merged;
        pass->shuffle->facts.merge_count++;
    } else {
        memcpy(pass->waiting.runs + pass->waiting.count, job->inputs,
               job->input_count * sizeof job->inputs[0]);
        pass->waiting.count += job->input_count;
        if (!pass->failed) {
            pass->err = *err;
        }
        pass->failed = true;
    }
    tide_condition_broadcast(&pass->shuffle->moved);
}

static void run_merges(void *argument)
{
    merge_pass *pass = argument;
    tide_shuffle *shuffle = pass->shuffle;
    merge_job job;
    tide_error err;
    tide_mutex_lock(&shuffle->lock);
    while (take_job(pass, &job)) {
        tide_sorted_run *merged = NULL;
        tide_mutex_unlock(&shuffle->lock);
        tide_code code = merge(shuffle, &job, &merged, &err);
        tide_mutex_lock(&shuffle->lock);
        end_job(pass, &job, merged, code, &err);
    }
    tide_mutex_unlock(&shuffle->lock);
}

/* A thread that can't be started leaves its work to the others. */
static void run_on_threads(merge_pass *pass, unsigned thread_count)
{
    tide_thread threads[TIDE_MERGE_FAN_IN_MAX];
    unsigned started = 0;
    size_t excess = pass->waiting.count > pass->limit ? pass->waiting.count - pass->limit : 0;
    while (started + 1 < thread_count && started < TIDE_MERGE_FAN_IN_MAX &&
           excess > (size_t)started * pass->limit) {
        tide_error ignored;
        if (tide_thread_start(&threads[started], run_merges, pass, &ignored) != TIDE_OK) {
            break;
        }
        started++;
    }
    run_merges(pass);
    for (unsigned i = 0; i < started; i++) {
        tide_thread_join(&threads[i]);
    }
}

/* Moves the runs on the disk out of the list of finished ones, which keeps its capacity. */
static tide_code collect(tide_shuffle *shuffle, tide_run_list *spilled, tide_error *err)
{
    tide_run_list *finished = &shuffle->finished;
    TIDE_TRY(tide_grow((void **)&spilled->runs, &spilled->capacity, finished->count,
                       sizeof(spilled->runs[0]), err));
    size_t kept = 0;
    for (size_t i = 0; i < finished->count; i++) {
        tide_sorted_run *run = finished->runs[i];
        if (run->place == TIDE_PLACE_DISK) {
            spilled->runs[spilled->count++] = run;
        } else {
            finished->runs[kept++] = run;
        }
    }
    finished->count = kept;
    return TIDE_OK;
}

tide_code tide_shuffle_merge_passes(tide_shuffle *shuffle, unsigned thread_count, tide_error *err)
{
    merge_pass pass = {.shuffle = shuffle};
    TIDE_TRY(collect(shuffle, &pass.waiting, err));
    pass.limit = choose_limit(shuffle, &pass.waiting);
    run_on_threads(&pass, thread_count);
    for (size_t i = 0; i < pass.waiting.count; i++) {
        shuffle->finished.runs[shuffle->finished.count++] = pass.waiting.runs[i];
    }
    tide_free(pass.waiting.runs);
    if (pass.failed) {
        *err = pass.err;
        return err->code;
    }
    return TIDE_OK;
}
