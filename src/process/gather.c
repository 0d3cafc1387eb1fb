/* SPDX-License-Identifier: Apache-2.0 */
#include "process/gather.h"

#include "base/memory.h"
#include "process/builder_column.h"

tide_code tide_gather_init(tide_gather *gather, const tide_process_plan *plan, tide_error *err)
{
    *gather = (tide_gather){.plan = plan};
    const tide_schema *schema = &plan->input;
    TIDE_TRY(tide_builder_init(&gather->rows, schema, err));
    gather->variable = tide_alloc_zero(schema->field_count + 1, sizeof *gather->variable);
    if (gather->variable == NULL) {
        return TIDE_FAIL_MEMORY(err, "gathered rows");
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        if (tide_type_is_variable(schema->fields[i].type)) {
            gather->variable[gather->variable_count++] = (uint32_t)i;
            gather->row_width += sizeof(int32_t);
        } else {
            size_t width = tide_type_width(schema->fields[i].type);
            gather->row_width += width == 0 ? 1 : width;
        }
    }
    return TIDE_OK;
}

void tide_gather_clear(tide_gather *gather)
{
    if (gather->rows.schema != NULL) {
        tide_builder_clear(&gather->rows);
    }
    tide_free(gather->segments);
    tide_free(gather->variable);
    *gather = (tide_gather){0};
}

/* The same wherever batches are cut: what max_day_bytes is compared with. */
static size_t range_bytes(const tide_gather *gather, const tide_gather_range *range)
{
    size_t bytes = (size_t)(range->end - range->begin) * gather->row_width;
    for (size_t i = 0; i < gather->variable_count; i++) {
        const int32_t *offsets = range->columns[gather->variable[i]].offsets;
        bytes += (size_t)(offsets[range->end] - offsets[range->begin]);
    }
    return bytes;
}

static tide_code note_range(tide_gather *gather, const tide_gather_range *range, tide_error *err)
{
    if (gather->pending_begin < gather->pending_end && gather->pending_end != range->begin) {
        TIDE_TRY(tide_gather_flush(gather, err));
    }
    if (gather->pending_begin == gather->pending_end) {
        gather->pending = range->columns;
        gather->pending_begin = range->begin;
    }
    gather->pending_end = range->end;
    return TIDE_OK;
}

tide_code tide_gather_add(tide_gather *gather, const tide_gather_range *range, tide_error *err)
{
    TIDE_TRY(note_range(gather, range, err));
    size_t count = gather->segment_count;
    bool goes_on = !range->first && count > 0;
    if (!goes_on) {
        TIDE_TRY(tide_grow((void **)&gather->segments, &gather->segment_capacity, count + 1,
                           sizeof *gather->segments, err));
        gather->segments[count] = (tide_segment){
            .series = range->series,
            .day = range->day,
            .begin = gather->row_count,
            .first = range->first,
        };
        gather->segment_count++;
    }
    size_t bytes = range_bytes(gather, range);
    gather->row_count += range->end - range->begin;
    gather->segments[gather->segment_count - 1].end = gather->row_count;
    gather->byte_count += bytes;
    gather->day_bytes = (range->first ? 0 : gather->day_bytes) + bytes;
    return TIDE_OK;
}

void tide_gather_end_day(tide_gather *gather)
{
    if (gather->segment_count > 0) {
        gather->segments[gather->segment_count - 1].last = true;
    }
}

tide_code tide_gather_flush(tide_gather *gather, tide_error *err)
{
    if (gather->pending_begin == gather->pending_end) {
        return TIDE_OK;
    }
    for (size_t i = 0; i < gather->plan->input.field_count; i++) {
        TIDE_TRY(tide_column_append_range(&gather->rows.columns[i], &gather->pending[i],
                                          gather->pending_begin, gather->pending_end, err));
    }
    tide_builder_end_rows(&gather->rows);
    gather->pending_begin = gather->pending_end;
    return TIDE_OK;
}

tide_code tide_gather_finish(tide_gather *gather, tide_batch *out, tide_error *err)
{
    TIDE_TRY(tide_gather_flush(gather, err));
    return tide_builder_finish(&gather->rows, out, err);
}

tide_code tide_gather_drop_open_day(tide_gather *gather, tide_error *err)
{
    TIDE_TRY(tide_gather_flush(gather, err));
    if (gather->segment_count == 0 || gather->segments[gather->segment_count - 1].last) {
        return TIDE_OK;
    }
    int64_t kept = gather->segments[--gather->segment_count].begin;
    tide_builder shorter;
    TIDE_TRY(tide_builder_init(&shorter, &gather->plan->input, err));
    tide_code code = TIDE_OK;
    for (size_t i = 0; i < gather->plan->input.field_count && code == TIDE_OK; i++) {
        tide_column column = tide_builder_column(&gather->rows, i);
        code = tide_column_append_range(&shorter.columns[i], &column, 0, kept, err);
    }
    if (code != TIDE_OK) {
        tide_builder_clear(&shorter);
        return code;
    }
    tide_builder_end_rows(&shorter);
    tide_builder_clear(&gather->rows);
    gather->rows = shorter;
    gather->row_count = kept;
    return TIDE_OK;
}

void tide_gather_reset(tide_gather *gather)
{
    tide_builder_reset(&gather->rows);
    gather->segment_count = 0;
    gather->pending_begin = gather->pending_end = 0;
    gather->row_count = 0;
    gather->byte_count = 0;
}
