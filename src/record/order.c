/* SPDX-License-Identifier: Apache-2.0 */
#include "record/order.h"

#include <assert.h>

#include "base/memory.h"

/* Nulls first: 2 when both values are there and must be looked at. */
static inline int compare_nulls(const tide_column *a, int64_t a_row, const tide_column *b,
                                int64_t b_row)
{
    if (a->validity == NULL && b->validity == NULL) {
        return 2;
    }
    bool a_null = tide_column_is_null(a, a_row);
    bool b_null = tide_column_is_null(b, b_row);
    if (!a_null && !b_null) {
        return 2;
    }
    return (int)b_null - (int)a_null;
}

/* A comparer for values that C compares. */
#define COMPARER(name, value_type, read)                                                      \
    static int name(const tide_column *a, int64_t a_row, const tide_column *b, int64_t b_row) \
    {                                                                                         \
        int nulls = compare_nulls(a, a_row, b, b_row);                                        \
        if (nulls != 2) {                                                                     \
            return nulls;                                                                     \
        }                                                                                     \
        value_type x = read(a, a_row);                                                        \
        value_type y = read(b, b_row);                                                        \
        return (x > y) - (x < y);                                                             \
    }

COMPARER(compare_bool, bool, tide_column_bool)
COMPARER(compare_int32, int32_t, tide_column_int32)
COMPARER(compare_int64, int64_t, tide_column_int64)
COMPARER(compare_decimal, tide_int128, tide_column_decimal)

static int compare_double(const tide_column *a, int64_t a_row, const tide_column *b, int64_t b_row)
{
    int nulls = compare_nulls(a, a_row, b, b_row);
    if (nulls != 2) {
        return nulls;
    }
    double x = tide_column_double(a, a_row);
    double y = tide_column_double(b, b_row);
    if (__builtin_isnan(x) || __builtin_isnan(y)) {
        return (__builtin_isnan(x) != 0) - (__builtin_isnan(y) != 0);
    }
    return (x > y) - (x < y);
}

static int compare_uuid(const tide_column *a, int64_t a_row, const tide_column *b, int64_t b_row)
{
    int nulls = compare_nulls(a, a_row, b, b_row);
    if (nulls != 2) {
        return nulls;
    }
    return memcmp(tide_column_uuid(a, a_row), tide_column_uuid(b, b_row), 16);
}

static int compare_str(const tide_column *a, int64_t a_row, const tide_column *b, int64_t b_row)
{
    int nulls = compare_nulls(a, a_row, b, b_row);
    if (nulls != 2) {
        return nulls;
    }
    return tide_str_compare(tide_column_str(a, a_row), tide_column_str(b, b_row));
}

tide_compare_values tide_compare_for(tide_type type)
{
    static const tide_compare_values comparers[] = {
        [TIDE_BOOL] = compare_bool,       [TIDE_INT32] = compare_int32,
        [TIDE_INT64] = compare_int64,     [TIDE_DOUBLE] = compare_double,
        [TIDE_DECIMAL] = compare_decimal, [TIDE_TEXT] = compare_str,
        [TIDE_BYTES] = compare_str,       [TIDE_DATE] = compare_int32,
        [TIDE_TIMESTAMP] = compare_int64, [TIDE_UUID] = compare_uuid,
        [TIDE_JSON] = compare_str,
    };
    return comparers[type.id];
}

tide_code tide_order_init(tide_order *order, const tide_schema *schema, const uint32_t *columns,
                          size_t column_count, tide_error *err)
{
    order->columns = tide_alloc_zero(column_count, sizeof order->columns[0]);
    order->compare = tide_alloc_zero(column_count, sizeof order->compare[0]);
    order->column_count = column_count;
    if (order->columns == NULL || order->compare == NULL) {
        tide_order_clear(order);
        return TIDE_FAIL_MEMORY(err, "an order");
    }
    for (size_t i = 0; i < column_count; i++) {
        assert(columns[i] < schema->field_count);
        order->columns[i] = columns[i];
        order->compare[i] = tide_compare_for(schema->fields[columns[i]].type);
    }
    return TIDE_OK;
}

void tide_order_clear(tide_order *order)
{
    tide_free(order->columns);
    tide_free(order->compare);
    *order = (tide_order){NULL, NULL, 0};
}

int tide_order_compare(const tide_order *order, tide_row a, tide_row b)
{
    for (size_t i = 0; i < order->column_count; i++) {
        uint32_t column = order->columns[i];
        int result = order->compare[i](a.columns + column, a.row, b.columns + column, b.row);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}
