/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/sorted_cursor.h"

#include "base/memory.h"
#include "base/problem.h"

/* Narrows at and end to the range. */
static void use_entries(tide_sorted_cursor *cursor, const tide_entry *entries, size_t count,
                        tide_hash_range range)
{
    size_t begin = tide_entries_find(entries, count, range.first);
    size_t end =
        range.last == UINT64_MAX ? count : tide_entries_find(entries, count, range.last + 1);
    cursor->at = entries + begin;
    cursor->end = entries + end;
}

static size_t find_end_block(const tide_sorted_run *run, uint64_t last_hash)
{
    size_t end = tide_sorted_run_find_block(run, last_hash);
    while (end < run->block_count && run->blocks[end].first_hash <= last_hash) {
        end++;
    }
    return end;
}

tide_code tide_sorted_cursor_init(tide_sorted_cursor *cursor, const tide_sorted_run *run,
                                  const tide_load_scratch *scratch, tide_error *err)
{
    *cursor = (tide_sorted_cursor){.run = run};
    tide_batch_init(&cursor->view);
    if (run->place != TIDE_PLACE_DISK) {
        cursor->slabs = run->rows.slabs;
        if (run->rows.row_count > 0) {
            use_entries(cursor, run->rows.entries, run->rows.row_count, scratch->range);
        }
        return TIDE_OK;
    }
    cursor->next_block = tide_sorted_run_find_block(run, scratch->range.first);
    cursor->end_block = find_end_block(run, scratch->range.last);
    cursor->slabs = &cursor->block_slab;
    cursor->block_slab.columns =
        tide_alloc(scratch->schema->field_count * sizeof *cursor->block_slab.columns);
    if (cursor->block_slab.columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading spilled rows");
    }
    tide_code code = tide_builder_init(&cursor->builder, scratch->schema, err);
    if (code != TIDE_OK) {
        tide_slab_clear(&cursor->block_slab);
    }
    return code;
}

void tide_sorted_cursor_clear(tide_sorted_cursor *cursor)
{
    tide_batch_clear(&cursor->view);
    if (cursor->block_slab.columns != NULL) {
        tide_builder_clear(&cursor->builder);
        tide_slab_clear(&cursor->block_slab);
    }
    tide_free(cursor->entries);
    tide_free(cursor->hashes);
    *cursor = (tide_sorted_cursor){0};
}

static tide_code read_block(tide_load_scratch *scratch, const tide_block *block, tide_error *err)
{
    tide_text_reset(&scratch->bytes);
    if (!tide_text_reserve(&scratch->bytes, block->byte_count)) {
        return TIDE_FAIL_MEMORY(err, "reading spilled rows");
    }
    TIDE_TRY(tide_spill_file_read(scratch->file, block->offset, block->byte_count,
                                  scratch->bytes.data, err));
    scratch->bytes.size = block->byte_count;
    return TIDE_OK;
}

static tide_code decode_block(tide_sorted_cursor *cursor, tide_load_scratch *scratch,
                              const tide_block *block, tide_error *err)
{
    tide_str bytes = {scratch->bytes.data, scratch->bytes.size};
    tide_code code = tide_codec_decode(&scratch->codec, bytes, &cursor->builder, &cursor->hashes,
                                       &cursor->hash_capacity, err);
    if (code == TIDE_OK && cursor->builder.row_count != (int64_t)block->row_count) {
        code = TIDE_FAIL(err, TIDE_E_SPILL_DAMAGED, "a block holds %lld rows instead of %u",
                         (long long)cursor->builder.row_count, (unsigned)block->row_count);
    }
    if (code == TIDE_BAD_DATA) {
        return tide_error_context(err, "spill file %s at %lld", scratch->file->path,
                                  (long long)block->offset);
    }
    return code;
}

static tide_code make_entries(tide_sorted_cursor *cursor, const tide_load_scratch *scratch,
                              tide_error *err)
{
    size_t count = (size_t)cursor->builder.row_count;
    TIDE_TRY(tide_grow((void **)&cursor->entries, &cursor->entry_capacity, count,
                       sizeof *cursor->entries, err));
    TIDE_TRY(tide_builder_view(&cursor->builder, &cursor->view, err));
    tide_batch_columns(&cursor->view, cursor->block_slab.columns);
    tide_entry *entries = cursor->entries;
    for (size_t i = 0; i < count; i++) {
        entries[i].hash = cursor->hashes[i];
        entries[i].slab = 0;
        entries[i].row = (uint32_t)i;
    }
    scratch->order->fill_sort_keys(scratch->order, cursor->block_slab.columns, (int64_t)count,
                                   &entries->time, sizeof *entries);
    use_entries(cursor, entries, count, scratch->range);
    return TIDE_OK;
}

tide_code tide_sorted_cursor_load(tide_sorted_cursor *cursor, tide_load_scratch *scratch,
                                  tide_error *err)
{
    while (tide_sorted_cursor_is_hungry(cursor)) {
        const tide_block *block = &cursor->run->blocks[cursor->next_block];
        tide_batch_clear(&cursor->view);
        tide_builder_reset(&cursor->builder);
        TIDE_TRY(read_block(scratch, block, err));
        TIDE_TRY(decode_block(cursor, scratch, block, err));
        TIDE_TRY(make_entries(cursor, scratch, err));
        cursor->next_block++;
    }
    return TIDE_OK;
}

int64_t tide_sorted_cursor_bytes(const tide_sorted_cursor *cursor)
{
    if (cursor->block_slab.columns == NULL) {
        return 0;
    }
    size_t bytes = cursor->entry_capacity * sizeof *cursor->entries +
                   cursor->hash_capacity * sizeof *cursor->hashes +
                   tide_builder_bytes(&cursor->builder);
    return (int64_t)bytes;
}
