/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/row_store.h"

#include "base/memory.h"

/* Scratch that one giant batch has grown beyond this many slabs is not kept. */
#define SCRATCH_SLABS_MAX 4

void tide_row_store_init(tide_row_store *store, const tide_schema *schema,
                         const tide_row_order *order, size_t slab_bytes)
{
    *store = (tide_row_store){.schema = schema, .order = order, .slab_bytes = slab_bytes};
}

static void drop_builders(tide_row_store *store)
{
    if (store->has_builders) {
        tide_builder_clear(&store->pending);
        tide_builder_clear(&store->ordered);
        store->has_builders = false;
    }
}

void tide_row_store_clear(tide_row_store *store)
{
    for (size_t i = 0; i < store->slab_count; i++) {
        tide_slab_clear(&store->slabs[i]);
    }
    tide_free(store->slabs);
    tide_free(store->entries);
    drop_builders(store);
    tide_row_store_init(store, store->schema, store->order, store->slab_bytes);
}

int64_t tide_row_store_add_bytes(const tide_row_store *store, const tide_column *columns,
                                 int64_t row_count)
{
    size_t rows = tide_slab_bytes(columns, store->schema->field_count, row_count);
    return (int64_t)(rows + (size_t)row_count * sizeof(tide_entry));
}

static tide_code ensure_builders(tide_row_store *store, tide_error *err)
{
    if (store->has_builders) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_builder_init(&store->pending, store->schema, err));
    tide_code code = tide_builder_init(&store->ordered, store->schema, err);
    if (code != TIDE_OK) {
        tide_builder_clear(&store->pending);
        return code;
    }
    store->has_builders = true;
    return TIDE_OK;
}

/* What the making of one slab works with. */
typedef struct slab_scratch {
    tide_column *columns;
    uint32_t *rows;
} slab_scratch;

static tide_code view_columns(tide_builder *builder, tide_column *columns, tide_error *err)
{
    tide_batch view;
    TIDE_TRY(tide_builder_view(builder, &view, err));
    tide_batch_columns(&view, columns); /* these point into the builder, not into the view */
    tide_batch_clear(&view);
    return TIDE_OK;
}

/* Sorts the entries of the pending rows, and the rows with them. */
static tide_code order_pending(tide_row_store *store, const slab_scratch *scratch, tide_error *err)
{
    tide_entry *entries = store->entries + store->slab_entries;
    size_t count = store->row_count - store->slab_entries;
    tide_entries_sort(entries, count);
    for (size_t i = 0; i < count; i++) {
        scratch->rows[i] = entries[i].row;
        entries[i].row = (uint32_t)i;
    }
    tide_builder_reset(&store->ordered);
    TIDE_TRY(view_columns(&store->pending, scratch->columns, err));
    return tide_builder_take(&store->ordered, scratch->columns, scratch->rows, count, err);
}

static tide_code make_slab(tide_row_store *store, const slab_scratch *scratch, tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&store->slabs, &store->slab_capacity, store->slab_count + 1,
                       sizeof *store->slabs, err));
    TIDE_TRY(order_pending(store, scratch, err));
    TIDE_TRY(view_columns(&store->ordered, scratch->columns, err));
    TIDE_TRY(tide_slab_init(&store->slabs[store->slab_count], scratch->columns,
                            store->schema->field_count, store->ordered.row_count, err));
    store->slab_count++;
    store->slab_entries = store->row_count;
    return TIDE_OK;
}

static tide_code flush_pending(tide_row_store *store, tide_error *err)
{
    size_t count = store->row_count - store->slab_entries;
    if (count == 0) {
        return TIDE_OK;
    }
    slab_scratch scratch = {
        .columns = tide_alloc(store->schema->field_count * sizeof *scratch.columns),
        .rows = tide_alloc(count * sizeof *scratch.rows),
    };
    tide_code code = scratch.columns == NULL || scratch.rows == NULL
                         ? TIDE_FAIL_MEMORY(err, "rows to be sorted")
                         : make_slab(store, &scratch, err);
    tide_free(scratch.columns);
    tide_free(scratch.rows);
    if (tide_builder_bytes(&store->pending) > SCRATCH_SLABS_MAX * store->slab_bytes) {
        drop_builders(store);
    } else {
        tide_builder_reset(&store->pending);
    }
    return code;
}

