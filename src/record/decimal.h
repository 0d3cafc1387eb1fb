/* SPDX-License-Identifier: Apache-2.0 */
/* Exact decimals: an integer of at most 38 digits and a scale. */
#ifndef TIDE_RECORD_DECIMAL_H
#define TIDE_RECORD_DECIMAL_H

#include "record/schema.h"

typedef enum tide_number_fit {
    TIDE_NUMBER_OK = 0,
    TIDE_NUMBER_SYNTAX,   /* not a number */
    TIDE_NUMBER_RANGE,    /* more digits than the type holds */
    TIDE_NUMBER_PRECISION /* non-zero digits beyond the scale */
} tide_number_fit;

/* Reads "-12.50", "+5", ".5", "1e3"; exact or refused. */
tide_number_fit tide_decimal_parse(tide_str text, int precision, int scale, tide_int128 *value);
/* Writes value with exactly `scale` digits after the point (out: at least 48 bytes). */
size_t tide_decimal_format(tide_int128 value, int scale, char *out);
/* Does it fit the precision? */
bool tide_decimal_fits(tide_int128 value, int precision);
/* To another scale: exact or refused (PRECISION), or rounded half away from zero. */
tide_number_fit tide_decimal_rescale(tide_int128 value, int from_scale, int to_scale,
                                     tide_int128 *out);
tide_number_fit tide_decimal_round(tide_int128 value, int from_scale, int to_scale,
                                   tide_int128 *out);
/* a * b, a + b, a - b of the integers (the scales of SQL are the caller's); RANGE on overflow of 38
 * digits. Division: rounded half away from zero to result_scale; RANGE also for b = 0. */
tide_number_fit tide_decimal_add(tide_int128 a, tide_int128 b, tide_int128 *out);
tide_number_fit tide_decimal_subtract(tide_int128 a, tide_int128 b, tide_int128 *out);
tide_number_fit tide_decimal_multiply(tide_int128 a, tide_int128 b, tide_int128 *out);
tide_number_fit tide_decimal_divide(tide_int128 a, int a_scale, tide_int128 b, int b_scale,
                                    int result_scale, tide_int128 *out);
double tide_decimal_to_double(tide_int128 value, int scale);
/* 10^n, 0 <= n <= 38. */
tide_int128 tide_power_of_ten(int n);

/* Other numbers from text; integers exact or refused. */
tide_number_fit tide_int64_parse(tide_str text, int64_t *value); /* "12", "12.0", "1.2e1" */
/* Correctly rounded, whatever the locale; RANGE beyond the largest double, 0 below the smallest. In
 * any case of letters also NaN, Infinity and inf. */
tide_number_fit tide_double_parse(tide_str text, double *value);
/* The shortest text that reads back as the same double (out: at least 32 bytes): 0.1, 1e+22, -0,
 * NaN, Infinity, -Infinity. */
size_t tide_double_format(double value, char *out);

#endif
