/* SPDX-License-Identifier: Apache-2.0 */
/* Value: one cell outside a batch - a state column of one series, a constant of an expression. */
#ifndef TIDE_RECORD_VALUE_H
#define TIDE_RECORD_VALUE_H

#include "record/builder.h"

typedef struct tide_value {
    bool is_null;
    union {
        bool boolean;
        int64_t integer; /* int32, int64, date, timestamp */
        double number;
        tide_int128 decimal;
        uint8_t uuid[16];
        struct {
            char *data; /* owned where the type is variable, also while it is null: user code
                           makes a value null by the flag alone */
            size_t size;
        } bytes;
    } as;
} tide_value;

/* Null, owning nothing. */
tide_value tide_value_null(void);
/* Frees owned bytes of a variable type and makes it null. */
void tide_value_clear(tide_value *value, tide_type type);
/* Replaces value (of `type`) by the cell; bytes are copied. */
TIDE_MUST_CHECK tide_code tide_value_read(tide_value *value, const tide_column *column, int64_t row,
                                          tide_error *err);
TIDE_MUST_CHECK tide_code tide_value_set_bytes(tide_value *value, tide_str bytes, tide_error *err);
TIDE_MUST_CHECK tide_code tide_value_append(const tide_value *value, tide_column_builder *column,
                                            tide_error *err);
/* As text for people and messages ("null", 12.50, 2024-03-31T22:00:00Z, ...; text unquoted, bytes
 * as
 * \x and hex digits). */
void tide_value_print(const tide_value *value, tide_type type, tide_text *out);
/* A cell of a batch as text for people, and as JSON (text quoted, decimals and int64 as numbers,
 * json as it is, bytes as base64, NaN and infinities as strings). */
void tide_column_print(const tide_column *column, int64_t row, tide_text *out);
void tide_column_print_json(const tide_column *column, int64_t row, tide_text *out);
/* {"name": value, ...} of a row, for rejects, samples and --json. Only fields [0, field_count). */
void tide_row_print_json(const tide_schema *schema, const tide_column *columns, size_t field_count,
                         int64_t row, tide_text *out);

#endif
