/* SPDX-License-Identifier: Apache-2.0 */
/* A reader that is kept going while its worker is away: a fake one whose rows are numbers, and
 * whose patience the test outlasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "run/keeper.h"

#define READS 12
#define ROWS_PER_READ 3
#define PATIENCE_MS 60

typedef struct fake_reader {
    tide_reader base;
    tide_builder builders[2];
    tide_batch batches[2];
    tide_reject_list rejects[2];
    int reads;
    int fails_at;          /* -1: never */
    tide_atomic aside;     /* calls of next_aside */
    tide_atomic after_end; /* of them */
} fake_reader;

/* Each read gives three rows, each third one a reject as well. */
static tide_code give(fake_reader *r, int side, tide_read *out, tide_error *err)
{
    tide_builder_reset(&r->builders[side]);
    tide_reject_list_reset(&r->rejects[side]);
    *out = (tide_read){.rejects = &r->rejects[side], .byte_count = 7};
    if (r->reads == r->fails_at) {
        return TIDE_FAIL(err, TIDE_REMOTE_RETRY, "made to fail");
    }
    if (r->reads == READS) {
        (void)tide_atomic_add(&r->after_end, side);
        out->end = true;
        return TIDE_OK;
    }
    for (int i = 0; i < ROWS_PER_READ; i++) {
        TIDE_TRY(tide_append_int64(&r->builders[side].columns[0], r->reads * 10 + i, err));
        tide_builder_end_row(&r->builders[side]);
    }
    if (r->reads % 3 == 0) {
        tide_reject reject = {.stage = "decode", .position = "x/1", .reason = "r", .values = "{}"};
        TIDE_TRY(tide_reject_list_add(&r->rejects[side], &reject, err));
    }
    r->reads++;
    TIDE_TRY(tide_builder_view(&r->builders[side], &r->batches[side], err));
    out->batch = r->batches[side];
    return TIDE_OK;
}

static tide_code fake_next(tide_reader *base, tide_read *out, tide_error *err)
{
    return give((fake_reader *)base, 0, out, err);
}

static tide_code fake_next_aside(tide_reader *base, tide_read *out, tide_error *err)
{
    fake_reader *r = (fake_reader *)base;
    tide_code code = give(r, 1, out, err);
    (void)tide_atomic_add(&r->aside, 1);
    return code;
}

static const tide_reader_vtable vtable = {.next = fake_next, .next_aside = fake_next_aside};

typedef struct scene {
    char directory[64];
    tide_schema schema;
    fake_reader reader;
    tide_keeping keeping;
    tide_keeper keeper;
    tide_error err;
    int64_t rejects;
} scene;

/* The keeper takes the patience when it is attached. */
static void set_up_with(scene *s, int64_t patience_ms)
{
    memset(s, 0, sizeof *s);
    (void)snprintf(s->directory, sizeof s->directory, "/tmp/tidemill-keeper-%ld", (long)getpid());
    tide_error_clear(&s->err);
    tide_schema_init(&s->schema);
    assert_int_equal(tide_schema_add(&s->schema, "n", (tide_type){.id = TIDE_INT64}, true, &s->err),
                     TIDE_OK);
    s->reader.base = (tide_reader){.vtable = &vtable, .patience_ms = patience_ms};
    s->reader.fails_at = -1;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tide_builder_init(&s->reader.builders[i], &s->schema, &s->err), TIDE_OK);
        tide_reject_list_init(&s->reader.rejects[i]);
    }
    tide_keeping_init(&s->keeping, &s->schema, s->directory, 100);
    tide_keeper_init(&s->keeper, &s->keeping);
    assert_int_equal(tide_keeper_attach(&s->keeper, &s->reader.base, &s->err), TIDE_OK);
}

static void set_up(scene *s)
{
    set_up_with(s, PATIENCE_MS);
}

static void tear_down(scene *s)
{
    tide_keeper_detach(&s->keeper);
    tide_keeper_clear(&s->keeper);
    tide_keeping_clear(&s->keeping);
    for (int i = 0; i < 2; i++) {
        tide_builder_clear(&s->reader.builders[i]);
        tide_reject_list_clear(&s->reader.rejects[i]);
    }
    tide_schema_clear(&s->schema);
    (void)rmdir(s->directory);
}

/* Away until the keeper has asked so often. */
static void be_away(scene *s, int64_t asked)
{
    tide_keeper_lend(&s->keeper);
    while (tide_atomic_get(&s->reader.aside) < asked) {
        (void)usleep(1000);
    }
    tide_keeper_take_back(&s->keeper);
}

/* The next read is number `read`. */
static void expect_read(scene *s, int number, tide_read *read)
{
    tide_column column;
    assert_int_equal(tide_keeper_next(&s->keeper, read, &s->err), TIDE_OK);
    assert_false(read->end);
    assert_int_equal(tide_batch_row_count(&read->batch), ROWS_PER_READ);
    assert_int_equal(read->byte_count, 7);
    tide_batch_columns(&read->batch, &column);
    for (int i = 0; i < ROWS_PER_READ; i++) {
        assert_int_equal(tide_column_int64(&column, i), number * 10 + i);
    }
    assert_int_equal(read->rejects->count, number % 3 == 0);
}

