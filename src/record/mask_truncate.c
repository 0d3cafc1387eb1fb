/* SPDX-License-Identifier: Apache-2.0 */
#include "record/mask_truncate.h"

#include <math.h>

#include "base/utf8.h"

static tide_str first_characters(tide_str text, int64_t count)
{
    size_t at = 0;
    for (int64_t i = 0; i < count && at < text.size; i++) {
        size_t length = tide_utf8_length(text, at);
        at += length == 0 ? 1 : length;
    }
    return (tide_str){text.data, at};
}

static int32_t first_day(int32_t day, tide_mask_unit unit)
{
    int32_t year;
    int month, day_of_month;
    if (unit == TIDE_MASK_DAY) {
        return day;
    }
    tide_civil_of_day(day, &year, &month, &day_of_month);
    return tide_day_of_civil(year, unit == TIDE_MASK_YEAR ? 1 : month, 1);
}

/* Of the local day, month or year: its first instant. */
static int64_t first_instant(const tide_mask *mask, tide_mask_span *span, int64_t instant)
{
    if (instant < span->begin || instant >= span->end) {
        tide_day_span day = tide_zone_day_of(mask->zone, instant);
        span->begin = day.begin;
        span->end = day.end;
        span->first = mask->unit == TIDE_MASK_DAY
                          ? day.begin
                          : tide_zone_span_of_day(mask->zone, first_day(day.day, mask->unit)).begin;
    }
    return span->first;
}

/* v - v rem m is exact below 2^53; infinities and NaN have no multiple and stay. */
static double truncate_double(double value, double multiple)
{
    return isfinite(value) ? value - fmod(value, multiple) : value;
}

tide_code tide_mask_append_truncated(const tide_mask *mask, tide_mask_span *span,
                                     const tide_column *clear, int64_t row,
                                     tide_column_builder *out, tide_error *err)
{
    tide_int128 multiple = mask->multiple;
    tide_int128 value;
    switch (clear->type.id) {
        case TIDE_TEXT:
            return tide_append_str(
                out, first_characters(tide_column_str(clear, row), mask->characters), err);
        case TIDE_DATE:
            return tide_append_int32(out, first_day(tide_column_int32(clear, row), mask->unit),
                                     err);
        case TIDE_TIMESTAMP:
            return tide_append_int64(out, first_instant(mask, span, tide_column_int64(clear, row)),
                                     err);
        case TIDE_INT32:
            value = tide_column_int32(clear, row);
            return tide_append_int32(out, (int32_t)(value - value % multiple), err);
        case TIDE_INT64:
            value = tide_column_int64(clear, row);
            return tide_append_int64(out, (int64_t)(value - value % multiple), err);
        case TIDE_DECIMAL:
            value = tide_column_decimal(clear, row);
            return tide_append_decimal(out, value - value % multiple, err);
        default:
            return tide_append_double(
                out, truncate_double(tide_column_double(clear, row), (double)multiple), err);
    }
}
