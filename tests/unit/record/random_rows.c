/* SPDX-License-Identifier: Apache-2.0 */
#include "random_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void random_schema(tide_schema *schema)
{
    static const char *const names[] = {"c1", "c2", "c3", "c4",  "c5", "c6",
                                        "c7", "c8", "c9", "c10", "c11"};
    tide_error err;
    tide_schema_init(schema);
    for (int id = TIDE_BOOL; id <= TIDE_JSON; id++) {
        tide_type type = {(tide_type_id)id, 0, 0};
        if (id == TIDE_DECIMAL) {
            type.precision = 20;
            type.scale = 4;
        }
        assert_int_equal(tide_schema_add(schema, names[id - 1], type, false, &err), TIDE_OK);
    }
}

static void fill_bytes(random_cell *cell, unsigned *seed, size_t size)
{
    cell->size = size;
    for (size_t i = 0; i < size; i++) {
        cell->bytes[i] = (uint8_t)(rand_r(seed) >> 7);
    }
}

static void fill_cell(random_cell *cell, tide_type_id id, unsigned *seed)
{
    static const size_t widths[] = {[TIDE_INT32] = 4, [TIDE_INT64] = 8,     [TIDE_DOUBLE] = 8,
                                    [TIDE_DATE] = 4,  [TIDE_TIMESTAMP] = 8, [TIDE_UUID] = 16};
    switch (id) {
        case TIDE_BOOL:
            cell->size = 1;
            cell->bytes[0] = rand_r(seed) % 2;
            break;
        case TIDE_DECIMAL: {
            tide_int128 value =
                ((tide_int128)rand_r(seed) << 32 | rand_r(seed)) - ((tide_int128)1 << 62);
            cell->size = sizeof value;
            memcpy(cell->bytes, &value, sizeof value);
            break;
        }
        case TIDE_BYTES:
            fill_bytes(cell, seed, (size_t)rand_r(seed) % sizeof cell->bytes);
            break;
        case TIDE_TEXT:
        case TIDE_JSON:
            fill_bytes(cell, seed, (size_t)rand_r(seed) % sizeof cell->bytes);
            for (size_t i = 0; i < cell->size; i++) {
                cell->bytes[i] = (uint8_t)('a' + cell->bytes[i] % 26);
            }
            break;
        default:
            fill_bytes(cell, seed, widths[id]);
    }
}

void random_fill(random_row *row, unsigned *seed, int null_percent)
{
    memset(row, 0, sizeof *row);
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        row->cells[i].is_null = rand_r(seed) % 100 < null_percent;
        if (!row->cells[i].is_null) {
            fill_cell(&row->cells[i], (tide_type_id)(i + TIDE_BOOL), seed);
        }
    }
}

static tide_code append_cell(const random_cell *cell, tide_column_builder *column, tide_error *err)
{
    int32_t narrow;
    int64_t wide;
    double number;
    tide_int128 decimal;
    if (cell->is_null) {
        return tide_append_null(column, err);
    }
    memcpy(&narrow, cell->bytes, sizeof narrow);
    memcpy(&wide, cell->bytes, sizeof wide);
    memcpy(&number, cell->bytes, sizeof number);
    memcpy(&decimal, cell->bytes, sizeof decimal);
    switch (column->type.id) {
        case TIDE_BOOL:
            return tide_append_bool(column, cell->bytes[0] != 0, err);
        case TIDE_INT32:
        case TIDE_DATE:
            return tide_append_int32(column, narrow, err);
        case TIDE_INT64:
        case TIDE_TIMESTAMP:
            return tide_append_int64(column, wide, err);
        case TIDE_DOUBLE:
            return tide_append_double(column, number, err);
        case TIDE_DECIMAL:
            return tide_append_decimal(column, decimal, err);
        case TIDE_UUID:
            return tide_append_uuid(column, cell->bytes, err);
        default:
            return tide_append_str(column, (tide_str){(const char *)cell->bytes, cell->size}, err);
    }
}

tide_code random_append(const random_row *row, tide_builder *builder, tide_error *err)
{
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        TIDE_TRY(append_cell(&row->cells[i], &builder->columns[i], err));
    }
    return TIDE_OK;
}

static void check_cell(const random_cell *cell, const tide_column *column, int64_t at)
{
    assert_int_equal(tide_column_is_null(column, at), cell->is_null);
    if (cell->is_null) {
        return;
    }
    if (column->type.id == TIDE_BOOL) {
        assert_int_equal(tide_column_bool(column, at), cell->bytes[0]);
    } else if (tide_type_is_variable(column->type)) {
        tide_str s = tide_column_str(column, at);
        assert_int_equal(s.size, cell->size);
        assert_memory_equal(s.data, cell->bytes, cell->size);
    } else {
        size_t width = tide_type_width(column->type);
        assert_int_equal(width, cell->size);
        assert_memory_equal(column->data + width * (size_t)at, cell->bytes, width);
    }
}

void random_check(const random_row *row, const tide_column *columns, int64_t at)
{
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        check_cell(&row->cells[i], &columns[i], at);
    }
}

random_row *random_rows(size_t count, unsigned *seed, int null_percent)
{
    random_row *rows = calloc(count, sizeof rows[0]);
    assert_non_null(rows);
    for (size_t i = 0; i < count; i++) {
        random_fill(&rows[i], seed, null_percent);
    }
    return rows;
}

void random_batch(const random_row *rows, size_t count, const tide_schema *schema,
                  tide_batch *batch)
{
    tide_builder builder;
    tide_error err;
    assert_int_equal(tide_builder_init(&builder, schema, &err), TIDE_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(random_append(&rows[i], &builder, &err), TIDE_OK);
        tide_builder_end_row(&builder);
    }
    assert_int_equal(tide_builder_finish(&builder, batch, &err), TIDE_OK);
    tide_builder_clear(&builder);
}
