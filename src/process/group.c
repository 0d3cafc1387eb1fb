/* SPDX-License-Identifier: Apache-2.0 */
#include "process/group.h"

#include "base/memory.h"
#include "process/builder_column.h"

static tide_code build_key_schema(tide_group *group, tide_error *err)
{
    const tide_process_options *options = &group->plan->options;
    for (size_t i = 0; i < options->series_count; i++) {
        const tide_field *field = &options->layout->schema.fields[options->series_columns[i]];
        TIDE_TRY(tide_schema_add(&group->key_schema, field->name, field->type, true, err));
        group->key_columns[i] = (uint32_t)i;
        group->compare[i] = tide_compare_for(field->type);
    }
    return TIDE_OK;
}

tide_code tide_group_init(tide_group *group, const tide_process_plan *plan, tide_error *err)
{
    *group = (tide_group){.plan = plan};
    tide_schema_init(&group->key_schema);
    size_t count = plan->options.series_count;
    group->key_columns = tide_alloc_zero(count, sizeof *group->key_columns);
    group->compare = tide_alloc_zero(count, sizeof *group->compare);
    if (group->key_columns == NULL || group->compare == NULL) {
        return TIDE_FAIL_MEMORY(err, "series in flight");
    }
    TIDE_TRY(build_key_schema(group, err));
    TIDE_TRY(tide_builder_init(&group->keys, &group->key_schema, err));
    return tide_builder_init(&group->spare_keys, &group->key_schema, err);
}

static tide_value *values_of(const tide_group *group, size_t index)
{
    return group->values + index * group->plan->state.values_count;
}

static tide_type value_type(const tide_group *group, size_t column)
{
    const tide_state_layout *layout = &group->plan->state;
    return layout->schema.fields[layout->values_begin + column].type;
}

static void clear_values(tide_group *group, size_t index)
{
    tide_value *values = values_of(group, index);
    for (size_t i = 0; i < group->plan->state.values_count; i++) {
        tide_value_clear(&values[i], value_type(group, i));
    }
}

void tide_group_clear(tide_group *group)
{
    for (size_t i = 0; i < group->values_capacity; i++) {
        clear_values(group, i);
    }
    tide_free(group->values);
    tide_free(group->items);
    tide_free(group->key_columns);
    tide_free(group->compare);
    if (group->keys.schema != NULL) {
        tide_builder_clear(&group->keys);
    }
    if (group->spare_keys.schema != NULL) {
        tide_builder_clear(&group->spare_keys);
    }
    tide_schema_clear(&group->key_schema);
    *group = (tide_group){0};
}

/* Values beyond the last series are null and own nothing. */
static tide_code grow_values(tide_group *group, size_t series_count, tide_error *err)
{
    size_t stride = group->plan->state.values_count;
    if (stride == 0 || series_count <= group->values_capacity) {
        return TIDE_OK;
    }
    size_t capacity = group->values_capacity;
    TIDE_TRY(tide_grow((void **)&group->values, &capacity, series_count,
                       stride * sizeof *group->values, err));
    for (size_t i = group->values_capacity * stride; i < capacity * stride; i++) {
        group->values[i] = tide_value_null();
    }
    group->values_capacity = capacity;
    return TIDE_OK;
}

/* The key of the series before it is finished now: it can't be taken back any more. */
tide_code tide_group_begin(tide_group *group, const tide_column *columns, int64_t row,
                           uint64_t hash, tide_error *err)
{
    const tide_process_options *options = &group->plan->options;
    TIDE_TRY(tide_grow((void **)&group->items, &group->capacity, group->count + 1,
                       sizeof *group->items, err));
    TIDE_TRY(grow_values(group, group->count + 1, err));
    if (group->count > (size_t)group->keys.row_count) {
        tide_builder_end_rows(&group->keys);
    }
    for (size_t i = 0; i < options->series_count; i++) {
        TIDE_TRY(tide_column_append_range(&group->keys.columns[i],
                                          &columns[options->series_columns[i]], row, row + 1, err));
    }
    group->items[group->count++] = (tide_series){.hash = hash, .number = TIDE_NO_SERIES};
    return TIDE_OK;
}

void tide_group_drop_last(tide_group *group)
{
    group->count--;
    clear_values(group, group->count);
    tide_builder_cancel_row(&group->keys);
}

bool tide_group_is_last(const tide_group *group, const tide_column *columns, int64_t row)
{
    const tide_process_options *options = &group->plan->options;
    for (size_t i = 0; i < options->series_count; i++) {
        tide_column key = tide_builder_column(&group->keys, i);
        if (group->compare[i](&key, (int64_t)group->count - 1, &columns[options->series_columns[i]],
                              row) != 0) {
            return false;
        }
    }
    return true;
}

void tide_group_read_progress(tide_group *group, const tide_column *state, int64_t row)
{
    const tide_state_layout *layout = &group->plan->state;
    tide_series *series = tide_group_last(group);
    int32_t last_day = tide_column_int32(&state[layout->last_day_column], row);
    series->stored_rows = tide_column_int64(&state[layout->rows_column], row);
    if (series->stored_rows == TIDE_STATE_REWOUND) {
        series->rewound = true;
        series->rewound_to = last_day;
        return;
    }
    series->known = true;
    series->last_day = last_day;
    series->has_previous_day = !tide_column_is_null(&state[layout->previous_day_column], row);
    if (series->has_previous_day) {
        series->previous_day = tide_column_int32(&state[layout->previous_day_column], row);
    }
    int64_t run = tide_column_int64(&state[layout->run_column], row);
    series->resumed = run == group->plan->options.run;
    if (!series->resumed) {
        series->has_previous_day = true;
        series->previous_day = series->last_day;
    }
    series->stored_digest =
        tide_digest_decode(tide_column_uuid(&state[layout->digest_column], row));
}

