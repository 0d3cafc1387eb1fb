/* SPDX-License-Identifier: Apache-2.0 */
#include "record/uuid.h"

static bool has_dash_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

size_t tide_uuid_format(const uint8_t uuid[TIDE_UUID_BYTES], char out[TIDE_UUID_CHARS + 1])
{
    static const char digits[] = "0123456789abcdef";
    char *to = out;
    for (int i = 0; i < TIDE_UUID_BYTES; i++) {
        if (has_dash_before(i)) {
            *to++ = '-';
        }
        *to++ = digits[uuid[i] >> 4];
        *to++ = digits[uuid[i] & 15];
    }
    *to = '\0';
    return TIDE_UUID_CHARS;
}

/* Of a hex digit, its value + 1; of other bytes 0. A table, as letters and digits mix at random and
 * a branch would be guessed wrong half of the time. */
static const uint8_t hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* `count` bytes from twice as many digits. */
static bool read_hex(const char *digits, size_t count, uint8_t *out)
{
    bool fine = true;
    for (size_t i = 0; i < count; i++) {
        unsigned high = hex_values[(unsigned char)digits[2 * i]];
        unsigned low = hex_values[(unsigned char)digits[2 * i + 1]];
        fine = fine && high != 0 && low != 0;
        out[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    return fine;
}

bool tide_uuid_parse(tide_str text, uint8_t out[TIDE_UUID_BYTES])
{
    const char *at = text.data;
    if (text.size == 32) {
        return read_hex(at, 16, out);
    }
    return text.size == TIDE_UUID_CHARS && at[8] == '-' && at[13] == '-' && at[18] == '-' &&
           at[23] == '-' && read_hex(at, 4, out) && read_hex(at + 9, 2, out + 4) &&
           read_hex(at + 14, 2, out + 6) && read_hex(at + 19, 2, out + 8) &&
           read_hex(at + 24, 6, out + 10);
}
