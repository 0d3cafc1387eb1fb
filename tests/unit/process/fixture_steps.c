/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of the tests, written for their checks of what the engine promises to a step. */
#include <assert.h>

#include "base/memory.h"
#include "fixture.h"
#include "process/steps/keep.h"

#undef NDEBUG

enum kind { FILTER, RUNNING, SUM, FAILING, REJECTING };

typedef struct definition {
    enum kind kind;
    bool waves;
    const tide_schema *input; /* borrowed from the plan of the test */
    tide_schema output;
} definition;

typedef struct worker {
    const definition *defined;
    tide_builder output;
} worker;

static tide_code open_worker(const void *defined, void **opened, tide_error *err)
{
    worker *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "test step");
    }
    made->defined = defined;
    if (tide_builder_init(&made->output, &made->defined->output, err) != TIDE_OK) {
        tide_builder_clear(&made->output);
        tide_free(made);
        return err->code;
    }
    *opened = made;
    return TIDE_OK;
}

static void close_worker(void *opened)
{
    worker *made = opened;
    tide_builder_clear(&made->output);
    tide_free(made);
}

static void destroy(void *defined)
{
    definition *made = defined;
    tide_schema_clear(&made->output);
    tide_free(made);
}

/* What flow/step.h promises. */
static void check_segments(const tide_step_batch *io, bool whole_days, bool waves)
{
    int64_t at = 0;
    for (size_t i = 0; i < io->segment_count; i++) {
        const tide_segment *segment = &io->segments[i];
        assert(segment->begin == at && segment->end >= at);
        at = segment->end;
        assert(!whole_days || (segment->first && segment->last));
        assert(segment->first == (segment->rows_before == 0) || !segment->first);
        assert(i == 0 || segment->first); /* only the first can go on */
        if (i > 0 && segment->series == segment[-1].series) {
            assert(!waves && segment->day > segment[-1].day && segment[-1].last);
        }
    }
    assert(at == tide_batch_row_count(&io->batch));
}

static tide_value *cells_of(const tide_step_batch *io, const tide_segment *segment)
{
    return io->state.values + (size_t)segment->series * io->state.stride;
}

static tide_code reject_row(tide_step_batch *io, const tide_segment *segment, int64_t row,
                            tide_error *err)
{
    char day[32];
    tide_text position;
    tide_text_init(&position);
    tide_format_day(segment->day, day);
    io->print_series(io->series_context, segment->series, &position);
    tide_text_append_format(&position, "/%s/%lld", day,
                            (long long)(segment->rows_before + row - segment->begin + 1));
    tide_reject reject = {.stage = "step",
                          .position = tide_text_c(&position),
                          .reason = "a multiple of three",
                          .values = "{}"};
    tide_code code = tide_text_failed(&position) ? TIDE_FAIL_MEMORY(err, "test")
                                                 : tide_reject_list_add(io->rejects, &reject, err);
    tide_text_clear(&position);
    io->rows_rejected++;
    return code;
}

static tide_code keep_rows(worker *made, tide_step_batch *io, const tide_column *columns,
                           tide_error *err)
{
    for (size_t i = 0; i < io->segment_count; i++) {
        tide_segment *segment = &io->segments[i];
        int64_t begin = made->output.row_count;
        for (int64_t row = segment->begin; row < segment->end; row++) {
            bool third = tide_column_int64(&columns[AMOUNT], row) % 3 == 0;
            if (third && made->defined->kind == REJECTING) {
                TIDE_TRY(reject_row(io, segment, row, err));
                continue;
            }
            if (third) {
                io->rows_filtered++;
                continue;
            }
            uint32_t index = (uint32_t)row;
            TIDE_TRY(tide_builder_take(&made->output, columns, &index, 1, err));
        }
        segment->begin = begin;
        segment->end = made->output.row_count;
    }
    return TIDE_OK;
}

