/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "random_rows.h"
#include "record/schema.h"

static void test_type_names(void **state)
{
    (void)state;
    static const char *const names[] = {"bool",          "int32", "int64", "double",
                                        "decimal(12,2)", "text",  "bytes", "date",
                                        "timestamp",     "uuid",  "json"};
    for (size_t i = 0; i < 11; i++) {
        tide_type type;
        tide_error err;
        char out[24];
        assert_int_equal(tide_type_parse(tide_str_of(names[i]), &type, &err), TIDE_OK);
        assert_int_equal(type.id, i + 1);
        assert_string_equal(tide_type_format(type, out), names[i]);
    }
    tide_type type;
    tide_error err;
    assert_int_equal(tide_type_parse(TIDE_STR("decimal ( 38 , 38 )"), &type, &err), TIDE_OK);
    assert_int_equal(type.precision, 38);
    assert_int_equal(type.scale, 38);
    assert_int_equal(tide_type_parse(TIDE_STR("decimal(5)"), &type, &err), TIDE_OK);
    assert_int_equal(type.precision, 5);
    assert_int_equal(type.scale, 0);
}

static void check_refused(const char *name, const char *hint)
{
    tide_type type;
    tide_error err;
    assert_int_equal(tide_type_parse(tide_str_of(name), &type, &err), TIDE_BAD_CONFIG);
    if (strstr(err.message, hint) == NULL) {
        fail_msg("no \"%s\" in: %s", hint, err.message);
    }
}

static void test_bad_types_are_explained(void **state)
{
    (void)state;
    check_refused("timestmap", "did you mean timestamp?");
    check_refused("string", "write text");
    check_refused("float", "write double");
    check_refused("", "the types are");
    check_refused("something else altogether, and long", "the types are");
    static const char *const decimals[] = {"decimal",       "decimal(0,0)",  "decimal(39,2)",
                                           "decimal(5,6)",  "decimal(5,)",   "decimal(5,2",
                                           "decimal(5,2)x", "decimal(-5,2)", "decimal(005,2)",
                                           "decimal(5 2)",  "decimal()",     "decimal(5,2))"};
    for (size_t i = 0; i < sizeof decimals / sizeof decimals[0]; i++) {
        check_refused(decimals[i], "decimal(12,2)");
    }
}

static void test_fields(void **state)
{
    (void)state;
    tide_schema schema, copy;
    tide_error err;
    random_schema(&schema);
    assert_int_equal(tide_schema_find(&schema, "c5"), 4);
    assert_int_equal(tide_schema_find(&schema, "c12"), TIDE_NO_FIELD);
    assert_int_equal(tide_schema_copy(&schema, &copy, &err), TIDE_OK);
    assert_true(tide_schema_equal(&schema, &copy));
    copy.fields[4].type.scale++;
    assert_false(tide_schema_equal(&schema, &copy));
    copy.fields[4].type.scale--;
    copy.fields[0].not_null = true;
    assert_false(tide_schema_equal(&schema, &copy));
    copy.fields[0].not_null = false;
    copy.fields[0].name[0] = 'x';
    assert_false(tide_schema_equal(&schema, &copy));
    tide_schema_clear(&copy);
    assert_false(tide_schema_equal(&schema, &copy));
    tide_schema_clear(&schema);
}

static void test_arrow_round_trip(void **state)
{
    (void)state;
    static const char *const formats[] = {"b", "i",   "l",       "g",    "d:20,4", "u",
                                          "z", "tdD", "tsu:UTC", "w:16", "u"};
    tide_schema schema, back;
    struct ArrowSchema arrow;
    tide_error err;
    random_schema(&schema);
    schema.fields[2].not_null = true;
    assert_int_equal(tide_schema_export(&schema, &arrow, &err), TIDE_OK);
    assert_string_equal(arrow.format, "+s");
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        assert_string_equal(arrow.children[i]->format, formats[i]);
        assert_string_equal(arrow.children[i]->name, schema.fields[i].name);
        assert_int_equal((arrow.children[i]->flags & ARROW_FLAG_NULLABLE) == 0, i == 2);
    }
    assert_int_equal(tide_schema_import(&arrow, &back, &err), TIDE_OK);
    assert_true(tide_schema_equal(&schema, &back));
    tide_schema_clear(&back);

    static const char *const others[] = {
        "f",   "U",          "tss:UTC", "tsu:", "tsu:Europe/Warsaw",
        "w:8", "d:20,4,256", "d:5,-1",  "n",    "nonsense"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(ArrowSchemaSetFormat(arrow.children[3], others[i]), NANOARROW_OK);
        assert_int_equal(tide_schema_import(&arrow, &back, &err), TIDE_BAD_DATA);
        assert_non_null(strstr(err.message, "column 4 \"c4\""));
        assert_int_equal(back.field_count, 0);
    }
    assert_int_equal(tide_schema_import(arrow.children[0], &back, &err), TIDE_BAD_DATA);
    ArrowSchemaRelease(&arrow);
    tide_schema_clear(&schema);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    tide_schema schema, copy;
    tide_error err;
    random_schema(&schema);
    for (size_t n = 1;; n++) {
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = tide_schema_copy(&schema, &copy, &err);
        (void)tide_memory_fail_nth(0, 0);
        if (code == TIDE_OK) {
            assert_true(n > RANDOM_TYPES);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
        assert_int_equal(copy.field_count, 0);
    }
    tide_schema_clear(&copy);
    tide_schema_clear(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_names),    cmocka_unit_test(test_bad_types_are_explained),
        cmocka_unit_test(test_fields),        cmocka_unit_test(test_arrow_round_trip),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
