/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, one character at a time: what text.c and others share. */
#ifndef TIDE_BASE_UTF8_H
#define TIDE_BASE_UTF8_H

#include "base/text.h"

/* Bytes of the well-formed character that begins at s.data[at] (at < s.size): 1 to 4, or 0 when
 * there is none. */
size_t tide_utf8_length(tide_str s, size_t at);

#endif
