/* SPDX-License-Identifier: Apache-2.0 */
#include "run/shares.h"

#include <stdio.h>

#include "base/fault.h"
#include "base/limits.h"
#include "base/problem.h"

#define MB ((int64_t)1 << 20)

/* Measured: 12 MB with the libraries' pages before anything is read, the rest is for TLS, LuaJIT's
 * machine code, stacks and what the allocator keeps of freed memory. */
#define FIXED_BYTES (16 * MB)
/* A worker below this would send units of a few hundred rows. */
#define WORKER_BYTES_MIN (7 * MB)
/* What a worker can use at most, besides days: batches, blocks and units at their usual sizes. */
#define WORKER_BYTES_MAX (256 * MB)
#define CACHE_SHARE 16
#define CACHE_BYTES_MIN (2 * MB)
#define CACHE_BYTES_MAX (32 * MB)
/* Of what is left, workers get at most this part: of a half, or of more where days are to be held.
 */
#define WORKERS_SHARE 0.5
#define WORKERS_SHARE_WITH_DAYS 0.6
/* A day is held as rows, and once more as what a step makes of it. */
#define DAY_COPIES 2
/* Of a worker's bytes. Batches are held by reader, shuffle, gather, steps and unit, growing arrays
 * by up to twice; a unit by the sink, too, in its own format. */
#define BATCH_SHARE 32
#define STREAM_SHARE 6
#define UNIT_SHARE 8
/* Half of what it may reach for a moment: see lua_memory.h. */
#define USER_CODE_SHARE 4
#define BATCH_BYTES_MIN (64 << 10)
#define STREAM_BYTES_MAX (16 * MB)
/* A series without many rows costs as much as its rows: state, name, segment. */
#define BATCH_ROW_BYTES 64
#define BATCH_ROWS_MIN 512
#define UNIT_ROW_BYTES 32
#define SCARCE_SHARE 12
#define REJECTS_SHARE 16
#define REJECT_BYTES 512
#define REJECTS_MAX 1000000

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int64_t cache_bytes(const tide_pipeline *pipeline, int64_t memory_bytes)
{
    const tide_connection *connection = pipeline->config->sink.connection;
    if (connection == NULL || connection->kind == TIDE_CONNECTION_POSTGRES) {
        return 0;
    }
    return clamp(memory_bytes / CACHE_SHARE, CACHE_BYTES_MIN, CACHE_BYTES_MAX);
}

static tide_code check_minimum(int64_t memory_bytes, tide_error *err)
{
    if (memory_bytes >= TIDE_MEMORY_BYTES_MIN) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_MEMORY_TOO_LITTLE,
                     "--memory %lld bytes is too little: a pipeline needs at least %lld MB, of "
                     "which %lld MB are for the program and its libraries (with --jobs, each "
                     "pipeline that runs at the same time)",
                     (long long)memory_bytes, (long long)(TIDE_MEMORY_BYTES_MIN / MB),
                     (long long)(FIXED_BYTES / MB));
}

/* How much --memory one worker with such a day needs. */
static int64_t memory_for_day(int64_t day_bytes)
{
    double workers = (double)(WORKER_BYTES_MIN + DAY_COPIES * day_bytes);
    double rest = workers / WORKERS_SHARE_WITH_DAYS + (double)FIXED_BYTES;
    return (int64_t)(rest * CACHE_SHARE / (CACHE_SHARE - 1)) / MB + 1;
}

int64_t tide_shares_least(const tide_pipeline *pipeline, int64_t memory_bytes)
{
    int64_t set = pipeline->config->max_day_bytes;
    int64_t day = set > 0 ? set : TIDE_DAY_BYTES_MAX;
    int64_t least = pipeline->process.whole_days ? memory_for_day(day) * MB : 0;
    least = least > TIDE_MEMORY_BYTES_MIN ? least : TIDE_MEMORY_BYTES_MIN;
    return least < memory_bytes ? least : memory_bytes;
}

/* The day that fits: as set, or it is an error; as usual, or what one worker can hold. */
static tide_code choose_day(const tide_pipeline *pipeline, int64_t workers_bytes,
                            tide_shares *shares, tide_error *err)
{
    int64_t set = pipeline->config->max_day_bytes;
    int64_t day = set > 0 ? set : TIDE_DAY_BYTES_MAX;
    int64_t most = (workers_bytes - WORKER_BYTES_MIN) / DAY_COPIES;
    if (day > most && set > 0) {
        return TIDE_FAIL(err, TIDE_E_MEMORY_TOO_LITTLE,
                         "max_day_bytes is %lld MB: a step wants days whole, and --memory has "
                         "room for days of %lld MB with one worker. Give --memory %lldMB, or "
                         "lower max_day_bytes",
                         (long long)(day / MB), (long long)(most / MB),
                         (long long)memory_for_day(day));
    }
    if (day > most) {
        (void)snprintf(shares->why_smaller_day, sizeof shares->why_smaller_day,
                       "days may have %lld MB instead of %lld MB: --memory %lldMB has room for "
                       "such",
                       (long long)(most / MB), (long long)(day / MB),
                       (long long)memory_for_day(day));
        day = most;
    }
    shares->max_day_bytes = (size_t)day;
    return TIDE_OK;
}

