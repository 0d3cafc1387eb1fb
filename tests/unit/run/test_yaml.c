/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run/yaml.h"

typedef struct parsed {
    tide_arena arena;
    const tide_yaml *root;
    tide_error err;
    tide_code code;
} parsed;

static parsed parse(const char *text)
{
    parsed p = {0};
    tide_arena_init(&p.arena);
    tide_error_clear(&p.err);
    p.code = tide_yaml_parse(tide_str_of(text), "t.yaml", &p.arena, &p.root, &p.err);
    return p;
}

static void knows_the_place_of_everything(void **state)
{
    (void)state;
    parsed p = parse("a: 1\nlist:\n  - x\n  - {k: 'v'}\n");
    assert_int_equal(p.code, TIDE_OK);
    const tide_yaml *list = tide_yaml_get(p.root, "list");
    assert_int_equal(list->count, 2);
    assert_int_equal(list->values[0]->mark.line, 3);
    assert_int_equal(list->values[0]->mark.column, 5);
    const tide_yaml *value = tide_yaml_get(list->values[1], "k");
    assert_string_equal(tide_yaml_text(value), "v");
    assert_true(value->quoted);
    assert_int_equal(value->mark.line, 4);
    int64_t number = 0;
    assert_true(tide_yaml_int(tide_yaml_get(p.root, "a"), &number));
    assert_int_equal(number, 1);
    tide_arena_clear(&p.arena);
}

static void refuses_with_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"a: [1, 2\n", "t.yaml:2:1"},
        {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: the key `a` is already given in line 1"},
        {"? [x]\n: 1\n", "a key must be a plain word"},
        {"&x [*x]\n", "nested deeper"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        parsed p = parse(bad[i].text);
        assert_int_equal(p.code, TIDE_BAD_CONFIG);
        if (strstr(p.err.message, bad[i].says) == NULL) {
            fail_msg("%s: %s", bad[i].text, p.err.message);
        }
        tide_arena_clear(&p.arena);
    }
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    char text[400];
    memset(text, '[', 200);
    memset(text + 200, ']', 199);
    text[399] = '\0';
    text[398] = ']';
    parsed p = parse(text);
    assert_int_equal(p.code, TIDE_BAD_CONFIG);
    tide_arena_clear(&p.arena);
}

static void prints_json(void **state)
{
    (void)state;
    parsed p = parse("{a: 1, b: '1', c: [true, ~, -2.5e3, 0x10, 007], d: {e: \"q\\\"\"}, f: }");
    assert_int_equal(p.code, TIDE_OK);
    tide_text json;
    tide_text_init(&json);
    tide_yaml_print_json(p.root, &json);
    assert_string_equal(tide_text_c(&json),
                        "{\"a\":1,\"b\":\"1\",\"c\":[true,null,-2.5e3,\"0x10\",\"007\"],"
                        "\"d\":{\"e\":\"q\\\"\"},\"f\":null}");
    tide_text_clear(&json);
    tide_arena_clear(&p.arena);
}

static void anchors_are_shared(void **state)
{
    (void)state;
    parsed p = parse("a: &x {k: 1}\nb: *x\n");
    assert_int_equal(p.code, TIDE_OK);
    assert_ptr_equal(tide_yaml_get(p.root, "a"), tide_yaml_get(p.root, "b"));
    tide_arena_clear(&p.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_place_of_everything),
        cmocka_unit_test(refuses_with_a_place),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(prints_json),
        cmocka_unit_test(anchors_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