static tide_code run_row(worker *made, tide_value *cells, const tide_column *columns, int64_t row,
                         tide_error *err)
{
    if (cells[0].is_null) {
        cells[0] = (tide_value){.is_null = false};
        cells[1] = (tide_value){.is_null = false};
    }
    cells[0].as.integer += tide_column_int64(&columns[AMOUNT], row);
    cells[1].as.integer++;
    TIDE_TRY(tide_value_set_bytes(&cells[2], tide_column_str(&columns[ID], row), err));
    cells[2].is_null = false;
    for (size_t i = 0; i < DECLARED_COUNT; i++) {
        tide_column_builder *to = &made->output.columns[i];
        if (i == AMOUNT) {
            TIDE_TRY(tide_append_int64(to, cells[0].as.integer, err));
        } else {
            TIDE_TRY(tide_column_append_range(to, &columns[i], row, row + 1, err));
        }
    }
    tide_builder_end_rows(&made->output);
    return TIDE_OK;
}

static tide_code run_rows(worker *made, tide_step_batch *io, const tide_column *columns,
                          tide_error *err)
{
    for (size_t i = 0; i < io->segment_count; i++) {
        const tide_segment *segment = &io->segments[i];
        for (int64_t row = segment->begin; row < segment->end; row++) {
            TIDE_TRY(run_row(made, cells_of(io, segment), columns, row, err));
        }
    }
    return TIDE_OK;
}

static tide_code sum_day(worker *made, tide_value *cells, const tide_column *columns,
                         const tide_segment *segment, tide_error *err)
{
    int64_t total = 0;
    for (int64_t row = segment->begin; row < segment->end; row++) {
        total += tide_column_int64(&columns[AMOUNT], row);
    }
    if (cells[0].is_null) {
        cells[0] = (tide_value){.is_null = false};
        cells[1] = (tide_value){.is_null = false};
    }
    cells[0].as.integer++;
    cells[1].as.integer += total;
    tide_column_builder *to = made->output.columns;
    TIDE_TRY(tide_append_int64(&to[0], segment->end - segment->begin, err));
    TIDE_TRY(tide_append_int64(&to[1], total, err));
    TIDE_TRY(tide_append_int64(&to[2], cells[0].as.integer, err));
    TIDE_TRY(tide_append_int64(&to[3], cells[1].as.integer, err));
    tide_builder_end_rows(&made->output);
    return TIDE_OK;
}

static tide_code sum_days(worker *made, tide_step_batch *io, const tide_column *columns,
                          tide_error *err)
{
    for (size_t i = 0; i < io->segment_count; i++) {
        tide_segment *segment = &io->segments[i];
        int64_t begin = made->output.row_count;
        if (segment->begin < segment->end) {
            TIDE_TRY(sum_day(made, cells_of(io, segment), columns, segment, err));
        }
        segment->begin = begin;
        segment->end = made->output.row_count;
    }
    return TIDE_OK;
}

static tide_code fail_at_thirteen(tide_step_batch *io, const tide_column *columns, tide_error *err)
{
    for (size_t i = 0; i < io->segment_count; i++) {
        for (int64_t row = io->segments[i].begin; row < io->segments[i].end; row++) {
            if (tide_column_int64(&columns[AMOUNT], row) == 13) {
                io->failed_segment = i;
                io->failed_row = row;
                return TIDE_FAIL(err, TIDE_USER_CODE, "thirteen is unlucky");
            }
        }
    }
    return TIDE_OK;
}

static tide_code transform(worker *made, tide_step_batch *io, const tide_column *columns,
                           tide_error *err)
{
    switch (made->defined->kind) {
        case FILTER:
        case REJECTING:
            return keep_rows(made, io, columns, err);
        case RUNNING:
            return run_rows(made, io, columns, err);
        case SUM:
            return sum_days(made, io, columns, err);
        default:
            return fail_at_thirteen(io, columns, err);
    }
}

