/* SPDX-License-Identifier: Apache-2.0 */
#include "process/unit_maker.h"

#include <string.h>

#include "base/calendar.h"
#include "base/limits.h"
#include "base/memory.h"

/* What a name costs besides its letters: the pointer, and what the allocator adds. */
#define NAME_BYTES 32

static tide_code begin_unit(tide_unit_maker *maker, tide_error *err)
{
    tide_unit_init(&maker->unit);
    maker->name_capacity = 0;
    maker->row_count = 0;
    maker->shelved_count = 0;
    maker->extra_bytes = 0;
    maker->begun_at = tide_monotonic_micros();
    size_t step_count = maker->plan->options.step_count;
    maker->unit.steps = tide_alloc_zero(step_count + 1, sizeof *maker->unit.steps);
    if (maker->unit.steps == NULL) {
        return TIDE_FAIL_MEMORY(err, "commit unit");
    }
    maker->unit.step_count = step_count;
    return TIDE_OK;
}

tide_code tide_unit_maker_open(tide_unit_maker *maker, const tide_process_plan *plan,
                               tide_shelf_maker *shelves, tide_error *err)
{
    *maker = (tide_unit_maker){.plan = plan, .shelves = shelves};
    TIDE_TRY(begin_unit(maker, err));
    TIDE_TRY(tide_builder_init(&maker->output, &plan->output.schema, err));
    if (plan->options.series_count > 0) {
        TIDE_TRY(tide_builder_init(&maker->states, &plan->state.schema, err));
        TIDE_TRY(tide_builder_init(&maker->late, &plan->input, err));
    }
    return TIDE_OK;
}

void tide_unit_maker_close(tide_unit_maker *maker)
{
    tide_unit_clear(&maker->unit);
    if (maker->output.schema != NULL) {
        tide_builder_clear(&maker->output);
    }
    if (maker->states.schema != NULL) {
        tide_builder_clear(&maker->states);
    }
    if (maker->late.schema != NULL) {
        tide_builder_clear(&maker->late);
    }
    tide_free(maker->segments);
    tide_free(maker->columns);
    *maker = (tide_unit_maker){0};
}

/* Series without output rows need no name: most of a filtering pipeline's have none. */
static tide_code name_series(tide_unit_maker *maker, tide_group *group, uint32_t index,
                             tide_error *err)
{
    tide_series *series = &group->items[index];
    if (series->number != TIDE_NO_SERIES) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_grow((void **)&maker->unit.series_names, &maker->name_capacity,
                       maker->unit.series_count + 1, sizeof *maker->unit.series_names, err));
    tide_text name;
    tide_text_init(&name);
    tide_group_print_series(group, index, &name);
    char *owned = tide_text_take(&name);
    if (owned == NULL) {
        tide_text_clear(&name);
        return TIDE_FAIL_MEMORY(err, "name of a series");
    }
    maker->extra_bytes += strlen(owned) + NAME_BYTES;
    series->number = (uint32_t)maker->unit.series_count;
    maker->unit.series_names[maker->unit.series_count++] = owned;
    return TIDE_OK;
}

/* Pieces of one day are one segment of a chunk. */
static bool goes_on(const tide_unit_maker *maker, const tide_segment *segment, uint32_t series)
{
    if (maker->segment_count == 0 || segment->first) {
        return false;
    }
    const tide_segment *last = &maker->segments[maker->segment_count - 1];
    return last->series == series && last->day == segment->day;
}

static tide_code add_segment(tide_unit_maker *maker, const tide_segment *segment, uint32_t series,
                             int64_t chunk_begin, tide_error *err)
{
    int64_t end = chunk_begin + segment->end;
    if (goes_on(maker, segment, series)) {
        maker->segments[maker->segment_count - 1].end = end;
        maker->segments[maker->segment_count - 1].last = segment->last;
        return TIDE_OK;
    }
    TIDE_TRY(tide_grow((void **)&maker->segments, &maker->segment_capacity,
                       maker->segment_count + 1, sizeof *maker->segments, err));
    maker->extra_bytes += sizeof *maker->segments;
    tide_segment *added = &maker->segments[maker->segment_count++];
    *added = *segment;
    added->series = series;
    added->begin = chunk_begin + segment->begin;
    added->end = end;
    return TIDE_OK;
}

