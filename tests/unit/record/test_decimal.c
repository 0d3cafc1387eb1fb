/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decimal_vectors.h"

static tide_int128 join(wide_integer w)
{
    return (tide_int128)((tide_uint128)(uint64_t)w.high << 64 | w.low);
}

static void test_parse_against_python(void **state)
{
    (void)state;
    size_t counts[4] = {0};
    for (size_t i = 0; i < decimal_parse_count; i++) {
        const decimal_parse *row = &decimal_parses[i];
        tide_int128 value = 0;
        tide_number_fit fit =
            tide_decimal_parse(tide_str_of(row->text), row->precision, row->scale, &value);
        if (fit != row->fit || (fit == TIDE_NUMBER_OK && value != join(row->value))) {
            fail_msg("%s as decimal(%d,%d): %d, not %d", row->text, row->precision, row->scale,
                     (int)fit, (int)row->fit);
        }
        counts[fit]++;
    }
    assert_true(counts[TIDE_NUMBER_OK] > 500 && counts[TIDE_NUMBER_RANGE] > 500 &&
                counts[TIDE_NUMBER_PRECISION] > 500);
}

static void test_format_against_python(void **state)
{
    (void)state;
    for (size_t i = 0; i < decimal_format_count; i++) {
        const decimal_format *row = &decimal_formats[i];
        char out[48];
        size_t size = tide_decimal_format(join(row->value), row->scale, out);
        const char *expected = row->text;
        /* Python keeps the sign of zero out and so do we. */
        assert_string_equal(out, expected);
        assert_int_equal(size, strlen(expected));
        tide_int128 back;
        assert_int_equal(tide_decimal_parse(tide_str_of(out), 38, row->scale, &back),
                         TIDE_NUMBER_OK);
        assert_true(back == join(row->value));
    }
}

static tide_number_fit run(const decimal_operation *row, tide_int128 *result)
{
    tide_int128 a = join(row->a), b = join(row->b);
    switch (row->name) {
        case '+':
            return tide_decimal_add(a, b, result);
        case '-':
            return tide_decimal_subtract(a, b, result);
        case '*':
            return tide_decimal_multiply(a, b, result);
        case '/':
            return tide_decimal_divide(a, row->scales[0], b, row->scales[1], row->scales[2],
                                       result);
        case '=':
            return tide_decimal_rescale(a, row->scales[0], row->scales[1], result);
        default:
            return tide_decimal_round(a, row->scales[0], row->scales[1], result);
    }
}

static void test_arithmetic_against_python(void **state)
{
    (void)state;
    size_t fits = 0;
    for (size_t i = 0; i < decimal_operation_count; i++) {
        const decimal_operation *row = &decimal_operations[i];
        tide_int128 result = 0;
        tide_number_fit fit = run(row, &result);
        if (fit != row->fit || (fit == TIDE_NUMBER_OK && result != join(row->result))) {
            char a[48], b[48], r[48];
            (void)tide_decimal_format(join(row->a), 0, a);
            (void)tide_decimal_format(join(row->b), 0, b);
            (void)tide_decimal_format(result, 0, r);
            fail_msg("%s %c %s (%d %d %d) is %d %s", a, row->name, b, row->scales[0],
                     row->scales[1], row->scales[2], (int)fit, r);
        }
        fits += fit == TIDE_NUMBER_OK;
    }
    assert_true(fits > decimal_operation_count / 3 && fits < decimal_operation_count);
    tide_int128 result;
    assert_int_equal(tide_decimal_divide(1, 0, 0, 0, 0, &result), TIDE_NUMBER_RANGE);
}

static void test_edges(void **state)
{
    (void)state;
    char out[48];
    tide_int128 least = (tide_int128)((tide_uint128)1 << 127);
    assert_int_equal(tide_decimal_format(least, 38, out), 41);
    assert_string_equal(out, "-1.70141183460469231731687303715884105728");
    assert_false(tide_decimal_fits(least, 38));
    assert_true(tide_decimal_fits(99, 2));
    assert_true(tide_decimal_fits(-99, 2));
    assert_false(tide_decimal_fits(100, 2));
    assert_false(tide_decimal_fits(-100, 2));
    tide_int128 power = 1;
    for (int n = 0; n <= 38; n++, power *= n <= 38 ? 10 : 1) {
        assert_true(tide_power_of_ten(n) == power);
    }
}

