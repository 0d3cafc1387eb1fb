/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/row_order.h"

static void fill_none(const tide_row_order *order, const tide_column *columns, int64_t row_count,
                      void *out, size_t stride)
{
    (void)order;
    (void)columns;
    const int64_t none = 0;
    char *at = out;
    for (int64_t i = 0; i < row_count; i++, at += stride) {
        memcpy(at, &none, sizeof none);
    }
}

static void fill_from_int64(const tide_row_order *order, const tide_column *columns,
                            int64_t row_count, void *out, size_t stride)
{
    const tide_column *column = &columns[order->rest.columns[0]];
    char *at = out;
    for (int64_t i = 0; i < row_count; i++, at += stride) {
        int64_t key = tide_column_is_null(column, i) ? INT64_MIN : tide_column_int64(column, i);
        memcpy(at, &key, sizeof key);
    }
}

static void fill_from_int32(const tide_row_order *order, const tide_column *columns,
                            int64_t row_count, void *out, size_t stride)
{
    const tide_column *column = &columns[order->rest.columns[0]];
    char *at = out;
    for (int64_t i = 0; i < row_count; i++, at += stride) {
        int64_t key = tide_column_is_null(column, i) ? INT64_MIN : tide_column_int32(column, i);
        memcpy(at, &key, sizeof key);
    }
}

tide_code tide_row_order_init(tide_row_order *order, const tide_row_order_options *options,
                              tide_error *err)
{
    *order = (tide_row_order){.fill_sort_keys = fill_none};
    TIDE_TRY(tide_order_init(&order->key, options->schema, options->key_columns, options->key_count,
                             err));
    tide_code code = tide_order_init(&order->rest, options->schema, options->order_columns,
                                     options->order_count, err);
    if (code != TIDE_OK) {
        tide_order_clear(&order->key);
        return code;
    }
    if (options->order_count > 0) {
        tide_type_id first = options->schema->fields[options->order_columns[0]].type.id;
        if (first == TIDE_TIMESTAMP || first == TIDE_INT64) {
            order->fill_sort_keys = fill_from_int64;
        } else if (first == TIDE_DATE || first == TIDE_INT32) {
            order->fill_sort_keys = fill_from_int32;
        }
    }
    return TIDE_OK;
}

void tide_row_order_clear(tide_row_order *order)
{
    tide_order_clear(&order->key);
    tide_order_clear(&order->rest);
}