static void expect_end(scene *s)
{
    tide_read read;
    assert_int_equal(tide_keeper_next(&s->keeper, &read, &s->err), TIDE_OK);
    assert_true(read.end);
    assert_int_equal(tide_batch_row_count(&read.batch), 0);
}

static void rows_come_in_order_wherever_the_worker_was_away(void **state)
{
    (void)state;
    tide_read read;
    for (int away = 0; away < READS; away++) {
        scene s;
        set_up(&s);
        for (int i = 0; i < READS; i++) {
            expect_read(&s, i, &read);
            if (i == away) {
                be_away(&s, READS - i < 3 ? READS - i : 3);
                tide_column column; /* what next has given is still there */
                tide_batch_columns(&read.batch, &column);
                assert_int_equal(tide_column_int64(&column, 0), i * 10);
            }
        }
        expect_end(&s);
        tear_down(&s);
    }
}

static void a_worker_that_is_back_in_time_has_it_all_from_the_reader(void **state)
{
    (void)state;
    scene s;
    tide_read read;
    set_up_with(&s, 600000);
    for (int i = 0; i < READS; i++) {
        expect_read(&s, i, &read);
        be_away(&s, 0);
    }
    expect_end(&s);
    assert_int_equal(tide_atomic_get(&s.reader.aside), 0);
    assert_int_equal(tide_atomic_get(&s.keeping.rows), 0);
    assert_int_not_equal(access(s.directory, F_OK), 0);
    tear_down(&s);
}

/* The worker has the first read, and was away while it asked for more. */
static void leave_after_first(scene *s, int64_t asked)
{
    tide_read read;
    expect_read(s, 0, &read);
    be_away(s, asked);
}

/* It is told when its turn has come. */
static void a_failure_comes_after_the_rows_before_it(void **state)
{
    (void)state;
    scene s;
    tide_read read;
    set_up(&s);
    s.reader.fails_at = 3;
    leave_after_first(&s, 3);
    expect_read(&s, 1, &read);
    expect_read(&s, 2, &read);
    assert_int_equal(tide_keeper_next(&s.keeper, &read, &s.err), TIDE_REMOTE_RETRY);
    assert_string_equal(s.err.message, "made to fail");
    tear_down(&s);
}

/* The next attempt has nothing to do with what is left of this one. */
static void what_is_not_given_out_is_forgotten(void **state)
{
    (void)state;
    scene s;
    tide_read read;
    set_up(&s);
    leave_after_first(&s, 2);
    tide_keeper_detach(&s.keeper);
    s.reader.reads = 0;
    assert_int_equal(tide_keeper_attach(&s.keeper, &s.reader.base, &s.err), TIDE_OK);
    for (int i = 0; i < READS; i++) {
        expect_read(&s, i, &read);
    }
    expect_end(&s);
    tear_down(&s);
}

static void after_the_end_only_what_others_share_is_kept_alive(void **state)
{
    (void)state;
    for (uint64_t generation = 0; generation < 2; generation++) {
        scene s;
        tide_read read;
        set_up(&s);
        s.reader.base.snapshot_generation = generation;
        s.reader.reads = READS - 1;
        expect_read(&s, READS - 1, &read);
        expect_end(&s);
        tide_keeper_lend(&s.keeper);
        int64_t deadline =
            tide_monotonic_micros() + INT64_C(1000) * PATIENCE_MS * (generation > 0 ? 50 : 2);
        while (tide_atomic_get(&s.reader.after_end) < 2 && tide_monotonic_micros() < deadline) {
            (void)usleep(1000);
        }
        tide_keeper_take_back(&s.keeper);
        assert_true(tide_atomic_get(&s.reader.after_end) >= (generation > 0 ? 2 : 0));
        assert_true(generation > 0 || tide_atomic_get(&s.reader.after_end) == 0);
        tear_down(&s);
    }
}

static void rejects_in_memory_are_bounded(void **state)
{
    (void)state;
    scene s;
    tide_read read;
    set_up(&s);
    s.keeping.rejects_max = 1;
    leave_after_first(&s, 6);
    tide_code code = TIDE_OK;
    for (int i = 1; i <= 7 && code == TIDE_OK; i++) {
        code = tide_keeper_next(&s.keeper, &read, &s.err);
    }
    assert_int_equal(code, TIDE_OVER_REJECTS);
    tear_down(&s);
}

static void a_disk_that_takes_nothing_is_not_the_sources_fault(void **state)
{
    (void)state;
    scene s;
    tide_read read;
    set_up(&s);
    s.keeping.file.directory = "/proc/nowhere";
    leave_after_first(&s, 1);
    assert_int_equal(tide_keeper_next(&s.keeper, &read, &s.err), TIDE_IO);
    assert_int_equal(s.err.side, TIDE_SIDE_PROCESS);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_in_order_wherever_the_worker_was_away),
        cmocka_unit_test(a_worker_that_is_back_in_time_has_it_all_from_the_reader),
        cmocka_unit_test(a_failure_comes_after_the_rows_before_it),
        cmocka_unit_test(what_is_not_given_out_is_forgotten),
        cmocka_unit_test(after_the_end_only_what_others_share_is_kept_alive),
        cmocka_unit_test(rejects_in_memory_are_bounded),
        cmocka_unit_test(a_disk_that_takes_nothing_is_not_the_sources_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
