/* SPDX-License-Identifier: Apache-2.0 */
/* The search for refused rows: exactly they are found, at bounded cost, by whatever lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sink/postgres/bisect.h"

#define ROWS 2000
/* Rows that the server gathers before it puts them into the table. */
#define GATHERED 1000

typedef struct server {
    /* The line that is named for rows of which at least one, at `first_bad`, is bad. */
    size_t (*name)(size_t first_bad, size_t count);
    bool is_bad[ROWS];
    bool is_refused[ROWS];
    size_t try_count;
} server;

static size_t name_none(size_t first_bad, size_t count)
{
    (void)first_bad;
    (void)count;
    return 0;
}

static size_t name_right(size_t first_bad, size_t count)
{
    (void)count;
    return first_bad + 1;
}

/* As COPY names it when a row is too big: of the last row gathered, or behind all. */
static size_t name_gathered(size_t first_bad, size_t count)
{
    size_t line = (first_bad / GATHERED + 1) * GATHERED;
    return line <= count ? line : count + 1;
}

static size_t name_last(size_t first_bad, size_t count)
{
    (void)first_bad;
    return count;
}

static size_t name_first(size_t first_bad, size_t count)
{
    (void)first_bad;
    (void)count;
    return 1;
}

static tide_code try_range(void *context, size_t begin, size_t end, tide_pg_refusal *refusal,
                           tide_error *err)
{
    server *s = context;
    (void)err;
    s->try_count++;
    for (size_t i = begin; i < end && !refusal->refused; i++) {
        if (s->is_bad[i]) {
            refusal->refused = true;
            refusal->line = s->name(i - begin, end - begin);
        }
    }
    return TIDE_OK;
}

static tide_code refuse(void *context, size_t index, const tide_pg_refusal *refusal,
                        tide_error *err)
{
    server *s = context;
    (void)refusal;
    (void)err;
    assert_false(s->is_refused[index]);
    s->is_refused[index] = true;
    return TIDE_OK;
}

/* How many ranges were tried until the bad ones of the rows were found. */
static size_t find(server *s, size_t bad_count)
{
    tide_error err;
    tide_pg_bisect work = {.count = ROWS,
                           .range_max = SIZE_MAX / 2,
                           .context = s,
                           .try_range = try_range,
                           .refuse = refuse};
    s->try_count = 0;
    memset(s->is_bad, 0, sizeof s->is_bad);
    memset(s->is_refused, 0, sizeof s->is_refused);
    for (size_t left = bad_count; left > 0;) {
        size_t at = (size_t)rand() % ROWS; /* NOLINT(cert-msc30-c,cert-msc50-cpp): seeded */
        left -= s->is_bad[at] ? 0 : 1;
        s->is_bad[at] = true;
    }
    assert_int_equal(tide_pg_bisect_run(&work, &err), TIDE_OK);
    assert_memory_equal(s->is_refused, s->is_bad, sizeof s->is_bad);
    return s->try_count;
}

/* One try without bad rows; for each of them as many as are promised, of 2 (log2 n + 1), or half as
 * many more where no named line is right. */
static void check(size_t (*name)(size_t first_bad, size_t count), size_t tries_each)
{
    static const size_t bad_counts[] = {0, 1, 2, 3, 10, 30};
    static server s;
    s.name = name;
    for (unsigned seed = 1; seed <= 100; seed++) {
        srand(seed); /* NOLINT(cert-msc32-c,cert-msc51-cpp): the same in each run */
        for (size_t i = 0; i < sizeof bad_counts / sizeof bad_counts[0]; i++) {
            size_t tried = find(&s, bad_counts[i]);
            if (tried > 1 + bad_counts[i] * tries_each) {
                print_message("seed %u: %zu bad rows, %zu tries\n", seed, bad_counts[i], tried);
                fail();
            }
        }
    }
}

#define HALVINGS ((size_t)11) /* of 2000 rows */
#define TRIES_EACH (2 * (HALVINGS + 1))

static void lines_need_not_be_named(void **state)
{
    (void)state;
    check(name_none, TRIES_EACH);
}

static void named_lines_are_tried_at_once(void **state)
{
    (void)state;
    check(name_right, HALVINGS + 3);
}

static void lines_of_gathered_rows_cost_little(void **state)
{
    (void)state;
    check(name_gathered, TRIES_EACH);
}

static void wrong_lines_do_not_mislead(void **state)
{
    (void)state;
    check(name_last, TRIES_EACH * 3 / 2);
    check(name_first, TRIES_EACH * 3 / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_need_not_be_named),
        cmocka_unit_test(named_lines_are_tried_at_once),
        cmocka_unit_test(lines_of_gathered_rows_cost_little),
        cmocka_unit_test(wrong_lines_do_not_mislead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
