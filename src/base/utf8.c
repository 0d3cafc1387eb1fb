/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* The second byte carries what rules out overlong forms, surrogates and what is beyond U+10FFFF
 * (Unicode, table 3-7). */
static bool second_byte_fits(unsigned char first, unsigned char second)
{
    switch (first) {
        case 0xE0:
            return second >= 0xA0 && second <= 0xBF;
        case 0xED:
            return second >= 0x80 && second <= 0x9F;
        case 0xF0:
            return second >= 0x90 && second <= 0xBF;
        case 0xF4:
            return second >= 0x80 && second <= 0x8F;
        default:
            return is_continuation(second);
    }
}

size_t tide_utf8_length(tide_str s, size_t at)
{
    const unsigned char *c = (const unsigned char *)s.data + at;
    size_t left = s.size - at;
    if (c[0] < 0x80) {
        return 1;
    }
    size_t length = c[0] < 0xC2 ? 0 : c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : c[0] < 0xF5 ? 4 : 0;
    if (length == 0 || length > left || !second_byte_fits(c[0], c[1])) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if (!is_continuation(c[i])) {
            return 0;
        }
    }
    return length;
}

bool tide_utf8_valid(tide_str s)
{
    size_t at = 0;
    while (at < s.size) {
        /* Eight plain ASCII bytes at once: nearly all text. */
        while (s.size - at >= 8) {
            uint64_t word;
            memcpy(&word, s.data + at, 8);
            if ((word & UINT64_C(0x8080808080808080)) != 0) {
                break;
            }
            at += 8;
        }
        if (at == s.size) {
            break;
        }
        size_t length = tide_utf8_length(s, at);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}
