/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "flow/findings.h"

#define SECOND INT64_C(1000000)
#define NOON (INT64_C(1711800000) * SECOND)

static void worst_of_all_counts(void **state)
{
    (void)state;
    tide_findings findings;
    tide_findings_init(&findings);
    assert_int_equal(tide_findings_worst(&findings), TIDE_FINE);
    findings.subject = "machine";
    tide_findings_add(&findings, TIDE_WARNING, "disk", "make room", "%d %% full", 97);
    tide_findings_add(&findings, TIDE_FINE, "cores", NULL, "2");
    assert_int_equal(tide_findings_worst(&findings), TIDE_WARNING);
    findings.subject = "warehouse";
    tide_findings_add(&findings, TIDE_FAILURE, "server", NULL, "down");
    assert_int_equal(tide_findings_worst(&findings), TIDE_FAILURE);
    assert_int_equal(findings.count, 3);
    assert_string_equal(findings.items[0].subject, "machine");
    assert_string_equal(findings.items[0].text, "97 % full");
    assert_string_equal(findings.items[0].advice, "make room");
    assert_string_equal(findings.items[2].subject, "warehouse");
    tide_findings_clear(&findings);
}

static const tide_finding *look_at_clock(tide_findings *findings, int64_t server)
{
    tide_findings_init(findings);
    tide_findings_add_clock(findings, NOON, server, NOON + 3 * SECOND);
    assert_int_equal(findings->count, 1);
    return &findings->items[0];
}

/* The question took three seconds: what lies within them can't be blamed on a clock. */
static void clocks_are_compared_beyond_the_questions_way(void **state)
{
    (void)state;
    static const struct {
        int64_t server;
        tide_verdict verdict;
        const char *text;
    } cases[] = {
        {NOON, TIDE_FINE, "agrees with this machine's"},
        {NOON + 3 * SECOND, TIDE_FINE, "agrees with this machine's"},
        {NOON - SECOND / 2, TIDE_FINE, "agrees with this machine's"},
        {NOON - 2 * SECOND, TIDE_WARNING, "2.0 s behind this machine's"},
        {NOON + 33 * SECOND, TIDE_WARNING, "30.0 s ahead of this machine's"},
        {NOON + 123 * SECOND, TIDE_FAILURE, "120.0 s ahead of this machine's"},
        {NOON - 60 * SECOND, TIDE_FAILURE, "60.0 s behind this machine's"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tide_findings findings;
        const tide_finding *finding = look_at_clock(&findings, cases[i].server);
        assert_int_equal(finding->verdict, cases[i].verdict);
        assert_string_equal(finding->text, cases[i].text);
        assert_true((finding->advice == NULL) == (finding->verdict == TIDE_FINE));
        tide_findings_clear(&findings);
    }
}

static void what_memory_does_not_hold_is_a_failure(void **state)
{
    (void)state;
    for (size_t n = 1; n < 4; n++) {
        tide_findings findings;
        tide_findings_init(&findings);
        (void)tide_memory_fail_nth(n, 1);
        tide_findings_add(&findings, TIDE_FINE, "cores", NULL, "2");
        (void)tide_memory_fail_nth(0, 0);
        assert_true(findings.lost == (findings.count == 0));
        assert_true(tide_findings_worst(&findings) == (findings.lost ? TIDE_FAILURE : TIDE_FINE));
        if (n == 1) {
            assert_true(findings.lost);
        }
        tide_findings_clear(&findings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worst_of_all_counts),
        cmocka_unit_test(clocks_are_compared_beyond_the_questions_way),
        cmocka_unit_test(what_memory_does_not_hold_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
