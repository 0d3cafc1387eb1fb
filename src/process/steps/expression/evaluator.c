/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation of batches, a chunk at a time. */
#include <string.h>

#include "base/memory.h"
#include "process/steps/expression/compiled.h"
#include "record/bits.h"

#define VECTOR_BYTES ((size_t)TIDE_CHUNK_ROWS * 16)

struct tide_evaluator {
    const tide_expression *expression; /* borrowed */
    tide_evaluation evaluation;
};

void tide_row_errors_init(tide_row_errors *errors)
{
    *errors = (tide_row_errors){.count = 0};
    tide_arena_init(&errors->arena);
}

void tide_row_errors_reset(tide_row_errors *errors)
{
    tide_arena_reset(&errors->arena);
    errors->count = 0;
    errors->failed = false;
}

void tide_row_errors_clear(tide_row_errors *errors)
{
    tide_arena_clear(&errors->arena);
    tide_free(errors->items);
    tide_row_errors_init(errors);
}

tide_code tide_evaluation_init(tide_evaluation *self, const tide_expression *expression,
                               tide_row_errors *errors, size_t slot_count, tide_error *err)
{
    *self = (tide_evaluation){.errors = errors, .zone = expression->zone, .text = expression->text};
    tide_arena_init(&self->bytes);
    self->vectors = tide_alloc_zero(slot_count, sizeof *self->vectors);
    if (self->vectors == NULL) {
        return TIDE_FAIL_MEMORY(err, "expression");
    }
    for (size_t i = 0; i < slot_count; i++) {
        self->vectors[i].own_data = tide_alloc_zero(1, VECTOR_BYTES);
        if (self->vectors[i].own_data == NULL) {
            return TIDE_FAIL_MEMORY(err, "expression");
        }
    }
    tide_time_options options = {.format = "iso8601", .zone = expression->zone};
    return tide_time_parser_create(&options, &self->time_parser, err);
}

void tide_evaluation_clear(tide_evaluation *self, size_t slot_count)
{
    for (size_t i = 0; self->vectors != NULL && i < slot_count; i++) {
        tide_free(self->vectors[i].own_data);
    }
    tide_free(self->vectors);
    tide_arena_clear(&self->bytes);
    tide_time_parser_destroy(self->time_parser);
}

tide_code tide_evaluator_open(const tide_expression *expression, tide_row_errors *errors,
                              tide_evaluator **evaluator, tide_error *err)
{
    *evaluator = NULL;
    tide_evaluator *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "expression");
    }
    made->expression = expression;
    tide_code code = tide_evaluation_init(&made->evaluation, expression, errors,
                                          expression->root->slot_count, err);
    if (code != TIDE_OK) {
        tide_evaluator_close(made);
        return code;
    }
    *evaluator = made;
    return TIDE_OK;
}

void tide_evaluator_close(tide_evaluator *evaluator)
{
    if (evaluator != NULL) {
        tide_evaluation_clear(&evaluator->evaluation, evaluator->expression->root->slot_count);
        tide_free(evaluator);
    }
}

tide_code tide_evaluation_run(tide_evaluation *self, const tide_node *root, uint64_t *live,
                              tide_error *err)
{
    tide_arena_reset(&self->bytes);
    self->made_bytes = 0;
    memset(self->failed, 0, sizeof self->failed);
    TIDE_TRY(root->evaluate(self, root, live, err));
    if (self->errors->failed) {
        return TIDE_FAIL_MEMORY(err, "errors of rows");
    }
    for (size_t i = 0; i < tide_word_count(self); i++) {
        live[i] &= ~self->failed[i];
    }
    return TIDE_OK;
}

static int64_t next_chunk(tide_evaluation *self, const tide_column *columns, int64_t begin,
                          int64_t row_count)
{
    self->columns = columns;
    self->begin = begin;
    self->count = row_count - begin < TIDE_CHUNK_ROWS ? row_count - begin : TIDE_CHUNK_ROWS;
    return begin + self->count;
}

static void keep_true(const tide_evaluation *self, const tide_vector *result, uint64_t *live)
{
    const uint64_t *values = result->data;
    for (size_t i = 0; i < tide_word_count(self); i++) {
        live[i] &= values[i];
        live[i] &= result->validity == NULL ? UINT64_MAX : result->validity[i];
    }
}

