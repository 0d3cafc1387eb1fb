/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text: what can be said of a piece of JSON without an index: is it one value, what does a
 * string mean. Bytes are UTF-8 already. */
#ifndef TIDE_RECORD_JSON_TEXT_H
#define TIDE_RECORD_JSON_TEXT_H

#include "base/text.h"

/* Objects and arrays within each other: more is a reject. PostgreSQL's own limit is its stack. */
#define TIDE_JSON_DEPTH_MAX 1000

/* NULL when text is one JSON value (RFC 8259) that PostgreSQL can hold as json: at most
 * TIDE_JSON_DEPTH_MAX deep, without U+0000 and lone surrogates. Else why not ("is not JSON: ..."),
 * a static sentence. */
const char *tide_json_refusal(tide_str text);

/* Is token a number in the grammar of JSON? */
bool tide_json_is_number(tide_str token);

/* The meaning of the inside of a string (without its quotes), appended to out. NULL when fine, else
 * why not, a static sentence: a bad escape, a lone surrogate, U+0000. Want of memory shows in
 * tide_text_failed(out). */
const char *tide_json_unescape(tide_str inside, tide_text *out);

#endif
