/* SPDX-License-Identifier: Apache-2.0 */
/* Number scan: the parts of a decimal number in text, for the parsers of decimal, int64 and double.
 */
#ifndef TIDE_RECORD_NUMBER_SCAN_H
#define TIDE_RECORD_NUMBER_SCAN_H

#include "base/text.h"

/* "-12.50e3": all views into the text. */
typedef struct tide_number_parts {
    tide_str integer;  /* "12"; may be empty when fraction is not */
    tide_str fraction; /* "50" */
    int64_t exponent;  /* 3; kept within +-10^12 */
    bool is_negative;
} tide_number_parts;

/* An optional sign, digits with an optional point before, between or after them, an optional
 * exponent; nothing else, no spaces. */
bool tide_number_scan(tide_str text, tide_number_parts *parts);

static inline int tide_number_digit(const tide_number_parts *parts, size_t i)
{
    size_t integers = parts->integer.size;
    return (i < integers ? parts->integer.data[i] : parts->fraction.data[i - integers]) - '0';
}

#endif
