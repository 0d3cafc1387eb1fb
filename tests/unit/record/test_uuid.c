/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/uuid.h"

/* The example of RFC 9562, appendix A.3. */
static const char example[] = "919108f7-52d1-4320-9bac-f847db4148a8";
static const uint8_t example_bytes[TIDE_UUID_BYTES] = {
    0x91, 0x91, 0x08, 0xf7, 0x52, 0xd1, 0x43, 0x20, 0x9b, 0xac, 0xf8, 0x47, 0xdb, 0x41, 0x48, 0xa8};

static tide_str str(const char *text)
{
    return (tide_str){text, strlen(text)};
}

static void test_formats(void **state)
{
    (void)state;
    char text[TIDE_UUID_CHARS + 1];
    assert_int_equal(tide_uuid_format(example_bytes, text), TIDE_UUID_CHARS);
    assert_string_equal(text, example);
}

static void test_parses(void **state)
{
    (void)state;
    static const char *const spellings[] = {example, "919108F7-52D1-4320-9BAC-F847DB4148A8",
                                            "919108f752d143209bacf847db4148a8"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        uint8_t uuid[TIDE_UUID_BYTES] = {0};
        assert_true(tide_uuid_parse(str(spellings[i]), uuid));
        assert_memory_equal(uuid, example_bytes, sizeof uuid);
    }
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        "919108f7-52d1-4320-9bac-f847db4148a",
        "919108f7-52d1-4320-9bac-f847db4148a80",
        "919108f7-52d1-4320-9bac-f847db4148ag",
        "919108f7052d1-4320-9bac-f847db4148a8",
        "{919108f7-52d1-4320-9bac-f847db4148}",
        "919108f752d143209bacf847db4148a-",
    };
    uint8_t uuid[TIDE_UUID_BYTES];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(tide_uuid_parse(str(others[i]), uuid));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_parses),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
