/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/shuffle.h"

#include <assert.h>

#include "base/limits.h"
#include "base/memory.h"
#include "shuffle/shuffle_parts.h"
#include "shuffle/spill_writer.h"

#define STREAM_BYTES_DEFAULT (16 << 20)
/* Budgets smaller than 64 of the usual pieces spill pieces of a 64th. */
#define SPILL_PIECES_MIN 64
#define SLAB_BYTES_MIN 4096

static int64_t choose_spill_bytes_min(const tide_shuffle_options *options)
{
    int64_t limit = options->budget->limit_bytes;
    if (options->resident_bytes_max > 0 && options->resident_bytes_max < limit) {
        limit = options->resident_bytes_max;
    }
    int64_t piece = limit / SPILL_PIECES_MIN;
    return piece < (int64_t)TIDE_SPILL_RUN_BYTES_MIN ? piece : (int64_t)TIDE_SPILL_RUN_BYTES_MIN;
}

/* Slabs are as small as what is spilled: a writer holds one or two of them besides its rows. */
static size_t choose_slab_bytes(int64_t spill_bytes_min)
{
    if (spill_bytes_min < SLAB_BYTES_MIN) {
        return SLAB_BYTES_MIN;
    }
    return spill_bytes_min < (int64_t)TIDE_SLAB_BYTES ? (size_t)spill_bytes_min : TIDE_SLAB_BYTES;
}

static tide_code copy_options(tide_shuffle *shuffle, tide_error *err)
{
    tide_shuffle_options *options = &shuffle->options;
    shuffle->spill_directory = tide_copy_string(options->spill_directory);
    shuffle->key_columns = tide_alloc_zero(options->key_count, sizeof *shuffle->key_columns);
    if (shuffle->spill_directory == NULL || shuffle->key_columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "the shuffle");
    }
    memcpy(shuffle->key_columns, options->key_columns,
           options->key_count * sizeof *shuffle->key_columns);
    tide_row_order_options order = {
        .schema = options->schema,
        .key_columns = options->key_columns,
        .key_count = options->key_count,
        .order_columns = options->order_columns,
        .order_count = options->order_count,
    };
    TIDE_TRY(tide_row_order_init(&shuffle->order, &order, err));
    if (options->stream_bytes_max == 0) {
        options->stream_bytes_max = STREAM_BYTES_DEFAULT;
    }
    if (options->batch_bytes_max == 0) {
        options->batch_bytes_max = TIDE_BATCH_BYTES_MAX;
    }
    return TIDE_OK;
}

tide_code tide_shuffle_create(const tide_shuffle_options *options, tide_shuffle **shuffle,
                              tide_error *err)
{
    tide_shuffle *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "the shuffle");
    }
    made->options = *options;
    tide_code code = copy_options(made, err);
    if (code != TIDE_OK) {
        tide_free(made->spill_directory);
        tide_free(made->key_columns);
        tide_free(made);
        return code;
    }
    tide_budget_init(&made->resident,
                     options->resident_bytes_max > 0 ? options->resident_bytes_max : INT64_MAX);
    made->spill_bytes_min = choose_spill_bytes_min(options);
    made->slab_bytes = choose_slab_bytes(made->spill_bytes_min);
    tide_spill_file_init(&made->file, made->spill_directory);
    tide_mutex_init(&made->lock);
    tide_condition_init(&made->moved);
    *shuffle = made;
    return TIDE_OK;
}

void tide_shuffle_destroy(tide_shuffle *shuffle)
{
    if (shuffle == NULL) {
        return;
    }
    for (size_t i = 0; i < shuffle->finished.count; i++) {
        tide_shuffle_free_run(shuffle, shuffle->finished.runs[i]);
    }
    assert(tide_budget_used(&shuffle->resident) == 0);
    assert(tide_atomic_get(&shuffle->borrowed) == 0);
    tide_free(shuffle->finished.runs);
    tide_spill_file_clear(&shuffle->file);
    tide_row_order_clear(&shuffle->order);
    tide_condition_clear(&shuffle->moved);
    tide_mutex_clear(&shuffle->lock);
    tide_free(shuffle->key_columns);
    tide_free(shuffle->spill_directory);
    tide_free(shuffle);
}

