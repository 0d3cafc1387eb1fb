/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/merger.h"

#include "base/memory.h"

/* Rows are picked and gathered in turns of so many: what picking has brought into the cache is
 * still there when it is gathered. */
#define TURN_ROWS 512

/* Of two rows with the same hash: whose key is less? Gives both the same series number if neither.
 */
static int compare_keys(tide_merger *merger, tide_merger_head *a, tide_merger_head *b)
{
    if (a->series != 0 && a->series == b->series) {
        return 0;
    }
    int keys = tide_row_order_compare_keys(merger->options.order, a->row, b->row);
    if (keys != 0) {
        merger->collided = true;
        return keys;
    }
    if (a->series == 0) {
        a->series = b->series != 0 ? b->series : ++merger->series_count;
    }
    b->series = a->series;
    return 0;
}

/* Of two rows with the same hash: also when the hash has collided, and when a cursor is over. */
static bool less_in_hash(tide_merger *merger, tide_merger_head *a, tide_merger_head *b)
{
    if (a->row.columns == NULL || b->row.columns == NULL) {
        return a->row.columns != NULL;
    }
    int keys = compare_keys(merger, a, b);
    if (keys != 0) {
        return keys < 0;
    }
    if (a->time != b->time) {
        return a->time < b->time;
    }
    return tide_row_order_compare_rest(merger->options.order, a->row, b->row) < 0;
}

static inline bool less(tide_merger *merger, uint32_t a, uint32_t b)
{
    tide_merger_head *x = &merger->heads[a];
    tide_merger_head *y = &merger->heads[b];
    if (x->hash != y->hash) {
        return x->hash < y->hash;
    }
    return less_in_hash(merger, x, y);
}

static inline void set_head(tide_merger *merger, uint32_t index)
{
    const tide_sorted_cursor *cursor = &merger->cursors[index];
    tide_merger_head *head = &merger->heads[index];
    if (cursor->at == cursor->end) {
        *head = (tide_merger_head){.hash = UINT64_MAX};
        return;
    }
    const tide_entry *entry = cursor->at;
    if (entry->hash != head->hash || cursor->run->collided) {
        head->series = 0;
    }
    head->hash = entry->hash;
    head->time = entry->time;
    head->row = (tide_row){cursor->slabs[entry->slab].columns, entry->row};
}

/* Plays all matches below a node; cursor i is leaf cursor_count + i. Returns the winner. */
static uint32_t play(tide_merger *merger, size_t node)
{
    if (node >= merger->cursor_count) {
        return (uint32_t)(node - merger->cursor_count);
    }
    uint32_t left = play(merger, 2 * node);
    uint32_t right = play(merger, 2 * node + 1);
    bool right_wins = less(merger, right, left);
    merger->tree[node] = right_wins ? left : right;
    return right_wins ? right : left;
}

/* The winner's head has changed: plays its way up again. */
static inline void replay(tide_merger *merger)
{
    uint32_t *tree = merger->tree;
    uint32_t winner = tree[0];
    for (size_t node = (merger->cursor_count + winner) / 2; node > 0; node /= 2) {
        if (less(merger, tree[node], winner)) {
            uint32_t loser = winner;
            winner = tree[node];
            tree[node] = loser;
        }
    }
    tree[0] = winner;
}

static void account(tide_merger *merger, int64_t bytes)
{
    tide_budget_force(merger->options.budget, bytes);
    merger->forced_bytes += bytes;
}

static tide_code load(tide_merger *merger, uint32_t index, tide_error *err)
{
    tide_sorted_cursor *cursor = &merger->cursors[index];
    int64_t before = tide_sorted_cursor_bytes(cursor);
    tide_code code = tide_sorted_cursor_load(cursor, &merger->scratch, err);
    account(merger, tide_sorted_cursor_bytes(cursor) - before);
    return code;
}