/* rows_before of output rows: how many of the day were handed out in earlier chunks or batches. */
static void count_before(tide_unit_maker *maker, tide_segment *segment)
{
    tide_segment *open = &maker->open_day;
    segment->rows_before = segment->first ? 0 : open->rows_before;
    if (!segment->last) {
        open->rows_before = segment->rows_before + segment->end - segment->begin;
    }
}

static tide_code add_segments(tide_unit_maker *maker, const tide_segment *segments, size_t count,
                              tide_group *group, tide_error *err)
{
    int64_t chunk_begin = maker->output.row_count;
    for (size_t i = 0; i < count; i++) {
        tide_segment segment = segments[i];
        count_before(maker, &segment);
        if (segment.begin == segment.end) {
            continue;
        }
        segment.first = segment.rows_before == 0; /* as far as output goes */
        TIDE_TRY(name_series(maker, group, segment.series, err));
        uint32_t number = group->items[segment.series].number;
        TIDE_TRY(add_segment(maker, &segment, number, chunk_begin, err));
    }
    return TIDE_OK;
}

static tide_code fill_day(tide_column_builder *to, const tide_segment *segments, size_t count,
                          tide_error *err)
{
    for (size_t i = 0; i < count; i++) {
        for (int64_t row = segments[i].begin; row < segments[i].end; row++) {
            TIDE_TRY(tide_append_int32(to, segments[i].day, err));
        }
    }
    return TIDE_OK;
}

static tide_code fill_series(tide_column_builder *to, const tide_segment *segments, size_t count,
                             const tide_group *group, size_t key_column, tide_error *err)
{
    for (size_t i = 0; i < count; i++) {
        TIDE_TRY(tide_group_append_key(group, segments[i].series, key_column,
                                       segments[i].end - segments[i].begin, to, err));
    }
    return TIDE_OK;
}

static tide_code add_rows(tide_unit_maker *maker, const tide_batch *batch,
                          const tide_segment *segments, size_t segment_count,
                          const tide_group *group, tide_error *err)
{
    const tide_output_layout *layout = &maker->plan->output;
    TIDE_TRY(tide_grow((void **)&maker->columns, &maker->column_capacity,
                       batch->schema->field_count + 1, sizeof *maker->columns, err));
    tide_batch_columns(batch, maker->columns);
    int64_t row_count = tide_batch_row_count(batch);
    for (size_t i = 0; i < layout->schema.field_count; i++) {
        const tide_output_column *column = &layout->columns[i];
        tide_column_builder *to = &maker->output.columns[i];
        if (column->origin == TIDE_OUTPUT_OF_STEP) {
            TIDE_TRY(
                tide_column_append_range(to, &maker->columns[column->index], 0, row_count, err));
        } else if (column->origin == TIDE_OUTPUT_OF_DAY) {
            TIDE_TRY(fill_day(to, segments, segment_count, err));
        } else {
            TIDE_TRY(fill_series(to, segments, segment_count, group, column->index, err));
        }
    }
    tide_builder_end_rows(&maker->output);
    maker->row_count += row_count;
    maker->unit.counts.emitted += row_count;
    return TIDE_OK;
}

static tide_code close_chunk(tide_unit_maker *maker, tide_error *err)
{
    if (maker->output.row_count == 0) {
        return TIDE_OK;
    }
    tide_batch batch;
    tide_batch_init(&batch);
    TIDE_TRY(tide_builder_finish(&maker->output, &batch, err));
    tide_code code =
        tide_unit_add_chunk(&maker->unit, &batch, maker->segments, maker->segment_count, err);
    tide_batch_clear(&batch);
    maker->segment_count = 0;
    return code;
}

