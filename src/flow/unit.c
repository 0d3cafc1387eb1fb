/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/unit.h"

#include <inttypes.h>

#include "base/memory.h"
#include "record/order.h"

void tide_counts_add(tide_counts *sum, const tide_counts *part)
{
    sum->read += part->read;
    sum->consumed += part->consumed;
    sum->rebuilt += part->rebuilt;
    sum->seen += part->seen;
    sum->late += part->late;
    sum->unmatched += part->unmatched;
    sum->left += part->left;
    sum->rejected += part->rejected;
    sum->discarded += part->discarded;
    sum->emitted += part->emitted;
    sum->loaded += part->loaded;
    sum->superseded += part->superseded;
    sum->refused += part->refused;
    sum->series += part->series;
    sum->days += part->days;
    sum->gone_or_changed_series += part->gone_or_changed_series;
    sum->late_or_changed_series += part->late_or_changed_series;
    sum->failed_series += part->failed_series;
}

void tide_unit_init(tide_unit *unit)
{
    *unit = (tide_unit){0};
    tide_batch_init(&unit->states);
    tide_batch_init(&unit->late_rows);
    tide_reject_list_init(&unit->rejects);
}

void tide_unit_clear(tide_unit *unit)
{
    for (size_t i = 0; i < unit->chunk_count; i++) {
        tide_batch_clear(&unit->chunks[i].batch);
        tide_free(unit->chunks[i].segments);
    }
    tide_free(unit->chunks);
    for (size_t i = 0; i < unit->series_count; i++) {
        tide_free(unit->series_names[i]);
    }
    tide_free(unit->series_names);
    tide_free(unit->name);
    tide_free(unit->steps);
    tide_batch_clear(&unit->states);
    tide_batch_clear(&unit->late_rows);
    if (unit->late_shelf != NULL) {
        unit->late_shelf->vtable->close(unit->late_shelf);
    }
    tide_reject_list_clear(&unit->rejects);
    tide_unit_init(unit);
}

bool tide_unit_has_content(const tide_unit *unit)
{
    return unit->chunk_count > 0 || unit->rejects.count > 0 ||
           tide_batch_row_count(&unit->states) > 0 || tide_unit_has_late_rows(unit);
}

bool tide_unit_has_late_rows(const tide_unit *unit)
{
    return unit->late_shelf != NULL || tide_batch_row_count(&unit->late_rows) > 0;
}

static tide_code visit_stream(tide_stream *stream, tide_visit_batch visit, void *context,
                              tide_error *err)
{
    for (;;) {
        tide_batch batch;
        TIDE_TRY(stream->vtable->next(stream, &batch, NULL, err));
        if (tide_batch_row_count(&batch) == 0) {
            return TIDE_OK;
        }
        TIDE_TRY(visit(context, &batch, err));
    }
}

tide_code tide_unit_visit_late_rows(const tide_unit *unit, tide_visit_batch visit, void *context,
                                    tide_error *err)
{
    if (unit->late_shelf != NULL) {
        tide_stream *stream;
        TIDE_TRY(unit->late_shelf->vtable->read(unit->late_shelf, &stream, err));
        tide_code code = visit_stream(stream, visit, context, err);
        stream->vtable->close(stream);
        TIDE_TRY(code);
    }
    return tide_batch_row_count(&unit->late_rows) > 0 ? visit(context, &unit->late_rows, err)
                                                      : TIDE_OK;
}

tide_code tide_unit_add_chunk(tide_unit *unit, tide_batch *batch, const tide_segment *segments,
                              size_t segment_count, tide_error *err)
{
    tide_segment *copy = NULL;
    TIDE_TRY(tide_grow((void **)&unit->chunks, &unit->chunk_capacity, unit->chunk_count + 1,
                       sizeof *unit->chunks, err));
    if (segment_count > 0) {
        copy = tide_alloc(segment_count * sizeof *copy);
        if (copy == NULL) {
            return TIDE_FAIL_MEMORY(err, "segments of a commit unit");
        }
        memcpy(copy, segments, segment_count * sizeof *copy);
    }
    tide_chunk *chunk = &unit->chunks[unit->chunk_count++];
    *chunk = (tide_chunk){.segments = copy, .segment_count = segment_count};
    unit->byte_count += tide_batch_bytes(batch);
    tide_batch_move(batch, &chunk->batch);
    return TIDE_OK;
}

/* The segment that holds the row: the first one that ends after it, which skips empty ones. */
static size_t find_segment(const tide_chunk *chunk, int64_t row)
{
    size_t low = 0;
    size_t high = chunk->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (chunk->segments[middle].end > row) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static int64_t row_in_unit(const tide_unit *unit, size_t chunk, int64_t row)
{
    int64_t before = 0;
    for (size_t i = 0; i < chunk; i++) {
        before += tide_batch_row_count(&unit->chunks[i].batch);
    }
    return before + row + 1;
}

static void print_digest(const tide_batch *batch, int64_t row, tide_text *out)
{
    size_t count = batch->schema->field_count;
    tide_column *columns = tide_alloc_zero(count, sizeof *columns);
    uint32_t *all = tide_alloc_zero(count, sizeof *all);
    if (columns == NULL || all == NULL) {
        out->failed = true;
    } else {
        for (size_t i = 0; i < count; i++) {
            all[i] = (uint32_t)i;
        }
        tide_batch_columns(batch, columns);
        tide_digest digest = tide_digest_row(columns, all, count, row);
        tide_text_append_format(out, TIDE_BY_VALUES_HEAD "%016" PRIx64 "%016" PRIx64, digest.high,
                                digest.low);
    }
    tide_free(columns);
    tide_free(all);
}

bool tide_position_is_by_values(const char *position)
{
    size_t head = strlen(TIDE_BY_VALUES_HEAD);
    return strncmp(position, TIDE_BY_VALUES_HEAD, head) == 0 &&
           strspn(position + head, "0123456789abcdef") == TIDE_BY_VALUES_BYTES - head &&
           position[TIDE_BY_VALUES_BYTES] == '\0';
}

void tide_unit_print_position(const tide_unit *unit, size_t chunk, int64_t row, tide_text *out)
{
    const tide_chunk *holder = &unit->chunks[chunk];
    if (unit->retried != NULL) {
        tide_text_append(out, unit->retried->items[row_in_unit(unit, chunk, row) - 1].position);
        return;
    }
    if (unit->by_values) {
        print_digest(&holder->batch, row, out);
        return;
    }
    size_t segment = find_segment(holder, row);
    if (segment == holder->segment_count || unit->series_count == 0) {
        tide_text_append_format(out, "%s/%" PRId64, unit->name == NULL ? "" : unit->name,
                                row_in_unit(unit, chunk, row));
        return;
    }
    const tide_segment *at = &holder->segments[segment];
    char day[16];
    (void)tide_format_day(at->day, day);
    int64_t ordinal = at->rows_before + row - at->begin + 1;
    tide_text_append_format(out, "%s/%s/%" PRId64, unit->series_names[at->series], day, ordinal);
}