static void choose_workers(unsigned asked, int64_t workers_bytes, int64_t least,
                           tide_shares *shares)
{
    int64_t most = workers_bytes / least;
    most = most < 1 ? 1 : most;
    shares->worker_count = asked;
    if ((int64_t)asked <= most) {
        return;
    }
    shares->worker_count = (unsigned)most;
    (void)snprintf(shares->why_fewer, sizeof shares->why_fewer,
                   "%lld instead of %u: a worker needs %lld MB%s, and --memory leaves %lld MB for "
                   "workers",
                   (long long)most, asked, (long long)(least / MB),
                   shares->max_day_bytes > 0 ? " (a step wants days whole: max_day_bytes)" : "",
                   (long long)(workers_bytes / MB));
}

/* Steps with user code share what a worker has for it. */
static int64_t count_user_code(const tide_pipeline *pipeline)
{
    int64_t count = 0;
    for (size_t i = 0; i < pipeline->step_count; i++) {
        count += pipeline->steps[i].vtable->limit != NULL ? 1 : 0;
    }
    return count > 0 ? count : 1;
}

static void divide_worker(const tide_pipeline *pipeline, int64_t bytes, tide_shares *shares)
{
    const tide_pipeline_config *config = pipeline->config;
    int64_t unit = config->unit_bytes > 0 ? config->unit_bytes : (int64_t)TIDE_UNIT_BYTES_MAX;
    int64_t unit_rows = config->unit_rows > 0 ? config->unit_rows : TIDE_UNIT_ROWS_MAX;
    shares->batch_bytes =
        (size_t)clamp(bytes / BATCH_SHARE, BATCH_BYTES_MIN, (int64_t)TIDE_BATCH_BYTES_MAX);
    shares->batch_rows =
        clamp((int64_t)shares->batch_bytes / BATCH_ROW_BYTES, BATCH_ROWS_MIN, TIDE_BATCH_ROWS_MAX);
    shares->stream_bytes = clamp(bytes / STREAM_SHARE, 1, STREAM_BYTES_MAX);
    shares->unit_bytes = (size_t)clamp(bytes / UNIT_SHARE, 1, unit);
    shares->unit_rows = clamp(bytes / UNIT_SHARE / UNIT_ROW_BYTES, 1, unit_rows);
    shares->user_code_bytes = bytes / USER_CODE_SHARE / count_user_code(pipeline);
}

/* Only tests: rows spill, merge in passes and commit in small units although there are few. */
static void make_scarce(int64_t rows_bytes, tide_shares *shares)
{
    if (rows_bytes > 0) {
        shares->rows_bytes = rows_bytes;
        shares->stream_bytes = rows_bytes / SCARCE_SHARE;
        shares->unit_bytes =
            (size_t)clamp(rows_bytes / SCARCE_SHARE, 1, (int64_t)shares->unit_bytes);
    }
}

tide_code tide_shares_divide(const tide_pipeline *pipeline, int64_t memory_bytes,
                             unsigned worker_count, tide_shares *shares, tide_error *err)
{
    *shares = (tide_shares){0};
    TIDE_TRY(check_minimum(memory_bytes, err));
    shares->cache_bytes = cache_bytes(pipeline, memory_bytes);
    int64_t rest = memory_bytes - FIXED_BYTES - shares->cache_bytes;
    bool with_days = pipeline->process.whole_days;
    int64_t workers_bytes =
        (int64_t)((double)rest * (with_days ? WORKERS_SHARE_WITH_DAYS : WORKERS_SHARE));
    if (with_days) {
        TIDE_TRY(choose_day(pipeline, workers_bytes, shares, err));
    }
    int64_t days = DAY_COPIES * (int64_t)shares->max_day_bytes;
    choose_workers(worker_count, workers_bytes, WORKER_BYTES_MIN + days, shares);
    int64_t each = workers_bytes / shares->worker_count;
    each = each - days > WORKER_BYTES_MAX ? WORKER_BYTES_MAX + days : each;
    divide_worker(pipeline, each - days, shares);
    shares->rows_bytes = rest - each * shares->worker_count;
    make_scarce(TIDE_FAULT_NUMBER("TIDEMILL_ROWS_BYTES", 0), shares);
    shares->rejects_max = clamp(memory_bytes / REJECTS_SHARE / REJECT_BYTES, 1, REJECTS_MAX);
    return TIDE_OK;
}
