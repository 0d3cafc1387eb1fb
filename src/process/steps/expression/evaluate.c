/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation of the nodes that have no kernel of their own: columns, literals, aliases, and what
 * all strict nodes share. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "process/steps/expression/node.h"
#include "process/steps/expression/token.h"

#define REASON_BYTES_MAX 400

void tide_evaluation_refuse(tide_evaluation *self, const tide_node *node, int64_t row,
                            const char *format, ...)
{
    char reason[REASON_BYTES_MAX];
    tide_row_errors *errors = self->errors;
    tide_error err;
    if (tide_word_bit(self->failed, row)) {
        return;
    }
    self->failed[row >> 6] |= UINT64_C(1) << (row & 63);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    tide_row_error item = {
        .row = self->begin + row,
        .expression = errors->expression,
        .reason = tide_arena_format(&errors->arena, "%s (character %zu of the expression)", reason,
                                    tide_expression_character(self->text, node->at)),
    };
    if (item.reason == NULL || tide_grow((void **)&errors->items, &errors->capacity,
                                         errors->count + 1, sizeof item, &err) != TIDE_OK) {
        errors->failed = true;
        return;
    }
    errors->items[errors->count++] = item;
}

tide_code tide_evaluation_alloc(tide_evaluation *self, size_t bytes, char **out, tide_error *err)
{
    *out = tide_arena_alloc(&self->bytes, bytes + 1);
    return *out == NULL ? TIDE_FAIL_MEMORY(err, "texts of an expression") : TIDE_OK;
}

tide_code tide_evaluate_strict(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                               tide_error *err)
{
    tide_vector *out = &self->vectors[node->slot];
    uint64_t rows[TIDE_CHUNK_WORDS];
    size_t words = tide_word_count(self);
    memcpy(rows, mask, words * sizeof rows[0]);
    out->data = out->own_data;
    out->validity = NULL;
    for (size_t i = 0; i < node->argument_count; i++) {
        TIDE_TRY(node->arguments[i]->evaluate(self, node->arguments[i], mask, err));
        const uint64_t *validity = tide_argument(self, node, i)->validity;
        for (size_t word = 0; validity != NULL && word < words; word++) {
            uint64_t before = out->validity == NULL ? UINT64_MAX : out->own_validity[word];
            out->own_validity[word] = before & validity[word];
        }
        out->validity = validity != NULL ? out->own_validity : out->validity;
    }
    for (size_t word = 0; word < words; word++) {
        rows[word] &= out->validity == NULL ? UINT64_MAX : out->own_validity[word];
        rows[word] &= ~self->failed[word];
    }
    return node->loop(self, node, rows, err);
}

static void load_bits(uint64_t *to, const uint8_t *bits, int64_t begin, int64_t count)
{
    memcpy(to, bits + begin / 8, (size_t)(count + 7) / 8);
}

static void load_strings(const tide_column *column, int64_t begin, int64_t count, tide_str *to)
{
    const tide_int32_cell *offsets = (const tide_int32_cell *)(column->offsets + begin);
    const char *data = column->data == NULL ? "" : (const char *)column->data;
    for (int64_t i = 0; i < count; i++) {
        to[i] = (tide_str){data + offsets[i], (size_t)(offsets[i + 1] - offsets[i])};
    }
}

tide_code tide_evaluate_column(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                               tide_error *err)
{
    (void)mask;
    (void)err;
    tide_vector *out = &self->vectors[node->slot];
    const tide_column *column = &self->columns[node->column];
    size_t width = tide_type_width(column->type);
    out->validity = NULL;
    if (column->validity != NULL) {
        load_bits(out->own_validity, column->validity, self->begin, self->count);
        out->validity = out->own_validity;
    }
    out->data = out->own_data;
    if (column->offsets != NULL) {
        load_strings(column, self->begin, self->count, out->own_data);
    } else if (width == 0) {
        load_bits(out->own_data, column->data, self->begin, self->count);
    } else {
        out->data = column->data + (size_t)self->begin * width;
    }
    return TIDE_OK;
}

static void fill(void *to, const void *value, size_t width, int64_t count)
{
    uint8_t *out = to;
    for (int64_t i = 0; i < count; i++) {
        memcpy(out + (size_t)i * width, value, width);
    }
}

static void fill_literal(const tide_node *node, void *to, int64_t count)
{
    switch (node->type.id) {
        case TIDE_BOOL:
            memset(to, node->value.boolean ? 0xFF : 0, TIDE_CHUNK_ROWS / 8);
            break;
        case TIDE_INT32:
        case TIDE_DATE:
            fill(to, &node->value.int32, sizeof(int32_t), count);
            break;
        case TIDE_INT64:
        case TIDE_DOUBLE:
        case TIDE_TIMESTAMP:
            fill(to, &node->value.int64, sizeof(int64_t), count);
            break;
        default: /* decimal, uuid, views */
            fill(to, &node->value, 16, count);
            break;
    }
}

tide_code tide_evaluate_literal(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                                tide_error *err)
{
    (void)mask;
    (void)err;
    tide_vector *out = &self->vectors[node->slot];
    out->data = out->own_data;
    out->validity = NULL;
    if (node->is_null) {
        memset(out->own_validity, 0, sizeof out->own_validity);
        out->validity = out->own_validity;
        return TIDE_OK;
    }
    fill_literal(node, out->own_data, self->count);
    return TIDE_OK;
}

tide_code tide_evaluate_alias(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                              tide_error *err)
{
    (void)mask;
    (void)err;
    tide_vector *out = &self->vectors[node->slot];
    const tide_vector *target = &self->vectors[node->target->slot];
    out->data = target->data;
    out->validity = target->validity;
    return TIDE_OK;
}

/* The body lies above this slot, so what it gives is copied: siblings will use its slot anew. */
static void copy_vector(const tide_evaluation *self, tide_type type, const tide_vector *from,
                        tide_vector *out)
{
    size_t width = tide_vector_width(type);
    size_t words = tide_word_count(self);
    memcpy(out->own_data, from->data,
           width == 0 ? words * sizeof(uint64_t) : (size_t)self->count * width);
    out->data = out->own_data;
    out->validity = NULL;
    if (from->validity != NULL) {
        memcpy(out->own_validity, from->validity, words * sizeof(uint64_t));
        out->validity = out->own_validity;
    }
}

tide_code tide_evaluate_let(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                            tide_error *err)
{
    const tide_node *body = node->arguments[1];
    TIDE_TRY(node->arguments[0]->evaluate(self, node->arguments[0], mask, err));
    TIDE_TRY(body->evaluate(self, body, mask, err));
    copy_vector(self, node->type, &self->vectors[body->slot], &self->vectors[node->slot]);
    return TIDE_OK;
}
