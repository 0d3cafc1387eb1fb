/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steps/refused_rows.h"

#include <stdlib.h>

#include "base/memory.h"

void tide_live_rows_clear(tide_live_rows *live)
{
    tide_free(live->words);
    tide_free(live->rows);
    *live = (tide_live_rows){.words = NULL};
}

tide_code tide_live_rows_fill(tide_live_rows *live, int64_t row_count, tide_error *err)
{
    size_t words = (size_t)(row_count + 63) / 64;
    TIDE_TRY(
        tide_grow((void **)&live->words, &live->capacity, words + 1, sizeof *live->words, err));
    memset(live->words, 0xFF, words * sizeof *live->words);
    if ((row_count & 63) != 0) {
        live->words[words - 1] = UINT64_MAX >> (64 - (row_count & 63));
    }
    return TIDE_OK;
}

int64_t tide_live_rows_count(const tide_live_rows *live, int64_t row_count)
{
    int64_t count = 0;
    for (int64_t i = 0; i < (row_count + 63) / 64; i++) {
        count += __builtin_popcountll(live->words[i]);
    }
    return count;
}

static size_t list_rows(const tide_live_rows *live, int64_t row_count)
{
    size_t listed = 0;
    for (int64_t word = 0; word < (row_count + 63) / 64; word++) {
        for (uint64_t bits = live->words[word]; bits != 0; bits &= bits - 1) {
            live->rows[listed++] = (uint32_t)(word * 64 + __builtin_ctzll(bits));
        }
    }
    return listed;
}

tide_code tide_live_rows_list(tide_live_rows *live, int64_t row_count, tide_segment *segments,
                              size_t segment_count, tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&live->rows, &live->row_capacity, (size_t)row_count + 1,
                       sizeof *live->rows, err));
    size_t listed = list_rows(live, row_count);
    size_t at = 0;
    for (size_t i = 0; i < segment_count; i++) {
        tide_segment *segment = &segments[i];
        int64_t end = segment->end;
        segment->begin = (int64_t)at;
        while (at < listed && (int64_t)live->rows[at] < end) {
            at++;
        }
        segment->end = (int64_t)at;
    }
    return TIDE_OK;
}

/* Segments lie in the order of rows without gaps. */
static const tide_segment *segment_of(const tide_step_batch *io, int64_t row)
{
    size_t low = 0;
    size_t high = io->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (io->segments[middle].begin <= row) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &io->segments[low];
}

/* SERIES/DAY/STEP.ORDINAL: the ordinal counts the rows that the step was given, and another step
 * has another row of that number. Labels begin with the step's number. */
static void print_position(const char *label, const tide_step_batch *io, int64_t row,
                           tide_text *out)
{
    char day[32];
    const tide_segment *segment = segment_of(io, row);
    tide_format_day(segment->day, day);
    io->print_series(io->series_context, segment->series, out);
    const long long ordinal = segment->rows_before + row - segment->begin + 1;
    tide_text_append_format(out, "/%s/%lu.%lld", day, strtoul(label, NULL, 10), ordinal);
}

static tide_code add_reject(const tide_refused_rows *refusals, const tide_row_error *error,
                            tide_step_batch *io, tide_error *err)
{
    tide_text position, values;
    tide_text_init(&position);
    tide_text_init(&values);
    print_position(refusals->label, io, error->row, &position);
    tide_row_print_json(refusals->schema, refusals->columns, refusals->schema->field_count,
                        error->row, &values);
    tide_code code = TIDE_OK;
    if (tide_text_failed(&position) || tide_text_failed(&values)) {
        code = TIDE_FAIL_MEMORY(err, "reject");
    } else {
        tide_reject reject = {
            .stage = "step",
            .step = refusals->label,
            .position = tide_text_c(&position),
            .column = refusals->names == NULL ? NULL : refusals->names[error->expression],
            .reason = error->reason,
            .values = tide_text_c(&values),
        };
        code = tide_reject_list_add(io->rejects, &reject, err);
    }
    tide_text_clear(&position);
    tide_text_clear(&values);
    return code;
}

tide_code tide_refused_rows_add(const tide_refused_rows *refusals, const tide_row_errors *errors,
                                tide_step_batch *io, tide_error *err)
{
    for (size_t i = 0; i < errors->count; i++) {
        TIDE_TRY(add_reject(refusals, &errors->items[i], io, err));
    }
    io->rows_rejected += (int64_t)errors->count;
    return TIDE_OK;
}