tide_code tide_group_read_values(tide_group *group, const tide_column *state, int64_t row,
                                 tide_error *err)
{
    const tide_state_layout *layout = &group->plan->state;
    tide_value *values = values_of(group, group->count - 1);
    for (size_t i = 0; i < layout->values_count; i++) {
        TIDE_TRY(tide_value_read(&values[i], &state[layout->values_begin + i], row, err));
    }
    return TIDE_OK;
}

/* The run that wrote a state last, and the day before it did: a resume knows its own work by them.
 * A second write of the same run changes neither. */
static tide_code append_progress(const tide_group *group, const tide_series *series,
                                 tide_column_builder *columns, tide_error *err)
{
    const tide_state_layout *layout = &group->plan->state;
    uint8_t digest[16];
    tide_digest_encode(series->digest, digest);
    TIDE_TRY(tide_append_int32(&columns[layout->last_day_column], series->last_day, err));
    if (series->has_previous_day) {
        TIDE_TRY(
            tide_append_int32(&columns[layout->previous_day_column], series->previous_day, err));
    } else {
        TIDE_TRY(tide_append_null(&columns[layout->previous_day_column], err));
    }
    TIDE_TRY(tide_append_int64(&columns[layout->run_column], group->plan->options.run, err));
    TIDE_TRY(tide_append_int64(&columns[layout->rows_column], series->rows, err));
    return tide_append_uuid(&columns[layout->digest_column], digest, err);
}

tide_code tide_group_write_state(const tide_group *group, size_t index, tide_builder *states,
                                 tide_error *err)
{
    const tide_state_layout *layout = &group->plan->state;
    const tide_series *series = &group->items[index];
    tide_column_builder *columns = states->columns;
    TIDE_TRY(tide_append_int64(&columns[layout->hash_column], tide_state_hash_encode(series->hash),
                               err));
    for (size_t i = 0; i < layout->series_count; i++) {
        TIDE_TRY(
            tide_group_append_key(group, index, i, 1, &columns[layout->series_begin + i], err));
    }
    TIDE_TRY(append_progress(group, series, columns, err));
    const tide_value *values = values_of(group, index);
    for (size_t i = 0; i < layout->values_count; i++) {
        TIDE_TRY(tide_value_append(&values[i], &columns[layout->values_begin + i], err));
    }
    tide_builder_end_rows(states);
    return TIDE_OK;
}

static tide_code keep_key(tide_group *group, size_t index, tide_error *err)
{
    tide_builder_reset(&group->spare_keys);
    for (size_t i = 0; i < group->key_schema.field_count; i++) {
        TIDE_TRY(tide_group_append_key(group, index, i, 1, &group->spare_keys.columns[i], err));
    }
    tide_builder kept = group->spare_keys;
    group->spare_keys = group->keys;
    group->keys = kept;
    return TIDE_OK;
}

static void swap_values(tide_group *group, size_t a, size_t b)
{
    for (size_t i = 0; i < group->plan->state.values_count && a != b; i++) {
        tide_value value = values_of(group, a)[i];
        values_of(group, a)[i] = values_of(group, b)[i];
        values_of(group, b)[i] = value;
    }
}

tide_code tide_group_restart(tide_group *group, bool keep_last, tide_error *err)
{
    size_t last = group->count - 1;
    if (keep_last && last == 0) {
        return TIDE_OK;
    }
    if (keep_last) {
        TIDE_TRY(keep_key(group, last, err));
        swap_values(group, 0, last);
        group->items[0] = group->items[last];
    } else {
        tide_builder_reset(&group->keys);
    }
    size_t kept = keep_last ? 1 : 0;
    for (size_t i = kept; i < group->count; i++) {
        clear_values(group, i);
    }
    group->count = kept;
    return TIDE_OK;
}

static void print_escaped(tide_str part, tide_text *out)
{
    for (size_t i = 0; i < part.size; i++) {
        if (part.data[i] == ',' || part.data[i] == '\\') {
            tide_text_append_char(out, '\\');
        }
        tide_text_append_char(out, part.data[i]);
    }
}

void tide_group_print_series(const tide_group *group, size_t index, tide_text *out)
{
    size_t column_count = group->key_schema.field_count;
    tide_text part;
    tide_text_init(&part);
    for (size_t i = 0; i < column_count; i++) {
        tide_column key = tide_builder_column(&group->keys, i);
        if (column_count == 1) {
            tide_column_print(&key, (int64_t)index, out);
            break;
        }
        tide_text_reset(&part);
        tide_column_print(&key, (int64_t)index, &part);
        if (i > 0) {
            tide_text_append_char(out, ',');
        }
        print_escaped((tide_str){part.data, part.size}, out);
        out->failed = out->failed || tide_text_failed(&part);
    }
    tide_text_clear(&part);
}

tide_code tide_group_append_key(const tide_group *group, size_t index, size_t key_column,
                                int64_t row_count, tide_column_builder *to, tide_error *err)
{
    tide_column key = tide_builder_column(&group->keys, key_column);
    int64_t row = (int64_t)index;
    for (int64_t i = 0; i < row_count; i++) {
        TIDE_TRY(tide_column_append_range(to, &key, row, row + 1, err));
    }
    return TIDE_OK;
}
