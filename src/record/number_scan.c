/* SPDX-License-Identifier: Apache-2.0 */
#include "record/number_scan.h"

#define EXPONENT_MAX INT64_C(1000000000000)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static tide_str take_digits(const char **at, const char *end)
{
    const char *begin = *at;
    while (*at < end && is_digit(**at)) {
        (*at)++;
    }
    return (tide_str){begin, (size_t)(*at - begin)};
}

/* True and negative when a minus sign was there. */
static bool take_sign(const char **at, const char *end)
{
    if (*at < end && (**at == '-' || **at == '+')) {
        return *(*at)++ == '-';
    }
    return false;
}

static bool scan_exponent(const char **at, const char *end, int64_t *exponent)
{
    bool is_negative = take_sign(at, end);
    tide_str digits = take_digits(at, end);
    int64_t value = 0;
    for (size_t i = 0; i < digits.size && value < EXPONENT_MAX; i++) {
        value = value * 10 + (digits.data[i] - '0');
    }
    *exponent = is_negative ? -value : value;
    return digits.size > 0;
}

bool tide_number_scan(tide_str text, tide_number_parts *parts)
{
    const char *at = text.data;
    if (text.size == 0) {
        return false;
    }
    const char *end = at + text.size;
    parts->is_negative = take_sign(&at, end);
    parts->integer = take_digits(&at, end);
    parts->fraction = (tide_str){at, 0};
    parts->exponent = 0;
    if (at < end && *at == '.') {
        at++;
        parts->fraction = take_digits(&at, end);
    }
    if (parts->integer.size + parts->fraction.size == 0) {
        return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (!scan_exponent(&at, end, &parts->exponent)) {
            return false;
        }
    }
    return at == end;
}