static tide_code open_cursors(tide_merger *merger, const tide_sorted_run *const *runs,
                              size_t run_count, tide_error *err)
{
    for (size_t i = 0; i < run_count; i++) {
        tide_sorted_cursor *cursor = &merger->cursors[merger->cursor_count];
        TIDE_TRY(tide_sorted_cursor_init(cursor, runs[i], &merger->scratch, err));
        merger->cursor_count++; /* from here on it is cleared with the merger */
        TIDE_TRY(load(merger, (uint32_t)(merger->cursor_count - 1), err));
        if (cursor->at == cursor->end) {
            account(merger, -tide_sorted_cursor_bytes(cursor));
            tide_sorted_cursor_clear(cursor);
            merger->cursor_count--;
        }
    }
    for (size_t i = 0; i < merger->cursor_count; i++) {
        set_head(merger, (uint32_t)i);
    }
    if (merger->cursor_count > 0) {
        merger->tree[0] = play(merger, 1);
    }
    return TIDE_OK;
}

static tide_code allocate(tide_merger *merger, size_t run_count, tide_error *err)
{
    size_t rows = merger->options.batch_rows_max;
    merger->cursors = tide_alloc_zero(run_count, sizeof *merger->cursors);
    merger->heads = tide_alloc_zero(run_count, sizeof *merger->heads);
    merger->tree = tide_alloc_zero(run_count, sizeof *merger->tree);
    merger->picks = tide_alloc(rows * sizeof *merger->picks);
    merger->pick_hashes = tide_alloc(rows * sizeof *merger->pick_hashes);
    merger->hashes = tide_alloc(rows * sizeof *merger->hashes);
    merger->variable_columns =
        tide_alloc_zero(merger->options.schema->field_count, sizeof *merger->variable_columns);
    if (merger->cursors == NULL || merger->heads == NULL || merger->tree == NULL ||
        merger->picks == NULL || merger->pick_hashes == NULL || merger->hashes == NULL ||
        merger->variable_columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "merging rows");
    }
    account(merger, (int64_t)(rows * (sizeof *merger->picks + 2 * sizeof *merger->hashes)));
    return TIDE_OK;
}

static void measure_columns(tide_merger *merger)
{
    const tide_schema *schema = merger->options.schema;
    merger->fixed_row_bytes = 1;
    for (size_t i = 0; i < schema->field_count; i++) {
        tide_type type = schema->fields[i].type;
        if (tide_type_is_variable(type)) {
            merger->variable_columns[merger->variable_count++] = (uint32_t)i;
            merger->fixed_row_bytes += sizeof(int32_t);
        } else {
            merger->fixed_row_bytes += tide_type_width(type);
        }
    }
}

tide_code tide_merger_init(tide_merger *merger, const tide_merger_options *options,
                           const tide_sorted_run *const *runs, size_t run_count, tide_error *err)
{
    *merger = (tide_merger){.options = *options};
    merger->scratch = (tide_load_scratch){.schema = options->schema,
                                          .order = options->order,
                                          .file = options->file,
                                          .range = options->range};
    tide_batch_init(&merger->view);
    tide_codec_init(&merger->scratch.codec);
    tide_text_init(&merger->scratch.bytes);
    tide_code code = tide_builder_init(&merger->out, options->schema, err);
    if (code != TIDE_OK) {
        merger->out = (tide_builder){0};
    } else {
        code = allocate(merger, run_count, err);
    }
    if (code == TIDE_OK) {
        measure_columns(merger);
        code = open_cursors(merger, runs, run_count, err);
    }
    if (code != TIDE_OK) {
        tide_merger_clear(merger);
    }
    return code;
}

void tide_merger_clear(tide_merger *merger)
{
    tide_batch_clear(&merger->view);
    if (merger->out.schema != NULL) {
        tide_builder_clear(&merger->out);
    }
    for (size_t i = 0; i < merger->cursor_count; i++) {
        tide_sorted_cursor_clear(&merger->cursors[i]);
    }
    tide_free(merger->cursors);
    tide_free(merger->heads);
    tide_free(merger->tree);
    tide_free(merger->picks);
    tide_free(merger->pick_hashes);
    tide_free(merger->hashes);
    tide_free(merger->variable_columns);
    tide_codec_clear(&merger->scratch.codec);
    tide_text_clear(&merger->scratch.bytes);
    tide_budget_give_back(merger->options.budget, merger->forced_bytes);
    *merger = (tide_merger){.options = merger->options};
}