tide_code tide_unit_maker_add(tide_unit_maker *maker, const tide_batch *batch,
                              const tide_segment *segments, size_t segment_count, tide_group *group,
                              tide_error *err)
{
    TIDE_TRY(add_segments(maker, segments, segment_count, group, err));
    if (tide_batch_row_count(batch) == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(add_rows(maker, batch, segments, segment_count, group, err));
    if (maker->output.row_count >= TIDE_BATCH_ROWS_MAX ||
        tide_builder_bytes(&maker->output) >= maker->plan->options.bounds.batch_bytes) {
        return close_chunk(maker, err);
    }
    return TIDE_OK;
}

/* A series may have any number of them, which all belong to one unit. */
static tide_code shelve_late(tide_unit_maker *maker, tide_error *err)
{
    tide_shelf **shelf = &maker->unit.late_shelf;
    tide_batch view;
    if (*shelf == NULL) {
        TIDE_TRY(maker->shelves->make(maker->shelves, &maker->plan->input, shelf, err));
    }
    TIDE_TRY(tide_builder_view(&maker->late, &view, err));
    tide_code code = (*shelf)->vtable->put(*shelf, &view, err);
    tide_batch_clear(&view);
    maker->shelved_count += maker->late.row_count;
    tide_builder_reset(&maker->late);
    return code;
}

tide_code tide_unit_maker_add_late(tide_unit_maker *maker, const tide_column *columns, int64_t row,
                                   tide_error *err)
{
    tide_builder *late = &maker->late;
    for (size_t i = 0; i < late->schema->field_count; i++) {
        TIDE_TRY(tide_column_append_range(&late->columns[i], &columns[i], row, row + 1, err));
    }
    tide_builder_end_rows(late);
    bool is_much = late->row_count >= TIDE_BATCH_ROWS_MAX ||
                   tide_builder_bytes(late) >= maker->plan->options.bounds.batch_bytes;
    return is_much && maker->shelves != NULL ? shelve_late(maker, err) : TIDE_OK;
}

bool tide_unit_maker_is_full(const tide_unit_maker *maker)
{
    const tide_process_bounds *bounds = &maker->plan->options.bounds;
    size_t bytes = maker->unit.byte_count + maker->extra_bytes +
                   tide_reject_list_bytes(&maker->unit.rejects) +
                   tide_builder_bytes(&maker->output);
    int64_t states = 0;
    if (maker->states.schema != NULL) {
        bytes += tide_builder_bytes(&maker->states) + tide_builder_bytes(&maker->late);
        states = maker->states.row_count + maker->late.row_count + maker->shelved_count;
    }
    return maker->row_count + states >= bounds->unit_rows || bytes >= bounds->unit_bytes ||
           tide_monotonic_micros() - maker->begun_at >=
               bounds->unit_seconds * TIDE_MICROS_PER_SECOND;
}

bool tide_unit_maker_has_content(const tide_unit_maker *maker)
{
    return maker->row_count > 0 || maker->unit.rejects.count > 0 ||
           (maker->states.schema != NULL && maker->states.row_count > 0);
}

static tide_code set_name(tide_unit *unit, const char *prefix, int64_t sequence, tide_error *err)
{
    tide_text name;
    tide_text_init(&name);
    tide_text_append(&name, prefix);
    if (sequence > 0) {
        tide_text_append_format(&name, "/%lld", (long long)sequence);
    }
    unit->name = tide_text_take(&name);
    if (unit->name == NULL) {
        tide_text_clear(&name);
        return TIDE_FAIL_MEMORY(err, "name of a commit unit");
    }
    return TIDE_OK;
}

tide_code tide_unit_maker_finish(tide_unit_maker *maker, const char *prefix, int64_t sequence,
                                 tide_unit *out, tide_error *err)
{
    TIDE_TRY(close_chunk(maker, err));
    if (maker->states.schema != NULL && maker->states.row_count > 0) {
        TIDE_TRY(tide_builder_finish(&maker->states, &maker->unit.states, err));
    }
    if (maker->late.schema != NULL && maker->late.row_count > 0) {
        TIDE_TRY(tide_builder_finish(&maker->late, &maker->unit.late_rows, err));
    }
    TIDE_TRY(set_name(&maker->unit, prefix, sequence, err));
    *out = maker->unit;
    tide_code code = begin_unit(maker, err);
    if (code != TIDE_OK) {
        tide_unit_clear(out);
    }
    return code;
}

tide_code tide_unit_maker_restart(tide_unit_maker *maker, tide_error *err)
{
    tide_builder_reset(&maker->output);
    if (maker->states.schema != NULL) {
        tide_builder_reset(&maker->states);
        tide_builder_reset(&maker->late);
    }
    maker->segment_count = 0;
    tide_unit_clear(&maker->unit);
    return begin_unit(maker, err);
}
