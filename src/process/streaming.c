/* SPDX-License-Identifier: Apache-2.0 */
#include "process/streaming.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "process/chain.h"
#include "process/null_key.h"
#include "process/position.h"
#include "process/unit_maker.h"

/* What a step appends to the position of a row, before its number and the ordinal. */
static const char no_day[] = "/1970-01-01/";

struct tide_streaming {
    const tide_process_plan *plan;
    tide_chain chain;
    tide_unit_maker maker;
    tide_builder rows;
    tide_column *columns; /* owned; of the source's batch */
    tide_segment *segments;
    size_t segment_capacity;
    tide_reject_list rejects; /* of the batch that is tried */
    tide_step_counts *counts; /* owned; likewise */
    tide_null_key null_key;
};

static tide_code open_parts(tide_streaming *streaming, tide_error *err)
{
    const tide_process_plan *plan = streaming->plan;
    tide_reject_list_init(&streaming->rejects);
    TIDE_TRY(tide_chain_open(&streaming->chain, plan, err));
    TIDE_TRY(tide_unit_maker_open(&streaming->maker, plan, NULL, err));
    TIDE_TRY(tide_builder_init(&streaming->rows, &plan->input, err));
    streaming->columns =
        tide_alloc_zero(plan->options.layout->schema.field_count, sizeof *streaming->columns);
    streaming->counts = tide_alloc_zero(plan->options.step_count + 1, sizeof *streaming->counts);
    if (streaming->columns == NULL || streaming->counts == NULL) {
        return TIDE_FAIL_MEMORY(err, "streaming");
    }
    return tide_null_key_init(&streaming->null_key, plan, err);
}

tide_code tide_streaming_open(const tide_process_plan *plan, tide_streaming **streaming,
                              tide_error *err)
{
    *streaming = NULL;
    if (plan->options.series_count > 0) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "a pipeline with series does not stream");
    }
    tide_streaming *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "streaming");
    }
    made->plan = plan;
    tide_code code = open_parts(made, err);
    if (code != TIDE_OK) {
        tide_streaming_close(made);
        return code;
    }
    *streaming = made;
    return TIDE_OK;
}

void tide_streaming_close(tide_streaming *streaming)
{
    if (streaming == NULL) {
        return;
    }
    tide_chain_close(&streaming->chain);
    tide_unit_maker_close(&streaming->maker);
    if (streaming->rows.schema != NULL) {
        tide_builder_clear(&streaming->rows);
    }
    tide_null_key_clear(&streaming->null_key);
    tide_reject_list_clear(&streaming->rejects);
    tide_free(streaming->columns);
    tide_free(streaming->segments);
    tide_free(streaming->counts);
    tide_free(streaming);
}

static void print_position(const void *context, uint32_t row, tide_text *out)
{
    const tide_streaming *streaming = context;
    tide_position_print(streaming->plan, streaming->columns, row, out);
}

static tide_code copy_rows(tide_streaming *streaming, int64_t row_count, tide_batch *out,
                           tide_error *err)
{
    tide_builder_reset(&streaming->rows);
    for (size_t i = 0; i < streaming->plan->input.field_count; i++) {
        TIDE_TRY(tide_column_append_range(&streaming->rows.columns[i], &streaming->columns[i], 0,
                                          row_count, err));
    }
    tide_builder_end_rows(&streaming->rows);
    return tide_builder_finish(&streaming->rows, out, err);
}

/* segment_rows: all rows, or 1. */
static tide_code cut_segments(tide_streaming *streaming, int64_t row_count, int64_t segment_rows,
                              size_t *segment_count, tide_error *err)
{
    size_t count = (size_t)(row_count / segment_rows);
    TIDE_TRY(tide_grow((void **)&streaming->segments, &streaming->segment_capacity, count,
                       sizeof *streaming->segments, err));
    for (size_t i = 0; i < count; i++) {
        int64_t begin = (int64_t)i * segment_rows;
        streaming->segments[i] = (tide_segment){
            .series = (uint32_t)i,
            .begin = begin,
            .end = begin + segment_rows,
            .first = true,
            .last = true,
        };
    }
    *segment_count = count;
    return TIDE_OK;
}

static tide_code add_rows_context(tide_streaming *streaming, int64_t row_count, tide_error *err)
{
    if (err->code != TIDE_USER_CODE && err->code != TIDE_BAD_DATA) {
        return err->code;
    }
    tide_text place;
    tide_text_init(&place);
    tide_position_print(streaming->plan, streaming->columns, 0, &place);
    tide_text_append(&place, " to ");
    tide_position_print(streaming->plan, streaming->columns, row_count - 1, &place);
    tide_error_context(err, "rows %s", tide_text_c(&place));
    tide_text_clear(&place);
    return err->code;
}

