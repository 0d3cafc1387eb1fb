/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/sorted_run.h"

#include "base/memory.h"

void tide_sorted_run_init(tide_sorted_run *run, const tide_row_store *rows, uint32_t split)
{
    *run = (tide_sorted_run){.split = split};
    run->rows = *rows;
}

/* Blocks that were written one after the other are released as one piece. */
static void release_pieces(const tide_sorted_run *run, tide_spill_file *file)
{
    size_t i = 0;
    while (i < run->block_count) {
        int64_t begin = run->blocks[i].offset;
        int64_t end = begin;
        while (i < run->block_count && run->blocks[i].offset == end) {
            end += run->blocks[i++].byte_count;
        }
        tide_spill_file_release(file, begin, end - begin);
    }
}

void tide_sorted_run_clear(tide_sorted_run *run, tide_spill_file *file)
{
    release_pieces(run, file);
    tide_free(run->blocks);
    tide_row_store_clear(&run->rows);
    run->blocks = NULL;
    run->block_count = run->block_capacity = 0;
    run->row_count = 0;
}

size_t tide_sorted_run_find_block(const tide_sorted_run *run, uint64_t hash)
{
    size_t low = 0;
    size_t high = run->block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (run->blocks[middle].last_hash < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Hashes are spread evenly, so a block's rows are taken to be. */
static int64_t share_below(const tide_block *block, uint64_t hash)
{
    if (hash <= block->first_hash) {
        return 0;
    }
    double part =
        (double)(hash - block->first_hash) / ((double)(block->last_hash - block->first_hash) + 1.0);
    return (int64_t)(part * (double)block->row_count);
}

int64_t tide_sorted_run_rows_below(const tide_sorted_run *run, uint64_t hash)
{
    if (run->place != TIDE_PLACE_DISK) {
        return (int64_t)tide_entries_find(run->rows.entries, run->rows.row_count, hash);
    }
    size_t straddling = tide_sorted_run_find_block(run, hash);
    int64_t rows = 0;
    for (size_t i = 0; i < straddling; i++) {
        rows += run->blocks[i].row_count;
    }
    if (straddling < run->block_count) {
        rows += share_below(&run->blocks[straddling], hash);
    }
    return rows;
}