/* What is borrowed from the reserve goes back first. */
static void give_back_resident(tide_shuffle *shuffle, int64_t bytes)
{
    int64_t borrowed = tide_atomic_get(&shuffle->borrowed);
    while (borrowed > 0) {
        int64_t part = borrowed < bytes ? borrowed : bytes;
        if (tide_atomic_swap_if(&shuffle->borrowed, borrowed, borrowed - part)) {
            tide_budget_give_back(shuffle->options.reserve, part);
            bytes -= part;
            break;
        }
        borrowed = tide_atomic_get(&shuffle->borrowed);
    }
    tide_budget_give_back(&shuffle->resident, bytes);
}

static bool take_resident(tide_shuffle *shuffle, int64_t bytes)
{
    tide_budget *reserve = shuffle->options.reserve;
    if (tide_budget_take(&shuffle->resident, bytes)) {
        return true;
    }
    if (reserve == NULL || !tide_budget_take(reserve, bytes)) {
        return false;
    }
    (void)tide_atomic_add(&shuffle->borrowed, bytes);
    return true;
}

bool tide_shuffle_take_bytes(tide_shuffle *shuffle, int64_t bytes)
{
    if (!take_resident(shuffle, bytes)) {
        return false;
    }
    if (!tide_budget_take(shuffle->options.budget, bytes)) {
        give_back_resident(shuffle, bytes);
        return false;
    }
    return true;
}

void tide_shuffle_force_bytes(tide_shuffle *shuffle, int64_t bytes)
{
    tide_budget_force(&shuffle->resident, bytes);
    tide_budget_force(shuffle->options.budget, bytes);
}

void tide_shuffle_give_back_bytes(tide_shuffle *shuffle, int64_t bytes)
{
    give_back_resident(shuffle, bytes);
    tide_budget_give_back(shuffle->options.budget, bytes);
}

static void init_run(const tide_shuffle *shuffle, tide_sorted_run *run, uint32_t split)
{
    tide_row_store rows;
    tide_row_store_init(&rows, shuffle->options.schema, &shuffle->order, shuffle->slab_bytes);
    tide_sorted_run_init(run, &rows, split);
}

tide_code tide_shuffle_make_run(tide_shuffle *shuffle, uint32_t split, tide_sorted_run **run,
                                tide_error *err)
{
    *run = tide_alloc(sizeof **run);
    if (*run == NULL) {
        return TIDE_FAIL_MEMORY(err, "rows to be sorted");
    }
    init_run(shuffle, *run, split);
    return TIDE_OK;
}

void tide_shuffle_free_run(tide_shuffle *shuffle, tide_sorted_run *run)
{
    if (run == NULL) {
        return;
    }
    tide_shuffle_give_back_bytes(shuffle, run->rows.byte_count);
    tide_sorted_run_clear(run, &shuffle->file);
    tide_free(run);
}

tide_code tide_run_list_add(tide_run_list *list, tide_sorted_run *run, tide_error *err)
{
    TIDE_TRY(
        tide_grow((void **)&list->runs, &list->capacity, list->count + 1, sizeof *list->runs, err));
    list->runs[list->count++] = run;
    return TIDE_OK;
}

static tide_code copy_batches(tide_merger *merger, tide_spill_writer *writer, tide_error *err)
{
    for (;;) {
        tide_batch batch;
        const uint64_t *hashes;
        TIDE_TRY(tide_merger_next(merger, &batch, &hashes, err));
        if (tide_batch_row_count(&batch) == 0) {
            return tide_spill_writer_finish(writer, err);
        }
        TIDE_TRY(tide_spill_writer_add(writer, &batch, hashes, err));
    }
}

