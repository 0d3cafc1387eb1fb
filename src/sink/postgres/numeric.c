/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/numeric.h"

#include "record/decimal.h"

/* Most decimals fit 64 bits, where dividing is ten times as fast. */
static int split_groups_64(uint64_t value, uint16_t *groups, int count)
{
    while (value != 0) {
        groups[count++] = (uint16_t)(value % 10000);
        value /= 10000;
    }
    return count;
}

/* Groups of four digits from the last; returns the new count. */
static int split_groups(tide_uint128 value, uint16_t *groups, int count)
{
    while (value > UINT64_MAX) {
        groups[count++] = (uint16_t)(value % 10000);
        value /= 10000;
    }
    return split_groups_64((uint64_t)value, groups, count);
}

/* The digits of the last, cut group: scale % 4 of them, filled up with zeros. */
static uint16_t take_cut_group(tide_uint128 *value, int digits)
{
    static const uint16_t powers[] = {1, 10, 100, 1000, 10000};
    uint16_t power = powers[digits];
    uint16_t rest;
    if (*value <= UINT64_MAX) {
        uint64_t narrow = (uint64_t)*value;
        rest = (uint16_t)(narrow % power);
        *value = narrow / power;
    } else {
        rest = (uint16_t)(*value % power);
        *value /= power;
    }
    return (uint16_t)(rest * powers[4 - digits]);
}

void tide_pg_numeric_of(tide_int128 value, int scale, tide_pg_numeric *out)
{
    uint16_t groups[TIDE_PG_NUMERIC_DIGITS_MAX + 1]; /* from the last to the first */
    int count = 0;
    tide_uint128 rest = value < 0 ? -(tide_uint128)value : (tide_uint128)value;
    if (scale % 4 != 0) {
        groups[count++] = take_cut_group(&rest, scale % 4);
    }
    count = split_groups(rest, groups, count);
    int fraction_groups = (scale + 3) / 4;
    int begin = 0;
    while (begin < count && groups[begin] == 0) {
        begin++;
    }
    while (count > begin && groups[count - 1] == 0) {
        count--;
    }
    out->count = count - begin;
    out->weight = out->count == 0 ? 0 : count - 1 - fraction_groups;
    out->negative = value < 0;
    for (int i = 0; i < out->count; i++) {
        out->digits[i] = groups[count - 1 - i];
    }
}

static unsigned read_uint16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* 10000^exponent / 10^-scale as a power of ten: how often the digit's last place is to be
 * multiplied to stand at `scale`. */
static bool add_digit(tide_uint128 *sum, unsigned digit, int power)
{
    if (digit == 0) {
        return true;
    }
    if (power < 0) {
        if (power < -3 || digit % (unsigned)tide_power_of_ten(-power) != 0) {
            return false; /* digits beyond the scale */
        }
        *sum += digit / (unsigned)tide_power_of_ten(-power);
        return true;
    }
    if (power > 38) {
        return false;
    }
    tide_uint128 factor = (tide_uint128)tide_power_of_ten(power);
    tide_uint128 product = factor * digit;
    if (product / factor != digit || *sum > ~(tide_uint128)0 - product) {
        return false;
    }
    *sum += product;
    return true;
}

bool tide_pg_numeric_read(const uint8_t *bytes, size_t size, int scale, tide_int128 *value)
{
    if (size < 8) {
        return false;
    }
    size_t count = read_uint16(bytes);
    int weight = (int16_t)read_uint16(bytes + 2);
    unsigned sign = read_uint16(bytes + 4);
    if (size != 8 + 2 * count || (sign != 0x0000 && sign != 0x4000)) {
        return false;
    }
    tide_uint128 sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = read_uint16(bytes + 8 + 2 * i);
        int power = 4 * (weight - (int)i) + scale;
        if (digit > 9999 || !add_digit(&sum, digit, power)) {
            return false;
        }
    }
    if (sum >= (tide_uint128)tide_power_of_ten(38)) {
        return false;
    }
    *value = sign == 0x4000 ? -(tide_int128)sum : (tide_int128)sum;
    return true;
}
