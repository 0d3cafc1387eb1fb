/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/old_resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/memory.h"

#define PATTERNS_MAX 4

static const char known[] =
    "{\"uses-1\":{\"aliases\":{\"uses\":{},\"one\":{\"filter\":{\"term\":{\"k\":1}}}}},"
    "\"uses-2\":{\"aliases\":{\"uses\":{}}},\"other\":{\"aliases\":{}}}";

static tide_code resolve(tide_arena *arena, const char *const *patterns, tide_text *out,
                         tide_error *err)
{
    const tide_json_node *root, *resolved = NULL;
    size_t count = 0;
    while (count < PATTERNS_MAX && patterns[count] != NULL) {
        count++;
    }
    TIDE_TRY(tide_json_tree_parse(arena, tide_str_of(known), &root, err));
    TIDE_TRY(tide_es_old_resolve(arena, root, patterns, count, &resolved, err));
    const tide_json_node *at = tide_json_member(resolved, "indices")->first_child;
    for (; at != NULL; at = at->next) {
        tide_text_append_format(out, "%s ", tide_json_text(tide_json_member(at, "name")));
    }
    for (at = tide_json_member(resolved, "aliases")->first_child; at != NULL; at = at->next) {
        tide_text_append_format(out, "%s=", tide_json_text(tide_json_member(at, "name")));
        const tide_json_node *index = tide_json_member(at, "indices")->first_child;
        for (; index != NULL; index = index->next) {
            tide_text_append_format(out, "%s,", tide_json_text(index));
        }
    }
    return tide_text_failed(out) ? TIDE_FAIL_MEMORY(err, "a test") : TIDE_OK;
}

/* What the server does with the same expressions. */
static void names_are_told_from_aliases(void **state)
{
    (void)state;
    static const struct {
        const char *patterns[PATTERNS_MAX];
        const char *expected;
    } cases[] = {
        {{"*"}, "uses-1 uses-2 other uses=uses-1,uses-2,one=uses-1,"},
        {{"_all"}, "uses-1 uses-2 other uses=uses-1,uses-2,one=uses-1,"},
        {{"uses-*"}, "uses-1 uses-2 "},
        {{"uses"}, "uses=uses-1,uses-2,"},
        {{"uses", "uses-2"}, "uses-2 uses=uses-1,uses-2,"},
        {{"uses*", "-uses-1"}, "uses-2 uses=uses-1,uses-2,"},
        {{"*", "-uses*", "uses-1"}, "uses-1 other one=uses-1,"},
        {{"one", "nothing"}, "one=uses-1,"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tide_arena arena;
        tide_text text;
        tide_error err;
        tide_arena_init(&arena);
        tide_text_init(&text);
        tide_error_clear(&err);
        assert_int_equal(resolve(&arena, cases[i].patterns, &text, &err), TIDE_OK);
        assert_string_equal(tide_text_c(&text), cases[i].expected);
        tide_text_clear(&text);
        tide_arena_clear(&arena);
    }
}

static void dates_in_names_are_refused(void **state)
{
    (void)state;
    static const char *const patterns[PATTERNS_MAX] = {"uses-1", "<uses-{now/d}>"};
    tide_arena arena;
    tide_text text;
    tide_error err;
    tide_arena_init(&arena);
    tide_text_init(&text);
    tide_error_clear(&err);
    assert_int_equal(resolve(&arena, patterns, &text, &err), TIDE_BAD_CONFIG);
    assert_non_null(strstr(err.message, "`<uses-{now/d}>`"));
    tide_text_clear(&text);
    tide_arena_clear(&arena);
}

static void allocation_failures_are_codes(void **state)
{
    (void)state;
    static const char *const patterns[PATTERNS_MAX] = {"*"};
    for (size_t n = 1;; n++) {
        tide_arena arena;
        tide_text text;
        tide_error err;
        tide_arena_init(&arena);
        tide_text_init(&text);
        tide_error_clear(&err);
        tide_memory_fail_nth(n, 0);
        tide_code code = resolve(&arena, patterns, &text, &err);
        size_t made = tide_memory_fail_nth(0, 0);
        tide_text_clear(&text);
        tide_arena_clear(&arena);
        assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
        if (made < n) {
            assert_int_equal(code, TIDE_OK);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_told_from_aliases),
        cmocka_unit_test(dates_in_names_are_refused),
        cmocka_unit_test(allocation_failures_are_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