tide_code tide_evaluator_filter(tide_evaluator *evaluator, const tide_column *columns,
                                int64_t row_count, uint64_t *live, tide_error *err)
{
    tide_evaluation *self = &evaluator->evaluation;
    const tide_node *root = evaluator->expression->root;
    for (int64_t begin = 0; begin < row_count;) {
        uint64_t *chunk = live + begin / 64;
        begin = next_chunk(self, columns, begin, row_count);
        TIDE_TRY(tide_evaluation_run(self, root, chunk, err));
        keep_true(self, &self->vectors[root->slot], chunk);
    }
    return TIDE_OK;
}

static tide_code append_variable(const tide_evaluation *self, const tide_str *values,
                                 const uint64_t *rows, tide_column_builder *out, tide_error *err)
{
    size_t bytes = 0;
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        bytes += values[row].size;
    }
    TIDE_TRY(tide_column_reserve_bytes(out, bytes, err));
    int32_t *offsets = out->offsets + out->row_count + 1;
    for (int64_t row = 0; row < self->count; row++) {
        if (tide_word_bit(rows, row)) {
            tide_copy_bytes(out->data + out->data_bytes, values[row].data, values[row].size);
            out->data_bytes += values[row].size;
        }
        offsets[row] = (int32_t)out->data_bytes;
    }
    return TIDE_OK;
}

/* The slot of a null is zero, so that equal rows are equal bytes. */
static void append_fixed(const tide_evaluation *self, const uint8_t *values, const uint64_t *rows,
                         size_t width, tide_column_builder *out)
{
    uint8_t *to = out->data + (size_t)out->row_count * width;
    memcpy(to, values, (size_t)self->count * width);
    for (int64_t begin = 0; begin < self->count; begin += 64) {
        int64_t left = self->count - begin;
        uint64_t all = left >= 64 ? UINT64_MAX : UINT64_MAX >> (64 - left);
        for (uint64_t bits = all & ~rows[begin / 64]; bits != 0; bits &= bits - 1) {
            size_t row = (size_t)(begin + __builtin_ctzll(bits));
            memset(to + row * width, 0, width);
        }
    }
}

static tide_code append_chunk(const tide_evaluation *self, const tide_vector *result,
                              const uint64_t *live, tide_column_builder *out, tide_error *err)
{
    uint64_t rows[TIDE_CHUNK_WORDS] = {0};
    uint64_t bools[TIDE_CHUNK_WORDS] = {0};
    const uint64_t *values = result->data;
    for (size_t i = 0; i < tide_word_count(self); i++) {
        rows[i] = live[i] & (result->validity == NULL ? UINT64_MAX : result->validity[i]);
    }
    size_t width = tide_type_width(out->type);
    if (tide_type_is_variable(out->type)) {
        TIDE_TRY(append_variable(self, result->data, rows, out, err));
    } else if (width != 0) {
        append_fixed(self, result->data, rows, width, out);
    } else {
        for (size_t i = 0; i < tide_word_count(self); i++) {
            bools[i] = values[i] & rows[i];
        }
        tide_bits_copy(out->data, out->row_count, (const uint8_t *)bools, 0, self->count);
    }
    return tide_column_rows_written(out, (size_t)self->count, (const uint8_t *)rows, err);
}

tide_code tide_evaluator_append(tide_evaluator *evaluator, const tide_column *columns,
                                int64_t row_count, uint64_t *live, tide_column_builder *out,
                                tide_error *err)
{
    tide_evaluation *self = &evaluator->evaluation;
    const tide_node *root = evaluator->expression->root;
    TIDE_TRY(tide_column_reserve(out, (size_t)row_count, err));
    for (int64_t begin = 0; begin < row_count;) {
        uint64_t *chunk = live + begin / 64;
        begin = next_chunk(self, columns, begin, row_count);
        TIDE_TRY(tide_evaluation_run(self, root, chunk, err));
        TIDE_TRY(append_chunk(self, &self->vectors[root->slot], chunk, out, err));
    }
    return TIDE_OK;
}
