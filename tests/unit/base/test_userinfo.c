/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/userinfo.h"

static const struct {
    const char *address;
    const char *userinfo;
    bool is_encoded;
} cases[] = {
    {"", "", true},
    {"host", "", true},
    {"http://host:1/path?a=b#c", "", true},
    {"http://@host", "", true},
    {"http://u@host", "u", true},
    {"http://u:p@host", "u:p", true},
    {"u:p@host", "u:p", true},
    {"http://u:a:b%c@host", "u:a:b%c", true},
    {"http://u:a%2Fb%40@host/path", "u:a%2Fb%40", true},
    {"http://u:a/b@host", "u:a/b", false},
    {"http://u:a?b@host", "u:a?b", false},
    {"http://u:a#b@host", "u:a#b", false},
    {"http://u:a@b@host", "u:a@b", false},
    {"http://u:80/b@host/path", "u:80/b", false},
    {"u:a://b@host", "u:a://b", false},
    {"socks5h://u:a/b@host", "u:a/b", false},
};

static void test_what_stands_before_the_last_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(tide_str_equal_c(tide_userinfo_of(cases[i].address), cases[i].userinfo));
        assert_int_equal(tide_userinfo_is_encoded(cases[i].address), cases[i].is_encoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_stands_before_the_last_at)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
