/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that make_decimal_vectors.py fills. */
#ifndef TIDE_TEST_DECIMAL_VECTORS_H
#define TIDE_TEST_DECIMAL_VECTORS_H

#include "record/decimal.h"

typedef struct wide_integer {
    int64_t high;
    uint64_t low;
} wide_integer;

typedef struct decimal_parse {
    const char *text;
    int precision, scale;
    tide_number_fit fit;
    wide_integer value;
} decimal_parse;

typedef struct decimal_format {
    wide_integer value;
    int scale;
    const char *text;
} decimal_format;

typedef struct decimal_operation {
    char name; /* + - * /, = rescale, ~ round */
    wide_integer a, b;
    int scales[3];
    tide_number_fit fit;
    wide_integer result;
} decimal_operation;

typedef struct decimal_double {
    const char *text;
    uint64_t bits;
} decimal_double;

typedef struct decimal_to_double {
    wide_integer value;
    int scale;
    uint64_t bits;
} decimal_to_double;

extern const decimal_parse decimal_parses[];
extern const size_t decimal_parse_count;
extern const decimal_format decimal_formats[];
extern const size_t decimal_format_count;
extern const decimal_operation decimal_operations[];
extern const size_t decimal_operation_count;
extern const decimal_double decimal_doubles[];
extern const size_t decimal_double_count;
extern const decimal_to_double decimal_to_doubles[];
extern const size_t decimal_to_double_count;

#endif
