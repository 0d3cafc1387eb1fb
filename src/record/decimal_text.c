/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals and integers from and to text, exact or refused. */
#include <string.h>

#include "base/limits.h"
#include "record/decimal.h"
#include "record/number_scan.h"

/* Digits that fit 64 bits are gathered there and moved over together. */
#define CHUNK_DIGITS 18

/* The number that the digits [begin, end) make: at most 38 of them. */
static tide_int128 join_digits(const tide_number_parts *parts, size_t begin, size_t end)
{
    tide_int128 value = 0;
    while (begin < end) {
        size_t count = end - begin < CHUNK_DIGITS ? end - begin : CHUNK_DIGITS;
        int64_t chunk = 0;
        for (size_t i = begin; i < begin + count; i++) {
            chunk = chunk * 10 + tide_number_digit(parts, i);
        }
        value = value * tide_power_of_ten((int)count) + chunk;
        begin += count;
    }
    return value;
}

/* value = digits * 10^shift. A negative shift drops digits, which must be zeros. */
static tide_number_fit fit_digits(const tide_number_parts *parts, int64_t shift, int precision,
                                  tide_int128 *value)
{
    size_t count = parts->integer.size + parts->fraction.size;
    size_t dropped = shift >= 0 ? 0 : -shift > (int64_t)count ? count : (size_t)-shift;
    size_t kept = count - dropped;
    size_t first = 0;
    while (first < kept && tide_number_digit(parts, first) == 0) {
        first++;
    }
    int64_t significant = (int64_t)(kept - first);
    int64_t zeros = shift > 0 && significant > 0 ? shift : 0;
    if (significant + zeros > precision) {
        return TIDE_NUMBER_RANGE;
    }
    for (size_t i = kept; i < count; i++) {
        if (tide_number_digit(parts, i) != 0) {
            return TIDE_NUMBER_PRECISION;
        }
    }
    tide_int128 joined = join_digits(parts, first, kept) * tide_power_of_ten((int)zeros);
    *value = parts->is_negative ? -joined : joined;
    return TIDE_NUMBER_OK;
}

tide_number_fit tide_decimal_parse(tide_str text, int precision, int scale, tide_int128 *value)
{
    tide_number_parts parts;
    if (!tide_number_scan(text, &parts)) {
        return TIDE_NUMBER_SYNTAX;
    }
    int64_t shift = scale + parts.exponent - (int64_t)parts.fraction.size;
    return fit_digits(&parts, shift, precision, value);
}

/* Up to 18 digits and a sign: most integers. */
static bool parse_short_integer(tide_str text, int64_t *value)
{
    size_t at = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    size_t digits = text.size - at;
    if (digits == 0 || digits > CHUNK_DIGITS) {
        return false;
    }
    int64_t read = 0;
    for (size_t i = at; i < text.size; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9) {
            return false;
        }
        read = read * 10 + digit;
    }
    *value = at == 1 ? -read : read;
    return true;
}

tide_number_fit tide_int64_parse(tide_str text, int64_t *value)
{
    tide_int128 wide = 0;
    if (parse_short_integer(text, value)) {
        return TIDE_NUMBER_OK;
    }
    tide_number_fit fit = tide_decimal_parse(text, 19, 0, &wide);
    if (fit != TIDE_NUMBER_OK) {
        return fit;
    }
    if (wide < INT64_MIN || wide > INT64_MAX) {
        return TIDE_NUMBER_RANGE;
    }
    *value = (int64_t)wide;
    return TIDE_NUMBER_OK;
}

/* Writes the digits that end before `end`, at least `digits_min` of them; returns the first. */
static char *write_digits_before(char *end, tide_uint128 value, int digits_min)
{
    char *at = end;
    while (value > UINT64_MAX) {
        *--at = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    for (uint64_t small = (uint64_t)value; small != 0; small /= 10) {
        *--at = (char)('0' + (int)(small % 10));
    }
    while (end - at < digits_min) {
        *--at = '0';
    }
    return at;
}

size_t tide_decimal_format(tide_int128 value, int scale, char *out)
{
    char digits[TIDE_DECIMAL_PRECISION_MAX + 2]; /* a 128-bit integer has up to 39 */
    tide_uint128 absolute = value < 0 ? -(tide_uint128)value : (tide_uint128)value;
    char *end = digits + sizeof digits;
    const char *begin = write_digits_before(end, absolute, scale + 1);
    size_t integers = (size_t)(end - begin) - (size_t)scale;
    char *at = out;
    if (value < 0) {
        *at++ = '-';
    }
    memcpy(at, begin, integers);
    at += integers;
    if (scale > 0) {
        *at++ = '.';
        memcpy(at, begin + integers, (size_t)scale);
        at += scale;
    }
    *at = '\0';
    return (size_t)(at - out);
}
