/* SPDX-License-Identifier: Apache-2.0 */
/* Numeric: decimals to and from PostgreSQL's digits of base 10000.
 *
 *   -1234567.8 (value -12345678, scale 1):  digits 123 4567 8000, weight 1, negative, scale 1
 *                                           = (123 * 10000 + 4567 + 8000 / 10000), negated
 *
 * Weight is the power of 10000 of the first digit; zero digits at both ends are left out. Exact for
 * every decimal of 38 digits.
 */
#ifndef TIDE_SINK_POSTGRES_NUMERIC_H
#define TIDE_SINK_POSTGRES_NUMERIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/int128.h"

/* 38 digits in groups of 4, with the point anywhere: 10 groups and one cut in two. */
#define TIDE_PG_NUMERIC_DIGITS_MAX 11
/* Length, four headers and the digits. */
#define TIDE_PG_NUMERIC_BYTES_MAX (4 + 8 + 2 * TIDE_PG_NUMERIC_DIGITS_MAX)

typedef struct tide_pg_numeric {
    uint16_t digits[TIDE_PG_NUMERIC_DIGITS_MAX];
    int count;
    int weight;
    bool negative;
} tide_pg_numeric;

void tide_pg_numeric_of(tide_int128 value, int scale, tide_pg_numeric *out);
/* Reads the binary form (without its length) into a decimal of `scale`; false when it is NaN, an
 * infinity, damaged, or not exact in 38 digits of that scale. */
bool tide_pg_numeric_read(const uint8_t *bytes, size_t size, int scale, tide_int128 *value);

#endif
