/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/csv/csv_encoder.h"

#include <math.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "record/decimal.h"
#include "record/uuid.h"
#include "sink/store/stored_cell.h"

static void append_bool(tide_text *out, const tide_column *column, int64_t row)
{
    tide_text_append_str(out, tide_column_bool(column, row) ? TIDE_STR("true") : TIDE_STR("false"));
}

/* Digits from the right; no printf in the row loop. */
static void append_integer(tide_text *out, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    tide_text_append_str(out, (tide_str){digits + at, sizeof digits - at});
}

static void append_int32(tide_text *out, const tide_column *column, int64_t row)
{
    append_integer(out, tide_column_int32(column, row));
}

static void append_int64(tide_text *out, const tide_column *column, int64_t row)
{
    append_integer(out, tide_column_int64(column, row));
}

static void append_double(tide_text *out, const tide_column *column, int64_t row)
{
    char text[32];
    double value = tide_column_double(column, row);
    if (isnan(value)) {
        tide_text_append_str(out, TIDE_STR("NaN"));
    } else if (isinf(value)) {
        tide_text_append(out, value < 0 ? "-Infinity" : "Infinity");
    } else {
        tide_text_append_str(out, (tide_str){text, tide_double_format(value, text)});
    }
}

static void append_decimal(tide_text *out, const tide_column *column, int64_t row)
{
    char text[48];
    size_t size = tide_decimal_format(tide_column_decimal(column, row), column->type.scale, text);
    tide_text_append_str(out, (tide_str){text, size});
}

static void append_date(tide_text *out, const tide_column *column, int64_t row)
{
    char text[16];
    size_t size = tide_format_day(tide_column_int32(column, row), text);
    tide_text_append_str(out, (tide_str){text, size});
}

static void append_timestamp(tide_text *out, const tide_column *column, int64_t row)
{
    char text[40];
    size_t size = tide_format_instant(tide_column_int64(column, row), text);
    tide_text_append_str(out, (tide_str){text, size});
}

static void append_uuid(tide_text *out, const tide_column *column, int64_t row)
{
    char text[TIDE_UUID_CHARS + 1];
    size_t size = tide_uuid_format(tide_column_uuid(column, row), text);
    tide_text_append_str(out, (tide_str){text, size});
}

static bool needs_quotes(tide_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '"' || c == ',' || c == '\n' || c == '\r') {
            return true;
        }
    }
    return text.size == 0; /* not null */
}

static void append_field(tide_text *out, tide_str text)
{
    if (!needs_quotes(text)) {
        tide_text_append_str(out, text);
        return;
    }
    tide_text_append_char(out, '"');
    size_t begin = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') { /* written twice: once here, once with what follows */
            tide_text_append_str(out, (tide_str){text.data + begin, i + 1 - begin});
            begin = i;
        }
    }
    tide_text_append_str(out, (tide_str){text.data + begin, text.size - begin});
    tide_text_append_char(out, '"');
}

static void append_text(tide_text *out, const tide_column *column, int64_t row)
{
    append_field(out, tide_column_str(column, row));
}

/* Three bytes to four characters; the rest is padded with `=`. */
static void append_base64(tide_text *out, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = (uint32_t)bytes[0] << 16 | (count > 1 ? (uint32_t)bytes[1] << 8 : 0) |
                    (count > 2 ? bytes[2] : 0);
    char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                    count > 1 ? digits[bits >> 6 & 63] : '=', count > 2 ? digits[bits & 63] : '='};
    tide_text_append_str(out, (tide_str){four, sizeof four});
}

static void append_bytes(tide_text *out, const tide_column *column, int64_t row)
{
    tide_str bytes = tide_column_str(column, row);
    if (bytes.size == 0) {
        tide_text_append_str(out, TIDE_STR("\"\""));
        return;
    }
    for (size_t i = 0; i < bytes.size; i += 3) {
        append_base64(out, (const uint8_t *)bytes.data + i, bytes.size - i);
    }
}

static tide_csv_append append_for(tide_type_id id)
{
    static const tide_csv_append table[] = {
        [TIDE_BOOL] = append_bool,           [TIDE_INT32] = append_int32,
        [TIDE_INT64] = append_int64,         [TIDE_DOUBLE] = append_double,
        [TIDE_DECIMAL] = append_decimal,     [TIDE_TEXT] = append_text,
        [TIDE_BYTES] = append_bytes,         [TIDE_DATE] = append_date,
        [TIDE_TIMESTAMP] = append_timestamp, [TIDE_UUID] = append_uuid,
        [TIDE_JSON] = append_text,
    };
    return table[id];
}

tide_code tide_csv_encoder_init(tide_csv_encoder *encoder, const tide_schema *schema,
                                tide_error *err)
{
    encoder->column_count = schema->field_count;
    tide_text_init(&encoder->header);
    encoder->appends = tide_alloc_zero(schema->field_count, sizeof *encoder->appends);
    for (size_t i = 0; encoder->appends != NULL && i < schema->field_count; i++) {
        encoder->appends[i] = append_for(schema->fields[i].type.id);
        tide_text_append(&encoder->header, i == 0 ? "" : ",");
        append_field(&encoder->header, tide_str_of(schema->fields[i].name));
    }
    tide_text_append(&encoder->header, "\r\n");
    if (encoder->appends == NULL || tide_text_failed(&encoder->header)) {
        tide_csv_encoder_clear(encoder);
        return TIDE_FAIL_MEMORY(err, "a CSV encoder");
    }
    return TIDE_OK;
}

void tide_csv_encoder_clear(tide_csv_encoder *encoder)
{
    tide_free(encoder->appends);
    encoder->appends = NULL;
    tide_text_clear(&encoder->header);
}

void tide_csv_encode_row(const tide_csv_encoder *encoder, const tide_column *columns, int64_t row,
                         tide_text *out)
{
    for (size_t i = 0; i < encoder->column_count; i++) {
        if (i > 0) {
            tide_text_append_char(out, ',');
        }
        if (!tide_column_is_null(&columns[i], row)) {
            encoder->appends[i](out, &columns[i], row);
        }
    }
    tide_text_append_str(out, TIDE_STR("\r\n"));
}
