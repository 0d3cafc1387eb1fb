/* SPDX-License-Identifier: Apache-2.0 */
#include "process/state_join.h"

#include "base/memory.h"
#include "base/problem.h"
#include "process/builder_column.h"

tide_code tide_state_join_init(tide_state_join *join, const tide_process_plan *plan,
                               tide_stream *stream, tide_error *err)
{
    const tide_state_layout *layout = &plan->state;
    *join = (tide_state_join){.plan = plan, .stream = stream, .ended = stream == NULL};
    tide_batch_init(&join->batch);
    TIDE_TRY(tide_builder_init(&join->held, &layout->schema, err));
    join->columns = tide_alloc_zero(layout->schema.field_count, sizeof *join->columns);
    join->held_columns = tide_alloc_zero(layout->schema.field_count, sizeof *join->held_columns);
    join->compare = tide_alloc_zero(layout->series_count, sizeof *join->compare);
    if (join->columns == NULL || join->held_columns == NULL || join->compare == NULL) {
        return TIDE_FAIL_MEMORY(err, "join of states");
    }
    for (size_t i = 0; i < layout->series_count; i++) {
        join->compare[i] = tide_compare_for(layout->schema.fields[layout->series_begin + i].type);
    }
    return TIDE_OK;
}

void tide_state_join_clear(tide_state_join *join)
{
    tide_builder_clear(&join->held);
    tide_free(join->columns);
    tide_free(join->held_columns);
    tide_free(join->compare);
    tide_free(join->found);
    *join = (tide_state_join){0};
}

/* Makes sure that there is a current row, or that the stream has ended. */
static tide_code pull(tide_state_join *join, tide_error *err)
{
    if (join->ended || join->row < join->row_count) {
        return TIDE_OK;
    }
    const uint64_t *hashes = NULL;
    TIDE_TRY(join->stream->vtable->next(join->stream, &join->batch, &hashes, err));
    join->row = 0;
    join->row_count = tide_batch_row_count(&join->batch);
    join->ended = join->row_count == 0;
    if (!join->ended) {
        tide_batch_columns(&join->batch, join->columns);
    }
    return TIDE_OK;
}

/* State comes from a database that others can write to, so it is looked at before it is used. */
static tide_code check_row(tide_state_join *join, uint64_t hash, tide_error *err)
{
    const tide_state_layout *layout = &join->plan->state;
    for (size_t i = 0; i < layout->values_begin; i++) {
        bool may_be_null = i == layout->previous_day_column;
        if (!may_be_null && tide_column_is_null(&join->columns[i], join->row)) {
            return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED,
                             "a state row has no `%s`: the state table was changed by another "
                             "hand; restore it, or start the pipeline over",
                             layout->schema.fields[i].name);
        }
    }
    if (hash < join->last_hash) {
        return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED,
                         "the stream of states is not in the order of _hash");
    }
    join->last_hash = hash;
    return TIDE_OK;
}

static tide_code hand_out_held(tide_state_join *join, tide_error *err)
{
    for (int64_t row = 0; row < join->held.row_count; row++) {
        if (!join->found[row]) {
            TIDE_TRY(join->on_absent(join->context, join->held_columns, row, err));
        }
    }
    tide_builder_reset(&join->held);
    return TIDE_OK;
}

static tide_code hold_row(tide_state_join *join, tide_error *err)
{
    size_t count = (size_t)join->held.row_count;
    TIDE_TRY(tide_grow((void **)&join->found, &join->found_capacity, count + 1, sizeof *join->found,
                       err));
    join->found[count] = false;
    for (size_t i = 0; i < join->held.schema->field_count; i++) {
        TIDE_TRY(tide_column_append_range(&join->held.columns[i], &join->columns[i], join->row,
                                          join->row + 1, err));
    }
    tide_builder_end_rows(&join->held);
    return TIDE_OK;
}

/* One step towards `hash`; *past when the current row is behind it. */
static tide_code walk_row(tide_state_join *join, uint64_t hash, bool hold, bool *past,
                          tide_error *err)
{
    const tide_column *column = &join->columns[join->plan->state.hash_column];
    uint64_t at = tide_state_hash_decode(tide_column_int64(column, join->row));
    *past = at > hash;
    if (*past) {
        return TIDE_OK;
    }
    TIDE_TRY(check_row(join, at, err));
    if (at == hash && hold) {
        TIDE_TRY(hold_row(join, err));
    } else {
        TIDE_TRY(join->on_absent(join->context, join->columns, join->row, err));
    }
    join->row++;
    return TIDE_OK;
}

/* Walks the stream up to and including `hash`. */
static tide_code walk(tide_state_join *join, uint64_t hash, bool hold, int64_t absent_max,
                      bool *arrived, tide_error *err)
{
    *arrived = false;
    for (int64_t i = 0; i < absent_max || join->held.row_count > 0; i++) {
        TIDE_TRY(pull(join, err));
        *arrived = join->ended;
        if (!join->ended) {
            TIDE_TRY(walk_row(join, hash, hold, arrived, err));
        }
        if (*arrived) {
            return TIDE_OK;
        }
    }
    return TIDE_OK;
}

tide_code tide_state_join_seek(tide_state_join *join, uint64_t hash, int64_t absent_max,
                               bool *arrived, tide_error *err)
{
    TIDE_TRY(hand_out_held(join, err));
    TIDE_TRY(walk(join, hash, true, absent_max, arrived, err));
    for (size_t i = 0; i < join->held.schema->field_count && join->held.row_count > 0; i++) {
        join->held_columns[i] = tide_builder_column(&join->held, i);
    }
    return TIDE_OK;
}

tide_code tide_state_join_finish(tide_state_join *join, int64_t absent_max, bool *arrived,
                                 tide_error *err)
{
    TIDE_TRY(hand_out_held(join, err));
    return walk(join, UINT64_MAX, false, absent_max, arrived, err);
}

static bool is_series(const tide_state_join *join, const tide_column *columns,
                      const uint32_t *key_columns, int64_t row, int64_t held_row)
{
    const tide_column *held = &join->held_columns[join->plan->state.series_begin];
    for (size_t i = 0; i < join->plan->state.series_count; i++) {
        if (join->compare[i](&columns[key_columns[i]], row, &held[i], held_row) != 0) {
            return false;
        }
    }
    return true;
}

tide_code tide_state_join_find(tide_state_join *join, const tide_column *columns,
                               const uint32_t *key_columns, int64_t row, int64_t *held_row,
                               tide_error *err)
{
    *held_row = -1;
    for (int64_t i = 0; i < join->held.row_count; i++) {
        if (!is_series(join, columns, key_columns, row, i)) {
            continue;
        }
        if (join->found[i]) {
            return TIDE_FAIL(err, TIDE_E_DEFECT, "the rows of a series do not lie together");
        }
        join->found[i] = true;
        *held_row = i;
        break;
    }
    return TIDE_OK;
}