static void test_what_is_no_number(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     " ",   "-",   "+",    ".",     "e5",  "1e",
                                      "1e+",  "1 ",  " 1",  "1,5",  "1.2.3", "--1", "0x1",
                                      "1e5.", "1_0", "abc", "-.e1", "12a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tide_int128 decimal;
        int64_t integer;
        double number;
        tide_str text = tide_str_of(bad[i]);
        assert_int_equal(tide_decimal_parse(text, 38, 10, &decimal), TIDE_NUMBER_SYNTAX);
        assert_int_equal(tide_int64_parse(text, &integer), TIDE_NUMBER_SYNTAX);
        assert_int_equal(tide_double_parse(text, &number), TIDE_NUMBER_SYNTAX);
    }
    tide_int128 decimal;
    assert_int_equal(tide_decimal_parse((tide_str){NULL, 0}, 38, 10, &decimal), TIDE_NUMBER_SYNTAX);
    assert_int_equal(tide_decimal_parse((tide_str){"1\0", 2}, 38, 10, &decimal),
                     TIDE_NUMBER_SYNTAX);
    assert_int_equal(tide_decimal_parse(TIDE_STR("1e999999999999999999999"), 38, 10, &decimal),
                     TIDE_NUMBER_RANGE);
    assert_int_equal(tide_decimal_parse(TIDE_STR("1e-999999999999999999999"), 38, 10, &decimal),
                     TIDE_NUMBER_PRECISION);
    assert_int_equal(tide_decimal_parse(TIDE_STR("0e999999999999999999999"), 38, 10, &decimal),
                     TIDE_NUMBER_OK);
    assert_true(decimal == 0);
}

static void check_int64(const char *text, tide_number_fit fit, int64_t expected)
{
    int64_t value = 0;
    assert_int_equal(tide_int64_parse(tide_str_of(text), &value), fit);
    if (fit == TIDE_NUMBER_OK) {
        assert_int_equal(value, expected);
    }
}

