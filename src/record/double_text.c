/* SPDX-License-Identifier: Apache-2.0 */
/* Doubles from and to text. */
#include <string.h>
#include <strings.h>

#include "record/decimal.h"
#include "record/double_chars.h"
#include "record/number_scan.h"

/* 10^n is exact in a double up to here, and so is an integer up to 2^53. */
#define EXACT_POWER_MAX 22
#define EXACT_INTEGER_MAX (UINT64_C(1) << 53)
#define SHORT_DIGITS_MAX 19

static const double powers[EXACT_POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool is_word(tide_str text, const char *word)
{
    return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

static bool parse_word(tide_str text, double *value)
{
    if (is_word(text, "nan")) {
        *value = __builtin_nan("");
        return true;
    }
    bool is_negative = text.size > 0 && text.data[0] == '-';
    size_t sign = text.size > 0 && (is_negative || text.data[0] == '+') ? 1 : 0;
    tide_str rest = {text.data + sign, text.size - sign};
    if (is_word(rest, "infinity") || is_word(rest, "inf")) {
        *value = is_negative ? -__builtin_inf() : __builtin_inf();
        return true;
    }
    return false;
}

/* An integer and a power of ten that are both exact: one multiplication or division then rounds
 * correctly (Clinger). Nearly all numbers in data are such. */
static bool parse_exact(const tide_number_parts *parts, double *value)
{
    size_t count = parts->integer.size + parts->fraction.size;
    int64_t exponent = parts->exponent - (int64_t)parts->fraction.size;
    if (count > SHORT_DIGITS_MAX || exponent < -EXACT_POWER_MAX || exponent > EXACT_POWER_MAX) {
        return false;
    }
    uint64_t digits = 0;
    for (size_t i = 0; i < count; i++) {
        digits = digits * 10 + (uint64_t)tide_number_digit(parts, i);
    }
    if (digits > EXACT_INTEGER_MAX) {
        return false;
    }
    *value = exponent < 0 ? (double)digits / powers[-exponent] : (double)digits * powers[exponent];
    return true;
}

/* For a number outside of the doubles: is it beyond the largest (and not under the smallest)? */
static bool is_large(const tide_number_parts *parts)
{
    size_t count = parts->integer.size + parts->fraction.size;
    size_t zeros = 0;
    while (zeros < count && tide_number_digit(parts, zeros) == 0) {
        zeros++;
    }
    return zeros < count && parts->exponent + (int64_t)parts->integer.size - (int64_t)zeros > 0;
}

tide_number_fit tide_double_parse(tide_str text, double *value)
{
    tide_number_parts parts;
    if (!tide_number_scan(text, &parts)) {
        return parse_word(text, value) ? TIDE_NUMBER_OK : TIDE_NUMBER_SYNTAX;
    }
    double read = 0;
    if (!parse_exact(&parts, &read)) {
        size_t sign = text.data[0] == '-' || text.data[0] == '+' ? 1 : 0;
        if (!tide_double_read_chars(text.data + sign, text.size - sign, &read)) {
            if (is_large(&parts)) {
                return TIDE_NUMBER_RANGE;
            }
            read = 0;
        }
    }
    *value = parts.is_negative ? -read : read;
    return TIDE_NUMBER_OK;
}

size_t tide_double_format(double value, char *out)
{
    size_t size;
    if (__builtin_isnan(value)) {
        size = 3;
        memcpy(out, "NaN", size);
    } else if (__builtin_isinf(value)) {
        const char *word = value < 0 ? "-Infinity" : "Infinity";
        size = strlen(word);
        memcpy(out, word, size);
    } else {
        size = tide_double_write_chars(value, out);
    }
    out[size] = '\0';
    return size;
}

double tide_decimal_to_double(tide_int128 value, int scale)
{
    const tide_int128 exact = (tide_int128)EXACT_INTEGER_MAX;
    if (value >= -exact && value <= exact && scale <= EXACT_POWER_MAX) {
        return (double)value / powers[scale];
    }
    char text[48];
    double result = 0;
    size_t size = tide_decimal_format(value, scale, text);
    (void)tide_double_parse((tide_str){text, size}, &result);
    return result;
}