/* Runs all rows through the steps; nothing of it is kept in the unit yet. */
static tide_code try_rows(tide_streaming *streaming, int64_t row_count, int64_t segment_rows,
                          tide_chain_batch *io, tide_error *err)
{
    tide_reject_list_reset(&streaming->rejects);
    memset(streaming->counts, 0,
           (streaming->plan->options.step_count + 1) * sizeof *streaming->counts);
    *io = (tide_chain_batch){
        .print_series = print_position,
        .series_context = streaming,
        .rejects = &streaming->rejects,
        .counts = streaming->counts,
    };
    TIDE_TRY(cut_segments(streaming, row_count, segment_rows, &io->segment_count, err));
    io->segments = streaming->segments;
    TIDE_TRY(copy_rows(streaming, row_count, &io->batch, err));
    if (tide_chain_run(&streaming->chain, io, err) != TIDE_OK) {
        return add_rows_context(streaming, row_count, err);
    }
    return TIDE_OK;
}

/* Did a step before the `number`th perhaps make several rows of one? */
static bool is_fanned_out(const tide_streaming *streaming, size_t number)
{
    const tide_process_options *options = &streaming->plan->options;
    for (size_t i = 0; i < options->step_count && i + 1 < number; i++) {
        if (options->steps[i].emits) {
            return true;
        }
    }
    return false;
}

/* RECORD, or RECORD/STEP.ORDINAL where the record alone does not tell the row. */
static void append_position(const tide_streaming *streaming, const tide_reject *reject,
                            tide_text *out)
{
    const char *row = NULL;
    for (const char *at = reject->position; (at = strstr(at, no_day)) != NULL; at++) {
        row = at;
    }
    if (row == NULL) {
        tide_text_append(out, reject->position);
        return;
    }
    tide_text_append_str(out, (tide_str){reject->position, (size_t)(row - reject->position)});
    const char *number = row + sizeof no_day - 1;
    if (is_fanned_out(streaming, strtoul(number, NULL, 10))) {
        tide_text_append_char(out, '/');
        tide_text_append(out, number);
    }
}

static tide_code keep_reject(tide_streaming *streaming, const tide_reject *reject, tide_error *err)
{
    tide_text position;
    tide_text_init(&position);
    append_position(streaming, reject, &position);
    tide_reject kept = *reject;
    kept.position = tide_text_c(&position);
    tide_code code = TIDE_OK;
    if (tide_text_failed(&position)) {
        code = TIDE_FAIL_MEMORY(err, "reject");
    } else {
        code = tide_reject_list_add(&streaming->maker.unit.rejects, &kept, err);
    }
    tide_text_clear(&position);
    return code;
}

static tide_code keep_trial(tide_streaming *streaming, int64_t row_count, tide_chain_batch *io,
                            tide_error *err)
{
    tide_unit *unit = &streaming->maker.unit;
    for (size_t i = 0; i < streaming->rejects.count; i++) {
        TIDE_TRY(keep_reject(streaming, &streaming->rejects.items[i], err));
    }
    for (size_t i = 0; i < unit->step_count; i++) {
        unit->steps[i].rows_in += streaming->counts[i].rows_in;
        unit->steps[i].rows_out += streaming->counts[i].rows_out;
        unit->steps[i].filtered += streaming->counts[i].filtered;
        unit->steps[i].deduplicated += streaming->counts[i].deduplicated;
        unit->steps[i].rejected += streaming->counts[i].rejected;
    }
    unit->counts.consumed += row_count;
    return tide_unit_maker_add(&streaming->maker, &io->batch, NULL, 0, NULL, err);
}

static tide_code refuse_null_keys(tide_streaming *streaming, tide_chain_batch *io, tide_error *err)
{
    int64_t refused = 0;
    TIDE_TRY(tide_null_key_refuse(&streaming->null_key, io, &streaming->rejects, &refused, err));
    streaming->maker.unit.counts.refused += refused;
    streaming->maker.unit.counts.emitted += refused;
    return TIDE_OK;
}

static tide_code push_rows(tide_streaming *streaming, int64_t row_count, tide_chain_batch *io,
                           tide_error *err)
{
    TIDE_TRY(try_rows(streaming, row_count, row_count, io, err));
    if (streaming->rejects.count > 0 || tide_null_key_is_in(&streaming->null_key, &io->batch)) {
        tide_batch_clear(&io->batch);
        TIDE_TRY(try_rows(streaming, row_count, 1, io, err));
        TIDE_TRY(refuse_null_keys(streaming, io, err));
    }
    return keep_trial(streaming, row_count, io, err);
}

tide_code tide_streaming_push(tide_streaming *streaming, const tide_batch *rows, tide_error *err)
{
    int64_t row_count = tide_batch_row_count(rows);
    if (row_count == 0) {
        return TIDE_OK;
    }
    tide_batch_columns(rows, streaming->columns);
    tide_chain_batch io = {.group = NULL};
    tide_code code = push_rows(streaming, row_count, &io, err);
    tide_batch_clear(&io.batch);
    return code;
}

bool tide_streaming_is_full(const tide_streaming *streaming)
{
    return tide_unit_maker_is_full(&streaming->maker);
}

tide_code tide_streaming_take(tide_streaming *streaming, const char *unit_name, tide_unit *unit,
                              tide_error *err)
{
    tide_unit_init(unit);
    return tide_unit_maker_finish(&streaming->maker, unit_name, 0, unit, err);
}

tide_code tide_streaming_restart(tide_streaming *streaming, tide_error *err)
{
    return tide_unit_maker_restart(&streaming->maker, err);
}
