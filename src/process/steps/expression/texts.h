/* SPDX-License-Identifier: Apache-2.0 */
/* Texts: the loops of text functions. Results are views into their arguments where they can be. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_TEXTS_H
#define TIDE_PROCESS_STEPS_EXPRESSION_TEXTS_H

#include "process/steps/expression/casts.h"

enum { TIDE_TEXT_LOWER, TIDE_TEXT_UPPER };
enum { TIDE_CUT_SUBSTR, TIDE_CUT_LEFT, TIDE_CUT_RIGHT };
enum { TIDE_TRIM_BOTH, TIDE_TRIM_LEFT, TIDE_TRIM_RIGHT };
enum { TIDE_TEST_STARTS, TIDE_TEST_ENDS, TIDE_TEST_POSITION };

/* text_views.c */
TIDE_DECLARE_LOOP(tide_length_loop);       /* int32 */
TIDE_DECLARE_LOOP(tide_octet_length_loop); /* int32 */
TIDE_DECLARE_LOOP(tide_starts_with_loop);
TIDE_DECLARE_LOOP(tide_ends_with_loop);
TIDE_DECLARE_LOOP(tide_strpos_loop); /* int32 */
TIDE_DECLARE_LOOP(tide_substr_loop); /* text, int64, and perhaps int64 */
TIDE_DECLARE_LOOP(tide_left_loop);
TIDE_DECLARE_LOOP(tide_right_loop);
TIDE_DECLARE_LOOP(tide_trim_loop); /* text, and perhaps characters; parameter: the side */
TIDE_DECLARE_LOOP(tide_split_part_loop);
TIDE_DECLARE_LOOP(tide_hash64_loop);
/* text_made.c */
TIDE_DECLARE_LOOP(tide_lower_loop);
TIDE_DECLARE_LOOP(tide_upper_loop);
TIDE_DECLARE_LOOP(tide_join_loop); /* any number of texts */
TIDE_DECLARE_LOOP(tide_replace_loop);
TIDE_DECLARE_LOOP(tide_pad_loop); /* text, int64, and fill; parameter: the side */
TIDE_DECLARE_LOOP(tide_hash128_loop);

/* The byte at which character number n (from 0) begins, or the size. */
size_t tide_text_character(tide_str text, int64_t n);
int64_t tide_text_characters(tide_str text);

#endif
