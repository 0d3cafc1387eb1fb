/* SPDX-License-Identifier: Apache-2.0 */
#include "process/waves.h"

#include "base/memory.h"

tide_code tide_waves_init(tide_waves *waves, const tide_process_plan *plan, tide_error *err)
{
    *waves = (tide_waves){0};
    TIDE_TRY(tide_builder_init(&waves->rows, &plan->input, err));
    waves->columns = tide_alloc_zero(plan->input.field_count + 1, sizeof *waves->columns);
    if (waves->columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "waves");
    }
    return TIDE_OK;
}

void tide_waves_clear(tide_waves *waves)
{
    if (waves->rows.schema != NULL) {
        tide_builder_clear(&waves->rows);
    }
    tide_free(waves->columns);
    tide_free(waves->segments);
    tide_free(waves->ends);
    *waves = (tide_waves){0};
}

/* Wave of segment i: how many segments of its series are before it. They lie together. */
static size_t next_wave(const tide_segment *segments, size_t i, size_t wave)
{
    return i > 0 && segments[i].series == segments[i - 1].series ? wave + 1 : 0;
}

/* Leaves in ends[w] the number of segments in waves before w. */
static tide_code count_waves(tide_waves *waves, const tide_segment *segments, size_t count,
                             tide_error *err)
{
    waves->wave_count = 0;
    size_t wave = 0;
    for (size_t i = 0; i < count; i++) {
        wave = next_wave(segments, i, wave);
        if (wave == waves->wave_count) {
            TIDE_TRY(tide_grow((void **)&waves->ends, &waves->end_capacity, wave + 1,
                               sizeof *waves->ends, err));
            waves->ends[waves->wave_count++] = 0;
        }
        waves->ends[wave]++;
    }
    size_t before = 0;
    for (size_t w = 0; w < waves->wave_count; w++) {
        size_t size = waves->ends[w];
        waves->ends[w] = before;
        before += size;
    }
    return TIDE_OK;
}

tide_code tide_waves_cut(tide_waves *waves, const tide_batch *batch, const tide_segment *segments,
                         size_t segment_count, tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&waves->segments, &waves->segment_capacity, segment_count + 1,
                       sizeof *waves->segments, err));
    TIDE_TRY(count_waves(waves, segments, segment_count, err));
    size_t wave = 0;
    for (size_t i = 0; i < segment_count; i++) {
        wave = next_wave(segments, i, wave);
        waves->segments[waves->ends[wave]++] = segments[i];
    }
    tide_batch_columns(batch, waves->columns);
    return TIDE_OK;
}

static tide_code append_segment(tide_waves *waves, tide_segment *segment, tide_error *err)
{
    int64_t begin = waves->rows.row_count;
    for (size_t i = 0; i < waves->rows.schema->field_count; i++) {
        TIDE_TRY(tide_column_append_range(&waves->rows.columns[i], &waves->columns[i],
                                          segment->begin, segment->end, err));
    }
    tide_builder_end_rows(&waves->rows);
    segment->end = begin + (segment->end - segment->begin);
    segment->begin = begin;
    return TIDE_OK;
}

tide_code tide_waves_take(tide_waves *waves, size_t wave, tide_batch *out, tide_segment **segments,
                          size_t *segment_count, tide_error *err)
{
    size_t begin = wave == 0 ? 0 : waves->ends[wave - 1];
    *segments = &waves->segments[begin];
    *segment_count = waves->ends[wave] - begin;
    tide_builder_reset(&waves->rows);
    for (size_t i = 0; i < *segment_count; i++) {
        TIDE_TRY(append_segment(waves, &(*segments)[i], err));
    }
    return tide_builder_finish(&waves->rows, out, err);
}
