/* SPDX-License-Identifier: Apache-2.0 */
#include "record/value.h"

#include "base/memory.h"

tide_value tide_value_null(void)
{
    tide_value value;
    memset(&value, 0, sizeof value);
    value.is_null = true;
    return value;
}

void tide_value_clear(tide_value *value, tide_type type)
{
    if (tide_type_is_variable(type)) {
        tide_free(value->as.bytes.data);
    }
    *value = tide_value_null();
}

tide_code tide_value_set_bytes(tide_value *value, tide_str bytes, tide_error *err)
{
    char *data = tide_resize(value->as.bytes.data, bytes.size + 1);
    if (data == NULL) {
        return TIDE_FAIL_MEMORY(err, "a value");
    }
    if (bytes.size > 0) {
        memcpy(data, bytes.data, bytes.size);
    }
    data[bytes.size] = '\0';
    value->is_null = false;
    value->as.bytes.data = data;
    value->as.bytes.size = bytes.size;
    return TIDE_OK;
}

static void read_fixed(tide_value *value, const tide_column *column, int64_t row)
{
    value->is_null = false;
    switch (column->type.id) {
        case TIDE_BOOL:
            value->as.boolean = tide_column_bool(column, row);
            break;
        case TIDE_INT32:
        case TIDE_DATE:
            value->as.integer = tide_column_int32(column, row);
            break;
        case TIDE_DOUBLE:
            value->as.number = tide_column_double(column, row);
            break;
        case TIDE_DECIMAL:
            value->as.decimal = tide_column_decimal(column, row);
            break;
        case TIDE_UUID:
            memcpy(value->as.uuid, tide_column_uuid(column, row), sizeof value->as.uuid);
            break;
        default:
            value->as.integer = tide_column_int64(column, row);
    }
}

tide_code tide_value_read(tide_value *value, const tide_column *column, int64_t row,
                          tide_error *err)
{
    if (tide_column_is_null(column, row)) {
        tide_value_clear(value, column->type);
        return TIDE_OK;
    }
    if (tide_type_is_variable(column->type)) {
        return tide_value_set_bytes(value, tide_column_str(column, row), err);
    }
    read_fixed(value, column, row);
    return TIDE_OK;
}

tide_code tide_value_append(const tide_value *value, tide_column_builder *column, tide_error *err)
{
    if (value->is_null) {
        return tide_append_null(column, err);
    }
    switch (column->type.id) {
        case TIDE_BOOL:
            return tide_append_bool(column, value->as.boolean, err);
        case TIDE_INT32:
        case TIDE_DATE:
            return tide_append_int32(column, (int32_t)value->as.integer, err);
        case TIDE_DOUBLE:
            return tide_append_double(column, value->as.number, err);
        case TIDE_DECIMAL:
            return tide_append_decimal(column, value->as.decimal, err);
        case TIDE_UUID:
            return tide_append_uuid(column, value->as.uuid, err);
        case TIDE_TEXT:
        case TIDE_BYTES:
        case TIDE_JSON:
            return tide_append_str(column, (tide_str){value->as.bytes.data, value->as.bytes.size},
                                   err);
        default:
            return tide_append_int64(column, value->as.integer, err);
    }
}
