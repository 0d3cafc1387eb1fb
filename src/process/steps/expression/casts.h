/* SPDX-License-Identifier: Apache-2.0 */
/* Casts: the loops from type to type, exact or the row is refused. parameter and parameter2 of a
 * node: the scale that it comes from, and nothing yet. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_CASTS_H
#define TIDE_PROCESS_STEPS_EXPRESSION_CASTS_H

#include "process/steps/expression/compiler.h"
#include "process/steps/expression/kernels.h"

#define TIDE_DECLARE_LOOP(name)                                                        \
    tide_code name(tide_evaluation *self, const tide_node *node, const uint64_t *rows, \
                   tide_error *err)

/* cast_numbers.c */
TIDE_DECLARE_LOOP(tide_cast_int32_int64);
TIDE_DECLARE_LOOP(tide_cast_int32_double);
TIDE_DECLARE_LOOP(tide_cast_int32_decimal);
TIDE_DECLARE_LOOP(tide_cast_int64_int32);
TIDE_DECLARE_LOOP(tide_cast_int64_double);
TIDE_DECLARE_LOOP(tide_cast_int64_decimal);
TIDE_DECLARE_LOOP(tide_cast_double_int32);
TIDE_DECLARE_LOOP(tide_cast_double_int64);
TIDE_DECLARE_LOOP(tide_cast_double_decimal);
TIDE_DECLARE_LOOP(tide_cast_decimal_int32);
TIDE_DECLARE_LOOP(tide_cast_decimal_int64);
TIDE_DECLARE_LOOP(tide_cast_decimal_double);
TIDE_DECLARE_LOOP(tide_cast_decimal_decimal);
TIDE_DECLARE_LOOP(tide_cast_bool_int32);
TIDE_DECLARE_LOOP(tide_cast_bool_int64);
/* cast_text.c: from text */
TIDE_DECLARE_LOOP(tide_cast_text_bool);
TIDE_DECLARE_LOOP(tide_cast_text_int32);
TIDE_DECLARE_LOOP(tide_cast_text_int64);
TIDE_DECLARE_LOOP(tide_cast_text_double);
TIDE_DECLARE_LOOP(tide_cast_text_decimal);
TIDE_DECLARE_LOOP(tide_cast_text_date);
TIDE_DECLARE_LOOP(tide_cast_text_timestamp);
TIDE_DECLARE_LOOP(tide_cast_text_uuid);
TIDE_DECLARE_LOOP(tide_cast_text_json);
TIDE_DECLARE_LOOP(tide_cast_bytes_text);
/* cast_print.c: to text; views: bytes of text as they are */
TIDE_DECLARE_LOOP(tide_cast_view);
TIDE_DECLARE_LOOP(tide_cast_bool_text);
TIDE_DECLARE_LOOP(tide_cast_int32_text);
TIDE_DECLARE_LOOP(tide_cast_int64_text);
TIDE_DECLARE_LOOP(tide_cast_double_text);
TIDE_DECLARE_LOOP(tide_cast_decimal_text);
TIDE_DECLARE_LOOP(tide_cast_date_text);
TIDE_DECLARE_LOOP(tide_cast_timestamp_text);
TIDE_DECLARE_LOOP(tide_cast_uuid_text);
/* date_loops.c */
TIDE_DECLARE_LOOP(tide_cast_timestamp_date);
TIDE_DECLARE_LOOP(tide_cast_date_timestamp);

#endif
