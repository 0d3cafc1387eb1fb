/* SPDX-License-Identifier: Apache-2.0 */
/* Double chars: <charconv> of C++17 behind extern "C": correctly rounded, shortest, and free of any
 * locale, which strtod and printf are not. Used by double_text.c only. */
#ifndef TIDE_RECORD_DOUBLE_CHARS_H
#define TIDE_RECORD_DOUBLE_CHARS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the unsigned number that text[0..size) is. False when it is too large or too small for a
 * double. */
bool tide_double_read_chars(const char *text, size_t size, double *value);
/* Writes a finite value (out: at least 32 bytes), not terminated; returns the length. */
size_t tide_double_write_chars(double value, char *out);

#ifdef __cplusplus
}
#endif

#endif