/* Picks at most `max` rows; stops early where a cursor becomes hungry, or at the end. */
static void pick(tide_merger *merger, size_t max)
{
    size_t count = 0;
    while (count < max) {
        uint32_t winner = merger->tree[0];
        const tide_merger_head *head = &merger->heads[winner];
        tide_sorted_cursor *cursor = &merger->cursors[winner];
        if (head->row.columns == NULL) {
            break;
        }
        merger->picks[count] = head->row;
        merger->pick_hashes[count++] = head->hash;
        cursor->at++;
        if (tide_sorted_cursor_is_hungry(cursor)) {
            break;
        }
        set_head(merger, winner);
        replay(merger);
    }
    merger->pick_begin = 0;
    merger->pick_end = count;
}

/* All picks are gathered: picks anew. */
static tide_code refill(tide_merger *merger, size_t max, tide_error *err)
{
    merger->pick_begin = merger->pick_end = 0;
    if (merger->cursor_count == 0) {
        return TIDE_OK;
    }
    uint32_t winner = merger->tree[0];
    if (tide_sorted_cursor_is_hungry(&merger->cursors[winner])) {
        TIDE_TRY(load(merger, winner, err));
        set_head(merger, winner);
        replay(merger);
    }
    pick(merger, max);
    return TIDE_OK;
}

/* How many of the picks fit into `bytes_left`. */
static size_t count_fitting(const tide_merger *merger, size_t bytes_left)
{
    const tide_row *picks = merger->picks;
    size_t bytes = 0;
    for (size_t i = merger->pick_begin; i < merger->pick_end; i++) {
        bytes += merger->fixed_row_bytes;
        for (size_t j = 0; j < merger->variable_count; j++) {
            const tide_column *column = &picks[i].columns[merger->variable_columns[j]];
            const int32_t *offsets = column->offsets + picks[i].row;
            bytes += (size_t)(offsets[1] - offsets[0]);
        }
        if (bytes > bytes_left) {
            return i - merger->pick_begin;
        }
    }
    return merger->pick_end - merger->pick_begin;
}

/* Moves picks into the batch. False when the batch is full. */
static tide_code gather(tide_merger *merger, bool *full, tide_error *err)
{
    size_t rows = (size_t)merger->out.row_count;
    size_t bytes = tide_builder_bytes(&merger->out);
    size_t bytes_max = merger->options.batch_bytes_max;
    size_t count = count_fitting(merger, bytes >= bytes_max ? 0 : bytes_max - bytes);
    if (count == 0 && rows == 0) {
        count = 1;
    }
    TIDE_TRY(tide_builder_gather(&merger->out, merger->picks + merger->pick_begin, count, err));
    memcpy(merger->hashes + rows, merger->pick_hashes + merger->pick_begin,
           count * sizeof *merger->hashes);
    merger->pick_begin += count;
    *full = merger->pick_begin < merger->pick_end || rows + count == merger->options.batch_rows_max;
    return TIDE_OK;
}

tide_code tide_merger_next(tide_merger *merger, tide_batch *out, const uint64_t **hashes,
                           tide_error *err)
{
    bool full = false;
    TIDE_TRY(tide_cancel_check(merger->options.cancel, err));
    tide_batch_clear(&merger->view);
    tide_builder_reset(&merger->out);
    while (!full) {
        if (merger->pick_begin == merger->pick_end) {
            size_t rows = (size_t)merger->out.row_count;
            size_t room = merger->options.batch_rows_max - rows;
            TIDE_TRY(refill(merger, room < TURN_ROWS ? room : TURN_ROWS, err));
            if (merger->pick_end == 0) {
                break;
            }
        }
        TIDE_TRY(gather(merger, &full, err));
    }
    TIDE_TRY(tide_builder_view(&merger->out, &merger->view, err));
    *out = merger->view;
    *hashes = merger->hashes;
    return TIDE_OK;
}