static tide_code process(void *opened, tide_step_batch *io, tide_error *err)
{
    worker *made = opened;
    tide_column columns[DECLARED_COUNT + 2];
    assert(tide_batch_row_count(&io->batch) > 0);
    assert(tide_schema_equal(io->batch.schema, made->defined->input));
    check_segments(io, made->defined->kind == SUM, made->defined->waves);
    tide_batch_columns(&io->batch, columns);
    tide_builder_reset(&made->output);
    TIDE_TRY(transform(made, io, columns, err));
    if (made->defined->kind == FAILING) {
        return TIDE_OK;
    }
    tide_batch_clear(&io->batch);
    return tide_builder_finish(&made->output, &io->batch, err);
}

static const tide_step_vtable vtable = {
    .open = open_worker,
    .process = process,
    .close = close_worker,
    .destroy = destroy,
};

static tide_code add_column(tide_schema *schema, const char *name, tide_type_id type,
                            tide_error *err)
{
    return tide_schema_add(schema, name, (tide_type){.id = type}, false, err);
}

static tide_code build_sum(definition *made, tide_step *step, tide_error *err)
{
    step->emits = true;
    step->whole_days = true;
    TIDE_TRY(add_column(&made->output, "n", TIDE_INT64, err));
    TIDE_TRY(add_column(&made->output, "total", TIDE_INT64, err));
    TIDE_TRY(add_column(&made->output, "days", TIDE_INT64, err));
    TIDE_TRY(add_column(&made->output, "grand", TIDE_INT64, err));
    TIDE_TRY(add_column(&step->state_schema, "days", TIDE_INT64, err));
    return add_column(&step->state_schema, "grand", TIDE_INT64, err);
}

static tide_code build(definition *made, const tide_schema *input, tide_step *step, tide_error *err)
{
    made->input = input;
    if (made->kind == SUM) {
        TIDE_TRY(build_sum(made, step, err));
    } else {
        TIDE_TRY(tide_schema_copy(input, &made->output, err));
    }
    if (made->kind == RUNNING) {
        TIDE_TRY(add_column(&step->state_schema, "total", TIDE_INT64, err));
        TIDE_TRY(add_column(&step->state_schema, "seen", TIDE_INT64, err));
        TIDE_TRY(add_column(&step->state_schema, "last_id", TIDE_TEXT, err));
    }
    return tide_schema_copy(&made->output, &step->output_schema, err);
}

static enum kind kind_of(const char *name)
{
    return strcmp(name, "filter") == 0      ? FILTER
           : strcmp(name, "sum") == 0       ? SUM
           : strcmp(name, "failing") == 0   ? FAILING
           : strcmp(name, "rejecting") == 0 ? REJECTING
                                            : RUNNING;
}

static tide_code define_keep(const char *name, size_t number, const tide_schema *input,
                             tide_step *step, tide_error *err)
{
    static const char *const by[] = {"tie"};
    tide_step_options options = {.number = number, .input = input};
    tide_keep_options keep = {
        .which = strcmp(name, "newest") == 0 ? TIDE_KEEP_NEWEST : TIDE_KEEP_OLDEST,
        .by = by,
        .by_count = 1,
    };
    size_t failed = 0;
    return tide_keep_define(&options, &keep, &failed, step, err);
}

tide_code test_step_define(const char *name, size_t number, const tide_schema *input,
                           tide_step *step, tide_error *err)
{
    if (strcmp(name, "newest") == 0 || strcmp(name, "oldest") == 0) {
        return define_keep(name, number, input, step, err);
    }
    *step = (tide_step){.vtable = &vtable};
    definition *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "test step");
    }
    step->definition = made;
    made->kind = kind_of(name);
    made->waves = step->waves = strcmp(name, "wave_running") == 0;
    tide_text label;
    tide_text_init(&label);
    tide_text_append_format(&label, "%zu %s", number, name);
    step->label = tide_text_take(&label);
    if (step->label == NULL) {
        tide_text_clear(&label);
        tide_step_clear(step);
        return TIDE_FAIL_MEMORY(err, "test step");
    }
    if (build(made, input, step, err) != TIDE_OK) {
        tide_step_clear(step);
        return err->code;
    }
    return TIDE_OK;
}