static void test_integers(void **state)
{
    (void)state;
    check_int64("0", TIDE_NUMBER_OK, 0);
    check_int64("-0", TIDE_NUMBER_OK, 0);
    check_int64("12", TIDE_NUMBER_OK, 12);
    check_int64("+12", TIDE_NUMBER_OK, 12);
    check_int64("12.0", TIDE_NUMBER_OK, 12);
    check_int64("1.2e1", TIDE_NUMBER_OK, 12);
    check_int64("1200e-2", TIDE_NUMBER_OK, 12);
    check_int64("12.5", TIDE_NUMBER_PRECISION, 0);
    check_int64("999999999999999999", TIDE_NUMBER_OK, INT64_C(999999999999999999));
    check_int64("-9223372036854775808", TIDE_NUMBER_OK, INT64_MIN);
    check_int64("9223372036854775807", TIDE_NUMBER_OK, INT64_MAX);
    check_int64("9223372036854775808", TIDE_NUMBER_RANGE, 0);
    check_int64("-9223372036854775809", TIDE_NUMBER_RANGE, 0);
    check_int64("99999999999999999999999999", TIDE_NUMBER_RANGE, 0);
    check_int64("00000000000000000000000000000000000000000000012", TIDE_NUMBER_OK, 12);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void test_doubles_against_python(void **state)
{
    (void)state;
    for (size_t i = 0; i < decimal_double_count; i++) {
        const decimal_double *row = &decimal_doubles[i];
        double value = 1;
        if (tide_double_parse(tide_str_of(row->text), &value) != TIDE_NUMBER_OK ||
            bits_of(value) != row->bits) {
            fail_msg("%s is read as %.17g", row->text, value);
        }
    }
    for (size_t i = 0; i < decimal_to_double_count; i++) {
        const decimal_to_double *row = &decimal_to_doubles[i];
        double value = tide_decimal_to_double(join(row->value), row->scale);
        if (bits_of(value) != row->bits) {
            fail_msg("row %zu: %.17g", i, value);
        }
    }
}

static void test_special_doubles(void **state)
{
    (void)state;
    double value = 0;
    assert_int_equal(tide_double_parse(TIDE_STR("1e309"), &value), TIDE_NUMBER_RANGE);
    assert_int_equal(tide_double_parse(TIDE_STR("-1e400"), &value), TIDE_NUMBER_RANGE);
    assert_int_equal(tide_double_parse(TIDE_STR("0.000000000000000000000000000001e400"), &value),
                     TIDE_NUMBER_RANGE);
    assert_int_equal(tide_double_parse(TIDE_STR("0e400"), &value), TIDE_NUMBER_OK);
    assert_true(value == 0);
    assert_int_equal(tide_double_parse(TIDE_STR("NaN"), &value), TIDE_NUMBER_OK);
    assert_true(isnan(value));
    assert_int_equal(tide_double_parse(TIDE_STR("-Infinity"), &value), TIDE_NUMBER_OK);
    assert_true(isinf(value) && value < 0);
    assert_int_equal(tide_double_parse(TIDE_STR("+inf"), &value), TIDE_NUMBER_OK);
    assert_true(isinf(value) && value > 0);
    assert_int_equal(tide_double_parse(TIDE_STR("infinite"), &value), TIDE_NUMBER_SYNTAX);
    assert_int_equal(tide_double_parse(TIDE_STR("nan(1)"), &value), TIDE_NUMBER_SYNTAX);
}

static void check_double(double value, const char *expected)
{
    char out[32];
    assert_int_equal(tide_double_format(value, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_shortest_doubles(void **state)
{
    (void)state;
    check_double(0, "0");
    check_double(-0.0, "-0");
    check_double(0.1, "0.1");
    check_double(1e22, "1e+22");
    check_double(5e-324, "5e-324");
    check_double(-1.7976931348623157e308, "-1.7976931348623157e+308");
    check_double(NAN, "NaN");
    check_double(-NAN, "NaN");
    check_double(INFINITY, "Infinity");
    check_double(-INFINITY, "-Infinity");
    for (size_t i = 0; i < decimal_double_count; i++) {
        char out[32], printed[40];
        double value, back = 0;
        memcpy(&value, &decimal_doubles[i].bits, sizeof value);
        size_t size = tide_double_format(value, out);
        assert_int_equal(tide_double_parse((tide_str){out, size}, &back), TIDE_NUMBER_OK);
        assert_int_equal(bits_of(back), bits_of(value));
        size_t digits = 0;
        for (const char *c = out; *c != '\0' && *c != 'e'; c++) {
            digits += *c >= '0' && *c <= '9';
        }
        /* No shorter one: one significant digit less reads back as another number. */
        if (digits >= 2 && strpbrk(out, ".e") != NULL && strncmp(out, "0.", 2) != 0 &&
            strncmp(out, "-0.", 3) != 0) {
            (void)snprintf(printed, sizeof printed, "%.*e", (int)digits - 2, value);
            assert_true(strtod(printed, NULL) != value);
        }
    }
}

/* A host program may have set any locale; numbers must not care. */
static void test_locale_is_not_asked(void **state)
{
    (void)state;
    char out[32];
    double value = 0;
    const char *const names[] = {"de_DE.UTF-8", "pl_PL.UTF-8", "fr_FR.UTF-8", "C.UTF-8"};
    for (size_t i = 0; i < 4 && setlocale(LC_ALL, names[i]) == NULL; i++) {
    }
    (void)tide_double_format(1234.5, out);
    assert_string_equal(out, "1234.5");
    assert_int_equal(tide_double_parse(TIDE_STR("0.1234567890123456789"), &value), TIDE_NUMBER_OK);
    assert_true(value == 0.1234567890123456789);
    (void)setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_against_python),
        cmocka_unit_test(test_format_against_python),
        cmocka_unit_test(test_arithmetic_against_python),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_what_is_no_number),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_doubles_against_python),
        cmocka_unit_test(test_special_doubles),
        cmocka_unit_test(test_shortest_doubles),
        cmocka_unit_test(test_locale_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