tide_code tide_shuffle_write_run(tide_shuffle *shuffle, const tide_sorted_run *const *from,
                                 size_t from_count, tide_sorted_run *to, tide_error *err)
{
    tide_merger merger;
    tide_merger_options options = {
        .schema = shuffle->options.schema,
        .order = &shuffle->order,
        .file = &shuffle->file,
        .budget = shuffle->options.budget,
        .cancel = shuffle->options.cancel,
        .range = {0, UINT64_MAX},
        .batch_rows_max = TIDE_BATCH_ROWS_MAX,
        .batch_bytes_max = TIDE_SPILL_BLOCK_BYTES,
    };
    TIDE_TRY(tide_merger_init(&merger, &options, from, from_count, err));
    int64_t writer_bytes = TIDE_SPILL_WRITE_BYTES + 3 * (int64_t)TIDE_SPILL_BLOCK_BYTES;
    tide_budget_force(shuffle->options.budget, writer_bytes);
    tide_spill_writer writer;
    tide_spill_writer_init(&writer, &shuffle->file, to);
    tide_code code = copy_batches(&merger, &writer, err);
    tide_spill_writer_clear(&writer);
    to->collided = merger.collided;
    for (size_t i = 0; i < from_count; i++) {
        to->collided |= from[i]->collided;
    }
    tide_budget_give_back(shuffle->options.budget, writer_bytes);
    tide_merger_clear(&merger);
    return code;
}

tide_code tide_shuffle_spill_rows(tide_shuffle *shuffle, tide_sorted_run *run, tide_error *err)
{
    tide_sorted_run spilled;
    init_run(shuffle, &spilled, run->split);
    const tide_sorted_run *from = run;
    tide_code code = tide_shuffle_write_run(shuffle, &from, 1, &spilled, err);
    if (code != TIDE_OK) {
        tide_sorted_run_clear(&spilled, &shuffle->file);
        return code;
    }
    tide_shuffle_give_back_bytes(shuffle, run->rows.byte_count);
    tide_row_store_clear(&run->rows);
    run->blocks = spilled.blocks;
    run->block_count = spilled.block_count;
    run->block_capacity = spilled.block_capacity;
    run->raw_bytes = spilled.raw_bytes;
    run->piece_bytes = spilled.piece_bytes;
    return TIDE_OK;
}

static bool has_moving_run(const tide_run_list *list, uint32_t split)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->runs[i]->split == split && list->runs[i]->place == TIDE_PLACE_MOVING) {
            return true;
        }
    }
    return false;
}

int64_t tide_shuffle_discard_split(tide_shuffle *shuffle, uint32_t split)
{
    int64_t rows = 0;
    size_t kept = 0;
    tide_run_list *list = &shuffle->finished;
    tide_mutex_lock(&shuffle->lock);
    while (has_moving_run(list, split)) {
        tide_condition_wait(&shuffle->moved, &shuffle->lock);
    }
    for (size_t i = 0; i < list->count; i++) {
        tide_sorted_run *run = list->runs[i];
        if (run->split != split) {
            list->runs[kept++] = run;
            continue;
        }
        rows += run->row_count;
        shuffle->facts.byte_count -= run->held_bytes;
        tide_shuffle_free_run(shuffle, run);
    }
    list->count = kept;
    shuffle->facts.row_count -= rows;
    tide_mutex_unlock(&shuffle->lock);
    return rows;
}

tide_code tide_shuffle_seal(tide_shuffle *shuffle, unsigned thread_count, tide_error *err)
{
    return tide_shuffle_merge_passes(shuffle, thread_count, err);
}

void tide_shuffle_partition_rows(const tide_shuffle *shuffle, uint32_t partition_count,
                                 int64_t *rows)
{
    for (uint32_t p = 0; p < partition_count; p++) {
        rows[p] = 0;
    }
    for (size_t i = 0; i < shuffle->finished.count; i++) {
        const tide_sorted_run *run = shuffle->finished.runs[i];
        int64_t below = 0;
        for (uint32_t p = 0; p + 1 < partition_count; p++) {
            uint64_t border = tide_partition_range(p + 1, partition_count).first;
            int64_t next = tide_sorted_run_rows_below(run, border);
            rows[p] += next - below;
            below = next;
        }
        rows[partition_count - 1] += run->row_count - below;
    }
}

tide_shuffle_facts tide_shuffle_get_facts(tide_shuffle *shuffle)
{
    tide_mutex_lock(&shuffle->lock);
    tide_shuffle_facts facts = shuffle->facts;
    for (size_t i = 0; i < shuffle->finished.count; i++) {
        bool on_disk = shuffle->finished.runs[i]->place == TIDE_PLACE_DISK;
        facts.disk_runs += on_disk ? 1 : 0;
        facts.memory_runs += on_disk ? 0 : 1;
    }
    tide_mutex_unlock(&shuffle->lock);
    facts.spilled_bytes = tide_atomic_get(&shuffle->file.written_bytes);
    return facts;
}
