/* SPDX-License-Identifier: Apache-2.0 */
#include "process/chain.h"

#include "base/memory.h"
#include "base/problem.h"

tide_code tide_chain_open(tide_chain *chain, const tide_process_plan *plan, tide_error *err)
{
    *chain = (tide_chain){.plan = plan};
    size_t count = plan->options.step_count;
    chain->workers = tide_alloc_zero(count + 1, sizeof *chain->workers);
    chain->open_day_rows = tide_alloc_zero(count + 1, sizeof *chain->open_day_rows);
    if (chain->workers == NULL || chain->open_day_rows == NULL) {
        return TIDE_FAIL_MEMORY(err, "steps");
    }
    for (size_t i = 0; i < count; i++) {
        const tide_step *step = &plan->options.steps[i];
        if (step->vtable->open(step->definition, &chain->workers[i], err) != TIDE_OK) {
            return tide_error_context(err, "step %s", step->label);
        }
        chain->opened++;
    }
    return TIDE_OK;
}

void tide_chain_close(tide_chain *chain)
{
    for (size_t i = 0; i < chain->opened; i++) {
        chain->plan->options.steps[i].vtable->close(chain->workers[i]);
    }
    tide_free(chain->workers);
    tide_free(chain->open_day_rows);
    *chain = (tide_chain){0};
}

/* Of a longer row the beginning is shown: what went wrong comes after it, and has to have room. */
#define SAMPLE_BYTES_MAX 500

static size_t whole_characters(const char *text)
{
    size_t size = SAMPLE_BYTES_MAX;
    while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80) {
        size--;
    }
    return size;
}

static void print_sample(const tide_step *step, const tide_schema *input, const tide_step_batch *io,
                         tide_text *out)
{
    if (io->failed_row < 0 || io->failed_row >= tide_batch_row_count(&io->batch) ||
        io->batch.schema != input) {
        return;
    }
    tide_column *columns = tide_alloc_zero(input->field_count + 1, sizeof *columns);
    if (columns == NULL) {
        return;
    }
    tide_batch_columns(&io->batch, columns);
    tide_text row;
    tide_text_init(&row);
    tide_row_print_json(input, columns, input->field_count, io->failed_row, &row);
    size_t size = row.size <= SAMPLE_BYTES_MAX ? row.size : whole_characters(row.data);
    tide_text_append_format(out, ", row before step %s: %.*s%s", step->label, (int)size,
                            tide_text_c(&row), size < row.size ? " ..." : "");
    tide_text_clear(&row);
    tide_free(columns);
}

static void print_place(const tide_step_batch *io, size_t segment, tide_text *out)
{
    char day[32];
    tide_format_day(io->segments[segment].day, day);
    tide_text_append(out, "series ");
    io->print_series(io->series_context, io->segments[segment].series, out);
    tide_text_append_format(out, ", day %s", day);
}

/* What the step could not say: where it was, exactly or as far as its batch tells. */
static tide_code add_place(const tide_chain *chain, const tide_step *step, const tide_schema *input,
                           const tide_step_batch *io, tide_error *err)
{
    if (err->code != TIDE_USER_CODE && err->code != TIDE_BAD_DATA) {
        return err->code;
    }
    bool known = io->failed_segment < io->segment_count;
    bool step_said = strstr(err->message, "series ") != NULL;
    if (chain->plan->options.series_count == 0 || (!known && step_said)) {
        return tide_error_context(err, "step %s", step->label);
    }
    tide_text place;
    tide_text_init(&place);
    print_place(io, known ? io->failed_segment : 0, &place);
    if (known) {
        print_sample(step, input, io, &place);
    } else if (io->segment_count > 1) {
        tide_text_append(&place, " to ");
        print_place(io, io->segment_count - 1, &place);
    }
    tide_error_context(err, "step %s: %s", step->label, tide_text_c(&place));
    tide_text_clear(&place);
    return err->code;
}

/* Ordinals go on over the batches of a day that was cut. At most one day is. */
static void number_segments(tide_chain *chain, size_t number, tide_chain_batch *io)
{
    int64_t *open_rows = &chain->open_day_rows[number];
    for (size_t i = 0; i < io->segment_count; i++) {
        tide_segment *segment = &io->segments[i];
        segment->rows_before = segment->first ? 0 : *open_rows;
        if (!segment->last) {
            *open_rows = segment->rows_before + segment->end - segment->begin;
        }
    }
}

static tide_code count_step(const tide_step *step, const tide_step_batch *io, int64_t rows_in,
                            tide_step_counts *counts, tide_error *err)
{
    int64_t rows_out = tide_batch_row_count(&io->batch);
    int64_t dropped = io->rows_filtered + io->rows_deduplicated + io->rows_rejected;
    if (!step->emits && rows_in != rows_out + dropped) {
        return TIDE_FAIL(err, TIDE_E_DEFECT,
                         "step %s was given %lld rows and accounts for %lld: its result can't be "
                         "trusted",
                         step->label, (long long)rows_in, (long long)(rows_out + dropped));
    }
    counts->rows_in += rows_in;
    counts->rows_out += rows_out;
    counts->filtered += io->rows_filtered;
    counts->deduplicated += io->rows_deduplicated;
    counts->rejected += io->rows_rejected;
    return TIDE_OK;
}

static tide_code run_step(tide_chain *chain, size_t number, size_t state_begin,
                          tide_chain_batch *io, tide_error *err)
{
    const tide_step *step = &chain->plan->options.steps[number];
    const tide_schema *input = io->batch.schema;
    int64_t rows_in = tide_batch_row_count(&io->batch);
    number_segments(chain, number, io);
    if (rows_in == 0) {
        return TIDE_OK;
    }
    tide_step_batch call = {
        .segments = io->segments,
        .segment_count = io->segment_count,
        .print_series = io->print_series,
        .series_context = io->series_context,
        .rejects = io->rejects,
        .failed_segment = TIDE_NO_FIELD,
        .failed_row = -1,
    };
    if (io->group != NULL && io->group->values != NULL) {
        call.state.values = io->group->values + state_begin;
        call.state.stride = chain->plan->state.values_count;
    }
    tide_batch_move(&io->batch, &call.batch);
    tide_code code = step->vtable->process(chain->workers[number], &call, err);
    if (code != TIDE_OK) {
        code = add_place(chain, step, input, &call, err);
    } else {
        code = count_step(step, &call, rows_in, &io->counts[number], err);
    }
    tide_batch_move(&call.batch, &io->batch);
    return code;
}

tide_code tide_chain_run(tide_chain *chain, tide_chain_batch *io, tide_error *err)
{
    size_t state_begin = 0;
    for (size_t i = 0; i < chain->plan->options.step_count; i++) {
        tide_code code = run_step(chain, i, state_begin, io, err);
        if (code != TIDE_OK) {
            tide_batch_clear(&io->batch);
            return code;
        }
        state_begin += chain->plan->options.steps[i].state_schema.field_count;
    }
    return TIDE_OK;
}
