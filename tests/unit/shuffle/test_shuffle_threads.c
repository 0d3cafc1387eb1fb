/* SPDX-License-Identifier: Apache-2.0 */
/* Many writers, a discarder and many readers at a time; meant for the thread sanitizer too. */
#include <stdio.h>
#include <stdlib.h>

#include "model.h"

enum { THREADS = 6, SPLITS_EACH = 4, ROWS = 1500, PARTITIONS = 24 };

typedef struct worker {
    model *m;
    model_random random;
    uint32_t number;
    model_rows rows; /* of the attempts that count */
    const model_rows *sorted;
    tide_atomic *next_partition;
    tide_thread thread;
} worker;

static void write_splits(void *argument)
{
    worker *w = argument;
    tide_error err;
    for (uint32_t i = 0; i < SPLITS_EACH; i++) {
        uint32_t split = w->number * SPLITS_EACH + i;
        for (bool done = false; !done;) {
            tide_shuffle_attempt *attempt;
            model_rows read = {0};
            uint64_t fate = model_below(&w->random, 5);
            assert_int_equal(tide_shuffle_attempt_begin(w->m->shuffle, split, &attempt, &err),
                             TIDE_OK);
            assert_int_equal(model_write(w->m, &w->random, attempt, ROWS, 400, &read, &err),
                             TIDE_OK);
            if (fate == 0) {
                tide_shuffle_attempt_abort(attempt);
            } else {
                assert_int_equal(tide_shuffle_attempt_finish(attempt, &err), TIDE_OK);
            }
            if (fate == 1) {
                assert_int_equal(tide_shuffle_discard_split(w->m->shuffle, split), ROWS);
            }
            done = fate > 1;
            if (done) {
                model_append(&w->rows, &read);
            }
            model_clear_rows(&read);
        }
    }
}

/* Where the rows of a range begin in the sorted ones. */
static size_t find_first(const model_rows *sorted, uint64_t hash)
{
    size_t at = 0;
    while (at < sorted->count && sorted->rows[at].hash < hash) {
        at++;
    }
    return at;
}

static void read_partitions(void *argument)
{
    worker *w = argument;
    int64_t p;
    while ((p = tide_atomic_add(w->next_partition, 1) - 1) < PARTITIONS) {
        tide_hash_range range = tide_partition_range((uint32_t)p, PARTITIONS);
        size_t at = find_first(w->sorted, range.first);
        model_check_range(w->m, range, w->sorted, &at);
        assert_true(at == w->sorted->count || w->sorted->rows[at].hash > range.last);
    }
}

static void run_on_all(worker *workers, void (*run)(void *))
{
    tide_error err;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(tide_thread_start(&workers[i].thread, run, &workers[i], &err), TIDE_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        tide_thread_join(&workers[i].thread);
    }
}

static void run_case(uint64_t seed, int64_t budget_bytes)
{
    static const model_shape shape = {
        .customers = 200, .times = 100, .giant = 20, .payload_max = 12};
    model_options options = {.budget_bytes = budget_bytes, .stream_bytes_max = 600000};
    worker workers[THREADS] = {{0}};
    model_rows sorted = {0};
    tide_atomic next_partition = {0};
    tide_error err;
    model m;
    printf("seed %llu\n", (unsigned long long)seed);
    model_open(&m, seed, &shape, &options);
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){.m = &m,
                              .random = {seed + i + 1},
                              .number = i,
                              .sorted = &sorted,
                              .next_partition = &next_partition};
    }
    run_on_all(workers, write_splits);
    for (int i = 0; i < THREADS; i++) {
        model_append(&sorted, &workers[i].rows);
        model_clear_rows(&workers[i].rows);
    }
    model_sort(&sorted);
    assert_int_equal(tide_shuffle_get_facts(m.shuffle).row_count, sorted.count);
    assert_int_equal(tide_shuffle_seal(m.shuffle, 3, &err), TIDE_OK);
    run_on_all(workers, read_partitions);
    model_clear_rows(&sorted);
    model_close(&m);
}

static void agrees_with_plenty(void **state)
{
    (void)state;
    run_case(101, INT64_C(1) << 30);
}

static void agrees_with_little(void **state)
{
    (void)state;
    run_case(202, 1500000);
}

static void agrees_with_very_little(void **state)
{
    (void)state;
    run_case(303, 150000);
}

enum { BIG_ROWS = 40000 };

static void write_big_split(void *argument)
{
    worker *w = argument;
    tide_shuffle_attempt *attempt;
    tide_error err;
    assert_int_equal(tide_shuffle_attempt_begin(w->m->shuffle, 1, &attempt, &err), TIDE_OK);
    assert_int_equal(model_write(w->m, &w->random, attempt, BIG_ROWS / 4, 500, &w->rows, &err),
                     TIDE_OK);
    assert_int_equal(tide_shuffle_attempt_finish(attempt, &err), TIDE_OK);
}

/* A run is discarded while another thread is in the middle of writing it to the disk. */
static void a_run_being_spilled_can_be_discarded(void **state)
{
    (void)state;
    static const model_shape shape = {.customers = 9000, .times = 10000, .payload_max = 23};
    static const model_options roomy = {.budget_bytes = INT64_C(1) << 30};
    model m;
    tide_shuffle_attempt *attempt;
    tide_error err;
    model_open(&m, 404, &shape, &roomy);
    assert_int_equal(tide_shuffle_attempt_begin(m.shuffle, 0, &attempt, &err), TIDE_OK);
    assert_int_equal(model_write(&m, &m.random, attempt, BIG_ROWS, 8000, NULL, &err), TIDE_OK);
    assert_int_equal(tide_shuffle_attempt_finish(attempt, &err), TIDE_OK);
    m.budget.limit_bytes = tide_budget_used(&m.budget) + (3 << 20);
    worker w = {.m = &m, .random = {405}};
    assert_int_equal(tide_thread_start(&w.thread, write_big_split, &w, &err), TIDE_OK);
    while (tide_shuffle_get_facts(m.shuffle).spilled_bytes == 0) {
    }
    assert_int_equal(tide_shuffle_discard_split(m.shuffle, 0), BIG_ROWS);
    tide_thread_join(&w.thread);
    assert_int_equal(tide_shuffle_seal(m.shuffle, 1, &err), TIDE_OK);
    model_sort(&w.rows);
    model_check_all(&m, &w.rows, 2);
    model_clear_rows(&w.rows);
    model_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_plenty),
        cmocka_unit_test(agrees_with_little),
        cmocka_unit_test(agrees_with_very_little),
        cmocka_unit_test(a_run_being_spilled_can_be_discarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