static void add_entries(tide_row_store *store, const tide_column *columns, const uint64_t *hashes,
                        int64_t row_count)
{
    tide_entry *entries = store->entries + store->row_count;
    uint32_t first_row = (uint32_t)(store->row_count - store->slab_entries);
    for (int64_t i = 0; i < row_count; i++) {
        entries[i].hash = hashes[i];
        entries[i].slab = (uint32_t)store->slab_count;
        entries[i].row = first_row + (uint32_t)i;
    }
    store->order->fill_sort_keys(store->order, columns, row_count, &entries->time, sizeof *entries);
    store->row_count += (size_t)row_count;
}

tide_code tide_row_store_add(tide_row_store *store, const tide_column *columns,
                             const uint64_t *hashes, int64_t row_count, tide_error *err)
{
    if (row_count == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(ensure_builders(store, err));
    TIDE_TRY(tide_grow((void **)&store->entries, &store->entry_capacity,
                       store->row_count + (size_t)row_count, sizeof *store->entries, err));
    for (size_t i = 0; i < store->schema->field_count; i++) {
        TIDE_TRY(
            tide_column_append_range(&store->pending.columns[i], &columns[i], 0, row_count, err));
    }
    tide_builder_end_rows(&store->pending);
    add_entries(store, columns, hashes, row_count);
    if (tide_builder_bytes(&store->pending) >= store->slab_bytes) {
        TIDE_TRY(flush_pending(store, err));
    }
    store->byte_count += tide_row_store_add_bytes(store, columns, row_count);
    return TIDE_OK;
}

static bool less_by_row(const void *context, const tide_entry *a, const tide_entry *b)
{
    const tide_row_store *store = context;
    return tide_row_order_compare(store->order, tide_row_store_row(store, a),
                                  tide_row_store_row(store, b)) < 0;
}

static bool same_keys(const tide_row_store *store, size_t begin, size_t end)
{
    const tide_row_order *order = store->order;
    tide_row first = tide_row_store_row(store, &store->entries[begin]);
    for (size_t i = begin + 1; i < end; i++) {
        tide_row row = tide_row_store_row(store, &store->entries[i]);
        if (tide_row_order_compare_keys(order, first, row) != 0) {
            return false;
        }
    }
    return true;
}

/* Rows of one hash, by time: orders ties of the time, or all of them when the hash has collided. */
static tide_code sort_hash_group(tide_row_store *store, size_t begin, size_t end, tide_error *err)
{
    tide_entry *entries = store->entries;
    if (!same_keys(store, begin, end)) {
        store->collided = true;
        return tide_entries_sort_by(entries + begin, end - begin, less_by_row, store, err);
    }
    while (begin < end) {
        size_t tie = begin + 1;
        while (tie < end && entries[tie].time == entries[begin].time) {
            tie++;
        }
        if (tie - begin > 1) {
            TIDE_TRY(tide_entries_sort_by(entries + begin, tie - begin, less_by_row, store, err));
        }
        begin = tie;
    }
    return TIDE_OK;
}

/* The arrays have grown by doubling; a failure to shrink them only costs memory. */
static void give_back_slack(tide_row_store *store)
{
    void *entries = tide_resize(store->entries, store->row_count * sizeof *store->entries);
    if (entries != NULL) {
        store->entries = entries;
        store->entry_capacity = store->row_count;
    }
}

tide_code tide_row_store_sort(tide_row_store *store, tide_error *err)
{
    TIDE_TRY(flush_pending(store, err));
    drop_builders(store);
    give_back_slack(store);
    tide_entries_sort(store->entries, store->row_count);
    size_t begin = 0;
    while (begin < store->row_count) {
        size_t end = begin + 1;
        while (end < store->row_count && store->entries[end].hash == store->entries[begin].hash) {
            end++;
        }
        if (end - begin > 1) {
            TIDE_TRY(sort_hash_group(store, begin, end, err));
        }
        begin = end;
    }
    return TIDE_OK;
}
